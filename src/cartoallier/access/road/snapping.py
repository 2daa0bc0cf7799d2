"""From doors to the road: the nearest edge of each point, and where along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from cartoallier.access.road.network import Network

Floats = NDArray[np.float64]
AT_END_M = 0.01
"""A point this close to an end of its edge, measured along it, stands at the node."""
NO_DOOR_KMH = 85.0
"""No door opens on a one-way road driven faster: a carriageway of an expressway, tagged or not."""
ISOLATED_KM = 0.2
"""A door nearer than this to the network is joined to it, whatever stands nearer."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Snapped:
    """Where points join a network.

    Attributes:
        edge: (m,) edge joined, -1 where the network is further than ``snap_km``.
        fraction: (m,) 0 to 1 along the edge, in the order of its coordinates. Exactly 0 or 1: the
            point stands at the node, and on every edge that meets there.
        km: (m,) straight line to the nearest edge, joined or not; missing without any edge.
        isolated: (m,) not joined because the road at the door is that of an island.
    """

    edge: NDArray[np.intp]
    fraction: Floats
    km: Floats
    isolated: NDArray[np.bool_]

    @property
    def joined(self) -> NDArray[np.bool_]:
        """Which points are on the network."""
        return self.edge >= 0

    def minutes(self, network: Network) -> Floats:
        """Return the time from the door to the road: 60 × km / ``access_kmh``."""
        minutes: Floats = 60 * self.km / network.access_kmh
        return minutes

    def __getitem__(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> Snapped:
        """Keep some points, in the order given."""
        return Snapped(
            edge=self.edge[chosen],
            fraction=self.fraction[chosen],
            km=self.km[chosen],
            isolated=self.isolated[chosen],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class EdgeIndex:
    """The edges of a network in a tree (STR) of their boxes: built once, asked often.

    Exact: distances are to the shape of the edge, not to its vertices. An edge takes about 0.3 kB,
    so a département with its neighbourhood (300 000 edges) 0.1 GB; the 10 million edges of a
    whole country would take 3 GB, and are better clipped to a territory first.

    Attributes:
        network: whose edges.
        lines: (e,) the shape of each edge that doors may open on, in order.
        edges: (e,) the edge each line is.
        tree: of ``lines``.
        islands: of the roads of islands.
    """

    network: Network
    lines: NDArray[np.object_]
    edges: NDArray[np.intp]
    tree: shapely.STRtree
    islands: shapely.STRtree

    @classmethod
    def of(cls, network: Network) -> EdgeIndex:
        """Draw every edge that doors may open on, and build the tree."""
        edges = _edges_with_doors(network)
        shapes = edge_lines(network)
        lines = shapes[edges]
        islands = _lines(network.isolated_coordinates, network.isolated_offsets)
        return cls(
            network=network,
            lines=lines,
            edges=edges,
            tree=shapely.STRtree(lines),
            islands=shapely.STRtree(islands),
        )

    def snap(self, points: Floats) -> Snapped:
        """Join each point to the nearest edge; of several as near, to the first.

        Motorways, ferries, tunnels and one-way roads faster than :data:`NO_DOOR_KMH` are left
        out: a house beside a motorway is not on it. A door at more than :data:`ISOLATED_KM` from
        the network, twice as near to a road of an island, is not joined: it would cross water.

        The way from the door to the road is a straight line at ``access_kmh``: it counts in the
        minutes and in the kilometres of a journey, at both ends.

        Args:
            points: (m, 2) metres, in the network's CRS.
        """
        edge = np.full(len(points), -1, dtype=np.intp)
        fraction = np.full(len(points), np.nan)
        km = np.full(len(points), np.nan)
        isolated = np.zeros(len(points), dtype=np.bool_)
        usable = np.flatnonzero(np.isfinite(points).all(axis=1))
        if not len(self.lines) or not len(usable):
            return Snapped(edge=edge, fraction=fraction, km=km, isolated=isolated)
        doors = np.asarray(shapely.points(points[usable]))
        (rows, hits), metres = self.tree.query_nearest(doors, return_distance=True)
        order = np.lexsort((hits, rows))
        rows, first = np.unique(rows[order], return_index=True)
        nearest = order[first]
        chosen = usable[rows]
        km[chosen] = metres[nearest] / 1000
        isolated[chosen] = self._on_islands(doors[rows], metres[nearest])
        near = (km[chosen] <= self.network.snap_km) & ~isolated[chosen]
        lines, chosen = hits[nearest][near], chosen[near]
        edge[chosen] = self.edges[lines]
        fraction[chosen] = _fractions(self.lines[lines], doors[rows[near]])
        return Snapped(edge=edge, fraction=fraction, km=km, isolated=isolated)

    def _on_islands(self, doors: NDArray[np.object_], metres: Floats) -> NDArray[np.bool_]:
        """Return which doors stand by the road of an island, ``metres`` from the network."""
        found = np.zeros(len(doors), dtype=np.bool_)
        far = np.flatnonzero(metres > 1000 * ISOLATED_KM)
        if len(self.islands) and len(far):
            (rows, _), gap = self.islands.query_nearest(
                doors[far], return_distance=True, all_matches=False
            )
            found[far[rows]] = 2 * gap < metres[far[rows]]
        return found


def edge_lines(network: Network) -> NDArray[np.object_]:
    """Return the shape of every edge, (e,) LineStrings in metres."""
    return _lines(network.coordinates, network.offsets)


def _lines(coordinates: Floats, offsets: NDArray[np.int64]) -> NDArray[np.object_]:
    counts = np.diff(offsets)
    ranks = np.repeat(np.arange(len(counts)), counts)
    return np.asarray(shapely.linestrings(coordinates, indices=ranks), dtype=np.object_)


def _edges_with_doors(network: Network) -> NDArray[np.intp]:
    """Return the edges that some arc runs along and doors open on, expressways left out."""
    km = network.length_km[network.edge]
    fast = (60 * km > NO_DOOR_KMH * network.minutes) & (network.minutes > 0)
    ahead, back = np.zeros((2, len(network.length_km)), dtype=np.bool_)
    ahead[network.edge[network.forward]] = True
    back[network.edge[~network.forward]] = True
    expressway = np.zeros(len(network.length_km), dtype=np.bool_)
    expressway[network.edge[fast]] = True
    return np.flatnonzero(network.doors & ((ahead & back) | ((ahead | back) & ~expressway)))


def _fractions(lines: NDArray[np.object_], doors: NDArray[np.object_]) -> Floats:
    """Return how far along its line each door falls, 0 to 1."""
    length = shapely.length(lines)
    along = shapely.line_locate_point(lines, doors)
    fraction: Floats = np.divide(along, length, out=np.zeros_like(along), where=length > 0)
    fraction[along <= AT_END_M] = 0.0
    fraction[length - along <= AT_END_M] = 1.0
    fraction[length <= 0] = 0.0
    return fraction
