"""Public transport on an invented département: one theme, every median, and what a loop costs.

Lines criss-cross towns at a headway, on a square of 90 km; sites stand in towns. The peer is the
textbook scan of the same connections in plain Python, for one site and no origin; the profiles of
both are compared, stop by stop and minute by minute.
No known engine installs offline beside it (R5 needs Java and its jar).
"""

from __future__ import annotations

import argparse
import bisect
import datetime as dt
import time
from collections.abc import Callable
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from cartoallier.access.transit import Habits, Timetable, TransitEngine, Window
from cartoallier.access.transit.transit_engine import changes_of
from cartoallier.model import Passage, Territory

SIDE = 90_000.0
CALLS = 20
T = TypeVar("T")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, nargs="*", default=[50_000, 200_000])
    parser.add_argument("--origins", type=int, nargs="*", default=[317, 10_000])
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--window", type=int, nargs=2, default=[420, 540], help="minutes")
    chosen = parser.parse_args()
    habits = Habits(window=Window(start=chosen.window[0], end=chosen.window[1]))
    print("| connections (day / window) | origins | sites | prepare | nearest | pairs | peer |")
    print("|---|---|---|---|---|---|---|")
    for connections in chosen.connections:
        random = np.random.default_rng(chosen.seed)
        timetable = invented_timetable(connections, random)
        sites = timetable.stops[random.integers(0, len(timetable.stops), chosen.sites)] + 150.0
        for origins in chosen.origins:
            territory = invented_territory(origins, timetable, random)
            row(territory, timetable, sites, habits)


def row(territory: Territory, timetable: Timetable, sites: np.ndarray, habits: Habits) -> None:
    """Time one timetable on one territory and print its row."""
    engine, prepare = timed(lambda: TransitEngine.of(territory, timetable, habits=habits))
    masks: list[None] = [None] * len(sites)
    found, nearest = timed(lambda: engine.nearest(sites, masks=list(masks)))
    _, pairs = timed(lambda: engine.pairs(sites, masks=list(masks), within=60))
    changes = changes_of(timetable, engine.habits)
    around: list[list[tuple[int, int]]] = [[] for _ in timetable.stops]
    for here, there, seconds in zip(
        changes.origin.tolist(), changes.target.tolist(), changes.seconds.tolist(), strict=True
    ):
        around[here].append((there, seconds))
    rows = plain_rows(timetable, engine.habits)
    profiles, peer = timed(lambda: plain_scan(rows, around))
    check(engine, profiles)
    share = float(np.isfinite(found.minutes).mean())
    print(
        f"| {len(timetable.trip):,} / {len(engine.scan.head):,} | {len(territory.origins):,} "
        f"({share:.0%} reached) | {len(sites)} | {prepare:.2f} s | {nearest:.2f} s | "
        f"{pairs:.2f} s | {peer * len(sites):.1f} s ({peer:.2f} s a site) |"
    )


def timed(action: Callable[[], T]) -> tuple[T, float]:
    """Return a result and the seconds it took."""
    start = time.perf_counter()
    result = action()
    return result, time.perf_counter() - start


