"""The sheet and its type: an A4 page in points, and texts measured before they are set.

One unit everywhere, the point (1/72 inch), counted from the bottom left of the sheet; what is
drawn lands on hundredths of a point. A sheet is a list of shapes and words in the order they are
laid: ``pixels`` and ``vector`` print it. Texts come from others: none is longer than its place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.path import Path

PIXELS = (3508, 2480)
"""An A4 sheet, landscape, at 300 dots per inch."""
DPI = 300
WIDTH, HEIGHT = (72 * side / DPI for side in PIXELS)
"""Of the sheet, in points."""
MARGIN = 26.0
FAMILY = "DejaVu Sans"
"""Travels with matplotlib: the same letters on every machine."""
INK = "#1d1d1b"
GREY = "#555555"
CUT = "…"
UNKNOWN = "□"
"""Stands for a letter the font lacks."""
HALO = 2.2
"""Width of the white around names, in points."""
WHITE = "#ffffff"


@dataclass(frozen=True, kw_only=True)
class Face:
    """A size and a style of type; ``leading`` is the step from one line to the next."""

    size: float
    bold: bool = False
    oblique: bool = False
    colour: str = INK

    @property
    def leading(self) -> float:
        """Height of a line."""
        return round(1.32 * self.size, 2)

    @property
    def font(self) -> FontProperties:
        """What matplotlib calls it."""
        return FontProperties(
            family=FAMILY,
            size=self.size,
            weight="bold" if self.bold else "normal",
            style="oblique" if self.oblique else "normal",
        )

    def width(self, text: str) -> float:
        """Return the width of ``text`` in points, as set; see :func:`readable`."""
        return self.size * _width(text, self.bold, self.oblique)

    def readable(self, text: str) -> str:
        """Return ``text`` on one line, without what has no glyph, no width or turns the page.

        Controls, zero-width letters and marks of direction go; blanks become one space, those
        that do not break stay.
        """
        kept = []
        for letter in str(text):
            kind = unicodedata.category(letter)
            if letter.isspace() and letter not in "\u00a0\u202f":
                kept.append(" ")
            elif kind[0] != "C" and kind not in {"Zl", "Zp"}:
                known = _font(self.bold, self.oblique).get_char_index(ord(letter))
                kept.append(letter if known else UNKNOWN)
        return " ".join(word for word in "".join(kept).split(" ") if word)

    def cut(self, text: str, room: float) -> str:
        """Return ``text`` in at most ``room`` points, ended by an ellipsis when it is cut."""
        text = self.readable(text)
        if self.width(text) <= room:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self.width(text[:middle].rstrip() + CUT) <= room
            low, high = (middle, high) if fits else (low, middle - 1)
        return text[:low].rstrip() + CUT

    def wrap(self, text: str, room: float, *, lines: int, indent: float = 0) -> tuple[str, ...]:
        """Return ``text`` on at most ``lines`` lines of ``room`` points, the last one cut.

        The first line is ``indent`` points shorter.
        """
        words = self.readable(text).split(" ")
        found: list[str] = []
        whole = room
        while words and len(found) < lines:
            room = whole if found else whole - indent
            if len(found) == lines - 1:
                found.append(self.cut(" ".join(words), room))
                break
            count, wide = 1, self.width(words[0])
            while count < len(words):
                wide += self.width(f"x {words[count]}") - self.width("x")
                if wide > room:
                    break
                count += 1
            line = " ".join(words[:count])
            if self.width(line) > room:  # one word wider than the column
                line, rest = self._broken(line, room)
                words[0] = rest
            else:
                del words[:count]
            found.append(line)
        return tuple(line for line in found if line)

    def _broken(self, word: str, room: float) -> tuple[str, str]:
        count = max(1, len(self.cut(word, room)) - 1)
        return word[:count], word[count:]


@lru_cache(maxsize=4)
def _font(bold: bool, oblique: bool) -> FT2Font:
    face = Face(size=10, bold=bold, oblique=oblique)
    font = FT2Font(findfont(face.font))
    font.set_size(100, 72)
    return font


@lru_cache(maxsize=1 << 16)
def _width(text: str, bold: bool, oblique: bool) -> float:
    """Return the width of a text of size 1; hinting never applies."""
    font = _font(bold, oblique)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / 100


@dataclass(frozen=True, eq=False, kw_only=True)
class Shape:
    """A path of the sheet, filled, stroked or both.

    Attributes:
        path: in points.
        pieces: where in ``path`` what is repeated from map to map starts: outlines, not rings.
        fill: colour, or ``None``.
        edge: colour, or ``None``.
        width: of the stroke, in points.
        dash: lengths of strokes and gaps, in points.
        round: whether strokes turn and end round.
        opacity: of the fill.
        crisp: whether edges are left unsmoothed, for hairlines that must stay quiet.
    """

    path: Path
    pieces: Sequence[int] = (0,)
    fill: str | None = None
    edge: str | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    round: bool = False
    opacity: float = 1.0
    crisp: bool = False


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A circle; as a shape, with its centre and its radius in points."""

    x: float
    y: float
    radius: float
    width: float
    fill: str | None = None
    edge: str = INK
    opacity: float = 1.0

    @property
    def shape(self) -> Shape:
        """The same as a path."""
        return Shape(
            path=Path.circle((self.x, self.y), self.radius, readonly=False),
            fill=self.fill,
            edge=self.edge,
            width=self.width,
            opacity=self.opacity,
        )


@dataclass(frozen=True, kw_only=True)
class Word:
    """One line of text; ``x`` is its left, its middle or its right, ``y`` its base line."""

    x: float
    y: float
    text: str
    face: Face
    align: str
    halo: bool

    @property
    def left(self) -> float:
        """Where its first letter starts."""
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[self.align]
        return self.x - share * self.face.width(self.text)


Mark = Shape | Disc | Word


@dataclass(frozen=True, eq=False)
class Sheet:
    """One A4 page, landscape: what is on it, from the bottom up."""

    marks: list[Mark] = field(default_factory=list)

    def add(self, mark: Mark) -> None:
        """Lay a mark over what is there."""
        self.marks.append(mark)

    def box(
        self, box: tuple[float, float, float, float], *, fill: str, edge: str | None = None
    ) -> None:
        """Lay a rectangle, with a hairline if ``edge`` is given."""
        x0, y0, x1, y1 = box
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
        self.add(Shape(path=Path(corners, closed=True), fill=fill, edge=edge, width=0.4))

    def line(self, points: Sequence[tuple[float, float]], *, colour: str, width: float) -> None:
        """Lay a line through ``points``."""
        self.add(Shape(path=Path(np.array(points)), edge=colour, width=width))

    def text(
        self, x: float, y: float, text: str, face: Face, *, align: str = "left", halo: bool = False
    ) -> None:
        """Set one line, its base line at ``y``."""
        if text:
            x, y = round(x, 2), round(y, 2)
            self.add(Word(x=x, y=y, text=text, face=face, align=align, halo=halo))

    def lines(
        self, x: float, top: float, texts: tuple[str, ...], face: Face, *, align: str = "left"
    ) -> float:
        """Set lines under ``top``; return the bottom of the last one."""
        for line in texts:
            top -= face.leading
            self.text(x, top + 0.3 * face.size, line, face, align=align)
        return top
