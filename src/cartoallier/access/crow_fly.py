"""The crow-fly engine: straight lines in the legal projection, a detour and a speed.

Parameters, evidence and their limits: DOMAIN §4.3. The plane distance in Lambert-93 is within
-1 to +2.6 per mille of the geodesic over metropolitan France.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cartoallier.access.engine import Bracket, Floats, Mask, Pairs, Reach
from cartoallier.access.isochrones import crow_fly_isochrones
from cartoallier.model import AccessParameters, Calibration, Territory
from cartoallier.model.french import number

MANY = 50_000
"""Origins from which several cores search faster than one."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest eligible site of each origin.

    Attributes:
        distance_km: straight line, missing (NaN) where no site is eligible.
        site: position of that site, -1 where there is none.
    """

    distance_km: Floats
    site: NDArray[np.intp]


def nearest_eligible(
    origins: Floats, sites: Floats, *, eligible: Sequence[NDArray[np.bool_] | None]
) -> Nearest:
    """Return the nearest site of each origin among those it may use.

    Sites that admit the same origins are searched together, so the cost grows with the number
    of distinct zones, not with the number of sites. Of sites at one place the first answers.

    Args:
        origins: (n, 2) metres, in a projected CRS.
        sites: (m, 2) metres, in the same CRS.
        eligible: for each site, which origins it admits; ``None``: all of them.
    """
    best = np.full(len(origins), np.inf)
    site = np.full(len(origins), -1, dtype=np.intp)
    groups: dict[bytes, list[int]] = {}
    for position, mask in enumerate(eligible):
        groups.setdefault(b"" if mask is None else mask.tobytes(), []).append(position)
    for members in groups.values():
        mask = eligible[members[0]]
        chosen = slice(None) if mask is None else np.flatnonzero(mask)
        places, first = np.unique(sites[members], axis=0, return_index=True)
        start = origins[chosen]
        found = cKDTree(places).query(start, workers=-1 if len(start) > MANY else 1)
        metres: Floats = np.asarray(found[0], dtype=np.float64)
        candidate = np.asarray(members, dtype=np.intp)[first[np.asarray(found[1], dtype=np.intp)]]
        if len(groups) == 1 and mask is None:
            return Nearest(metres / 1000, candidate)
        closer = (metres < best[chosen]) | ((metres == best[chosen]) & (candidate < site[chosen]))
        best[chosen] = np.where(closer, metres, best[chosen])
        site[chosen] = np.where(closer, candidate, site[chosen])
    return Nearest(np.where(np.isinf(best), np.nan, best / 1000), site)


def minutes_by_car(
    distance_km: Floats,
    area_km2: Floats,
    *,
    detour: Floats | float,
    speed_kmh: Floats | float,
    floor: bool,
) -> Floats:
    """Return minutes = 60 × detour × max(distance, floor) / speed.

    The floor, half the root of the commune's area, stands for the way from a home to the
    town hall of its own commune (DOMAIN §4.3). Where the area is unknown (grid points) there
    is none.

    Args:
        distance_km: straight line; missing stays missing.
        area_km2: of the origin's commune.
        detour: road length over straight line.
        speed_kmh: door to door.
        floor: whether the floor applies.
    """
    least = np.sqrt(np.nan_to_num(area_km2)) / 2 if floor else np.zeros_like(area_km2)
    minutes: Floats = 60 * detour * np.maximum(distance_km, least) / speed_kmh
    return minutes


@dataclass(frozen=True, eq=False, kw_only=True)
class CrowFly:
    """The engine of straight lines (:class:`cartoallier.access.engine.Engine`).

    Attributes:
        territory: origins.
        parameters: detour, speed, floor and the speeds of both hypotheses.
        calibration: detour and speed measured on roads by class of origin; then the parameters'
            own are not used, and the hypotheses are the residuals measured with them.
        classes: of each origin, those of the calibration.
    """

    territory: Territory
    parameters: AccessParameters
    calibration: Calibration | None = None
    classes: pd.Series | None = None

    @cached_property
    def _start(self) -> Floats:
        origins = self.territory.origins
        return np.column_stack([origins.geometry.x, origins.geometry.y])

    @cached_property
    def _fitted(self) -> pd.DataFrame | None:
        if self.calibration is None or self.classes is None:
            return None
        return self.calibration.parameters(self.classes.reindex(self.territory.origins.index))

    @cached_property
    def _minutes_per_km(self) -> Floats:
        """Of straight line, from each origin."""
        fitted = self._fitted
        if fitted is None:
            pace = 60 * self.parameters.detour / self.parameters.speed_kmh
            return np.full(len(self.territory.origins), pace)
        pace_at: Floats = (60 * fitted["detour"] / fitted["speed_kmh"]).to_numpy("float64")
        return pace_at

    def starting(self, territory: Territory, *, classes: pd.Series | None = None) -> CrowFly:
        """Return the same engine from the origins of another territory.

        Args:
            territory: in the same projection.
            classes: of its origins, for a calibrated engine.
        """
        return replace(self, territory=territory, classes=classes)

    @property
    def bracket(self) -> Bracket:
        """Two speeds, or the residuals of the calibration."""
        if (fitted := self._fitted) is not None:
            return Bracket(
                favourable=np.minimum(fitted["residual_p10"].to_numpy("float64"), 1),
                unfavourable=np.maximum(fitted["residual_p90"].to_numpy("float64"), 1),
                favourable_words="premier décile des écarts mesurés sur la route",
                unfavourable_words="dernier décile",
            )
        parameters = self.parameters
        return Bracket(
            favourable=parameters.speed_kmh / parameters.favourable_kmh,
            unfavourable=parameters.speed_kmh / parameters.unfavourable_kmh,
            favourable_words=f"{number(parameters.favourable_kmh)} km/h",
            unfavourable_words=f"{number(parameters.unfavourable_kmh)} km/h",
        )

    @property
    def unmeasured(self) -> pd.Series:
        """None: a straight line can always be drawn."""
        return pd.Series(np.nan, index=self.territory.origins.index, dtype="str")

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return that every site can be reached."""
        return np.ones(len(points), dtype=np.bool_)

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the nearest site of every origin; ties go to the first site."""
        if not len(points):
            nothing = np.full(len(self._start), np.nan)
            return Reach(
                distance_km=nothing,
                minutes=nothing,
                site=np.full(len(self._start), -1, dtype=np.intp),
            )
        found = nearest_eligible(self._start, points, eligible=masks)
        return Reach(
            distance_km=found.distance_km,
            minutes=self._minutes(found.distance_km),
            site=found.site,
        )

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` minutes apart."""
        if not len(points) or not len(self._start):
            none = np.zeros(0, dtype=np.intp)
            return Pairs(origin=none, site=none, minutes=np.zeros(0))
        # a little further than asked: minutes decide, not the metres they are made of
        reach = 1000 * within / self._minutes_per_km.min() + 1
        found = cKDTree(self._start).sparse_distance_matrix(
            cKDTree(points), reach, output_type="ndarray"
        )
        order = np.lexsort((found["j"], found["i"]))
        origin, site = found["i"][order].astype(np.intp), found["j"][order].astype(np.intp)
        minutes = self._minutes(found["v"][order] / 1000, at=origin)
        kept = minutes <= within
        for position, mask in enumerate(masks):
            if mask is not None:
                kept &= (site != position) | mask[origin]
        return Pairs(origin=origin[kept], site=site[kept], minutes=minutes[kept])

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return circles around the sites, joined.

        The floor inside a commune is not drawn. Calibrated on roads, the pace is the median one
        of the origins.
        """
        pace = float(np.median(self._minutes_per_km))
        return crow_fly_isochrones(
            points,
            radii_km={float(bound): bound / pace for bound in bounds},
            crs=self.territory.crs,
        )

    def _minutes(self, distance_km: Floats, *, at: NDArray[np.intp] | None = None) -> Floats:
        area = self.territory.origins["area_km2"].to_numpy(dtype="float64")
        pace = self._minutes_per_km
        if at is not None:
            area, pace = area[at], pace[at]
        return minutes_by_car(
            distance_km, area, detour=pace, speed_kmh=60, floor=self.parameters.floor
        )
