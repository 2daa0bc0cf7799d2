"""Write the pictures of a run: one PNG and one SVG per theme."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cartoallier.errors import OutputError
from cartoallier.model import Run, Theme
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.paper import DPI, FAMILY, HALO, PIXELS, Sheet
from cartoallier.outputs.pictures.sheets import Studio
from cartoallier.outputs.pictures.words import WORKING_PAPER

FOLDER = "images"
WHITE = "#ffffff"
BLUR = 12
"""How far, over three channels, quantizing may have moved a colour."""
COLOURS = 256
"""Of a PNG: flat tints, ink and the greys between them."""
SETTINGS: dict[Any, Any] = {
    "agg.path.chunksize": 0,
    "hatch.linewidth": 1.0,
    "lines.scale_dashes": True,
    "path.effects": [],
    "path.simplify": False,
    "path.sketch": None,
    "path.snap": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cartoallier",
    "svg.id": None,
    "text.antialiased": True,
    "text.hinting": "none",
    "text.usetex": False,
}
"""What a reader's own matplotlib settings must not change."""
FALLBACKS = f"'{FAMILY}', Verdana, 'Liberation Sans', Arial, sans-serif"
"""Where the family lacks, others that are no wider."""


def write_pictures(
    run: Run, folder: Path, *, progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write the static twins of theme pages, for print, slides and the report.

    A page is A4, landscape: need and access side by side when the theme has both, else one tint
    under circles of people. Every theme has its picture: what cannot be drawn is said on it.
    The same run gives the same bytes.

    Args:
        run: what to show; nothing is computed beyond drawing.
        folder: receives ``images/<theme>.png`` (3508 × 2480 pixels, 300 per inch) and
            ``images/<theme>.svg``, whose texts are texts; made if needed.
        progress: told the French title of each theme once it is written.

    Returns:
        Paths written: for each theme the PNG, then the SVG.

    Raises:
        OutputError: a picture cannot be written.
    """
    studio = Studio(run=run, ground=Ground.of(run.territory), drawing=draw(run.territory))
    paths = []
    with mpl.rc_context(SETTINGS), ThreadPoolExecutor(1) as other_core:
        for theme in run.themes:
            sheet, about = studio.draw(theme), _about(run, theme)
            png = other_core.submit(as_png, painted(sheet), about)
            svg = as_svg(sheet, about)
            stem = folder / FOLDER / theme.key
            paths.append(_write(stem.with_suffix(".png"), png.result()))
            paths.append(_write(stem.with_suffix(".svg"), svg))
            if progress is not None:
                progress(theme.short_title)
    return paths


def painted(sheet: Sheet) -> Image.Image:
    """Return the pixels of a sheet."""
    sheet.whiten(painted=True)
    canvas = FigureCanvasAgg(sheet.figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    buffer = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    return Image.frombuffer("RGBA", PIXELS, buffer, "raw", "RGBA", 0, 1)


def as_png(pixels: Image.Image, about: Mapping[str, str]) -> bytes:
    """Return pixels as a PNG of :data:`COLOURS` colours; ``about`` travels with it."""
    flat = _exact(pixels.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE))
    told = PngInfo()
    for key, value in about.items():
        told.add_itxt(key, value, lang="fr")
    file = io.BytesIO()
    flat.save(file, "PNG", dpi=(DPI, DPI), pnginfo=told)
    return file.getvalue()


def _exact(flat: Image.Image) -> Image.Image:
    """Give back their exact values to the colours of the legend, which quantizing may blur."""
    held = np.array(flat.getpalette(), dtype="int64").reshape(-1, 3)
    known = np.array(
        [
            [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
            for colour in (WHITE, *palette.ACCESS, *palette.NEED, palette.BASE)
        ]
    )
    distance = np.abs(known[:, None, :] - held[None, :, :]).sum(axis=2)
    nearest = distance.argmin(axis=1)
    close = distance[np.arange(len(known)), nearest] <= BLUR
    held[nearest[close]] = known[close]
    flat.putpalette(held.astype("uint8").tobytes())
    return flat


def as_svg(sheet: Sheet, about: Mapping[str, str]) -> bytes:
    """Return a sheet as SVG; its texts stay texts, its ids do not change from run to run."""
    sheet.whiten(painted=False)
    file = io.StringIO()
    metadata = {**dict.fromkeys(("Creator", "Date", "Format", "Type")), **about}
    FigureCanvasSVG(sheet.figure).print_svg(  # type: ignore[no-untyped-call]
        file, metadata=metadata
    )
    text = file.getvalue().replace(f"'{FAMILY}'", FALLBACKS).replace(" \nL ", "L")
    halo = f"fill: #ffffff; stroke: #ffffff; stroke-width: {HALO}; stroke-linejoin: round"
    return re.sub("(<text[^>]*?)fill: #ffffff", rf"\1{halo}", text).encode()


def _about(run: Run, theme: Theme) -> dict[str, str]:
    """Return the title, the words and the sources of a picture, for whoever cannot see it."""
    summary = run.summaries[theme.key]
    place = run.territory.departement_name
    return {
        "Title": _plain(f"{theme.title}, {place}"),
        "Description": _plain(f"{summary.headline}. {' '.join(summary.sentences)} {WORKING_PAPER}"),
        "Source": _plain(" ; ".join(summary.sources)),
    }


def _plain(text: str) -> str:
    """Return text without control characters, which neither format can hold."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())


def _write(path: Path, content: bytes) -> Path:
    beside = path.with_name(f".{path.name}.partiel")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise OutputError(
            "l’image ne peut pas être écrite ; vérifier la place et les droits sur ce dossier",
            path=path,
        ) from error
    return path
