"""Panorama workbooks, whose layout nobody knows: headers found, columns said or sure."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book
from cartoallier.needs.panorama import proposed_mapping, read_mapping, read_panorama
from cartoallier.needs.sheets import open_sheet
from cartoallier.needs.values import Extract
from cartoallier.project.create import panorama_template

INDICATORS = load_catalogue().indicators

EPCI = [
    ("200071363", "CA Vichy Communauté", 0.17, 0.28, 20500),
    ("200071082", "CA Montluçon Communauté", 0.18, 0.30, 19900),
    ("200071140", "CA Moulins Communauté", 0.16, 0.29, 20700),
    ("240300616", "CC du Pays d’Huriel", "s", "nd", 20000),
]


@pytest.fixture
def workbook(tmp_path: Path) -> Book:
    """Title rows, merged groups, units, a national row, notes; a sheet of one profile."""
    made = openpyxl.Workbook()
    made.active.title = "Lisez-moi"
    made.active.append(["Panorama territorial de la pauvreté"])
    sheet = made.create_sheet("Pauvreté")
    sheet.append(["Panorama territorial de la pauvreté – Allier"])
    sheet.append(["Source : INSEE, Filosofi 2020"])
    sheet.append([])
    sheet.append(
        ["Code EPCI", "Nom de l'EPCI", "Taux de pauvreté", None, "Niveau de vie médian 2020"]
    )
    sheet.append([None, None, "Ensemble", "Moins de 30 ans", None])
    sheet.append([None, None, "%", "%", "€"])
    for cells in ("A4:A5", "B4:B5", "C4:D4", "E4:E5"):
        sheet.merge_cells(cells)
    sheet.append(["FR", "France", 0.144, 0.2, 22400])
    for row in EPCI:
        sheet.append([int(row[0]), *row[1:]])
    sheet.append([])
    sheet.append(["s : secret statistique"])
    sheet = made.create_sheet("Jeunes")
    neet = "Part des 15-24 ans ni en emploi ni scolarisés"
    years = [f"{neet} (2013)", f"{neet} (2018)"]
    sheet.append(["Code dép.", "SIREN", "EPCI", *years, "Taux de pauvreté"])
    for code, name, *_ in EPCI:
        sheet.append(["03", code, name, 16.5, 17.5, 28.1])
    path = tmp_path / "panorama.xlsx"
    made.save(path)
    return read_book(path, file="besoin/panorama.xlsx")


def said(book: Book, text: str, folder: Path, *, vintage: str = "") -> Extract:
    path = folder / "panorama.toml"
    path.write_text(text, encoding="utf-8")
    mapping = read_mapping(path, file="besoin/panorama.toml", indicators=INDICATORS)
    extract = read_panorama(book, indicators=INDICATORS, mapping=mapping, vintage=vintage)
    assert extract is not None
    return extract


def sheet_of(*rows: Sequence[str], name: str = "EPCI") -> Book:
    return Book(file="panorama.xlsx", sheets={name: [list(row) for row in rows]}, sha256="")


def titles(*rows: Sequence[str]) -> tuple[str, ...]:
    grid = [list(row) for row in rows]
    found = open_sheet(
        [*grid, *([code, name, "1", "2", "3", "4"] for code, name, *_ in EPCI)], file="a.xlsx"
    )
    assert found is not None
    return found[0].header


def test_only_columns_that_are_sure_are_read(workbook: Book) -> None:
    extract = read_panorama(workbook, indicators=INDICATORS)
    assert extract is not None
    values = extract.values
    read = values.groupby(["indicator", "vintage", "sheet"]).size().to_dict()
    assert read == {
        ("niveau_vie_median", "2020", "Pauvreté"): 4,
        ("part_neet_15_24", "2013", "Jeunes"): 4,
        ("part_neet_15_24", "2018", "Jeunes"): 4,
    }
    assert list(values["code"][:4]) == [row[0] for row in EPCI]
    assert list(values["name"][:4]) == [row[1] for row in EPCI]
    assert list(values["line"][:4]) == [8, 9, 10, 11]
    assert set(values["level"]) == {"epci"}
    assert set(values["source"]) == {extract.layout} == {"panorama"}
    told = {f.column: f.value for f in extract.findings if "sûr" in f.what}
    assert told == {
        "Pauvreté!Taux de pauvreté – Ensemble": "taux_pauvrete",
        "Pauvreté!Taux de pauvreté – Moins de 30 ans": "taux_pauvrete_moins_30",
        "Jeunes!Taux de pauvreté": "taux_pauvrete",  # that of young people, not of everybody
    }


def test_the_correspondence_says_the_columns(workbook: Book, tmp_path: Path) -> None:
    extract = said(
        workbook,
        """
