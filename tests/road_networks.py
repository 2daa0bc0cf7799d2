"""Small road networks built by hand, and a plain search to compare with."""

import heapq
import math
from collections import defaultdict

import numpy as np

from cartoallier.access.road.network import Network

Road = tuple[int, int, float | None, float | None]


def build(
    places: list[tuple[float, float]],
    roads: list[Road],
    *,
    penalty: dict[int, float] | None = None,
    lengths: list[float] | None = None,
    snap_km: float = 1.0,
    access_kmh: float = 60.0,
    crs: str = "EPSG:2154",
    doors: list[bool] | None = None,
    islands: list[list[tuple[float, float]]] | None = None,
) -> Network:
    """A network of straight roads: (start, end, minutes ahead, minutes back), None: forbidden."""
    nodes = np.array(places, dtype="float64")
    arcs = [
        arc
        for edge, (start, end, ahead, back) in enumerate(roads)
        for arc in ((start, end, ahead, edge, True), (end, start, back, edge, False))
        if arc[2] is not None
    ]
    lost = np.zeros(len(nodes))
    for node, minutes in (penalty or {}).items():
        lost[node] = minutes
    ends = np.array([[start, end] for start, end, *_ in roads], dtype="int64").reshape(-1)
    shape = nodes[ends]
    pairs = shape.reshape(-1, 2, 2)
    length = np.hypot(*(pairs[:, 1] - pairs[:, 0]).T) / 1000
    return Network(
        nodes=nodes,
        penalty=lost,
        tail=np.array([arc[0] for arc in arcs], dtype="int32"),
        head=np.array([arc[1] for arc in arcs], dtype="int32"),
        minutes=np.array([arc[2] for arc in arcs], dtype="float64"),
        edge=np.array([arc[3] for arc in arcs], dtype="int32"),
        forward=np.array([arc[4] for arc in arcs], dtype="bool"),
        offsets=np.arange(0, 2 * len(roads) + 1, 2, dtype="int64"),
        coordinates=shape,
        length_km=length if lengths is None else np.array(lengths, dtype="float64"),
        doors=np.array([True] * len(roads) if doors is None else doors, dtype="bool"),
        isolated_offsets=np.cumsum([0, *map(len, islands or [])], dtype="int64"),
        isolated_coordinates=np.array(
            [place for line in islands or [] for place in line], dtype="float64"
        ).reshape(-1, 2),
        crs=crs,
        profile="voiture",
        access_kmh=access_kmh,
        snap_km=snap_km,
    )


def grid(side: int, *, seed: int, step: float = 1000.0, east: float = 0.0, north: float = 0.0):
    """A jittered grid of two-way roads, some one-way, at 30 to 80 km/h."""
    draw = np.random.default_rng(seed)
    rank = np.arange(side * side).reshape(side, side)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    where = (
        np.column_stack([x.ravel(), y.ravel()]) * step
        + draw.uniform(-0.3, 0.3, (side**2, 2)) * step
    )
    where += (east, north)
    roads: list[Road] = []
    for start, end in [
        *zip(rank[:, :-1].ravel(), rank[:, 1:].ravel(), strict=True),
        *zip(rank[:-1].ravel(), rank[1:].ravel(), strict=True),
    ]:
        km = math.dist(where[start], where[end]) / 1000
        minutes = 60 * km / draw.uniform(30, 80)
        roads.append((int(start), int(end), minutes, None if draw.random() < 0.1 else minutes))
    return build([tuple(one) for one in where], roads)


Place = tuple[int, float, float]
"""Edge (-1: not joined), fraction, km from the door to the road."""


def plain_search(network: Network, origins: list[Place], sites: list[Place]):
    """Minutes, km and site of each origin, and minutes of every pair: no trick, no matrix."""
    roads = _Roads(network)
    for i, place in enumerate(origins):
        roads.add_origin(i, place)
    for j, place in enumerate(sites):
        roads.add_site(j, place)
        for i, origin in enumerate(origins):
            roads.add_along(i, origin, j, place)
    nearest, table = [], np.full((len(origins), len(sites)), np.inf)
    for i in range(len(origins)):
        best = _walk(roads.ways, ("origin", i))
        found = [(*best[("site", j)], j) for j in range(len(sites)) if ("site", j) in best]
        for minutes, _, j in found:
            table[i, j] = minutes
        least = min(((m, j, km) for m, km, j in found), default=(math.nan, -1, math.nan))
        nearest.append((least[0], least[2], least[1]))
    return nearest, table


class _Roads:
    """Ways from place to place, the points set on edges being places of their own."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.door = 60 / network.access_kmh
        self.ways = defaultdict(list)
        self.ends = defaultdict(lambda: [None, None])
        self.running = defaultdict(lambda: [math.inf, math.inf])
        for tail, head, minutes, edge, forward in zip(
            network.tail, network.head, network.minutes, network.edge, network.forward, strict=True
        ):
            length = network.length_km[edge]
            self.ways[tail].append((head, minutes + network.penalty[head], length))
            self.ends[edge] = [tail, head] if forward else [head, tail]
            way = 0 if forward else 1
            self.running[edge][way] = min(self.running[edge][way], minutes)

    def add(self, one, other, minutes, km):
        if minutes < math.inf:
            self.ways[one].append((other, minutes, km))

    def add_origin(self, rank, place):
        edge, fraction, km = place
        if edge < 0:
            return
        point, length, (ahead, back) = (
            ("origin", rank), self.network.length_km[edge], self.running[edge]
        )  # fmt: skip
        start, end = self.ends[edge]
        if fraction in (0, 1):
            self.add(point, end if fraction else start, km * self.door, km)
            return
        for node, share, minutes in ((start, fraction, back), (end, 1 - fraction, ahead)):
            lost = self.network.penalty[node] + km * self.door
            self.add(point, node, share * minutes + lost, share * length + km)

    def add_site(self, rank, place):
        edge, fraction, km = place
        if edge < 0:
            return
        point, length, (ahead, back) = (
            ("site", rank), self.network.length_km[edge], self.running[edge]
        )  # fmt: skip
        start, end = self.ends[edge]
        if fraction in (0, 1):
            self.add(end if fraction else start, point, km * self.door, km)
            return
        for node, share, minutes in ((start, fraction, ahead), (end, 1 - fraction, back)):
            self.add(node, point, share * minutes + km * self.door, share * length + km)

    def add_along(self, i, origin, j, site):
        edge, here, own = origin
        other, there, km = site
        if edge != other or edge < 0 or {here, there} & {0, 1}:
            return
        ahead, back = self.running[edge]
        running = 0 if here == there else (there - here) * ahead
        if there < here:
            running = (here - there) * back
        length = abs(there - here) * self.network.length_km[edge]
        self.add(("origin", i), ("site", j), running + (km + own) * self.door, length + km + own)


def _walk(ways, origin):
    """Least (minutes, km) of everything reached."""
    done: dict = {}
    heap = [(0.0, 0.0, 0, origin)]
    turn = 1
    while heap:
        minutes, km, _, place = heapq.heappop(heap)
        if place in done:
            continue
        done[place] = (minutes, km)
        for other, more, length in ways[place]:
            heapq.heappush(heap, (minutes + more, km + length, turn, other))
            turn += 1
    return done
