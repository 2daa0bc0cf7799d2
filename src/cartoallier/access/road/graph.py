"""A network as a sparse matrix turned round: from services back to where people leave from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from cartoallier.access.road.network import Network
from cartoallier.access.road.snapping import Snapped

Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Ends:
    """By which nodes points leave the edge they stand on, or are reached.

    Attributes:
        node: (m, 2) node, any where there is no such way.
        minutes: (m, 2) to or from it, infinite where there is no such way.
        km: (m, 2) likewise.
    """

    node: NDArray[np.intp]
    minutes: Floats
    km: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class RoadGraph:
    """The transposed network in compressed rows, and what each edge costs either way.

    Row *h* holds the arcs that *enter* node *h*: searched from a service it gives the time *to*
    the service. Of parallel arcs only the least stays (minutes, then km, then order): a sparse
    matrix would add them. Arcs of zero minutes stay, as explicit zeros.

    Attributes:
        network: where it comes from.
        indptr: (n + 1,) where each row starts.
        tail: (a,) node each arc leaves.
        minutes: (a,) running time plus the penalty of the node entered.
        arc: (a,) which arc of the network.
        start: (e,) node at the first coordinate of each edge, -1 without any arc.
        end: (e,) node at the last.
        ahead: (e,) minutes along the edge in the order of its coordinates, infinite if forbidden.
        back: (e,) minutes the other way.
    """

    network: Network
    indptr: Nodes
    tail: Nodes
    minutes: Floats
    arc: NDArray[np.int32]
    start: NDArray[np.intp]
    end: NDArray[np.intp]
    ahead: Floats
    back: Floats

    @classmethod
    def of(cls, network: Network) -> RoadGraph:
        """Sort the arcs by the node they enter, keep the least of the parallel ones."""
        nodes = len(network.nodes)
        arc = _least_arcs(network, nodes)
        head = network.head[arc]
        indptr = np.zeros(nodes + 1, dtype=np.int32)
        np.cumsum(np.bincount(head, minlength=nodes), out=indptr[1:])
        start, end, ahead, back = _edges(network)
        return cls(
            network=network,
            indptr=indptr,
            tail=network.tail[arc],
            minutes=network.minutes[arc] + network.penalty[head],
            arc=arc,
            start=start,
            end=end,
            ahead=ahead,
            back=back,
        )

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    def km(self, rows: NDArray[np.intp]) -> Floats:
        """Return the length of the arcs at these positions of the matrix."""
        length: Floats = self.network.length_km[self.network.edge[self.arc[rows]]]
        return length

    def exits(self, origins: Snapped) -> Ends:
        """Return by which nodes origins leave, without the way from the door to the road.

        In mid-edge: by either end the edge may be travelled to, with the running share and the
        penalty of that end. At a node: from it, at once.
        """
        ends, (fraction, ahead, back, length) = self._stand(origins)
        minutes = np.column_stack(
            [
                fraction * back + self._penalty(ends[:, 0]),
                (1 - fraction) * ahead + self._penalty(ends[:, 1]),
            ]
        )
        return self._settled(origins, ends, minutes, length)

    def entries(self, sites: Snapped) -> Ends:
        """Return by which nodes sites are reached, with the way from the road to the door.

        In mid-edge: from either end the edge may be travelled from, with the running share and
        no penalty. At a node: from it, at once.
        """
        ends, (fraction, ahead, back, length) = self._stand(sites)
        minutes = np.column_stack([fraction * ahead, (1 - fraction) * back])
        found = self._settled(sites, ends, minutes, length)
        return Ends(
            node=found.node,
            minutes=found.minutes + sites.minutes(self.network)[:, None],
            km=found.km + sites.km[:, None],
        )

    def _stand(self, points: Snapped) -> tuple[NDArray[np.intp], tuple[Floats, ...]]:
        """Return the nodes of the edge of each point, and its fraction and costs."""
        edge = np.where(points.joined, points.edge, 0)
        ends = np.column_stack([self.start[edge], self.end[edge]])
        inner = points.joined & (points.fraction > 0) & (points.fraction < 1)
        fraction = np.where(inner, points.fraction, 0.5)  # no 0 × infinite
        length = self.network.length_km[edge]
        return ends, (fraction, self.ahead[edge], self.back[edge], length)

    def _penalty(self, node: NDArray[np.intp]) -> Floats:
        penalty: Floats = self.network.penalty[node]
        return penalty

    def _settled(
        self, points: Snapped, ends: NDArray[np.intp], minutes: Floats, length: Floats
    ) -> Ends:
        """Give the points at a node and those not joined what is theirs."""
        fraction = np.where(points.joined, points.fraction, 0.5)
        km = np.column_stack([fraction * length, (1 - fraction) * length])
        at_start, at_end = fraction == 0, fraction == 1
        minutes[at_start] = (0, np.inf)
        minutes[at_end] = (np.inf, 0)
        minutes[~points.joined] = np.inf
        # an edge that comes back to its own node: both ways lead there, the second if shorter
        loop = (ends[:, 0] == ends[:, 1]) & np.isfinite(minutes).all(axis=1)
        second = loop & (
            (minutes[:, 1] < minutes[:, 0])
            | ((minutes[:, 1] == minutes[:, 0]) & (km[:, 1] < km[:, 0]))
        )
        minutes[second, 0] = np.inf
        minutes[loop & ~second, 1] = np.inf
        return Ends(node=ends, minutes=minutes, km=km)


def _least_arcs(network: Network, nodes: int) -> NDArray[np.int32]:
    """Return the arcs to keep, sorted by head then tail."""
    arcs = np.flatnonzero(network.head != network.tail).astype(np.int32)
    arcs = arcs[_order(network.tail[arcs], nodes)]
    arcs = arcs[_order(network.head[arcs], nodes)]
    head, tail = network.head[arcs], network.tail[arcs]
    same = (head[1:] == head[:-1]) & (tail[1:] == tail[:-1])
    if not same.any():
        return arcs
    first = np.concatenate([[True], ~same])
    shared = np.flatnonzero(~first | np.concatenate([same, [False]]))
    candidates = arcs[shared]
    group = np.cumsum(first)[shared]
    length = network.length_km[network.edge[candidates]]
    ranked = np.lexsort((candidates, length, network.minutes[candidates], group))
    group = group[ranked]
    least = ranked[np.concatenate([[True], group[1:] != group[:-1]])]
    arcs[shared[first[shared]]] = candidates[least]
    kept: NDArray[np.int32] = arcs[first]
    return kept


def _order(values: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Return the stable order of integers under ``size``, in linear time.

    Turning a sparse matrix of one entry per column from columns to rows is a counting sort.
    """
    count = len(values)
    ones = np.ones(count, dtype=np.int8)
    columns = np.arange(count + 1, dtype=np.int32)
    order: NDArray[np.int32] = (
        csc_array((ones, values, columns), shape=(size, count)).tocsr().indices
    )
    return order


def _edges(
    network: Network,
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]:
    """Return the two nodes of each edge, and its least minutes each way."""
    count = len(network.length_km)
    start = np.full(count, -1, dtype=np.intp)
    end = np.full(count, -1, dtype=np.intp)
    ahead, back = np.full(count, np.inf), np.full(count, np.inf)
    for way, tail, head, least in (
        (network.forward, start, end, ahead),
        (~network.forward, end, start, back),
    ):
        edge = network.edge[way]
        tail[edge] = network.tail[way]
        head[edge] = network.head[way]
        np.minimum.at(least, edge, network.minutes[way])
    return start, end, ahead, back
