"""Every model against brute force, on cases small enough to try all combinations."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.access.engine import Pairs
from cartoallier.access.siting import Model, SitingProblem, Tours, solve, tours_of, unreachable
from cartoallier.access.siting.greedy import approach
from cartoallier.access.siting.problem import reduce
from cartoallier.errors import SitingError


def problem(demand, minutes, *, before=None, threshold=10.0, **limits) -> SitingProblem:
    """Dense minutes, origins × candidates; a missing pair is not one."""
    table = np.asarray(minutes, dtype=float)
    origin, site = np.nonzero(~np.isnan(table))
    before = [np.nan] * len(demand) if before is None else before
    return SitingProblem(
        demand=np.asarray(demand, dtype=float),
        before=np.asarray(before, dtype=float),
        pairs=Pairs(origin=origin, site=site, minutes=table[origin, site]),
        candidates=table.shape[1],
        threshold=threshold,
        **limits,
    )


@st.composite
def problems(draw, *, known=False):
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    demand = draw(st.lists(st.integers(0, 50), min_size=n, max_size=n))
    minute = st.integers(0, 20)
    minutes = [draw(st.lists(minute, min_size=m, max_size=m)) for _ in range(n)]
    today = st.integers(0, 20) if known else st.integers(0, 20) | st.just(np.nan)
    before = draw(st.lists(today, min_size=n, max_size=n))
    return problem(demand, minutes, before=before)


def dense(asked: SitingProblem) -> np.ndarray:
    table = np.full((len(asked.demand), asked.candidates), np.inf)
    table[asked.pairs.origin, asked.pairs.site] = asked.pairs.minutes
    return table


def subsets(asked: SitingProblem, most: int):
    return [c for k in range(most + 1) for c in combinations(range(asked.candidates), k)]


def newly_within(asked: SitingProblem, chosen) -> float:
    near = (dense(asked)[:, list(chosen)] <= asked.threshold).any(axis=1)
    return float(asked.demand[asked.left_out & near].sum())


def total_minutes(asked: SitingProblem, chosen) -> float:
    known = np.hstack([asked.before[:, None], dense(asked)[:, list(chosen)]])
    return float(asked.demand @ known.min(axis=1))


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(1, 4))
def test_most_covered_is_the_best_of_all_combinations(asked, sites):
    sites = min(sites, asked.candidates)
    answer = solve(asked, model=Model.MOST_COVERED, sites=sites)
    best = max(newly_within(asked, chosen) for chosen in subsets(asked, sites))
    assert answer.proven
    assert answer.gap == 0
    assert newly_within(asked, answer.chosen) == best == (answer.served or (0,))[-1]
    assert len(answer.chosen) <= sites
    for count, point in enumerate(answer.curve):
        assert point.served == max(newly_within(asked, c) for c in subsets(asked, count))


@settings(max_examples=60, deadline=None)
@given(problems())
def test_fewest_sites_is_the_smallest_combination_that_reaches_everybody_reachable(asked):
    answer = solve(asked, model=Model.FEWEST_SITES, sites=1)
    everybody = newly_within(asked, range(asked.candidates))
    fewest = min(
        len(c) for c in subsets(asked, asked.candidates) if newly_within(asked, c) == everybody
    )
    assert answer.proven
    assert len(answer.chosen) == fewest
    assert newly_within(asked, answer.chosen) == everybody
    never = asked.demand[unreachable(asked)].sum()
    assert answer.left.unreachable == never == asked.demand[asked.left_out].sum() - everybody
    assert answer.left.number == 0


@settings(max_examples=60, deadline=None)
@given(problems(known=True), st.integers(1, 4))
def test_least_minutes_is_the_best_of_all_combinations(asked, sites):
    sites = min(sites, asked.candidates)
    answer = solve(asked, model=Model.LEAST_MINUTES, sites=sites)
    best = min(total_minutes(asked, chosen) for chosen in subsets(asked, sites))
    assert answer.proven
    assert total_minutes(asked, answer.chosen) == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(1, 4), st.data())
def test_a_budget_and_capacities_give_the_best_of_all_combinations(asked, sites, data):
    m = asked.candidates
    sites = min(sites, m)
    cost = np.array(data.draw(st.lists(st.integers(1, 5), min_size=m, max_size=m)), float)
    budget = float(data.draw(st.integers(0, 10)))
    limited = problem(asked.demand, dense(asked), before=asked.before, cost=cost, budget=budget)
    answer = solve(limited, model=Model.MOST_COVERED, sites=sites)
    affordable = [c for c in subsets(asked, sites) if cost[list(c)].sum() <= budget]
    assert (answer.served or (0,))[-1] == max(newly_within(asked, c) for c in affordable)
    assert cost[answer.chosen].sum() <= budget
    left = answer.left
    told = left.unreachable + (left.budget or 0) + left.number + (answer.served or (0,))[-1]
    assert told == pytest.approx(left.before)


def test_capacity_limits_whom_a_site_serves_and_is_named():
    # two places reach the same 100 people; each can take 30
    asked = problem([60, 40], [[5, 5], [5, 5]], capacity=np.array([30.0, 30.0]))
    answer = solve(asked, model=Model.MOST_COVERED, sites=2)
    assert answer.served == (30, 60)
    assert (answer.left.capacity, answer.left.number) == (40, 0)
    fewest = solve(asked, model=Model.FEWEST_SITES, sites=2)
    assert len(fewest.chosen) == 2
    assert fewest.left.capacity == 40


def test_existing_sites_stay_what_they_reach_weighs_nothing():
    asked = problem([1000, 10], [[1, 20], [20, 1]], before=[10, 11])
    answer = solve(asked, model=Model.MOST_COVERED, sites=1)
    assert answer.chosen.tolist() == [1]  # 1 000 people are within 10 minutes today
    assert answer.served == (10,)


def test_a_site_that_would_gain_nothing_is_not_taken():
    asked = problem([10], [[1, 2, 30]])
    answer = solve(asked, model=Model.MOST_COVERED, sites=3)
    assert answer.chosen.tolist() == [0]
    assert [point.served for point in answer.curve] == [0, 10, 10, 10]


@pytest.mark.parametrize("model", Model)
def test_among_equals_the_first_candidates_are_taken(model):
    asked = problem([10, 10], [[1, 1, 1, 9], [1, 1, 1, 9]], before=[20, 20])
    assert solve(asked, model=model, sites=1).chosen.tolist() == [0]


def test_sites_are_told_by_what_they_add():
    minutes = [[1, 99, 99], [99, 1, 99], [99, 99, 1]]
    asked = problem([5, 50, 20], minutes)
    answer = solve(asked, model=Model.MOST_COVERED, sites=3)
    assert answer.chosen.tolist() == [1, 2, 0]
    assert answer.served == (50, 70, 75)


def test_people_nothing_reaches_are_told_apart():
    asked = problem([7, 3, 4], [[1], [30], [np.nan]], before=[20, 20, 5])
    assert unreachable(asked).tolist() == [False, True, False]
    for model in Model:
        answer = solve(asked, model=model, sites=1)
        assert answer.left.unreachable == 3
        assert answer.left.before == 10


def test_more_sites_than_candidates_is_an_error():
    asked = problem([1], [[1]])
    with pytest.raises(SitingError, match="2 sites demandés pour 1 lieux candidats"):
        solve(asked, model=Model.MOST_COVERED, sites=2)
    with pytest.raises(SitingError, match="au moins un"):
        solve(asked, model=Model.MOST_COVERED, sites=0)


def test_a_tour_serves_for_its_hours_and_shares_the_budget():
    # one tour stops 6 hours near both people: a quarter of a full service
    stops = Pairs(origin=np.array([0, 1]), site=np.array([0, 0]), minutes=np.array([5.0, 5.0]))
    tours = tours_of(
        stops, tour=np.array([0]), hours=np.array([6.0]), cost=np.array([2.0]), origins=2,
        threshold=10,
    )  # fmt: skip
    costs = {"cost": np.array([3.0, 3.0]), "tours": tours}
    minutes = [[1, 99], [99, 1]]
    poor = solve(problem([40, 80], minutes, budget=2.0, **costs), model=Model.MOST_COVERED, sites=2)
    assert (poor.chosen.tolist(), poor.tours.tolist()) == ([], [0])
    assert (poor.curve[0].served, poor.curve[0].toured) == (0, 30)  # a quarter of 120
    mixed = solve(
        problem([40, 80], minutes, budget=5.0, **costs), model=Model.MOST_COVERED, sites=2
    )
    assert (mixed.chosen.tolist(), mixed.tours.tolist()) == ([1], [0])
    assert mixed.served == (80,)
    assert mixed.left.budget == pytest.approx(30)  # 40 are served a quarter of the week
    with pytest.raises(SitingError, match="mclp"):
        solve(problem([40, 80], minutes, budget=5.0, **costs), model=Model.FEWEST_SITES, sites=2)


def test_stops_of_a_tour_add_their_hours():
    stops = Pairs(
        origin=np.array([0, 0, 0]), site=np.array([0, 1, 2]), minutes=np.array([5.0, 10, 11])
    )
    found: Tours = tours_of(
        stops, tour=np.array([0, 0, 0]), hours=np.array([6.0, 6, 6]), cost=np.array([1.0]),
        origins=1, threshold=10,
    )  # fmt: skip
    assert found.hours.toarray().tolist() == [[12]]
    assert found.levels(1).toarray().tolist() == [[0.5]]


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(1, 4), st.sampled_from([Model.MOST_COVERED, Model.LEAST_MINUTES]))
def test_the_approached_answer_lies_between_its_guarantee_and_its_bound(asked, sites, model):
    reduced = reduce(asked, model)
    found = approach(reduced.gain, sites)
    sites = min(sites, asked.candidates)
    best = max(reduced.worth(np.array(c, dtype=int)) for c in subsets(asked, sites))
    assert found.worth == pytest.approx(reduced.worth(found.sites))
    assert (1 - 1 / np.e) * best - 1e-9 <= found.worth <= best + 1e-9
    assert found.bound >= best - 1e-9


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(1, 3), st.data())
def test_the_approached_answer_stays_within_a_budget(asked, sites, data):
    m = asked.candidates
    cost = np.array(data.draw(st.lists(st.integers(1, 5), min_size=m, max_size=m)), float)
    budget = float(data.draw(st.integers(0, 10)))
    reduced = reduce(asked, Model.MOST_COVERED)
    found = approach(reduced.gain, sites, cost=cost, budget=budget)
    assert cost[found.sites].sum() <= budget
    affordable = [c for c in subsets(asked, sites) if cost[list(c)].sum() <= budget]
    best = max(reduced.worth(np.array(c, dtype=int)) for c in affordable)
    assert found.worth <= best + 1e-9 <= found.bound + 2e-9


def test_beyond_the_size_of_exact_models_the_answer_is_approached(monkeypatch):
    monkeypatch.setattr("cartoallier.access.siting.solving.EXACT_CELLS", 0)
    asked = problem([5, 50, 20], [[1, 99, 99], [99, 1, 99], [99, 99, 1]])
    answer = solve(asked, model=Model.MOST_COVERED, sites=2)
    assert not answer.proven
    assert answer.gap == 0  # the bound shows that it is the best
    assert answer.chosen.tolist() == [1, 2]
    fewest = solve(asked, model=Model.FEWEST_SITES, sites=2)
    assert len(fewest.chosen) == 3
    assert fewest.gap is None
    with pytest.raises(SitingError, match="trop grand"):
        solve(problem([5], [[1]], capacity=np.array([1.0])), model=Model.MOST_COVERED, sites=1)


@settings(max_examples=15, deadline=None)
@given(problems(known=True), st.integers(1, 3))
def test_the_p_median_is_that_of_spopt(asked, sites):
    import warnings

    import pulp
    from spopt.locate import PMedian

    sites = min(sites, asked.candidates)
    if not asked.demand.sum():
        return
    answer = solve(asked, model=Model.LEAST_MINUTES, sites=sites)
    minutes = np.hstack([dense(asked), asked.before[:, None]])
    with warnings.catch_warnings():  # PuLP 3.3 deprecates what spopt 0.7 calls
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = PMedian.from_cost_matrix(
            minutes, asked.demand, sites + 1, np.array([0] * asked.candidates + [1])
        ).solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1), results=False)
    assert total_minutes(asked, answer.chosen) == pytest.approx(theirs.problem.objective.value())
