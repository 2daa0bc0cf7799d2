"""Further measures on the toy territory, worked out by hand.

Desk a is at 2 km, desk b at 10 km (two records). Minutes from the origins (100, 300, 600 and 1000
people; the last is beyond the border): 3, 6, 12, 18 to a and 12, 6, 3, 6 to b.
"""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.access import CrowFly, measure
from cartoallier.access.further import MEASURES, further_measures
from cartoallier.model import Mode, Services, Territory
from cartoallier.model.measures import MEASURE_COLUMNS
from toys import PARAMETERS, THEME, services

DESKS = (
    {"at": 2, "weekly_hours": 10.0},
    {"at": 10, "weekly_hours": 30.0},
    {"at": 10, "weekly_hours": 20.0},
)
ON_FOOT = replace(PARAMETERS, speed_kmh=15.0)
"""Four times slower than by car."""


def tell(territory: Territory, *rows, theme=THEME, weights=None, threshold=10.0, **more):
    """The table of one theme; ``spoil`` changes the coverage before it is told further."""
    supply = services(territory, *rows)
    engine = CrowFly(territory=territory, parameters=PARAMETERS)
    weights = pd.DataFrame(index=territory.origins.index) if weights is None else weights
    coverage = measure(theme, services=supply, engine=engine, weights=weights, threshold=threshold)
    spoil = more.pop("spoil", lambda one: one)
    options = {"without_car": None, "poverty": None} | more
    return further_measures(
        theme,
        spoil(coverage),
        territory=territory,
        services=supply,
        engine=engine,
        weights=weights,
        threshold=threshold,
        **options,
    )


def at(table: pd.DataFrame, measure: str, *, column: str = "valeur", **query: str):
    """One cell; the département and everybody unless told otherwise."""
    wanted = {"maille": "departement", "public": "ensemble", "mesure": measure} | query
    mask = np.logical_and.reduce([table[key] == value for key, value in wanted.items()])
    assert mask.sum() == 1
    return table.loc[mask, column].iloc[0]


def test_two_desks(toy: Territory) -> None:
    table = tell(toy, *DESKS)
    assert tuple(table.columns) == MEASURE_COLUMNS
    assert table["unite"].notna().all()
    near = {"abs": 1e-4}
    assert at(table, "duree_mediane") == pytest.approx(3, **near)
    assert at(table, "duree_p90") == pytest.approx(6, **near)
    assert at(table, "duree_2e_lieu") == pytest.approx(10.2, **near)
    assert at(table, "lieux_15_min") == 2
    whole = {"maille": "epci", "code": "100000002", "perimetre": "entier"}
    assert at(table, "duree_2e_lieu", **whole) == pytest.approx(
        (12 * 600 + 18 * 1000) / 1600, **near
    )
    assert at(table, "lieux_15_min", **whole) == pytest.approx((2 * 600 + 1000) / 1600)
    assert at(table, "heures_semaine_30_min") == 40
    assert np.isnan(at(table, "duree_3e_lieu"))
    assert at(table, "duree_3e_lieu", column="precision") == "aucun troisième lieu"
    assert "unité\u00a0: heure" in at(table, "indice_acces", column="precision")


def test_index_by_hand(toy: Territory) -> None:
    """Thirds of 10 minutes: 3 weighs 1, 6 weighs 2/3, 12 nothing."""
    table = tell(toy, *DESKS)
    first = F(10) / (100 + F(2, 3) * 300)
    second = F(30) / (F(2, 3) * 300 + 600 + F(2, 3) * 1000)
    access = [first, F(2, 3) * (first + second), second]
    mean = sum(p * a for p, a in zip((100, 300, 600), access, strict=True)) / 1000
    for code, expected in zip(("99001", "99002", "99003"), access, strict=True):
        found = at(table, "indice_acces", maille="commune", code=code)
        assert found == pytest.approx(float(100 * expected / mean), rel=1e-9)
    assert at(table, "indice_acces") == pytest.approx(100)
    assert at(table, "indice_acces_continu") == pytest.approx(100)
    # of 1000 people, the last 400 have the least (second), the best 100 have first
    held = [float(a / mean) for a in access]
    assert held[2] < held[0] < held[1]
    expected = 100 * held[1] / (400 * held[2])
    assert at(table, "palma_acces") == pytest.approx(expected, rel=1e-9)
    assert at(table, "gini_duree") == pytest.approx(2 * 700 * 300 * 3 / (2 * 3900 * 1000), rel=1e-4)


def test_inequality_is_told_where_it_means_something(toy: Territory) -> None:
    table = tell(toy, *DESKS, poverty=pd.Series({"commune:99001": 30.0, "commune:99003": 10.0}))
    levels = table.groupby("mesure")["maille"].unique().map(set)
    assert levels["gini_duree"] == levels["palma_acces"] == {"departement", "epci"}
    assert levels["concentration_pauvrete"] == {"departement"}
    assert list(table["mesure"].drop_duplicates()) == [
        m for m in MEASURES if m != "part_hors_seuil_sans_voiture"
    ]


