"""Where a table begins in a sheet: titles above, a row of labels, a row of codes, notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from cartoallier.errors import SourceError
from cartoallier.model import Finding, Level
from cartoallier.needs.vocabulary import folded, vocabulary
from cartoallier.needs.zones import (
    REGION,
    REGIONS,
    hinted_level,
    is_code,
    is_postal,
    named_pair,
    tidied,
)

TOP = 30
"""Rows looked at for a header."""

EXAMPLES = 5
"""Rows without a usable code that are told one by one; all are counted."""

NO_CODE = "sans code de zone (notes, totaux, unités)"
OTHER_CODE = "code qui n'est pas de la maille du tableau"
CUT = "ligne plus courte que l'en-tête"

YEARS = frozenset({"an", "annee", "année", "time_period", "millesime", "millésime"})
"""Headings of a column of years, folded."""

LONGEST_NAME = 200
"""Characters of a name; no zone has half as many."""

_SAMPLE = 5000
_FEW = 3
_OTHER_GRAIN = re.compile(
    r"(?i)(?<![a-z])(?:(?:ze|uu|au|aav|bv|tuu|taav)(?:19|20)\d\d"
    r"|arr|arrondissements?(?!\s*municipa))(?![a-z\d])|^(?:ze|uu|aav|bv|cv)$"
)
_CODE_LIKE = re.compile(r"(?=.*\d)[\dA-Za-z.,+'\u2019 \u00a0\u202f]{1,15}")
_LOST = re.compile(r"\d(?:[.,]\d+)?[Ee]\+?\d+")


@dataclass(frozen=True, eq=False, kw_only=True)
class ZoneTable:
    """One table of zones, its header found.

    Attributes:
        file: its file.
        sheet: its sheet, ``""`` in a CSV.
        header: names of the columns, those of the row of codes.
        labels: the row above, in words; empty texts when there is none.
        key: position of the column of codes.
        names: position of the column of names, ``None`` without one.
        level: level of the codes.
        codes: tidy code of each row.
        rows: cells of each row, as wide as the header.
        lines: line of each row in the sheet.
        dropped: reason, in French -> rows without a code of a zone (notes, totals, blanks).
    """

    file: str
    sheet: str
    header: tuple[str, ...]
    labels: tuple[str, ...]
    key: int
    names: int | None
    level: str
    codes: tuple[str, ...]
    rows: list[list[str]]
    lines: tuple[int, ...]
    dropped: dict[str, int]

    def column(self, position: int) -> list[str]:
        """Return the cells of a column."""
        return [row[position] for row in self.rows]

    def name_cells(self) -> list[str]:
        """Return the names of zones, ``""`` where there is none."""
        if self.names is None:
            return [""] * len(self.rows)
        return [cell.strip()[:LONGEST_NAME] for cell in self.column(self.names)]


def find_table(
    grid: Sequence[Sequence[str]], *, file: str, sheet: str = "", key: str = ""
) -> tuple[ZoneTable, list[Finding]] | None:
    """Find the table of zones of a sheet.

    The header is the first row, among the :data:`TOP` first, where a cell heads a column of codes
    (``CODGEO``, « Code géographique »…) that holds codes below; of two such rows in a row, the
    upper gives labels and the lower codes.

    Args:
        grid: rows of text.
        file: name of the file.
        sheet: name of the sheet.
        key: name of the column of codes when it is known.

    Returns:
        The table and what is noteworthy, or ``None`` when the sheet holds no zone, or zones of a
        grain that is not read (employment zones, urban units, whose codes look like communes').

    Raises:
        SourceError: two headers that do not follow each other both head codes; codes that can be
            of départements or of regions, nothing telling which.
    """
    if is_other_grain(file=file, sheet=sheet) or is_postal(key):
        return None
    chosen = _chosen(grid, file=file, sheet=sheet, key=key)
    if chosen is None:
        return None
    rows, codes, level = chosen
    top, position = rows[-1]
    header = tuple(" ".join(cell.split()) for cell in grid[top])
    cut = _cut(grid, top=top, codes=codes, level=level, csv=not sheet)
    upper = grid[rows[-2][0]] if len(rows) > 1 else _labels(grid, top)
    labels = tuple(" ".join(upper[i].split()) if i < len(upper) else "" for i in range(len(header)))
    table = ZoneTable(
        file=file,
        sheet=sheet,
        header=header,
        labels=labels,
        key=position,
        names=_names(header, key=position),
        level=level,
        codes=tuple(cut.codes),
        rows=cut.rows,
        lines=tuple(cut.lines),
        dropped={reason: len(lines) for reason, lines in cut.dropped.items()},
    )
    table, said = _of_two_figures(table)
    return table, [*said, *_other_level(table), *_not_kept(table, cut, grid)]


def _of_two_figures(table: ZoneTable) -> tuple[ZoneTable, list[Finding]]:
    """Tell départements from regions, whose codes are alike: 03 is Allier, or Guyane.

    Raises:
        SourceError: nothing tells.
    """
    pair = {Level.DEPARTEMENT.value, REGION}
    codes = set(table.codes)
    if table.level not in pair or not codes <= REGIONS:
        return table, []
    said = (table.header[table.key], table.labels[table.key], table.sheet)
    hint = hinted_level(*said, PurePosixPath(table.file).name)
    level = hint if hint in pair else named_pair(table.codes, table.rows, level=table.level)
    if level:
        return replace(table, level=level), []
    if len(codes) > _FEW:
        raise SourceError(
            f"{_of(table.sheet)}ces codes peuvent être de départements ou de régions (03 est "
            "l'Allier, ou la Guyane)\u202f; ajoutez une colonne de noms, ou dites «\u00a0DEP"
            "\u00a0» ou «\u00a0REG\u00a0» dans le nom de la feuille ou du fichier",
            path=table.file,
            key=table.header[table.key],
        )
    return replace(table, level=Level.DEPARTEMENT.value), [
        Finding(
            file=table.file,
            column=table.header[table.key],
            value=", ".join(sorted(codes)),
            what="codes de départements, ou de régions\u00a0: rien ne le dit",
            action="lus comme des départements\u202f; à vérifier",
        )
    ]


def is_other_grain(*, file: str, sheet: str) -> bool:
    """Whether a sheet, or else a file, is named after zones that are not read (``ZE2020``)."""
    return _OTHER_GRAIN.search((sheet or PurePosixPath(file).stem).replace("_", " ")) is not None


def _chosen(
    grid: Sequence[Sequence[str]], *, file: str, sheet: str, key: str
) -> tuple[list[tuple[int, int]], list[str], str] | None:
    """Return (row, column) of labels and codes, then the tidy codes below and their level."""
    groups = _neighbours(_candidates(grid, key=key), grid)
    usable = [
        (rows, found)
        for rows in groups
        if (found := _below(grid, rows[-1], file=file, sheet=sheet)) is not None
    ]
    if not usable:
        return None
    rows, (codes, level) = usable[0]
    top = rows[-1][0]
    other = usable[1][0][-1][0] if len(usable) > 1 else _header_again(grid, rows[-1], key=key)
    if other is not None:
        raise SourceError(
            f"{_of(sheet)}deux en-têtes possibles, aux lignes {top + 1} et {other + 1}\u202f; "
            "gardez un seul tableau par feuille",
            path=file,
            line=other + 1,
        )
    return rows, codes, level


def _names(header: Sequence[str], *, key: int) -> int | None:
    known = vocabulary().names
    return next(
        (i for i, cell in enumerate(header) if folded(cell) in known and i != key),
        None,
    )


def _other_level(table: ZoneTable) -> list[Finding]:
    """Say that codes are not of the grain that the sheet or file announces."""
    hint = hinted_level(table.sheet, PurePosixPath(table.file).name)
    if not hint or table.level == hint:
        return []
    return [
        Finding(
            file=table.file,
            column=table.sheet,
            value=f"{table.level}, annoncé {hint}",
            what="les codes de la feuille ne sont pas de la maille que son nom annonce",
            action="feuille lue à la maille de ses codes\u202f; à vérifier",
        )
    ]


def _not_kept(table: ZoneTable, cut: _Cut, grid: Sequence[Sequence[str]]) -> list[Finding]:
    """Tell rows whose code is none, and a file cut short; notes are only counted."""
    told = []
    where = table.header[table.key]
    for reason, what, action in (
        (OTHER_CODE, OTHER_CODE, "ligne non lue\u202f; à vérifier"),
        (CUT, "la dernière ligne est coupée", "ligne non lue\u202f; redemandez le fichier entier"),
    ):
        lines = cut.dropped.get(reason, [])
        for line in lines[:EXAMPLES]:
            row = grid[line - 1]
            value = row[table.key].strip()[:80] if table.key < len(row) else ""
            told.append(
                Finding(
                    file=table.file,
                    line=line,
                    column=f"{table.sheet}!{where}" if table.sheet else where,
                    value=value,
                    what=what,
                    action=action,
                )
            )
        if len(lines) > EXAMPLES:
            told.append(
                Finding(
                    file=table.file,
                    column=f"{table.sheet}!{where}" if table.sheet else where,
                    value=f"{len(lines) - EXAMPLES} autres lignes",
                    what=what,
                    action="lignes non lues\u202f; à vérifier",
                )
            )
    return told


def _of(sheet: str) -> str:
    return f"feuille «\u00a0{sheet}\u00a0»\u00a0: " if sheet else ""


def _candidates(grid: Sequence[Sequence[str]], *, key: str) -> list[tuple[int, int]]:
    """Return (row, column) of every row that may head codes; a repeated header is none.

    Of several columns of codes (region, département, commune), the finest one counts.
    """
    wanted = _wanted(key)
    found: list[tuple[int, int]] = []
    seen: list[list[str]] = []
    for number, row in enumerate(grid[:TOP]):
        positions = [i for i, cell in enumerate(row) if folded(cell) in wanted]
        words = [folded(cell) for cell in row]
        if not positions or sum(map(bool, words)) < 2 or words in seen:
            continue
        seen.append(words)
        counts = [_distinct(grid, number, i) for i in positions] if positions[1:] else [0]
        found.append((number, positions[counts.index(max(counts))]))
    return found


def _wanted(key: str) -> frozenset[str]:
    return frozenset([folded(key)]) if key else vocabulary().codes


def _cell(row: Sequence[str], position: int) -> str:
    return row[position] if position < len(row) else ""


def _distinct(grid: Sequence[Sequence[str]], top: int, position: int) -> int:
    """Return how many different codes stand under a cell."""
    texts = {_cell(row, position) for row in grid[top + 1 : top + 1 + _SAMPLE]}
    return sum(1 for text in texts if _CODE_LIKE.fullmatch(text))


def _neighbours(
    candidates: list[tuple[int, int]], grid: Sequence[Sequence[str]]
) -> list[list[tuple[int, int]]]:
    """Group headers between which no row bears a code: labels, units and codes of one table."""
    groups: list[list[tuple[int, int]]] = []
    for row, position in candidates:
        between = grid[groups[-1][-1][0] + 1 : row] if groups else []
        if groups and not any(_CODE_LIKE.fullmatch(_cell(line, position)) for line in between):
            groups[-1].append((row, position))
        else:
            groups.append([(row, position)])
    return groups


def _header_again(
    grid: Sequence[Sequence[str]], header: tuple[int, int], *, key: str
) -> int | None:
    """Return the row of another header further down, ``None`` when there is none."""
    top, position = header
    wanted = _wanted(key)
    words = [folded(cell) for cell in grid[top]]
    for number in range(max(top + 1, TOP), len(grid)):
        text = _cell(grid[number], position)
        if text[:1].isdigit() or folded(text) not in wanted:
            continue
        row = [folded(cell) for cell in grid[number]]
        if row != words and sum(map(bool, row)) > 1:
            return number
    return None


def _below(
    grid: Sequence[Sequence[str]], header: tuple[int, int], *, file: str, sheet: str
) -> tuple[list[str], str] | None:
    """Return the tidy codes under a header and their level, ``None`` when there are none.

    The level is that of cells that look like codes: notes may outnumber them.

    Raises:
        SourceError: most codes were turned into rounded numbers.
    """
    top, position = header
    texts = [_cell(row, position) for row in grid[top + 1 :]]
    likely = [text if _CODE_LIKE.fullmatch(text.strip()) else "" for text in texts]
    lost = [number for number, text in enumerate(texts) if _LOST.fullmatch(text.strip())]
    if lost and len(lost) * 2 > sum(map(bool, likely)):
        raise SourceError(
            f"{_of(sheet)}les codes ont perdu leurs chiffres («\u00a0{texts[lost[0]].strip()}"
            "\u00a0»)\u202f; redemandez le fichier avec des codes en texte",
            path=file,
            line=top + 2 + lost[0],
            key=grid[top][position].strip(),
        )
    hint = hinted_level(grid[top][position], sheet, PurePosixPath(file).name)
    codes, level = tidied(likely, hint=hint)
    if not level:
        codes, level = tidied(texts, hint=hint)  # « FRANCE », « METRO »
    return (codes, level) if level else None


def _labels(grid: Sequence[Sequence[str]], top: int) -> Sequence[str]:
    """Return the row above a header when it is about as wide, in words; else nothing."""
    above = grid[top - 1] if top else []
    filled = sum(1 for cell in above if cell.strip())
    return above if filled * 2 >= sum(1 for cell in grid[top] if cell.strip()) else []


@dataclass(frozen=True, eq=False, kw_only=True)
class _Cut:
    """Rows kept, and lines of the others by reason."""

    rows: list[list[str]]
    lines: list[int]
    codes: list[str]
    dropped: dict[str, list[int]]


def _cut(
    grid: Sequence[Sequence[str]], *, top: int, codes: list[str], level: str, csv: bool
) -> _Cut:
    """Keep the rows that bear a code of the level."""
    width = len(grid[top])
    cut = _Cut(rows=[], lines=[], codes=[], dropped={})
    for number, code in enumerate(codes, start=top + 1):
        row = grid[number]
        if is_code(code, level=level):
            cut.rows.append([*row[:width], *[""] * (width - len(row))])
            cut.lines.append(number + 1)
            cut.codes.append(code)
        elif any(cell.strip() for cell in row):
            reason = OTHER_CODE if code[:1].isdigit() else NO_CODE
            cut.dropped.setdefault(reason, []).append(number + 1)
    if csv and len(cut.rows) > 1 and cut.lines[-1] == len(grid):
        usual = sorted(len(row) for row in grid[top + 1 :])[(len(grid) - top - 1) // 2]
        if len(grid[-1]) < min(width, usual):
            # The last figure of a file cut short may itself be cut: 2193 for 21930.
            cut.rows.pop(), cut.codes.pop()
            cut.dropped[CUT] = [cut.lines.pop()]
    return cut
