"""The profile connection scan: from every stop, at any time, the earliest arrival at each site.

Dibbelt, Pajor, Strasser, Wagner, « Connection Scan Algorithm », ACM JEA 23 (2018), §4: the
connections of a day are scanned once, by decreasing departure; what is best from a connection
depends on later ones only. Two liberties are taken. The Pareto profile of a stop is held as one
row per departure: the least arrival of this departure and of those after it, so that dominated
departures carry the value of what dominates them. And connections that leave at the same second
are scanned together, over all sites at once: array operations replace the loop over connections,
with the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartoallier.access.transit.timetable import Positions, Seconds, Timetable

Longs = NDArray[np.int64]

NEVER = np.int32(1 << 29)
"""Inside a scan only: later than any arrival; twice it still fits. It never leaves this package."""

_STRIDE = 1 << 24
"""More seconds than any timetable has: a stop and a second make one sortable number."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Changes:
    """From the stop one gets off to those one may board, sorted by ``origin``.

    Attributes:
        origin: stop where one gets off.
        target: stop where one boards, perhaps the same.
        seconds: at least 1, so that no chain of changes goes round within one second.
    """

    origin: Positions
    target: Positions
    seconds: Longs

    def __post_init__(self) -> None:
        if len(self.seconds) and self.seconds.min() < 1:
            raise ValueError("a change takes at least one second")


