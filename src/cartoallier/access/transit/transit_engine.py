"""The transit engine: on foot and by what a timetable runs, for departures over a window.

Only the outward journey is measured: nothing says there is a bus back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from cartoallier.access.crow_fly import nearest_eligible
from cartoallier.access.engine import Bracket, Mask, Pairs, Reach
from cartoallier.access.transit.scanning import NEVER, Changes, Scan
from cartoallier.access.transit.timetable import Floats, Positions, Timetable, Window
from cartoallier.access.transit.walking import Walk, near
from cartoallier.model import Territory
from cartoallier.model.french import number, percent, plural, typeset

_BLOCK = 64
"""Sites scanned at once: the tables of a département's day stay under 100 MB."""
_PIECE = 4_000_000
"""Journeys (way to a stop × departure × site) weighed at once, 16 MB."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What people are supposed to accept; every figure is printed beside the minutes.

    Attributes:
        walk: speed and detour on foot.
        max_walk_km: straight line to the first stop, and from the last one to the door.
        change_walk_km: straight line between two stops when changing.
        change_minutes: lost at each change, beside walking.
        longest: minutes; a longer journey is not one.
        window: when people leave home.
        quantile: of the departures, the rank that is kept: 0.5 is the median, of somebody who
            leaves when it suits them; 0 is the best one, of somebody who leaves for the bus. With
            two buses in a morning, the median is often no journey at all.
        walk_hypotheses_kmh: walking speed of the favourable and unfavourable hypotheses.
    """

    walk: Walk = field(default_factory=Walk)
    max_walk_km: float = 1.5
    change_walk_km: float = 0.5
    change_minutes: float = 2.0
    longest: float = 120.0
    window: Window = field(default_factory=Window)
    quantile: float = 0.5
    walk_hypotheses_kmh: tuple[float, float] = (5.0, 3.0)

    def __post_init__(self) -> None:
        fast, slow = self.walk_hypotheses_kmh
        if not (0 <= self.quantile < 1 and 0 < slow <= fast and self.walk.speed_kmh > 0):
            raise ValueError("a quantile is in [0, 1[, speeds are positive, the fast one first")

    @property
    def kept(self) -> str:
        """French: which of the departures is kept."""
        if self.quantile == 0:
            return "meilleur des départs"
        if self.quantile == 0.5:
            return "médiane des départs"
        return f"quantile {percent(self.quantile, decimals=0)} des départs"


