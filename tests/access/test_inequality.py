"""Gini, Palma and concentration, against their definitions."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartoallier.access.inequality import concentration_index, gini, palma

VALUES = arrays("float64", 7, elements=st.integers(0, 30).map(float))
PEOPLE = arrays("float64", 7, elements=st.integers(0, 30).map(float))


@settings(deadline=None)
@given(VALUES, PEOPLE)
def test_gini_is_the_mean_difference(values, people):
    mean = np.sum(values * people)
    assume(mean > 0)
    differences = np.abs(values[:, None] - values) * people[:, None] * people
    expected = differences.sum() / (2 * mean * people.sum())
    assert gini(values, people) == pytest.approx(expected, abs=1e-12)
    assert gini(values * 3, people) == pytest.approx(expected, abs=1e-12)


def test_by_hand():
    """Ten people: one has 6, five have 2, four have 1; 20 in all."""
    values, people = np.array([6.0, 2, 1]), np.array([1.0, 5, 4])
    assert palma(values, people) == pytest.approx((6 / 20) / (4 / 20))
    # an origin that crosses a bound is cut: the last 40 % are 3 people at 1 and one at 3
    assert palma(np.array([1.0, 3]), np.array([3.0, 7])) == pytest.approx((3 / 24) / (6 / 24))
    assert gini(np.array([0.0, 1]), np.array([1.0, 1])) == pytest.approx(0.5)
    # the poorest half has everything: rank 1/4, C = 2 × (1/2 × 1 × 1/4) / (1/2) - 1
    have, poor = np.array([1.0, 0]), np.array([30.0, 10])
    assert concentration_index(have, np.ones(2), poverty=poor) == pytest.approx(-0.5)
    assert concentration_index(have, np.ones(2), poverty=-poor) == pytest.approx(0.5)


def test_everybody_the_same():
    same, people = np.full(5, 4.0), np.arange(5.0)
    assert gini(same, people) == pytest.approx(0, abs=1e-15)
    assert palma(same, people) == pytest.approx(0.25)
    assert concentration_index(same, people, poverty=people) == pytest.approx(0, abs=1e-15)


def test_nothing_to_share_is_no_figure():
    zeros, unknown = np.zeros(3), np.full(3, np.nan)
    for values, people in ((zeros, np.ones(3)), (np.ones(3), zeros), (np.ones(3), unknown)):
        assert np.isnan(gini(values, people))
        assert np.isnan(palma(values, people))
        assert np.isnan(concentration_index(values, people, poverty=np.arange(3.0)))
    assert np.isnan(concentration_index(np.ones(3), np.ones(3), poverty=unknown))
    assert np.isnan(palma(np.array([0.0, 1]), np.array([5.0, 5]))), "the last 40 % have nothing"


def test_unknown_is_left_out():
    values, people = np.array([6.0, 2, 1, np.nan, 9]), np.array([1.0, 5, 4, 50, np.nan])
    assert gini(values, people) == pytest.approx(gini(values[:3], people[:3]))
    assert palma(values, people) == pytest.approx(1.5)


@settings(deadline=None)
@given(VALUES, PEOPLE, arrays("float64", 7, elements=st.integers(0, 3).map(float)))
def test_concentration_is_a_covariance_and_ignores_order(values, people, poverty):
    """C = 2 cov(h, r) / μ; within one poverty, only the mean matters; bounded by Gini."""
    assume(np.sum(values * people) > 0)
    found = concentration_index(values, people, poverty=poverty)
    order = np.arange(7)[::-1]
    again = concentration_index(values[order], people[order], poverty=poverty[order])
    assert again == pytest.approx(found, abs=1e-12)
    levels = [poverty == level for level in np.unique(poverty[people > 0])]
    weights = np.array([people[at].sum() for at in levels])
    means = np.array([np.average(values[at], weights=people[at]) for at in levels])
    grouped = concentration_index(
        means, weights, poverty=np.array([poverty[at][0] for at in levels])
    )
    assert grouped == pytest.approx(found, abs=1e-12)
    assert abs(found) <= gini(values, people) + 1e-12
