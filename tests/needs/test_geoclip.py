"""Géoclip exports: titles, labels with a year, reasons of missing values in words."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book
from cartoallier.model import Indicator
from cartoallier.needs.geoclip import read_geoclip
from cartoallier.needs.values import Extract

INDICATORS = {
    "niveau_vie_median": Indicator(
        id="niveau_vie_median",
        label="Niveau de vie médian",
        unit="€",
        kind="niveau",
        source="filosofi",
        codes=("MED{aa}", "Médiane du niveau de vie"),
    ),
    "part_minima": Indicator(
        id="part_minima",
        label="Part des minima sociaux dans le revenu disponible",
        unit="%",
        kind="taux",
        source="filosofi",
    ),
}

COMMUNES = """\
Statistiques locales - Médiane du niveau de vie 2021 - Commune
Source : Insee-DGFIP-Cnaf-Cnav-Ccmsa, Fichier localisé social et fiscal
Code;Libellé;Médiane du niveau de vie 2021;Part des minima sociaux dans le revenu disponible (en %) 2021;Population municipale 2022
01001;L'Abergement-Clémenciat;25 430;1,2;832
03001;Abrest;N/A - résultat non disponible;N/A - secret statistique;3018
03190;Montluçon;18 620;N/A - division par 0;33189
75056;Paris;29730;;2113705
"""  # noqa: E501


def read(path: Path) -> Extract | None:
    return read_geoclip(read_book(path, file="besoin/geoclip.csv"), indicators=INDICATORS)


def written(tmp_path: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    path = tmp_path / "geoclip.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_export(tmp_path: Path, encoding: str, end: str) -> None:
    extract = read(written(tmp_path, COMMUNES.replace("\n", end), encoding))
    assert extract is not None
    median = extract.values[extract.values["indicator"] == "niveau_vie_median"]
    assert median["code"].tolist() == ["01001", "03001", "03190", "75056"]
    assert median["name"].tolist()[2] == "Montluçon"
    assert median["value"].fillna(-1).tolist() == [25430, -1, 18620, 29730]
    assert median["status"].tolist() == ["publie", "non_disponible", "publie", "publie"]
    assert set(median["vintage"]) == {"2021"}
    assert set(median["level"]) == {"commune"}
    assert median["line"].tolist() == [4, 5, 6, 7]
    assert set(median["column"]) == {"Médiane du niveau de vie 2021"}
    share = extract.values[extract.values["indicator"] == "part_minima"]
    assert share["status"].tolist() == [
        "publie",
        "secret",
        "non_disponible",
        "non_disponible",
    ]
    unknown = [f for f in extract.findings if "libellé" in f.what]
    assert [f.value for f in unknown] == ["«\u00a0Population municipale 2022\u00a0»"]
    assert extract.layout == "geoclip"
    assert extract.rows_read == 4


def test_several_years_of_one_indicator(tmp_path: Path) -> None:
    extract = read(
        written(
            tmp_path,
            "Titre\nSource\nCode;Libellé;NIVEAU DE VIE MEDIAN 2020;Niveau de vie médian 2021\n"
            "200071082;Montluçon Communauté;20000;20500\n",
        )
    )
    assert extract is not None
    assert extract.values["vintage"].tolist() == ["2020", "2021"]
    assert set(extract.values["level"]) == {"epci"}


def test_many_unknown_columns_are_counted(tmp_path: Path) -> None:
    names = ";".join(f"Chose {n} 2021" for n in range(15))
    cells = ";".join("1" for _ in range(15))
    extract = read(
        written(
            tmp_path,
            f"Titre\nSource\nCode;Libellé;Niveau de vie médian 2021;{names}\n03190;M;1;{cells}\n",
        )
    )
    assert extract is not None
    assert len(extract.findings) == 1
    assert extract.findings[0].value.endswith(" et 5\u00a0autres")


@pytest.mark.parametrize(
    "text",
    [
        "Code;Libellé;Niveau de vie médian 2021\n03190;Montluçon;18620\n",
        "Titre\nCODGEO;Libellé;Niveau de vie médian 2021\n03190;Montluçon;18620\n",
        "Titre\nCode;Libellé;Niveau de vie médian\n03190;Montluçon;18620\n",
        "Titre\nCode;Libellé;Autre chose 2021\n03190;Montluçon;18620\n",
        "Titre\nCode;Libellé;Niveau de vie médian 2021\nabc;Montluçon;18620\n",
        "Titre\n",
    ],
)
def test_what_is_not_one(tmp_path: Path, text: str) -> None:
    assert read(written(tmp_path, text)) is None


def test_text_in_a_number_is_found(tmp_path: Path) -> None:
    extract = read(written(tmp_path, COMMUNES.replace("18 620", "env. 18 000")))
    assert extract is not None
    found = [f for f in extract.findings if f.line]
    assert [(f.line, f.value) for f in found] == [(6, "env. 18 000")]


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Médiane du niveau de vie 2021", "niveau_vie_median"),
        ("Taux de pauvreté 2021", "taux_pauvrete"),
        ("Nb de ménages fiscaux 2021", "menages_fiscaux"),
        ("Part des minima sociaux dans le rev. disp. 2021", "ppmini"),
        ("Part des prestations familiales dans le rev. disp. 2021", "ppfam"),
        ("Part des impôts dans le rev. disp. 2021", "pimpot"),
        ("Rapport interdécile du niveau de vie (9e déc./1er déc.) 2021", "rd"),
        ("Part des familles monoparentales 2022", "part_familles_monoparentales"),
        ("Part des pers. âgées de 75 ans ou + 2022", "part_75_plus"),
    ],
)
def test_labels_of_real_exports_meet_the_catalogue(tmp_path: Path, label: str, key: str) -> None:
    text = f"Titre\nSource\nCode;Libellé;{label}\n03190;Montluçon;12\n"
    book = read_book(written(tmp_path, text), file="geoclip.csv")
    extract = read_geoclip(book, indicators=load_catalogue().indicators)
    assert extract is not None
    assert extract.values["indicator"].tolist() == [key]
    assert extract.findings == []


def test_every_indicator_of_the_words_is_in_the_catalogue() -> None:
    text = resources.files("cartoallier.needs").joinpath("geoclip.toml").read_text("utf-8")
    assert set(tomllib.loads(text)["libelles"]) <= set(load_catalogue().indicators)


CELLS = st.sampled_from(
    [
        *("Code", "Libellé", "Niveau de vie médian 2021", "niveau de vie median", "2021", "x" * 99),
        *("03190", "200071082", "03", "84", "France", "", " ", "12,5", "N/A - secret statistique"),
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grid=st.lists(st.lists(CELLS, max_size=6), max_size=10), head=st.booleans())
def test_nothing_but_a_source_error(grid: list[list[str]], head: bool) -> None:
    top = [["Titre"], ["Code", "Libellé", "Niveau de vie médian 2021"]] if head else []
    book = Book(file="f.csv", sheets={"": [*top, *grid]}, sha256="")
    try:
        extract = read_geoclip(book, indicators=INDICATORS)
    except SourceError:
        return
    assert extract is None or set(extract.values["status"]) <= {"publie", "secret"} | {
        "non_disponible"
    }
