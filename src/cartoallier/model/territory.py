"""The territory of a run: communes, zones, origins, and what old codes became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS


class Level(StrEnum):
    """Levels every run has; a « découpage » adds its own name beside them."""

    COMMUNE = "commune"
    EPCI = "epci"
    ARRONDISSEMENT = "arrondissement"
    DEPARTEMENT = "departement"


COMMUNE_COLUMNS = (
    "name",
    "departement_code",
    "region_code",
    "epci_code",
    "arrondissement_code",
    "population",
    "outline",
    "inside",
    "geometry",
)
ORIGIN_COLUMNS = ("name", "commune_code", "population", "area_km2", "position", "geometry")
ZONE_COLUMNS = ("level", "code", "name", "perimeter")


@dataclass(frozen=True, eq=False)
class Passage:
    """What old commune codes became in the run's vintage (COG).

    Attributes:
        successors: old or current code -> current codes, sorted. One code: a rename or a
            merger. Several: the old commune was split, or its parts went to several communes.
    """

    successors: Mapping[str, tuple[str, ...]]

    def current(self, code: str) -> tuple[str, ...]:
        """Return the current codes of ``code``: ``()`` if unknown, several if split."""
        return self.successors.get(code, ())


@dataclass(frozen=True, eq=False)
class Territory:
    """One département, the whole EPCI that touch it, and the neighbourhood around it.

    Attributes:
        departement_code: ``"03"``, ``"2A"``, ``"974"``.
        departement_name: ``"Allier"``.
        communes: index ``code``; columns :data:`COMMUNE_COLUMNS`, in the legal projection.
            ``outline`` is ``ign`` (or the user's own), ``reconstitue`` (from communes déléguées),
            ``partage`` (the polygon covers other communes too) or ``absent`` (geometry is
            ``None``). ``inside``: in the département. Communes of straddling EPCI and of the
            neighbourhood are there with ``inside`` false. ``epci_code`` and
            ``arrondissement_code`` may be missing.
        origins: index ``id``; columns :data:`ORIGIN_COLUMNS`, points in the same CRS, for the
            département and the whole of its EPCI. ``position`` is ``mairie``, ``surface`` (the
            town hall was missing or outside its commune), ``estimee`` (no outline) or ``point``
            (of a grid). ``area_km2`` bounds intra-commune distance from below; missing for
            grid points.
        zones: index ``zone``; columns :data:`ZONE_COLUMNS`, sorted département, arrondissement,
            EPCI, other levels, commune. ``perimeter`` is ``entier`` or ``partie``: an EPCI that
            straddles the border has both rows.
        members: two columns, ``zone`` and ``commune_code``: every commune of every zone.
        boundary: the département's polygon, one row, same CRS.
        passage: old codes to current ones.
        vintage: what the figures are, in French (« COG 2026, population municipale 2023 »).
        gridded: origins are grid points rather than town halls.
    """

    departement_code: str
    departement_name: str
    communes: gpd.GeoDataFrame
    origins: gpd.GeoDataFrame
    zones: pd.DataFrame
    members: pd.DataFrame
    boundary: gpd.GeoSeries
    passage: Passage
    vintage: str
    gridded: bool = False

    def __post_init__(self) -> None:
        crs = self.communes.crs
        problems = [
            message
            for wrong, message in (
                (crs is None or not crs.is_projected, "communes must be projected"),
                (self.origins.crs != crs, "origins must share the communes' CRS"),
                (self.boundary.crs != crs, "boundary must share the communes' CRS"),
                (not self.communes.index.is_unique, "commune codes must be unique"),
                (not self.origins.index.is_unique, "origin ids must be unique"),
                (not self.zones.index.is_unique, "zone ids must be unique"),
                (set(COMMUNE_COLUMNS) - set(self.communes), "communes lack columns"),
                (set(ORIGIN_COLUMNS) - set(self.origins), "origins lack columns"),
                (set(ZONE_COLUMNS) - set(self.zones), "zones lack columns"),
                (bool(self.origins.geometry.isna().any()), "every origin needs a point"),
                (
                    not set(self.origins["commune_code"]) <= set(self.communes.index),
                    "every origin needs its commune",
                ),
            )
            if wrong
        ]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def crs(self) -> CRS:
        """The legal projection of the territory."""
        return CRS.from_user_input(self.communes.crs)

    def locate(self, points: gpd.GeoSeries) -> pd.Series:
        """Return the code of the commune that holds each point, missing where none does.

        A point on a shared border goes to the smallest code, whatever the order of rows.

        Args:
            points: in any CRS, missing points allowed.

        Returns:
            ``str`` series on the index of ``points``.
        """
        found = pd.Series(np.nan, index=points.index, dtype="str", name="commune_code")
        usable = gpd.GeoSeries(points[points.notna() & ~points.is_empty]).to_crs(self.crs)
        drawn = self.communes[self.communes.geometry.notna()].sort_index()
        rows, hits = drawn.sindex.query(usable.to_numpy(), predicate="intersects")
        first = pd.Series(hits).groupby(rows).min()
        found.iloc[points.index.get_indexer(usable.index[first.index])] = drawn.index.to_numpy()[
            first.to_numpy()
        ]
        return found

    def communes_of(self, kind: str, code: str) -> frozenset[str]:
        """Return the communes, among those of the territory, that an eligibility zone holds.

        Args:
            kind: ``commune``, ``epci``, ``departement``, ``region`` or ``pays``.
            code: the zone's code; old commune codes are followed to current ones. A region and
                a département may share a code (84): the kind decides.

        Returns:
            Codes; empty when the zone is elsewhere in the country.
        """
        if kind == "pays":
            return frozenset(self.communes.index)
        if kind == "commune":
            return frozenset(self.passage.current(code)) & frozenset(self.communes.index)
        column = {"epci": "epci_code", "departement": "departement_code", "region": "region_code"}
        return frozenset(self.communes.index[self.communes[column[kind]] == code])
