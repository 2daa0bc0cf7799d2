"""The page of variants: what it says, what it escapes, and when it is not there."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis.variants import compare_variants, tell_variants
from cartoallier.model import Run, Territory, Theme
from cartoallier.model.variant import Variant
from cartoallier.outputs.maps.variants import sections_of, variants_page

HOSTILE = """cinq <script>alert(1)</script>{{7*7}}'\""""
OTHER = dataclasses.replace(toys.THEME, key="autre", short_title="Autre thème")
Visitor = Callable[[Path], Any]


def varied(toy: Territory, *, themes: tuple[Theme, ...] = (toys.THEME,)) -> Run:
    """A run with a threshold of 5 minutes under a hostile name, and a variant like the base."""
    run = dataclasses.replace(toys.run(toy, {"at": 2}, {"at": 3}, {"at": 14}), themes=themes)

    def coverage(theme: Theme, threshold: float) -> Any:
        return measure(
            dataclasses.replace(theme, key="accueil"),
            services=run.services,
            engine=CrowFly(territory=toy, parameters=toys.PARAMETERS),
            weights=run.needs.weights,
            threshold=threshold,
        )

    base = {theme.key: coverage(theme, 10) for theme in themes}
    five = {theme.key: coverage(theme, 5) for theme in themes}
    variants = [(Variant(name=HOSTILE), five), (Variant(name="même"), base)]
    return dataclasses.replace(
        run,
        coverages=base,
        variants=compare_variants(base, variants),
        variant_words={HOSTILE: "seuil 5 min", "même": "rien <b>du tout</b>"},
    )


@pytest.fixture
def run(toy: Territory) -> Run:
    return varied(toy)


def page(run: Run) -> str:
    themes = {theme.key: theme for theme in run.themes}
    told = tell_variants(run.variants, names=list(run.variant_words), themes=themes)
    return variants_page(run, sentences=told, links=("tableaux/variantes.csv",))


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("&nbsp;", " ")


def test_without_variants_there_is_no_page(toy: Territory) -> None:
    run = toys.run(toy, {"at": 2})
    assert variants_page(run, sentences={}) == ""
    empty = dataclasses.replace(run, variants=compare_variants({}, []))
    assert variants_page(empty, sentences={}) == ""


def test_it_says_what_the_table_says(run: Run) -> None:
    text = plain(page(run))
    assert "Document de travail, ne vaut pas engagement" in text
    assert "Données de démonstration, fictives" in text
    assert "Ce qui change : seuil 5 min" in text
    assert "Accueil : seuil 10 → 5 minutes, par EPCI" in text
    rows = dict(re.findall(r'data-zone="epci:(\d+:\w+)">(.*?)</tr>', text))
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", rows["100000002:partie"])
    assert cells == [
        "CC Est (partie dans le département)", "600", "0,0 %", "100,0 %", "+100,0 (hausse)", "+600",
    ]  # fmt: skip
    assert "0,0 (inchangé)" in rows["100000001:entier"]
    assert "Aucun écart avec la base, dans aucun EPCI." in text
    assert "Sans changement : Accueil." in text
    assert "Liste A" in text
    assert "variante − base" in text
    assert '<a href="../tableaux/variantes.csv">variantes.csv</a>' in text


def test_names_and_words_are_escaped(run: Run) -> None:
    text = page(run)
    assert text.count("<script") == 1, "the page's own, after everything else"
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in text
    assert "<b>du tout" not in text


def test_same_run_same_bytes(toy: Territory) -> None:
    assert page(varied(toy)) == page(varied(toy))


def test_publics_are_told_for_the_departement(run: Run) -> None:
    (theme,) = sections_of(run, sentences={})[0].themes
    _, second = theme.tables
    assert [row.cells[0] for row in second.rows] == ["65 ans et plus"]


def test_several_themes_have_an_overview_and_fold(toy: Territory) -> None:
    run = varied(toy, themes=(toys.THEME, OTHER))
    first = sections_of(run, sentences={})[0]
    assert first.overview is not None
    assert [row.cells[0] for row in first.overview.rows] == ["Accueil", "Autre thème"]
    assert [theme.open for theme in first.themes] == [False, False]
    assert "<details open" not in page(run)


def test_a_figure_that_went_is_not_a_zero(run: Run) -> None:
    columns = ["part_hors_seuil", "population_hors_seuil", "difference_points",
               "difference_population"]  # fmt: skip
    gone = run.variants.copy()
    gone[columns] = float("nan")
    section = sections_of(dataclasses.replace(run, variants=gone), sentences={})[0]
    (theme,) = section.themes
    assert theme.words == "non calculé"
    assert theme.tables[0].rows[0].cells[-3:] == ("–", "non calculé", "–")


def test_rounding_gives_no_sign_to_zero(run: Run) -> None:
    table = run.variants.assign(difference_points=-0.01, difference_population=1.0)
    section = sections_of(dataclasses.replace(run, variants=table), sentences={})[0]
    assert section.themes[0].tables[0].rows[0].cells[-2:] == ("0,0 (inchangé)", "+1")


def test_it_opens_alone_and_folds_by_keyboard(
    toy: Territory, tmp_path: Path, visit: Visitor
) -> None:
    path = tmp_path / "variantes.html"
    path.write_text(page(varied(toy, themes=(toys.THEME, OTHER))), encoding="utf-8")
    seen = visit(path)
    opened = seen.page
    folded = opened.locator("details").first
    assert folded.locator("table").first.is_hidden()
    folded.locator("summary").focus()
    opened.keyboard.press("Enter")
    assert folded.locator("table").first.is_visible()
    opened.set_viewport_size({"width": 400, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 400
    opened.emulate_media(media="print")
    assert opened.locator("details").nth(1).locator("table").first.bounding_box() is not None
    assert seen.foreign == []
    assert seen.errors == []
