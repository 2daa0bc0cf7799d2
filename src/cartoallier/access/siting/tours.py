"""Itinerant tours as options: stops that are open some hours a week."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats, Pairs

FULL_WEEK = 24.0
"""Hours a week of a full service.

A working value: the least a France Services site must be open, by its charter.
"""


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Tours:
    """Tours that may be chosen whole.

    People are served by a tour *for h hours a week*: the hours of its stops that lie within the
    threshold of them. That is the share min(1, h / ``FULL_WEEK``) of what a fixed site gives; the
    shares of several tours add up, never beyond 1.

    Attributes:
        cost: (t,) of each tour.
        hours: origins × tours, hours a week within the threshold.
    """

    cost: Floats = field(default_factory=_none)
    hours: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)))

    def __len__(self) -> int:
        return len(self.cost)

    def levels(self, origins: int) -> csr_matrix:
        """Return origins × tours, share 0-1 of a full service; no column without tours."""
        if not len(self):
            return csr_matrix((origins, 0))
        levels = csr_matrix(self.hours, copy=True)
        levels.data = np.minimum(levels.data / FULL_WEEK, 1.0)
        return levels


def tours_of(
    pairs: Pairs, *, tour: np.ndarray, hours: Floats, cost: Floats, origins: int, threshold: float
) -> Tours:
    """Sum the hours of the stops of each tour within the threshold of each origin.

    Args:
        pairs: origin × stop with their minutes.
        tour: (s,) position of the tour of each stop.
        hours: (s,) a week, of each stop.
        cost: (t,) of each tour.
        origins: how many there are.
        threshold: minutes, included.
    """
    near = (pairs.minutes <= threshold) & (hours[pairs.site] > 0)
    stops = pairs.site[near]
    summed = csr_matrix(
        (hours[stops], (pairs.origin[near], tour[stops])), shape=(origins, len(cost))
    )
    return Tours(cost=cost, hours=summed)
