"""OpenStreetMap extracts written by hand: every rule, with its exact minutes."""

import numpy as np
import pytest
from shapely import box

from cartoallier.access.road.reading import read_network
from cartoallier.access.road.snapping import EdgeIndex
from cartoallier.catalogue.travel import load_travel_profiles
from road_files import CRS, EAST, NORTH, osm_xml, write_osm

PROFILES = load_travel_profiles()
CAR, FOOT = PROFILES["voiture"], PROFILES["pied"]
CLOSE = 2e-5  # OSM writes a centimetre, on legs of a kilometre


def read(tmp_path, nodes, ways, *, tagged=None, profile=CAR, area=None):
    path = write_osm(tmp_path / "toy.osm", nodes, ways, tagged=tagged)
    return read_network(path, profile=profile, crs=CRS, area=area)


def places(network):
    """Return the km of each node, rounded: how a test names it."""
    km = (network.nodes - (EAST, NORTH)) / 1000
    return [tuple(float(v) for v in row) for row in km.round(2) + 0.0]


def arcs(network):
    """Return (from, to) -> minutes of every arc, a list of them where arcs are parallel."""
    name = places(network)
    found = {}
    for tail, head, minutes in zip(network.tail, network.head, network.minutes, strict=True):
        found.setdefault((name[tail], name[head]), []).append(float(minutes))
    return found


SQUARE = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1)}


def test_a_square_of_four_streets(tmp_path):
    network, findings = read(
        tmp_path,
        SQUARE,
        [
            ((1, 2), {"highway": "secondary"}),
            ((2, 3), {"highway": "tertiary", "maxspeed": "50"}),
            ((3, 4), {"highway": "residential", "oneway": "yes"}),
            ((4, 1), {"highway": "unclassified"}),
        ],
    )
    found = arcs(network)
    assert found[(0, 0), (1, 0)] == pytest.approx([60 / 60], rel=CLOSE)
    assert found[(1, 0), (1, 1)] == pytest.approx([60 / 40], rel=CLOSE)
    assert found[(1, 1), (0, 1)] == pytest.approx([60 / 28], rel=CLOSE)
    assert ((0, 1), (1, 1)) not in found
    assert len(network.tail) == 7
    assert network.length_km == pytest.approx([1, 1, 1, 1], rel=CLOSE)
    assert (network.crs, network.profile) == (CRS, "voiture")
    assert (network.access_kmh, network.snap_km) == (CAR.access_kmh, CAR.snap_km)
    # nowhere do three ways meet
    assert network.penalty.tolist() == [0, 0, 0, 0]
    assert findings[-1].value.startswith("100,0")


def test_ways_meet_where_they_share_a_node_not_where_they_cross(tmp_path):
    nodes = {1: (0, 0), 2: (2, 0), 3: (1, -1), 4: (1, 1), 5: (3, 0)}
    bridge, _ = read(
        tmp_path,
        nodes,
        [
            ((1, 2), {"highway": "primary", "bridge": "yes"}),
            ((3, 4), {"highway": "primary"}),
            ((2, 4), {"highway": "primary"}),
        ],
    )
    assert len(bridge.nodes) == 4
    level, _ = read(
        tmp_path,
        {**nodes, 6: (1, 0)},
        [((1, 6, 2), {"highway": "primary"}), ((3, 6, 4), {"highway": "primary"})],
    )
    assert len(level.nodes) == 5
    crossing = places(level).index((1.0, 0.0))
    assert level.penalty[crossing] * 60 == pytest.approx(CAR.crossing_seconds)
    assert np.count_nonzero(level.penalty) == 1


def test_shapes_between_nodes_are_kept(tmp_path):
    nodes = {1: (0, 0), 2: (0, 1), 3: (1, 1)}
    network, _ = read(tmp_path, nodes, [((1, 2, 3), {"highway": "primary"})])
    assert len(network.nodes) == 2
    assert network.length_km == pytest.approx([2], rel=CLOSE)
    assert network.coordinates.shape == (3, 2)
    assert network.offsets.tolist() == [0, 3]
    forward = network.edge == 0
    assert network.forward[forward].tolist() == [True, False]
    first = network.coordinates[0]
    assert np.array_equal(network.nodes[network.tail[network.forward][0]], first)


def test_parallel_arcs_are_kept_and_a_loop_is_cut_in_its_middle(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (0.5, 0.5), 4: (2, 0.5), 5: (2, -0.5)}
    network, _ = read(
        tmp_path,
        nodes,
        [
            ((1, 2), {"highway": "primary"}),
            ((1, 3, 2), {"highway": "primary"}),
            ((2, 4, 5, 2), {"highway": "residential"}),
        ],
    )
    found = arcs(network)
    assert len(found[(0, 0), (1, 0)]) == 2
    assert len(network.nodes) == 3
    assert not (network.tail == network.head).any()
    loop = 2 * np.hypot(1, 0.5) + 1
    assert network.length_km.sum() == pytest.approx(1 + 2 * np.hypot(0.5, 0.5) + loop, rel=CLOSE)


