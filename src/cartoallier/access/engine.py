"""What an engine answers: from the origins of a territory to sites, in minutes and kilometres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.model import Territory

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_] | None
"""Which origins a site admits; ``None``: all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reach:
    """Distance and minutes from every origin to the nearest site that admits it.

    Attributes:
        distance_km: straight line, or the road's length along the fastest path; missing where no
            site that admits the origin can be reached.
        minutes: likewise.
        site: position of that site among those given, -1 where there is none.
    """

    distance_km: Floats
    minutes: Floats
    site: NDArray[np.intp]


@dataclass(frozen=True, eq=False, kw_only=True)
class Pairs:
    """Every origin and site that admits it within some minutes, sorted by origin then site.

    Attributes:
        origin: position of the origin.
        site: position of the site among those given.
        minutes: from one to the other.
    """

    origin: NDArray[np.intp]
    site: NDArray[np.intp]
    minutes: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class Bracket:
    """Two named hypotheses: what minutes are multiplied by in each.

    Attributes:
        favourable: at most 1, one for all origins or one each.
        unfavourable: at least 1, likewise.
        favourable_words: French (« 60 km/h »).
        unfavourable_words: likewise.
    """

    favourable: Floats | float
    unfavourable: Floats | float
    favourable_words: str
    unfavourable_words: str


class Engine(Protocol):
    """A way to travel from the origins of one territory.

    For one origin, minutes never depend on what other sites are there: the nearest of a union of
    sites is the least of the minutes to each part.
    """

    @property
    def territory(self) -> Territory:
        """Whose origins it starts from."""

    @property
    def bracket(self) -> Bracket:
        """The favourable and unfavourable hypotheses."""

    @property
    def unmeasured(self) -> pd.Series:
        """Why an origin cannot be measured at all, in French, missing where it can.

        Index = the territory's origins, dtype ``str``. Such an origin is unknown: it is neither
        near nor far.
        """

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return which sites, (m, 2) metres in the territory's CRS, the engine can reach at all."""

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the nearest site of every origin; ties go to the first site."""

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` minutes apart."""

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return what lies within each bound of some site, whatever the zones they declare.

        Returns:
            Index = bounds in minutes, increasing; valid (multi)polygons in the territory's CRS,
            each holding the one before; empty without a site.
        """
