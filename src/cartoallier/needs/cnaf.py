"""Files of the CNAF (data.caf.fr): places for young children, households on benefits.

Three layouts: rates and places (``txcouv_…``, one row per zone and year), counts of households by
commune, counts by IRIS. Licence Ouverte 2.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from cartoallier.errors import SourceError
from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Level, Status
from cartoallier.model.french import plural
from cartoallier.needs.codes import Column, match_columns
from cartoallier.needs.headers import TOP, ZoneTable, find_table
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.vocabulary import folded
from cartoallier.needs.wide import values_of

LAYOUT = "cnaf"

CHILDREN, HOUSEHOLDS, IRIS_COUNTS = "petite enfance", "allocataires", "allocataires à l'IRIS"
"""Kinds of files."""

_PLACES = re.compile(r"(?:txcouv|(?:nb)?pla?|tot_offre)(?:_\w+)?_(epci|com|dep|reg|nat)|txcouv_\w+")
_COUNTS = re.compile(r"nb_allocataires?(?:_\w+)?|all_\w+|nombre foyers .+")
_KEY_OF = {"epci": "numepci", "com": "numcom", "dep": "numdep", "reg": "numregi"}
_ANY_ZONE = ("codgeo", "code", "siren", "epci", "code_epci")
_KEYS = (
    "codes_insee",
    "code_insee",
    "codgeo",
    "numéro commune",
    "numero commune",
    "numcom",
    "numéro epci",
    "numero epci",
    "numepci",
    "numéro département",
    "numero departement",
    "numdep",
)
"""Columns of codes of counts of households, the finest first."""

_NAMES = frozenset({"nomepci", "nomcom", "nomdep", "nomregi", "communes", "nom commune"})
_DATES = frozenset({"annee", "année", "date référence", "date reference"})
_DATE = re.compile(
    r"((?:19|20)\d\d)(?:\.0+|[-/](\d\d)\b.*)?|(?:\d\d/)?(\d\d)/((?:19|20)\d\d)(?:\s.*)?"
)
_NOWHERE = re.compile(r"(?i)x+|\d{2,3}x+")
_ABROAD = "99999"


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """Where things are in a sheet: row of the header, kind of file, columns."""

    top: int
    kind: str
    key: int | None
    date: int | None


def read_cnaf(book: Book, *, indicators: Mapping[str, Indicator]) -> Extract | None:
    """Read every sheet of a CNAF file.

    A blank cell is ``non_disponible``: the CNAF leaves secrets (under 5, and others so that these
    cannot be found by difference) and missing figures alike. Rows about nowhere are left.

    Args:
        book: the file.
        indicators: of the catalogue; columns are met by the exact names of their ``codes``.

    Returns:
        Values; the vintage is that of the row, else the year in the file's name. ``None`` when no
        sheet is of the CNAF with a column known.

    Raises:
        SourceError: the columns of the CNAF without their column of codes.
    """
    frames, findings, dropped, rows = [], list(book.findings), dict[str, int](), 0
    for sheet, grid in book.sheets.items():
        shape = _shape(grid, file=book.file, sheet=sheet)
        if shape is None:
            continue
        own = dict[str, int]()
        table, years, noticed = _table(grid, shape, file=book.file, sheet=sheet, dropped=own)
        if table is None:
            continue
        columns = match_columns(table.header, indicators.values())
        if not columns:
            continue
        frame, more = values_of(
            table,
            columns,
            blank=Status.NOT_AVAILABLE,
            vintage=_year_of(sheet, PurePosixPath(book.file).name),
            rows_vintage=years,
        )
        frames.append(frame)
        findings += [*noticed, *more, *_caveats(table, shape.kind, columns)]
        rows += len(table.rows) + sum(own.values())
        for reason, count in own.items():
            dropped[reason] = dropped.get(reason, 0) + count
    if not frames:
        return None
    return Extract(
        values=gathered(frames), findings=findings, layout=LAYOUT, rows_read=rows, dropped=dropped
    )


def _shape(grid: Sequence[Sequence[str]], *, file: str, sheet: str) -> _Shape | None:
    for number, row in enumerate(grid[:TOP]):
        header = tuple(folded(cell) for cell in row)
        if not any(header):
            continue
        kind = _kind(header)
        if kind:
            key = _key(header, kind)
            if key is None and not _of_the_nation(header):
                raise SourceError(
                    "fichier de la CNAF sans colonne de codes (numepci, Codes_Insee, "
                    "Numéro commune…)\u202f; redemandez l'export complet",
                    path=file,
                    line=number + 1,
                    key=sheet or None,
                )
            date = next((i for i, name in enumerate(header) if name in _DATES), None)
            return _Shape(top=number, kind=kind, key=key, date=date)
    return None


def _kind(header: Sequence[str]) -> str:
    if any(_PLACES.fullmatch(name) for name in header):
        return CHILDREN
    if "percou" in header and "codgeo" in header:
        return IRIS_COUNTS
    counted = sum(1 for name in header if _COUNTS.fullmatch(name))
    return HOUSEHOLDS if counted > ("codes_insee" not in header) else ""


def _key(header: Sequence[str], kind: str) -> int | None:
    """Return the column of codes: for places, that of the zone the columns end with."""
    if kind != CHILDREN:
        return next((header.index(name) for name in _KEYS if name in header), None)
    ends = [found[1] for name in header if (found := _PLACES.fullmatch(name)) and found[1]]
    wanted = [_KEY_OF[end] for end in dict.fromkeys(ends) if end in _KEY_OF]
    return next((header.index(name) for name in (*wanted, *_ANY_ZONE) if name in header), None)


def _of_the_nation(header: Sequence[str]) -> bool:
    return any(name.endswith("_nat") for name in header)


def _table(
    grid: Sequence[Sequence[str]],
    shape: _Shape,
    *,
    file: str,
    sheet: str,
    dropped: dict[str, int],
) -> tuple[ZoneTable | None, list[str] | None, list[Finding]]:
    """Return the table, years of its rows when they bear one, and what is noteworthy."""
    # Rows that are left are blanked, not cut: line numbers stay those of the file.
    rows = [list(row) if number >= shape.top else [] for number, row in enumerate(grid)]
    body = rows[shape.top + 1 :]
    key = shape.key
    if key is None:  # the whole country: no code, one row per year
        key = max(map(len, rows))
        for row in body:
            row.extend([""] * (key - len(row)) + ["france" if any(row) else ""])
        rows[shape.top] += [""] * (key + 1 - len(rows[shape.top]))
    name = rows[shape.top][key]
    rows[shape.top][key] = "code"
    _leave_nowhere(body, key, dropped)
    years = _leave_earlier(body, key, shape.date, dropped)
    found = find_table(rows, file=file, sheet=sheet, key="code")
    if found is None:
        return None, None, []
    table, findings = found
    for reason, count in table.dropped.items():
        dropped[reason] = dropped.get(reason, 0) + count
    header = (*table.header[: table.key], name, *table.header[table.key + 1 :])
    names = next((i for i, one in enumerate(map(folded, header)) if one in _NAMES), table.names)
    first = shape.top + 2
    own = None if shape.date is None else [years[line - first] for line in table.lines]
    return replace(table, header=header, names=names), own, findings


def _leave_nowhere(body: Sequence[list[str]], key: int, dropped: dict[str, int]) -> None:
    """Blank the rows about households abroad or of an unknown zone."""
    for row in body:
        code = row[key].strip() if key < len(row) else ""
        if code == _ABROAD:
            reason = "résidence à l'étranger (99999)"
        elif _NOWHERE.fullmatch(code):
            reason = "zone inconnue (XX)"
        else:
            continue
        dropped[reason] = dropped.get(reason, 0) + 1
        row.clear()


def _leave_earlier(
    body: Sequence[list[str]], key: int, date: int | None, dropped: dict[str, int]
) -> list[str]:
    """Return the year of each row; blank those of an earlier month of the year, or of none."""
    if date is None:
        return []
    last: dict[tuple[str, str], str] = {}
    dates = []
    for row in body:
        year, month = _year_and_month(row[date] if date < len(row) else "")
        dates.append((year, month))
        if row and key < len(row):
            zone = (row[key].strip(), year)
            last[zone] = max(last.get(zone, ""), month)
    for row, (year, month) in zip(body, dates, strict=True):
        if not any(row):
            continue
        if not year:
            reason = "année illisible"
        elif key < len(row) and month < last[row[key].strip(), year]:
            reason = "mois antérieur de la même année"
        else:
            continue
        dropped[reason] = dropped.get(reason, 0) + 1
        row.clear()
    return [year for year, _ in dates]


def _year_and_month(text: str) -> tuple[str, str]:
    """Return year and month of ``2023``, ``2023-12-31`` or ``01/12/2023``; the month may lack."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        return "", ""
    return (found[1], found[2] or "") if found[1] else (found[4], found[3])


