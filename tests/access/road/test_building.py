"""From ways to a network: what never changes, whatever the order of the file."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from cartoallier.access.road.building import Ways, build, touching, without_missing
from cartoallier.catalogue.travel import load_travel_profiles

CAR = load_travel_profiles()["voiture"]
NAN = float("nan")
SPEEDS = st.sampled_from([30.0, 50.0, 90.0])


def make(points, ways, *, barriers=(), signals=()):
    """Make ways from (vertices, forward, backward) triples."""
    lines = [list(line) for line, *_ in ways]
    sizes = [len(line) for line in lines]
    lights = np.zeros(len(points), dtype=np.int8)
    lights[list(signals)] = 3
    stops = np.zeros(len(points), dtype=np.bool_)
    stops[list(barriers)] = True
    return Ways(
        points=np.array(points, dtype=np.float64).reshape(-1, 2),
        vertices=np.array([v for line in lines for v in line], dtype=np.int64),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        forward_kmh=np.array([way[1] for way in ways], dtype=np.float64),
        backward_kmh=np.array([way[2] for way in ways], dtype=np.float64),
        minutes=np.array([way[3] if len(way) > 3 else NAN for way in ways], dtype=np.float64),
        doors=np.array([True if len(way) < 5 else way[4] for way in ways], dtype=np.bool_),
        signals=lights,
        barriers=stops,
    )


def facts(network):
    """Return what a network says, free of its numbering."""
    place = [tuple(row) for row in network.nodes.tolist()]
    edges = np.split(network.coordinates, network.offsets[1:-1])
    arcs = sorted(
        (
            place[tail],
            place[head],
            round(float(minutes), 9),
            tuple(map(tuple, (edges[edge] if ahead else edges[edge][::-1]).tolist())),
        )
        for tail, head, minutes, edge, ahead in zip(
            network.tail, network.head, network.minutes, network.edge, network.forward, strict=True
        )
    )
    nodes = sorted(zip(place, network.penalty.tolist(), strict=True))
    return arcs, nodes


@st.composite
def drawings(draw):
    size = draw(st.integers(2, 8))
    points = draw(
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(0, 9)),
            min_size=size,
            max_size=size,
            unique=True,
        )
    )
    line = st.lists(st.integers(0, size - 1), min_size=2, max_size=5)
    # a loop's middle depends on where its way starts, as in the file: what is drawn has none
    lines = draw(st.lists(line.filter(lambda refs: len(set(refs)) == len(refs)), max_size=8))
    ways = [(refs, draw(SPEEDS), draw(st.one_of(st.just(NAN), SPEEDS))) for refs in lines]
    barriers = draw(st.sets(st.integers(0, size - 1), max_size=1))
    return [(1000.0 * x, 1000.0 * y) for x, y in points], ways, barriers


@settings(deadline=None)
@given(drawings(), st.randoms(use_true_random=False))
def test_neither_the_order_of_ways_nor_ids_matter(drawing, random):
    points, ways, barriers = drawing
    first, share = build(make(points, ways, barriers=barriers), profile=CAR, crs="x")
    order = list(range(len(points)))
    random.shuffle(order)
    new = {old: rank for rank, old in enumerate(order)}
    shuffled = [([new[v] for v in refs], *rest) for refs, *rest in ways]
    random.shuffle(shuffled)
    moved = make([points[old] for old in order], shuffled, barriers=[new[b] for b in barriers])
    second, other = build(moved, profile=CAR, crs="x")
    assert facts(first) == facts(second)
    assert share == pytest.approx(other, nan_ok=True)


@settings(deadline=None)
@given(drawings())
def test_every_node_reaches_every_other(drawing):
    points, ways, barriers = drawing
    network, share = build(make(points, ways, barriers=barriers), profile=CAR, crs="x")
    count = len(network.nodes)
    reached = np.eye(count, dtype=np.bool_)
    reached[network.tail, network.head] = True
    for _ in range(count):
        reached = (reached.astype(int) @ reached.astype(int)) > 0
    assert reached.all()
    assert np.isnan(share) or 0 <= share <= 1 + 1e-12
    assert (network.tail != network.head).all()
    assert (network.minutes > 0).all()


def test_minutes_length_and_penalty_by_hand():
    # a cross of 1 km arms, one of them one-way: it cannot be come back from
    points = [(0, 0), (1000, 0), (-1000, 0), (0, 1000), (0, -1000)]
    ways = [((2, 0, 1), 60.0, 30.0), ((3, 0), 90.0, 90.0), ((0, 4), 50.0, NAN)]
    network, share = build(make(points, ways), profile=CAR, crs="EPSG:2154")
    assert network.nodes.tolist() == [[0, 0], [1000, 0], [-1000, 0], [0, 1000]]
    assert share == 0.75
    table = {
        (int(t), int(h)): m
        for t, h, m in zip(network.tail, network.head, network.minutes, strict=True)
    }
    assert table == pytest.approx(
        {(2, 0): 1, (0, 2): 2, (0, 1): 1, (1, 0): 2, (3, 0): 2 / 3, (0, 3): 2 / 3}
    )
    assert network.penalty.tolist() == pytest.approx([CAR.crossing_seconds / 60, 0, 0, 0])


def test_a_crossing_is_told_by_its_arms_not_by_the_nodes_they_lead_to():
    points = [(0, 0), (1000, 0), (500, 500), (500, -500), (2000, 0)]
    ways = [((0, 1), 60, 60), ((0, 2, 1), 60, 60), ((0, 3, 1), 60, 60), ((1, 4), 60, 60)]
    network, _ = build(make(points, ways), profile=CAR, crs="x")
    # three arms at the first node, four at the second, one at the end
    lost = CAR.crossing_seconds / 60
    assert dict(zip(network.nodes[:, 0].tolist(), network.penalty.tolist(), strict=True)) == {
        0: lost, 1000: lost, 2000: 0
    }  # fmt: skip


def test_a_road_laid_twice_is_one_arm():
    points = [(0, 0), (500, 100), (1000, 0), (2000, 0), (500, 100)]
    ways = [((0, 1, 2), 60, NAN), ((2, 4, 0), 50, NAN), ((2, 3), 60, 60)]
    network, _ = build(make(points, ways), profile=CAR, crs="x")
    assert len(network.length_km) == 3
    assert network.penalty.tolist() == [0, 0, 0]


def test_a_street_that_comes_back_makes_a_crossing():
    points = [(0, 0), (1000, 0), (1500, 500), (1500, -500)]
    ways = [((0, 1), 60, 60), ((1, 2, 3, 1), 60, 60)]
    network, _ = build(make(points, ways), profile=CAR, crs="x")
    at = network.nodes.tolist().index([1000, 0])
    assert network.penalty[at] == CAR.crossing_seconds / 60
    assert np.count_nonzero(network.penalty) == 1


def test_parts_of_ways_keep_whether_doors_open_on_them():
    points = [(1000.0 * i, 0) for i in range(5)] + [(1000.0, 1000), (1000.0, -1000)]
    ways = [
        ((0, 1, 2), 60, 60, NAN, False),
        ((2, 3, 4), 60, 60),
        ((5, 1, 6), 60, 60, NAN, True),
    ]
    network, _ = build(make(points, ways, barriers=[3]), profile=CAR, crs="x")
    middle = (
        network.coordinates[network.offsets[:-1]] + network.coordinates[network.offsets[1:] - 1]
    )
    told = {
        tuple(place): door
        for place, door in zip((middle / 2).tolist(), network.doors.tolist(), strict=True)
    }
    assert told == {
        (500, 0): False, (1500, 0): False, (2500, 0): True, (1000, 500): True, (1000, -500): True
    }  # fmt: skip


def test_only_islands_are_kept_as_isolated():
    main = [(0, 0), (5000, 0)]
    across = [(0, 1000), (1000, 1000)]
    slip = [(4000, 150), (4000, 1100)]
    quay = [(3000, 900), (3500, 900), (3100, 100)]
    points = [*main, *across, *slip, *quay, (5000, 500)]
    ways = [
        ((0, 1), 60, 60),
        ((2, 3), 60, 60),
        # 150 m from the others: a slip of the map
        ((4, 5), 60, 60),
        # an island whose ferry comes 100 m from the others
        ((6, 7), 60, 60),
        ((6, 8), 10, 10, NAN, False),
        # leads to the network without coming back
        ((9, 1), 60, NAN),
    ]
    network, _ = build(make(points, ways), profile=CAR, crs="x")
    assert network.coordinates.tolist() == [list(one) for one in main]
    assert network.isolated_coordinates.tolist() == [
        [0, 1000], [1000, 1000], [3000, 900], [3500, 900]
    ]  # fmt: skip
    assert network.isolated_offsets.tolist() == [0, 2, 4]


def test_barriers_end_ways_on_both_sides():
    points = [(0, 0), (1000, 0), (2000, 0), (3000, 0)]
    ways = [((0, 1, 2), 60, 60, 9.0), ((2, 3), 60, 60)]
    network, share = build(make(points, ways, barriers=[1]), profile=CAR, crs="x")
    assert share == pytest.approx(2 / 3)
    # a timed way that is cut goes by its speed
    assert sorted(network.minutes.tolist()) == [1, 1, 1, 1]
    assert sorted(network.nodes[:, 0].tolist()) == [1000, 2000, 3000]


def test_a_barrier_at_the_end_of_ways_parts_them():
    points = [(0, 0), (1000, 0), (3000, 0)]
    ways = [((0, 1), 60, 60), ((1, 2), 60, 60)]
    network, share = build(make(points, ways, barriers=[1]), profile=CAR, crs="x")
    assert network.length_km.tolist() == [2]
    assert share == pytest.approx(2 / 3)


def test_nothing_is_an_empty_network():
    network, share = build(make([], []), profile=CAR, crs="x")
    assert (len(network.nodes), len(network.tail), np.isnan(share)) == (0, 0, True)
    closed, _ = build(make([(0, 0), (1, 1)], [((0, 1), NAN, NAN)]), profile=CAR, crs="x")
    assert len(closed.tail) == 0


def test_touching_sees_lines_not_boxes():
    points = [(0, 0), (10, 0), (10, 10), (2, 8), (3, 9), (50, 50)]
    ways = [((0, 1, 2), 60, 60), ((3, 4), 60, 60), ((3,), 60, 60), ((4, 5), 60, 60)]
    area = box(1, 7, 4, 10)
    assert touching(make(points, ways), area).tolist() == [False, True, False, True]


def test_missing_points_cut_ways():
    points = [(float(i), 0) for i in range(6)]
    ways = [((0, 1, 2, 3, 4, 5), 60, 60, 8.0), ((0, 5), 60, 60, 4.0), ((2,), 60, 60)]
    present = np.array([True, True, False, True, True, True])
    found, cut = without_missing(make(points, ways), present)
    assert cut == 2
    assert found.offsets.tolist() == [0, 2, 5, 7]
    assert found.vertices.tolist() == [0, 1, 3, 4, 5, 0, 5]
    assert found.minutes.tolist() == pytest.approx([NAN, NAN, 4.0], nan_ok=True)
