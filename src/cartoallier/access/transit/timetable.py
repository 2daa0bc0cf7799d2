"""A timetable of one service day, as connections: what a bus does between two stops."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cartoallier.model.french import day as day_words
from cartoallier.model.french import plural

Floats = NDArray[np.float64]
Seconds = NDArray[np.int32]
Positions = NDArray[np.intp]

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass(frozen=True, kw_only=True)
class Window:
    """When people leave home: every minute from ``start`` to ``end``, both included.

    Attributes:
        start: minutes after midnight (420: 07:00).
        end: likewise, not before ``start``.
    """

    start: int = 7 * 60
    end: int = 9 * 60

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end <= 24 * 60:
            raise ValueError("a window runs from 0 to 1440 minutes, start first")

    @property
    def departures(self) -> Seconds:
        """The departures, in seconds after midnight, increasing."""
        return np.arange(self.start, self.end + 1, dtype=np.int32) * np.int32(60)

    @property
    def words(self) -> str:
        """French: « de 7 h 00 à 9 h 00 »."""
        hours = (
            f"{minute // 60}\u00a0h\u00a0{minute % 60:02d}" for minute in (self.start, self.end)
        )
        return "de {} à {}".format(*hours)


@dataclass(frozen=True, eq=False, kw_only=True)
class Timetable:
    """The connections of one day, sorted by trip, then in the order they are run.

    Attributes:
        stops: (n, 2) metres, in the territory's CRS.
        stop_ids: of each stop, as the feed writes it.
        trip: (c,) number of the trip of each connection.
        tail: (c,) stop where it starts.
        head: (c,) stop where it ends.
        departure: (c,) seconds after midnight of ``day``; beyond 86 400 on the next day.
        arrival: (c,) likewise, never before the departure nor after that of the next connection
            of the trip.
        board: (c,) whether one may get on at ``tail``.
        alight: (c,) whether one may get off at ``head``.
        change_from: (x,) stop of each change the feed itself describes.
        change_to: (x,) the other stop, perhaps the same.
        change_seconds: (x,) time it takes; missing (NaN): the change is impossible.
        day: the service day.
        trips: trips run that day in the whole feed.
    """

    stops: Floats
    stop_ids: tuple[str, ...]
    trip: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    departure: Seconds
    arrival: Seconds
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]
    change_from: NDArray[np.int32]
    change_to: NDArray[np.int32]
    change_seconds: Floats
    day: dt.date
    trips: int

    def __post_init__(self) -> None:
        columns = (self.tail, self.head, self.departure, self.arrival, self.board, self.alight)
        together = self.trip[1:] == self.trip[:-1]
        problems = [
            message
            for wrong, message in (
                (any(len(one) != len(self.trip) for one in columns), "columns differ in length"),
                (len(self.stop_ids) != len(self.stops), "every stop needs an id"),
                (bool((self.arrival < self.departure).any()), "a connection ends before it starts"),
                (
                    bool((together & (self.departure[1:] < self.arrival[:-1])).any()),
                    "a trip leaves a stop before it reaches it",
                ),
                (bool((np.diff(self.trip) < 0).any()), "connections must be sorted by trip"),
            )
            if wrong
        ]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def words(self) -> str:
        """French: « mardi 8 septembre 2026, 312 courses »."""
        name = WEEKDAYS[self.day.weekday()]
        return f"{name} {day_words(self.day)}, {plural(self.trips, 'course')}"
