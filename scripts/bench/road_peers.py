"""Other engines asked the same questions, each in its own environment: see ``road_routing.py``.

    python road_peers.py pandana FOLDER
    python road_peers.py osrm FOLDER
    python road_peers.py valhalla FOLDER

``FOLDER/question.npz`` holds the question, ``FOLDER/answer.npz`` receives minutes. Imports nothing
of cartoallier: these engines install on other versions of Python.
"""

# ruff: noqa: PLC0415  (one engine per environment: the others are not there)
from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def pandana(_: Path, question: Any) -> dict[str, Any]:  # noqa: ANN401
    """Nearest site of every node: build and search."""
    import pandana as engine
    import pandas as pd

    start = time.perf_counter()
    network = engine.Network(
        pd.Series(question["x"]),
        pd.Series(question["y"]),
        pd.Series(question["tail"]),
        pd.Series(question["head"]),
        pd.DataFrame({"minutes": question["minutes"]}),
        twoway=False,
    )
    built = time.perf_counter()
    limit, sites = float(question["limit"]), question["sites"]
    network.set_pois(
        "site", limit, 1, pd.Series(question["x"][sites]), pd.Series(question["y"][sites])
    )
    found = network.nearest_pois(limit, "site", num_pois=1)
    end = time.perf_counter()
    return {"minutes": found[1].to_numpy(), "build": built - start, "search": end - built}


def osrm(folder: Path, question: Any) -> dict[str, Any]:  # noqa: ANN401
    """Minutes from origins to destinations, profile car.lua."""
    import osrm as engine

    home = Path(engine.__file__).parent
    base = folder / "roads.osrm"
    profile = home / "share/profiles/car.lua"
    for command in (
        ["osrm-extract", "-p", str(profile), str(folder / "roads.osm.pbf")],
        ["osrm-contract", str(base)],
    ):
        subprocess.run([home / "bin" / command[0], *command[1:]], check=True, capture_output=True)
    router = engine.OSRM(algorithm="CH", storage_config=str(base), use_shared_memory=False)
    origins, targets = question["origins"].tolist(), question["targets"].tolist()
    table = engine.TableParameters(
        coordinates=[tuple(one) for one in origins + targets],
        sources=list(range(len(origins))),
        destinations=list(range(len(origins), len(origins) + len(targets))),
        annotations=["duration"],
    )
    rows = [list(row) for row in router.Table(table)["durations"]]
    return {"minutes": np.array(rows, dtype="float64") / 60}


def valhalla(folder: Path, question: Any) -> dict[str, Any]:  # noqa: ANN401
    """Minutes from origins to destinations, costing auto."""
    import valhalla as engine

    tiles = folder / "tiles"
    tiles.mkdir()
    config = engine.get_config(tile_dir=str(tiles), tile_extract="", verbose=False)
    config["service_limits"]["auto"]["max_matrix_location_pairs"] = 1_000_000
    config["logging"] = {"type": ""}
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config))
    build = Path(engine.__file__).parent / "bin/valhalla_build_tiles"
    subprocess.run(
        [build, "-c", str(path), str(folder / "roads.osm.pbf")], check=True, capture_output=True
    )
    router = engine.Actor(str(path))
    places = {
        key: [{"lon": lon, "lat": lat} for lon, lat in question[name].tolist()]
        for key, name in (("sources", "origins"), ("targets", "targets"))
    }
    rows = []
    for source in places["sources"]:
        asked = {"sources": [source], "targets": places["targets"], "costing": "auto"}
        found = json.loads(router.matrix(json.dumps(asked)))["sources_to_targets"][0]
        rows.append([np.nan if one["time"] is None else one["time"] / 60 for one in found])
    return {"minutes": np.array(rows, dtype="float64")}


def main() -> None:
    """Answer one question."""
    engine, folder = sys.argv[1], Path(sys.argv[2])
    with np.load(folder / "question.npz") as question:
        answer = {"pandana": pandana, "osrm": osrm, "valhalla": valhalla}[engine](folder, question)
    np.savez(folder / "answer.npz", **answer)


if __name__ == "__main__":
    main()
