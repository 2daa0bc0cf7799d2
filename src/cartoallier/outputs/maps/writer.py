"""Write the atlas: ``index.html``, one page per theme, and those of profiles and factors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cartoallier.errors import OutputError
from cartoallier.model import Run
from cartoallier.outputs.maps.atlas import atlas_page
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.page import Press
from cartoallier.outputs.maps.scores import chapters
from cartoallier.outputs.maps.variants import KEY, SHORT_TITLE, variants_page

COMPANIONS = (
    "tableaux/diagnostic.xlsx",
    "tableaux/couverture.csv",
    "tableaux/offre.csv",
    "tableaux/besoins.csv",
    "tableaux/mesures.csv",
    "tableaux/fiabilite.csv",
    "tableaux/paniers.csv",
    "tableaux/signalements.csv",
    "tableaux/variantes.csv",
    "tableaux/calibration.csv",
    "tableaux/profils.csv",
    "tableaux/facteurs.csv",
    "tableaux/doublons.csv",
    "tableaux/responsables.csv",
    "tableaux/acteurs.csv",
    "tableaux/fraicheur.csv",
    "tableaux/arrets.csv",
    "tableaux/anomalies.csv",
    "cartoallier.gpkg",
)
"""Files the pages offer to download, when they stand beside them."""


def write_maps(
    run: Run, folder: Path, *, progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write the atlas of a run.

    Each file is written beside and moved into place: a killed run leaves the old page or the
    new one. The same run gives the same bytes.

    Args:
        run: what to show; nothing is computed beyond drawing.
        folder: receives ``index.html`` and ``cartes/<theme>.html``, and ``cartes/profils.html``
            and ``cartes/facteurs.html`` when the run has scores, ``cartes/variantes.html`` when it
            has variants; made if needed. Pages link to
            the tables and the GeoPackage that are already there.
        progress: told the French title of each page once it is written.

    Returns:
        Paths written, the index last.

    Raises:
        OutputError: a page cannot be written.
    """
    drawing = draw(run.territory)
    links = tuple(name for name in COMPANIONS if (folder / name).is_file())
    press = Press.ready(run, drawing, links=links)
    paths = []
    for chapter in chapters(run):
        paths.append(_write(folder / "cartes" / f"{chapter.key}.html", press.score_page(chapter)))
        if progress is not None:
            progress(chapter.short_title)
    for theme in run.themes:
        paths.append(_write(folder / "cartes" / f"{theme.key}.html", press.theme_page(theme)))
        if progress is not None:
            progress(theme.short_title)
    if page := variants_page(run, sentences=run.variant_sentences, links=links):
        paths.append(_write(folder / "cartes" / f"{KEY}.html", page))
        if progress is not None:
            progress(SHORT_TITLE)
    paths.append(_write(folder / "index.html", atlas_page(run, drawing, links=links)))
    return paths


def _write(path: Path, text: str) -> Path:
    beside = path.with_name(f".{path.name}.partiel")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise OutputError(
            "la page ne peut pas être écrite ; vérifier la place et les droits sur ce dossier",
            path=path,
        ) from error
    return path
