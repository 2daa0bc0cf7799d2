"""Cells of frames, which may be missing, as French text."""

from __future__ import annotations

import pandas as pd

from cartoallier.model import french

EMPTY = "–"
"""Printed where there is no figure and no reason to give."""


def missing(value: str | float | None) -> bool:
    """Return whether a scalar of a frame is missing."""
    return value is None or bool(pd.isna(value))


def number(value: float | None, *, decimals: int = 0) -> str:
    """Return ``16 833`` or ``4,2``; a dash when missing."""
    return (
        EMPTY if value is None or missing(value) else french.number(float(value), decimals=decimals)
    )


def percent(share: float | None) -> str:
    """Return ``5,1 %`` for a share of 0.051; a dash when missing."""
    return EMPTY if share is None or missing(share) else french.percent(float(share))


def measure(value: float | None, unit: str) -> str:
    """Return an indicator's value with its unit (``21,4 %``, ``1 204 personnes``)."""
    if value is None or missing(value):
        return EMPTY
    amount = float(value)
    whole = amount == int(amount) or abs(amount) >= 1000
    fine = not unit and abs(amount) < 10  # an index: Gini, ratio of deciles
    shown = french.number(amount, decimals=0 if whole else 2 if fine else 1)
    space = french.NARROW if unit == "%" else french.NO_BREAK
    return f"{shown}{space}{unit}" if unit else shown


def text(value: str | float | None) -> str:
    """Return the text of a cell, empty when missing."""
    return "" if missing(value) else str(value)
