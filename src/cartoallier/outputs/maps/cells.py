"""Cells of frames, which may be missing, as French text."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cartoallier.model import french

EMPTY = "–"
"""Printed where there is no figure and no reason to give."""
MOST_DECIMALS = 8
"""Decimals written to keep a figure on its side of a bound, at most: beyond is rounding noise."""


def missing(value: str | float | None) -> bool:
    """Return whether a scalar of a frame is missing."""
    return value is None or bool(pd.isna(value))


def number(value: float | None, *, decimals: int = 0) -> str:
    """Return ``16 833`` or ``4,2``; a dash when missing."""
    return (
        EMPTY if value is None or missing(value) else french.number(float(value), decimals=decimals)
    )


def minutes(value: float | None, bounds: Iterable[float] = ()) -> str:
    """Return ``9,1``; more decimals where one would carry it across a bound.

    29.98 is « 29,98 » beside a class « de 20 à moins de 30 », not « 30,0 ».

    Args:
        value: minutes, may be missing.
        bounds: of the classes it is put in, and the threshold it is held against.
    """
    return EMPTY if value is None or missing(value) else _beside(float(value), bounds, decimals=1)


def percent(share: float | None, bounds: Iterable[float] = ()) -> str:
    """Return ``5,1 %`` for a share of 0.051; a dash when missing.

    Args:
        share: from 0 to 1.
        bounds: in per cent, that rounding may not cross.
    """
    if share is None or missing(share):
        return EMPTY
    return f"{_beside(100 * float(share), bounds, decimals=1)}{french.NARROW}%"


def measure(value: float | None, unit: str, bounds: Iterable[float] = ()) -> str:
    """Return an indicator's value with its unit (``21,4 %``, ``1 204 personnes``).

    Args:
        value: may be missing.
        unit: after it.
        bounds: of the classes it is put in, that rounding may not cross.
    """
    if value is None or missing(value):
        return EMPTY
    amount = float(value)
    whole = amount == int(amount) or abs(amount) >= 1000
    fine = not unit and abs(amount) < 10  # an index: Gini, ratio of deciles
    shown = _beside(amount, bounds, decimals=0 if whole else 2 if fine else 1)
    space = french.NARROW if unit == "%" else french.NO_BREAK
    return f"{shown}{space}{unit}" if unit else shown


def _beside(value: float, bounds: Iterable[float], *, decimals: int) -> str:
    """Write a figure on its side of each bound; always a figure, so that a column sorts."""
    held = tuple(bounds)
    for more in range(decimals, MOST_DECIMALS + 1):
        shown = french.on_its_side(value, held, decimals=more)
        if shown[-1].isdigit() and not shown[0].isalpha():
            return shown
    return french.number(value, decimals=decimals)


def text(value: str | float | None) -> str:
    """Return the text of a cell, empty when missing."""
    return "" if missing(value) else str(value)
