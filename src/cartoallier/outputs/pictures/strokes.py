"""Hatches and dots as lines of their own: the same in pixels and in SVG, at any scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.outputs.pictures.ground import View, outline, strokes
from cartoallier.outputs.pictures.paper import Shape, Sheet

HATCH = "hachure"
DOTS = "points"
GREY = "#9a9a9a"
PITCH = 3.0
"""Points between two lines, or two dots."""


def fill_missing(sheet: Sheet, shape: BaseGeometry, view: View, pattern: str) -> None:
    """Hatch or dot a shape at 45°."""
    if shape.is_empty:
        return
    if pattern == HATCH:
        path = strokes(_lines(shape, PITCH / view.scale), view)
        if path is not None:
            sheet.add(Shape(path=path, edge=GREY, width=0.75))
        return
    dots = _dots(shape, PITCH / view.scale)
    drawn = outline(shapely.buffer(dots, 0.55 / view.scale, quad_segs=2), view)
    if drawn is not None:
        sheet.add(Shape(path=drawn.path, pieces=drawn.pieces, fill=GREY))


def _lines(shape: BaseGeometry, pitch: float) -> BaseGeometry:
    """Return parallel lines at 45°, cut to the shape; they fall on one grid everywhere."""
    west, south, east, north = shape.bounds
    step = pitch * np.sqrt(2)
    first = np.floor((south - east) / step) * step
    shifts = np.arange(first, north - west + step, step)
    ends = np.stack(
        [
            np.column_stack([np.full(len(shifts), west), shifts + west]),
            np.column_stack([np.full(len(shifts), east), shifts + east]),
        ],
        axis=1,
    )
    lines: Any = shapely.linestrings(ends)
    cut: BaseGeometry = shapely.intersection(shapely.MultiLineString(list(lines)), shape)
    return cut


def _dots(shape: BaseGeometry, pitch: float) -> Any:  # noqa: ANN401 (an array of points)
    """Return points of a grid turned by 45°, inside the shape."""
    west, south, east, north = shape.bounds
    step = pitch * np.sqrt(2)
    across = np.arange(np.floor(west / step) * step, east + step, step)
    along = np.arange(np.floor(south / step) * step, north + step, step)
    x, y = (axis.ravel() for axis in np.meshgrid(across, along))
    x, y = np.concatenate([x, x + step / 2]), np.concatenate([y, y + step / 2])
    held = shapely.contains_xy(shape, x, y)
    found: Any = shapely.points(x[held], y[held])
    return found
