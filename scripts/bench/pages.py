"""Theme pages against plain folium and ``GeoDataFrame.explore()``, on the same content.

    python scripts/bench/pages.py [--services 2000] [--markers 5000] [--repeat 3] [--themes KEY,KEY]

Content: the communes of Allier with their minutes, and invented services that answer every theme,
so that each page bears them all. The peers draw one such page, as their manuals do: a GeoJson of
communes tinted by minutes with a tooltip, and one CircleMarker per service (folium), or two
``explore()`` on one map. They are given no basemap, no list, no table, no legend.

- Time and size: seconds of processor to write a page, in one process, and its bytes; ours are the
  mean and the largest of the pages of the atlas.
- Offline: requests other than the page itself, and whether a map appears, without network.
- Interactive: from the start of navigation to the first frame after the map is drawn, on which a
  drag moves it (Performance API, headless Chromium, best of N). The peers' Leaflet is handed over
  by the bench itself, and their other libraries are answered empty: the network costs them nothing.
- Pan: a page of as many services as ``--markers``, dragged to and fro for three seconds; longest
  time between two frames, best and worst of N.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely
from playwright.sync_api import Browser, Page, Route, sync_playwright
from shapely.geometry.base import BaseGeometry

from cartoallier.catalogue import load_catalogue
from cartoallier.model import Mode, Run, Theme
from cartoallier.outputs import maps
from cartoallier.pipeline import diagnose
from cartoallier.project import load_project
from cartoallier.territory import load_territory

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
DEPARTEMENT = "03"
PALETTE = ("#fff7e6", "#fdd49e", "#fdae61", "#d9601a", "#8c2d04")
BOUNDS = (10, 15, 20, 30)
STREETS = ("rue de la République", "avenue de la Gare", "place de l’Église", "chemin du Moulin")

WATCH = """
(() => {
  window.bench = {};
  const drawn = () => document.readyState === "complete"
    && document.querySelector(".leaflet-container path, .leaflet-container canvas");
  const look = () => {
    if (!drawn()) return requestAnimationFrame(look);
    requestAnimationFrame(() => { window.bench.interactive = performance.now(); });
  };
  requestAnimationFrame(look);
})();
"""
"""The second frame after the drawing comes when the thread is free again."""
RECORD = """
() => {
  window.bench.frames = [];
  let before = performance.now();
  const frame = (now) => {
    window.bench.frames.push(now - before);
    before = now;
    window.bench.running = requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""
MOVED = "() => document.querySelector('.leaflet-map-pane').style.transform"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A page on disk.

    Attributes:
        seconds: of processor, to write it.
        path: where it is.
    """

    seconds: float
    path: Path

    @property
    def megabytes(self) -> float:
        """Its size."""
        return self.path.stat().st_size / 1e6


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What Chromium says of a page.

    Attributes:
        requests: other than the page, without network.
        blank: no map appears without network.
        interactive: milliseconds, best of the visits.
        answers: a drag moves the map.
    """

    requests: int
    blank: bool
    interactive: float
    answers: bool


def invent(folder: Path, *, services: int, themes: Sequence[str]) -> None:
    """Write a project of ``services`` invented places, each answering every theme."""
    territory = load_territory(DEPARTEMENT)
    inside = territory.communes[territory.communes["inside"]]
    draw = random.Random(6)  # noqa: S311 (invented places)
    chosen = draw.choices(range(len(inside)), weights=inside["population"].tolist(), k=services)
    shapes = inside.geometry.to_crs(4326).tolist()
    (folder / "offre").mkdir(parents=True)
    with (folder / "offre" / "lieux.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(
            ["nom", "longitude", "latitude", "code_insee", "structure", "adresse", "commune",
             "telephone", "categorie", "themes", "heures_semaine", "date_maj"]
        )  # fmt: skip
        for number, at in enumerate(chosen):
            point = _within(shapes[at], draw)
            commune = inside["name"].iloc[at]
            sheet.writerow(
                [f"Lieu d’accueil {number} de {commune}", f"{point.x:.5f}", f"{point.y:.5f}",
                 inside.index[at], f"Association inventée {number}",
                 f"{draw.randrange(1, 200)} {draw.choice(STREETS)}", commune,
                 f"04 70 {number // 10000:02} {number // 100 % 100:02} {number % 100:02}",
                 "CCAS", "|".join(themes), draw.choice((7, 20, 35)), "2024-08-01"]
            )  # fmt: skip


def _within(shape: BaseGeometry, draw: random.Random) -> shapely.Point:
    west, south, east, north = shape.bounds
    while True:
        point = shapely.Point(draw.uniform(west, east), draw.uniform(south, north))
        if shape.contains(point):
            return point


def run_of(folder: Path, *, services: int, themes: Sequence[str]) -> Run:
    """Diagnose an invented project."""
    invent(folder, services=services, themes=themes)
    run, _ = diagnose(
        load_project(folder, departement=DEPARTEMENT, here=folder), only=tuple(themes)
    )
    return run


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds of processor a piece of work takes: others share the machine."""
    start = time.process_time()
    work()
    return time.process_time() - start


def content(run: Run, theme: Theme) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return what the peers draw: communes with minutes and colour, services with their words."""
    inside = run.territory.communes[run.territory.communes["inside"]].to_crs(4326)
    rows = run.coverages[theme.key].rows(level="commune").set_index("code")
    minutes = rows["duree_min"].reindex(inside.index)
    communes = inside[["name", "population", "geometry"]].assign(
        minutes=minutes.round(1),
        colour=[PALETTE[sum(value >= bound for bound in BOUNDS)] for value in minutes.fillna(0)],
    )
    told = run.services.records[
        ["name", "structure", "address", "commune_name", "phone", "longitude", "latitude"]
    ]
    points = gpd.points_from_xy(told["longitude"], told["latitude"], crs=4326)
    return communes, gpd.GeoDataFrame(told.fillna(""), geometry=points)


def by_folium(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, path: Path) -> None:
    """Write the page of plain folium."""
    middle = communes.geometry.union_all().centroid
    drawn = folium.Map(location=[middle.y, middle.x], zoom_start=9, tiles=None)
    folium.GeoJson(
        communes,
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"], "color": "#fff", "weight": 0.35,
            "fillOpacity": 1,
        },
        tooltip=folium.GeoJsonTooltip(fields=["name", "population", "minutes"]),
    ).add_to(drawn)  # fmt: skip
    for place in services.to_dict("records"):
        folium.CircleMarker(
            [place["latitude"], place["longitude"]], radius=4, color="#1d1d1b", weight=1, fill=True,
            fill_color="#fff", fill_opacity=1,
            tooltip=", ".join(place[key] for key in ("name", "structure", "address", "phone")),
        ).add_to(drawn)  # fmt: skip
    drawn.save(str(path))


def by_explore(communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame, path: Path) -> None:
    """Write the page of ``GeoDataFrame.explore()``."""
    drawn = communes.explore(
        color=communes["colour"].tolist(), tiles=None, legend=False,
        tooltip=["name", "population", "minutes"],  # type: ignore[arg-type]  # the stub: bool only
        style_kwds={"weight": 0.35, "fillOpacity": 1},
    )  # fmt: skip
    services.drop(columns=["longitude", "latitude"]).explore(m=drawn, color="#1d1d1b", legend=False)
    drawn.save(str(path))


def peers(run: Run, theme: Theme, folder: Path) -> dict[str, Written]:
    """Write one page with each peer."""
    communes, services = content(run, theme)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, draw in (("folium", by_folium), ("explore()", by_explore)):
        path = folder / f"{name.strip('()')}.html"
        found[name] = Written(seconds=timed(lambda: draw(communes, services, path)), path=path)  # noqa: B023
    return found


def serve(route: Route) -> None:
    """Hand Leaflet over, as a network without delay would; other libraries are empty."""
    url = route.request.url
    shipped = Path(maps.__file__).parent / "assets"
    name = url.rsplit("/", 1)[-1].replace(".min.", ".")
    if url.startswith("file:"):
        route.continue_()
    elif (shipped / name).is_file():
        route.fulfill(path=shipped / name)
    else:
        route.fulfill(
            body="", content_type="text/css" if name.endswith("css") else "text/javascript"
        )


def open_page(browser: Browser, path: Path, *, served: bool) -> tuple[Page, list[str]]:
    """Open a page without network, with the libraries of the peers or without."""
    context = browser.new_context(offline=not served, viewport={"width": 1280, "height": 800})
    if served:
        context.route("**/*", serve)
    context.add_init_script(WATCH)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    return page, [u for u in asked if u != path.as_uri() and not u.startswith(("data:", "blob:"))]


def interactive(page: Page) -> float:
    """Wait for the map, and return the milliseconds it took from the start of navigation."""
    page.wait_for_function("() => window.bench.interactive !== undefined", timeout=60_000)
    return float(page.evaluate("() => window.bench.interactive"))


def drag(page: Page, *, seconds: float) -> bool:
    """Drag the map to and fro, and say whether it moved."""
    box = page.locator(".leaflet-container").first.bounding_box()
    if box is None:
        return False
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, moved = page.evaluate(MOVED), False
    page.mouse.move(x, y)
    page.mouse.down()
    start, step = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step += 1
        page.mouse.move(x + 12 * (step % 16), y + 8 * (step % 16))
    moved = page.evaluate(MOVED) != before
    page.mouse.up()
    return bool(moved)


def see(browser: Browser, path: Path, *, repeat: int, served: bool) -> Seen:
    """Open a page without network, then measure it with what it needs."""
    page, asked = open_page(browser, path, served=False)
    page.wait_for_timeout(1000)
    blank = page.evaluate("() => !document.querySelector('.leaflet-container path, canvas')")
    page.context.close()
    times, answers = [], True
    for _ in range(repeat):
        page, _asked = open_page(browser, path, served=served)
        times.append(interactive(page))
        answers &= drag(page, seconds=0.3)
        page.context.close()
    return Seen(requests=len(asked), blank=blank, interactive=min(times), answers=answers)


def pan(browser: Browser, path: Path, *, repeat: int, served: bool) -> list[float]:
    """Return the longest frame of each of some pans, milliseconds."""
    longest = []
    for _ in range(repeat):
        page, _asked = open_page(browser, path, served=served)
        interactive(page)
        page.wait_for_timeout(500)
        page.evaluate(RECORD)
        drag(page, seconds=3)
        frames = page.evaluate("() => window.bench.frames.slice(1)")
        longest.append(float(max(frames)))
        page.context.close()
    return sorted(longest)


def ours(run: Run, folder: Path) -> tuple[float, list[Path]]:
    """Write our atlas: seconds, and its theme pages."""
    seconds = timed(lambda: maps.write_maps(run, folder))
    return seconds, [folder / "cartes" / f"{theme.key}.html" for theme in run.themes]


def _load() -> str:
    return f"charge de la machine {os.getloadavg()[0]:.1f} sur {os.cpu_count()} cœurs"


def row(*cells: object) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def compare(browser: Browser, run: Run, folder: Path, *, theme: Theme, repeat: int) -> None:
    """Print the table of sizes, times and requests."""
    seconds, pages = ours(run, folder / "ours")
    one = folder / "ours" / "cartes" / f"{theme.key}.html"
    sizes = [path.stat().st_size / 1e6 for path in pages]
    print(f"\n{len(pages)} pages, {len(run.services.records)} services sur chacune ; {_load()}\n")
    row("", "écrire une page (s de processeur)", "page (Mo)", "requêtes hors ligne",
        "carte hors ligne", "interactive (ms)", "répond")  # fmt: skip
    row(*["---"] * 7)
    seen = see(browser, one, repeat=repeat, served=False)
    row("cartoallier", f"{seconds / len(pages):.2f} ({seconds:.1f} pour l’atlas)",
        f"{one.stat().st_size / 1e6:.2f} (au plus {max(sizes):.2f})", *_told(seen))  # fmt: skip
    for name, written in peers(run, theme, folder / "peers").items():
        seen = see(browser, written.path, repeat=repeat, served=True)
        row(name, f"{written.seconds:.2f}", f"{written.megabytes:.2f}", *_told(seen))


def _told(seen: Seen) -> tuple[str, ...]:
    return (
        str(seen.requests), "aucune" if seen.blank else "oui", f"{seen.interactive:.0f}",
        "oui" if seen.answers else "non",
    )  # fmt: skip


def compare_pans(browser: Browser, run: Run, folder: Path, *, theme: Theme, repeat: int) -> None:
    """Print the table of pans."""
    ours(run, folder / "ours")
    print(f"\nDéplacer la carte, {len(run.services.records)} lieux ; {_load()}\n")
    row("", "page (Mo)", "interactive (ms)", "image la plus longue (ms), meilleure et pire fois")
    row(*["---"] * 4)
    pages = {"cartoallier": folder / "ours" / "cartes" / f"{theme.key}.html"}
    pages |= {name: one.path for name, one in peers(run, theme, folder / "peers").items()}
    for name, path in pages.items():
        served = name != "cartoallier"
        seen = see(browser, path, repeat=1, served=served)
        longest = pan(browser, path, repeat=repeat, served=served)
        row(name, f"{path.stat().st_size / 1e6:.2f}", f"{seen.interactive:.0f}",
            f"{longest[0]:.0f} à {longest[-1]:.0f}")  # fmt: skip


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=2000)
    parser.add_argument("--markers", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--themes", default="", help="keys, separated by commas; all of them")
    parser.add_argument("--keep", type=Path, help="folder to leave the pages in")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # of the peers
    shipped = load_catalogue().themes
    themes = [key for key in asked.themes.split(",") if key] or list(shipped)
    theme = next(
        shipped[key] for key in themes
        if shipped[key].mode is Mode.PROXIMITY and not shipped[key].sensitive
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = asked.keep or Path(made)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        run = run_of(folder / "many", services=asked.services, themes=themes)
        compare(browser, run, folder / "many", theme=theme, repeat=asked.repeat)
        run = run_of(folder / "pan", services=asked.markers, themes=[theme.key])
        compare_pans(browser, run, folder / "pan", theme=theme, repeat=asked.repeat)
        browser.close()


if __name__ == "__main__":
    main()
