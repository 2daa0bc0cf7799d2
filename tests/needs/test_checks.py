"""What figures must verify: rules on columns, rules on values, bounds, secrets."""

import numpy as np
import pandas as pd
import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.model import Indicator
from cartoallier.needs.checks import Rule, check_table, checked, rules
from cartoallier.needs.headers import find_table
from cartoallier.needs.values import VALUE_COLUMNS, Extract, gathered


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


def extract(rows, layout="melodi"):
    """Values: (indicator, level, code, value or status[, vintage])."""
    lines = []
    for line, (indicator, level, code, cell, *year) in enumerate(rows, start=2):
        told = isinstance(cell, str)
        lines.append(
            {
                "indicator": indicator,
                "level": level,
                "code": code,
                "name": "",
                "value": np.nan if told else float(cell),
                "status": cell if told else "publie",
                "vintage": year[0] if year else "2021",
                "source": "filosofi",
                "file": "f.csv",
                "sheet": "",
                "line": line,
                "column": indicator.upper(),
            }
        )
    frame = gathered([pd.DataFrame(lines, columns=list(VALUE_COLUMNS))])
    return Extract(values=frame, layout=layout)


def said(found):
    return [(f.what, f.line, f.column, f.value) for f in found.findings]


def test_rules_are_about_what_exists(indicators):
    """A term is an indicator of the catalogue, or a column code with its year."""
    assert {rule.kind for rule in rules()} == {"identite", "rapport", "ordre"}
    for rule in rules():
        assert all("{aa}" in term or term in indicators for term in rule.terms if term), rule
        assert (rule.total is not None) == ("" in rule.terms)
    shares = Rule(kind="identite", terms=("pact", "ptsa", "pcho", "pben"), tolerance=0.1)
    assert shares in rules()


def table(text):
    found = find_table([line.split(";") for line in text.splitlines()], file="f.csv", sheet="COM")
    assert found is not None
    return found[0]


def test_each_year_apart(indicators):
    """Columns of two years: each verifies its own rules; unknown cells verify all."""
    findings = check_table(
        table(
            "CODGEO;P21_POP;P21_POPH;P21_POPF;P15_POP;P15_POPH;P15_POPF\n"
            "03185;1000;480;520;1100;500;550\n03190;s;480;520;nd;1;2\n03310;1001,4;480;520;9;4;5\n"
        ),
        indicators=indicators,
    )
    (one,) = findings
    assert (one.line, one.column) == (2, "COM!P15_POP = P15_POPH + P15_POPF")
    assert one.value == "03185\u00a0: 1100, calculé 1050"


def test_tolerances(indicators):
    """A tenth for shares, 0.052 for the ratio; reading decimals is not exact."""
    good = "CODGEO;PPSOC21;PPFAM21;PPMINI21;PPLOGT21;D121;D921;RD21\n"
    near = good + "03185;5,1;2,1;1,9;1,0;10000;30520;3,0\n"
    assert check_table(table(near), indicators=indicators) == []
    far = good + "03185;5,2;2,1;1,9;1,0;10000;30530;3,0\n"
    assert len(check_table(table(far), indicators=indicators)) == 2


def test_ratio_without_a_year(indicators):
    """``RD`` bears no year in the « DISP » files."""
    text = "CODGEO;D119;D919;RD\n03185;10000;30000;3,0\n03190;10000;30000;4,0\n"
    (one,) = check_table(table(text), indicators=indicators)
    assert (one.line, one.column) == (3, "COM!RD = D919 / D119")


def test_order_skips_what_is_not_published(indicators):
    text = "CODGEO;D119;D219;Q219;D919\n03185;10000;;20000;40000\n03190;10000;s;9000;40000\n"
    (one,) = check_table(table(text), indicators=indicators)
    assert (one.line, one.value) == (3, "03190\u00a0: 9000 après 10000")


def test_rules_on_values(indicators):
    """Files with one row per value are checked alike, with the line of one of them."""
    rows = [("pact", "epci", "200071082", 70), ("ptsa", "epci", "200071082", 52),
            ("pcho", "epci", "200071082", 3), ("pben", "epci", "200071082", 5),
            ("d1", "epci", "200071082", 21_000), ("niveau_vie_median", "epci", "200071082", 20_000),
            ("pact", "epci", "200071140", 60), ("ptsa", "epci", "200071140", 52),
            ("pcho", "epci", "200071140", 3), ("pben", "epci", "200071140", 5)]  # fmt: skip
    found = said(checked(extract(rows), indicators=indicators))
    assert found == [
        ("le total ne vaut pas la somme de ses parts", 2, "pact = ptsa + pcho + pben",
         "200071082 (2021)\u00a0: 70, calculé 60"),
        ("des déciles ne vont pas en croissant", 2, "d1 ≤ niveau_vie_median",
         "200071082 (2021)\u00a0: 20000 après 21000"),
    ]  # fmt: skip
    assert said(checked(extract(rows, "insee"), indicators=indicators)) == []


