"""Estimated poverty rates: by hand, against DOMAIN §6.2, and against what INSEE publishes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.files import read_book
from cartoallier.needs.estimation import (
    ACCURACY,
    METHOD,
    SHARES,
    THRESHOLD,
    estimate_poverty,
    national_medians,
    published_medians,
    share_below,
)
from cartoallier.needs.insee import read_insee
from cartoallier.needs.values import VALUE_COLUMNS, gathered

DISP = "filosofi-disp-2016-2019"
# DOMAIN §6.2, 2019.
EPCI = {
    "200071082": 17.6,
    "200071140": 14.4,
    "200071363": 16.2,
    "200071389": 13.9,
    "200071470": 16.3,
    "200071496": 17.4,
    "200071512": 15.2,
    "240300491": 16.2,
    "240300558": 18.4,
    "240300566": 11.8,
    "240300657": 15.0,
    "200071884": 13.7,
}
DEPARTEMENTS = {"03": 15.8, "15": 13.5, "18": 14.5, "23": 18.4, "42": 15.6, "58": 16.0,
                "63": 13.5, "71": 13.4}  # fmt: skip


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


@pytest.fixture(scope="module")
def read(shared_data, indicators):
    """Read what an estimation needs of a real file, once."""
    wanted = {key: indicators[key] for key in (*SHARES, "taux_pauvrete")}

    def read(name):
        if name not in known:
            path = shared_data / name
            book = read_book(path, file=path.name)
            known[name] = read_insee(book, indicators=wanted).values
        return known[name]

    known: dict[str, pd.DataFrame] = {}
    return read


def frame(zones, *, year="2019", level="epci"):
    """Values of zones: code -> indicator -> number, or status."""
    rows = []
    for line, (code, cells) in enumerate(zones.items(), start=2):
        for indicator, cell in cells.items():
            told = isinstance(cell, str)
            rows.append(
                {
                    "indicator": indicator,
                    "level": level,
                    "code": code,
                    "name": f"Zone {code}",
                    "value": np.nan if told else float(cell),
                    "status": cell if told else "publie",
                    "vintage": year,
                    "source": "filosofi-disp",
                    "file": "f.csv",
                    "sheet": "",
                    "line": line,
                    "column": indicator.upper(),
                }
            )
    return gathered([pd.DataFrame(rows, columns=list(VALUE_COLUMNS))])


def deciles(*incomes):
    return dict(zip(SHARES, incomes, strict=True))


def test_the_line_of_2019():
    assert THRESHOLD * published_medians()["2019"] == pytest.approx(13_158)


def test_by_hand(indicators):
    """13 158 is a third of the way from D1 = 12 158 to D2 = 15 158: 13.33 %."""
    values = frame({"200071082": deciles(12_158, 15_158, 16_000, 17_000, 19_000, 21_000)})
    rows, findings = estimate_poverty(values, indicators)
    row = rows.iloc[0]
    assert row["value"] == pytest.approx(10 + 10 / 3)
    assert row[["indicator", "level", "code", "name", "status", "vintage"]].tolist() == [
        "taux_pauvrete", "epci", "200071082", "Zone 200071082", "estime", "2019",
    ]  # fmt: skip
    assert row[["file", "line", "column"]].tolist() == ["f.csv", 2, METHOD]
    (said,) = findings
    assert said.what == "taux de pauvreté estimé, non publié par l'INSEE"
    assert "0,57\u00a0point" in said.action


def test_where_nothing_can_be_said(indicators):
    """Below D1, 10 % at most; above the median or without order, no row."""
    good = (12_000, 14_000, 15_000, 16_000, 18_000, 20_000)
    rows, findings = estimate_poverty(
        frame(
            {
                "200000001": deciles(13_500, 15_000, 16_000, 17_000, 19_000, 21_000),
                "200000002": deciles(6_000, 8_000, 9_000, 10_000, 11_000, 12_000),
                "200000003": deciles(12_000, 11_000, 15_000, 16_000, 18_000, 20_000),
                "200000004": {"d1": 12_000, "niveau_vie_median": 20_000},
                "200000005": deciles(*good) | {"d1": "secret"},
                "200000006": deciles(*good) | {"taux_pauvrete": 14},
                "200000007": deciles(*good) | {"taux_pauvrete": "secret"},
            }
        ),
        indicators,
    )
    found = rows.set_index("code")
    assert found["status"].to_dict() == {"200000001": "sous_seuil", "200000007": "estime"}
    assert found.loc["200000001", "value"] == 10
    assert [(f.what.split("\u00a0")[0], f.value) for f in findings] == [
        ("taux de pauvreté estimé, non publié par l'INSEE", "1\u00a0valeur"),
        ("taux de pauvreté inférieur à 10", "1\u00a0zone"),
        ("déciles en désordre, ou seuil de pauvreté au-dessus de la médiane", "2\u00a0zones"),
    ]


def test_each_file_answers_for_its_own_zones(indicators):
    zone = deciles(12_158, 15_158, 16_000, 17_000, 19_000, 21_000)
    low = deciles(13_500, 15_000, 16_000, 17_000, 19_000, 21_000)
    one = frame({"03": zone, "15": low}, level="departement").assign(file="DEP.csv")
    other = frame({"200071082": zone, "200071512": zone}).assign(file="EPCI.csv")
    findings = estimate_poverty(gathered([one, other]), indicators)[1]
    assert sorted((f.file, f.value, f.what[:24]) for f in findings) == [
        ("DEP.csv", "1\u00a0valeur", "taux de pauvreté estimé,"),
        ("DEP.csv", "1\u00a0zone", "taux de pauvreté inférie"),
        ("EPCI.csv", "2\u00a0valeurs", "taux de pauvreté estimé,"),
    ]


def test_median_of_the_year(indicators):
    """That of a METROPOLE file wins; a year without any is said, nothing is estimated."""
    zone = {"200071082": deciles(12_000, 14_000, 15_000, 16_000, 18_000, 20_000)}
    values = frame(zone, year="2013")
    rows, (said,) = estimate_poverty(values, indicators)
    assert rows.empty
    assert (said.what, said.value) == (
        "la médiane nationale de l'année n'est pas connue",
        "2013, 1 zones",
    )
    metropole = frame({"1": {"niveau_vie_median": 20_000}}, year="2013", level="france")
    both = gathered([values, metropole])
    assert national_medians(both)["2013"] == 20_000
    assert estimate_poverty(both, indicators)[0]["value"].tolist() == [10.0]
    france = frame({"F": {"niveau_vie_median": 1}}, year="2019", level="france")
    assert national_medians(france)["2019"] == 21_930


def test_nothing_to_estimate(indicators):
    assert estimate_poverty(gathered([]), indicators)[0].empty
    assert estimate_poverty(frame({"03": {"rd": 3}}), indicators)[0].empty
    assert estimate_poverty(frame({"03": {"d1": 3}}), {})[0].empty


@given(
    st.lists(st.floats(5_000, 40_000), min_size=6, max_size=6),
    st.floats(5_000, 40_000),
    st.sets(st.integers(0, 5), max_size=4),
)
def test_an_estimate_lies_between_its_deciles(incomes, line, missing):
    points = np.array(sorted(incomes))
    points[sorted(missing)] = np.nan
    share = share_below(points[None, :], np.array([line]))[0]
    known = ~np.isnan(points)
    shares = np.array(list(SHARES.values()))[known]
    if np.isnan(share):
        assert known.sum() < 2 or not points[known][0] <= line <= points[known][-1]
        return
    below, above = points[known] < line, points[known] > line
    assert share >= shares[below].max(initial=0)
    assert share <= shares[above].min(initial=50)


def test_domain(read, indicators):
    """Must show 3: the 12 EPCI of Allier and the départements around, within 0.1."""
    for name, expected in (("epci/FILO2019_DISP_EPCI.csv", EPCI),
                           ("dep_reg_metropole/FILO2019_DISP_DEP.csv", DEPARTEMENTS)):  # fmt: skip
        rows, _ = estimate_poverty(read(f"{DISP}/{name}"), indicators)
        found = rows.set_index("code").loc[list(expected)]
        assert found["status"].eq("estime").all()
        assert np.abs(found["value"].to_numpy() - np.array(list(expected.values()))).max() <= 0.1


def test_allier_in_2018(read, indicators):
    """Published by INSEE: 15.5 % (DOMAIN §6.3)."""
    rows, _ = estimate_poverty(read(f"{DISP}/dep_reg_metropole/FILO2018_DISP_DEP.csv"), indicators)
    estimate = rows.set_index("code").loc["03", "value"]
    print(f"Allier 2018 : estimé {estimate:.1f} %, publié 15,5 %")
    assert abs(estimate - 15.5) < ACCURACY.p95


@pytest.mark.parametrize("year", ["2016", "2017", "2018", "2019"])
def test_shipped_medians(year, read):
    values = read(f"{DISP}/dep_reg_metropole/FILO{year}_DISP_METROPOLE.csv")
    median = values[values["indicator"] == "niveau_vie_median"]["value"].tolist()
    assert median == [published_medians()[year]]


def accuracy(gap, what):
    """Print how far estimates are; return bias and RMSE."""
    bias, rmse = float(gap.mean()), float(np.sqrt((gap**2).mean()))
    mean, most = np.abs(gap).mean(), np.quantile(np.abs(gap), 0.95)
    print(f"{what} : {len(gap)} zones, biais {bias:+.2f}, EQM {rmse:.2f}, "
          f"écart moyen {mean:.2f}, p95 {most:.2f}")  # fmt: skip
    return bias, rmse


def test_against_published_iris(shared_data, indicators):
    """Validation proper: IRIS whose rate is published beside their deciles, when present."""
    files = sorted(shared_data.rglob("*DISP_IRIS*.csv"))
    if not files:
        pytest.skip("aucun fichier Filosofi par IRIS dans ../shared/data : pas de validation")
    for path in files:
        values = read_insee(read_book(path, file=path.name), indicators=indicators).values
        rate = values[values["indicator"].eq("taux_pauvrete") & values["status"].eq("publie")]
        others = values[values["indicator"] != "taux_pauvrete"]
        rows, _ = estimate_poverty(others, indicators)
        found = rows.set_index("code")["value"].dropna()
        gap = (found - rate.set_index("code")["value"]).dropna().to_numpy()
        bias, rmse = accuracy(gap, path.name)
        assert abs(bias) < 0.5
        assert rmse < 1.5


def test_known_shares_found_again(read):
    """What can be validated without a rate: a published decile, hidden, is found again.

    The interpolation then spans 10 to 15 points instead of 5 to 10: its error is an upper bound.
    """
    values = gathered(
        read(f"{DISP}/epci/FILO{year}_DISP_EPCI.csv") for year in (2016, 2017, 2018, 2019)
    )
    wide = values[values["indicator"].isin(list(SHARES))].pivot_table(
        index=["code", "vintage"], columns="indicator", values="value"
    )[list(SHARES)]
    for hidden, worst in (("d2", 0.8), ("q1", 0.4), ("d3", 0.5), ("d4", 0.5)):
        points = wide.to_numpy().copy()
        line = points[:, list(SHARES).index(hidden)].copy()
        points[:, list(SHARES).index(hidden)] = np.nan
        gap = share_below(points, line) - SHARES[hidden]
        assert len(gap) == 4_985
        assert accuracy(gap, f"{hidden} retrouvé, EPCI 2016 à 2019")[1] < worst


def test_against_communes_two_years_later(read, indicators):
    """Estimates of 2019 against rates published for 2021, rounded to the integer.

    Two years of change and the rounding are in the difference: an upper bound of the error.
    """
    rows, _ = estimate_poverty(read(f"{DISP}/communes/FILO2019_DISP_COM.csv"), indicators)
    values = read("filosofi-2021-communes/cc_filosofi_2021_COM.csv")
    rate = values[values["indicator"].eq("taux_pauvrete") & values["status"].eq("publie")]
    found = rows[rows["status"] == "estime"].set_index("code")["value"]
    gap = (found - rate.set_index("code")["value"]).dropna().to_numpy()
    assert len(gap) > 2_500
    bias, rmse = accuracy(gap, "communes, estimé 2019 contre publié 2021")
    assert abs(bias) < 0.5
    assert rmse < 1.5
