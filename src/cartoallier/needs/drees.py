"""Workbooks of the DREES: local potential accessibility (APL) to health professionals.

Titles and notes, a row of names, a row of units, then communes; one sheet per year. Columns are
words, so they are given names the catalogue can use: ``apl_infirmieres``, ``apl_generalistes_65``
(professionals of 65 or less), ``pop_standardisee_infirmieres``, ``pop_totale``. Licence Ouverte
2.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Book
from cartoallier.model import Finding, Indicator, Level, Status
from cartoallier.needs.codes import match_columns
from cartoallier.needs.headers import TOP, ZoneTable, find_table
from cartoallier.needs.values import Extract, gathered
from cartoallier.needs.vocabulary import folded
from cartoallier.needs.wide import values_of
from cartoallier.needs.zones import MUNICIPAL, is_code

LAYOUT = "drees"

PROFESSIONS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "infirmieres": re.compile(r"infirmi[eè]re?s?"),
        "dentistes": re.compile(r"dentistes?"),
        "sages_femmes": re.compile(r"sages?[\s-]femmes?"),
        "generalistes": re.compile(r"g[eé]n[eé]ralistes?|m[eé]decine g[eé]n[eé]rale"),
        "kinesitherapeutes": re.compile(r"kin[eé]s"),
    }
)
"""End of a column's name -> what titles and columns call the profession."""

_CODE = re.compile(r"(?:code )?(?:de la )?commune(?: insee)?|code (?:insee|g[eé]ographique)|codgeo")
_APL = re.compile(r"apl\b.*|accessibilit[eé] potentielle localis[eé]e\b.*")
_UNDER = re.compile(r"(\d\d) ans (?:et|ou) moins")
_STANDARD = re.compile(r"population (?:f[eé]minine )?standardis[eé]e\b.*")
_TOTAL = re.compile(r"population totale\b.*")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_SHEET = re.compile(r"(?i)apl\W*20\d\d")


def read_drees(book: Book, *, indicators: Mapping[str, Indicator]) -> Extract | None:
    """Read every APL sheet of a DREES workbook.

    The vintage of all columns is that of the sheet (``APL 2023``), populations included though
    they are older: they weight the APL of that year. Rows of arrondissements of Paris, Lyon and
    Marseille are of level ``arm``.

    Args:
        book: the file.
        indicators: of the catalogue, met by ``codes`` such as ``apl_infirmieres``.

    Returns:
        Values; ``None`` when no sheet is an APL table with an indicator known.

    Raises:
        SourceError: an APL table that does not say of which profession, or two tables in a sheet.
    """
    frames, findings, dropped, rows = [], list(book.findings), dict[str, int](), 0
    unread: list[str] = []
    for sheet, grid in book.sheets.items():
        found = _table(grid, file=book.file, sheet=sheet)
        if found is None:
            if _SHEET.search(sheet):
                unread.append(sheet)
            continue
        table, titles, noticed = found
        table = _named(table, titles)
        columns = match_columns(table.header, indicators.values())
        if not columns:
            continue
        frame, more = values_of(
            table, columns, blank=Status.NOT_AVAILABLE, vintage=_vintage(sheet, titles)
        )
        frames.append(_levelled(frame))
        findings += [*noticed, *more, *_without_weight(table)]
        rows += len(table.rows) + sum(table.dropped.values())
        for reason, count in table.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    if not frames:
        return None
    findings += [_unread(sheet, file=book.file) for sheet in unread]
    return Extract(
        values=gathered(frames), findings=findings, layout=LAYOUT, rows_read=rows, dropped=dropped
    )


def _table(
    grid: Sequence[Sequence[str]], *, file: str, sheet: str
) -> tuple[ZoneTable, list[str], list[Finding]] | None:
    """Return the APL table of a sheet, and the texts above it."""
    for number, row in enumerate(grid[:TOP]):
        names = [folded(cell) for cell in row]
        key = next((i for i, name in enumerate(names) if _CODE.fullmatch(name)), None)
        if key is None or not any(_APL.fullmatch(name) for name in names):
            continue
        # Titles are blanked, not cut: line numbers stay those of the sheet.
        header = [*row[:key], "code", *row[key + 1 :]]
        body: list[Sequence[str]] = [[] for _ in range(number)]
        found = find_table([*body, header, *grid[number + 1 :]], file=file, sheet=sheet, key="code")
        if found is None:
            return None
        table, findings = found
        place = next(
            (i for i, name in enumerate(names) if name in {"commune", "libellé"} and i != key),
            table.names,
        )
        titles = [cell for above in grid[:number] for cell in above if cell.strip()]
        own = (*table.header[:key], row[key].strip(), *table.header[key + 1 :])
        return replace(table, header=own, names=place), [*titles, sheet, file], findings
    return None


def _named(table: ZoneTable, titles: Sequence[str]) -> ZoneTable:
    """Give columns of words the names the catalogue uses.

    Raises:
        SourceError: neither columns nor titles say of which profession.
    """
    header = list(table.header)
    for position, words in enumerate(map(folded, table.header)):
        name = _name(words)
        if name and name != "pop_totale":
            who = next((who for text in (words, *titles) if (who := _profession(text))), "")
            if not who:
                raise SourceError(
                    "rien ne dit de quelle profession est cette accessibilité\u202f; redonnez au "
                    "fichier le nom que lui donne la DREES",
                    path=table.file,
                    key=table.header[position][:80],
                )
            name = name.replace("*", who)
        header[position] = name if name and name not in header else table.header[position]
    return replace(table, header=tuple(header), labels=table.header)


def _name(words: str) -> str:
    """Return the name of a column, ``*`` standing for the profession."""
    if _APL.fullmatch(words):
        found = _UNDER.search(words)
        return f"apl_*_{found[1]}" if found else "apl_*"
    if _STANDARD.fullmatch(words):
        return "pop_standardisee_*"
    return "pop_totale" if _TOTAL.fullmatch(words) else ""


def _profession(text: str) -> str:
    """Return the only profession a text names; a title may list several."""
    named = [who for who, words in PROFESSIONS.items() if words.search(folded(text))]
    return named[0] if len(named) == 1 else ""


def _levelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell arrondissements of Paris, Lyon and Marseille from communes."""
    parts = frame["code"].map(lambda code: is_code(code, level=MUNICIPAL)).astype(bool)
    parts &= frame["level"] == Level.COMMUNE.value
    return frame.assign(level=frame["level"].mask(parts, MUNICIPAL))


def _vintage(sheet: str, titles: Sequence[str]) -> str:
    """Return the year in the sheet's name, else that of « Millésime : 2023 », else of a title."""
    marked = [text for text in titles if "mill" in text.lower()[:4]]
    for text in (sheet, *marked, *titles):
        if found := _YEAR.search(text):
            return found[0]
    return ""


def _unread(sheet: str, *, file: str) -> Finding:
    return Finding(
        file=file,
        column=sheet,
        what="feuille annoncée comme une APL, sans colonne de code de commune et d'APL",
        action="feuille laissée\u202f; redemandez le classeur",
    )


def _without_weight(table: ZoneTable) -> list[Finding]:
    if any(name.startswith("pop_standardisee_") for name in table.header):
        return []
    return [
        Finding(
            file=table.file,
            column=table.sheet,
            what="pas de population standardisée dans la feuille",
            action="accessibilité lue par commune\u202f; sa moyenne par EPCI n'est pas calculable",
        )
    ]
