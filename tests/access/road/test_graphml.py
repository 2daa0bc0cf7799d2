"""GraphML graphs of osmnx, written by hand: directions, merged streets, shapes, broken edges."""

from xml.sax.saxutils import escape

import numpy as np
import pytest

from cartoallier.access.road.reading import read_network
from cartoallier.catalogue.travel import load_travel_profiles
from cartoallier.errors import SourceError
from road_files import CRS, EAST, NORTH

PROFILES = load_travel_profiles()
CAR, FOOT, BIKE = (PROFILES[key] for key in ("voiture", "pied", "velo"))
NODES = {"1": (0, 0), "2": (1, 0), "3": (1, 1), "4": (0, 1)}


def graphml(nodes, edges, *, crs="epsg:2154", tagged=None):
    """Return a graph; nodes in km from the toy's corner, edges as (source, target, data)."""
    names = ["x", "y", "crs", "highway", "geometry", "oneway", "maxspeed", "travel_time", "access",
             "osmid", "tunnel"]  # fmt: skip
    keys = "".join(f'<key id="d{i}" attr.name="{name}"/>' for i, name in enumerate(names))

    def data(values):
        return "".join(
            f'<data key="d{names.index(k)}">{escape(str(v))}</data>' for k, v in values.items()
        )

    body = "".join(
        f'<node id="{name}">'
        + data({"x": EAST + 1000 * x, "y": NORTH + 1000 * y, **(tagged or {}).get(name, {})})
        + "</node>"
        for name, (x, y) in nodes.items()
    )
    body += "".join(
        f'<edge source="{tail}" target="{head}" id="0">{data(values)}</edge>'
        for tail, head, values in edges
    )
    head = data({"crs": crs}) if crs else ""
    return (
        f"<?xml version='1.0' encoding='utf-8'?><graphml>{keys}"
        f'<graph edgedefault="directed">{head}{body}</graph></graphml>'
    )


def line(*places):
    inside = ", ".join(f"{EAST + 1000 * x} {NORTH + 1000 * y}" for x, y in places)
    return f"LINESTRING ({inside})"


def street(tail, head, **values):
    """Return the two edges of a two-way street."""
    kind = {"highway": "residential", "oneway": "False", **values}
    return [(tail, head, kind), (head, tail, kind)]


def read(tmp_path, text, profile=CAR):
    path = tmp_path / "toy.graphml"
    path.write_text(text, encoding="utf-8")
    return read_network(path, profile=profile, crs=CRS, area=None)


def test_the_two_edges_of_a_street_are_one_edge(tmp_path):
    network, findings = read(tmp_path, graphml(NODES, street("1", "2", maxspeed="30")))
    assert network.length_km.tolist() == [1]
    assert network.minutes.tolist() == pytest.approx([60 / 24, 60 / 24])
    assert sorted(network.forward.tolist()) == [False, True]
    assert len(findings) == 1


def test_a_street_with_a_shape(tmp_path):
    there = line((0, 0), (0, 1), (1, 1))
    back = line((1, 1), (0, 1), (0, 0))
    kind = {"highway": "residential", "oneway": "False"}
    edges = [("1", "3", {**kind, "geometry": there}), ("3", "1", {**kind, "geometry": back})]
    network, _ = read(tmp_path, graphml(NODES, edges))
    assert network.length_km.tolist() == [2]
    assert len(network.tail) == 2
    # a shape written in the direction of the other edge is turned around
    edges[1] = ("3", "1", {**kind, "geometry": there})
    turned, _ = read(tmp_path, graphml(NODES, edges))
    assert np.array_equal(turned.coordinates, network.coordinates)


def test_one_way_edges(tmp_path):
    edges = [
        ("1", "2", {"highway": "residential", "oneway": "True"}),
        *street("2", "3"),
        *street("3", "1", geometry=line((1, 1), (0, 1), (0, 0))),
    ]
    # the shape of 3-1 is written once for both directions
    cars, _ = read(tmp_path, graphml(NODES, edges))
    assert len(cars.tail) == 5
    walkers, _ = read(tmp_path, graphml(NODES, edges), FOOT)
    assert len(walkers.tail) == 6


def test_merged_classes_take_the_slowest_and_merged_limits_the_least(tmp_path):
    kind = {"highway": "['primary', 'residential']", "maxspeed": "['80', '30']"}
    network, _ = read(tmp_path, graphml(NODES, street("1", "2", **kind)))
    assert network.minutes.tolist() == pytest.approx([60 / 24] * 2)