def test_traffic_lights(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (1, 1)}
    ways = [((1, 2, 3), {"highway": "primary"}), ((2, 4), {"highway": "primary"})]
    lit = {2: {"highway": "traffic_signals"}}
    network, _ = read(tmp_path, nodes, ways, tagged=lit)
    at = places(network).index((1.0, 0.0))
    seconds = CAR.crossing_seconds + CAR.signal_seconds
    assert network.penalty[at] * 60 == pytest.approx(seconds)


def test_lights_along_a_way_count_in_their_direction(tmp_path):
    nodes = {1: (0, 0), 2: (0.5, 0), 3: (1, 0)}
    ways = [((1, 2, 3), {"highway": "primary"})]
    lit = {2: {"highway": "traffic_signals", "traffic_signals:direction": "forward"}}
    found = arcs(read(tmp_path, nodes, ways, tagged=lit)[0])
    running = 60 / CAR.speeds["primary"]
    ahead = running + CAR.signal_seconds / 60
    assert found[(0, 0), (1, 0)] == pytest.approx([ahead], rel=CLOSE)
    assert found[(1, 0), (0, 0)] == pytest.approx([running], rel=CLOSE)


def test_a_bollard_stops_cars_not_walkers(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 1), 5: (0, 1)}
    ways = [
        ((1, 2, 3), {"highway": "residential"}),
        ((3, 4, 5, 1), {"highway": "residential"}),
    ]
    tagged = {2: {"barrier": "bollard"}}
    cars, _ = read(tmp_path, nodes, ways, tagged=tagged)
    # both halves stay, as dead ends
    assert cars.length_km.sum() == pytest.approx(6, rel=CLOSE)
    assert len(cars.nodes) == 4
    assert places(cars).count((1.0, 0.0)) == 2
    walkers, _ = read(tmp_path, nodes, ways, tagged=tagged, profile=FOOT)
    assert places(walkers).count((1.0, 0.0)) <= 1
    for opened in ({"barrier": "gate"}, {"barrier": "bollard", "motor_vehicle": "yes"}):
        assert places(read(tmp_path, nodes, ways, tagged={2: opened})[0]).count((1.0, 0.0)) <= 1
    shut = {2: {"barrier": "gate", "access": "private"}}
    assert places(read(tmp_path, nodes, ways, tagged=shut)[0]).count((1.0, 0.0)) == 2


def test_a_ferry_takes_its_time_whatever_its_length(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (3, 0), 4: (4, 0), 5: (5, 0)}
    network, _ = read(
        tmp_path,
        nodes,
        [
            ((1, 2), {"highway": "primary"}),
            ((2, 3, 4), {"route": "ferry", "duration": "00:12", "motor_vehicle": "yes"}),
            # a stop on the way shares the time by length
            ((3, 1), {"highway": "primary"}),
            ((4, 5), {"highway": "primary"}),
        ],
    )
    found = arcs(network)
    assert found[(1, 0), (3, 0)] == pytest.approx([8], rel=CLOSE)
    assert found[(3, 0), (4, 0)] == pytest.approx([4], rel=CLOSE)


def test_what_cannot_be_left_again_is_left_aside(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (5, 5), 5: (6, 5)}
    network, findings = read(
        tmp_path,
        nodes,
        [
            ((1, 2), {"highway": "primary"}),
            ((2, 3), {"highway": "primary", "oneway": "yes"}),
            ((4, 5), {"highway": "primary", "maxspeed": "vite"}),
        ],
    )
    # of two legs of a kilometre that go both ways, the westernmost
    assert sorted(places(network)) == [(0, 0), (1, 0)]
    kept = findings[-1]
    assert kept.value.replace("\u202f", " ").startswith("33,3 % des km")
    assert "coupées des autres" in kept.action
    odd = next(f for f in findings if f.column == "maxspeed")
    assert (odd.value, "1\u00a0voie" in odd.what) == ("vite", True)


def test_a_missing_node_cuts_its_way(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 4: (3, 0), 5: (4, 0), 6: (0, 1)}
    network, findings = read(
        tmp_path,
        nodes,
        [
            ((1, 2, 3, 4, 5), {"highway": "primary"}),
            ((1, 6), {"highway": "primary"}),
            ((7, 8), {"highway": "primary"}),
        ],
    )
    assert sorted(places(network)) == [(0, 0), (0, 1), (1, 0)]
    missing = next(f for f in findings if "nœuds" in f.what)
    assert missing.value == "2\u00a0voies"


