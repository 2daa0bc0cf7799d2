"""The picture of one theme: words above and below, one map or two between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cartoallier.model import Run, Theme
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.sites import Sites, sites
from cartoallier.outputs.maps.tints import Tint, threshold, tints
from cartoallier.outputs.pictures import words
from cartoallier.outputs.pictures.framing import Box, Framed, frame_map, scale_bar
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.layers import (
    Content,
    Group,
    circles_of,
    draw_content,
    draw_over,
    draw_tint,
    draw_under,
    grouped,
    marks_of,
)
from cartoallier.outputs.pictures.legend import Legend
from cartoallier.outputs.pictures.names import DOT, Name, place_names
from cartoallier.outputs.pictures.paper import (
    GREY,
    HEIGHT,
    INK,
    MARGIN,
    WHITE,
    WIDTH,
    Disc,
    Face,
    Sheet,
)

TITLE = Face(size=15, bold=True)
SUBTITLE = Face(size=7.8, colour=GREY)
HEADLINE = Face(size=12.5, bold=True)
BODY = Face(size=8)
SMALL = Face(size=7.2, colour=GREY)
DEMONSTRATION = Face(size=9.5, bold=True, colour="#8c2d04")
MAP_TITLE = Face(size=8.4, bold=True)
MAP_NOTE = Face(size=6.2, colour=GREY)
NOTE_SIZES = (6.4, 6.0, 5.6, 5.2)
"""Of Champ, Lecture, Source: smaller when there is much to say."""
SCALE = Face(size=6.6)
GUTTER = 16.0
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) // 0.2 / 10
"""Width of a column, in whole tenths of a point: maps side by side have the same outlines."""
SECOND = MARGIN + COLUMN + GUTTER
"""Where the second column starts."""
WARNING_ROOM = 206.0
LEAST_MAP = 240.0
"""Points of height kept for the maps."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Studio:
    """What the pictures of a run share.

    Attributes:
        run: what is shown.
        ground: its shapes.
        drawing: of the theme pages, whose symbols are drawn here too.
        names: names already placed, by place of the map on the sheet.
    """

    run: Run
    ground: Ground
    drawing: Drawing
    names: dict[tuple[Framed, tuple[Box, ...]], tuple[Name, ...]] = field(default_factory=dict)

    def draw(self, theme: Theme) -> Sheet:
        """Return the page of one theme."""
        run, sheet = self.run, Sheet()
        found = sites(run, theme, self.drawing)
        top = _header(sheet, run, theme, secret=found.secret)
        bottom = self._footer(sheet, theme, room=top - MARGIN - LEAST_MAP)
        self._maps(sheet, self.contents(theme, found), top=top - 8, bottom=bottom + 8)
        return sheet

    def contents(self, theme: Theme, found: Sites) -> tuple[Content, ...]:
        """Return the maps of a theme: the need first, then access or zones; or only one.

        People beyond the threshold lie on the need, sites on the access; both on a lone map.
        """
        run, summary = self.run, self.run.summaries[theme.key]
        known: dict[str, Tint] = {tint.key: tint for tint in tints(run, theme)}
        access = known.get("minutes") or known.get("zone")
        need = known.get("besoin")
        circles = circles_of(run, theme, self.ground) if summary.circles else ()
        marks = marks_of(found.symbols, self.drawing, run, self._around())
        values, caption = summary.circles, words.beyond(threshold(run, theme))
        if need is None or access is None:
            one = Content(
                tint=access or need, circles=circles, values=values, caption=caption, marks=marks
            )
            return (one,)
        return (
            Content(tint=need, circles=circles, values=values, caption=caption),
            Content(tint=access, marks=marks),
        )

    def _around(self) -> Box:
        """Return the ground a map may show, so that a legend names what is on it."""
        west, south, east, north = self.ground.hull.bounds
        side = max(east - west, north - south) / 12
        return (west - side, south - side, east + side, north + side)

    def _maps(
        self, sheet: Sheet, contents: Sequence[Content], *, top: float, bottom: float
    ) -> None:
        """Draw maps side by side, at one scale and in one place of their frames."""
        wide = COLUMN if len(contents) > 1 else WIDTH - 2 * MARGIN
        lefts = [MARGIN, SECOND][: len(contents)]
        unders = []
        for content, x in zip(contents, lefts, strict=True):
            title, notes = _map_title(content.tint, wide)
            unders.append(sheet.lines(x, sheet.lines(x, top, title, MAP_TITLE), notes, MAP_NOTE))
        frame = (MARGIN, bottom, MARGIN + wide, min(unders) - 4)
        legends = [Legend(parts=content.parts()) for content in contents]
        sizes = [legend.size for legend in legends]
        room = (max(w for w, _ in sizes), max(h for _, h in sizes))
        first = frame_map(self.ground.hull, frame, room)
        for content, legend, x in zip(contents, legends, lefts, strict=True):
            self.draw_map(sheet, content, legend, first.moved(x - MARGIN))

    def draw_map(
        self, sheet: Sheet, content: Content, legend: Legend, framed: Framed
    ) -> tuple[Group, ...]:
        """Draw one map: neighbours, tint, lines, circles and sites, names, legend, scale.

        Args:
            sheet: what to draw on.
            content: of the map.
            legend: what ``framed`` keeps room for; without parts, none is drawn.
            framed: where.

        Returns:
            The sites drawn, for a legend elsewhere.
        """
        ground = self.ground
        draw_under(sheet, ground, framed)
        draw_tint(sheet, self.run, ground, content.tint, framed.view)
        draw_over(sheet, ground, framed)
        bar = scale_bar(framed, ground.hull, height=SCALE.size + 6)
        groups = grouped(content.marks, framed, (framed.fitted(legend.size), bar.box))
        told = Legend(parts=content.parts(groups))
        draw_content(sheet, content, framed, groups)
        for name in self.placed(framed, (bar.box, *(group.box for group in groups))):
            _write(sheet, name)
        if legend.parts:
            told.draw(sheet, framed.fitted(told.size))
        x0, y0, x1, _ = bar.box
        sheet.line(((x0, y0), (x1, y0)), colour=INK, width=1.4)
        sheet.text((x0 + x1) / 2, y0 + 3, bar.label, SCALE, align="center", halo=True)
        return groups

    def placed(self, framed: Framed, taken: tuple[Box, ...]) -> tuple[Name, ...]:
        """Return names off the legend and ``taken``, placed once for maps that are alike."""
        key = (framed, taken)
        if key not in self.names:
            self.names[key] = place_names(
                self.run.territory, self.ground, framed, taken=(framed.legend, *taken)
            )
        return self.names[key]

    def _footer(self, sheet: Sheet, theme: Theme, *, room: float) -> float:
        """Set Champ, Lecture, Source in two columns at the foot; return their top.

        Type gets smaller until they fit in ``room``; the smallest is cut, and says so.
        """
        run = self.run
        told = words.notes(run, theme, self.ground.shapes)
        base = MARGIN - 8
        line = f"cartoallier {run.version} · {words.WORKING_PAPER}"
        sheet.text(MARGIN, base, line, MAP_NOTE)
        least = MAP_NOTE.leading
        for size in NOTE_SIZES:
            face = Face(size=size, colour=GREY)
            columns = _columns(told, face, most=max(int((room - least) // face.leading), 4))
            if not columns[2]:
                break
        high = max(len(columns[0]), len(columns[1])) * face.leading
        top = base + least + high
        for lines, x in zip(columns[:2], (MARGIN, SECOND), strict=True):
            y = top
            for label, text in lines:
                y -= face.leading
                bold = Face(size=face.size, bold=True, colour=GREY)
                sheet.text(x, y, label, bold)
                sheet.text(x + (bold.width(label) + 4 if label else 0), y, text, face)
        return top


def _header(sheet: Sheet, run: Run, theme: Theme, *, secret: int) -> float:
    """Set the title, the headline and its lines, the sentences; return their bottom."""
    top = HEIGHT - MARGIN + 8
    right = WIDTH - MARGIN
    side = sheet.lines(right, top, (words.WORKING_PAPER,), SMALL, align="right")
    if run.demonstration:
        side = sheet.lines(right, side, (words.INVENTED,), DEMONSTRATION, align="right")
    room = WIDTH - 2 * MARGIN - WARNING_ROOM
    y = sheet.lines(MARGIN, top + 3, TITLE.wrap(theme.title, room, lines=2), TITLE)
    y = sheet.lines(MARGIN, y - 1, (SUBTITLE.cut(words.subtitle(run), room),), SUBTITLE)
    y = min(y, side) - 5
    summary = run.summaries[theme.key]
    left = (
        sheet.lines(MARGIN, y, HEADLINE.wrap(_capital(summary.headline), COLUMN, lines=2), HEADLINE)
        - 2
    )
    for text in words.details(run, theme):
        left = sheet.lines(MARGIN, left, BODY.wrap(text, COLUMN, lines=2), BODY)
    other = y - 3.5
    for text in summary.sentences[:3]:
        other = sheet.lines(SECOND, other, BODY.wrap(text, COLUMN, lines=2), BODY)
    other -= 3 if summary.sentences else 0
    for text in words.supply(run, theme, secret=secret):
        other = sheet.lines(SECOND, other, SMALL.wrap(text, COLUMN, lines=3), SMALL)
    return min(left, other)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _map_title(tint: Tint | None, wide: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if tint is None:
        return ((words.NOTHING_DRAWN,), ())
    notes = tuple(MAP_NOTE.cut(note, wide) for note in tint.notes[:2])
    return MAP_TITLE.wrap(tint.title, wide, lines=2), notes


def _write(sheet: Sheet, name: Name) -> None:
    if name.dot is not None:
        sheet.add(Disc(x=name.dot[0], y=name.dot[1], radius=DOT, fill=INK, edge=WHITE, width=0.5))
    y = name.box[3]
    for line in name.lines:
        sheet.text(name.x, y - 0.78 * name.face.size, line, name.face, align="center", halo=True)
        y -= name.face.leading


Lines = list[tuple[str, str]]


def _columns(
    told: Sequence[tuple[str, str]], face: Face, *, most: int
) -> tuple[Lines, Lines, bool]:
    """Flow paragraphs into two columns as even as can be; the last says whether some is cut."""
    bold = Face(size=face.size, bold=True)
    lines: Lines = []
    starts = []
    for label, text in told:
        indent = bold.width(label) + 4
        wrapped = face.wrap(text, COLUMN, lines=99, indent=indent)
        starts.append(len(lines))
        lines += [(label if i == 0 else "", line) for i, line in enumerate(wrapped)]
    half = (len(lines) + 1) // 2
    whole = [at for at in starts if half <= at <= half + 1]
    at = whole[0] if whole else half
    first, second = lines[:at], lines[at:]
    cut = max(len(first), len(second)) > most
    if cut:
        first, second = lines[:most], lines[most : 2 * most]
        if len(lines) > 2 * most:
            label, text = second[-1]
            second[-1] = (label, face.cut(f"{text} {words.CONTINUED}", COLUMN))
    return first, second, len(lines) > 2 * most
