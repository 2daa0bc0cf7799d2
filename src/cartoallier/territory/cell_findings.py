"""What was wrong in the rows of a grid: counted, the first of each kind told one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cartoallier.model import Finding
from cartoallier.model.french import number, typeset

EXAMPLES = 20
"""Findings of one kind that are told one by one; the rest are counted in one."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of trouble.

    Attributes:
        column: where it was met.
        what: the observation, French.
        action: what was done, French.
        drops: the row is not kept.
    """

    column: str
    what: str
    action: str
    drops: bool = False


@dataclass(eq=False, kw_only=True)
class Ledger:
    """Troubles of one file, in order of appearance.

    Attributes:
        file: its name, as the project writes it.
        told: kind -> (line, value) of its first rows.
        count: kind -> rows.
    """

    file: str
    told: dict[Kind, list[tuple[int, str]]] = field(default_factory=dict)
    count: Counter[Kind] = field(default_factory=Counter)

    def note(
        self, kind: Kind, wrong: NDArray[np.bool_], *, lines: NDArray[np.int64], values: pa.Array
    ) -> None:
        """Count the rows where ``wrong`` holds; ``lines`` and ``values`` are those of all rows."""
        at = np.flatnonzero(wrong)
        if not len(at):
            return
        self.count[kind] += len(at)
        told = self.told.setdefault(kind, [])
        for row in at[: EXAMPLES - len(told)]:
            value = values[int(row)].as_py()
            told.append((int(lines[row]), "" if value is None else _written(str(value))[:60]))

    @property
    def dropped(self) -> dict[str, int]:
        """Reason -> rows not kept."""
        return {kind.what: rows for kind, rows in self.count.items() if kind.drops}

    def findings(self) -> list[Finding]:
        """Return everything noted."""
        found = []
        for kind, told in self.told.items():
            rows: list[tuple[int | None, str]] = [*told]
            if (rest := self.count[kind] - len(told)) > 0:
                rows.append((None, f"{number(rest)} autres lignes"))
            found += [
                Finding(
                    file=self.file,
                    line=line,
                    column=kind.column,
                    value=value,
                    what=kind.what,
                    action=typeset(kind.action),
                )
                for line, value in rows
            ]
        return found


def _written(text: str) -> str:
    """Return a text as its author wrote it: CSV files are read as Latin-1, most are UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
