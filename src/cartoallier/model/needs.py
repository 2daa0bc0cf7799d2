"""Need indicators by zone, with a status for every missing value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd


class Status(StrEnum):
    """Why a value is what it is.

    ``publie``, ``estime`` and ``sous_seuil`` carry a number; for the last it is the floor of
    publication: the value is that or less (« ≤ 5 % »).
    """

    PUBLISHED = "publie"
    BELOW_FLOOR = "sous_seuil"
    SECRET = "secret"  # noqa: S105 (statistical secrecy, not a password)
    NOT_AVAILABLE = "non_disponible"
    ABSENT = "absent"
    ESTIMATED = "estime"


VALUED = (Status.PUBLISHED, Status.ESTIMATED, Status.BELOW_FLOOR)
"""Statuses that carry a number."""

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


HELD_COLUMNS: tuple[str, ...] = (
    "fichier", "indicateur", "libelle", "unite", "maille", "millesime", "zones",
    *(status.value for status in Status),
)  # fmt: skip
"""Columns of ``indicateurs.csv``: zones of each file, then how many have each status."""


def no_values() -> pd.DataFrame:
    """Return an empty frame of :data:`NEEDS_COLUMNS`."""
    return pd.DataFrame(columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)


@dataclass(frozen=True, eq=False)
class Needs:
    """Values of indicators.

    Attributes:
        values: one row per (indicator, zone of the territory); columns
            :data:`NEEDS_COLUMNS`. ``value`` is given exactly when ``status`` is in :data:`VALUED`.
        weights: people of each public at each origin, index = the territory's origins, one
            column per :class:`~cartoallier.model.Public` value known; missing where unknown.
        weight_labels: public -> what the people are, in French, with source and vintage.
        reference: whole EPCI of the whole country, same columns: what scores are ranked against.
    """

    values: pd.DataFrame
    weights: pd.DataFrame
    weight_labels: dict[str, str]
    reference: pd.DataFrame = field(default_factory=no_values)

    def __post_init__(self) -> None:
        for frame in (self.values, self.reference):
            if list(frame.columns) != list(NEEDS_COLUMNS):
                raise ValueError(f"columns must be NEEDS_COLUMNS, got {list(frame.columns)}")
            known = frame["status"].isin(VALUED)
            if (known != frame["value"].notna()).any():
                raise ValueError("a value is given exactly when its status says so")

    def of(self, indicator: str, level: str) -> pd.DataFrame:
        """Return the rows of one indicator at one level."""
        values = self.values
        return values[(values["indicator"] == indicator) & (values["level"] == level)]
