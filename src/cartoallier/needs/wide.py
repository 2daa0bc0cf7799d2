"""A table of zones as values: one column per indicator, one row per zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from cartoallier.model import Finding, Status
from cartoallier.model.french import plural
from cartoallier.needs.codes import Column
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.numbers import (
    UNREADABLE,
    at_most,
    has_fractions,
    has_thousands_dots,
    parse_cells,
    shown,
)
from cartoallier.needs.values import VALUE_COLUMNS, gathered

EXAMPLES = 20
"""Findings of one kind per column that are told one by one; the rest are counted in one."""

FEW = 3
"""Values from which the scale of a column can be judged; 1 suffices for a rate with a floor."""

_EXACT = 1e-6

_RANK = {status.value: rank for rank, status in enumerate((
    Status.PUBLISHED, Status.BELOW_FLOOR, Status.ESTIMATED, Status.ABSENT, Status.NOT_AVAILABLE,
    Status.SECRET,
))}  # fmt: skip


def values_of(
    table: ZoneTable,
    columns: Sequence[Column],
    *,
    blank: Status,
    vintage: str = "",
    rows_vintage: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Read the columns of a table as values.

    A sum or difference is missing when any of its terms is, with the reason of the most secret
    term. A value at or below the floor of publication is ``sous_seuil``. A share written from 0
    to 1 is put in per cent, and said; where that is in doubt, a rate that has a floor and is
    negative, or 1 % at most, is ``non_disponible``. ``30.512`` is 30 512 in a column of counts
    or euros whose dots all stand so. No finding shows a small count. Repeated codes: the first is
    kept when both say the same, none otherwise.

    Args:
        table: with its header found.
        columns: what :func:`~cartoallier.needs.codes.match_columns` met in it.
        blank: what an empty cell means in this file.
        vintage: year of columns whose names bear none.
        rows_vintage: year of each row, in files with one row per zone and year.

    Returns:
        Columns ``VALUE_COLUMNS``; findings about cells.
    """
    findings: list[Finding] = []
    keep = _unrepeated(table, columns, findings, rows_vintage=rows_vintage)
    base = {
        "level": table.level,
        "code": np.asarray(table.codes, dtype="object")[keep],
        "name": np.asarray(table.name_cells(), dtype="object")[keep],
        "file": table.file,
        "sheet": table.sheet,
        "line": np.asarray(table.lines, dtype="int64")[keep],
    }
    frames = []
    hidden = frozenset(
        position for c in columns if c.indicator.secret_below > 0 for _, position in c.terms
    )
    for column in columns:
        value, status = _cells(table, column, blank=blank, hidden=hidden, findings=findings)
        value, status = value[keep], status[keep]
        value = _scaled(value, column, table=table, findings=findings)
        lines = [table.lines[row] for row in keep.tolist()]
        value, status = _possible(value, status, column, table=table, findings=findings, at=lines)
        value, status = _floored(value, status, column, table=table, findings=findings)
        year: object = column.vintage or vintage
        if rows_vintage is not None:
            year = np.asarray(rows_vintage, dtype="object")[keep]
        frames.append(
            pd.DataFrame(
                {
                    "indicator": column.indicator.id,
                    **base,
                    "value": value,
                    "status": status,
                    "vintage": year,
                    "source": column.indicator.source,
                    "column": column.code,
                }
            )[list(VALUE_COLUMNS)]
        )
    # A column that several indicators are made of is said once.
    return gathered(frames), list(dict.fromkeys(findings))


