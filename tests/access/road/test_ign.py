"""GeoPackages of the IGN, written by hand after the fields of BD TOPO 3 and ROUTE 500."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, Point, box

from cartoallier.access.road.reading import read_network
from cartoallier.catalogue.travel import load_travel_profiles
from cartoallier.errors import SourceError
from road_files import CRS, EAST, NORTH

PROFILES = load_travel_profiles()
CAR, FOOT, BIKE = (PROFILES[key] for key in ("voiture", "pied", "velo"))
ROAD = {
    "nature": "Route à 1 chaussée",
    "importance": "4",
    "sens_de_circulation": "Double sens",
    "vitesse_moyenne_vl": 50,
    "acces_vehicule_leger": "Libre",
    "acces_pieton": None,
    "etat_de_l_objet": "En service",
}
R500 = {"VOCATION": "Liaison locale", "SENS": "Double sens", "ACCES": "Libre", "ETAT": "Revêtu"}


def line(*places):
    return LineString([(EAST + 1000 * x, NORTH + 1000 * y, 250.0) for x, y in places])


def write(path, sections, *, layer="troncon_de_route", crs=CRS):
    """Write (shape, fields) pairs."""
    shapes = [shape for shape, _ in sections]
    frame = gpd.GeoDataFrame([fields for _, fields in sections], geometry=shapes, crs=crs)
    frame.to_file(path, layer=layer, driver="GPKG")
    return path


def read(path, profile=CAR, area=None):
    return read_network(path, profile=profile, crs=CRS, area=area)


def speeds(network):
    return (60 * network.length_km[network.edge] / network.minutes).round(6).tolist()


@pytest.mark.parametrize(
    ("fields", "kmh"),
    [
        ({}, 50),
        # without a mean speed: nature, at most importance
        ({"vitesse_moyenne_vl": None}, 50),
        ({"vitesse_moyenne_vl": None, "importance": "1"}, 64),
        ({"vitesse_moyenne_vl": 0, "importance": "6"}, 15),
        ({"vitesse_moyenne_vl": None, "importance": None, "nature": "Route empierrée"}, 20),
        ({"acces_vehicule_leger": "A péage"}, 50),
    ],
)
def test_car_speed(tmp_path, fields, kmh):
    network, _ = read(write(tmp_path / "a.gpkg", [(line((0, 0), (1, 0)), {**ROAD, **fields})]))
    assert speeds(network) == [kmh, kmh]
    assert network.length_km.tolist() == [1]


@pytest.mark.parametrize(
    "fields",
    [
        {"acces_vehicule_leger": "Physiquement impossible"},
        {"acces_vehicule_leger": "Restreint aux ayants droit"},
        {"nature": "Sentier"},
        {"nature": "Escalier"},
        {"etat_de_l_objet": "En construction"},
        {"etat_de_l_objet": "En projet"},
    ],
)
def test_closed_to_cars(tmp_path, fields):
    path = write(
        tmp_path / "a.gpkg",
        [(line((0, 0), (1, 0)), ROAD), (line((1, 0), (2, 0)), {**ROAD, **fields})],
    )
    assert read(path)[0].length_km.tolist() == [1]


def test_directions_and_meeting_ends(tmp_path):
    # a triangle; ends differ by three centimetres, and one section crosses another without a node
    sections = [
        (line((0, 0), (1, 0)), {**ROAD, "sens_de_circulation": "Sens direct"}),
        (line((1, 1), (1.00003, 0)), {**ROAD, "sens_de_circulation": "Sens inverse"}),
        (line((1, 1), (0, 0)), ROAD),
        (line((0.5, -1), (0.5, 0.4)), ROAD),
    ]
    path = write(tmp_path / "a.gpkg", sections)
    cars, findings = read(path)
    assert len(cars.nodes) == 3
    assert len(cars.tail) == 4
    assert findings[-1].value.startswith("70,9")
    # 1 -> 2 -> 3 -> 1 and the diagonal both ways: the way back from 2 goes by 3
    assert len(read(path, FOOT)[0].tail) == 6
    assert len(read(path, BIKE)[0].tail) == 4


def test_steps_and_paths_on_foot(tmp_path):
    sections = [
        (line((0, 0), (1, 0)), {**ROAD, "nature": "Escalier"}),
        (line((1, 0), (2, 0)), {**ROAD, "nature": "Sentier", "acces_pieton": "Libre"}),
        (line((2, 0), (3, 0)), {**ROAD, "acces_pieton": "Restreint aux ayants droit"}),
        (line((2, 0), (2, 1)), {**ROAD, "nature": "Type autoroutier"}),
    ]
    network, _ = read(write(tmp_path / "a.gpkg", sections), FOOT)
    assert sorted(speeds(network)) == [2, 2, 4.5, 4.5]


def test_route_500(tmp_path):
    sections = [
        (MultiLineString([line((0, 0), (1, 0)), line((1, 0), (2, 0))]), R500),
        (line((2, 0), (3, 0)), {**R500, "VOCATION": "Liaison principale"}),
        (line((3, 0), (4, 0)), {**R500, "VOCATION": "Type autoroutier", "SENS": "Sens unique"}),
        (line((3, 0), (3, 1)), {**R500, "ETAT": "En construction"}),
    ]
    path = write(tmp_path / "a.gpkg", sections, layer="TRONCON_ROUTE")
    network, _ = read(path)
    assert network.length_km.tolist() == [1, 1, 1]
    assert sorted(speeds(network)) == [55, 55, 55, 55, 75, 75]


def test_only_the_box_of_the_area_is_read(tmp_path):
    near, far = line((0, 0), (1, 0)), line((500, 0), (501, 0))
    path = write(tmp_path / "a.gpkg", [(near, ROAD), (far, ROAD)])
    area = box(EAST - 2000, NORTH - 2000, EAST + 2000, NORTH + 2000)
    network, findings = read(path, area=area)
    assert network.length_km.tolist() == [1]
    assert len(findings) == 1
    away = box(EAST + 90_000, NORTH, EAST + 91_000, NORTH + 1000)
    with pytest.raises(SourceError, match=r"ne touche le territoire"):
        read(path, area=away)


def test_other_projection(tmp_path):
    frame = gpd.GeoDataFrame([ROAD], geometry=[line((0, 0), (1, 0))], crs=CRS).to_crs("EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg", layer="troncon_de_route", driver="GPKG")
    area = box(EAST - 2000, NORTH - 2000, EAST + 2000, NORTH + 2000)
    network, _ = read(tmp_path / "a.gpkg", area=area)
    assert network.length_km == pytest.approx([1], rel=1e-5)


def test_sections_without_shape_are_counted(tmp_path):
    path = write(tmp_path / "a.gpkg", [(line((0, 0), (1, 0)), ROAD), (None, ROAD)])
    network, findings = read(path)
    assert len(network.length_km) == 1
    assert findings[0].value == "1\u00a0tronçon"


def test_wrong_geopackages(tmp_path):
    other = write(tmp_path / "a.gpkg", [(Point(0, 0), {"nom": "x"})], layer="batiment")
    with pytest.raises(SourceError, match=r"couches trouvées.*batiment"):
        read(other)
    bare = write(tmp_path / "b.gpkg", [(line((0, 0), (1, 0)), {"nom": "x"})])
    with pytest.raises(SourceError, match="sans attribut nature"):
        read(bare)
    sound = write(tmp_path / "c.gpkg", [(line((0, 0), (i, 1)), ROAD) for i in range(1, 2000)])
    cut = tmp_path / "d.gpkg"
    cut.write_bytes(sound.read_bytes()[:60_000])
    with pytest.raises(SourceError, match="illisible ou tronqué"):
        read(cut)


def test_rows_are_grouped_once(tmp_path):
    rng = np.random.default_rng(3)
    places = rng.integers(0, 5, (200, 2, 2)).astype(float)
    sections = [
        (line(*map(tuple, pair)), {**ROAD, "vitesse_moyenne_vl": int(30 + 10 * (i % 3))})
        for i, pair in enumerate(places)
        if (pair[0] != pair[1]).any()
    ]
    network, _ = read(write(tmp_path / "a.gpkg", sections))
    assert set(speeds(network)) == {30, 40, 50}


def test_where_doors_open(tmp_path):
    told = [
        ({}, True),
        ({"nature": "Type autoroutier"}, False),
        ({"nature": "Bretelle"}, False),
        ({"nature": "Bac ou liaison maritime"}, False),
        ({"position_par_rapport_au_sol": "-1"}, False),
        ({"position_par_rapport_au_sol": "1"}, True),
    ]
    base = {**ROAD, "position_par_rapport_au_sol": "0"}
    sections = [
        (line((rank, 0), (rank + 1, 0)), {**base, **fields})
        for rank, (fields, _) in enumerate(told)
    ]
    network, _ = read(write(tmp_path / "a.gpkg", sections))
    west = network.coordinates[network.offsets[:-1], 0]
    assert network.doors[np.argsort(west)].tolist() == [doors for _, doors in told]
