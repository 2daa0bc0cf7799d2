"""What one map holds: a tint and its gaps, then circles of people or symbols of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Level, Run, Theme
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.sites import SHAPES, Symbol
from cartoallier.outputs.maps.tints import DOTTED, HATCHED, Tint
from cartoallier.outputs.pictures.framing import Box, Framed, overlap
from cartoallier.outputs.pictures.ground import Ground, View, outline, strokes
from cartoallier.outputs.pictures.legend import (
    CAPTION,
    SYMBOL,
    Circles,
    Classes,
    Part,
    Symbols,
    draw_circle,
    draw_sites,
    radius_of_one,
)
from cartoallier.outputs.pictures.paper import INK, Sheet
from cartoallier.outputs.pictures.strokes import DOTS, HATCH, fill_missing

CAPTION_ROOM = 140.0
SILENT, SILENT_LINE = "#fbfbfa", "#ececea"
EPCI_LINE = "#3a3a3a"


@dataclass(frozen=True, kw_only=True)
class Circle:
    """People beyond the threshold in a commune; ``x``, ``y`` metres."""

    x: float
    y: float
    people: float


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A site: a key of :data:`SHAPES`, filled beyond the border; ``x``, ``y`` metres."""

    x: float
    y: float
    shape: str
    filled: bool


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one map shows.

    Attributes:
        tint: of the communes, ``None`` when the theme has no figure to draw.
        circles: largest first.
        values: of the legend of circles.
        caption: of the legend of circles.
        marks: sites.
    """

    tint: Tint | None
    circles: tuple[Circle, ...] = ()
    values: tuple[int, ...] = ()
    caption: str = ""
    marks: tuple[Mark, ...] = ()

    def parts(self) -> tuple[Part, ...]:
        """Return the parts of its legend."""
        found: list[Part] = [Classes(tint=self.tint)] if self.tint else []
        if self.circles and self.values:
            lines = CAPTION.wrap(self.caption, CAPTION_ROOM, lines=2)
            found.append(Circles(caption=lines, values=self.values))
        if self.marks:
            met = {mark.shape for mark in self.marks if not mark.filled}
            rows = [(shape, False) for shape in SHAPES if shape in met]
            beyond = [("cercle", True)] if any(mark.filled for mark in self.marks) else []
            found.append(Symbols(met=(*rows, *beyond)))
        return tuple(found)


def circles_of(run: Run, theme: Theme, ground: Ground) -> tuple[Circle, ...]:
    """Return people beyond the threshold by commune, largest first so as to lie behind."""
    rows = run.coverages[theme.key].rows(level=Level.COMMUNE)
    people = rows.set_index("code")["population_hors_seuil"].dropna()
    people = people[people >= 1].sort_values(ascending=False, kind="stable")
    known = ((ground.towns.get(str(code)), float(count)) for code, count in people.items())
    return tuple(Circle(x=at[0], y=at[1], people=count) for at, count in known if at)


def marks_of(symbols: Sequence[Symbol], drawing: Drawing, run: Run, frame: Box) -> tuple[Mark, ...]:
    """Return the symbols of a theme page in metres, those that a frame on the ground holds."""
    if not symbols:
        return ()
    degrees = gpd.GeoSeries(
        gpd.points_from_xy(
            [drawing.west + drawing.step * symbol.x for symbol in symbols],
            [drawing.north - drawing.step * symbol.y for symbol in symbols],
        ),
        crs=4326,
    )
    metres = shapely.get_coordinates(degrees.to_crs(run.territory.crs).to_numpy())
    west, south, east, north = frame
    return tuple(
        Mark(x=float(x), y=float(y), shape=symbol.shape, filled=not symbol.inside)
        for symbol, (x, y) in zip(symbols, metres, strict=True)
        if west <= x <= east and south <= y <= north
    )


def draw_under(sheet: Sheet, ground: Ground, framed: Framed) -> None:
    """Draw what is around, present and silent."""
    x0, y0, x1, y1 = framed.frame
    sheet.add(Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=SILENT, linewidth=0))
    lines = shapely.clip_by_rect(ground.context, *framed.view.metres(framed.frame))
    path = strokes(lines, framed.view)
    if path is not None:
        sheet.add(PathPatch(path, fill=False, edgecolor=SILENT_LINE, linewidth=0.6))


def draw_tint(sheet: Sheet, run: Run, ground: Ground, tint: Tint | None, view: View) -> None:
    """Fill communes class by class, then hatch the missing and dot the secret."""
    if tint is None:
        fill(sheet, list(ground.shapes.values()), view, palette.BASE)
        return
    groups: dict[int, list[BaseGeometry]] = {}
    epci = run.territory.communes["epci_code"]
    for code, shape in ground.shapes.items():
        zone = str(epci[code]) if tint.level == Level.EPCI else code
        groups.setdefault(tint.classes.get(zone, HATCHED), []).append(shape)
    colours = dict(enumerate(tint.colours)) | {HATCHED: "white", DOTTED: "white"}
    for position, colour in colours.items():
        fill(sheet, groups.get(position, []), view, colour)
    for position, pattern in ((HATCHED, HATCH), (DOTTED, DOTS)):
        if position in groups:
            whole = shapely.union_all(shapely.make_valid(np.array(groups[position], dtype=object)))
            fill_missing(sheet, whole, view, pattern)


def draw_over(sheet: Sheet, ground: Ground, framed: Framed) -> None:
    """Draw EPCI in two strokes, white then ink, and the département."""
    view = framed.view
    beyond = strokes(shapely.clip_by_rect(ground.beyond, *view.metres(framed.frame)), view)
    path = outline([*ground.groupings.values()], view)
    for colour, width in (("white", 2.0), (EPCI_LINE, 0.8)):
        _stroke(sheet, path, colour, width)
    if beyond is not None:
        sheet.add(
            PathPatch(beyond, fill=False, edgecolor="#9a9a9a", linewidth=0.5, linestyle=(0, (4, 3)))
        )
    _stroke(sheet, outline([ground.hull], view), "white", 2.8)
    _stroke(sheet, outline([ground.hull], view), INK, 1.4)


def draw_content(
    sheet: Sheet, content: Content, framed: Framed, *, covered: Sequence[Box] = ()
) -> tuple[Box, ...]:
    """Draw circles, then sites inside the frame and off the boxes that cover the map.

    Returns:
        The boxes of the sites drawn.
    """
    root = radius_of_one(content.values)
    for circle in content.circles:
        x, y = framed.view.points(np.array((circle.x, circle.y)))
        draw_circle(sheet, float(x), float(y), max(root * circle.people**0.5, 0.6))
    groups: dict[tuple[bool, int, str], list[tuple[float, float]]] = {}
    boxes = []
    for mark in content.marks:
        x, y = (float(v) for v in framed.view.points(np.array((mark.x, mark.y))))
        half = SYMBOL * 0.6
        box = (x - half, y - half, x + half, y + half)
        f = framed.frame
        held = f[0] <= box[0] and f[1] <= box[1] and box[2] <= f[2] and box[3] <= f[3]
        if held and not any(overlap(box, other) for other in covered):
            key = (not mark.filled, -list(SHAPES).index(mark.shape), mark.shape)
            groups.setdefault(key, []).append((x, y))
            boxes.append(box)
    for (inside, _, shape), points in sorted(groups.items()):
        draw_sites(sheet, points, shape, filled=not inside)
    return tuple(boxes)


def fill(
    sheet: Sheet,
    shapes: Sequence[BaseGeometry] | np.ndarray,
    view: View,
    colour: str,
    *,
    edge: str = "white",
    width: float = 0.35,
) -> None:
    """Fill shapes with one colour and draw their borders."""
    path = outline(shapes, view) if len(shapes) else None
    if path is not None:
        sheet.add(PathPatch(path, facecolor=colour, edgecolor=edge, linewidth=width))


def _stroke(sheet: Sheet, path: Path | None, colour: str, width: float) -> None:
    if path is not None:
        sheet.add(PathPatch(path, fill=False, edgecolor=colour, linewidth=width, joinstyle="round"))
