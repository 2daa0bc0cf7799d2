"""Road minutes, measured: against bare scipy, pandana, and engines of another make.

    python scripts/bench/road_routing.py [departement] [france] [engines]
        [--peer-python PYTHON] [--engine-python PYTHON] [--osm FILE --crs EPSG:25832]

``departement``: the nearest of 50 sites for every node of an invented network (a jittered grid of
267 000 nodes and 778 000 arcs); pandana runs in ``--peer-python``, its build and ours included.
``france``: the same on 10.8 million nodes and 31 million arcs, 5 000 sites, then 24 themes on two
processes; arrays are laid on disk first and mapped, as a cached network may be.
``engines``: minutes between random nodes of ``--osm``, against OSRM and Valhalla, which install
on Python 3.12 (``--engine-python``, with ``osrm-bindings`` and ``pyvalhalla``).

Peers are optional; one that is missing is said. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from cartoallier.access.road.graph import RoadGraph
from cartoallier.access.road.network import Network
from cartoallier.access.road.reading import read_network
from cartoallier.access.road.routing import leave, search
from cartoallier.access.road.snapping import EdgeIndex, Snapped
from cartoallier.catalogue.travel import load_travel_profiles

PEERS = Path(__file__).with_name("road_peers.py")
THEMES = 24
ROUNDS = 5
Floats = NDArray[np.float64]


def invent(side: int) -> Network:
    """Return the largest connected part of a jittered grid of which 28 % of the roads are cut."""
    draw = np.random.default_rng(1)
    rank = np.arange(side * side, dtype=np.int32).reshape(side, side)
    one = np.concatenate([rank[:, :-1].ravel(), rank[:-1].ravel()])
    other = np.concatenate([rank[:, 1:].ravel(), rank[1:].ravel()])
    kept = draw.random(len(one)) < 0.724
    one, other = one[kept], other[kept]
    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(side**2, side**2))
    label = connected_components(links, directed=False)[1]
    main = label == np.bincount(label).argmax()
    new = (np.cumsum(main) - 1).astype(np.int32)
    chosen = main[one]
    one, other = new[one[chosen]], new[other[chosen]]
    place = np.flatnonzero(main)
    corners = np.column_stack([place % side, place // side]) * 300.0
    nodes: Floats = corners + draw.uniform(-90.0, 90.0, corners.shape)
    length = np.hypot(*(nodes[one] - nodes[other]).T) / 1000
    minutes = 60 * length / draw.choice([30.0, 50.0, 80.0], len(length))
    edge = np.arange(len(one), dtype=np.int32)
    return Network(
        nodes=nodes,
        penalty=np.where(draw.random(len(nodes)) < 0.5, 0.05, 0.0),
        tail=np.concatenate([one, other]),
        head=np.concatenate([other, one]),
        minutes=np.concatenate([minutes, minutes]),
        edge=np.concatenate([edge, edge]),
        forward=np.repeat([True, False], len(edge)),
        offsets=np.arange(0, 2 * len(edge) + 1, 2, dtype=np.int64),
        coordinates=nodes[np.column_stack([one, other]).ravel()],
        length_km=length,
        doors=np.ones(len(edge), dtype=np.bool_),
        isolated_offsets=np.zeros(1, dtype=np.int64),
        isolated_coordinates=np.zeros((0, 2)),
        crs="EPSG:2154",
        profile="voiture",
        access_kmh=30.0,
        snap_km=1.0,
    )


def sites_of(graph: RoadGraph, count: int, *, seed: int) -> tuple[Snapped, NDArray[np.intp]]:
    """Return sites standing at nodes, drawn with a seed, and these nodes."""
    draw = np.random.default_rng(seed)
    edge = draw.choice(len(graph.start), count, replace=False)
    fraction = draw.choice([0.0, 1.0], count)
    node = np.where(fraction == 0, graph.start[edge], graph.end[edge])
    return Snapped(
        edge=edge,
        fraction=fraction,
        km=np.zeros(count),
        isolated=np.zeros(count, dtype=np.bool_),
    ), node


def departement(peer: str | None) -> None:
    """Print the table of the département."""
    network = invent(519)
    weights = network.minutes + network.penalty[network.head]
    shape = (len(network.nodes), len(network.nodes))
    bare_build, bare, ours_build, ours = [], [], [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        graph = RoadGraph.of(network)
        ours_build.append(time.perf_counter() - start)
        sites, nodes = sites_of(graph, 50, seed=0)
        start = time.perf_counter()
        matrix = csr_array(coo_array((weights, (network.head, network.tail)), shape=shape))
        bare_build.append(time.perf_counter() - start)
        start = time.perf_counter()
        expected = dijkstra(matrix, indices=nodes, min_only=True, return_predecessors=True)[0]
        bare.append(time.perf_counter() - start)
        start = time.perf_counter()
        found = search(graph, sites)
        ours.append(time.perf_counter() - start)
    assert (found.minutes == expected).all()  # noqa: S101
    start = time.perf_counter()
    for theme in range(THEMES):
        search(graph, sites_of(graph, 50, seed=theme)[0])
    themes = time.perf_counter() - start
    mine, least = min(ours), min(bare)
    print(f"\n### {len(network.nodes):,} nodes, {len(network.tail):,} arcs, 50 sites\n")
    print("| engine | build (s) | search (s) | ratio to ours |\n|---|---|---|---|")
    print(f"| cartoallier: minutes, km, which | {min(ours_build):.3f} | {mine:.3f} | 1 |")
    print(f"| bare scipy: minutes, which | {min(bare_build):.3f} | {least:.3f} "
          f"| ours is {mine / least:.2f} × its search |")  # fmt: skip
    print(f"| cartoallier, {THEMES} themes | | {themes:.2f} | |")
    if peer is None:
        print("| pandana | missing: --peer-python | | |")
        return
    question = {
        "x": network.nodes[:, 0], "y": network.nodes[:, 1], "tail": network.tail,
        "head": network.head, "minutes": weights, "sites": nodes,
        "limit": np.ceil(expected.max()) + 1,
    }  # fmt: skip
    answer = ask("pandana", question, python=peer)
    if isinstance(answer, str):
        print(f"| pandana | missing: {answer} | | |")
        return
    total = answer["build"] + answer["search"]
    off = np.abs(answer["minutes"] - expected).max()
    print(f"| pandana (off by up to {off:.3f} min) | {answer['build']:.1f} "
          f"| {answer['search']:.1f} | {total / (min(ours_build) + mine):.0f} × ours, builds "
          "included |")  # fmt: skip


def ask(
    engine: str, question: dict[str, Any], *, python: str, osm: Path | None = None
) -> dict[str, Any] | str:
    """Run a peer in its own environment; return its answer, or why there is none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if osm is not None:
            with osmium.SimpleWriter(str(folder / "roads.osm.pbf")) as writer:
                for thing in osmium.FileProcessor(str(osm)):
                    writer.add(thing)
        np.savez(folder / "question.npz", **question)
        done = subprocess.run(
            [python, PEERS, engine, folder], check=False, capture_output=True, text=True
        )
        if done.returncode:
            return done.stderr.strip().splitlines()[-1]
        with np.load(folder / "answer.npz") as answer:
            return dict(answer)


