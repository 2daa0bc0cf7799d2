"""What access measures for one theme."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartoallier.model.theme import Mode

COVERAGE_COLUMNS: tuple[str, ...] = (
    "theme",
    "mode",
    "public",
    "maille",
    "code",
    "nom",
    "perimetre",
    "population",
    "lieux",
    "distance_km",
    "duree_min",
    "part_plus_15",
    "part_plus_20",
    "part_plus_30",
    "seuil_min",
    "population_hors_seuil",
    "part_hors_seuil",
    "part_hors_seuil_favorable",
    "part_hors_seuil_defavorable",
    "part_hors_seuil_sans_voisins",
    "part_couverte",
    "fiabilite",
)
"""Columns of ``couverture.csv`` (DESIGN §4.3), in order."""


@dataclass(frozen=True, kw_only=True)
class AccessParameters:
    """How minutes are made; detour, speeds and floor are those of straight lines (DOMAIN §4.3).

    Attributes:
        engine: ``vol_oiseau`` or ``route``.
        detour: road length over straight line.
        speed_kmh: door to door.
        favourable_kmh: speed of the favourable hypothesis.
        unfavourable_kmh: speed of the unfavourable hypothesis.
        floor: never below half the root of the commune's area.
        neighbourhood_km: supply and roads kept beyond the border.
    """

    engine: str = "vol_oiseau"
    detour: float = 1.35
    speed_kmh: float = 50.0
    favourable_kmh: float = 60.0
    unfavourable_kmh: float = 40.0
    floor: bool = True
    neighbourhood_km: float = 50.0


@dataclass(frozen=True, eq=False)
class Coverage:
    """The access of every origin and zone to one theme.

    Attributes:
        theme: key of the theme.
        mode: how the theme decides.
        table: one row per (public, zone), columns :data:`COVERAGE_COLUMNS`.
        origins: index = the territory's origins; ``distance_km`` (straight line, or the road's
            length), ``straight_km``, ``minutes``, ``minutes_without_neighbours``, ``service`` (id
            of the nearest), ``unmeasured`` (why the engine cannot measure it, missing where it
            can), and for a zone theme ``covered`` (``True``, ``False``, missing when no zone is
            declared at all).
        sites: index = service id, services of the theme in reach of the territory; ``counted``
            (enters distance), ``reason`` (French, why not), ``inside`` (in the département),
            ``commune_code`` (located), ``desk`` (shared by the records of one desk),
            ``number`` (1-based key on the map; missing when it has no point), ``kind`` (label
            of the expected supply it is, or « autres »), ``zoned`` (it declares a zone of
            eligibility).
    """

    theme: str
    mode: Mode
    table: pd.DataFrame
    origins: pd.DataFrame
    sites: pd.DataFrame

    def __post_init__(self) -> None:
        if tuple(self.table.columns) != COVERAGE_COLUMNS:
            raise ValueError(f"columns must be COVERAGE_COLUMNS, got {list(self.table.columns)}")
        shares = self.table.filter(regex="^part_").astype("float64")
        if ((shares < -1e-12) | (shares > 1 + 1e-12)).any(axis=None):
            raise ValueError("shares must lie between 0 and 1")

    def rows(self, *, level: str, public: str = "ensemble") -> pd.DataFrame:
        """Return the rows of one level and one public."""
        table = self.table
        return table[(table["maille"] == level) & (table["public"] == public)]
