"""Walking beside the bus: to a stop, between stops, from a stop to a door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How people walk: a straight line, a detour and a speed (DOMAIN §4.3).

    Attributes:
        speed_kmh: 4 km/h is Cerema's figure for older people; others walk 4.5 to 5.
        detour: length of the way over the straight line.
    """

    speed_kmh: float = 4.0
    detour: float = 1.35

    def minutes(self, km: Floats) -> Floats:
        """Return minutes = 60 × detour × straight line / speed."""
        result: Floats = 60 * self.detour * km / self.speed_kmh
        return result

    def seconds(self, km: Floats) -> NDArray[np.int64]:
        """Return the same in whole seconds, rounded up: nobody catches a bus half a second late."""
        return np.ceil(np.round(self.minutes(km) * 60, 6)).astype(np.int64)

    def km(self, minutes: float) -> float:
        """Return the straight line walked in some minutes."""
        return minutes * self.speed_kmh / (60 * self.detour)


def near(
    origins: Floats, places: Floats, *, within_km: float
) -> tuple[Positions, Positions, Floats]:
    """Return every pair at most ``within_km`` apart in a straight line.

    Args:
        origins: (n, 2) metres.
        places: (m, 2) metres, in the same projection.
        within_km: bound, included.

    Returns:
        Positions of the origin and of the place, sorted in that order, and kilometres.
    """
    if not len(origins) or not len(places):
        nothing = np.zeros(0, dtype=np.intp)
        return nothing, nothing, np.zeros(0)
    found = cKDTree(origins).sparse_distance_matrix(
        cKDTree(places), within_km * 1000, output_type="ndarray"
    )
    order = np.lexsort((found["j"], found["i"]))
    pairs = found[order]
    return (
        pairs["i"].astype(np.intp),
        pairs["j"].astype(np.intp),
        pairs["v"].astype(np.float64) / 1000,
    )
