"""axe-core finds no violation on any kind of page, and every text has a measured contrast."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from hostile_project import hostile_atlas

__all__ = ["hostile_atlas"]

AXE = Path(__file__).parents[2] / ".npm" / "node_modules" / "axe-core" / "axe.min.js"
KINDS = {
    "index": "the atlas",
    "premier_accueil_social": "a distance",
    "prevention_expulsions": "a distance without supply",
    "frein_mobilite": "zones of intervention",
    "hebergement_femmes_enfant_moins3": "a sensitive theme",
    "prevention_specialisee": "a presence",
    "formation_professionnels": "an organisation",
    "profils": "profiles",
    "facteurs": "factors",
    "variantes": "variants",
    "comparer": "two themes side by side",
    "donnees": "what the data say",
    "rapport": "the report",
    "theme_hostile": "a theme of the project's own",
    "simulation_premier_accueil_social": "a simulation",
}
"""Pages that must be among those looked at; whatever else is written is looked at too."""
SLOW = ("#lieux tbody tr:nth-child(n+8)", ".triable tbody tr:nth-child(n+8)")
"""Rows of tables beyond the first are made alike."""

FAINT = """() => {
    // every text outside the map: its ink on the first opaque paper under it, WCAG 2.2 1.4.3
    const channels = (text) => text.match(/[\\d.]+/g).map(Number);
    const luminance = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = new Set();
    while (walk.nextNode()) {
        const node = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || !node.checkVisibility()) continue;
        if (node.closest(".carte, script, noscript")) continue;
        const style = getComputedStyle(node);
        const ink = channels(node.closest("svg") ? style.fill : style.color);
        let paper = [255, 255, 255];
        for (let at = node; at; at = at.parentElement) {
            const found = channels(getComputedStyle(at).backgroundColor);
            if (found.length < 4 || found[3] === 1) { paper = found; break; }
        }
        const [dark, light] = [luminance(ink), luminance(paper)].sort((a, b) => a - b);
        if ((light + 0.05) / (dark + 0.05) < 4.5) faint.add(node.outerHTML.slice(0, 120));
    }
    return [...faint];
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The engine; ``scripts/test.sh`` installs it, under CI it must be there."""
    if not AXE.is_file():
        reason = "axe-core manque : lancez scripts/test.sh, ou npm install --prefix .npm axe-core"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    yield opened
    opened.close()


def found(page: Page, axe: str) -> dict[str, list[str]]:
    """Run axe-core in a page; return rule -> what breaks it, texts too faint included."""
    page.evaluate(f"{axe};0")
    answer = page.evaluate(
        "(hidden) => axe.run({ exclude: hidden }, { resultTypes: ['violations'], iframes: false })",
        [[selector] for selector in SLOW],
    )
    broken = {one["id"]: [told(node) for node in one["nodes"]] for one in answer["violations"]}
    # axe-core leaves undecided the contrast of what scrolls or lies by the map
    if faint := page.evaluate(FAINT):
        broken["contraste mesuré"] = faint
    return broken


def told(node: dict[str, str]) -> str:
    return f"{node['html'][:160]} | {node['failureSummary'][:200]}"


def pages_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_kind_of_page_is_looked_at(hostile_atlas: Callable[..., Path]) -> None:
    written = {page.stem for page in pages_of(hostile_atlas())}
    assert set(KINDS) <= written


def test_axe_finds_no_violation(
    hostile_atlas: Callable[..., Path], axe: str, context: BrowserContext
) -> None:
    violations = {}
    for path in pages_of(hostile_atlas()):
        page = context.new_page()
        page.goto(path.as_uri(), wait_until="load")
        if broken := found(page, axe):
            violations[path.stem] = broken
        page.close()
    assert violations == {}, json.dumps(violations, ensure_ascii=False, indent=1)


def test_axe_finds_no_violation_on_pages_that_share_files(
    hostile_atlas: Callable[..., Path], axe: str, context: BrowserContext
) -> None:
    page = context.new_page()
    folder = hostile_atlas("2A")
    for path in (folder / "index.html", folder / "cartes" / "premier_accueil_social.html"):
        page.goto(path.as_uri(), wait_until="load")
        assert page.locator("script[src], link[rel=stylesheet]").count() > 0
        assert found(page, axe) == {}, path.stem
    page.close()


def test_axe_finds_no_violation_on_a_narrow_screen_nor_on_another_tint(
    hostile_atlas: Callable[..., Path], axe: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 400, "height": 800})
    folder = hostile_atlas()
    pages = folder / "cartes"
    for path in (
        folder / "index.html",
        folder / "rapport.html",
        *(pages / f"{key}.html" for key in ("premier_accueil_social", "comparer", "donnees")),
    ):
        page.goto(path.as_uri(), wait_until="load")
        for tint in page.locator("input[name=teinte]").all()[-1:]:
            tint.check()
        assert found(page, axe) == {}, path.stem
    page.close()


def test_axe_sees_what_is_wrong(axe: str, context: BrowserContext) -> None:
    """A net without holes: a grey too light, a control without a name, an image without words."""
    page = context.new_page()
    page.set_content(
        "<!DOCTYPE html><html><body><h3>Titre</h3><p style='color:#9a9a9a'>gris</p><input>"
        "<img src='data:,'></body></html>"
    )
    broken = found(page, axe)
    assert {"color-contrast", "label", "image-alt", "html-has-lang", "document-title"} <= set(
        broken
    )
    page.close()
