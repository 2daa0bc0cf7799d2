"""Desks that one list holds twice: typed again by somebody else, or again the year after."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cartoallier.supply.merging.desks import FIXED, Desks

TWICE = "saisi deux fois"
"""What links two rows of one list that are one desk."""

DECLARED = frozenset({"mednum"})
"""Lists that people fill in by themselves; official ones number their rows."""


def typed_twice(records: pd.DataFrame, desks: Desks) -> list[tuple[int, int, str]]:
    """Return pairs of records of one declared list that are one desk, with :data:`TWICE`.

    Two rows are one desk when their names say the same kind and the same thing of their own, in
    one commune, at points equal to a thousandth of a degree (about 100 m).

    Args:
        records: sorted by id.
        desks: theirs.

    Returns:
        Positions of records; each is linked to the first of its desk.
    """
    source = records["source"].to_numpy(dtype="object")[desks.record]
    rows = np.flatnonzero(np.isin(source, list(DECLARED)) & (desks.how == FIXED) & desks.precise)
    own = desks.own[0][rows]
    table = pd.DataFrame(
        {
            "directory": desks.directory[rows],
            "own": np.where(own == "", desks.label[rows], own),
            "kinds": desks.kinds[rows],
            "town": desks.town[rows],
            "x": np.round(desks.longitude[rows] * 1e3),
            "y": np.round(desks.latitude[rows] * 1e3),
        }
    )
    keys = list(table)
    table["row"] = table.index
    first = table.groupby(keys, sort=False)["row"].transform("first")
    again = np.flatnonzero(first.to_numpy() != table.index.to_numpy())
    pairs = [(int(rows[int(first.iloc[i])]), int(rows[i])) for i in again]
    return [(int(desks.record[a]), int(desks.record[b]), TWICE) for a, b in pairs]
