"""A theme page used by a reader: filter, keyboard, search, address, levels, layers, paper."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from cartoallier.model import Run, Territory, Theme
from cartoallier.model.run import Bivariate
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.isochrones import DASHES, isochrones
from cartoallier.outputs.maps.levels import switched
from cartoallier.outputs.maps.page import Press
from cartoallier.outputs.maps.tints import tints

Visitor = Callable[[Path], Any]
KEY = "premier_accueil_social"
HOSTILE = """<img src=x onerror="alert(1)"></script>{{7*7}}"""


def with_extras(run: Run) -> Run:
    """The toy run with isochrones and a map of three by three."""
    middle = Point(run.territory.boundary.iloc[0].centroid)
    rings = gpd.GeoSeries(
        [middle.buffer(1000 * km) for km in (1, 2, 3)], index=[15, 20, 30], crs=run.territory.crs
    )
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
    summary = dataclasses.replace(run.summaries[KEY], bivariate=crossed)
    coverage = run.coverages[KEY]
    hostile = coverage.table["nom"].mask(coverage.table["code"] == "99003", HOSTILE)
    coverage = dataclasses.replace(coverage, table=coverage.table.assign(nom=hostile))
    return dataclasses.replace(
        run,
        isochrones={KEY: rings},
        summaries=run.summaries | {KEY: summary},
        coverages=run.coverages | {KEY: coverage},
    )


@pytest.fixture
def rich(toy_run: Run) -> Run:
    return with_extras(toy_run)


@pytest.fixture
def page_path(rich: Run, tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(Press.ready(rich, draw(rich.territory)).theme_page(rich.themes[0]), "utf-8")
    return path


def pressed(page: Any) -> Any:
    return page.locator(".classe[aria-pressed=true]").evaluate_all(
        "all => all.map((button) => button.dataset.nom)"
    )


def opacities(page: Any) -> list[str]:
    return sorted(
        page.locator(".leaflet-teintes-pane path").evaluate_all(
            "all => all.map((path) => path.getAttribute('fill-opacity'))"
        )
    )


def test_a_class_of_the_legend_filters_map_and_table(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.check("input[value=besoin]")
    button = page.locator("[data-teinte=besoin] .classe:enabled").first
    zones = int(button.locator("xpath=../../td[2]").inner_text())
    button.focus()
    page.keyboard.press("Enter")
    assert pressed(page) == [button.get_attribute("data-nom")]
    rows = page.locator('tr[data-zone^="commune:"]')
    assert sum(rows.nth(i).is_visible() for i in range(rows.count())) == zones
    assert opacities(page).count("1") == zones
    assert zones == 1
    assert opacities(page) == ["0.1", "0.1", "1"]
    assert "Filtre" in page.locator("#etat").inner_text()
    kept = page.locator('.leaflet-teintes-pane path[stroke="#1d1d1b"]')
    assert kept.count() == zones, "an outline says it as well as the colour"
    page.keyboard.press("Escape")
    assert pressed(page) == []
    assert set(opacities(page)) == {"1"}
    assert page.locator(".filtre").count() == 0
    page.keyboard.press("Space")
    assert len(pressed(page)) == 1
    page.get_by_role("button", name="Tout montrer").click()
    assert pressed(page) == []
    assert seen.errors == []


def test_arrows_walk_through_every_zone(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.locator("#zones").focus()
    assert page.locator(".cadre").is_visible(), "focus is visible on the map"
    met = set()
    for _ in range(4):
        active = page.locator("#zones").get_attribute("aria-activedescendant")
        met.add(page.locator(f"#{active}").inner_text())
        assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        assert page.locator("#fiche b").inner_text() in met
        assert page.locator(".leaflet-choix-pane path").count() == 2
        page.keyboard.press("ArrowDown")
    assert met == {"Aval", "Bourg", HOSTILE}
    page.keyboard.press("b")
    assert page.locator("#fiche b").inner_text() == "Bourg"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.zone") == "commune:99002:entier"
    page.keyboard.press("Escape")
    assert page.locator("#fiche").inner_text() == ""
    assert seen.errors == []


def test_tab_stops_once_on_the_map(page_path: Path, visit: Visitor) -> None:
    page = visit(page_path).page
    inside = []
    for _ in range(40):
        page.keyboard.press("Tab")
        inside.append(
            page.evaluate(
                "() => document.activeElement.closest('.folium-map')"
                " ? document.activeElement.title : document.activeElement.id"
            )
        )
    assert inside.count("zones") == 1
    assert [name for name in inside if name.endswith("la carte")] == [
        "Agrandir la carte",
        "Réduire la carte",
    ]


def test_search_ignores_accents_and_opens_the_card(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.locator("#recherche").press_sequentially("BOÛ")
    assert page.locator("#recherche").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.locator("#recherche").get_attribute("aria-activedescendant") == "trouvee-0"
    page.keyboard.press("Enter")
    assert page.locator("#recherche").input_value() == "Bourg"
    assert page.locator("#fiche b").inner_text() == "Bourg"
    assert page.evaluate("document.activeElement.dataset.zone") == "commune:99002:entier"
    page.fill("#recherche", "zzz")
    assert page.locator("#etat").inner_text() == "Aucune commune de ce nom."
    page.fill("#recherche", "99003")
    page.keyboard.press("Enter")
    assert "<img" in page.locator("#fiche b").inner_text(), "a hostile name is text"
    assert seen.errors == []


def test_an_address_brings_the_view_back(page_path: Path, visit: Visitor) -> None:
    page = visit(page_path).page
    page.check("input[value=besoin]")
    page.uncheck("input[name=noms]")
    page.check("input[name=isochrones]")
    page.locator("[data-teinte=besoin] .classe:enabled").first.click()
    page.locator("#zones").focus()
    page.get_by_title("Agrandir la carte").click()
    page.wait_for_timeout(700)
    address = page.url
    assert all(word in address for word in ("vue=", "teinte=besoin", "sans=noms", "filtre="))
    opacity = opacities(page)
    name = page.locator("#fiche b").inner_text()
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_timeout(500)
    assert page.url == address
    assert page.locator("input[value=besoin]").is_checked()
    assert not page.locator("input[name=noms]").is_checked()
    assert page.locator(".leaflet-isochrones-pane path").count() == 6
    assert opacities(page) == opacity
    assert page.locator("#fiche b").inner_text() == name


@pytest.mark.parametrize(
    "address",
    [
        "#vue=a/b/c&teinte=constructor&filtre=99.x&zone=rien&sans=%3Cimg%3E",
        "#%E0%A4%A",
        "#vue=5/999/1",
    ],
)
def test_a_wrong_address_is_ignored(page_path: Path, visit: Visitor, address: str) -> None:
    seen = visit(page_path)
    seen.page.goto("about:blank")
    seen.page.goto(page_path.as_uri() + address)
    seen.page.wait_for_timeout(400)
    assert seen.page.locator("[data-teinte=minutes]").is_visible()
    assert seen.errors == []


def test_levels_keep_the_classes_of_the_tint(rich: Run) -> None:
    first = tints(rich, rich.themes[0])
    others = {(t.family, t.level): t for t in switched(rich, rich.themes[0], first)}
    epci = others["minutes", "epci"]
    assert [row.label for row in epci.legend[:5]] == [row.label for row in first[0].legend[:5]]
    table = rich.coverages[KEY].rows(level="epci")
    inside = table.sort_values("perimetre").drop_duplicates("code", keep="last")
    bounds = [c.lower for c in rich.summaries[KEY].access_classes[1:]]
    for code, minutes in zip(inside["code"], inside["duree_min"], strict=True):
        assert epci.classes[code] == sum(minutes >= bound for bound in bounds)
    assert ("part", "commune") not in others, "with one origin a share is 0 or 1"


def test_the_switch_of_levels_redraws_map_and_legend(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.check("input[name=niveau][value=epci]")
    assert page.locator(".leaflet-teintes-pane path").count() == 2
    assert "par EPCI" in page.locator("[data-teinte=minutes-1] h2").inner_text()
    assert page.locator("#zones li").count() == 2
    page.check("input[value=croise]")
    assert page.locator("input[name=niveau][value=epci]").is_disabled()
    assert page.locator("input[name=niveau][value=commune]").is_checked()
    assert page.locator("table.croise tbody tr").count() == 3
    fills = page.locator(".leaflet-teintes-pane path").evaluate_all(
        "all => all.map((path) => path.getAttribute('fill'))"
    )
    assert sorted(fills) == sorted(
        [palette.BIVARIATE[0][2], palette.BIVARIATE[2][0], "url(#points)"]
    )
    assert seen.errors == []


def test_other_zones_of_a_project_are_drawn(
    toy: Territory, rich: Run, tmp_path: Path, visit: Visitor
) -> None:
    zones = pd.concat(
        [
            toy.zones,
            pd.DataFrame(
                {"level": "UTAS", "code": ["U1"], "name": ["<b>Nord"], "perimeter": "entier"},
                index=["UTAS:U1"],
            ),
        ]
    )
    members = pd.concat(
        [toy.members, pd.DataFrame({"zone": "UTAS:U1", "commune_code": ["99001", "99002"]})]
    )
    territory = dataclasses.replace(rich.territory, zones=zones, members=members)
    coverage = rich.coverages[KEY]
    row = coverage.table[coverage.table["maille"] == "commune"].head(1)
    extra = row.assign(maille="UTAS", code="U1", nom="<b>Nord", duree_min=12.0)
    table = pd.concat([coverage.table, extra], ignore_index=True)
    run = dataclasses.replace(
        rich,
        territory=territory,
        coverages=rich.coverages | {KEY: dataclasses.replace(coverage, table=table)},
    )
    path = tmp_path / "page.html"
    path.write_text(Press.ready(run, draw(territory)).theme_page(run.themes[0]), "utf-8")
    seen = visit(path)
    seen.page.check("input[name=niveau][value=UTAS]")
    assert seen.page.locator(".leaflet-teintes-pane path").count() == 1
    seen.page.locator("#zones").focus()
    assert seen.page.locator("#fiche b").inner_text() == "<b>Nord"
    assert seen.errors == []


def test_isochrones_wait_to_be_asked_and_differ_by_their_dashes(
    page_path: Path, visit: Visitor
) -> None:
    page = visit(page_path).page
    assert page.locator(".leaflet-isochrones-pane path").count() == 0
    assert not page.locator(".isochrones").is_visible()
    page.check("input[name=isochrones]")
    assert page.locator(".isochrones").is_visible()
    assert page.locator(".nom-isochrone").all_inner_texts() == [
        f"{minutes}\u00a0min" for minutes in (15, 20, 30)
    ]
    dashes = page.locator('.leaflet-isochrones-pane path[stroke="#1d1d1b"]').evaluate_all(
        "all => all.map((path) => path.getAttribute('stroke-dasharray') || '')"
    )
    assert dashes == list(DASHES[:3])


def test_a_sensitive_theme_has_no_isochrone(rich: Run, themes: dict[str, Theme]) -> None:
    sensitive = next(t for t in themes.values() if t.sensitive)
    run = dataclasses.replace(rich, isochrones={sensitive.key: rich.isochrones[KEY]})
    assert isochrones(run, sensitive, draw(run.territory)) == ()


def test_isochrones_far_away_and_empty_are_left_out(rich: Run) -> None:
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), Point()], index=[15, 20], crs=rich.territory.crs)
    run = dataclasses.replace(rich, isochrones={KEY: shapes})
    assert isochrones(run, rich.themes[0], draw(run.territory)) == ()


def test_itinerant_stops_have_their_switch(page_path: Path, visit: Visitor) -> None:
    page = visit(page_path).page
    before = page.locator(".lieu").count()
    page.uncheck("input[name=itinerants]")
    assert page.locator(".lieu").count() == before - 1
    page.check("input[name=itinerants]")
    assert page.locator(".lieu").count() == before


def test_paper_holds_one_landscape_page_with_its_legend(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    box_ = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert box_ is not None
    width, height = (float(number) for number in box_.groups())
    assert width > height
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    legend = page.locator(".carte > .legende.coin").bounding_box()
    sheet = page.locator(".carte").bounding_box()
    assert legend["y"] + legend["height"] <= sheet["y"] + sheet["height"] + 0.5, "legend cut"
    land = page.locator(".leaflet-limites-pane path").last.bounding_box()
    assert (
        legend["x"] >= land["x"] + land["width"]
        or legend["x"] + legend["width"] <= land["x"]
        or legend["y"] >= land["y"] + land["height"]
        or legend["y"] + legend["height"] <= land["y"]
    )
    for name in (".couches", ".chercher", "#imprimer", ".leaflet-control-zoom", "#tableaux"):
        assert not page.locator(name).first.is_visible(), name
    for name in (".leaflet-control-scale", ".avertissement", ".notes", ".principal"):
        assert page.locator(name).first.is_visible(), name
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".cote > .legende").is_visible()
    assert page.locator(".couches").is_visible()
    assert seen.errors == []


def test_paper_gives_the_reader_her_view_and_address_back(page_path: Path, visit: Visitor) -> None:
    page = visit(page_path).page
    held = (
        "() => { const { map } = cartoallier.board, at = map.getCenter();"
        " return [map.getZoom(), at.lat, at.lng, location.hash, map.getSize().x]; }"
    )
    page.locator("[data-teinte=minutes] .classe:enabled").first.click()
    page.evaluate("cartoallier.board.map.setZoom(cartoallier.board.home() + 2, {animate: false})")
    page.evaluate("cartoallier.board.map.panBy([40, 24], {animate: false})")
    page.wait_for_timeout(400)
    before = page.evaluate(held)
    assert "vue=" in before[3]
    seen = page.evaluate(
        """() => {
            const { map } = cartoallier.board, near = map.getBounds();
            dispatchEvent(new Event("beforeprint"));
            const paper = map.getBounds().pad(0.02).contains(near);
            const [legend, chart] = [".legende.coin", ".folium-map"]
                .map((name) => document.querySelector(name).getBoundingClientRect());
            const told = document.querySelector(".legende.coin").innerText;
            const apart = legend.left >= chart.right;
            dispatchEvent(new Event("afterprint"));
            return [paper, apart, told];
        }"""
    )
    assert seen[:2] == [True, True]
    assert "Filtre\u00a0:" in seen[2]
    assert "Vue rapprochée" in seen[2]
    page.wait_for_timeout(400)
    after = page.evaluate(held)
    assert after[3:] == before[3:]
    assert after[:3] == pytest.approx(before[:3], abs=1e-3)


def test_the_crossed_map_is_not_printed_in_nine_greys(page_path: Path, visit: Visitor) -> None:
    page = visit(page_path).page
    if not page.locator("input[value=croise]").count():
        pytest.skip("the toy's need is not published by commune")
    page.check("input[value=croise]")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("[data-teinte=minutes]").is_visible()
    assert not page.locator("[data-teinte=croise]").is_visible()
    assert "la carte croisée ne se lit pas" in page.locator(".legende").inner_text()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("[data-teinte=croise]").is_visible()
    assert page.locator("input[value=croise]").is_checked()


def test_in_a_frame_the_page_is_small_and_keeps_to_itself(
    page_path: Path, tmp_path: Path, visit: Visitor
) -> None:
    host = tmp_path / "hote.html"
    host.write_text(f'<iframe src="{page_path.name}?integre" width="800" height="480"></iframe>')
    seen = visit(host)
    frame = seen.page.frames[1]
    frame.wait_for_selector(".leaflet-teintes-pane path")
    assert frame.locator(".legende").is_visible()
    assert frame.locator(".principal").is_visible()
    assert frame.locator(".avertissement").is_visible()
    assert not frame.locator("#tableaux").is_visible()
    assert not frame.locator(".couches").is_visible()
    frame.locator("[data-teinte=minutes] .classe:enabled").first.click()
    seen.page.wait_for_timeout(400)
    assert "filtre=" in frame.url
    assert seen.page.url == host.as_uri()
    assert seen.errors == []


def test_the_basemap_is_asked_for_by_a_click_alone(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.goto("about:blank")
    page.goto(page_path.as_uri() + "#avec=fond,isochrones")
    page.wait_for_timeout(300)
    assert [url for url in seen.requests if url.startswith("http")] == []
    assert not page.locator("input[name=fond]").is_checked()
    page.check("input[name=fond]")
    page.wait_for_timeout(500)
    asked = [url for url in seen.requests if url.startswith("http")]
    assert asked
    assert all(url.startswith("https://data.geopf.fr/wmts?") for url in asked)
    assert page.locator("#fond-etat").inner_text() == "Fond de carte indisponible sans réseau."
    page.uncheck("input[name=fond]")
    assert page.locator("#fond-etat").inner_text() == ""
