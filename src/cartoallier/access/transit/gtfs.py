"""A GTFS feed (gtfs.org/schedule/reference) as the timetable of one service day.

What is read: stops, trips, stop times, calendars, frequencies, changes. What is not: names, fares,
shapes, pathways, and whatever must be booked (flexible zones, on-demand routes and stops), which
is counted in the findings rather than taken for a bus that passes by.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from cartoallier.access.transit.calls import read_calls, trips_serving
from cartoallier.access.transit.feed_files import FeedFiles, feed_digest, opened_feed, refusal
from cartoallier.access.transit.runs import read_frequencies, runs_of, trips_by_service
from cartoallier.access.transit.service_days import Calendar, read_calendar
from cartoallier.access.transit.timetable import Timetable
from cartoallier.model import Finding, SourceRecord, Territory

_TUESDAY = 1
_LAST_SECOND = 36 * 3600
_MOST_CONNECTIONS = 10_000_000
"""Of one day, fifty times those of a large invented département (scripts/bench/transit.py)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Feed:
    """What a GTFS feed gave.

    Attributes:
        timetable: of the day chosen, around the territory.
        record: for the provenance; its vintage is the day.
        findings: what was noticed.
    """

    timetable: Timetable
    record: SourceRecord
    findings: tuple[Finding, ...]


def read_gtfs(
    path: Path,
    *,
    file: str,
    territory: Territory,
    weekday: int = _TUESDAY,
    day: dt.date | None = None,
    margin_km: float = 2.0,
) -> Feed:
    """Read the timetable of one day of a GTFS archive or folder.

    The day is that of the weekday with most trips serving the territory and its neighbourhood,
    the first of them. Runs of the eve that pass midnight and those of the morrow are there too.

    Args:
        path: a zip or a folder.
        file: its name, as the project writes it.
        territory: only stops in its communes, or ``margin_km`` around them, are kept.
        weekday: 0 is Monday; on a Tuesday there is school everywhere, and offices are open.
        day: a date chosen instead.
        margin_km: how far out of the communes a stop may be.

    Raises:
        SourceError: not a feed, damaged, no stop in the territory, nothing runs that day.
    """
    with opened_feed(path, file=file) as feed:
        stops, named = _read_stops(feed, territory, margin_km=margin_km)
        serving, rows_read = trips_serving(feed, set(stops.index), named=named)
        frequencies = read_frequencies(feed)
        trips, weights = trips_by_service(feed, serving, frequencies)
        calendar = read_calendar(feed)
        day, number = _service_day(calendar, weights, weekday=weekday, day=day)
        runs = runs_of(trips, frequencies, calendar=calendar, day=day)
        calls = read_calls(feed, set(runs["trip"]), stops)
        changes = _read_changes(feed, stops)
    _check_size(calls, runs, file=file)
    timetable = _assemble(calls, runs, stops, changes, day=day, number=number)
    if not len(timetable.trip):
        raise refusal(
            f"aucune course ne relie deux arrêts du territoire le {day:%d/%m/%Y} ; vérifiez "
            "stop_times.txt",
            path=file,
        )
    record = _record(path, timetable, file=file, read=rows_read, kept=len(calls))
    return Feed(timetable=timetable, record=record, findings=tuple(feed.notes.findings()))


def _record(path: Path, timetable: Timetable, *, file: str, read: int, kept: int) -> SourceRecord:
    """Return what provenance says of the feed; rows are those of ``stop_times.txt``."""
    return SourceRecord(
        path=file,
        label=f"Horaires de transport en commun (GTFS), {timetable.words}",
        format="gtfs",
        sha256=feed_digest(path),
        rows_read=read,
        rows_kept=kept,
        dropped={"hors du territoire ou de la journée mesurée": read - kept},
        vintage=timetable.day.isoformat(),
    )


def _service_day(
    calendar: Calendar, weights: dict[str, int], *, weekday: int, day: dt.date | None
) -> tuple[dt.date, int]:
    """Return the day measured and its trips: the one asked for, or the busiest weekday."""
    if day is None:
        return calendar.busiest(weekday, weights)
    first, last = calendar.span(weights)
    number = sum(n for service, n in weights.items() if calendar.runs(service, day))
    if not number:
        raise refusal(
            f"aucune course dans le territoire le {day:%d/%m/%Y} (dates connues : du "
            f"{first:%d/%m/%Y} au {last:%d/%m/%Y}) ; choisissez une autre date",
            path=calendar.file,
        )
    return day, number


def _read_stops(
    feed: FeedFiles, territory: Territory, *, margin_km: float
) -> tuple[pd.DataFrame, set[str]]:
    """Return stops in or around the territory, and the ids of all.

    The former: index id, sorted; x, y in metres, parent station, number.
    """
    columns = ("stop_id", "stop_lat", "stop_lon", "parent_station", "location_type")
    found: dict[str, tuple[float, float, str]] = {}
    named: set[str] = set()
    for line, (key, latitude, longitude, parent, kind) in feed.rows(
        "stops.txt", columns, required=columns[:3]
    ):
        if kind in {"2", "3"}:
            continue  # an entrance, a node of a pathway: nothing stops there
        point = _degrees(longitude), _degrees(latitude)
        if key in named:
            what = "identifiant d'arrêt en double"
        elif not (abs(point[0]) <= 180 and abs(point[1]) <= 90 and point != (0, 0)):
            what = "arrêt sans coordonnées utilisables"
        else:
            what = ""
            found[key] = (*point, parent)
        named.add(key)
        if what:
            action = "ligne ignorée ; à signaler au producteur de l'archive GTFS"
            feed.notes.add(what, action, table="stops.txt", line=line, value=key)
    table = pd.DataFrame.from_dict(found, orient="index", columns=["x", "y", "parent"])
    table = table.astype({"x": "float64", "y": "float64", "parent": "str"})
    project = Transformer.from_crs("EPSG:4326", territory.crs, always_xy=True)
    table["x"], table["y"] = project.transform(table["x"].to_numpy(), table["y"].to_numpy())
    kept = table[_around(table, territory, margin_km=margin_km)].sort_index()
    if kept.empty:
        raise refusal(
            "aucun arrêt n'est dans le territoire ni dans son voisinage ; vérifiez que ces "
            "horaires sont ceux du département",
            path=feed.file,
        )
    return kept.assign(number=range(len(kept))), named


