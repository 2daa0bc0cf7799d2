"""E2SFCA and nearest sites at the scale of the country, against those who do the same.

    python scripts/bench/measures.py [--peers FOLDER] [--repeat N] [--only e2sfca|nearest|allier]

``access`` (PySAL) is read from the current environment, or from ``--peers``, the site-packages of
another one; without it its lines say so. Every line is the best of ``N`` runs in one process.

- E2SFCA: 35 000 communes × 5 000 sites, 200 000 pairs within 20 minutes, 1 600 000 within 60. Pairs
  are given, as a road engine would: neither making them nor reading a file is counted.
- Nearest: 2.3 million points × 5 000 sites, in the plane.
- Allier: its 317 communes from the shipped geography and invented sites, equality with ``access``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from cartoallier.access import CrowFly, nearest_eligible
from cartoallier.access.engine import Pairs
from cartoallier.access.floating_catchment import Steps, floating_catchment, linear_steps
from cartoallier.model import AccessParameters
from cartoallier.territory import load_territory

Floats = NDArray[np.float64]

COMMUNES, SITES, POINTS = 35_000, 5_000, 2_300_000
WIDE = 1_000_000.0
"""Side of the square the bench is set in, metres."""


def best(run: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Return the least seconds of some runs, and the answer."""
    seconds, answer = np.inf, None
    for _ in range(repeat):
        start = time.perf_counter()
        answer = run()
        seconds = min(seconds, time.perf_counter() - start)
    return seconds, answer


def drawn_pairs(count: int, within: float, rng: np.random.Generator) -> Pairs:
    """Return about ``count`` pairs, each once, sorted by origin."""
    cells = np.unique(rng.integers(0, COMMUNES * SITES, count))
    return Pairs(
        origin=cells // SITES, site=cells % SITES, minutes=rng.uniform(0, within, len(cells))
    )


def bare_product(pairs: Pairs, people: Floats, supply: Floats, decay: Steps) -> Floats:
    """Return the same with scipy alone: one matrix of coordinates, two products."""
    weights = csr_matrix(
        (decay(pairs.minutes), (pairs.origin, pairs.site)), shape=(len(people), len(supply))
    )
    demand: Floats = np.asarray(weights.T @ people)
    ratio = np.divide(supply, demand, out=np.zeros_like(supply), where=demand > 0)
    access: Floats = np.asarray(weights @ ratio)
    return access


def by_additions(pairs: Pairs, people: Floats, supply: Floats, decay: Steps) -> Floats:
    """Return the same without any matrix: numpy's additions at indices."""
    first, second, last = decay.bounds
    t = pairs.minutes
    weights = np.select([t < first, t < second, t <= last], decay.weights, 0.0)
    demand, access = np.zeros(len(supply)), np.zeros(len(people))
    np.add.at(demand, pairs.site, weights * people[pairs.origin])
    ratio = np.divide(supply, demand, out=np.zeros_like(supply), where=demand > 0)
    np.add.at(access, pairs.origin, weights * ratio[pairs.site])
    return access


def peer(folder: str | None) -> Callable[..., Floats] | None:
    """Return PySAL's two-step floating catchment area, or ``None`` where it is not installed."""
    if folder is not None:
        sys.path.append(folder)
    try:
        from access.fca import two_stage_fca  # noqa: PLC0415
    except ImportError:
        return None

    def run(pairs: Pairs, people: Floats, supply: Floats, decay: Steps) -> Floats:
        first, second, last = decay.bounds

        def weight(minutes: float) -> float:
            if minutes < first:
                return decay.weights[0]
            if minutes < second:
                return decay.weights[1]
            return decay.weights[2] if minutes <= last else 0.0

        found = two_stage_fca(
            pd.DataFrame({"geoid": np.arange(len(people)), "demand": people}),
            pd.DataFrame({"supply": supply}),
            pd.DataFrame({"origin": pairs.origin, "dest": pairs.site, "cost": pairs.minutes}),
            max_cost=decay.reach,
            demand_name="demand",
            supply_name="supply",
            weight_fn=weight,
        )
        access: Floats = found.reindex(np.arange(len(people)), fill_value=0).to_numpy()
        return access

    return run


