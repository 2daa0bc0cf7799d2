"""The road engine on a road of the toy territory, computed by hand.

Nodes at 0, 4, 8 and 12 km along the axis of the origins, which stand at 2, 6, 10 and 14 km; the
last is 2 km from the end of the road. The second road is one way; the third comes back from 8 to
4 km, 5 km long; going back along the fourth takes twice the time.
"""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from cartoallier.access.road.reading import read_network
from cartoallier.access.road.road_engine import RoadEngine
from cartoallier.catalogue.travel import load_travel_profiles
from road_networks import build, grid, plain_search

EAST, NORTH = 700_000.0, 6_602_000.0
NODES = [(EAST + 4000 * i, NORTH) for i in range(4)]
ROADS = [(0, 1, 4, 4), (1, 2, 4, None), (2, 1, 6, None), (2, 3, 4, 8)]


@pytest.fixture
def engine(toy):
    return RoadEngine.of(toy, build(NODES, ROADS, penalty={1: 0.5, 2: 0.25}, lengths=[4, 4, 5, 4]))


ORIGIN = np.array([EAST, NORTH])


def at(*km, north=0):
    return np.array([(EAST + 1000 * one, NORTH + north) for one in km]).reshape(-1, 2)


def test_nearest_by_hand(engine):
    found = engine.nearest(at(1, 9), masks=[None, None])
    # 1 km back; 2 min + 0.25 + a quarter of 4 min; a quarter of 8 min
    assert found.minutes == pytest.approx([1, 3.25, 2, np.nan], nan_ok=True)
    assert found.distance_km == pytest.approx([1, 3, 1, np.nan], nan_ok=True)
    assert list(found.site) == [0, 1, 1, -1]


def test_a_zone_sends_the_others_elsewhere(engine):
    only_first = np.array([True, False, False, False])
    found = engine.nearest(at(1, 9), masks=[None, only_first])
    # on along the one-way road, back by the third, then three quarters of the first
    assert found.minutes == pytest.approx([1, 2 + 0.25 + 6 + 0.5 + 3, 13.75, np.nan], nan_ok=True)
    assert found.distance_km == pytest.approx([1, 2 + 5 + 3, 2 + 5 + 3, np.nan], nan_ok=True)
    nobody = engine.nearest(at(9), masks=[np.zeros(4, dtype=bool)])
    assert np.isnan(nobody.minutes).all()
    assert list(nobody.site) == [-1] * 4


def test_doors_beside_the_road(engine):
    points = at(1, 9, north=600)
    found = engine.nearest(points, masks=[None, None])
    assert found.minutes[:3] == pytest.approx([1.6, 3.85, 2.6])  # 0.6 km at 60 km/h
    assert found.distance_km[:3] == pytest.approx([1.6, 3.6, 1.6])


def test_what_is_not_joined_is_said(engine):
    assert list(engine.joined(at(1, 13, 13.1, north=1))) == [True, False, False]
    assert engine.unmeasured.dtype == "str"
    assert engine.unmeasured.isna().tolist() == [True, True, True, False]
    assert engine.unmeasured["98001"] == (
        "à 2,0\u00a0km de la route la plus proche du réseau fourni"
    )
    assert engine.snap_km.tolist() == pytest.approx([0, 0, 0, 2])


def test_an_island_is_said(toy):
    island = [[(EAST + 10_000, NORTH + 10), (EAST + 11_000, NORTH + 10)]]
    engine = RoadEngine.of(toy, build(NODES[:3], ROADS[:3], islands=island, snap_km=3))
    # the third origin stands 2 km from the end of the road, 10 m from the island's; the last, far
    assert engine.origins.joined.tolist() == [True, True, False, False]
    assert engine.unmeasured.iloc[2] == (
        "sur une route isolée du réseau fourni, qui passe à 2,0\u00a0km"
    )
    assert engine.joined(at(10)).tolist() == [False]


def test_no_site(engine):
    found = engine.nearest(at(), masks=[])
    assert np.isnan(found.minutes).all()
    assert len(engine.pairs(at(), masks=[], within=30).origin) == 0
    assert engine.isochrones(at(), bounds=(15, 20)).is_empty.all()
    far = engine.nearest(at(50), masks=[None])
    assert list(far.site) == [-1] * 4
    assert engine.isochrones(at(50), bounds=(15,)).is_empty.all()


def test_pairs_by_hand(engine):
    found = engine.pairs(at(9, 1, 9), masks=[None, None, None], within=11.75)
    pairs = list(zip(found.origin, found.site, found.minutes, strict=True))
    assert pairs == [
        (0, 0, 7.75), (0, 1, 1), (0, 2, 7.75),
        (1, 0, 3.25), (1, 1, 11.75), (1, 2, 3.25),
        (2, 0, 2), (2, 2, 2),
    ]  # fmt: skip


