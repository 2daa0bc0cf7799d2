"""Tables under ``tableaux/``: CSV in UTF-8, comma, point, one header line, codes as text."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from cartoallier.model import Run
from cartoallier.outputs.tables.frames import (
    TABLES,
    decimals_of,
    minute_bounds,
    source_tables,
)
from cartoallier.outputs.tables.workbook import write_workbook

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WORKBOOK = "diagnostic.xlsx"
COORDINATES = frozenset({"longitude", "latitude"})
MOST_DECIMALS = 9
"""Decimals of minutes beside a bound, at most: beyond is rounding noise."""


def write_tables(run: Run, folder: Path) -> list[Path]:
    """Write every table of ``run`` under ``folder/tableaux``, and the workbook of them all.

    Shares are written with six decimals at most, kilometres with three, minutes with two, people
    as whole numbers, without trailing zeros; missing cells are empty. Minutes that two decimals
    would carry onto a bound of a class or a threshold keep the decimals that tell them from it.
    Text that a spreadsheet would run as a formula is preceded by an apostrophe.
    """
    target = folder / "tableaux"
    target.mkdir(parents=True, exist_ok=True)
    frames = {name: table(run) for name, table in TABLES}
    bounds = minute_bounds(run)
    written = [
        write_csv(frame, target / f"{name}.csv", bounds=bounds) for name, frame in frames.items()
    ]
    return [*written, write_workbook(run, frames | source_tables(run), target / WORKBOOK)]


def write_csv(frame: pd.DataFrame, path: Path, *, bounds: Collection[float] = ()) -> Path:
    """Write one table, numbers as the contract says, text disarmed.

    Args:
        frame: the table.
        path: of the file.
        bounds: in minutes, that no duration may cross by rounding.
    """
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
            held = bounds if column.startswith("duree_") else ()
            cells[column] = _written(values, 6 if decimals is None else decimals, held)
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


def _written(values: pd.Series, decimals: int, bounds: Collection[float]) -> pd.Series:
    """Write each distinct number once, a zone having the figures of many another."""
    known = values.dropna().unique()
    words = {value: _number(float(value), decimals, bounds) for value in known}
    return values.map(words).astype("object")


def _number(value: float, decimals: int, bounds: Collection[float]) -> str:
    """Write a number with at most ``decimals`` decimals, more where that would cross a bound."""
    for more in (decimals, *range(decimals + 1, MOST_DECIMALS + 1)):
        text = _trimmed(value, more)
        shown = float(text)
        if all((shown > b) == (value > b) and (shown < b) == (value < b) for b in bounds):
            return text
    return _trimmed(value, decimals)  # on the bound, but for rounding noise


def _trimmed(value: float, decimals: int) -> str:
    """Write a number without trailing zeros; zero has no sign."""
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return "0" if text == "-0" else text
