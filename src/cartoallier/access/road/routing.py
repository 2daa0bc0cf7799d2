"""The fastest way to the nearest of several sites, from every node of a road network.

Dijkstra's search of scipy gives the minutes; the tree of fastest paths gives the kilometres. Among
paths of equal minutes the first site wins, then the fewest kilometres: the answer depends on
neither the order of the search nor the other sites.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from cartoallier.access.road.graph import Ends, RoadGraph
from cartoallier.access.road.snapping import Snapped

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_ROWS = 1 << 20
"""Rows of the matrix looked at together: bounds the memory of temporary arrays."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Fastest:
    """The fastest way from each point of departure.

    Attributes:
        minutes: infinite where no site can be reached.
        km: along that way; of no meaning where no site can be reached.
        site: position among the sites, beyond any where none can be reached.
    """

    minutes: Floats
    km: Floats
    site: Positions


def search(graph: RoadGraph, sites: Snapped, *, limit: float = np.inf) -> Fastest:
    """Find the nearest site of every node of the network.

    Args:
        graph: the transposed network.
        sites: where they join it; those that do not are never reached.
        limit: minutes beyond which nodes are left unreached.

    Returns:
        One per node, the way from the road to the site's door included.
    """
    entries, first, _ = distinct(graph.entries(sites), sites)
    if not len(first):
        nobody = np.full(graph.nodes, np.inf)
        return Fastest(
            minutes=nobody, km=nobody, site=np.full(graph.nodes, len(sites.edge), dtype=np.intp)
        )
    minutes, _, source = dijkstra(
        with_sites(graph, entries),
        indices=np.arange(graph.nodes, graph.nodes + len(first)),
        return_predecessors=True,
        min_only=True,
        limit=limit,
    )
    label = np.where(np.isfinite(minutes), source - graph.nodes, len(first)).astype(np.intp)
    km = _measure_paths(graph, entries, minutes, label)
    found = np.append(first, len(sites.edge))[label[: graph.nodes]]
    return Fastest(minutes=minutes[: graph.nodes], km=km[: graph.nodes], site=found)


def leave(
    graph: RoadGraph, origins: Snapped, exits: Ends, *, sites: Snapped, nodes: Fastest
) -> Fastest:
    """Find the nearest site of every origin, its own way to the road included.

    The least of leaving by one end of its edge, by the other, and going straight along the edge
    to a site that stands on it.

    Args:
        graph: the transposed network.
        origins: where they join it.
        exits: what ``graph.exits`` gives for them.
        sites: those searched.
        nodes: what :func:`search` found.
    """
    best = Fastest(
        minutes=np.full(len(origins.edge), np.inf),
        km=np.full(len(origins.edge), np.inf),
        site=np.full(len(origins.edge), len(sites.edge), dtype=np.intp),
    )
    for way in (0, 1):
        node = exits.node[:, way]
        _keep_least(
            best,
            np.arange(len(origins.edge)),
            Fastest(
                minutes=exits.minutes[:, way] + nodes.minutes[node],
                km=exits.km[:, way] + nodes.km[node],
                site=nodes.site[node],
            ),
        )
    origin, straight = along_own_edge(graph, origins, sites)
    order = np.lexsort((straight.km, straight.site, straight.minutes, origin))
    origin, first = np.unique(origin[order], return_index=True)
    least = order[first]
    _keep_least(
        best,
        origin,
        Fastest(minutes=straight.minutes[least], km=straight.km[least], site=straight.site[least]),
    )
    return Fastest(
        minutes=best.minutes + np.where(origins.joined, origins.minutes(graph.network), 0),
        km=best.km + np.where(origins.joined, origins.km, 0),
        site=best.site,
    )


def along_own_edge(graph: RoadGraph, origins: Snapped, sites: Snapped) -> tuple[Positions, Fastest]:
    """Return the ways that never leave the edge: origin and site in the middle of the same one.

    Returns:
        Position of the origin, and its way to one site: the way from the road to the site's door
        is counted, that of the origin is not.
    """
    inner_origins = np.flatnonzero(_inner(origins))
    inner_sites = np.flatnonzero(_inner(sites))
    inner_sites = inner_sites[np.argsort(sites.edge[inner_sites], kind="stable")]
    edges = sites.edge[inner_sites]
    low = np.searchsorted(edges, origins.edge[inner_origins], side="left")
    count = np.searchsorted(edges, origins.edge[inner_origins], side="right") - low
    origin = np.repeat(inner_origins, count)
    site = inner_sites[_ranges(low, count)]
    edge = sites.edge[site]
    step = sites.fraction[site] - origins.fraction[origin]
    with np.errstate(invalid="ignore"):  # 0 × infinite: at the very same point of a one-way edge
        running = np.where(step > 0, step * graph.ahead[edge], -step * graph.back[edge])
    minutes = np.where(step == 0, 0.0, running) + sites.minutes(graph.network)[site]
    km = np.abs(step) * graph.network.length_km[edge] + sites.km[site]
    allowed = np.isfinite(minutes)
    return origin[allowed], Fastest(minutes=minutes[allowed], km=km[allowed], site=site[allowed])


def _inner(points: Snapped) -> NDArray[np.bool_]:
    """Return which points stand between the ends of an edge."""
    return points.joined & (points.fraction > 0) & (points.fraction < 1)


