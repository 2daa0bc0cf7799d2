"""Sites added on the toy territory, computed by hand, and on the real France Services of Allier."""

import json
import re
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
from cartoallier.model import Mode, Passage, SourceRecord
from cartoallier.model.simulation import (
    CHOSEN_COLUMNS,
    CURVE_COLUMNS,
    UNREACHABLE_COLUMNS,
    ZONE_COLUMNS,
)
from cartoallier.pipeline.proposing import Candidates, read_candidates, read_tours
from cartoallier.pipeline.simulating import Question, simulate
from cartoallier.pipeline.siting_tables import told_people, told_share


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
            dated=(None, "au 1er août 2024"), travel=SimpleNamespace(sources=()), located=(),
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
    assert found.sentences[0].startswith(
        "Un site de plus, à Côte, mettrait à 10\u00a0minutes au plus"
    )
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
    assert zones.loc["99", "population_hors_seuil_avant"] == 30
    told = ask(public="65_plus", threshold=5.0)
    assert told.curve["habitants_desservis"].isna().tolist() == [True, False, False]
    assert told.curve["habitants_gagnes"].isna().tolist() == [False, False, False]
    assert " 10 habitants" not in " ".join(told.sentences).replace("\u00a0", " ")
    lost = ask(public="65_plus", threshold=2.0).unreachable.set_index("nom")["population"]
    assert lost.isna().tolist() == [False, True, True]
    assert lost["Côte"] == 20


ODD = {"99001": 143.0, "99002": 26.0, "99003": 64.0, "98001": 5.0}


@pytest.mark.parametrize(
    ("model", "capacity"),
    [("mclp", None), ("mclp", 37.0), ("p-mediane", None), ("lscp", None), ("lscp", 37.0)],
)
def test_no_count_of_a_public_is_told_to_the_unit(ask, monkeypatch, model, capacity):
    """Whatever is printed is a ten, so no difference gives 1 to 10 people back."""
    given = toys.needs

    def odd(territory):
        need = given(territory)
        people = pd.DataFrame({"65_plus": pd.Series(ODD)}).reindex(need.weights.index)
        return replace(need, weights=people)

    monkeypatch.setattr(toys, "needs", odd)
    found = ask(public="65_plus", sites=2, threshold=5.0, model=model, capacity=capacity)
    tables = (found.chosen, found.curve, found.zones, found.unreachable)
    counts = [
        table[column].dropna()
        for table in tables
        for column in table
        if column.startswith(("habitants_", "population"))
    ]
    assert sum(len(column) for column in counts) > 10
    assert all((column % 10 == 0).all() for column in counts)
    document = as_document(found, [])
    assert not {"143", "26", "64", "233"} & set(re.findall(r"\d+", document))
    shares = [table[c].dropna() for table in tables for c in table if c.startswith("part_")]
    assert all(np.allclose(column, column.round(3), atol=0) for column in shares)
    means = found.curve["minutes_moyennes"]
    assert means.tolist() == means.round(1).tolist()
    assert any("arrondis à la dizaine" in note for note in found.notes)


def test_a_count_is_a_ten_or_less_than_eleven():
    told = told_people([0, 1e-9, 1, 10, 11, 14, 15, 1234, np.nan], public="65_plus")
    assert told.tolist()[:2] == [0, 0]
    assert np.isnan(told[[2, 3, 8]]).all()
    assert told[[4, 5, 6, 7]].tolist() == [10, 10, 20, 1230]
    assert told_people([7], public="ensemble").tolist() == [7]
    assert told_share(14, 96, public="65_plus") == 0.1
    assert told_share([94450, 20], 94470, public="65_plus").tolist() == [0.999, 0.001]


def test_a_zone_whose_public_the_coverage_hides_stays_hidden(ask, monkeypatch):
    from cartoallier.access import measure as measured

    def hiding(*args, **more):
        coverage = measured(*args, **more)
        table = coverage.table.copy()
        table.loc[(table["code"] == "100000001") & (table["public"] == "65_plus"), "population"] = (
            np.nan
        )
        return replace(coverage, table=table)

    monkeypatch.setitem(globals(), "measure", hiding)
    zones = ask(public="65_plus", threshold=5.0).zones.set_index("code")
    assert zones.loc["100000001"].drop(["maille", "nom", "perimetre"]).isna().all()
    assert zones.loc["100000002", "population"] == 20


def test_capacities_are_what_sites_could_serve(ask):
    found = ask(capacity=250.0)
    assert found.capacity
    assert found.chosen["habitants_gagnes"].tolist() == [250]
    said = found.sentences[0].replace("\u00a0", " ").replace("\u202f", " ")
    assert "pourrait recevoir 250 habitants" in said
    assert "65,0 % des habitants du département seraient desservis, contre 40,0 %" in said
    assert len(found.curve) == 2  # none beyond what was asked: each point is a slow search
    with pytest.raises(SitingError, match="la p-médiane ne connaît pas de capacité"):
        ask(model="p-mediane", capacity=250.0)


def test_the_p_median_says_minutes_after_each_site(ask):
    found = ask(model="p-mediane", sites=2)
    # Côte at 3 minutes, then Bourg at 3 too: (300 + 1 800 + 1 800) / 1 000, then 3
    assert found.chosen["minutes_moyennes"].tolist() == pytest.approx([3.9, 3.0])
    text = as_text(found)
    assert "1. Côte (99003)\u00a0: trajet moyen ramené à 3,9 min" in text
    assert "+ 0" not in text


