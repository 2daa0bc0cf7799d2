"""What ``simuler`` writes: tables with their header, text disarmed, a page."""

import csv
import dataclasses
import datetime as dt
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from cartoallier.errors import OutputError
from cartoallier.model import Simulation, Territory
from cartoallier.model.simulation import CHOSEN_COLUMNS, CURVE_COLUMNS, ZONE_COLUMNS
from cartoallier.outputs.simulation_files import QUESTION_COLUMNS, write_simulation
from gis_tools import in_qgis, validate
from toy_simulations import toy_simulation

DATE = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)
OPEN = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
answer = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    symbol = layer.renderer().symbol()
    drawn = symbol.symbolLayer(0)
    answer[name] = [layer.isValid(), layer.featureCount(), layer.crs().authid(),
                    drawn.properties().get("name", drawn.layerType()), layer.labelsEnabled()]
    del drawn, symbol, layer
print(json.dumps(answer))
app.exitQgis()
"""


def written(folder: Path, simulation: Simulation) -> Path:
    """The GeoPackage of a simulation."""
    (path,) = (
        path for path in write_simulation(simulation, folder, date=DATE) if path.suffix == ".gpkg"
    )
    return path


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def layers_of(path: Path) -> list[str]:
    """Layers of a file that are drawn."""
    return [name for name, geometry in pyogrio.list_layers(path) if geometry]


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
    assert (chosen[0]["habitants_gagnes"], chosen[0]["part_desservie"]) == ("600", "0.7")
    assert (curve[1]["sites"], curve[1]["minutes_moyennes"]) == ("1", "7.1")
    assert zones[1]["part_hors_seuil_avant"] == "0.75"
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
    one, two = (write_simulation(toy_simulation(toy), tmp_path / name, date=DATE) for name in "ab")
    assert len(one) == 6
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_folder_that_cannot_be_written_is_explained(toy: Territory, tmp_path: Path) -> None:
    (tmp_path / "tableaux").touch()
    with pytest.raises(OutputError, match="ne peut pas être écrit"):
        write_simulation(toy_simulation(toy), tmp_path)


def test_sites_are_layers(toy: Territory, tmp_path: Path) -> None:
    path = written(tmp_path, toy_simulation(toy))
    assert path == tmp_path / "simulation_accueil.gpkg"
    names = ["epci_avant_apres", "lieux_existants", "implantations"]
    assert layers_of(path) == names
    sites = pyogrio.read_dataframe(path, layer="implantations")
    shown = [name for name in CHOSEN_COLUMNS if name not in {"longitude", "latitude"}]
    assert list(sites.columns) == [*shown, *QUESTION_COLUMNS, "geometry"]
    assert sites["nom"].tolist() == ["Côte", "<b>Bourg</b>"]
    assert sites["habitants_gagnes"].tolist() == [600.0, 300.0]
    assert sites["cout"].isna().all()
    assert sites["demonstration"].tolist() == [True, True]
    halls = toy.origins.geometry[["99003", "99002"]]
    assert sites.geometry.distance(halls, align=False).max() < 0.01
    existing = pyogrio.read_dataframe(path, layer="lieux_existants")
    assert existing["id"].tolist() == ["s0", "s1"]
    assert existing.geometry[0].coords[:] == [(702_000, 6_602_000)]


def test_epci_before_and_after(toy: Territory, tmp_path: Path) -> None:
    epci = pyogrio.read_dataframe(written(tmp_path, toy_simulation(toy)), layer="epci_avant_apres")
    assert epci["code"].tolist() == ["100000001", "100000002"]
    assert epci["perimetre"].tolist() == ["entier", "partie"]
    assert epci["part_hors_seuil_avant"].tolist() == [0.75, 1.0]
    assert epci["part_hors_seuil_apres"].tolist() == [0.0, 0.0]
    inside = toy.communes[toy.communes["inside"]]
    areas = inside.geometry.area.groupby(inside["epci_code"]).sum()
    assert epci.geometry.area.tolist() == pytest.approx(areas[epci["code"]].tolist())


def test_a_sensitive_theme_never_shows_its_sites(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    secret = dataclasses.replace(
        whole, sensitive=True, existing=whole.existing.set_axis(["secret--1", "secret--2"])
    )
    path = written(tmp_path, secret)
    layers = layers_of(path)
    assert layers == ["epci_avant_apres", "implantations"]
    raw = path.read_bytes()
    assert b"secret--" not in raw
    assert b"lieux_existants" not in raw
    assert all(point.wkb[5:] not in raw for point in secret.existing)
    none = dataclasses.replace(secret, sensitive=False, existing=whole.existing.head(0))
    assert "lieux_existants" not in layers_of(written(tmp_path / "b", none))


def test_rounded_counts_are_written_as_they_are(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    chosen = whole.chosen.assign(habitants_gagnes=[120.0, float("nan")])
    some = dataclasses.replace(whole, public="12_25", chosen=chosen)
    with sqlite3.connect(written(tmp_path, some)) as base:
        rows = base.execute(
            "SELECT habitants_gagnes, public FROM implantations ORDER BY rang"
        ).fetchall()
    assert rows == [(120.0, "12_25"), (None, "12_25")]


def test_layers_say_what_they_are(toy: Territory, tmp_path: Path) -> None:
    with sqlite3.connect(written(tmp_path, toy_simulation(toy))) as base:
        contents = base.execute(
            "SELECT identifier, description, last_change FROM gpkg_contents "
            "WHERE data_type = 'features'"
        ).fetchall()
        untold = base.execute(
            "SELECT count(*) FROM gpkg_data_columns WHERE title IS NULL OR description = ''"
        ).fetchone()
        longest = base.execute("SELECT max(length(title)) FROM gpkg_data_columns").fetchone()
    assert len(contents) == 3
    for title, about, changed in contents:
        assert title.endswith("Accueil <i>social</i>")
        assert "ne vaut pas engagement" in about
        assert "fictives" in about
        assert "Liste A, licence ouverte" in about
        assert changed == "2024-08-01T00:00:00.000Z"
    assert untold == (0,)
    assert longest <= (40,)


def test_no_site_added_is_an_empty_layer(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    path = written(tmp_path, dataclasses.replace(whole, chosen=whole.chosen.head(0)))
    sites = pyogrio.read_info(path, layer="implantations")
    assert sites["features"] == 0
    assert sites["geometry_type"] == "Point"
    assert validate(path).returncode == 0


def test_the_validator_of_gdal_and_qgis_take_the_layers(toy: Territory, tmp_path: Path) -> None:
    path = written(tmp_path, toy_simulation(toy))
    done = validate(path)
    assert done.returncode == 0, done.stdout + done.stderr
    opened = json.loads(
        in_qgis(OPEN, str(path), "implantations", "lieux_existants", "epci_avant_apres")
    )
    assert opened == {
        "implantations": [True, 2, "EPSG:2154", "circle", True],
        "lieux_existants": [True, 2, "EPSG:2154", "circle", True],
        "epci_avant_apres": [True, 2, "EPSG:2154", "SimpleLine", True],
    }


def test_a_site_without_a_place_is_a_row_without_a_point(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    chosen = whole.chosen.assign(longitude=[float("nan"), 3.0], latitude=[float("nan"), 46.0])
    path = written(tmp_path, dataclasses.replace(whole, chosen=chosen))
    sites = pyogrio.read_dataframe(path, layer="implantations")
    assert sites.geometry.isna().tolist() == [True, False]
    assert validate(path).returncode == 0


def test_of_an_epci_told_twice_the_part_is_drawn(toy: Territory, tmp_path: Path) -> None:
    whole = toy_simulation(toy)
    east = whole.zones.tail(1).assign(perimetre="entier", population=1600.0)
    both = dataclasses.replace(whole, zones=pd.concat([whole.zones, east]))
    epci = pyogrio.read_dataframe(written(tmp_path, both), layer="epci_avant_apres")
    assert epci[["code", "population"]].to_numpy().tolist() == [
        ["100000001", 400.0],
        ["100000002", 600.0],
    ]
