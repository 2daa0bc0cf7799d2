"""Pages opened in Chromium without network: drawn, silent, inert, usable from a keyboard."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cartoallier.model import Run, Territory, Theme
from cartoallier.outputs.maps import assets, palette, write_maps

Visitor = Callable[[Path], Any]
KEY = "premier_accueil_social"


@pytest.fixture
def atlas(toy_run: Run, tmp_path: Path) -> Path:
    write_maps(toy_run, tmp_path)
    return tmp_path


def colours(page: Any, selector: str) -> dict[str, int]:
    """Colours of one element on screen, with their number of pixels."""
    picture = Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")
    counted = picture.getcolors(maxcolors=1 << 24) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour): count for count, colour in counted}


def test_every_page_opens_alone_and_in_silence(toy_run: Run, atlas: Path, visit: Visitor) -> None:
    names = ["index.html", *(f"cartes/{theme.key}.html" for theme in toy_run.themes)]
    for name in names:
        seen = visit(atlas / name)
        seen.page.wait_for_timeout(50)
        assert seen.foreign == [], name
        assert seen.errors == [], name
        seen.page.close()


def test_the_map_is_drawn_in_the_colours_of_its_classes(
    toy_run: Run, atlas: Path, visit: Visitor
) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    drawn = colours(page, ".carte")
    met = toy_run.summaries[KEY].access_class.dropna().astype(int).unique()
    for position in met:
        assert drawn.get(palette.ACCESS[position], 0) > 500
    assert len(drawn) > 20
    page.check("input[value=besoin]")
    drawn = colours(page, ".carte")
    assert any(drawn.get(colour, 0) > 500 for colour in palette.NEED)
    assert page.locator('.leaflet-teintes-pane path[fill="url(#points)"]').count() == 1
    assert drawn.get("#ffffff", 0) > 500, "statistical secrecy is dotted on white"


def test_names_from_others_are_inert_and_shown_whole(atlas: Path, visit: Visitor) -> None:
    seen = visit(atlas / f"cartes/{KEY}.html")
    page = seen.page
    zones = page.locator(".leaflet-teintes-pane path")
    for i in range(zones.count()):
        zones.nth(i).dispatch_event("mouseover")
        zones.nth(i).dispatch_event("mouseout")
    markers = page.locator(".leaflet-lieux-pane .lieu")
    for i in range(markers.count()):
        markers.nth(i).dispatch_event("mouseover")
    assert "{{7*7}}" in page.locator(".leaflet-tooltip-pane").inner_text()
    assert "<img src=x" in page.locator(".leaflet-tooltip-pane").inner_text()
    assert page.locator("img").count() == 0
    assert seen.errors == []


def test_the_policy_stops_what_is_not_the_page(atlas: Path, visit: Visitor) -> None:
    seen = visit(atlas / f"cartes/{KEY}.html")
    seen.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.intrus = true";
            document.body.append(script);
        }"""
    )
    assert seen.page.evaluate("window.intrus") is None
    assert any("Content Security Policy" in error for error in seen.errors)


