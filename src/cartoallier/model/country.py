"""Every commune of the country, and the zones it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartoallier.model.territory import Passage

COUNTRY_COLUMNS = ("name", "departement_code", "region_code", "epci_code", "population")


@dataclass(frozen=True, eq=False)
class Country:
    """The composition of the country in the run's vintage.

    Attributes:
        communes: index ``code``; columns :data:`COUNTRY_COLUMNS`, one row per commune of the 101
            départements; ``epci_code`` may be missing.
        epci: code -> name of every EPCI.
        passage: old commune codes to current ones.
        vintage: year of the codes (``"2026"``).
    """

    communes: pd.DataFrame
    epci: pd.Series[str]
    passage: Passage
    vintage: str

    def __post_init__(self) -> None:
        if tuple(self.communes.columns) != COUNTRY_COLUMNS:
            raise ValueError(f"columns must be COUNTRY_COLUMNS, got {list(self.communes)}")
        if not self.communes.index.is_unique:
            raise ValueError("commune codes must be unique")