def test_a_hidden_gain_is_less_than_eleven(ask):
    found = ask(public="65_plus", threshold=5.0, sites=2)
    hidden = replace(found, chosen=found.chosen.assign(habitants_gagnes=np.nan))
    text = as_text(hidden).replace("\u00a0", " ")
    assert text.splitlines()[0] == "Accueil, à 5 minutes, pour les habitants de 65 ans et plus"
    assert "(99003) : moins de 11 habitants de 65 ans et plus" in text
    assert "–" not in text
    assert as_text(ask()).splitlines()[0] == "Accueil, à 10\u00a0minutes, pour tous les habitants"


def test_a_shorter_threshold_is_taken_when_nobody_is_beyond_the_themes_own(ask, monkeypatch):
    monkeypatch.setattr("cartoallier.pipeline.simulating.SHORTER", (20.0, 10.0))
    found = ask(decided=45.0)  # the furthest people are 12 minutes away
    assert found.threshold == 10
    assert found.sentences[0].startswith("Personne n’est à plus de 45\u00a0minutes, seuil du thème")
    assert any("--minutes" in note for note in found.notes)


def test_when_nobody_is_left_out_it_is_said(ask):
    found = ask(threshold=13.0)
    assert found.chosen.empty
    assert "déjà à 13\u00a0minutes au plus" in found.sentences[0]
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
        "code de commune inconnu", "ce lieu n’a pas de coût"
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


def test_only_stops_where_people_board_are_places(toy, tmp_path):
    path = tmp_path / "stops.txt"
    lon, lat = toy.origins.to_crs("EPSG:4326").geometry.iloc[1].coords[0]
    rows = "".join(f"S{n},Arrêt,{lat},{lon},{kind}\n" for n, kind in enumerate(["0", "", "1", "2"]))
    path.write_text(f"stop_id,stop_name,stop_lat,stop_lon,location_type\n{rows}", encoding="utf-8")
    found = read_candidates(path, project=None, territory=toy)
    assert found.frame["candidat"].tolist() == ["2", "3"]
    assert [(f.column, f.value) for f in found.findings] == [("location_type", "2\u00a0lignes")]
    assert found.once().frame["candidat"].tolist() == ["2"]


@pytest.mark.parametrize("header", ["INSEE_COM", "code_commune", "insee", "Code commune"])
@pytest.mark.parametrize("name", ["nom", "NOM_COM"])
def test_headers_of_usual_files_are_known(toy, tmp_path, header, name):
    path = tmp_path / "lieux.csv"
    path.write_text(f"{name};{header}\nMaison;99002\n", encoding="utf-8")
    found = read_candidates(path, project=None, territory=toy)
    assert found.frame[["nom", "code_commune"]].to_numpy().tolist() == [["Maison", "99002"]]
    assert found.words == "le lieu de lieux.csv"


def test_codes_are_repaired_and_those_elsewhere_said(toy, tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text("nom;insee\nA;9002\nLyon;69123\nRien;88888\nA bis;09002\n", encoding="utf-8")
    territory = replace(
        toy,
        origins=toy.origins.rename(index={"99002": "09002"}),
        passage=Passage({"69123": ("69123",)}),
    )
    found = read_candidates(path, project=None, territory=territory)
    assert found.frame["candidat"].tolist() == ["2", "5"]
    assert {(f.line, f.what) for f in found.findings} == {
        (None, "codes lus comme des nombres par un tableur"),
        (3, "cette commune est hors du territoire"),
        (4, "code de commune inconnu"),
    }
    once = found.once()
    assert once.words == "le lieu de lieux.csv"
    assert once.findings[-1].line == 5


def test_arrondissements_are_not_communes():
    codes = {"candidat": ["13001", "13201", "13202"], "code_commune": ["13001", "13055", "13055"]}
    words = Candidates(frame=pd.DataFrame(codes)).words.replace("\u00a0", " ")
    assert words == "1 commune et 2 arrondissements du département, à leur mairie"


def test_a_name_without_end_is_cut(toy, tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text(f"nom;insee\n{'A' * 400};99002\n", encoding="utf-8")
    name = read_candidates(path, project=None, territory=toy).frame["nom"].iloc[0]
    assert name == "A" * 79 + "…"


def test_two_tours_that_reach_the_same_people_count_them_once(ask, tmp_path):
    places, tours = tmp_path / "lieux.csv", tmp_path / "tournees.csv"
    places.write_text("code_insee,cout\n99003,10\n", encoding="utf-8")
    tours.write_text(
        "tournee,arret,heures_semaine,cout\nUn,Côte,6,1\nDeux,Bourg,6,1\n", encoding="utf-8"
    )
    found = ask(candidates=places, tours=tours, budget=2.0)
    assert found.tours["retenue"].all()
    assert found.tours["habitants_a_portee"].tolist() == [600, 600]
    said = " ".join(found.sentences).replace("\u00a0", " ")
    assert "12 heures par semaine en tout, à portée de 600 habitants" in said
    hidden = ask(candidates=places, tours=tours, budget=2.0, public="65_plus", threshold=5.0)
    assert "à portée de 0" not in " ".join(hidden.sentences).replace("\u00a0", " ")


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
        "\u00a0", " "
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
