"""Tables under ``tableaux/``: CSV in UTF-8, comma, point, one header line, codes as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from cartoallier.model import Run
from cartoallier.outputs.tables.frames import TABLES, decimals_of, source_tables
from cartoallier.outputs.tables.workbook import write_workbook

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WORKBOOK = "diagnostic.xlsx"
COORDINATES = frozenset({"longitude", "latitude"})


def write_tables(run: Run, folder: Path) -> list[Path]:
    """Write every table of ``run`` under ``folder/tableaux``, and the workbook of them all.

    Shares are written with six decimals, kilometres with three, minutes with two, people as
    whole numbers; missing cells are empty. Text that a spreadsheet would run as a formula is
    preceded by an apostrophe.
    """
    target = folder / "tableaux"
    target.mkdir(parents=True, exist_ok=True)
    frames = {name: table(run) for name, table in TABLES}
    written = [write_csv(frame, target / f"{name}.csv") for name, frame in frames.items()]
    return [*written, write_workbook(run, frames | source_tables(run), target / WORKBOOK)]


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write one table, numbers as the contract says, text disarmed."""
    cells = {}
    for column in frame.columns:
        values = frame[column]
        decimals = 6 if column in COORDINATES else decimals_of(column)
        if values.dtype == "bool":
            cells[column] = values.map({True: "true", False: "false"})
        elif isinstance(values.dtype, pd.StringDtype):
            # a long table repeats few words: each is read once
            cells[column] = values.map({word: _neutral(word) for word in values.dropna().unique()})
        elif not pd.api.types.is_numeric_dtype(values.dtype):
            cells[column] = values.map(_neutral)
        else:
            cells[column] = values.map(_plain if decimals is None else _fixed(decimals))
    safe = pd.DataFrame(cells, columns=frame.columns, dtype="object")
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _neutral(value: object) -> object:
    """Disarm text that a spreadsheet would run as a formula."""
    if not isinstance(value, str):
        return value
    # a French spreadsheet opens this file with « ; » between cells: each part may be one
    safe = re.sub(r"([;\t\n]\s*)(?=[=+\-@])", r"\1'", value)
    return f"'{safe}" if safe.startswith(FORMULA_STARTS) else safe


def _fixed(decimals: int) -> Callable[[float], str | None]:
    """Return what writes a number with ``decimals`` decimals; missing stays missing."""
    return lambda value: None if pd.isna(value) else f"{value + 0.0:.{decimals}f}"


def _plain(value: float) -> str | None:
    """Write a number with at most six decimals, without trailing zeros."""
    return None if pd.isna(value) else f"{value + 0.0:.6f}".rstrip("0").rstrip(".")
