"""One record from several that describe the same service, and one point per place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cartoallier.supply.merging.desks import own_ids

_UNITED = (
    "known_as", "thematics", "networks", "typologies", "soliguide", "finess", "bpe", "publics",
    "themes",
)  # fmt: skip
_FILLED = (
    "structure", "structure_id", "siret", "category", "address", "postal_code", "commune_code",
    "commune_name", "longitude", "latitude", "precision", "capacity", "phone", "website",
    "carrier", "funding", "stops", "quality",
)  # fmt: skip


def fuse(
    records: pd.DataFrame, groups: Mapping[int, Sequence[int]]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Make one record of each group.

    Words of vocabularies are united; a field missing on the kept record is filled from the
    others, the best first; hours are those best documented; closures those of the most recent
    record; zones are united when every record declares one, else unknown. A point is filled
    with its precision, a commune with its name.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        groups: position of the kept record -> positions of all, the best first.

    Returns:
        The records, those that were merged into another still there, and which ones are kept.
    """
    kept = np.ones(len(records), dtype="bool")
    if not groups:
        return records, kept
    for best, members in groups.items():
        kept[[m for m in members if m != best]] = False
    # Only what meets is unpacked: the rest of a country's services stays as it is.
    concerned = sorted({m for members in groups.values() for m in members})
    met = records.iloc[concerned]
    at = {position: i for i, position in enumerate(concerned)}
    values = {column: met[column].tolist() for column in met.columns}
    own = own_ids(met)
    changed: dict[str, list[Any]] = {column: [] for column in records.columns}
    for positions in groups.values():
        members = [at[position] for position in positions]
        rows = [{column: values[column][m] for column in values} for m in members]
        one = _one(rows)
        known = {*one["known_as"], *(own[m] for m in members[1:])} - {own[members[0]]}
        one["known_as"] = tuple(sorted(known))
        for column, value in one.items():
            changed[column].append(value)
    fused = records.copy()
    where = np.fromiter(groups, dtype="int64", count=len(groups))
    for column, new in changed.items():
        fused[column] = _replaced(records[column], where, new)
    return fused, kept


def _replaced(column: pd.Series, where: np.ndarray, new: list[Any]) -> pd.Series:
    holder = np.empty(len(new), dtype="object")
    holder[:] = new
    whole = column.array.copy()
    whole[where] = pd.Series(holder, dtype="object").astype(column.dtype).array
    return pd.Series(whole, index=column.index, dtype=column.dtype)


def _missing(value: object) -> bool:
    return (
        value is None
        or value is pd.NA
        or value == ()
        or (isinstance(value, float) and math.isnan(value))
    )


def _one(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the record of a group; its first row is the best."""
    one = dict(rows[0])
    for column in _UNITED:
        one[column] = tuple(sorted(set().union(*(row[column] for row in rows))))
    zones = [row["zone"] for row in rows]
    one["zone"] = tuple(sorted(set().union(*zones))) if all(zones) else ()
    _fill_point(one, rows)
    for column in _FILLED:
        if _missing(one[column]):
            one[column] = next(
                (row[column] for row in rows if not _missing(row[column])), one[column]
            )
    hours = max(rows, key=_documented)
    one["hours"], one["weekly_hours"] = hours["hours"], hours["weekly_hours"]
    dates = [row["updated_on"] for row in rows if not _missing(row["updated_on"])]
    if dates:
        newest = max(rows, key=lambda row: "" if _missing(row["updated_on"]) else row["updated_on"])
        one["updated_on"] = max(dates)
        one["closures"], one["closed"] = newest["closures"], newest["closed"]
        one["stale"] = newest["stale"]
    return one


def _documented(row: Mapping[str, Any]) -> tuple[bool, int]:
    """Return how well a row documents its hours: understood first, then the longest text."""
    written = 0 if _missing(row["hours"]) else len(row["hours"])
    return not _missing(row["weekly_hours"]), written


def _fill_point(one: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Give the record the best point of its group, with what goes with it."""
    if one["precision"] == "adresse":
        return
    better = next((row for row in rows if row["precision"] == "adresse"), None)
    if better is not None:
        for column in ("longitude", "latitude", "precision"):
            one[column] = better[column]


def share_points(records: pd.DataFrame, *, ranks: np.ndarray) -> pd.DataFrame:
    """Give the fixed records of each place the best precise point of the place.

    Args:
        records: ``place`` filled.
        ranks: rank of each record, the best is the smallest.

    Returns:
        A new frame; a commune follows its point.
    """
    known = (records["precision"] == "adresse") & records["longitude"].notna()
    precise = known.to_numpy(dtype="bool")
    places, _ = pd.factorize(records["place"])
    order = np.lexsort([ranks, ~precise, places])
    _, first = np.unique(places[order], return_index=True)
    donor = order[first][places]
    shared = precise[donor] & (donor != np.arange(len(records)))
    if not shared.any():
        return records
    moved = records.copy()
    for column in ("longitude", "latitude", "precision", "commune_code", "commune_name"):
        values = records[column].to_numpy(dtype="object").copy()
        given = values[donor]
        use = shared & np.array([not _missing(one) for one in given], dtype="bool")
        values[use] = given[use]
        moved[column] = pd.Series(values, index=records.index, dtype="object").astype(
            records[column].dtype
        )
    return moved
