"""What one map holds: a tint and its gaps, then circles of people or symbols of sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Level, Run, Theme
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.sites import SHAPES, Symbol
from cartoallier.outputs.maps.tints import DOTTED, HATCHED, Tint
from cartoallier.outputs.pictures.framing import Box, Framed, overlap
from cartoallier.outputs.pictures.ground import Ground, Outline, View, outline, strokes
from cartoallier.outputs.pictures.legend import (
    CAPTION,
    SEVERAL,
    SYMBOL,
    Circles,
    Classes,
    Part,
    Symbols,
    draw_number,
    draw_rings,
    draw_sites,
    radius_of_number,
    radius_of_one,
)
from cartoallier.outputs.pictures.paper import INK, WHITE, Shape, Sheet
from cartoallier.outputs.pictures.strokes import DOTS, HATCH, fill_missing

CAPTION_ROOM = 140.0
TOUCHING = 9.0
"""Points between two sites under which they are drawn as one."""
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
    """Services at one point: a key of :data:`SHAPES`, filled beyond the border.

    ``x`` and ``y`` are metres; ``count`` says how many services.
    """

    x: float
    y: float
    shape: str
    filled: bool
    count: int = 1


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

    def parts(self, groups: Sequence[Group] | None = None) -> tuple[Part, ...]:
        """Return the parts of its legend.

        Before the map has its scale, when ``groups`` are not known, room is kept for all.
        """
        found: list[Part] = [Classes(tint=self.tint)] if self.tint else []
        if self.circles and self.values:
            lines = CAPTION.wrap(self.caption, CAPTION_ROOM, lines=2)
            found.append(Circles(caption=lines, values=self.values))
        if self.marks:
            found.append(Symbols(met=_met(self.marks, groups)))
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Marks too close to be told apart: one symbol, or how many services; ``x``, ``y`` points."""

    x: float
    y: float
    shape: str
    filled: bool
    count: int

    @property
    def radius(self) -> float:
        """Of the symbol, or of the disc its number stands in, points."""
        return SYMBOL / 2 if self.count == 1 else radius_of_number(self.count)

    @property
    def box(self) -> Box:
        """What it covers."""
        half = self.radius + 0.1 * SYMBOL
        return (self.x - half, self.y - half, self.x + half, self.y + half)


def _met(marks: Sequence[Mark], groups: Sequence[Group] | None) -> tuple[tuple[str, bool], ...]:
    """Return the symbols of a legend: those met, the numbered disc, what lies beyond."""
    shapes = {mark.shape for mark in marks if not mark.filled}
    several, filled = len(marks) > 1, any(mark.filled for mark in marks)
    if groups is not None:
        shapes = {one.shape for one in groups if one.count == 1 and not one.filled}
        several = any(one.count > 1 for one in groups)
        filled = any(one.filled for one in groups)
    rows = [(shape, False) for shape in SHAPES if shape in shapes]
    rows += [(SEVERAL, False)] if several else []
    return (*rows, *([("cercle", True)] if filled else []))


def grouped(marks: Sequence[Mark], framed: Framed, covered: Sequence[Box]) -> tuple[Group, ...]:
    """Return marks inside the frame and off ``covered``, those that would touch as one.

    Each joins the first one nearer than :data:`TOUCHING`, on the same side of the border; a
    group stands in the middle of its services.
    """
    kept: list[tuple[Mark, float, float]] = []
    seeds = np.empty((len(marks), 3))
    held: list[list[tuple[Mark, float, float]]] = []
    for mark in marks:
        x, y = (float(v) for v in framed.view.points(np.array((mark.x, mark.y))))
        if _hidden((x, y), framed.frame, covered):
            continue
        kept.append((mark, x, y))
        near = np.hypot(seeds[: len(held), 0] - x, seeds[: len(held), 1] - y) < TOUCHING
        found = np.flatnonzero(near & (seeds[: len(held), 2] == mark.filled))
        if len(found):
            held[found[0]].append(kept[-1])
        else:
            seeds[len(held)] = (x, y, mark.filled)
            held.append([kept[-1]])
    return tuple(_group(members) for members in held)


