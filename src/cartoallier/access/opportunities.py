"""How many places, and how much of what they offer, lie within some minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.engine import Floats, Pairs
from cartoallier.model.french import number, plural, typeset


@dataclass(frozen=True, eq=False, kw_only=True)
class Capacity:
    """What each desk offers.

    Attributes:
        values: of each desk: hours a week, or 1 each.
        in_hours: whether they are hours.
        words: which, and what was assumed, French.
    """

    values: Floats
    in_hours: bool
    words: str


def desk_capacity(hours: pd.Series, desk: pd.Series) -> Capacity:
    """Return the hours a week of each desk, or 1 each when too few are known.

    A desk that several records describe counts once, with the greatest hours they give. 0 is read
    as « not told »: a place that counts is open. Hours are used when at least half of the desks
    have theirs; the others then take the (ordinary) median of those known.

    Args:
        hours: a week, of each record, missing where unknown.
        desk: key of each record's desk, same index.

    Returns:
        One value per desk, in sorted order of the keys.
    """
    told = hours.where(hours > 0).groupby(desk).max().sort_index()
    known, desks = int(told.notna().sum()), len(told)
    counted = (
        f"heures d’ouverture connues pour {plural(known, 'lieu', 'lieux')} sur {number(desks)}"
    )
    if not desks or 2 * known < desks:
        words = typeset(f"unité : lieu, chacun comptant autant ({counted})")
        return Capacity(values=np.ones(desks), in_hours=False, words=words)
    median = float(told.median())
    words = "unité : heure d’ouverture par semaine"
    if known < desks:
        shown = number(median, decimals=0 if median.is_integer() else 1)
        words += f" ({counted} ; les autres prennent la médiane, {shown} h)"
    return Capacity(
        values=told.fillna(median).to_numpy(dtype="float64"), in_hours=True, words=typeset(words)
    )


def merge_sites(pairs: Pairs, group: NDArray[np.intp]) -> Pairs:
    """Make one site of those of each group, as near as the nearest of them.

    Several records describe one desk; a desk must count once, and admits whoever one of its
    records admits.

    Args:
        pairs: origins and sites.
        group: of each site, from 0.

    Returns:
        Pairs of origins and groups, sorted by origin then group.
    """
    found = group[pairs.site]
    order = np.lexsort((pairs.minutes, found, pairs.origin))
    origin, site = pairs.origin[order], found[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (origin[1:] != origin[:-1]) | (site[1:] != site[:-1])
    return Pairs(origin=origin[first], site=site[first], minutes=pairs.minutes[order][first])


def k_nearest(pairs: Pairs, *, k: int, origins: int) -> Floats:
    """Return the minutes to the 1st, 2nd… k-th nearest site of each origin.

    Args:
        pairs: all sites that matter, each at most once per origin.
        k: how many, from 1.
        origins: number of origins.

    Returns:
        (origins, k), growing along a row; missing where the origin has fewer sites in ``pairs``.
    """
    order = np.lexsort((pairs.minutes, pairs.origin))
    count = np.bincount(pairs.origin, minlength=origins)
    start = np.cumsum(count) - count
    origin = pairs.origin[order]
    rank = np.arange(len(order)) - start[origin]
    kept = rank < k
    nearest = np.full((origins, k), np.nan)
    nearest[origin[kept], rank[kept]] = pairs.minutes[order][kept]
    return nearest


def cumulative_opportunities(
    pairs: Pairs, *, within: float, origins: int, capacity: Floats | None = None
) -> Floats:
    """Return Σ_j S_j [t_ij ≤ t]: what can be reached within ``within`` minutes.

    Measure of cumulative opportunities (Wachs and Kumagai, 1973; Geurs and van Wee, 2004).

    Args:
        pairs: origins and sites, at least as far as ``within``.
        within: t, minutes, included.
        origins: number of origins.
        capacity: S_j of each site; ``None``: 1, so that sites are counted.

    Returns:
        (origins,); 0 where nothing is within reach.
    """
    near = pairs.minutes <= within
    worth = None if capacity is None else capacity[pairs.site[near]]
    found: Floats = np.bincount(pairs.origin[near], weights=worth, minlength=origins).astype(
        "float64"
    )
    return found
