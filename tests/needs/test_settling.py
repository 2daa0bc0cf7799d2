"""Published values at the zones of the toy territory, computed by hand."""

import dataclasses

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.errors import NeedsError
from cartoallier.model import Passage
from cartoallier.needs import require_aggregable
from need_values import INDICATORS, brought, communes, extract, said


def test_counts_add_up_and_rates_come_from_them(toy) -> None:
    needs, findings = brought(
        toy,
        extract(*communes("personnes", 100, 300, 600, 1000), *communes("seules", 10, 90, 60, 500)),
    )
    assert said(needs, "personnes", "epci", "100000001") == (400, "publie")
    assert said(needs, "personnes", "epci", "100000002") == (1600, "publie")
    assert said(needs, "personnes", "epci", "100000002", "partie") == (600, "publie")
    assert said(needs, "part_seules", "epci", "100000001") == (25, "publie")
    assert said(needs, "part_seules", "departement", "99") == (16, "publie")
    assert said(needs, "part_seules", "commune", "99002") == (30, "publie")
    assert set(needs.values.loc[needs.values["indicator"] == "personnes", "source"]) == {
        "INSEE, recensement"
    }
    reference = needs.reference.set_index(["indicator", "code"])["value"]
    assert reference["personnes", "100000002"] == 1600
    assert findings == []


def test_one_secret_commune_makes_the_sum_secret(toy) -> None:
    needs, _ = brought(toy, extract(*communes("personnes", 100, "secret", 600, 1000)))
    assert said(needs, "personnes", "commune", "99002") == (None, "secret")
    assert said(needs, "personnes", "epci", "100000001") == (None, "secret")
    assert said(needs, "personnes", "epci", "100000002") == (1600, "publie")


def test_what_is_published_for_a_zone_wins_and_never_goes_to_its_part(toy) -> None:
    needs, _ = brought(
        toy,
        extract(
            *communes("personnes", 100, 300, 600, 1000),
            ("personnes", "epci", "100000002", 1650),
            ("mediane", "epci", "100000002", 21000),
            ("mediane", "departement", "99", 20000),
        ),
    )
    assert said(needs, "personnes", "epci", "100000002") == (1650, "publie")
    assert said(needs, "personnes", "epci", "100000002", "partie") == (600, "publie")
    assert said(needs, "mediane", "epci", "100000002") == (21000, "publie")
    assert said(needs, "mediane", "epci", "100000002", "partie") == (None, "non_disponible")
    assert said(needs, "mediane", "departement", "99") == (20000, "publie")
    assert said(needs, "mediane", "epci", "100000001") == (None, "non_disponible")
    assert said(needs, "mediane", "commune", "99001") == (None, "non_disponible")


@pytest.mark.parametrize("indicator", ["mediane", "ifn", "part_revenus"])
def test_what_means_nothing_is_never_aggregated(toy, indicator) -> None:
    needs, _ = brought(
        toy, extract(*communes("personnes", 100, 300, 600, 1000), *communes(indicator, 1, 2, 3, 4))
    )
    assert said(needs, indicator, "commune", "99002") == (2, "publie")
    for level, code in (("epci", "100000001"), ("departement", "99"), ("arrondissement", "991")):
        assert said(needs, indicator, level, code) == (None, "non_disponible")
    with pytest.raises(NeedsError, match="s'agrège pas"):
        require_aggregable(INDICATORS[indicator])


def test_a_published_rate_is_averaged_by_people(toy) -> None:
    needs, _ = brought(
        toy,
        extract(
            *communes("personnes", 100, 300, 600, 1000), *communes("taux_pauvrete", 20, 10, 30, 5)
        ),
    )
    # (100 × 20 + 300 × 10) / 400
    assert said(needs, "taux_pauvrete", "epci", "100000001") == (12.5, "estime")
    # 98001 is at 5 % or less: nobody knows the mean of its EPCI
    assert said(needs, "taux_pauvrete", "epci", "100000002") == (None, "non_disponible")
    assert said(needs, "taux_pauvrete", "departement", "99") == (
        round((2000 + 3000 + 18000) / 1000, 6),
        "estime",
    )
    require_aggregable(INDICATORS["taux_pauvrete"])


def test_the_newest_year_wins_then_the_first_file(toy) -> None:
    old = extract(*communes("personnes", 1, 2, 3, 4), file="vieux.csv", vintage="2018")
    first = extract(*communes("personnes", 100, 300, 600, 1000), file="un.csv")
    second = extract(*communes("personnes", 9, 9, 9, 9), file="deux.csv")
    needs, _ = brought(toy, old, first, second)
    assert said(needs, "personnes", "departement", "99") == (1000, "publie")
    assert set(needs.of("personnes", "commune")["vintage"]) == {"2021"}


def test_counts_of_two_years_make_no_rate(toy) -> None:
    needs, _ = brought(
        toy,
        extract(*communes("personnes", 100, 300, 600, 1000)),
        extract(*communes("seules", 10, 90, 60, 500), file="b.csv", vintage="2018"),
    )
    assert said(needs, "part_seules", "departement", "99") == (None, "non_disponible")


def test_merged_communes_sum_counts_and_lose_medians(toy) -> None:
    """99009 became part of 99002."""
    needs, findings = brought(
        toy,
        extract(
            *communes("personnes", 100, 250, 600, 1000),
            *communes("mediane", 1, 2, 3, 4),
            ("personnes", "commune", "99009", 50),
            ("mediane", "commune", "99009", 2),
        ),
    )
    assert said(needs, "personnes", "commune", "99002") == (300, "publie")
    assert said(needs, "mediane", "commune", "99002") == (None, "non_disponible")
    assert said(needs, "mediane", "commune", "99001") == (1, "publie")
    told = [finding.what for finding in findings]
    assert any("fusionnées depuis le fichier" in what for what in told)
    assert any("plus ancien" in what for what in told)


def test_a_city_and_its_arrondissements_count_once(toy) -> None:
    arm = {"75101": ("99001",), "75102": ("99001",)}
    territory = dataclasses.replace(toy, passage=Passage(dict(toy.passage.successors) | arm))
    rows = communes("personnes", 100, 300, 600, 1000)
    more = (("personnes", "arm", "75101", 40), ("personnes", "arm", "75102", 60))
    needs, _ = brought(territory, extract(*rows, *more))
    assert said(needs, "personnes", "commune", "99001") == (100, "publie")
    needs, _ = brought(territory, extract(*rows[1:], *more))
    assert said(needs, "personnes", "commune", "99001") == (100, "publie")


def test_unknown_codes_are_told(toy) -> None:
    needs, findings = brought(
        toy,
        extract(
            *communes("personnes", 100, 300, 600, 1000),
            ("personnes", "commune", "99999", 5),
            ("personnes", "epci", "299999999", 5),
        ),
    )
    told = {finding.value: finding.what for finding in findings}
    assert "inconnu" in told["99999"]
    assert any("299999999" in value and "EPCI inconnus" in what for value, what in told.items())
    assert said(needs, "personnes", "departement", "99") == (1000, "publie")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(counts=st.lists(st.integers(0, 10_000), min_size=4, max_size=4))
def test_parts_make_the_whole(toy, counts) -> None:
    one, _ = brought(toy, extract(*communes("personnes", *counts)))
    other, _ = brought(toy, extract(*reversed(communes("personnes", *counts))))
    pd.testing.assert_frame_equal(one.values, other.values)
    assert said(one, "personnes", "departement", "99")[0] == sum(counts[:3])
    assert said(one, "personnes", "epci", "100000001")[0] == sum(counts[:2])
