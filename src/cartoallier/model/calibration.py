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
ENOUGH = 100
"""Journeys under which nothing is measured: a class takes the parameters of the whole, and the
whole has none."""
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
            ``pairs``: journeys measured; ``own``: false where they were fewer than
            :data:`ENOUGH`, and parameters and residuals are those of the whole. Missing
            everywhere where the whole has too few.
        limit_km: longest straight line measured.
        source: of the roads, French, as pages name it.
        own_share: of the people, 0-1, those whose class has parameters of its own; missing
            without people.
    """

    table: pd.DataFrame
    limit_km: float
    source: str = ""
    own_share: float = float("nan")

    def __post_init__(self) -> None:
        if tuple(self.table.columns) != tuple(CALIBRATION_COLUMNS):
            raise ValueError(f"columns must be CALIBRATION_COLUMNS, got {list(self.table)}")
        if WHOLE not in self.table.index or not self.table.index.is_unique:
            raise ValueError(f"expected one row per class and one {WHOLE!r}")

    @property
    def known(self) -> bool:
        """Whether enough journeys were measured for the whole; else nothing may use this."""
        return bool(self.table.loc[WHOLE, "own"] and self.table["detour"].notna().all())

    @property
    def journeys(self) -> int:
        """How many journeys were measured, all classes together."""
        return int(self.table["pairs"].to_dict()[WHOLE])

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
                few = "ceux de l'ensemble" if self.known else "trop peu de trajets"
                words[heading] = ["propres" if own else few for own in values]
            else:
                decimals = {"pairs": 0, "speed_kmh": 0}.get(column, 2)
                words[heading] = [number(one, decimals=decimals) for one in values]
        return words
