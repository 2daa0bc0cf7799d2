"""Take the pictures of ``docs/images``: pages of the demonstration, on screen and on paper.

Usage: ``python scripts/screenshots.py [FOLDER]`` (default: ``docs/images``). It diagnoses the
shipped demonstration, with invented poverty rates by EPCI beside it, draws its pages and takes
each one twice in a headless Chromium without network: the first screen at 1280 × 800, one device
pixel per CSS pixel, and the first sheet of its A4 print. ``tests/outputs/test_looks.py`` takes
them anew and compares: run this again after any change of looks, look at the pictures, keep them.

Needs Chromium, ``pdftoppm`` (poppler-utils) and the fonts DejaVu Sans and Liberation Sans
(fonts-dejavu, fonts-liberation): ``scripts/test.sh`` installs them. Without these fonts the
letters, hence the breaks of lines, would be those of the machine.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from cartoallier.catalogue import shipped
from cartoallier.outputs.maps import write_maps
from cartoallier.pipeline import diagnose
from cartoallier.project import NeedSource, load_project

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
"""Those of ``tests/chromium.py``; Playwright adds its own: no scroll bars, colours in sRGB."""
FAMILIES = ("DejaVu Sans", "Liberation Sans")
SCREEN = {"width": 1280, "height": 800}
PAPER_DPI = 72
COLOURS = 192
"""Of a picture kept: the page has fewer, its smoothed letters make the rest."""
NEED_FILE = "besoin/taux-inventes.csv"

Change = Callable[[Page], None]
"""What is done to a page before its picture is taken."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A page, as it is seen.

    Attributes:
        name: of its pictures: ``<name>.png`` and ``<name>-a4.png``.
        page: path under the atlas.
        shown: its permalink, ``""`` as it opens.
        why: what it is the example of.
        printed: whether it is taken on paper as well.
    """

    name: str
    page: str
    shown: str = ""
    why: str = ""
    printed: bool = True


VIEWS = (
    View(name="index", page="index.html", why="the atlas"),
    View(
        name="premier-accueil-social",
        page="cartes/premier_accueil_social.html",
        why="minutes, people beyond the threshold, places of every kind",
    ),
    View(
        name="jeunes-autonomie-besoin-epci",
        page="cartes/jeunes_autonomie.html",
        shown="#teinte=besoin",
        why="a need published by EPCI only, people far away on top",
    ),
    View(
        name="isolement-croise",
        page="cartes/isolement_personnes_agees.html",
        shown="#teinte=croise&avec=isochrones",
        why="need × minutes in three classes by three, and isochrones",
    ),
    View(
        name="frein-mobilite-zones",
        page="cartes/frein_mobilite.html",
        why="zones of intervention, no distance",
    ),
    View(
        name="formation-professionnels",
        page="cartes/formation_professionnels.html",
        why="a theme of organisation: nothing to tint",
    ),
    View(
        name="comparer",
        page="cartes/comparer.html",
        why="two themes side by side",
        printed=False,
    ),
)
"""Chosen for what they show, not for their subject."""


def draw_atlas(folder: Path) -> Path:
    """Diagnose the demonstration with an invented need by EPCI, and write its atlas.

    Args:
        folder: receives the need file and the atlas.

    Returns:
        The folder of the atlas.
    """
    bare = folder / "projet"
    bare.mkdir(parents=True)
    project = load_project(None, departement=None, here=bare)
    rates = write_rates(bare / NEED_FILE, departement=project.departement)
    invented = NeedSource(path=rates, name=NEED_FILE, format="tableau", vintage="2021")
    run, _ = diagnose(replace(project, needs=(invented,)))
    atlas = folder / "atlas"
    write_maps(run, atlas)
    return atlas


def write_rates(path: Path, *, departement: str) -> Path:
    """Write invented poverty rates of young households, one per EPCI of a département."""
    columns = ["departement_code", "epci_code"]
    communes = pd.read_parquet(shipped("geo/communes.parquet"), columns=columns)
    inside = communes[communes["departement_code"] == departement]
    rows = [
        {"code": code, "taux_pauvrete_moins_30": f"{16 + (7 * n) % 12 * 1.5:.1f}"}
        for n, code in enumerate(sorted(inside["epci_code"].dropna().unique()))
    ]
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium that draws alike on every machine with the same fonts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def offline(browser: Browser) -> BrowserContext:
    """Open a context without network, of the size and scale of the pictures."""
    return browser.new_context(
        offline=True,
        viewport={"width": SCREEN["width"], "height": SCREEN["height"]},
        device_scale_factor=1,
        reduced_motion="reduce",
        color_scheme="light",
    )


def take(
    context: BrowserContext, atlas: Path, view: View, *, change: Change | None = None
) -> dict[str, Image.Image]:
    """Take a view of an atlas, on screen and, where it is asked for, on paper.

    Args:
        context: from `offline`.
        atlas: folder of ``index.html``.
        view: what to take.
        change: done to the page first.

    Returns:
        Name of the picture, without its extension -> picture, as `kept` would hold it.
    """
    page = context.new_page()
    page.goto((atlas / view.page).as_uri() + view.shown, wait_until="load")
    if change is not None:
        change(page)
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    taken = {view.name: reduced(page.screenshot(animations="disabled", caret="hide"))}
    if view.printed:
        paper = page.pdf(prefer_css_page_size=True, print_background=True)
        taken[f"{view.name}-a4"] = reduced(first_sheet(paper))
    page.close()
    return taken


def first_sheet(paper: bytes) -> bytes:
    """Return the first page of a PDF as a PNG."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.pdf"
        source.write_bytes(paper)
        order = ["pdftoppm", "-png", "-r", str(PAPER_DPI), "-f", "1", "-singlefile"]
        subprocess.run([*order, source, source.with_suffix("")], check=True)
        return source.with_suffix(".png").read_bytes()


def reduced(png: bytes) -> Image.Image:
    """Return a picture with a palette of few colours, chosen for it, without dither."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def missing() -> list[str]:
    """Return what this machine lacks: programs, fonts."""
    lacks = [tool for tool in (CHROMIUM, "pdftoppm", "fc-list") if shutil.which(tool) is None]
    if "fc-list" in lacks:
        return lacks
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True)
    return lacks + [family for family in FAMILIES if family not in listed.stdout]


def main() -> None:
    """Take every view into the folder given."""
    parser = argparse.ArgumentParser(description="Take the pictures of docs/images.")
    parser.add_argument("folder", nargs="?", type=Path, default=IMAGES)
    folder: Path = parser.parse_args().folder
    if lacks := missing():
        raise SystemExit(f"{', '.join(lacks)} : lancez scripts/test.sh, qui les installe.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        atlas = draw_atlas(Path(scratch))
        context = offline(browser)
        taken = {
            name: picture for view in VIEWS for name, picture in take(context, atlas, view).items()
        }
    for old in folder.glob("*.png"):
        if old.stem not in taken:
            old.unlink()
    size = 0
    for name, picture in taken.items():
        path = folder / f"{name}.png"
        picture.save(path, optimize=True)
        size += path.stat().st_size
    print(f"{len(taken)} images, {size / 1e6:.1f} Mo : {folder}")


if __name__ == "__main__":
    main()
