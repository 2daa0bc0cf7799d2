"""Class breaks of the maps, and how many communes and people each class holds.

Access has fixed classes (Fisher-Jenks is never applied to it): the same bounds, page after
page and year after year, so that two maps can be compared. Need takes the bounds of the catalogue
for the same reason; an indicator without bounds there is cut by Fisher-Jenks.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.model import ClassCount
from cartoallier.model.french import NARROW, number

SHARE_BOUNDS = (0.05, 0.10, 0.25, 0.50)
"""Bounds of the share of people beyond the threshold, for EPCI."""
CLASSES = 5
"""Classes of a need without bounds in the catalogue, at most."""
EXACT = 1_000
"""Values that Fisher-Jenks takes as they are; its time grows with their square."""
SAMPLE = 500
"""Values kept of more than :data:`EXACT`, evenly spaced in their order."""
DIGITS = 7
"""Significant figures of a bound, at most: values closer than that are of one class."""
DECIMALS = 9
"""Decimals of a bound in words, at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class NeedCut:
    """Where the classes of a need are cut, and how.

    Attributes:
        bounds: increasing, in the unit of the indicator; empty: it cannot be drawn.
        words: how they were found when the catalogue gives none, French; else empty.
    """

    bounds: tuple[float, ...]
    words: str = ""


def class_labels(bounds: Sequence[float], *, unit: str) -> list[str]:
    """Name the classes cut by ``bounds``, as « de 10 à moins de 15 min »."""
    words = [_short(bound) for bound in bounds]
    tail = f"{NARROW}{unit}" if unit else ""
    return [
        f"moins de {words[0]}{tail}",
        *(f"de {low} à moins de {high}{tail}" for low, high in pairwise(words)),
        f"{words[-1]}{tail} et plus",
    ]


def _short(bound: float) -> str:
    """Write a bound with as many decimals as it has."""
    decimals = next((d for d in range(DECIMALS) if math.isclose(round(bound, d), bound)), DECIMALS)
    return number(bound, decimals=decimals)


def natural_bounds(values: pd.Series[float]) -> tuple[float, ...]:
    """Return bounds that cut ``values`` in at most five classes as uniform as can be.

    Classes are those of Fisher-Jenks: of all ways to cut the ordered values in k classes, the
    one with the least sum of squared distances to the mean of one's class. Beyond
    :data:`EXACT` values it is made on :data:`SAMPLE` of them, evenly spaced in their order, the
    two ends included. Level values are of one class, and k is the number of distinct values when
    they are fewer than :data:`CLASSES`.

    A bound is a number between the last value of a class and the first of the next: the one with
    the fewest figures (multiples of 10, then 5, then 1…), nearest to the middle. So no value
    changes class by rounding, of the sample or not.

    Args:
        values: in any order; missing and infinite ones have no say.

    Returns:
        Increasing bounds, each the first value its class may hold; empty for fewer than two
        distinct values.

    Source: W. D. Fisher, « On grouping for maximum homogeneity », JASA 53, 1958; computed by
    ``mapclassify`` (PySAL).
    """
    given = np.asarray(values, dtype=np.float64)
    known = np.sort(given[np.isfinite(given)])
    if not len(known) or known[0] == known[-1]:
        return ()
    bounds = []
    for last in _last_values(known):
        first = known[np.searchsorted(known, last, side="right")]
        bound = _readable(float(last), float(first))
        if bound is not None:
            bounds.append(bound)
    return tuple(bounds)


def _last_values(known: Floats) -> Floats:
    """Return the highest value of each class of Fisher-Jenks but the last class, increasing.

    Args:
        known: sorted, at least two distinct values.
    """
    distinct = np.unique(known)
    if len(distinct) <= CLASSES:
        return distinct[:-1]
    if len(known) > EXACT:
        known = known[np.unique(np.linspace(0, len(known) - 1, SAMPLE).round().astype("int64"))]
    # squares of raw incomes would lose their last figures: mapclassify sums in single precision
    centred = known - known.mean()
    scaled = centred / np.abs(centred).max()
    k = min(CLASSES, len(np.unique(scaled)))
    from mapclassify import FisherJenks  # noqa: PLC0415 (heavy, rarely needed)

    with warnings.catch_warnings():
        # numba would only make it faster; a reader of the run has no use for the advice
        warnings.filterwarnings("ignore", message="Numba not installed", category=UserWarning)
        tops = FisherJenks(scaled, k=k).bins
    last = np.searchsorted(scaled, np.unique(tops), side="right") - 1
    held = np.unique(known[last])
    return np.asarray(held[held < known[-1]], dtype=np.float64)


def _readable(above: float, upto: float) -> float | None:
    """Return the number with the fewest figures in (``above``, ``upto``], nearest to its middle.

    Of two as near, the higher. ``None`` when no number of :data:`DIGITS` figures lies there.
    """
    low, high = Decimal(repr(above)), Decimal(repr(upto))
    size = max(low.copy_abs(), high.copy_abs()).adjusted() + 1
    for exponent in range(size, size - DIGITS, -1):
        unit = Decimal(1).scaleb(exponent)
        for step in (unit, unit / 2):
            first, last = math.floor(low / step) + 1, math.floor(high / step)
            if first <= last:
                middle = math.floor((low + high) / 2 / step + Decimal("0.5"))
                return float(min(max(middle, first), last) * step)
    return None


def classify(
    values: pd.Series[float],
    people: pd.Series[float],
    *,
    bounds: Sequence[float],
    unit: str,
    at_most: pd.Series[bool] | None = None,
) -> tuple[tuple[ClassCount, ...], pd.Series[Any]]:
    """Cut ``values`` at ``bounds`` (lower bound included) and count each class.

    Args:
        values: by zone; missing values belong to no class.
        people: by zone, on the same index.
        bounds: increasing.
        unit: of the labels; ``%`` cuts values given in percent.
        at_most: by zone, on the same index: the value is only the most it can be, from 0. It is
            of the first class up to its upper bound, and of no class beyond.

    Returns:
        The classes, and the position of each zone's class (``Int64``, missing for missing).
    """
    edges = [-math.inf, *bounds, math.inf]
    position = pd.Series(
        np.searchsorted(bounds, values.to_numpy(dtype="float64"), side="right"),
        index=values.index,
        dtype="Int64",
    ).mask(values.isna())
    if at_most is not None:
        position = position.mask(at_most & (values > bounds[0])).mask(
            at_most & (values <= bounds[0]), 0
        )
    labels = class_labels(bounds, unit=unit)
    counts = tuple(
        ClassCount(
            label=label,
            lower=edges[i],
            upper=edges[i + 1],
            communes=int((position == i).sum()),
            inhabitants=round(float(people[(position == i).fillna(False)].sum())),
        )
        for i, label in enumerate(labels)
    )
    return counts, position


def round_values(largest: float) -> tuple[int, ...]:
    """Return three round numbers up to ``largest`` for a legend of circles."""
    if not largest >= 1:
        return ()
    whole = math.floor(largest)
    scale = int(10 ** (len(str(whole)) - 1))  # log10 rounds up just under a power of ten
    top = max(step * scale for step in (1, 2, 5) if step * scale <= whole)
    return tuple(sorted({value for value in (top // 10, top // 2, top) if value >= 1}))