def test_ages_against_population(indicators):
    rows = [("population", "commune", "03185", 1000), ("moins_20", "commune", "03185", 300),
            ("20_64", "commune", "03185", 500), ("65_plus", "commune", "03185", 300)]  # fmt: skip
    ((what, _, _, value),) = said(checked(extract(rows), indicators=indicators))
    assert what == "le total ne vaut pas la somme de ses parts"
    assert value.endswith("1000, calculé 1100")


def test_small_ages_are_not_told(indicators):
    """The total is public; what the ages add up to is not."""
    rows = [("population", "commune", "03185", 30), ("moins_20", "commune", "03185", 1),
            ("20_64", "commune", "03185", 2), ("65_plus", "commune", "03185", 3)]  # fmt: skip
    ((_, line, _, value),) = said(checked(extract(rows), indicators=indicators))
    assert (line, value) == (2, "03185 (2021)\u00a0: masqué")


def test_what_cannot_be_is_taken_away(indicators):
    """A negative count, a rate above 100 %; not a share of income, nor places per 100 children."""
    found = checked(
        extract(
            [
                ("population_rp", "commune", "03185", -3),
                ("taux_pauvrete", "commune", "03185", 350),
                ("taux_pauvrete", "commune", "03190", 20),
                ("pact", "commune", "25318", 107.1),
                ("pimpot", "commune", "25318", -30),
                ("taux_couverture_jeune_enfant", "epci", "200071082", 150),
                ("taux_pauvrete", "commune", "03310", "secret"),
            ]
        ),
        indicators=indicators,
    )
    statuses = found.values.set_index(["indicator", "code"])["status"]
    assert statuses[statuses == "non_disponible"].index.tolist() == [
        ("population_rp", "03185"),
        ("taux_pauvrete", "03185"),
    ]
    assert ("effectif négatif", 2, "POPULATION_RP", "03185\u00a0: -3") in said(found)
    assert ("pourcentage au-delà du possible", 3, "TAUX_PAUVRETE", "03185\u00a0: 350") in said(
        found
    )


def test_bounds_are_those_of_an_epci(indicators):
    """One strange EPCI is said; one strange commune is noise, most of them are a mistake."""
    epci = [("taux_pauvrete", "epci", f"20007{1000 + i}", 15) for i in range(5)]
    epci.append(("taux_pauvrete", "epci", "200072000", 70))
    ((what, line, _, value),) = said(checked(extract(epci), indicators=indicators))
    assert (what, line) == ("hors des bornes plausibles, de 5 à 50", 7)
    assert value == "200072000\u00a0: 70\u202f; 1\u00a0zone sur 6"
    communes = [("taux_pauvrete", "commune", code, 15) for code in ("03185", "03190", "03310")]
    noise = [*communes, ("taux_pauvrete", "commune", "03001", 70)]
    assert said(checked(extract(noise), indicators=indicators)) == []
    monthly = [("niveau_vie_median", "commune", f"0300{i}", 1_800) for i in range(5)]
    ((what, *_),) = said(checked(extract(monthly), indicators=indicators))
    assert what.startswith("hors des bornes plausibles")


@pytest.mark.parametrize(("secret", "rows", "told"), [(3, 10, False), (4, 10, True), (4, 8, False)])
def test_secrets_said_once(secret, rows, told, indicators):
    """Above 30 % of ten rows or more, once per indicator and level."""
    cells = ["secret"] * secret + [20.0] * (rows - secret)
    found = checked(
        extract([("taux_pauvrete", "commune", f"030{i:02}", cell) for i, cell in enumerate(cells)]),
        indicators=indicators,
    )
    values = [f.value for f in found.findings]
    assert values == (["taux_pauvrete\u00a0: 40\u00a0% des valeurs (commune)"] if told else [])


def test_impossible_years_go(indicators):
    rows = [("d1", "epci", "200071082", 11_000, year) for year in ("2019", "2099", "1899", "")]
    found = checked(extract(rows), indicators=indicators)
    assert found.values["vintage"].tolist() == ["2019", ""]
    assert found.dropped == {"année impossible": 2}
    assert said(found) == [("année impossible", 3, "D1", "2099, 2\u00a0valeurs")]


def test_nothing_to_check():
    empty = Extract(values=gathered([]))
    assert checked(empty, indicators={}).findings == []
    known = {"x": Indicator(id="x", label="", unit="", kind="indice")}
    assert checked(extract([("x", "epci", "200071082", 3)]), indicators=known).findings == []
