"""Sites added on the toy territory, computed by hand, and on the real France Services of Allier."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.cli.simulation import as_document, as_text
from cartoallier.diagnosis import Context
from cartoallier.errors import SitingError, SourceError
from cartoallier.model import Mode, SourceRecord
from cartoallier.model.simulation import (
    CHOSEN_COLUMNS,
    CURVE_COLUMNS,
    UNREACHABLE_COLUMNS,
    ZONE_COLUMNS,
)
from cartoallier.pipeline.proposing import read_candidates, read_tours
from cartoallier.pipeline.simulating import Question, simulate


@pytest.fixture
def ask(toy, monkeypatch):
    """Simulate on the toy: minutes are 1.5 × km, and 3 inside one's own commune.

    One site at Aval: Aval (100 people) is at 3 minutes, Bourg (300) at 6, Côte (600) at 12.
    """

    def run(*, theme=toys.THEME, rows=({"at": 2},), decided=10.0, **asked):
        supply = toys.services(toy, *({"file": "offre/a.csv"} | row for row in rows))
        engine, need = CrowFly(territory=toy, parameters=toys.PARAMETERS), toys.needs(toy)
        coverage = measure(
            theme, services=supply, engine=engine, weights=need.weights, threshold=10
        )
        source = SourceRecord(
            path="offre/a.csv", label="Liste A", format="tableau", sha256="0", vintage="2024-08-01"
        )
        context = Context(
            engine=engine, parameters=toys.PARAMETERS, services=supply, needs=need, indicators={},
            sources=(source,), decisions={},
        )  # fmt: skip
        project = SimpleNamespace(
            catalogue=SimpleNamespace(themes={theme.key: theme}),
            decisions={theme.key: SimpleNamespace(minutes=decided, reason="")} if decided else {},
            demonstration=False,
        )
        prepared = SimpleNamespace(
            project=project, territory=toy, engine=engine, coverages={theme.key: coverage},
            protected=SimpleNamespace(needs=need), context=context,
            dated=(None, "au 1er août 2024"),
        )  # fmt: skip
        monkeypatch.setattr(
            "cartoallier.pipeline.simulating.prepare", lambda *args, **more: prepared
        )
        return simulate(project, Question(**({"theme": theme.key, "sites": 1} | asked)))

    return run


def test_one_site_is_added_where_it_serves_most(ask):
    found = ask()
    assert tuple(found.chosen.columns) == CHOSEN_COLUMNS
    assert tuple(found.curve.columns) == CURVE_COLUMNS
    assert tuple(found.zones.columns) == ZONE_COLUMNS
    assert tuple(found.unreachable.columns) == UNREACHABLE_COLUMNS
    assert (found.solved, found.gap, found.threshold) == ("optimal", 0, 10)
    row = found.chosen.iloc[0]
    # Bourg would reach Côte too: the more populous of the two is taken
    assert (row["nom"], row["habitants_gagnes"], row["habitants_desservis"]) == ("Côte", 600, 1000)
    assert (row["part_desservie"], row["epci"]) == (1, "CC Est")
    # (100 × 3 + 300 × 6 + 600 × 12) / 1 000, then Côte at 3 minutes
    assert found.curve["minutes_moyennes"].tolist() == pytest.approx([9.3, 3.9])
    assert found.curve["habitants_desservis"].tolist() == [400, 1000]
    assert found.minutes["after"].tolist() == pytest.approx([3, 6, 3, 6])
    assert found.existing.index.tolist() == ["s0"]
    assert found.sentences[0].startswith("Un site de plus, à Côte, mettrait à 10 minutes au plus")
    assert "600\u00a0habitants" in found.sentences[0]
    assert found.sources[0].startswith("Liste A")


def test_zones_tell_before_and_after_inside_the_departement(ask):
    zones = ask().zones.set_index(["maille", "code"])
    whole = zones.loc[("departement", "99")]
    assert (whole["population_hors_seuil_avant"], whole["population_hors_seuil_apres"]) == (600, 0)
    east = zones.loc[("epci", "100000002")]
    assert (east["perimetre"], east["population"]) == ("partie", 600)
    assert (east["part_hors_seuil_avant"], east["part_hors_seuil_apres"]) == (1, 0)
    assert zones.loc[("epci", "100000001"), "population_hors_seuil_avant"] == 0


def test_people_beyond_the_border_do_not_weigh(ask):
    # Delà, in 98, has 1 000 people: it is neither demand nor a candidate
    found = ask(threshold=2.0)
    assert found.unreachable["population"].sum() == 1000
    assert set(found.unreachable["nom"]) == {"Aval", "Bourg", "Côte"}


def test_the_mean_is_that_of_the_coverage(ask, toy):
    found = ask(model="p-mediane")
    assert found.curve["minutes_moyennes"].iloc[0] == pytest.approx(9.3)
    assert found.chosen["nom"].tolist() == ["Côte"]
    assert "ramènerait le trajet moyen de 9,3 à 3,9 minutes" in found.sentences[0]


def test_fewest_sites_says_how_many_it_takes(ask):
    found = ask(model="lscp", threshold=5.0)
    assert len(found.chosen) == 2
    assert found.sentences[0].startswith("Il faut au moins 2 sites, et non 1,")


def test_a_public_weighs_instead_of_everybody(ask):
    # 10, 10 and 20 people of 65 and over
    found = ask(public="65_plus")
    assert found.chosen["habitants_gagnes"].tolist() == [20]
    assert found.public_words == "habitants de 65 ans et plus"
    with pytest.raises(SitingError, match="possibles : ensemble et 65_plus"):
        ask(public="12_25")


def test_small_counts_of_a_public_are_not_told(ask):
    # Bourg alone: 10 people of 65 and over beyond 5 minutes, and 20 at Côte
    zones = ask(public="65_plus", threshold=5.0).zones.set_index("code")
    assert np.isnan(zones.loc["100000001", "population_hors_seuil_avant"])
    assert np.isnan(zones.loc["100000001", "part_hors_seuil_avant"])
    # 30 of 40 are beyond: that would tell that 10 are not
    assert np.isnan(zones.loc["99", "population_hors_seuil_avant"])
    told = ask(public="65_plus", threshold=5.0)
    assert told.curve["habitants_desservis"].isna().tolist() == [True, True, False]
    assert told.chosen["habitants_gagnes"].isna().all()
    assert " 10 habitants" not in " ".join(told.sentences).replace("\u00a0", " ")
    lost = ask(public="65_plus", threshold=2.0).unreachable.set_index("nom")["population"]
    assert lost.isna().tolist() == [False, True, True]
    assert lost["Côte"] == 20


def test_a_shorter_threshold_is_taken_when_nobody_is_beyond_the_themes_own(ask, monkeypatch):
    monkeypatch.setattr("cartoallier.pipeline.simulating.SHORTER", (20.0, 10.0))
    found = ask(decided=45.0)  # the furthest people are 12 minutes away
    assert found.threshold == 10
    assert found.sentences[0].startswith("Personne n’est à plus de 45 minutes, seuil du thème")
    assert any("--minutes" in note for note in found.notes)


def test_when_nobody_is_left_out_it_is_said(ask):
    found = ask(threshold=13.0)
    assert found.chosen.empty
    assert "déjà à 13 minutes au plus" in found.sentences[0]
    assert json.loads(as_document(found, []))["sites"] == []


def test_points_of_a_sensitive_theme_are_not_told(ask):
    found = ask(theme=replace(toys.THEME, sensitive=True))
    assert found.sensitive
    assert found.existing.empty
    assert len(found.chosen) == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"theme": replace(toys.THEME, mode=Mode.ZONE)}, "ne se juge pas à une distance"),
        ({"rows": ()}, "aucune offre de ce thème n’est connue dans le département"),
        ({"rows": ({"at": 14},)}, "aucune offre de ce thème n’est connue dans le département"),
        ({"decided": None}, "donnez-en un avec « --minutes »"),
        ({"sites": 4}, "4 sites demandés pour 3 lieux candidats"),
        ({"model": "optimum"}, "modèle inconnu"),
        ({"budget": 3.0}, "--candidats"),
        ({"tours": Path("t.csv")}, "--budget"),
        ({"threshold": -1.0}, "nombre de minutes positif"),
    ],
)
def test_what_has_no_answer_is_explained(ask, asked, message):
    with pytest.raises(SitingError, match=message):
        ask(**asked)


def test_a_theme_that_does_not_exist_is_said():
    project = SimpleNamespace(catalogue=SimpleNamespace(themes={}))
    with pytest.raises(SitingError, match="thème inconnu"):
        simulate(project, Question(theme="rien", sites=1))


def test_a_list_of_places_replaces_the_communes(ask, tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text(
        "nom;code_insee;coût;capacité\nMaison;99002;5;\nÉcole;99003;9;250\nAilleurs;75056;1;\n"
        "Sans prix;99001;;\n",
        encoding="utf-8",
    )
    found = ask(candidates=path, budget=6.0)
    assert found.chosen[["nom", "code_commune", "cout"]].to_numpy().tolist() == [
        ["Maison", "99002", 5]
    ]
    assert {f.what for f in found.findings} == {
        "code de commune inconnu ici", "ce lieu n’a pas de coût"
    }  # fmt: skip
    assert "à «\u00a0Maison\u00a0»" in found.sentences[0]
    richer = ask(candidates=path, budget=50.0, sites=1)
    assert richer.chosen["nom"].tolist() == ["Maison"]  # the school can only serve 250 of the 600
    assert any("capacité" in note for note in richer.notes)


def test_the_stops_of_a_gtfs_are_a_list_of_places(toy, tmp_path):
    path = tmp_path / "stops.txt"
    lon, lat = toy.origins.to_crs("EPSG:4326").geometry.iloc[1].coords[0]
    path.write_text(
        f"stop_id,stop_name,stop_lat,stop_lon\nS1,Place du marché,{lat},{lon}\nS2,Loin,48.8,-4\n",
        encoding="utf-8",
    )
    found = read_candidates(path, project=None, territory=toy)
    assert found.frame[["nom", "code_commune"]].to_numpy().tolist() == [
        ["Place du marché", "99002"]
    ]
    assert found.frame["x"].iloc[0] == pytest.approx(toy.origins.geometry.iloc[1].x, abs=0.01)
    assert [(f.line, f.what) for f in found.findings] == [(3, "ce lieu est hors du territoire")]


def test_a_list_without_any_place_is_an_error(toy, tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text("ville,prix\nVichy,3\n", encoding="utf-8")
    with pytest.raises(SourceError):
        read_candidates(path, project=None, territory=toy)


def test_tours_and_sites_share_a_budget(ask, tmp_path):
    places, tours = tmp_path / "lieux.csv", tmp_path / "tournees.csv"
    places.write_text("code_insee,cout\n99003,10\n", encoding="utf-8")
    tours.write_text(
        "tournee,arret,heures_semaine,cout\nBus,Côte,6,2\nBus,Bourg,6,\nAutre,Nulle part,3,1\n",
        encoding="utf-8",
    )
    found = ask(candidates=places, tours=tours, budget=2.0)
    assert found.chosen.empty
    bus = found.tours.set_index("tournee").loc["Bus"]
    assert bus["retenue"]
    assert (bus["arrets"], bus["heures_semaine"], bus["cout"]) == (2, 12, 2)
    # Côte is within 10 minutes of both stops: 12 hours, half of a full service
    assert (bus["habitants_a_portee"], bus["habitants_equivalents"]) == (600, 300)
    assert any("Tournée retenue" in sentence for sentence in found.sentences)
    assert any("les tournées comptant pour leur part" in told for told in found.sentences)
    assert {(f.line, f.what) for f in found.findings} == {(4, "ce lieu n’est pas situé")}
    rich = ask(candidates=places, tours=tours, budget=10.0)
    assert rich.chosen["code_commune"].tolist() == ["99003"]
    assert not rich.tours["retenue"].any()


def test_a_tour_with_two_costs_is_said(toy, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "tournee,code_insee,heures_semaine,cout\nBus,99001,3,2\nBus,99002,abc,4\nBus,99003,2,4\n",
        encoding="utf-8",
    )
    found = read_tours(path, project=None, territory=toy)
    assert found.cost.tolist() == [4]
    assert len(found.stops) == 2
    said = {f.what for f in found.findings}
    assert {"une tournée porte plusieurs coûts", "ce n’est pas un nombre utilisable"} <= said


def test_people_and_machines_are_told_the_same(ask):
    found = ask()
    text, document = as_text(found), json.loads(as_document(found, [Path("cartes/x.html")]))
    assert "1. Côte (99003) : + 600 habitants, soit 100,0\u202f% desservis" in text.replace(
        "\u00a0:", " :"
    )
    assert document["sites"][0]["habitants_gagnes"] == 600
    assert document["sites"][0]["cout"] is None
    assert document["fichiers"] == ["cartes/x.html"]


def test_the_same_question_has_the_same_answer(ask):
    first, second = ask(sites=2, threshold=5.0), ask(sites=2, threshold=5.0)
    pd.testing.assert_frame_equal(first.chosen, second.chosen)
    assert first.sentences == second.sentences


def test_three_sites_on_the_real_france_services_of_allier(shared_data, tmp_path):
    from cartoallier.project import load_project

    (tmp_path / "offre").mkdir()
    shutil.copy(shared_data / "france-services-2025" / "liste-fs-20240801.csv", tmp_path / "offre")
    project = load_project(tmp_path, departement="03", here=tmp_path)
    question = Question(theme="premier_accueil_social", sites=3, threshold=20.0)
    found = simulate(project, question)
    assert found.solved == "optimal"
    assert len(found.chosen) == 3
    # 16 833 people beyond 20 minutes is the published figure of this list (DOMAIN §4.3)
    whole = found.zones.iloc[0]
    assert whole["population_hors_seuil_avant"] == 16_833
    gained = found.chosen["habitants_gagnes"]
    assert gained.is_monotonic_decreasing
    assert whole["population_hors_seuil_apres"] == 16_833 - gained.sum()
    served = found.curve["habitants_desservis"]
    assert served.is_monotonic_increasing
    # each added site gains less than the one before, up to who else it could have been with
    assert served.iloc[3] - served.iloc[0] == gained.sum()