def _cells(
    table: ZoneTable,
    column: Column,
    *,
    blank: Status,
    hidden: frozenset[int],
    findings: list[Finding],
) -> tuple[np.ndarray, np.ndarray]:
    total = np.zeros(len(table.rows))
    worst = np.zeros(len(table.rows), dtype="int64")
    for sign, position in column.terms:
        cells = _floor_words(table.column(position), floor=column.indicator.floor)
        thousands = has_thousands_dots(cells, indicator=column.indicator)
        value, status = parse_cells(cells, blank=blank, thousands=thousands)
        unread = np.flatnonzero(status == UNREADABLE)
        findings += _told(
            [
                (table.lines[row], shown(cells[row][:80], secret=position in hidden))
                for row in unread.tolist()
            ],
            table=table,
            column=_where(table, position),
            rest=("autre cellule", "autres cellules"),
            what="ni un nombre ni un mot connu pour une valeur manquante",
            action="valeur non disponible\u202f; à corriger dans le fichier",
        )
        if thousands:
            findings.append(_dots_said(table, position, cells))
        findings += _fractions(value, table=table, position=position, column=column)
        status[unread] = Status.NOT_AVAILABLE.value
        total = total + sign * value
        worst = np.maximum(worst, pd.Series(status).map(_RANK).to_numpy(dtype="int64"))
    words = np.array(list(_RANK), dtype="object")
    return total, words[worst]


def _floor_words(cells: list[str], *, floor: float | None) -> list[str]:
    """Write the floor of a rate where it is in words: « ≤ 5 » is no secret there."""
    if floor is None:
        return cells
    words = {cell for cell in set(cells) if at_most(cell) == floor}
    return [f"{floor:g}" if cell in words else cell for cell in cells] if words else cells


def _dots_said(table: ZoneTable, position: int, cells: Sequence[str]) -> Finding:
    return Finding(
        file=table.file,
        column=_where(table, position),
        value=plural(sum("." in c and c.strip()[-1:].isdigit() for c in cells), "cellule"),
        what="point lu comme séparateur de milliers",
        action="«\u00a01.234\u00a0» est lu 1\u202f234\u202f; à vérifier",
    )


def _fractions(
    value: np.ndarray, *, table: ZoneTable, position: int, column: Column
) -> list[Finding]:
    """Say once that counts of a column are not whole, where their source counts wholes."""
    if column.indicator.kind != "effectif" or column.indicator.unit == "€":
        return []
    if has_fractions(column.indicator):
        return []
    known = value[~np.isnan(value)]
    broken = int((np.abs(known - np.round(known)) > _EXACT).sum())
    if not broken:
        return []
    return [
        Finding(
            file=table.file,
            column=_where(table, position),
            value=plural(broken, "cellule"),
            what="effectif qui n'est pas un nombre entier",
            action="lu tel quel\u202f; vérifiez le séparateur des milliers",
        )
    ]


