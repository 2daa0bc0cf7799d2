"""Which columns of a file hold which indicators: the codes of the catalogue against a header.

A code of the catalogue (:class:`~cartoallier.model.Indicator.codes`) is a sum or difference of
column names, where ``{aa}`` is a two-digit year: ``P{aa}_RP - P{aa}_RP_VOIT1P`` is met by
``P21_RP`` and ``P21_RP_VOIT1P``. ``SHEET!CODE`` only in the sheet of that sub-population.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cartoallier.model import Indicator

YEAR = "{aa}"
_SHEET = re.compile(r"(?i)(?:TRAGERF|TAILLEM|OCCTYP[RD]|TYPMENR|OPRDEC)_\d")


@dataclass(frozen=True, kw_only=True)
class Column:
    """Where an indicator is in a table.

    Attributes:
        indicator: which.
        vintage: year, ``"2021"``; ``""`` when the names bear none.
        terms: (+1 or -1, position in the header).
        code: the expression met, as the header writes it.
    """

    indicator: Indicator
    vintage: str
    terms: tuple[tuple[int, int], ...]
    code: str


@dataclass(frozen=True, kw_only=True)
class Expression:
    """One code of the catalogue, parsed.

    Attributes:
        sheet: sub-population whose sheet it is read in, ``""``: that of everybody.
        terms: (+1 or -1, name with or without ``{aa}``).
    """

    sheet: str
    terms: tuple[tuple[int, str], ...]

    @property
    def dated(self) -> bool:
        """Whether its names bear a year."""
        return any(YEAR in name for _, name in self.terms)


@cache
def parse_code(code: str) -> Expression:
    """Return a code of the catalogue as sheet and terms."""
    sheet, _, rest = code.rpartition("!")
    pieces = re.split(r"\s+([+-])\s+", rest.strip())
    signs = ["+", *pieces[1::2]]
    return Expression(
        sheet=sheet.strip().lower(),
        terms=tuple(
            (1 if sign == "+" else -1, name.strip().lower())
            for sign, name in zip(signs, pieces[::2], strict=True)
        ),
    )


def sub_population(sheet: str) -> str:
    """Return the sub-population a sheet is about (``typmenr_5``), ``""`` for everybody."""
    found = _SHEET.search(sheet)
    return found[0].lower() if found else ""


def match_columns(
    header: Sequence[str], indicators: Iterable[Indicator], *, sheet: str = ""
) -> list[Column]:
    """Return every indicator a header holds, for every year it holds it.

    Args:
        header: names of the columns; ``DISP_`` and ``DEC_`` before a code are IRIS files' own.
        indicators: of the catalogue.
        sheet: name of the sheet, which may name a sub-population.

    Returns:
        In the order of indicators, then years; for one indicator and year, the first of its
        codes that is met.
    """
    positions = _positions(header)
    people = sub_population(sheet)
    found: dict[tuple[str, str], Column] = {}
    for indicator in indicators:
        for code in indicator.codes:
            expression = parse_code(code)
            if expression.sheet != people:
                continue
            for year in _years(expression, positions):
                key = (indicator.id, year)
                if key not in found and (terms := _terms(expression, positions, year)):
                    found[key] = Column(
                        indicator=indicator,
                        vintage=year and f"20{year}",
                        terms=terms,
                        code=" ".join(_signed(terms, header)),
                    )
    return list(found.values())


def _positions(header: Sequence[str]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        folded = name.strip().lower()
        for spelling in (folded, re.sub(r"^disp_", "", folded)):
            if spelling:
                positions.setdefault(spelling, position)
    return positions


def _years(expression: Expression, positions: Mapping[str, int]) -> list[str]:
    if not expression.dated:
        return [""]
    name = next(name for _, name in expression.terms if YEAR in name)
    before, after = name.split(YEAR, 1)
    pattern = re.compile(re.escape(before) + r"(\d\d)" + re.escape(after))
    return sorted({match[1] for known in positions if (match := pattern.fullmatch(known))})


def _terms(
    expression: Expression, positions: Mapping[str, int], year: str
) -> tuple[tuple[int, int], ...]:
    """Return the positions of all terms, ``()`` when one is missing."""
    names = [(sign, name.replace(YEAR, year)) for sign, name in expression.terms]
    if not all(name in positions for _, name in names):
        return ()
    return tuple((sign, positions[name]) for sign, name in names)


def _signed(terms: Iterable[tuple[int, int]], header: Sequence[str]) -> list[str]:
    words: list[str] = []
    for sign, position in terms:
        if words or sign < 0:
            words.append("+" if sign > 0 else "-")
        words.append(header[position].strip())
    return words
