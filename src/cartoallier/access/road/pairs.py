"""Every origin and site within some minutes of each other by road."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from cartoallier.access.engine import Mask, Pairs
from cartoallier.access.road.graph import Ends, RoadGraph
from cartoallier.access.road.routing import along_own_edge, distinct, with_sites
from cartoallier.access.road.snapping import Snapped

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

_CELLS = 1 << 25
"""Minutes held at once, sites × nodes: 0.25 GB."""


def find_pairs(
    graph: RoadGraph,
    origins: Snapped,
    exits: Ends,
    *,
    sites: Snapped,
    masks: Sequence[Mask],
    within: float,
) -> Pairs:
    """Search from each site apart, and keep the origins it admits.

    Every sum is the one the search of the nearest makes: the least minutes of an origin here are,
    to the last bit, those it has there.

    Args:
        graph: the transposed network.
        origins: where they join it.
        exits: what ``graph.exits`` gives for them.
        sites: where they join it.
        masks: which origins each site admits.
        within: minutes, bound included.
    """
    own = np.where(origins.joined, origins.minutes(graph.network), 0)
    found = list(_by_the_nodes(graph, exits, sites, own=own, within=within))
    origin, straight = along_own_edge(graph, origins, sites)
    total = straight.minutes + own[origin]
    near = total <= within
    found.append((origin[near], straight.site[near], total[near]))
    origin, site, minutes = (np.concatenate(part) for part in zip(*found, strict=True))
    admitted = np.ones(len(origin), dtype=np.bool_)
    for position, mask in enumerate(masks):
        if mask is not None:
            of_site = np.flatnonzero(site == position)
            admitted[of_site] = mask[origin[of_site]]
    origin, site, minutes = origin[admitted], site[admitted], minutes[admitted]
    order = np.lexsort((minutes, site, origin))
    origin, site, minutes = origin[order], site[order], minutes[order]
    first = np.ones(len(origin), dtype=np.bool_)
    first[1:] = (origin[1:] != origin[:-1]) | (site[1:] != site[:-1])
    return Pairs(origin=origin[first], site=site[first], minutes=minutes[first])


def _by_the_nodes(
    graph: RoadGraph, exits: Ends, sites: Snapped, *, own: Floats, within: float
) -> Iterator[tuple[Positions, Positions, Floats]]:
    """Yield origins, sites and minutes of the ways that leave the origin's edge."""
    entries, first, which = distinct(graph.entries(sites), sites)
    matrix = with_sites(graph, entries)
    chunk = max(1, _CELLS // matrix.shape[0])
    for low in range(0, len(first), chunk):
        high = min(low + chunk, len(first))
        at_nodes = dijkstra(
            matrix, indices=np.arange(graph.nodes + low, graph.nodes + high), limit=within
        )
        for place in range(low, high):
            minutes = at_nodes[place - low]
            total = (exits.minutes + minutes[exits.node]).min(axis=1) + own
            near = np.flatnonzero(total <= within)
            for site in np.flatnonzero(which == place):
                yield near, np.full(len(near), site), total[near]
    yield np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
