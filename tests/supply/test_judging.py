"""Closed or too old, on the day of the run."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.model import SERVICE_COLUMNS
from cartoallier.model.finding import MASKED
from cartoallier.model.supply import TUPLE_COLUMNS
from cartoallier.supply.judging import BAD_CLOSURE, FUTURE, UNDATED, judge

DAY = dt.date(2026, 11, 22)
DATES = st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31))


def records(*rows: dict[str, object]) -> pd.DataFrame:
    values = []
    for line, row in enumerate(rows, start=2):
        one: dict[str, object] = dict.fromkeys(SERVICE_COLUMNS)
        one |= dict.fromkeys(TUPLE_COLUMNS, ())
        one |= dict.fromkeys(("itinerant", "remote", "closed", "stale", "confidential"), False)
        values.append(one | {"file": "a.csv", "line": line, "updated_on": "2026-01-01"} | row)
    index = pd.Index([f"s{i}" for i in range(len(rows))], name="id", dtype="str")
    frame = pd.DataFrame(values, index=index, columns=list(SERVICE_COLUMNS))
    return frame.astype(SERVICE_COLUMNS)


@pytest.mark.parametrize(
    ("closures", "closed"),
    [
        ((), False),
        (("definitive",), True),
        (("2026-11-01/2026-11-30",), True),
        (("2026-11-22/2026-11-22",), True),
        (("2026-11-23/",), False),
        (("2026-11-22/",), True),
        (("/2026-11-21",), False),
        (("/2026-11-22",), True),
        (("/",), True),
        (("2025-01-01/2025-02-01", "2026-11-01/2026-12-01"), True),
    ],
)
def test_closures_hold_between_their_dates(closures, closed) -> None:
    frame, findings = judge(records({"closures": closures}), date=DAY)
    assert frame["closed"].tolist() == [closed]
    assert findings == []


@pytest.mark.parametrize("wrong", ["demain/", "2026-13-01/", "2026-12-01/2026-01-01", "2026", ""])
def test_a_closure_not_understood_is_said(wrong) -> None:
    frame, findings = judge(records({"closures": (wrong,)}), date=DAY)
    assert frame["closed"].tolist() == [False]
    assert [(f.what, f.line, f.value) for f in findings] == [(BAD_CLOSURE, 2, wrong)]


def test_age_is_two_years() -> None:
    limit = DAY - dt.timedelta(days=730)
    dates = [limit, limit - dt.timedelta(days=1), None, DAY, DAY + dt.timedelta(days=1), "x"]
    rows = [{"updated_on": str(day) if day else None} for day in dates]
    frame, findings = judge(records(*rows), date=DAY)
    assert frame["stale"].tolist() == [False, True, False, False, False, False]
    assert [(f.what, f.line, f.value) for f in findings] == [
        (FUTURE, 6, "2026-11-23"),
        (UNDATED, None, "3 sur 6"),
    ]


def test_unknown_dates_are_counted_per_file() -> None:
    rows = [{"file": "b.csv", "updated_on": None}, {}, {"file": "c.csv", "updated_on": None}]
    _, findings = judge(records(*rows), date=DAY)
    assert [(f.file, f.value) for f in findings] == [("b.csv", "1 sur 1"), ("c.csv", "1 sur 1")]


def test_nothing_is_said_of_a_secret_row() -> None:
    row = {"confidential": True, "updated_on": "2030-01-01", "closures": ("jamais",)}
    _, findings = judge(records(row), date=DAY)
    assert [f.value for f in findings[:2]] == [MASKED, MASKED]


def test_rows_stay_as_they_are() -> None:
    before = records({}, {"closures": ("definitive",)})
    after, _ = judge(before, date=DAY)
    assert before["closed"].tolist() == [False, False]
    pd.testing.assert_frame_equal(
        before.drop(columns=["closed", "stale"]), after.drop(columns=["closed", "stale"])
    )
    assert {c: str(after[c].dtype) for c in after} == SERVICE_COLUMNS
    assert judge(before.iloc[:0], date=DAY)[1] == []


@given(
    closures=st.lists(
        st.one_of(
            st.just("definitive"),
            st.builds(lambda a, b: f"{a}/{b}", DATES | st.just(""), DATES | st.just("")),
            st.text(max_size=12),
        ),
        max_size=3,
    ),
    updated=st.one_of(st.none(), DATES.map(str), st.text(max_size=10)),
    days=st.lists(DATES, min_size=2, max_size=2).map(sorted),
)
def test_time_does_not_reopen_nor_rejuvenate(closures, updated, days) -> None:
    frame = records({"closures": tuple(closures), "updated_on": updated})
    (first, _), (then, _) = (judge(frame, date=day) for day in days)
    if "definitive" in closures:
        assert first["closed"].all()
        assert then["closed"].all()
    assert then["stale"].iloc[0] or not first["stale"].iloc[0]
    open_end = [one for one in closures if one.endswith("/") and len(one) == 11]
    if first["closed"].iloc[0] and open_end == closures:
        assert then["closed"].all()