def _degrees(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return np.inf
    return value if np.isfinite(value) else np.inf


def _around(stops: pd.DataFrame, territory: Territory, *, margin_km: float) -> NDArray[np.bool_]:
    xy = stops[["x", "y"]].to_numpy(dtype=np.float64)
    west, south, east, north = territory.communes.total_bounds
    metres = 1000 * margin_km
    low, high = np.array([west, south]) - metres, np.array([east, north]) + metres
    rows = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    outlines = np.asarray(territory.communes.geometry)
    tree = shapely.STRtree(outlines[~shapely.is_missing(outlines)])
    close = tree.query(shapely.points(xy[rows]), predicate="dwithin", distance=metres)[0]
    result = np.zeros(len(xy), dtype=np.bool_)
    result[rows[np.unique(close)]] = True
    return result


def _read_changes(feed: FeedFiles, stops: pd.DataFrame) -> pd.DataFrame:
    """Return changes the feed times or forbids: from, to, seconds (missing: impossible)."""
    columns = (
        "from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time",
        "from_route_id", "to_route_id", "from_trip_id", "to_trip_id",
    )  # fmt: skip
    numbers = dict(zip(stops.index, range(len(stops)), strict=True))
    children: dict[str, list[int]] = {}
    for number, parent in enumerate(stops["parent"]):
        children.setdefault(parent, []).append(number)
    precise: list[tuple[int, int, float]] = []
    broad: list[tuple[int, int, float]] = []
    for line, (start, end, kind, least, *only) in feed.rows("transfers.txt", columns):
        if any(only):
            feed.notes.add(
                "correspondance propre à une ligne ou à une course",
                "non lue : la correspondance ordinaire entre ces arrêts s'applique",
                table="transfers.txt",
                line=line,
            )
            continue
        if kind == "3":
            seconds = np.nan
        elif kind == "2" and least.isascii() and least.isdigit() and len(least) < 6:
            seconds = float(least)
        else:
            continue
        for one, exact in _members(start, numbers, children):
            for other, also in _members(end, numbers, children):
                (precise if exact and also else broad).append((one, other, seconds))
    return pd.DataFrame(precise + broad, columns=["from", "to", "seconds"]).astype(
        {"from": "intp", "to": "intp", "seconds": "float64"}
    )


def _members(
    stop: str, numbers: dict[str, int], children: dict[str, list[int]]
) -> list[tuple[int, bool]]:
    """Return a stop, or those of a station, and whether it was named itself."""
    own = [(numbers[stop], True)] if stop in numbers else []
    return own + [(child, False) for child in (children.get(stop, []) if stop else [])]


def _check_size(calls: pd.DataFrame, runs: pd.DataFrame, *, file: str) -> None:
    size = calls.groupby("trip", sort=False).size().reindex(runs["trip"]).sum()
    if size > _MOST_CONNECTIONS:
        raise refusal(
            "la journée compte un nombre démesuré de passages (fréquences ?) ; vérifiez "
            "frequencies.txt",
            path=file,
        )


def _assemble(
    calls: pd.DataFrame,
    runs: pd.DataFrame,
    stops: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    day: dt.date,
    number: int,
) -> Timetable:
    """Run every trip as often as it is run, and join its calls in pairs."""
    table = runs.assign(run=range(len(runs))).merge(calls, on="trip", how="inner")
    table = table.sort_values(["run", "rank"], kind="stable")
    # a run of a frequency states its own start; the calls of its trip only give durations
    shift = (table["start"] - table["begins"]).fillna(0) + table["midnight"]
    seconds = shift.to_numpy().astype(np.int64)
    departure = (table["departure"].to_numpy() + seconds)[:-1]
    arrival = (table["arrival"].to_numpy() + seconds)[1:]
    run, stop = table["run"].to_numpy(), table["stop"].to_numpy(dtype=np.intp)
    kept = (run[1:] == run[:-1]) & (departure >= 0) & (departure < _LAST_SECOND)
    tail, head = stop[:-1][kept], stop[1:][kept]
    used = np.unique(np.concatenate([tail, head]))
    place = np.full(len(stops), -1, dtype=np.int32)
    place[used] = np.arange(len(used))
    known = changes[(place[changes["from"]] >= 0) & (place[changes["to"]] >= 0)]
    return Timetable(
        stops=stops[["x", "y"]].to_numpy(dtype=np.float64)[used],
        stop_ids=tuple(stops.index[used]),
        trip=run[:-1][kept].astype(np.int32),
        tail=place[tail],
        head=place[head],
        departure=departure[kept].astype(np.int32),
        arrival=arrival[kept].astype(np.int32),
        board=table["board"].to_numpy(dtype=np.bool_)[:-1][kept],
        alight=table["alight"].to_numpy(dtype=np.bool_)[1:][kept],
        change_from=place[known["from"]],
        change_to=place[known["to"]],
        change_seconds=known["seconds"].to_numpy(dtype=np.float64),
        day=day,
        trips=number,
    )
