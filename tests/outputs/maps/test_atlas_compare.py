"""« Comparer deux thèmes »: linked views, figures of the run, sentences from what is shown."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartoallier.model import Level, Run, Territory, Theme
from cartoallier.model.run import Bivariate
from cartoallier.outputs.maps import palette, write_maps
from cartoallier.outputs.maps.cells import number, percent
from cartoallier.outputs.maps.compare import compare_page
from cartoallier.outputs.maps.geometry import draw

Visitor = Callable[[Path], Any]
FIRST, SECOND = "premier_accueil_social", "non_recours"


@pytest.fixture
def run(
    toy: Territory,
    toy_sites: list[dict[str, object]],
    themes: dict[str, Theme],
    run_of: Callable[..., Run],
) -> Run:
    """Two themes by distance, their places apart, and one without supply."""
    near = {**toy_sites[0], "themes": (FIRST,)}
    far = {**toy_sites[1], "themes": (SECOND,)}
    kept = (themes[FIRST], themes[SECOND], themes["formation_professionnels"])
    return run_of(toy, [near, far], themes=kept)


@pytest.fixture
def path(run: Run, tmp_path: Path) -> Path:
    write_maps(run, tmp_path)
    return tmp_path / "cartes" / "comparer.html"


def with_crossed(run: Run) -> Run:
    """The run, need and access of its first theme crossed: « 99001 » is far with much need."""
    people = run.territory.communes["population"]
    cells = [[(0, 0)] * 3 for _ in range(3)]
    cells[0][2] = (1, int(people["99001"]))
    cells[2][0] = (1, int(people["99002"]))
    crossed = Bivariate(
        title_need="part des 65 ans et plus",
        title_access="Durée d’accès",
        need_labels=("30 % et plus", "de 20 à 30 %", "moins de 20 %"),
        access_labels=("moins de 15 min", "de 15 à 30 min", "plus de 30 min"),
        cells=tuple(tuple(row) for row in cells),
        position=pd.Series({"99001": 2, "99002": 6}, dtype="Int64"),
        need_bounds=(20, 30),
        access_bounds=(15, 30),
    )
    summary = dataclasses.replace(run.summaries[FIRST], bivariate=crossed)
    return dataclasses.replace(run, summaries=run.summaries | {FIRST: summary})


@pytest.fixture
def crossed_path(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "comparer.html"
    path.write_text(compare_page(with_crossed(run), draw(run.territory)), "utf-8")
    return path


def centres(page: Any) -> list[list[float]]:
    """Where each map stands: how its layers are moved, and the path of the département."""
    return [
        page.evaluate(
            """(name) => {
                const map = document.getElementById(`carte-${name}`);
                const box = map.getBoundingClientRect();
                const last = [...map.querySelectorAll(".leaflet-limites-pane path")].at(-1);
                const drawn = last.getBoundingClientRect();
                return [drawn.x - box.x, drawn.y - box.y, drawn.width];
            }""",
            name,
        )
        for name in ("a", "b")
    ]


def near(place: list[float]) -> Any:
    """The same place, but for the rounding of pixels."""
    return pytest.approx(place, abs=2)


def test_both_maps_show_one_view(path: Path, visit: Visitor) -> None:
    seen = visit(path)
    page = seen.page
    home = centres(page)
    assert home[1] == near(home[0])
    page.focus("#carte-a")
    page.keyboard.press("+")
    page.wait_for_timeout(200)
    closer = centres(page)
    assert closer[1] == near(closer[0])
    assert closer[0] != near(home[0])
    page.focus("#carte-b")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    moved = centres(page)
    assert moved[1] == near(moved[0])
    assert moved[0] != near(closer[0])
    assert "v=" in page.evaluate("location.hash")
    address = page.evaluate("location.href")
    again = visit(path)
    again.page.goto(address)
    again.page.reload()
    assert centres(again.page)[0] == near(moved[0])
    page.click("button[name=entier]")
    assert centres(page)[0] == near(home[0])
    assert seen.errors == again.errors == []
    assert seen.foreign == []


def test_the_table_says_what_the_run_says(run: Run, path: Path, visit: Visitor) -> None:
    page = visit(path).page
    page.select_option("select[name=a]", FIRST)
    page.select_option("select[name=b]", SECOND)
    assert f"a={FIRST}&b={SECOND}" in page.evaluate("location.hash")
    total = page.locator("#tableaux tfoot tr").first.locator("td").all_inner_texts()
    for key in (FIRST, SECOND):
        row = run.coverages[key].rows(level=Level.DEPARTEMENT).iloc[0]
        assert number(row["duree_min"], decimals=1) in total
        assert percent(row["part_hors_seuil"]) in total
        assert number(row["population_hors_seuil"]) in total
    shares = [run.coverages[k].rows(level=Level.DEPARTEMENT).iloc[0] for k in (FIRST, SECOND)]
    first, second = (round(float(row["duree_min"]), 1) for row in shares)
    gap = f"{second - first:+.1f}".replace("-", "−").replace(".", ",")
    assert gap in total
    rows = len(run.coverages[FIRST].rows(level=Level.EPCI))
    assert page.locator("#tableaux tbody tr").count() == rows


def test_sentences_only_use_figures_shown(run: Run, path: Path, visit: Visitor) -> None:
    page = visit(path).page
    page.goto(f"{path.as_uri()}#a={FIRST}&b={SECOND}")
    page.reload()
    said = page.locator(".phrases").inner_text().replace("\u00a0", " ").replace("\u202f", " ")
    table = page.locator("#tableaux").inner_text().replace("\u00a0", " ").replace("\u202f", " ")
    assert "Le plus grand écart : " in said
    for figure in re.findall(r"(\d+,\d) %", said):
        assert f"{figure} %" in table
    page.select_option("select[name=b]", "formation_professionnels")
    assert "Rien à comparer" in page.locator(".phrases").inner_text()
    assert "aucune offre fournie" in page.locator(".phrases").inner_text()
    assert page.locator("[data-volet=b] .vide").is_visible()
    page.select_option("select[name=b]", FIRST)
    assert "deux fois" in page.locator(".phrases").inner_text()


def test_a_commune_is_read_for_both_themes(run: Run, path: Path, visit: Visitor) -> None:
    page = visit(path).page
    name = str(run.territory.communes.loc["99001", "name"])
    page.fill("input[name=commune]", name.upper())
    page.press("input[name=commune]", "Enter")
    told = page.locator(".lecture-carte").inner_text()
    assert told.startswith(name)
    assert told.count("min") >= 2
    zone = page.locator("#carte-b .leaflet-teintes-pane path").first
    zone.dispatch_event("mouseover")
    assert page.locator(".leaflet-survol-pane path").count() == 2
    zone.dispatch_event("mouseout")
    assert page.locator(".leaflet-survol-pane path").count() == 0


def test_need_and_access_are_crossed_where_they_can_be(
    run: Run, crossed_path: Path, visit: Visitor
) -> None:
    seen = visit(crossed_path)
    page = seen.page
    page.select_option("select[name=a]", FIRST)
    page.select_option("select[name=b]", SECOND)
    page.select_option("select[name=vue]", "croise")
    cells = page.locator("[data-volet=a] .croise tbody td").all_inner_texts()
    people = run.territory.communes["population"]
    assert len(cells) == 9
    assert cells[2].split("\n") == [
        "1\u00a0commune",
        f"{number(people['99001'])}\u00a0hab.",
    ]
    assert cells[4].startswith("0\u00a0commune\n")
    heads = page.locator("[data-volet=a] .croise th").all_inner_texts()
    assert heads[:3] == ["moins de 15 min", "de 15 à 30 min", "plus de 30 min"]
    rest = page.locator("[data-volet=a] .classes tbody th").all_inner_texts()
    assert rest == ["non fourni"]
    fills = page.locator("#carte-a .leaflet-teintes-pane path").evaluate_all(
        "all => all.map((path) => path.getAttribute('fill'))"
    )
    assert sorted(fills) == sorted(
        [palette.BIVARIATE[0][2], palette.BIVARIATE[2][0], "url(#hachure)"]
    )
    other = page.locator("[data-volet=b] .legende")
    assert "Pas de carte croisée pour ce thème" in other.inner_text()
    assert "Durée d’accès" in other.locator("h2").inner_text()
    assert other.locator(".croise").count() == 0
    page.fill("input[name=commune]", str(run.territory.communes.loc["99001", "name"]))
    page.press("input[name=commune]", "Enter")
    told = page.locator(".lecture-carte").inner_text()
    assert "30 % et plus × plus de 30 min" in told.replace("\u00a0", " ").replace("\u202f", " ")
    assert "vue=croise" in page.evaluate("location.hash")
    assert seen.errors == []


def test_a_map_neither_theme_has_is_not_offered(crossed_path: Path, visit: Visitor) -> None:
    page = visit(crossed_path).page
    page.select_option("select[name=a]", FIRST)
    page.select_option("select[name=b]", SECOND)
    page.select_option("select[name=vue]", "croise")
    page.select_option("select[name=a]", SECOND)
    assert page.locator("option[value=croise]").is_disabled()
    assert page.locator("select[name=vue]").input_value() == "acces"
    assert "aucun des deux thèmes" in page.locator(".lecture-carte").inner_text()
    page.select_option("select[name=b]", FIRST)
    assert page.locator("option[value=croise]").is_enabled()


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1280, 800)])
def test_nothing_overflows_whatever_the_screen(
    crossed_path: Path, visit: Visitor, size: tuple[int, int]
) -> None:
    page = visit(crossed_path).page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.select_option("select[name=vue]", "croise")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_hostile_names_are_text(toy_run: Run, tmp_path: Path, visit: Visitor) -> None:
    write_maps(toy_run, tmp_path)
    seen = visit(tmp_path / "cartes" / "comparer.html")
    zones = seen.page.locator("#carte-a .leaflet-teintes-pane path")
    read = []
    for i in range(zones.count()):
        zones.nth(i).dispatch_event("mouseover")
        read.append(seen.page.locator(".lecture-carte").inner_text())
    assert any("<img src=x" in words for words in read)
    assert seen.page.locator("img").count() == 0
    assert seen.errors == []


def test_bytes_size_and_first_pair(run: Run) -> None:
    drawing = draw(run.territory)
    text = compare_page(run, drawing)
    assert text == compare_page(run, drawing)
    assert len(text.encode()) < 1_500_000
    body = re.search(r'id="comparer">(.*?)</script>', text, flags=re.DOTALL)
    assert body is not None
    assert json.loads(body[1])["first"] == [FIRST, SECOND]
