"""CNAF files: rates of places, households by commune, counts by IRIS."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book
from cartoallier.model import Indicator
from cartoallier.needs.cnaf import read_cnaf
from cartoallier.needs.values import Extract


def indicator(key: str, *codes: str, unit: str = "foyers", kind: str = "effectif") -> Indicator:
    return Indicator(id=key, label=key, unit=unit, kind=kind, source="cnaf", codes=codes)


INDICATORS = {
    one.id: one
    for one in (
        indicator(
            "taux",
            "txcouv_epci",
            "txcouv_com",
            "txcouv_dep",
            "txcouv_nat",
            unit="places pour 100 enfants de moins de 3 ans",
            kind="taux",
        ),
        indicator("allocataires", "NB_Allocataires", "Nombre foyers NDUR"),
        indicator("rsa", "NB_allocataire_RSA", "ARSAS", "Nombre foyers RSA"),
        indicator("bas_revenus", "ALL_bas_revenu"),
    )
}

EPCI = """\
annee;numepci;nomepci;numdep;nomdep;txcouv_psu_col_epci;txcouv_hors_psu_col_epci;txcouv_eaje_epci;txcouv_prescol_epci;txcouv_am_ind_epci;txcouv_gad_ind_epci;txcouv_ind_epci;txcouv_epci
2023;200071082;MONTLUCON COMMUNAUTE;03;ALLIER;12.5;3.1;15.6;4;40.2;0.2;40.4;60
2022;200071082;MONTLUCON COMMUNAUTE;03;ALLIER;12.5;3.1;15.6;4;40.2;0.2;40.4;59.1
2023;200070555;CC DE LA VEYLE;01;AIN;6.2;0;6.2;1;74.2;0;74.2;160.5
2023;XX;;;;;;;;;;;195.8
"""

COMMUNES = """\
Communes;Codes_Insee;NB_Allocataires;ALL_PAJE;ALL_PRIM
ETRANGER;99999;1200;10;2
INCONNU;XXXXX;340;5;1
MONTLUCON;03185;9100;700;60
ABREST;03001;;;
ARFEUILLES;3010;61;12;
"""

IRIS = """\
CODGEO;NOTE;A;PERCOU;AI;AM;ENF;APPA;ARSAS
031850101;;812;1530;500;110;420;260;190
031850102;;40;90;20;6;12;;
"""


def read(path: Path) -> Extract | None:
    return read_cnaf(read_book(path, file=path.name), indicators=INDICATORS)


def written(tmp_path: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def whats(extract: Extract) -> list[str]:
    return [finding.what for finding in extract.findings]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_rates_of_places_by_epci(tmp_path: Path, encoding: str) -> None:
    extract = read(written(tmp_path, EPCI, encoding=encoding))
    assert extract is not None
    got = extract.values
    assert list(zip(got["code"], got["vintage"], got["value"], strict=True)) == [
        ("200071082", "2023", 60),
        ("200071082", "2022", 59.1),
        ("200070555", "2023", 160.5),
    ]
    assert set(got["level"]) == {"epci"}
    assert got["name"].tolist()[0] == "MONTLUCON COMMUNAUTE"
    assert got["line"].tolist() == [2, 3, 4]
    assert extract.dropped == {"zone inconnue (XX)": 1}
    assert extract.rows_read == 4
    assert extract.findings == []
    assert extract.layout == "cnaf"


def test_the_nation_has_no_code(tmp_path: Path) -> None:
    extract = read(
        written(tmp_path, "annee;txcouv_nat\n2022-12-31;59.5\n2023-12-31T00:00:00;60.9\n")
    )
    assert extract is not None
    got = extract.values
    assert got["level"].tolist() == ["france", "france"]
    assert dict(zip(got["vintage"], got["value"], strict=True)) == {"2022": 59.5, "2023": 60.9}


def test_communes_are_the_large_ones(tmp_path: Path) -> None:
    extract = read(
        written(tmp_path, "annee;numcom;nomcom;numdep;txcouv_com\n2023;03185;MONTLUCON;03;55.2\n")
    )
    assert extract is not None
    assert extract.values["level"].tolist() == ["commune"]
    assert whats(extract) == ["publié pour les seules communes de plus de 10 000 habitants"]


def test_households_by_commune(tmp_path: Path) -> None:
    extract = read(written(tmp_path, COMMUNES, "PAJECom2013.csv"))
    assert extract is not None
    got = extract.values
    assert list(zip(got["code"], got["status"], strict=True)) == [
        ("03185", "publie"),
        ("03001", "non_disponible"),
        ("03010", "publie"),
    ]
    assert set(got["vintage"]) == {"2013"}
    assert got["name"].tolist() == ["MONTLUCON", "ABREST", "ARFEUILLES"]
    assert got["line"].tolist() == [4, 5, 6]
    assert extract.dropped == {
        "résidence à l'étranger (99999)": 1,
        "zone inconnue (XX)": 1,
    }
    assert whats(extract) == [
        "les allocataires de la MSA ne sont pas comptés",
        "secret statistique (moins de 5, ou déductible) ou valeur manquante",
    ]
    assert extract.findings[1].value == "1\u00a0cellule vide"


def test_the_last_month_of_a_year(tmp_path: Path) -> None:
    extract = read(
        written(
            tmp_path,
            "Date référence;Numéro commune;Nom commune;Nombre foyers NDUR;Nombre foyers RSA\n"
            "2023-06-01;03185;MONTLUCON;9000;2000\n"
            "2023-12-01;03185;MONTLUCON;9100;2100\n"
            "2022-12-01;03185;MONTLUCON;8900;1900\n",
        )
    )
    assert extract is not None
    rsa = extract.values[extract.values["indicator"] == "rsa"]
    assert dict(zip(rsa["vintage"], rsa["value"], strict=True)) == {"2023": 2100, "2022": 1900}
    assert extract.dropped == {"mois antérieur de la même année": 1}


def test_french_dates_and_no_date(tmp_path: Path) -> None:
    extract = read(
        written(
            tmp_path,
            "annee;numepci;txcouv_epci\n31/12/2023;200071082;60\n;200070555;61\n2023.0;200070464;62\n",
        )
    )
    assert extract is not None
    assert extract.values["vintage"].tolist() == ["2023", "2023"]
    assert extract.dropped == {"année illisible": 1}


def test_counts_by_iris(tmp_path: Path) -> None:
    extract = read(written(tmp_path, IRIS, "data_CAF_2020_IRIS.csv"))
    assert extract is not None
    got = extract.values
    assert set(got["level"]) == {"iris"}
    assert got["code"].tolist() == ["031850101", "031850102"]
    assert got["value"].tolist()[0] == 190
    assert got["status"].tolist() == ["publie", "non_disponible"]
    assert set(got["vintage"]) == {"2020"}


@pytest.mark.parametrize(
    "text",
    [
        "CODGEO;TP6021\n03190;24\n",
        "Code;Libellé;Niveau de vie médian 2021\n03190;Montluçon;18620\n",
        "annee;numepci;txcouv_prescol_epci\n2023;200071082;4\n",
        "CODGEO;percou_total;A\n031850101;1;2\n",
        "annee;numepci;txcouv_epci\n2023;abc;4\n",
    ],
)
def test_what_is_not_one(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "annee;nomepci;numdep;txcouv_epci\n2023;MONTLUCON;03;60\n",
        "Communes;NB_Allocataires;ALL_PAJE\nMONTLUCON;9100;700\n",
    ],
)
def test_without_codes_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="sans colonne de codes"):
        read(written(tmp_path, text))


def test_text_in_numbers_and_repeated_zones(tmp_path: Path) -> None:
    extract = read(
        written(
            tmp_path,
            "annee;numepci;txcouv_epci\n2023;200071082;beaucoup\n2023;200070555;60\n"
            "2023;200070555;61\n",
        )
    )
    assert extract is not None
    assert extract.values["status"].tolist() == ["non_disponible"]
    assert len(extract.findings) == 3


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (EPCI, {"taux_couverture_jeune_enfant", "taux_couverture_eaje"}),
        (COMMUNES, {"allocataires"}),
        (IRIS, {"foyers_rsa", "foyers_prime_activite"}),
    ],
)
def test_the_catalogue_meets_them(tmp_path: Path, text: str, ids: set[str]) -> None:
    book = read_book(written(tmp_path, text), file="cnaf.csv")
    extract = read_cnaf(book, indicators=load_catalogue().indicators)
    assert extract is not None
    assert ids <= set(extract.values["indicator"])


CELLS = st.sampled_from(
    [
        *("annee", "numepci", "txcouv_epci", "txcouv_nat", "Codes_Insee", "NB_Allocataires"),
        *("CODGEO", "PERCOU", "ARSAS", "Date référence", "2023", "2023-12-01", "XX", "99999"),
        *("200071082", "03185", "03", "", " ", "12,5", "s", "031850101", "é"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(grid=st.lists(st.lists(CELLS, max_size=7), max_size=10))
def test_nothing_but_a_source_error(grid: list[list[str]]) -> None:
    before = [list(row) for row in grid]
    book = Book(file="f.csv", sheets={"": grid}, sha256="")
    with contextlib.suppress(SourceError):
        read_cnaf(book, indicators=INDICATORS)
    assert grid == before


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.lists(CELLS, max_size=5), max_size=10), which=st.integers(0, 3))
def test_nothing_but_a_source_error_under_a_header(rows: list[list[str]], which: int) -> None:
    head = [EPCI, COMMUNES, IRIS, "annee;txcouv_nat\n"][which].split("\n")[0].split(";")
    book = Book(file="f.csv", sheets={"": [head, *rows]}, sha256="")
    with contextlib.suppress(SourceError):
        read_cnaf(book, indicators=INDICATORS)