def lay(folder: str, side: int) -> None:
    """Write the arrays of an invented network."""
    network = invent(side)
    for field in fields(Network):
        value = getattr(network, field.name)
        if isinstance(value, np.ndarray):
            np.save(Path(folder) / f"{field.name}.npy", value)


def mapped(folder: str) -> Network:
    """Map what :func:`lay` wrote."""
    arrays: dict[str, Any] = {
        path.stem: np.load(path, mmap_mode="r") for path in Path(folder).glob("*.npy")
    }
    return Network(**arrays, crs="EPSG:2154", profile="voiture", access_kmh=30.0, snap_km=1.0)


def one_theme(folder: str) -> tuple[int, int, str]:
    """Measure one theme over the country: nodes, arcs, and a row of the table."""
    network = mapped(folder)
    start, cpu = time.perf_counter(), time.process_time()
    graph = RoadGraph.of(network)
    built, cpu_built = time.perf_counter(), time.process_time()
    search(graph, sites_of(graph, 5_000, seed=0)[0])
    end, cpu_end = time.perf_counter(), time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    row = (f"| one theme | {built - start:.1f} ({cpu_built - cpu:.1f}) "
           f"| {end - built:.1f} ({cpu_end - cpu_built:.1f}) | {peak:.2f} |")  # fmt: skip
    return len(network.nodes), len(network.tail), row


_SHARED: dict[str, RoadGraph] = {}
"""The graph that forked processes share."""


def theme_apart(seed: int) -> float:
    """Search one theme in a process of its own; return its mean minutes."""
    graph = _SHARED["graph"]
    return float(search(graph, sites_of(graph, 5_000, seed=seed)[0]).minutes.mean())


def many_themes(folder: str) -> tuple[float, float, float]:
    """Measure 24 themes on two processes that share the graph: build, search, processor time."""
    start, before = time.perf_counter(), children_seconds()
    _SHARED["graph"] = RoadGraph.of(mapped(folder))
    built = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(theme_apart, range(THEMES), chunksize=1)
        end = time.perf_counter()
        pool.close()
        pool.join()
    return built - start, end - built, children_seconds() - before


