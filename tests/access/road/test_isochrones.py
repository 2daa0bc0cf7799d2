from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from cartoallier.access.isochrones import crow_fly_isochrones
from cartoallier.access.road.isochrones import drawn_width_m
from cartoallier.access.road.road_engine import RoadEngine
from road_networks import build, grid

EAST, NORTH = 700_000.0, 6_602_000.0
LAMBERT = CRS("EPSG:2154")
BOUNDS = (15.0, 20.0, 30.0)


def _check(areas, bounds=BOUNDS):
    assert list(areas.index) == list(bounds)
    assert areas.index.name == "minutes"
    assert areas.is_valid.all()
    assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}
    assert areas.area.is_monotonic_increasing
    for inner, outer in zip(areas.iloc[:-1], areas.iloc[1:], strict=True):
        assert shapely.difference(inner, outer).area < 1e-3  # the noise of the union


def test_a_straight_road_by_hand(toy):
    """A road of 40 km at 60 km/h, the site at its start: 15, 20 and 30 km of it."""
    network = build([(EAST, NORTH), (EAST + 40_000, NORTH)], [(0, 1, 40, 40)])
    areas = RoadEngine.of(toy, network).isochrones(np.array([[EAST, NORTH]]), bounds=BOUNDS)
    _check(areas)
    for minutes, area in areas.items():
        west, south, east, north = area.bounds
        reach = EAST + 1000 * minutes
        # 0.4 to 1.5 × 250 m around it; its end is known to 50 m
        assert reach + 50 <= east <= reach + 375
        assert NORTH - 375 <= south <= NORTH - 100
        assert NORTH + 100 <= north <= NORTH + 375
        assert EAST - 375 <= west <= EAST - 100
        assert area.area == pytest.approx(1000 * minutes * 9 * 62.5, rel=0.05)  # 9 cells


def test_one_way_roads_are_drawn_from_where_one_can_come(toy):
    network = build(
        [(EAST, NORTH), (EAST + 20_000, NORTH), (EAST, NORTH + 20_000)],
        [(0, 1, 20, None), (2, 0, 20, 20), (1, 2, 200, None)],
    )
    area = RoadEngine.of(toy, network).isochrones(np.array([[EAST, NORTH]]), bounds=(10,)).iloc[0]
    assert area.covers(shapely.Point(EAST, NORTH + 9_900))
    assert not area.covers(shapely.Point(EAST + 2_000, NORTH))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_reached_is_inside(toy, seed):
    network = grid(12, seed=seed, step=1500, east=EAST, north=NORTH)
    draw = np.random.default_rng(seed)
    engine = _anywhere(toy, network, draw.uniform(0, 16_500, (80, 2)) + np.array([EAST, NORTH]))
    points = draw.uniform(0, 16_500, (3, 2)) + np.array([EAST, NORTH])
    bounds = (5.0, 8.0, 12.0)
    areas = engine.isochrones(points, bounds=bounds)
    _check(areas, bounds)
    minutes = engine.nearest(points, masks=[None] * 3).minutes
    lines = engine.index.lines[np.searchsorted(engine.index.edges, engine.origins.edge)]
    on_road = shapely.line_interpolate_point(lines, engine.origins.fraction, normalized=True)
    for bound, area in areas.items():
        within = minutes <= bound
        assert shapely.covers(area, on_road[within]).all()
        nearly = shapely.buffer(on_road[within], 90)  # 0.4 × 250 m, less what a cell hides
        assert shapely.covers(area, nearly).all()
        doors = engine.territory.origins.geometry.to_numpy()
        assert (shapely.distance(area, doors[within]) <= 1000 * engine.origins.km[within]).all()


def test_small_holes_are_filled_and_large_ones_kept(toy):
    def ring(side):
        corners = [
            (EAST, NORTH),
            (EAST + side, NORTH),
            (EAST + side, NORTH + side),
            (EAST, NORTH + side),
        ]
        network = build(corners, [(i, (i + 1) % 4, 2, 2) for i in range(4)])
        area = RoadEngine.of(toy, network).isochrones(np.array([corners[0]]), bounds=(9,)).iloc[0]
        return len(area.interiors)

    assert ring(1_300) == 0
    assert ring(3_000) == 1


def test_the_slow_are_drawn_closer_to_the_road():
    ends = [(0.0, 0.0), (1000.0, 0.0)]
    assert drawn_width_m(build(ends, [(0, 1, 1, 1)])) == 250
    assert drawn_width_m(build(ends, [(0, 1, 12, 12)])) == 100
    assert drawn_width_m(build(ends, [(0, 1, 0, 0)])) == 250


def test_circles():
    sites = np.array([[0.0, 0.0], [1000.0, 0.0], [50_000.0, 0.0], [0.0, 0.0]])
    areas = crow_fly_isochrones(sites, radii_km={30: 20, 15: 10, 5: 0}, crs=LAMBERT)
    _check(areas, (5, 15, 30))
    assert areas[5].is_empty
    assert len(areas[15].geoms) == 2
    assert areas[30].geom_type == "MultiPolygon"
    alone = crow_fly_isochrones(sites[:1], radii_km={15: 10}, crs=LAMBERT)[15]
    assert alone.area == pytest.approx(np.pi * 1e8, rel=2e-3)
    assert areas.crs == LAMBERT
    assert crow_fly_isochrones(np.empty((0, 2)), radii_km={15: 10}, crs=LAMBERT).is_empty.all()


def _anywhere(territory, network, where) -> RoadEngine:
    """An engine whose origins are these points."""
    origins = gpd.GeoDataFrame(
        {
            "name": "x",
            "commune_code": "99001",
            "population": 1,
            "area_km2": np.nan,
            "position": "point",
        },
        geometry=gpd.points_from_xy(*where.T),
        index=pd.Index([f"p{i}" for i in range(len(where))], name="id"),
        crs=LAMBERT,
    )
    return RoadEngine.of(replace(territory, origins=origins), network)
