"""Isochrones as polygons: around roads reached in time, or circles around sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Grid = NDArray[np.bool_]

HOLE_KM2 = 1.0
"""Holes smaller than this are filled: woods and fields between reached roads."""
CIRCLE_SEGMENTS = 16
"""Segments per quarter of circle: the polygon holds the circle, at most 1.2 per mille beyond."""

_CELLS_OF_WIDTH = 4.0
_SIMPLIFIED = 0.75
"""Of a cell: steps of one cell become straight lines, and a road reached stays inside."""


def draw_isochrones(reached: Mapping[float, Floats], *, crs: CRS, width_m: float) -> gpd.GeoSeries:
    """Draw what surrounds the stretches of road reached within each bound.

    Points are marked on a grid of cells of a quarter of ``width_m`` (62.5 m for 250 m) aligned on
    the origin of the projection; every cell whose centre is within ``width_m`` of that of a marked
    cell is taken; holes under :data:`HOLE_KM2` are filled; the contour is simplified by three
    quarters of a cell. The border lies between 0.4 and 1.5 times ``width_m`` from the road, on
    average a tenth beyond it: it says « about there », not « to the metre ».

    Args:
        reached: bound in minutes -> (p, 2) metres, points at most a fifth of ``width_m`` apart
            along the roads reached; those of a bound are among those of the next.
        crs: of the points.
        width_m: around the roads.

    Returns:
        Index = bounds, increasing (``minutes``, float); valid (multi)polygons, each holding the
        one before; empty where nothing is reached.
    """
    cell = width_m / _CELLS_OF_WIDTH
    return _nested(
        {bound: _surround(points, cell) for bound, points in sorted(reached.items())}, crs=crs
    )


def crow_fly_isochrones(
    points: Floats, *, radii_km: Mapping[float, float], crs: CRS
) -> gpd.GeoSeries:
    """Draw the union of the circles around sites.

    Args:
        points: (m, 2) metres.
        radii_km: bound in minutes -> straight distance travelled in that time; where it is not
            above zero nothing is reached.
        crs: of the points.

    Returns:
        As :func:`draw_isochrones`.
    """
    sites = shapely.points(np.unique(points, axis=0)) if len(points) else np.empty(0, object)
    around = 1000 / np.cos(np.pi / (4 * CIRCLE_SEGMENTS))
    return _nested(
        {
            bound: shapely.union_all(
                shapely.buffer(sites, around * max(radius, 0), quad_segs=CIRCLE_SEGMENTS)
            )
            for bound, radius in sorted(radii_km.items())
        },
        crs=crs,
    )


def _nested(areas: Mapping[float, BaseGeometry], *, crs: CRS) -> gpd.GeoSeries:
    """Make each area hold those before it."""
    whole: BaseGeometry = shapely.MultiPolygon()
    found = []
    for area in areas.values():
        whole = area if whole.is_empty else shapely.union(whole, area)
        found.append(_polygons(whole))
    index = pd.Index(list(areas), dtype="float64", name="minutes")
    return gpd.GeoSeries(found, index=index, crs=crs)


def _polygons(area: BaseGeometry) -> BaseGeometry:
    """Keep the polygons of a union, with their corners in a fixed order."""
    parts = shapely.get_parts(area)
    kept = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON)]
    if not len(kept):
        return shapely.MultiPolygon()
    one = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    return cast("BaseGeometry", shapely.normalize(one))


def _surround(points: Floats, cell: float) -> BaseGeometry:
    """Return the simplified outline of the cells around points."""
    if not len(points):
        return shapely.MultiPolygon()
    margin = int(_CELLS_OF_WIDTH) + 1
    columns = np.floor(points / cell).astype(np.int64)
    low = columns.min(axis=0) - margin
    shape = columns.max(axis=0) + margin + 1 - low
    marked = np.zeros(shape, dtype=np.bool_)
    marked[tuple((columns - low).T)] = True
    grid = _filled(_widened(marked), cells=HOLE_KM2 * 1e6 / cell**2)
    outline = shapely.simplify(_outline(grid), _SIMPLIFIED, preserve_topology=True)
    placed = shapely.transform(outline, lambda corners: (corners + low) * cell)
    return shapely.make_valid(placed)


def _widened(marked: Grid) -> Grid:
    """Take every cell whose centre is near enough to a marked one."""
    reach = int(_CELLS_OF_WIDTH)
    wide = marked.copy()
    rows, columns = marked.shape
    for right in range(-reach, reach + 1):
        for up in range(-reach, reach + 1):
            if 0 < right * right + up * up <= _CELLS_OF_WIDTH**2:
                wide[max(right, 0) : rows + min(right, 0), max(up, 0) : columns + min(up, 0)] |= (
                    marked[
                        max(-right, 0) : rows - max(right, 0), max(-up, 0) : columns - max(up, 0)
                    ]
                )
    return wide


def _filled(grid: Grid, *, cells: float) -> Grid:
    """Fill the holes smaller than so many cells."""
    holes, _ = ndimage.label(~grid)
    small = np.bincount(holes.ravel()) < cells
    small[0] = False  # the cells taken
    small[holes[0, 0]] = False  # the outside
    filled: Grid = grid | small[holes]
    return filled


def _outline(grid: Grid) -> BaseGeometry:
    """Return the area of the taken cells, in cells: their borders joined into rings."""
    across = np.argwhere(grid[1:] != grid[:-1]) + np.array([1, 0])
    along = np.argwhere(grid[:, 1:] != grid[:, :-1]) + np.array([0, 1])
    starts = np.concatenate([across, along])
    ends = np.concatenate([across + np.array([0, 1]), along + np.array([1, 0])])
    steps = np.asarray(shapely.linestrings(np.stack([starts, ends], axis=1).astype(np.float64)))
    return cast("BaseGeometry", shapely.build_area(shapely.multilinestrings(steps)))
