"""The pages of profiles and of factors: what they say, refuse and draw."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartoallier.diagnosis import composites
from cartoallier.model import SCORE_COLUMNS, Composite, Run
from cartoallier.outputs.maps import palette, write_maps
from cartoallier.outputs.maps.scores import (
    NATIONAL_COVERAGE,
    chapters,
    layers,
    letters,
    ordinal,
    rank_words,
    years,
)

Visitor = Callable[[Path], Any]


@pytest.fixture
def scored(toy_run: Run, with_scores: Callable[[Run], Run]) -> Run:
    return with_scores(toy_run)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("&nbsp;", " ")


def test_pages_are_written_first_and_linked_first(scored: Run, tmp_path: Path) -> None:
    told: list[str] = []
    paths = write_maps(scored, tmp_path, progress=told.append)
    assert [path.name for path in paths[:2]] == ["profils.html", "facteurs.html"]
    assert told[:2] == ["Profils de pauvreté", "Facteurs aggravants"]
    index = (tmp_path / "index.html").read_text("utf-8")
    links = re.findall(r'href="(cartes/[^"]+)"', index)
    assert links[:2] == ["cartes/profils.html", "cartes/facteurs.html"]
    assert all((tmp_path / link).is_file() for link in links)


def test_without_scores_there_is_no_page_and_no_link(toy_run: Run, tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=list(SCORE_COLUMNS)).astype(SCORE_COLUMNS)
    for run in (toy_run, dataclasses.replace(toy_run, profiles=empty, factors=empty)):
        write_maps(run, tmp_path)
        assert not (tmp_path / "cartes" / "profils.html").exists()
        assert "profils.html" not in (tmp_path / "index.html").read_text("utf-8")


def test_same_run_same_bytes(scored: Run, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_maps(scored, tmp_path / "a")]
    assert first == [path.read_bytes() for path in write_maps(scored, tmp_path / "b")]


def test_a_page_carries_the_figures_of_the_scores(scored: Run, tmp_path: Path) -> None:
    text = plain(write_maps(scored, tmp_path)[0].read_text("utf-8"))
    assert "Document de travail, ne vaut pas engagement" in text
    assert "Données de démonstration, fictives" in text
    row = re.search(r'data-zone="epci:100000001">(.*?)</tr>', text)
    assert row is not None
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row[1])
    assert cells == [
        "CC Ouest",
        "Retraités",
        "90 : 1er sur 5 (rang stable)",
        "70 : 2e sur 5 (un seul indicateur)",
        "non calculé",
    ]
    assert "Insee &lt;2021&gt;" in text
    assert "Jeunes &lt;b&gt;non insérés&lt;/b&gt;" in text
    assert "Taux de pauvreté (75 %, 2021) ; Niveau de vie médian (25 %, 2020, à l’envers)" in text
    assert "ne sont pas de la même année : 2020 et 2021" in text
    assert "Note du profil." in text
    assert "1 valeur du territoire : estimation" in text
    assert "Non calculé, trop peu d’indicateurs connus : Retraités rares." in text
    for head in ("Champ", "Lecture", "Source", "Méthode"):
        assert f"<b>{head}</b>" in text


def test_the_dominant_profile_has_a_colour_a_letter_and_a_count(scored: Run) -> None:
    first, *others = layers(scored, chapters(scored)[0])
    assert first.tint.key == "dominant"
    assert first.tint.classes == {"100000001": 0, "100000002": 1}
    assert first.tint.marks == {"100000001": "R", "100000002": "J"}
    assert [(r.mark, r.zones, r.inhabitants) for r in first.tint.legend] == [
        ("R", 1, 400), ("J", 1, 600), ("E", 0, 0),
    ]  # fmt: skip
    assert plain(first.headline) == "Retraités : profil dominant de 1 EPCI sur 2"
    assert [layer.tint.name for layer in others] == ["Retraités", "Jeunes <b>non insérés</b>"]
    assert [plain(r.label) for r in others[0].tint.legend] == [
        "du 1er au 1er rang (le plus de besoin)", "du 2e au 2e rang", "du 3e au 3e rang",
        "du 4e au 4e rang", "du 5e au 5e rang (le moins)",
    ]  # fmt: skip
    assert others[0].tint.colours == palette.NEED[::-1]
    assert others[0].tint.classes == {"100000001": 0, "100000002": 3}


def test_an_epci_without_two_profiles_is_hatched(scored: Run) -> None:
    alone = scored.profiles["code"].eq("100000002")
    profiles = scored.profiles.assign(dominant=scored.profiles["dominant"] & ~alone)
    tint = layers(scored, chapters(dataclasses.replace(scored, profiles=profiles))[0])[0].tint
    assert tint.classes["100000002"] < 0
    last = tint.legend[-1]
    assert (last.swatch, last.label, last.zones) == (
        "hachure", "moins de deux profils calculables", 1,
    )  # fmt: skip


def test_profiles_nearly_level_are_said(scored: Run, tmp_path: Path) -> None:
    of = scored.profiles["composite"].eq("jeunes") & scored.profiles["code"].eq("100000001")
    near = scored.profiles.assign(score=scored.profiles["score"].mask(of, 88.0))
    text = plain(
        write_maps(dataclasses.replace(scored, profiles=near), tmp_path)[0].read_text("utf-8")
    )
    assert "<td>Retraités, de peu devant Jeunes" in text
    assert "Pour 1 EPCI, un autre profil le suit à moins de 5 points." in text


def test_a_term_of_one_departement_is_said_and_not_dated(scored: Run, tmp_path: Path) -> None:
    """A term given for too few EPCI of the country has no year, and no estimation of it counts."""
    assert NATIONAL_COVERAGE == composites.NATIONAL_COVERAGE
    reference = scored.needs.reference
    term = scored.composites["retraites"].terms[0][0]
    far = reference["code"].isin(sorted(reference["code"].unique())[2:])
    hidden = far & (reference["indicator"] == term)
    thin = reference.assign(
        value=reference["value"].mask(hidden), status=reference["status"].mask(hidden, "absent")
    )
    needs = dataclasses.replace(scored.needs, reference=thin)
    run = dataclasses.replace(scored, needs=needs)
    assert years(scored, term) == ["2021"]
    assert years(run, term) == []
    text = plain(write_maps(run, tmp_path)[0].read_text("utf-8"))
    assert "(75 %, fourni pour moins de la moitié des EPCI de France)" in text
    assert "1 valeur du territoire : estimation" not in text


def test_nothing_scored_has_no_page(scored: Run, tmp_path: Path) -> None:
    missing = dict.fromkeys(("score", "rank", "rank_low", "rank_high"), float("nan"))
    nothing = scored.profiles.assign(dominant=False, **missing).astype(SCORE_COLUMNS)
    run = dataclasses.replace(scored, profiles=nothing)
    assert [chapter.key for chapter in chapters(run)] == ["facteurs"]
    write_maps(run, tmp_path)
    assert "profils.html" not in (tmp_path / "index.html").read_text("utf-8")


def test_letters_are_distinct_whatever_the_names() -> None:
    names = ["Locataires du parc privé", "Locataires du parc social", "Locataires", "Locataires",
             "", "Loc", "l"]  # fmt: skip
    given = [Composite(id=str(i), label=n, kind="profil", terms=()) for i, n in enumerate(names)]
    found = letters(given)
    assert found["0"] == "L"
    assert found["1"] == "P"
    assert len(set(found.values())) == len(names)


def test_ranks_in_words() -> None:
    row = pd.Series({"rank": 45, "ranked": 1232, "rank_low": 38, "rank_high": 61, "known": 3})
    assert plain(rank_words(row)) == "45e sur 1 232 (de 38e à 61e)"
    assert ordinal(1) == "1er"


def test_profiles_read_in_grey() -> None:
    greys = [palette.lightness(colour) for colour in palette.PROFILES]
    assert all(round(abs(a - b)) >= 10 for a, b in combinations(greys, 2)), greys


def test_the_pages_open_alone_and_switch_layers(
    scored: Run, tmp_path: Path, visit: Visitor
) -> None:
    write_maps(scored, tmp_path)
    for name in ("profils", "facteurs"):
        seen = visit(tmp_path / "cartes" / f"{name}.html")
        page = seen.page
        fills = page.locator(".leaflet-teintes-pane path").evaluate_all(
            "all => all.map((path) => path.getAttribute('fill'))"
        )
        if name == "profils":
            assert page.locator(".lettre").all_inner_texts() == ["R", "J"]
            assert fills == list(palette.PROFILES[:2])
            page.check("input[value=score-retraites]")
            assert page.locator(".lettre").count() == 0
            assert page.locator("[data-teinte=score-retraites]").is_visible()
            assert page.locator("[data-teinte=dominant]").is_hidden()
            page.locator(".leaflet-teintes-pane path").first.dispatch_event("mouseover")
            assert "Retraités" in page.locator(".leaflet-tooltip-pane").inner_text()
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.wait_for_timeout(50)
        assert seen.foreign == []
        assert seen.errors == []
    seen = visit(tmp_path / "index.html")
    seen.page.get_by_role("link", name="Profils de pauvreté").click()
    assert "Quel profil" in seen.page.locator("h1").inner_text()
    assert seen.errors == []
