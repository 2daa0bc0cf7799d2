"""Two-step floating catchment: a toy by hand, then what any such method must keep."""

from fractions import Fraction as F

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartoallier.access import CrowFly
from cartoallier.access.engine import Pairs
from cartoallier.access.floating_catchment import (
    MIDWIVES,
    NURSES,
    Exponential,
    Gaussian,
    Linear,
    Steps,
    access_from,
    floating_catchment,
    index_100,
    linear_steps,
    people_in_need,
)
from cartoallier.model import AccessParameters
from cartoallier.territory import load_territory

DECAYS = (
    NURSES,
    linear_steps(20),
    Linear(reach=20),
    Gaussian(reach=20),
    Exponential(half_life=7, reach=20),
)
EVERYWHERE = Steps(bounds=(1000,), weights=(1,))


def pairs_of(minutes: np.ndarray, within: float = np.inf) -> Pairs:
    origin, site = np.nonzero(minutes <= within)
    return Pairs(origin=origin, site=site, minutes=minutes[origin, site])


@st.composite
def worlds(draw, least_people=0):
    """Minutes between up to 8 origins and 5 sites, people and supply."""
    origins, sites = draw(st.integers(1, 8)), draw(st.integers(1, 5))
    minutes = draw(arrays("float64", (origins, sites), elements=st.integers(0, 40).map(float)))
    people = draw(arrays("float64", origins, elements=st.integers(least_people, 500).map(float)))
    supply = draw(arrays("float64", sites, elements=st.integers(0, 60).map(float)))
    return minutes, people, supply


def test_steps_of_drees():
    """1 below 10 minutes, 2/3 from 10, 1/3 from the second bound to the last, included."""
    minutes = np.array([0, 9.99, 10, 14.99, 15, 20, 20.01, 30, 31])
    assert NURSES(minutes).tolist() == [1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0, 0, 0]
    assert MIDWIVES(minutes).tolist() == [1, 1, 2 / 3, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 1 / 3, 0]
    assert linear_steps(30) == MIDWIVES


def test_steps_that_rise_are_refused():
    for bounds, weights in (((10, 5), (1, 0.5)), ((5, 10), (0.5, 1)), ((), ()), ((5,), (1, 0.5))):
        with pytest.raises(ValueError, match="steps must"):
            Steps(bounds=bounds, weights=weights)


@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: type(d).__name__)
def test_a_decay_falls_from_one_to_nothing(decay):
    minutes = np.linspace(0, 40, 401)
    weights = decay(minutes)
    assert weights[0] == 1
    assert (np.diff(weights) <= 0).all()
    assert (weights[minutes > decay.reach] == 0).all()


def test_continuous_decays_by_hand():
    assert Linear(reach=20)(np.array([5.0])) == pytest.approx([0.75])
    assert Exponential(half_life=7, reach=20)(np.array([14.0])) == pytest.approx([0.25])
    half = (np.exp(-1 / 8) - np.exp(-1 / 2)) / (1 - np.exp(-1 / 2))
    assert Gaussian(reach=20)(np.array([10.0])) == pytest.approx([half])


def test_toy_by_hand():
    """Two sites of 30 and 12 hours; 5, 12 and 18 minutes weigh 1, 2/3 and 1/3."""
    minutes = np.array([[5, 18], [12, 12], [25, 5], [40, 40]], dtype=float)
    people, supply = [100, 300, 600, 50], [30, 12]
    first = F(30) / (100 + F(2, 3) * 300)
    second = F(12) / (F(1, 3) * 100 + F(2, 3) * 300 + 600)
    by_hand = [first + F(1, 3) * second, F(2, 3) * (first + second), second, F(0)]
    caught = floating_catchment(
        pairs_of(minutes, 20),
        population=np.array(people, dtype=float),
        capacity=np.array(supply, dtype=float),
        decay=NURSES,
    )
    assert caught.ratio == pytest.approx([float(first), float(second)], rel=1e-14)
    assert caught.access == pytest.approx([float(a) for a in by_hand], rel=1e-14)
    assert caught.access[3] == 0
    index = index_100(
        caught.access,
        population=np.array(people, dtype=float),
        inside=np.array([True, True, True, False]),
    )
    mean = sum(p * a for p, a in zip(people[:3], by_hand[:3], strict=True)) / 1000
    assert index == pytest.approx([float(100 * a / mean) for a in by_hand], rel=1e-14)


def test_unmeasured_origins_and_publics_at_once():
    minutes = np.array([[5, 18], [12, 12], [25, 5]], dtype=float)
    people = np.array([[100, 10], [300, np.nan], [600, 5]])
    unmeasured = np.array([False, False, True])
    supply = np.array([30.0, 12.0])
    options = {"capacity": supply, "decay": NURSES}
    both = floating_catchment(
        pairs_of(minutes, 20), population=people, unmeasured=unmeasured, **options
    )
    assert np.isnan(both.access[2]).all()
    for public in (0, 1):
        alone = floating_catchment(
            pairs_of(minutes[:2], 20), population=people[:2, public], **options
        )
        assert both.access[:2, public].tolist() == alone.access.tolist()
    assert both.ratio[0, 1] == 3  # an unknown number of people asks for nothing
    assert not np.isnan(people[2]).any(), "the caller's people are left as they were"


def test_nobody_in_reach_is_no_access_and_no_figure():
    caught = floating_catchment(
        pairs_of(np.array([[5.0, 30.0]]), 20),
        population=np.array([0.0]),
        capacity=np.array([3.0, 4.0]),
        decay=NURSES,
    )
    assert np.isnan(caught.ratio).all()
    assert caught.access.tolist() == [0]
    index = index_100(caught.access, population=np.array([0.0]), inside=np.array([True]))
    assert np.isnan(index).all()


