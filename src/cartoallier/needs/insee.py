"""INSEE workbooks and their CSV twins: labels, codes, one row per zone, one sheet per grain.

Also the « structure et distribution » workbooks of Filosofi, whose sheets are sub-populations
(``TYPMENR_5``: lone-parent families). Licence Ouverte 2.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Status
from cartoallier.needs.checks import check_table
from cartoallier.needs.codes import Column, match_columns, sub_population
from cartoallier.needs.headers import TOP, YEARS, ZoneTable, find_table, is_other_grain
from cartoallier.needs.recognised import left_columns, left_unread
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.vocabulary import folded
from cartoallier.needs.wide import values_of
from cartoallier.needs.zones import is_postal, tidied

LAYOUT = "insee"

_DISTRIBUTION = re.compile(r"(?i)^(?:disp_)?(?:Q3_Q1|D[1-9]\d\d)$")
_POVERTY = re.compile(r"(?i)^(?:disp_)?TP60")
_POVERTY_CODE = re.compile(r"(?i)^(?:disp_)?TP60\d\d$")
_DATED = re.compile(r"(?i)(?:[PC]\d\d_\w+|(?!\w*_(?:19|20)?\d\d$)[A-Z]\w*\d\d)")
"""Names of INSEE columns, which bear a year in two figures: ``P21_POP``, ``MED21``."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_COG = re.compile(r"(?i)(?<![a-z])geo[-_ ]?(20\d\d)")
_COG_SAID = re.compile(
    r"(?i)(?:g[ée]ographie|limites territoriales|d[ée]coupage)\D{0,60}?"
    r"(?:1er janvier |01/01/)(20\d\d)"
)
_KNOWN = 2
"""Known columns from which a row is a header whatever the heading of its codes."""


