"""Legends: their parts are measured, then set in the box that was found for them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.path import Path

from cartoallier.model.french import number
from cartoallier.outputs.maps.sites import SHAPES
from cartoallier.outputs.maps.tints import Tint
from cartoallier.outputs.pictures.framing import Box
from cartoallier.outputs.pictures.ground import View
from cartoallier.outputs.pictures.paper import GREY, INK, WHITE, Disc, Face, Shape, Sheet
from cartoallier.outputs.pictures.strokes import DOTS, HATCH, fill_missing

ROW = Face(size=6.6)
HEADING = Face(size=6.2, colour=GREY)
CAPTION = Face(size=6.6, bold=True)
SWATCH = (16.0, 8.2)
LABEL = 112.0
"""Points a label may take before it turns to the next line."""
GAP = 6.0
PAD = 6.0
LARGEST_CIRCLE = 11.0
"""Radius in points of the largest round value of the legend of circles."""
SYMBOL = 5.6
"""Size of a site's symbol, in points."""
SEVERAL = "nombre"
"""Stands among the symbols for a disc that counts several sites."""
NUMBER = Face(size=6.2, bold=True)
RING, FINE_RING = 0.7, 0.4
"""Width of the ring of people, points; of one so small that its ring would fill it."""
CASING = 0.35
"""White on each side of a ring, points: it stays legible on the darkest class."""
MARKERS = {
    "losange": ((0, -0.594), (0.594, 0), (0, 0.594), (-0.594, 0)),
    "triangle": ((-0.5, -0.5), (0.5, -0.5), (0, 0.5)),
    "carre": ((-0.42, -0.42), (0.42, -0.42), (0.42, 0.42), (-0.42, 0.42)),
}
"""Corners of the symbols of sites that are not circles, of size 1 around their middle."""


class Part(ABC):
    """A part of a legend."""

    @property
    @abstractmethod
    def size(self) -> tuple[float, float]:
        """Width and height, points."""

    @abstractmethod
    def draw(self, sheet: Sheet, x: float, top: float, width: float) -> None:
        """Draw it under ``top``, from ``x``, in ``width`` points."""


@dataclass(frozen=True, kw_only=True)
class Classes(Part):
    """The classes of a tint: swatch, label, zones and inhabitants; the missing come last."""

    tint: Tint

    def _rows(self) -> list[tuple[str, tuple[str, ...], str, str]]:
        return [
            (
                row.swatch,
                ROW.wrap(row.label, LABEL, lines=3),
                number(row.zones),
                number(row.inhabitants),
            )
            for row in self.tint.legend
        ]

    def _columns(self) -> tuple[float, float, float]:
        rows = self._rows()
        label = max(max(map(ROW.width, lines), default=0.0) for _, lines, _, _ in rows)
        zones = max(HEADING.width(self.tint.zone_word), *(ROW.width(z) for _, _, z, _ in rows))
        people = max(HEADING.width("habitants"), *(ROW.width(p) for _, _, _, p in rows))
        return label, zones, people

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, points."""
        lines = sum(max(len(lines), 1) for _, lines, _, _ in self._rows())
        return SWATCH[0] + sum(self._columns()) + 3 * GAP, HEADING.leading + lines * _STEP

    def draw(self, sheet: Sheet, x: float, top: float, width: float) -> None:
        """Draw the heading, then one line per class."""
        _, _, people = self._columns()
        right, left = x + width, x + width - people - GAP * 1.3
        y = top - HEADING.leading + 0.3 * HEADING.size
        sheet.text(left, y, self.tint.zone_word, HEADING, align="right")
        sheet.text(right, y, "habitants", HEADING, align="right")
        top -= HEADING.leading
        for swatch, lines, zones, count in self._rows():
            box = (x, top - (_STEP + SWATCH[1]) / 2, x + SWATCH[0], top - (_STEP - SWATCH[1]) / 2)
            draw_swatch(sheet, box, swatch)
            base = top - _STEP + 0.36 * ROW.size
            sheet.text(left, base, zones, ROW, align="right")
            sheet.text(right, base, count, ROW, align="right")
            for i, line in enumerate(lines):
                sheet.text(x + SWATCH[0] + GAP, base - i * _STEP, line, ROW)
            top -= max(len(lines), 1) * _STEP


_STEP = 10.4
"""From one line of a legend to the next, points."""


def draw_swatch(sheet: Sheet, box: Box, swatch: str) -> None:
    """Draw a colour, a hatch (``hachure``) or dots (``points``)."""
    patterned = swatch in {"hachure", "points"}
    sheet.box(box, fill=WHITE if patterned else swatch, edge="#9a9a9a")
    if patterned:
        same = View(scale=1, west=0, south=0, left=0, bottom=0)
        fill_missing(sheet, shapely.box(*box), same, HATCH if swatch == "hachure" else DOTS)


@dataclass(frozen=True, kw_only=True)
class Circles(Part):
    """Circles of round numbers of people, standing on one line, largest behind."""

    caption: tuple[str, ...]
    values: tuple[int, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, points."""
        caption = max(map(CAPTION.width, self.caption))
        width = max(caption, 2 * LARGEST_CIRCLE + 8 + ROW.width(number(max(self.values))))
        return width, len(self.caption) * CAPTION.leading + 2 * LARGEST_CIRCLE + 6

    def draw(self, sheet: Sheet, x: float, top: float, width: float) -> None:
        """Draw the caption, the circles and their values, which never touch."""
        del width
        top = sheet.lines(x, top, self.caption, CAPTION) - 4
        root = radius_of_one(self.values)
        bottom, last = top - 2 * LARGEST_CIRCLE, top + ROW.leading
        radii = [root * math.sqrt(value) for value in sorted(self.values, reverse=True)]
        draw_rings(sheet, [(x + LARGEST_CIRCLE, bottom + radius, radius) for radius in radii])
        for value in sorted(self.values, reverse=True):
            height = bottom + 2 * root * math.sqrt(value)
            last = min(height, last - 0.86 * ROW.leading)
            tip = x + 2 * LARGEST_CIRCLE + 4
            middle = x + LARGEST_CIRCLE
            leader = ((middle, height), (tip - 3, height), (tip, last))
            sheet.line(leader, colour="#9a9a9a", width=0.4)
            sheet.text(tip + 2, last - 0.36 * ROW.size, number(value), ROW)


