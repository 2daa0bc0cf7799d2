"""French typography of numbers."""

import datetime as dt
import math

import pytest

from cartoallier.model.french import day, listed, number, percent, plural, typeset


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
