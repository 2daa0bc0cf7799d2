"""Files as people spoil them: each gives the error or the finding stated, or reads all the same.

Figures are invented; they verify Filosofi's identities.
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import get_column_letter

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.needs.reading import NeedInput, read_needs
from needs.twins import NOTES, STYLES, compared, sheet_rows, write_book

HEADER = [
    "CODGEO", "LIBGEO", "NBPERSMENFISC21", "MED21", "TP6021", "PACT21", "PTSA21", "PCHO21",
    "PBEN21", "PPEN21", "PPAT21", "PPSOC21", "PPFAM21", "PPMINI21", "PPLOGT21", "PIMPOT21", "D121",
    "D921", "RD21",
]  # fmt: skip
CODES = [f"20007{number}" for number in range(1000, 1012)]
TITLE = 6
"""Line of the header in INSEE's layout."""


def zone(number: int, code: str) -> list[str]:
    """A zone whose figures verify every rule."""
    low, high = 11_000 + 100 * number, 33_000 + 300 * number
    ratio = f"{high / low:.1f}".replace(".", ",")
    return [
        code, f"CC du Pré n° {number} à Évaux", str(5_000 + number), str(20_000 + 100 * number),
        f"{12 + number / 10:.1f}".replace(".", ","), "70,0", "62,0", "3,0", "5,0", "32,0", "9,0",
        "5,0", "2,0", "2,0", "1,0", "-16,0", str(low), str(high), ratio,
    ]  # fmt: skip


def table() -> list[list[str]]:
    """A sound table of twelve EPCI."""
    return [HEADER, *(zone(number, code) for number, code in enumerate(CODES))]


def changed(code: str, column: str, text: str) -> list[list[str]]:
    """A table one cell of which, or all of a column when ``code`` is empty, is changed."""
    rows = table()
    for row in rows[1:]:
        if not code or row[0] == code:
            row[HEADER.index(column)] = text
    return rows


def with_column(name: str, texts: list[str]) -> list[list[str]]:
    """A table with one more column."""
    return [[*row, text] for row, text in zip(table(), [name, *texts], strict=True)]


def as_csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    """Write a CSV."""
    return "".join(";".join(row) + "\n" for row in rows).encode(encoding)


def in_layout(rows: list[list[str]]) -> list[list[object]]:
    """Return a sheet with titles, labels and notes."""
    return sheet_rows(rows, style=STYLES["nombres"])


class Writer:
    """Writes the files of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def csv(self, content: bytes, name: str = "EPCI.csv") -> Path:
        """Write bytes."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def book(self, **sheets: list[list[object]]) -> Path:
        """Write a workbook."""
        return write_book(self.folder / "classeur.xlsx", sheets)

    def cut_book(self) -> Path:
        """Write a workbook and lose its end."""
        path = self.book(EPCI=in_layout(table()))
        path.write_bytes(path.read_bytes()[:3000])
        return path

    def formulas(self) -> Path:
        """Write a workbook whose medians are formulas that no spreadsheet computed."""
        rows = in_layout(table())
        at = HEADER.index("MED21")
        for line in rows[TITLE : TITLE + len(CODES)]:
            line[at] = "=1+1"
        return self.book(EPCI=rows)

    def merged(self) -> Path:
        """Write a workbook whose titles are merged cells, and hide a sheet."""
        path = self.book(EPCI=in_layout(table()), Ancien=[["x"]])
        book = openpyxl.load_workbook(path)
        for line in range(1, 4):
            book["EPCI"].merge_cells(f"A{line}:{get_column_letter(len(HEADER))}{line}")
        book["Ancien"].sheet_state = "hidden"
        book.save(path)
        return path


def stacked(between: list[list[str]], header: list[str]) -> list[list[str]]:
    """Two tables in one sheet."""
    rows = table()
    return [*rows[:7], *between, header, *rows[7:]]


OTHER = ["CODGEO", "LIBGEO", "P21_POP", *(f"X{i}" for i in range(len(HEADER) - 3))]
MANY = [zone(i % 12, f"20007{2000 + i}") for i in range(60)]
AGES = ["P21_POP", "P21_POPH", "P21_POPF"]
NO_TABLE = "aucun tableau de communes, d'EPCI ou de départements n'y est reconnu"

