"""Need against access, by commune: nine cells counted by hand, and where there is no such map."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.diagnosis.bivariate import NeedSide, access_bounds, cross, need_bounds
from cartoallier.model import COVERAGE_COLUMNS, Coverage, Indicator, Mode
from cartoallier.model.run import Bivariate
from toys import THEME

OLD = Indicator(id="old", label="Part des 65 ans et plus", unit="%", kind="taux", direction="+")
BOUNDS = (10.0, 20.0)


def coverage_of(minutes: list[float], threshold: float = 20) -> Coverage:
    """Commune ``i`` has i + 1 inhabitants and ``minutes[i]`` to go."""
    table = pd.DataFrame(index=range(len(minutes)), columns=list(COVERAGE_COLUMNS), dtype="object")
    table = table.assign(
        theme="accueil",
        mode="proximity",
        public="ensemble",
        maille="commune",
        code=[f"{i:05}" for i in range(len(minutes))],
        population=np.arange(1.0, len(minutes) + 1),
        duree_min=minutes,
        seuil_min=threshold,
    )
    return Coverage("accueil", Mode.PROXIMITY, table, pd.DataFrame(), pd.DataFrame())


def side(
    values: list[float],
    *,
    indicator: Indicator = OLD,
    bounds: tuple[float, ...] = BOUNDS,
    at_most: tuple[int, ...] = (),
) -> NeedSide:
    index = pd.Index([f"{i:05}" for i in range(len(values))], name="code")
    return NeedSide(
        indicator=indicator,
        title="Part des 65 ans et plus, 2021, par commune",
        values=pd.Series(values, index=index, dtype="float64"),
        at_most=pd.Series(False, index=index).where(~index.isin(index[list(at_most)]), other=True),
        bounds=bounds,
    )


def nine(times: int = 3) -> tuple[list[float], list[float]]:
    """Values and minutes of ``times`` communes in each cell, need falling, then minutes rising."""
    cells = [(v, m) for v in (30.0, 15.0, 5.0) for m in (5.0, 17.0, 40.0)] * times
    return [v for v, _ in cells], [m for _, m in cells]


def plain(label: str) -> str:
    return label.replace("\u202f", " ")


def test_nine_cells_by_hand() -> None:
    values, minutes = nine()
    told = cross(THEME, coverage_of(minutes), side(values))
    assert told is not None
    assert told.position.tolist() == [*range(9)] * 3
    # commune i has i + 1 inhabitants: cell c holds c + 1, c + 10 and c + 19
    assert told.cells == tuple(
        tuple((3, 3 * c + 30) for c in r) for r in np.arange(9).reshape(3, 3)
    )
    assert [plain(x) for x in told.need_labels] == [
        "20 % et plus", "de 10 à moins de 20 %", "moins de 10 %",
    ]  # fmt: skip
    assert [plain(x) for x in told.access_labels] == [
        "moins de 15 min", "de 15 à 20 min", "plus de 20 min",
    ]  # fmt: skip
    assert told.title_need == "Part des 65 ans et plus, 2021, par commune"
    assert told.title_access == "Durée d’accès au lieu le plus proche"
    assert (told.need_bounds, told.access_bounds) == (BOUNDS, (15, 20))
    assert told.title == (
        "Part des 65 ans et plus et durée d’accès au lieu le plus proche, par commune"
    )


def test_far_is_beyond_the_threshold_as_the_headline_counts() -> None:
    values, minutes = nine()
    minutes[:4] = [math.nextafter(15, 0), 15, 20, math.nextafter(20, 30)]
    told = cross(THEME, coverage_of(minutes), side(values))
    assert told is not None
    assert (told.position % 3).tolist()[:4] == [0, 1, 1, 2]


def test_less_income_is_more_need() -> None:
    values, minutes = nine()
    income = dataclasses.replace(OLD, direction="-", unit="€")
    told = cross(THEME, coverage_of(minutes), side(values, indicator=income))
    assert told is not None
    assert (told.position // 3).tolist()[:9] == [2, 2, 2, 1, 1, 1, 0, 0, 0]
    assert [plain(x) for x in told.need_labels] == [
        "moins de 10 €", "de 10 à moins de 20 €", "20 € et plus",
    ]  # fmt: skip


def test_missing_and_at_most_have_no_cell() -> None:
    """« 10 at most » is low; « 15 at most » spans two classes."""
    values, minutes = nine(4)
    values[:3], minutes[3] = [math.nan, 10, 15], math.nan
    told = cross(THEME, coverage_of(minutes), side(values, at_most=(1, 2)))
    assert told is not None
    assert told.position.isna().tolist()[:5] == [True, False, True, True, False]
    assert told.position.iloc[1] == 7
    assert sum(n for row in told.cells for n, _ in row) == 33


@pytest.mark.parametrize("missing", [3, 4])
@pytest.mark.parametrize("what", ["need", "minutes"])
def test_nine_tenths_of_the_communes(missing: int, what: str) -> None:
    values, minutes = nine(4)  # 36 communes: 33 are enough, 32 are not
    (values if what == "need" else minutes)[:missing] = [math.nan] * missing
    assert (cross(THEME, coverage_of(minutes), side(values)) is None) == (missing == 4)


def test_no_map_where_it_would_lie() -> None:
    values, minutes = nine()
    assert cross(THEME, coverage_of(minutes[:26]), side(values[:26])) is None
    assert cross(THEME, coverage_of(minutes, math.nan), side(values)) is None
    assert cross(THEME, coverage_of(minutes), side(values, bounds=(10.0,))) is None
    assert cross(THEME, coverage_of([math.nan] * 27), side(values)) is None
    assert cross(THEME, coverage_of([]), side([])) is None
    for mode in (Mode.ZONE, Mode.CAPACITY, Mode.PRESENCE, Mode.ORGANISATIONAL):
        theme = dataclasses.replace(THEME, mode=mode)
        assert cross(theme, coverage_of(minutes), side(values)) is None


@pytest.mark.parametrize(
    ("classes", "threshold", "bounds"),
    [
        ((10, 15, 20, 30), 20, (15, 20)),
        ((10, 15, 20, 30), 30, (20, 30)),
        ((10, 15, 20, 30), 15, (10, 15)),
        ((10, 15, 20, 30), 10, (5, 10)),
        ((15, 20, 30, 45), 45, (30, 45)),
        ((10, 15, 20, 30), 25, (15, 25)),
    ],
)
def test_access_bounds(
    classes: tuple[float, ...], threshold: float, bounds: tuple[float, float]
) -> None:
    assert access_bounds(classes, threshold) == bounds


def test_half_a_minute_is_written() -> None:
    values, minutes = nine()
    told = cross(THEME, coverage_of(minutes, 7), side(values))
    assert told is not None
    assert plain(told.access_labels[1]) == "de 3,5 à 7 min"


def test_need_is_cut_at_two_bounds_of_its_own_map() -> None:
    values = pd.Series([9.0, 9, 9, 11, 21, 22, 23, 38, 39, 40])
    # heaps at 9-11, 21-23 and 38-40: the bound at 10 would leave 11 with 21-23
    assert need_bounds(values, (10, 20, 30, 45)) == (20, 30)
    assert need_bounds(values, (30,)) is None
    assert need_bounds(pd.Series([5.0, 5]), (10, 20, 30)) == (10, 20)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0, 50), st.just(math.nan)),
            st.one_of(st.floats(0, 60), st.just(math.nan)),
        ),
        min_size=27,
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
def test_cells_hold_each_known_commune_once(cells: list[tuple[float, float]], random) -> None:  # type: ignore[no-untyped-def]
    values, minutes = [v for v, _ in cells], [m for _, m in cells]
    coverage = coverage_of(minutes)
    told = cross(THEME, coverage, side(values, bounds=(10, 20, 30)))
    if told is None:
        return
    known = [i for i, (v, m) in enumerate(cells) if not (math.isnan(v) or math.isnan(m))]
    assert told.position.dropna().index.tolist() == [f"{i:05}" for i in known]
    assert sum(n for row in told.cells for n, _ in row) == len(known)
    assert sum(n for row in told.cells for _, n in row) == sum(i + 1 for i in known)
    order = random.sample(range(len(cells)), len(cells))
    need = side(values, bounds=(10, 20, 30))
    again = cross(
        THEME,
        dataclasses.replace(coverage, table=coverage.table.iloc[order]),
        dataclasses.replace(need, values=need.values.iloc[order[::-1]]),
    )
    assert again is not None
    assert again.cells == told.cells
    assert again.position.sort_index().equals(told.position)


def test_cells_that_do_not_count_their_communes_are_refused() -> None:
    values, minutes = nine()
    told = cross(THEME, coverage_of(minutes), side(values))
    assert isinstance(told, Bivariate)
    with pytest.raises(ValueError, match="count"):
        dataclasses.replace(told, position=told.position.iloc[1:])
    with pytest.raises(ValueError, match="three"):
        dataclasses.replace(told, cells=told.cells[:2])
