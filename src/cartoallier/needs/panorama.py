"""The « panoramas territoriaux de la pauvreté » (DIPLP, INSEE): workbooks of unknown layout.

Tables are found sheet by sheet, whatever stands above them. A column is read when a person said
what it is (``panorama.toml``), or when its title is the id, the label or a code of an indicator:
never on likeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from cartoallier.errors import SourceError
from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Status
from cartoallier.needs import panorama_mapping
from cartoallier.needs.codes import Column
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.numbers import parse_cells
from cartoallier.needs.panorama_mapping import (
    MappedColumn,
    PanoramaMapping,
    read_mapping,
    sheet_words,
)
from cartoallier.needs.recognised import (
    column_at,
    nearest_to,
    recognised_columns,
    unknown_columns,
)
from cartoallier.needs.sheets import figure_columns, names_only, open_sheet
from cartoallier.needs.tableau import extracted
from cartoallier.needs.titles import Titles, nearest_word, year_in
from cartoallier.needs.values import Extract

__all__ = ["LAYOUT", "PanoramaMapping", "proposed_mapping", "read_mapping", "read_panorama"]

LAYOUT = "panorama"

_LISTED = 6
"""Unknown columns an error tells."""


@dataclass(frozen=True, kw_only=True)
class _Pick:
    """A column to read.

    Attributes:
        column: which.
        scale: what its numbers are multiplied by, ``None``: as they are.
        rows: titles and what they hold on the rows to read; empty: all rows.
    """

    column: Column
    scale: float | None = None
    rows: tuple[tuple[str, str], ...] = ()


def read_panorama(
    book: Book,
    *,
    indicators: Mapping[str, Indicator],
    mapping: PanoramaMapping | None = None,
    vintage: str = "",
) -> Extract | None:
    """Read the zones and known columns of every sheet of a workbook.

    Args:
        book: the file.
        indicators: of the catalogue.
        mapping: what a person said of its columns; then nothing else is read.
        vintage: year of the figures of columns that bear none.

    Returns:
        Values, whose source is ``panorama``; unknown columns are findings that name the nearest
        indicator. ``None`` when no sheet holds zones.

    Raises:
        SourceError: sheets name zones without codes; no column is known; what the
            correspondence says is not in the workbook; two columns give the same figures
            differently.
    """
    tables, findings = _opened(book, key=mapping.key if mapping else "")
    if not tables:
        _refuse_without_codes(book, mapping=mapping)
        return None
    if mapping is not None:
        chosen = _said(tables, mapping=mapping, book=book)
    else:
        chosen, noticed = _recognised(tables, indicators=indicators)
        if not any(columns for columns in chosen):
            raise _nothing_known(tables, indicators=indicators, file=book.file)
        findings += noticed
    parts = (
        part
        for table, picks in zip(tables, chosen, strict=True)
        for part in _parts(table, picks, mapping=mapping)
    )
    return extracted(parts, layout=LAYOUT, vintage=vintage, findings=findings)


def proposed_mapping(book: Book, indicators: Mapping[str, Indicator]) -> str:
    """Return a correspondence file to correct, for the columns of a workbook.

    What is sure is written; the nearest indicator of the other columns of figures is proposed in
    comments.

    Raises:
        SourceError: a sheet has two headers.
    """
    tables, _ = _opened(book, key="")
    return panorama_mapping.proposed_mapping(tables, indicators=indicators, book=book.file)


def _opened(book: Book, *, key: str) -> tuple[list[ZoneTable], list[Finding]]:
    tables, findings = [], list(book.findings)
    for sheet, grid in book.sheets.items():
        found = open_sheet(grid, file=book.file, sheet=sheet, key=key)
        if found is not None:
            tables.append(found[0])
            findings += found[1]
        elif not key and (name := names_only(grid)):
            findings.append(
                Finding(
                    file=book.file,
                    column=sheet,
                    value=name,
                    what="zones désignées par leur nom, sans code",
                    action="feuille non lue\u202f; demandez-la avec les codes SIREN des EPCI ou "
                    "les codes INSEE des communes",
                )
            )
    return tables, findings


def _refuse_without_codes(book: Book, *, mapping: PanoramaMapping | None) -> None:
    """Say what is missing when no sheet holds codes; nothing when it is another kind of file."""
    if mapping is not None and mapping.key:
        raise SourceError(
            f"aucune feuille de «\u00a0{book.file}\u00a0» n'a de codes de zones sous un en-tête "
            f"«\u00a0{mapping.key}\u00a0»",
            path=mapping.file,
            key="code",
        )
    for sheet, grid in book.sheets.items():
        if name := names_only(grid):
            raise SourceError(
                f"{sheet_words(sheet)} désigne les zones par leur nom («\u00a0{name}\u00a0»), "
                "sans code\u202f; deux zones peuvent porter le même nom\u00a0: ajoutez une colonne "
                "des codes SIREN des EPCI ou des codes INSEE des communes",
                path=book.file,
            )
    if mapping is not None:
        raise SourceError("aucune feuille n'y a de colonne de codes de zones", path=book.file)


def _said(
    tables: Sequence[ZoneTable], *, mapping: PanoramaMapping, book: Book
) -> list[list[_Pick]]:
    """Return the columns that the correspondence names, table by table."""
    mapping.check_sheets(book.sheets, book=book.file)
    chosen: list[list[_Pick]] = [[] for _ in tables]
    for entry in mapping.columns:
        found = False
        for number, table in enumerate(tables):
            for position, named in mapping.found_in(entry, table):
                found = True
                title = table.header[position]
                year = entry.vintage or named or year_in(title) or year_in(table.labels[position])
                column = column_at(position, table, indicator=entry.indicator, vintage=year)
                pick = _Pick(column=column, scale=entry.scale, rows=entry.rows)
                _refuse_twice(chosen[number], pick, entry=entry, mapping=mapping)
                chosen[number].append(pick)
        if not found:
            raise _not_found(entry, tables, mapping=mapping, file=book.file)
    return chosen


def _refuse_twice(
    chosen: Iterable[_Pick], pick: _Pick, *, entry: MappedColumn, mapping: PanoramaMapping
) -> None:
    """Refuse one indicator read in two columns, and one column read as two indicators."""
    column = pick.column
    for other in chosen:
        if (other.column.indicator.id, other.column.vintage) == (
            column.indicator.id,
            column.vintage,
        ):
            raise mapping.fail(
                entry,
                "indicateur",
                f"«\u00a0{column.indicator.id}\u00a0» est déjà donné, pour la même année, par la "
                f"colonne «\u00a0{other.column.code}\u00a0»\u202f; gardez-la ou "
                f"«\u00a0{column.code}\u00a0»",
            )
        if (other.column.terms, other.rows) == (column.terms, pick.rows):
            raise mapping.fail(
                entry,
                "titre",
                f"la colonne «\u00a0{column.code}\u00a0» est déjà donnée à "
                f"«\u00a0{other.column.indicator.id}\u00a0»\u202f; gardez l'un des deux",
            )


def _not_found(
    entry: MappedColumn, tables: Sequence[ZoneTable], *, mapping: PanoramaMapping, file: str
) -> SourceError:
    titles = [
        title
        for table in tables
        if not entry.sheet or entry.sheet.casefold() == table.sheet.casefold()
        for title in (*table.header, *table.labels)
        if title
    ]
    where = sheet_words(entry.sheet) if entry.sheet else "ce classeur"
    if entry.pattern is not None:
        listed = ", ".join(f"«\u00a0{title}\u00a0»" for title in titles[:_LISTED])
        what = f"aucune colonne de {where} n'y répond\u202f; il y a {listed}"
        return mapping.fail(entry, "motif", what)
    if not titles:
        what = f"{where} n'a pas de colonne de codes de zones"
        return mapping.fail(entry, "feuille", what)
    near = nearest_word(entry.title, titles)
    return mapping.fail(
        entry,
        "titre",
        f"pas de colonne «\u00a0{entry.title}\u00a0» dans {file}\u202f; la plus proche est "
        f"«\u00a0{near}\u00a0»",
    )


def _recognised(
    tables: Sequence[ZoneTable], *, indicators: Mapping[str, Indicator]
) -> tuple[list[list[_Pick]], list[Finding]]:
    """Return the columns whose titles are those of indicators, and findings about the others."""
    known = Titles.of(indicators.values())
    chosen: list[list[_Pick]] = []
    findings: list[Finding] = []
    for table in tables:
        columns = recognised_columns(table, known=known, indicators=indicators)
        chosen.append([_Pick(column=column) for column in columns])
        used = {position for column in columns for _, position in column.terms}
        others = [position for position in figure_columns(table) if position not in used]
        findings += unknown_columns(table, others, known=known)
    return chosen, findings


def _nothing_known(
    tables: Sequence[ZoneTable], *, indicators: Mapping[str, Indicator], file: str
) -> SourceError:
    known = Titles.of(indicators.values())
    told = []
    for table in tables:
        for position in figure_columns(table):
            near = nearest_to(table, position, known=known)
            title = table.labels[position] or table.header[position]
            told.append(
                f"«\u00a0{title}\u00a0»" + (f" (le plus proche\u00a0: {near.id})" if near else "")
            )
    listed = ", ".join(told[:_LISTED]) + ("…" if len(told) > _LISTED else "")
    said = f" ({len(told)} colonnes de chiffres\u00a0: {listed})" if told else ""
    return SourceError(
        f"aucune colonne n'est celle d'un indicateur connu{said}\u202f; dites ce que sont ses "
        "colonnes dans un fichier de correspondance (bloc [[besoin]], clé "
        "«\u00a0correspondance\u00a0»)",
        path=file,
    )


def _parts(
    table: ZoneTable, picks: Sequence[_Pick], *, mapping: PanoramaMapping | None
) -> Iterator[tuple[ZoneTable, list[Column]]]:
    """Yield the rows of a table to read together, with their columns."""
    for rows in dict.fromkeys(pick.rows for pick in picks):
        together = [pick for pick in picks if pick.rows == rows]
        part = mapping.only(table, rows) if mapping is not None and rows else table
        yield _scaled(part, together)


def _scaled(table: ZoneTable, picks: Sequence[_Pick]) -> tuple[ZoneTable, list[Column]]:
    """Multiply the cells of columns whose scale is said; these are then taken as they are."""
    scales = {p.column.terms[0][1]: p.scale for p in picks if p.scale is not None}
    columns = [
        p.column
        if p.scale is None
        else replace(p.column, indicator=replace(p.column.indicator, bounds=None))
        for p in picks
    ]
    if not scales:
        return table, columns
    rows = [list(row) for row in table.rows]
    for position, scale in scales.items():
        values, status = parse_cells(table.column(position), blank=Status.ABSENT)
        factor = Decimal(repr(scale))
        for row, value, word in zip(rows, values.tolist(), status, strict=True):
            if word == Status.PUBLISHED.value:
                row[position] = f"{Decimal(repr(value)) * factor:f}"
    return replace(table, rows=rows), columns
