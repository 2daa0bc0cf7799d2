"""DREES workbooks of local potential accessibility (APL)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book
from cartoallier.model import Indicator
from cartoallier.needs.drees import PROFESSIONS, read_drees
from cartoallier.needs.values import Extract

Cells = list[list[object]]

NURSES: list[object] = [
    "Code commune INSEE",
    "Commune",
    "APL aux infirmières",
    "APL aux infirmières de 65 ans et moins",
    "Population standardisée 2021 pour les infirmières",
    "Population totale 2021",
]
DOCTORS: list[object] = [
    "Code commune INSEE",
    "Commune",
    "APL aux médecins généralistes",
    "APL aux médecins généralistes de 65 ans ou moins",
    "APL aux médecins généralistes de 62 ans ou moins",
    "Population standardisée 2022 pour la médecine générale",
    "Population totale 2022",
]
MIDWIVES: list[object] = [
    "Code commune INSEE",
    "Commune",
    "APL aux sages-femmes",
    "Population féminine standardisée 2022 pour les sages-femmes",
    "Population totale 2022",
    "Population féminine 2022",
]
UNITS: list[object] = [None, None, "En équivalents temps plein pour 100 000 habitants", None, None]


def indicators() -> dict[str, Indicator]:
    ids = [f"{stem}_{who}" for who in PROFESSIONS for stem in ("apl", "pop_standardisee")]
    return {
        key: Indicator(id=key, label=key, unit="ETP", kind="taux", source="drees", codes=(key,))
        for key in [*ids, "apl_generalistes_65", "pop_totale"]
    }


INDICATORS = indicators()


def sheet(header: list[object], *rows: list[object], year: str = "2023") -> Cells:
    """Eight rows of titles and notes, the header in row 9, units in row 10."""
    return [
        [f"Indicateur d'accessibilité potentielle localisée (APL) {year}"],
        [],
        [f"Millésime : {year}"],
        ["Sources : SNDS ; Insee, population municipale."],
        ["Champ : France entière hors Mayotte."],
        ["Lecture : la commune 01001 a une accessibilité de 80 ETP."],
        ["Note : pondérer par la population standardisée pour agréger."],
        [],
        header,
        UNITS,
        *rows,
    ]


def written(tmp_path: Path, sheets: dict[str, Cells], name: str = "APL 2023.xlsx") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    path = tmp_path / name
    book.save(path)
    return path


def read(path: Path) -> Extract | None:
    return read_drees(read_book(path, file=path.name), indicators=INDICATORS)


def values(extract: Extract | None, key: str) -> list[tuple[str, str, str, float]]:
    assert extract is not None
    got = extract.values[extract.values["indicator"] == key]
    return list(zip(got["level"], got["code"], got["vintage"], got["value"], strict=True))


def test_nurses_over_two_years(tmp_path: Path) -> None:
    parameters: Cells = [["Paramètres de l'APL"], ["Tranche d'âge", "Poids"], ["90+", 15.11]]
    path = written(
        tmp_path,
        {
            "Paramètres": parameters,
            "APL 2022": sheet(
                NURSES, ["03185", "Montluçon", 120.5, 110.1, 41000.7, 33000.0], year="2022"
            ),
            "APL 2023": sheet(
                NURSES,
                ["03185", "Montluçon", 125.5, 112.1, 41500.2, 32900],
                ["01001", "L'Abergement-Clémenciat", None, None, 900.4, 832],
                ["75101", "Paris 1er Arrondissement", 90.0, 88.0, 15000, 16000],
                ["2A004", "Ajaccio", 200, 190, 70000, 71000],
                ["Source : DREES"],
            ),
        },
    )
    extract = read(path)
    assert extract is not None
    assert values(extract, "apl_infirmieres")[:2] == [
        ("commune", "03185", "2022", 120.5),
        ("commune", "03185", "2023", 125.5),
    ]
    assert values(extract, "pop_standardisee_infirmieres")[-1] == (
        "commune",
        "2A004",
        "2023",
        70000,
    )
    levels = dict(zip(extract.values["code"], extract.values["level"], strict=True))
    assert levels == {"03185": "commune", "01001": "commune", "2A004": "commune", "75101": "arm"}
    missing = extract.values[extract.values["status"] != "publie"]
    assert missing["status"].tolist() == ["non_disponible"]
    assert missing["code"].tolist() == ["01001"]
    first = extract.values.iloc[0]
    assert (first["name"], first["line"], first["sheet"]) == ("Montluçon", 11, "APL 2022")
    assert extract.layout == "drees"
    assert extract.findings == []
    assert extract.dropped == {"sans code de zone (notes, totaux, unités)": 3}


def test_columns_of_doctors_and_midwives(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "APL 2024": sheet(DOCTORS, ["03185", "Montluçon", 3.2, 3.0, 2.8, 35000, 33000]),
            "APL SF 2024": sheet(MIDWIVES, ["03185", "Montluçon", 20.5, 9000, 33000, 17000]),
        },
    )
    extract = read(path)
    assert values(extract, "apl_generalistes") == [("commune", "03185", "2024", 3.2)]
    assert values(extract, "apl_generalistes_65") == [("commune", "03185", "2024", 3.0)]
    assert values(extract, "pop_standardisee_generalistes")[0][3] == 35000
    assert values(extract, "apl_sages_femmes")[0][3] == 20.5
    assert values(extract, "pop_standardisee_sages_femmes")[0][3] == 9000


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("chirurgiens-dentistes", "dentistes"),
        ("masseurs-kinésithérapeutes", "kinesitherapeutes"),
        ("kinésithérapeutes", "kinesitherapeutes"),
        ("infirmiers et infirmières", "infirmieres"),
    ],
)
def test_every_profession(tmp_path: Path, words: str, who: str) -> None:
    header: list[object] = ["Code commune INSEE", "Commune", f"APL aux {words}"]
    extract = read(written(tmp_path, {"APL 2023": sheet(header, ["03185", "Montluçon", 9.5])}))
    assert values(extract, f"apl_{who}") == [("commune", "03185", "2023", 9.5)]
    assert extract is not None
    assert [f.what for f in extract.findings] == ["pas de population standardisée dans la feuille"]


def test_the_profession_in_the_title_only(tmp_path: Path) -> None:
    header: list[object] = ["Code commune", "Commune", "APL", "Population standardisée"]
    rows = sheet(header, ["3185", "Montluçon", 9.5, 100])
    path = written(tmp_path, {"APL 2023": rows}, name="Indicateur APL aux sages-femmes.xlsx")
    assert values(read(path), "apl_sages_femmes") == [("commune", "03185", "2023", 9.5)]
    path = written(tmp_path, {"APL 2023": rows}, name="indicateur.xlsx")
    with pytest.raises(SourceError, match="profession"):
        read(path)


def test_the_year_in_the_title_only(tmp_path: Path) -> None:
    path = written(
        tmp_path, {"Feuil1": sheet(NURSES, ["03185", "Montluçon", 9, 9, 9, 9], year="2019")}
    )
    assert values(read(path), "apl_infirmieres")[0][2] == "2019"


def test_an_apl_sheet_without_its_columns_is_found(tmp_path: Path) -> None:
    good = sheet(NURSES, ["03185", "Montluçon", 9, 9, 9, 9])
    path = written(tmp_path, {"APL 2022": [["vide"]], "APL 2023": good})
    extract = read(path)
    assert extract is not None
    assert [(f.column, f.what) for f in extract.findings] == [
        ("APL 2022", "feuille annoncée comme une APL, sans colonne de code de commune et d'APL")
    ]


def test_text_in_numbers_is_found(tmp_path: Path) -> None:
    path = written(
        tmp_path, {"APL 2023": sheet(NURSES, ["03185", "Montluçon", "beaucoup", 9, 9, 9])}
    )
    extract = read(path)
    assert extract is not None
    assert [(f.line, f.value) for f in extract.findings] == [(11, "beaucoup")]


def test_what_is_not_one(tmp_path: Path) -> None:
    insee: Cells = [["CODGEO", "LIBGEO", "TP6021"], ["03185", "Montluçon", 24]]
    assert read(written(tmp_path, {"COM": insee})) is None
    empty = sheet(NURSES)
    assert read(written(tmp_path, {"APL 2023": empty})) is None


def test_a_truncated_workbook(tmp_path: Path) -> None:
    path = written(tmp_path, {"APL 2023": sheet(NURSES, ["03185", "Montluçon", 9, 9, 9, 9])})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceError):
        read(path)


def test_the_catalogue_meets_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "APL 2022": sheet(DOCTORS, ["03185", "Montluçon", 3.2, 3.0, 2.8, 35000, 33000]),
            "APL 2023": sheet(NURSES, ["03185", "Montluçon", 120, 110, 41000, 33000]),
        },
    )
    extract = read_drees(read_book(path, file=path.name), indicators=load_catalogue().indicators)
    assert extract is not None
    assert set(extract.values["indicator"]) == {
        "apl_generalistes",
        "pop_standardisee_generalistes",
        "apl_infirmieres",
        "pop_standardisee_infirmieres",
    }


CELLS = st.sampled_from(
    [
        *("Code commune INSEE", "Commune", "APL aux infirmières", "APL", "APL 2023", "2023"),
        *("Population standardisée 2021", "Population totale", "Millésime : 2023", "03185", "3185"),
        *("75101", "", " ", "12,5", "s", "sages-femmes", "infirmières et dentistes"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    grid=st.lists(st.lists(CELLS, max_size=6), max_size=12),
    title=st.sampled_from(["", "APL 2023", "Paramètres"]),
    head=st.booleans(),
)
def test_nothing_but_a_source_error(grid: list[list[str]], title: str, head: bool) -> None:
    top = [["Titre"], [str(cell) for cell in NURSES]] if head else []
    book = Book(file="f.xlsx", sheets={title: [*top, *grid]}, sha256="")
    with contextlib.suppress(SourceError):
        read_drees(book, indicators=INDICATORS)
