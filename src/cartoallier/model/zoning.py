"""Special territories laid over the map: QPV, FRR, CRTE, Territoires d’industrie."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd

from cartoallier.model.finding import SourceRecord

AREA_COLUMNS = ("code", "name", "communes", "geometry")


@dataclass(frozen=True, eq=False, kw_only=True)
class Zoning:
    """One zoning of public policy, as a project declares it.

    Attributes:
        name: as the project writes it (« QPV »), unique among those of a run.
        areas: one row per special territory, sorted by code; columns :data:`AREA_COLUMNS`, in
            the territory's CRS, clipped to the département. ``communes`` is a sorted tuple of
            codes. A geometry may be ``None``: communes that have no outline are not drawn.
        source: the file, with its digest.
        whole_communes: areas are lists of communes; otherwise they are polygons, and how many
            people live in them is not known.
        communes: codes of the communes of the département that an area holds or crosses, sorted.
        inhabitants: population of those communes; ``None`` for polygons.
        classes: areas are classes of one list (« FRR socle », « FRR+ »), not territories.
        named: areas have names or codes of their own; a bare list of communes has none.
    """

    name: str
    areas: gpd.GeoDataFrame
    source: SourceRecord
    whole_communes: bool
    communes: tuple[str, ...]
    inhabitants: int | None = None
    classes: bool = False
    named: bool = True

    def __post_init__(self) -> None:
        problems = [
            message
            for wrong, message in (
                (set(AREA_COLUMNS) - set(self.areas), "areas lack columns"),
                (self.areas.crs is None or not self.areas.crs.is_projected, "areas unprojected"),
                (not self.areas["code"].is_unique, "codes of areas must be unique"),
                (not self.whole_communes and self.inhabitants is not None, "people of polygons"),
            )
            if wrong
        ]
        if problems:
            raise ValueError("; ".join(problems))
