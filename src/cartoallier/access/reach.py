"""From every origin to the nearest of some sites: the one place where minutes are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.crow_fly import Floats, minutes_by_car, nearest_eligible
from cartoallier.model import AccessParameters, Territory

Mask = NDArray[np.bool_] | None
"""Which origins a site admits; ``None``: all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Reach:
    """Distance and minutes from every origin to the nearest site that admits it.

    Attributes:
        distance_km: straight line, missing where no site admits the origin.
        minutes: by car, likewise.
        site: position of that site among those given, -1 where there is none.
    """

    distance_km: Floats
    minutes: Floats
    site: NDArray[np.intp]


def reach(
    points: Floats, masks: list[Mask], *, territory: Territory, parameters: AccessParameters
) -> Reach:
    """Find the nearest site of every origin of ``territory``.

    Args:
        points: (m, 2) metres, sites in the territory's projection; none: nothing is in reach.
        masks: which origins each site admits.
        territory: the origins.
        parameters: of the crow-fly engine.
    """
    origins = territory.origins
    if not len(points):
        nothing = np.full(len(origins), np.nan)
        return Reach(
            distance_km=nothing, minutes=nothing, site=np.full(len(origins), -1, dtype=np.intp)
        )
    start = np.column_stack([origins.geometry.x, origins.geometry.y])
    found = nearest_eligible(start, points, eligible=masks)
    minutes = minutes_by_car(
        found.distance_km,
        origins["area_km2"].to_numpy(dtype="float64"),
        parameters=parameters,
        speed_kmh=parameters.speed_kmh,
    )
    return Reach(distance_km=found.distance_km, minutes=minutes, site=found.site)


def admitted(zones: Iterable[tuple[str, ...]], territory: Territory) -> list[Mask]:
    """Return which origins each service admits; ``None`` when it declares no zone.

    Args:
        zones: of each service, as ``kind:code``.
        territory: the origins, and what zones hold.
    """
    codes: pd.Series = territory.origins["commune_code"]
    known: dict[tuple[str, ...], Mask] = {(): None}
    masks: list[Mask] = []
    for zone in zones:
        if zone not in known:
            parts = (part.split(":", 1) for part in zone)
            communes = frozenset().union(*(territory.communes_of(*part) for part in parts))
            known[zone] = codes.isin(communes).to_numpy()
        masks.append(known[zone])
    return masks
