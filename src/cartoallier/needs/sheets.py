"""Tables of zones in sheets of unknown layout: where they begin, their headers made one row.

The rows of headers (groups above columns, merged or not) are joined in one title,
« groupe – colonne »; a row of variable names under a row of labels stays a row of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from openpyxl.utils import get_column_letter

from cartoallier.model import Finding, Level, Status
from cartoallier.needs.headers import TOP, ZoneTable, find_table
from cartoallier.needs.numbers import UNREADABLE, parse_cells
from cartoallier.needs.vocabulary import folded, vocabulary
from cartoallier.needs.zones import PATTERNS, is_postal, tidied, tidy_code

JOINT = " – "
"""Between the group and the column of a title."""

SAMPLE = 200
"""Cells of a column looked at to know what it holds."""

WIDTH = 60
"""First columns among which the codes are looked for."""

_HEADS_CODES = re.compile(r"\b(?:codes?|insee|siren|numéro|numero|n°|identifiant|id)\b")
_OTHER_CODES = re.compile(r"zone d'emploi|\bze\b|ze20|aav|uu20|bassin|\bape\b|siret|naf")
_HEADS_NAMES = re.compile(
    r"\b(?:noms?|libell[ée]s?|intitul[ée]|epci|communes?|intercommunalit[ée]s?|territoires?|"
    r"d[ée]partements?|communaut[ée]s?)\b"
)
_REMARK = re.compile(r"(?i)^(?:sources?|champ|notes?|lecture|dates?|[ée]dition|mise à jour)\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")
_MARKED = re.compile(r"[\d_]|^[A-Z]+$")
_UNITS = frozenset(
    [
        *("%", "en%", "€", "‰", "euro", "euros", "effectif", "effectifs", "nombre", "nb", "part"),
        *("taux", "personnes", "ménages", "menages", "foyers", "habitants", "hab", "hab."),
        *("logements", "indice", "ratio", "unité", "unite", "unités"),
    ]
)
_LONGEST_GROUP = 80


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where codes are: their column, the row of their heading, the first row of data."""

    key: int
    heading: int
    data: int
    distinct: int


def open_sheet(
    grid: Sequence[Sequence[str]], *, file: str, sheet: str = "", key: str = ""
) -> tuple[ZoneTable, list[Finding]] | None:
    """Find the table of zones of a sheet, its rows of headers joined.

    The column of codes is the one ``key`` heads, else the one that holds most distinct codes of
    communes, EPCI, départements… under a heading that says codes, else EPCI numbers.

    Args:
        grid: rows of text.
        file: name of the file.
        sheet: name of the sheet.
        key: heading of the column of codes when it is known.

    Returns:
        The table, whose ``header`` holds one title per column (variable names when a row of them
        stands under labels, which are then in ``labels``), and what is noteworthy; ``None`` when
        no column holds codes of zones.

    Raises:
        SourceError: two headers head codes.
    """
    place = _place(grid, key=key)
    if place is None:
        return None
    rows = _header_rows(grid, place)
    cells = _padded([grid[row] for row in rows])
    labels: list[str] = []
    if _holds_variables(cells):
        labels, header = _titles(cells[:-1]), list(cells[-1])
    else:
        header = _titles(cells)
    header = _told_apart(header)
    if place.key >= len(header) or not header[place.key]:
        header += [""] * (place.key + 1 - len(header))
        header[place.key] = "code"
    flat: list[Sequence[str]] = [*([] for _ in range(place.data)), *grid[place.data :]]
    flat[rows[-1]] = header
    found = find_table(flat, file=file, sheet=sheet, key=header[place.key])
    if found is None:
        return None
    table, findings = found
    wide = [*labels, *[""] * (len(header) - len(labels))][: len(header)]
    table = replace(table, labels=tuple(wide))
    return replace(table, names=_names_of(table)), findings


def names_only(grid: Sequence[Sequence[str]]) -> str:
    """Return the heading of a column of names of zones beside figures, ``""`` when there is none.

    For sheets where :func:`open_sheet` finds no code.
    """
    for number, row in enumerate(grid[:TOP]):
        named = next((cell for cell in row if _says_zone(cell)), "")
        if not named or sum(1 for cell in row if cell.strip()) < 2:
            continue
        below = [other for other in grid[number + 1 : number + 1 + SAMPLE] if _is_data(other)]
        if len(below) >= 2:
            return " ".join(named.split())
    return ""


