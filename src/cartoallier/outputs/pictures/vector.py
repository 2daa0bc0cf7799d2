"""A sheet as SVG: whole tenths of a point, each outline written once, texts as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from matplotlib.path import Path

from cartoallier.outputs.pictures.framing import Box
from cartoallier.outputs.pictures.paper import (
    FAMILY,
    HALO,
    HEIGHT,
    WHITE,
    WIDTH,
    Disc,
    Mark,
    Shape,
    Sheet,
    Word,
)

UNIT = 10
"""Units of the drawing in a point: 0.035 mm each."""
FALLBACKS = f"'{FAMILY}', Verdana, 'Liberation Sans', Arial, sans-serif"
"""Where the family lacks, others that are no wider."""
HALF = 0.500001
"""Rounds halves alike on two maps, whatever the last bits of what was moved."""
WORTH = 24
"""Letters of a path under which writing it again costs less than a reference."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a path: where it starts, and its way from there."""

    x: int
    y: int
    way: str


def as_svg(sheet: Sheet, about: Mapping[str, str]) -> bytes:
    """Return a sheet as SVG; its texts stay texts, its ids do not change from run to run."""
    pieces = {id(mark): tuple(_pieces(mark)) for mark in sheet.marks if isinstance(mark, Shape)}
    shared = _shared(pieces, "a")
    body = _body(sheet, pieces, shared, height=HEIGHT)
    lines = [*_head(about), "<defs>", *_outlines(shared), "</defs>", *body, "</svg>", ""]
    return "\n".join(lines).encode()


def as_fragments(
    sheets: Sequence[tuple[Sheet, Box, str]],
) -> tuple[str, tuple[str, ...]]:
    """Return drawings to stand in one page: what they share, written once, then each of them.

    Args:
        sheets: what is drawn, the part of the sheet to show, and what it shows, in words.

    Returns:
        Elements for a ``<defs>`` of the page, and one ``<svg>`` per sheet, without style nor
        script: their letters are those of the sheet when they are as wide as it.
    """
    shapes = [m for sheet, _, _ in sheets for m in sheet.marks if isinstance(m, Shape)]
    pieces = {id(mark): tuple(_pieces(mark, height=0)) for mark in shapes}
    shared = _shared(pieces, "trace")
    return "\n".join(_outlines(shared)), tuple(
        "\n".join([_opening(box, words), *_body(sheet, pieces, shared, height=0), "</svg>"])
        for sheet, box, words in sheets
    )


def _opening(box: Box, words: str) -> str:
    left, bottom, right, top = (round(UNIT * side) for side in box)
    return (
        f'<svg viewBox="{left} {-top} {right - left} {top - bottom}" '
        'preserveAspectRatio="xMinYMin" role="img" '
        f'aria-label={quoteattr(words)} font-family="{FALLBACKS}" stroke-miterlimit="10">'
    )


def _shared(pieces: Mapping[int, tuple[Piece, ...]], prefix: str) -> dict[str, tuple[str, Piece]]:
    """Return what is drawn more than once: its way -> its id, the first one."""
    times = Counter(piece.way for several in pieces.values() for piece in several)
    found: dict[str, tuple[str, Piece]] = {}
    for several in pieces.values():
        for piece in several:
            if times[piece.way] > 1 and len(piece.way) >= WORTH:
                found.setdefault(piece.way, (f"{prefix}{len(found)}", piece))
    return found


def _outlines(shared: Mapping[str, tuple[str, Piece]]) -> Iterator[str]:
    for name, piece in shared.values():
        yield f'<path id="{name}" d="M{piece.x} {piece.y}{piece.way}"/>'


def _body(
    sheet: Sheet,
    pieces: Mapping[int, tuple[Piece, ...]],
    shared: Mapping[str, tuple[str, Piece]],
    *,
    height: float,
) -> Iterator[str]:
    for kind, marks in groupby(sheet.marks, key=_kind):
        yield from _printed(kind, list(marks), pieces, shared, height)


def _head(about: Mapping[str, str]) -> Iterator[str]:
    """Yield the opening of the file: its size on paper, its title, its words, its sources."""
    title, words, source = (escape(about.get(k, "")) for k in ("Title", "Description", "Source"))
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{WIDTH:g}pt" height="{HEIGHT:g}pt" '
        f'viewBox="0 0 {UNIT * WIDTH:g} {UNIT * HEIGHT:g}" lang="fr" xml:lang="fr" role="img" '
        f'aria-labelledby="titre dit" font-family="{FALLBACKS}" stroke-miterlimit="10">'
    )
    yield f'<title id="titre">{title}</title>'
    yield f'<desc id="dit">{words}</desc>'
    yield (
        '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="">'
        f"<dc:title>{title}</dc:title><dc:description>{words}</dc:description>"
        f"<dc:source>{source}</dc:source></rdf:Description></rdf:RDF></metadata>"
    )
    yield f'<rect width="100%" height="100%" fill="{WHITE}"/>'


