"""Hostile texts in every field of every source: no page runs them, no table calculates them.

The program runs for real on files whose every text field holds a payload; Chromium, offline,
opens every page, hovers, clicks and ticks everything, and nothing happens.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
from PIL import Image
from playwright.sync_api import Browser

import toys
from cartoallier.model import Territory
from cartoallier.outputs.maps import palette, write_maps
from chromium import Visit
from hostile_project import MARK, PAYLOADS, hostile_atlas

__all__ = ["hostile_atlas"]

Visitor = Callable[[Path], Any]
Atlas = Callable[..., Path]
FORMULA = re.compile(r"[=+\-@\t\r]")
PLANTED = re.compile(r"hacked|7\*7|\u202e|\u200b|é{40}|=cmd")
NUMBER = re.compile(r"[+\-−]?\d[\d\s.,]*")
INTRUDERS = """() => {
    const all = [...document.querySelectorAll("*")];
    const told = (node) => [...node.attributes].some((a) => /^on|^srcdoc$/i.test(a.name)
        || /^\\s*(javascript|data:text)/i.test(a.value));
    return all.filter((node) => node.matches("img[src=x], object, embed, b[onclick]") || told(node))
        .map((node) => node.outerHTML.slice(0, 200));
}"""
EVERYTHING = """() => {
    for (const node of document.querySelectorAll("button, summary, label, .leaflet-interactive,"
        + " .leaflet-marker-icon, [tabindex], [role=button]")) {
        for (const kind of ["mouseover", "mouseenter", "focus"])
            node.dispatchEvent(new MouseEvent(kind, { bubbles: true }));
        if (/Plan IGN/.test(node.textContent)) continue; // the basemap is asked for, from outside
        if (!node.closest("a[href]:not([href^='#'])"))
            node.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    }
}"""
BENT = """() => {
    // writing that turns, and is not turned back before other words of its block
    const turns = /[\\u202a-\\u202e\\u2066-\\u2069]/, back = /[\\u202c\\u2069]/;
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), bent = [];
    const apart = (node) => {
        const style = getComputedStyle(node);
        return style.display !== "inline" || /isolate|plaintext/.test(style.unicodeBidi);
    };
    while (walk.nextNode()) {
        const node = walk.currentNode;
        if (!turns.test(node.data) || node.parentElement.closest("script")) continue;
        let home = node.parentElement;
        while (!apart(home)) home = home.parentElement;
        const text = home.textContent, rest = text.slice(text.search(turns));
        if (!back.test(rest) && text.trim() !== node.data.trim()) bent.push(text.slice(0, 200));
    }
    return bent;
}"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """What a page did while everything on it was hovered, clicked and ticked."""

    hacked: list[object]
    intruders: list[str]
    outside: list[str]
    errors: list[str]
    bent: list[str]
    words: str
    width: int
    filled: float | None


def explore(seen: Any, folder: Path) -> Told:
    """Hover and click everywhere, tick and press everything, and say what came of it."""
    page = seen.page
    width = page.evaluate("document.documentElement.scrollWidth")
    filled = share_filled(page)
    for home in page.locator(".carte").all():
        box = home.bounding_box()
        if box is None:
            continue
        for part in (0.2, 0.4, 0.5, 0.6, 0.8):
            for other in (0.3, 0.5, 0.7):
                x, y = box["x"] + part * box["width"], box["y"] + other * box["height"]
                page.mouse.move(x, y)
            page.mouse.click(x, y)
    page.evaluate(EVERYTHING)
    page.wait_for_timeout(30)
    own = (folder.as_uri(), "data:", "blob:", "about:")
    told = Told(
        hacked=[found for frame in page.frames if (found := frame.evaluate(f"window.{MARK}"))],
        intruders=[one for frame in page.frames for one in frame.evaluate(INTRUDERS)],
        outside=[url for url in seen.requests if not url.startswith(own)],
        errors=seen.errors,
        bent=page.evaluate(BENT),
        words=page.locator("body").inner_text(),
        width=width,
        filled=filled,
    )
    page.close()
    return told


def share_filled(page: Any) -> float | None:
    """Return the part of its map that the tints of access take, in their longer direction."""
    home = page.locator(".carte").first
    if not home.count() or not home.is_visible():
        return None
    seen = np.asarray(Image.open(io.BytesIO(home.screenshot())).convert("RGB"))
    tints = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in palette.ACCESS]
    rows, columns = np.nonzero((seen[:, :, None, :] == tints).all(axis=-1).any(axis=-1))
    if not len(rows):
        return None
    return float(max(np.ptp(rows) / seen.shape[0], np.ptp(columns) / seen.shape[1]))


def assert_inert(told: Told, name: str) -> None:
    assert told.hacked == [], name
    assert told.intruders == [], name
    assert told.outside == [], name
    assert told.errors == [], name
    assert "undefined" not in told.words, name
    assert not re.search(r"\bNaN\b|\b49\{\{|\[object", told.words), name


def pages_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


@pytest.fixture(scope="module")
def explored(hostile_atlas: Atlas, browser: Browser) -> dict[str, Told]:
    """Every page of the hostile atlas, opened once."""
    folder = hostile_atlas()
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    told = {page.stem: explore(Visit(context, page), folder) for page in pages_of(folder)}
    context.close()
    return told


def test_payloads_reach_the_outputs(hostile_atlas: Atlas) -> None:
    """Not a test of nothing: each source is read, and what it says is told."""
    folder = hostile_atlas()
    with (folder / "tableaux" / "offre.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = dict.fromkeys(("france-services", "data-inclusion", "dora", "soliguide"), 0)
    for row in rows:
        if row["source"] in told and PLANTED.search(row["nom"]):
            told[row["source"]] += 1
    assert min(told.values()) >= 2, told
    assert any(row["source"] == "tableau" and "7*7" in row["nom"] for row in rows)
    names = {page.stem for page in pages_of(folder)}
    assert {"index", "variantes", "facteurs", "profils", "premier_accueil_social"} <= names
    assert any("simulation" in page.as_posix() for page in pages_of(folder))
    text = "\n".join(page.read_text("utf-8") for page in pages_of(folder))
    for told_somewhere in ("{{7*7}}", "${7*7}", "\u202e", "=cmd", "é" * 40, "onmouseover"):
        assert told_somewhere in text, told_somewhere
    assert PAYLOADS[0] not in text.replace("window.hacked=1</script>\\", "")


def test_nothing_planted_runs(explored: dict[str, Told]) -> None:
    assert len(explored) >= 12
    for name, told in explored.items():
        assert_inert(told, name)


def test_writing_that_turns_stays_in_its_place(explored: dict[str, Told]) -> None:
    assert {name: told.bent for name, told in explored.items() if told.bent} == {}


def test_long_names_do_not_widen_a_page(explored: dict[str, Told]) -> None:
    assert {name: told.width for name, told in explored.items() if told.width > 1280} == {}


def test_no_cell_of_a_table_is_a_formula(hostile_atlas: Atlas) -> None:
    folder = hostile_atlas()
    tables = sorted(folder.rglob("*.csv"))
    assert len(tables) >= 15
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    calculated = FORMULA.match(cell) and not NUMBER.fullmatch(cell)
                    assert not calculated, (path.name, cell)
    books = sorted(folder.rglob("*.xlsx"))
    assert books
    for path in books:
        book = openpyxl.load_workbook(path)  # a text cell is never calculated
        for sheet in book.worksheets:
            for line in sheet.iter_rows():
                for held in line:
                    assert held.data_type != "f", (path.name, sheet.title, held.coordinate)


def test_the_geopackage_and_the_provenance_open(hostile_atlas: Atlas) -> None:
    folder = hostile_atlas()
    path = folder / "cartoallier.gpkg"
    with sqlite3.connect(path) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    layers = [name for name, _ in pyogrio.list_layers(path)]
    assert "services" in layers
    for name in layers:
        assert len(pyogrio.read_dataframe(path, layer=name)) >= 0
        assert re.fullmatch(r"\w+", name), name
    told = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert any("onerror" in str(source) for source in told["sources"])


@pytest.mark.parametrize("departement", ["2A", "75"])
def test_islands_and_a_single_commune(
    departement: str, hostile_atlas: Atlas, visit: Visitor
) -> None:
    """Corse-du-Sud has islands off its shore; Paris is one commune."""
    folder = hostile_atlas(departement)
    for path in pages_of(folder):
        told = explore(visit(path), folder)
        assert_inert(told, path.name)
        if path.stem == "premier_accueil_social":
            assert told.filled
            assert 0.5 <= told.filled < 1
        assert told.width <= 1280
        assert f"({departement})" in told.words


def test_an_overseas_departement_is_drawn_where_it_is(explored: dict[str, Told]) -> None:
    told = explored["premier_accueil_social"]
    assert "La Réunion (974)" in told.words
    assert told.filled
    assert 0.5 <= told.filled < 1


def test_one_commune_only(
    toy: Territory, tmp_path: Path, visit: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A territory of one commune, under a hostile name, with a site and then without any."""
    need, one = toys.needs(toy), alone(toy, PAYLOADS[1])
    values = need.values[need.values["code"] == "99001"].assign(name=PAYLOADS[3])
    few = dataclasses.replace(need, values=values, weights=need.weights.loc[one.origins.index])
    monkeypatch.setattr(toys, "needs", lambda _: few)
    for name, sites in (("avec", ({"at": 2, "name": PAYLOADS[0]},)), ("sans", ())):
        write_maps(toys.run(one, *sites), tmp_path / name)
        for path in pages_of(tmp_path / name):
            told = explore(visit(path), tmp_path / name)
            assert_inert(told, path.name)
            assert path.stem == "index" or PAYLOADS[1] in told.words