def test_concentration_by_poverty(toy: Territory) -> None:
    """One in seven is of the poorer commune: ranks 1/14, then 1/7 + 6/14 = 4/7."""
    poverty = pd.Series({"commune:99001": 30.0, "commune:99002": np.nan, "commune:99003": 10.0})
    first = F(10) / (100 + F(2, 3) * 300)
    second = F(30) / (F(2, 3) * 300 + 600 + F(2, 3) * 1000)
    mean = (100 * first + 600 * second) / 700
    ranked = F(1, 7) * first * F(1, 14) + F(6, 7) * second * F(8, 14)
    found = at(tell(toy, *DESKS, poverty=poverty), "concentration_pauvrete")
    assert found == pytest.approx(float(2 * ranked / mean - 1), rel=1e-9)
    assert found < 0, "the poorer commune has more"


def test_poverty_of_overlapping_zones_is_refused(toy: Territory) -> None:
    mixed = pd.Series({"commune:99001": 1.0, "epci:100000001": 2.0})
    with pytest.raises(ValueError, match="one level"):
        tell(toy, *DESKS, poverty=mixed)
    # the inner part of an EPCI stands in its whole
    both = pd.Series({"epci:100000001": 9.0, "epci:100000002": 1.0, "epci:100000002:partie": 1.0})
    alone = both.drop("epci:100000002:partie")
    found = [at(tell(toy, *DESKS, poverty=p), "concentration_pauvrete") for p in (both, alone)]
    assert found[0] == found[1]


def test_without_a_car(toy: Territory) -> None:
    """Four times slower, only the first and third communes are at 12 minutes or less."""
    walk = CrowFly(territory=toy, parameters=ON_FOOT)
    table = tell(toy, *DESKS, threshold=12.5, without_car=walk)
    assert at(table, "part_hors_seuil_sans_voiture") == pytest.approx(0.3)
    with_few = pd.DataFrame({"65_plus": [40.0, 5, 60, 100]}, index=toy.origins.index)
    table = tell(toy, *DESKS, threshold=12.5, without_car=walk, weights=with_few)
    found = at(table, "part_hors_seuil_sans_voiture", public="65_plus")
    assert np.isnan(found), "5 people would be told"
    assert at(table, "part_hors_seuil_sans_voiture") == pytest.approx(0.3)


def test_the_same_engine_gives_the_share_of_the_coverage(toy: Territory) -> None:
    rows = ({"at": 2}, {"at": 3, "zone": ("commune:99003",)})
    engine = CrowFly(territory=toy, parameters=PARAMETERS)
    coverage = measure(
        THEME,
        services=services(toy, *rows),
        engine=engine,
        weights=pd.DataFrame(index=toy.origins.index),
        threshold=10,
    )
    table = tell(toy, *rows, without_car=engine)
    shares = table.loc[table["mesure"] == "part_hors_seuil_sans_voiture", "valeur"]
    expected = coverage.table["part_hors_seuil"].to_numpy(dtype="float64")
    assert shares.to_numpy() == pytest.approx(expected)


def test_hours_that_are_not_known(toy: Territory) -> None:
    table = tell(toy, {"at": 2}, {"at": 10}, {"at": 12, "weekly_hours": 9.0})
    assert table.loc[table["mesure"] == "heures_semaine_30_min", "valeur"].isna().all()
    words = at(table, "indice_acces", column="precision")
    assert "unité\u00a0: lieu" in words
    assert "1\u00a0lieu sur 3" in words


def test_a_desk_that_admits_few(toy: Territory) -> None:
    """Only 99003 may use the desk: the median person has none, and is not left out."""
    table = tell(toy, {"at": 10, "weekly_hours": 9.0, "zone": ("commune:99002",)})
    assert np.isnan(at(table, "duree_mediane"))
    words = at(table, "duree_mediane", column="precision")
    assert words == "moins de la moitié des personnes ont un lieu qu’elles peuvent atteindre"
    assert at(table, "lieux_30_min") == pytest.approx(0.3)
    assert at(table, "indice_acces", maille="commune", code="99001") == 0
    assert "sans les personnes" in at(table, "gini_duree", column="precision")


def test_the_second_desk_may_be_far(toy: Territory) -> None:
    """90 minutes away: the search goes on beyond 30, for who admits it."""
    table = tell(toy, {"at": 2}, {"at": 70}, {"at": 66, "zone": ("commune:99001",)})
    assert at(table, "duree_2e_lieu", maille="commune", code="99002") == pytest.approx(96, abs=1e-3)
    assert at(table, "duree_2e_lieu", maille="commune", code="99001") == pytest.approx(96, abs=1e-3)
    assert at(table, "duree_3e_lieu", maille="commune", code="99001") == pytest.approx(
        102, abs=1e-3
    )
    partial = at(table, "duree_3e_lieu", column="precision")
    assert partial == "moyenne des seules personnes qui ont un troisième lieu"


