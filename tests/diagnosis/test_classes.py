"""Fixed classes, and what they hold."""

import math

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cartoallier.diagnosis.classes import class_labels, classify, round_values


def test_labels_write_their_bounds() -> None:
    assert class_labels([10, 15, 20, 30], unit="min") == [
        "moins de 10\u202fmin",
        "de 10 à moins de 15\u202fmin",
        "de 15 à moins de 20\u202fmin",
        "de 20 à moins de 30\u202fmin",
        "30\u202fmin et plus",
    ]
    assert class_labels([20.5], unit="%") == ["moins de 20,5\u202f%", "20,5\u202f% et plus"]


def test_a_bound_belongs_to_the_class_it_opens() -> None:
    values = pd.Series([9.99, 10, 14.9, 15, math.nan], index=list("abcde"))
    people = pd.Series([1, 2, 4, 8, 16], index=list("abcde"))
    counts, position = classify(values, people, bounds=[10, 15], unit="min")
    assert position.tolist()[:4] == [0, 1, 1, 2]
    assert position.isna()["e"]
    assert [(c.communes, c.inhabitants) for c in counts] == [(1, 1), (2, 6), (1, 8)]
    assert (counts[0].lower, counts[-1].upper) == (-math.inf, math.inf)


def test_at_most_a_value_is_of_the_first_class_or_of_none() -> None:
    """[0, v] lies under the first bound, or it spans several classes."""
    values = pd.Series([5.0, 9, 10, 10, math.nan], index=list("abcde"))
    people = pd.Series([1, 2, 4, 8, 16], index=list("abcde"))
    at_most = pd.Series([True, True, True, False, False], index=list("abcde"))
    counts, position = classify(values, people, bounds=[9, 12], unit="%", at_most=at_most)
    assert position.fillna(-1).tolist() == [0, 0, -1, 1, -1]
    assert [(c.communes, c.inhabitants) for c in counts] == [(2, 3), (1, 8), (0, 0)]


@pytest.mark.parametrize(
    ("largest", "values"),
    [(2345, (200, 1000, 2000)), (7162, (500, 2500, 5000)), (12, (1, 5, 10)), (3, (1, 2)), (0, ())],
)
def test_round_values(largest: float, values: tuple[int, ...]) -> None:
    assert round_values(largest) == values


def test_round_values_of_nothing() -> None:
    assert round_values(math.nan) == ()


@given(st.floats(1, 1e7))
@example(9999999.999999998)
def test_round_values_never_exceed_the_largest(largest: float) -> None:
    values = round_values(largest)
    assert values == tuple(sorted(set(values)))
    assert values[-1] <= largest
