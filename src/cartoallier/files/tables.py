"""The door of text tables: a CSV file or a workbook in, text cells and real row numbers out.

Everything is read as text, because the codes of Allier begin with a zero. A file that is not a
table is a :class:`~cartoallier.errors.SourceError`; a strange row is a finding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from cartoallier.errors import SourceError
from cartoallier.files.decoding import decode, read_bytes, utf16_codec
from cartoallier.files.rows import Rows
from cartoallier.files.texts import (
    LARGE,
    PEEK,
    TOP,
    Text,
    delimiter_of,
    long_fields,
    parsed,
    text_in_pieces,
    text_of,
)
from cartoallier.files.workbooks import CONTROL, ZIP, Sheets, read_sheets, uncomputed_formulas
from cartoallier.model import Finding

__all__ = [
    "CONTROL",
    "LARGE",
    "decode",
    "header_of",
    "read_bytes",
    "read_grid",
    "read_start",
    "read_table",
]

LONGEST_CELL = 32_767
"""Characters of a cell, as many as a spreadsheet holds; the rest is cut, and said."""

Grid = list[list[str]]
Beyond: TypeAlias = Callable[[Mapping[str, int]], Callable[[list[str]], bool]]
"""Given the position of each column, returns the test of the rows that nobody will miss.

The test sees a row's cells as they are written; it is true of rows that are not blank."""

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def read_table(path: Path, *, file: str, beyond: Beyond | None = None) -> Rows:
    """Read a CSV, XLSX or ODS file as text.

    The encoding, the delimiter, the sheet (the one with most rows) and the header (under title
    rows) are recognised. Row numbers are those a spreadsheet shows: the header is usually 1,
    empty rows count.

    Args:
        path: the file.
        file: its name, as the project writes it.
        beyond: rows to count and let go at once, see :data:`Beyond`; by default none.

    Returns:
        The rows; an empty cell is ``None``. There may be no row under the header.

    Raises:
        SourceError: the file is empty, cut short, or is not a table.
    """

    def tidied(rows: Iterator[list[str]], findings: list[Finding]) -> Rows:
        return _tidy(rows, file=file, findings=findings, beyond=beyond)

    opened = _opened(path, file=file)
    if isinstance(opened, Text):
        return parsed(opened, file=file, use=tidied)
    grid, findings = opened
    return tidied(iter(grid), findings)


def read_grid(path: Path, *, file: str) -> tuple[Grid, list[Finding]]:
    """Read a CSV, XLSX or ODS file as rows of text, header not told from the rest.

    Raises:
        SourceError: as :func:`read_table`.
    """
    opened = _opened(path, file=file)
    if isinstance(opened, Text):
        return parsed(opened, file=file, use=lambda rows, findings: (list(rows), findings))
    return opened


def _opened(path: Path, *, file: str) -> Text | tuple[Grid, list[Finding]]:
    """Return a text, or the sheet of a workbook and what was noticed."""
    text = text_in_pieces(path, file=file)
    if text is None:
        content = read_bytes(path, file=file)
        _refuse_old_workbook(content, file=file)
        if content.startswith(ZIP):
            rows, findings = _best_sheet(read_sheets(content, file=file), file=file)
            return rows, findings + _uncomputed(content, file=file)
        text = text_of(content, file=file)
    _refuse_documents(text.start, file=file)
    return text


def read_start(path: Path, *, file: str) -> Grid:
    """Return the first rows of a table, without reading all of a long file.

    Raises:
        SourceError: as :func:`read_table`.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(PEEK)
    except OSError:
        start = b""
    if start.startswith(ZIP):
        sheets = read_sheets(read_bytes(path, file=file), file=file, limit=TOP)
        if len([rows for rows in sheets.values() if len(rows) == TOP]) < 2:
            return _best_sheet(sheets, file=file)[0]
        return read_grid(path, file=file)[0][:TOP]
    if len(start) < PEEK or utf16_codec(start):
        return read_grid(path, file=file)[0][:TOP]
    _refuse_old_workbook(start, file=file)
    # Cut at a line's end: a character may straddle the limit.
    text, _ = decode(start[: start.rfind(b"\n") + 1] or start, file=file)
    _refuse_documents(text, file=file)
    with long_fields():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
        return list(islice(reader, TOP))


def header_of(grid: Grid) -> tuple[str, ...]:
    """Return the column names among the first rows of a table, ``()`` when all are empty."""
    top = _header_row(grid)
    return () if top is None else tuple(dict.fromkeys(filter(None, _names(grid[top]))))


def _refuse_old_workbook(content: bytes, *, file: str) -> None:
    if content.startswith(_OLD_WORKBOOK):
        raise SourceError(
            "ancien classeur Excel (.xls) ou classeur protégé par un mot de passe ; "
            "enregistrez-le au format .xlsx, sans mot de passe",
            path=file,
        )


def _refuse_documents(text: str, *, file: str) -> None:
    start = text.lstrip()[:5].lower()
    if start[:1] in {"{", "["} or start in {"<html", "<!doc", "<?xml"}:
        raise SourceError("ce n'est pas un tableau ; un fichier CSV ou XLSX est attendu", path=file)


def _uncomputed(content: bytes, *, file: str) -> list[Finding]:
    count = uncomputed_formulas(content)
    if not count:
        return []
    finding = Finding(
        file=file,
        value=f"{count} cellules",
        what="des formules n'ont pas de valeur enregistrée",
        action="cellules lues vides ; ouvrez et enregistrez le classeur, ou redemandez-le",
    )
    return [finding]


def _best_sheet(sheets: Sheets, *, file: str) -> tuple[Grid, list[Finding]]:
    """Choose the sheet with most rows that looks like a table, and name the others."""
    sizes = {name: sum(1 for row in rows if any(row)) for name, rows in sheets.items()}
    tables = [name for name, rows in sheets.items() if len(header_of(rows[:TOP])) > 1]
    chosen = max(tables or sizes, key=lambda name: sizes[name], default=None)
    if chosen is None or not sizes[chosen]:
        raise SourceError(
            "le classeur ne contient aucune cellule remplie ; redemandez l'export", path=file
        )
    findings = [
        Finding(
            file=file,
            column=name[:80],
            value=f"{size} lignes",
            what="autre feuille du classeur non lue",
            action=f"seule « {chosen[:80]} » est lue ; enregistrez l'autre à part si elle compte",
        )
        for name, size in sizes.items()
        if name in tables and name != chosen and size > 1
    ]
    return sheets[chosen], findings


def _names(row: Sequence[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in row]


def _header_row(grid: Grid) -> int | None:
    """Return the position of the header: the first row about as wide as those under it.

    Titles above a table fill one cell, or a few of a merged row.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in grid[:TOP]]
    widths = sorted(width for width in filled if width)
    if not widths:
        return next((i for i, row in enumerate(grid) if any(c.strip() for c in row)), None)
    # Nearly the widest: one row with a stray separator must not decide.
    wide = widths[int(0.9 * (len(widths) - 1))]
    top = next(i for i, width in enumerate(filled) if width and width >= 0.6 * wide)
    while top + 1 < len(filled) and _is_grouping(grid[top], grid[top + 1]):
        top += 1
    return top


