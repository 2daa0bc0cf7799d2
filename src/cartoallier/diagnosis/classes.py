"""Class breaks of the maps, and how many communes and people each class holds.

Access has fixed classes (Fisher-Jenks is never applied to it): the same bounds, page after
page and year after year, so that two maps can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from cartoallier.model import ClassCount
from cartoallier.model.french import NARROW, number

SHARE_BOUNDS = (0.05, 0.10, 0.25, 0.50)
"""Bounds of the share of people beyond the threshold, for EPCI."""
FIFTHS = 5


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
    """Write a bound with as many decimals as it has, three at most."""
    decimals = next((d for d in range(3) if math.isclose(round(bound, d), bound)), 3)
    return number(bound, decimals=decimals)


def quintiles(values: pd.Series[float]) -> tuple[float, ...]:
    """Return bounds that cut ``values`` in five, the largest written with three figures.

    Fewer than four bounds when many values are level; none for fewer than five distinct ones.
    """
    known = values.dropna()
    if known.nunique() < FIFTHS:
        return ()
    exact = known.quantile([i / FIFTHS for i in range(1, FIFTHS)])
    largest = float(exact.abs().max()) or 1.0
    rounded = set(exact.round(2 - math.floor(math.log10(largest))))
    return tuple(sorted(float(b) for b in rounded if known.min() < b <= known.max()))


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
