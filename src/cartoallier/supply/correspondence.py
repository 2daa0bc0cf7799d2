"""``correspondances.xlsx``: what each column of an unrecognised table becomes, for a person to say.

One sheet per table: its columns, what they were guessed to be, three example values. The
person corrects with a drop-down; the next run reads it back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import io
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from cartoallier.errors import OutputError, SourceError
from cartoallier.files import CONTROL, ZIP, read_sheets
from cartoallier.supply.examples import Column, columns_of
from cartoallier.supply.geofiles import read_places

NAME = "correspondances.xlsx"
IGNORED = "ignorer"

DESCRIPTIONS: Mapping[str, str] = {
    "nom": "nom du lieu ou du service (obligatoire)",
    "longitude": "longitude en degrés, ou X en Lambert-93",
    "latitude": "latitude en degrés, ou Y en Lambert-93",
    "code_insee": "code INSEE de la commune (03190 pour Moulins)",
    "structure": "structure qui tient le lieu",
    "adresse": "numéro et rue",
    "commune": "nom de la commune",
    "code_postal": "code postal (03000)",
    "telephone": "téléphone d'accueil",
    "site_web": "site internet",
    "categorie": "nature du lieu : CCAS, PAEJ, code FINESS, code BPE, réseau…",
    "themes": "clés des thèmes auxquels le lieu répond (commande « cartoallier themes »)",
    "publics": "publics accueillis",
    "capacite": "nombre de places",
    "zone": "qui peut y aller : codes de communes, d'EPCI ou de départements",
    "porteur": "qui porte le service",
    "financement": "qui le finance",
    "heures_semaine": "heures d'ouverture par semaine, en nombre",
    "jours": "jours et horaires d'ouverture, en texte",
    "itinerant": "oui pour un bus ou une tournée",
    "date_maj": "date de mise à jour de la ligne",
    IGNORED: "la colonne n'est pas lue",
}
"""What a column may become -> what that means, in French."""

_NOTICE = "Document de travail, ne vaut pas engagement"
_README = "Lisez-moi"
_HEADINGS = ("Colonne du fichier", "Exemple 1", "Exemple 2", "Exemple 3", "Devient", "Pourquoi")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
_FILE = "Fichier"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FILL = PatternFill("solid", fgColor="FFF4D6")


def write_correspondence(path: Path, *, target: Path) -> Path:
    """Add the sheet of one unrecognised table to the correspondence of a project.

    What a person already chose for the same column of the same file is kept; other sheets are
    left as they are. Example values never come from a row that may have a secret address, nor
    from columns about people.

    Args:
        path: the table.
        target: the workbook to write, or the folder that holds ``correspondances.xlsx``.

    Returns:
        The workbook's path.

    Raises:
        SourceError: the table, or a workbook already there, cannot be read.
        OutputError: the workbook cannot be written.
    """
    place = target / NAME if target.is_dir() else target
    chosen = _choices(place) if place.is_file() else {}
    tables = dict(chosen)
    tables[path.name] = _guessed(path, chosen=chosen.get(path.name, {}))
    book = _workbook(tables)
    _write(book, place)
    return place


def read_correspondence(path: Path) -> dict[str, dict[str, str]]:
    """Read what a person said each column becomes.

    Args:
        path: ``correspondances.xlsx``.

    Returns:
        Name of a file -> ``colonnes`` of a ``tableau`` (key -> header). A file none of whose
        columns gives the name of places is left out: it is not settled yet.

    Raises:
        SourceError: unreadable, a word that is no column of ours, or one chosen twice.
    """
    found: dict[str, dict[str, str]] = {}
    for name, rows in _choices(path).items():
        mapping: dict[str, str] = {}
        for header, (_, key, _) in rows.items():
            if not key or key == IGNORED:
                continue
            _check(key, header=header, mapping=mapping, path=path)
            mapping[key] = header
        if "nom" in mapping:
            found[name] = mapping
    return found


_Row = tuple[tuple[str, ...], str, str]
"""Examples, what the column becomes, and why."""


def _check(key: str, *, header: str, mapping: Mapping[str, str], path: Path) -> None:
    if key not in DESCRIPTIONS:
        near = difflib.get_close_matches(key, list(DESCRIPTIONS), n=1, cutoff=0.0)
        raise SourceError(
            f"« {key[:60]} » n'est pas un nom de colonne connu"
            + (f" ; le plus proche est « {near[0]} »" if near else ""),
            path=path.name,
            key=header[:80],
        )
    if key in mapping:
        raise SourceError(
            f"« {key} » est choisi deux fois, aussi pour « {mapping[key][:80]} » ; "
            "gardez-en une et mettez « ignorer » à l'autre",
            path=path.name,
            key=header[:80],
        )


def _guessed(path: Path, *, chosen: Mapping[str, _Row]) -> dict[str, _Row]:
    """Return the columns of a table, the person's choices first."""
    columns: Sequence[Column] = columns_of(read_places(path, file=path.name), path=path)
    return {
        column.header: (
            (column.examples, chosen[column.header][1], chosen[column.header][2])
            if column.header in chosen
            else (column.examples, column.key or IGNORED, column.reason)
        )
        for column in columns
    }


