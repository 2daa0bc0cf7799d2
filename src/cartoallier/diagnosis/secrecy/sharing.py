"""People of hidden communes, shared out again from published sums only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.diagnosis.secrecy.ground import Ground
from cartoallier.model import Territory

Floats = NDArray[np.float64]


def share_out(
    people: pd.Series,
    *,
    value: Floats,
    shown: NDArray[np.bool_],
    territory: Territory,
    ground: Ground,
) -> pd.Series:
    """Replace the people of hidden communes by what the published sums say, pro rata.

    The sums published for zones, less the communes published, are shared between the communes
    that are not, in proportion to their legal population (as INSEE does for small cells of its
    grid); within a commune likewise between its origins. Zones keep their totals; nothing that
    is computed from the result says more than the published table does.

    Args:
        people: of one public at each origin.
        value: people of each zone of ``ground``.
        shown: which of those are published.
        territory: origins.
        ground: zones.

    Returns:
        The same people where the commune is published or unknown, shares elsewhere.
    """
    commune = ground.communes.get_indexer(pd.Index(territory.origins["commune_code"]))
    given = shown[ground.own]
    estimate = _estimate(value, shown=shown, given=given, ground=ground)
    here = territory.origins["population"].to_numpy(dtype="float64")
    total = np.bincount(commune, weights=here, minlength=len(given))
    origins = np.bincount(commune, minlength=len(given))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(total[commune] > 0, here / total[commune], 1 / origins[commune])
    replaced = ~given[commune] & people.notna().to_numpy()
    return people.mask(replaced, pd.Series(estimate[commune] * part, index=people.index))


def _estimate(
    value: Floats, *, shown: NDArray[np.bool_], given: NDArray[np.bool_], ground: Ground
) -> Floats:
    """Return people by commune that add up to the published sums, as even as can be."""
    known = np.where(given, np.nan_to_num(value[ground.own]), 0.0)
    inhabitants = np.maximum(ground.inhabitants, 1.0)
    unknown = np.flatnonzero(~given)
    reference = inhabitants[given].sum()
    even = inhabitants[unknown] * (known.sum() / reference if reference else 0.0)
    alone = np.zeros(len(value), dtype=bool)
    alone[ground.own] = True
    rows = np.flatnonzero(shown & ~alone)
    sums = ground.sums[rows][:, unknown].toarray()
    if sums.any():
        rest = value[rows] - ground.sums[rows] @ known
        scaled = sums * inhabitants[unknown]
        even = even + scaled.T @ (np.linalg.pinv(scaled @ sums.T) @ (rest - sums @ even))
    estimate = known
    estimate[unknown] = np.clip(even, 0.0, None)
    return np.asarray(estimate)
