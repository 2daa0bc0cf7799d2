"""From ways as flat arrays to a network: the step every reader shares."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from cartoallier.access.road.components import isolated, largest
from cartoallier.access.road.network import Network
from cartoallier.model.travel import TravelProfile

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_SIGNAL, ALONG, AGAINST, ALWAYS = 0, 1, 2, 3
"""In which direction of their way traffic lights stand: bits of :attr:`Ways.signals`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways:
    """Ways, one after the other, whatever file they come from.

    Two ways meet where they share a point, never because they cross: a bridge over a road shares
    none with it.

    Attributes:
        points: (p, 2) metres.
        vertices: (v,) positions in ``points``, way after way.
        offsets: (w + 1,) where the vertices of each way start; the last is their number.
        forward_kmh: (w,) along the order of the vertices; missing (NaN) where closed.
        backward_kmh: (w,) likewise, against it.
        minutes: (w,) from one end to the other; missing where speed decides.
        doors: (w,) whether doors may open on it: not on a motorway, a ferry, in a tunnel.
        signals: (p,) :data:`NO_SIGNAL`, :data:`ALONG`, :data:`AGAINST` or :data:`ALWAYS`.
        barriers: (p,) whether the point stops this mode: ways end there, on both sides.
    """

    points: Floats
    vertices: Whole
    offsets: Whole
    forward_kmh: Floats
    backward_kmh: Floats
    minutes: Floats
    doors: Flags
    signals: NDArray[np.int8]
    barriers: Flags

    def __len__(self) -> int:
        """Return how many ways there are."""
        return len(self.offsets) - 1

    def keep(self, wanted: Flags) -> Ways:
        """Return the ways of ``wanted``, (w,), in their order; points stay."""
        sizes = np.diff(self.offsets)
        return replace(
            self,
            vertices=self.vertices[np.repeat(wanted, sizes)],
            offsets=_offsets(sizes[wanted]),
            forward_kmh=self.forward_kmh[wanted],
            backward_kmh=self.backward_kmh[wanted],
            minutes=self.minutes[wanted],
            doors=self.doors[wanted],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Edges:
    """Pieces of ways between nodes: positions in ``coordinates`` and in ``Ways.vertices``."""

    start: Whole
    end: Whole
    way: Whole


def touching(ways: Ways, area: shapely.Geometry) -> Flags:
    """Return which ways, (w,), have a point in common with ``area``."""
    kept = np.zeros(len(ways), dtype=np.bool_)
    if not len(ways):
        return kept
    xy = ways.points[ways.vertices]
    low = np.minimum.reduceat(xy, ways.offsets[:-1])
    high = np.maximum.reduceat(xy, ways.offsets[:-1])
    west, south, east, north = shapely.bounds(area)
    near = (low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1)
    # a line needs two vertices; a way left with one is no road
    near &= np.diff(ways.offsets) >= 2
    rows = np.flatnonzero(near)
    some = ways.keep(near)
    indices = np.repeat(np.arange(len(some)), np.diff(some.offsets))
    lines = shapely.linestrings(some.points[some.vertices], indices=indices)
    shapely.prepare(area)
    kept[rows] = shapely.intersects(area, lines)
    return kept


def without_missing(ways: Ways, present: Flags) -> tuple[Ways, int]:
    """Cut ways at the points that are not ``present``, (p,), and leave these out.

    Returns:
        The ways, and how many had such a point.
    """
    there = present[ways.vertices]
    if there.all():
        return ways, 0
    sizes = np.diff(ways.offsets)
    way = np.repeat(np.arange(len(ways)), sizes)
    cut = np.bincount(way[~there], minlength=len(ways)) > 0
    starts = np.zeros(len(there), dtype=np.bool_)
    starts[ways.offsets[:-1][sizes > 0]] = True
    starts[1:] |= ~there[:-1]
    starts |= ~there
    # what is missing becomes ways of one vertex, which are no roads
    pieces = recut(ways, starts)
    alone = ~there[pieces.offsets[:-1]]
    return pieces.keep(~alone), int(cut.sum())


def build(ways: Ways, *, profile: TravelProfile, crs: str) -> tuple[Network, float]:
    """Build the network of ``ways``.

    Ways are cut at their ends, at points that two of them (or one twice) pass through, and at
    barriers; a piece that returns to where it started is cut in its middle, so that the doors
    along it keep their road. Minutes of an arc = 60 × km / km/h, or its share of the way's own
    minutes, plus the traffic lights met inside it; ``penalty`` holds those at its end. A node is a
    crossing from three arms on. The component kept is the longest, in km; of the others, the
    shapes of those that are islands are kept (:func:`cartoallier.access.road.components.isolated`).

    Returns:
        The network, and the share of km kept, 0-1 (NaN without any road).
    """
    ways = _tidied(ways)
    edges = _edges(ways)
    coordinates, offsets, inner = _shapes(ways, edges)
    length = _lengths(coordinates, offsets)
    tail, head, minutes, edge, forward = _arcs(ways, edges, length, inner, profile)
    kept = largest(len(ways.points), tail, head, edge, length, ways.points)
    arcs = kept[tail] & kept[head]
    used = np.zeros(len(length), dtype=np.bool_)
    used[edge[arcs]] = True
    total = float(length.sum())
    nodes = np.flatnonzero(kept)
    node_of, edge_of = np.cumsum(kept) - 1, np.cumsum(used) - 1
    ends = ways.vertices[np.stack([edges.start, edges.end])]
    doors, sizes = ways.doors[edges.way], np.diff(offsets)
    island = isolated(len(ways.points), ends, used, doors, coordinates=coordinates, offsets=offsets)
    shape, shapes = coordinates[np.repeat(used, sizes)], _offsets(sizes[used])
    network = Network(
        nodes=ways.points[nodes],
        penalty=_penalty(node_of[ends[:, used]], shape, shapes, ways.signals[nodes], profile),
        tail=node_of[tail[arcs]].astype(np.int32),
        head=node_of[head[arcs]].astype(np.int32),
        minutes=minutes[arcs],
        edge=edge_of[edge[arcs]].astype(np.int32),
        forward=forward[arcs],
        offsets=shapes,
        coordinates=shape,
        length_km=length[used],
        doors=doors[used],
        isolated_offsets=_offsets(sizes[island]),
        isolated_coordinates=coordinates[np.repeat(island, sizes)],
        crs=crs,
        profile=profile.key,
        access_kmh=profile.access_kmh,
        snap_km=profile.snap_km,
    )
    return network, float(length[used].sum()) / total if total else float("nan")


def _offsets(sizes: Whole) -> Whole:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def _tidied(ways: Ways) -> Ways:
    """Drop vertices repeated in a row, closed ways, and ways of one vertex; part barriers."""
    ways = ways.keep(~(np.isnan(ways.forward_kmh) & np.isnan(ways.backward_kmh)))
    way = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))
    fresh = np.ones(len(way), dtype=np.bool_)
    fresh[1:] = (ways.vertices[1:] != ways.vertices[:-1]) | (way[1:] != way[:-1])
    sizes = np.bincount(way[fresh], minlength=len(ways)).astype(np.int64)
    ways = replace(ways, vertices=ways.vertices[fresh], offsets=_offsets(sizes))
    return _parted(ways.keep(sizes >= 2))


