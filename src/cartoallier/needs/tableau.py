"""Any table of zones: by a mapping of its columns, or by headers that are already our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Status
from cartoallier.needs.codes import Column
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.recognised import (
    LISTED,
    column_at,
    left_columns,
    left_unread,
    titled_columns,
)
from cartoallier.needs.sheets import JOINT, open_sheet
from cartoallier.needs.titles import Titles, find_title, nearest_word, year_in
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.wide import values_of
from cartoallier.needs.zones import is_postal

LAYOUT = "tableau"

CODE, NAME = "code", "nom"
"""Keys of a mapping that are no indicator."""

UNDATED = "année des chiffres inconnue"
"""What is said of figures that bear no year."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def read_tableau(
    book: Book,
    *,
    indicators: Mapping[str, Indicator],
    columns: Mapping[str, str] = _NOTHING,
    vintage: str = "",
) -> Extract | None:
    """Read a table of zones, their level known from their codes.

    An empty cell is ``absent``. Values are cited as the table they come from, whose source in the
    catalogue is ``tableau``.

    Args:
        book: the file; with a mapping, every sheet that has the columns is read.
        indicators: of the catalogue.
        columns: ``code``, ``nom`` or the id of an indicator -> name of its column. Without it,
            columns are those whose name is the id or the label of an indicator.
        vintage: year of the figures; ``""``: the year that the name of the column bears.

    Returns:
        The values; without a mapping ``None`` when no column is known, or when several sheets
        hold zones.

    Raises:
        SourceError: the mapping names an unknown indicator or a column the file does not have, or
            its codes are no codes of zones.
    """
    if columns:
        _check_ids(columns, indicators=indicators, file=book.file)
    tables, findings = _opened(book, key=columns.get(CODE, ""))
    if columns:
        chosen = _mapped(tables, columns=columns, indicators=indicators, vintage=vintage, book=book)
        tables = [_named(table, columns.get(NAME, "")) for table in tables]
    elif len(tables) == 1:
        chosen = [titled_columns(tables[0], known=Titles.of(indicators.values()))]
        if chosen[0]:
            left = left_columns(tables[0], chosen[0])
            findings += left_unread(left, file=book.file, sheet=tables[0].sheet)
    else:
        return None
    parts = [(table, held) for table, held in zip(tables, chosen, strict=True) if held]
    if not parts:
        return None
    return extracted(parts, layout=LAYOUT, vintage=vintage, findings=findings)


def extracted(
    parts: Iterable[tuple[ZoneTable, Sequence[Column]]],
    *,
    layout: str,
    vintage: str,
    findings: list[Finding],
) -> Extract:
    """Read the columns of tables as values, cited as the layout they come from.

    Args:
        parts: tables, or some of their rows, of one file, and the columns to read.
        layout: name of the layout, and of its source in the catalogue.
        vintage: year of columns that bear none, else that of the name of the sheet.
        findings: what was noticed so far.

    Raises:
        SourceError: two sheets give a figure differently.
    """
    told, frames = list(findings), []
    rows: set[tuple[str, int]] = set()
    notes: dict[str, dict[str, int]] = {}
    file = ""
    for table, columns in parts:
        year = vintage or year_in(table.sheet)
        frame, more = values_of(table, columns, blank=Status.ABSENT, vintage=year)
        frames.append(frame)
        told += more
        rows |= {(table.sheet, line) for line in table.lines}
        notes[table.sheet] = table.dropped
        file = table.file
    values = settled(gathered(frames), file=file).assign(source=layout)
    dropped: dict[str, int] = {}
    for reason, count in ((r, c) for note in notes.values() for r, c in note.items()):
        dropped[reason] = dropped.get(reason, 0) + count
    return Extract(
        values=gathered([values]),
        findings=[*told, *undated(values, file=file)],
        layout=layout,
        rows_read=len(rows) + sum(dropped.values()),
        dropped=dropped,
    )


def _check_ids(
    columns: Mapping[str, str], *, indicators: Mapping[str, Indicator], file: str
) -> None:
    named = [name for name in columns if name not in {CODE, NAME}]
    for name in named:
        if name not in indicators:
            near = nearest_word(name, [*indicators, CODE, NAME])
            raise SourceError(
                f"indicateur inconnu\u202f; vouliez-vous «\u00a0{near}\u00a0»\u202f?",
                path=file,
                key=f"colonnes.{name}",
            )
    if not named:
        what = "dites au moins la colonne d'un indicateur, par exemple taux_pauvrete"
        raise SourceError(what, path=file, key="colonnes")
    by_column: dict[str, str] = {}
    for name in named:
        other = by_column.setdefault(columns[name], name)
        if other != name:
            raise SourceError(
                f"la colonne «\u00a0{columns[name]}\u00a0» est déjà donnée à "
                f"«\u00a0{other}\u00a0»\u202f; gardez l'un des deux",
                path=file,
                key=f"colonnes.{name}",
            )