def _year_of(*names: str) -> str:
    """Return the year written in a name of sheet or file, ``""`` for none or several."""
    for name in names:
        years = set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", name))
        if years:
            return years.pop() if len(years) == 1 else ""
    return ""


def _caveats(table: ZoneTable, kind: str, columns: Sequence[Column]) -> list[Finding]:
    """Say once what a CNAF file does not hold."""
    positions = {position for column in columns for _, position in column.terms}
    blanks = sum(not row[position].strip() for position in positions for row in table.rows)
    findings = []
    if kind != CHILDREN:
        findings.append(
            Finding(
                file=table.file,
                column=table.sheet,
                what="les allocataires de la MSA ne sont pas comptés",
                action="à dire sur chaque carte\u202f: effectifs sous-estimés en zone rurale",
            )
        )
        if blanks:
            findings.append(
                Finding(
                    file=table.file,
                    column=table.sheet,
                    value=plural(blanks, "cellule vide", "cellules vides"),
                    what="secret statistique (moins de 5, ou déductible) ou valeur manquante",
                    action="valeurs non disponibles\u202f; jamais lues comme zéro",
                )
            )
    elif table.level == Level.COMMUNE.value:
        findings.append(
            Finding(
                file=table.file,
                column=table.sheet,
                what="publié pour les seules communes de plus de 10 000 habitants",
                action="préférez le fichier par EPCI pour une carte",
            )
        )
    return findings
