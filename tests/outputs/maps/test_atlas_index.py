"""The index: four axes, a filter and a search, the links to everything else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cartoallier.model import Run
from cartoallier.outputs.maps import write_maps

Visitor = Callable[[Path], Any]


@pytest.fixture
def index(toy_run: Run, tmp_path: Path) -> Path:
    write_maps(toy_run, tmp_path)
    return tmp_path / "index.html"


def shown(page: Any) -> list[str]:
    """Links of the themes in sight."""
    links = page.locator(".colonnes .fiche:visible > a")
    return [link.get_attribute("href") for link in links.all()]


def counted(page: Any) -> str:
    return str(page.locator(".filtre output").inner_text()).replace("\u00a0", " ")


def test_search_ignores_accents_and_counts_aloud(toy_run: Run, index: Path, visit: Visitor) -> None:
    seen = visit(index)
    page = seen.page
    every = shown(page)
    assert len(every) == len(toy_run.themes)
    assert counted(page) == f"{len(every)} thèmes"
    page.fill("input[name=mots]", "INCONDITIONNEL  dé proximite")
    assert shown(page) == ["cartes/premier_accueil_social.html"]
    assert counted(page) == "1 thème"
    assert page.evaluate("decodeURIComponent(location.hash)").startswith("#mots=INCONDITIONNEL")
    page.fill("input[name=mots]", "zzz")
    assert shown(page) == []
    assert counted(page) == "aucun thème"
    assert page.locator(".axe .aucun:visible").count() == page.locator(".axe").count()
    page.keyboard.press("Escape")
    assert shown(page) == every
    assert page.evaluate("location.hash") == ""
    assert seen.errors == []
    assert seen.foreign == []


def test_search_finds_the_kinds_of_places_a_theme_expects(
    toy_run: Run, index: Path, visit: Visitor
) -> None:
    page = visit(index).page
    page.fill("input[name=mots]", "ccas")
    expecting = [
        f"cartes/{t.key}.html"
        for t in toy_run.themes
        if "CCAS" in " ".join(toy_run.summaries[t.key].missing)
    ]
    assert expecting
    assert set(expecting) <= set(shown(page))


def test_filters_say_axis_supply_reliability_and_choice(
    toy_run: Run, index: Path, visit: Visitor
) -> None:
    page = visit(index).page
    page.select_option("select[name=axe]", "3")
    third = {f"cartes/{t.key}.html" for t in toy_run.themes if t.axis == 3}
    assert set(shown(page)) == third
    page.click(".filtre button")
    page.check("input[name=sans]")
    without = {
        f"cartes/{t.key}.html"
        for t in toy_run.themes
        if not toy_run.coverages[t.key].sites["inside"].any()
    }
    assert without
    assert set(shown(page)) == without
    page.uncheck("input[name=sans]")
    page.check("input[name=retenus]")
    assert shown(page) == [f"cartes/{key}.html" for key in toy_run.retained]
    page.uncheck("input[name=retenus]")
    page.select_option("select[name=fiabilite]", "sans")
    assert all(
        not card.get_attribute("data-fiabilite")
        for card in page.locator(".colonnes .fiche:visible").all()
    )


def test_the_address_restores_what_was_asked(index: Path, visit: Visitor) -> None:
    page = visit(index).page
    page.goto(f"{index.as_uri()}#axe=3&mots=accueil&fiabilite=inconnue")
    page.reload()
    assert page.input_value("select[name=axe]") == "3"
    assert page.input_value("input[name=mots]") == "accueil"
    assert page.input_value("select[name=fiabilite]") == ""
    assert "cartes/premier_accueil_social.html" in shown(page)


def test_slash_goes_to_the_search_and_every_control_is_reached(index: Path, visit: Visitor) -> None:
    page = visit(index).page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "mots"
    reached = []
    for _ in range(12):
        reached.append(page.evaluate("document.activeElement.name || document.activeElement.href"))
        page.keyboard.press("Tab")
    assert {"mots", "axe", "fiabilite", "sans", "retenus"} <= set(reached)
    assert any(str(link).endswith("premier_accueil_social.html") for link in reached)


def test_it_links_to_the_other_pages_tables_and_pictures(toy_run: Run, tmp_path: Path) -> None:
    key = toy_run.themes[0].key
    for name in ("images/index.txt", f"images/{key}.png", f"images/{key}.svg", "rapport.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    write_maps(toy_run, tmp_path)
    text = (tmp_path / "index.html").read_text("utf-8")
    links = re.findall(r'href="([^"#]+)"', text)
    for name in ("cartes/comparer.html", "cartes/donnees.html", "rapport.html"):
        assert name in links
    assert [link for link in links if link.startswith("images/")] == [
        f"images/{key}.png",
        f"images/{key}.svg",
    ]
    assert all((tmp_path / link).is_file() for link in links)


def test_one_theme_has_nothing_to_compare(toy_run: Run, tmp_path: Path) -> None:
    one = dataclasses.replace(toy_run, themes=toy_run.themes[:1])
    paths = write_maps(one, tmp_path)
    assert [path.name for path in paths] == [
        f"{one.themes[0].key}.html",
        "donnees.html",
        "index.html",
    ]
    assert "comparer.html" not in paths[-1].read_text("utf-8")
