"""Coverage of a theme by some of its sites only, exactly as :func:`measure` would give it.

Minutes to one site do not depend on the others, so those to the nearest of several groups are the
least of the minutes to each: one search per group answers every question about their unions, and
gives the very numbers a new measure would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartoallier.access.eligibility import admitted
from cartoallier.access.engine import Engine, Floats, Mask
from cartoallier.access.people import People, beyond, zone_matrix
from cartoallier.model import Coverage, Mode, Services, Territory


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """Some zones of a territory and their people: made once, shared by every theme.

    Attributes:
        engine: how they travel.
        zones: those answered for, rows of ``territory.zones``.
        people: everybody that the engine can measure, summed over ``zones``.
    """

    engine: Engine
    zones: pd.DataFrame
    people: People

    @property
    def territory(self) -> Territory:
        """The whole."""
        return self.engine.territory

    @classmethod
    def of(cls, engine: Engine, levels: Collection[str]) -> Ground:
        """Keep the zones of ``levels``."""
        territory = engine.territory
        zones = territory.zones[territory.zones["level"].isin(levels)]
        weight = territory.origins["population"].to_numpy(dtype="float64")
        return cls(
            engine=engine,
            zones=zones,
            people=People(zone_matrix(territory, zones), weight).among(
                engine.unmeasured.isna().to_numpy()
            ),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Subsets:
    """The access of every origin to each group of the sites of one theme.

    Attributes:
        ground: zones and people.
        threshold: minutes beyond which people are left out.
        minutes: group -> minutes from each origin to its nearest site, missing where no site of
            the group admits it.
    """

    ground: Ground
    threshold: float
    minutes: dict[str, Floats]

    def beyond(self, groups: Iterable[str]) -> pd.DataFrame:
        """Return who is beyond the threshold of the sites of ``groups``, taken together.

        Without any group everybody is: it is the answer to « and without them? », where the
        sites are known and only set aside.

        Returns:
            Index of the zones; ``part_hors_seuil`` (0-1) and ``population_hors_seuil``.
        """
        people = self.ground.people
        least = np.full(len(people.weight), np.nan)
        for group in groups:
            least = np.fmin(least, self.minutes[group])
        far = beyond(least, self.threshold)
        return pd.DataFrame(
            {"part_hors_seuil": people.share(far), "population_hors_seuil": people.total(far)},
            index=self.ground.zones.index,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Anchors:
    """Where services are and whom they admit: made once, shared by every theme.

    Attributes:
        points: index = service id; ``x`` and ``y`` in metres, missing without a point.
        masks: service id -> which origins it admits, ``None`` for all.
    """

    points: pd.DataFrame
    masks: dict[str, Mask]

    @classmethod
    def of(cls, services: Services, territory: Territory) -> Anchors:
        """Project the points of ``services`` and read their zones."""
        points = services.points(territory.crs)
        masks = admitted(services.records["zone"], territory)
        return cls(
            points=pd.DataFrame({"x": points.x, "y": points.y}),
            masks=dict(zip(services.records.index, masks, strict=True)),
        )


def split_sites(
    coverage: Coverage,
    groups: pd.Series,
    *,
    anchors: Anchors,
    ground: Ground,
) -> Subsets | None:
    """Split the sites that ``coverage`` counts into groups, and measure each.

    Args:
        coverage: of one theme.
        groups: text, on the index of ``coverage.sites``.
        anchors: of the services that were measured.
        ground: zones to answer for, and the engine of the measure.

    Returns:
        ``None`` when the theme is not a matter of distance, has no threshold, or counts no site.
    """
    bounds = coverage.table["seuil_min"].dropna()
    counted = coverage.sites.index[coverage.sites["counted"]]
    if coverage.mode is not Mode.PROXIMITY or bounds.empty or counted.empty:
        return None
    places = anchors.points.loc[counted].to_numpy(dtype="float64")
    masks = [anchors.masks[key] for key in counted]
    label = groups[counted].to_numpy()
    minutes = {}
    for group in sorted(set(label)):
        chosen = np.flatnonzero(label == group)
        found = ground.engine.nearest(places[chosen], masks=[masks[i] for i in chosen])
        minutes[str(group)] = found.minutes
    return Subsets(ground=ground, threshold=float(bounds.iloc[0]), minutes=minutes)