def catchment_rows(repeat: int, folder: str | None) -> list[tuple[str, ...]]:
    """Return the lines of E2SFCA."""
    rng = np.random.default_rng(5)
    people = rng.integers(20, 5_000, COMMUNES).astype("float64")
    supply = rng.integers(4, 40, SITES).astype("float64")
    rows: list[tuple[str, ...]] = []
    for count, within in ((200_000, 20.0), (1_600_000, 60.0)):
        pairs, decay = drawn_pairs(count, within, rng), linear_steps(within)
        given = (pairs, people, supply, decay)

        def ours(pairs: Pairs = pairs, decay: Steps = decay) -> Floats:
            return floating_catchment(pairs, population=people, capacity=supply, decay=decay).access

        mine, access = best(ours, 3 * repeat)
        name = f"E2SFCA, {len(pairs.site):,} pairs within {within:g} min"
        rows.append((name, "cartoallier", f"{mine:.4f}", "", ""))
        others: list[tuple[str, Callable[..., Floats] | None, int]] = [
            ("bare sparse product (scipy)", bare_product, 3 * repeat),
            ("numpy, no matrix", by_additions, repeat),
            ("access (PySAL)", peer(folder), repeat),
        ]
        for other, run, times in others:
            if run is None:
                rows.append((name, other, "not installed", "", ""))
                continue
            seconds, theirs = best(partial(run, *given), times)
            apart = float(np.max(np.abs(access - theirs) / np.maximum(np.abs(theirs), 1e-300)))
            rows.append((name, other, f"{seconds:.4f}", f"{seconds / mine:.2f}", f"{apart:.1e}"))
    return rows


def built_and_asked(sites: Floats, points: Floats, workers: int) -> tuple[Any, Any]:
    """Build a tree of the sites and ask it for the nearest of every point."""
    metres, site = cKDTree(sites).query(points, workers=workers)
    return metres, site


def nearest_rows(repeat: int) -> list[tuple[str, ...]]:
    """Return the lines of the nearest site."""
    rng = np.random.default_rng(7)
    points, sites = rng.uniform(0, WIDE, (POINTS, 2)), rng.uniform(0, WIDE, (SITES, 2))
    name = f"nearest, {POINTS:,} points x {SITES:,} sites"
    everybody = [None] * SITES
    mine, found = best(lambda: nearest_eligible(points, sites, eligible=everybody), repeat)
    rows: list[tuple[str, ...]] = [(name, "cartoallier", f"{mine:.3f}", "", "")]
    for workers in (1, -1):
        seconds, bare = best(partial(built_and_asked, sites, points, workers), repeat)
        apart = float(np.max(np.abs(found.distance_km * 1000 - bare[0])))
        other = f"bare cKDTree, {'every core' if workers < 0 else 'one core'}"
        rows.append((name, other, f"{seconds:.3f}", f"{seconds / mine:.2f}", f"{apart:.1e}"))
    left = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs="EPSG:2154")
    right = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*sites.T), crs="EPSG:2154")
    seconds, joined = best(lambda: gpd.sjoin_nearest(left, right, distance_col="metres"), 1)
    metres = joined.groupby(level=0)["metres"].first().to_numpy()
    apart = float(np.max(np.abs(found.distance_km * 1000 - metres)))
    rows.append(
        (name, "geopandas.sjoin_nearest", f"{seconds:.3f}", f"{seconds / mine:.2f}", f"{apart:.1e}")
    )
    return rows


def allier_rows(repeat: int, folder: str | None) -> list[tuple[str, ...]]:
    """Return how near ours and PySAL's are on Allier."""
    name = "E2SFCA, Allier, 40 invented sites"
    run = peer(folder)
    if run is None:
        return [(name, "access (PySAL)", "not installed", "", "")]
    territory = load_territory("03")
    origins = territory.origins
    rng = np.random.default_rng(3)
    places = np.column_stack([origins.geometry.x, origins.geometry.y])
    sites = places[rng.choice(len(places), 40, replace=False)] + rng.uniform(-500, 500, (40, 2))
    engine = CrowFly(territory=territory, parameters=AccessParameters())
    pairs = engine.pairs(sites, masks=[None] * 40, within=30)
    people = origins["population"].to_numpy(dtype="float64")
    supply, decay = rng.uniform(4, 40, 40), linear_steps(30)
    mine, ours = best(
        lambda: floating_catchment(pairs, population=people, capacity=supply, decay=decay).access, 3
    )
    seconds, theirs = best(partial(run, pairs, people, supply, decay), repeat)
    apart = float(np.max(np.abs(ours - theirs) / np.maximum(theirs, 1e-300)))
    inside = int(territory.communes["inside"].sum())
    return [
        (f"{name}, {inside} communes", "cartoallier", f"{mine:.5f}", "", ""),
        (name, "access (PySAL)", f"{seconds:.4f}", f"{seconds / mine:.0f}", f"{apart:.1e}"),
    ]


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--peers", help="site-packages of an environment that has access")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=("e2sfca", "nearest", "allier"))
    options = parser.parse_args()
    print("| work | who | seconds | times ours | largest difference |")
    print("|---|---|---|---|---|")
    tables: dict[str, Callable[[], list[tuple[str, ...]]]] = {
        "e2sfca": partial(catchment_rows, options.repeat, options.peers),
        "nearest": partial(nearest_rows, options.repeat),
        "allier": partial(allier_rows, options.repeat, options.peers),
    }
    for title, rows in tables.items():
        if options.only in {None, title}:
            for row in rows():
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
