"""Which parts of a road network reach each other, and which are islands."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

ISOLATED_M = 200.0
"""Roads cut off from the others by more than this are an island; by less, a slip of the map, a
barrier or the end of a private lane, and whoever lives there crosses it."""


def largest(
    count: int, tail: Whole, head: Whole, edge: Whole, length: Floats, points: Floats
) -> Flags:
    """Return which points belong to the strongly connected component with the most km.

    Args:
        count: of points.
        tail: (a,) point each arc leaves.
        head: (a,) point it enters.
        edge: (a,) edge it runs along.
        length: (e,) km.
        points: (count, 2) metres.
    """
    if not len(tail):
        return np.zeros(count, dtype=np.bool_)
    graph = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(count, count))
    found, label = connected_components(graph, directed=True, connection="strong")
    inside = label[tail] == label[head]
    once = np.unique(edge[inside], return_index=True)[1]
    rows = np.flatnonzero(inside)[once]
    km = np.bincount(label[tail[rows]], weights=length[edge[rows]], minlength=found)
    # of equals, the westernmost: neither order nor ids decide
    best = np.flatnonzero(km >= km.max() * (1 - 1e-9))
    touched = np.zeros(count, dtype=np.bool_)
    touched[tail], touched[head] = True, True
    if len(best) > 1:
        among = np.flatnonzero(np.isin(label, best) & touched)
        first = among[np.lexsort((points[among, 1], points[among, 0]))[0]]
        best = label[first : first + 1].astype(np.intp)
    kept: Flags = (label == best[0]) & touched
    return kept


def isolated(
    count: int, ends: Whole, kept: Flags, doors: Flags, *, coordinates: Floats, offsets: Whole
) -> Flags:
    """Return which edges, (e,), belong to an island.

    An island shares no point with the roads kept, however its ways are oriented, and none of its
    roads that doors open on comes within :data:`ISOLATED_M` of one of theirs.

    Args:
        count: of points.
        ends: (2, e) point at each end of the edges.
        kept: (e,) edges of the network.
        doors: (e,) edges that doors may open on: the others are never told isolated.
        coordinates: (c, 2) metres, the shape of every edge, end to end.
        offsets: (e + 1,) where each starts.
    """
    graph = csr_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), (count, count))
    label = connected_components(graph, directed=False)[1][ends[0]]
    apart = doors & ~kept & ~np.isin(label, label[kept])
    if not apart.any() or not (kept & doors).any():
        return np.zeros(len(kept), dtype=np.bool_)
    tree = shapely.STRtree(_lines(kept & doors, coordinates, offsets))
    rows = np.flatnonzero(apart)
    lines = _lines(apart, coordinates, offsets)
    close = tree.query_nearest(lines, max_distance=ISOLATED_M, all_matches=False)[0]
    island: Flags = apart & ~np.isin(label, label[rows[close]])
    return island


def _lines(chosen: Flags, coordinates: Floats, offsets: Whole) -> NDArray[np.object_]:
    sizes = np.diff(offsets)
    ranks = np.repeat(np.arange(np.count_nonzero(chosen)), sizes[chosen])
    wanted = coordinates[np.repeat(chosen, sizes)]
    return np.asarray(shapely.linestrings(wanted, indices=ranks), dtype=np.object_)
