"""Codes and numbers as spreadsheets respell them: put right in silence, counted once a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells

CODES = "codes lus comme des nombres par un tableur"
COMMAS = "coordonnées à virgule décimale"

_CODE_HEADER = re.compile(r"insee|postal|depcom|^cp$", re.IGNORECASE)
_RESPELT = re.compile(r"'?\d{4}(?:[.,]0+)?|'\d{5}|\d{5}[.,]0+")
_COMMA = re.compile(r"-?\d+,\d+")
_EXAMPLES = 3


def respelt_codes(rows: Rows) -> list[Finding]:
    """Count, per column, the commune and postal codes that lost a zero or gained a « .0 ».

    Lines are the examples: a code is not repeated, its row may have to stay secret.
    """
    findings = []
    for header in rows.header:
        if _CODE_HEADER.search(header):
            lines = _lines(rows.lines, rows.column(header), _RESPELT)
            findings += _counted(
                rows.file, header, lines, CODES, "zéro initial rendu, décimales retirées"
            )
    return findings


def decimal_commas(
    longitudes: Sequence[object], *, lines: Sequence[int], file: str, column: str
) -> list[Finding]:
    """Count the coordinates written with a decimal comma."""
    found = _lines(lines, longitudes, _COMMA)
    return _counted(file, column, found, COMMAS, "virgules lues comme des points")


def _lines(lines: Sequence[int], values: Sequence[object], pattern: re.Pattern[str]) -> list[int]:
    return [
        line
        for line, value in zip(lines, values, strict=True)
        if value is not None and pattern.fullmatch(cells.text(value))
    ]


def _counted(file: str, column: str, lines: list[int], what: str, action: str) -> list[Finding]:
    if not lines:
        return []
    first = ", ".join(map(str, lines[:_EXAMPLES])) + ("…" if len(lines) > _EXAMPLES else "")
    plural = "s" if len(lines) > 1 else ""
    value = f"{len(lines)} cellule{plural} (ligne{plural} {first})"
    return [Finding(file=file, column=column, value=value, what=what, action=action)]
