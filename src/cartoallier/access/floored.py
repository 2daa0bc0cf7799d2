"""Never less than the way from a home to the town hall of its own commune."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.engine import Bracket, Engine, Floats, Mask, Pairs, Reach
from cartoallier.model import Calibration, Territory


@dataclass(frozen=True, eq=False, kw_only=True)
class Floored:
    """An engine whose minutes are never below a floor, origin by origin.

    A commune seen from its town hall has its own services at no distance at all, when its people
    live all around: road minutes alone are biased low inside large communes (DOMAIN §4.1, the
    « Metric » matrix). The floor depends on the origin only, so the nearest site stays the nearest.

    Attributes:
        engine: what travels.
        floor: least minutes of each origin; 0: none.
    """

    engine: Engine
    floor: Floats

    @classmethod
    def of(cls, engine: Engine, calibration: Calibration, *, classes: pd.Series) -> Floored:
        """Make the floor of commune origins: half the root of their area, at the measured pace.

        floor = 60 × detour × ½ √area / speed, detour and speed being those of the origin's class
        on the roads themselves. Origins without an area (grid points) have none.

        Args:
            engine: of the roads.
            calibration: of straight lines on them.
            classes: of each origin.
        """
        origins = engine.territory.origins
        fitted = calibration.parameters(classes)
        half = np.sqrt(np.nan_to_num(origins["area_km2"].to_numpy("float64"))) / 2
        pace = 60 * (fitted["detour"] / fitted["speed_kmh"]).to_numpy("float64")
        return cls(engine=engine, floor=half * pace)

    @classmethod
    def at(cls, engine: Engine, *, detour: float, speed_kmh: float) -> Floored:
        """Make the floor of commune origins at one pace: 60 × detour × ½ √area / speed."""
        area = np.nan_to_num(engine.territory.origins["area_km2"].to_numpy("float64"))
        return cls(engine=engine, floor=60 * detour * np.sqrt(area) / 2 / speed_kmh)

    @property
    def territory(self) -> Territory:
        """Whose origins it starts from."""
        return self.engine.territory

    @property
    def bracket(self) -> Bracket:
        """That of the engine."""
        return self.engine.bracket

    @property
    def unmeasured(self) -> pd.Series:
        """Those of the engine."""
        return self.engine.unmeasured

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return which sites the engine can reach."""
        return self.engine.joined(points)

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the nearest site of every origin, no nearer than its floor."""
        found = self.engine.nearest(points, masks=masks)
        return Reach(
            distance_km=found.distance_km,
            minutes=np.maximum(found.minutes, self.floor),
            site=found.site,
        )

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` minutes apart."""
        found = self.engine.pairs(points, masks=masks, within=within)
        kept = self.floor[found.origin] <= within
        origin = found.origin[kept]
        return Pairs(
            origin=origin,
            site=found.site[kept],
            minutes=np.maximum(found.minutes[kept], self.floor[origin]),
        )

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return those of the engine: the floor is not drawn."""
        return self.engine.isochrones(points, bounds=bounds)