def test_unmeasured_origins_are_left_out(toy: Territory) -> None:
    def lose(coverage, *lost):
        origins = coverage.origins.copy()
        origins["unmeasured"] = pd.Series("hors réseau", index=list(lost)).reindex(origins.index)
        origins.loc[list(lost), "minutes"] = np.nan
        return replace(coverage, origins=origins)

    table = tell(toy, *DESKS, spoil=lambda one: lose(one, "99002"))
    assert at(table, "duree_2e_lieu") == pytest.approx(12, abs=1e-3)
    commune = table[(table["maille"] == "commune") & (table["code"] == "99002")]
    assert commune["valeur"].isna().all()
    # the people of 99002 do not weigh on desk a either: all of it is for 99001
    first, second = F(10, 100), F(30) / (600 + F(2, 3) * 1000)
    found = at(table, "indice_acces", maille="commune", code="99001")
    assert found == pytest.approx(float(100 * first / ((100 * first + 600 * second) / 700)))
    # half of the département or more unknown: no figure
    most = tell(toy, *DESKS, spoil=lambda one: lose(one, "99003"))
    assert most.loc[most["maille"] == "departement", "valeur"].isna().all()
    assert at(most, "duree_mediane", maille="epci", code="100000001") == pytest.approx(6, abs=1e-3)


def test_publics(toy: Territory) -> None:
    weights = pd.DataFrame({"65_plus": [300.0, 100, 50, 0], "0_2": np.nan}, index=toy.origins.index)
    table = tell(toy, *DESKS, weights=weights)
    assert list(table["public"].unique()) == ["ensemble", "65_plus"]
    assert at(table, "duree_2e_lieu", public="65_plus") == pytest.approx(
        (12 * 350 + 6 * 100) / 450, abs=1e-3
    )
    first, second = F(10) / (300 + F(2, 3) * 100), F(30) / (F(2, 3) * 100 + 50)
    access = [first, F(2, 3) * (first + second), second]
    mean = sum(p * a for p, a in zip((300, 100, 50), access, strict=True)) / 450
    found = at(table, "indice_acces", public="65_plus", maille="commune", code="99001")
    assert found == pytest.approx(float(100 * first / mean), rel=1e-9)


def test_hidden_people_stay_hidden(toy: Territory) -> None:
    weights = pd.DataFrame({"65_plus": [30.0, 10, 50, 0]}, index=toy.origins.index)

    def hide(coverage):
        table = coverage.table.copy()
        gone = (table["public"] == "65_plus") & (table["code"] == "99002")
        table.loc[gone, "population"] = np.nan
        return replace(coverage, table=table)

    table = tell(toy, *DESKS, weights=weights, spoil=hide)
    rows = table[(table["code"] == "99002") & (table["public"] == "65_plus")]
    assert len(rows)
    assert rows["valeur"].isna().all()
    assert (rows["precision"] == "").all()
    assert not np.isnan(at(table, "duree_mediane", public="65_plus"))


def test_neighbours_desks_are_told(toy: Territory) -> None:
    table = tell(toy, {"at": 2}, {"at": 13})
    words = at(table, "indice_acces", column="precision", maille="commune", code="99003")
    assert words.endswith("vient de lieux hors du département, partagés avec d’autres")
    assert at(table, "indice_acces", column="precision", maille="commune", code="99001") == ""


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.PROXIMITY])
def test_other_modes_have_no_measure(toy: Territory, mode: Mode) -> None:
    assert not len(tell(toy, *DESKS, theme=replace(THEME, mode=mode)))


def test_no_supply_is_no_measure(toy: Territory) -> None:
    for rows in ((), ({"at": 14},), ({"at": 2, "itinerant": True},)):
        table = tell(toy, *rows)
        assert tuple(table.columns) == MEASURE_COLUMNS
        assert not len(table)


def test_a_sensitive_theme_stays_at_the_departement(toy: Territory) -> None:
    table = tell(toy, *DESKS, theme=replace(THEME, sensitive=True))
    assert set(table["maille"]) == {"departement"}
    whole = tell(toy, *DESKS)
    own = whole[whole["maille"] == "departement"].reset_index(drop=True)
    pd.testing.assert_frame_equal(table, own)


def test_without_a_threshold_there_is_no_index(toy: Territory) -> None:
    walk = CrowFly(territory=toy, parameters=ON_FOOT)
    table = tell(toy, *DESKS, threshold=None, without_car=walk)
    assert not set(table["mesure"]) & {
        "indice_acces", "indice_acces_continu", "palma_acces", "part_hors_seuil_sans_voiture",
    }  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 15), min_size=1, max_size=5), st.randoms())
def test_the_order_of_services_changes_nothing(toy: Territory, places, random) -> None:
    rows = [{"at": at, "weekly_hours": float(5 + at)} for at in places]
    told = tell(toy, *rows)
    random.shuffle(rows)
    again = tell(toy, *rows)
    pd.testing.assert_frame_equal(told, again, rtol=1e-9)


def test_services_are_left_as_they_were(toy: Territory) -> None:
    supply = services(toy, *DESKS)
    before = supply.records.copy()
    tell(toy, *DESKS)
    pd.testing.assert_frame_equal(Services(before).records, supply.records)