def _holds_numbers(cells: Iterable[str]) -> bool:
    """Return whether a column of figures is what these cells are: at least one is a number."""
    filled = [cell for cell in cells if cell.strip()][:SAMPLE]
    _, status = parse_cells(filled, blank=Status.ABSENT)
    numbers: int = sum(one == Status.PUBLISHED.value for one in status)
    unread: int = sum(one == UNREADABLE for one in status)
    return numbers > 0 and 2 * unread <= len(filled)


def _holds_codes(heading: str, cells: Sequence[str]) -> bool:
    """Return whether a column holds codes of zones rather than figures."""
    word = folded(heading)
    says = word in vocabulary().codes or _HEADS_CODES.search(word) is not None
    filled = [cell for cell in cells if cell.strip()][:SAMPLE]
    return says or _mostly_epci(filled)


def figure_columns(table: ZoneTable) -> list[int]:
    """Return the columns of a table that hold figures."""
    return [
        position
        for position, title in enumerate(table.header)
        if title
        and position not in {table.key, table.names}
        and _holds_numbers(table.column(position))
        and not _holds_codes(title.rpartition(JOINT)[2], table.column(position))
    ]


def _says_zone(cell: str) -> bool:
    word = folded(cell)
    known = word in vocabulary().names or word in vocabulary().codes
    return len(word) <= 40 and (known or _HEADS_NAMES.match(word) is not None)


def _place(grid: Sequence[Sequence[str]], *, key: str) -> _Place | None:
    """Return where the codes are, the column with most distinct ones first."""
    places = []
    for number, row in enumerate(grid[:TOP]):
        for position, cell in enumerate(row):
            if _may_head(folded(cell), key=key) and (
                place := _below(grid, heading=number, key=position)
            ):
                places.append(place)
    if not places and not key:
        places = [place for position in range(WIDTH) if (place := _epci_in(grid, position))]
    if not places:
        return None
    # Of two headings of one column (labels above names), the lower; of two columns, the left one.
    return max(places, key=lambda place: (place.distinct, -place.key, place.heading))


def _may_head(word: str, *, key: str) -> bool:
    if is_postal(word):
        return False
    if key:
        return word == folded(key)
    if word in vocabulary().codes:
        return True
    return len(word) <= 60 and bool(_HEADS_CODES.search(word) and not _OTHER_CODES.search(word))


def _below(grid: Sequence[Sequence[str]], *, heading: int, key: int) -> _Place | None:
    cells = [(row, _cell(grid[row], key)) for row in range(heading + 1, len(grid))]
    filled = [(row, text) for row, text in cells if text.strip()][:SAMPLE]
    codes, level = tidied([text for _, text in filled])
    good = [code for code in codes if level and PATTERNS[level].fullmatch(code)]
    if not good:
        return None
    data = next(row for (row, _), code in zip(filled, codes, strict=True) if code in good[:1])
    return _Place(key=key, heading=heading, data=data, distinct=len(set(good)))


def _epci_in(grid: Sequence[Sequence[str]], position: int) -> _Place | None:
    """Return a column of EPCI numbers that no heading announces: nothing else looks like them."""
    cells = [(row, _cell(line, position)) for row, line in enumerate(grid[: TOP + SAMPLE])]
    filled = [(row, text) for row, text in cells if text.strip()]
    rows = [row for row, text in filled if _is_epci(text)]
    if len(rows) < 2 or rows[0] == 0 or rows[0] > TOP or not _mostly_epci([t for _, t in filled]):
        return None
    above = [row for row in range(rows[0]) if not _is_blank(grid[row]) and not _is_data(grid[row])]
    if not above:
        return None
    return _Place(key=position, heading=above[-1], data=rows[0], distinct=len(rows))


def _is_epci(text: str) -> bool:
    return PATTERNS[Level.EPCI.value].fullmatch(tidy_code(text)) is not None


def _mostly_epci(texts: Sequence[str]) -> bool:
    return sum(map(_is_epci, texts)) * 2 > len(texts)


def _cell(row: Sequence[str], position: int) -> str:
    return row[position] if position < len(row) else ""


