"""The stretches of road from where a site is reached in time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cartoallier.access.road.graph import RoadGraph
from cartoallier.access.road.network import Network
from cartoallier.access.road.routing import leave, search
from cartoallier.access.road.snapping import Snapped

Floats = NDArray[np.float64]

WIDTH_M = 250.0
WIDTH_SLOW_M = 100.0
SLOW_KMH = 20.0
"""A network whose median speed is under this is for feet or wheels without engine."""


def drawn_width_m(network: Network) -> float:
    """Return how far around a road isochrones are drawn: 250 m by car, 100 m on foot or bicycle."""
    km = network.length_km[network.edge]
    moving = network.minutes > 0
    speed = 60 * km[moving] / network.minutes[moving]
    slow = len(speed) > 0 and float(np.median(speed)) < SLOW_KMH
    return WIDTH_SLOW_M if slow else WIDTH_M


def reached_points(
    graph: RoadGraph, sites: Snapped, *, bounds: Iterable[float], width_m: float
) -> dict[float, Floats]:
    """Return points along the roads from where some site is at most so many minutes away.

    Every point is an origin of its own, at the road: partly reached edges are cut where the time
    runs out, to a fifth of ``width_m``.

    Args:
        graph: the transposed network.
        sites: where they join it; the way from the road to their door is counted.
        bounds: minutes, included.
        width_m: around the roads, when they are drawn.

    Returns:
        Bound -> (p, 2) metres, at most a fifth of ``width_m`` apart along a road reached.
    """
    bounds = sorted(bounds)
    if not sites.joined.any() or not bounds:
        return dict.fromkeys(bounds, np.empty((0, 2)))
    nodes = search(graph, sites, limit=bounds[-1])
    near = np.isfinite(nodes.minutes)
    held = sites.edge[sites.joined]
    drawn = (graph.start >= 0) & (near[graph.start] | near[graph.end])
    drawn[held] = True
    places, points = _places_along(graph.network, np.flatnonzero(drawn), step_m=width_m / 5)
    found = leave(graph, places, graph.exits(places), sites=sites, nodes=nodes)
    return {bound: points[found.minutes <= bound] for bound in bounds}


def _places_along(
    network: Network, edges: NDArray[np.intp], *, step_m: float
) -> tuple[Snapped, Floats]:
    """Return places regularly set along edges, ends included, and their coordinates."""
    shape = network.coordinates
    steps = np.hypot(*np.diff(shape, axis=0).T)
    # edges are laid end to end a metre apart, so that an end and the next start differ
    steps[network.offsets[1:-1] - 1] = 1.0
    along = np.concatenate([[0.0], np.cumsum(steps)])
    first, last = along[network.offsets[edges]], along[network.offsets[edges + 1] - 1]
    count = np.ceil((last - first) / step_m).astype(np.intp) + 1
    rank = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    fraction = rank / np.repeat(np.maximum(count - 1, 1), count)
    target = np.repeat(first, count) + fraction * np.repeat(last - first, count)
    points = np.column_stack([np.interp(target, along, shape[:, axis]) for axis in (0, 1)])
    places = Snapped(
        edge=np.repeat(edges, count),
        fraction=fraction,
        km=np.zeros(len(fraction)),
        isolated=np.zeros(len(fraction), dtype=np.bool_),
    )
    return places, points
