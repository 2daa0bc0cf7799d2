"""Weighted means and percentiles, against one row per inhabitant."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from cartoallier.access.distribution import weighted_mean, weighted_percentile, weighted_share

ALL = csr_matrix(np.ones((1, 4)))


def column(*people: float) -> np.ndarray:
    return np.array(people, dtype=float)[:, None]


def test_by_hand():
    values, people = np.array([3.0, 6, 12, 18]), column(100, 300, 600, 1000)
    gather = csr_matrix(np.array([[1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=float))
    mean = weighted_mean(values, weights=people, gather=gather)[:, 0]
    assert mean[:2] == pytest.approx([9.3, 15.75])
    assert np.isnan(mean[2])
    for share, expected in ((0.4, [6, 18]), (0.5, [12, 18]), (0.375, [6, 12]), (1, [12, 18])):
        found = weighted_percentile(values, weights=people, gather=gather, share=share)[:, 0]
        assert found[:2].tolist() == expected
        assert np.isnan(found[2])
    beyond = weighted_share(values > 10, weights=people, gather=gather)[:, 0]
    assert beyond[:2] == pytest.approx([0.6, 1])


def test_unknown_people_and_values_are_left_out():
    values, people = np.array([3.0, np.nan, 12, 18]), column(100, 300, np.nan, 100)
    assert weighted_mean(values, weights=people, gather=ALL)[0, 0] == pytest.approx(10.5)
    assert weighted_percentile(values, weights=people, gather=ALL, share=0.5)[0, 0] == 3
    assert weighted_percentile(values, weights=people, gather=ALL, share=0.51)[0, 0] == 18


def test_beyond_every_reach_is_infinite():
    values, people = np.array([3.0, np.inf, np.inf, 18]), column(40, 30, 20, 10)
    assert weighted_percentile(values, weights=people, gather=ALL, share=0.5)[0, 0] == 18
    assert np.isinf(weighted_percentile(values, weights=people, gather=ALL, share=0.9)[0, 0])


def test_shares_out_of_bounds():
    for share in (0, 1.1):
        with pytest.raises(ValueError, match="share"):
            weighted_percentile(np.zeros(4), weights=column(1, 1, 1, 1), gather=ALL, share=share)


FIGURES = st.tuples(
    arrays("float64", 12, elements=st.integers(0, 20).map(float)),
    arrays("float64", (12, 2), elements=st.one_of(st.integers(0, 30).map(float), st.just(np.nan))),
    arrays("bool", (3, 12)),
)


@settings(deadline=None)
@given(FIGURES, st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.9, 1]))
def test_one_row_per_inhabitant(figures, share):
    """numpy's inverted distribution function over people themselves; zones may overlap."""
    values, people, members = figures
    gather = csr_matrix(members.astype(float))
    found = weighted_percentile(values, weights=people, gather=gather, share=share)
    for zone in range(3):
        for public in range(2):
            kept = members[zone] & ~np.isnan(people[:, public])
            each = np.repeat(values[kept], people[kept, public].astype(int))
            if len(each):
                expected = np.sort(each)[int(np.ceil(round(share * len(each), 9))) - 1]
                assert found[zone, public] == expected
            else:
                assert np.isnan(found[zone, public])


@settings(deadline=None)
@given(FIGURES)
def test_grows_with_the_share_and_ignores_cuts(figures):
    values, people, members = figures
    gather = csr_matrix(members.astype(float))
    shares = (0.05, 0.3, 0.5, 0.77, 1)
    known = [
        np.nan_to_num(weighted_percentile(values, weights=people, gather=gather, share=share))
        for share in shares
    ]
    assert all((low <= high).all() for low, high in itertools.pairwise(known))
    twice = csr_matrix(np.hstack([members, members]).astype(float))
    halves = weighted_percentile(
        np.tile(values, 2), weights=np.vstack([people / 2, people / 2]), gather=twice, share=0.5
    )
    assert np.array_equal(np.nan_to_num(halves), known[2])
