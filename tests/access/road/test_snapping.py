import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.access.road.snapping import EdgeIndex, edge_lines
from road_networks import build, grid

NODES = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 2000.0)]
NETWORK = build(NODES, [(0, 1, 1, 1), (1, 2, 2, None), (0, 1, 3, 3)], snap_km=0.5)


def test_edge_fraction_and_distance():
    found = EdgeIndex.of(NETWORK).snap(np.array([[250, 300], [1200, 500], [480, 501], [-30, -40]]))
    assert list(found.edge) == [0, 1, -1, 0]
    assert found.fraction[[0, 1, 3]] == pytest.approx([0.25, 0.25, 0])
    assert found.km == pytest.approx([0.3, 0.2, 0.501, 0.05])


def test_the_bound_is_included():
    assert EdgeIndex.of(NETWORK).snap(np.array([[200, -500], [200, -500.001]])).joined.tolist() == [
        True,
        False,
    ]


def test_ties_go_to_the_first_edge():
    twice = build(NODES, [(1, 0, 9, 9), (0, 1, 1, 1), (1, 2, 1, 1)])
    found = EdgeIndex.of(twice).snap(np.array([[400, 0], [1000, 0]]))
    assert list(found.edge) == [0, 0]
    assert found.fraction == pytest.approx([0.6, 0])


def test_a_centimetre_from_the_end_is_the_end():
    found = EdgeIndex.of(NETWORK).snap(np.array([[0.009, -3], [999.991, -3], [0.02, -3]]))
    assert found.fraction[:2].tolist() == [0, 1]
    assert 0 < found.fraction[2] < 1


def test_no_door_opens_on_a_motorway():
    # 1 km in 0.6 minute is 100 km/h, the parallel road 300 m away is slower
    places = [(0.0, 0.0), (1000.0, 0.0), (0.0, 300.0), (1000.0, 300.0)]
    beside = build(places, [(0, 1, 0.6, None), (2, 3, 1, 1), (1, 3, 1, 1)])
    found = EdgeIndex.of(beside).snap(np.array([[500, 10]]))
    assert (found.edge[0], found.km[0]) == (1, pytest.approx(0.29))
    two_way = build(places, [(0, 1, 0.6, 0.6), (2, 3, 1, 1), (1, 3, 1, 1)])
    assert EdgeIndex.of(two_way).snap(np.array([[500, 10]])).edge[0] == 0


def test_no_door_opens_where_the_tags_say_so():
    places = [(0.0, 0.0), (1000.0, 0.0), (0.0, 300.0), (1000.0, 300.0)]
    roads = [(0, 1, 2, 2), (2, 3, 1, 1), (1, 3, 1, 1)]
    beside = build(places, roads, doors=[False, True, True])
    found = EdgeIndex.of(beside).snap(np.array([[500, 10]]))
    assert (found.edge[0], found.km[0]) == (1, pytest.approx(0.29))
    nowhere = build(places, roads, doors=[False] * 3)
    assert not EdgeIndex.of(nowhere).snap(np.array([[500, 10]])).joined.any()


def test_a_door_on_an_island_is_not_joined_across_the_water():
    island = [[(0.0, 900.0), (1000.0, 900.0)], [(0.0, 9000.0), (1.0, 9000.0)]]
    network = build(NODES, [(0, 1, 1, 1)], islands=island, snap_km=1.0)
    points = np.array([[500, 890], [500, 620], [500, 580], [500, 190], [500, 2000], [np.nan, 0]])
    found = EdgeIndex.of(network).snap(points)
    # 10 m from the island's road; 280 m of 620; 320 m of 580; near the network; too far from it
    assert found.isolated.tolist() == [True, True, False, False, False, False]
    assert found.joined.tolist() == [False, False, True, True, False, False]
    assert found.km[:5] == pytest.approx([0.89, 0.62, 0.58, 0.19, 2])
    assert found[np.array([0, 2])].isolated.tolist() == [True, False]


def test_near_the_network_nothing_is_isolated():
    network = build(NODES, [(0, 1, 1, 1)], islands=[[(0.0, 201.0), (1000.0, 201.0)]])
    found = EdgeIndex.of(network).snap(np.array([[500, 200], [500, 201]]))
    assert found.joined.tolist() == [True, False]


def test_time_to_the_road():
    slow = build(NODES, [(0, 1, 1, 1)], access_kmh=5)
    assert EdgeIndex.of(slow).snap(np.array([[500, 250]])).minutes(slow) == pytest.approx(3)


def test_points_without_place_and_networks_without_road():
    assert not EdgeIndex.of(NETWORK).snap(np.array([[np.nan, 0]])).joined.any()
    empty = build(NODES, [])
    found = EdgeIndex.of(empty).snap(np.array([[0, 0]]))
    assert not found.joined.any()
    assert np.isnan(found.km).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-2000, 6000), st.floats(-2000, 6000)), min_size=1, max_size=20))
def test_no_edge_is_nearer(places):
    network = grid(5, seed=1)
    points = np.array(places)
    found = EdgeIndex.of(network).snap(points)
    table = shapely.distance(shapely.points(points)[:, None], edge_lines(network)[None])
    assert found.km == pytest.approx(table.min(axis=1) / 1000)
    chosen = found.joined
    assert (found.edge[chosen] == table.argmin(axis=1)[chosen]).all()
