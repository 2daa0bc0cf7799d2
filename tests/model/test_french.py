"""French typography of numbers."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.model.french import (
    day,
    listed,
    minutes_on_its_side,
    number,
    of_place,
    on_its_side,
    percent,
    plural,
    quantity,
    typeset,
)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (16833, 0, "16\u202f833"),
        (1234567, 0, "1\u202f234\u202f567"),
        (9.14, 1, "9,1"),
        (0.05, 1, "0,1"),  # half goes up, as readers round
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (0, 0, "0"),
        (math.nan, 0, "–"),
    ],
)
def test_number(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals=decimals) == text


def test_words() -> None:
    assert percent(0.0505) == "5,1\u202f%"
    assert percent(math.nan) == "–"
    assert plural(1, "habitant") == "1\u00a0habitant"
    assert plural(0, "lieu", "lieux") == "0\u00a0lieu"
    assert plural(2, "lieu", "lieux") == "2\u00a0lieux"
    assert day(dt.date(2024, 8, 1)) == "1er août 2024"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b et c"
    assert typeset("« oui » : non ; 5 ?") == "«\u00a0oui\u00a0»\u00a0: non\u202f; 5\u202f?"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.0, "30"),
        (30.2, "30,2"),
        (29.6, "29,6"),
        (30.04, "30,04"),
        (30.0001, "un peu plus de 30"),
        (29.99999, "un peu moins de 30"),
        (38.4, "38"),
        (math.nan, "–"),
    ],
)
def test_minutes_stay_on_their_side_of_the_threshold(value: float, text: str) -> None:
    assert minutes_on_its_side(value, [10, 15, 20, 30]) == text
    assert minutes_on_its_side(value, []) == number(value)


@given(st.floats(0, 100), st.lists(st.integers(0, 100), max_size=5))
def test_no_number_is_read_across_a_bound(value: float, bounds: list[int]) -> None:
    text = on_its_side(value, bounds)
    if text.startswith("un peu"):
        bound = float(text.split()[-1])
        assert (value > bound) == ("plus" in text)
        return
    shown = float(text.replace(",", "."))
    assert abs(shown - value) <= 0.5 + 1e-6
    for bound in bounds:
        assert (shown > bound, shown < bound) == (value > bound, value < bound)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (17.43, "%", "17,4\u202f%"),
        (17.0, "%", "17\u202f%"),
        (19.98, "%", "19,98\u202f%"),  # a class begins at 20
        (1204.4, "personnes", "1\u202f204\u00a0personnes"),
        (0.293, "", "0,29"),
    ],
)
def test_quantity(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit, bounds=[20]) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Avrilly", "d’Avrilly"),
        ("Étroussat", "d’Étroussat"),
        ("Yzeure", "d’Yzeure"),
        ("Le Vernet", "du Vernet"),
        ("Les Ancizes", "des Ancizes"),
        ("La Chabanne", "de La Chabanne"),
        ("Lyon", "de Lyon"),
    ],
)
def test_of_place(name: str, text: str) -> None:
    assert of_place(name) == text
