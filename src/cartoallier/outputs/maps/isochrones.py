"""Isochrones as outlines: simplified for the screen, each with its dashes and its label."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Run, Theme
from cartoallier.outputs.maps.geometry import DEGREE, Drawing, Grid

DASHES = ("", "9 4", "2 4", "12 3 2 3")
"""Of the nearest, the next… : told apart without a colour."""
AROUND = 0.35
"""Part of the département's size drawn around it: a little more than the page can show."""


@dataclass(frozen=True, kw_only=True)
class Isochrone:
    """How far one duration reaches.

    Attributes:
        minutes: the duration.
        path: in units of the drawing.
        label: x, y of where its name stands, on its border.
        dash: SVG dash pattern, ``""`` for a full line.
    """

    minutes: int
    path: str
    label: tuple[int, int]
    dash: str


def isochrones(run: Run, theme: Theme, drawing: Drawing) -> tuple[Isochrone, ...]:
    """Return the isochrones of a theme, nearest first; none of a sensitive theme."""
    shapes = run.isochrones.get(theme.key)
    if theme.sensitive or shapes is None:
        return ()
    west, south, east, north = run.territory.boundary.to_crs(
        shapes.crs or run.territory.crs
    ).total_bounds
    margin = max(east - west, north - south) * AROUND
    frame = shapely.box(west - margin, south - margin, east + margin, north + margin)
    pixel = drawing.step * 10 * DEGREE
    grid = Grid(west=drawing.west, north=drawing.north, step=drawing.step)
    found: list[Isochrone] = []
    for bound, shape in shapes.sort_index().items():
        kept = _drawn(shape, frame, pixel)
        if kept is None:
            continue
        degrees = gpd.GeoSeries([kept], crs=shapes.crs).to_crs(4326)
        found.append(
            Isochrone(
                minutes=round(float(str(bound))),
                path=grid.path(degrees),
                label=_label(degrees.iloc[0], grid, drawing.bounds, len(found)),
                dash=DASHES[min(len(found), len(DASHES) - 1)],
            )
        )
    return tuple(found)


def _drawn(shape: BaseGeometry | None, frame: BaseGeometry, pixel: float) -> BaseGeometry | None:
    """Return what can be seen of a shape: no detail, part or hole under a few pixels."""
    if shape is None or shape.is_empty:
        return None
    simple = shapely.make_valid(shapely.simplify(shape, pixel)).intersection(frame)
    parts = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area > (3 * pixel) ** 2],
        )
        for part in shapely.get_parts(simple)
        if part.geom_type == "Polygon" and part.area > (2 * pixel) ** 2
    ]
    return shapely.MultiPolygon(parts) if parts else None


def _label(
    shape: BaseGeometry, grid: Grid, bounds: tuple[float, float, float, float], rank: int
) -> tuple[int, int]:
    """Return a point of the border in sight: the northernmost, for the next the easternmost."""
    points = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)))
    south, west, north, east = bounds
    x, y = points[:, 0], points[:, 1]
    seen = points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
    points = seen if len(seen) else points
    along = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)][rank % 4])
    x, y = grid.units(points[(points @ along).argmax()][None, :])[0]
    return int(x), int(y)
