"""``reseau.gpkg``: every road once, with its two running times, and its licence."""

import dataclasses
import datetime as dt
import sqlite3
from pathlib import Path

import numpy as np
import pyogrio
import pytest

from cartoallier.errors import OutputError
from cartoallier.outputs.network_file import FILE_NAME, write_network
from gis_tools import in_qgis, validate
from road_networks import build, grid

DATE = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)
ODBL = "© les contributeurs d’OpenStreetMap, ODbL 1.0"
OPEN = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(f"{sys.argv[1]}|layername=reseau", "reseau", "ogr")
symbol = layer.renderer().symbol()
answer = [layer.isValid(), layer.featureCount(), layer.crs().authid(), layer.renderer().type(),
          int(symbol.type()), symbol.color().name(), round(symbol.width(), 2),
          layer.attributeDisplayName(layer.fields().indexOf("minutes_retour"))]
del symbol, layer
print(json.dumps(answer))
app.exitQgis()
"""


def written(folder: Path) -> Path:
    """A two-way road of 3 km, then a motorway one way."""
    network = build(
        [(700_000, 6_600_000), (703_000, 6_600_000), (703_000, 6_604_000)],
        [(0, 1, 4.0, 5.0), (1, 2, 3.0, None)],
        doors=[True, False],
        islands=[[(0, 0), (1, 1)]],
    )
    source = "routes OpenStreetMap (allier.osm.pbf)"
    return write_network(network, folder, licence=ODBL, source=source, date=DATE)


def test_every_road_once_with_its_two_times(tmp_path: Path) -> None:
    path = written(tmp_path / "sortie")
    assert path == tmp_path / "sortie" / FILE_NAME
    roads = pyogrio.read_dataframe(path, layer="reseau")
    columns = ["longueur_km", "minutes_aller", "minutes_retour", "portes"]
    assert list(roads.columns) == [*columns, "geometry"]
    assert roads["longueur_km"].tolist() == [3.0, 4.0]
    assert roads["minutes_aller"].tolist() == [4.0, 3.0]
    assert roads["minutes_retour"].tolist()[0] == 5.0
    assert roads["portes"].tolist() == [True, False]
    assert list(roads.geometry[0].coords) == [(700_000, 6_600_000), (703_000, 6_600_000)]
    assert roads.crs.to_epsg() == 2154
    with sqlite3.connect(path) as base:
        assert base.execute("SELECT minutes_retour FROM reseau WHERE fid = 2").fetchone() == (None,)
        assert base.execute("PRAGMA user_version").fetchone() == (10300,)


def test_the_licence_is_told_with_the_layer(tmp_path: Path) -> None:
    with sqlite3.connect(written(tmp_path)) as base:
        (title, about) = base.execute(
            "SELECT identifier, description FROM gpkg_contents WHERE table_name = 'reseau'"
        ).fetchone()
        (said,) = base.execute("SELECT description FROM layer_styles").fetchone()
    assert title == "Réseau de routes (voiture)"
    assert ODBL in about
    assert "allier.osm.pbf" in about
    assert ODBL in said


def test_a_licence_nobody_gave_is_not_invented(tmp_path: Path) -> None:
    path = write_network(grid(2, seed=1), tmp_path, licence="", source="routes.gpkg", date=DATE)
    with sqlite3.connect(path) as base:
        (about,) = base.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'reseau'"
        ).fetchone()
    assert "Licence non renseignée" in about


def test_same_network_same_bytes(tmp_path: Path) -> None:
    one, two = (
        write_network(grid(6, seed=3), tmp_path / name, licence=ODBL, source="x", date=DATE)
        for name in "ab"
    )
    assert one.read_bytes() == two.read_bytes()
    assert sorted(p.name for p in one.parent.iterdir()) == [FILE_NAME]


def test_the_fastest_of_parallel_arcs_is_told(tmp_path: Path) -> None:
    network = build([(0, 0), (1000, 0)], [(0, 1, 2.0, 2.0)])
    twice = {name: np.append(getattr(network, name), getattr(network, name)[0])
             for name in ("tail", "head", "edge", "forward")}  # fmt: skip
    network = dataclasses.replace(network, **twice, minutes=np.append(network.minutes, 1.5))
    path = write_network(network, tmp_path, licence=ODBL, source="x", date=DATE)
    roads = pyogrio.read_dataframe(path, layer="reseau")
    assert roads[["minutes_aller", "minutes_retour"]].to_numpy().tolist() == [[1.5, 2.0]]


def test_the_validator_of_gdal_and_qgis_take_it(tmp_path: Path) -> None:
    path = written(tmp_path)
    done = validate(path)
    assert done.returncode == 0, done.stdout + done.stderr
    line = 1
    assert in_qgis(OPEN, str(path)) == (
        f'[true, 2, "EPSG:2154", "singleSymbol", {line}, "#777777", 0.3, '
        '"Dur\\u00e9e, sens inverse (min)"]'
    )


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "sortie").touch()
    with pytest.raises(OutputError, match="ne peut pas être écrit"):
        written(tmp_path / "sortie")


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    (tmp_path / FILE_NAME / "travail").touch()
    with pytest.raises(OutputError):
        written(tmp_path)
    assert [p.name for p in tmp_path.rglob("*")] == [FILE_NAME, "travail"]