def _is_blank(row: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in row)


def _is_data(row: Sequence[str]) -> bool:
    """Return whether a row holds figures (years, which head columns, are none)."""
    filled = [cell for cell in row if cell.strip()]
    figures = [cell for cell in filled if not _YEAR.fullmatch(cell.strip())]
    _, status = parse_cells(figures, blank=Status.ABSENT)
    read: int = sum(one != UNREADABLE for one in status)
    return 0 < 2 * read >= len(filled)


def _is_units(row: Sequence[str], *, above: Sequence[Sequence[str]]) -> bool:
    """Return whether a row holds the units of columns that all have a heading of their own."""
    filled = [(position, folded(cell)) for position, cell in enumerate(row) if cell.strip()]
    return bool(filled) and all(
        word.strip("()").removeprefix("en ") in _UNITS
        and any(_cell(heading, position).strip() for heading in above)
        for position, word in filled
    )


def _header_rows(grid: Sequence[Sequence[str]], place: _Place) -> list[int]:
    """Return the rows whose cells make the titles, top first."""
    within: list[int] = []
    for row in range(place.heading + 1, place.data):
        headings = [grid[other] for other in (place.heading, *within)]
        unlike = _is_blank(grid[row]) or _is_data(grid[row])
        if not unlike and not _is_units(grid[row], above=headings):
            within.append(row)
    above: list[int] = []
    for row in range(place.heading - 1, max(place.heading - 3, -1), -1):
        if not _is_group(grid[row], key=place.key):
            break
        above.insert(0, row)
    return [*above, place.heading, *within]


def _is_group(row: Sequence[str], *, key: int) -> bool:
    """Return whether a row above the heading of codes heads groups: not a title, not a source."""
    filled = [(position, cell.strip()) for position, cell in enumerate(row) if cell.strip()]
    if not filled or _is_data(row):
        return False
    if any(_REMARK.match(cell) or len(cell) > _LONGEST_GROUP for _, cell in filled):
        return False
    return filled[-1][0] > key


def _padded(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    width = max(len(row) for row in rows)
    return [[" ".join(_cell(row, i).split()) for i in range(width)] for row in rows]


def _holds_variables(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the last row holds variable names, each under a label of its own."""
    if len(rows) < 2:
        return False
    pairs = [(name, label) for name, label in zip(rows[-1], rows[-2], strict=True) if name]
    names = [name for name, _ in pairs]
    return (
        len(names) > 1
        and len(set(names)) == len(names)
        and all(_VARIABLE.fullmatch(name) and label for name, label in pairs)
        and 2 * sum(_MARKED.search(name) is not None for name in names) > len(names)
    )


def _titles(rows: Sequence[Sequence[str]]) -> list[str]:
    """Join the cells of each column, top first; a group heads the blank cells on its right."""
    filled = [list(row) for row in rows]
    for level, row in enumerate(filled[:-1]):
        group = ""
        for position in range(len(row)):
            below = any(rows[lower][position] for lower in range(level + 1, len(rows)))
            if rows[level][position]:
                group = rows[level][position] if below else ""
            elif any(rows[upper][position] for upper in range(level)):
                group = ""
            elif below:
                row[position] = group
    return [
        JOINT.join(dict.fromkeys(row[position] for row in filled if row[position]))
        for position in range(len(filled[0]))
    ]


def _told_apart(titles: Sequence[str]) -> list[str]:
    """Give the second column of one title its letter."""
    seen: set[str] = set()
    told = []
    for position, title in enumerate(titles):
        word = folded(title)
        again = bool(word) and word in seen
        told.append(f"{title} (colonne {get_column_letter(position + 1)})" if again else title)
        seen.add(word)
    return told


def _names_of(table: ZoneTable) -> int | None:
    """Return the column of names: known words, else a text column that names zones."""
    if table.names is not None:
        return table.names
    for position, title in enumerate(table.header):
        leaf = folded(title.rpartition(JOINT)[2])
        known = leaf in vocabulary().names or _HEADS_NAMES.match(leaf)
        if position != table.key and known:
            texts = [cell for cell in table.column(position)[:SAMPLE] if cell.strip()]
            if texts and not any(any(sign.isdigit() for sign in cell) for cell in texts[:5]):
                return position
    return None
