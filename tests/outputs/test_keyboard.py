"""Pages used without a mouse: every control is reached, in order, seen, and left again."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hostile_project import hostile_atlas

__all__ = ["hostile_atlas"]

Visitor = Callable[[Path], Any]
PAGES = (
    "index",
    "premier_accueil_social",
    "theme_hostile",
    "comparer",
    "donnees",
    "variantes",
    "simulation_premier_accueil_social",
)
MARKED = """() => {
    // what a keyboard should reach, in the order of the page; a group of radios is one stop
    const reachable = "a[href], area[href], button, input, select, textarea, summary, iframe,"
        + " [tabindex], [contenteditable=true]";
    const shown = (node) => node.checkVisibility({ visibilityProperty: true })
        && !node.disabled && node.tabIndex >= 0 && !node.closest("[inert]");
    const skipped = (node) => node.type === "radio"
        && document.querySelector(`input[name="${node.name}"]:checked`)
        && !node.checked;
    const all = [...document.querySelectorAll(reachable)].filter((n) => shown(n) && !skipped(n));
    all.forEach((node, rank) => { node.dataset.rang = rank; });
    return all.map((node) => node.outerHTML.slice(0, 100));
}"""
FOCUSED = """() => {
    const on = document.activeElement;
    if (!on || on === document.body) return null;
    const style = getComputedStyle(on);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const box = on.getBoundingClientRect();
    return {
        rank: on.dataset.rang === undefined ? -1 : +on.dataset.rang,
        html: on.outerHTML.slice(0, 100),
        seen: outlined || style.boxShadow !== "none",
        // a list that a map draws has its focus on the zone drawn there
        placed: on.getAttribute("role") === "listbox"
            || box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
    };
}"""


def path_of(folder: Path, name: str) -> Path:
    return folder / ("index.html" if name == "index" else f"cartes/{name}.html")


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_tours_a_page(
    name: str, hostile_atlas: Callable[..., Path], visit: Visitor
) -> None:
    """Tab alone: each control once, in the order of the page, its focus seen, then out."""
    seen = visit(path_of(hostile_atlas(), name))
    page = seen.page
    wanted = page.evaluate(MARKED)
    assert len(wanted) >= 4
    ranks, hidden, lost = [], [], []
    for _ in range(len(wanted) + 8):
        page.keyboard.press("Tab")
        if (now := page.evaluate(FOCUSED)) is None:
            break
        if now["rank"] >= 0:  # else made on the way, as the card of a zone is
            ranks.append(now["rank"])
        if not now["seen"]:
            hidden.append(now["html"])
        if not now["placed"]:
            lost.append(now["html"])
    else:
        pytest.fail(f"the keyboard never leaves: {ranks[-8:]}")
    missed = [wanted[i] for i in range(len(wanted)) if i not in ranks]
    assert missed == []
    assert ranks == sorted(ranks)
    assert hidden == []
    assert lost == []
    assert seen.errors == []


def focus(page: Any, selector: str) -> None:
    """Reach a control with Tab alone, as the tour does, and see that it is the one."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            assert page.evaluate(FOCUSED)["seen"], selector
            return
    pytest.fail(f"Tab never reaches {selector}")


