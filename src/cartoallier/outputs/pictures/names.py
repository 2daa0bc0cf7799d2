"""Names on the map, set where none touches another.

Extents are those of the letters as set. Towns come first, in the order of their population, off
the borders of EPCI where they can; then EPCI, each on the free place nearest the middle of its
ground, on one line or more. A name that finds no room near what it names is left out, never
squeezed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Level, Territory
from cartoallier.outputs.maps.payload import short_name
from cartoallier.outputs.pictures.framing import AIR, Box, Framed, overlap
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.paper import CUT, Face

TOWN = Face(size=7.0, bold=True)
EPCI = Face(size=6.2, oblique=True, colour="#3a3a3a")
TOWNS = 10
"""Towns named at most."""
LONGEST = 130.0
"""Points a line of a name may take."""
MOST_WORDS = 12
"""Of a name; the rest is left out before it is cut in lines."""
DOT = 1.3
"""Radius of the dot a town stands at, points."""
AWAY = (2.8, 4.2, 5.6)
"""Points from the dot to its name, the nearest first; no further, they would part."""
AWAY_FROM_MARK = (7.0, 8.4, 9.8)
"""The same from the middle of a symbol the town lies under."""
NARROW, FEW = 300.0, 8
"""Width of a map, points, under which fewer towns are named, and how many at most."""
GAP = 1.2
"""Points between two names."""
APART = 3.6
"""Points between two towns that are named: their dots stay apart."""


@dataclass(frozen=True, kw_only=True)
class Name:
    """A name on the sheet: its lines, centred on ``x``, the box they fill, the dot of a town."""

    lines: tuple[str, ...]
    x: float
    box: Box
    face: Face
    dot: tuple[float, float] | None = None


def place_names(
    territory: Territory, ground: Ground, framed: Framed, *, taken: Sequence[Box] = ()
) -> tuple[Name, ...]:
    """Place the names of EPCI and main towns.

    Args:
        territory: whose names.
        ground: its shapes.
        framed: the map.
        taken: boxes where nothing may be written.

    Returns:
        Names whose boxes are disjoint, inside the frame, off ``taken``.
    """
    found: list[Name] = []
    boxes = list(taken)
    placed: list[NDArray[np.float64]] = []

    def write(candidates: Iterator[Name]) -> bool:
        name = next((n for n in candidates if _fits(n.box, framed.frame, boxes)), None)
        if name is not None:
            found.append(name)
            boxes.append(name.box)
            if name.dot is not None:
                x, y = name.dot
                boxes.append((x - DOT, y - DOT, x + DOT, y + DOT))
        return name is not None

    most = TOWNS if framed.frame[2] - framed.frame[0] > NARROW else FEW
    lines = shapely.union_all(shapely.boundary(list(ground.groupings.values())))
    shapely.prepare(lines)
    for code, label in _towns(territory, ground):
        at = framed.view.points(np.array(ground.towns[code]))
        near = any(np.hypot(*(at - other)) < APART for other in placed)
        if not near and len(placed) < most:
            placed.append(at)  # even without room: a small town does not stand for a large one
            around = list(_around(at, label, marked=_covers(boxes, at)))
            crossed = [lines.intersects(shapely.box(*framed.view.metres(n.box))) for n in around]
            order = sorted(range(len(around)), key=crossed.__getitem__)
            write(around[i] for i in order)
    for code, label in _groupings(territory, ground):
        write(_within(ground.groupings[code], label, framed))
    return tuple(found)


def _fits(box: Box, frame: Box, taken: Sequence[Box]) -> bool:
    within = (
        box[0] >= frame[0] + GAP
        and box[1] >= frame[1] + GAP
        and box[2] <= frame[2] - GAP
        and box[3] <= frame[3] - GAP
    )
    grown = (box[0] - GAP, box[1] - GAP, box[2] + GAP, box[3] + GAP)
    return within and not any(overlap(grown, other) for other in taken)


def _towns(territory: Territory, ground: Ground) -> list[tuple[str, str]]:
    """Return the largest communes, the most populous first."""
    communes = territory.communes
    known = communes[communes["inside"] & communes.index.isin(list(ground.towns))]
    ranked = known.sort_values("population", ascending=False, kind="stable").head(8 * TOWNS)
    return [(str(code), str(name)) for code, name in ranked["name"].items()]


def _groupings(territory: Territory, ground: Ground) -> list[tuple[str, str]]:
    """Return EPCI and their short names, the widest ground first."""
    zones = territory.zones
    rows = zones[zones["level"] == Level.EPCI].drop_duplicates("code")
    names = dict(zip(rows["code"].astype(str), rows["name"].astype(str), strict=True))
    codes = [code for code in ground.groupings if code in names]
    codes.sort(key=lambda code: (-ground.groupings[code].area, code))
    return [(code, short_name(names[code])) for code in codes]


def _name(lines: tuple[str, ...], face: Face, x: float, y: float) -> Name:
    """Return a name whose middle is at x, y."""
    half = max(face.width(line) for line in lines) / 2
    high = (len(lines) - 1) * face.leading + 0.98 * face.size
    box = (x - half, y - high / 2, x + half, y + high / 2)
    return Name(lines=lines, x=x, box=box, face=face)


def _covers(boxes: Sequence[Box], at: NDArray[np.float64]) -> bool:
    """Return whether a dot would lie on what is there, which then stands for it."""
    x, y = float(at[0]), float(at[1])
    return any(overlap((x - DOT, y - DOT, x + DOT, y + DOT), box) for box in boxes)


def _around(at: NDArray[np.float64], label: str, *, marked: bool) -> Iterator[Name]:
    """Yield places around a town: at its sides, above, below, then a little further."""
    line = TOWN.cut(label, LONGEST)
    if not line:
        return
    half, high = TOWN.width(line) / 2, 0.98 * TOWN.size / 2
    x, y = float(at[0]), float(at[1])
    sides = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 1), (-0.8, 1), (0.8, -1), (-0.8, -1))
    for away in (*AWAY, *(AWAY_FROM_MARK if marked else ())):
        for dx, dy in sides:
            right, up = dx * (half + away * (not dy)), dy * (high + away)
            yield replace(_name((line,), TOWN, x + right, y + up), dot=None if marked else (x, y))


def _within(shape: BaseGeometry, label: str, framed: Framed) -> Iterator[Name]:
    """Yield places on the ground of an EPCI, whole inside it: the nearest to its middle first."""
    layouts = [layout for count in (1, 2, 3) if (layout := _split(label, count))]
    whole = [layout for layout in layouts if not any(line.endswith(CUT) for line in layout)]
    whole = [w for w in whole if len(w) == 1 or min(map(len, w)) > 3]  # no « de » of its own
    layouts = whole or layouts[-1:]
    view = framed.view
    middle, spots = _spots(shape, AIR / view.scale)
    on_sheet = view.points(spots)
    centre = view.points(middle)
    nearest = np.argsort(np.hypot(*(on_sheet - centre).T), kind="stable")[:240]
    shapely.prepare(shape)
    for lines in dict.fromkeys(layouts):
        names = [_name(lines, EPCI, float(x), float(y)) for x, y in on_sheet[nearest]]
        boxes = shapely.box(*np.array([view.metres(name.box) for name in names]).T)
        good = shapely.contains_properly(shape, boxes)
        yield from (name for name, kept in zip(names, good, strict=True) if kept)


def _spots(shape: BaseGeometry, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of the widest place of a shape, and a grid of points on it."""
    polygons: Any = shape
    circle = shapely.maximum_inscribed_circle(polygons, tolerance=max(step, 1.0))
    middle = shapely.get_coordinates(circle)[0]
    west, south, east, north = shape.bounds
    across, along = np.meshgrid(
        np.append(np.arange(west, east, step), middle[0]),
        np.append(np.arange(south, north, step), middle[1]),
    )
    grid = np.column_stack([across.ravel(), along.ravel()])
    held = shapely.contains_xy(shape, grid[:, 0], grid[:, 1])
    return middle, np.vstack([middle, grid[held]])


def _split(label: str, count: int) -> tuple[str, ...]:
    """Cut a name in ``count`` balanced lines; empty when it has fewer words."""
    words = re.split(r" (?![:;?!»])", EPCI.readable(label))[:MOST_WORDS]
    if not words[0] or len(words) < count:
        return ()
    if count == 1:
        return (EPCI.cut(label, LONGEST),)
    best: tuple[str, ...] = ()
    for at in range(1, len(words) - count + 2):
        head = " ".join(words[:at])
        tail = _split(" ".join(words[at:]), count - 1)
        lines = (EPCI.cut(head, LONGEST), *tail)
        if not best or max(map(EPCI.width, lines)) < max(map(EPCI.width, best)):
            best = lines
    return best
