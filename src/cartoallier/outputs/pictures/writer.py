"""Write the pictures of a run: one PNG and one SVG per theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cartoallier.errors import OutputError
from cartoallier.model import Run, Theme
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.pictures.ground import Ground
from cartoallier.outputs.pictures.pixels import as_png, flat_colours, painted
from cartoallier.outputs.pictures.sheets import Studio
from cartoallier.outputs.pictures.vector import as_svg
from cartoallier.outputs.pictures.words import WORKING_PAPER

FOLDER = "images"
FORMATS = ("png", "svg")


def write_pictures(
    run: Run,
    folder: Path,
    *,
    formats: Sequence[str] = FORMATS,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the static twins of theme pages, for print, slides and the report.

    A page is A4, landscape: need and access side by side when the theme has both, else one tint
    under circles of people. Every theme has its picture: what cannot be drawn is said on it.
    The same run gives the same bytes.

    Args:
        run: what to show; nothing is computed beyond drawing.
        folder: receives ``images/<theme>.png`` (3508 × 2480 pixels, 300 per inch) and
            ``images/<theme>.svg``, whose texts are texts; made if needed.
        formats: which of :data:`FORMATS`. The SVG alone take a third of the time and a
            tenth of the room, and are enough for the report.
        progress: told the French title of each theme once it is written.

    Returns:
        Paths written: for each theme the PNG, then the SVG.

    Raises:
        OutputError: a picture cannot be written.
    """
    studio = Studio(run=run, ground=Ground.of(run.territory), drawing=draw(run.territory))
    paths = []
    with ThreadPoolExecutor(1) as other_core:
        for theme in run.themes:
            sheet, about = studio.draw(theme), _about(run, theme)
            stem = folder / FOLDER / theme.key
            png = svg = None
            if "png" in formats:
                png = other_core.submit(as_png, painted(sheet), flat_colours(sheet), about)
            if "svg" in formats:
                svg = as_svg(sheet, about)
            if png is not None:
                paths.append(_write(stem.with_suffix(".png"), png.result()))
            if svg is not None:
                paths.append(_write(stem.with_suffix(".svg"), svg))
            if progress is not None:
                progress(theme.short_title)
    return paths


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