def _opened(book: Book, *, key: str) -> tuple[list[ZoneTable], list[Finding]]:
    """Return the tables of zones of a file.

    Raises:
        SourceError: ``key`` is said to head codes and does not, or heads postal codes.
    """
    if is_postal(key):
        raise SourceError(
            "des codes postaux ne sont pas des codes de communes\u202f; demandez le fichier avec "
            "les codes de l'INSEE",
            path=book.file,
            key=key,
        )
    tables, findings = [], list(book.findings)
    for sheet, grid in book.sheets.items():
        found = open_sheet(grid, file=book.file, sheet=sheet, key=key)
        if found is not None:
            tables.append(found[0])
            findings += found[1]
    if key and not tables:
        raise SourceError(
            "aucune colonne de ce nom ne porte de codes de communes, d'EPCI ou de départements"
            f"\u202f; colonnes du fichier\u00a0: {_listed(_headings(book))}",
            path=book.file,
            key=key,
        )
    return tables, findings


def _headings(book: Book) -> list[str]:
    """Return the cells of the widest of the first rows of each sheet: likely its header."""
    found: list[str] = []
    for grid in book.sheets.values():
        top = max(grid[:10], key=lambda row: sum(map(bool, row)), default=[])
        found += [cell.strip() for cell in top if cell.strip()]
    return list(dict.fromkeys(found))


def _mapped(
    tables: Sequence[ZoneTable],
    *,
    columns: Mapping[str, str],
    indicators: Mapping[str, Indicator],
    vintage: str,
    book: Book,
) -> list[list[Column]]:
    """Return the columns that the mapping names, table by table.

    Raises:
        SourceError: no sheet has one of them.
    """
    if not tables:
        raise SourceError(
            "aucune colonne de codes de zones n'y est reconnue\u202f; dites laquelle (clé "
            f"«\u00a0code\u00a0» de «\u00a0colonnes\u00a0») parmi {_listed(_headings(book))}",
            path=book.file,
        )
    chosen: list[list[Column]] = [[] for _ in tables]
    for name, column in columns.items():
        year = vintage or year_in(column)
        places = [_position(table, column, file=book.file) for table in tables]
        if name != CODE and all(place is None for place in places):
            raise _no_column(column, tables, file=book.file, key=name)
        if name in {CODE, NAME}:
            continue
        for held, table, place in zip(chosen, tables, places, strict=True):
            if place is not None:
                held.append(column_at(place, table, indicator=indicators[name], vintage=year))
    return chosen


def _named(table: ZoneTable, column: str) -> ZoneTable:
    """Return a table whose zones are named by a column."""
    place = _position(table, column, file=table.file) if column else None
    return table if place is None else replace(table, names=place)


def _position(table: ZoneTable, column: str, *, file: str) -> int | None:
    """Return where a column is: by its title, its label, or the last part of its title."""
    leaves = [title.rpartition(JOINT)[2] for title in table.header]
    for titles in (table.header, table.labels, leaves):
        found = find_title(column, titles)
        if len(found) > 1:
            raise SourceError(
                "plusieurs colonnes portent ce nom ("
                f"{_listed([table.header[i] for i in found])})\u202f; donnez le titre entier",
                path=file,
                key=column,
            )
        if found:
            return found[0]
    return None


def _no_column(column: str, tables: Sequence[ZoneTable], *, file: str, key: str) -> SourceError:
    titles = [title for table in tables for title in (*table.header, *table.labels) if title]
    return SourceError(
        f"pas de colonne «\u00a0{column}\u00a0»\u202f; la plus proche est "
        f"«\u00a0{nearest_word(column, titles)}\u00a0»",
        path=file,
        key=f"colonnes.{key}",
    )


def _listed(titles: Sequence[str]) -> str:
    told = ", ".join(f"«\u00a0{title[:60]}\u00a0»" for title in titles[:LISTED])
    return told + ("…" if len(titles) > LISTED else "")


def undated(values: pd.DataFrame, *, file: str) -> list[Finding]:
    """Return a finding when figures bear no year."""
    names = list(dict.fromkeys(values.loc[values["vintage"] == "", "indicator"]))
    if not names:
        return []
    return [
        Finding(
            file=file,
            value=", ".join(names[:LISTED]) + ("…" if len(names) > LISTED else ""),
            what=UNDATED,
            action="à dire dans cartoallier.toml (bloc [[besoin]], clé «\u00a0millesime\u00a0»)",
        )
    ]


def settled(values: pd.DataFrame, *, file: str) -> pd.DataFrame:
    """Keep one row of each figure that two sheets give alike.

    Raises:
        SourceError: they give it differently.
    """
    key = ["indicator", "level", "code", "vintage"]
    again = values[values.duplicated(key, keep=False)]
    if again.empty:
        return values
    for (indicator, _, code, _), group in again.groupby(key, sort=False):
        if len(group[["value", "status"]].drop_duplicates()) > 1:
            cells = " et ".join(
                f"«\u00a0{sheet}\u00a0» ligne {line}, «\u00a0{column}\u00a0»"
                for sheet, line, column in zip(
                    group["sheet"], group["line"], group["column"], strict=True
                )
            )
            raise SourceError(
                f"«\u00a0{indicator}\u00a0» de {code} y est donné deux fois, différemment ("
                f"{cells})\u202f; choisissez la feuille (clé «\u00a0feuille\u00a0») ou dites ce "
                "que sont les colonnes dans un fichier de correspondance",
                path=file,
            )
    return values.drop_duplicates(key, ignore_index=True)
