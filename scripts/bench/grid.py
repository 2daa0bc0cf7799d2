"""The INSEE grid, measured: 2.3 million invented cells read, brought to communes and summed.

    python scripts/bench/grid.py [n]

Writes ``n`` cells of 200 m in INSEE's layout of 2019 (CSV and GeoPackage) over the real communes
of metropolitan France, seeded: households are drawn inside communes, a cell holds those that fall
in it and ``lcog_geo`` lists their communes, so cells on borders have several codes and centres may
stand in a neighbour or in the sea. Then reads each file in a process of its own: with the codes
of ``lcog_geo`` where there is a single one, and with the join to the outlines forced for all.
Writing is not counted; the start of the process, imports, reading, the join and the sums are.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyogrio
import shapely

from cartoallier.catalogue import shipped
from cartoallier.model import Indicator
from cartoallier.needs.grid import sum_cells
from cartoallier.territory import load_country, read_insee_grid

CELLS = 2_300_000
SIDE = 200
SEED = 20190101
_HOUSEHOLDS = 2.2
"""Households drawn for one cell wanted: several fall in the same."""
_OF_HOUSEHOLDS = {
    "men_pauv": 0.15,
    "men_1ind": 0.36,
    "men_5ind": 0.06,
    "men_prop": 0.58,
    "men_fmp": 0.1,
    "ind_snv": 48_000.0,
    "men_surf": 92.0,
    "men_coll": 0.4,
    "men_mais": 0.6,
    "log_av45": 0.25,
    "log_45_70": 0.2,
    "log_70_90": 0.3,
    "log_ap90": 0.24,
    "log_inc": 0.01,
    "log_soc": 0.14,
}
_OF_PEOPLE = {
    "ind_0_3": 0.045,
    "ind_4_5": 0.024,
    "ind_6_10": 0.062,
    "ind_11_17": 0.085,
    "ind_18_24": 0.08,
    "ind_25_39": 0.18,
    "ind_40_54": 0.2,
    "ind_55_64": 0.13,
    "ind_65_79": 0.13,
    "ind_80p": 0.06,
    "ind_inc": 0.004,
}


def draw_cells(n: int) -> pd.DataFrame:
    """Return at most ``n`` cells: ``x`` and ``y`` of the lower-left corner, ``lcog_geo``.

    Places are drawn in every commune, in proportion of the root of its area and population.
    """
    draw = np.random.default_rng(SEED)
    communes = gpd.read_parquet(shipped("geo/communes.parquet"))
    communes = communes[communes.geometry.notna() & (communes["region_code"] > "10")]
    shapes = communes.geometry.to_crs(3035)
    weight = np.sqrt(shapes.area.to_numpy() * (communes["population"].to_numpy() + 50.0))
    wanted = np.ceil(weight / weight.sum() * n * _HOUSEHOLDS).astype("int64")
    parts = []
    for rank, (shape, places) in enumerate(zip(shapes, wanted, strict=True)):
        west, south, east, north = shape.bounds
        tries = int(places * (east - west) * (north - south) / shape.area) + 4
        x, y = draw.uniform(west, east, tries), draw.uniform(south, north, tries)
        shapely.prepare(shape)
        held = shapely.contains_xy(shape, x, y)
        column, row = (x[held] // SIDE).astype("int64"), (y[held] // SIDE).astype("int64")
        parts.append(np.unique((row << 20 | column) << 16 | rank))
    keys = np.sort(np.concatenate(parts))
    cells, first = np.unique(keys >> 16, return_index=True)
    codes = communes["code"].to_numpy(dtype=object)[keys & 0xFFFF]
    several = np.diff(first, append=len(keys)) > 1
    listed = codes[first]
    for cell in np.flatnonzero(several):
        end = first[cell + 1] if cell + 1 < len(first) else len(keys)
        listed[cell] = "".join(codes[first[cell] : end])
    kept = np.sort(draw.permutation(len(cells))[:n])
    x, y = (cells[kept] & 0xFFFFF) * SIDE, (cells[kept] >> 20) * SIDE
    return pd.DataFrame({"x": x, "y": y, "lcog_geo": listed[kept]})


def layout(cells: pd.DataFrame) -> pa.Table:
    """Return cells in INSEE's columns, with invented counts."""
    draw = np.random.default_rng(SEED + 1)
    households = draw.geometric(0.08, len(cells)).astype("float64")
    people = np.round(households * draw.uniform(1.5, 2.9, len(cells)), 1)
    columns: dict[str, object] = {
        "idcar_200m": _ids(cells, SIDE),
        "idcar_1km": _ids(cells, 1000),
        "idcar_nat": _ids(cells, SIDE),
        "i_est_200": (households < 11).astype("int64"),
        "i_est_1km": np.zeros(len(cells), dtype="int64"),
        "lcog_geo": cells["lcog_geo"].to_numpy(),
        "ind": people,
        "men": households,
    }
    for base, shares in ((households, _OF_HOUSEHOLDS), (people, _OF_PEOPLE)):
        for name, share in shares.items():
            columns[name] = np.round(base * share * draw.uniform(0.5, 1.5, len(cells)), 1)
    return pa.table(columns)