def _kind(mark: Mark) -> tuple[Any, ...]:
    """Return what marks that follow one another share, so as to be written together."""
    if isinstance(mark, Word):
        return (Word, mark.face, mark.align, mark.halo)
    if isinstance(mark, Disc):
        return (Disc, mark.fill, mark.edge, mark.width, mark.opacity)
    dash = mark.dash, mark.round, mark.opacity
    return (Shape, mark.fill, mark.edge, mark.width, *dash)


def _printed(
    kind: tuple[Any, ...],
    marks: Sequence[Any],
    pieces: Mapping[int, tuple[Piece, ...]],
    shared: Mapping[str, tuple[str, Piece]],
    height: float,
) -> Iterator[str]:
    """Yield marks of one kind, in a group that says it."""
    if kind[0] is Word:
        words = "".join(_word(mark, height) for mark in marks)
        style = _type(marks[0])
        if marks[0].halo:
            edge = f'stroke="{WHITE}" stroke-width="{UNIT * HALO:g}" stroke-linejoin="round"'
            yield f'<g {style} fill="{WHITE}" {edge}>{words}</g>'
        yield f'<g {style} fill="{marks[0].face.colour}">{words}</g>'
        return
    if kind[0] is Disc:
        drawn = "".join(_disc(mark, height) for mark in marks)
    else:
        drawn = "".join(_path(pieces[id(mark)], shared) for mark in marks)
    yield f"<g {_style(marks[0])}>{drawn}</g>"


def _type(word: Word) -> str:
    face = word.face
    found = [f'font-size="{UNIT * face.size:g}"']
    found += ['font-weight="bold"'] if face.bold else []
    found += ['font-style="oblique"'] if face.oblique else []
    anchor = {"left": "", "center": "middle", "right": "end"}[word.align]
    found += [f'text-anchor="{anchor}"'] if anchor else []
    return " ".join(found)


def _word(word: Word, height: float) -> str:
    x, y = round(UNIT * word.x), round(UNIT * (height - word.y))
    return f'<text x="{x}" y="{y}">{escape(word.text)}</text>'


def _disc(disc: Disc, height: float) -> str:
    x, y = round(UNIT * disc.x), round(UNIT * (height - disc.y))
    return f'<circle cx="{x}" cy="{y}" r="{round(UNIT * disc.radius, 1):g}"/>'


def _style(mark: Shape | Disc) -> str:
    """Return the fill and the stroke of a shape."""
    found = [f'fill="{mark.fill or "none"}"']
    if mark.opacity < 1:
        found.append(f'fill-opacity="{mark.opacity:g}"')
    if mark.edge and mark.width:
        found.append(f'stroke="{mark.edge}" stroke-width="{UNIT * mark.width:g}"')
    if isinstance(mark, Shape) and mark.round:
        found.append('stroke-linejoin="round"')
    if isinstance(mark, Shape) and mark.dash:
        dashes = " ".join(f"{UNIT * length:g}" for length in mark.dash)
        found.append(f'stroke-dasharray="{dashes}"')
    return " ".join(found)


def _path(pieces: Sequence[Piece], shared: Mapping[str, tuple[str, Piece]]) -> str:
    """Return pieces in one path, but those written once for all."""
    own = "".join(f"M{p.x} {p.y}{p.way}" for p in pieces if p.way not in shared)
    found = [f'<path d="{own}"/>'] if own else []
    for piece in pieces:
        if piece.way in shared:
            name, first = shared[piece.way]
            across, down = piece.x - first.x, piece.y - first.y
            moved = f' x="{across}"' if across else ""
            moved += f' y="{down}"' if down else ""
            found.append(f'<use xlink:href="#{name}"{moved}/>')
    return "".join(found)


def _pieces(shape: Shape, *, height: float = HEIGHT) -> Iterator[Piece]:
    """Yield the pieces of a path in whole units, steps of nothing left out."""
    vertices = np.asarray(shape.path.vertices, dtype=np.float64)
    whole = np.floor(vertices * UNIT + HALF).astype(np.int64)
    units = whole * (1, -1) + (0, round(UNIT * height))
    codes = np.full(len(units), Path.LINETO, dtype=Path.code_type)
    codes[0] = Path.MOVETO
    if shape.path.codes is not None:
        codes = np.asarray(shape.path.codes)
    steps = np.diff(units, axis=0, prepend=units[:1])
    kept = steps.any(axis=1) | (codes != Path.LINETO)
    ends = [*shape.pieces[1:], len(units)]
    for start, end in zip(shape.pieces, ends, strict=True):
        here = np.flatnonzero(kept[start + 1 : end]) + start + 1
        way = _way(codes[here].tolist(), steps[here].tolist())
        yield Piece(x=int(units[start, 0]), y=int(units[start, 1]), way=way)


def _way(codes: Sequence[int], steps: Sequence[Sequence[int]]) -> str:
    """Return relative moves as text."""
    found: list[str] = []
    letter = "l"
    for code, (across, down) in zip(codes, steps, strict=True):
        if code == Path.CLOSEPOLY:
            found.append("z")
            letter = "l"
        elif code == Path.MOVETO:
            found.append(f"m{across} {down}")
            letter = "l"
        else:
            found.append(f"{letter}{across} {down}")
            letter = " "
    return "".join(found).replace(" -", "-")