@dataclass(kw_only=True)
class _Read:
    """What the sheets gave so far."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    unread: dict[str, list[str]] = field(default_factory=dict)
    refused: list[SourceError] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def skip(self, sheet: str, reason: str) -> None:
        """Remember a sheet that is not read."""
        self.unread.setdefault(reason, []).append(sheet)


def read_insee(book: Book, *, indicators: Mapping[str, Indicator]) -> Extract | None:
    """Read every sheet of an INSEE file.

    A blank cell is a secret in the « structure et distribution » files, whose CSV twins leave it
    empty, and absent elsewhere. Columns whose names bear no year take the latest of their sheet,
    else the year that the name of the file says.

    Args:
        book: the file.
        indicators: of the catalogue.

    Returns:
        Values of every sheet that holds zones and known columns; ``None`` when none does. Sheets
        that are not read are said, and columns of figures too where none bears INSEE's years.

    Raises:
        SourceError: a sheet has two possible headers, or codes that lost their digits; no sheet
            is read and one holds known columns of zones that are not, or several rates in one.
    """
    read = _Read(findings=list(book.findings))
    for sheet, grid in book.sheets.items():
        _read_sheet(read, book, sheet, grid, indicators=indicators)
    if not read.frames:
        if read.refused:
            raise read.refused[0]
        return None
    values, more = gathered(read.frames), list[Finding]()
    if len(read.frames) > 1:
        values, more = _once(values, file=book.file)
    return Extract(
        values=values,
        findings=[
            *read.findings,
            *more,
            *left_unread(read.left, file=book.file),
            *_unread_sheets(read, book.file),
        ],
        layout=LAYOUT,
        rows_read=read.rows,
        dropped=read.dropped,
        cog=_cog(book),
    )


def _read_sheet(
    read: _Read,
    book: Book,
    sheet: str,
    grid: Sequence[Sequence[str]],
    *,
    indicators: Mapping[str, Indicator],
) -> None:
    found = find_table(grid, file=book.file, sheet=sheet)
    if found is None:
        found = _by_content(grid, file=book.file, sheet=sheet, indicators=indicators)
    if found is None:
        _no_zones(read, book, sheet, grid, indicators=indicators)
        return
    table, noticed = found
    if _is_long(table):
        read.skip(sheet, "feuille à une ligne par zone et par année")
        return
    columns, said = _columns(table, indicators=indicators, file=book.file)
    if not columns:
        read.findings += said
        read.refused += [
            SourceError(f"{f.what} ({f.value})\u202f; {f.action}", path=f.file, key=sheet)
            for f in said
        ]
        read.skip(sheet, "feuille sans colonne connue")
        return
    years = [column.vintage for column in columns if column.vintage]
    hidden = _is_distribution(table) or sub_population(sheet) != ""
    frame, more = values_of(
        table,
        columns,
        blank=Status.SECRET if hidden else Status.ABSENT,
        vintage=max(years, default=_year(sheet, book.file)),
    )
    read.frames.append(frame)
    if not any(_DATED.fullmatch(name) for name in table.header):
        # INSEE's own files hold hundreds of columns that the catalogue leaves aside.
        read.left += [f"{sheet}!{name}" if sheet else name for name in left_columns(table, columns)]
    read.findings += [
        *noticed,
        *said,
        *_same_names(table, columns),
        *more,
        *check_table(table, indicators=indicators),
    ]
    read.rows += len(table.rows) + sum(table.dropped.values())
    for reason, count in table.dropped.items():
        read.dropped[reason] = read.dropped.get(reason, 0) + count


def _no_zones(
    read: _Read,
    book: Book,
    sheet: str,
    grid: Sequence[Sequence[str]],
    *,
    indicators: Mapping[str, Indicator],
) -> None:
    """Say of a sheet without a table of zones that it is skipped, or of another grain."""
    if is_other_grain(file=book.file, sheet=sheet) and any(
        match_columns(row, indicators.values(), sheet=sheet) for row in grid[:TOP]
    ):
        read.refused.append(
            SourceError(
                "les zones y sont des arrondissements, des zones d'emploi ou des unités "
                "urbaines\u202f; demandez le fichier par commune ou par EPCI",
                path=book.file,
                key=sheet or None,
            )
        )
    if any(cell.strip() for row in grid for cell in row):
        read.skip(sheet, "feuille sans tableau de communes, d'EPCI ou de départements")


def _is_distribution(table: ZoneTable) -> bool:
    return any(_DISTRIBUTION.match(name) for name in table.header)


def _is_long(table: ZoneTable) -> bool:
    """Whether a table has one row per zone and year: another layout."""
    dated = any(folded(name) in YEARS for name in table.header)
    return dated and len(set(table.codes)) < len(table.codes)


def _by_content(
    grid: Sequence[Sequence[str]], *, file: str, sheet: str, indicators: Mapping[str, Indicator]
) -> tuple[ZoneTable, list[Finding]] | None:
    """Find a table whose column of codes bears an unknown heading: its other columns tell."""
    for number, row in enumerate(grid[:TOP]):
        columns = match_columns(row, indicators.values(), sheet=sheet)
        if len(columns) < _KNOWN:
            continue
        figures = {position for column in columns for _, position in column.terms}
        for position, heading in enumerate(row[:5]):
            if position in figures or not heading.strip() or is_postal(heading):
                continue
            texts = [line[position] for line in grid[number + 1 :] if position < len(line)]
            if not tidied(texts)[1]:
                continue
            found = find_table(grid, file=file, sheet=sheet, key=heading)
            if found is None:
                continue
            said = Finding(
                file=file,
                line=number + 1,
                column=f"{sheet}!{heading.strip()}" if sheet else heading.strip(),
                what="l'en-tête de la colonne des codes n'est pas celui de l'INSEE",
                action="colonne reconnue à son contenu\u202f; à vérifier",
            )
            return found[0], [said, *found[1]]
        if any(map(is_postal, row)):
            raise SourceError(
                "les codes postaux ne disent pas la commune\u202f; il faut une colonne de codes "
                "INSEE (CODGEO)",
                path=file,
                line=number + 1,
            )
    return None


def _columns(
    table: ZoneTable, *, indicators: Mapping[str, Indicator], file: str
) -> tuple[list[Column], list[Finding]]:
    """Return the known columns of a table.

    In the sheet of a sub-population, whose column codes INSEE documents nowhere, the only column
    whose name begins with ``TP60`` is the rate of poverty.
    """
    header = list(table.header)
    rates = [i for i, name in enumerate(header) if _POVERTY.match(name)]
    if sub_population(table.sheet) and not any(_POVERTY_CODE.match(header[i]) for i in rates):
        if len(rates) > 1:
            names = ", ".join(header[i] for i in rates)
            return [], [
                Finding(
                    file=file,
                    column=table.sheet,
                    value=names[:80],
                    what="plusieurs colonnes peuvent être le taux de pauvreté",
                    action="aucune n'est lue\u202f; gardez-en une seule, nommée TP60 et l'année",
                )
            ]
        if rates:
            written = re.search(r"(\d\d)$", header[rates[0]].removeprefix("TP60"))
            year = _year(file)[2:] or (written[1] if written else "")
            header[rates[0]] = f"TP60{year}"
    columns = match_columns(header, indicators.values(), sheet=table.sheet)
    return [_as_written(column, table, header) for column in columns], []


def _as_written(column: Column, table: ZoneTable, header: Sequence[str]) -> Column:
    """Give a column back the name that the file gives it."""
    position = column.terms[0][1]
    if len(column.terms) > 1 or header[position] == table.header[position]:
        return column
    return replace(column, code=table.header[position])


def _same_names(table: ZoneTable, columns: Sequence[Column]) -> list[Finding]:
    """Say which columns that are read have a namesake."""
    findings = []
    for position in sorted({position for column in columns for _, position in column.terms}):
        name = folded(table.header[position])
        others = [
            i for i, other in enumerate(table.header) if i != position and folded(other) == name
        ]
        if not others:
            continue
        differ = any(table.column(i) != table.column(position) for i in others)
        findings.append(
            Finding(
                file=table.file,
                line=None,
                column=f"{table.sheet}!{table.header[position]}"
                if table.sheet
                else table.header[position],
                what="deux colonnes portent le même nom"
                + (", avec des valeurs différentes" if differ else ""),
                action="seule la première est lue",
            )
        )
    return findings


def _once(values: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Keep one of the values that several sheets give, none where they differ."""
    key = ["indicator", "level", "code", "vintage"]
    twice = values.duplicated(key, keep=False)
    if not twice.any():
        return values, []
    said = values[twice].groupby(key, sort=False)
    differ = said[["value", "status"]].transform("nunique", dropna=False).gt(1).any(axis=1)
    findings = []
    for other in (False, True):
        rows = values[twice][differ == other]
        if rows.empty:
            continue
        sheets = ", ".join(dict.fromkeys(f"«\u00a0{name}\u00a0»" for name in rows["sheet"]))
        findings.append(
            Finding(
                file=file,
                column=sheets[:80],
                value=f"{len(rows[key].drop_duplicates())} valeurs",
                what="valeur donnée par plusieurs feuilles" + (", différente" if other else ""),
                action="aucune n'est gardée" if other else "gardée une fois",
            )
        )
    drop = values.duplicated(key) | differ.reindex(values.index, fill_value=False)
    return values[~drop].reset_index(drop=True), findings


def _unread_sheets(read: _Read, file: str) -> list[Finding]:
    findings = []
    for reason, sheets in read.unread.items():
        names = ", ".join(sheets)
        findings.append(
            Finding(
                file=file,
                column=names if len(names) <= 80 else f"{names[:79]}…",
                value="1 feuille" if len(sheets) == 1 else f"{len(sheets)} feuilles",
                what=reason,
                action="non lue" if len(sheets) == 1 else "non lues",
            )
        )
    return findings


def _year(*names: str) -> str:
    """Return the first year a name says, ``""`` for none; ``geo2023`` is not one of figures."""
    for name in names:
        years = _YEAR.findall(_COG.sub("", name).replace("_", " "))
        filosofi = re.search(r"(?i)FILO(20\d\d)", name)
        if filosofi or years:
            return filosofi[1] if filosofi else str(years[0])
    return ""


def _cog(book: Book) -> str:
    """Return the year of the commune codes that the name or the titles declare, ``""``."""
    if named := _COG.search(book.file):
        return named[1]
    for grid in book.sheets.values():
        for row in grid[:TOP]:
            for cell in row[:3]:
                if said := _COG_SAID.search(cell):
                    return said[1]
    return ""
