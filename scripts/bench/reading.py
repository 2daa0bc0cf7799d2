"""Reading, measured: a national data·inclusion export of growing size, brought to Allier.

    python scripts/bench/reading.py [n …]

``n`` counts services; 0.4 structure per service. Rows are those of the demonstration, with new
ids, drawn over the real communes of the whole country (seeded): most are read, placed, found out
of reach and counted, as with the national file. Each size runs in a process of its own.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.supply import (
    SupplyInput,
    assign_responsables,
    assign_themes,
    gather,
    hide_twins,
    judge,
    merge,
    read_supply,
    settle_levels,
)
from cartoallier.territory import load_territory

SIZES = (10_000, 50_000, 200_000)


def write_export(folder: Path, *, services: int) -> Path:
    """Write ``services-inclusion.csv`` and its structures; return the former."""
    draw = np.random.default_rng(20260101)
    places = pd.read_parquet(
        shipped("geo/communes.parquet"), columns=["code", "name", "longitude", "latitude"]
    )
    demonstration = shipped("services/demonstration")
    for kind, size in (("structures", services * 2 // 5), ("services", services)):
        model = pd.read_csv(demonstration / f"demonstration-{kind}-inclusion.csv", dtype="str")
        rows = model.iloc[draw.integers(len(model), size=size)].reset_index(drop=True)
        where = places.iloc[draw.integers(len(places), size=size)].reset_index(drop=True)
        local = [f"essai--{kind}-{number}" for number in range(size)]
        rows = rows.assign(
            id=local,
            nom=rows["nom"] + " " + pd.Series(local),
            code_insee=where["code"],
            commune=where["name"],
            longitude=where["longitude"] + draw.normal(0, 0.003, size),
            latitude=where["latitude"] + draw.normal(0, 0.003, size),
        )
        if kind == "services":
            owners = draw.integers(services * 2 // 5, size=size)
            rows["structure_id"] = [f"essai--structures-{number}" for number in owners]
        rows.to_csv(folder / f"{kind}-inclusion.csv", index=False)
    return folder / "services-inclusion.csv"


def measure(services: int) -> None:
    """Print one line: records, seconds, seconds per 1000, peak memory, kept."""
    catalogue = load_catalogue()
    territory = load_territory("03")
    with tempfile.TemporaryDirectory() as name:
        path = write_export(Path(name), services=services)
        start, cpu = time.perf_counter(), time.process_time()
        frames, findings = [], []
        for one in sorted(path.parent.iterdir()):
            frame, found, _ = read_supply(SupplyInput(path=one, file=one.name), territory=territory)
            frames.append(frame)
            findings += found
        records, repeated = gather(frames)
        records, findings = hide_twins(records, [*findings, *repeated], territory=territory)
        records = merge(records).records
        records, _ = judge(records, date=dt.date(2026, 3, 1))
        records = assign_themes(records, catalogue.themes.values())
        records = assign_responsables(records, catalogue.answers)
        records = settle_levels(records, territory)
        seconds, used = time.perf_counter() - start, time.process_time() - cpu
    rows = services + services * 2 // 5
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:>9,} {seconds:>9.1f} {used:>9.1f} {1000 * used / rows:>9.3f} {peak:>9,.0f} "
        f"{len(records):>9,}",
        flush=True,
    )


if __name__ == "__main__":
    print(f"{'rows':>9} {'seconds':>9} {'cpu s':>9} {'cpu/1000':>9} {'MB peak':>9} {'kept':>9}")
    for size in [int(word) for word in sys.argv[1:]] or SIZES:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(size,))
        process.start()
        process.join()
