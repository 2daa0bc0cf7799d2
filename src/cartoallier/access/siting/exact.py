"""Exact answers: spopt's models where they fit, one small model beside them where they do not.

spopt (BSD-3-Clause) builds PuLP models over a dense matrix; HiGHS (MIT) solves them, to a gap of
zero, on one thread so that a machine's cores do not change which of two equal answers is found.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats
from cartoallier.access.siting.problem import Positions, Reduced, SitingProblem

TIME_LIMIT = 60.0
"""Seconds after which a search for the proof is given up; problems are chosen far smaller."""

TOLERANCE = 1e-3
"""People, or person-minutes, below which two answers are worth the same."""

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """Some candidates and tours.

    Attributes:
        sites: positions, increasing.
        tours: positions, increasing.
        proven: no other choice is worth more.
    """

    sites: Positions
    tours: Positions
    proven: bool


def most_covered(reduced: Reduced, sites: int) -> Choice:
    """Choose at most ``sites`` candidates that reach most people: ``spopt.locate.MCLP``."""
    from spopt.locate import MCLP  # noqa: PLC0415 (heavy, rarely needed)

    useful = reduced.useful
    if not len(useful) or not sites:
        return _nothing()
    cost = _spopt_cost(reduced.gain[:, useful])
    with _quiet_pulp():
        model = MCLP.from_cost_matrix(cost, reduced.weight, 0.5, min(sites, len(useful)))
        found = _solved(model.problem, model.fac_vars, useful)
    # spopt takes as many as it is told; where fewer reach everybody, the fewest do
    if reduced.worth(found.sites) >= reduced.worth(useful) - TOLERANCE:
        fewest = fewest_sites(reduced)
        return fewest if len(fewest.sites) < len(found.sites) else found
    return found


def fewest_sites(reduced: Reduced) -> Choice:
    """Choose the fewest candidates that reach every row: ``spopt.locate.LSCP``."""
    from spopt.locate import LSCP  # noqa: PLC0415 (heavy, rarely needed)

    useful = reduced.useful
    if not len(useful):
        return _nothing()
    with _quiet_pulp():
        model = LSCP.from_cost_matrix(_spopt_cost(reduced.gain[:, useful]), 0.5)
        return _solved(model.problem, model.fac_vars, useful)


def most_gained(reduced: Reduced, problem: SitingProblem, *, sites: int | None) -> Choice:
    """Choose candidates and tours worth most, under a number of sites, a budget and capacities.

    With y_j and u_k whether candidate j and tour k are chosen, z_ij the share of row i that j
    serves and t_i the share that tours do::

        max  Σ g_ij z_ij + Σ w_i t_i
        z_ij <= y_j;  Σ_j z_ij + t_i <= 1;  t_i <= Σ_k level_ik u_k
        Σ_i w_i z_ij <= capacity_j y_j;  Σ cost_j y_j + Σ cost_k u_k <= budget;  Σ y_j <= sites

    spopt has neither budgets with unequal costs, nor tours, nor capacities in the MCLP, and its
    p-median makes every pair a binary variable, even those that nobody would take.
    """
    useful = reduced.useful
    if not (len(useful) and sites != 0) and not len(problem.tours):
        return _nothing()
    with _quiet_pulp():
        model = _Direct.of(reduced, problem, sites=sites)
        return _solved(model.program, model.open, useful, tours=model.tours)


def fewest_gaining(reduced: Reduced, problem: SitingProblem) -> Choice:
    """Choose the fewest candidates that serve as many people as all of them could.

    It is the capacitated LSCP, which never is infeasible: those whom capacities or the budget
    leave out are left out by the best of answers.
    """
    import pulp  # noqa: PLC0415 (heavy, rarely needed)

    useful = reduced.useful
    if not len(useful):
        return _nothing()
    with _quiet_pulp():
        model = _Direct.of(reduced, problem, sites=None)
        program = model.program
        proven = _run(program)
        program += program.objective >= program.objective.value() - TOLERANCE
        program.sense = pulp.LpMinimize
        program.setObjective(pulp.lpSum(model.open) + pulp.lpSum(model.tours))
        found = _solved(program, model.open, useful, tours=model.tours)
    return Choice(sites=found.sites, tours=found.tours, proven=proven and found.proven)


def served_by(
    reduced: Reduced, problem: SitingProblem, *, sites: Positions, tours: Positions
) -> float:
    """Return what given sites and tours are worth, capacities included."""
    if problem.capacity is None and not len(tours):
        return reduced.worth(sites)
    if not len(sites) and not len(tours):
        return 0.0
    with _quiet_pulp():
        model = _Direct.of(reduced, problem, sites=None, budget=False)
        kept = set(sites.tolist())
        for position, variable in zip(reduced.useful.tolist(), model.open, strict=True):
            variable.upBound = int(position in kept)
        for position, variable in enumerate(model.tours):
            variable.upBound = int(position in set(tours.tolist()))
        _run(model.program)
        return float(model.program.objective.value())


@dataclass(frozen=True, eq=False, kw_only=True)
class _Direct:
    program: Any
    open: list[Any]
    tours: list[Any]

    @classmethod
    def of(
        cls, reduced: Reduced, problem: SitingProblem, *, sites: int | None, budget: bool = True
    ) -> _Direct:
        import pulp  # noqa: PLC0415 (heavy, rarely needed)

        useful, program = reduced.useful, pulp.LpProblem("sites", pulp.LpMaximize)
        gain = csr_matrix(reduced.gain[:, useful]).tocoo()
        opened = [pulp.LpVariable(f"y{j}", cat=pulp.LpBinary) for j in range(len(useful))]
        toured = [pulp.LpVariable(f"u{k}", cat=pulp.LpBinary) for k in range(len(problem.tours))]
        share = [pulp.LpVariable(f"z{p}", lowBound=0) for p in range(gain.nnz)]
        given = _by_tours(program, reduced, toured)
        program.setObjective(
            _sum([*zip(share, gain.data.tolist(), strict=True)])
            + _sum([(given[i], float(reduced.weight[i])) for i in given])
        )
        of_row: list[list[Any]] = [[] for _ in range(gain.shape[0])]
        of_site: list[list[tuple[Any, float]]] = [[] for _ in opened]
        for i, j, variable in zip(gain.row.tolist(), gain.col.tolist(), share, strict=True):
            program += variable <= opened[j]
            of_row[i].append((variable, 1.0))
            of_site[j].append((variable, float(reduced.weight[i])))
        for i, terms in enumerate(of_row):
            own = [(given[i], 1.0)] if i in given else []
            if len(terms) + len(own) > 1:
                program += _sum([*terms, *own]) <= 1
        if problem.capacity is not None:
            for j, terms in enumerate(of_site):
                program += _sum(terms) <= float(problem.capacity[useful[j]]) * opened[j]
        if sites is not None:
            program += pulp.lpSum(opened) <= sites
        if budget and problem.budget is not None and problem.cost is not None:
            costs = [*zip(opened, problem.cost[useful].tolist(), strict=True)]
            costs += [*zip(toured, problem.tours.cost.tolist(), strict=True)]
            program += _sum(costs) <= problem.budget
        return cls(program=program, open=opened, tours=toured)


def _by_tours(program: Any, reduced: Reduced, toured: list[Any]) -> dict[int, Any]:  # noqa: ANN401
    """Add the share of each row that tours serve; return row -> variable."""
    import pulp  # noqa: PLC0415 (heavy, rarely needed)

    given = {}
    for i in np.flatnonzero(np.diff(reduced.tours.indptr)).tolist():
        row = slice(reduced.tours.indptr[i], reduced.tours.indptr[i + 1])
        given[i] = pulp.LpVariable(f"t{i}", lowBound=0, upBound=1)
        levels = zip(reduced.tours.indices[row].tolist(), reduced.tours.data[row], strict=True)
        program += given[i] <= _sum([(toured[k], float(level)) for k, level in levels])
    return given


def _solved(
    program: Any,  # noqa: ANN401 (PuLP publishes no annotations)
    opened: list[Any],
    useful: Positions,
    *,
    tours: list[Any] | None = None,
) -> Choice:
    """Solve, then take among answers of the same worth the fewest and first candidates.

    Ranks bear a fraction of the golden ratio each, so that two sets never have the same sum; each
    is raised so that fewer sites always have the smaller one.
    """
    import pulp  # noqa: PLC0415 (heavy, rarely needed)

    proven = _run(program)
    worth = program.objective.value()
    most = len(_values(opened)) + len(_values(tours or []))
    count = len(opened) + len(tours or [])
    rank = [count * most + j + (j * _GOLDEN) % 1 / 2 for j in range(1, count + 1)]
    if program.sense == pulp.LpMaximize:
        program += program.objective >= worth - TOLERANCE
    else:
        program += program.objective <= worth + TOLERANCE
    before = _values(opened), _values(tours or [])
    program.sense = pulp.LpMinimize
    program.setObjective(_sum([*zip([*opened, *(tours or [])], rank, strict=True)]))
    # out of time, the first answer stands: it is worth as much
    sites, chosen = (_values(opened), _values(tours or [])) if _run(program) else before
    return Choice(sites=useful[sites], tours=chosen, proven=proven)


def _run(program: Any) -> bool:  # noqa: ANN401
    """Solve with HiGHS; return whether the answer is proved best."""
    import pulp  # noqa: PLC0415 (heavy, rarely needed)

    program.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1, timeLimit=TIME_LIMIT, random_seed=0))
    # PuLP calls « optimal » a search that ran out of time; its other status does not
    return bool(program.sol_status == pulp.LpSolutionOptimal)


def _values(variables: list[Any]) -> Positions:
    return np.flatnonzero([variable.value() > 0.5 for variable in variables])


def _sum(terms: list[tuple[Any, float]]) -> Any:  # noqa: ANN401
    import pulp  # noqa: PLC0415 (heavy, rarely needed)

    return pulp.LpAffineExpression(terms)


def _spopt_cost(gain: csr_matrix) -> Floats:
    """Return the dense matrix spopt wants: 0 within reach, 1 beyond."""
    dense: Floats = np.where(gain.toarray() > 0, 0.0, 1.0)
    return dense


def _nothing() -> Choice:
    none = np.zeros(0, dtype=np.intp)
    return Choice(sites=none, tours=none, proven=True)


@contextmanager
def _quiet_pulp() -> Iterator[None]:
    """Silence PuLP 3.3, which deprecates the calls that spopt 0.7 makes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
