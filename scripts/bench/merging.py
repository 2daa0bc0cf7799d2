"""Merging, measured: time, memory, precision and recall on invented supply of growing size.

    python scripts/bench/merging.py [n …]

``n`` counts services; 0.4 structure per service, as in the issue. Each size runs in a process
of its own, so that memory is its own too.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time

import pandas as pd
from generate_supply import Supply, agreement, generate

from cartoallier.supply.merging import Merged, merge

SIZES = (10_000, 50_000, 100_000, 200_000)


def places(supply: Supply, merged: Merged) -> pd.Series:
    """Return the place of every record, of those merged away too."""
    place = merged.records["place"]
    rows = merged.duplicates[merged.duplicates["decision"] == "fusionne"]
    gone = rows[~rows["id_autre"].isin(place.index)].drop_duplicates("id_autre")
    away = pd.Series(place.reindex(gone["id_garde"]).to_numpy(), index=gone["id_autre"].to_numpy())
    found: pd.Series = pd.concat([place, away]).reindex(supply.records.index)
    return found


def measure(services: int) -> str:
    """Run one size and return its line of the table."""
    supply = generate(services=services, structures=services * 2 // 5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, busy = time.perf_counter(), time.process_time()
    merged = merge(supply.records)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    precision, recall = agreement(supply, places(supply, merged))
    size = len(supply.records)
    said = merged.duplicates["decision"].value_counts()
    return (
        f"{size:>9,} {seconds:>9.1f} {busy:>9.1f} {1000 * busy / size:>9.3f} "
        f"{before:>9.0f} {peak:>9.0f} "
        f"{precision:>9.3f} {recall:>9.3f} {size - len(merged.records):>9,} "
        f"{said.get('a_verifier', 0):>9,}"
    )


def main() -> None:
    """Print the table."""
    sizes = [int(one) for one in sys.argv[1:]] or list(SIZES)
    titles = ("records", "seconds", "cpu s", "cpu/1000", "MB before", "MB peak", "precision",
              "recall", "merged", "to verify")  # fmt: skip
    print(" ".join(f"{one:>9}" for one in titles))
    for size in sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(measure, (size,)), flush=True)


if __name__ == "__main__":
    main()