[[colonne]]
feuille = "pauvreté"
titre = "Ensemble"
indicateur = "taux_pauvrete"
millesime = "2020"
echelle = 100
[[colonne]]
feuille = "Jeunes"
titre = "taux de pauvrete"
indicateur = "taux_pauvrete_moins_30"
[[colonne]]
motif = 'ni scolarisés \\((?P<annee>20\\d\\d)'
indicateur = "part_neet_15_24"
""",
        tmp_path,
        vintage="2021",
    )
    values = extract.values.set_index(["indicator", "vintage", "code"])
    assert values.at[("taux_pauvrete", "2020", "200071363"), "value"] == 17
    assert values.at[("taux_pauvrete", "2020", "240300616"), "status"] == "secret"
    assert values.at[("taux_pauvrete_moins_30", "2021", "240300616"), "value"] == 28.1
    assert values.at[("part_neet_15_24", "2013", "240300616"), "value"] == 16.5
    assert len(values) == 16
    assert extract.findings == []


def test_one_row_per_zone_and_profile(tmp_path: Path) -> None:
    profiles = ("Ensemble", "Retraités", "Jeunes")
    book = sheet_of(
        ["Code EPCI", "Profil", "Taux de pauvreté"],
        *([code, who, f"{10 + rank}"] for code, *_ in EPCI for rank, who in enumerate(profiles)),
    )
    block = '[[colonne]]\ntitre = "Taux de pauvreté"\nmillesime = "2020"\n'
    text = f'{block}indicateur = "taux_pauvrete"\nlignes = {{ Profil = "Ensemble" }}\n'
    text += f'{block}indicateur = "taux_pauvrete_pensions"\nlignes = {{ profil = "RETRAITES" }}\n'
    extract = said(book, text, tmp_path)
    assert extract.values.groupby("indicator")["value"].agg(["size", "max"]).to_dict() == {
        "size": {"taux_pauvrete": 4, "taux_pauvrete_pensions": 4},
        "max": {"taux_pauvrete": 10.0, "taux_pauvrete_pensions": 11.0},
    }
    assert list(extract.values["line"][:4]) == [2, 5, 8, 11]
    assert extract.findings == []
    for wrong, near in (('{ Profl = "Jeunes" }', "Profil"), ('{ Profil = "Jeune" }', "Jeunes")):
        with pytest.raises(SourceError, match=near):
            said(book, f'{block}indicateur = "d1"\nlignes = {wrong}\n', tmp_path)


def test_a_scale_that_is_said_is_not_guessed_again(tmp_path: Path) -> None:
    book = sheet_of(["Code EPCI", "p"], *([code, "0.125"] for code, *_ in EPCI))
    text = '[[colonne]]\ntitre = "p"\nindicateur = "taux_pauvrete"\nmillesime = "2020"\n'
    assert set(said(book, text, tmp_path).values["value"]) == {12.5}  # guessed, and found
    extract = said(book, text + "echelle = 1\n", tmp_path)
    assert extract.values["value"].isna().all()  # no poverty rate is of 0,125 %
    assert set(said(book, text + "echelle = 100\n", tmp_path).values["value"]) == {12.5}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [["Code EPCI", "EPCI", "a", "b"]],
            ("Code EPCI", "EPCI", "a", "b"),
        ),
        (
            [["", "", "G", "", "H"], ["Code", "Nom", "a", "b", "c"]],
            ("Code", "Nom", "G – a", "G – b", "H – c"),
        ),
        (
            [["", "", "Tout"], ["", "", "G", "", "H"], ["Code", "Nom", "a", "b", "a"]],
            ("Code", "Nom", "Tout – G – a", "Tout – G – b", "Tout – H – a"),
        ),
        (
            [["Code", "Nom", "Population", "RSA", ""], ["", "", "", "Nombre", "%"]],
            ("Code", "Nom", "Population", "RSA – Nombre", "RSA – %"),
        ),
        (
            [["Titre du classeur"], ["Source : INSEE", "2020", "x"], ["Code", "Nom", "a", "a"]],
            ("Code", "Nom", "a", "a (colonne D)"),
        ),
        (
            [["Territoire", "", "G"], ["Code", "Nom", "2018", "2021"]],
            ("Territoire – Code", "Territoire – Nom", "G – 2018", "G – 2021"),
        ),
        (
            [["Code géographique", "Libellé", "Taux de pauvreté"], ["CODGEO", "LIBGEO", "TP6020"]],
            ("CODGEO", "LIBGEO", "TP6020"),
        ),
        (
            [["Code", "Nom", "a", "b"], ["France", "", "12,5", "3"], []],
            ("Code", "Nom", "a", "b"),
        ),
        (
            [["", "Intercommunalité", "a", "b"]],  # no heading at all above EPCI numbers
            ("code", "Intercommunalité", "a", "b"),
        ),
    ],
)
def test_rows_of_headers_are_joined(rows: list[list[str]], expected: tuple[str, ...]) -> None:
    assert titles(*rows) == expected


def test_labels_above_variable_names_are_known_too(tmp_path: Path) -> None:
    book = sheet_of(
        ["Code géographique", "Libellé", "Niveau de vie médian", "Autre chose"],
        ["CODGEO", "LIBGEO", "V_12", "TP6020"],
        *([code, name, "20000", "17"] for code, name, *_ in EPCI),
    )
    extract = read_panorama(book, indicators=INDICATORS, vintage="2019")
    assert extract is not None
    assert extract.values.groupby(["indicator", "vintage"]).size().to_dict() == {
        ("niveau_vie_median", "2019"): 4,
        ("taux_pauvrete", "2020"): 4,
    }
    text = '[[colonne]]\ntitre = "Autre chose"\nindicateur = "taux_pauvrete"\n'
    assert len(said(book, text, tmp_path).values) == 4


def test_of_several_columns_of_codes_the_finest_is_read() -> None:
    book = sheet_of(
        ["Code département", "Code EPCI", "Code commune", "Code postal", "Niveau de vie médian"],
        ["03", "200071363", "03001", "03200", "20000"],
        ["03", "200071363", "03002", "03210", "21000"],
        ["03", "200071082", "03185", "03100", "19000"],
        name="2020",
    )
    extract = read_panorama(book, indicators=INDICATORS)
    assert extract is not None
    assert list(extract.values["code"]) == ["03001", "03002", "03185"]
    assert set(extract.values["vintage"]) == {"2020"}  # that of the sheet
    assert [f.what for f in extract.findings] == []


def test_zones_named_without_codes_are_asked_for() -> None:
    named = [["EPCI", "Taux de pauvreté"], *([name, "17"] for _, name, *_ in EPCI)]
    with pytest.raises(SourceError, match="sans code") as caught:
        read_panorama(sheet_of(*named), indicators=INDICATORS)
    assert "SIREN" in str(caught.value)
    both = sheet_of(["Code EPCI", "Niveau de vie médian"], *([c, "20000"] for c, *_ in EPCI))
    both.sheets["Noms"] = named
    extract = read_panorama(both, indicators=INDICATORS)
    assert extract is not None
    assert [f.column for f in extract.findings if "sans code" in f.what] == ["Noms"]


def test_no_known_column_lists_them_with_the_nearest() -> None:
    book = sheet_of(["Code EPCI", "Taux de pauvrete monetaire", "zzz"],
                    *([code, "17", "3"] for code, *_ in EPCI))  # fmt: skip
    with pytest.raises(SourceError) as caught:
        read_panorama(book, indicators=INDICATORS)
    for word in ("taux_pauvrete", "«\u00a0zzz\u00a0»", "correspondance", "2 colonnes"):
        assert word in str(caught.value)


def test_a_workbook_without_zones_is_left_to_others() -> None:
    assert read_panorama(sheet_of(["a", "b"], ["1", "2"]), indicators=INDICATORS) is None
    assert read_panorama(sheet_of(), indicators=INDICATORS) is None


def test_two_tables_in_a_sheet_are_refused() -> None:
    rows = [["Code EPCI", "Niveau de vie médian"], *([code, "1"] for code, *_ in EPCI)]
    book = sheet_of(*rows, [], ["Code EPCI", "Taux de pauvreté"], ["200071363", "12"])
    with pytest.raises(SourceError, match="deux en-têtes"):
        read_panorama(book, indicators=INDICATORS)


def test_sheets_that_disagree_are_refused_unless_one_is_chosen(tmp_path: Path) -> None:
    rows = [["Code EPCI", "Niveau de vie médian"], *([code, "20000"] for code, *_ in EPCI)]
    book = sheet_of(*rows, name="A")
    book.sheets["B"] = [*rows[:-1], [rows[-1][0], "21000"]]
    with pytest.raises(SourceError, match="deux fois, différemment"):
        read_panorama(book, indicators=INDICATORS)
    text = '[[colonne]]\nfeuille = "B"\ntitre = "Niveau de vie médian"\n'
    extract = said(book, f'{text}indicateur = "niveau_vie_median"\n', tmp_path)
    assert extract.values["value"].max() == 21000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["aucun bloc"]),
        ("[[colonne\n", ["ligne 1", "écriture incorrecte"]),
        ("colonne = 3", ["[[colonne]]"]),
        ("x = 3", ["« x »", "inconnue"]),
        ("code = 3\n[[colonne]]\n", ["« code »", "guillemets"]),
        ('[[colonne]]\ntitr = "a"\n', ["colonne[1].titr", "titre"]),
        ("[[colonne]]\ntitre = 3\n", ["colonne[1].titre", "guillemets"]),
        ('[[colonne]]\nindicateur = "d1"\n', ["colonne[1].titre", "motif"]),
        ('[[colonne]]\ntitre = "a"\nmotif = "a"\nindicateur = "d1"\n', ["l'un des deux"]),
        ('[[colonne]]\ntitre = "a"\n', ["colonne[1].indicateur", "obligatoire"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "taux_pauvrte"\n', ["taux_pauvrete"]),
        ('[[colonne]]\nmotif = "("\nindicateur = "d1"\n', ["colonne[1].motif", "expression"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "d1"\nmillesime = "20"\n', ["millesime"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "d1"\nechelle = 0\n', ["echelle"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "d1"\nechelle = inf\n', ["echelle"]),
        (f'[[colonne]]\ntitre = "a"\nindicateur = "d1"\nechelle = 1{"0" * 400}\n', ["echelle"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "d1"\nechelle = "x"\n', ["echelle"]),
        ('[[colonne]]\ntitre = "a"\nindicateur = "d1"\nlignes = "x"\n', ["lignes"]),
        ("a = " + "[" * 3000, ["panorama.toml"]),
    ],
)
def test_a_wrong_correspondence_says_where_and_what(
    text: str, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "panorama.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_mapping(path, file="besoin/panorama.toml", indicators=INDICATORS)
    for word in ["besoin/panorama.toml", *words]:
        assert word in str(caught.value)


def test_an_unreadable_correspondence_is_explained(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="ouverte"):
        read_mapping(tmp_path / "absent.toml", file="absent.toml", indicators=INDICATORS)
    (tmp_path / "a.toml").write_bytes("# é".encode("latin-1"))
    with pytest.raises(SourceError, match="UTF-8"):
        read_mapping(tmp_path / "a.toml", file="a.toml", indicators=INDICATORS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('titre = "Ensembl"\nindicateur = "d1"', ["titre", "Taux de pauvreté – Ensemble"]),
        ('feuille = "Pauvrete"\ntitre = "a"\nindicateur = "d1"', ["feuille", "Pauvreté"]),
        ('feuille = "Lisez-moi"\ntitre = "a"\nindicateur = "d1"', ["feuille", "codes"]),
        ('motif = "zzz"\nindicateur = "d1"', ["motif", "aucune colonne"]),
        ('motif = "scolarisés"\nindicateur = "d1"', ["motif", "plusieurs colonnes", "(2013)"]),
        (
            'titre = "Ensemble"\nindicateur = "d1"\n[[colonne]]\n'
            'titre = "Moins de 30 ans"\nindicateur = "d1"',
            ["colonne[2].indicateur", "déjà donné"],
        ),
        (
            'titre = "Ensemble"\nindicateur = "d1"\n[[colonne]]\n'
            'titre = "Ensemble"\nindicateur = "d2"',
            ["colonne[2].titre", "déjà donnée", "d1"],
        ),
    ],
)
def test_what_the_workbook_does_not_hold_is_an_error(
    workbook: Book, tmp_path: Path, text: str, words: list[str]
) -> None:
    with pytest.raises(SourceError) as caught:
        said(workbook, f"[[colonne]]\n{text}\n", tmp_path)
    for word in ["besoin/panorama.toml", *words]:
        assert word in str(caught.value)


def test_a_wrong_heading_of_codes_is_an_error(workbook: Book, tmp_path: Path) -> None:
    text = 'code = "Identifiant"\n[[colonne]]\ntitre = "Ensemble"\nindicateur = "d1"\n'
    with pytest.raises(SourceError, match="Identifiant"):
        said(workbook, text, tmp_path)


def test_the_proposal_reads_as_it_is_and_once_uncommented(workbook: Book, tmp_path: Path) -> None:
    text = proposed_mapping(workbook, INDICATORS)
    sure = said(workbook, text, tmp_path).values
    alone = read_panorama(workbook, indicators=INDICATORS)
    assert alone is not None
    assert sure.equals(alone.values)
    live = "\n".join(
        line.removeprefix("# ") if "=" in line or "[[" in line else line
        for line in text.splitlines()
    )
    (jeunes,) = [part for part in live.split("\n\n") if '"Jeunes"\ntitre = "Taux' in part]
    live = live.replace(jeunes, jeunes.replace('"taux_pauvrete"', '"taux_pauvrete_moins_30"'))
    live = live.replace('ans"\nindicateur = "taux_pauvrete_moins_30"', 'ans"\nindicateur = "d1"')
    assert len(said(workbook, live, tmp_path, vintage="2020").values) == 24


def test_the_template_is_valid_once_uncommented(tmp_path: Path) -> None:
    text = panorama_template()
    assert tomllib.loads(text) == {}
    head = text[: text.index("# Indicateurs connus")]
    live = "\n".join(
        line.removeprefix("# ")
        for line in head.splitlines()
        if "[[" in line or line.startswith(("# code", *(f"# {key} =" for key in KEYS)))
    )
    path = tmp_path / "panorama.toml"
    path.write_text(live, encoding="utf-8")
    mapping = read_mapping(path, file="panorama.toml", indicators=INDICATORS)
    assert mapping.key == "Code EPCI"
    assert [column.indicator.id for column in mapping.columns] == [
        "taux_pauvrete",
        "taux_pauvrete_pensions",
        "part_neet_15_24",
    ]
    assert "\n# taux_pauvrete : Taux de pauvreté (%)\n" in text


KEYS = ("feuille", "titre", "motif", "indicateur", "millesime", "echelle", "lignes")

CELLS = st.one_of(
    st.sampled_from(
        ["", "Code EPCI", "EPCI", "CODGEO", "Taux de pauvreté", "Niveau de vie médian"]
    ),
    st.sampled_from(
        ["200071363", "240300616", "03", "03001", "12,5", "s", "2020", "%", "Source : x"]
    ),
    st.text(max_size=12),
)
GRIDS = st.lists(st.lists(CELLS, max_size=6), max_size=12)


@given(grid=GRIDS)
def test_any_sheet_is_read_refused_or_left(grid: list[list[str]]) -> None:
    book = Book(file="a.xlsx", sheets={"a": grid}, sha256="")
    try:
        extract = read_panorama(book, indicators=INDICATORS)
    except SourceError:
        return
    assert extract is None or extract.layout == "panorama"


@given(grid=GRIDS, sheet=st.text(max_size=8))
def test_any_proposal_is_toml(grid: list[list[str]], sheet: str) -> None:
    rows = [["Code EPCI", *(row[0] if row else "" for row in grid)]]
    rows += [[code, *("1" for _ in grid)] for code, *_ in EPCI]
    book = Book(file=f"{sheet}.xlsx", sheets={sheet: rows}, sha256="")
    try:
        text = proposed_mapping(book, INDICATORS)
    except SourceError:
        return
    live = "\n".join(
        line.removeprefix("# ") if line.startswith(("# titre", "# feuille", "# [[")) else line
        for line in text.splitlines()
    )
    asked = tomllib.loads(live).get("colonne", [])
    found = open_sheet(rows, file="a.xlsx", sheet=sheet)
    assert {entry["titre"] for entry in asked} <= set(found[0].header if found else ())
