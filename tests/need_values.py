"""Values of needs on the toy territory, for whoever needs a few."""

import math

import pandas as pd

from cartoallier.model import COUNTRY_COLUMNS, Country, Indicator, Territory
from cartoallier.needs import bring_needs
from cartoallier.needs.values import VALUE_COLUMNS, Extract

COUNT = {"kind": "effectif", "unit": "personnes", "source": "rp"}
INDICATORS = {
    one.id: one
    for one in (
        Indicator(id="personnes", label="Personnes", **COUNT),
        Indicator(id="seules", label="Seules", **COUNT),
        Indicator(
            id="part_seules", label="Part", kind="taux", unit="%",
            numerator="seules", weight="personnes", source="rp",
        ),
        Indicator(
            id="taux_pauvrete", label="Pauvreté", kind="taux", unit="%",
            weight="personnes", floor=5, source="filosofi",
        ),
        Indicator(id="part_revenus", label="Revenus", kind="taux", unit="%", source="filosofi"),
        Indicator(id="mediane", label="Médiane", kind="niveau", unit="€", source="filosofi"),
        Indicator(id="ifn", label="Fragilité", kind="indice", unit="", source="ifn"),
    )
}  # fmt: skip


def country_of(territory: Territory) -> Country:
    communes = pd.DataFrame(territory.communes[list(COUNTRY_COLUMNS)])
    epci = pd.Series({"100000001": "CC Ouest", "100000002": "CC Est"}, dtype="str")
    return Country(communes, epci, territory.passage, "2026")


def extract(*rows: tuple, file: str = "a.csv", vintage: str = "2021") -> Extract:
    """Rows are (indicator, level, code, value or the word of a missing one)."""
    values = [
        {
            "indicator": indicator,
            "level": level,
            "code": code,
            "name": "",
            "value": math.nan if isinstance(value, str) else float(value),
            "status": value if isinstance(value, str) else "publie",
            "vintage": vintage,
            "source": INDICATORS[indicator].source,
            "file": file,
            "sheet": "",
            "line": 2,
            "column": indicator,
        }
        for indicator, level, code, value in rows
    ]
    frame = pd.DataFrame(values, columns=list(VALUE_COLUMNS)).astype(VALUE_COLUMNS)
    floor = (frame["indicator"] == "taux_pauvrete") & (frame["value"] <= 5)
    return Extract(values=frame.assign(status=frame["status"].mask(floor, "sous_seuil")))


def brought(territory: Territory, *extracts: Extract):
    return bring_needs(
        extracts,
        territory=territory,
        country=country_of(territory),
        indicators=INDICATORS,
        mentions={"rp": "INSEE, recensement"},
    )


def said(needs, indicator: str, level: str, code: str, perimeter: str = "entier"):
    rows = needs.of(indicator, level)
    row = rows[(rows["code"] == code) & (rows["perimeter"] == perimeter)].iloc[0]
    value = row["value"]
    return (None if math.isnan(value) else round(value, 6)), row["status"]


def communes(indicator: str, *values: object) -> tuple[tuple, ...]:
    codes = ("99001", "99002", "99003", "98001")
    return tuple((indicator, "commune", c, v) for c, v in zip(codes, values, strict=False))
