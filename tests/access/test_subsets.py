"""Coverage by some of the sites only: always what a new measure of those sites would give."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.access import Anchors, CrowFly, Ground, desks, measure, split_sites
from cartoallier.model import Coverage, Mode, Services, Territory
from toys import PARAMETERS, THEME, services

LEVELS = ("departement", "epci")


def measured(territory: Territory, supply: Services, **change: object) -> Coverage:
    return measure(
        dataclasses.replace(THEME, **change),
        services=supply,
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        weights=pd.DataFrame(index=territory.origins.index),
        threshold=10,
    )


def split(territory: Territory, supply: Services, groups: list[str], **change: object):
    coverage = measured(territory, supply, **change)
    return split_sites(
        coverage,
        pd.Series(groups, index=coverage.sites.index, dtype="str"),
        anchors=Anchors.of(supply, territory),
        ground=Ground.of(CrowFly(territory=territory, parameters=PARAMETERS), LEVELS),
    )


def test_each_alone_and_together(toy: Territory) -> None:
    """At 2 km: 3, 6, 12 and 18 minutes; at 10 km: 12, 6, 3 and 6 minutes; the threshold is 10."""
    subsets = split(toy, services(toy, {"at": 2}, {"at": 10}), ["a", "b"])
    assert subsets is not None
    people = {
        name: subsets.beyond(chosen)["population_hors_seuil"]["departement:99"]
        for name, chosen in {"a": "a", "b": "b", "ab": "ab", "": ""}.items()
    }
    assert people == {"a": 600, "b": 100, "ab": 0, "": 1000}
    straddling = subsets.beyond("a")["part_hors_seuil"]
    assert straddling["epci:100000002"] == straddling["epci:100000002:partie"] == 1


sites = st.lists(
    st.tuples(
        st.integers(0, 16),
        st.sampled_from("abc"),
        st.sampled_from([(), ("commune:99002",), ("epci:100000002",)]),
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=sites, kept=st.sets(st.sampled_from("abc"), min_size=1))
def test_a_subset_is_a_new_measure(toy: Territory, drawn: list, kept: set[str]) -> None:
    rows = [{"at": at, "zone": zone, "itinerant": bus} for at, _, zone, bus in drawn]
    supply = services(toy, *rows)
    subsets = split(toy, supply, [group for _, group, _, _ in drawn])
    chosen = [group in kept and not bus for _, group, _, bus in drawn]
    if subsets is None:  # nothing that counts stands in the département (below 12 km)
        assert all(bus or at >= 12 for at, _, _, bus in drawn)
        return
    found = subsets.beyond(kept & set(subsets.minutes))
    if not any(chosen):
        assert (found["part_hors_seuil"] == 1).all()
        return
    if not any(is_one and at < 12 for is_one, (at, *_) in zip(chosen, drawn, strict=True)):
        return  # the neighbours' sites alone: a whole measure says nothing
    again = measured(toy, Services(supply.records[chosen])).table
    again = again[again["maille"].isin(LEVELS)]
    np.testing.assert_array_equal(found["part_hors_seuil"], again["part_hors_seuil"])
    np.testing.assert_array_equal(found["population_hors_seuil"], again["population_hors_seuil"])


@pytest.mark.parametrize("change", [{"mode": Mode.ZONE}, {"mode": Mode.CAPACITY}])
def test_what_is_not_a_distance_has_no_subset(toy: Territory, change: dict) -> None:
    assert split(toy, services(toy, {"at": 2}), ["a"], **change) is None
    assert split(toy, services(toy, {"at": 2, "itinerant": True}), ["a"]) is None


def test_a_desk_is_its_place_then_its_point(toy: Territory) -> None:
    records = services(
        toy,
        {"at": 2, "place": "p1"},
        {"at": 6, "place": "p1"},
        {"at": 10},
        {"at": 10},
        {"commune_code": "99001"},
        {"commune_code": "99001"},
    ).records
    keys = desks(records)
    assert keys.nunique() == 4
    assert keys.iloc[0] == keys.iloc[1]
    assert keys.iloc[2] == keys.iloc[3]


def test_merged_records_count_and_are_numbered_once(toy: Territory) -> None:
    """Two directories place one desk 300 m apart: one place, one number."""
    supply = services(toy, {"at": 2, "place": "p"}, {"at": 2.3, "place": "p"}, {"at": 6})
    coverage = measured(toy, supply)
    whole = coverage.rows(level="departement").iloc[0]
    assert whole["lieux"] == 2
    assert coverage.sites["number"].tolist() == [1, 1, 2]
    assert not math.isnan(whole["part_hors_seuil"])