# what is done to the file -> what the error says
ERRORS = {
    "deux en-têtes": (
        lambda w: w.book(EPCI=stacked([[""]], OTHER)),
        r"feuille «.EPCI.».: deux en-têtes possibles, aux lignes 1 et 9",
    ),
    "deux en-têtes, le second très bas": (
        lambda w: w.csv(as_csv([*table(), *MANY, OTHER, *table()[1:]])),
        "deux en-têtes possibles, aux lignes 1 et 74",
    ),
    "codes en notation scientifique": (
        lambda w: w.csv(as_csv([HEADER, *([f"2,0007{i}E+08", *zone(i, "")[1:]]
                                          for i in range(9))])),
        "les codes ont perdu leurs chiffres",
    ),
    "feuille vide": (lambda w: w.book(EPCI=[]), NO_TABLE),
    "en-tête seul": (lambda w: w.csv(as_csv([HEADER])), NO_TABLE),
    "colonnes renommées": (
        lambda w: w.csv(as_csv([["Code", "Nom", *(f"Donnée {i}" for i in range(17))],
                                *table()[1:]])),
        "aucune colonne n'est celle d'un indicateur connu",
    ),
    "classeur tronqué": (lambda w: w.cut_book(), "illisible"),
    "fichier vide": (lambda w: w.csv(b"  \n"), "le fichier est vide"),
    "ancien classeur": (lambda w: w.csv(b"\xd0\xcf\x11\xe0" + bytes(99)), r"ancien classeur Excel"),
    "page HTML": (lambda w: w.csv(b"<!doctype html><p>Connexion</p>"), "ce n'est pas un tableau"),
    "image": (lambda w: w.csv(bytes(range(1, 256)) * 9), "n'est pas un (fichier texte|tableau)"),
    "autre maille seulement": (
        lambda w: w.book(ZE2020=in_layout([["CODGEO", "MED21"], ["0051", "1"], ["8410", "2"]])),
        "«.ZE2020.».: les zones y sont des arrondissements, des zones d'emploi",
    ),
    "deux taux de pauvreté dans une sous-population": (
        lambda w: w.book(
            TYPMENR_5=[["CODGEO", "TP60A21", "TP60B21"], ["200071082", 30, 31]],
        ),
        r"plusieurs colonnes peuvent être le taux de pauvreté \(TP60A21, TP60B21\)",
    ),
}  # fmt: skip