def test_a_heading_sorts_its_table(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    table = page.locator("table.triable", has=page.get_by_text("Par commune"))
    button = table.get_by_role("button", name="Habitants", exact=True)

    def figures() -> list[str]:
        return table.locator("tbody td:nth-child(3)").all_inner_texts()

    button.click()
    assert figures() == ["600", "300", "100"]
    assert table.locator("[aria-sort=descending]").count() == 1
    button.click()
    assert figures() == ["100", "300", "600"]
    need = table.get_by_role("button", name="part des 65 ans")
    need.click()
    assert table.locator("tbody td:last-child").all_inner_texts()[-1] == "secret statistique"


def test_switches_drive_the_map_and_its_legend(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    assert page.locator("[data-teinte=minutes]").is_visible()
    assert not page.locator("[data-teinte=besoin]").is_visible()
    page.check("input[value=besoin]")
    assert page.locator("[data-teinte=besoin]").is_visible()
    assert not page.locator("[data-teinte=minutes]").is_visible()
    assert page.locator(".lieu").count() > 0
    page.uncheck("input[name=lieux]")
    assert page.locator(".lieu").count() == 0
    page.check("input[name=lieux]")
    assert page.locator(".lieu").count() > 0
    page.uncheck("input[name=noms]")
    assert page.locator(".nom").count() == 0
    page.uncheck("input[name=contexte]")
    assert page.locator(".leaflet-contexte-pane path").count() == 0


def test_symbols_say_permanence_bus_and_neighbour(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    legend = page.locator(".symboles").inner_text()
    assert "lieu permanent" in legend
    assert "permanence" in legend
    assert "itinérante" in legend
    assert "hors du département" in legend
    fills = page.locator(".lieu svg > :first-child").evaluate_all(
        "all => all.map((shape) => shape.getAttribute('fill'))"
    )
    assert sorted(fills) == ["#1d1d1b", "#fff", "#fff", "#fff"]


def test_a_keyboard_reaches_every_control(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const on = document.activeElement;
                    return [on.tagName, on.id, on.name || "", on.title || ""].join(" ");
                }"""
            )
        )
    text = "\n".join(reached)
    for control in ("imprimer", "zones", "recherche", "Agrandir", "teinte", "lieux", "noms"):
        assert control in text, control
    assert "path" not in text, "the map is one tab stop, not one per zone"
    page.locator("input[value=minutes]").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("[data-teinte=minutes]").is_hidden()


def test_labels_do_not_overlap(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    boxes = page.locator(".nom").evaluate_all(
        "all => all.map((n) => { const b = n.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert len(boxes) >= 2
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


NAMED = """() => {
    const box = (one) => {
        const b = one.getBoundingClientRect();
        return [b.left, b.top, b.right, b.bottom];
    };
    const { map } = cartoallier.board, frame = map.getContainer().getBoundingClientRect();
    const halls = new Map(cartoallier.land.towns.map(([code, name]) => {
        const at = map.latLngToContainerPoint(ground.place(...cartoallier.land.points[code]));
        return [name, [at.x + frame.left, at.y + frame.top]];
    }));
    return {
        towns: [...document.querySelectorAll(".nom-grande, .nom-ville")]
            .map((one) => [box(one), halls.get(one.textContent)]),
        marks: [...document.querySelectorAll(".point-ville, .lieu, .grappe")].map(box),
        zones: [...document.querySelectorAll(".nom-epci")].map((one) => {
            const [left, top, right, bottom] = box(one);
            const at = map.containerPointToLatLng(
                [(left + right) / 2 - frame.left, (top + bottom) / 2 - frame.top]);
            return Object.values(cartoallier.land.groupings)
                .filter((path) => names.inside([at.lat, at.lng], ground.rings(path))).length;
        }),
    };
}"""


@pytest.mark.parametrize("size", [(390, 844), (1280, 800), "paper"])
def test_a_name_touches_its_town_or_stands_in_its_epci(
    atlas: Path, visit: Visitor, size: tuple[int, int] | str
) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    if isinstance(size, str):
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    else:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(200)
    named = page.evaluate(NAMED)
    assert named["towns"]
    for box, hall in named["towns"]:
        mark = next(
            m
            for m in named["marks"]
            if m[0] - 1 <= hall[0] <= m[2] + 1 and m[1] - 1 <= hall[1] <= m[3] + 1
        )
        across = max(0, box[0] - mark[2], mark[0] - box[2])
        down = max(0, box[1] - mark[3], mark[1] - box[3])
        assert max(across, down) <= 6
        assert not any(meet(box, m) for m in named["marks"])
    assert named["zones"]
    assert all(count == 1 for count in named["zones"])


def test_the_drawing_is_not_read_aloud_nor_moved_for_who_asks(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    assert page.locator(".leaflet-map-pane").get_attribute("aria-hidden") == "true"
    animated = "cartoallier.board.map.options.zoomAnimation"
    assert page.evaluate(animated) is True
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    assert page.evaluate(animated) is False


CIRCLES = """() => {
    const svg = (name, told) => ground.svg(name, told, name === "text" ? "400" : "");
    const key = document.createElement("figure");
    key.className = "cercles";
    key.append(svg("svg", { width: 106, height: 50 }));
    key.firstChild.append(
        svg("circle", { class: "rond", cx: 21, cy: 23, r: 20 }),
        svg("path", { class: "trait", d: "M21 3H48" }),
        svg("text", { x: 51, y: 6 }));
    document.querySelector(".legende").append(key);
    cartoallier.theme.radius = 1;
    for (const [code] of cartoallier.land.towns) cartoallier.theme.circles.push([code, 400]);
    cartoallier.board.resized();
}"""


def test_circles_do_not_tint_and_shrink_with_the_map(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    page.evaluate(CIRCLES)
    drawn = page.locator(".leaflet-cercles-pane path")
    assert drawn.count() > 0
    assert set(drawn.evaluate_all("all => all.map((p) => p.getAttribute('fill'))")) == {"none"}
    radius = "+document.querySelector('.cercles .rond').getAttribute('r')"
    assert page.evaluate(radius) == 20
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    assert page.evaluate(radius) < 14
    page.emulate_media(forced_colors="active")
    fill, ink = page.evaluate(
        """() => [getComputedStyle(document.querySelector(".cercles text")).fill,
            getComputedStyle(document.body).color]"""
    )
    assert fill == ink, "values of the key take the colour of the text"


@pytest.mark.parametrize("size", [(320, 568), (390, 844), (820, 1180)])
def test_narrow_screens_put_the_map_first_and_scroll_one_way(
    atlas: Path, visit: Visitor, size: tuple[int, int]
) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    top = [
        page.locator(selector).first.bounding_box()["y"]
        for selector in (".carte", ".legende", ".chiffre", ".couches", ".notes", "#tableaux")
    ]
    assert top == sorted(top)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


BOXES = """all => all.map((one) => {
    const box = one.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
})"""


def meet(a: list[float], b: list[float]) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1280, 800)])
def test_controls_stand_on_no_name_and_no_text(
    atlas: Path, visit: Visitor, size: tuple[int, int]
) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(200)
    names = page.locator(".nom").evaluate_all(BOXES)
    over = page.locator(".leaflet-control, .chercher input").evaluate_all(BOXES)
    assert names
    assert len(over) == 3
    assert not any(meet(name, control) for name in names for control in over)
    texts = page.locator("h1, .sous-titre, .avertissement, .legende h2").evaluate_all(BOXES)
    [button] = page.locator("#imprimer").evaluate_all(BOXES)
    assert not any(meet(button, text) for text in texts)


def test_tables_keep_their_height_until_one_comes_to_them(atlas: Path, visit: Visitor) -> None:
    page = visit(atlas / f"cartes/{KEY}.html").page
    before = page.evaluate("document.documentElement.scrollHeight")
    after = page.evaluate(
        """() => {
            for (const one of document.querySelectorAll(".defile"))
                one.style.contentVisibility = "visible";
            return document.documentElement.scrollHeight;
        }"""
    )
    assert before == pytest.approx(after, rel=0.25)


def test_scripts_are_whole_and_short() -> None:
    folder = Path(assets.__file__).parent / "templates"
    for parts in assets.PARTS.values():
        assert all((folder / part).is_file() for part in parts)
    for script in folder.glob("*.js"):
        assert len(script.read_text("utf-8").splitlines()) <= 400, script.name


def test_many_sites_gather_on_screen_and_part_in_print(
    toy: Territory,
    toy_sites: list[dict[str, object]],
    themes: dict[str, Theme],
    tmp_path: Path,
    visit: Visitor,
    run_of: Callable[..., Run],
) -> None:
    first = toy_sites[0]
    rows = [
        {**first, "longitude": float(first["longitude"]) + i % 10 / 900,  # type: ignore[arg-type]
         "latitude": float(first["latitude"]) + i // 10 / 900}  # type: ignore[arg-type]
        for i in range(80)
    ]  # fmt: skip
    write_maps(run_of(toy, rows, themes=(themes[KEY],)), tmp_path)
    seen = visit(tmp_path / f"cartes/{KEY}.html")
    page = seen.page
    assert page.locator(".grappe").count() >= 1
    assert page.locator(".grappe-dehors").count() == 0, "white: its places are inside"
    assert page.locator(".legende .grappes-dites").is_visible()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))
    assert not any("grappe" in name for name in reached), "a cluster is no tab stop"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".grappe-ecran").count() == 0
    boxes = page.locator(".lieu, .grappe").evaluate_all(BOXES)
    assert not any(meet(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    told = page.locator(".grappe span").all_inner_texts()
    assert sum(map(int, told)) + page.locator(".lieu").count() == 80
    assert "Double cercle" in page.locator(".legende").inner_text()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".grappe-ecran").count() >= 1
    assert page.locator(".imprime").count() == 0
    assert seen.errors == []


def test_the_index_shows_one_map_per_theme(toy_run: Run, atlas: Path, visit: Visitor) -> None:
    seen = visit(atlas / "index.html")
    assert seen.page.locator(".fiche svg").count() == len(toy_run.themes)
    drawn = colours(seen.page, ".colonnes")
    assert any(drawn.get(colour, 0) > 200 for colour in palette.ACCESS)
    seen.page.get_by_role("link", name=toy_run.themes[0].short_title).click()
    assert seen.page.locator("h1").inner_text() == toy_run.themes[0].title
    assert seen.errors == []