def test_bracket_and_its_words(toy, engine):
    assert (engine.bracket.favourable, engine.bracket.unfavourable) == (0.70, 1.25)
    assert engine.bracket.favourable_words == "temps de route réduits de 30\u202f%"
    assert engine.bracket.unfavourable_words == "temps de route allongés de 25\u202f%"
    with pytest.raises(ValueError, match="favourable"):
        RoadEngine.of(toy, build(NODES, ROADS), favourable=1.2)
    with pytest.raises(ValueError, match="CRS"):
        RoadEngine.of(toy, build(NODES, ROADS, crs="EPSG:5490"))


def _town(toy):
    """Many origins on and beside a grid of roads, some of them one way."""
    network = grid(12, seed=3, east=EAST, north=NORTH)
    draw = np.random.default_rng(4)
    where = draw.uniform(0, 11_000, (60, 2)) + ORIGIN
    origins = toy.origins.iloc[[0] * 60].set_geometry(gpd.points_from_xy(*where.T, crs=toy.crs))
    origins.index = pd.Index([f"p{i}" for i in range(60)], name="id")
    return RoadEngine.of(replace(toy, origins=origins), network), draw


def test_equals_a_plain_search_and_the_pairs_to_the_last_bit(toy):
    engine, draw = _town(toy)
    points = draw.uniform(0, 11_000, (9, 2)) + ORIGIN
    sites = engine.index.snap(points)
    places = [list(zip(s.edge, s.fraction, s.km, strict=True)) for s in (engine.origins, sites)]
    expected, table = plain_search(engine.graph.network, *places)
    found = engine.nearest(points, masks=[None] * 9)
    assert found.minutes == pytest.approx([one[0] for one in expected], abs=1e-9)
    assert found.distance_km == pytest.approx([one[1] for one in expected], abs=1e-9)
    assert list(found.site) == [one[2] for one in expected]
    pairs = engine.pairs(points, masks=[None] * 9, within=20)
    assert len(pairs.origin) == np.count_nonzero(table <= 20)
    least = pd.Series(pairs.minutes).groupby(pairs.origin).min()
    assert (least == pd.Series(found.minutes)[least.index]).all()


def test_zones_change_nothing_else(toy):
    """Minutes of an origin depend on the sites that admit it, never on the others."""
    engine, draw = _town(toy)
    points = draw.uniform(0, 11_000, (6, 2)) + ORIGIN
    masks = [draw.random(60) < share for share in (0.02, 0.1, 0.5, 0.9, 0.05, 0.3)]
    found = engine.nearest(points, masks=masks)
    alone = np.array([engine.nearest(points[[i]], masks=[None]).minutes for i in range(6)])
    alone[~np.array(masks)] = np.inf
    least = alone.min(axis=0)
    assert (found.minutes[np.isfinite(least)] == least[np.isfinite(least)]).all()
    assert np.isnan(found.minutes[np.isinf(least)]).all()
    assert (found.site == np.where(np.isinf(least), -1, alone.argmin(axis=0))).all()


def test_north_bayreuth(toy, shared_data):
    """A real network: every node reaches every other, and nothing is faster than its roads."""
    profile = load_travel_profiles()["voiture"]
    path = shared_data / "osm-samples" / "north-bayreuth.osm.gz"
    network, _ = read_network(path, profile=profile, crs="EPSG:25832", area=None)
    draw = np.random.default_rng(0)
    where = network.nodes[draw.choice(len(network.nodes), 200, replace=False)]
    origins = gpd.GeoDataFrame(
        toy.origins.iloc[[0] * 200].drop(columns="geometry"),
        geometry=gpd.points_from_xy(*(where + draw.normal(0, 50, where.shape)).T),
        crs="EPSG:25832",
    )
    origins.index = pd.Index([f"p{i}" for i in range(200)], name="id")
    territory = replace(
        toy,
        communes=toy.communes.to_crs("EPSG:25832"),
        boundary=toy.boundary.to_crs("EPSG:25832"),
        origins=origins,
    )
    engine = RoadEngine.of(territory, network)
    assert engine.unmeasured.isna().all()
    points = network.nodes[[100, 900, 1500]]
    found = engine.nearest(points, masks=[None] * 3)
    assert np.isfinite(found.minutes).all()
    start = np.column_stack([origins.geometry.x, origins.geometry.y])
    straight = np.hypot(*(start - points[found.site]).T) / 1000
    assert (found.distance_km >= straight - 1e-6).all()
    assert (60 * found.distance_km / found.minutes <= 130).all()
    expected, _ = plain_search(
        network,
        *(
            list(zip(s.edge, s.fraction, s.km, strict=True))
            for s in (engine.origins[np.arange(20)], engine.index.snap(points))
        ),
    )
    assert found.minutes[:20] == pytest.approx([one[0] for one in expected], abs=1e-9)
    assert found.distance_km[:20] == pytest.approx([one[1] for one in expected], abs=1e-9)
    areas = engine.isochrones(points, bounds=(3, 5, 8))
    assert areas.is_valid.all()
    assert areas.area.is_monotonic_increasing
