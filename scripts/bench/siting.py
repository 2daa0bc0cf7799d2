"""Siting, measured: exact answers against spopt alone, greedy against the exact optimum.

    python scripts/bench/siting.py [--communes 317] [--points 20000] [--median]

Ratios are of one run. ``--median`` also times spopt's own p-median on every pair (about twenty
seconds for 317 communes).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from scipy.spatial import cKDTree

from cartoallier.access.engine import Pairs
from cartoallier.access.siting import Model, SitingProblem, solve
from cartoallier.access.siting.exact import most_covered, most_gained
from cartoallier.access.siting.greedy import approach
from cartoallier.access.siting.problem import reduce

PACE = 60 * 1.35 / 50
"""Minutes per kilometre of straight line."""

SIZE = 85.0
"""Kilometres: the side of a square as large as Allier."""

Answer = TypeVar("Answer")


def generated(*, origins: int, candidates: int, existing: int, threshold: float) -> SitingProblem:
    """Return people, candidates and existing sites thrown at random in a square."""
    rng = np.random.default_rng(1)
    people, places = rng.random((origins, 2)) * SIZE, rng.random((candidates, 2)) * SIZE
    if origins == candidates:
        places = people
    today = rng.random((existing, 2)) * SIZE
    before = np.asarray(cKDTree(today).query(people)[0]) * PACE
    reach = float(before.max()) / PACE
    near = cKDTree(people).sparse_distance_matrix(cKDTree(places), reach, output_type="ndarray")
    order = np.lexsort((near["j"], near["i"]))
    return SitingProblem(
        demand=np.floor(rng.lognormal(5.5, 1.2, origins)) + 1,
        before=before,
        pairs=Pairs(
            origin=near["i"][order].astype(np.intp),
            site=near["j"][order].astype(np.intp),
            minutes=near["v"][order] * PACE,
        ),
        candidates=candidates,
        threshold=threshold,
    )


def timed(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Return seconds and the answer."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def row(*cells: object) -> None:
    """Print one line of the table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def exact_cases(problem: SitingProblem, sites: tuple[int, ...]) -> None:
    """Compare exact answers with greedy, for both models that have a worth."""
    for model in (Model.MOST_COVERED, Model.LEAST_MINUTES):
        for count in sites:
            reduced = reduce(problem, model)
            if model is Model.MOST_COVERED:
                seconds, choice = timed(lambda: most_covered(reduced, count))  # noqa: B023
            else:
                seconds, choice = timed(lambda: most_gained(reduced, problem, sites=count))  # noqa: B023
            quick, found = timed(lambda: approach(reduced.gain, count))  # noqa: B023
            best = reduced.worth(choice.sites)
            row(
                model, count, f"{reduced.gain.shape[0]} × {len(reduced.useful)}",
                reduced.gain.nnz, f"{seconds:.2f}", "oui" if choice.proven else "non",
                f"{1000 * quick:.0f}", f"{1 - found.worth / best:.3%}", f"{found.gap:.2%}",
            )  # fmt: skip


def spopt_median(problem: SitingProblem, sites: int) -> None:
    """Time spopt's p-median on every pair, and compare its optimum."""
    try:
        import pulp  # noqa: PLC0415 (a peer)
        from spopt.locate import PMedian  # noqa: PLC0415 (a peer)
    except ImportError:
        print("\nspopt n’est pas installé : pas de comparaison de la p-médiane")
        return
    table = np.full((len(problem.demand), problem.candidates), float(problem.pairs.minutes.max()))
    table[problem.pairs.origin, problem.pairs.site] = problem.pairs.minutes
    table = np.hstack([table, problem.before[:, None]])
    locked = np.array([0] * problem.candidates + [1])

    def theirs() -> float:
        model = PMedian.from_cost_matrix(table, problem.demand, sites + 1, locked)
        model.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1), results=False)
        return float(model.problem.objective.value())

    with warnings.catch_warnings():  # PuLP 3.3 deprecates what spopt 0.7 calls
        warnings.simplefilter("ignore", DeprecationWarning)
        seconds, total = timed(theirs)
    reduced = reduce(problem, Model.LEAST_MINUTES)
    ours, choice = timed(lambda: most_gained(reduced, problem, sites=sites))
    mine = float(problem.demand @ problem.before) - reduced.worth(choice.sites)
    print(
        f"\np-médiane, {sites} sites : spopt {seconds:.1f} s, ici {ours:.2f} s "
        f"(× {seconds / ours:.0f}) ; même optimum à {abs(total / mine - 1):.1e} près"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communes", type=int, default=317)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--median", action="store_true")
    asked = parser.parse_args()
    problem = generated(
        origins=asked.communes, candidates=asked.communes, existing=20, threshold=15
    )
    titles = ("modèle", "sites", "lignes × lieux", "paires", "exact (s)", "démontré",
              "approché (ms)", "écart réel", "écart annoncé")  # fmt: skip
    row(*titles)
    row(*["---"] * len(titles))
    exact_cases(problem, (1, 3, 5, 10))
    seconds, answer = timed(lambda: solve(problem, model=Model.MOST_COVERED, sites=3))
    print(f"\nréponse complète, courbe de {len(answer.curve) - 1} points : {seconds:.1f} s")
    if asked.median:
        spopt_median(problem, 3)
    wide = generated(origins=asked.points, candidates=asked.communes, existing=20, threshold=15)
    print(f"\n{asked.points} points de population, {asked.communes} lieux :\n")
    row("modèle", "paires", "lignes × lieux", "réponse et courbe (s)", "démontré", "écart annoncé")
    row(*["---"] * 6)
    for model in (Model.MOST_COVERED, Model.LEAST_MINUTES):
        reduced = reduce(wide, model)
        seconds, answer = timed(lambda: solve(wide, model=model, sites=5))  # noqa: B023
        row(
            model, reduced.gain.nnz, f"{reduced.gain.shape[0]} × {len(reduced.useful)}",
            f"{seconds:.1f}", "oui" if answer.proven else "non",
            "–" if answer.gap is None else f"{answer.gap:.2%}",
        )  # fmt: skip


if __name__ == "__main__":
    main()
