"""Which desks are worth comparing: neighbours, and namesakes of one commune.

The number of pairs grows with the number of desks, not with its square: an rtree index grows
directory after directory, each asking who stands around before it enters; desks without a
precise point are looked for in their commune by telephone, SIRET, door or a word of their name.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from rtree import index

from cartoallier.supply.merging.desks import SECRET, Desks, only_ones

RADIUS_M = 500.0
"""Metres within which desks are compared; beyond, the same telephone, SIRET or door."""

CROWD = 100
"""Desks of one commune that share a word: beyond, the word tells nothing."""

_METRES_PER_DEGREE = 111_195.0


def candidate_pairs(desks: Desks, *, radius_m: float = RADIUS_M) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of desks to compare, first below second, each once.

    Desks of one directory, secret desks, desks of two ways (fixed, itinerant, remote) and desks
    whose places are both settled never make a pair.

    Args:
        desks: of all directories.
        radius_m: reach of the search around precise points.

    Returns:
        Two arrays of positions in ``desks``, sorted.
    """
    near = _neighbours(desks, radius_m=radius_m)
    named = _namesakes(desks)
    first = np.concatenate([near[0], named[0]])
    second = np.concatenate([near[1], named[1]])
    first, second = np.minimum(first, second), np.maximum(first, second)
    kept = (
        (desks.directory[first] != desks.directory[second])
        & (desks.how[first] == desks.how[second])
        & (desks.how[first] != SECRET)
        & ~(desks.placed[first] & desks.placed[second])
    )
    codes = np.unique(first[kept] * np.int64(len(desks)) + second[kept])
    return codes // max(len(desks), 1), codes % max(len(desks), 1)


def _neighbours(desks: Desks, *, radius_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of desks of two directories within ``radius_m`` (square), by a growing index."""
    rows = np.flatnonzero(desks.precise & (desks.how != SECRET))
    directory = desks.directory[rows]
    counts = np.bincount(directory) if len(rows) else np.zeros(0, dtype="int64")
    # The largest first: it is loaded in one go, and the others enter one by one.
    turns = [int(one) for one in np.argsort(-counts, kind="stable") if counts[one]]
    points = np.column_stack([desks.longitude[rows], desks.latitude[rows]])
    reach_y = radius_m / _METRES_PER_DEGREE
    reach_x = reach_y / np.cos(np.radians(np.clip(points[:, 1], -85, 85)))
    reach = np.column_stack([reach_x, np.full(len(rows), reach_y)])
    tree: index.Index | None = None
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for turn in turns:
        mine = np.flatnonzero(directory == turn)
        if tree is None:
            boxes = np.column_stack([points[mine], points[mine]])
            tree = index.Index(
                (int(one), tuple(box), None) for one, box in zip(mine, boxes, strict=True)
            )
            continue
        low, high = points[mine] - reach[mine], points[mine] + reach[mine]
        hits, sizes = tree.intersection_v(low, high)  # type: ignore[no-untyped-call]
        found.append((rows[np.repeat(mine, sizes.astype("int64"))], rows[hits]))
        if turn != turns[-1]:
            for one, box in zip(mine.tolist(), points[mine].tolist(), strict=True):
                tree.insert(one, (*box, *box))
    return _stacked(found)


def _namesakes(desks: Desks) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of one commune that share a telephone, a SIRET, a door or, unplaced, a word."""
    known = np.flatnonzero((desks.commune >= 0) & (desks.how != SECRET))
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for values in (desks.phone, desks.siret):
        rows = known[values[known] != ""]
        keys = pd.Series(desks.commune[rows].astype(str), dtype="str") + "/" + values[rows]
        found.append(_joined(rows, keys.to_numpy(dtype="object"), unplaced=None))
    # By the commune's name: of two points, the wrong one may lie beyond the border.
    written = (desks.street != "") & (desks.town != "")
    rows = np.flatnonzero(written & (desks.how != SECRET))
    doors = desks.town[rows] + "/" + desks.number[rows] + " " + desks.street[rows]
    found.append(_joined(rows, doors, unplaced=None))
    # The only desk of its kind in the commune, in each directory: however far.
    only = only_ones(desks)
    for bit in range(int(only.max(initial=0)).bit_length()):
        rows = known[(only[known] >> bit) & 1 == 1]
        found.append(_joined(rows, desks.commune[rows], unplaced=None))
    words: list[str] = []
    rows_of_words: list[int] = []
    for row in known.tolist():
        commune = desks.commune[row]
        names = f"{desks.label[row]} {desks.alias[row]}"
        own = {word for word in names.split() if len(word) > 2}
        words += [f"{commune}/{word}" for word in own]
        rows_of_words += [row] * len(own)
    found.append(
        _joined(
            np.asarray(rows_of_words, dtype="int64"),
            np.asarray(words, dtype="object"),
            unplaced=~desks.precise,
        )
    )
    return _stacked(found)


def _joined(
    rows: np.ndarray, keys: np.ndarray, *, unplaced: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of rows that share a key, at least one of them unplaced where that matters."""
    codes, _ = pd.factorize(keys)
    crowd = np.bincount(codes, minlength=1)
    usable = (crowd[codes] > 1) & (crowd[codes] <= CROWD)
    table = pd.DataFrame({"key": codes[usable], "row": rows[usable]})
    left = table if unplaced is None else table[unplaced[table["row"].to_numpy()]]
    both = left.merge(table, on="key")
    pairs = both[both["row_x"] != both["row_y"]]
    return pairs["row_x"].to_numpy(dtype="int64"), pairs["row_y"].to_numpy(dtype="int64")


def _stacked(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    empty = np.zeros(0, dtype="int64")
    first = np.concatenate([empty, *(one for one, _ in pairs)]).astype("int64")
    second = np.concatenate([empty, *(other for _, other in pairs)]).astype("int64")
    return first, second
