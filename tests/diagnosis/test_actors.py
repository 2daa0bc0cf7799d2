"""Who answers, how fresh, how complete: figures of the toy territory worked out by hand.

One site at 2 km puts 99003 (600 people) beyond 10 minutes; one at 10 km puts 99001 (100).
"""

import dataclasses

import pandas as pd
import pytest

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis import actors, completeness, epci_records, tell_actors
from cartoallier.diagnosis.completeness import COMPLETENESS_COLUMNS
from cartoallier.model import (
    ExpectedSupply,
    Mode,
    Selectors,
    SourceRecord,
    Territory,
    Theme,
)
from cartoallier.outputs.tables import frames

D, C, A = "Département", "communes et EPCI", "associations"
KINDS = tuple(
    ExpectedSupply(label=label, letter=label[0], selectors=Selectors(name_pattern=label))
    for label in ("MSD", "CCAS", "PIMMS")
)
THEME = dataclasses.replace(toys.THEME, expected=KINDS)


def tables(territory: Territory, *rows: dict[str, object], theme: Theme = THEME):
    supply = toys.services(territory, *rows)
    coverage = measure(
        theme,
        services=supply,
        engine=CrowFly(territory=territory, parameters=toys.PARAMETERS),
        weights=pd.DataFrame(index=territory.origins.index),
        threshold=10,
    )
    return tell_actors(
        [theme],
        {theme.key: coverage},
        services=supply,
        engine=CrowFly(territory=territory, parameters=toys.PARAMETERS),
    )


def test_the_columns_are_those_of_the_files(toy: Territory) -> None:
    assert actors.FRESHNESS_COLUMNS == frames.FRESHNESS_COLUMNS
    assert actors.RESPONSABLE_COLUMNS == frames.RESPONSABLE_COLUMNS
    assert actors.ACTOR_COLUMNS == frames.ACTOR_COLUMNS
    told = tables(toy)
    assert tuple(told.responsables.columns) == frames.RESPONSABLE_COLUMNS
    assert told.responsables.empty
    assert set(told.actors["responsable"]) == {"tous"}
    assert (told.freshness["lieux"] == 0).all()


def test_each_body_alone_all_and_without(toy: Territory) -> None:
    told = tables(toy, {"at": 2, "responsable": D}, {"at": 10, "responsable": C}, {"at": 10.2, "responsable": C})  # noqa: E501  # fmt: skip
    table = told.responsables
    whole = table[table["maille"] == "departement"].set_index("responsable")
    assert whole["lieux"].to_dict() == {D: 1, C: 2}
    assert whole["population_hors_seuil_seul"].to_dict() == {D: 600, C: 100}
    assert whole["population_hors_seuil_sans"].to_dict() == {D: 100, C: 600}
    assert (whole["population_hors_seuil_tous"] == 0).all()
    assert whole["part_hors_seuil_seul"].to_dict() == pytest.approx({D: 0.6, C: 0.1})
    west = table[(table["code"] == "100000001") & (table["responsable"] == C)].iloc[0]
    assert west["lieux"] == 0
    assert west["part_hors_seuil_seul"] == pytest.approx(0.25)
    assert len(table) == 2 * 4  # département, one EPCI, both perimeters of the other


def test_a_body_alone_to_answer_leaves_everybody_beyond(toy: Territory) -> None:
    told = tables(toy, {"at": 2, "responsable": D}, {"at": 10, "responsable": C, "closed": True})
    assert set(told.responsables["responsable"]) == {D}
    assert (told.responsables["part_hors_seuil_sans"] == 1).all()


def test_coverage_without_old_records(toy: Territory) -> None:
    told = tables(
        toy,
        {"at": 2, "updated_on": "2024-01-01"},
        {"at": 10, "stale": True, "updated_on": "2019-01-01"},
        {"at": 10},
    )
    whole = told.freshness[told.freshness["maille"] == "departement"].iloc[0]
    assert (whole["lieux"], whole["lieux_recents"]) == (2, 2)
    assert (whole["fiches"], whole["fiches_anciennes"], whole["fiches_sans_date"]) == (3, 1, 1)
    assert whole["part_hors_seuil"] == whole["part_hors_seuil_recents"] == 0
    told = tables(toy, {"at": 2}, {"at": 10, "stale": True})
    whole = told.freshness[told.freshness["maille"] == "departement"].iloc[0]
    assert (whole["lieux"], whole["lieux_recents"]) == (2, 1)
    assert whole["part_hors_seuil_recents"] == pytest.approx(0.6)


def test_kinds_met_and_not_in_each_epci(toy: Territory) -> None:
    told = tables(
        toy,
        {"at": 2, "name": "MSD d'Aval", "responsable": D},
        {"at": 2, "name": "Permanence", "responsable": C},
        {"at": 10, "name": "CCAS de Côte", "responsable": C},
        {"at": 10, "name": "Bus PIMMS", "responsable": A, "itinerant": True},
    )
    table = told.actors
    west = table[table["code"] == "100000001"].set_index("responsable")
    assert west.loc["tous", ["lieux", "services", "lieux_partages"]].tolist() == [1, 2, 1]
    assert west.loc[D, "types_presents"] == "MSD"
    assert west.loc[C, ["lieux", "lieux_partages", "types_presents"]].tolist() == [1, 1, ""]
    assert set(west["types_absents"]) == {"CCAS | PIMMS"}
    east = table[(table["code"] == "100000002") & (table["perimetre"] == "partie")]
    east = east.set_index("responsable")
    assert east.loc["tous", "types_presents"] == "CCAS | PIMMS"
    assert east.loc[A, ["lieux", "services"]].tolist() == [0, 1]
    whole = table[(table["maille"] == "departement") & (table["responsable"] == "tous")].iloc[0]
    assert (whole["types_presents"], whole["types_absents"]) == ("MSD | CCAS | PIMMS", "")


