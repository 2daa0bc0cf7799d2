"""The crow-fly engine: straight lines in the legal projection, a detour and a speed.

Parameters, evidence and their limits: DOMAIN §4.3. The plane distance in Lambert-93 is within
-1 to +2.6 per mille of the geodesic over metropolitan France.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cartoallier.model import AccessParameters

Floats = NDArray[np.float64]


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
    of distinct zones, not with the number of sites. Ties go to the first site.

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
        chosen = np.arange(len(origins)) if mask is None else np.flatnonzero(mask)
        if not len(chosen):
            continue
        found = cKDTree(sites[members]).query(origins[chosen])
        metres: Floats = np.asarray(found[0], dtype=np.float64)
        candidate = np.asarray(members, dtype=np.intp)[np.asarray(found[1], dtype=np.intp)]
        closer = (metres < best[chosen]) | ((metres == best[chosen]) & (candidate < site[chosen]))
        best[chosen[closer]] = metres[closer]
        site[chosen[closer]] = candidate[closer]
    return Nearest(np.where(np.isinf(best), np.nan, best / 1000), site)


def minutes_by_car(
    distance_km: Floats, area_km2: Floats, *, parameters: AccessParameters, speed_kmh: float
) -> Floats:
    """Return minutes = 60 × detour × max(distance, floor) / speed.

    The floor, half the root of the commune's area, stands for the way from a home to the
    town hall of its own commune (DOMAIN §4.3). Where the area is unknown (grid points) there
    is none.

    Args:
        distance_km: straight line; missing stays missing.
        area_km2: of the origin's commune.
        parameters: detour, and whether the floor applies.
        speed_kmh: door to door.
    """
    floor = np.sqrt(np.nan_to_num(area_km2)) / 2 if parameters.floor else np.zeros_like(area_km2)
    minutes: Floats = 60 * parameters.detour * np.maximum(distance_km, floor) / speed_kmh
    return minutes
