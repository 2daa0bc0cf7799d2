"""What readers hand on: values as they are published, zone by zone, anywhere in the country."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from cartoallier.model import VALUED, Finding

VALUE_COLUMNS: dict[str, str] = {
    "indicator": "str",
    "level": "str",
    "code": "str",
    "name": "str",
    "value": "float64",
    "status": "str",
    "vintage": "str",
    "source": "str",
    "file": "str",
    "sheet": "str",
    "line": "Int64",
    "column": "str",
}
"""``level``: a level of the run, or ``region``, ``france``, ``arm``, ``iris``. ``vintage``: year of
the figures. ``source``: id in the catalogue. The rest says which cell the value was read from."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Extract:
    """What one file gave.

    Attributes:
        values: columns :data:`VALUE_COLUMNS`, one row per (indicator, level, code, vintage).
        findings: everything noteworthy.
        layout: the layout it was read as (``insee``, ``melodi``…).
        rows_read: rows met under headers.
        dropped: reason, in French -> number of rows that gave nothing.
        cog: year of the commune codes when the file declares it, else ``""``.
    """

    values: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    layout: str = ""
    rows_read: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    cog: str = ""

    def __post_init__(self) -> None:
        if list(self.values.columns) != list(VALUE_COLUMNS):
            raise ValueError(f"columns must be VALUE_COLUMNS, got {list(self.values.columns)}")
        known = self.values["status"].isin(VALUED)
        if (known != self.values["value"].notna()).any():
            raise ValueError("a value is given exactly when its status says so")


def gathered(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one under the other, typed; empty when there is none."""
    full = [frame for frame in frames if len(frame)]
    if not full:
        return pd.DataFrame(columns=list(VALUE_COLUMNS)).astype(VALUE_COLUMNS)
    return pd.concat(full, ignore_index=True)[list(VALUE_COLUMNS)].astype(VALUE_COLUMNS)
