import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.access.road.graph import RoadGraph
from cartoallier.access.road.pairs import find_pairs
from cartoallier.access.road.routing import leave, search
from cartoallier.access.road.snapping import Snapped
from road_networks import build, plain_search


def snapped(places):
    edge, fraction, km = zip(*places, strict=True) if places else ((), (), ())
    return Snapped(
        edge=np.array(edge, dtype=np.intp),
        fraction=np.array(fraction, dtype="float64"),
        km=np.array(km, dtype="float64"),
        isolated=np.zeros(len(edge), dtype="bool"),
    )


def nearest(network, origins, sites):
    graph, doors, places = RoadGraph.of(network), snapped(origins), snapped(sites)
    nodes = search(graph, places)
    return leave(graph, doors, graph.exits(doors), sites=places, nodes=nodes)


ROW = [(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0), (3000.0, 0.0)]


def test_parallel_arcs_keep_the_least_and_its_length():
    roads = [(0, 1, 5, 5), (0, 1, 3, 3), (1, 2, 1, 1)]
    network = build(ROW, roads, lengths=[1, 7, 1])
    graph = RoadGraph.of(network)
    assert sorted(graph.minutes) == [1, 1, 3, 3]
    found = nearest(network, [(0, 0.0, 0)], [(2, 1.0, 0)])
    assert (found.minutes[0], found.km[0]) == (4, 8)


def test_parallel_arcs_of_equal_minutes_keep_the_shortest():
    network = build(ROW, [(0, 1, 3, 3), (1, 0, 3, 3), (1, 2, 1, 1)], lengths=[9, 2, 1])
    assert nearest(network, [(0, 0.0, 0)], [(2, 1.0, 0)]).km[0] == 3


def test_zero_minutes_are_a_way_and_not_a_hole():
    network = build(ROW, [(0, 1, 0, 0), (1, 2, 0, 0), (2, 3, 4, 4)], lengths=[1, 1, 1])
    found = nearest(network, [(0, 0.0, 0), (1, 1.0, 0)], [(2, 1.0, 0)])
    assert list(found.minutes) == [4, 4]
    assert list(found.km) == [3, 1]


def test_towards_the_service_and_not_from_it():
    # 0 -> 1 -> 2 -> 0, one way: the site at 2 is two roads after 0, one after 1
    network = build(ROW, [(0, 1, 1, None), (1, 2, 2, None), (2, 0, 4, None)])
    found = nearest(network, [(0, 0.0, 0), (0, 1.0, 0), (1, 1.0, 0)], [(1, 1.0, 0)])
    assert list(found.minutes) == [3, 2, 0]


def test_a_penalty_is_paid_at_the_nodes_entered():
    network = build(
        ROW, [(0, 1, 1, 1), (1, 2, 1, 1), (2, 3, 2, 2)], penalty={0: 9, 1: 0.5, 2: 0.25}
    )
    # from the node 0: 1 + 0.5 + 1 + 0.25, then half the last road without the penalty of its end
    assert nearest(network, [(0, 0.0, 0)], [(2, 0.5, 0)]).minutes[0] == 3.75
    # from the middle of the first road: 0.5 + 0.5 + 1 + 0.25 + 1
    assert nearest(network, [(0, 0.5, 0)], [(2, 0.5, 0)]).minutes[0] == 3.25


def test_mid_edge_both_sides_and_one_way():
    two_way = build(ROW, [(0, 1, 4, 8)], lengths=[2])
    found = nearest(two_way, [(0, 0.25, 0), (0, 0.75, 0)], [(0, 0.5, 0)])
    assert list(found.minutes) == [1, 2]
    assert list(found.km) == [0.5, 0.5]
    ring = build(ROW[:3], [(0, 1, 4, None), (1, 2, 1, None), (2, 0, 1, None)])
    found = nearest(ring, [(0, 0.25, 0), (0, 0.75, 0)], [(0, 0.5, 0)])
    assert list(found.minutes) == [1, 1 + 1 + 1 + 2]