@dataclass(frozen=True, eq=False, kw_only=True)
class Scan:
    """The connections of a stretch of day in the order they are scanned, made once per timetable.

    A *departure* is a stop and a second at which something may be boarded there. e departures are
    sorted by stop then second, c connections are in the order of the scan.

    Attributes:
        keys: (e,) stop and second of each departure, as one number.
        later: (e,) next departure of the same stop, e after the last.
        head: (c,) stop where each connection ends.
        arrival: (c,) second; :data:`NEVER` where one may not alight.
        after: (c,) next connection of the trip, c after the last.
        change: (x,) departures that can be caught after each connection, end to end; e, which is
            none, closes each list.
        change_start: (c + 1,) where those of each connection start in ``change``.
        timed: (e,) departures in the order of the scan.
        boarding: (y,) connections of each of them, end to end.
        boarding_start: (e + 1,) where those of each of them start in ``boarding``.
        steps: (s, 2) for each step, how many connections and departures are settled after it; a
            step reads only what earlier ones settled.
    """

    keys: Longs
    later: Positions
    head: Positions
    arrival: Seconds
    after: Positions
    change: Positions
    change_start: Positions
    timed: Positions
    boarding: Positions
    boarding_start: Positions
    steps: Positions

    @classmethod
    def of(cls, timetable: Timetable, changes: Changes, *, earliest: int, latest: int) -> Scan:
        """Prepare the connections that leave from ``earliest`` on and arrive by ``latest``.

        Args:
            timetable: of one day.
            changes: between its stops.
            earliest: seconds after midnight.
            latest: likewise.
        """
        kept = np.flatnonzero((timetable.departure >= earliest) & (timetable.arrival <= latest))
        leaving = timetable.departure[kept].astype(np.int64)
        rank = _rank(timetable.trip[kept], leaving)
        order = np.lexsort((rank, -leaving))
        chosen = kept[order]
        leaving = leaving[order]
        board = np.flatnonzero(timetable.board[chosen])
        keys, which = np.unique(
            timetable.tail[chosen[board]].astype(np.int64) * _STRIDE + leaving[board],
            return_inverse=True,
        )
        timed = np.argsort(-(keys % _STRIDE), kind="stable")
        boarding, boarding_start = _grouped(np.argsort(timed)[which], board, len(keys))
        head = timetable.head[chosen].astype(np.intp)
        arrival = np.where(timetable.alight[chosen], timetable.arrival[chosen], NEVER)
        change, change_start = _catchable(head, arrival.astype(np.int64), changes, keys)
        number = np.arange(1, len(keys) + 1)
        same_stop = np.append(keys[1:] // _STRIDE == keys[:-1] // _STRIDE, False)[: len(keys)]
        return cls(
            keys=keys,
            later=np.where(same_stop, number, len(keys)),
            head=head,
            arrival=arrival.astype(np.int32),
            after=_after(timetable.trip[kept], order),
            change=change,
            change_start=change_start,
            timed=timed,
            boarding=boarding,
            boarding_start=boarding_start,
            steps=_steps(leaving, rank[order], keys[timed] % _STRIDE),
        )

    def arrivals(self, egress: Seconds) -> Seconds:
        """Return the earliest arrival at each site for whoever stands at a stop.

        Args:
            egress: (stops, sites) seconds on foot from a stop to a site, :data:`NEVER` where it
                is not walked.

        Returns:
            (e + 1, sites) seconds after midnight, for someone at the stop of a departure when it
            leaves, who takes it or waits for a better one; the last row is :data:`NEVER`, for
            whoever finds no departure.
        """
        sites = egress.shape[1]
        seated = np.full((len(self.head) + 1, sites), NEVER, dtype=np.int32)
        waiting = np.full((len(self.keys) + 1, sites), NEVER, dtype=np.int32)
        start = first = 0
        for stop, last in self.steps.tolist():
            seated[start:stop] = self._ride(seated, waiting, egress, start=start, stop=stop)
            if last > first:
                chosen = self.timed[first:last]
                low, high = self.boarding_start[[first, last]]
                gained = np.minimum.reduceat(
                    seated[self.boarding[low:high]], self.boarding_start[first:last] - low, axis=0
                )
                waiting[chosen] = np.minimum(gained, waiting[self.later[chosen]])
            start, first = stop, last
        return waiting

    def _ride(
        self, seated: Seconds, waiting: Seconds, egress: Seconds, *, start: int, stop: int
    ) -> Seconds:
        """Return what is best from the connections of one step: stay, walk to the site, change."""
        low, high = self.change_start[[start, stop]]
        best: Seconds = np.minimum.reduceat(
            waiting[self.change[low:high]], self.change_start[start:stop] - low, axis=0
        )
        np.minimum(best, seated[self.after[start:stop]], out=best)
        on_foot = self.arrival[start:stop, None] + egress[self.head[start:stop]]
        np.minimum(best, on_foot, out=best)
        return best

    @property
    def stops(self) -> Positions:
        """The stops from which something leaves."""
        return np.unique(self.keys // _STRIDE).astype(np.intp)

    def catch(self, stops: Positions, seconds: Longs) -> Positions:
        """Return the first departure of each stop from each second on, e where there is none."""
        return _first(self.keys, stops, seconds)


def _rank(trip: NDArray[np.int32], leaving: Longs) -> Positions:
    """Return how many connections of the same trip leave after each one at the same second.

    Times are often in whole minutes: two stops in a minute leave together, the second one being
    scanned first.
    """
    number = np.arange(len(trip))
    last = np.ones(len(trip), dtype=np.bool_)
    last[:-1] = (trip[1:] != trip[:-1]) | (leaving[1:] != leaving[:-1])
    ends = np.flatnonzero(last)
    return (ends[np.searchsorted(ends, number)] - number).astype(np.intp)


def _after(trip: NDArray[np.int32], order: Positions) -> Positions:
    """Return the place in the scan of the next connection of each trip, in scan order."""
    place = np.append(np.argsort(order), len(order)).astype(np.intp)
    following = np.full(len(trip), len(trip), dtype=np.intp)
    together = np.flatnonzero(trip[1:] == trip[:-1])
    following[together] = together + 1
    return place[following[order]]


def _catchable(
    head: Positions, arrival: Longs, changes: Changes, keys: Longs
) -> tuple[Positions, Positions]:
    """Return the departures each connection can be left for, each list closed by none."""
    where = np.arange(head.max(initial=-1) + 2)
    start = np.searchsorted(changes.origin, where)
    count = np.where(arrival < NEVER, start[head + 1] - start[head], 0)
    owner = np.repeat(np.arange(len(head)), count)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    change = start[head[owner]] + within
    found = _first(keys, changes.target[change], arrival[owner] + changes.seconds[change])
    caught = found < len(keys)
    owners = np.concatenate([owner[caught], np.arange(len(head))])
    targets = np.concatenate([found[caught], np.full(len(head), len(keys), dtype=np.intp)])
    return _grouped(owners, targets, len(head))


def _grouped(group: Positions, values: Positions, number: int) -> tuple[Positions, Positions]:
    """Return values group by group, and where each of ``number`` groups starts, and the end."""
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(number + 1))
    return values[order].astype(np.intp), start.astype(np.intp)


def _first(keys: Longs, stops: Positions, seconds: Longs) -> Positions:
    found = np.searchsorted(keys, stops.astype(np.int64) * _STRIDE + seconds)
    there = np.append(keys // _STRIDE, -1)[found] == stops
    return np.where(there, found, len(keys)).astype(np.intp)


def _steps(leaving: Longs, rank: Positions, timed: Longs) -> Positions:
    """Return the ends of steps: connections of one second and rank, departures of one second.

    Args:
        leaving: second of each connection, decreasing.
        rank: of each, increasing within a second.
        timed: second of each departure, decreasing.
    """
    if not len(leaving):
        return np.zeros((0, 2), dtype=np.intp)
    changed = (leaving[1:] != leaving[:-1]) | (rank[1:] != rank[:-1])
    ends = np.append(np.flatnonzero(changed) + 1, len(leaving))
    # departures of a second are settled once its last connections are
    following = np.append(leaving, -1)[ends]
    settled = np.searchsorted(-timed, -following, side="left")
    return np.column_stack([ends, settled]).astype(np.intp)
