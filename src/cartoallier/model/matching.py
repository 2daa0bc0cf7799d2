"""Which services a set of words recognises: themes and kinds of places use the same rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cartoallier.model.theme import Selectors

_VOCABULARIES: tuple[tuple[str, Callable[[Selectors], frozenset[str]]], ...] = (
    ("thematics", lambda s: s.di_v1 | s.di_v0),
    ("typologies", lambda s: s.typologies),
    ("networks", lambda s: s.networks),
    ("soliguide", lambda s: s.soliguide | s.soliguide_legacy),
    ("finess", lambda s: s.finess),
    ("bpe", lambda s: s.bpe),
)


def matching(records: pd.DataFrame, selectors: Sequence[Selectors]) -> npt.NDArray[np.bool_]:
    """Return which services (rows) match which selectors (columns).

    A service matches when it shares one word with one vocabulary, or when its name or its
    structure's matches the pattern; ``publics`` never select alone.

    Args:
        records: columns of ``SERVICE_COLUMNS``.
        selectors: in the order of the columns returned.

    Returns:
        Booleans, shape (services, selectors).
    """
    found = np.zeros((len(records), len(selectors)), dtype=np.bool_)
    for column, words_of in _VOCABULARIES:
        wanted = [words_of(selector) for selector in selectors]
        found |= _by_value(
            records[column], [lambda words, w=w: not w.isdisjoint(words) for w in wanted]
        )
    patterns = [
        (position, re.compile(selector.name_pattern, re.IGNORECASE))
        for position, selector in enumerate(selectors)
        if selector.name_pattern
    ]
    for column in ("name", "structure"):
        if patterns:
            found[:, [position for position, _ in patterns]] |= _by_value(
                records[column].fillna(""),
                [lambda text, p=pattern: bool(text and p.search(text)) for _, pattern in patterns],
            )
    return found


def _by_value(column: pd.Series, tests: Sequence[Callable[..., bool]]) -> npt.NDArray[np.bool_]:
    """Apply tests to a column, once per distinct value: exports repeat themselves."""
    numbers: dict[object, int] = {}
    codes = np.fromiter(
        (numbers.setdefault(value, len(numbers)) for value in column), np.intp, len(column)
    )
    if not numbers:
        return np.zeros((len(column), len(tests)), dtype=np.bool_)
    table = np.array([[test(value) for test in tests] for value in numbers], dtype=np.bool_)
    answers: npt.NDArray[np.bool_] = table.reshape(len(numbers), len(tests))[codes]
    return answers