def test_a_page_is_used_without_a_mouse(hostile_atlas: Callable[..., Path], visit: Visitor) -> None:
    """From the top of a page to a file, keys alone: search, zones, filter, layers, table, CSV."""
    seen = visit(path_of(hostile_atlas(), "premier_accueil_social"))
    page = seen.page
    communes = page.locator('tr[data-zone^="commune:"]')
    focus(page, "#zones")
    assert page.locator(".cadre").is_visible()
    met = []
    for _ in range(communes.count()):
        met.append(page.locator("tr.choisie").get_attribute("data-zone"))
        assert page.locator("#fiche").inner_text().strip()
        assert page.locator(".leaflet-choix-pane path").count() >= 1, met[-1]
        page.keyboard.press("ArrowDown")
    assert len(set(met)) == communes.count(), "every zone, each once"
    page.wait_for_timeout(350)
    address = page.evaluate("location.href")
    assert "zone=commune" in address
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.zone").startswith("commune:")
    page.keyboard.press("Escape")
    assert page.locator("tr.choisie").count() == 0
    assert not page.locator("#fermer-fiche").is_visible()
    again = visit(path_of(hostile_atlas(), "premier_accueil_social")).page
    again.goto(address)
    again.reload()
    assert again.locator("tr.choisie").get_attribute("data-zone") == met[-1]
    again.close()
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    focus(page, "#recherche")
    page.keyboard.type(met[2].split(":")[1])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("tr.choisie").get_attribute("data-zone") == met[2]
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    focus(page, ".classe")
    page.keyboard.press("Space")
    assert page.locator(".classe[aria-pressed=true]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".classe[aria-pressed=true]").count() == 0
    focus(page, "input[name=teinte]")
    page.keyboard.press("ArrowDown")
    assert not page.locator("input[name=teinte]").first.is_checked()
    page.keyboard.press("ArrowUp")
    focus(page, "input[name=lieux]")
    page.keyboard.press("Space")
    assert page.locator(".lieu").count() == 0
    focus(page, ".triable thead button")
    page.keyboard.press("Enter")
    assert page.locator(".triable [aria-sort]").count() == 1
    assert seen.errors == []


def test_every_table_gives_its_file_to_the_keyboard(
    hostile_atlas: Callable[..., Path], visit: Visitor
) -> None:
    seen = visit(path_of(hostile_atlas(), "premier_accueil_social"))
    page = seen.page
    tables = page.locator(".triable").count()
    buttons = page.locator("button.telecharger")
    assert buttons.count() == tables >= 2
    focus(page, "button.telecharger")
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    text = Path(waited.value.path()).read_text("utf-8-sig")
    assert waited.value.suggested_filename.endswith(".csv")
    assert len(text.splitlines()) >= 3
    assert not re.search(r"^[=+@\t]", text, flags=re.MULTILINE)
    assert seen.errors == []


def test_the_keyboard_goes_back(hostile_atlas: Callable[..., Path], visit: Visitor) -> None:
    page = visit(path_of(hostile_atlas(), "premier_accueil_social")).page
    page.evaluate(MARKED)
    ranks = []
    for key in ("Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"):
        page.keyboard.press(key)
        ranks.append(page.evaluate(FOCUSED)["rank"])
    assert ranks == [0, 1, 2, 1, 0]


def test_the_skip_link_leads_to_the_tables(
    hostile_atlas: Callable[..., Path], visit: Visitor
) -> None:
    page = visit(path_of(hostile_atlas(), "premier_accueil_social")).page
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.inner_text() == "Aller aux tableaux"
    box = link.bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "tableaux"
    assert page.locator("#tableaux").bounding_box()["y"] < 800


def test_every_page_says_what_it_is(hostile_atlas: Callable[..., Path], visit: Visitor) -> None:
    """Language, title, one first heading, headings without a jump, landmarks, the map named."""
    titles = set()
    for path in sorted(hostile_atlas().rglob("*.html")):
        page = visit(path).page
        assert page.locator("html").get_attribute("lang") == "fr", path.name
        title = page.title()
        assert title.strip(), path.name
        titles.add(title)
        assert page.locator("h1").count() == 1, path.name
        levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
            "all => all.filter((n) => n.checkVisibility()).map((n) => +n.tagName[1])"
        )
        assert levels[0] == 1, path.name
        assert all(b - a <= 1 for a, b in pairwise(levels)), path.name
        for landmark in ("main", "header", "footer"):
            assert page.locator(f"body > {landmark}").count() == 1, (path.name, landmark)
        for home in page.locator(".carte:not(figure)").all():
            assert "tableau" in (home.get_attribute("aria-label") or ""), path.name
        page.close()
    assert len(titles) == len(list(hostile_atlas().rglob("*.html"))), "a title per page"