def test_ways_outside_the_area_are_counted_and_ways_that_touch_it_kept_whole(tmp_path):
    nodes = {1: (0, 0), 2: (5, 0), 3: (6, 0), 4: (7, 0)}
    ways = [((1, 2), {"highway": "primary"}), ((2, 3, 4), {"highway": "primary"})]
    area = box(EAST - 1000, NORTH - 1000, EAST + 2000, NORTH + 1000)
    network, findings = read(tmp_path, nodes, ways, area=area)
    assert network.length_km.sum() == pytest.approx(5, rel=CLOSE)
    outside = next(f for f in findings if "hors du territoire" in f.what)
    assert outside.value == "1\u00a0voie sur 2"


def test_a_way_that_goes_around_the_area_does_not_touch_it(tmp_path):
    nodes = {1: (-3, -3), 2: (3, -3), 3: (3, 3), 4: (-0.5, 0), 5: (0.5, 0)}
    ways = [((1, 2, 3), {"highway": "primary"}), ((4, 5), {"highway": "primary"})]
    area = box(EAST - 1000, NORTH - 1000, EAST + 1000, NORTH + 1000)
    assert len(read(tmp_path, nodes, ways, area=area)[0].length_km) == 1


def test_nodes_after_ways_and_repeated_nodes(tmp_path):
    path = write_osm(tmp_path / "a.osm", SQUARE, [((1, 1, 2, 2, 3), {"highway": "primary"})])
    lines = path.read_text().splitlines()
    ways = [line for line in lines if line.startswith("<way")]
    others = [line for line in lines[2:-1] if not line.startswith("<way")]
    path.write_text("\n".join([*lines[:2], *ways, *others, lines[-1]]))
    network, _ = read_network(path, profile=CAR, crs=CRS, area=None)
    assert network.length_km == pytest.approx([2], rel=CLOSE)


@pytest.mark.parametrize(
    ("tags", "doors"),
    [
        ({"highway": "secondary"}, True),
        ({"highway": "motorway", "oneway": "no"}, False),
        ({"highway": "motorway", "oneway": "no", "maxspeed": "90"}, False),
        ({"highway": "motorway_link"}, False),
        ({"highway": "trunk"}, True),
        ({"highway": "trunk", "motorroad": "yes"}, False),
        ({"highway": "trunk", "motorroad": "no"}, True),
        ({"highway": "primary", "tunnel": "yes"}, False),
        ({"highway": "primary", "tunnel": "avalanche_protector"}, False),
        ({"highway": "residential", "tunnel": "building_passage"}, True),
        ({"highway": "residential", "tunnel": "no"}, True),
        ({"route": "ferry"}, False),
        ({"route": "shuttle_train"}, False),
    ],
)
def test_where_doors_open(tmp_path, tags, doors):
    network, _ = read(tmp_path, SQUARE, [((1, 2), tags), ((2, 3), {"highway": "primary"})])
    first = network.coordinates[network.offsets[:-1]][:, 1] - NORTH
    last = network.coordinates[network.offsets[1:] - 1][:, 1] - NORTH
    told = dict(zip((first + last).round(-3).tolist(), network.doors.tolist(), strict=True))
    assert told == {0: doors, 1000: True}


def test_a_door_in_mid_ferry_stands_on_a_road(tmp_path):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 2), 4: (2, 2), 5: (0, 2)}
    ways = [
        ((1, 2), {"highway": "residential"}),
        ((2, 3), {"route": "ferry", "duration": "00:20"}),
        ((5, 3, 4), {"highway": "residential"}),
    ]
    network, _ = read(tmp_path, nodes, ways)
    found = EdgeIndex.of(network).snap(np.array([[EAST + 1010.0, NORTH + 900.0]]))
    assert found.km == pytest.approx([np.hypot(0.01, 0.9)], rel=1e-3)


def test_files_of_josm_number_new_nodes_below_zero(tmp_path):
    path = tmp_path / "josm.osm"
    nodes = {-1: (0, 0), -2: (1, 0), 7: (1, 1), -5: (3, 3)}
    ways = [((-1, -2, 7), {"highway": "residential"}), ((7, -9), {"highway": "residential"})]
    lit = {-2: {"highway": "traffic_signals"}}
    text = osm_xml(nodes, ways, tagged=lit).replace(' version="1" lon', ' action="modify" lon')
    path.write_text(text.replace('"test"', '"JOSM" upload="false"'))
    network, findings = read_network(path, profile=CAR, crs=CRS, area=None)
    assert network.length_km == pytest.approx([2], rel=CLOSE)
    seconds = 60 * 2 * 60 / CAR.speeds["residential"] + CAR.signal_seconds
    assert 60 * network.minutes == pytest.approx([seconds] * 2, rel=CLOSE)
    assert next(f for f in findings if "nœuds" in f.what).value == "1\u00a0voie"