def _keep_least(best: Fastest, rows: Positions, other: Fastest) -> None:
    """Write into ``best`` the rows where ``other`` is better: minutes, then site, then km."""
    minutes, site = best.minutes[rows], best.site[rows]
    better = other.minutes < minutes
    equal = np.isfinite(other.minutes) & (other.minutes == minutes)
    better |= equal & (other.site < site)
    better |= equal & (other.site == site) & (other.km < best.km[rows])
    chosen = rows[better]
    best.minutes[chosen] = other.minutes[better]
    best.km[chosen] = other.km[better]
    best.site[chosen] = other.site[better]


def distinct(entries: Ends, sites: Snapped) -> tuple[Ends, Positions, Positions]:
    """Keep one site of those that stand at one place: the first.

    Several services of one desk would be ties at every node.

    Returns:
        Entries of the distinct sites, the position of the first site of each, in order, and for
        every site which distinct one it is (-1: not joined).
    """
    which = np.full(len(sites.edge), -1, dtype=np.intp)
    joined = np.flatnonzero(sites.joined)
    if not len(joined):
        return entries, joined, which
    open_way = np.isfinite(entries.minutes[joined])
    columns = np.column_stack(
        [
            np.where(open_way, entries.node[joined], -1),
            np.where(open_way, entries.minutes[joined], -1),
            np.where(open_way, entries.km[joined], -1),
        ]
    )
    _, first, inverse = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    which[joined] = rank[inverse.ravel()]
    chosen = joined[first[order]]
    kept = Ends(node=entries.node[chosen], minutes=entries.minutes[chosen], km=entries.km[chosen])
    return kept, chosen, which


def with_sites(graph: RoadGraph, entries: Ends) -> csr_array:
    """Return the matrix with one more row per site, whose arcs go to the ends of its edge."""
    open_way = np.isfinite(entries.minutes)
    size = graph.nodes + len(open_way)
    data = np.concatenate([graph.minutes, entries.minutes[open_way]])
    tail = np.concatenate([graph.tail, entries.node[open_way].astype(np.int32)])
    rows = graph.indptr[-1] + np.cumsum(open_way.sum(axis=1))
    indptr = np.concatenate([graph.indptr, rows.astype(np.int32)])
    return csr_array((data, tail, indptr), shape=(size, size))


def _measure_paths(graph: RoadGraph, entries: Ends, minutes: Floats, label: Positions) -> Floats:
    """Return the km of the fastest path of every node and settle ``label`` where sites tie."""
    tail, head, km = _tight_arcs(graph, entries, minutes)
    reached = np.count_nonzero(np.isfinite(minutes)) - len(entries.node)
    if len(head) == reached:  # one way for every node: they are a tree
        return _climb(tail, head, km, len(minutes))
    _settle_sites(label, tail, head)
    same = label[tail] == label[head]
    indptr = np.searchsorted(head[same], np.arange(len(minutes) + 1)).astype(np.int32)
    paths = csr_array((km[same], tail[same], indptr), shape=(len(minutes), len(minutes)))
    least: Floats = dijkstra(paths, indices=np.arange(graph.nodes, len(minutes)), min_only=True)
    return least


def _tight_arcs(
    graph: RoadGraph, entries: Ends, minutes: Floats
) -> tuple[NDArray[np.int32], NDArray[np.int32], Floats]:
    """Return the arcs that lie on some fastest path, sorted by the row they are in.

    Every sum is the one the search made, so equality is exact.
    """
    tails, heads, lengths = [], [], []
    for low in range(0, graph.nodes, _ROWS):
        high = min(low + _ROWS, graph.nodes)
        arcs = slice(graph.indptr[low], graph.indptr[high])
        degree = np.diff(graph.indptr[low : high + 1])
        from_head = np.repeat(minutes[low:high], degree)
        at_tail = minutes[graph.tail[arcs]]
        tight = np.flatnonzero((from_head + graph.minutes[arcs] == at_tail) & (at_tail < np.inf))
        heads.append(np.repeat(np.arange(low, high, dtype=np.int32), degree)[tight])
        tails.append(graph.tail[arcs][tight])
        lengths.append(graph.km(tight + arcs.start))
    site, way = np.nonzero(np.isfinite(entries.minutes))
    node = entries.node[site, way]
    tight = entries.minutes[site, way] == minutes[node]
    heads.append((site[tight] + graph.nodes).astype(np.int32))
    tails.append(node[tight].astype(np.int32))
    lengths.append(entries.km[site, way][tight])
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(lengths)


def _climb(tail: NDArray[np.int32], head: NDArray[np.int32], km: Floats, size: int) -> Floats:
    """Add lengths along a tree, every node jumping twice as far at each turn."""
    total = np.zeros(size)
    total[tail] = km
    parent = np.arange(size)
    parent[tail] = head
    while True:
        total += total.take(parent)  # a root adds its own zero
        above = parent.take(parent)
        if np.array_equal(above, parent):
            return total
        parent = above


def _settle_sites(label: Positions, tail: NDArray[np.int32], head: NDArray[np.int32]) -> None:
    """Give every node the first of the sites that its fastest paths lead to."""
    arcs = np.arange(len(head))
    while True:
        arcs = arcs[label[head[arcs]] < label[tail[arcs]]]
        if not len(arcs):
            return
        np.minimum.at(label, tail[arcs], label[head[arcs]])
        changed = np.unique(tail[arcs])
        low = np.searchsorted(head, changed, side="left")
        arcs = _ranges(low, np.searchsorted(head, changed, side="right") - low)


def _ranges(low: Positions, count: Positions) -> Positions:
    """Return low, low + 1… count times each, end to end."""
    start = np.cumsum(count) - count
    return np.repeat(low - start, count) + np.arange(count.sum())
