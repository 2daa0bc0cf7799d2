"""What becomes one record, what shares a place, and what stays apart."""

import math

import pandas as pd
import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import gather
from cartoallier.supply.merging import DUPLICATE_COLUMNS, Decisions, merge
from cartoallier.supply.merging.decisions import Decision
from cartoallier.supply.secrecy import hashed_id

FS = {
    "id": "france-services--17",
    "name": "France services Ébreuil",
    "structure": "France services Ébreuil",
    "address": "21 allée du Chemin de Fer",
    "commune_code": "03107",
    "commune_name": "Ébreuil",
    "longitude": 3.0907,
    "latitude": 46.1180,
    "networks": ("france-service",),
}
MSAP = {
    "id": "mednum--a",
    "name": "MSAP d'Ebreuil",
    "structure": "MSAP d'Ebreuil",
    "address": "21, all. du chemin de fer",
    "commune_code": "03107",
    "commune_name": "EBREUIL",
    "longitude": 3.0908,
    "latitude": 46.1181,
    "phone": "04 70 58 43 65",
    "typologies": ("RFS",),
}
SERVICE = {
    "name": "Aide au permis",
    "structure": "Mission locale de Gannat",
    "structure_id": "s1",
    "commune_code": "03118",
    "longitude": 3.2,
    "latitude": 46.1,
}


def test_two_listings_of_one_desk_become_one_record(merged) -> None:
    result = merged(FS, MSAP)
    one = result.records.loc["france-services--17"]
    assert len(result.records) == 1
    assert one["phone"] == "04 70 58 43 65"
    assert one["networks"] == ("france-service",)
    assert one["typologies"] == ("RFS",)
    assert one["known_as"] == ("mednum--a",)
    assert one["place"] == "france-services--17"
    row = result.duplicates.loc[0]
    assert tuple(result.duplicates.columns) == DUPLICATE_COLUMNS
    assert (row["id_garde"], row["id_autre"]) == ("france-services--17", "mednum--a")
    assert row["preuve"] == "même genre de lieu, même adresse, 14\u00a0m"
    assert (row["decision"], row["distance_m"], row["ligne_autre"]) == ("fusionne", 14, 2)


def test_a_desk_typed_twice_in_a_declared_list_is_one(merged) -> None:
    again = {**MSAP, "id": "mednum--b", "name": "Espace MSAP d'Ébreuil", "longitude": 3.09081}
    result = merged(MSAP, again)
    assert len(result.records) == 1
    assert result.duplicates.loc[0, "preuve"].startswith("même nom, même genre")


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Médiathèque d'Ébreuil"},  # another kind
        {"name": "MSAP des Combrailles"},  # another name of its own
        {"longitude": 3.0950},  # another place
        {"itinerant": True},
    ],
)
def test_two_rows_of_a_list_that_differ_stay_two(merged, other) -> None:
    result = merged(MSAP, {**MSAP, "id": "mednum--b", **other})
    assert len(result.records) == 2


def test_site_antenna_and_bus_of_one_list_stay_apart(merged) -> None:
    antenna = FS | {"id": "france-services--2566", "name": "France services Ébreuil - Antenne"}
    bus = FS | {"id": "france-services--3068", "name": "Bus France services", "itinerant": True}
    result = merged(FS, antenna, bus, MSAP)
    assert result.records["place"].nunique() == 3
    assert len(result.records) == 3


def test_a_round_never_meets_a_desk(merged) -> None:
    bus = MSAP | {"itinerant": True, "known_as": ("france-services--17",)}
    result = merged(FS, bus)
    assert result.records["place"].nunique() == 2
    assert result.duplicates["decision"].tolist() == ["a_verifier"]


def test_an_id_is_enough(merged) -> None:
    far = {"id": "data-inclusion--dora--x", **SERVICE, "name": "Autre nom", "longitude": 3.9}
    result = merged({"id": "dora--x", **SERVICE}, far)
    assert result.records.index.tolist() == ["dora--x"]
    assert result.duplicates["preuve"].tolist() == ["même identifiant DORA"]
    assert result.duplicates["score"].tolist() == [1.0]


def test_services_of_one_desk_stay_distinct_and_share_place_and_point(merged) -> None:
    other = SERVICE | {"name": "Garde d'enfants", "longitude": 3.2003, "phone": "04 70 11 22 33"}
    result = merged({"id": "dora--1", **SERVICE}, {"id": "soliguide--9", **other})
    assert len(result.records) == 2
    assert result.records["place"].nunique() == 1
    assert result.records["longitude"].nunique() == 1
    assert "fiches gardées" in result.duplicates.loc[0, "preuve"]


def test_the_same_service_in_two_directories_is_one(merged) -> None:
    result = merged(
        {"id": "dora--1", **SERVICE, "thematics": ("mobilite--permis",), "publics": ("jeunes",)},
        {"id": "data-inclusion--emplois--9", **SERVICE, "name": "AIDE AU PERMIS"},
    )
    assert len(result.records) == 1
    assert result.records["publics"].iloc[0] == ("jeunes",)


def test_siret_alone_is_not_identity(merged) -> None:
    ccas = FS | {"id": "mednum--1", "name": "CCAS", "structure": "CCAS", "networks": ()}
    ccas |= {"siret": "26030310700017"}
    site = ccas | {"id": "finess--2", "name": "Résidence des Lilas", "structure": None}
    site |= {"longitude": 3.11, "address": "3 rue du Bourg"}
    assert merged(ccas, site).records["place"].nunique() == 2


