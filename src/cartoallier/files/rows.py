"""What both doors (tables, documents) hand to a reader: cells by column, and real row numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TypeVar

from cartoallier.model import Finding

Value = TypeVar("Value")


def map_cells(values: Iterable[object], parse: Callable[[object], Value]) -> list[Value]:
    """Parse every cell, once per distinct text or list of texts: exports repeat themselves."""
    cells = values if isinstance(values, list | tuple) else list(values)
    kinds = set(map(type, cells))
    if kinds <= {str, type(None)}:
        texts = {value: parse(value) for value in dict.fromkeys(cells)}
        return [texts[value] for value in cells]
    known: dict[object, Value] = {}
    parsed: list[Value] = []
    for value in cells:
        key = value
        if type(value) is list and all(type(one) is str for one in value):
            key = tuple(value)
        elif value is not None and not isinstance(value, str):
            # True and 1 and 1.0 are one key, and three cells.
            parsed.append(parse(value))
            continue
        if key not in known:
            known[key] = parse(value)
        parsed.append(known[key])
    return parsed


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows:
    """The rows of one file, before anything is understood.

    Attributes:
        file: the file's name, as the project writes it.
        header: column names or keys, in order of appearance.
        cells: column -> one value per row; text from a table, any JSON value from a document.
        lines: 1-based row in the file (header = 1), or item number in a JSON array.
        findings: what the door noticed.
        left_out: rows met and let go at the door, see :data:`~cartoallier.files.tables.Beyond`.
    """

    file: str
    header: tuple[str, ...]
    cells: Mapping[str, Sequence[object]]
    lines: tuple[int, ...]
    findings: tuple[Finding, ...] = ()
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, column: object) -> bool:
        return column in self.cells

    def column(self, name: str) -> Sequence[object]:
        """Return the cells of a column, all missing when the file has no such column."""
        return self.cells.get(name, [None] * len(self))

    def parse(self, name: str, parse: Callable[[object], Value]) -> list[Value]:
        """Return the cells of a column, each understood by ``parse``."""
        if name not in self.cells:
            return [parse(None)] * len(self)
        return map_cells(self.cells[name], parse)

    def without(self, columns: Collection[str]) -> Rows:
        """Return the same rows without some of their columns."""
        left = {key: values for key, values in self.cells.items() if key not in columns}
        return replace(self, header=tuple(left), cells=left)

    def where(self, keep: Sequence[bool]) -> Rows:
        """Return the rows for which ``keep`` is true, with their real numbers."""
        return replace(
            self,
            cells={key: list(compress(values, keep)) for key, values in self.cells.items()},
            lines=tuple(compress(self.lines, keep)),
        )
