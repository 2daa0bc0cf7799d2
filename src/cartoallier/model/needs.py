"""Need indicators by zone, with a status for every missing value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd


class Status(StrEnum):
    """Why a value is what it is; only ``publie`` and ``estime`` carry a number."""

    PUBLISHED = "publie"
    BELOW_FLOOR = "sous_seuil"
    SECRET = "secret"  # noqa: S105 (statistical secrecy, not a password)
    NOT_AVAILABLE = "non_disponible"
    ABSENT = "absent"
    ESTIMATED = "estime"


NEEDS_COLUMNS: dict[str, str] = {
    "indicator": "str",
    "level": "str",
    "code": "str",
    "name": "str",
    "perimeter": "str",
    "value": "float64",
    "unit": "str",
    "status": "str",
    "vintage": "str",
    "source": "str",
}


@dataclass(frozen=True, eq=False)
class Needs:
    """Values of indicators.

    Attributes:
        values: one row per (indicator, zone); columns :data:`NEEDS_COLUMNS`. ``value`` is
            missing exactly when ``status`` is neither ``publie`` nor ``estime``.
        weights: people of each public at each origin, index = the territory's origins, one
            column per :class:`~cartoallier.model.Public` value known; missing where unknown.
        weight_labels: public -> what the people are, in French, with source and vintage.
    """

    values: pd.DataFrame
    weights: pd.DataFrame
    weight_labels: dict[str, str]

    def __post_init__(self) -> None:
        if list(self.values.columns) != list(NEEDS_COLUMNS):
            raise ValueError(f"columns must be NEEDS_COLUMNS, got {list(self.values.columns)}")
        known = self.values["status"].isin([Status.PUBLISHED, Status.ESTIMATED])
        if (known != self.values["value"].notna()).any():
            raise ValueError("a value is given exactly when its status says so")

    def of(self, indicator: str, level: str) -> pd.DataFrame:
        """Return the rows of one indicator at one level."""
        values = self.values
        return values[(values["indicator"] == indicator) & (values["level"] == level)]
