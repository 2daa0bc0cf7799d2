"""Access on the toy territory, every figure worked out by hand.

Origins stand at 2, 6, 10 and 14 km; the floor is 2 km. One site at the first origin gives
straight lines of 0, 4, 8 and 12 km, and with detour 1.5 at 60 km/h one km is 1.5 minutes:
minutes are 3 (floor), 6, 12, 18.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.access import CrowFly, measure, minutes_by_car, nearest_eligible
from cartoallier.model import (
    Coverage,
    ExpectedSupply,
    Mode,
    Selectors,
    Territory,
    Theme,
)
from toys import PARAMETERS, THEME, services


def run(
    territory: Territory,
    *rows: dict[str, object],
    theme: Theme = THEME,
    threshold: float | None = 10,
    weights: pd.DataFrame | None = None,
) -> Coverage:
    if weights is None:
        weights = pd.DataFrame(index=territory.origins.index)
    return measure(
        theme,
        services=services(territory, *rows),
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        weights=weights,
        threshold=threshold,
    )


def row(coverage: Coverage, level: str, code: str, **more: str) -> pd.Series:
    query = {"public": "ensemble", "perimetre": "entier"} | more
    table = coverage.table
    mask = (table["maille"] == level) & (table["code"] == code)
    for column, value in query.items():
        mask &= table[column] == value
    assert mask.sum() == 1
    return table[mask].iloc[0]


def test_one_site(toy: Territory) -> None:
    coverage = run(toy, {"at": 2})
    assert coverage.origins["minutes"].tolist() == pytest.approx([3, 6, 12, 18], abs=1e-6)
    whole = row(coverage, "departement", "99")
    assert whole["population"] == 1000
    assert whole["lieux"] == 1
    # (100 × 0 + 300 × 4 + 600 × 8) / 1000 km; (100 × 3 + 300 × 6 + 600 × 12) / 1000 min
    assert whole["distance_km"] == pytest.approx(6.0)
    assert whole["duree_min"] == pytest.approx(9.3)
    assert whole["part_plus_15"] == 0
    assert whole["population_hors_seuil"] == 600
    assert whole["part_hors_seuil"] == pytest.approx(0.6)
    # 90 km/h: 2, 4, 8 min; 30 km/h: 6, 12, 24 min
    assert whole["part_hors_seuil_favorable"] == 0
    assert whole["part_hors_seuil_defavorable"] == pytest.approx(0.9)
    assert row(coverage, "commune", "99003")["part_hors_seuil"] == 1


def test_an_epci_that_straddles_has_two_rows(toy: Territory) -> None:
    coverage = run(toy, {"at": 2})
    whole = row(coverage, "epci", "100000002")
    part = row(coverage, "epci", "100000002", perimetre="partie")
    assert (whole["population"], part["population"]) == (1600, 600)
    assert whole["duree_min"] == pytest.approx((600 * 12 + 1000 * 18) / 1600)
    assert whole["part_plus_15"] == pytest.approx(0.625)
    assert part["part_plus_15"] == 0


def test_the_border(toy: Territory) -> None:
    """A site of the neighbour at 14 km serves 99003 (4 km: 6 min), but not alone at home."""
    coverage = run(toy, {"at": 2}, {"at": 14})
    whole = row(coverage, "departement", "99")
    assert whole["part_hors_seuil"] == 0
    assert whole["part_hors_seuil_sans_voisins"] == pytest.approx(0.6)
    assert whole["lieux"] == 1  # the other place is outside
    assert coverage.sites["inside"].tolist() == [True, False]


def test_without_neighbours_is_said_only_of_zones_wholly_inside(toy: Territory) -> None:
    """Those of 98001 would have their own sites: 100000002 whole says nothing, its part does."""
    coverage = run(toy, {"at": 2}, {"at": 14})
    assert math.isnan(row(coverage, "epci", "100000002")["part_hors_seuil_sans_voisins"])
    part = row(coverage, "epci", "100000002", perimetre="partie")
    assert part["part_hors_seuil_sans_voisins"] == 1


def test_only_neighbours_sites_say_nothing_of_the_departement(toy: Territory) -> None:
    """Their distance alone would show an absence of data as an absence of supply."""
    whole = row(run(toy, {"at": 14}), "departement", "99")
    assert whole.filter(regex="^(part_|duree|distance|population_hors)").isna().all()
    assert whole["lieux"] == 0


def test_a_zone_of_eligibility_bars_other_communes(toy: Territory) -> None:
    coverage = run(toy, {"at": 2, "zone": ("epci:100000001",)})
    assert coverage.origins["minutes"].tolist()[:2] == pytest.approx([3, 6], abs=1e-6)
    assert coverage.origins["minutes"].isna().tolist() == [False, False, True, True]
    whole = row(coverage, "departement", "99")
    assert whole["part_hors_seuil"] == pytest.approx(0.6)
    assert whole["duree_min"] == pytest.approx((100 * 3 + 300 * 6) / 400)  # those it admits
    assert row(coverage, "commune", "99003")["part_plus_30"] == 1
    assert math.isnan(row(coverage, "commune", "99003")["duree_min"])


def test_what_never_enters_distance(toy: Territory) -> None:
    coverage = run(
        toy,
        {"at": 2, "itinerant": True},
        {"at": 2, "remote": True},
        {"commune_code": "99001"},
        {"confidential": True},
    )
    assert coverage.sites["reason"].tolist() == [
        "itinérant",
        "à distance seulement",
        "sans lieu connu",
        "adresse protégée",
    ]
    whole = row(coverage, "departement", "99")
    assert whole.filter(regex="^(part_|duree|distance|population_hors)").isna().all()
    assert whole["population"] == 1000
    assert whole["lieux"] == 0


def test_no_supply_leaves_cells_empty(toy: Territory) -> None:
    whole = row(run(toy), "departement", "99")
    assert whole.filter(regex="^(part_|duree|distance)").isna().all()


def test_publics_weigh_their_own_people(toy: Territory) -> None:
    weights = pd.DataFrame({"65_plus": [10.0, 10, 20, np.nan]}, index=toy.origins.index)
    coverage = run(toy, {"at": 2}, weights=weights)
    whole = row(coverage, "departement", "99", public="65_plus")
    assert whole["population"] == 40
    assert whole["part_hors_seuil"] == 0.5
    assert coverage.table["public"].drop_duplicates().tolist() == ["ensemble", "65_plus"]
    # unknown in 98001: the EPCI's figure is about the people known
    assert row(coverage, "epci", "100000002", public="65_plus")["population"] == 20


def test_unknown_people_are_missing_not_zero(toy: Territory) -> None:
    weights = pd.DataFrame({"65_plus": [10.0, 10, np.nan, np.nan]}, index=toy.origins.index)
    missing = row(run(toy, {"at": 2}, weights=weights), "commune", "99003", public="65_plus")
    assert missing[["population", "part_hors_seuil", "population_hors_seuil"]].isna().all()


def test_without_threshold_there_is_no_gap(toy: Territory) -> None:
    whole = row(run(toy, {"at": 2}, threshold=None), "departement", "99")
    assert math.isnan(whole["part_hors_seuil"])
    assert whole["part_plus_15"] == 0


def test_a_zone_theme_is_covered_by_zones(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, mode=Mode.ZONE)
    coverage = run(
        toy,
        {"at": 2, "zone": ("commune:99002",)},
        {"remote": True, "zone": ("commune:99009",)},  # an old code of 99002
        {"at": 10},  # declares none: unknown
        theme=theme,
    )
    whole = row(coverage, "departement", "99")
    assert whole["part_couverte"] == pytest.approx(0.3)
    assert math.isnan(whole["duree_min"])
    assert math.isnan(whole["seuil_min"])


def test_a_zone_theme_without_declared_zone_is_unknown(toy: Territory) -> None:
    theme = dataclasses.replace(THEME, mode=Mode.ZONE)
    coverage = run(toy, {"at": 2}, theme=theme)
    assert math.isnan(row(coverage, "departement", "99")["part_couverte"])
    assert coverage.origins["covered"].isna().all()


@pytest.mark.parametrize("mode", [Mode.CAPACITY, Mode.PRESENCE, Mode.ORGANISATIONAL])
def test_other_modes_only_count(toy: Territory, mode: Mode) -> None:
    theme = dataclasses.replace(THEME, mode=mode)
    whole = row(run(toy, {"at": 2}, theme=theme), "departement", "99")
    assert whole["lieux"] == 1
    assert whole.filter(regex="^(part_|duree|distance|seuil)").isna().all()


def test_a_sensitive_theme_shows_no_place(toy: Territory) -> None:
    theme = dataclasses.replace(
        THEME,
        expected=(
            ExpectedSupply(
                label="CCAS", letter="C", selectors=Selectors(networks=frozenset({"ccas-cias"}))
            ),
            ExpectedSupply(label="PAEJ", letter="P", selectors=Selectors(name_pattern="PAEJ")),
        ),
    )
    coverage = run(
        toy,
        {"at": 2, "networks": ("ccas-cias",)},
        {"at": 2, "name": "Paej d'Aval"},
        {"at": 2},
        theme=theme,
    )
    assert coverage.sites["kind"].tolist() == ["CCAS", "PAEJ", "autres"]


def test_floor_applies_to_communes_only() -> None:
    km = np.array([0.5, 0.5])
    area = np.array([16.0, np.nan])
    minutes = minutes_by_car(km, area, detour=1.5, speed_kmh=60, floor=True)
    assert minutes.tolist() == pytest.approx([3.0, 0.75])


coordinates = st.tuples(st.integers(0, 50_000), st.integers(0, 50_000))


@given(
    origins=st.lists(coordinates, min_size=1, max_size=12),
    sites=st.lists(coordinates, min_size=1, max_size=12),
    data=st.data(),
)
def test_nearest_eligible_agrees_with_brute_force(
    origins: list[tuple[int, int]], sites: list[tuple[int, int]], data: st.DataObject
) -> None:
    start, end = np.array(origins, dtype=float), np.array(sites, dtype=float)
    flags = st.lists(st.booleans(), min_size=len(start), max_size=len(start)).map(np.array)
    eligible = [data.draw(st.none() | flags) for _ in sites]
    found = nearest_eligible(start, end, eligible=eligible)
    metres = np.hypot(*(start[:, None] - end[None]).transpose(2, 0, 1))
    for j, mask in enumerate(eligible):
        if mask is not None:
            metres[~mask, j] = np.inf
    best = metres.min(axis=1)
    expected = np.where(np.isinf(best), np.nan, best / 1000)
    np.testing.assert_allclose(found.distance_km, expected, rtol=1e-12)
    for i, site in enumerate(found.site):
        assert (site == -1) == np.isinf(best[i])
        if site >= 0:
            assert metres[i, site] == pytest.approx(best[i])


@given(
    extra=st.floats(0, 16, allow_nan=False),
    first=st.floats(0, 16, allow_nan=False),
)
def test_adding_a_site_never_worsens_access(extra: float, first: float) -> None:
    origins = np.array([[2000.0, 0], [6000, 0], [10000, 0]])
    one = nearest_eligible(origins, np.array([[first * 1000, 0.0]]), eligible=[None])
    two = nearest_eligible(
        origins, np.array([[first * 1000, 0.0], [extra * 1000, 0.0]]), eligible=[None, None]
    )
    assert (two.distance_km <= one.distance_km).all()
