"""Fixed classes, and what they hold."""

import math
import random
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartoallier.diagnosis.classes import (
    CLASSES,
    class_labels,
    classify,
    natural_bounds,
    round_values,
)


def test_labels_write_their_bounds() -> None:
    assert class_labels([10, 15, 20, 30], unit="min") == [
        "moins de 10\u202fmin",
        "de 10 à moins de 15\u202fmin",
        "de 15 à moins de 20\u202fmin",
        "de 20 à moins de 30\u202fmin",
        "30\u202fmin et plus",
    ]
    assert class_labels([0.000125], unit="") == ["moins de 0,000125", "0,000125 et plus"]
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


# two decimals and a narrow range, so that ties and near neighbours are common
VALUES = st.lists(st.integers(-2000, 2000).map(lambda i: i / 100), max_size=40)


def test_natural_bounds_by_hand() -> None:
    """Five heaps: each gap holds a round number, the nearest to its middle."""
    heaps = [1, 2, 3, 11, 12, 13, 21, 22, 23, 34, 35, 36, 97, 98, 99]
    assert natural_bounds(pd.Series(heaps, dtype="float64")) == (10, 20, 30, 50)
    twelve = [8.4, 9.1, 9.3, 11.8, 12.2, 12.4, 14.6, 14.9, 16.1, 16.2, 19.8, 21.3]
    assert natural_bounds(pd.Series(twelve)) == (10, 14, 15, 18)


def test_fewer_values_than_classes() -> None:
    assert natural_bounds(pd.Series([1.0, 2, 3, 4] * 9)) == (2, 3, 4)
    assert natural_bounds(pd.Series([12.0, 12, 17.5, math.nan])) == (15,)
    assert natural_bounds(pd.Series([-5.0, 3])) == (0,)
    assert natural_bounds(pd.Series([7.0, 7, 7])) == ()
    assert natural_bounds(pd.Series([math.nan, math.inf, 3])) == ()
    assert natural_bounds(pd.Series([], dtype="float64")) == ()


def test_values_too_close_to_tell_are_of_one_class() -> None:
    assert natural_bounds(pd.Series([1 / 3, 1 / 3 + 1e-12, 1])) == (1,)


def test_incomes_keep_their_last_figures() -> None:
    """Squares near 5e8 have no units left in single precision: five heaps, one euro apart."""
    heaps = [22_000 + 10 * heap + one for heap in range(5) for one in (0, 1, 2)] * 10
    assert natural_bounds(pd.Series(heaps, dtype="float64")) == (22_010, 22_020, 22_030, 22_040)


def test_a_large_country_is_sampled_and_says_the_same_twice() -> None:
    values = pd.Series(np.random.default_rng(6).gamma(9, 2.3, 4000).round(2))
    bounds = natural_bounds(values)
    assert len(bounds) == CLASSES - 1
    assert natural_bounds(values.sample(frac=1, random_state=1)) == bounds
    assert min(classify(values, values, bounds=bounds, unit="")[1].value_counts()) > 50


def spread(classes: list[list[float]]) -> float:
    """Sum of squared distances to the mean of one's class."""
    return sum((v - sum(c) / len(c)) ** 2 for c in classes for v in c)


def cut(values: list[float], bounds: tuple[float, ...]) -> list[list[float]]:
    edges = (-math.inf, *bounds, math.inf)
    return [[v for v in values if low <= v < high] for low, high in pairwise(edges)]


@settings(deadline=None)  # the first one imports mapclassify
@given(st.lists(st.integers(-60, 60).map(float), min_size=2, max_size=11))
def test_classes_are_the_most_uniform_there_are(values: list[float]) -> None:
    bounds = natural_bounds(pd.Series(values, dtype="float64"))
    found = cut(values, bounds)
    assert all(found)
    distinct = sorted(set(values))
    assert len(found) == min(CLASSES, len(distinct))
    others = combinations(distinct[1:], len(found) - 1)
    best = min(spread(cut(values, other)) for other in others)
    assert spread(found) <= best * (1 + 1e-5) + 1e-3  # mapclassify sums in single precision


@settings(deadline=None)
@given(VALUES, st.randoms(use_true_random=False))
def test_every_value_is_in_one_class(values: list[float], random: random.Random) -> None:
    series = pd.Series(values, dtype="float64")
    bounds = natural_bounds(series)
    assert all(low < high for low, high in pairwise(bounds))
    shuffled = random.sample(values, len(values))
    assert natural_bounds(pd.Series(shuffled, dtype="float64")) == bounds
    if not bounds:
        assert len(set(values)) < 2
        return
    people = pd.Series(range(1, len(values) + 1))
    counts, position = classify(series, people, bounds=bounds, unit="%")
    assert position.notna().all()
    assert sum(c.communes for c in counts) == len(values)
    assert sum(c.inhabitants for c in counts) == people.sum()
    assert all(c.communes for c in counts)
    for value, at in zip(values, position, strict=True):
        assert counts[at].lower <= value < counts[at].upper
