"""Why some people are still left out: never « infeasible » without saying who, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cartoallier.access.siting.exact import most_gained, served_by
from cartoallier.access.siting.problem import Model, Reduced, SitingProblem, reduce


@dataclass(frozen=True, eq=False, kw_only=True)
class Left:
    """People still beyond the threshold, by the first limit that leaves them there.

    Attributes:
        before: left out by the existing sites.
        unreachable: within the threshold of no candidate and no stop.
        capacity: whom all candidates together could not serve, ``None`` without capacities.
        budget: whom the budget cannot pay for, whatever the number of sites, ``None`` without.
        number: the rest: more sites would be needed.
    """

    before: float
    unreachable: float
    capacity: float | None
    budget: float | None
    number: float


def unreachable(problem: SitingProblem) -> NDArray[np.bool_]:
    """Return origins with people that neither existing sites, candidates nor tours can reach."""
    reached = np.zeros(len(problem.demand), dtype=np.bool_)
    reached[problem.pairs.origin[problem.pairs.minutes <= problem.threshold]] = True
    levels = problem.tours.levels(len(problem.demand))
    reached[np.flatnonzero(np.diff(levels.indptr))] = True
    return problem.left_out & ~reached


def explain(problem: SitingProblem, *, served: float, exact: bool) -> Left:
    """Say what leaves people out of an answer that serves ``served`` of those left out.

    Args:
        problem: as asked.
        served: people, beyond those that existing sites serve.
        exact: the problem is small enough to ask what capacities and the budget alone allow.
    """
    before = float(problem.demand[problem.left_out].sum())
    never = float(problem.demand[unreachable(problem)].sum())
    reach = before - never
    capacity = budget = None
    reduced = reduce(problem, Model.MOST_COVERED)
    if problem.capacity is not None and exact:
        most = _most(reduced, problem, budget=None)
        capacity, reach = reach - most, most
    if problem.budget is not None and exact:
        most = max(_most(reduced, problem, budget=problem.budget), served)
        budget, reach = reach - most, most
    return Left(
        before=before,
        unreachable=never,
        capacity=_positive(capacity),
        budget=_positive(budget),
        number=_positive(reach - served) or 0.0,
    )


def _most(reduced: Reduced, problem: SitingProblem, *, budget: float | None) -> float:
    """Return the most people that any number of sites can serve."""
    freed = replace(problem, budget=budget)
    if budget is None:
        every = np.arange(len(problem.tours), dtype=np.intp)
        return served_by(reduced, freed, sites=reduced.useful, tours=every)
    choice = most_gained(reduced, freed, sites=None)
    return served_by(reduced, freed, sites=choice.sites, tours=choice.tours)


def _positive(people: float | None) -> float | None:
    return None if people is None else (people if people > 1e-3 else 0.0)
