"""Several ways to travel at once: each origin takes the fastest (on foot, by bike, by bus)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from cartoallier.access.engine import Bracket, Engine, Floats, Mask, Pairs, Reach
from cartoallier.model import Territory
from cartoallier.model.french import listed, typeset


@dataclass(frozen=True, eq=False, kw_only=True)
class Combined:
    """The least minutes of several engines over the origins of one territory.

    Attributes:
        engines: at least one; on equal minutes the first site wins, then the first engine.
    """

    engines: tuple[Engine, ...]

    @classmethod
    def of(cls, engines: Sequence[Engine]) -> Combined:
        """Combine engines.

        Args:
            engines: at least one, all over the very same territory.

        Raises:
            ValueError: there is none, or their territories differ.
        """
        if not engines:
            raise ValueError("at least one engine is needed")
        if any(one.territory is not engines[0].territory for one in engines):
            raise ValueError("engines must start from the same territory")
        return cls(engines=tuple(engines))

    @property
    def territory(self) -> Territory:
        """Whose origins they start from."""
        return self.engines[0].territory

    @property
    def bracket(self) -> Bracket:
        """The widest hypotheses of all engines, origin by origin.

        Which engine is the fastest depends on the sites, and a bracket does not: the widest one
        holds whichever is taken.
        """
        brackets = [one.bracket for one in self.engines]
        favourable = reduce(np.minimum, [one.favourable for one in brackets])
        unfavourable = reduce(np.maximum, [one.unfavourable for one in brackets])
        return Bracket(
            favourable=favourable,
            unfavourable=unfavourable,
            favourable_words=_words([one.favourable_words for one in brackets]),
            unfavourable_words=_words([one.unfavourable_words for one in brackets]),
        )

    @property
    def unmeasured(self) -> pd.Series:
        """Why no engine can measure an origin, in French; missing where one of them can."""
        causes = [one.unmeasured for one in self.engines]
        nowhere = np.logical_and.reduce([one.notna().to_numpy() for one in causes])
        index = self.territory.origins.index
        found: list[object] = [np.nan] * len(index)
        for row in np.flatnonzero(nowhere):
            found[row] = listed(dict.fromkeys(str(one.iloc[row]) for one in causes))
        return pd.Series(found, index=index, dtype="str", name="unmeasured")

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return which sites at least one engine can reach."""
        result: NDArray[np.bool_] = np.logical_or.reduce(
            [one.joined(points) for one in self.engines]
        )
        return result

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the site of the least minutes of any engine; kilometres are those of that engine."""
        found = [one.nearest(points, masks=masks) for one in self.engines]
        best = found[0]
        for other in found[1:]:
            sooner = np.isnan(best.minutes) & ~np.isnan(other.minutes)
            sooner |= other.minutes < best.minutes
            sooner |= (other.minutes == best.minutes) & (other.site < best.site)
            best = Reach(
                distance_km=np.where(sooner, other.distance_km, best.distance_km),
                minutes=np.where(sooner, other.minutes, best.minutes),
                site=np.where(sooner, other.site, best.site),
            )
        return best

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` minutes apart by some engine."""
        found = [one.pairs(points, masks=masks, within=within) for one in self.engines]
        origin = np.concatenate([one.origin for one in found])
        site = np.concatenate([one.site for one in found])
        minutes = np.concatenate([one.minutes for one in found])
        order = np.lexsort((minutes, site, origin))
        origin, site, minutes = origin[order], site[order], minutes[order]
        least = np.ones(len(origin), dtype=np.bool_)
        least[1:] = (origin[1:] != origin[:-1]) | (site[1:] != site[:-1])
        return Pairs(origin=origin[least], site=site[least], minutes=minutes[least])

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return, for each bound, the union of what the engines reach."""
        found = [one.isochrones(points, bounds=bounds) for one in self.engines]
        index = pd.Index(sorted(bounds), name="minutes", dtype="float64")
        shapes = np.array([np.asarray(one.loc[index]) for one in found])
        return gpd.GeoSeries(shapely.union_all(shapes, axis=0), index=index, crs=self.territory.crs)


def _words(all_words: Sequence[str]) -> str:
    """Write « à pied 5 km/h ; à vélo 18 km/h », each once."""
    return typeset(" ; ".join(dict.fromkeys(all_words)))
