"""Pages as texts: what they carry, what they refuse, that they do not change."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cartoallier.errors import OutputError
from cartoallier.model import Mode, Run, Territory, Theme
from cartoallier.outputs.maps import write_maps

Pages = dict[str, str]
KEY = "premier_accueil_social"


@pytest.fixture
def pages(toy_run: Run, tmp_path: Path) -> Pages:
    """Every page of the toy run, by name."""
    return {path.name: path.read_text("utf-8") for path in write_maps(toy_run, tmp_path)}


class Outline(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_every_theme_and_the_index_are_written(toy_run: Run, tmp_path: Path) -> None:
    told: list[str] = []
    paths = write_maps(toy_run, tmp_path, progress=told.append)
    expected = [tmp_path / "cartes" / f"{theme.key}.html" for theme in toy_run.themes]
    assert paths[: len(expected)] == expected
    assert paths[-1] == tmp_path / "index.html"
    assert told[: len(expected)] == [theme.short_title for theme in toy_run.themes]
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(paths)


def test_same_run_same_bytes(toy_run: Run, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_maps(toy_run, tmp_path / "a")]
    second = [path.read_bytes() for path in write_maps(toy_run, tmp_path / "b")]
    assert first == second


def test_pages_are_small_and_name_no_remote_file(pages: Pages) -> None:
    for name, text in pages.items():
        assert len(text.encode()) < 1_500_000, name
        for tag, attributes in Outline(text).tags:
            assert not {"src", "style", "onclick", "onerror"} & set(attributes), (name, tag)
            if tag in {"link", "iframe", "object", "base", "form"}:
                assert tag == "form"
                assert "action" not in attributes
            assert not re.match(r"(https?:)?//", attributes.get("href") or ""), name
        assert "url(http" not in text
        assert "sourceMappingURL" not in text
        assert "@import" not in text


def test_policy_names_exactly_the_scripts_and_styles_of_the_page(pages: Pages) -> None:
    for name, text in pages.items():
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy is not None
        words = policy[1].replace("&#39;", "'")
        assert words.startswith("default-src 'none'; ")
        assert "unsafe" not in words
        for tag, directive in (("script", "script-src"), ("style", "style-src")):
            bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
            hashes = [
                base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies
            ]
            wanted = " ".join(f"'sha256-{h}'" for h in hashes) or "'none'"
            assert f"{directive} {wanted};" in words, name


def test_every_page_says_what_it_is_worth(pages: Pages) -> None:
    for text in pages.values():
        assert '<html lang="fr">' in text
        assert "Document de travail, ne vaut pas engagement" in text
        assert "Données de démonstration, fictives" in text


def test_without_demonstration_no_banner_of_it(toy_run: Run, tmp_path: Path) -> None:
    run = dataclasses.replace(toy_run, demonstration=False)
    for path in write_maps(run, tmp_path):
        assert "Données de démonstration" not in path.read_text("utf-8")


def test_headline_words_and_sources_are_on_the_page(toy_run: Run, pages: Pages) -> None:
    text = pages[f"{KEY}.html"]
    summary = toy_run.summaries[KEY]
    for words in (summary.headline, *summary.sources, summary.scope):
        assert words in text
    assert "<b>Champ</b>" in text
    assert "<b>Lecture</b>" in text
    assert "<b>Source</b>" in text


def test_names_from_others_stay_text(pages: Pages) -> None:
    text = pages[f"{KEY}.html"]
    assert "<img" not in text
    assert "alert(2)</script>" not in text
    assert "{{7*7}}" in text, "a template in a name is shown, not run"
    assert "49{% x %}" not in text
    for block in ("territoire", "theme"):
        body = re.search(rf'id="{block}">(.*?)</script>', text, flags=re.DOTALL)
        assert body is not None
        assert "<" not in body[1]
        json.loads(body[1])


def test_table_says_the_same_as_the_coverage(toy_run: Run, pages: Pages) -> None:
    text = pages[f"{KEY}.html"]
    rows = toy_run.coverages[KEY].rows(level="commune").set_index("code")
    for code, name in (("99001", "Aval"), ("99002", "Bourg")):
        row = re.search(rf'data-zone="commune:{code}:entier">(.*?)</tr>', text)
        assert row is not None
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row[1])
        minutes = f"{rows.loc[code, 'duree_min']:.1f}".replace(".", ",")
        assert cells[:2] == [name, "CC Ouest"]
        assert minutes in cells


def test_need_says_why_it_is_missing(pages: Pages) -> None:
    assert "secret statistique" in pages[f"{KEY}.html"]
    assert "31,5\u202f%" in pages[f"{KEY}.html"]


def test_straddling_epci_has_two_rows(pages: Pages) -> None:
    text = pages[f"{KEY}.html"]
    assert 'data-zone="epci:100000002:entier"' in text
    assert 'data-zone="epci:100000002"' in text
    assert "partie dans le département" in text


def test_themes_that_are_not_a_distance_say_so(toy_run: Run, pages: Pages) -> None:
    themes = [t for t in toy_run.themes if t.mode != Mode.PROXIMITY]
    assert {t.mode for t in themes} >= {Mode.ZONE, Mode.CAPACITY, Mode.ORGANISATIONAL}
    for theme in themes:
        text = pages[f"{theme.key}.html"]
        assert "distance" in text
        assert 'value="minutes"' not in text


def test_zone_theme_counts_communes_covered_and_not(toy_run: Run, pages: Pages) -> None:
    theme = next(t for t in toy_run.themes if t.mode == Mode.ZONE)
    text = pages[f"{theme.key}.html"]
    assert "commune dans une zone d’intervention déclarée" in text
    assert "commune hors de toute zone déclarée" in text


def test_without_supply_only_the_need_is_drawn(
    toy: Territory, toy_run: Run, run_of: Callable[..., Run], tmp_path: Path
) -> None:
    theme = dataclasses.replace(
        next(t for t in toy_run.themes if t.mode == Mode.PROXIMITY), indicators=("part_65_plus",)
    )
    run = run_of(toy, [], themes=(theme,), needs=toy_run.needs, indicators=dict(toy_run.indicators))
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    assert "aucune offre fournie" in text
    assert '"shown":"besoin"' in text
    assert 'id="lieux"' not in text


def test_secret_places_are_counted_and_never_drawn(
    toy: Territory,
    toy_sites: list[dict[str, object]],
    themes: dict[str, Theme],
    tmp_path: Path,
    run_of: Callable[..., Run],
) -> None:
    secret = {
        **toy_sites[0],
        "confidential": True,
        "longitude": None,
        "latitude": None,
        "name": "Refuge de la rue Haute",
    }
    run = run_of(toy, [secret, toy_sites[3]], themes=(themes[KEY],))
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    assert "Refuge" not in text
    assert "1\u00a0lieu compté, ni nommé ni placé" in text


def test_sensitive_theme_has_no_point_at_all(
    toy: Territory,
    toy_sites: list[dict[str, object]],
    themes: dict[str, Theme],
    tmp_path: Path,
    run_of: Callable[..., Run],
) -> None:
    sensitive = next(t for t in themes.values() if t.sensitive)
    rows = [{**row, "themes": (sensitive.key,)} for row in toy_sites]
    text = write_maps(run_of(toy, rows, themes=(sensitive,)), tmp_path)[0].read_text("utf-8")
    assert '"sites":[]' in text
    assert "France Services d" not in text
    assert "Thème sensible" in text


def test_absent_and_shared_outlines(toy: Territory, toy_run: Run, tmp_path: Path) -> None:
    toy.communes.loc["99001", "geometry"] = None
    toy.communes.loc["99001", "outline"] = "absent"
    toy.communes.loc["99002", "geometry"] = toy.communes.geometry["99003"]
    toy.communes.loc[["99002", "99003"], "outline"] = "partage"
    text = (write_maps(toy_run, tmp_path)[0]).read_text("utf-8")
    body = re.search(r'id="territoire">(.*?)</script>', text, flags=re.DOTALL)
    assert body is not None
    outlines = json.loads(body[1])["outlines"]
    assert [codes for _, codes in outlines] == [["99002", "99003"]]
    assert "Aval" in text, "a commune without outline stays in the table"
    assert "2\u00a0communes de contour commun" in text
    assert "1\u00a0commune sans contour" in text


def test_a_territory_without_epci_nor_outlines_still_has_pages(
    toy: Territory, toy_run: Run, tmp_path: Path
) -> None:
    toy.communes["epci_code"] = None
    toy.communes["geometry"] = None
    paths = write_maps(toy_run, tmp_path)
    assert "3\u00a0communes sans contour" in paths[0].read_text("utf-8")


@pytest.mark.parametrize("crs", ["EPSG:5490", "EPSG:2972", "EPSG:2975", "EPSG:4471"])
def test_overseas_projections_are_drawn_in_degrees(
    toy: Territory, toy_run: Run, tmp_path: Path, crs: str
) -> None:
    east, north = (500_000, -7_000_000) if crs != "EPSG:2972" else (300_000, 500_000)
    shift = {"xoff": 500_000 - 700_000, "yoff": 2_000_000 - 6_600_000}
    if crs in {"EPSG:2975", "EPSG:4471"}:
        shift = {"xoff": 340_000 - 700_000, "yoff": 7_650_000 - 6_600_000}
    if crs == "EPSG:2972":
        shift = {"xoff": east - 700_000, "yoff": north - 6_600_000}

    def moved(shapes):  # type: ignore[no-untyped-def]
        return shapes.set_geometry(
            shapes.geometry.translate(**shift).set_crs(crs, allow_override=True)
        )

    territory = dataclasses.replace(
        toy,
        communes=moved(toy.communes),
        origins=moved(toy.origins),
        boundary=toy.boundary.translate(**shift).set_crs(crs, allow_override=True),
    )
    run = dataclasses.replace(toy_run, territory=territory)
    text = write_maps(run, tmp_path)[0].read_text("utf-8")
    body = re.search(r'id="territoire">(.*?)</script>', text, flags=re.DOTALL)
    assert body is not None
    south, west, top, right = json.loads(body[1])["bounds"]
    assert (right - west, top - south) == pytest.approx((0.115, 0.036), abs=0.012)


def test_a_folder_that_cannot_be_written_is_explained(toy_run: Run, tmp_path: Path) -> None:
    (tmp_path / "cartes").write_text("un fichier à la place du dossier")
    with pytest.raises(OutputError, match="ne peut pas être écrite"):
        write_maps(toy_run, tmp_path)


def test_index_links_to_every_page_and_keeps_axes_in_columns(toy_run: Run, pages: Pages) -> None:
    text = pages["index.html"]
    links = {attributes.get("href") for tag, attributes in Outline(text).tags if tag == "a"}
    assert {f"cartes/{theme.key}.html" for theme in toy_run.themes} <= links
    assert not {link for link in links if link and link.endswith((".csv", ".gpkg", ".xlsx"))}
    assert text.count('class="axe"') == len({theme.axis for theme in toy_run.themes})
    assert text.count(">retenu<") == 1


def test_pages_offer_only_the_files_that_stand_beside_them(toy_run, tmp_path):
    (tmp_path / "cartoallier.gpkg").write_bytes(b"")
    write_maps(toy_run, tmp_path)
    for path, link in (
        (tmp_path / "index.html", "cartoallier.gpkg"),
        (next(tmp_path.glob("cartes/*.html")), "../cartoallier.gpkg"),
    ):
        text = path.read_text(encoding="utf-8")
        assert f'href="{link}"' in text
        assert "couverture.csv" not in text.partition("<footer>")[2]
