"""The calls of trips at stops (``stop_times.txt``), put in order and completed."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.transit.feed_files import FeedFiles, Notes

CALL_COLUMNS = ("trip", "rank", "stop", "arrival", "departure", "board", "alight", "begins")

_TABLE = "stop_times.txt"
_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
_TELL = "à signaler au producteur de l'archive GTFS"
_COLUMNS = (
    "trip_id", "stop_sequence", "stop_id", "arrival_time", "departure_time", "pickup_type",
    "drop_off_type", "start_pickup_drop_off_window",
)  # fmt: skip


@lru_cache(maxsize=1 << 17)
def parse_time(text: str) -> int | None:
    """Return the seconds of ``25:10:00``, ``None`` for anything else."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = map(int, match.groups())
    return 3600 * hours + 60 * minutes + seconds


def trips_serving(
    feed: FeedFiles, stops: Collection[str], *, named: Collection[str]
) -> tuple[set[str], int]:
    """Return the trips that call at some of the stops, and the rows of the whole table.

    Args:
        feed: open.
        stops: ids of those of the territory.
        named: ids of all stops of the feed; any other in a call is a finding.
    """
    columns = ("trip_id", "stop_id")
    serving: set[str] = set()
    number = 0
    for line, (trip, stop) in feed.rows(_TABLE, columns, required=columns):
        number += 1
        if stop in stops:
            serving.add(trip)
        elif stop and stop not in named:
            action = f"passage ignoré ; {_TELL}"
            _note(feed.notes, "arrêt absent de stops.txt", action, line, stop)
    return serving, number


def read_calls(feed: FeedFiles, trips: Collection[str], stops: pd.DataFrame) -> pd.DataFrame:
    """Return the calls of some trips at the stops of the territory.

    A time that is missing is interpolated evenly between those of the calls around it, whether
    these are in the territory or not; a trip whose times go back is left out.

    Args:
        feed: open.
        trips: those that are run.
        stops: index id, column ``number``.

    Returns:
        Columns :data:`CALL_COLUMNS`, sorted by trip (in order of appearance) and rank; times in
        seconds after midnight of the service day; ``begins`` is when the trip does, wherever.
    """
    numbers = stops["number"].to_dict()
    rows: list[tuple[str, int, int, float, float, bool, bool, int]] = []
    for line, (trip, rank, stop, *times, pickup, drop_off, flexible) in feed.rows(
        _TABLE, _COLUMNS, required=_COLUMNS[:5]
    ):
        if trip not in trips:
            continue
        if flexible or not stop:
            _note(feed.notes, "zone desservie à la demande", "non comptée : il faut réserver", line)
            continue
        if not (rank.isascii() and rank.isdigit() and len(rank) < 10):
            _note(feed.notes, "ordre de passage illisible", f"ligne ignorée ; {_TELL}", line, rank)
            continue
        if "2" in (pickup, drop_off):
            action = "ni montée ni descente comptée là où il faut réserver"
            _note(feed.notes, "arrêt à la demande", action, line, stop)
        arrival, departure = (_seconds(text, feed.notes, line) for text in times)
        rows.append(
            (
                trip,
                int(rank),
                numbers.get(stop, -1),
                departure if np.isnan(arrival) else arrival,
                arrival if np.isnan(departure) else departure,
                pickup not in {"1", "2"},
                drop_off not in {"1", "2"},
                line,
            )
        )
    return _completed(pd.DataFrame(rows, columns=[*CALL_COLUMNS[:-1], "line"]), feed.notes)


def _seconds(text: str, notes: Notes, line: int) -> float:
    if not text:
        return np.nan
    seconds = parse_time(text)
    if seconds is None:
        _note(
            notes, "heure illisible", f"interpolée entre les arrêts voisins ; {_TELL}", line, text
        )
        return np.nan
    return seconds


def _completed(calls: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    order = pd.factorize(calls["trip"])[0]
    calls = calls.assign(order=order).sort_values(["order", "rank"], kind="stable")
    double = calls.duplicated(["order", "rank"])
    for line in calls.loc[double, "line"]:
        _note(notes, "ordre de passage en double", f"seul le premier est lu ; {_TELL}", line)
    calls = _interpolated(calls[~double].reset_index(drop=True))
    unknown = calls["arrival"].isna()
    for line in calls.loc[unknown, "line"]:
        _note(notes, "premier ou dernier arrêt sans heure", f"passage ignoré ; {_TELL}", line)
    calls = calls[~unknown]
    for trip, line in _backwards(calls).items():
        _note(notes, "heures qui reculent", f"course ignorée ; {_TELL}", line, str(trip))
    calls = calls[~calls["trip"].isin(_backwards(calls).index)]
    calls = calls.assign(begins=calls.groupby("order")["departure"].transform("first"))
    kept = calls[calls["stop"] >= 0]
    return kept.astype(dict.fromkeys(("arrival", "departure", "begins"), "int64"))[
        list(CALL_COLUMNS)
    ]


def _interpolated(calls: pd.DataFrame) -> pd.DataFrame:
    """Fill the times that are missing between two calls of the same trip, down to the second."""
    missing = calls["arrival"].isna().to_numpy()
    if not missing.any():
        return calls
    rows = np.arange(len(calls))
    known = np.flatnonzero(~missing)
    wanted = rows[missing]
    place = np.searchsorted(known, wanted)
    inside = (place > 0) & (place < len(known))
    wanted, place = wanted[inside], place[inside]
    before, after = known[place - 1], known[place]
    order = calls["order"].to_numpy()
    same = (order[before] == order[wanted]) & (order[after] == order[wanted])
    wanted, before, after = wanted[same], before[same], after[same]
    arrival = calls["arrival"].to_numpy(dtype=np.float64, copy=True)
    departure = calls["departure"].to_numpy(dtype=np.float64, copy=True)
    share = (wanted - before) / (after - before)
    times: NDArray[np.float64] = departure[before] + share * (arrival[after] - departure[before])
    arrival[wanted] = departure[wanted] = np.floor(times)
    return calls.assign(arrival=arrival, departure=departure)


def _backwards(calls: pd.DataFrame) -> pd.Series:
    """Return the trips of which a time is before the one it follows, with the line of the first."""
    earlier = calls["departure"].shift().where(calls["order"] == calls["order"].shift())
    wrong = (calls["departure"] < calls["arrival"]) | (calls["arrival"] < earlier)
    return calls[wrong].groupby("trip", sort=False)["line"].first()


def _note(notes: Notes, what: str, action: str, line: int, value: str = "") -> None:
    notes.add(what, action, table=_TABLE, line=int(line), value=value)
