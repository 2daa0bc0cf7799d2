"""Cells of need files as numbers, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cartoallier.model import Indicator, Status
from cartoallier.model.finding import MASKED
from cartoallier.needs.vocabulary import folded, vocabulary

UNREADABLE = "illisible"
"""Stands for the status of a cell that is neither a number nor a known word."""

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")


_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_DOTTED = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(e[+-]?\d+)?%?")
_BARE = re.compile(r"\d{4,}")
_FRACTIONS = frozenset({"rp", "rp2021", "filosofi", "drees", "insee-carreaux"})
_SMALL = 11
"""Counts from 1 to 10 are secret (DOMAIN §1.4); a finding shows none."""


def shown(text: str, *numbers: float, secret: bool) -> str:
    """Return a text of a finding, or :data:`MASKED` where it would tell a small count.

    Args:
        text: what would be shown.
        numbers: those it tells; none: unknown, any digit is then hidden.
        secret: whether it is about counts that the outputs hide when small.
    """
    if not secret:
        return text
    small = (
        any(0 < abs(number) < _SMALL for number in numbers)
        if numbers
        else any(mark.isdigit() for mark in text)
    )
    return MASKED if small else text


def at_most(text: str) -> float | None:
    """Return 5 for « ≤ 5 », « <5 », « moins de 5 », up to 11; ``None`` for other texts."""
    word = folded(text)
    if not any(pattern.fullmatch(word) for pattern in vocabulary().small):
        return None
    return float(re.sub(r"\D", "", word))


def has_fractions(indicator: Indicator) -> bool:
    """Return whether a count is published with decimals: surveys are weighted, shares halved."""
    return indicator.source in _FRACTIONS


def has_thousands_dots(cells: Sequence[str], *, indicator: Indicator) -> bool:
    """Return whether the dots of a column stand between thousands: ``30.512`` for 30 512.

    Only counts and amounts in euros, whose every number with a dot is so written. Counts of the
    census have decimals: a bare ``1234`` beside them says that theirs are.

    Args:
        cells: of the column.
        indicator: what it holds.
    """
    if indicator.kind != "effectif" and indicator.unit != "€":
        return False
    if indicator.bounds is not None and indicator.bounds[1] < 1000:
        return False
    dotted = (_SPACES.sub("", cell) for cell in {cell for cell in cells if "." in cell})
    met = False
    for text in dotted:
        if _THOUSANDS.fullmatch(text):
            met = True
        elif _DOTTED.fullmatch(text.lower()):
            return False
    if met and indicator.kind == "effectif" and has_fractions(indicator):
        return not any(_BARE.fullmatch(_SPACES.sub("", cell)) for cell in cells)
    return met


def parse_cells(
    cells: Sequence[str], *, blank: Status, thousands: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Read cells as numbers, each distinct text once.

    Decimal commas, spaces of any kind between thousands and a final ``%`` are understood; the
    number is not scaled.

    Args:
        cells: as written.
        blank: what an empty cell means in this file.
        thousands: dots stand between thousands, see :func:`has_thousands_dots`.

    Returns:
        Values (missing where there is none) and statuses: ``publie``, that of the word written,
        ``blank``, or :data:`UNREADABLE`.
    """
    codes, texts = pd.factorize(np.asarray(cells, dtype="object"), use_na_sentinel=False)
    parsed = [_parsed(str(text), blank=blank, thousands=thousands) for text in texts]
    values = np.array([value for value, _ in parsed], dtype="float64")
    statuses = np.array([status for _, status in parsed], dtype="object")
    return values[codes], statuses[codes]


def _parsed(text: str, *, blank: Status, thousands: bool) -> tuple[float, str]:
    word = folded(text)
    if word in {"", "nan", "none"}:
        return np.nan, blank.value
    if (status := vocabulary().missing.get(word)) is not None:
        return np.nan, status.value
    if at_most(word) is not None:
        return np.nan, Status.SECRET.value
    digits = _SPACES.sub("", word).removesuffix("%").replace("\u2212", "-")
    if _GROUPED.fullmatch(digits) or (thousands and _THOUSANDS.fullmatch(digits)):
        digits = digits.replace(".", "")
    if not _NUMBER.fullmatch(digits):
        return np.nan, UNREADABLE
    value = float(digits.replace(",", "."))
    return (value, Status.PUBLISHED.value) if np.isfinite(value) else (np.nan, UNREADABLE)