def _possible(
    value: np.ndarray,
    status: np.ndarray,
    column: Column,
    *,
    table: ZoneTable,
    findings: list[Finding],
    at: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Take away rates that have a floor and cannot be: negative, or 1 % at most but not 0."""
    if column.indicator.floor is None or column.indicator.unit != "%":
        return value, status
    wrong = (status == Status.PUBLISHED.value) & (value <= 1) & (value != 0)
    findings += _told(
        [
            (at[row], f"{value[row]:.6g}".replace(".", ","))
            for row in np.flatnonzero(wrong).tolist()
        ],
        table=table,
        column=_named(table, column),
        rest=("autre cellule", "autres cellules"),
        what="taux impossible\u00a0: négatif, ou de 1\u202f% au plus",
        action="valeur non disponible\u202f; à corriger dans le fichier (taux en pourcentage)",
    )
    return np.where(wrong, np.nan, value), np.where(wrong, Status.NOT_AVAILABLE.value, status)


def _floored(
    value: np.ndarray,
    status: np.ndarray,
    column: Column,
    *,
    table: ZoneTable,
    findings: list[Finding],
) -> tuple[np.ndarray, np.ndarray]:
    """Say of values at the floor of publication that they are that or less."""
    floor = column.indicator.floor
    if floor is None:
        return value, status
    low = (status == Status.PUBLISHED.value) & (value <= floor)
    if (under := int((low & (value < floor)).sum())) > 0:
        findings.append(
            Finding(
                file=table.file,
                column=_named(table, column),
                value=f"{plural(under, 'valeur')} sous {floor:g}".replace(".", ","),
                what="valeur plus basse que ce que la source publie",
                action=f"lue comme «\u00a0{floor:g} ou moins\u00a0»\u202f; à vérifier".replace(
                    ".", ","
                ),
            )
        )
    return np.where(low, floor, value), np.where(low, Status.BELOW_FLOOR.value, status)


def _told(
    rows: Iterable[tuple[int, str]],
    *,
    table: ZoneTable,
    column: str,
    rest: tuple[str, str],
    what: str,
    action: str,
) -> list[Finding]:
    """Tell :data:`EXAMPLES` (line, value) pairs one by one, and count the others."""
    rows = list(rows)
    told = [
        Finding(file=table.file, line=line, column=column, value=value, what=what, action=action)
        for line, value in rows[:EXAMPLES]
    ]
    if len(rows) > EXAMPLES:
        value = plural(len(rows) - EXAMPLES, *rest)
        told.append(Finding(file=table.file, column=column, value=value, what=what, action=action))
    return told


def _named(table: ZoneTable, column: Column) -> str:
    return f"{table.sheet}!{column.code}" if table.sheet else column.code


def _where(table: ZoneTable, position: int) -> str:
    name = table.header[position] or f"colonne {position + 1}"
    return f"{table.sheet}!{name}" if table.sheet else name


def _scaled(
    value: np.ndarray, column: Column, *, table: ZoneTable, findings: list[Finding]
) -> np.ndarray:
    """Put shares from 0 to 1 in per cent, where the plausible bounds leave no doubt."""
    indicator = column.indicator
    known = value[~np.isnan(value)]
    if indicator.unit != "%" or indicator.bounds is None:
        return value
    if indicator.floor is not None:
        shares, known = bool((known <= 1).all()), known[known > 0]
        few = 1
    else:
        shares, few = bool((np.abs(known) <= 1).all()), FEW
    if not shares or len(known) < few:
        return value
    low, high = indicator.bounds
    middle = float(np.median(known))
    if low <= middle <= high or not low <= 100 * middle <= high:
        return value
    findings.append(
        Finding(
            file=table.file,
            column=_named(table, column),
            value=f"médiane {middle:.3f}".replace(".", ","),
            what="pourcentage donné de 0 à 1",
            action="multiplié par 100",
        )
    )
    return value * 100


def _unrepeated(
    table: ZoneTable,
    columns: Sequence[Column],
    findings: list[Finding],
    *,
    rows_vintage: Sequence[str] | None,
) -> np.ndarray:
    """Return the positions of rows to keep: of a repeated zone, one, or none when they differ."""
    keys = list(zip(table.codes, rows_vintage or [""] * len(table.codes), strict=True))
    repeated = {key for key, count in Counter(keys).items() if count > 1}
    if not repeated:
        return np.arange(len(keys))
    positions = sorted({position for column in columns for _, position in column.terms})
    said: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for key, row in zip(keys, table.rows, strict=True):
        if key in repeated:
            said.setdefault(key, set()).add(tuple(row[i].strip() for i in positions))
    kept: list[int] = []
    seen: set[tuple[str, str]] = set()
    same_rows: list[int] = []
    other_rows: list[int] = []
    for number, key in enumerate(keys):
        same = key in repeated and len(said[key]) == 1
        if key not in repeated or (same and key not in seen):
            kept.append(number)
            seen.add(key)
        else:
            (same_rows if same else other_rows).append(number)
    findings += _twice(table, same_rows, "zone présente deux fois", "gardée une fois")
    findings += _twice(
        table,
        other_rows,
        "zone présente deux fois, avec des valeurs différentes",
        "aucune des lignes n'est gardée",
    )
    return np.asarray(kept, dtype="int64")


def _twice(table: ZoneTable, rows: Sequence[int], what: str, action: str) -> list[Finding]:
    return _told(
        [(table.lines[row], table.codes[row]) for row in rows],
        table=table,
        column=_where(table, table.key),
        rest=("autre ligne", "autres lignes"),
        what=what,
        action=action,
    )