def _parted(ways: Ways) -> Ways:
    """Give each side of a barrier a point of its own, so that nothing passes through."""
    stopped = ways.barriers[ways.vertices]
    if not stopped.any():
        return ways
    first, last = _ends(ways)
    # an inner barrier is written twice: the end of one way, the start of another
    inside = stopped & ~first & ~last
    repeats = 1 + inside
    vertices = np.repeat(ways.vertices, repeats)
    starts = np.repeat(first, repeats)
    starts[np.cumsum(repeats)[inside] - 1] = True
    alone = np.flatnonzero(ways.barriers[vertices])
    points = np.concatenate([ways.points, ways.points[vertices[alone]]])
    vertices[alone] = len(ways.points) + np.arange(len(alone))
    sizes = np.diff(ways.offsets) + np.bincount(
        np.repeat(np.arange(len(ways)), np.diff(ways.offsets))[inside], minlength=len(ways)
    )
    none = np.zeros(len(alone), dtype=np.int8)
    longer = replace(
        ways,
        points=points,
        vertices=vertices,
        offsets=_offsets(sizes),
        signals=np.concatenate([ways.signals, none]),
        barriers=np.zeros(len(points), dtype=np.bool_),
    )
    return recut(longer, starts)


def recut(ways: Ways, starts: Flags) -> Ways:
    """Start a way of the same kind at every vertex of ``starts``, (v,).

    The minutes of a way told from end to end mean nothing for a part of it: a part goes by its
    speed.
    """
    piece = np.flatnonzero(starts)
    origin = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))[piece]
    whole = np.bincount(origin, minlength=len(ways))[origin] == 1
    return replace(
        ways,
        offsets=np.append(piece, len(ways.vertices)).astype(np.int64),
        forward_kmh=ways.forward_kmh[origin],
        backward_kmh=ways.backward_kmh[origin],
        minutes=np.where(whole, ways.minutes[origin], np.nan),
        doors=ways.doors[origin],
    )