def _is_grouping(row: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether a row names groups of the columns that the row below names."""
    names = [cell.strip() for cell in row]
    under = [cell.strip() for cell in below]
    last = max((i for i, name in enumerate(names) if name), default=0)
    return (
        not all(names[: last + 1])
        and sum(map(bool, under)) > sum(map(bool, names))
        and not any(cell[:1].isdigit() for cell in under)
    )


def _tidy(
    rows: Iterator[list[str]], *, file: str, findings: list[Finding], beyond: Beyond | None
) -> Rows:
    """Give the header, and the rest by column."""
    grid = list(islice(rows, TOP))
    top = _header_row(grid)
    while top is None and (more := list(islice(rows, len(grid)))):
        grid += more
        top = _header_row(grid)
    if top is None:
        raise SourceError("le fichier ne contient aucune cellule ; redemandez l'export", path=file)
    if any(any(row) for row in grid[:top]):
        findings.append(
            Finding(
                file=file,
                line=top + 1,
                what="des lignes de titre précèdent l'en-tête",
                action="lignes de titre passées ; l'en-tête est lu à cette ligne",
            )
        )
    header = _names(grid[top])
    positions = _positions(header, line=top + 1, file=file, findings=findings)
    under = _Under(width=len(header), file=file, findings=findings)
    under.read(
        chain(grid[top + 1 :], rows),
        start=top + 2,
        missed=beyond(positions) if beyond else lambda _: False,
    )
    return Rows(
        file=file,
        header=tuple(positions),
        cells={
            name: _column(
                under.kept, position, name=name, lines=under.lines, file=file, findings=findings
            )
            for name, position in positions.items()
        },
        lines=tuple(under.lines),
        findings=tuple(findings),
        left_out=under.left_out,
    )


class _Under:
    """The rows under a header: those kept, their numbers, how many were let go."""

    def __init__(self, *, width: int, file: str, findings: list[Finding]) -> None:
        self.width = width
        self.file = file
        self.findings = findings
        self.kept: Grid = []
        self.lines: list[int] = []
        self.left_out = 0

    def read(
        self, rows: Iterable[list[str]], *, start: int, missed: Callable[[list[str]], bool]
    ) -> None:
        """Sort the rows, the first of which is at line ``start``."""
        width = self.width
        for number, row in enumerate(rows, start=start):
            if missed(row):
                self.left_out += 1
                continue
            if not any(row) or not any(cell.strip() for cell in row):
                continue
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                self.findings.append(
                    Finding(
                        file=self.file,
                        line=number,
                        what="la ligne a plus de cellules que l'en-tête",
                        action="cellules en trop ignorées ; un séparateur est peut-être mal "
                        "protégé",
                    )
                )
            self.lines.append(number)
            self.kept.append(row if len(row) >= width else row + [""] * (width - len(row)))


def _positions(
    header: Sequence[str], *, line: int, file: str, findings: list[Finding]
) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        if name in positions:
            findings.append(
                Finding(
                    file=file,
                    line=line,
                    column=name[:80],
                    what="deux colonnes portent le même nom",
                    action="seule la première est lue",
                )
            )
        elif name:
            positions[name] = position
    return positions


def _column(
    kept: Grid,
    position: int,
    *,
    name: str,
    lines: Sequence[int],
    file: str,
    findings: list[Finding],
) -> list[str | None]:
    cells: list[str | None] = [row[position].strip() or None for row in kept]
    longest = max((len(cell) for cell in cells if cell), default=0)
    if longest <= LONGEST_CELL:
        return cells
    for row, cell in enumerate(cells):
        if cell and len(cell) > LONGEST_CELL:
            cells[row] = cell[:LONGEST_CELL]
            findings.append(
                Finding(
                    file=file,
                    line=lines[row],
                    column=name[:80],
                    what="cellule démesurée",
                    action=f"coupée à {LONGEST_CELL} caractères ; un guillemet manque peut-être",
                )
            )
    return cells
