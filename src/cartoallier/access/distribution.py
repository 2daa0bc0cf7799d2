"""Means and percentiles weighted by people, zone by zone and public by public."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats

_ROUNDING = 1e-9
"""Share of a total by which a sum of people may fall short of it by rounding alone."""


def weighted_mean(values: Floats, *, weights: Floats, gather: csr_matrix) -> Floats:
    """Return Σ w v / Σ w of each zone and public, over the origins where both are known.

    Args:
        values: (n,) shared by every public, or (n, k); missing where unknown.
        weights: (n, k) people of each public at each origin, missing where unknown.
        gather: 0/1 matrix zones × origins, (z, n).

    Returns:
        (z, k); missing where nobody is left.
    """
    columns = values[:, None] if values.ndim == 1 else values
    known = np.where(np.isnan(columns) | np.isnan(weights), 0.0, weights)
    return _ratio(gather @ (known * np.nan_to_num(columns)), gather @ known)


def weighted_share(condition: NDArray[np.bool_], *, weights: Floats, gather: csr_matrix) -> Floats:
    """Return Σ w [condition] / Σ w of each zone and public, (z, k).

    Args:
        condition: (n,) or (n, k).
        weights: (n, k), missing where unknown: left out of both sums.
        gather: (z, n).
    """
    return weighted_mean(condition.astype("float64"), weights=weights, gather=gather)


def weighted_percentile(
    values: Floats, *, weights: Floats, gather: csr_matrix, share: float
) -> Floats:
    """Return the weighted percentile of each zone and public.

    It is the smallest value v such that people at v or less are at least ``share`` of the people:
    the inverse of the distribution function (definition 1 of Hyndman and Fan, *Sample Quantiles in
    Statistical Packages*, 1996), where each inhabitant is one observation. It is therefore one of
    the values, grows with ``share``, and does not change when an origin is cut in several that
    share its value. ``share = 0.5`` is the (lower) median.

    Args:
        values: (n,); infinite beyond every reach. A missing value is left out, with its people.
        weights: (n, k) people, missing where unknown: left out.
        gather: 0/1 matrix zones × origins, (z, n).
        share: above 0, at most 1 (0.9: nine people in ten are at most that far).

    Returns:
        (z, k), missing where nobody is left, infinite where the percentile is beyond every reach.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, got {share}")
    zones, publics = gather.shape[0], weights.shape[1]
    known = np.where(np.isnan(values)[:, None] | np.isnan(weights), 0.0, weights)
    order = np.argsort(values, kind="stable")
    ranked = csr_matrix(gather)[:, order]
    ranked.sort_indices()
    start, entry = ranked.indptr, ranked.indices
    # people of a zone at its first origins, in growing order of value, public by public
    running = np.vstack([np.zeros((1, publics)), np.cumsum(known[order][entry], axis=0)])
    total = running[start[1:]] - running[start[:-1]]
    row = np.repeat(np.arange(zones), np.diff(start))
    below = running[1:] - running[start[row]] < share * total[row] - _ROUNDING * total[row]
    passed = np.vstack([np.zeros((1, publics), dtype=np.intp), np.cumsum(below, axis=0)])
    position = start[:-1, None] + passed[start[1:]] - passed[start[:-1]]
    padded = np.append(values[order][entry], np.nan)
    result: Floats = padded[np.minimum(position, len(entry))]
    return np.where(total > 0, result, np.nan)


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = np.where(whole > 0, part / whole, np.nan)
    return result
