"""Columns whose code or title is that of an indicator, and what is said of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from cartoallier.model import Finding, Indicator
from cartoallier.needs.codes import Column, match_columns, sub_population
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.sheets import figure_columns
from cartoallier.needs.titles import Titles, plain
from cartoallier.needs.wide import EXAMPLES

_PEOPLE = re.compile(
    r"retrait|pension|jeune|monoparent|locatai|proprietai|travailleur|famille|enfant|senior|"
    r"femme|homme|chom|pauvres\b|salari|seul|couple|inser"
)
"""In the name of a sheet or file: its figures are those of some people."""

_AGES = re.compile(r"\d+ ans\b")

LISTED = 12
"""Names told in one finding."""


def recognised_columns(
    table: ZoneTable, *, known: Titles, indicators: Mapping[str, Indicator]
) -> list[Column]:
    """Return the columns whose code or title is that of an indicator.

    In a sheet that is about some people, codes are only those of INSEE's sub-populations.
    """
    of_all = not _people(table) or sub_population(table.sheet) != ""
    by_code = match_columns(table.header, indicators.values(), sheet=table.sheet) if of_all else []
    taken = {(column.indicator.id, column.vintage) for column in by_code}
    used = {position for column in by_code for _, position in column.terms}
    return by_code + [
        column
        for column in titled_columns(table, known=known)
        if column.terms[0][1] not in used and (column.indicator.id, column.vintage) not in taken
    ]


def titled_columns(table: ZoneTable, *, known: Titles) -> list[Column]:
    """Return the columns whose title is the id or the label of an indicator.

    When two titles say the same indicator and year, neither is read. In a sheet (or a CSV) whose
    name is about some people, a title must name them too, or ages: « Taux de pauvreté » of a sheet
    « Jeunes » is not that of everybody.
    """
    people = _people(table)
    found: dict[tuple[str, str], list[Column]] = {}
    for position in figure_columns(table):
        title, label = table.header[position], table.labels[position]
        exact = known.exact(title) or known.exact(label)
        words = plain(f"{title} {label}")
        if exact is None or (people - set(_PEOPLE.findall(words)) and not _AGES.search(words)):
            continue
        column = column_at(position, table, indicator=exact[0], vintage=exact[1])
        found.setdefault((column.indicator.id, column.vintage), []).append(column)
    return [columns[0] for columns in found.values() if len(columns) == 1]


def _people(table: ZoneTable) -> set[str]:
    """Return the words of the sheet, or of the file of a CSV, that say some people."""
    return set(_PEOPLE.findall(plain(table.sheet or PurePosixPath(table.file).stem)))


def column_at(position: int, table: ZoneTable, *, indicator: Indicator, vintage: str) -> Column:
    """Return a column that holds an indicator as it is."""
    title = table.header[position]
    return Column(indicator=indicator, vintage=vintage, terms=((1, position),), code=title)


def unknown_columns(table: ZoneTable, positions: Sequence[int], *, known: Titles) -> list[Finding]:
    """Return one finding per column of figures that was not read, with the nearest indicator."""
    prefix = f"{table.sheet}!" if table.sheet else ""
    what = "colonne de chiffres dont l'indicateur n'est pas sûr"
    told = [
        Finding(
            file=table.file,
            column=f"{prefix}{table.header[position]}",
            value=near.id if (near := nearest_to(table, position, known=known)) else "",
            what=what,
            action="colonne non lue\u202f; "
            + (f"le plus proche est «\u00a0{near.label}\u00a0»\u202f; " if near else "")
            + "dites ce qu'elle est dans la correspondance",
        )
        for position in positions[:EXAMPLES]
    ]
    if len(positions) > EXAMPLES:
        rest = f"{len(positions) - EXAMPLES} autres colonnes"
        action = "colonnes non lues\u202f; dites ce qu'elles sont dans la correspondance"
        told.append(
            Finding(file=table.file, column=table.sheet, value=rest, what=what, action=action)
        )
    return told


def left_columns(table: ZoneTable, columns: Sequence[Column]) -> list[str]:
    """Return the names of the columns of figures that are not among those read."""
    used = {position for column in columns for _, position in column.terms}
    return [table.header[i] for i in figure_columns(table) if i not in used]


def left_unread(names: Sequence[str], *, file: str, sheet: str = "") -> list[Finding]:
    """Return one finding that names columns of figures nobody said anything of, none for none."""
    if not names:
        return []
    return [
        Finding(
            file=file,
            column=sheet,
            value=", ".join(names[:LISTED]) + ("…" if len(names) > LISTED else ""),
            what="colonnes de chiffres dont on ne sait pas ce qu'elles sont",
            action="non lues\u202f; à dire dans cartoallier.toml (bloc [[besoin]], clé "
            "«\u00a0colonnes\u00a0»)",
        )
    ]


def nearest_to(table: ZoneTable, position: int, *, known: Titles) -> Indicator | None:
    """Return the indicator most like the title of a column, else like its label."""
    return known.nearest(table.header[position]) or known.nearest(table.labels[position])
