"""What ``simuler`` writes: tables with their header, text disarmed, a page."""

import csv
import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from cartoallier.errors import OutputError
from cartoallier.model import Territory
from cartoallier.model.simulation import CHOSEN_COLUMNS, CURVE_COLUMNS, ZONE_COLUMNS
from cartoallier.outputs.simulation_files import QUESTION_COLUMNS, write_simulation
from toy_simulations import toy_simulation


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_tables_and_page(toy: Territory, tmp_path: Path) -> None:
    paths = write_simulation(toy_simulation(toy), tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        "tableaux/simulation_accueil.csv",
        "tableaux/simulation_accueil_courbe.csv",
        "tableaux/simulation_accueil_zones.csv",
        "tableaux/simulation_accueil_hors_portee.csv",
        "cartes/simulation_accueil.html",
    ]
    chosen, curve, zones, lost = (read(path) for path in paths[:4])
    assert tuple(chosen[0]) == (*CHOSEN_COLUMNS, *QUESTION_COLUMNS)
    assert tuple(curve[0]) == (*CURVE_COLUMNS, *QUESTION_COLUMNS)
    assert tuple(zones[0]) == (*ZONE_COLUMNS, *QUESTION_COLUMNS)
    assert [lost[0][name] for name in QUESTION_COLUMNS] == ["ensemble", "10", "mclp", "true"]
    assert (chosen[0]["code_commune"], chosen[0]["cout"]) == ("99003", "")
    assert (chosen[0]["habitants_gagnes"], chosen[0]["part_desservie"]) == ("600", "0.700000")
    assert (curve[1]["sites"], curve[1]["minutes_moyennes"]) == ("1", "7.10")
    assert zones[1]["part_hors_seuil_avant"] == "0.750000"
    assert lost[0]["nom"] == "'=Aval</script>"
    assert sorted(p.name for p in tmp_path.rglob("*.partiel")) == []


def test_the_page_links_to_what_stands_beside_it(toy: Territory, tmp_path: Path) -> None:
    page = write_simulation(toy_simulation(toy), tmp_path)[-1].read_text("utf-8")
    assert 'href="../tableaux/simulation_accueil_zones.csv"' in page
    assert 'href="../index.html"' not in page
    (tmp_path / "index.html").touch()
    (tmp_path / "cartes" / "accueil.html").touch()
    staged = write_simulation(toy_simulation(toy), tmp_path / "staging", beside=tmp_path)
    page = staged[-1].read_text("utf-8")
    assert 'href="../index.html"' in page
    assert 'href="accueil.html"' in page


def test_nothing_added_leaves_headers(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    tours = pd.DataFrame({"tournee": ["=T"], "retenue": [False]})
    none = dataclasses.replace(whole, chosen=pd.DataFrame(), tours=tours)
    none = dataclasses.replace(none, chosen=whole.chosen.head(0))
    paths = write_simulation(none, tmp_path)
    assert paths[0].read_text("utf-8") == ",".join((*CHOSEN_COLUMNS, *QUESTION_COLUMNS)) + "\n"
    tour = read(paths[4])[0]
    assert (tour["tournee"], tour["retenue"], tour["public"]) == ("'=T", "false", "ensemble")


def test_same_simulation_same_bytes(toy: Territory, tmp_path: Path) -> None:
    one, two = (write_simulation(toy_simulation(toy), tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_folder_that_cannot_be_written_is_explained(toy: Territory, tmp_path: Path) -> None:
    (tmp_path / "tableaux").touch()
    with pytest.raises(OutputError, match="ne peut pas être écrit"):
        write_simulation(toy_simulation(toy), tmp_path)
