"""Baskets on the toy territory: of 100, 300 and 600 people in the département, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.access.baskets import basket_table, within_reach
from cartoallier.model import Coverage, Mode, Public, Territory
from cartoallier.model.basket import Basket, Family
from cartoallier.model.measures import BASKET_COLUMNS
from toys import PARAMETERS, THEME, services


def basket(*themes: tuple[str, ...], **more) -> Basket:
    families = tuple(Family(label=str(i), themes=keys) for i, keys in enumerate(themes))
    return Basket(key="panier", label="Panier", families=families, **more)


def cover(territory: Territory, *rows, mode=Mode.PROXIMITY, threshold=10.0) -> Coverage:
    return measure(
        replace(THEME, mode=mode),
        services=services(territory, *rows),
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        weights=pd.DataFrame(index=territory.origins.index),
        threshold=threshold,
    )


def told(territory: Territory, one: Basket, coverages, *, weights=None, **query) -> pd.Series:
    weights = pd.DataFrame(index=territory.origins.index) if weights is None else weights
    table = basket_table([one], coverages, territory=territory, weights=weights)
    assert tuple(table.columns) == BASKET_COLUMNS
    wanted = {"maille": "departement"} | query
    mask = np.logical_and.reduce([table[key] == value for key, value in wanted.items()])
    assert mask.sum() == 1
    return table[mask].iloc[0]


@pytest.fixture
def coverages(toy: Territory) -> dict[str, Coverage]:
    """Within 10 minutes: of a, the first two; of b, the third; of c, nobody's desk is known."""
    return {"a": cover(toy, {"at": 2}), "b": cover(toy, {"at": 11}), "c": cover(toy)}


def test_conjunction(toy: Territory, coverages: dict[str, Coverage]) -> None:
    """b is 13.5, 7.5, 3 and 4.5 minutes away: only the second commune has both."""
    row = told(toy, basket(("a",), ("b",)), coverages)
    assert row["population"] == 1000
    assert (row["familles"], row["familles_mesurees"]) == (2, 2)
    assert row["moyenne"] == pytest.approx(1.3)
    assert row["part_toutes"] == pytest.approx(0.3)
    assert row["part_aucune"] == 0
    east = {"maille": "epci", "code": "100000002"}
    assert (
        told(toy, basket(("a",), ("b",)), coverages, perimetre="entier", **east)["population"]
        == 1600
    )
    assert (
        told(toy, basket(("a",), ("b",)), coverages, perimetre="partie", **east)["part_toutes"] == 0
    )


def test_any_theme_of_a_family_is_enough(toy: Territory, coverages: dict[str, Coverage]) -> None:
    row = told(toy, basket(("a", "b"), ("b", "c", "absent")), coverages)
    assert row["moyenne"] == pytest.approx(1.9)
    assert row["part_toutes"] == pytest.approx(0.9)


def test_what_is_not_measured_is_not_absent(toy: Territory, coverages: dict[str, Coverage]) -> None:
    row = told(toy, basket(("a",), ("c",), ()), coverages)
    assert (row["familles"], row["familles_mesurees"]) == (3, 1)
    assert row["moyenne"] == pytest.approx(0.4)
    assert np.isnan(row["part_toutes"])
    assert np.isnan(row["part_aucune"])
    nothing = told(toy, basket(("c",), ("absent",)), coverages)
    assert nothing["familles_mesurees"] == 0
    assert np.isnan(nothing["moyenne"])


def test_unmeasured_origins_are_left_out(toy: Territory, coverages: dict[str, Coverage]) -> None:
    origins = coverages["a"].origins.copy()
    origins["unmeasured"] = pd.Series({"99001": "hors réseau"}).reindex(origins.index)
    lost = coverages | {"a": replace(coverages["a"], origins=origins)}
    row = told(toy, basket(("a",), ("b",)), lost)
    assert row["population"] == 1000
    assert row["part_toutes"] == pytest.approx(1 / 3)
    # half or more of a zone unknown: no figure
    origins["unmeasured"] = pd.Series({"99003": "hors réseau"}).reindex(origins.index)
    lost = coverages | {"a": replace(coverages["a"], origins=origins)}
    assert np.isnan(told(toy, basket(("a",), ("b",)), lost)["moyenne"])


def test_the_people_of_a_public(toy: Territory, coverages: dict[str, Coverage]) -> None:
    weights = pd.DataFrame({"0_2": [10.0, 10, 20, 40]}, index=toy.origins.index)
    young = basket(("a",), ("b",), public=Public.AGED_0_2)
    row = told(toy, young, coverages, weights=weights)
    assert row["population"] == 40
    assert row["part_toutes"] == pytest.approx(0.25)
    empty = pd.DataFrame(index=toy.origins.index)
    assert not len(basket_table([young], coverages, territory=toy, weights=empty))
    assert not len(basket_table([], coverages, territory=toy, weights=empty))


def test_themes_by_zone(toy: Territory) -> None:
    zone = cover(toy, {"at": 2, "zone": ("commune:99002",)}, mode=Mode.ZONE)
    assert within_reach(zone).tolist() == [0, 1, 0, 0]
    assert np.isnan(within_reach(cover(toy, {"at": 2}, mode=Mode.ZONE))).all()


def test_themes_that_cannot_be_told(toy: Territory) -> None:
    assert np.isnan(within_reach(cover(toy, {"at": 2}, threshold=None))).all()
    assert np.isnan(within_reach(cover(toy, {"at": 2}, mode=Mode.CAPACITY))).all()
    few = cover(toy, {"at": 2, "zone": ("commune:99002",)})
    assert within_reach(few).tolist() == [0, 1, 0, 0], "no site admits the others: known"