def _ids(cells: pd.DataFrame, side: int) -> list[str]:
    north, east = cells["y"] // side * side, cells["x"] // side * side
    return [f"CRS3035RES{side}mN{n}E{e}" for n, e in zip(north, east, strict=True)]


def write_files(folder: Path, *, n: int) -> tuple[Path, Path]:
    """Write the CSV and the GeoPackage; return their paths."""
    cells = draw_cells(n)
    table = layout(cells)
    csv, gpkg = folder / "carreaux_200m_met_2019.csv", folder / "carreaux_200m_met_2019.gpkg"
    pa_csv.write_csv(table, csv, pa_csv.WriteOptions(quoting_style="needed"))
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    squares = shapely.to_wkb(shapely.box(x, y, x + SIDE, y + SIDE))
    pyogrio.write_arrow(
        table.append_column("geometry", pa.array(squares, type=pa.binary())),
        gpkg,
        layer="carreaux_200m_met",
        driver="GPKG",
        geometry_name="geometry",
        geometry_type="Polygon",
        crs="EPSG:3035",
    )
    return csv, gpkg


def work(path: Path, *, trust: bool, started: float) -> dict[str, float]:
    """Read a file, bring its cells to communes and sum every count; return what it cost."""
    country = load_country()
    grid = read_insee_grid(path, file=path.name, country=country, trust_codes=trust)
    indicators = {
        name: Indicator(id=name, label=name, unit="personnes", kind="effectif", codes=(name,))
        for name in grid.counts
    }
    extract = sum_cells(
        grid.frame,
        hidden=grid.hidden,
        indicators=indicators,
        names=country.communes["name"],
        file=path.name,
        vintage=grid.record.vintage,
    )
    people = extract.values[extract.values["indicator"] == "ind"]
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cells": grid.record.rows_kept,
        "communes": len(people),
        "values": len(extract.values),
        "people": float(people["value"].sum()),
        "seconds": time.time() - started,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
    }


def _apart(job: Callable[..., Any], **arguments: object) -> Any:  # noqa: ANN401 (what the job gives)
    """Run a job in a fresh process: its imports and its peak of memory are its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(job, kwds=arguments)


def main() -> None:
    """Print one line per file and way of finding communes."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else CELLS
    print("file  communes by      cells  communes     values       people      s  cpu s  peak MB")
    with tempfile.TemporaryDirectory() as folder:
        for path in _apart(write_files, folder=Path(folder), n=n):
            for trust, how in ((True, "lcog_geo"), (False, "join")):
                cost = _apart(work, path=path, trust=trust, started=time.time())
                print(
                    f"{path.suffix[1:]:5} {how:11} {cost['cells']:10,} {cost['communes']:9,} "
                    f"{cost['values']:10,} {cost['people']:12,.0f} {cost['seconds']:6.1f} "
                    f"{cost['cpu']:6.1f} {cost['peak']:8,.0f}"
                )


if __name__ == "__main__":
    main()
