"""One answer, its order, and the best answers for fewer and more sites."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartoallier.access.engine import Floats
from cartoallier.access.siting.exact import (
    Choice,
    fewest_gaining,
    fewest_sites,
    most_covered,
    most_gained,
    served_by,
)
from cartoallier.access.siting.explaining import Left, explain
from cartoallier.access.siting.greedy import approach, ordered
from cartoallier.access.siting.problem import (
    Model,
    Positions,
    Reduced,
    SitingProblem,
    reduce,
)
from cartoallier.errors import SitingError

EXACT_CELLS = 150_000
"""Rows × candidates, after reduction, up to which the best answer is proved.

spopt writes every cell down; 317 communes × 317 candidates are 100 489.
"""

CURVE_PAIRS = 10_000
"""Pairs up to which every point of the curve is proved too."""

CURVE_SITES = 10
"""The curve goes at least that far, where candidates go on gaining."""

_LEAST = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Point:
    """The best answer found for some number of sites.

    Attributes:
        sites: positions of candidates.
        tours: positions of tours.
        served: people within the threshold of these sites beyond those that existing ones serve.
        toured: what tours add, in people served a full week.
        proven: it is the best.
    """

    sites: Positions
    tours: Positions
    served: float
    toured: float
    proven: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Siting:
    """The answer to a siting problem.

    Attributes:
        model: what was sought.
        chosen: positions of candidates, that which gains most first; sites that would gain
            nothing are not taken, even where more were asked for.
        tours: positions of the tours chosen.
        served: after each chosen site, people within the threshold beyond those that existing
            sites serve, tours left aside.
        proven: no other answer is better.
        gap: share by which the answer may be under the best one, ``None`` unknown.
        curve: the best answers for 0, 1, 2… sites; with capacities, up to what was asked.
        left: who is still left out, and why.
    """

    model: Model
    chosen: Positions
    tours: Positions
    served: tuple[float, ...]
    proven: bool
    gap: float | None
    curve: tuple[Point, ...]
    left: Left


def solve(problem: SitingProblem, *, model: Model, sites: int) -> Siting:
    """Find where to add sites.

    Args:
        problem: who is left out, and what candidates and tours would change.
        model: what is sought. For the LSCP ``sites`` only says how far the curve goes.
        sites: how many may be added.

    Raises:
        SitingError: more sites than candidates; limits that a problem of this size cannot have.
    """
    if sites < 1:
        raise SitingError("demandez au moins un site", key="--sites")
    if sites > problem.candidates:
        raise SitingError(
            f"{sites} sites demandés pour {problem.candidates} lieux candidats ; "
            "demandez-en moins, ou donnez plus de candidats avec « --candidats »",
            key="--sites",
        )
    if len(problem.tours) and model is not Model.MOST_COVERED:
        raise SitingError("les tournées ne se choisissent qu’avec le modèle mclp", key="--tournees")
    reduced = reduce(problem, model)
    exact = reduced.gain.shape[0] * len(reduced.useful) <= EXACT_CELLS
    if not exact and (problem.capacity is not None or len(problem.tours)):
        raise SitingError(
            "ce problème est trop grand pour des capacités ou des tournées ; donnez moins de "
            "candidats, ou la population par commune",
        )
    if exact and model is Model.FEWEST_SITES:
        choice, gap = _fewest(reduced, problem), None
    elif exact:
        choice, gap = _best(reduced, problem, sites, model), None
    else:
        fewest = model is Model.FEWEST_SITES
        choice, gap = _approached(reduced, problem, problem.candidates if fewest else sites)
        gap = None if fewest else gap
    if choice.proven:
        gap = 0.0
    elif exact:  # out of time
        choice, gap = _better(reduced, problem, choice, sites, model)
    cover = reduced if model is not Model.LEAST_MINUTES else reduce(problem, Model.MOST_COVERED)
    chosen = _in_order(reduced, problem, choice.sites)
    served = _served(cover, problem, chosen)
    tours = choice.tours
    total = served_by(cover, problem, sites=chosen, tours=tours) if len(tours) else served[-1]
    return Siting(
        model=model,
        chosen=chosen,
        tours=tours,
        served=served[1:],
        proven=choice.proven,
        gap=gap,
        curve=_curve(reduced, cover, problem, model=model, answer=choice, sites=sites),
        left=explain(problem, served=total, exact=exact),
    )


def _best(reduced: Reduced, problem: SitingProblem, sites: int, model: Model) -> Choice:
    """Return the best answer for at most ``sites`` sites."""
    if problem.is_limited or model is Model.LEAST_MINUTES:
        return most_gained(reduced, problem, sites=sites)
    return most_covered(reduced, sites)


def _fewest(reduced: Reduced, problem: SitingProblem) -> Choice:
    return fewest_gaining(reduced, problem) if problem.is_limited else fewest_sites(reduced)


def _approached(
    reduced: Reduced, problem: SitingProblem, sites: int
) -> tuple[Choice, float | None]:
    """Return greedy and exchanges, and how far it may be from the best."""
    found = approach(reduced.gain, sites, cost=problem.cost, budget=problem.budget)
    none = np.zeros(0, dtype=np.intp)
    return Choice(sites=np.sort(found.sites), tours=none, proven=False), found.gap


def _better(
    reduced: Reduced, problem: SitingProblem, choice: Choice, sites: int, model: Model
) -> tuple[Choice, float | None]:
    """Return the better of an unproved answer and of greedy with exchanges."""
    if model is Model.FEWEST_SITES or problem.capacity is not None or len(problem.tours):
        return choice, None
    found = approach(reduced.gain, sites, cost=problem.cost, budget=problem.budget)
    worth = reduced.worth(choice.sites)
    if found.worth > worth:
        choice = replace(choice, sites=np.sort(found.sites))
    return choice, max(0.0, 1 - max(worth, found.worth) / found.bound) if found.bound else 0.0


def _in_order(reduced: Reduced, problem: SitingProblem, sites: Positions) -> Positions:
    """Order sites by what each adds to those before; drop those that add nothing."""
    if problem.capacity is not None:
        return _filled(reduced, problem.capacity, sites)
    order = ordered(reduced.gain, sites)
    worth = [reduced.worth(order[: count + 1]) for count in range(len(order))]
    return order[np.diff([0.0, *worth]) > _LEAST]


def _filled(reduced: Reduced, capacity: Floats, sites: Positions) -> Positions:
    """Order sites by whom each can still take in, filling one after the other."""
    left, waiting = sorted(sites.tolist()), np.ones(len(reduced.weight))
    columns = {j: reduced.gain[:, [j]].toarray().ravel() for j in left}
    order = []
    while left:
        room = [float(capacity[j]) for j in left]
        asked = [float((columns[j] * waiting).sum()) for j in left]
        best = int(np.argmax(np.minimum(room, asked)))
        taken = min(1.0, room[best] / asked[best]) if asked[best] > 0 else 0.0
        site = left.pop(best)
        waiting = np.where(columns[site] > 0, waiting * (1 - taken), waiting)
        order.append(site)
    return np.array(order, dtype=np.intp)


def _served(cover: Reduced, problem: SitingProblem, chosen: Positions) -> tuple[float, ...]:
    """Return people served by 0, 1, 2… of the chosen sites."""
    none = np.zeros(0, dtype=np.intp)
    return tuple(
        served_by(cover, problem, sites=chosen[:count], tours=none)
        for count in range(len(chosen) + 1)
    )


def _curve(
    reduced: Reduced,
    cover: Reduced,
    problem: SitingProblem,
    *,
    model: Model,
    answer: Choice,
    sites: int,
) -> tuple[Point, ...]:
    """Return the best answers for 0, 1, 2… sites, until one more gains nothing.

    With capacities each point is a slow search: none is made beyond what was asked.
    """
    asked = len(answer.sites) if model is Model.FEWEST_SITES else sites
    last = asked if problem.capacity is not None else max(asked, sites, CURVE_SITES)
    cells = reduced.gain.shape[0] * len(reduced.useful)
    proved = reduced.gain.nnz <= CURVE_PAIRS and cells <= EXACT_CELLS
    exact = proved or problem.capacity is not None or len(problem.tours) > 0
    points: list[Point] = []
    for count in range(min(last, problem.candidates) + 1):
        if count == asked:
            choice = answer
        elif exact:
            choice = _best(reduced, problem, count, model)
        else:
            choice, _ = _approached(reduced, problem, count)
        point = _point(reduced, cover, problem, choice=choice)
        if count > asked and len(point.sites) < count:  # one more gains nothing
            break
        points.append(point)
    return tuple(points)


def _point(reduced: Reduced, cover: Reduced, problem: SitingProblem, *, choice: Choice) -> Point:
    none = np.zeros(0, dtype=np.intp)
    served = served_by(cover, problem, sites=choice.sites, tours=none)
    total = served
    if len(choice.tours):
        total = served_by(cover, problem, sites=choice.sites, tours=choice.tours)
    return Point(
        sites=_in_order(reduced, problem, choice.sites),
        tours=choice.tours,
        served=served,
        toured=total - served,
        proven=choice.proven,
    )
