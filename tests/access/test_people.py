"""Who is known, and when a zone has no figure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from cartoallier.access.people import People, mostly


def test_half_of_the_people_unknown_is_too_many() -> None:
    people = People(csr_matrix(np.ones((1, 4))), np.array([10.0, 10, 10, 10]))
    half = people.among(np.array([True, True, False, False]))
    assert np.isnan(half.total()).all()
    most = people.among(np.array([True, True, True, False]))
    assert most.total().tolist() == [30]
    assert most.share(np.array([True, False, False, True])) == pytest.approx([1 / 3])


@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=40))
def test_exactly_half_is_not_most_whatever_the_order_of_the_sum(weights: list[float]) -> None:
    whole = np.array([sum(weights) + sum(reversed(weights))])
    assert not mostly(np.array([sum(weights)]), of=whole)[0]
    assert mostly(np.array([sum(weights) * 1.01]), of=whole)[0]
