"""Which records of a place describe one and the same service."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from cartoallier.supply.merging import wording
from cartoallier.supply.merging.clusters import Groups
from cartoallier.supply.merging.desks import ROW_BY_ROW, SECRET, Desks, directories

Pairs = Sequence[tuple[int, int]]


def same_records(  # noqa: PLR0913
    *,
    records: pd.DataFrame,
    desks: Desks,
    root: np.ndarray,
    ranks: np.ndarray,
    together: Pairs,
    linked: Pairs,
    apart: Pairs,
    alike: float,
) -> dict[int, list[int]]:
    """Return the sets of records that are one, the best of each first.

    Args:
        records: sorted by id.
        desks: theirs.
        root: place of each record, as a number.
        ranks: the best record is the smallest.
        together: pairs the user wants merged.
        linked: pairs known by the same id.
        apart: pairs the user wants separate.
        alike: similarity of names from which two services of a place are the same.

    Returns:
        Position of the best record -> positions of all.
    """
    directory = pd.factorize(np.asarray(directories(records), dtype="object"), sort=True)[0]
    sets = Groups.of(directory, apart=apart)
    declared = np.array([bool(one) for one in records["themes"]], dtype="bool")
    shared = np.bincount(root[desks.record], minlength=1)[root] > 1
    listing = _listings(records, desks)
    services = np.flatnonzero(shared & ~listing)
    for a, b in together:
        _join(sets, a, b, guarded=False)
    for a, b in linked:
        if declared[a] == declared[b]:
            _join(sets, a, b, guarded=False)
    for pairs in (
        _listing_pairs(np.flatnonzero(shared & listing), root, declared, ranks),
        _same_services(records, services, root, directory, alike),
    ):
        for a, b in pairs:
            if declared[a] == declared[b]:
                _join(sets, a, b, guarded=True)
    ordered = (sorted(one, key=lambda m: int(ranks[m])) for one in sets.members.values())
    return {members[0]: members for members in ordered}


def _join(sets: Groups, a: int, b: int, *, guarded: bool) -> None:
    """Make one record of two, unless the user said no or one directory holds both."""
    one, other = sets.find(a), sets.find(b)
    if one == other or sets.forbidden(one, other):
        return
    if not (guarded and sets.share_label(one, other)):
        sets.join(one, other)


def _listing_pairs(
    rows: np.ndarray, root: np.ndarray, declared: np.ndarray, ranks: np.ndarray
) -> Pairs:
    """Return each listing of a place beside the best one that declares themes as it does."""
    key = root[rows] * 2 + declared[rows]
    order = np.lexsort([ranks[rows], key])
    rows, key = rows[order], key[order]
    _, start, group = np.unique(key, return_index=True, return_inverse=True)
    best = rows[start][group] if len(rows) else rows
    return [(int(a), int(b)) for a, b in zip(best, rows, strict=True) if a != b]


def _listings(records: pd.DataFrame, desks: Desks) -> np.ndarray:
    """Tell which records describe a desk as a whole: alone in theirs, and named like it."""
    alone = np.bincount(desks.of_record, minlength=1)[desks.of_record] == 1
    names = np.asarray(wording.fold(records["name"].tolist()), dtype="object")
    owners = np.asarray(wording.fold(records["structure"].tolist()), dtype="object")
    row_by_row = records["source"].isin([*ROW_BY_ROW, "tableau"]).to_numpy()
    secret = desks.how[desks.of_record] == SECRET
    return np.asarray(alone & ~secret & (row_by_row | (owners == "") | (owners == names)))


def _same_services(
    records: pd.DataFrame,
    rows: np.ndarray,
    root: np.ndarray,
    directory: np.ndarray,
    alike: float,
) -> Sequence[tuple[int, int]]:
    """Return the services of one place that two directories name alike, the surest first."""
    table = pd.DataFrame({"root": root[rows], "row": rows, "directory": directory[rows]})
    pairs = table.merge(table, on="root")
    pairs = pairs[(pairs["directory_x"] < pairs["directory_y"])]
    if pairs.empty:
        return []
    names = np.asarray(wording.fold(records["name"].tolist()), dtype="object")
    first, second = pairs["row_x"].to_numpy(), pairs["row_y"].to_numpy()
    score = process.cpdist(
        names[first].tolist(), names[second].tolist(), scorer=fuzz.token_sort_ratio,
        dtype="float32",
    )  # fmt: skip
    order = np.lexsort([second, first, -score])
    order = order[score[order] >= 100 * alike]
    words = records["thematics"].tolist()
    found: list[tuple[int, int]] = []
    for i in order.tolist():
        a, b = int(first[i]), int(second[i])
        if not words[a] or not words[b] or not set(words[a]).isdisjoint(words[b]):
            found.append((a, b))
    return found
