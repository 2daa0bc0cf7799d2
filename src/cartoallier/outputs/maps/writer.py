"""Write the atlas: ``index.html``, one page per theme, and the pages that say the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from cartoallier.errors import OutputError
from cartoallier.model import Run
from cartoallier.model.french import typeset
from cartoallier.outputs.maps import compare, data_page
from cartoallier.outputs.maps.assets import share
from cartoallier.outputs.maps.atlas import atlas_page
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.page import Press
from cartoallier.outputs.maps.scores import chapters
from cartoallier.outputs.maps.variants import KEY, SHORT_TITLE, variants_page

INLINE = "inline"
"""Each page holds its scripts, styles and shapes."""
SHARED = "partages"
"""What pages have in common is written once, beside them."""
PLACES = (INLINE, SHARED)
"""Where scripts, styles and shapes may be: values of ``--assets``."""
RESOURCES = "cartes/ressources"
PICTURES = "images"
COMPANIONS = (
    "rapport.html",
    "rapport.pdf",
    "rapport.docx",
    "tableaux/diagnostic.xlsx",
    "tableaux/couverture.csv",
    "tableaux/offre.csv",
    "tableaux/besoins.csv",
    "tableaux/mesures.csv",
    "tableaux/mesures_lexique.csv",
    "tableaux/fiabilite.csv",
    "tableaux/essais.csv",
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
    "cartoallier.qgz",
)
"""Files the pages offer to download, when they stand beside them."""


def write_maps(
    run: Run,
    folder: Path,
    *,
    assets: str = INLINE,
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write the atlas of a run.

    Each file is written beside and moved into place: a killed run leaves the old page or the
    new one. The same run gives the same bytes.

    Args:
        run: what to show; nothing is computed beyond drawing.
        folder: receives ``index.html``, ``cartes/<theme>.html``, ``cartes/donnees.html``,
            ``cartes/comparer.html`` when there are two themes to compare,
            ``cartes/profils.html`` and ``cartes/facteurs.html`` when the run has scores,
            ``cartes/variantes.html`` when it has variants; made if needed. Pages link to the
            tables, the GeoPackage, the report and the pictures that are already there.
        assets: ``inline``: every page is one file that travels alone; ``partages``: what pages
            have in common is written once, in ``cartes/ressources/``.
        progress: told the French title of each page once it is written.

    Returns:
        Paths written, the index last.

    Raises:
        ValueError: ``assets`` is neither word.
        OutputError: a page cannot be written.
    """
    if assets not in PLACES:
        raise ValueError(f"assets must be one of {PLACES}, got {assets!r}")
    pages = _pages(run, folder)
    if assets == SHARED:
        held = list(pages)
        texts, files = share({name: text for name, _, text in held}, folder=RESOURCES)
        pages = iter([(name, title, texts[name]) for name, title, _ in held])
        written = [_write(folder / name, text) for name, text in files.items()]
    else:
        written = []
    for name, title, text in pages:
        written.append(_write(folder / name, text))
        if progress is not None and title:
            progress(title)
    return written


def _pages(run: Run, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (path in the folder, what progress says of it, text) of every page, index last."""
    drawing = draw(run.territory)
    links = tuple(name for name in COMPANIONS if (folder / name).is_file())
    press = Press.ready(run, drawing, links=links)
    named: list[tuple[str, str]] = []
    for chapter in chapters(run):
        yield f"cartes/{chapter.key}.html", chapter.short_title, press.score_page(chapter)
    for theme in run.themes:
        yield f"cartes/{theme.key}.html", theme.short_title, press.theme_page(theme)
    others = (
        (compare.KEY, compare.TITLE, "", compare.compare_page(run, drawing, links=links)),
        (data_page.KEY, data_page.TITLE, "", data_page.data_page(run, links=links)),
        (KEY, f"{SHORT_TITLE} : que changerait une autre hypothèse ?", SHORT_TITLE,
         variants_page(run, sentences=run.variant_sentences, links=links)),
    )  # fmt: skip
    for key, title, said, text in others:
        if text:
            named.append((f"cartes/{key}.html", typeset(title)))
            yield f"cartes/{key}.html", said, text
    pictures = tuple(
        path.relative_to(folder).as_posix()
        for path in sorted((folder / PICTURES).glob("*"))
        if path.suffix in {".png", ".svg"}
    )
    yield (
        "index.html",
        "",
        atlas_page(run, drawing, links=links, pages=tuple(named), pictures=pictures),
    )


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
