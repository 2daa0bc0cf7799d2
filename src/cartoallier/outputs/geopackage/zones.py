"""Polygons of the zones of a run: communes merged, once, for every layer that draws them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.errors import GEOSException

from cartoallier.errors import TerritoryError
from cartoallier.model import Level, Run
from cartoallier.territory import departement

_GAP = 1e-6
"""Share of the surface by which a merge may differ from the sum of its parts."""


@dataclass(frozen=True, eq=False)
class Zones:
    """The zones of a run; each level is merged once.

    Attributes:
        run: whose territory it is.
    """

    run: Run

    @cached_property
    def communes(self) -> gpd.GeoDataFrame:
        """Communes of the département: code, name, EPCI, arrondissement, people, outline."""
        communes = self.run.territory.communes
        names = {
            "code": "code",
            "name": "nom",
            "epci_code": "code_epci",
            "arrondissement_code": "code_arrondissement",
            "population": "population",
            "outline": "contour",
        }
        inside = communes[communes["inside"]].rename_axis("code").reset_index()
        table = inside[list(names)].rename(columns=names)
        table["population"] = counted(table["population"])
        return gpd.GeoDataFrame(table, geometry=inside.geometry, crs=communes.crs)

    @cached_property
    def epci(self) -> gpd.GeoDataFrame:
        """Whole EPCI, those that straddle the border included."""
        return self.whole(str(Level.EPCI))

    @cached_property
    def epci_parts(self) -> gpd.GeoDataFrame:
        """EPCI as themes draw them: the part in the département of those that straddle."""
        return self._merged(self._one_each(str(Level.EPCI)), perimeter=True)

    def whole(self, level: str) -> gpd.GeoDataFrame:
        """Return code, name and people of the whole zones of a level."""
        zones = self.run.territory.zones
        rows = zones[(zones["level"] == level) & (zones["perimeter"] == "entier")]
        return self._merged(rows.drop_duplicates("code"), perimeter=False)

    def division(self, level: str) -> gpd.GeoDataFrame:
        """Return the zones of a « découpage », each with its perimeter."""
        return self._merged(self._one_each(level), perimeter=True)

    def around(self) -> gpd.GeoDataFrame:
        """Return what is known of the départements around: their communes in reach, merged."""
        communes = self.run.territory.communes
        outside = communes[~communes["inside"].astype("bool")]
        codes = outside["departement_code"].astype("str")
        shapes = merge(gpd.GeoSeries(outside.geometry), codes).sort_index()
        table = pd.DataFrame(
            {"code": shapes.index.astype("str"), "nom": [_name(str(c)) for c in shapes.index]},
            dtype="str",
        )
        return gpd.GeoDataFrame(table, geometry=list(shapes), crs=communes.crs)

    def _one_each(self, level: str) -> pd.DataFrame:
        """Return one row per zone: its part in the département when there are both."""
        zones = self.run.territory.zones
        rows = zones[zones["level"] == level]
        part = rows.loc[rows["perimeter"] != "entier", "code"]
        dropped = rows["code"].isin(part) & (rows["perimeter"] == "entier")
        return rows[~dropped].drop_duplicates("code")

    def _merged(self, zones: pd.DataFrame, *, perimeter: bool) -> gpd.GeoDataFrame:
        territory = self.run.territory
        members = territory.members[territory.members["zone"].isin(zones.index)]
        parts = territory.communes[["population", "geometry"]].reindex(members["commune_code"])
        of = pd.Series(members["zone"].to_numpy(), index=parts.index)
        people = parts["population"].groupby(of.to_numpy()).sum().reindex(zones.index)
        shapes = merge(gpd.GeoSeries(parts["geometry"], crs=territory.crs), of)
        columns = {"code": zones["code"], "nom": zones["name"]}
        if perimeter:
            columns["perimetre"] = zones["perimeter"]
        table = pd.DataFrame(columns | {"population": counted(people)}).reset_index(drop=True)
        return gpd.GeoDataFrame(
            table, geometry=list(shapes.reindex(zones.index)), crs=territory.crs
        )


def merge(shapes: gpd.GeoSeries, zones: pd.Series[str]) -> gpd.GeoSeries:
    """Merge shapes by zone; those without any have no row.

    Communes that share one polygon count once: merged as a coverage, twins would cancel out.

    Args:
        shapes: polygons that share their borders.
        zones: the zone of each, in the same order.
    """
    table = pd.DataFrame({"shape": shapes.to_numpy(), "zone": zones.to_numpy()})
    drawn = np.array([shape is not None and not shape.is_empty for shape in table["shape"]])
    table = table[drawn.astype(bool)]
    table = table[~table.assign(wkb=shapely.to_wkb(table["shape"])).duplicated(["zone", "wkb"])]
    merged = {str(key): _union(part.to_numpy()) for key, part in table.groupby("zone")["shape"]}
    index = pd.Index(list(merged), dtype="str")
    return gpd.GeoSeries(list(merged.values()), index=index, crs=shapes.crs)


def _union(shapes: np.ndarray[tuple[int], np.dtype[np.object_]]) -> shapely.Geometry:
    """Merge as a coverage, which is fast; overlapping outlines, someone's own, the slow way."""
    surface = float(shapely.area(shapes).sum())
    try:
        merged = shapely.coverage_union_all(shapes)
        if abs(shapely.area(merged) - surface) <= _GAP * surface and shapely.is_valid(merged):
            return merged
    except GEOSException:
        pass  # the coverage is not one
    return shapely.union_all(shapely.make_valid(shapes))


def counted(people: pd.Series[Any]) -> pd.Series[Any]:
    """Return people as whole numbers when they all are."""
    known = people.dropna()
    whole: pd.Series[Any] = people.astype("Int64") if (known == known.round()).all() else people
    return whole


def _name(code: str) -> str:
    try:
        return departement(code).name
    except TerritoryError:
        return code
