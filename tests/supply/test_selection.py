"""Themes against a brute-force oracle."""

import re

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.model import Mode, Selectors, Theme, empty_services
from cartoallier.supply import assign_themes

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=3, unique=True)
SETS = WORDS.map(frozenset)
TUPLES = WORDS.map(lambda words: tuple(sorted(words)))
COLUMNS = ("thematics", "typologies", "networks", "soliguide", "finess", "bpe", "publics", "themes")
NAMES = st.sampled_from([None, "PAEJ de Moulins", "Mairie", "point écoute"])

selectors = st.builds(
    Selectors,
    di_v1=SETS,
    di_v0=SETS,
    typologies=SETS,
    publics=SETS,
    networks=SETS,
    soliguide=SETS,
    soliguide_legacy=SETS,
    finess=SETS,
    bpe=SETS,
    name_pattern=st.sampled_from(["", r"\bpaej\b", "écoute$"]),
)
rows = st.lists(
    st.fixed_dictionaries({**dict.fromkeys(COLUMNS, TUPLES), "name": NAMES, "structure": NAMES}),
    max_size=6,
)


def _theme(key: str, chosen: Selectors) -> Theme:
    return Theme(
        key=key,
        code="A1.1",
        axis=1,
        title=key,
        short_title=key,
        mode=Mode.PROXIMITY,
        selectors=chosen,
    )


def _answers(row: dict[str, object], s: Selectors) -> bool:
    pairs = [
        (s.di_v1 | s.di_v0, "thematics"),
        (s.typologies, "typologies"),
        (s.networks, "networks"),
        (s.soliguide | s.soliguide_legacy, "soliguide"),
        (s.finess, "finess"),
        (s.bpe, "bpe"),
    ]
    if any(word in row[column] for words, column in pairs for word in words):
        return True
    texts = [row[c] for c in ("name", "structure") if row[c]]
    return bool(s.name_pattern) and any(re.search(s.name_pattern, t, re.I) for t in texts)


@settings(max_examples=150, deadline=None)
@given(rows, st.lists(selectors, max_size=4))
def test_assign_themes_agrees_with_brute_force(records, chosen) -> None:
    themes = [_theme(f"t{i}", s) for i, s in enumerate(chosen)]
    frame = empty_services().reindex([f"x--{i}" for i in range(len(records))])
    for column in COLUMNS:
        values = [row[column] for row in records]
        frame[column] = pd.Series(values, index=frame.index, dtype="object")
    for column in ("name", "structure"):
        values = [row[column] for row in records]
        frame[column] = pd.Series(values, index=frame.index, dtype="str")
    found = assign_themes(frame, reversed(themes))["themes"].tolist()
    expected = [
        row["themes"] or tuple(t.key for t in themes if _answers(row, t.selectors))
        for row in records
    ]
    assert found == expected
    assert frame["themes"].tolist() == [row["themes"] for row in records]