# what is done to the file -> (what the finding says, its column, its value)
FINDINGS = {
    "maille que le nom de la feuille n'annonce pas": (
        lambda w: w.book(COM=in_layout(table())),
        ("maille que son nom annonce", "^COM$", "epci, annoncé commune"),
    ),
    "zone répétée, mêmes valeurs": (
        lambda w: w.csv(as_csv([*table(), table()[3]])),
        ("zone présente deux fois$", "CODGEO", CODES[2]),
    ),
    "zone répétée, valeurs différentes": (
        lambda w: w.csv(as_csv([*table(), [CODES[2], *zone(9, "")[1:]]])),
        ("zone présente deux fois, avec des valeurs différentes", "CODGEO", CODES[2]),
    ),
    "code qui n'en est pas un": (
        lambda w: w.csv(as_csv(changed(CODES[4], "CODGEO", "20007104"))),
        ("code qui n'est pas de la maille", "CODGEO", "20007104"),
    ),
    "taux de 0 à 1": (
        lambda w: w.csv(as_csv([HEADER, *([*r[:4], f"0,1{i:02}", *r[5:]]
                                          for i, r in enumerate(table()[1:]))])),
        ("pourcentage donné de 0 à 1", "TP6021", "médiane 0,1"),
    ),
    "identité rompue": (
        lambda w: w.book(EPCI=in_layout(changed(CODES[5], "PTSA21", "52,0"))),
        ("le total ne vaut pas la somme", r"^EPCI!PACT21 = PTSA21 \+ PCHO21 \+ PBEN21$",
         f"{CODES[5]}.: 70, calculé 60"),
    ),
    "revenu qui ne fait pas 100": (
        lambda w: w.csv(as_csv(changed("", "PPAT21", "19,0"))),
        ("le total ne vaut pas la somme", "= 100$", "7.autres zones"),
    ),
    "rapport interdécile": (
        lambda w: w.csv(as_csv(changed(CODES[0], "RD21", "4,4"))),
        ("rapport interdécile", "RD21 = D921 / D121", "4,4, calculé 3"),
    ),
    "premier décile au-dessus de la médiane": (
        lambda w: w.csv(as_csv(changed(CODES[0], "MED21", "10500"))),
        ("ne vont pas en croissant", "D121 ≤ MED21 ≤ D921", "10500 après 11000"),
    ),
    "total de ligne contredit": (
        lambda w: w.csv(as_csv([["CODGEO", *AGES],
                                *([code, "1000", "480", "500"] for code in CODES[:3])])),
        ("le total ne vaut pas la somme", r"P21_POP = P21_POPH \+ P21_POPF", "1000, calculé 980"),
    ),
    "en-tête des codes inconnu": (
        lambda w: w.csv(as_csv([["Territoire_SIREN", *HEADER[1:]], *table()[1:]])),
        ("n'est pas celui de l'INSEE", "Territoire_SIREN", "^$"),
    ),
    "fichier tronqué": (
        lambda w: w.csv(as_csv(table())[:-30]),
        ("la dernière ligne est coupée", "CODGEO", CODES[-1]),
    ),
    "encodage": (
        lambda w: w.csv(as_csv(table(), "cp1252")),
        ("n'est pas en UTF-8", "^$", "^$"),
    ),
    "octets nuls": (
        lambda w: w.csv(as_csv(table()).replace(b"Pr", b"P\x00r", 3)),
        ("caractères de contrôle", "^$", "^$"),
    ),
    "colonne en double": (
        lambda w: w.csv(as_csv(with_column("MED21", ["1"] * 12))),
        ("deux colonnes portent le même nom, avec des valeurs différentes", "MED21", "^$"),
    ),
    "texte dans une cellule de nombre": (
        lambda w: w.book(EPCI=in_layout(changed(CODES[1], "MED21", "environ 20 000"))),
        ("ni un nombre ni un mot connu", "^EPCI!MED21$", "environ 20 000"),
    ),
    "cellule de cent mille caractères": (
        lambda w: w.csv(as_csv(changed(CODES[1], "MED21", "2" * 100_000 + "x"))),
        ("ni un nombre ni un mot connu", "MED21", "^2{80}$"),
    ),
    "effectif négatif": (
        lambda w: w.csv(as_csv(changed(CODES[1], "NBPERSMENFISC21", "-12"))),
        ("effectif négatif", "NBPERSMENFISC21", f"{CODES[1]}.: -12"),
    ),
    "pourcentage impossible": (
        lambda w: w.csv(as_csv(changed(CODES[1], "TP6021", "350"))),
        ("pourcentage au-delà du possible", "TP6021", f"{CODES[1]}.: 350"),
    ),
    "médiane mensuelle": (
        lambda w: w.csv(as_csv(changed("", "MED21", "1800"))),
        ("hors des bornes plausibles", "MED21", "12.zones sur 12"),
    ),
    "taux sous le plancher": (
        lambda w: w.csv(as_csv(changed(CODES[1], "TP6021", "3,2"))),
        ("plus basse que ce que la source publie", "TP6021", "1.valeur sous 5"),
    ),
    "année à venir": (
        lambda w: w.csv(as_csv(with_column("D199", ["12000"] * 12))),
        ("année impossible", "D199", "2099, 12.valeurs"),
    ),
    "secret partout": (
        lambda w: w.csv(as_csv(changed("", "TP6021", "s"))),
        ("beaucoup de valeurs sont sous le secret", "TP6021", "taux_pauvrete.: 100.% des valeurs"),
    ),
    "formules jamais calculées": (
        lambda w: w.formulas(),
        ("formules n'ont pas de valeur", "^$", "12 cellules"),
    ),
    "deux feuilles qui se contredisent": (
        lambda w: w.book(EPCI=in_layout(table()),
                         EPCI_2=in_layout(changed(CODES[3], "MED21", "21000"))),
        ("plusieurs feuilles, différente", "EPCI.*EPCI_2", "^1 valeurs"),
    ),
    "deux feuilles qui se répètent": (
        lambda w: w.book(EPCI=in_layout(table()), EPCI_2=in_layout(table())),
        ("plusieurs feuilles$", "EPCI", "204 valeurs"),
    ),
    "feuille sans colonne connue": (
        lambda w: w.book(EPCI=in_layout(table()), Autre=[["CODGEO", "ABC"], ["200071082", 3]]),
        ("feuille sans colonne connue", "Autre", "1 feuille"),
    ),
    "deux taux de pauvreté, une feuille sur deux": (
        lambda w: w.book(
            ENSEMBLE=[["CODGEO", "TP6021"], ["200071082", 17]],
            TYPMENR_5=[["CODGEO", "TP60A21", "TP60B21"], ["200071082", 30, 31]],
        ),
        ("plusieurs colonnes peuvent être le taux", "TYPMENR_5", "TP60A21, TP60B21"),
    ),
    "année illisible": (
        lambda w: w.csv(as_csv([["codgeo", "an", "part_non_inseres"], [CODES[0], "2018", "17,2"],
                                [CODES[1], "201", "17,2"]])),
        ("ligne sans année lisible", "an", "201, 1 lignes"),
    ),
}  # fmt: skip

