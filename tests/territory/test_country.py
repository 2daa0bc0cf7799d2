"""The country without its polygons."""

import time

from cartoallier.model import COUNTRY_COLUMNS
from cartoallier.territory import load_country


def test_every_commune_has_its_zones():
    country = load_country()
    assert country.vintage == "2026"
    assert list(country.communes) == list(COUNTRY_COLUMNS)
    assert len(country.communes) == 34_875
    assert country.communes.index.is_monotonic_increasing
    assert country.communes["population"].sum() == 68_350_798
    moulins = country.communes.loc["03190"]
    assert (moulins["name"], moulins["departement_code"], moulins["region_code"]) == (
        "Moulins",
        "03",
        "84",
    )
    assert country.epci[moulins["epci_code"]] == "CA Moulins Communauté"
    alone = country.communes.index[country.communes["epci_code"].isna()]
    assert alone.tolist() == ["22016", "29083", "29155", "85113"]
    assert set(country.communes["epci_code"].dropna()) == set(country.epci.index)
    assert country.passage.current("03123") == ("03158",)


def test_it_is_quick():
    load_country()
    start = time.process_time()
    load_country()
    assert time.process_time() - start < 0.6  # 0.2 alone on two cores
