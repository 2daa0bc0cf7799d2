"""Exports of Géoclip atlases: statistiques-locales.insee.fr, Cartosanté, observatories.

A few lines of titles, then ``Code;Libellé;<indicator in words> <year>``. Columns bear no code, so
they are met by the label of the catalogue. Licence: that of the atlas's publisher.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Status
from cartoallier.model.french import plural
from cartoallier.needs.codes import YEAR, Column, parse_code
from cartoallier.needs.headers import TOP, ZoneTable, find_table
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.vocabulary import folded
from cartoallier.needs.wide import values_of

LAYOUT = "geoclip"

LISTED = 10
"""Columns without an indicator that are named; the rest are counted."""

_NAMES = frozenset({"libellé", "libelle"})
_DATED = re.compile(r"(.*\S)\s+((?:19|20)\d\d)")
_UNIT = re.compile(r"\(\s*(?:en\s+)?(?:%|€|euros?)\s*\)")


def read_geoclip(book: Book, *, indicators: Mapping[str, Indicator]) -> Extract | None:
    """Read every sheet of a Géoclip export.

    A column is an indicator's when its words, without the year, are the indicator's label, one of
    its codes written in words, or a label of ``geoclip.toml``; accents, capitals, punctuation and
    « (en %) » do not count.

    Args:
        book: the file.
        indicators: of the catalogue.

    Returns:
        Values, the vintage being the year that ends the column's name; ``None`` when no sheet has
        such a header with an indicator known.

    Raises:
        SourceError: two tables in one sheet.
    """
    frames, findings, dropped, rows = [], list(book.findings), dict[str, int](), 0
    known = _by_label(indicators.values())
    for sheet, grid in book.sheets.items():
        top = _header(grid)
        if top is None:
            continue
        # Titles are blanked, not cut: line numbers stay those of the file.
        table_only: list[Sequence[str]] = [[] for _ in range(top)] + list(grid[top:])
        found = find_table(table_only, file=book.file, sheet=sheet, key="code")
        if found is None:
            continue
        table, noticed = found
        columns, unknown = _columns(table, known)
        if not columns:
            continue
        frame, more = values_of(table, columns, blank=Status.NOT_AVAILABLE)
        frames.append(frame)
        findings += [*noticed, *more, *_unknown(table, unknown)]
        rows += len(table.rows) + sum(table.dropped.values())
        for reason, count in table.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    if not frames:
        return None
    return Extract(
        values=gathered(frames), findings=findings, layout=LAYOUT, rows_read=rows, dropped=dropped
    )


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What ``geoclip.toml`` says: short word -> whole word, indicator -> its other labels."""

    short: Mapping[str, str]
    labels: Mapping[str, Sequence[str]]


@cache
def _own_words() -> _Words:
    text = files("cartoallier.needs").joinpath("geoclip.toml").read_text("utf-8")
    said = tomllib.loads(text)
    return _Words(short=MappingProxyType(said["mots"]), labels=MappingProxyType(said["libelles"]))


def _header(grid: Sequence[Sequence[str]]) -> int | None:
    """Return the row « Code, Libellé, … <year> » when titles stand above it."""
    for number, row in enumerate(grid[:TOP]):
        if len(row) < 3 or folded(row[0]) != "code" or folded(row[1]) not in _NAMES:
            continue
        titled = any(cell.strip() for above in grid[:number] for cell in above)
        dated = any(_DATED.fullmatch(cell.strip()) for cell in row[2:])
        return number if titled and dated else None
    return None


def _by_label(indicators: Iterable[Indicator]) -> dict[str, list[Indicator]]:
    known: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        words = [indicator.label, *_own_words().labels.get(indicator.id, ())]
        for code in indicator.codes:
            expression = parse_code(code)
            if YEAR not in code and not expression.sheet and len(expression.terms) == 1:
                words.append(code)
        for label in dict.fromkeys(map(_plain, words)):
            known.setdefault(label, []).append(indicator)
    return known


def _plain(label: str) -> str:
    """Return a label in small letters without accents, punctuation and unit."""
    letters = unicodedata.normalize("NFKD", _UNIT.sub(" ", label.replace("œ", "oe"))).casefold()
    kept = "".join(c if c.isalnum() or c in "%+" else " " for c in letters if not _accent(c))
    short = _own_words().short
    return " ".join(short.get(word, word) for word in kept.split())


def _accent(character: str) -> bool:
    return unicodedata.combining(character) != 0


def _columns(
    table: ZoneTable, known: Mapping[str, Sequence[Indicator]]
) -> tuple[list[Column], list[str]]:
    """Return the columns of known indicators, and the names of the others."""
    found: dict[tuple[str, str], Column] = {}
    unknown: list[str] = []
    for position, name in enumerate(table.header):
        if position in {table.key, table.names} or not name:
            continue
        dated = _DATED.fullmatch(name)
        label, year = (dated[1], dated[2]) if dated else (name, "")
        meant = [one for one in known.get(_plain(label), ()) if (one.id, year) not in found]
        if not meant:
            unknown.append(name)
        for indicator in meant:
            found[indicator.id, year] = Column(
                indicator=indicator, vintage=year, terms=((1, position),), code=name
            )
    return list(found.values()), unknown


def _unknown(table: ZoneTable, names: Sequence[str]) -> list[Finding]:
    if not names:
        return []
    some = ", ".join(f"«\u00a0{name[:80]}\u00a0»" for name in names[:LISTED])
    others = len(names) - LISTED
    more = f" et {plural(others, 'autre')}" if others > 0 else ""
    return [
        Finding(
            file=table.file,
            column=table.sheet,
            value=some + more,
            what="colonnes qui ne portent le libellé d'aucun indicateur du catalogue",
            action="laissées\u202f; dites ce qu'elles sont dans cartoallier.toml (bloc "
            "[[besoin]], clé «\u00a0colonnes\u00a0»)",
        )
    ]
