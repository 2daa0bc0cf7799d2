"""A real rural network end to end: minutes by road, isochrones, flags, pages and layers.

The only rural extract at hand is Bavarian (north-bayreuth, 11 × 10 km); it is dressed as a
département of square communes, and services are invented on it.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely import Point, box

from cartoallier.access import Floored
from cartoallier.errors import CartoError
from cartoallier.model import Passage, Run, Territory
from cartoallier.pipeline import diagnose, preparing, write
from cartoallier.project import load_project
from chromium import Visit

CRS = "EPSG:32632"
SIDE = 2000
WEST, SOUTH, COLUMNS, ROWS = 678_000, 5_538_500, 5, 4
PROJECT = """
[territoire]
departement = "03"
voisinage_km = 5
[seuils.premier_accueil_social]
minutes = 5
[acces]
moteur = "{engine}"
reseau = "routes.osm.gz"
[[offre]]
fichier = "lieux.csv"
format = "tableau"
themes = ["premier_accueil_social"]
"""


def bavarian() -> Territory:
    """Squares of 2 km over the network, three EPCI in columns, the last one beyond the border."""
    cells = [(i, j) for i in range(COLUMNS) for j in range(ROWS)]
    codes = [f"03{1 + 4 * i + j:03d}" for i, j in cells]
    epci = ["200000001" if i < 2 else "200000002" if i < 4 else "200000003" for i, _ in cells]
    inside = [i < 4 for i, _ in cells]
    squares = [
        box(WEST + SIDE * i, SOUTH + SIDE * j, WEST + SIDE * (i + 1), SOUTH + SIDE * (j + 1))
        for i, j in cells
    ]
    communes = gpd.GeoDataFrame(
        {
            "name": [f"Carré {i}{j}" for i, j in cells],
            "departement_code": ["03" if here else "18" for here in inside],
            "region_code": "84",
            "epci_code": epci,
            "arrondissement_code": "031",
            "population": [50 * (1 + (3 * i + j) % 7) for i, j in cells],
            "outline": "ign",
            "inside": inside,
        },
        geometry=squares,
        index=pd.Index(codes, name="code"),
        crs=CRS,
    )
    kept = communes[communes["inside"]]
    origins = gpd.GeoDataFrame(
        {
            "name": kept["name"],
            "commune_code": kept.index,
            "population": kept["population"],
            "area_km2": 4.0,
            "position": "mairie",
        },
        geometry=kept.geometry.centroid,
        crs=CRS,
    ).rename_axis("id")
    own = list(kept.index)
    rows = [("departement:03", "departement", "03", "Essai", "entier", own)]
    rows += [
        (f"epci:{code}", "epci", code, f"CC {code[-1]}", "entier", list(group.index))
        for code, group in kept.groupby("epci_code")
    ]
    rows += [(f"commune:{c}", "commune", c, kept.at[c, "name"], "entier", [c]) for c in own]
    return Territory(
        departement_code="03",
        departement_name="Essai",
        communes=communes,
        origins=origins,
        zones=pd.DataFrame(
            [row[1:5] for row in rows],
            columns=["level", "code", "name", "perimeter"],
            index=pd.Index([row[0] for row in rows], name="zone"),
        ),
        members=pd.DataFrame(
            [(row[0], c) for row in rows for c in row[5]], columns=["zone", "commune_code"]
        ),
        boundary=gpd.GeoSeries([kept.union_all()], crs=CRS),
        passage=Passage({c: (c,) for c in codes}),
        vintage="invention",
    )


SERVICES = [(1000, 1000), (5300, 7200), (7000, 3000), (9300, 5000)]
"""Metres east and north of the corner; the last is beyond the border."""


@pytest.fixture(scope="module")
def project(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routes")
    network = shared_data / "osm-samples" / "north-bayreuth.osm.gz"
    (folder / "routes.osm.gz").write_bytes(network.read_bytes())
    points = gpd.GeoSeries([Point(WEST + x, SOUTH + y) for x, y in SERVICES], crs=CRS).to_crs(4326)
    with (folder / "lieux.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["nom", "longitude", "latitude", "heures_semaine"])
        for i, point in enumerate(points):
            writer.writerow([f"Accueil {i}", point.x, point.y, 10 + 5 * i])
    return folder


def run(folder: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(preparing, "open_territory", lambda _: bavarian())
    (folder / "cartoallier.toml").write_text(PROJECT.format(engine=engine), encoding="utf-8")
    opened = load_project(folder, departement=None, here=folder)
    return diagnose(opened, only=["premier_accueil_social"])[0]


@pytest.fixture(scope="module")
def roads(project: Path) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        return run(project, "route", patch)


def test_minutes_by_road(roads: Run) -> None:
    coverage = roads.coverages["premier_accueil_social"]
    origins = coverage.origins[coverage.origins["unmeasured"].isna()]
    assert len(origins) >= 14
    assert (origins["distance_km"] >= origins["straight_km"] - 1e-6).all()
    # between 10 and 110 km/h all included, once the floor inside a commune is set apart
    far = origins[origins["straight_km"] > 2]
    speed = 60 * far["distance_km"] / far["minutes"]
    assert speed.between(10, 110).all()
    with_neighbours = coverage.origins["minutes"]
    alone = coverage.origins["minutes_without_neighbours"]
    assert (alone.fillna(np.inf) >= with_neighbours.fillna(np.inf)).all()
    assert (alone > with_neighbours + 1).any()
    assert roads.parameters.engine == "route"
    assert "temps de route" in roads.method


def test_the_roads_are_named_with_their_licence(roads: Run) -> None:
    (source,) = [one for one in roads.sources if one.format == "routes"]
    assert source.path == "routes.osm.gz"
    assert "OpenStreetMap" in source.label
    assert "ODbL" in source.licence
    summary = roads.summaries["premier_accueil_social"]
    assert any("OpenStreetMap" in line for line in summary.sources)
    assert "OpenStreetMap" in summary.method
    assert "par la route" in summary.reading


def test_isochrones_are_nested_and_inside(roads: Run) -> None:
    areas = roads.isochrones["premier_accueil_social"]
    assert areas.index.tolist() == [15, 20, 30]
    assert areas.is_valid.all()
    sizes = areas.area.to_numpy()
    assert (np.diff(sizes) >= 0).all()
    assert sizes[0] > 0
    assert areas.covered_by(roads.territory.boundary.iloc[0].buffer(1)).all()


def test_straight_lines_are_calibrated_on_the_roads(
    project: Path, roads: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = run(project, "vol_oiseau", monkeypatch)
    assert straight.calibration is not None
    assert 1 < straight.calibration.table["detour"].iloc[-1] < 2
    assert "détour et vitesse mesurés" in straight.method
    by_road = roads.coverages["premier_accueil_social"].origins["minutes"]
    by_line = straight.coverages["premier_accueil_social"].origins["minutes"]
    ratio = (by_road / by_line).dropna()
    assert 0.7 < ratio.median() < 1.4


def test_every_output(roads: Run, tmp_path: Path, visit: Callable[[Path], Visit]) -> None:
    write(roads, tmp_path, families=["couverture", "geopackage", "cartes", "provenance"])
    assert {"mesures.csv", "fiabilite.csv", "signalements.csv", "calibration.csv"} <= {
        path.name for path in (tmp_path / "tableaux").iterdir()
    }
    layer = pyogrio.read_dataframe(tmp_path / "cartoallier.gpkg", layer="isochrones")
    assert sorted(layer["minutes"]) == [15, 20, 30]
    provenance = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["parametres"]["moteur"] == "route"
    opened = visit(tmp_path / "cartes" / "premier_accueil_social.html")
    assert not opened.errors
    text = opened.page.inner_text("body")
    assert "temps de route" in text
    assert "Fiabilité" in text


def test_the_second_run_uses_the_cache_and_gives_the_same(
    project: Path, roads: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list((project / ".cartoallier" / "routes").iterdir())
    again = run(project, "route", monkeypatch)
    pd.testing.assert_frame_equal(
        again.coverages["premier_accueil_social"].table,
        roads.coverages["premier_accueil_social"].table,
    )


def test_the_floor_is_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "open_territory", lambda _: bavarian())
    (project / "cartoallier.toml").write_text(PROJECT.format(engine="route"), encoding="utf-8")
    prepared = preparing.prepare(
        load_project(project, departement=None, here=project), only=["premier_accueil_social"]
    )
    assert isinstance(prepared.engine, Floored)
    minutes = prepared.coverages["premier_accueil_social"].origins["minutes"]
    assert (minutes.dropna() >= prepared.engine.floor[minutes.notna()] - 1e-9).all()


def test_roads_that_cover_half_of_the_territory_say_whom_they_leave(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    territory = bavarian()
    far = territory.origins.copy()
    lost = far.index[:9]
    far.loc[lost, "geometry"] = far.loc[lost].geometry.translate(xoff=-40_000)
    monkeypatch.setattr(preparing, "open_territory", lambda _: replace(territory, origins=far))
    (project / "cartoallier.toml").write_text(PROJECT.format(engine="route"), encoding="utf-8")
    told, _ = diagnose(
        load_project(project, departement=None, here=project), only=["premier_accueil_social"]
    )
    finding = next(one for one in told.findings if "ne passe pas" in one.what)
    assert "CC 1" in finding.what
    coverage = told.coverages["premier_accueil_social"]
    assert coverage.origins.loc[lost, "unmeasured"].notna().all()
    rows = coverage.rows(level="epci").set_index("code")
    # nine of the ten communes of the first EPCI are unknown: it has no figure, and is not far
    assert np.isnan(rows.at["200000001", "part_hors_seuil"])
    assert rows.at["200000001", "population"] > 0
    assert rows.at["200000002", "part_hors_seuil"] >= 0
    communes = coverage.rows(level="commune").set_index("code")
    assert communes.loc[lost, "part_plus_15"].isna().all()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"<html>404</html>", "routes.osm.gz"), (b"", "routes.osm.gz")],
)
def test_a_spoilt_road_file_is_said(
    project: Path, tmp_path: Path, content: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lieux.csv").write_bytes((project / "lieux.csv").read_bytes())
    (tmp_path / "routes.osm.gz").write_bytes(content)
    with pytest.raises(CartoError, match=words):
        run(tmp_path, "route", monkeypatch)


def prepared(
    folder: Path, access: str, monkeypatch: pytest.MonkeyPatch, *, engine: str = "vol_oiseau"
) -> preparing.Prepared:
    monkeypatch.setattr(preparing, "open_territory", lambda _: bavarian())
    text = PROJECT.format(engine=engine).replace("[[offre]]", f"{access}\n[[offre]]")
    (folder / "cartoallier.toml").write_text(text, encoding="utf-8")
    opened = load_project(folder, departement=None, here=folder)
    return preparing.prepare(opened, only=["premier_accueil_social"])


def test_parameters_that_roads_replace_are_said(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = prepared(project, "detour = 1.9", monkeypatch)
    (finding,) = [one for one in told.travel.findings if one.value == "detour"]
    assert "mesurés sur les routes" in finding.what
    assert told.travel.calibration is not None


def test_own_speeds_are_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "vitesses.toml").write_text("", encoding="utf-8")
    told = prepared(project, 'profils = "vitesses.toml"', monkeypatch)
    (source,) = [one for one in told.context.sources if one.format == "profils"]
    assert source.path == "vitesses.toml"
    assert source.sha256


def test_without_a_car_nobody_is_faster_than_at_home(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk at every town hall: by bike, half the root of 4 km² × 1.35 at 13 km/h."""
    told = prepared(project, "", monkeypatch, engine="route")
    origins = told.territory.origins
    points = np.column_stack([origins.geometry.x, origins.geometry.y])
    slow = told.travel.without_car.nearest(points, masks=[None] * len(points)).minutes
    assert np.nanmin(slow) >= 60 * 1.35 * 1 / 13 - 1e-9
    car = told.engine.nearest(points, masks=[None] * len(points)).minutes
    assert (slow >= car - 1e-9)[~np.isnan(car)].all()
