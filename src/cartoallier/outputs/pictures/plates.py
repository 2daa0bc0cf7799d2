"""Maps laid out for a portrait page: no words around them but their titles and legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartoallier.model import Run, Theme
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.sites import sites
from cartoallier.outputs.maps.tints import Tint
from cartoallier.outputs.pictures import words
from cartoallier.outputs.pictures.framing import AIR, Box, Framed, frame_map
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.layers import Content
from cartoallier.outputs.pictures.legend import GAP, PAD, Classes, Legend, Part
from cartoallier.outputs.pictures.paper import GREY, Face, Sheet
from cartoallier.outputs.pictures.sheets import Studio
from cartoallier.outputs.pictures.vector import as_fragments

WIDE = 400.0
"""Points across; printed 160 mm wide or more, its smallest letters (6.2) are of 7 points."""
BETWEEN = 12.0
HALF = (WIDE - BETWEEN) / 2
TALL, TALL_ALONE = 196.0, 256.0
"""Points a map may be high: of two side by side, alone."""
SCALE_ROOM = 10.0
COLUMNS = 18.0
"""Points between two parts of a legend that stand side by side."""
TITLE = Face(size=7.6, bold=True)
NOTE = Face(size=6.2, colour=GREY)
NO_LEGEND = Legend(parts=())


@dataclass(frozen=True, kw_only=True)
class Plates:
    """The maps of a run, as elements of one page.

    Attributes:
        shared: for a ``<defs>`` of that page, without which maps are empty.
        maps: theme key -> its ``<svg>``; themes without anything to draw have none.
    """

    shared: str
    maps: dict[str, str]


def draw_plates(run: Run) -> Plates:
    """Draw the maps of every theme for a portrait page: 180 mm wide, letters of 7 points.

    Need and access stand side by side, each over its legend; a lone map takes the whole width,
    or half of it, beside its legend, when it shows a need and nothing else. What is alike from
    theme to theme is written once. The same run gives the same text, without style nor script.
    """
    studio = Studio(run=run, ground=Ground.of(run.territory), drawing=draw(run.territory))
    contents = {
        theme.key: studio.contents(theme, sites(run, theme, studio.drawing)) for theme in run.themes
    }
    places = {
        count: frame_map(studio.ground.hull, _frame(studio, wide, tall), (0.0, 0.0))
        for count, wide, tall in ((1, WIDE, TALL_ALONE), (2, HALF, TALL))
    }
    themes = [theme for theme in run.themes if _holds(contents[theme.key])]
    drawn = [
        _aside(studio, contents[theme.key][0], places[2])
        if _bare(contents[theme.key])
        else _plate(studio, contents[theme.key], places[len(contents[theme.key])])
        for theme in themes
    ]
    told = [_words(theme, contents[theme.key]) for theme in themes]
    shared, maps = as_fragments(
        [(sheet, box, said) for (sheet, box), said in zip(drawn, told, strict=True)]
    )
    return Plates(shared=shared, maps={t.key: one for t, one in zip(themes, maps, strict=True)})


def _holds(contents: Sequence[Content]) -> bool:
    """Return whether there is anything to draw."""
    return any(content.tint is not None or content.marks for content in contents)


def _bare(contents: Sequence[Content]) -> bool:
    """Return whether a lone map has neither circles nor sites."""
    return len(contents) == 1 and not contents[0].circles and not contents[0].marks


def _frame(studio: Studio, wide: float, tall: float) -> Box:
    """Return a window as wide as asked, no higher than the territory needs."""
    west, south, east, north = studio.ground.hull.bounds
    high = (wide - 2 * AIR) * (north - south) / max(east - west, 1.0) + 2 * AIR + SCALE_ROOM
    return (0.0, 0.0, wide, float(round(min(tall, high))))


def _plate(studio: Studio, contents: Sequence[Content], first: Framed) -> tuple[Sheet, Box]:
    """Draw one map or two, each over its legend, then what is to be known of their tints."""
    sheet = Sheet()
    wide = first.frame[2]
    tops, bottoms = [], []
    for content, x in zip(contents, (0.0, wide + BETWEEN), strict=False):
        tops.append(_title(sheet, content.tint, x, wide, over=first.frame[3]))
        groups = studio.draw_map(sheet, content, NO_LEGEND, first.moved(x))
        bottom = _legend(sheet, content.parts(groups), x, wide)
        bottoms.append(_references(sheet, content.tint, x, wide, top=bottom))
    y = min(bottoms)
    notes = [note for content in contents if content.tint for note in content.tint.notes]
    for note in dict.fromkeys(notes):
        y = sheet.lines(0.0, y, NOTE.wrap(note, WIDE, lines=2), NOTE)
    return sheet, (0.0, y - PAD / 2, WIDE, max(tops))


def _aside(studio: Studio, content: Content, framed: Framed) -> tuple[Sheet, Box]:
    """Draw one map on the left, its legend and its notes on the right."""
    sheet = Sheet()
    wide, high = framed.frame[2:]
    top = _title(sheet, content.tint, 0.0, WIDE, over=high)
    studio.draw_map(sheet, content, NO_LEGEND, framed)
    x = wide + BETWEEN
    bottom = _legend(sheet, content.parts(()), x, wide, top=high)
    bottom = _references(sheet, content.tint, x, wide, top=bottom)
    for note in content.tint.notes if content.tint else ():
        bottom = sheet.lines(x, bottom, NOTE.wrap(note, wide, lines=5), NOTE)
    return sheet, (0.0, min(bottom, 0.0) - PAD / 2, WIDE, top)


def _legend(
    sheet: Sheet, parts: Sequence[Part], x: float, wide: float, *, top: float = -GAP
) -> float:
    """Set the parts of a legend, side by side where they fit; return their bottom."""
    bottom = top
    at = x
    for part in parts:
        across, high = part.size
        across += COLUMNS * isinstance(part, Classes)  # figures stand apart
        if at > x and at + across > x + wide:
            at, top = x, bottom - GAP
        part.draw(sheet, at, top, min(across, wide))
        at += across + COLUMNS
        bottom = min(bottom, top - high)
    return bottom - GAP


def _references(sheet: Sheet, tint: Tint | None, x: float, wide: float, *, top: float) -> float:
    """Set what a need compares with under its legend; return the bottom."""
    if tint is None or not tint.references:
        return top
    told = "\u202f; ".join(tint.references)
    label = "Repères" if len(tint.references) > 1 else "Repère"
    return sheet.lines(x, top, NOTE.wrap(f"{label}. {told}", wide, lines=3), NOTE)


def _title(sheet: Sheet, tint: Tint | None, x: float, wide: float, *, over: float) -> float:
    """Set the title of a map over it; return its top."""
    title = words.NOTHING_DRAWN if tint is None else tint.title
    lines = TITLE.wrap(title, wide, lines=4)
    top = over + 4 + len(lines) * TITLE.leading
    sheet.lines(x, top, lines, TITLE)
    return top


def _words(theme: Theme, contents: Sequence[Content]) -> str:
    """Return what a plate shows, for whoever cannot see it."""
    titles = [content.tint.title for content in contents if content.tint is not None]
    said = " ; ".join(titles) or words.NOTHING_DRAWN
    text = f"Carte : {theme.title}. {said}"
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
