"""Twins of need files in each INSEE layout: XLSX workbooks, and CSV written otherwise.

As a script, makes the twins of the real CSV files of a folder, reads them back and compares:
``python tests/needs/twins.py DOSSIER_REEL DOSSIER_SORTIE``.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd

Rows = list[list[str]]

NOTES = [
    ["Note : s : secret statistique ; les valeurs sont au 31 décembre."],
    ["Champ : ménages fiscaux, hors communautés et sans abris."],
    ["Source : Insee-DGFiP-Cnaf-Cnav-CCMSA, Fichier localisé social et fiscal."],
]
LABELS = {
    "CODGEO": "Code géographique",
    "LIBGEO": "Libellé géographique",
    "MED": "Médiane du niveau de vie (en euros)",
    "TP60": "Taux de pauvreté-Ensemble (en %)",
}
_NUMBER = re.compile(r"-?\d+(?:,\d+)?")


def read_rows(path: Path) -> Rows:
    """Return a CSV of INSEE as rows of text, header first, without its empty last columns."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    width = max(i for i, name in enumerate(rows[0]) if name) + 1
    return [row[:width] for row in rows]


def as_number(text: str) -> object:
    """Write a figure as a spreadsheet holds it: an integer or a float."""
    if not _NUMBER.fullmatch(text):
        return text or None
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() else value


def as_french(text: str) -> object:
    """Write a figure as a person types it: narrow spaces between thousands, a comma."""
    if not _NUMBER.fullmatch(text):
        return text or None
    whole, comma, rest = text.partition(",")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}".replace(",", "\u202f") + comma + rest


def as_text(text: str) -> object:
    """Write a figure as it is."""
    return text or None


def kept_code(code: str) -> object:
    """Write a code as text."""
    return code


def lost_code(code: str) -> object:
    """Write a code as a number, which loses its zero; Corsican ones stay."""
    return int(code) if code.isdigit() else code


def float_code(code: str) -> object:
    """Write a code as the text of a float: ``200029999.0``."""
    return f"{code}.0" if code.isdigit() else code


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a twin is written.

    Attributes:
        figure: what becomes of a figure.
        code: what becomes of a code.
        titled: whether titles, labels and notes surround the table.
    """

    figure: Callable[[str], object] = as_number
    code: Callable[[str], object] = kept_code
    titled: bool = True


STYLES: Mapping[str, Style] = {
    "nombres": Style(),
    "codes en nombres": Style(code=lost_code),
    "codes en flottants": Style(code=float_code),
    "nombres en texte français": Style(figure=as_french),
    "texte": Style(figure=as_text),
    "sans titre ni notes": Style(titled=False),
}


def sheet_rows(rows: Rows, *, style: Style) -> list[list[object]]:
    """Return the cells of one sheet in INSEE's layout: header of codes in row 6, notes below."""
    header, *body = rows
    text = {i for i, name in enumerate(header) if name.upper() in {"LIBGEO", "AN"}}
    written: list[list[object]] = [
        [
            style.code(cell) if i == 0 else (cell if i in text else style.figure(cell))
            for i, cell in enumerate(row)
        ]
        for row in body
    ]
    if not style.titled:
        return [[*header], *written]
    labels = [
        next((label for code, label in LABELS.items() if name.startswith(code)), f"Libellé {name}")
        for name in header
    ]
    titles: list[list[object]] = [
        ["Revenus et pauvreté des ménages en 2021"],
        ["Géographie au 01/01/2024"],
        ["Mise en ligne le 10/12/2024"],
        [],
        [*labels],
        [*header],
    ]
    return [*titles, *written, [], *([*note] for note in NOTES)]


def write_book(path: Path, sheets: Mapping[str, Iterable[Sequence[object]]]) -> Path:
    """Write a workbook from rows of cells."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def insee_book(path: Path, grains: Mapping[str, Rows], *, style: Style) -> Path:
    """Write one sheet per grain, between a sheet of documentation and one of another grain."""
    sheets: dict[str, list[list[object]]] = {
        "Documentation": [["Filosofi"], ["TP60", "Taux de pauvreté"], ["MED", "Médiane"]]
    }
    sheets |= {name: sheet_rows(rows, style=style) for name, rows in grains.items()}
    zones = [["CODGEO", "LIBGEO", "MED21"], ["0051", "Alençon", "21000"], ["8410", "Vichy", "20"]]
    sheets["ZE2020"] = sheet_rows(zones, style=style)
    return write_book(path, sheets)


SUB_POPULATIONS = {
    **{f"TP60AGE{i}": f"TRAGERF_{i}" for i in range(1, 7)},
    "TP60TOL1": "OCCTYPR_1",
    "TP60TOL2": "OCCTYPR_2",
}
"""Column of the base for everybody -> sheet of the workbook of poor people."""


def poverty_book(path: Path, rows: Rows, *, year: str, style: Style, code: str = "TP60") -> Path:
    """Write a « Pauvres » workbook: the rate of each sub-population in a sheet of its own.

    Args:
        path: to write.
        rows: the base for everybody, with columns ``TP60``, ``TP60AGE1``…
        year: two digits.
        style: of cells.
        code: begins the name of the column of the rate in the sheets of sub-populations.
    """
    header = rows[0]
    sheets = {}
    for column, sheet in {"TP60": "ENSEMBLE", **SUB_POPULATIONS}.items():
        at = header.index(f"{column}{year}")
        name = f"{'TP60' if sheet == 'ENSEMBLE' else code}{year}"
        cut = [["CODGEO", name, f"NBPAUV{year}"], *([row[0], row[at], ""] for row in rows[1:])]
        sheets[sheet] = sheet_rows(cut, style=style)
    return write_book(path, sheets)


def compared(values: pd.DataFrame) -> pd.DataFrame:
    """Return what twins must agree on: value and status of each indicator, zone and year."""
    key = ["indicator", "level", "code", "vintage"]
    return values.set_index(key)[["value", "status"]].sort_index()


def main(real: Path, out: Path) -> int:
    """Make the twins of real files, read them back, print what differs."""
    from cartoallier.catalogue import load_catalogue
    from cartoallier.files import read_book
    from cartoallier.needs.insee import read_insee

    indicators = load_catalogue().indicators
    out.mkdir(parents=True, exist_ok=True)
    wrong = 0
    for path in sorted(real.rglob("*.csv")):
        extract = read_insee(read_book(path, file=path.name), indicators=indicators)
        if extract is None:
            print(f"{path.name} : d'une autre disposition")
            continue
        rows = read_rows(path)
        for name, style in STYLES.items():
            twin = insee_book(out / f"{path.stem}.xlsx", {"Données": rows}, style=style)
            back = read_insee(read_book(twin, file=path.name), indicators=indicators)
            same = back is not None and compared(back.values).equals(compared(extract.values))
            wrong += not same
            print(f"{path.name}, {name} : {len(extract.values)} valeurs, "
                  f"{'identiques' if same else 'DIFFÉRENTES'}")  # fmt: skip
            twin.unlink()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
