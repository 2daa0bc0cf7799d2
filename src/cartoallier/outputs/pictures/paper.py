"""The sheet and its type: an A4 page in points, and texts measured before they are set.

One unit everywhere, the point (1/72 inch), counted from the bottom left of the sheet; what is
drawn lands on hundredths of a point, so that the SVG stays small. Texts come from others: none
is read as mathematics, none is longer than its place.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.patheffects import AbstractPathEffect
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

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


@dataclass(frozen=True, eq=False)
class Sheet:
    """A figure of one A4 page, drawn in points.

    Attributes:
        figure: of matplotlib, without axes.
        halos: texts that carry a white border.
    """

    figure: Figure
    halos: list[Text]

    @classmethod
    def blank(cls) -> Sheet:
        """Return a white page."""
        inches = (PIXELS[0] / DPI, PIXELS[1] / DPI)
        return cls(Figure(figsize=inches, dpi=DPI, facecolor="white"), [])

    def add(self, artist: Artist) -> None:
        """Draw ``artist``, given in points, over what is there."""
        artist.set_transform(Affine2D().scale(1 / 72) + self.figure.dpi_scale_trans)
        artist.set_zorder(len(self.figure.get_children()))
        self.figure.add_artist(artist)

    def text(
        self, x: float, y: float, text: str, face: Face, *, align: str = "left", halo: bool = False
    ) -> None:
        """Set one line, its base line at ``y``."""
        rest: dict[str, Any] = {"ha": align, "va": "baseline", "parse_math": False}
        rest |= {"fontproperties": face.font}
        x, y = round(x, 2), round(y, 2)
        if halo:
            under = Text(x, y, text, color="white", **rest)
            self.halos.append(under)
            self.add(under)
        self.add(Text(x, y, text, color=face.colour, **rest))

    def lines(
        self, x: float, top: float, texts: tuple[str, ...], face: Face, *, align: str = "left"
    ) -> float:
        """Set lines under ``top``; return the bottom of the last one."""
        for line in texts:
            top -= face.leading
            self.text(x, top + 0.3 * face.size, line, face, align=align)
        return top

    def whiten(self, *, painted: bool) -> None:
        """Paint halos as strokes (pixels), or leave them to the SVG's style."""
        effect: list[AbstractPathEffect] = [patheffects.Stroke(linewidth=HALO, foreground="white")]
        for text in self.halos:
            text.set_path_effects(effect if painted else [])
