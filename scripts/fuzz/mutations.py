"""Ways a file goes wrong between its author and its reader, each drawn from a seeded source.

A mutation takes the bytes of a sound file and returns damaged ones. Structured ones (columns,
cells, JSON values, members of an archive) go further than flipped bytes, which most formats
refuse at their door.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pandas as pd

Mutation = Callable[[bytes, random.Random], bytes]
Grid = list[list[str]]

HUGE = 100_000
NASTY: tuple[str, ...] = (
    "", " ", "\x00", "a\x00b", "nan", "None", "null", "[]", "{}", "['a', 'b'", "{a,\"b}", "[[[[",
    "=HYPERLINK(\"http://x\")", "+33", "@SUM(1)", "-1", "0", "1e999", "-inf", "9" * 400, "1,5",
    "46,227638", "2.213749", "999999", "3190", "3190.0", "20AA4", "2026-13-45", "1767571200000",
    "99999999999999999999", "31/02/2026", "\ufeff", "\u202e", "\ud83d\ude00", "é" * 300,
    "<script>alert(1)</script>", "&amp;amp;lt;", "../../etc/passwd", "%s%n", "Mo-Fr 25:00-26:99",
    "09:00 - 12:00 / zut", "Mo" * 500, ";" * 50, "\"", "\r\n", "\n\n", "oui", "true", "POINT(1 2)",
    "{\"a\": [1, {\"b\": null}]}", "commune:03190", "france", "99100", "🚌" * 20, "1" * 4301,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 10**400, 1e308, float("nan"), float("inf"), "", [], {},
    [None], [[]], [{}], {"a": None}, [1, "a", None, {}], {"coordinates": "x"}, [[[[[[1]]]]]],
)  # fmt: skip


# --- bytes: any file


def flip(content: bytes, draw: random.Random) -> bytes:
    """Change a few bytes."""
    damaged = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def truncate(content: bytes, draw: random.Random) -> bytes:
    """Cut the end."""
    return content[: draw.randrange(len(content))]


def lose(content: bytes, draw: random.Random) -> bytes:
    """Lose a piece in the middle."""
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randint(1, 400) :]


def repeat(content: bytes, draw: random.Random) -> bytes:
    """Repeat a piece."""
    start = draw.randrange(len(content))
    end = start + draw.randint(1, 400)
    return content[:end] + content[start:end] * draw.randint(1, 5) + content[end:]


def insert(content: bytes, draw: random.Random) -> bytes:
    """Insert NUL bytes, quotes, ends of line or nonsense."""
    start = draw.randrange(len(content))
    piece = draw.choice([b"\x00", b'"', b"\r", b"\n", b"\xff\xfe", b"\x1a", b"{", b"]", b"\\"])
    return content[:start] + piece * draw.randint(1, 30) + content[start:]


BYTES: tuple[Mutation, ...] = (flip, truncate, lose, repeat, insert)


# --- text


def encode(content: bytes, draw: random.Random) -> bytes:
    """Write the text in another encoding."""
    text = content.decode("utf-8", errors="replace")
    name = draw.choice(["utf-16", "utf-16-le", "cp1252", "latin-1", "utf-32", "mac-roman", "bom"])
    if name == "bom":
        return codecs.BOM_UTF8 * draw.randint(1, 2) + content
    return text.encode(name, errors="replace")


def ends(content: bytes, draw: random.Random) -> bytes:
    """Change the ends of line."""
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    return draw.choice([b"\r\n", b"\r", b"\n\n", b"\n\r"]).join(lines)


# --- tables


def change_grid(grid: Grid, draw: random.Random) -> Grid:
    """Change a table the way people do: columns, rows, cells."""
    changes: tuple[Callable[[Grid, random.Random], None], ...] = (
        _cells, _cells, _cells, _header, _swap, _drop_column, _double_column, _rows, _shift,
        _titles,
    )  # fmt: skip
    changed = [list(row) for row in grid]
    for _ in range(draw.randint(1, 3)):
        if len(changed) > 1 and all(changed[:2]):
            draw.choice(changes)(changed, draw)
    return changed


def _cells(grid: Grid, draw: random.Random) -> None:
    for _ in range(draw.choice([1, 3, 20])):
        row = grid[draw.randrange(1, len(grid))]
        if row:
            value = "x" * HUGE if draw.random() < 0.02 else draw.choice(NASTY)
            row[draw.randrange(len(row))] = value


def _header(grid: Grid, draw: random.Random) -> None:
    column = draw.randrange(len(grid[0]))
    name = grid[0][column]
    ways = [name.upper(), f" {name} ", f"{name}_2", "", "nom", "longitude", "id", name[:-1], "=1+1"]
    grid[0][column] = draw.choice(ways)


def _swap(grid: Grid, draw: random.Random) -> None:
    first, second = draw.randrange(len(grid[0])), draw.randrange(len(grid[0]))
    for row in grid[draw.choice([0, 1]) :]:
        if max(first, second) < len(row):
            row[first], row[second] = row[second], row[first]


def _drop_column(grid: Grid, draw: random.Random) -> None:
    column = draw.randrange(len(grid[0]))
    for row in grid:
        del row[column : column + 1]


def _double_column(grid: Grid, draw: random.Random) -> None:
    column = draw.randrange(len(grid[0]))
    for row in grid:
        row.append(row[column] if column < len(row) else "")


def _rows(grid: Grid, draw: random.Random) -> None:
    way = draw.randrange(5)
    if way == 0:
        grid += [list(row) for row in grid[1:] for _ in range(2)]
    elif way == 1:
        del grid[1:]
    elif way == 2:
        grid[1:] = draw.sample(grid[1:], len(grid) - 1)
    elif way == 3:
        grid.insert(draw.randrange(len(grid)), [])
    else:
        del grid[0]


def _shift(grid: Grid, draw: random.Random) -> None:
    row = grid[draw.randrange(len(grid))]
    if draw.random() < 0.5:
        row.insert(draw.randrange(len(row) + 1), draw.choice(NASTY))
    else:
        del row[draw.randrange(len(row) + 1) :]


def _titles(grid: Grid, draw: random.Random) -> None:
    for _ in range(draw.randint(1, 3)):
        grid.insert(0, [draw.choice(["Export du 2 mars", "", "Total", "Page 1"])])


def table(content: bytes, draw: random.Random) -> bytes:
    """Change a CSV file, and sometimes its separator."""
    text = content.decode("utf-8-sig", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    grid = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator))
    changed = io.StringIO()
    other = draw.choice([separator] * 8 + [";", "\t", "|", ","])
    writer = csv.writer(changed, delimiter=other, escapechar="\\")
    if draw.random() < 0.2:
        writer = csv.writer(changed, delimiter=other, quoting=csv.QUOTE_NONE, escapechar="\\")
    writer.writerows(change_grid(grid, draw))
    return changed.getvalue().encode("utf-8", errors="surrogatepass")


def workbook(content: bytes, draw: random.Random) -> bytes:
    """Change the first sheet of a workbook, keep its real numbers and dates now and then."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    values = [list(row) for row in sheet.values]
    grid = change_grid([["" if v is None else str(v) for v in row] for row in values], draw)
    sheet.delete_rows(1, sheet.max_row)
    for i, row in enumerate(grid):
        for j, cell in enumerate(row):
            plain = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", cell)[:32_767]
            same = i < len(values) and j < len(values[i]) and str(values[i][j]) == cell
            if plain:
                written = values[i][j] if same else plain.encode("utf-8", "ignore").decode()
                sheet.cell(i + 1, j + 1, written)
    if draw.random() < 0.2:
        sheet.merge_cells(start_row=1, start_column=1, end_row=draw.randint(1, 2), end_column=3)
    if draw.random() < 0.1:
        book.create_sheet("vide", 0)
    written_to = io.BytesIO()
    book.save(written_to)
    return written_to.getvalue()


