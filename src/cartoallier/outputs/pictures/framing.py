"""Where the territory stands in its frame, and which free corner its legend takes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.outputs.pictures.ground import View

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""
CORNERS = ((1, -1), (-1, -1), (1, 1), (-1, 1))
"""Bottom right, bottom left, top right, top left, in the order they are tried."""
AIR = 6.0
"""Points left empty around the territory and between it and the legend."""
STEP = 0.97
"""Each scale tried is this much of the one before."""
SLIDES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far towards the side away from the legend the territory may move."""


@dataclass(frozen=True, kw_only=True)
class Framed:
    """A map on the sheet: ``frame`` is its window, ``legend`` a box in one of its corners."""

    frame: Box
    view: View
    legend: Box

    def fitted(self, size: tuple[float, float]) -> Box:
        """Return a box of ``size`` in the same corner as the legend's."""
        x0, y0, x1, y1 = self.legend
        left = x0 if x0 <= self.frame[0] else x1 - size[0]
        bottom = y0 if y0 <= self.frame[1] else y1 - size[1]
        return (left, bottom, left + size[0], bottom + size[1])

    def moved(self, by: float) -> Framed:
        """Return the same map further right."""
        if not by:
            return self
        shift = (by, 0.0, by, 0.0)
        view = View(**{**vars(self.view), "left": round(self.view.left + by, 2)})
        return Framed(frame=_plus(self.frame, shift), view=view, legend=_plus(self.legend, shift))


def _plus(box: Box, shift: Box) -> Box:
    x0, y0, x1, y1 = (round(a + b, 2) for a, b in zip(box, shift, strict=True))
    return (x0, y0, x1, y1)


def frame_map(hull: BaseGeometry, frame: Box, legend: tuple[float, float]) -> Framed:
    """Find the largest scale at which the legend fits in a corner and covers no territory.

    Args:
        hull: the département, metres.
        frame: window of the map on the sheet, points.
        legend: width and height of the box to place, points.

    Returns:
        The map; among scales as large, the one where the territory moves least from the middle.
        When the box is larger than the window it overflows below, never onto the territory.
    """
    west, south, east, north = hull.bounds
    wide, high = frame[2] - frame[0] - 2 * AIR, frame[3] - frame[1] - 2 * AIR
    scale = min(wide / max(east - west, 1.0), high / max(north - south, 1.0))
    shapely.prepare(hull)
    least = scale * 0.05
    while scale > least:
        size = ((east - west) * scale, (north - south) * scale)
        tries = sorted(
            product(SLIDES, SLIDES, range(len(CORNERS))), key=lambda t: (t[0] + t[1], t[2])
        )
        for across, along, corner in tries:
            found = _placed(hull, frame, size, legend, (across, along), CORNERS[corner])
            if found is not None:
                return found
        scale *= STEP
    return frame_map(hull, frame, (0.0, 0.0))  # a box wider than its window


def _placed(
    hull: BaseGeometry,
    frame: Box,
    size: tuple[float, float],
    legend: tuple[float, float],
    slide: tuple[float, float],
    corner: tuple[int, int],
) -> Framed | None:
    """Return the map if the legend, in this corner, leaves the territory free."""
    west, south, east, _ = hull.bounds
    scale = size[0] / max(east - west, 1.0)
    spare = (frame[2] - frame[0] - size[0] - 2 * AIR, frame[3] - frame[1] - size[1] - 2 * AIR)
    view = View(
        scale=scale,
        west=west,
        south=south,
        left=round(frame[0] + AIR + spare[0] * (1 - corner[0] * slide[0]) / 2, 1),
        bottom=round(frame[1] + AIR + spare[1] * (1 - corner[1] * slide[1]) / 2, 1),
    )
    x0 = frame[0] if corner[0] < 0 else frame[2] - legend[0]
    y0 = frame[1] if corner[1] < 0 else frame[3] - legend[1]
    box = (x0, y0, x0 + legend[0], y0 + legend[1])
    around = (box[0] - AIR, box[1] - AIR, box[2] + AIR, box[3] + AIR)
    if legend[0] and hull.intersects(shapely.box(*view.metres(around))):
        return None
    return Framed(frame=frame, view=view, legend=box)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A scale bar: a round length and the box it takes, label included."""

    label: str
    length: float
    box: Box


def scale_bar(framed: Framed, hull: BaseGeometry, *, height: float) -> Scale:
    """Return a bar of a round number of kilometres in a free corner, bottom left if it is free."""
    view, frame = framed.view, framed.frame
    target = (frame[2] - frame[0]) / 5 / view.scale
    power = 10 ** np.floor(np.log10(target))
    metres = float(max(step * power for step in (1, 2, 5) if step * power <= target))
    length = round(metres * view.scale, 2)
    label = f"{metres / 1000:g}\u00a0km".replace(".", ",")
    free = [framed.legend] if framed.legend[2] > framed.legend[0] else []
    first: Scale | None = None
    for right, top in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x0 = frame[2] - AIR - length if right else frame[0] + AIR
        y0 = frame[3] - AIR - height if top else frame[1] + AIR
        box = (x0, y0, x0 + length, y0 + height)
        found = Scale(label=label, length=length, box=box)
        first = first or found
        clear = not any(overlap(box, other) for other in free)
        if clear and not hull.intersects(shapely.box(*view.metres(box))):
            return found
    assert first is not None  # noqa: S101 (four corners were tried)
    return first


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes share more than a border."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