def children_seconds() -> float:
    """Return the processor time of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def france() -> None:
    """Print the table of the country."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        writer = spawn.Process(target=lay, args=(folder, 3_300))
        writer.start()
        writer.join()
        with spawn.Pool(1) as pool:
            nodes, arcs, row = pool.apply(one_theme, (folder,))
        print(f"\n### {nodes:,} nodes, {arcs:,} arcs, 5 000 sites\n")
        print("| | build, s (of processor) | search, s | peak (GB) |\n|---|---|---|---|")
        print(row, flush=True)
        build, seconds, used = many_themes(folder)
        print(f"| {THEMES} themes, 2 processes | {build:.1f} | {seconds:.0f} ({used:.0f}) | |")


def engines(osm: Path, crs: str, python: str | None) -> None:
    """Print how minutes compare with independent engines."""
    network, _ = read_network(osm, profile=load_travel_profiles()["voiture"], crs=crs, area=None)
    degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    print(f"\n### {osm.name}: {len(network.nodes):,} nodes, journeys of a minute or more\n")
    print("| between | engine | journeys | r | median, ours | median, theirs | theirs / ours: 10th "
          "centile | median | 90th |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for words, nodes in (
        ("ordinary roads", ordinary(network)),
        ("all roads, tracks of fields and forests included", np.arange(len(network.nodes))),
    ):
        chosen = np.random.default_rng(0).choice(nodes, 120, replace=False)
        places = network.nodes[chosen]
        lonlat = np.column_stack(degrees.transform(*places.T))
        question = {"origins": lonlat[:80], "targets": lonlat[80:]}
        ours = table_of(network, places[:80], places[80:])
        compare(words, ours, question, osm=osm, python=python)


def ordinary(network: Network) -> NDArray[np.intp]:
    """Return the nodes of some two-way road at 20 km/h or more: where people and services are."""
    speed = 60 * network.length_km[network.edge] / np.maximum(network.minutes, 1e-9)
    both_ways = np.bincount(network.edge, minlength=len(network.length_km)) == 2
    chosen = (speed >= 20) & both_ways[network.edge]
    return np.unique(np.concatenate([network.tail[chosen], network.head[chosen]])).astype(np.intp)


def compare(
    words: str, ours: Floats, question: dict[str, Any], *, osm: Path, python: str | None
) -> None:
    """Print one row per engine, and one for all of them together."""
    pairs: list[tuple[Floats, Floats]] = []
    for engine in ("osrm", "valhalla"):
        answer = ask(engine, question, python=python, osm=osm) if python else "--engine-python"
        if isinstance(answer, str):
            print(f"| {words} | {engine} | missing: {answer} | | | | | | |")
            continue
        theirs = answer["minutes"]
        both = np.isfinite(theirs) & np.isfinite(ours) & (ours >= 1)
        pairs.append((ours[both], theirs[both]))
        print_row(words, engine, *pairs[-1])
    if len(pairs) > 1:
        print_row(words, "together", *(np.concatenate(side) for side in zip(*pairs, strict=True)))


def print_row(words: str, engine: str, ours: Floats, theirs: Floats) -> None:
    """Print how two sets of minutes compare."""
    low, middle, high = np.quantile(theirs / ours, [0.1, 0.5, 0.9])
    print(f"| {words} | {engine} | {len(ours)} | {np.corrcoef(ours, theirs)[0, 1]:.3f} "
          f"| {np.median(ours):.2f} | {np.median(theirs):.2f} | {low:.2f} | {middle:.2f} "
          f"| {high:.2f} |")  # fmt: skip


def table_of(network: Network, origins: Floats, targets: Floats) -> Floats:
    """Return our minutes from each origin to each target."""
    graph, index = RoadGraph.of(network), EdgeIndex.of(network)
    doors, places = index.snap(origins), index.snap(targets)
    exits = graph.exits(doors)
    columns = []
    for rank in range(len(targets)):
        site = places[np.array([rank])]
        nodes = search(graph, site)
        columns.append(leave(graph, doors, exits, sites=site, nodes=nodes).minutes)
    return np.column_stack(columns)


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", default=["departement"],
                        choices=["departement", "france", "engines"])  # fmt: skip
    parser.add_argument("--peer-python", help="a Python where pandana installs")
    parser.add_argument("--engine-python", help="a Python 3.12 with osrm-bindings, pyvalhalla")
    parser.add_argument("--osm", type=Path, help="an OpenStreetMap extract")
    parser.add_argument("--crs", default="EPSG:2154", help="projection of --osm")
    options = parser.parse_args()
    if "departement" in options.parts:
        departement(options.peer_python)
    if "france" in options.parts:
        france()
    if "engines" in options.parts:
        if options.osm is None:
            sys.exit("engines: --osm is needed")
        engines(options.osm, options.crs, options.engine_python)


if __name__ == "__main__":
    main()
