"""What a siting model is asked, and the same question without what cannot change the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats, Pairs
from cartoallier.access.siting.tours import Tours

Positions = NDArray[np.intp]


class Model(StrEnum):
    """What is sought of the sites to add.

    ``mclp``: most people within the threshold (Church and ReVelle 1974). ``p-mediane``: least
    mean minutes (Hakimi 1964). ``lscp``: fewest sites that leave nobody beyond the threshold who
    could be within (Toregas et al. 1971).
    """

    MOST_COVERED = "mclp"
    LEAST_MINUTES = "p-mediane"
    FEWEST_SITES = "lscp"


@dataclass(frozen=True, eq=False, kw_only=True)
class SitingProblem:
    """Where sites may be added to those that exist, and for whom.

    Existing sites stay: an origin they serve within the threshold is served whatever is added.

    Attributes:
        demand: (n,) people at each origin, 0 where they do not weigh.
        before: (n,) minutes to the nearest existing site, missing where none admits the origin.
        pairs: origin × candidate with their minutes; all those within the threshold, and for the
            p-median all those shorter than ``before``.
        candidates: how many; between two answers of the same worth, the one whose candidates
            come first is taken: give them in the order they are preferred.
        threshold: minutes, included.
        cost: (m,) of each candidate, in any unit.
        budget: for candidates and tours together, in that unit.
        capacity: (m,) people a site can serve; existing sites serve whom they serve today.
        tours: itinerant options.
    """

    demand: Floats
    before: Floats
    pairs: Pairs
    candidates: int
    threshold: float
    cost: Floats | None = None
    budget: float | None = None
    capacity: Floats | None = None
    tours: Tours = field(default_factory=Tours)

    def __post_init__(self) -> None:
        wrong = [
            message
            for condition, message in (
                (np.isnan(self.demand).any() or (self.demand < 0).any(), "demand must be >= 0"),
                (len(self.demand) != len(self.before), "demand and before differ in length"),
                (self.budget is not None and self.cost is None, "a budget needs costs"),
                (self.cost is not None and len(self.cost) != self.candidates, "one cost each"),
                (
                    self.capacity is not None and len(self.capacity) != self.candidates,
                    "one capacity each",
                ),
            )
            if condition
        ]
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def is_limited(self) -> bool:
        """Whether something else than the number of sites limits the answer."""
        return self.budget is not None or self.capacity is not None or len(self.tours) > 0

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """Which origins with people no existing site serves within the threshold."""
        far = np.isnan(self.before) | (self.before > self.threshold)
        return far & (self.demand > 0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Reduced:
    """The same question, exactly, on the origins whose lot may change.

    The worth of a set *S* of sites is Σ_i max_{j ∈ S} ``gain_ij``: people brought within the
    threshold, or person-minutes saved.

    Attributes:
        weight: (k,) people of each row.
        gain: (k, m) worth of each candidate to each row, positive entries only.
        tours: (k, t) share 0-1 of a full service that each tour gives each row.
        row_of: (n,) row of each origin, -1 where nothing can change.
    """

    weight: Floats
    gain: csr_matrix
    tours: csr_matrix
    row_of: Positions

    @property
    def useful(self) -> Positions:
        """Candidates that are worth something alone, in order."""
        return np.flatnonzero(np.asarray(self.gain.sum(axis=0)).ravel() > 0)

    def worth(self, chosen: Positions) -> float:
        """Return Σ_i max_{j ∈ chosen} gain_ij, whatever capacities are."""
        return float(best_gain(self.gain, chosen).sum())


def best_gain(gain: csr_matrix, chosen: Positions) -> Floats:
    """Return the largest gain of each row among the chosen columns, 0 for none."""
    if not len(chosen):
        return np.zeros(gain.shape[0])
    return np.asarray(gain[:, chosen].max(axis=1).todense(), dtype=np.float64).ravel()


def reduce(problem: SitingProblem, model: Model) -> Reduced:
    """Keep what may change the answer.

    For coverage, origins already within the threshold, without people or that nothing reaches
    leave, and origins that the same candidates and tours reach become one row. For the p-median,
    a pair that is no shorter than the way to the nearest existing site leaves: nobody takes it.
    An origin that no existing site admits is counted at :func:`ceiling` minutes today.
    """
    if model is Model.LEAST_MINUTES:
        return _reduced_minutes(problem)
    pairs, n = problem.pairs, len(problem.demand)
    kept = problem.left_out[pairs.origin] & (pairs.minutes <= problem.threshold)
    within = csr_matrix(
        (np.ones(int(kept.sum())), (pairs.origin[kept], pairs.site[kept])),
        shape=(n, problem.candidates),
    )
    within.sort_indices()
    levels = problem.tours.levels(n)
    levels.sort_indices()
    rows: dict[tuple[bytes, ...], int] = {}
    first: list[int] = []
    row_of = np.full(n, -1, dtype=np.intp)
    reached = (np.diff(within.indptr) > 0) | (np.diff(levels.indptr) > 0)
    for origin in np.flatnonzero(problem.left_out & reached).tolist():
        a = slice(within.indptr[origin], within.indptr[origin + 1])
        b = slice(levels.indptr[origin], levels.indptr[origin + 1])
        key = (
            within.indices[a].tobytes(), levels.indices[b].tobytes(), levels.data[b].tobytes(),
        )  # fmt: skip
        if key not in rows:
            rows[key] = len(first)
            first.append(origin)
        row_of[origin] = rows[key]
    there = row_of >= 0
    weight = np.bincount(row_of[there], weights=problem.demand[there], minlength=len(first)).astype(
        np.float64
    )
    gain = csr_matrix(within[first].multiply(weight[:, None]))
    return Reduced(weight=weight, gain=gain, tours=levels[first], row_of=row_of)


def ceiling(problem: SitingProblem) -> float:
    """Return the minutes counted for an origin that no existing site admits: the most known."""
    known = [problem.threshold, *problem.pairs.minutes, *problem.before[~np.isnan(problem.before)]]
    return float(max(known))


def _reduced_minutes(problem: SitingProblem) -> Reduced:
    pairs = problem.pairs
    today = np.where(np.isnan(problem.before), ceiling(problem), problem.before)
    saved = problem.demand[pairs.origin] * (today[pairs.origin] - pairs.minutes)
    kept = saved > 0
    origins, row = np.unique(pairs.origin[kept], return_inverse=True)
    row_of = np.full(len(problem.demand), -1, dtype=np.intp)
    row_of[origins] = np.arange(len(origins))
    gain = csr_matrix(
        (saved[kept], (row, pairs.site[kept])), shape=(len(origins), problem.candidates)
    )
    none = csr_matrix((len(origins), 0))
    return Reduced(weight=problem.demand[origins], gain=gain, tours=none, row_of=row_of)
