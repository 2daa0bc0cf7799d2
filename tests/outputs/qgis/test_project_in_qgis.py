"""The project of the demonstration, opened, switched and printed by real QGIS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cartoallier.model import Run
from cartoallier.outputs.maps import palette
from cartoallier.pipeline import diagnose
from cartoallier.project.load import load_project
from gis_tools import missing

A4, A3, ATLAS = "Carte A4 paysage", "Carte A3 paysage", "Atlas des EPCI, A4 paysage"
SHEETS = (("A3.3", A4), ("A2.4", A4), ("A1.2", A4), ("A3.3", A3), ("A3.3", ATLAS))
Opened = Callable[..., dict[str, Any]]
Written = Callable[[Run, Path], Path]
THEMES = ("premier_accueil_social", "frein_mobilite", "hebergement_femmes_enfant_moins3")
ACCUEIL = "A3.3 Premier accueil social de proximité"
OUTLINES = {"Département": "Contour", "EPCI, entiers": "Contours et noms"}
GROUND = {
    "Communes": "Communes et villes principales",
    "Départements voisins": "Présent, silencieux",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    here = tmp_path_factory.mktemp("ici")
    return diagnose(load_project(None, departement=None, here=here), only=THEMES)[0]


@pytest.fixture(scope="module")
def answer(
    run: Run, written: Written, opened: Opened, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What QGIS says of the project, moved elsewhere with its GeoPackage."""
    first = written(run, tmp_path_factory.mktemp("sortie"))
    away = tmp_path_factory.mktemp("ailleurs") / "dossier reçu, à l’été"
    shutil.copytree(first.parent, away)
    shutil.rmtree(first.parent)
    return opened(away / first.name, away / "pages", sheets=SHEETS)


def named(answer: dict[str, Any], shown: dict[str, str]) -> dict[str, str]:
    """Name of a layer -> its style, for those that are seen; what pages an atlas left out."""
    names = {answer["names"][key]: style for key, style in shown.items()}
    return {name: style for name, style in names.items() if name != "EPCI de la page d’atlas"}