def member(content: bytes, draw: random.Random) -> bytes:
    """Damage one member of an archive, whose checksum stays right."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        victim = draw.choice(names)
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as other:
            for name in names:
                piece = archive.read(name)
                if name == victim:
                    if draw.random() < 0.2:
                        continue
                    piece = draw.choice(BYTES)(piece or b" ", draw)
                other.writestr(name, piece)
    return written.getvalue()


def parquet(content: bytes, draw: random.Random) -> bytes:
    """Change the table of a Parquet file, as text or with its own types."""
    frame = pd.read_parquet(io.BytesIO(content))
    if draw.random() < 0.5 and len(frame.columns) > 1:
        column = draw.choice(list(frame.columns))
        other = draw.choice(list(frame.columns))
        way = draw.randrange(4)
        if way == 0:
            frame = frame.drop(columns=column)
        elif way == 1:
            frame = frame.assign(**{column: frame[other]})
        elif way == 2:
            frame = frame.assign(**{column: draw.choice([0, 1.5, None, True, "x"])})
        else:
            frame = frame.rename(columns={column: draw.choice(["nom", "x", "", "id2"])})
    else:
        grid = [
            list(map(str, frame.columns)),
            *([str(v) for v in row] for row in frame.itertuples(index=False)),
        ]
        changed = change_grid(grid, draw)
        width = len(changed[0]) if changed else 0
        rows = [[*row, *[""] * width][:width] for row in changed[1:]]
        clean = [[cell.encode("utf-8", "ignore").decode() for cell in row] for row in rows]
        names = list(dict.fromkeys(changed[0] if changed else []))
        frame = pd.DataFrame([row[: len(names)] for row in clean], columns=names)
    written = io.BytesIO()
    frame.to_parquet(written)
    return written.getvalue()


# --- documents


def document(content: bytes, draw: random.Random) -> bytes:
    """Change values of a JSON document: their type, their key, their place."""
    root = [json.loads(content)]
    for _ in range(draw.choice([1, 1, 2, 5, 20])):
        spots = list(_spots(root))
        holder, key = draw.choice(spots)
        _change(holder, key, draw)
    value = root[0] if root else None
    return json.dumps(value, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")


def _spots(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 (JSON)
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        items = one.items() if isinstance(one, dict) else enumerate(one)
        for key, inner in items:
            found.append((one, key))
            if isinstance(inner, dict | list):
                waiting.append(inner)
    return found


def _change(holder: Any, key: Any, draw: random.Random) -> None:  # noqa: ANN401 (JSON)
    way = draw.randrange(7)
    if way <= 2:
        holder[key] = json.loads(json.dumps(draw.choice(VALUES)))
    elif way == 3:
        holder[key] = "x" * HUGE if draw.random() < 0.05 else draw.choice(NASTY)
    elif way == 4:
        del holder[key]
    elif way == 5 and isinstance(holder, dict):
        holder[draw.choice(["nom", "id", "x", str(key).upper()])] = holder.pop(key)
    elif isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        deep: Any = "x"
        for _ in range(draw.choice([3, 60, 900])):
            deep = [deep] if draw.random() < 0.5 else {"a": deep}
        holder[key] = deep


def mutations_of(name: str) -> tuple[Mutation, ...]:
    """Return the mutations that suit a file, those of its own format the most often."""
    suffix = name.rpartition(".")[2].lower()
    if suffix in {"json", "geojson"}:
        return (*BYTES, encode, ends, *(document,) * 12)
    if suffix == "csv":
        return (*BYTES, encode, ends, *(table,) * 12)
    if suffix in {"xlsx", "ods"}:
        return (*BYTES, *(member,) * 6, *((workbook,) * 6 if suffix == "xlsx" else ()))
    return (*BYTES, *((parquet,) * 8 if suffix == "parquet" else ()))


_IMPOSSIBLE = (
    ValueError, LookupError, TypeError, OSError, csv.Error, ArithmeticError, RecursionError,
)  # fmt: skip


def mutate(name: str, content: bytes, draw: random.Random) -> tuple[str, bytes]:
    """Return the name of a mutation that could be applied, and the damaged bytes."""
    while True:
        mutation = draw.choice(mutations_of(name))
        try:
            damaged = mutation(content, draw)
        except (
            ValueError,
            LookupError,
            TypeError,
            OSError,
            csv.Error,
            ArithmeticError,
            RecursionError,
        ):
            continue  # this file cannot be damaged that way
        return mutation.__name__, damaged
