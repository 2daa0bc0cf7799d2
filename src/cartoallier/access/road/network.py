"""A road network for one way to travel, ready to be searched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """The largest strongly connected part of a road network, for one profile.

    Nodes are crossings and ends of ways; an edge is the road between two of them, with its shape;
    an arc is an edge in one direction it may be travelled. Parallel arcs are kept here: whoever
    makes a matrix keeps their minimum.

    Attributes:
        nodes: (n, 2) metres, in ``crs``.
        penalty: (n,) minutes lost when a node is entered by an arc (turning at a crossing); 0 at a
            node that is not a crossing.
        tail: (a,) node where each arc starts.
        head: (a,) node where it ends.
        minutes: (a,) running time of each arc, the penalty of its head not included.
        edge: (a,) the edge an arc runs along.
        forward: (a,) whether it follows the order of the edge's coordinates.
        offsets: (e + 1,) where the coordinates of each edge start in ``coordinates``; the last is
            their number.
        coordinates: (c, 2) metres, the shape of every edge, end to end.
        length_km: (e,) of each edge.
        doors: (e,) whether doors may open on it: not on a motorway, a ferry, in a tunnel.
        isolated_offsets: (i + 1,) likewise, of the roads of islands, which are no part of the
            network: a door beside them is not joined across the water.
        isolated_coordinates: (k, 2) metres, their shapes.
        crs: EPSG code or WKT of the projection.
        profile: key of the profile (``voiture``).
        access_kmh: speed from a door to the nearest point of the network.
        snap_km: how far a door may be from the network and still be joined to it.
    """

    nodes: NDArray[np.float64]
    penalty: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    minutes: NDArray[np.float64]
    edge: NDArray[np.int32]
    forward: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    length_km: NDArray[np.float64]
    doors: NDArray[np.bool_]
    isolated_offsets: NDArray[np.int64]
    isolated_coordinates: NDArray[np.float64]
    crs: str
    profile: str
    access_kmh: float
    snap_km: float
