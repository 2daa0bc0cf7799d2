"""Enhanced two-step floating catchment area (E2SFCA): supply shared out among those in reach.

R_j = S_j / Σ_i w(t_ij) P_i, then A_i = Σ_j w(t_ij) R_j: the method of DREES's « accessibilité
potentielle localisée » (APL). Sources: Luo and Qi, *An enhanced two-step floating catchment area
(E2SFCA) method*, Health & Place 15, 2009; DREES, parameters of the APL (DOMAIN §4.1).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats, Pairs


class Decay(Protocol):
    """How much a place counts for people some minutes away: from 1 to 0."""

    @property
    def reach(self) -> float:
        """Minutes beyond which nothing counts."""

    def __call__(self, minutes: Floats) -> Floats:
        """Return w(t): 0 beyond :attr:`reach`."""


@dataclass(frozen=True, kw_only=True)
class Steps:
    """w falls by steps: ``weights[k]`` below ``bounds[k]``, 0 beyond the last.

    The last bound is included, as everywhere a threshold is; the others belong to the next step.

    Attributes:
        bounds: minutes, growing.
        weights: as many, not growing.
    """

    bounds: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in itertools.pairwise((0.0, *self.bounds)))
        falling = all(a >= b for a, b in itertools.pairwise((*self.weights, 0.0)))
        if not self.bounds or len(self.bounds) != len(self.weights) or not (rising and falling):
            raise ValueError(f"steps must rise in minutes and fall in weight, got {self}")

    @property
    def reach(self) -> float:
        """Minutes beyond which nothing counts."""
        return self.bounds[-1]

    def __call__(self, minutes: Floats) -> Floats:
        """Return w(t)."""
        # a few comparisons are six times faster than a binary search; missing minutes weigh nothing
        step = np.zeros(minutes.shape, dtype=np.int8)
        for bound in self.bounds[:-1]:
            step += ~(minutes < bound)
        step += ~(minutes <= self.reach)
        result: Floats = np.append(self.weights, 0.0).take(step)
        return result


NURSES = Steps(bounds=(10, 15, 20), weights=(1, 2 / 3, 1 / 3))
"""DREES, nurses (infirmiers) and dentists."""

MIDWIVES = Steps(bounds=(10, 20, 30), weights=(1, 2 / 3, 1 / 3))
"""DREES, midwives (sages-femmes)."""


def linear_steps(threshold: float) -> Steps:
    """Return 1, 2/3 and 1/3 over the three thirds of a threshold.

    The shape DREES gives midwives over 30 minutes, here over the theme's own threshold.
    """
    return Steps(bounds=(threshold / 3, threshold * 2 / 3, threshold), weights=MIDWIVES.weights)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """w(t) = 1 - t / reach.

    Attributes:
        reach: minutes where it falls to 0.
    """

    reach: float

    def __call__(self, minutes: Floats) -> Floats:
        """Return w(t)."""
        result: Floats = np.clip(1 - minutes / self.reach, 0, 1)
        return result


@dataclass(frozen=True, kw_only=True)
class Gaussian:
    """w(t) = (exp(-(t / reach)² / 2) - exp(-1/2)) / (1 - exp(-1/2)).

    1 at no minute, 0.70 at half the reach, 0 at the reach, without a jump. Source: D. Dai, *Black
    residential segregation, disparities in spatial access to health care facilities, and
    late-stage breast cancer diagnosis in metropolitan Detroit*, Health & Place 16, 2010.

    Attributes:
        reach: minutes where it falls to 0.
    """

    reach: float

    def __call__(self, minutes: Floats) -> Floats:
        """Return w(t)."""
        end = np.exp(-0.5)
        result: Floats = np.clip(
            (np.exp(-((minutes / self.reach) ** 2) / 2) - end) / (1 - end), 0, 1
        )
        return result


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """w(t) = 2 ** (-t / half_life), cut off at the reach.

    Attributes:
        half_life: minutes after which a place counts half.
        reach: minutes beyond which it does not count; the cut is a jump.
    """

    half_life: float
    reach: float

    def __call__(self, minutes: Floats) -> Floats:
        """Return w(t)."""
        result: Floats = np.where(minutes <= self.reach, np.exp2(-minutes / self.half_life), 0.0)
        return result


@dataclass(frozen=True, eq=False, kw_only=True)
class Catchment:
    """The two steps.

    Attributes:
        access: A_i, (n,) or (n, k): supply per person in need. 0 with nothing in reach, missing
            where the origin could not be measured.
        ratio: R_j, (m,) or (m, k): supply per person in need in reach of the site; missing where
            nobody is, and then the site adds nothing to anybody's access.
    """

    access: Floats
    ratio: Floats


def floating_catchment(
    pairs: Pairs,
    *,
    population: Floats,
    capacity: Floats,
    decay: Decay,
    unmeasured: NDArray[np.bool_] | None = None,
) -> Catchment:
    """Share the supply of every site among the people in reach of it.

    R_j = S_j / Σ_i w(t_ij) P_i and A_i = Σ_j w(t_ij) R_j. When every site has somebody in reach,
    Σ_i P_i A_i = Σ_j S_j. One sparse matrix, two products.

    Args:
        pairs: every origin and site at least as near as the reach of ``decay``, each pair once,
            sorted by origin.
        population: P_i, (n,), or (n, k) for k publics at once; people weighted by need where needs
            are known (:func:`people_in_need`). Missing people are left out of the first step.
        capacity: S_j, (m,): hours a week, or places, or 1 each.
        decay: w.
        unmeasured: origins that could not be measured: their access is missing, and their people
            are left out of the first step.

    Returns:
        Access per person; multiply by 100 000 for a figure like the APL, or see :func:`index_100`.
    """
    people = np.nan_to_num(population)
    if unmeasured is not None and unmeasured.any():
        people[unmeasured] = 0
    weights = _weights(pairs, decay, shape=(len(people), len(capacity)))
    demand: Floats = weights.T @ people
    supply = capacity if population.ndim == 1 else capacity[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Floats = np.where(demand > 0, supply / demand, np.nan)
    access: Floats = weights @ np.nan_to_num(ratio)
    if unmeasured is not None:
        access[unmeasured] = np.nan
    return Catchment(access=access, ratio=ratio)


def access_from(pairs: Pairs, ratio: Floats, *, decay: Decay, origins: int) -> Floats:
    """Return Σ_j w(t_ij) R_j, the second step alone.

    Access adds up over sites: with the ratio of some sites set to missing, it is what people owe
    to the others.

    Args:
        pairs: as for :func:`floating_catchment`.
        ratio: R_j, (m,) or (m, k), missing where a site adds nothing.
        decay: w.
        origins: number of origins.
    """
    result: Floats = _weights(pairs, decay, shape=(origins, len(ratio))) @ np.nan_to_num(ratio)
    return result


def people_in_need(population: Floats, *, needs: Floats) -> Floats:
    """Return P*_i = Σ_a ω_a P_ia, the people of each group weighted by their relative need.

    Args:
        population: (n, a) people of each group (age band, public…).
        needs: (a,) ω, need of one of them; DREES uses consumption of care by age.
    """
    result: Floats = population @ needs
    return result


def index_100(access: Floats, *, population: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Return access as an index: 100 is the mean of the people of the département.

    Args:
        access: A_i, (n,) or (n, k).
        population: same shape, people (not weighted by need, so that 100 is a mean of people).
        inside: (n,) origins of the département.

    Returns:
        Same shape; missing where access is, and everywhere when nobody of the département has any.
    """
    own = inside if access.ndim == 1 else inside[:, None]
    weight = np.where(own & ~np.isnan(access), np.nan_to_num(population), 0.0)
    total = weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * np.nan_to_num(access)).sum(axis=0) / total
        result: Floats = np.where(mean > 0, 100 * access / mean, np.nan)
    return result


def _weights(pairs: Pairs, decay: Decay, *, shape: tuple[int, int]) -> csr_matrix:
    """Return w(t_ij), origins × sites."""
    start = np.searchsorted(pairs.origin, np.arange(shape[0] + 1))
    return csr_matrix((decay(pairs.minutes), pairs.site, start), shape=shape)
