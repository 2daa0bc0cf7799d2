"""Road files to networks: a made PBF of 200 000 ways, and the real samples.

Each line is measured in a process of its own: CPU seconds (user and system, threads included)
and peak memory. Run: ``python scripts/bench/road_network.py [--voies 200000] [--reels DOSSIER]``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CLASSES = (
    "residential", "unclassified", "tertiary", "secondary", "primary", "track", "service",
    "footway",
)  # fmt: skip
STEP = 0.002
SEED = 20_241_122


def write_grid(path: Path, ways: int, *, vertices: int = 6) -> None:
    """Write a jittered grid of ``ways`` streets of ``vertices`` nodes each, as a PBF.

    Args:
        path: ends with ``.osm.pbf``.
        ways: number of ways, at most; a square grid has as many as fit.
        vertices: of each way, its two crossings included.
    """
    from osmium import SimpleWriter  # noqa: PLC0415
    from osmium.osm.mutable import Node, Way  # noqa: PLC0415

    side = int(np.sqrt(ways / 2)) + 2
    place = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * STEP
    place = place + np.random.default_rng(SEED).normal(0, STEP / 8, place.shape) + (2.0, 46.0)
    rank = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.stack([rank[:, :-1].ravel(), rank[:, 1:].ravel()], axis=1),
            np.stack([rank[:-1].ravel(), rank[1:].ravel()], axis=1),
        ]
    )[:ways]
    share = np.linspace(0, 1, vertices)[1:-1, None]
    following = side * side + 1
    refs: list[list[int]] = []
    with SimpleWriter(str(path), overwrite=True) as writer:
        for node, (x, y) in enumerate(place.tolist(), start=1):
            writer.add_node(Node(id=node, location=(x, y)))
        for tail, head in pairs.tolist():
            inner = (place[tail] * (1 - share) + place[head] * share).tolist()
            for x, y in inner:
                writer.add_node(Node(id=following, location=(x, y)))
                following += 1
            refs.append([tail + 1, *range(following - len(inner), following), head + 1])
        for number, nodes in enumerate(refs):
            tags = {"highway": CLASSES[number % len(CLASSES)], "name": f"Rue {number}"}
            if number % 5 == 0:
                tags["maxspeed"] = "50"
            if number % 17 == 0:
                tags["oneway"] = "yes"
            if number % 3 == 0:
                tags["surface"] = "asphalt"
            writer.add_way(Way(id=number + 1, nodes=nodes, tags=tags))


def measure(path: Path, profile: str, cache: Path, crs: str) -> dict[str, float | int | str]:
    """Read ``path`` in this process and return its figures."""
    from cartoallier.access.road.reading import read_network  # noqa: PLC0415
    from cartoallier.catalogue.travel import load_travel_profiles  # noqa: PLC0415

    chosen = load_travel_profiles()[profile]
    wall, cpu = time.perf_counter(), time.process_time()
    network, findings = read_network(path, profile=chosen, crs=crs, area=None, cache=cache)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "nodes": len(network.nodes),
        "arcs": len(network.tail),
        "km": float(network.length_km.sum()),
        "kept": next(f.value for f in findings if "se rejoignent" in f.what),
    }


def in_process(path: Path, profile: str, cache: Path, crs: str) -> dict[str, float | int | str]:
    """Return :func:`measure` of a new process."""
    command = [sys.executable, __file__, "--un", str(path), profile, str(cache), crs]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float | int | str] = json.loads(done.stdout)
    return found


def line(name: str, step: str, found: dict[str, float | int | str]) -> str:
    """Return one line of the table."""
    return (
        f"| {name} | {step} | {found['wall']:.2f} | {found['cpu']:.2f} | {found['mb']:.0f} "
        f"| {found['nodes']} | {found['arcs']} | {found['km']:.0f} | {found['kept']} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voies", type=int, default=200_000)
    parser.add_argument("--reels", type=Path, help="dossier de réseaux réels")
    parser.add_argument("--un", nargs=4, metavar=("FICHIER", "PROFIL", "CACHE", "CRS"))
    options = parser.parse_args()
    if options.un:
        path, profile, cache, crs = options.un
        print(json.dumps(measure(Path(path), profile, Path(cache), crs)))
        return
    print("| fichier | étape | s | s CPU | Mo max | nœuds | arcs | km | gardés |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "grille.osm.pbf"
        write_grid(made, options.voies)
        cache = Path(folder) / "cache"
        name = f"grille, {options.voies} voies, {made.stat().st_size / 1e6:.1f} Mo"
        print(line(name, "lecture", in_process(made, "voiture", cache, "EPSG:2154")))
        size = sum(file.stat().st_size for file in cache.iterdir()) / 1e6
        step = f"cache ({size:.1f} Mo)"
        print(line(name, step, in_process(made, "voiture", cache, "EPSG:2154")))
        if options.reels is None:
            print("\nréseaux réels : non mesurés (--reels DOSSIER)")
            return
        for path in sorted(options.reels.iterdir()):
            if path.name.endswith((".osm.gz", ".osm.pbf", ".graphml", ".gpkg")):
                crs = "EPSG:25832" if "bayreuth" in path.name else "EPSG:2154"
                for profile in ("voiture", "pied", "velo"):
                    print(line(path.name, profile, in_process(path, profile, cache, crs)))


if __name__ == "__main__":
    main()