@dataclass(frozen=True, eq=False, kw_only=True)
class TransitEngine:
    """Door to door minutes by public transport, or on foot all the way where that is shorter.

    Minutes from an origin to a site are the median (or another quantile), over departures every
    minute of the window, of the time from leaving home to the door of the site: walking to a stop,
    waiting, riding, changing and walking are all in it. A departure without a journey counts as an
    endless one, so a median exists where more than half of the departures have one; of an even
    number of departures, it is the upper of the two middle values. The nearest site is that of the
    least median: people are supposed to go to one site whenever they leave.

    Walking all the way is allowed whatever ``max_walk_km``. Distances are straight lines, for a
    timetable does not say where a bus drives.

    Attributes:
        territory: whose origins it starts from.
        timetable: of the service day.
        habits: what people accept.
        scan: the connections of the window, prepared once.
        access: (origin, stop, seconds) of every walk to a first stop, sorted by origin.
    """

    territory: Territory
    timetable: Timetable
    habits: Habits
    scan: Scan
    access: tuple[Positions, Positions, NDArray[np.int64]]

    @classmethod
    def of(
        cls, territory: Territory, timetable: Timetable, *, habits: Habits | None = None
    ) -> TransitEngine:
        """Prepare the timetable for the origins of ``territory``.

        Args:
            territory: origins, in the projection of the timetable's stops.
            timetable: of one day.
            habits: by default 4 km/h, 1.5 km to a stop, departures from 07:00 to 09:00.
        """
        habits = habits or Habits()
        window = habits.window
        scan = Scan.of(
            timetable,
            changes_of(timetable, habits),
            earliest=window.start * 60,
            latest=window.end * 60 + round(habits.longest * 60),
        )
        origin, stop, km = near(_points(territory), timetable.stops, within_km=habits.max_walk_km)
        return cls(
            territory=territory,
            timetable=timetable,
            habits=habits,
            scan=scan,
            access=(origin, stop, habits.walk.seconds(km)),
        )

    @property
    def words(self) -> str:
        """What was measured, in French, for the method page."""
        habits = self.habits
        return typeset(
            f"transports en commun, {self.timetable.words} : {habits.kept} "
            f"{habits.window.words}, marche à {number(habits.walk.speed_kmh, decimals=1)} km/h "
            f"(détour {number(habits.walk.detour, decimals=2)}), arrêt à "
            f"{number(habits.max_walk_km, decimals=1)} km au plus, "
            f"{plural(habits.change_minutes, 'minute')} par correspondance, trajets de "
            f"{plural(habits.longest, 'minute')} au plus ; aller seulement, le retour n'est pas "
            "vérifié"
        )

    @property
    def bracket(self) -> Bracket:
        """Two walking speeds, applied to the whole time: wider than walking alone would make it."""
        fast, slow = self.habits.walk_hypotheses_kmh
        speed = self.habits.walk.speed_kmh
        return Bracket(
            favourable=min(1.0, speed / fast),
            unfavourable=max(1.0, speed / slow),
            favourable_words=f"à pied {number(fast)} km/h",
            unfavourable_words=f"à pied {number(slow)} km/h",
        )

    @property
    def unmeasured(self) -> pd.Series:
        """Nothing: an origin far from any stop is known to be without a journey, and may walk."""
        index = self.territory.origins.index
        return pd.Series(np.nan, index=index, dtype="str", name="unmeasured")

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return that every site can be reached: on foot, whatever the stops around it."""
        return np.ones(len(points), dtype=np.bool_)

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the site of the least median minutes from every origin; ties go to the first site.

        Args:
            points: (m, 2) metres, sites in the territory's CRS.
            masks: which origins each site admits.

        Returns:
            Straight kilometres to that site; nothing where no journey takes ``longest`` minutes or
            less: :meth:`causes` says why.
        """
        origins = _points(self.territory)
        site = np.full(len(origins), -1, dtype=np.intp)
        minutes = np.full(len(origins), np.inf)
        if len(points):
            on_foot = nearest_eligible(origins, points, eligible=masks)
            minutes = np.nan_to_num(self.habits.walk.minutes(on_foot.distance_km), nan=np.inf)
            site = on_foot.site.copy()
        for rows, columns, found in self._ridden(points):
            best, which = _least_admitted(found, rows, columns, masks)
            closer = (best < minutes[rows]) | ((best == minutes[rows]) & (which < site[rows]))
            minutes[rows[closer]] = best[closer]
            site[rows[closer]] = which[closer]
        reached = minutes <= self.habits.longest
        site[~reached] = -1
        km = np.full(len(origins), np.nan)
        apart = origins[reached] - points.reshape(-1, 2)[site[reached]]
        km[reached] = np.hypot(apart[:, 0], apart[:, 1]) / 1000
        return Reach(distance_km=km, minutes=np.where(reached, minutes, np.nan), site=site)

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` (and ``longest``) minutes apart."""
        bound = min(within, self.habits.longest)
        walk = self.habits.walk
        origin, site, km = near(_points(self.territory), points, within_km=walk.km(bound) + 1e-6)
        origins, sites, times = [origin], [site], [walk.minutes(km)]
        for rows, columns, found in self._ridden(points):
            row, column = np.nonzero(found <= bound)
            origins.append(rows[row])
            sites.append(columns[column])
            times.append(found[row, column])
        origin, site = np.concatenate(origins), np.concatenate(sites)
        minutes = np.concatenate(times)
        kept = minutes <= bound
        for position, mask in enumerate(masks):
            if mask is not None:
                kept &= (site != position) | mask[origin]
        origin, site, minutes = origin[kept], site[kept], minutes[kept]
        order = np.lexsort((minutes, site, origin))
        origin, site, minutes = origin[order], site[order], minutes[order]
        first = np.ones(len(origin), dtype=np.bool_)
        first[1:] = (origin[1:] != origin[:-1]) | (site[1:] != site[:-1])
        return Pairs(origin=origin[first], site=site[first], minutes=minutes[first])

    def causes(self, reach: Reach) -> pd.Series:
        """Return why origins have no journey, in French, missing where they have one."""
        none = np.isnan(reach.minutes)
        served = np.zeros(len(none), dtype=np.bool_)
        served[self.access[0]] = True
        walked = number(self.habits.max_walk_km, decimals=1)
        words = np.where(
            served,
            f"aucun trajet de {plural(self.habits.longest, 'minute')} au plus"
            f" ({self.habits.kept} {self.habits.window.words})",
            typeset(f"aucun trajet : aucun arrêt à moins de {walked} km"),
        )
        index = self.territory.origins.index
        return pd.Series(words, index=index, dtype="str", name="cause").where(none)

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return what lies within each bound: circles walked around sites and around stops.

        A stop is worth the median of the window from there to its nearest site; what time is left
        is walked, ``max_walk_km`` at most. Near a bound, it is an approximation: the median from a
        door is not that from its stop plus the walk.
        """
        walk, habits = self.habits.walk, self.habits
        stops = np.arange(len(self.timetable.stops))
        best = np.full(len(stops), np.inf)
        ways = (stops, stops, np.zeros(len(stops), dtype=np.int64))
        for rows, _, found in self._ridden(points, ways=ways):
            best[rows] = np.minimum(best[rows], found.min(axis=1))
        shapes = []
        ordered = sorted(bounds)
        for bound in ordered:
            limit = min(bound, habits.longest)
            near_stop = best <= limit
            left = np.array([walk.km(limit - minutes) for minutes in best[near_stop]])
            centres = np.vstack([points.reshape(-1, 2), self.timetable.stops[near_stop]])
            radii = np.concatenate(
                [np.full(len(points), walk.km(limit)), np.minimum(left, habits.max_walk_km)]
            )
            circles = shapely.buffer(shapely.points(centres), radii * 1000, quad_segs=16)
            shapes.append(shapely.union_all(circles) if len(circles) else shapely.Polygon())
        index = pd.Index(ordered, name="minutes", dtype="float64")
        return gpd.GeoSeries(shapes, index=index, crs=self.territory.crs)

    def _ridden(
        self,
        points: Floats,
        *,
        ways: tuple[Positions, Positions, NDArray[np.int64]] | None = None,
    ) -> Iterator[tuple[Positions, Positions, Floats]]:
        """Yield blocks of median minutes by transit: origins × sites, infinite without journey.

        Args:
            points: sites.
            ways: (origin, stop, seconds) on foot, sorted by origin; by default the territory's.
        """
        origin, stop, seconds = self.access if ways is None else ways
        home, place, km = near(
            self.timetable.stops, points.reshape(-1, 2), within_km=self.habits.max_walk_km
        )
        columns = np.unique(place)
        if not len(origin) or not len(columns) or not len(self.scan.keys):
            return
        leave = self.habits.window.departures.astype(np.int64)
        served = np.isin(stop, self.scan.stops)
        origin, stop, seconds = origin[served], stop[served], seconds[served]
        walked = self.habits.walk.seconds(km)
        for block in np.array_split(columns, -(-len(columns) // _BLOCK)):
            egress = np.full((len(self.timetable.stops), len(block)), NEVER, dtype=np.int32)
            chosen = np.isin(place, block)
            egress[home[chosen], np.searchsorted(block, place[chosen])] = walked[chosen]
            arrivals = self.scan.arrivals(egress)
            for rows, piece in _pieces(origin, len(leave) * len(block)):
                ready = (seconds[piece, None] + leave).ravel()
                caught = self.scan.catch(np.repeat(stop[piece], len(leave)), ready)
                starts = np.searchsorted(origin[piece], rows)
                journeys = arrivals[caught.reshape(-1, len(leave))]
                yield rows, block, _kept_minutes(journeys, starts, leave, self.habits.quantile)


def changes_of(timetable: Timetable, habits: Habits) -> Changes:
    """Return the changes between stops: on foot, unless the feed says otherwise.

    Args:
        timetable: stops, and the changes its feed describes: their time replaces the walk's, and
            an impossible change is none.
        habits: how far one walks between stops, and the minutes lost.
    """
    origin, target, km = near(timetable.stops, timetable.stops, within_km=habits.change_walk_km)
    lost = round(habits.change_minutes * 60)
    table = pd.DataFrame(
        {
            "origin": np.concatenate([timetable.change_from, origin]),
            "target": np.concatenate([timetable.change_to, target]),
            "seconds": np.concatenate(
                [timetable.change_seconds, (habits.walk.seconds(km) + lost).astype(np.float64)]
            ),
        }
    )
    # the feed's own come first, and win
    table = table.drop_duplicates(["origin", "target"]).dropna(subset="seconds")
    table = table.sort_values(["origin", "target"], kind="stable")
    return Changes(
        origin=table["origin"].to_numpy(dtype=np.intp),
        target=table["target"].to_numpy(dtype=np.intp),
        seconds=np.maximum(table["seconds"].to_numpy().astype(np.int64), 1),
    )


def _pieces(origin: Positions, weight: int) -> Iterator[tuple[Positions, slice]]:
    """Yield origins by lots, with the slice of their ways to stops, within :data:`_PIECE`."""
    rows, starts = np.unique(origin, return_index=True)
    ends = np.append(starts[1:], len(origin))
    room = max(_PIECE // weight, 1)
    lot = 0
    while lot < len(rows):
        # at least one origin, however many ways it has
        stop = max(int(np.searchsorted(ends, starts[lot] + room, side="right")), lot + 1)
        yield rows[lot:stop], slice(int(starts[lot]), int(ends[stop - 1]))
        lot = stop


def _kept_minutes(
    journeys: NDArray[np.int32], starts: Positions, leave: NDArray[np.int64], quantile: float
) -> Floats:
    """Return the quantile, over departures, of the best of the ways of each origin.

    Args:
        journeys: (ways, departures of the window, sites) seconds at which each one arrives.
        starts: where the ways of each origin start.
        leave: seconds of the window.
        quantile: 0.5 for the median; the value of that rank, no mean of two.

    Returns:
        (origins, sites) minutes, infinite where too many departures find nothing.
    """
    best = np.minimum.reduceat(journeys, starts, axis=0)
    lasting = np.where(best >= NEVER, NEVER, best - leave.astype(np.int32)[None, :, None])
    # a value that is there, not the mean of two: it commutes with « or walk, if that is shorter »
    rank = int(quantile * len(leave))
    kept = np.partition(lasting, rank, axis=1)[:, rank, :]
    minutes: Floats = np.where(kept >= NEVER, np.inf, kept / 60)
    return minutes


def _least_admitted(
    found: Floats, rows: Positions, columns: Positions, masks: list[Mask]
) -> tuple[Floats, Positions]:
    """Return the least minutes of each row among the sites that admit it, and the site."""
    allowed = found.copy()
    for column, site in enumerate(columns):
        mask = masks[site]
        if mask is not None:
            allowed[~mask[rows], column] = np.inf
    which = allowed.argmin(axis=1)
    return allowed[np.arange(len(rows)), which], columns[which]


def _points(territory: Territory) -> Floats:
    geometry = territory.origins.geometry
    return np.column_stack([geometry.x, geometry.y])