def _choices(path: Path) -> dict[str, dict[str, _Row]]:
    """Read every sheet: file -> header -> row."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError("le fichier n'a pas pu être ouvert", path=path.name) from error
    if not content.startswith(ZIP):
        raise SourceError(
            "ce n'est pas un classeur ; supprimez-le, il sera écrit de nouveau", path=path.name
        )
    found: dict[str, dict[str, _Row]] = {}
    for title, grid in read_sheets(content, file=path.name).items():
        if title == _README:
            continue
        name = next((row[1] for row in grid if row[:1] == [_FILE] and len(row) > 1), "")
        top = next((i for i, row in enumerate(grid) if row[:1] == [_HEADINGS[0]]), None)
        if not name or top is None or "Devient" not in grid[top]:
            continue
        becomes = grid[top].index("Devient")
        found[_original(name)] = {
            _original(row[0]): (
                tuple(_original(text) for text in row[1:4] if text),
                row[becomes].strip().lower() if len(row) > becomes else "",
                row[becomes + 1] if len(row) > becomes + 1 else "",
            )
            for row in grid[top + 1 :]
            if row and row[0]
        }
    return found


def _workbook(tables: Mapping[str, Mapping[str, _Row]]) -> Workbook:
    book = openpyxl.Workbook()
    readme = book.active
    assert isinstance(readme, Worksheet)  # noqa: S101  # a new workbook has one sheet
    _fill_readme(readme)
    titles: set[str] = set()
    for name, rows in tables.items():
        title = _title(name, taken=titles)
        titles.add(title)
        _fill_sheet(book.create_sheet(title), name=name, rows=rows)
    book.active = 1
    return book


def _fill_readme(sheet: Worksheet) -> None:
    sheet.title = _README
    for line in (
        "Ces tableaux n'ont pas été reconnus : dites ce que devient chacune de leurs colonnes.",
        "Une feuille par fichier. Dans la colonne « Devient », choisissez un mot de la liste, "
        "enregistrez ce classeur à la même place, puis relancez.",
        "Seul « nom » est obligatoire ; avec une position (longitude et latitude, ou code INSEE, "
        "ou commune et code postal), le lieu entre dans les calculs.",
        _NOTICE,
    ):
        sheet.append([line])
    sheet.append([])
    sheet.append(["Mot", "Ce que c'est"])
    for word, meaning in DESCRIPTIONS.items():
        sheet.append([word, meaning])
    for cell in sheet[6]:
        cell.font = Font(bold=True)
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["B"].width = 80


def _fill_sheet(sheet: Worksheet, *, name: str, rows: Mapping[str, _Row]) -> None:
    sheet.append(
        ["Lisez-moi : pour chaque ligne, choisissez dans « Devient » ce que la colonne contient."]
    )
    sheet.append([_FILE, _safe(name)])
    sheet.append([_NOTICE])
    sheet.append(list(_HEADINGS))
    for header, (examples, key, reason) in rows.items():
        shown = [_safe(text) for text in (*examples, "", "", "")[:3]]
        sheet.append([_safe(header), *shown, key, reason])
    first, last = 5, 4 + max(len(rows), 1)
    end = 6 + len(DESCRIPTIONS)
    choice = DataValidation(
        type="list", formula1=f"'{_README}'!$A$7:$A${end}", allow_blank=True, showErrorMessage=True
    )
    choice.error = "Choisissez un mot de la liste"
    choice.errorTitle = "Mot inconnu"
    choice.add(f"E{first}:E{last}")
    sheet.add_data_validation(choice)
    for row in sheet.iter_rows(min_row=4, max_row=last):
        for cell in row:
            cell.number_format = "@"
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.font = Font(bold=cell.row == 4)
    for (cell,) in sheet.iter_rows(min_row=first, max_row=last, min_col=5, max_col=5):
        cell.fill = _FILL
    for column, width in zip("ABCDEF", (34, 26, 26, 26, 18, 34), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A5"


def _title(name: str, *, taken: set[str]) -> str:
    """Return a unique sheet title that spreadsheets accept: 31 plain characters."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", CONTROL.sub("", name)).strip()[:28] or "tableau"
    title, count = plain, 1
    lowered = {one.lower() for one in taken} | {_README.lower()}
    while title.lower() in lowered:
        count += 1
        title = f"{plain[:26]} {count}"
    return title


def _safe(text: str) -> str:
    """Return a text no spreadsheet takes for a formula: an apostrophe goes first."""
    plain = CONTROL.sub("", text)
    return f"'{plain}" if plain.startswith(_FORMULA_STARTS) else plain


def _original(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _write(book: Workbook, place: Path) -> None:
    """Write beside and move into place; the same workbook gives the same bytes."""
    buffer = io.BytesIO()
    book.properties.creator = "cartoallier"
    book.properties.created = dt.datetime(2000, 1, 1)  # never the clock
    book.save(buffer)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_bytes(_undated(buffer.getvalue()))
        beside.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise OutputError(
            "le classeur n'a pas pu être écrit ; fermez-le s'il est ouvert, puis relancez",
            path=place,
        ) from error


def _undated(content: bytes) -> bytes:
    """Remove the clock from an archive and from the workbook's properties."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", part
                )
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), part, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
