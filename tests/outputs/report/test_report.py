"""The report: what it says, that it is safe, and that it prints on few pages."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

from cartoallier.diagnosis import evidence
from cartoallier.model import VARIANT_COLUMNS, Run, Territory
from cartoallier.model.french import number
from cartoallier.outputs.report import write_report
from cartoallier.outputs.report.content import WORDS
from cartoallier.pipeline import diagnose
from cartoallier.project import load_project
from chromium import Visit
from toys import run as toy_run

HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>{{7*7}}{% x %}'"\\"""


class _Page(HTMLParser):
    """Ids, links and sources of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if "id" in known:
            self.ids.append(known["id"])
        if tag == "a":
            self.links.append(known["href"])
        if "src" in known:
            self.sources.append((tag, known["src"]))


@pytest.fixture
def run(toy: Territory) -> Run:
    """One theme with two places."""
    return toy_run(toy, {"at": 2}, {"at": 14})


def _written(run: Run, folder: Path) -> str:
    return write_report(run, folder)[0].read_text(encoding="utf-8")


def _text(page: str) -> str:
    """Return the words of a page, spaces made plain."""
    plain = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"[\s\u202f\u00a0]+", " ", plain.replace("&nbsp;", " ").replace("&#8239;", " "))


def _beside(run: Run, folder: Path) -> None:
    """Write an empty page for each theme."""
    (folder / "cartes").mkdir(parents=True, exist_ok=True)
    for theme in run.themes:
        page = folder / "cartes" / f"{theme.key}.html"
        page.write_text("<!DOCTYPE html><title>page</title>", encoding="utf-8")


def test_says_what_the_summary_says(run: Run, tmp_path: Path) -> None:
    page = _written(run, tmp_path)
    words = _text(page)
    summary = run.summaries["accueil"]
    for line in (summary.headline, *summary.details, *summary.sentences, summary.reading):
        assert _text(line) in words
    assert "Document de travail, ne vaut pas engagement" in words
    assert 'lang="fr"' in page
    assert page.count("<main>") == page.count("<nav ") == page.count("<h1>") == 1


def test_table_holds_the_figures_of_coverage(run: Run, tmp_path: Path) -> None:
    words = _text(_written(run, tmp_path))
    inside = run.coverages["accueil"].rows(level="epci")
    for _, row in inside[inside["perimetre"] == "partie"].iterrows():
        assert f"{row['nom']} (partie) {row['population']:.0f}" in words
    whole = run.coverages["accueil"].rows(level="departement").iloc[0]
    assert _text(f"{whole['nom']} {number(whole['population'])}") in words


def test_demonstration_is_said_on_every_printed_page(run: Run, tmp_path: Path) -> None:
    invented = _written(dataclasses.replace(run, demonstration=True), tmp_path / "a")
    real = _written(dataclasses.replace(run, demonstration=False), tmp_path / "b")
    assert re.search(r'@top-left \{ content: "[^"]*démonstration', invented)
    assert "démonstration" not in real


def test_links_resolve(run: Run, tmp_path: Path) -> None:
    _beside(run, tmp_path)
    page = _Page(_written(run, tmp_path))
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (tmp_path / link).is_file()
    assert ("iframe", "cartes/accueil.html#integre=1") in page.sources
    for _, source in page.sources:
        assert (tmp_path / source.partition("#")[0]).is_file()


def test_a_map_stands_in_the_report_and_needs_no_file(run: Run, tmp_path: Path) -> None:
    page = _written(run, tmp_path)
    assert _Page(page).sources == []
    assert '<div class="planche"><svg viewBox=' in page
    assert 'aria-label="Carte : Accueil. ' in page
    for name in re.findall(r'xlink:href="#([^"]+)"', page):
        assert f'<path id="{name}"' in page
    for word in ("communes", "habitants", "lieu permanent", "2 km"):
        assert word in _text(page)
    _beside(run, tmp_path)
    assert '<div class="planche papier"><svg viewBox=' in _written(run, tmp_path)


def test_kinds_not_received_are_listed(run: Run, tmp_path: Path) -> None:
    summary = dataclasses.replace(run.summaries["accueil"], missing=("PMI", "MSD"))
    page = _written(dataclasses.replace(run, summaries={"accueil": summary}), tmp_path)
    (table,) = re.findall(r'<table class="manques">.*?</table>', page, flags=re.S)
    assert "PMI, MSD" in _text(table)


def test_same_run_same_bytes(run: Run, tmp_path: Path) -> None:
    _beside(run, tmp_path)
    assert _written(run, tmp_path) == _written(run, tmp_path)
    assert not list(tmp_path.glob(".*"))


def test_hostile_names_stay_text(
    toy: Territory, tmp_path: Path, visit: Callable[[Path], Visit]
) -> None:
    toy.zones["name"] += HOSTILE
    plain = toy_run(toy, {"at": 2, "name": HOSTILE})
    theme = dataclasses.replace(plain.themes[0], title=HOSTILE, short_title=HOSTILE * 4)
    sources = tuple(dataclasses.replace(s, label=HOSTILE, path=HOSTILE) for s in plain.sources)
    summary = dataclasses.replace(
        plain.summaries["accueil"],
        headline=HOSTILE, details=(HOSTILE,), sentences=(HOSTILE,), reading=HOSTILE,
        sources=(HOSTILE,), missing=(HOSTILE,), counted=((HOSTILE, 1),), norms=(HOSTILE,),
    )  # fmt: skip
    run = dataclasses.replace(
        plain,
        themes=(theme,),
        sources=sources,
        summaries={"accueil": summary},
        decisions={"accueil": HOSTILE},
        method=HOSTILE,
    )
    seen = visit(write_report(run, tmp_path)[0])
    assert not seen.errors
    assert not seen.foreign
    assert seen.page.locator("script, img").count() == 0
    assert HOSTILE in seen.page.locator("h3").first.inner_text()


def test_reliability_words_give_the_bounds_of_the_rule() -> None:
    words = dict(WORDS)
    for bound, unit in (
        (evidence.SPREAD_CLOSE, "points"),
        (evidence.UNMEASURED_FEW, "%"),
        (evidence.DOUBTFUL_FEW, "%"),
    ):
        assert f"{100 * bound:.0f} {unit}" in words["solide"]
    for bound, unit in (
        (evidence.BRACKET_WIDE, "points"),
        (evidence.CORNERS_WIDE, "quand"),
        (evidence.UNMEASURED_MANY, "%"),
        (evidence.DOUBTFUL_MANY, "%"),
    ):
        assert f"{100 * bound:.0f} {unit}" in words["indicatif"]


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The 24 themes of the demonstration."""
    here = tmp_path_factory.mktemp("vide")
    return diagnose(load_project(None, departement=None, here=here))[0]


