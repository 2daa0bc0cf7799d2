"""The door of workbooks: an XLSX or ODS archive in, sheets of text cells out, within bounds.

An archive is judged before anything of it is parsed: a few kilobytes can announce gigabytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from cartoallier.errors import SourceError

ZIP = b"PK\x03\x04"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe]")

LARGEST = 500_000_000
"""Bytes, once unzipped: the whole country's largest list is ten times smaller."""
HIGHEST_RATIO = 250
"""Unzipped over zipped, beyond :data:`RATIO_FROM`: honest sheets stay under 60."""
RATIO_FROM = 20_000_000
MOST_CELLS = 20_000_000
WIDEST = 16_384
LONGEST = 1_048_576

Sheets = dict[str, list[list[str]]]

_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"})
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_DURATION = re.compile(r"^PT(\d+)H(\d+)M")
# What openpyxl and the standard library are known to raise on archives made to break them.
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    zlib.error,
    ET.ParseError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_sheets(content: bytes, *, file: str, limit: int | None = None) -> Sheets:
    """Read every sheet of a workbook as text.

    Formulas give the value the spreadsheet last computed; dates are ISO; an error value
    (``#N/A``) is an empty cell.

    Args:
        content: bytes of the archive.
        file: its name, as the project writes it.
        limit: rows to read of each sheet; all of them when ``None``.

    Returns:
        Sheet name -> rows, as wide as their last cell.

    Raises:
        SourceError: no workbook, damaged, or larger than any real one once unzipped.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bomb(archive, file=file)
            names = set(archive.namelist())
            if "content.xml" in names:
                with archive.open("content.xml") as stream:
                    return _ods_sheets(stream, file=file, limit=limit)
        if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
            raise SourceError(
                "c'est une archive, pas un classeur ; décompressez-la et déposez les fichiers "
                "qu'elle contient",
                path=file,
            )
        return _xlsx_sheets(content, file=file, limit=limit)
    except SourceError:
        raise
    except _BROKEN as error:
        raise SourceError(
            "ce classeur est illisible ; enregistrez-le de nouveau au format .xlsx", path=file
        ) from error


def uncomputed_formulas(content: bytes) -> int:
    """Return how many formulas of an XLSX hold no value: nobody ever opened the workbook.

    Args:
        content: bytes of an archive that :func:`read_sheets` has accepted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(
                len(_UNCOMPUTED.findall(archive.read(name)))
                for name in archive.namelist()
                if name.startswith("xl/worksheets/") and name.endswith(".xml")
            )
    except _BROKEN:
        return 0  # a damaged part that no sheet uses


def _refuse_bomb(archive: zipfile.ZipFile, *, file: str) -> None:
    """Judge declared sizes. ``zipfile`` never inflates a member beyond the size it declares."""
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > RATIO_FROM
        and entry.file_size > HIGHEST_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if size > LARGEST or swollen:
        raise SourceError(
            f"décompressé, ce classeur occuperait {size // 1_000_000} Mo : refusé ; "
            "demandez un fichier CSV ou un extrait du territoire",
            path=file,
        )


def _too_many(file: str) -> SourceError:
    return SourceError(
        "ce classeur a plus de cellules qu'aucun fichier réel ; demandez un fichier CSV "
        "ou un extrait du territoire",
        path=file,
    )


def _xlsx_sheets(content: bytes, *, file: str, limit: int | None) -> Sheets:
    sheets: Sheets = {}
    count = 0
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations it ignores: none of our concern.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                rows: list[list[str]] = []
                for values in sheet.iter_rows(values_only=True, max_row=limit):
                    rows.append(_trimmed([_cell_text(value) for value in values]))
                    count += len(rows[-1])
                    if count > MOST_CELLS:
                        raise _too_many(file)
                sheets[sheet.title] = rows
        finally:
            book.close()
    return sheets


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    text = str(value)
    return "" if text in _ERRORS else CONTROL.sub("", text)


def _ods_sheets(stream: IO[bytes], *, file: str, limit: int | None) -> Sheets:
    sheets: Sheets = {}
    count = 0
    # Expat refuses entities that swell (« billion laughs »), and nothing external is fetched.
    events = ET.iterparse(stream, events=("start", "end"))  # noqa: S314
    rows: list[list[str]] = []
    blank = 0
    for event, element in events:
        if event == "start":
            if element.tag == f"{_TABLE}table":
                rows = sheets.setdefault(element.get(f"{_TABLE}name") or "Feuille", [])
                blank = 0
            continue
        if element.tag != f"{_TABLE}table-row":
            continue
        row = _ods_row(element)
        times = _repeated(element, "rows", LONGEST)
        element.clear()
        if limit is not None and len(rows) >= limit:
            continue
        if not row:
            blank += times
            continue
        rows += [[] for _ in range(min(blank, LONGEST))] + [row] * times
        blank = 0
        count += len(row) * times
        if count > MOST_CELLS:
            raise _too_many(file)
    return sheets


def _ods_row(element: ET.Element) -> list[str]:
    row: list[str] = []
    blank = 0
    for cell in element:
        if cell.tag not in {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}:
            continue
        times = _repeated(cell, "columns", WIDEST)
        text = _ods_text(cell)
        if not text:
            blank += times
            continue
        row += [""] * min(blank, WIDEST) + [text] * times
        blank = 0
    return row


def _repeated(element: ET.Element, what: str, most: int) -> int:
    written = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return min(max(int(written), 1), most) if written.isdigit() else 1


def _ods_text(cell: ET.Element) -> str:
    kind = cell.get(f"{_OFFICE}value-type", "")
    reader = _ODS_VALUES.get(kind)
    if reader is not None:
        return reader(cell)
    paragraphs = ("".join(_ods_pieces(part)) for part in cell.iter(f"{_TEXT}p"))
    return _cell_text("\n".join(paragraphs).strip())


def _ods_pieces(paragraph: ET.Element) -> Iterator[str]:
    for part in paragraph.iter():
        if part.tag == f"{_TEXT}s":
            count = part.get(f"{_TEXT}c", "1")
            yield " " * min(int(count) if count.isdigit() else 1, 1000)
        elif part.tag == f"{_TEXT}line-break":
            yield "\n"
        else:
            yield part.text or ""
        if part is not paragraph:
            yield part.tail or ""


def _ods_number(cell: ET.Element) -> str:
    written = cell.get(f"{_OFFICE}value", "")
    try:
        return _cell_text(float(written))
    except (ValueError, OverflowError):
        return written


def _ods_time(cell: ET.Element) -> str:
    written = cell.get(f"{_OFFICE}time-value", "")
    match = _DURATION.match(written)
    return f"{int(match[1]):02d}:{int(match[2]):02d}" if match else written


_ODS_VALUES: Mapping[str, Callable[[ET.Element], str]] = {
    "float": _ods_number,
    "percentage": _ods_number,
    "currency": _ods_number,
    "date": lambda cell: cell.get(f"{_OFFICE}date-value", ""),
    "boolean": lambda cell: "oui" if cell.get(f"{_OFFICE}boolean-value") == "true" else "non",
    "time": _ods_time,
}
