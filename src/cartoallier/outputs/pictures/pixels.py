"""A sheet as a PNG: painted by matplotlib's Agg, then brought to the few colours it is made of.

A picture has some twenty flat colours; between them only the soft edges of letters and lines.
Each pixel takes the nearest of the sheet's own colours, so that a class keeps its exact colour
from the legend to the map, and the file a quarter of its weight.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cartoallier.outputs.pictures.paper import (
    DPI,
    HALO,
    INK,
    PIXELS,
    WHITE,
    Disc,
    Face,
    Mark,
    Shape,
    Sheet,
    Word,
)

BITS = 6
"""Of a channel, when pixels look for their colour."""
SOFT = (1 / 3, 2 / 3)
"""Between ink and paper: the greys that keep letters round."""


def as_png(pixels: NDArray[np.uint8], colours: tuple[str, ...], about: Mapping[str, str]) -> bytes:
    """Return pixels as a PNG of 300 dots per inch, in ``colours``; ``about`` travels with it."""
    told = PngInfo()
    for key, value in about.items():
        told.add_itxt(key, value, lang="fr")
    file = io.BytesIO()
    indexed(pixels, colours).save(file, "PNG", dpi=(DPI, DPI), pnginfo=told)
    return file.getvalue()


def painted(sheet: Sheet) -> NDArray[np.uint8]:
    """Return the pixels of a sheet: rows, columns, red green blue alpha."""
    renderer = RendererAgg(*PIXELS, DPI)  # type: ignore[no-untyped-call]
    corners = [(0, 0), (PIXELS[0], 0), PIXELS, (0, PIXELS[1]), (0, 0)]
    paper = Shape(path=Path(np.array(corners) * 72.0 / DPI, closed=True), fill=WHITE)
    words: list[Word] = []
    for mark in (paper, *sheet.marks):
        if isinstance(mark, Word):
            words.append(mark)
            continue
        _letters(renderer, words)
        words = []
        _stroke(renderer, mark.shape if isinstance(mark, Disc) else mark)
    _letters(renderer, words)
    return np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]


def _stroke(renderer: RendererAgg, shape: Shape) -> None:
    """Fill and stroke a path."""
    gc = renderer.new_gc()
    gc.set_snap(False)
    gc.set_antialiased(not shape.crisp)
    gc.set_linewidth(shape.width if shape.edge else 0.0)
    gc.set_foreground(shape.edge or WHITE)
    gc.set_joinstyle("round" if shape.round else "miter")
    gc.set_capstyle("butt")
    if shape.dash:
        gc.set_dashes(0, list(shape.dash))
    face = None if shape.fill is None else (*(c / 255 for c in _rgb(shape.fill)), shape.opacity)
    renderer.draw_path(gc, shape.path, _to_pixels(), face)  # type: ignore[no-untyped-call]
    gc.restore()


def _letters(renderer: RendererAgg, words: Sequence[Word]) -> None:
    """Paint words that follow one another: first what is under them, then one path per colour."""
    haloed = [word for word in words if word.halo]
    if haloed:
        under = Shape(path=_set(haloed), edge=WHITE, width=HALO, round=True)
        _stroke(renderer, under)
    for colour in dict.fromkeys(word.face.colour for word in words):
        path = _set([word for word in words if word.face.colour == colour])
        _stroke(renderer, Shape(path=path, fill=colour))


def _set(words: Iterable[Word]) -> Path:
    """Return the outlines of words, where they stand."""
    places, codes = [np.empty((0, 2))], [np.empty(0, dtype=Path.code_type)]
    for word in words:
        letters = _glyphs(word.text, word.face.bold, word.face.oblique)
        places.append(letters[0] * word.face.size + np.array((word.left, word.y)))
        codes.append(letters[1])
    return Path(np.vstack(places), np.concatenate(codes))


@lru_cache(maxsize=1 << 13)
def _glyphs(text: str, bold: bool, oblique: bool) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return the outlines of a text of size 1, its base line at 0."""
    setter = TextToPath()
    font = Face(size=10, bold=bold, oblique=oblique).font
    points, codes = setter.get_text_path(font, text)
    places = np.array(points, dtype=np.float64).reshape(-1, 2) / setter.FONT_SCALE
    return places, np.array(codes, dtype=Path.code_type)


@lru_cache(maxsize=1)
def _to_pixels() -> Affine2D:
    return Affine2D().scale(DPI / 72)


def flat_colours(sheet: Sheet) -> tuple[str, ...]:
    """Return the colours of a sheet, white first, and those seen through its circles."""
    found = dict.fromkeys([WHITE])
    veils = set()
    for mark in sheet.marks:
        found |= dict.fromkeys(_colours(mark))
        if not isinstance(mark, Word) and mark.opacity < 1 and mark.fill:
            veils.add((mark.fill, mark.opacity))
    seen = [_mixed(fill, under, share) for fill, share in sorted(veils) for under in found]
    soft = [_mixed(WHITE, INK, share) for share in SOFT]
    return tuple(dict.fromkeys([*found, *soft, *seen]))[:256]


def _colours(mark: Mark) -> list[str]:
    if isinstance(mark, Word):
        return [mark.face.colour]
    return [colour for colour in (mark.fill, mark.edge) if colour]


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _mixed(over: str, under: str, share: float) -> str:
    """Return ``share`` of one colour over another."""
    pairs = zip(_rgb(over), _rgb(under), strict=True)
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def indexed(pixels: NDArray[np.uint8], colours: tuple[str, ...]) -> Image.Image:
    """Return pixels as an image of these colours; the first is that of most pixels."""
    flat = np.ascontiguousarray(pixels).reshape(-1, 4).view("<u4")[:, 0]
    inked = np.flatnonzero(flat != 0xFFFFFFFF)
    seen = flat[inked]
    low, mask = 8 - BITS, (1 << BITS) - 1
    key = (seen >> low) & mask
    key |= ((seen >> (8 + low)) & mask) << BITS
    key |= ((seen >> (16 + low)) & mask) << (2 * BITS)
    found = np.zeros(len(flat), dtype=np.uint8)
    found[inked] = _nearest(colours)[key]
    image = Image.frombytes("P", (pixels.shape[1], pixels.shape[0]), found.tobytes())
    image.putpalette(bytes(channel for colour in colours for channel in _rgb(colour)))
    return image


@lru_cache(maxsize=4)
def _nearest(colours: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return, for each blue-green-red of :data:`BITS` bits, the nearest of the colours."""
    held = np.array([_rgb(colour) for colour in colours], dtype=np.float32)
    weights = np.sqrt(np.array([0.30, 0.59, 0.11], dtype=np.float32))
    steps = (np.arange(1 << BITS, dtype=np.float32) + 0.5) * (1 << (8 - BITS))
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    cube = np.column_stack([red.ravel(), green.ravel(), blue.ravel()]) * weights
    known = held * weights
    nearest: NDArray[np.uint8] = (
        ((known**2).sum(axis=1) - 2 * cube @ known.T).argmin(axis=1).astype(np.uint8)
    )
    cells = held.astype(np.int64) >> (8 - BITS)
    keys = cells[:, 0] | cells[:, 1] << BITS | cells[:, 2] << (2 * BITS)
    nearest[keys[::-1]] = np.arange(len(colours), dtype=np.uint8)[::-1]
    return nearest
