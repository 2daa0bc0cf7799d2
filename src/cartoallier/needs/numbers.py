"""Cells of need files as numbers, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cartoallier.model import Status
from cartoallier.needs.vocabulary import folded, vocabulary

UNREADABLE = "illisible"
"""Stands for the status of a cell that is neither a number nor a known word."""

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009']")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")


def parse_cells(cells: Sequence[str], *, blank: Status) -> tuple[np.ndarray, np.ndarray]:
    """Read cells as numbers, each distinct text once.

    Decimal commas, spaces of any kind between thousands and a final ``%`` are understood; the
    number is not scaled.

    Args:
        cells: as written.
        blank: what an empty cell means in this file.

    Returns:
        Values (missing where there is none) and statuses: ``publie``, that of the word written,
        ``blank``, or :data:`UNREADABLE`.
    """
    codes, texts = pd.factorize(np.asarray(cells, dtype="object"), use_na_sentinel=False)
    parsed = [_parsed(str(text), blank=blank) for text in texts]
    values = np.array([value for value, _ in parsed], dtype="float64")
    statuses = np.array([status for _, status in parsed], dtype="object")
    return values[codes], statuses[codes]


def _parsed(text: str, *, blank: Status) -> tuple[float, str]:
    word = folded(text)
    if word in {"", "nan", "none"}:
        return np.nan, blank.value
    if (status := vocabulary().missing.get(word)) is not None:
        return np.nan, status.value
    digits = _SPACES.sub("", word).removesuffix("%").replace("\u2212", "-")
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "")
    if not _NUMBER.fullmatch(digits):
        return np.nan, UNREADABLE
    value = float(digits.replace(",", "."))
    return (value, Status.PUBLISHED.value) if np.isfinite(value) else (np.nan, UNREADABLE)