def test_an_edge_without_class_takes_its_travel_time(tmp_path):
    edges = [("1", "2", {"travel_time": "90"}), ("2", "1", {"travel_time": "90"})]
    edges += [("2", "3", {"travel_time": "x"}), ("3", "2", {})]
    network, _ = read(tmp_path, graphml(NODES, edges))
    assert network.minutes.tolist() == [1.5, 1.5]


def test_lights_stand_on_nodes(tmp_path):
    edges = [*street("1", "2"), *street("2", "3")]
    text = graphml(NODES, edges, tagged={"2": {"highway": "traffic_signals"}})
    network, _ = read(tmp_path, text)
    assert max(network.penalty) * 60 == pytest.approx(CAR.signal_seconds)


def test_broken_edges_are_counted(tmp_path):
    edges = [
        *street("1", "2"),
        *street("2", "9"),
        ("2", "3", {"highway": "residential", "geometry": "LINESTRING (nul"}),
        ("3", "2", {"highway": "residential", "geometry": "POINT (1 1)"}),
    ]
    network, findings = read(tmp_path, graphml(NODES, edges))
    assert network.length_km.tolist() == [1]
    assert findings[0].value == "4\u00a0arêtes"


def test_closed_edges(tmp_path):
    edges = [
        *street("1", "2"),
        *street("2", "3", access="private"),
        *street("3", "4", highway="steps"),
    ]
    assert len(read(tmp_path, graphml(NODES, edges))[0].length_km) == 1


def test_projection_of_the_graph(tmp_path):
    at = {"1": {"x": 3.0, "y": 46.5}, "2": {"x": 3.01, "y": 46.5}}
    # without « crs », degrees: 0.01° × 111.32 km × cos 46.5°
    text = graphml({"1": (0, 0), "2": (1, 0)}, street("1", "2"), crs="", tagged=at)
    assert read(tmp_path, text)[0].length_km[0] == pytest.approx(0.7676, rel=2e-3)
    metres = graphml(NODES, street("1", "2"), crs="")
    with pytest.raises(SourceError, match="aucune route ne tombe dans la projection"):
        read(tmp_path, metres)
    with pytest.raises(SourceError, match="projection du graphe inconnue"):
        read(tmp_path, graphml(NODES, street("1", "2"), crs="EPSG:nulle"))


def test_points_that_have_no_place_are_counted(tmp_path):
    at = {"1": {"x": 3.0, "y": 46.5}, "2": {"x": 3.01, "y": 46.5}}
    edges = [*street("1", "2"), *street("2", "3")]
    network, findings = read(tmp_path, graphml(NODES, edges, crs="", tagged=at))
    assert len(network.length_km) == 1
    assert "hors de la projection" in findings[0].what


def test_cut_short(tmp_path):
    text = graphml(NODES, street("1", "2"))
    with pytest.raises(SourceError, match="illisible ou tronqué"):
        read(tmp_path, text[: len(text) * 2 // 3])
    with pytest.raises(SourceError, match="illisible ou tronqué"):
        read(tmp_path, text.replace("utf-8", "utf-e"))


def test_real_graphs_are_merged(shared_data):
    path = shared_data / "osm-samples" / "maisons_laffitte.graphml"
    network, findings = read_network(path, profile=BIKE, crs=CRS, area=None)
    # 2 256 directed edges in the file
    assert len(network.length_km) < 1400
    assert 2100 < len(network.tail) < 2256
    assert len(findings) == 1


def test_where_doors_open(tmp_path):
    told = [
        ({}, True),
        ({"highway": "motorway_link"}, False),
        ({"tunnel": "yes"}, False),
        # merged from several ways, one of which only is known to be a tunnel, or a motorway
        ({"tunnel": "yes", "osmid": "[1, 2]"}, True),
        ({"highway": "['motorway', 'primary']", "osmid": "[1, 2]"}, True),
    ]
    nodes = {str(i): (i, 0) for i in range(len(told) + 1)}
    edges = [
        edge for i, (values, _) in enumerate(told) for edge in street(str(i), str(i + 1), **values)
    ]
    network, _ = read(tmp_path, graphml(nodes, edges))
    west = np.minimum(*network.coordinates.reshape(-1, 2, 2)[:, :, 0].T)
    assert network.doors[np.argsort(west)].tolist() == [doors for _, doors in told]