def text(path: Path, *, page: int = 1) -> str:
    """The words of a page."""
    tool = shutil.which("pdftotext") or missing("pdftotext")
    command = [tool, "-f", str(page), "-l", str(page), "-layout", str(path), "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def page(answer: dict[str, Any], code: str, sheet: str) -> Path:
    return next(Path(p) for p in answer["sheets"] if Path(p).name == f"{code} {sheet}.pdf")


def test_everything_opens_where_it_was_moved(answer: dict[str, Any]) -> None:
    assert answer["read"]
    assert answer["invalid"] == []
    assert (answer["crs"], answer["valid_crs"]) == ("EPSG:2154", True)
    assert answer["projections"] == ["EPSG:2154"]
    assert not answer["absolute"]
    assert all("dossier reçu, à l’été" in source for source in answer["sources"].values())
    assert answer["title"] == "Besoins sociaux et accès aux services\u00a0: Allier (03)"


def test_metadata_say_what_it_is(answer: dict[str, Any], run: Run) -> None:
    told = answer["abstract"]
    assert "Document de travail, ne vaut pas engagement" in told
    assert "Données de démonstration, fictives" in told
    assert "28 février 2026" in told
    assert all(source.label in told for source in run.sources)
    assert "Licence Ouverte 2.0" in told


def test_the_tree_is_folded_and_shows_the_first_theme(answer: dict[str, Any]) -> None:
    assert answer["folded"] == []
    assert answer["groups"] == [
        "Limites",
        "Services",
        "Isochrones",
        "Axe 1 · Investissement social",
        "Axe 2 · Sortie de la pauvreté par le travail",
        "Axe 3 · Accès aux droits et aller-vers",
        "Besoins",
        "Zonages et découpages",
        "Fond",
        "Tables",
    ]
    first = next(iter(answer["variables"]["cartoallier_themes"].split('"')[1:]))
    assert answer["variables"]["theme"] == first
    shown = next(s for name, s in answer["themes"].items() if name.startswith(first))
    assert answer["first"] == shown


def test_each_map_theme_shows_what_it_says(answer: dict[str, Any]) -> None:
    assert len(answer["themes"]) == len(THEMES) + 1
    access = named(answer, answer["themes"][ACCUEIL])
    assert access == OUTLINES | GROUND | {
        "Services dont le lieu est public": "Premier accueil social de proximité",
        "A3.3 habitants au-delà du seuil": "Habitants au-delà du seuil (cercles)",
        "A3.3 par commune": "Durée d’accès",
    }
    zone = named(answer, next(s for n, s in answer["themes"].items() if n.startswith("A2.4")))
    assert zone["A2.4 par commune"] == "Zones d’intervention"
    assert "A3.3 par commune" not in zone
    sensitive = named(answer, next(s for n, s in answer["themes"].items() if n.startswith("A1.2")))
    assert "Services dont le lieu est public" not in sensitive, "no place of a sensitive theme"


def test_layers_have_their_styles_and_french_columns(answer: dict[str, Any]) -> None:
    kinds = {answer["names"][key]: kind for key, kind in answer["renderers"].items()}
    assert kinds["A3.3 par commune"] == "graduatedSymbol"
    assert kinds["A3.3 habitants au-delà du seuil"] == "RuleRenderer"
    aliases = {answer["names"][key]: names for key, names in answer["aliases"].items()}
    for name in ("A3.3 par commune", "A3.3 par EPCI", "Couverture, toutes les mesures"):
        assert aliases[name]["duree_min"] not in {"", "duree_min"}


def test_one_bookmark_per_epci(answer: dict[str, Any]) -> None:
    assert len(answer["bookmarks"]) == 12
    assert {crs for crs, _ in answer["bookmarks"].values()} == {"EPSG:2154"}
    assert all(10_000 < width < 100_000 for _, width in answer["bookmarks"].values())


def test_sheets_are_printed(answer: dict[str, Any]) -> None:
    assert [done for done, _ in answer["sheets"].values()] == [0] * len(SHEETS)
    assert answer["sheets"][str(page(answer, "A3.3", ATLAS))] == [0, 12]
    for sheet in (A4, A3):
        colours = answer["colours"][str(page(answer, "A3.3", sheet))]
        assert {palette.ACCESS[0], palette.ACCESS[1], palette.ACCESS[2]} <= set(colours)


def test_a_sheet_follows_its_theme_to_the_legend(answer: dict[str, Any]) -> None:
    access = text(page(answer, "A3.3", A4))
    assert "A3.3 Premier accueil social inconditionnel de proximité" in access
    assert "1 744 habitants à plus de 30 minutes" in access.replace("\u202f", " ")
    assert "Durée d’accès au lieu le plus proche" in access
    assert "200 habitants" in access, "the legend of circles"
    assert "Zones d’intervention déclarées" not in access
    zone = text(page(answer, "A2.4", A4))
    assert "Zones d’intervention déclarées, par commune" in zone
    assert "Durée d’accès au lieu" not in zone
    assert "habitants hors de toute zone" in zone.replace("\u00a0", " ")
    for words in (access, zone):
        assert "Document de travail, ne vaut pas engagement" in words
        assert "Données de démonstration, fictives" in words
        assert "Sources" in words
        assert "Le nord est en haut." in words


def test_atlas_pages_are_about_their_epci(answer: dict[str, Any]) -> None:
    path = page(answer, "A3.3", ATLAS)
    pages = [text(path, page=number).replace("\u202f", " ") for number in range(1, 13)]
    moulins = next(words for words in pages if words.startswith("CA Moulins"))
    assert "837 habitants à plus de 30 minutes" in moulins
    assert "Soit 1,3 % de la population." in moulins
    assert "(partie dans le département Allier)" in moulins
    assert "Fiabilité : ordre de grandeur." in moulins.replace("\u00a0", " ")
    montlucon = next(words for words in pages if words.startswith("CA Montluçon"))
    assert "Aucun habitant à plus de 30 minutes" in montlucon.replace("\u00a0", " ")
    assert [words.split()[0] for words in pages] == sorted(words.split()[0] for words in pages)
    assert all(f"{n} / 12" in words for n, words in enumerate(pages, start=1))


def test_the_copy_inside_the_geopackage_opens(
    run: Run, written: Written, opened: Opened, tmp_path: Path
) -> None:
    folder = tmp_path / "avec espace é"
    path = written(run, folder)
    path.unlink()
    uri = f"geopackage:{folder / 'cartoallier.gpkg'}?projectName=cartoallier"
    inside = opened(uri, tmp_path / "pages", sheets=(("A3.3", A4),))
    assert inside["read"]
    assert inside["invalid"] == []
    assert len(inside["themes"]) == len(THEMES) + 1
    assert "Durée d’accès" in text(page(inside, "A3.3", A4))