def test_a_shared_address_is_a_point_or_a_numbered_street(toy: Territory) -> None:
    street = {"address": "12, rue Neuve", "commune_code": "99001"}
    records = toys.services(
        toy,
        {"at": 1, "responsable": D, **street},
        {"at": 1.5, "responsable": C, **street, "address": "12 RUE NEUVE"},
        {"at": 6, "responsable": D, "address": "le bourg", "commune_code": "99002"},
        {"at": 7, "responsable": C, "address": "le bourg", "commune_code": "99002"},
        {"at": 10, "responsable": D, "precision": "commune"},
        {"at": 10, "responsable": C, "precision": "commune"},
        {"at": 14, "responsable": D},
        {"at": 14, "responsable": "non déterminé"},
    ).records
    shared = actors.shared_addresses(records, records["responsable"])
    assert shared.tolist() == [True, True, *[False] * 6]


def test_a_sensitive_theme_is_told_at_the_departement_only(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, sensitive=True)
    told = tables(toy, {"at": 2, "responsable": D}, theme=theme)
    for table in (told.freshness, told.responsables, told.actors):
        assert set(table["maille"]) == {"departement"}


def test_a_protected_record_is_counted_at_the_departement_only(toy: Territory) -> None:
    told = tables(
        toy,
        {"at": 2, "responsable": D},
        {"confidential": True, "generalised": "epci:100000001", "responsable": A},
        {"confidential": True, "generalised": "departement:98", "responsable": A},
    )
    mine = told.actors[told.actors["responsable"] == A]
    assert mine[["maille", "services", "lieux"]].to_numpy().tolist() == [["departement", 1, 0]]
    assert told.freshness.groupby("maille")["fiches"].max().to_dict() == {
        "departement": 2,
        "epci": 1,
    }


def test_a_theme_that_is_not_a_distance_has_no_share(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, mode=Mode.CAPACITY)
    told = tables(toy, {"at": 2, "responsable": D}, theme=theme)
    assert told.responsables.empty
    assert told.freshness["part_hors_seuil"].isna().all()
    assert told.actors["services"].max() == 1


def test_the_page_says_what_old_records_change(toy: Territory) -> None:
    run = toys.run(toy, {"at": 2}, {"at": 10, "stale": True})
    lines = [line for line in run.summaries["accueil"].details if "deux ans" in line]
    assert [line.replace("\u202f", " ") for line in lines] == [
        "Sans la fiche de plus de deux ans, 60,0 % de la population serait à plus de 10 minutes."
    ]
    run = toys.run(toy, {"at": 2}, {"at": 10, "updated_on": "2001-01-01"})
    assert not [line for line in run.summaries["accueil"].details if "deux ans" in line]


def test_completeness(toy: Territory) -> None:
    supply = toys.services(
        toy,
        {"at": 2, "file": "a.csv", "updated_on": "2020-05-01", "place": "p"},
        {"at": 2, "file": "b.csv", "place": "p"},
        {"at": 3, "file": "a.csv", "updated_on": "2024-05-01"},
        {"at": 14, "file": "a.csv"},  # beyond the border
        {"file": "a.csv", "confidential": True, "generalised": "epci:100000002"},
    )
    sources = [
        SourceRecord(path="a.csv", label="A", format="tableau", sha256="", rows_read=6,
                     rows_kept=4, dropped={"sans nom": 2}),
        SourceRecord(path="b.csv", label="B", format="dora", sha256="", rows_read=1, rows_kept=1),
    ]  # fmt: skip
    table = completeness(supply, sources, toy)
    assert tuple(table.columns) == COMPLETENESS_COLUMNS
    first = table.iloc[0]
    assert first[["lignes_lues", "lignes_gardees", "ecartees"]].tolist() == [6, 4, 2]
    assert first["motifs"] == "sans nom (2)"
    assert (first["lieux_communs"], first["generalisees"], first["sans_date"]) == (1, 1, 2)
    assert (first["communes_servies"], first["epci_servis"]) == (1, 1)
    assert first["epci_sans_fiche"] == "CC Est"
    assert (first["plus_ancienne"], first["plus_recente"]) == ("2020-05-01", "2024-05-01")
    counts = epci_records(supply, sources, toy).set_index(["fichier", "code"])["fiches"]
    assert counts.to_dict() == {
        ("a.csv", "100000001"): 2,
        ("a.csv", "100000002"): 0,
        ("b.csv", "100000001"): 1,
        ("b.csv", "100000002"): 0,
    }


def test_a_merged_record_still_counts_for_its_file(toy: Territory) -> None:
    supply = toys.services(toy, {"at": 2, "file": "a.csv"})
    sources = [
        SourceRecord(path=path, label="", format="tableau", sha256="", rows_read=1, rows_kept=1)
        for path in ("a.csv", "b.csv")
    ]
    pairs = pd.DataFrame(
        {
            "id_garde": ["s0", "s0"],
            "id_autre": ["gone", "apart"],
            "fichier_autre": ["b.csv", "b.csv"],
            "decision": ["fusionne", "a_verifier"],
        }
    )
    table = completeness(supply, sources, toy, duplicates=pairs).set_index("fichier")
    assert table["fusionnees"].to_dict() == {"a.csv": 0, "b.csv": 1}
    assert table["communes_servies"].to_dict() == {"a.csv": 1, "b.csv": 1}
