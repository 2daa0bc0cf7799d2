"""The 3 × 3 map of need against access, made only where both are known by commune.

Twelve EPCI never get nine classes, and a rate that is secret in most communes is an EPCI tint:
the map is made for a need known by commune almost everywhere, in a territory large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from cartoallier.diagnosis.classes import class_labels, classify
from cartoallier.model import Coverage, Indicator, Level, Mode, Theme
from cartoallier.model.french import NARROW, number, typeset
from cartoallier.model.run import Bivariate

KNOWN_SHARE = 0.9
"""Part of the communes that must have a need, and a duration."""
LEAST_COMMUNES = 27
"""Communes with both: three a cell on average."""
MIDDLE_WIDTH = 0.25
"""The middle column is at least this part of the threshold wide."""
TITLE_ACCESS = "Durée d’accès au lieu le plus proche"


@dataclass(frozen=True, eq=False, kw_only=True)
class NeedSide:
    """The need of communes, as its own map draws it.

    Attributes:
        indicator: drawn as need; where less of it is more need (direction « - ») its lowest
            values make the first row.
        title: its name as the legend prints it.
        values: by commune code; missing where there is no number.
        at_most: on the same index: the value is only the most it can be, see
            :func:`~cartoallier.diagnosis.classes.classify`.
        bounds: of the classes of its own map, increasing.
    """

    indicator: Indicator
    title: str
    values: pd.Series[float]
    at_most: pd.Series[bool]
    bounds: tuple[float, ...]


def cross(theme: Theme, coverage: Coverage, need: NeedSide) -> Bivariate | None:
    """Cross the need and the access of communes, three classes each.

    Access is cut by :func:`access_bounds`: far is beyond the threshold, as the headline says it
    (a commune at the threshold itself is not beyond); measured from several points, a commune
    has the mean minutes of its people, whom the headline counts one by one. Need is cut by
    :func:`need_bounds`, at two of the bounds of its own map, so that both legends of a page bear
    the same values.

    Args:
        theme: for its mode and its fixed classes.
        coverage: of the theme; minutes, threshold and people come from it.
        need: on an index that has the communes of the département.

    Returns:
        The map; ``None`` when the theme is not measured by durations, has no threshold, when
        fewer than :data:`KNOWN_SHARE` of the communes have a value or a duration, when fewer than
        :data:`LEAST_COMMUNES` have both, or when the need has fewer than three classes.
    """
    communes = coverage.rows(level=Level.COMMUNE).set_index("code")
    thresholds = coverage.table["seuil_min"].dropna()
    minutes = communes["duree_min"].astype("float64")
    values = need.values.reindex(communes.index)
    at_most = need.at_most.reindex(communes.index, fill_value=False)
    cut = need_bounds(values.mask(at_most), need.bounds)
    known = min(values.notna().sum(), minutes.notna().sum())
    if (
        theme.mode is not Mode.PROXIMITY
        or thresholds.empty
        or known < KNOWN_SHARE * max(len(communes), 1)
        or cut is None
    ):
        return None
    people = communes["population"]
    _, rising = classify(values, people, bounds=cut, unit="", at_most=at_most)
    near, far = access_bounds(theme.classes, float(thresholds.iloc[0]))
    away = (minutes >= near).astype("Int64") + (minutes > far)
    less_is_more = need.indicator.direction == "-"
    row = rising if less_is_more else 2 - rising
    position = (3 * row + away).mask(minutes.isna())
    if position.notna().sum() < LEAST_COMMUNES:
        return None
    low, middle, high = class_labels(cut, unit=need.indicator.unit)
    return Bivariate(
        title=typeset(
            f"{need.indicator.label} et durée d’accès au lieu le plus proche, par commune"
        ),
        title_need=need.title,
        title_access=TITLE_ACCESS,
        need_labels=(low, middle, high) if less_is_more else (high, middle, low),
        access_labels=_access_labels(near, far),
        cells=_cells(position, people),
        position=position,
        need_bounds=cut,
        access_bounds=(near, far),
    )


def access_bounds(classes: Sequence[float], threshold: float) -> tuple[float, float]:
    """Return the end of « near » and the start of « far », in minutes.

    Far is beyond ``threshold``. Near is below the largest bound of the fixed classes that leaves
    the middle :data:`MIDDLE_WIDTH` of the threshold at least, or below half of it when no bound
    does: 15 and 20 for a threshold of 20 minutes, 20 and 30 for 30, 10 and 15 for 15.

    Args:
        classes: fixed bounds of the theme, minutes.
        threshold: retained, minutes.
    """
    under = [float(bound) for bound in classes if bound <= (1 - MIDDLE_WIDTH) * threshold]
    return max(under, default=threshold / 2), threshold


def need_bounds(values: pd.Series[float], bounds: Sequence[float]) -> tuple[float, float] | None:
    """Return the two of ``bounds`` that cut ``values`` in the three most uniform classes.

    Of all pairs, the one with the least sum of squared distances to the mean of one's class:
    the criterion of Fisher-Jenks, held to the bounds of the legend; the lowest pair when level.

    Args:
        values: by commune; missing values have no say.
        bounds: increasing.

    Returns:
        The pair, or ``None`` with fewer than two bounds.

    Source: W. D. Fisher, « On grouping for maximum homogeneity », JASA 53, 1958.
    """
    known = np.sort(values.dropna().to_numpy(dtype="float64"))
    pairs = list(combinations((float(bound) for bound in bounds), 2))
    if not pairs:
        return None
    spread = [
        sum(float(((part - part.mean()) ** 2).sum()) for part in parts if len(part))
        for parts in (np.split(known, np.searchsorted(known, pair)) for pair in pairs)
    ]
    return pairs[int(np.argmin(spread))]


def _access_labels(near: float, far: float) -> tuple[str, str, str]:
    """Name the columns; the threshold itself is of the middle one."""
    low, high = (number(bound, decimals=int(bound != int(bound))) for bound in (near, far))
    unit = f"{NARROW}min"
    return f"moins de {low}{unit}", f"de {low} à {high}{unit}", f"plus de {high}{unit}"


def _cells(
    position: pd.Series[int], people: pd.Series[float]
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Count communes and inhabitants of each cell."""
    held = [position.eq(cell).fillna(value=False).astype("bool") for cell in range(9)]
    counts = [(int(one.sum()), round(float(people[one].sum()))) for one in held]
    return tuple(tuple(counts[row : row + 3]) for row in (0, 3, 6))
