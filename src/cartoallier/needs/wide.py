"""A table of zones as values: one column per indicator, one row per zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cartoallier.model import Finding, Status
from cartoallier.needs.codes import Column
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.numbers import UNREADABLE, parse_cells
from cartoallier.needs.values import VALUE_COLUMNS, gathered

EXAMPLES = 20
"""Findings of one kind per column that are told one by one; the rest are counted in one."""

FEW = 3
"""Values from which the scale of a column can be judged."""

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
    to 1 is put in per cent, and said. Repeated codes: the first is kept when both say the same,
    none otherwise.

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
    for column in columns:
        value, status = _cells(table, column, blank=blank, findings=findings)
        value, status = value[keep], status[keep]
        value = _scaled(value, column, table=table, findings=findings)
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
    return gathered(frames), findings


def _cells(
    table: ZoneTable, column: Column, *, blank: Status, findings: list[Finding]
) -> tuple[np.ndarray, np.ndarray]:
    total = np.zeros(len(table.rows))
    worst = np.zeros(len(table.rows), dtype="int64")
    for sign, position in column.terms:
        cells = table.column(position)
        value, status = parse_cells(cells, blank=blank)
        unread = np.flatnonzero(status == UNREADABLE)
        findings += _unread(table, position, unread, cells)
        status[unread] = Status.NOT_AVAILABLE.value
        total = total + sign * value
        worst = np.maximum(worst, pd.Series(status).map(_RANK).to_numpy(dtype="int64"))
    words = np.array(list(_RANK), dtype="object")
    return total, words[worst]


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
                column=f"{table.sheet}!{column.code}" if table.sheet else column.code,
                value=f"{under} valeurs sous {floor:g}".replace(".", ","),
                what="valeur plus basse que ce que la source publie",
                action=f"lue comme «\u00a0{floor:g} ou moins\u00a0»\u202f; à vérifier".replace(
                    ".", ","
                ),
            )
        )
    return np.where(low, floor, value), np.where(low, Status.BELOW_FLOOR.value, status)


def _unread(
    table: ZoneTable, position: int, rows: np.ndarray, cells: Sequence[str]
) -> list[Finding]:
    told = [
        Finding(
            file=table.file,
            line=table.lines[row],
            column=_where(table, position),
            value=cells[row][:80],
            what="ni un nombre ni un mot connu pour une valeur manquante",
            action="valeur non disponible\u202f; à corriger dans le fichier",
        )
        for row in rows[:EXAMPLES].tolist()
    ]
    if len(rows) > EXAMPLES:
        told.append(
            Finding(
                file=table.file,
                column=_where(table, position),
                value=f"{len(rows) - EXAMPLES} autres cellules",
                what="ni un nombre ni un mot connu pour une valeur manquante",
                action="valeurs non disponibles\u202f; à corriger dans le fichier",
            )
        )
    return told


def _where(table: ZoneTable, position: int) -> str:
    name = table.header[position] or f"colonne {position + 1}"
    return f"{table.sheet}!{name}" if table.sheet else name


def _scaled(
    value: np.ndarray, column: Column, *, table: ZoneTable, findings: list[Finding]
) -> np.ndarray:
    """Put shares from 0 to 1 in per cent, where the plausible bounds leave no doubt."""
    indicator = column.indicator
    known = value[~np.isnan(value)]
    if indicator.unit != "%" or indicator.bounds is None or len(known) < FEW:
        return value
    low, high = indicator.bounds
    middle = float(np.median(known))
    shares = float(np.abs(known).max()) <= 1
    if not shares or low <= middle <= high or not low <= 100 * middle <= high:
        return value
    findings.append(
        Finding(
            file=table.file,
            column=f"{table.sheet}!{column.code}" if table.sheet else column.code,
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
    where = _where(table, table.key)
    told = [
        Finding(
            file=table.file,
            line=table.lines[row],
            column=where,
            value=table.codes[row],
            what=what,
            action=action,
        )
        for row in rows[:EXAMPLES]
    ]
    if len(rows) > EXAMPLES:
        rest = f"{len(rows) - EXAMPLES} autres lignes"
        told.append(Finding(file=table.file, column=where, value=rest, what=what, action=action))
    return told
