"""Cells of tables of zones: small counts are never told, doubtful figures never taken."""

import numpy as np
import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.model import Indicator, Status
from cartoallier.model.finding import MASKED
from cartoallier.needs.checks import check_table, checked
from cartoallier.needs.codes import match_columns
from cartoallier.needs.headers import find_table
from cartoallier.needs.numbers import parse_cells
from cartoallier.needs.values import Extract
from cartoallier.needs.wide import values_of

SECRET = Indicator(
    id="foyers_x", label="", unit="foyers", kind="effectif", source="cnaf", codes=("X",),
    secret_below=11,
)  # fmt: skip
PUBLIC = Indicator(
    id="logements_y", label="", unit="logements", kind="effectif", source="cnaf", codes=("Y",)
)
CENSUS = Indicator(
    id="personnes_z", label="", unit="personnes", kind="effectif", source="rp", codes=("Z",)
)
EUROS = Indicator(
    id="mediane", label="", unit="€", kind="niveau", codes=("MED",), bounds=(10_000, 60_000)
)
RATE = Indicator(
    id="taux_pauvrete", label="", unit="%", kind="taux", codes=("T",), bounds=(5, 50), floor=5
)
KNOWN = {one.id: one for one in (SECRET, PUBLIC, CENSUS, EUROS, RATE)}
CODES = ("03001", "03185", "03190", "03310", "03321", "03095")


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


def table(header, *rows):
    lines = [["CODGEO", *header], *([code, *row] for code, row in zip(CODES, rows, strict=False))]
    found = find_table(lines, file="f.csv")
    assert found is not None
    return found[0]


def read(heading, *cells, known=KNOWN):
    """Return values, statuses and (line, value, what) said of one column."""
    one = table([heading], *([cell] for cell in cells))
    columns = match_columns(one.header, known.values())
    frame, findings = values_of(one, columns, blank=Status.ABSENT)
    found = Extract(values=frame, findings=findings)
    found = checked(found, indicators=known)
    told = [(f.line, f.value, f.what) for f in found.findings]
    return found.values["value"].tolist(), found.values["status"].tolist(), told


@pytest.mark.parametrize(
    "cell",
    ["<5", "< 11", "moins de 11", "Moins de 5", "<= 10", "≤ 10", "≤\u202f10", "inf. à 5",
     "inférieur à 5", "10 ou moins"],
)  # fmt: skip
def test_a_count_said_small_is_a_secret(cell):
    value, status = parse_cells([cell], blank=Status.ABSENT)
    assert np.isnan(value).all()
    assert status.tolist() == ["secret"]


@pytest.mark.parametrize("cell", ["moins de 20", "< 50", "moins de 5 ans", "moins de", "< 0", "<"])
def test_other_words_are_not(cell):
    """They head columns, or say nothing of a small count."""
    assert parse_cells([cell], blank=Status.ABSENT)[1].tolist() == ["illisible"]


def test_an_unreadable_small_count_is_not_shown():
    values, statuses, told = read("X", "4 familles", "12", "environ 3", "inconnu")
    assert np.isnan(values[0])
    assert statuses == ["non_disponible", "publie", "non_disponible", "non_disponible"]
    assert [value for _, value, _ in told] == [MASKED, MASKED, "inconnu"]
    assert [line for line, _, _ in told] == [2, 4, 5]
    assert read("Y", "4 immeubles")[2][0][1] == "4 immeubles"


def test_a_column_of_two_indicators_is_shown_by_neither():
    """The total is public, the difference is not: one cell, one masked finding."""
    total = Indicator(id="total", label="", unit="", kind="effectif", source="rp", codes=("A",))
    rest = Indicator(
        id="reste", label="", unit="", kind="effectif", source="rp", codes=("A - B",),
        secret_below=11,
    )  # fmt: skip
    one = table(["A", "B"], ["6 ménages", "2"], ["20", "1"])
    columns = match_columns(one.header, [total, rest])
    _, findings = values_of(one, columns, blank=Status.ABSENT)
    assert [f.value for f in findings] == [MASKED]


def test_negative_small_counts_are_not_shown():
    assert read("X", "-3", "-30", "20")[2] == [
        (2, f"03001\u00a0: {MASKED}", "effectif négatif"),
        (3, "03185\u00a0: -30", "effectif négatif"),
    ]
    assert read("Y", "-3", "20")[2] == [(2, "03001\u00a0: -3", "effectif négatif")]