def _ends(ways: Ways) -> tuple[Flags, Flags]:
    """Return which vertices are the first, and the last, of their way."""
    first = np.zeros(len(ways.vertices), dtype=np.bool_)
    first[ways.offsets[:-1]] = True
    last = np.zeros(len(ways.vertices), dtype=np.bool_)
    last[ways.offsets[1:] - 1] = True
    return first, last


def _edges(ways: Ways) -> _Edges:
    first, last = _ends(ways)
    used = np.bincount(ways.vertices, minlength=len(ways.points))
    node = (used[ways.vertices] >= 2) | first | last
    start, end = np.flatnonzero(node & ~last), np.flatnonzero(node & ~first)
    loop = (ways.vertices[start] == ways.vertices[end]) & (end - start >= 2)
    node[(start[loop] + end[loop]) // 2] = True
    start, end = np.flatnonzero(node & ~last), np.flatnonzero(node & ~first)
    way = np.repeat(np.arange(len(ways)), np.diff(ways.offsets))[start]
    return _Edges(start=start, end=end, way=way)


def _shapes(ways: Ways, edges: _Edges) -> tuple[Floats, Whole, NDArray[np.int8]]:
    """Return the coordinates of every edge end to end, their offsets, and lights inside."""
    sizes = edges.end - edges.start + 1
    offsets = _offsets(sizes)
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    vertex = ways.vertices[np.repeat(edges.start, sizes) + within]
    signals = ways.signals[vertex]
    signals[offsets[:-1]] = NO_SIGNAL
    signals[offsets[1:] - 1] = NO_SIGNAL
    return ways.points[vertex], offsets, signals


def _lengths(coordinates: Floats, offsets: Whole) -> Floats:
    """Return the km of each edge."""
    if len(offsets) == 1:
        return np.zeros(0)
    step = np.zeros(len(coordinates))
    step[1:] = np.hypot(*np.diff(coordinates, axis=0).T)
    step[offsets[:-1]] = 0.0
    lengths: Floats = np.add.reduceat(step, offsets[:-1]) / 1000
    return lengths


def _arcs(
    ways: Ways, edges: _Edges, length: Floats, inner: NDArray[np.int8], profile: TravelProfile
) -> tuple[Whole, Whole, Floats, Whole, Flags]:
    """Return tail, head, minutes, edge and direction of every arc, edge by edge."""
    count = len(length)
    start, end = ways.vertices[edges.start], ways.vertices[edges.end]
    whole = np.bincount(edges.way, weights=length, minlength=len(ways))[edges.way]
    with np.errstate(invalid="ignore", divide="ignore"):
        timed = ways.minutes[edges.way] * np.where(whole > 0, length / whole, 0.0)
    edge_of = np.repeat(np.arange(count), edges.end - edges.start + 1)
    found = []
    for kmh, bit in ((ways.forward_kmh, ALONG), (ways.backward_kmh, AGAINST)):
        lights = np.bincount(edge_of[(inner & bit) > 0], minlength=count)
        running = np.where(np.isnan(timed), 60 * length / kmh[edges.way], timed)
        minutes = running + lights * profile.signal_seconds / 60
        found.append(np.where(np.isnan(kmh[edges.way]), np.nan, minutes))
    minutes = np.stack(found, axis=1).ravel()
    edge = np.repeat(np.arange(count), 2)
    forward = np.tile(np.array([True, False]), count)
    tail = np.stack([start, end], axis=1).ravel()
    head = np.stack([end, start], axis=1).ravel()
    # what is left of a loop has two vertices at one place: it leads nowhere
    arc = ~np.isnan(minutes) & (tail != head)
    return tail[arc], head[arc], minutes[arc], edge[arc], forward[arc]


def _penalty(
    ends: Whole,
    coordinates: Floats,
    offsets: Whole,
    signals: NDArray[np.int8],
    profile: TravelProfile,
) -> Floats:
    """Return the minutes lost on entering each node: at least three arms, or traffic lights.

    An arm is told by the place of the first vertex beside the node: two roads that lead to the
    same other node are two arms, two edges laid one over the other are one.
    """
    node = np.concatenate([ends[0], ends[1]])
    beside = coordinates[np.concatenate([offsets[:-1] + 1, offsets[1:] - 2])]
    x, y = np.rint(beside * 1000).astype(np.int64).T
    order = np.lexsort((y, x, node))
    node, x, y = node[order], x[order], y[order]
    fresh = np.ones(len(node), dtype=np.bool_)
    fresh[1:] = (node[1:] != node[:-1]) | (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    crossing = np.bincount(node[fresh], minlength=len(signals)) >= 3
    seconds = crossing * profile.crossing_seconds + (signals > 0) * profile.signal_seconds
    minutes: Floats = np.asarray(seconds, dtype=np.float64) / 60
    return minutes
