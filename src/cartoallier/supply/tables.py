"""The door of text tables: a CSV file or a workbook in, text cells and real row numbers out.

Everything is read as text, because the codes of Allier begin with a zero. A file that is not a
table is a :class:`~cartoallier.errors.SourceError`; a strange row is a finding.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.supply.rows import Rows

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe]")
_DELIMITERS = ";,\t|"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PEEK = 1 << 16


def read_bytes(path: Path, *, file: str) -> bytes:
    """Return the bytes of a source.

    Raises:
        SourceError: the file is absent, unreadable or empty.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            "le fichier n'a pas pu être ouvert ; vérifiez son nom et qu'il n'est pas ouvert "
            "dans un autre logiciel",
            path=file,
        ) from error
    if not content.strip():
        raise SourceError("le fichier est vide ; redemandez l'export", path=file)
    return content


def decode(content: bytes, *, file: str) -> tuple[str, list[Finding]]:
    """Return the text of a file: UTF-8 (with or without BOM), UTF-16 with BOM, else Windows.

    Raises:
        SourceError: the bytes are no text.
    """
    findings: list[Finding] = []
    if content.startswith(_UTF16):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            findings.append(
                Finding(
                    file=file,
                    what="le fichier n'est pas en UTF-8",
                    action="lu comme un fichier Windows (cp1252) ; vérifiez les accents",
                )
            )
        if CONTROL.search(text):
            text = CONTROL.sub("", text)
            findings.append(
                Finding(
                    file=file,
                    what="le fichier contient des caractères de contrôle",
                    action="caractères retirés",
                )
            )
        return text, findings
    raise SourceError(
        "ce n'est pas un fichier texte lisible ; enregistrez-le en CSV UTF-8", path=file
    )


def read_table(path: Path, *, file: str) -> Rows:
    """Read a CSV or XLSX file as text.

    The encoding (UTF-8, else cp1252) and the delimiter are recognised. Row numbers are those a
    spreadsheet shows: the header is 1, empty rows count.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        The rows; an empty cell is ``None``. There may be no row under the header.

    Raises:
        SourceError: the file is empty, cut short, or is not a table.
    """
    content = read_bytes(path, file=file)
    if content.startswith(_OLD_WORKBOOK):
        raise SourceError(
            "ancien classeur Excel (.xls) ; enregistrez-le au format .xlsx", path=file
        )
    if content.startswith(_ZIP):
        return _tidy(_workbook_rows(content, file=file), file=file, findings=[])
    text, findings = decode(content, file=file)
    if text.lstrip()[:1] in {"{", "["} or text.lstrip()[:5].lower() in {"<html", "<!doc", "<?xml"}:
        raise SourceError("ce n'est pas un tableau ; un fichier CSV ou XLSX est attendu", path=file)
    return _tidy(_csv_rows(text, file=file, findings=findings), file=file, findings=findings)


def read_header(path: Path, *, file: str) -> tuple[str, ...]:
    """Return the column names of a table, without reading all of a long CSV.

    Raises:
        SourceError: as :func:`read_table`.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_PEEK)
    except OSError:
        start = b""
    if len(start) < _PEEK or start.startswith((_ZIP, _OLD_WORKBOOK, *_UTF16)):
        return read_table(path, file=file).header
    # Cut at a line's end: a character may straddle the limit.
    text, _ = decode(start[: start.rfind(b"\n") + 1] or start, file=file)
    first = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    names = next(csv.reader([first], delimiter=_delimiter(first)), [])
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))


def _delimiter(first_line: str) -> str:
    outside_quotes = re.sub(r'"[^"]*"', "", first_line)
    return max(_DELIMITERS, key=outside_quotes.count)


def _csv_rows(text: str, *, file: str, findings: list[Finding]) -> list[list[str]]:
    delimiter = _delimiter(text.lstrip("\r\n").split("\n", 1)[0])
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
    except csv.Error as error:
        if "end of data" in str(error) or "limit" in str(error):
            raise SourceError(
                "un guillemet ouvert n'est jamais refermé : le fichier est tronqué ou abîmé ; "
                "redemandez l'export",
                path=file,
                line=len(rows) + 1,
            ) from error
        findings.append(
            Finding(
                file=file,
                line=len(rows) + 1,
                what="guillemets mal placés",
                action="ligne lue au mieux ; à vérifier",
            )
        )
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return rows


def _workbook_rows(content: bytes, *, file: str) -> list[list[str]]:
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and validations it ignores: none of our concern.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    sheet.reset_dimensions()
                    rows = [[_cell_text(v) for v in row] for row in sheet.values]
                    if any(any(row) for row in rows):
                        return rows
            finally:
                book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise SourceError(
            "ce classeur est illisible ; enregistrez-le de nouveau au format .xlsx", path=file
        ) from error
    return []


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return CONTROL.sub("", str(value))


def _tidy(raw: list[list[str]], *, file: str, findings: list[Finding]) -> Rows:
    """Give the first row that is not empty as header, and the rest by column."""
    top = next((i for i, row in enumerate(raw) if any(cell.strip() for cell in row)), None)
    if top is None:
        raise SourceError("le fichier ne contient aucune cellule ; redemandez l'export", path=file)
    header = [" ".join(cell.split()) for cell in raw[top]]
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        if name in positions:
            findings.append(
                Finding(
                    file=file,
                    line=top + 1,
                    column=name,
                    what="deux colonnes portent le même nom",
                    action="seule la première est lue",
                )
            )
        elif name:
            positions[name] = position
    lines: list[int] = []
    kept: list[list[str]] = []
    for number, row in enumerate(raw[top + 1 :], start=top + 2):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(header) :]):
            findings.append(
                Finding(
                    file=file,
                    line=number,
                    what="la ligne a plus de cellules que l'en-tête",
                    action="cellules en trop ignorées ; un séparateur est peut-être mal protégé",
                )
            )
        lines.append(number)
        kept.append(row + [""] * (len(header) - len(row)))
    cells = {
        name: [row[position].strip() or None for row in kept]
        for name, position in positions.items()
    }
    return Rows(
        file=file,
        header=tuple(positions),
        cells=cells,
        lines=tuple(lines),
        findings=tuple(findings),
    )