def _hidden(at: tuple[float, float], frame: Box, covered: Sequence[Box]) -> bool:
    half = SYMBOL * 0.6
    box = (at[0] - half, at[1] - half, at[0] + half, at[1] + half)
    held = frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
    return not held or any(overlap(box, other) for other in covered)


def _group(members: Sequence[tuple[Mark, float, float]]) -> Group:
    count = sum(mark.count for mark, _, _ in members)
    return Group(
        x=round(sum(mark.count * x for mark, x, _ in members) / count, 2),
        y=round(sum(mark.count * y for mark, _, y in members) / count, 2),
        shape=members[0][0].shape,
        filled=members[0][0].filled,
        count=count,
    )


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
        Mark(
            x=float(x),
            y=float(y),
            shape=symbol.shape,
            filled=not symbol.inside,
            count=max(len(symbol.numbers), 1),
        )
        for symbol, (x, y) in zip(symbols, metres, strict=True)
        if west <= x <= east and south <= y <= north
    )


def draw_under(sheet: Sheet, ground: Ground, framed: Framed) -> None:
    """Draw what is around, present and silent."""
    sheet.box(framed.frame, fill=SILENT)
    lines = shapely.clip_by_rect(ground.context, *framed.view.metres(framed.frame))
    path = strokes(lines, framed.view)
    if path is not None:
        sheet.add(Shape(path=path, edge=SILENT_LINE, width=0.5, crisp=True))


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
    colours = dict(enumerate(tint.colours)) | {HATCHED: WHITE, DOTTED: WHITE}
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
    for colour, width in ((WHITE, 2.0), (EPCI_LINE, 0.8)):
        _stroke(sheet, path, colour, width)
    if beyond is not None:
        sheet.add(Shape(path=beyond, edge="#9a9a9a", width=0.5, dash=(2.0, 1.5)))
    whole = outline([ground.hull], view)
    _stroke(sheet, whole, WHITE, 2.8)
    _stroke(sheet, whole, INK, 1.4)


def draw_content(sheet: Sheet, content: Content, framed: Framed, groups: Sequence[Group]) -> None:
    """Draw circles, then sites: those beyond the border first, numbers over symbols."""
    root = radius_of_one(content.values)
    rings = []
    for circle in content.circles:
        x, y = framed.view.points(np.array((circle.x, circle.y)))
        rings.append((float(x), float(y), max(root * circle.people**0.5, 0.6)))
    draw_rings(sheet, rings)
    alone: dict[tuple[bool, int, str], list[tuple[float, float]]] = {}
    for one in groups:
        if one.count == 1:
            key = (not one.filled, -list(SHAPES).index(one.shape), one.shape)
            alone.setdefault(key, []).append((one.x, one.y))
    for (inside, _, shape), points in sorted(alone.items()):
        draw_sites(sheet, points, shape, filled=not inside)
    for one in sorted((g for g in groups if g.count > 1), key=lambda g: (not g.filled, g.count)):
        draw_number(sheet, one.x, one.y, one.count, filled=one.filled)


def fill(
    sheet: Sheet,
    shapes: Sequence[BaseGeometry] | np.ndarray,
    view: View,
    colour: str,
    *,
    edge: str = WHITE,
    width: float = 0.35,
) -> None:
    """Fill shapes with one colour and draw their borders."""
    drawn = outline(shapes, view) if len(shapes) else None
    if drawn is not None:
        sheet.add(Shape(path=drawn.path, pieces=drawn.pieces, fill=colour, edge=edge, width=width))


def _stroke(sheet: Sheet, drawn: Outline | None, colour: str, width: float) -> None:
    if drawn is not None:
        sheet.add(Shape(path=drawn.path, pieces=drawn.pieces, edge=colour, width=width, round=True))
