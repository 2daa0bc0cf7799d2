"""Theme pages on paper: one A4 sheet, landscape, with all that makes the map readable."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chromium import Visit
from demonstration_pages import demonstration_atlas
from hostile_project import hostile_atlas

__all__ = ["demonstration_atlas", "hostile_atlas"]

Visitor = Callable[[Path], Any]
A4 = (841.92, 594.96)
"""Points, as Chromium rounds them."""
MARGIN = 10 * 72 / 25.4
CONTROLS = (
    "Imprimer la carte", "Chercher une commune", "Tout montrer", "Plan IGN", "Afficher",
    "Télécharger", "Aller aux tableaux",
)  # fmt: skip
SHEETS = {
    "a full theme": ("premier_accueil_social", ""),
    "a need by EPCI": ("jeunes_autonomie", "#teinte=besoin"),
    "three by three": ("isolement_personnes_agees", "#teinte=croise&avec=isochrones"),
    "zones of intervention": ("frein_mobilite", ""),
    "a matter of organisation": ("formation_professionnels", ""),
    "without service": ("prevention_expulsions", ""),
}
SPILLED = """() => {
    // writing of the legend, on paper, that leaves the legend or the map
    const legend = document.querySelector(".carte > .legende");
    if (!legend) return null;
    const box = legend.getBoundingClientRect();
    const chart = legend.parentElement.getBoundingClientRect();
    const walk = document.createTreeWalker(legend, NodeFilter.SHOW_TEXT), out = [];
    while (walk.nextNode()) {
        const text = walk.currentNode;
        if (!text.data.trim() || !text.parentElement.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const at of range.getClientRects()) {
            if (at.right > box.right + 1 || at.left < box.left - 1 || at.bottom > chart.bottom + 1)
                out.push(text.data.trim());
        }
    }
    return out;
}"""
LEGEND = """() => {
    const legend = document.querySelector(".cote .legende");
    if (!legend) return [];
    const shown = [...legend.querySelectorAll("h2, th, td, figcaption, li, .classe")];
    return shown.filter((one) => one.checkVisibility()).map((one) => one.innerText);
}"""


def words_of(text: str) -> set[str]:
    """Words and numbers, in no order: a sheet breaks lines where it wants."""
    return set(re.findall(r"[\w%]+", re.sub(r"[\u00ad\u200b\ufeff]", "", text)))


@pytest.fixture
def sheet(
    demonstration_atlas: Path, hostile_atlas: Callable[..., Path], visit: Visitor
) -> Callable[[str], Visit]:
    """Open the page of a case."""
    for tool in ("pdfinfo", "pdftotext"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} (poppler-utils) n’est pas là")

    def opened(case: str) -> Visit:
        key, shown = SHEETS[case]
        folder = hostile_atlas() if case == "without service" else demonstration_atlas
        seen: Visit = visit(folder / "cartes" / f"{key}.html")
        if shown:
            seen.page.goto(seen.own + shown)
            seen.page.reload()
        return seen

    return opened


@pytest.mark.parametrize("case", SHEETS)
def test_a_theme_prints_on_one_landscape_sheet(
    case: str, sheet: Callable[[str], Visit], tmp_path: Path
) -> None:
    seen = sheet(case)
    page = seen.page
    title = page.locator("h1").inner_text()
    headline = page.locator(".principal").inner_text()
    legend = page.evaluate(LEGEND)
    if case == "three by three":  # paper has the minutes instead, and says so
        page.evaluate("cartoallier.board.choose('minutes')")
        legend = page.evaluate(LEGEND)
        page.evaluate("cartoallier.board.choose('croise')")
    paper = tmp_path / "page.pdf"
    page.pdf(path=str(paper), prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdfinfo", paper], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Pages:\s+1\n", told), told
    sizes = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
    assert sizes is not None
    assert [float(one) for one in sizes.groups()] == pytest.approx(A4, abs=1)
    order = ["pdftotext", paper, "-"]
    text = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    printed = words_of(text)
    for wanted in (title, headline, "Document de travail, ne vaut pas engagement", "Champ"):
        assert words_of(wanted) <= printed, wanted
    assert [one for one in legend if not words_of(one) <= printed] == []
    assert re.search(r"\d+ (km|m)\b", text), "a scale"
    for control in CONTROLS:
        assert control not in text, control
    assert seen.errors == []


@pytest.mark.parametrize("case", SHEETS)
def test_the_legend_stands_whole_on_the_map_and_off_the_land(
    case: str, sheet: Callable[[str], Visit]
) -> None:
    seen = sheet(case)
    page = seen.page
    held = page.evaluate(LEGEND)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    spilled = page.evaluate(SPILLED)
    assert (spilled is not None) == bool(held)
    assert not spilled
    scale = page.locator(".leaflet-control-scale").bounding_box()
    chart = page.locator(".carte").bounding_box()
    assert scale["x"] >= chart["x"]
    assert scale["y"] + scale["height"] <= chart["y"] + chart["height"] + 1
    if spilled is None:
        return
    legend = page.locator(".carte > .legende").bounding_box()
    land = page.locator(".leaflet-limites-pane path").last.bounding_box()
    apart = (
        legend["x"] >= land["x"] + land["width"]
        or legend["x"] + legend["width"] <= land["x"]
        or legend["y"] >= land["y"] + land["height"]
        or legend["y"] + legend["height"] <= land["y"]
    )
    # in a corner the outline leaves free, the boxes may cross: then the paper says itself
    assert apart or page.evaluate("document.querySelector('.carte > .coin') !== null")


def test_on_paper_no_control_is_left(sheet: Callable[[str], Visit]) -> None:
    page = sheet("a full theme").page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    left = page.locator(
        "input, select, .outil, .leaflet-control-zoom, .fiche, .zones"
    ).evaluate_all(
        "all => all.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert left == []