# what is done to the file -> the same values
HARMLESS = {
    "titres fusionnés, feuille cachée": lambda w: w.merged(),
    "espaces insécables et virgules": lambda w: w.csv(as_csv([
        HEADER, *([*r[:2], f"{r[2][:-3]}\u00a0{r[2][-3:]}", f"{r[3][:-3]}\u202f{r[3][-3:]}", *r[4:]]
                  for r in table()[1:])])),
    "SIREN en flottants": lambda w: w.csv(as_csv([
        HEADER, *([f"{r[0]}.0", *r[1:]] for r in table()[1:])])),
    "notes au milieu": lambda w: w.csv(as_csv([*table()[:5], ["Total"], *NOTES, *table()[5:]])),
    "en-tête répété": lambda w: w.csv(as_csv(stacked([], HEADER))),
    "soixante-neuf colonnes vides": lambda w: w.csv(as_csv([[*r, *[""] * 69] for r in table()])),
    "minuscules": lambda w: w.csv(as_csv([[n.lower() for n in HEADER], *table()[1:]])),
    "nombres": lambda w: w.book(EPCI=in_layout(table())),
    "virgules entre les colonnes": lambda w: w.csv(
        b"".join(",".join(f'"{c}"' for c in r).encode() + b"\n" for r in table())),
    "ligne d'unités": lambda w: w.csv(as_csv([
        [f"Libellé {n}" if i else "Code géographique" for i, n in enumerate(HEADER)],
        ["", "", "nombre", "euros", *["%"] * 15], *table()])),
}  # fmt: skip


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


@pytest.fixture
def sound(tmp_path, indicators):
    return read(Writer(tmp_path).csv(as_csv(table()), "sain.csv"), indicators)


def read(path, indicators):
    return read_needs(NeedInput(path=path, file=path.name), indicators=indicators)[0]


def test_at_least_25_variants():
    assert len(ERRORS) + len(FINDINGS) >= 25


def test_a_sound_file_says_nothing(sound):
    assert sound.findings == []
    assert len(sound.values) == 17 * len(CODES)
    assert set(sound.values["status"]) == {"publie"}


@pytest.mark.parametrize("variant", ERRORS)
def test_error(variant, tmp_path, indicators):
    make, message = ERRORS[variant]
    path = make(Writer(tmp_path))
    with pytest.raises(SourceError, match=message) as error:
        read(path, indicators)
    assert path.name in str(error.value)


@pytest.mark.parametrize("variant", FINDINGS)
def test_finding(variant, tmp_path, indicators):
    make, (what, column, value) = FINDINGS[variant]
    path = make(Writer(tmp_path))
    extract = read(path, indicators)
    table = pd.DataFrame([(f.what, f.column, f.value) for f in extract.findings])
    assert not table.empty
    met = table[0].str.contains(what) & table[1].str.contains(column) & table[2].str.contains(value)
    assert met.any(), table.to_string()
    assert all(f.file == path.name and f.action for f in extract.findings)


@pytest.mark.parametrize("variant", HARMLESS)
def test_harmless(variant, tmp_path, indicators, sound):
    extract = read(HARMLESS[variant](Writer(tmp_path)), indicators)
    pd.testing.assert_frame_equal(compared(extract.values), compared(sound.values))


def test_zeros_lost_and_given_back(tmp_path, indicators):
    """Codes of communes as a spreadsheet leaves them, in a file of one département."""
    rows = [HEADER, *(zone(i, f"3{185 + i}") for i in range(5))]
    extract = read(Writer(tmp_path).csv(as_csv(rows), "03.csv"), indicators)
    assert set(extract.values["level"]) == {"commune"}
    assert sorted(set(extract.values["code"])) == [f"03{185 + i}" for i in range(5)]


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("s", "secret"),
        ("N/A - secret statistique", "secret"),
        ("nd", "non_disponible"),
        ("N/A - résultat non disponible", "non_disponible"),
        ("N/A - division par 0", "non_disponible"),
        ("", "absent"),
        ("5", "sous_seuil"),
    ],
)
def test_words_for_missing(token, status, tmp_path, indicators):
    rows = [[*row[:16], row[18]] for row in changed(CODES[2], "TP6021", token)]
    values = read(Writer(tmp_path).csv(as_csv(rows)), indicators).values
    cell = values[(values["indicator"] == "taux_pauvrete") & (values["code"] == CODES[2])]
    assert cell["status"].tolist() == [status]
    assert cell["line"].tolist() == [4]


def test_blanks_of_a_distribution_file_are_secret(tmp_path, indicators):
    values = read(Writer(tmp_path).csv(as_csv(changed(CODES[2], "D121", ""))), indicators).values
    cell = values[(values["indicator"] == "d1") & (values["code"] == CODES[2])]
    assert cell["status"].tolist() == ["secret"]


def test_examples_are_limited(tmp_path, indicators):
    """A column wholly wrong does not fill the list of anomalies."""
    rows = [HEADER, *([*zone(i % 12, f"20007{2000 + i}")[:6], "9,0", *zone(0, "")[7:]]
                      for i in range(400))]  # fmt: skip
    findings = read(Writer(tmp_path).csv(as_csv(rows)), indicators).findings
    broken = [f for f in findings if f.what == "le total ne vaut pas la somme de ses parts"]
    assert len(broken) == 6
    assert broken[-1].value == "395\u00a0autres zones"
