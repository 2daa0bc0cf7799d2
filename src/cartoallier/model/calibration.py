"""What roads teach the straight line: detour and speed by density of the commune."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartoallier.model.french import number

CALIBRATION_COLUMNS: dict[str, str] = {
    "pairs": "int64",
    "own": "bool",
    "detour": "float64",
    "speed_kmh": "float64",
    "residual_p10": "float64",
    "residual_p50": "float64",
    "residual_p90": "float64",
}
"""Columns of ``Calibration.table``."""
WHOLE = "ensemble"
"""The row of all origins together."""
_HEADINGS = {
    "pairs": "Trajets",
    "detour": "Détour",
    "speed_kmh": "Vitesse (km/h)",
    "residual_p10": "Écart, 10e centile",
    "residual_p50": "Écart médian",
    "residual_p90": "Écart, 90e centile",
    "own": "Paramètres",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Calibration:
    """Detour and speed of the straight line, measured on the roads of the territory itself.

    A straight line of *d* km is read as ``60 × detour × d / speed_kmh`` minutes.

    Attributes:
        table: index = class of density, :data:`WHOLE` last; columns :data:`CALIBRATION_COLUMNS`.
            ``detour`` = Σ road km / Σ straight km and ``speed_kmh`` = 60 × Σ road km / Σ road
            minutes, over the journeys that start in the class; ``residual_p10``, ``_p50``,
            ``_p90``: percentiles of road minutes over those read from the straight line;
            ``pairs``: journeys measured; ``own``: false where they were too few, and the
            parameters are those of the whole. Missing without any journey at all.
        limit_km: longest straight line measured.
        source: of the roads, French, as pages name it.
    """

    table: pd.DataFrame
    limit_km: float
    source: str = ""

    def __post_init__(self) -> None:
        if tuple(self.table.columns) != tuple(CALIBRATION_COLUMNS):
            raise ValueError(f"columns must be CALIBRATION_COLUMNS, got {list(self.table)}")
        if WHOLE not in self.table.index or not self.table.index.is_unique:
            raise ValueError(f"expected one row per class and one {WHOLE!r}")

    @property
    def known(self) -> bool:
        """Whether any journey was measured."""
        return bool(self.table["detour"].notna().all())

    def parameters(self, classes: pd.Series) -> pd.DataFrame:
        """Return ``detour``, ``speed_kmh`` and the residuals of each origin.

        Args:
            classes: of each origin; one that is missing or unknown takes the whole.
        """
        known = classes.astype("str").where(classes.isin(self.table.index), WHOLE)
        found = self.table.drop(columns=["pairs", "own"]).reindex(known)
        return found.set_axis(classes.index)

    def printed(self) -> pd.DataFrame:
        """Return the table in words: French headings and numbers, one row per class."""
        words = pd.DataFrame(index=self.table.index.rename("Densité de la commune"))
        for column, heading in _HEADINGS.items():
            values = self.table[column]
            if column == "own":
                words[heading] = ["propres" if own else "ceux de l'ensemble" for own in values]
            else:
                decimals = {"pairs": 0, "speed_kmh": 0}.get(column, 2)
                words[heading] = [number(one, decimals=decimals) for one in values]
        return words