@settings(deadline=None)
@given(worlds(), st.sampled_from(DECAYS))
def test_supply_is_conserved(world, decay):
    """Σ P A = Σ S over the sites that somebody reaches."""
    minutes, people, supply = world
    caught = floating_catchment(
        pairs_of(minutes, decay.reach), population=people, capacity=supply, decay=decay
    )
    reached = ~np.isnan(caught.ratio)
    assert (reached == (decay(minutes).T @ people > 0)).all()
    assert (people * caught.access).sum() == pytest.approx(supply[reached].sum(), rel=1e-12)


@settings(deadline=None)
@given(worlds(least_people=1))
def test_constant_weight_is_supply_per_head_everywhere(world):
    minutes, people, supply = world
    caught = floating_catchment(
        pairs_of(minutes), population=people, capacity=supply, decay=EVERYWHERE
    )
    assert caught.access == pytest.approx(supply.sum() / people.sum(), rel=1e-12)


@settings(deadline=None)
@given(worlds(), st.sampled_from(DECAYS))
def test_a_site_more_never_lowers_access(world, decay):
    minutes, people, supply = world

    def access(sites: int) -> np.ndarray:
        return floating_catchment(
            pairs_of(minutes[:, :sites], decay.reach),
            population=people,
            capacity=supply[:sites],
            decay=decay,
        ).access

    sites = len(supply)
    assert (access(sites) >= access(sites - 1) * (1 - 1e-12)).all()


@settings(deadline=None)
@given(worlds(least_people=1), st.integers(0, 40))
def test_moving_a_site_conserves_the_total(world, elsewhere):
    """Wherever it goes, as long as somebody reaches it."""
    minutes, people, supply = world
    moved = minutes.copy()
    moved[:, 0] = elsewhere
    moved[0, 0] = minutes[0, 0] = 0
    totals = []
    for one in (minutes, moved):
        caught = floating_catchment(
            pairs_of(one, 20), population=people, capacity=supply, decay=NURSES
        )
        totals.append((people * caught.access).sum())
    assert totals[0] == pytest.approx(totals[1], rel=1e-12)


@settings(deadline=None)
@given(worlds(), st.sampled_from(DECAYS))
def test_access_adds_up_over_sites(world, decay):
    minutes, people, supply = world
    pairs = pairs_of(minutes, decay.reach)
    caught = floating_catchment(pairs, population=people, capacity=supply, decay=decay)
    own = np.arange(len(supply)) % 2 == 0
    parts = [
        access_from(pairs, np.where(kept, caught.ratio, np.nan), decay=decay, origins=len(people))
        for kept in (own, ~own)
    ]
    assert sum(parts) == pytest.approx(caught.access, rel=1e-12, abs=1e-15)


@settings(deadline=None)
@given(worlds(least_people=1))
def test_the_mean_of_the_index_is_100(world):
    minutes, people, supply = world
    caught = floating_catchment(
        pairs_of(minutes, 20), population=people, capacity=supply, decay=NURSES
    )
    index = index_100(caught.access, population=people, inside=np.ones(len(people), dtype=bool))
    if (caught.access > 0).any():
        assert np.average(index, weights=people) == pytest.approx(100, rel=1e-12)
    else:
        assert np.isnan(index).all()


def test_people_in_need_are_weighted():
    groups = np.array([[10, 2], [0, 5]], dtype=float)
    assert people_in_need(groups, needs=np.array([1, 4.33])).tolist() == [18.66, 21.65]


def pysal(pairs: Pairs, people: np.ndarray, supply: np.ndarray) -> np.ndarray:
    fca = pytest.importorskip("access.fca")
    theirs = fca.two_stage_fca(
        pd.DataFrame({"geoid": range(len(people)), "demand": people}),
        pd.DataFrame({"supply": supply}),
        pd.DataFrame({"origin": pairs.origin, "dest": pairs.site, "cost": pairs.minutes}),
        max_cost=20,
        demand_name="demand",
        supply_name="supply",
        weight_fn=lambda t: 1 if t < 10 else 2 / 3 if t < 15 else 1 / 3,
    )
    return theirs.reindex(range(len(people)), fill_value=0).to_numpy()


def test_the_same_as_pysal_access():
    """The published implementation gives the same numbers."""
    rng = np.random.default_rng(3)
    minutes = rng.uniform(0, 40, (40, 9))
    people, supply = rng.integers(50, 900, 40).astype(float), rng.integers(1, 40, 9).astype(float)
    pairs = pairs_of(minutes, 20)
    ours = floating_catchment(pairs, population=people, capacity=supply, decay=NURSES).access
    assert ours == pytest.approx(pysal(pairs, people, supply), rel=1e-9)


def test_the_same_as_pysal_access_on_allier():
    territory = load_territory("03")
    origins = territory.origins
    engine = CrowFly(territory=territory, parameters=AccessParameters())
    sites = origins.iloc[::15]
    pairs = engine.pairs(
        np.column_stack([sites.geometry.x, sites.geometry.y]),
        masks=[None] * len(sites),
        within=20,
    )
    people = origins["population"].to_numpy(dtype="float64")
    supply = np.arange(10.0, 10 + len(sites))
    ours = floating_catchment(pairs, population=people, capacity=supply, decay=NURSES).access
    assert (ours > 0).sum() > 200
    assert ours == pytest.approx(pysal(pairs, people, supply), rel=1e-9)
