"""The shipped census on the shipped geography."""

import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.needs import bring_needs, read_census
from cartoallier.territory import load_country, load_territory

INDICATORS = load_catalogue().indicators


def load_census(territory, *, indicators):
    extract, record = read_census()
    mentions = {"rp2021": "INSEE, RP 2021"}
    needs, findings = bring_needs(
        [extract],
        territory=territory,
        country=load_country(),
        indicators=indicators,
        mentions=mentions,
    )
    return needs, findings, record


def only(needs, indicator, level):
    (number,) = needs.of(indicator, level)["value"]
    return number


def test_allier():
    territory = load_territory("03")
    needs, findings, record = load_census(territory, indicators=INDICATORS)
    assert only(needs, "population", "departement") == 334_872
    assert only(needs, "65_plus", "departement") == 94_473
    assert only(needs, "part_65_plus", "departement") == pytest.approx(100 * 94_473 / 334_872)
    assert needs.of("65_plus", "commune")["value"].sum() == 94_473
    assert len(needs.of("65_plus", "commune")) == 317
    assert needs.weights.notna().all(axis=None)
    assert findings == []
    assert record.rows_read == 34_970


def test_cantal_keeps_its_total_whatever_was_split():
    needs, findings, _ = load_census(load_territory("15"), indicators=INDICATORS)
    communes = needs.of("population", "commune")
    missing = set(communes.loc[communes["value"].isna(), "code"])
    assert only(needs, "population", "departement") > communes["value"].sum()
    assert missing
    assert missing <= {finding.value for finding in findings}


def test_mayotte_is_not_available_and_never_zero():
    needs, findings, _ = load_census(load_territory("976"), indicators=INDICATORS)
    assert needs.values["value"].isna().all()
    assert set(needs.values["status"]) == {"absent", "non_disponible"}
    assert needs.weights.isna().all(axis=None)
    (told,) = findings
    assert told.value == "0 communes sur 17"


@pytest.mark.parametrize(("code", "commune", "arms"), [("75", "75056", 20), ("69", "69123", 9)])
def test_arrondissements_municipaux(code, commune, arms):
    territory = load_territory(code)
    needs, _, _ = load_census(territory, indicators=INDICATORS)
    whole = needs.of("65_plus", "commune").set_index("code")["value"]
    assert whole.notna().all()
    own = territory.origins["commune_code"] == commune
    assert own.sum() == arms
    assert needs.weights.loc[own, "65_plus"].sum() == whole[commune]
