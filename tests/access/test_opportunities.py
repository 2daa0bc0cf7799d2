"""Nearest desks, and how much is in reach."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartoallier.access.engine import Pairs
from cartoallier.access.opportunities import (
    cumulative_opportunities,
    desk_capacity,
    k_nearest,
    merge_sites,
)

MINUTES = np.array([[5, 18, 30], [12, 12, 4], [25, 40, 40], [50, 50, 50]], dtype=float)


def pairs_of(minutes: np.ndarray, within: float) -> Pairs:
    origin, site = np.nonzero(minutes <= within)
    return Pairs(origin=origin, site=site, minutes=minutes[origin, site])


def test_by_hand():
    pairs = pairs_of(MINUTES, 30)
    near = k_nearest(pairs, k=2, origins=4)
    expected = [[5, 18], [4, 12], [25, np.nan], [np.nan, np.nan]]
    assert np.array_equal(near, expected, equal_nan=True)
    assert cumulative_opportunities(pairs, within=18, origins=4).tolist() == [2, 3, 0, 0]
    hours = np.array([10.0, 20, 40])
    reached = cumulative_opportunities(pairs, within=18, origins=4, capacity=hours)
    assert reached.tolist() == [30, 70, 0, 0]


def test_records_of_one_desk_are_one_site():
    merged = merge_sites(pairs_of(MINUTES, 30), np.array([0, 1, 0]))
    assert merged.origin.tolist() == [0, 0, 1, 1, 2]
    assert merged.site.tolist() == [0, 1, 0, 1, 0]
    assert merged.minutes.tolist() == [5, 18, 4, 12, 25]


def test_nothing_in_reach():
    none = pairs_of(MINUTES, 1)
    assert np.isnan(k_nearest(none, k=3, origins=4)).all()
    assert cumulative_opportunities(none, within=1, origins=4).tolist() == [0, 0, 0, 0]
    assert not len(merge_sites(none, np.array([0, 0, 1])).origin)


@settings(deadline=None)
@given(arrays("float64", (6, 5), elements=st.integers(0, 60).map(float)), st.integers(1, 4))
def test_as_sorting_each_origin_would(minutes, k):
    pairs = pairs_of(minutes, 30)
    near = k_nearest(pairs, k=k, origins=6)
    for origin in range(6):
        own = np.sort(minutes[origin][minutes[origin] <= 30])[:k]
        assert near[origin, : len(own)].tolist() == own.tolist()
        assert np.isnan(near[origin, len(own) :]).all()
    counts = cumulative_opportunities(pairs, within=30, origins=6)
    assert counts.tolist() == (minutes <= 30).sum(axis=1).tolist()


def test_hours_of_a_desk():
    """Desk b has its hours twice, the greatest counts; c takes the median of 10 and 30."""
    hours = pd.Series([10, 20, 30, np.nan], index=list("wxyz"))
    desk = pd.Series(["a", "b", "b", "c"], index=list("wxyz"))
    capacity = desk_capacity(hours, desk)
    assert capacity.values.tolist() == [10, 30, 20]
    assert capacity.in_hours
    assert capacity.words == (
        "unité\u00a0: heure d’ouverture par semaine (heures d’ouverture connues pour "
        "2\u00a0lieux sur 3\u202f; les autres prennent la médiane, 20 h)"
    )


def test_too_few_hours_are_not_used():
    """0 is not told; one desk in three known is less than half."""
    capacity = desk_capacity(pd.Series([0, 35, np.nan]), pd.Series(["a", "b", "c"]))
    assert capacity.values.tolist() == [1, 1, 1]
    assert not capacity.in_hours
    assert capacity.words == (
        "unité\u00a0: lieu, chacun comptant autant (heures d’ouverture connues pour "
        "1\u00a0lieu sur 3)"
    )


def test_all_hours_known_need_no_word_more():
    capacity = desk_capacity(pd.Series([12.5, 35]), pd.Series(["a", "b"]))
    assert capacity.values.tolist() == pytest.approx([12.5, 35])
    assert capacity.words == "unité\u00a0: heure d’ouverture par semaine"
