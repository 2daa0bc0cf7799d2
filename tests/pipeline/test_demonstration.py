"""The shipped demonstration, as someone who just installed the product meets it."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cartoallier.catalogue import load_catalogue

MAX_PAGE = 1_500_000
MAX_MAIL = 12_000_000


def diagnose(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "cartoallier", "diagnostic", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"},
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("vide")
    answer = diagnose(folder, "--zip")
    return folder / "maps", answer.stdout


@pytest.fixture(scope="module")
def written(done: tuple[Path, str]) -> Path:
    return done[0]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_output_is_there(written: Path) -> None:
    pages = {f"cartes/{key}.html" for key in load_catalogue().themes}
    names = [
        "couverture", "offre", "besoins", "anomalies", "doublons", "fraicheur", "responsables",
        "acteurs", "arrets", "indicateurs", "profils", "facteurs", "mesures", "mesures_lexique",
        "fiabilite", "essais", "paniers", "signalements", "variantes", "calibration",
    ]  # fmt: skip
    tables = {f"tableaux/{name}.csv" for name in names} | {"tableaux/diagnostic.xlsx"}
    files = {p.relative_to(written).as_posix() for p in written.rglob("*") if p.is_file()}
    more = {"cartes/comparer.html", "cartes/donnees.html"}
    gis = {"cartoallier.gpkg", "cartoallier.qgz", "README_SIG.md", "tableaux/classes.csv"}
    assert files == pages | more | tables | gis | {"index.html", "rapport.html", "provenance.json"}
    assert len(pages) == 24


def test_the_delivery_travels_in_one_mail(written: Path) -> None:
    packed = written.with_name("maps.zip")
    assert packed.stat().st_size < MAX_MAIL
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert archive.read(entry) == (written.parent / entry.filename).read_bytes()


def test_the_banner_is_everywhere(done: tuple[Path, str]) -> None:
    folder, told = done
    assert "Données de démonstration, fictives" in told
    for page in [folder / "index.html", *folder.glob("cartes/*.html")]:
        text = page.read_text(encoding="utf-8")
        assert "Données de démonstration, fictives" in text
        assert "Document de travail, ne vaut pas engagement" in text
        assert page.stat().st_size <= MAX_PAGE


def test_every_theme_is_served_and_leaves_people_out(written: Path) -> None:
    table = rows(written / "tableaux" / "couverture.csv")
    whole = {
        r["theme"]: r for r in table if r["maille"] == "departement" and r["public"] == "ensemble"
    }
    for theme in load_catalogue().themes.values():
        row = whole[theme.key]
        assert row["population"] == "333298"
        if theme.mode == "proximity":
            assert 0 < float(row["part_plus_15"]) < 1
            assert float(row["part_hors_seuil_favorable"]) <= float(row["part_hors_seuil"])
            assert float(row["part_hors_seuil"]) <= float(row["part_hors_seuil_defavorable"])
            assert float(row["part_hors_seuil"]) <= float(row["part_hors_seuil_sans_voisins"])
        elif theme.mode == "zone":
            assert 0 < float(row["part_couverte"]) <= 1
        else:
            assert row["duree_min"] == row["part_plus_15"] == row["part_couverte"] == ""
    offer = rows(written / "tableaux" / "offre.csv")
    assert {r["theme"] for r in offer} >= set(whole)


def test_levels_agree_with_each_other(written: Path) -> None:
    """People beyond the threshold: communes add up to arrondissements, and to the département."""
    table = [
        r
        for r in rows(written / "tableaux" / "couverture.csv")
        if r["theme"] == "premier_accueil_social" and r["public"] == "ensemble"
    ]

    def total(level: str, column: str) -> float:
        return sum(float(r[column]) for r in table if r["maille"] == level)

    for column in ("population", "population_hors_seuil"):
        assert total("commune", column) == total("departement", column)
        assert total("arrondissement", column) == total("departement", column)
    inside = [r for r in table if r["maille"] == "epci"]
    partial = {r["code"] for r in inside if r["perimetre"] == "partie"}
    assert partial == {"200071140", "200071884"}
    kept = [r for r in inside if r["perimetre"] == "partie" or r["code"] not in partial]
    assert sum(float(r["population"]) for r in kept) == 333298


def test_a_protected_address_is_nowhere(written: Path) -> None:
    offer = rows(written / "tableaux" / "offre.csv")
    protected = [r for r in offer if r["confidentiel"] == "true"]
    assert protected
    for row in protected:
        hidden = ("structure", "code_commune", "longitude", "latitude", "precision")
        assert [row[c] for c in hidden] == [""] * 5
    gpkg = (written / "cartoallier.gpkg").read_bytes()
    assert not any(row["id"].encode() in gpkg for row in protected)


def test_provenance_says_everything(written: Path) -> None:
    content = json.loads((written / "provenance.json").read_text(encoding="utf-8"))
    assert content["demonstration"] is True
    assert len(content["sources"]) >= 6
    for source in content["sources"]:
        assert len(source["sha256"]) == 64
        assert not source["chemin"].startswith("/")
        if source["format"] != "soliguide":  # a place there holds several services
            dropped = sum(source["lignes_ecartees"].values())
            assert source["lignes_lues"] == source["lignes_gardees"] + dropped
    assert content["parametres"]["detour"] == 1.35


def test_every_page_opens_without_network(written: Path, visit: Callable[[Path], Any]) -> None:
    """The 24 themes and the index: no request, no complaint, and a drawn map, not a blank one."""
    for page in [written / "index.html", *sorted(written.glob("cartes/*.html"))]:
        seen = visit(page)
        assert seen.foreign == [], page.name
        assert seen.errors == [], page.name
        picture = Image.open(io.BytesIO(seen.page.screenshot())).convert("RGB")
        colours = picture.resize((320, 200), Image.Resampling.NEAREST).getcolors(64_000)
        assert colours is not None
        assert len(colours) > 30, page.name
        seen.page.close()


def test_two_runs_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "autre dossier"
    diagnose(again, "--sortie", "ailleurs")
    for path in sorted(p for p in written.rglob("*") if p.is_file()):
        name = path.relative_to(written)
        assert path.read_bytes() == (again / "ailleurs" / name).read_bytes(), name


@pytest.mark.parametrize("code", ["63", "2A", "75", "974"])
def test_another_departement(tmp_path: Path, code: str) -> None:
    told = diagnose(tmp_path, "--departement", code)
    table = rows(tmp_path / "maps" / "tableaux" / "couverture.csv")
    whole = next(r for r in table if r["maille"] == "departement")
    assert whole["code"] == code
    assert float(whole["population"]) > 100_000
    if code != "63":  # its neighbour Allier is in reach
        assert "aucune offre fournie" in told.stderr
        assert whole["part_plus_15"] == ""
        page = tmp_path / "maps" / "cartes" / "premier_accueil_social.html"
        assert "aucune offre fournie" in page.read_text(encoding="utf-8")