def invented_timetable(connections: int, random: np.random.Generator) -> Timetable:
    """Draw lines of twenty stops around towns, run both ways at a headway from 05:30 to 21:00."""
    towns = random.uniform(0, SIDE, (25, 2))
    stops = np.vstack([town + random.normal(0, 2500, (80, 2)) for town in towns])
    trips: list[np.ndarray] = []
    while sum(map(len, trips)) < connections:
        here, there = random.choice(len(towns), 2, replace=False)
        if random.random() < 0.7:
            there = here
        halves = (random.choice(80, CALLS // 2, replace=False) + 80 * t for t in (here, there))
        line = np.unique(np.concatenate(list(halves)))
        line = line[np.argsort(stops[line] @ random.normal(0, 1, 2))]
        headway = int(random.choice([1200, 1800, 3600, 7200]))
        legs = np.hypot(*np.diff(stops[line], axis=0).T) * 1.35 / (25 / 3.6)
        clock = np.concatenate([[0], np.cumsum(np.ceil((legs + 20) / 60) * 60)]).astype(int)
        for start in range(19_800 + int(random.integers(0, 60)) * 60, 75_600, headway):
            for calls, times in ((line, clock), (line[::-1], clock[-1] - clock[::-1])):
                columns = [calls[:-1], calls[1:], times[:-1] + start, times[1:] + start]
                trips.append(np.column_stack(columns))
    table = np.vstack(trips).astype(np.int32)
    every = np.ones(len(table), dtype=np.bool_)
    nothing = np.zeros(0, dtype=np.int32)
    return Timetable(
        stops=stops,
        stop_ids=tuple(map(str, range(len(stops)))),
        trip=np.repeat(np.arange(len(trips)), [len(trip) for trip in trips]).astype(np.int32),
        tail=table[:, 0],
        head=table[:, 1],
        departure=table[:, 2],
        arrival=table[:, 3],
        board=every,
        alight=every,
        change_from=nothing,
        change_to=nothing,
        change_seconds=np.zeros(0),
        day=dt.date(2026, 9, 8),
        trips=len(trips),
    )


def invented_territory(
    origins: int, timetable: Timetable, random: np.random.Generator
) -> Territory:
    """Return a square commune of which two origins in three stand near a stop."""
    near = timetable.stops[random.integers(0, len(timetable.stops), origins)]
    near = near + random.normal(0, 600, (origins, 2))
    far = random.uniform(0, SIDE, (origins, 2))
    points = np.where(random.random((origins, 1)) < 2 / 3, near, far)
    crs = "EPSG:2154"
    communes = gpd.GeoDataFrame(
        {
            "name": ["Carré"], "departement_code": ["99"], "region_code": ["01"],
            "epci_code": ["1"], "arrondissement_code": ["1"], "population": [origins],
            "outline": ["ign"], "inside": [True],
        },
        geometry=[box(0, 0, SIDE, SIDE)],
        index=pd.Index(["99001"], name="code"),
        crs=crs,
    )  # fmt: skip
    frame = gpd.GeoDataFrame(
        {
            "name": "Carré", "commune_code": "99001", "population": 1, "area_km2": np.nan,
            "position": "point",
        },
        geometry=gpd.points_from_xy(*points.T),
        index=pd.RangeIndex(origins, name="id").astype("str"),
        crs=crs,
    )  # fmt: skip
    return Territory(
        departement_code="99",
        departement_name="Carré",
        communes=communes,
        origins=frame,
        zones=pd.DataFrame(columns=["level", "code", "name", "perimeter"]),
        members=pd.DataFrame(columns=["zone", "commune_code"]),
        boundary=communes.geometry,
        passage=Passage({}),
        vintage="invention",
        gridded=True,
    )


Profiles = list[list[tuple[int, int]]]
"""Of each stop: (minus the departure, arrival), departures decreasing, arrivals too."""

Row = tuple[int, int, int, int, int]
NEVER = 1 << 29


def plain_rows(timetable: Timetable, habits: Habits) -> list[Row]:
    """Return the connections of the window as the textbook has them, by decreasing departure."""
    window = habits.window
    latest = window.end * 60 + habits.longest * 60
    kept = (timetable.departure >= window.start * 60) & (timetable.arrival <= latest)
    columns = (
        timetable.departure, timetable.arrival, timetable.tail, timetable.head, timetable.trip,
    )  # fmt: skip
    rows = list(zip(*(column[kept].tolist() for column in columns), strict=True))
    order = sorted(range(len(rows)), key=lambda i: (-rows[i][0], -i))
    return [rows[i] for i in order]


def plain_scan(rows: list[Row], around: list[list[tuple[int, int]]]) -> Profiles:
    """Scan connections one at a time, for whoever goes to the first stop."""
    seated: dict[int, int] = {}
    profiles: Profiles = [[(-NEVER, NEVER)] for _ in around]
    for departure, arrival, tail, head, trip in rows:
        best = seated.get(trip, NEVER) if head else arrival
        for stop, seconds in around[head]:
            profile = profiles[stop]
            place = bisect.bisect_right(profile, (-(arrival + seconds), NEVER)) - 1
            best = min(best, profile[place][1])
        seated[trip] = best
        if best < profiles[tail][-1][1]:
            profiles[tail].append((-departure, best))
    return profiles


def check(engine: TransitEngine, profiles: Profiles) -> None:
    """Fail unless both scans say the same from every stop at every departure."""
    stops = len(engine.timetable.stops)
    egress = np.full((stops, 1), NEVER, dtype=np.int32)
    egress[0] = 0
    arrivals = engine.scan.arrivals(egress)[:, 0]
    for stop, profile in enumerate(profiles):
        for minute in range(420, 660):
            caught = engine.scan.catch(np.array([stop]), np.array([minute * 60]))[0]
            place = bisect.bisect_right(profile, (-minute * 60, NEVER)) - 1
            if arrivals[caught] != profile[place][1]:
                raise SystemExit(f"the two scans differ at stop {stop}, minute {minute}")


if __name__ == "__main__":
    main()
