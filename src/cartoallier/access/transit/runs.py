"""How often each trip of a feed is run on the day measured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cartoallier.access.transit.calls import parse_time
from cartoallier.access.transit.feed_files import FeedFiles
from cartoallier.access.transit.service_days import Calendar

ON_DEMAND = frozenset({"715", *(str(code) for code in range(1500, 1508))})
"""Extended route types that must be booked: demand and response bus, taxis."""
SCHOOL = frozenset({"712"})
"""School buses, which do not take everybody."""

Headways = Mapping[str, list[tuple[int, int, int]]]
"""Trip -> (start, end, headway) in seconds."""

_MOST_RUNS = 2000
"""Of one trip in a day: one every 43 seconds."""


def read_frequencies(feed: FeedFiles) -> Headways:
    """Read ``frequencies.txt``: trips run every so often from a start on.

    Runs are set at the start and at each headway after it, also where the feed only promises a
    mean interval (``exact_times`` 0).
    """
    columns = ("trip_id", "start_time", "end_time", "headway_secs")
    result: dict[str, list[tuple[int, int, int]]] = {}
    for line, (trip, *texts, headway) in feed.rows("frequencies.txt", columns, required=columns):
        start, end = (parse_time(text) for text in texts)
        readable = headway.isascii() and headway.isdigit() and len(headway) < 7
        every = int(headway) if readable else 0
        if start is None or end is None or end <= start or not every:
            value = " ".join([*texts, headway])
        elif (end - start) / every > _MOST_RUNS:
            value = f"{headway} s"
        else:
            result.setdefault(trip, []).append((start, end, every))
            continue
        feed.notes.add(
            "fréquence de passage illisible",
            "ligne ignorée ; à signaler au producteur de l'archive GTFS",
            table="frequencies.txt",
            line=line,
            value=value,
        )
    return result


def trips_by_service(
    feed: FeedFiles, serving: set[str], frequencies: Headways
) -> tuple[dict[str, str], dict[str, int]]:
    """Return the service of each trip that serves the territory, and the runs of each service."""
    excluded = {
        route: kind
        for _, (route, kind) in feed.rows("routes.txt", ("route_id", "route_type"))
        if kind in ON_DEMAND | SCHOOL
    }
    trips: dict[str, str] = {}
    weights: dict[str, int] = {}
    named: set[str] = set()
    columns = ("trip_id", "service_id", "route_id")
    for line, (trip, service, route) in feed.rows("trips.txt", columns, required=columns[:2]):
        if trip not in serving:
            continue
        named.add(trip)
        if route in excluded:
            booked = excluded[route] in ON_DEMAND
            feed.notes.add(
                "course à la demande" if booked else "course réservée aux scolaires",
                "non comptée : il faut la réserver" if booked else "non comptée",
                table="trips.txt",
                line=line,
                value=trip,
            )
            continue
        if trip in trips:
            feed.notes.add(
                "identifiant de course en double",
                "seule la première est lue ; à signaler au producteur de l'archive GTFS",
                table="trips.txt",
                line=line,
                value=trip,
            )
            continue
        trips[trip] = service
        number = sum(len(range(*headway)) for headway in frequencies.get(trip, [])) or 1
        weights[service] = weights.get(service, 0) + number
    for trip in sorted(serving - named):
        feed.notes.add(
            "course absente de trips.txt",
            "passages ignorés ; à signaler au producteur de l'archive GTFS",
            table="stop_times.txt",
            value=trip,
        )
    return trips, weights


def runs_of(
    trips: Mapping[str, str], frequencies: Headways, *, calendar: Calendar, day: dt.date
) -> pd.DataFrame:
    """Return the runs of the eve, the day and the morrow, by first trip of the feed.

    Returns:
        Columns ``trip``, ``start`` (seconds, missing for a trip that states its own times) and
        ``midnight``: seconds from the midnight of ``day`` to that of the service day.
    """
    rows: list[tuple[str, float, int]] = []
    for shift in (-1, 0, 1):
        date = day + dt.timedelta(days=shift)
        active = {service for service in set(trips.values()) if calendar.runs(service, date)}
        for trip, service in trips.items():
            if service in active:
                starts = [
                    float(start)
                    for headway in frequencies.get(trip, [])
                    for start in range(*headway)
                ]
                rows += [(trip, start, 86_400 * shift) for start in starts or [np.nan]]
    table = pd.DataFrame(rows, columns=["trip", "start", "midnight"])
    return table.astype({"trip": "str", "start": "float64", "midnight": "int64"})
