"""Reading, measured: a national data·inclusion export of growing size, brought to Allier.

    python scripts/bench/reading.py [n …]
    python scripts/bench/reading.py bpe [n]

``n`` counts services; 0.4 structure per service. Rows are those of the demonstration, with new
ids, drawn over the real communes of the whole country (seeded): most are read, placed, found out
of reach and counted, as with the national file. Each size runs in a process of its own.

``bpe`` reads a file of facilities in the layout since 2024 instead, 2.7 million rows by default.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyproj

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
FACILITIES = 2_700_000


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
    _print_line(services + services * 2 // 5, seconds, used, len(records))


def write_bpe(path: Path, facilities: int) -> None:
    """Write a national file of facilities: degrees and Lambert-93, one in five without a name."""
    draw = np.random.default_rng(20260101)
    places = pd.read_parquet(
        shipped("geo/communes.parquet"),
        columns=["code", "name", "departement_code", "region_code", "longitude", "latitude",
                 "population", "epci_code"],
    ).fillna({"population": 1, "epci_code": "ZZZZZZZZZ"})  # fmt: skip
    weights = places["population"].to_numpy(dtype="float64")
    where = places.iloc[draw.choice(len(places), size=facilities, p=weights / weights.sum())]
    longitude = where["longitude"].to_numpy() + draw.normal(0, 0.01, facilities)
    latitude = where["latitude"].to_numpy() + draw.normal(0, 0.01, facilities)
    x, y = pyproj.Transformer.from_crs(4326, 2154, always_xy=True).transform(longitude, latitude)
    codes = where["code"].to_numpy()
    kinds = np.array(["A129", "A206", "B203", "C107", "D265", "D281", "D502", "F307", "A128"])
    streets = np.array(["DE LA REPUBLIQUE", "VICTOR HUGO", "DE L'EGLISE", "DU 8 MAI 1945"])
    numbers = draw.integers(1, 200, facilities).astype("str")
    named = draw.random(facilities) < 0.8
    short = pd.Series(codes).str[:2].to_numpy()
    table = pa.table(
        {
            "AN": np.full(facilities, "2024"),
            "NOMRS": np.where(named, np.char.add("ETABLISSEMENT DU QUARTIER ", numbers), ""),
            "CNOMRS": np.full(facilities, ""),
            "NUMVOIE": numbers,
            "INDREP": np.full(facilities, ""),
            "TYPVOIE": np.full(facilities, "RUE"),
            "LIBVOIE": streets[draw.integers(len(streets), size=facilities)],
            "CADR": np.full(facilities, ""),
            "LIBCOM": where["name"].to_numpy(),
            "CODPOS": pd.Series(codes).str[:4].to_numpy() + "0",
            "DEPCOM": codes,
            "DEP": where["departement_code"].to_numpy(),
            "REG": where["region_code"].to_numpy(),
            "DOM": np.full(facilities, "D"),
            "SDOM": np.full(facilities, "D2"),
            "TYPEQU": kinds[draw.integers(len(kinds), size=facilities)],
            "TYPE": np.full(facilities, "_Z"),
            "SIRET": draw.integers(10**13, 10**14, facilities).astype("str"),
            "STATUT_DIFFUSION": np.full(facilities, "O"),
            "CANTINE": np.full(facilities, "_Z"),
            "INTERNAT": np.full(facilities, "_Z"),
            "RPI": np.full(facilities, "_Z"),
            "EP": np.full(facilities, "_Z"),
            "CL_PGE": np.full(facilities, "_Z"),
            "SECT": np.full(facilities, "_Z"),
            "LAMBERT_X": x.round(2).astype("str"),
            "LAMBERT_Y": y.round(2).astype("str"),
            "LONGITUDE": longitude.round(6).astype("str"),
            "LATITUDE": latitude.round(6).astype("str"),
            "QUALITE_XY": np.full(facilities, "Bonne"),
            "EPSG": np.full(facilities, "2154"),
            "DCIRIS": codes + "_0000",
            "QP2024": np.full(facilities, "CSZ"),
            "EPCI": where["epci_code"].to_numpy(),
            "UU2020": short + "000",
            "BV2022": codes,
            "AAV2020": np.full(facilities, "000"),
        }
    )
    options = pa_csv.WriteOptions(delimiter=";", quoting_style="needed")
    pa_csv.write_csv(table, path, write_options=options)


def measure_bpe(path: Path) -> None:
    """Print one line of the table for a file of facilities."""
    territory = load_territory("03")
    start, cpu = time.perf_counter(), time.process_time()
    _, _, record = read_supply(SupplyInput(path=path, file=path.name), territory=territory)
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    _print_line(record.rows_read, seconds, used, record.rows_kept)


def _print_line(rows: int, seconds: float, used: float, kept: int) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:>9,} {seconds:>9.1f} {used:>9.1f} {1000 * used / rows:>9.3f} {peak:>9,.0f} "
        f"{kept:>9,}",
        flush=True,
    )


def _alone(work: Callable[..., None], *given: object) -> None:
    """Run in a process of its own, whose memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)
    process.start()
    process.join()


def main() -> None:
    """Print the table."""
    print(f"{'rows':>9} {'seconds':>9} {'cpu s':>9} {'ms/row':>9} {'MB peak':>9} {'kept':>9}")
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()]
    if "bpe" not in sys.argv:
        for size in sizes or SIZES:
            _alone(measure, size)
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "BPE24.csv"
        _alone(write_bpe, path, next(iter(sizes), FACILITIES))
        _alone(measure_bpe, path)


if __name__ == "__main__":
    main()