def test_the_way_to_the_road_counts_at_both_ends():
    network = build(ROW, [(0, 1, 4, 4)], lengths=[2], access_kmh=30)
    found = nearest(network, [(0, 0.0, 0.5)], [(0, 1.0, 0.25)])
    assert (found.minutes[0], found.km[0]) == (4 + 1 + 0.5, 2.75)


def test_unreachable_and_not_joined():
    network = build(ROW, [(0, 1, 1, None), (2, 3, 1, 1)])
    found = nearest(network, [(0, 1.0, 0), (-1, np.nan, 3.0), (1, 0.0, 0)], [(0, 0.0, 0)])
    assert np.isinf(found.minutes).all()
    assert list(found.site) == [1, 1, 1]


def test_ties_go_to_the_first_site_then_to_the_shortest_way():
    # a square: two ways of 2 minutes from 0 to 3, one shorter; sites at 1 and 2 as far from 0
    network = build(
        ROW, [(0, 1, 1, 1), (0, 2, 1, 1), (1, 3, 1, 1), (2, 3, 1, 1)], lengths=[5, 1, 5, 1]
    )
    assert nearest(network, [(0, 0.0, 0)], [(3, 1.0, 0)]).km[0] == 2
    for sites in ([(0, 1.0, 0), (1, 1.0, 0)], [(1, 1.0, 0), (0, 1.0, 0)]):
        assert list(nearest(network, [(0, 0.0, 0), (3, 1.0, 0)], sites).site) == [0, 0]
    twins = [(2, 1.0, 0.5), (3, 1.0, 0), (2, 1.0, 0)]
    assert nearest(network, [(0, 0.0, 0)], twins).site[0] == 1


@st.composite
def _cases(draw):
    nodes = draw(st.integers(2, 7))
    minutes = st.one_of(st.none(), st.integers(0, 12).map(lambda n: n / 4))
    road = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1), minutes, minutes)
    roads = [
        (a, b, ahead if ahead is not None or back is not None else 1.0, back)
        for a, b, ahead, back in draw(st.lists(road, min_size=1, max_size=14))
    ]
    lengths = draw(st.lists(st.integers(0, 6).map(float), min_size=len(roads), max_size=len(roads)))
    penalty = dict(enumerate(draw(st.lists(st.sampled_from([0, 0.125, 0.5]), max_size=nodes))))
    place = st.tuples(
        st.integers(-1, len(roads) - 1),
        st.integers(0, 4).map(lambda n: n / 4),
        st.sampled_from([0, 0.25, 1]),
    )
    network = build(
        [(1000.0 * i, 0.0) for i in range(nodes)], roads, lengths=lengths, penalty=penalty
    )
    places = st.lists(place, min_size=1, max_size=6)
    return network, draw(places), draw(places)


@settings(max_examples=300, deadline=None)
@given(_cases())
def test_equals_a_plain_search(case):
    network, origins, sites = case
    found = nearest(network, origins, sites)
    expected, table = plain_search(network, origins, sites)
    for i, (minutes, km, site) in enumerate(expected):
        if site < 0:
            assert np.isinf(found.minutes[i])
            continue
        assert found.minutes[i] == pytest.approx(minutes, abs=1e-9)
        assert found.site[i] == site
        assert found.km[i] == pytest.approx(km, abs=1e-9)
    graph, doors, places = RoadGraph.of(network), snapped(origins), snapped(sites)
    masks = [None if j % 2 else np.arange(len(origins)) != j for j in range(len(sites))]
    pairs = find_pairs(graph, doors, graph.exits(doors), sites=places, masks=masks, within=4.0)
    allowed = table <= 4
    for j, mask in enumerate(masks):
        allowed[:, j] &= True if mask is None else mask
    assert list(zip(pairs.origin, pairs.site, strict=True)) == list(
        map(tuple, np.argwhere(allowed))
    )
    assert pairs.minutes == pytest.approx(table[allowed], abs=1e-9)
