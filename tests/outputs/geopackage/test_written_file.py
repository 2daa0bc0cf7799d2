"""The GeoPackage, opened by the tools of those who receive it: GDAL's validator and QGIS."""

import dataclasses
import io
import json
import sqlite3
import zipfile
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
from gis_tools import in_qgis, validate

LAYERS = {
    "territoire_departement": 1,
    "territoire_arrondissements": 2,
    "territoire_epci": 2,
    "territoire_communes": 3,
    "territoire_epci_partie": 2,
    "territoire_voisinage": 1,
    "origines": 4,
    "services": 1,
    "besoins_communes": 3,
    "besoins_epci": 2,
    "couverture_accueil_communes": 3,
    "couverture_accueil_epci": 2,
    "couverture": 18,
    "besoins": 3,
}
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


@pytest.fixture
def written(toy: Territory, tmp_path: Path) -> Path:
    return write_geopackage(
        toys.run(toy, {"at": 2, "name": "<b>Desk</b>"}, {"confidential": True}), tmp_path
    )


def test_layers(written: Path) -> None:
    layers = dict(pyogrio.list_layers(written))
    assert list(layers) == [*LAYERS, "layer_styles"]
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
    answer = json.loads(in_qgis(OPEN_IN_QGIS, str(written), *LAYERS))
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
    answer = json.loads(in_qgis(OPEN_IN_QGIS, str(path), "isochrones"))
    assert answer == {"isochrones": [True, 2, "EPSG:2154"]}


def test_isochrones_of_a_sensitive_theme_are_never_written(toy: Territory, tmp_path: Path) -> None:
    run = with_isochrones(toys.run(toy, {"at": 2}))
    hidden = dataclasses.replace(run, sensitive=frozenset({"accueil"}))
    path = write_geopackage(hidden, tmp_path)
    assert "isochrones" not in dict(pyogrio.list_layers(path))


EDIT_IN_QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer, view = (QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
               for name in ("territoire_communes", "couverture_accueil_communes"))
first = next(layer.getFeatures()).id()
done = [layer.startEditing(), layer.changeAttributeValue(first, layer.fields().indexOf("nom"), "Y")]
done += [layer.commitChanges(), layer.startEditing(), layer.deleteFeature(first + 1)]
done += [layer.commitChanges()]
view = QgsVectorLayer(f"{sys.argv[1]}|layername=couverture_accueil_communes", "view", "ogr")
names = [feature["nom"] for feature in view.getFeatures()]
widgets = {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(layer.fields())}
answer = [all(done), view.featureCount(), names, widgets["contour"]]
del layer, view
print(json.dumps(answer))
app.exitQgis()
"""


def test_what_is_edited_in_qgis_is_seen_by_the_views(written: Path) -> None:
    answer = json.loads(in_qgis(EDIT_IN_QGIS, str(written)))
    assert answer == [True, 2, ["Y", "Côte"], "ValueMap"]
    assert validate(written).returncode == 0


def test_every_column_is_said_in_french(written: Path) -> None:
    with sqlite3.connect(written) as base:
        rows = base.execute("SELECT title, description FROM gpkg_data_columns").fetchall()
        extensions = base.execute(
            "SELECT table_name, extension_name FROM gpkg_extensions WHERE scope = 'read-write'"
        ).fetchall()
    assert all(title and comment for title, comment in rows)
    assert sorted(extensions) == [
        ("gpkg_data_column_constraints", "gpkg_schema"),
        ("gpkg_data_columns", "gpkg_schema"),
        ("gpkg_metadata", "gpkg_metadata"),
        ("gpkg_metadata_reference", "gpkg_metadata"),
    ]


def test_metadata_are_of_the_file_then_of_each_layer(written: Path) -> None:
    with sqlite3.connect(written) as base:
        rows = base.execute(
            "SELECT reference_scope, table_name, md_parent_id, timestamp, substr(metadata, 1, 5) "
            "FROM gpkg_metadata_reference r JOIN gpkg_metadata m ON m.id = r.md_file_id ORDER BY id"
        ).fetchall()
    stamp = "2024-08-01T00:00:00.000Z"
    assert rows[0][:4] == ("geopackage", None, None, stamp)
    assert [row[:4] for row in rows[1:]] == [("table", name, 1, stamp) for name in LAYERS]
    assert all(row[4].startswith("<") for row in rows)


def test_styles_are_where_qgis_finds_them(written: Path) -> None:
    with sqlite3.connect(written) as base:
        rows = base.execute(
            "SELECT f_table_name, f_table_schema, f_geometry_column, useAsDefault, update_time, "
            "length(styleQML), length(styleSLD) FROM layer_styles"
        ).fetchall()
        (kind,) = base.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
    assert kind == "attributes", "else QGIS 3.22 sees no style at all"
    assert {row[1:3] for row in rows} == {("", "geom")}
    assert {row[4] for row in rows} == {"2024-08-01T00:00:00.000Z"}
    assert all(row[5] and row[6] for row in rows)
    defaults = [row[0] for row in rows if row[3]]
    drawn = [name for name in LAYERS if name not in {"couverture", "besoins"}]
    assert sorted(defaults) == sorted(drawn), "one by default for each layer that is drawn"


def test_the_project_is_in_the_file(written: Path) -> None:
    with sqlite3.connect(written) as base:
        name, told, content = base.execute("SELECT * FROM qgis_projects").fetchone()
    assert name == "cartoallier"
    assert json.loads(told)["last_modified_time"] == "2024-08-01T00:00:00.000"
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as archive:
        assert [Path(one).suffix for one in archive.namelist()] == [".qgs"]
