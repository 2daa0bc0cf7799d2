"""The real France Services list in Allier, recomputed from scratch.

The second computation shares nothing with the product but the shipped geography: its own
reading of the CSV with the standard library, its own Lambert-93 (IGN's formulas, ALG0003 and
ALG0004), its own areas (shoelace), and a full matrix of distances in numpy.
"""

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from cartoallier.cli import main

ROOT = Path(__file__).resolve().parents[2]
FIXED = {"Fixe", "Fixe_antenne(s)", "Multisites"}
LIST = "france-services-2025/liste-fs-20240801.csv"


def lambert_93(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Project degrees to metres; returns (n, 2)."""
    e = 0.08181919104281579  # GRS80
    n, c, ys = 0.7256077650532670, 11754255.4261, 12655612.0499
    phi, lam = np.radians(latitude), np.radians(longitude)
    iso = np.arctanh(np.sin(phi)) - e * np.arctanh(e * np.sin(phi))
    radius, angle = c * np.exp(-n * iso), n * (lam - np.radians(3))
    return np.column_stack([700000 + radius * np.sin(angle), ys - radius * np.cos(angle)])


def area_km2(shape: shapely.Geometry) -> float:
    def ring(points: shapely.LinearRing) -> float:
        x, y = lambert_93(*np.asarray(points.coords).T).T
        return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2e6

    return sum(
        ring(part.exterior) - sum(ring(hole) for hole in part.interiors)
        for part in shapely.get_parts(shape)
    )


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, float]:
    table = pq.read_table(ROOT / "data" / "geo" / "communes.parquet")
    communes = table.filter(
        np.asarray([d == "03" for d in table["departement_code"].to_pylist()])
    ).to_pydict()
    shapes = shapely.from_wkb(communes["geometry"])
    origins = lambert_93(np.array(communes["longitude"]), np.array(communes["latitude"]))
    population = np.array(communes["population"], dtype=float)
    floor = np.sqrt([area_km2(shape) for shape in shapes]) / 2
    with (shared_data / LIST).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["format_fs"] in FIXED]
    places = lambert_93(
        np.array([float(row["longitude"]) for row in rows]),
        np.array([float(row["latitude"]) for row in rows]),
    )
    own = np.array([row["insee_dep"] == "03" for row in rows])
    km = np.hypot(*(origins[:, None] - places[None]).transpose(2, 0, 1)) / 1000

    def minutes(distances: np.ndarray, speed: float) -> np.ndarray:
        return 60 * 1.35 * np.maximum(distances.min(axis=1), floor) / speed

    def share(values: np.ndarray, bound: float) -> float:
        return float(population[values > bound].sum() / population.sum())

    usual = minutes(km, 50)
    return {
        "population": float(population.sum()),
        "part_plus_15": share(usual, 15),
        "part_plus_20": share(usual, 20),
        "part_plus_30": share(usual, 30),
        "part_hors_seuil": share(usual, 20),
        "part_hors_seuil_favorable": share(minutes(km, 60), 20),
        "part_hors_seuil_defavorable": share(minutes(km, 40), 20),
        "part_hors_seuil_sans_voisins": share(minutes(km[:, own], 50), 20),
        "duree_min": float((usual * population).sum() / population.sum()),
        "fixed_in_03": float(own.sum()),
    }


def coverage_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "tableaux" / "couverture.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def departement(folder: Path) -> dict[str, str]:
    return next(
        row
        for row in coverage_rows(folder)
        if row["theme"] == "premier_accueil_social"
        and row["public"] == "ensemble"
        and row["maille"] == "departement"
    )


def check(row: dict[str, str], expected: dict[str, float]) -> None:
    assert float(row["population"]) == expected["population"] == 333298
    for column, value in expected.items():
        if column.startswith("part_"):
            assert float(row[column]) == pytest.approx(value, abs=0.001), column
    assert float(row["duree_min"]) == pytest.approx(expected["duree_min"], abs=0.05)
    assert float(row["seuil_min"]) == 20


PROJECT = """[territoire]
departement = "03"
[seuils.premier_accueil_social]
minutes = 20
"""


def test_a_project_file_that_names_the_list(
    tmp_path: Path,
    shared_data: Path,
    expected: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cartoallier.toml").write_text(
        PROJECT
        + f"""[[offre]]
fichier = "{shared_data / LIST}"
format = "france-services"
themes = ["premier_accueil_social"]
""",
        encoding="utf-8",
    )
    assert main(["couverture", "--theme", "premier_accueil_social"]) == 0
    row = departement(tmp_path / "maps")
    check(row, expected)
    assert int(row["lieux"]) == expected["fixed_in_03"] == 21
    with Path("maps/tableaux/offre.csv").open(encoding="utf-8", newline="") as file:
        offer = list(csv.DictReader(file))
    buses = [r for r in offer if r["code_commune"].startswith("03") and r["itinerant"] == "true"]
    assert len(buses) == 3
    assert {r["theme"] for r in offer} == {"premier_accueil_social"}


def test_the_list_dropped_in_a_new_project(
    tmp_path: Path,
    shared_data: Path,
    expected: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is edited: the list is recognised by its columns, themes by the selectors."""
    monkeypatch.chdir(tmp_path)
    assert main(["nouveau", "projet"]) == 0
    Path("projet/offre/liste.csv").write_bytes((shared_data / LIST).read_bytes())
    assert main(["couverture", "projet"]) == 0
    row = departement(tmp_path / "maps")
    for bound in (15, 20, 30):
        column = f"part_plus_{bound}"
        assert float(row[column]) == pytest.approx(expected[column], abs=0.001)
    assert float(row["duree_min"]) == pytest.approx(expected["duree_min"], abs=0.05)
