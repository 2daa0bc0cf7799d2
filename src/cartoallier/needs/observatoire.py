"""Observatoire des territoires: one row per zone and year (``codgeo;libgeo;an;part_…``).

Exports of observatoire-des-territoires.gouv.fr (ANCT), Licence Ouverte 2.0. Several indicators may
stand side by side; the grain is that of the codes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Status
from cartoallier.needs.codes import match_columns
from cartoallier.needs.headers import YEARS, ZoneTable, find_table
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.vocabulary import folded
from cartoallier.needs.wide import values_of

LAYOUT = "observatoire"

_YEAR = re.compile(r"((?:19|20)\d\d)(?:[.,]0+)?")
_BAD_YEAR = "ligne sans année lisible"


def read_observatoire(book: Book, *, indicators: Mapping[str, Indicator]) -> Extract | None:
    """Read a file with a column of codes, a column of years and columns of indicators.

    A blank cell is ``non_disponible``: the observatory does not say why a value is missing.

    Args:
        book: the file.
        indicators: of the catalogue.

    Returns:
        One value per indicator, zone and year; ``None`` when no sheet has a column of years
        (« an ») beside known columns whose names bear none.

    Raises:
        SourceError: a sheet has two possible headers.
    """
    frames, findings, dropped = [], list(book.findings), dict[str, int]()
    rows = 0
    for sheet, grid in book.sheets.items():
        found = find_table(grid, file=book.file, sheet=sheet)
        at = _year_column(found[0]) if found else None
        if found is None or at is None:
            continue
        table, noticed = found
        columns = [
            column
            for column in match_columns(table.header, indicators.values(), sheet=sheet)
            if not column.vintage
        ]
        if not columns:
            continue
        rows += len(table.rows) + sum(table.dropped.values())
        table, years, more = _dated(table, at)
        frame, said = values_of(table, columns, blank=Status.NOT_AVAILABLE, rows_vintage=years)
        frames.append(frame)
        findings += [*noticed, *more, *said]
        for reason, count in table.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    if not frames:
        return None
    return Extract(
        values=gathered(frames), findings=findings, layout=LAYOUT, rows_read=rows, dropped=dropped
    )


def _year_column(table: ZoneTable) -> int | None:
    return next((i for i, name in enumerate(table.header) if folded(name) in YEARS), None)


def _dated(table: ZoneTable, position: int) -> tuple[ZoneTable, Sequence[str], list[Finding]]:
    """Return the rows whose year is readable, and their years."""
    texts = [cell.strip() for cell in table.column(position)]
    matches = [_YEAR.fullmatch(text) for text in texts]
    kept = [row for row, match in enumerate(matches) if match]
    years = [match[1] for match in matches if match]
    if len(kept) == len(texts):
        return table, years, []
    wrong = next(row for row, match in enumerate(matches) if not match)
    name = table.header[position]
    finding = Finding(
        file=table.file,
        line=table.lines[wrong],
        column=f"{table.sheet}!{name}" if table.sheet else name,
        value=f"{texts[wrong][:40]}, {len(texts) - len(kept)} lignes",
        what=_BAD_YEAR,
        action="lignes non lues\u202f; à corriger dans le fichier",
    )
    return (
        replace(
            table,
            codes=tuple(table.codes[row] for row in kept),
            rows=[table.rows[row] for row in kept],
            lines=tuple(table.lines[row] for row in kept),
            dropped=table.dropped | {_BAD_YEAR: len(texts) - len(kept)},
        ),
        years,
        [finding],
    )