def test_chains_do_not_grow(merged) -> None:
    names = {"name": "Secours populaire", "structure": "Secours populaire", "address": None}
    rows = [
        FS | names | {"id": f"{source}--1", "longitude": 3.09 + 0.0025 * i, "networks": ()}
        for i, source in enumerate(("mednum", "finess", "bpe"))
    ]
    records = merged(*rows).records
    spans = records.groupby("place")["longitude"].agg(lambda x: x.max() - x.min())
    assert records["place"].nunique() >= 2
    assert (spans == 0).all()


def test_zone_is_united_only_when_both_declare_one(merged) -> None:
    zone = {"zone": ("commune:03107",)}
    assert merged(FS | zone, MSAP).records["zone"].iloc[0] == ()
    both = merged(FS | zone, MSAP | {"zone": ("epci:200071389",)})
    assert both.records["zone"].iloc[0] == ("commune:03107", "epci:200071389")


def test_the_better_documented_hours_win(merged) -> None:
    hours = {"hours": "lundi 9h-12h", "weekly_hours": 3.0}
    one = merged(FS | {"hours": "sur rendez-vous, voir le site"}, MSAP | hours).records.iloc[0]
    assert (one["hours"], one["weekly_hours"]) == ("lundi 9h-12h", 3.0)


def test_a_town_hall_point_is_replaced(merged) -> None:
    vague = FS | {"precision": "commune", "longitude": 3.1}
    one = merged(vague, MSAP).records.iloc[0]
    assert (one["longitude"], one["precision"]) == (3.0908, "adresse")


def test_declared_themes_are_not_spread(merged) -> None:
    result = merged(FS, MSAP | {"themes": ("jeunes_autonomie",)})
    assert len(result.records) == 2
    assert result.records["place"].nunique() == 1


def test_secret_records_are_never_compared(merged) -> None:
    secret = {"confidential": True, "longitude": None, "latitude": None, "known_as": ("dora--x",)}
    result = merged(MSAP | secret | {"id": "dora--h1"}, MSAP | secret | {"id": "soliguide--h2"})
    assert result.records["place"].tolist() == ["dora--h1", "soliguide--h2"]
    assert result.duplicates.empty


def test_nothing_and_one(merged) -> None:
    assert merged().records.empty
    assert merged(FS).records["place"].tolist() == ["france-services--17"]


def test_decisions_are_honoured(merged, tmp_path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(
        "id_garde;id_autre;decision\nfrance-services--17;mednum--a;separer\n"
        "france-services--17;nulle--1;fusionner\nmednum--a;;fusionner\nx;y;peut-être\n"
        "u;v;a_verifier\n",
        encoding="utf-8",
    )
    decisions = Decisions.read(path)
    result = merged(FS, MSAP, decisions=decisions)
    assert result.records["place"].nunique() == 2
    assert result.duplicates["decision"].tolist() == ["separe_par_decision"]
    assert [(f.line, f.value) for f in result.findings] == [
        (4, "fusionner"),
        (5, "peut-être"),
        (3, "nulle--1"),
    ]


def test_a_user_merges_what_nothing_brings_together(merged) -> None:
    far = MSAP | {"name": "Le Relais", "structure": "Le Relais", "longitude": 3.5}
    pair = Decision(first="mednum--a", second="france-services--17", merged=True)
    result = merged(FS, far, decisions=Decisions(pairs=(pair,)))
    assert len(result.records) == 1
    assert result.duplicates["decision"].tolist() == ["fusionne_par_decision"]


def test_a_round_is_not_merged_even_on_demand(merged) -> None:
    pair = Decision(first="mednum--a", second="france-services--17", merged=True)
    result = merged(FS, MSAP | {"itinerant": True}, decisions=Decisions(pairs=(pair,)))
    assert len(result.records) == 2
    assert len(result.findings) == 1


def test_a_table_without_decision_says_what_it_lacks(tmp_path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="id_garde"):
        Decisions.read(path)


def test_doubts_are_listed(merged) -> None:
    doubtful = MSAP | {"address": "3 rue du Bourg", "longitude": 3.0934, "phone": None}
    result = merged(FS, doubtful | {"name": "Maison France services Sioule", "typologies": ()})
    kinds = result.duplicates["decision"].tolist()
    assert kinds == ["a_verifier"]
    assert 0.35 <= result.duplicates["score"].iloc[0] < 0.65
    assert len(result.records) == 2


def test_what_is_missing_stays_missing(merged) -> None:
    records = merged(FS, MSAP).records
    assert math.isnan(records["capacity"].iloc[0])
    assert pd.isna(records["siret"].iloc[0])


def test_the_open_twin_of_a_secret_record_is_dropped(records) -> None:
    hidden = records({"id": hashed_id("dora", "dora--x"), "name": "…", "confidential": True})
    hidden["source"] = pd.Series(["dora"], index=hidden.index, dtype="str")
    twin = records({"id": "data-inclusion--dora--x", "name": "Foyer", "address": "1 rue X"})
    known = records({"id": "mednum--1", "name": "Foyer", "known_as": ("dora--x",)})
    frame, findings = gather([hidden, twin, known])
    assert frame["confidential"].tolist() == [True]
    assert len(findings) == 2
    assert "Foyer" not in frame.to_csv() + repr(findings)


def test_merging_twice_changes_nothing(merged) -> None:
    once = merged(FS, MSAP).records
    twice = merge(once)
    pd.testing.assert_frame_equal(once, twice.records)
    assert twice.duplicates.empty