def test_pages_that_share_files_run_nothing_either(hostile_atlas: Atlas, visit: Visitor) -> None:
    """``--assets partages``: texts leave the page for scripts beside it, and stay texts."""
    folder = hostile_atlas("2A")
    files = sorted((folder / "cartes" / "ressources").iterdir())
    assert any(file.suffix == ".js" for file in files)
    seen = visit(folder / "cartes" / "premier_accueil_social.html")
    loaded = {url.rsplit("/", 1)[-1] for url in seen.foreign}
    assert loaded
    assert loaded <= {file.name for file in files}
    shared = "".join(file.read_text("utf-8") for file in files)
    pages = "".join(page.read_text("utf-8") for page in pages_of(folder))
    assert "{{7*7}}" in shared + pages
    for text in (shared, pages):
        assert not re.search(r"</?script[^>]*>window\.hacked", text)


def test_what_the_project_itself_writes_is_text(
    hostile_atlas: Atlas, explored: dict[str, Told]
) -> None:
    """Its own theme, the committee's reasons, variants, divisions, zonings, names of files."""
    own = explored["theme_hostile"]
    assert PAYLOADS[0] in own.words
    assert "{{7*7}}" in own.words
    for name in ("variantes", "donnees", "comparer", "rapport", "index"):
        assert re.search(r"hacked|7\*7", explored[name].words), name


def alone(toy: Territory, name: str) -> Territory:
    """Return the toy reduced to its first commune, every name changed."""
    communes = toy.communes.iloc[:1].assign(name=name)
    zones = toy.zones[toy.zones["code"].isin(["99", "991", "99001", "100000001"])]
    members = toy.members[toy.members["zone"].isin(zones.index)]
    return dataclasses.replace(
        toy,
        departement_name=name,
        communes=communes,
        origins=toy.origins.iloc[:1].assign(name=name),
        zones=zones.assign(name=name),
        members=members[members["commune_code"] == "99001"],
        boundary=gpd.GeoSeries(list(communes.geometry), crs=toy.crs),
    )
