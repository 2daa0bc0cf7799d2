"""Shapes of the territory, made once for every page: projected, simplified, written as paths.

A path is SVG text in integers, first point absolute, the next relative
(``M120 340l3-4 5 6z``). On theme pages the unit is a step in degrees counted from the
north-west corner, which the page turns back into latitudes and longitudes; on the atlas it is
a quarter of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Level, Territory

MAP_PIXELS = 800
"""Width, in pixels, at which shapes must look exact when a page opens."""
DEGREE = 111_320
"""Metres in a degree of latitude."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """Everything theme pages draw that does not depend on the theme.

    Attributes:
        west: longitude of the origin of paths.
        north: latitude of the origin of paths.
        step: degrees per unit of a path.
        bounds: south, west, north, east of the département, degrees.
        outlines: (path, commune codes that share this outline).
        groupings: EPCI code -> path of its part inside.
        beyond: path of the whole EPCI that straddle the border.
        departement: path of the département.
        context: path of the communes around.
        points: commune code -> x, y of its town hall, in units.
        centres: EPCI code -> x, y of the middle of its part inside, in units.
        shapes: simplified communes inside, legal projection, unique outlines by first code.
        cuts: name of a « découpage » -> zone code -> path of its communes inside.
    """

    west: float
    north: float
    step: float
    bounds: tuple[float, float, float, float]
    outlines: tuple[tuple[str, tuple[str, ...]], ...]
    groupings: dict[str, str]
    beyond: str
    departement: str
    context: str
    points: dict[str, tuple[int, int]]
    centres: dict[str, tuple[int, int]]
    shapes: gpd.GeoSeries
    cuts: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The integers paths are written in: ``(x - west) / step`` and ``(north - y) / step``."""

    west: float
    north: float
    step: float

    def units(self, coordinates: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return x, y pairs in whole units, y downwards."""
        corner = np.array([self.west, self.north])
        scaled = (coordinates - corner) * np.array([1 / self.step, -1 / self.step])
        whole: NDArray[np.int64] = np.rint(scaled).astype(np.int64)
        return whole

    def path(self, shapes: Iterable[BaseGeometry | None]) -> str:
        """Return the SVG path of the rings of polygons, holes included (even-odd)."""
        usable = [shape for shape in shapes if shape is not None and not shape.is_empty]
        parts = shapely.get_parts(np.array(usable, dtype=object))
        rings = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
        coordinates, index = shapely.get_coordinates(rings, return_index=True)
        units = self.units(coordinates)
        starts = np.searchsorted(index, np.arange(1, len(rings)))
        return "".join(_ring(points) for points in np.split(units, starts))


def _ring(points: NDArray[np.int64]) -> str:
    """Return one closed ring, repeated points dropped; empty when nothing is left of it."""
    moves = np.diff(points, axis=0)[:-1]
    moves = moves[moves.any(axis=1)]
    if len(moves) < 2:
        return ""
    tail = " ".join(str(value) for value in moves.ravel().tolist()).replace(" -", "-")
    return f"M{points[0, 0]} {points[0, 1]}l{tail}z"


def draw(territory: Territory) -> Drawing:
    """Project and simplify the territory for a screen.

    Args:
        territory: in its legal projection, overseas or not.

    Returns:
        Shapes that share their borders after simplification.
    """
    west, south, east, north = territory.boundary.total_bounds
    pixel = max(east - west, (north - south) * 4 / 3) / MAP_PIXELS
    kept = _kept(territory)
    inside = territory.communes["inside"].reindex(kept.index)
    own = _simplified(take(kept, inside | _straddling(territory, kept)), pixel / 2)
    around = _simplified(take(kept, ~kept.index.isin(own.index)), pixel * 2.5)
    hull = _departement(territory, own, pixel)
    degrees = gpd.GeoSeries([hull], crs=territory.crs).to_crs(4326)
    lon0, lat0, lon1, lat1 = (float(v) for v in degrees.total_bounds)
    grid = Grid(west=lon0, north=lat1, step=round(pixel / 10 / DEGREE, 7))
    mine = take(own, inside.reindex(own.index))
    merged = _merged(territory, mine)
    crossing = take(own, _straddling(territory, own))
    others = take(own, ~inside.reindex(own.index))
    return Drawing(
        west=grid.west,
        north=grid.north,
        step=grid.step,
        bounds=(lat0, lon0, lat1, lon1),
        outlines=_outlines(mine, grid),
        groupings={str(code): grid.path([shape]) for code, shape in _degrees(merged).items()},
        beyond=grid.path(_degrees(_merged(territory, crossing))),
        departement=grid.path(degrees),
        context=grid.path([*_degrees(others), *_degrees(around)]),
        points=_points(territory, mine, grid),
        centres=_centres(merged, grid),
        shapes=mine,
        cuts=_cuts(territory, mine, grid),
    )


def take(shapes: gpd.GeoSeries, keep: Any) -> gpd.GeoSeries:  # noqa: ANN401 (labels or mask)
    """Return some of the shapes, by labels or by a mask."""
    return gpd.GeoSeries(shapes.loc[keep], crs=shapes.crs)


def _kept(territory: Territory) -> gpd.GeoSeries:
    """Return the shapes near enough to show when a page opens."""
    shapes = territory.communes.geometry
    shapes = take(shapes, shapes.notna() & ~shapes.is_empty)
    west, south, east, north = territory.boundary.total_bounds
    wide = max(east - west, (north - south) * 4 / 3) * 1.1
    x, y = (west + east) / 2, (south + north) / 2
    frame = shapely.box(x - wide / 2, y - wide * 0.4, x + wide / 2, y + wide * 0.4)
    seen = shapes.intersects(frame) | territory.communes["inside"].reindex(shapes.index)
    return take(shapes, seen | _straddling(territory, shapes))


def _straddling(territory: Territory, shapes: gpd.GeoSeries) -> pd.Series[bool]:
    """Return which shapes belong to an EPCI that has communes on both sides of the border."""
    communes = territory.communes
    sides = communes.groupby("epci_code")["inside"].agg(["any", "all"])
    crossing = sides.index[sides["any"] & ~sides["all"]]
    return communes["epci_code"].reindex(shapes.index).isin(crossing)


def _simplified(shapes: gpd.GeoSeries, tolerance: float) -> gpd.GeoSeries:
    """Simplify shapes together so that neighbours keep one border."""
    if shapes.empty:
        return shapes
    keys = shapes.to_wkb()
    first = ~keys.duplicated()
    simple = shapely.coverage_simplify(take(shapes, first).to_numpy(), tolerance)
    by_key = dict(zip(keys[first], simple, strict=True))
    return gpd.GeoSeries([by_key[key] for key in keys], index=shapes.index, crs=shapes.crs)


def _departement(territory: Territory, own: gpd.GeoSeries, pixel: float) -> BaseGeometry:
    """Return the département, from the drawn communes when they cover it all."""
    inside = territory.communes[territory.communes["inside"]]
    drawn = take(own, own.index.isin(inside.index))
    if len(drawn) == len(inside) and len(drawn):
        return _whole(drawn, pixel)
    return shapely.simplify(shapely.union_all(territory.boundary.to_numpy()), pixel / 2)


def _whole(shapes: gpd.GeoSeries, pixel: float = 0) -> BaseGeometry:
    """Return the union of drawn shapes, without the pinholes simplification may leave."""
    union = shapely.union_all(shapely.make_valid(shapes.to_numpy()))
    parts = [part for part in shapely.get_parts(union) if part.geom_type == "Polygon"]
    filled = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area > pixel**2 * 4],
        )
        for part in parts
    ]
    return shapely.MultiPolygon(filled)


def _merged(territory: Territory, shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return one shape per EPCI, in the order of codes."""
    codes = territory.communes["epci_code"].reindex(shapes.index).dropna()
    groups = {str(code): _whole(take(shapes, rows.index)) for code, rows in codes.groupby(codes)}
    return gpd.GeoSeries(groups, crs=shapes.crs)


def _cuts(territory: Territory, shapes: gpd.GeoSeries, grid: Grid) -> dict[str, dict[str, str]]:
    """Return the zones of each « découpage », by level then code."""
    ordinary = {str(level) for level in Level}
    zones = territory.zones[~territory.zones["level"].astype("str").isin(ordinary)]
    inside = territory.members[territory.members["commune_code"].isin(shapes.index)]
    communes = inside.groupby("zone")["commune_code"].agg(lambda codes: sorted(set(codes)))
    found: dict[str, dict[str, str]] = {}
    for zone, level, code in zip(zones.index, zones["level"], zones["code"], strict=True):
        if zone in communes.index:
            whole = gpd.GeoSeries([_whole(take(shapes, communes[zone]))], crs=shapes.crs)
            found.setdefault(str(level), {})[str(code)] = grid.path(_degrees(whole))
    return found


def _degrees(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    return shapes.to_crs(4326) if len(shapes) else shapes


def _outlines(shapes: gpd.GeoSeries, grid: Grid) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each distinct outline with the communes that share it."""
    sharers: dict[bytes, list[str]] = {}
    for code, key in shapes.to_wkb().items():
        sharers.setdefault(key, []).append(str(code))
    by_code = dict(zip(shapes.index.astype(str), _degrees(shapes), strict=True))
    return tuple((grid.path([by_code[codes[0]]]), tuple(codes)) for codes in sharers.values())


def _points(territory: Territory, shapes: gpd.GeoSeries, grid: Grid) -> dict[str, Any]:
    """Return where each commune's name and circle stand: its town hall, else its middle."""
    origins = territory.origins
    halls = origins.geometry
    if territory.gridded:
        halls = shapes.representative_point()
    else:
        halls = gpd.GeoSeries(halls.to_numpy(), index=origins["commune_code"], crs=territory.crs)
        halls = take(halls, ~halls.index.duplicated())
    inside = territory.communes.index[territory.communes["inside"]]
    halls = take(halls, halls.index.isin(inside)).to_crs(4326)
    units = grid.units(shapely.get_coordinates(halls.to_numpy()))
    return {str(code): (int(x), int(y)) for code, (x, y) in zip(halls.index, units, strict=True)}


def _centres(merged: gpd.GeoSeries, grid: Grid) -> dict[str, tuple[int, int]]:
    """Return the middle of the widest place of each EPCI."""
    if merged.empty:
        return {}
    lines = shapely.maximum_inscribed_circle(merged.to_numpy(), tolerance=500)
    middles = gpd.GeoSeries(shapely.get_point(lines, 0), crs=merged.crs).to_crs(4326)
    units = grid.units(shapely.get_coordinates(middles.to_numpy()))
    return {str(code): (int(x), int(y)) for code, (x, y) in zip(merged.index, units, strict=True)}
