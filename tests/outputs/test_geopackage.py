"""The GeoPackage, opened by the tools of those who receive it: GDAL's validator and QGIS."""

import dataclasses
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import Point, Polygon

import toys
from cartoallier.model import Run, Territory
from cartoallier.outputs.geopackage import write_geopackage

LAYERS = {
    "territoire_departement": 1,
    "territoire_arrondissements": 2,
    "territoire_epci": 2,
    "territoire_communes": 3,
    "origines": 4,
    "services": 1,
    "besoins_communes": 3,
    "besoins_epci": 2,
    "couverture": 18,
    "besoins": 3,
}
SYSTEM_PYTHON = "/usr/bin/python3"
OPEN_IN_QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
answer = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    answer[name] = [layer.isValid(), layer.featureCount(), layer.crs().authid()]
del layer  # QGIS crashes when a layer outlives it
print(json.dumps(answer))
app.exitQgis()
"""


def system_python(module: str) -> str:
    """The system's Python, which holds GDAL's scripts and PyQGIS."""
    found = shutil.which(SYSTEM_PYTHON)
    if found:
        probe = subprocess.run([found, "-c", f"import {module}"], capture_output=True, check=False)
        if probe.returncode == 0:
            return found
    reason = f"{module} manque : lancez scripts/test.sh en root pour l’installer"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    python = system_python("osgeo_utils")
    command = [python, "-m", "osgeo_utils.samples.validate_gpkg", "-k", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def written(toy: Territory, tmp_path: Path) -> Path:
    return write_geopackage(
        toys.run(toy, {"at": 2, "name": "<b>Desk</b>"}, {"confidential": True}), tmp_path
    )


def test_layers(written: Path) -> None:
    layers = dict(pyogrio.list_layers(written))
    assert list(layers) == list(LAYERS)
    assert layers["couverture"] is None
    counts = {name: pyogrio.read_info(written, layer=name)["features"] for name in LAYERS}
    assert counts == LAYERS
    assert pyogrio.read_info(written, layer="territoire_epci")["crs"] == "EPSG:2154"


def test_it_is_version_1_3(written: Path) -> None:
    with sqlite3.connect(written) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (10300,)
        texts = base.execute("SELECT description FROM gpkg_contents").fetchall()
    assert all("ne vaut pas engagement" in text for (text,) in texts)
    assert all("fictives" in text for (text,) in texts)


def test_numbers_are_numbers_and_missing_is_null(written: Path) -> None:
    with sqlite3.connect(written) as base:
        row = base.execute(
            "SELECT part_hors_seuil, part_couverte, code FROM couverture WHERE maille='departement'"
        ).fetchone()
    assert row == (0.6, None, "99")


def test_zones_are_the_sum_of_their_communes(written: Path) -> None:
    epci = pyogrio.read_dataframe(written, layer="territoire_epci").set_index("code")
    assert epci.loc["100000002", "population"] == 1600
    assert epci.geometry["100000002"].area == pytest.approx(32e6)


def test_needs_have_a_column_per_indicator_and_its_reason(written: Path) -> None:
    communes = pyogrio.read_dataframe(written, layer="besoins_communes").set_index("code")
    assert list(communes.columns) == ["nom", "part_65_plus", "part_65_plus_statut", "geometry"]
    assert communes["part_65_plus"].tolist()[:2] == [10.0, 20.0]
    assert communes["part_65_plus"].isna()["99003"]
    assert communes["part_65_plus_statut"].tolist() == ["publie", "publie", "secret"]
    epci = pyogrio.read_dataframe(written, layer="besoins_epci")
    assert list(epci.columns) == ["code", "nom", "geometry"], "no indicator without a value"


def test_sixty_indicators_are_a_hundred_and_twenty_columns(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"at": 2})
    one = run.needs.values[run.needs.values["level"] == "commune"]
    keys = [*(f"indicateur_{i}" for i in range(59)), "Code"]
    many = pd.concat([one.assign(indicator=key) for key in keys])
    hidden = one.assign(indicator="cache", value=float("nan"), status="absent")
    needs = dataclasses.replace(run.needs, values=pd.concat([many, hidden]))
    path = write_geopackage(dataclasses.replace(run, needs=needs), tmp_path)
    columns = pyogrio.read_info(path, layer="besoins_communes")["fields"].tolist()
    assert len(columns) == 2 + 120
    assert {"Code_valeur", "indicateur_0", "indicateur_0_statut"} <= set(columns)
    assert "cache" not in columns
    assert validate(path).returncode == 0


def test_scores_are_a_layer_when_there_are_some(
    toy: Territory, tmp_path: Path, with_scores: Callable[[Run], Run]
) -> None:
    path = write_geopackage(with_scores(toys.run(toy, {"at": 2})), tmp_path)
    epci = pyogrio.read_dataframe(path, layer="scores_epci").set_index("code")
    assert epci["profil_dominant"].to_dict() == {"100000001": "retraites", "100000002": "jeunes"}
    assert epci.loc["100000001", ["score_retraites", "rang_retraites"]].tolist() == [90, 1]
    assert epci.loc["100000001", "rang_sur_retraites"] == 5
    assert "score_formation" not in epci, "no EPCI has a score for it"
    assert validate(path).returncode == 0


def test_the_same_run_gives_the_same_bytes(toy: Territory, tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths.append(write_geopackage(toys.run(toy, {"at": 2}), tmp_path / name))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_without_any_service(toy: Territory, tmp_path: Path) -> None:
    path = write_geopackage(toys.run(toy), tmp_path)
    assert pyogrio.read_info(path, layer="services")["features"] == 0
    assert validate(path).returncode == 0


def test_gdal_validates_it(written: Path) -> None:
    done = validate(written)
    assert done.returncode == 0, done.stdout + done.stderr


def test_qgis_opens_every_layer(written: Path) -> None:
    python = system_python("qgis.core")
    done = subprocess.run(
        [python, "-c", OPEN_IN_QGIS, str(written), *LAYERS],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    assert {name: entry[:2] for name, entry in answer.items()} == {
        name: [True, count] for name, count in LAYERS.items()
    }
    assert answer["services"][2] == "EPSG:2154"


def with_isochrones(run: Run) -> Run:
    """Circles of 10 and 20 minutes around a site, and nothing at 5."""
    site = Point(706_000, 6_602_000)
    drawn = gpd.GeoSeries(
        [Polygon(), site.buffer(3000), site.buffer(6000)],
        index=[5.0, 10.0, 20.0],
        crs=run.territory.crs,
    )
    return dataclasses.replace(run, isochrones={"accueil": drawn})


def test_isochrones_are_a_layer_when_there_are_some(toy: Territory, tmp_path: Path) -> None:
    run = with_isochrones(toys.run(toy, {"at": 2}))
    path = write_geopackage(run, tmp_path)
    info = pyogrio.read_info(path, layer="isochrones")
    assert (info["geometry_type"], info["crs"]) == ("MultiPolygon", "EPSG:2154")
    layer = pyogrio.read_dataframe(path, layer="isochrones")
    assert list(layer.columns) == ["theme", "titre", "minutes", "geometry"]
    assert layer[["theme", "titre"]].drop_duplicates().values.tolist() == [["accueil", "Accueil"]]
    assert layer["minutes"].tolist() == [20.0, 10.0], "the widest is drawn first"
    assert layer.geometry[0].contains(layer.geometry[1])
    with sqlite3.connect(path) as base:
        found = base.execute(
            "SELECT count(*) FROM gpkg_extensions WHERE table_name = 'isochrones' "
            "AND extension_name = 'gpkg_rtree_index'"
        ).fetchone()
    assert found == (1,), "spatial index"
    assert validate(path).returncode == 0
    (tmp_path / "b").mkdir()
    assert write_geopackage(run, tmp_path / "b").read_bytes() == path.read_bytes()


def test_qgis_opens_isochrones(toy: Territory, tmp_path: Path) -> None:
    path = write_geopackage(with_isochrones(toys.run(toy, {"at": 2})), tmp_path)
    python = system_python("qgis.core")
    done = subprocess.run(
        [python, "-c", OPEN_IN_QGIS, str(path), "isochrones"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert json.loads(done.stdout.splitlines()[-1]) == {"isochrones": [True, 2, "EPSG:2154"]}


def test_isochrones_of_a_sensitive_theme_are_never_written(toy: Territory, tmp_path: Path) -> None:
    run = with_isochrones(toys.run(toy, {"at": 2}))
    hidden = dataclasses.replace(run, sensitive=frozenset({"accueil"}))
    path = write_geopackage(hidden, tmp_path)
    assert "isochrones" not in dict(pyogrio.list_layers(path))