def test_sums_do_not_tell_small_counts(indicators):
    """The total, or what is computed: either would."""
    head = ["C21_FAM", "C21_COUPAENF", "C21_FAMMONO", "C21_COUPSENF"]
    one = table(head, ["6", "1", "1", "1"], ["20", "3", "3", "3"], ["90", "10", "20", "30"])
    values = [f.value for f in check_table(one, indicators=indicators)]
    assert values == [
        f"03001\u00a0: {MASKED}",
        f"03185\u00a0: {MASKED}",
        "03190\u00a0: 90, calculé 60",
    ]
    shares = ["PPSOC21", "PPFAM21", "PPMINI21", "PPLOGT21"]
    (share,) = check_table(table(shares, ["5,2", "2", "2", "2"]), indicators=indicators)
    assert share.value == "03001\u00a0: 5,2, calculé 6"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0,155"], [15.5]),
        (["0,155", "0,2"], [15.5, 20]),
        (["0,155", "s", "0,05"], [15.5, None, 5]),
        (["0.155", "0.16", "0.17", "0.4"], [15.5, 16, 17, 40]),
    ],
)
def test_shares_of_a_few_rows_are_scaled(cells, values):
    found, statuses, told = read("T", *cells)
    assert [None if np.isnan(v) else pytest.approx(v) for v in found] == values
    assert "non_disponible" not in statuses
    assert told[0][2] == "pourcentage donné de 0 à 1"


@pytest.mark.parametrize(
    ("cells", "statuses"),
    [
        (["-3"], ["non_disponible"]),
        (["1"], ["non_disponible"]),
        (["0,155", "15,5"], ["non_disponible", "publie"]),
        (["-3", "15,5", "3,2", "5"], ["non_disponible", "publie", "sous_seuil", "sous_seuil"]),
        (["1,1", "0"], ["sous_seuil", "sous_seuil"]),
    ],
)
def test_an_impossible_rate_is_not_the_floor(cells, statuses):
    values, found, told = read("T", *cells)
    assert found == statuses
    lines = [line for line, _, what in told if what.startswith("taux impossible")]
    assert lines == [2] * found.count("non_disponible")
    assert [v for v, s in zip(values, found, strict=True) if s == "sous_seuil"] == [
        5.0
    ] * found.count("sous_seuil")


def test_the_floor_in_words():
    """« ≤ 5 » of a rate published down to 5 is that floor; of a count, a secret."""
    assert read("T", "≤ 5", "< 5", "< 11", "12")[:2] == (
        [5, 5, pytest.approx(float("nan"), nan_ok=True), 12],
        ["sous_seuil", "sous_seuil", "secret", "publie"],
    )
    assert read("X", "≤ 5")[1] == ["secret"]


def test_a_single_low_rate_is_said_in_the_singular():
    assert read("T", "3,2", "12")[2][0][1] == "1\u00a0valeur sous 5"


@pytest.mark.parametrize("heading", ["X", "Y", "Z", "MED"])
def test_dots_between_thousands(heading):
    values, statuses, told = read(heading, "30.512", "29.100", "s", "n.d.")
    assert values[:2] == [30_512, 29_100]
    assert statuses[2:] == ["secret", "non_disponible"]
    assert told == [(None, "2\u00a0cellules", "point lu comme séparateur de milliers")]


def test_dots_beside_bare_thousands():
    """Euros have no three decimals, whoever publishes them."""
    filosofi = {"m": Indicator(
        id="m", label="", unit="€", kind="niveau", source="filosofi", codes=("M",)
    )}  # fmt: skip
    assert read("M", "30.512", "21000", known=filosofi)[0] == [30_512, 21_000]


@pytest.mark.parametrize(
    ("heading", "cells", "first"),
    [
        ("Z", ["3.214", "12.5"], 3.214),
        ("Z", ["36.428", "1204"], 36.428),
        ("Z", ["0.512", "12.345"], 0.512),
        ("T", ["15.512", "29.100"], 15.512),
        ("MED", ["20512.345", "29.100"], 20_512.345),
    ],
)
def test_dots_that_are_decimals(heading, cells, first):
    values, _, told = read(heading, *cells)
    assert values[0] == pytest.approx(first)
    assert not [what for _, _, what in told if "milliers" in what]


def test_counts_that_are_not_whole():
    """Said once where the source counts wholes; the census does not."""
    found = read("X", "30,5", "29,25", "31")[2]
    assert found == [(None, "2\u00a0cellules", "effectif qui n'est pas un nombre entier")]
    assert read("Z", "30,5", "3.21")[2] == []


def test_identities_read_dots_alike(indicators):
    head = ["P21_POP", "P21_POPH", "P21_POPF"]
    one = table(head, ["30.512", "15.000", "15.512"], ["2.000", "1.000", "1.000"])
    assert check_table(one, indicators=indicators) == []
