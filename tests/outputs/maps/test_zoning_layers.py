"""Special territories on a theme page: what is said of them, and how Chromium draws them."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import Polygon, box, union_all

from cartoallier.model import Run, SourceRecord, Territory
from cartoallier.model.zoning import Zoning
from cartoallier.outputs.maps.assets import share
from cartoallier.outputs.maps.geometry import draw
from cartoallier.outputs.maps.page import Press
from cartoallier.outputs.maps.zonings import DASHES, zonings

Visitor = Callable[[Path], Any]
HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>{{7*7}}"""
EAST, NORTH = 700_000, 6_600_000


def km(west: float, south: float, east: float, north: float) -> Polygon:
    return box(EAST + 1000 * west, NORTH + 1000 * south, EAST + 1000 * east, NORTH + 1000 * north)


def record(name: str, vintage: str = "") -> SourceRecord:
    return SourceRecord(
        path=f"zonages/{name}", label=name, format="zonage", sha256="0" * 64, vintage=vintage
    )


def of_communes(
    territory: Territory, name: str, groups: dict[str, tuple[str, ...]], **rest: Any
) -> Zoning:
    """A zoning of whole communes: code of each area -> its communes."""
    codes = tuple(sorted({code for communes in groups.values() for code in communes}))
    outlines = territory.communes.geometry
    shapes = [union_all([outlines[code] for code in communes]) for communes in groups.values()]
    return Zoning(
        name=name,
        areas=gpd.GeoDataFrame(
            {"code": list(groups), "name": list(groups), "communes": list(groups.values())},
            geometry=shapes,
            crs=territory.crs,
        ),
        source=record("frr.csv", "2025"),
        whole_communes=True,
        communes=codes,
        inhabitants=int(territory.communes.loc[list(codes), "population"].sum()),
        **rest,
    )


def of_polygons(territory: Territory, name: str, shapes: dict[str, Polygon]) -> Zoning:
    """A zoning of polygons: name of each -> its shape."""
    return Zoning(
        name=name,
        areas=gpd.GeoDataFrame(
            {
                "code": [str(rank) for rank in range(len(shapes))],
                "name": list(shapes),
                "communes": [("99001", "99002")] * len(shapes),
            },
            geometry=np.array(list(shapes.values()), dtype=object),
            crs=territory.crs,
        ),
        source=record(HOSTILE),
        whole_communes=False,
        communes=("99001", "99002"),
    )


@pytest.fixture
def zoned(toy_run: Run) -> Run:
    land = toy_run.territory
    return dataclasses.replace(
        toy_run,
        zonings=(
            of_polygons(land, HOSTILE, {HOSTILE: km(3, 1, 5, 2), "Petit": km(8, 1, 8.05, 1.05)}),
            of_communes(
                land,
                "FRR",
                {"FRR socle": ("99001",), "FRR+ partiellement": ("99003",)},
                classes=True,
            ),
            of_communes(land, "CRTE", {"crte-1": ("99001", "99002"), "crte-2": ("99003",)}),
        ),
    )


def page_of(run: Run) -> str:
    return Press.ready(run, draw(run.territory)).theme_page(run.themes[0])