def radius_of_one(values: Sequence[int]) -> float:
    """Return the radius of a circle of one person, so that areas are proportional to people."""
    return LARGEST_CIRCLE / math.sqrt(max(values)) if values and max(values) > 0 else 0.0


def draw_rings(sheet: Sheet, circles: Sequence[tuple[float, float, float]]) -> None:
    """Draw people as rings (x, y, radius) whose area counts them; the class under them shows.

    White lies under every ring, so that one does not cut another.
    """
    for colour, casing in ((WHITE, 2 * CASING), (INK, 0.0)):
        for x, y, radius in circles:
            width = (RING if radius >= 2 * RING else FINE_RING) + casing
            sheet.add(Disc(x=x, y=y, radius=radius, width=width, edge=colour))


@dataclass(frozen=True, kw_only=True)
class Symbols(Part):
    """The symbols met on the map: (shape, filled)."""

    met: tuple[tuple[str, bool], ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, points."""
        width = max(ROW.width(_symbol_words(*one)) for one in self.met)
        return SWATCH[0] + GAP + width, len(self.met) * _STEP

    def draw(self, sheet: Sheet, x: float, top: float, width: float) -> None:
        """Draw one line per symbol."""
        del width
        for shape, filled in self.met:
            middle = (x + SWATCH[0] / 2, top - _STEP / 2)
            if shape == SEVERAL:
                draw_number(sheet, *middle, 2, filled=filled)
            else:
                draw_sites(sheet, [middle], shape, filled=filled)
            words = _symbol_words(shape, filled)
            sheet.text(x + SWATCH[0] + GAP, top - _STEP + 0.36 * ROW.size, words, ROW)
            top -= _STEP


def _symbol_words(shape: str, filled: bool) -> str:
    if shape == SEVERAL:
        return "plusieurs lieux, et leur nombre"
    return "hors du département" if filled else SHAPES.get(shape, shape)


def radius_of_number(count: int) -> float:
    """Return the radius of a disc that holds ``count``, points."""
    return round(max(4.6, NUMBER.width(str(count)) / 2 + 1.6), 2)


def draw_number(sheet: Sheet, x: float, y: float, count: int, *, filled: bool) -> None:
    """Draw how many sites stand here; white on black when beyond the border."""
    fill, ink = (INK, WHITE) if filled else (WHITE, INK)
    sheet.add(Disc(x=x, y=y, radius=radius_of_number(count), fill=fill, width=0.9))
    face = Face(size=NUMBER.size, bold=True, colour=ink)
    sheet.text(x, y - 0.36 * face.size, str(count), face, align="center")


def draw_sites(
    sheet: Sheet, points: Sequence[tuple[float, float]], shape: str, *, filled: bool
) -> None:
    """Draw every site of one shape; filled when beyond the border."""
    fill = INK if filled else WHITE
    if shape not in MARKERS:
        for x, y in points:
            sheet.add(Disc(x=x, y=y, radius=SYMBOL / 2, fill=fill, width=0.9))
        return
    corners = np.array(MARKERS[shape]) * SYMBOL
    closed = np.vstack([corners, corners[:1]])
    for point in points:
        path = Path(closed + np.array(point), closed=True)
        sheet.add(Shape(path=path, fill=fill, edge=INK, width=0.9))


@dataclass(frozen=True, kw_only=True)
class Legend:
    """The box of a map: its parts, one under the other, on white."""

    parts: tuple[Part, ...]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, points; nothing when there is no part."""
        if not self.parts:
            return (0.0, 0.0)
        sizes = [part.size for part in self.parts]
        between = GAP * (len(sizes) - 1)
        return max(w for w, _ in sizes) + 2 * PAD, sum(h for _, h in sizes) + between + 2 * PAD

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draw it in ``box``, as large as its size or larger, from its top."""
        if not self.parts:
            return
        x0, _, x1, y1 = box
        sheet.box(box, fill=WHITE)
        top = y1 - PAD
        for part in self.parts:
            part.draw(sheet, x0 + PAD, top, x1 - x0 - 2 * PAD)
            top -= part.size[1] + GAP
