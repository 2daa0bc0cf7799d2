"""Where the classes of a need come from: the catalogue, the country's EPCI, or the territory."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis import Context, summarise
from cartoallier.diagnosis.classes import NeedCut
from cartoallier.diagnosis.summary import cut_needs
from cartoallier.model import NEEDS_COLUMNS, Coverage, Indicator, Needs, Status, Territory, Theme
from toys import PARAMETERS, THEME, services

INCOME = Indicator(id="revenu", label="Revenu médian", unit="€", kind="niveau", direction="-")
POOR = Indicator(
    id="pauvrete", label="Taux de pauvreté", unit="%", kind="taux", breaks=(10, 12, 14, 16)
)
COMMUNES, EPCI = ("99001", "99002", "99003"), ("100000001", "100000002")
COUNTRY = {f"2{i:08}": 20_000.0 + 100 * i for i in range(101)}
DRAWN = dataclasses.replace(THEME, indicators=("revenu",))


def frame(level: str, cells: dict[str, float], indicator: str = "revenu") -> pd.DataFrame:
    rows = [
        (indicator, level, code, code, "entier", value, "€", Status.PUBLISHED, "2021", "Insee")
        for code, value in cells.items()
    ]
    return pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)


def told(
    toy: Territory, *values: pd.DataFrame, reference: pd.DataFrame | None = None
) -> tuple[Context, dict[str, Coverage]]:
    weights = pd.DataFrame(index=toy.origins.index)
    nothing = frame("epci", {})
    supply = services(toy, {"at": 2, "file": "offre/a.csv"})
    engine = CrowFly(territory=toy, parameters=PARAMETERS)
    context = Context(
        engine=engine,
        services=supply,
        needs=Needs(
            pd.concat([nothing, *values], ignore_index=True),
            weights,
            {},
            nothing if reference is None else reference,
        ),
        indicators={one.id: one for one in (INCOME, POOR)},
        parameters=PARAMETERS,
        sources=(),
        decisions={},
    )
    coverage = measure(THEME, services=supply, engine=engine, weights=weights, threshold=10)
    return context, {THEME.key: coverage}


def cuts_of(
    toy: Territory,
    *values: pd.DataFrame,
    theme: Theme = DRAWN,
    reference: pd.DataFrame | None = None,
) -> dict[tuple[str, str], NeedCut]:
    context, coverages = told(toy, *values, reference=reference)
    return cut_needs([theme], coverages, context)


def test_the_bounds_of_the_catalogue_come_first(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, indicators=("pauvrete", "revenu"))
    values = frame("epci", {EPCI[0]: 11.0, EPCI[1]: 15}, "pauvrete")
    assert cuts_of(toy, values, theme=theme) == {
        ("pauvrete", "epci"): NeedCut(bounds=(10, 12, 14, 16))
    }


def test_epci_are_cut_as_those_of_the_country(toy: Territory) -> None:
    values = frame("epci", {EPCI[0]: 20_500.0, EPCI[1]: 29_000.0})
    assert cuts_of(toy, values, reference=frame("epci", COUNTRY)) == {
        ("revenu", "epci"): NeedCut(
            bounds=(22_000, 24_000, 26_000, 28_000),
            words="seuils naturels (Fisher-Jenks) des EPCI de France",
        )
    }


def test_a_country_that_sets_nobody_apart_gives_way_to_the_territory(toy: Territory) -> None:
    values = frame("epci", {EPCI[0]: 20_500.0, EPCI[1]: 21_000.0})
    assert cuts_of(toy, values, reference=frame("epci", COUNTRY)) == {
        ("revenu", "epci"): NeedCut(
            bounds=(21_000,), words="seuils naturels (Fisher-Jenks) des EPCI du territoire"
        )
    }


def test_communes_are_cut_by_their_own_values(toy: Territory) -> None:
    values = frame("commune", dict(zip(COMMUNES, (20_100.0, 22_900, 27_300), strict=True)))
    assert cuts_of(toy, values, reference=frame("epci", COUNTRY)) == {
        ("revenu", "commune"): NeedCut(
            bounds=(22_000, 25_000),
            words="seuils naturels (Fisher-Jenks) des communes du territoire",
        )
    }


def test_one_value_everywhere_is_no_map(toy: Territory) -> None:
    context, coverages = told(toy, frame("commune", dict.fromkeys(COMMUNES, 20_000.0)))
    assert cut_needs([DRAWN], coverages, context)["revenu", "commune"].bounds == ()
    assert summarise(DRAWN, coverages[THEME.key], context).need_indicator is None


def test_at_most_is_no_value_to_cut_by(toy: Territory) -> None:
    values = frame("commune", dict(zip(COMMUNES, (5.0, 12, 20), strict=True)))
    values.loc[0, "status"] = Status.BELOW_FLOOR
    assert cuts_of(toy, values)["revenu", "commune"].bounds == (20,)


def test_what_was_cut_once_is_not_cut_again(
    toy: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = frame("epci", {EPCI[0]: 20_500.0, EPCI[1]: 29_000.0})
    context, coverages = told(toy, values)
    alone = summarise(DRAWN, coverages[THEME.key], context)
    ready = dataclasses.replace(context, cuts=cut_needs([DRAWN], coverages, context))

    def again(values: pd.Series) -> tuple[float, ...]:
        raise AssertionError(f"cut again: {values}")

    monkeypatch.setattr("cartoallier.diagnosis.summary.natural_bounds", again)
    assert cut_needs([DRAWN, DRAWN], coverages, ready) == ready.cuts
    summary = summarise(DRAWN, coverages[THEME.key], ready)
    assert summary.need_classes == alone.need_classes
    assert summary.need_title == (
        "Revenu médian, 2021, par EPCI, seuils naturels (Fisher-Jenks) des EPCI du territoire"
    )
    assert summary.bivariate is None, "EPCI never get nine classes"