@pytest.fixture
def page_path(zoned: Run, tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(page_of(zoned), "utf-8")
    return path


def test_what_is_said_of_each(zoned: Run) -> None:
    qpv, frr, crte = zonings(zoned, draw(zoned.territory))
    assert (qpv.count, frr.count, crte.count) == (
        "2\xa0territoires, dans 2\xa0communes",
        "2\xa0communes",
        "2\xa0territoires, 3\xa0communes",
    )
    assert qpv.people.startswith("Population non calculée.")
    assert frr.people == (
        "700\xa0habitants vivent dans les communes concernées, même celles classées en partie"
    )
    assert crte.people == "1\u202f000\xa0habitants vivent dans les communes concernées"
    assert frr.source == "Source\xa0: frr.csv, 2025"
    assert "date non déclarée" in qpv.source
    assert crte.names == "crte-1\u202f; crte-2"
    assert [area.detail for area in crte.areas] == ["2\xa0communes", "1\xa0commune"]


def test_patterns_differ_then_repeat(toy_run: Run) -> None:
    land = toy_run.territory
    many = tuple(of_communes(land, f"Z{i}", {"a": ("99001",)}, named=False) for i in range(5))
    drawn = zonings(dataclasses.replace(toy_run, zonings=many), draw(land))
    assert len(set(DASHES)) == 4
    assert [one.dash for one in drawn] == [*DASHES, DASHES[0]]
    assert drawn[0].names == ""
    assert [area.title for area in drawn[0].areas] == ["Z0"]


def test_many_and_endless_names_are_cut_in_the_legend(toy_run: Run) -> None:
    shapes = {f"{'x' * 500}{i}": km(i * 0.5, 1, i * 0.5 + 0.4, 2) for i in range(10)}
    shapes |= {"à": km(9, 1, 9.5, 2)}
    many = of_polygons(toy_run.territory, "QPV", shapes)
    (drawn,) = zonings(dataclasses.replace(toy_run, zonings=(many,)), draw(toy_run.territory))
    assert len(drawn.names) < 600, "eight names of sixty characters"
    assert drawn.names.endswith("et 3 de plus")
    assert len(drawn.areas) == 11


def test_a_page_without_zonings_says_nothing_of_them(toy_run: Run) -> None:
    text = page_of(toy_run)
    assert "zonage" not in text
    assert "Territoires particuliers" not in text


def test_no_hostile_text_reaches_the_page(zoned: Run) -> None:
    text = page_of(zoned)
    assert "<img src=x" not in text
    assert "{{7*7}}" in text, "printed as it is"
    found = re.search(r'id="zonages">(.*?)</script>', text, flags=re.DOTALL)
    assert found is not None
    assert [one["key"] for one in json.loads(found[1])] == ["zonage-1", "zonage-2", "zonage-3"]


def test_pages_share_the_shapes(zoned: Run) -> None:
    press = Press.ready(zoned, draw(zoned.territory))
    pages = {f"cartes/{t.key}.html": press.theme_page(t) for t in zoned.themes[:2]}
    lighter, _ = share(pages, folder="cartes/ressources")
    assert all(len(lighter[name]) < len(pages[name]) for name in pages)


def lines(page: Any, key: str) -> int:
    return int(page.locator(f".leaflet-{key}-pane path[stroke-dasharray]").count())


def test_layers_are_off_then_drawn_and_kept_by_the_address(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    assert page.get_by_role("group", name="Territoires particuliers").is_visible()
    assert [lines(page, f"zonage-{i}") for i in (1, 2, 3)] == [0, 0, 0]
    assert not page.locator("[data-couche=zonage-2]").is_visible()
    page.check("input[name=zonage-2]")
    assert lines(page, "zonage-2") == 2
    assert "FRR" in page.locator("[data-couche=zonage-2]").inner_text()
    dashed = page.locator(".leaflet-zonage-2-pane path[stroke-dasharray]").first
    assert dashed.get_attribute("stroke") == "#1d1d1b"
    assert dashed.get_attribute("fill") == "none"
    page.wait_for_url(re.compile("avec=zonage-2$"))
    page.check("input[name=zonage-1]")
    page.wait_for_url(re.compile("avec=zonage-1,zonage-2$"))
    page.reload()
    assert [lines(page, f"zonage-{i}") for i in (1, 2, 3)] == [2, 2, 0]
    page.uncheck("input[name=zonage-2]")
    assert lines(page, "zonage-2") == 0
    page.check("input[name=zonage-2]")
    assert lines(page, "zonage-2") == 2, "drawn again, masks and all"
    assert page.locator("#zonage-2-0 path").count() == 1
    assert seen.errors == []
    assert {url.partition("#")[0] for url in seen.foreign} <= {page_path.as_uri()}


def test_what_is_too_small_is_pointed_at(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.check("input[name=zonage-1]")
    assert page.locator(".fleche").count() == 1
    page.locator(".fleche").hover()
    page.locator(".leaflet-tooltip", has_text="Petit").wait_for()
    page.uncheck("input[name=zonage-1]")
    assert page.locator(".fleche").count() == 0
    assert seen.errors == []


def test_tooltips_name_the_territory_as_text(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.check("input[name=zonage-1]")
    box_ = page.locator(".leaflet-zonage-1-pane path.leaflet-interactive").first.bounding_box()
    page.mouse.move(box_["x"] + 5, box_["y"] + box_["height"] / 2)
    page.locator(".leaflet-tooltip", has_text="onerror").wait_for()
    assert page.locator("img").count() == 0
    assert seen.errors == []


def test_printed_when_switched_on(page_path: Path, visit: Visitor) -> None:
    seen = visit(page_path)
    page = seen.page
    page.check("input[name=zonage-3]")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator(".carte [data-couche=zonage-3]").is_visible()
    assert not page.locator(".carte [data-couche=zonage-2]").is_visible()
    assert lines(page, "zonage-3") == 2
    assert seen.errors == []