@pytest.mark.parametrize("pictures", [True, False])
def test_demonstration_prints_on_thirty_pages(
    demonstration: Run, browser: Browser, tmp_path: Path, *, pictures: bool
) -> None:
    if shutil.which("pdfinfo") is None:
        pytest.skip("pdfinfo (poppler-utils) n’est pas là")
    if pictures:
        _beside(demonstration, tmp_path)
    (path,) = write_report(demonstration, tmp_path)
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    seen = Visit(context, path)
    printed = tmp_path / "rapport.pdf"
    seen.page.pdf(path=str(printed), prefer_css_page_size=True, print_background=True)
    seen.page.emulate_media(media="print")
    drawn = seen.page.locator(".planche svg").all()
    widths = [svg.bounding_box() for svg in drawn]
    context.close()
    assert len(drawn) >= 20
    assert all(box and box["width"] > 0 for box in widths)
    own = tmp_path.as_uri()
    assert not seen.errors
    assert all(url.startswith(own) for url in seen.foreign)
    told = subprocess.run(["pdfinfo", printed], capture_output=True, text=True, check=True).stdout
    assert len(demonstration.themes) >= 24
    (pages,) = re.findall(r"Pages:\s+(\d+)", told)
    assert int(pages) <= 30
    assert re.search(r"Page size:\s+59[45].* x 84[12]", told)


def test_every_theme_has_its_section(demonstration: Run, tmp_path: Path) -> None:
    page = _Page(_written(demonstration, tmp_path))
    assert sum(key.startswith("theme-") for key in page.ids) == 24
    codes = [f"theme-{theme.key}" for theme in demonstration.themes]
    assert [key for key in page.ids if key.startswith("theme-")] == codes
    retained = dataclasses.replace(demonstration, retained=("alimentation_durable",))
    ids = _Page(_written(retained, tmp_path)).ids
    assert next(i for i in ids if i.startswith("theme-")) == "theme-alimentation_durable"


def test_profiles_and_factors_are_told(
    run: Run, with_scores: Callable[[Run], Run], tmp_path: Path
) -> None:
    words = _text(_written(with_scores(run), tmp_path))
    assert "Quel profil de pauvreté marque chaque EPCI" in words
    assert "Mobilité" in words
    assert "Profils de pauvreté et facteurs" not in _text(_written(run, tmp_path))


def test_variants_are_told(run: Run, tmp_path: Path) -> None:
    levels = (("departement", "99", "Jouet"), ("epci", "100000001", "CC Ouest"))
    rows = [
        ("V <b>", "accueil", "ensemble", level, code, name, "entier", 400.0, 10.0, 15.0,
         8.0, 8.0, 0.5, 0.25, -25.0, 200.0, 100.0, -100.0)
        for level, code, name in levels
    ]  # fmt: skip
    told = dataclasses.replace(
        run,
        variants=pd.DataFrame(rows, columns=list(VARIANT_COLUMNS)),
        variant_words={"V <b>": "seuil de 15 minutes"},
        variant_sentences={"V <b>": ("Moins de monde est loin.",)},
    )
    page = _written(told, tmp_path)
    assert "<h3>V &lt;b&gt;</h3>" in page
    assert "Moins de monde est loin." in page
    assert "seuil de 15 minutes" in page
