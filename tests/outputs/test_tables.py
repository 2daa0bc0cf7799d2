"""Tables: the contract's columns, codes as text, nothing a spreadsheet would run."""

import csv
from pathlib import Path

import pytest

import toys
from cartoallier.model import COVERAGE_COLUMNS, Territory
from cartoallier.outputs.tables import write_tables

COVERAGE = list(COVERAGE_COLUMNS)
SUPPLY = [
    "id", "source", "nom", "structure", "theme", "code_commune", "longitude", "latitude",
    "precision", "itinerant", "heures_semaine", "date_maj", "confidentiel",
]  # fmt: skip
NEEDS = [
    "indicateur", "maille", "code", "nom", "valeur", "unite", "statut", "millesime", "source",
]  # fmt: skip
FINDINGS = ["fichier", "ligne", "colonne", "valeur", "constat", "action"]


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(content.decode("utf-8").splitlines())
    return list(rows.fieldnames or []), list(rows)


def test_coverage(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy, {"at": 2}), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "couverture.csv")
    assert columns == COVERAGE
    whole = rows[0]
    assert (whole["public"], whole["maille"], whole["code"]) == ("ensemble", "departement", "99")
    assert whole["population"] == "1000"
    assert whole["part_hors_seuil"] == "0.600000"
    assert whole["duree_min"] == "9.30"
    assert whole["distance_km"] == "6.000"
    assert whole["seuil_min"] == "10"
    assert whole["population_hors_seuil"] == "600"
    assert whole["part_couverte"] == ""
    assert [r["public"] for r in rows if r["code"] == "99"] == ["ensemble", "65_plus"]
    assert [r["perimetre"] for r in rows if r["code"] == "100000002"] == ["entier", "partie"] * 2


def test_without_supply_cells_are_empty(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy), tmp_path)
    _, rows = read(tmp_path / "tableaux" / "couverture.csv")
    empty = [c for c in COVERAGE if c.startswith(("part_", "duree", "distance", "population_"))]
    assert all(row[column] == "" for row in rows for column in empty)
    assert rows[0]["population"] == "1000"
    columns, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert (columns, rows) == (SUPPLY, [])


def test_supply_has_one_row_per_theme(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(
        toy,
        {"at": 2, "themes": ("accueil", "autre"), "commune_code": "99001", "weekly_hours": 12.5},
        {"at": 6, "themes": (), "itinerant": True},
        {"confidential": True, "name": "Hébergement à adresse protégée"},
    )
    write_tables(run, tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert columns == SUPPLY
    assert [(r["id"], r["theme"]) for r in rows] == [
        ("s0", "accueil"),
        ("s0", "autre"),
        ("s1", ""),
        ("s2", "accueil"),
    ]
    assert rows[0]["heures_semaine"] == "12.5"
    assert rows[2]["itinerant"] == "true"
    assert rows[3]["confidentiel"] == "true"
    hidden = ("longitude", "latitude", "structure", "code_commune")
    assert [rows[3][c] for c in hidden] == [""] * 4


def test_needs_keep_their_status(toy: Territory, tmp_path: Path) -> None:
    write_tables(toys.run(toy, {"at": 2}), tmp_path)
    columns, rows = read(tmp_path / "tableaux" / "besoins.csv")
    assert columns == NEEDS
    assert [(r["code"], r["valeur"], r["statut"]) for r in rows] == [
        ("99001", "10", "publie"),
        ("99002", "20", "publie"),
        ("99003", "", "secret"),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+33 4", "-2", "@SUM(A1)", "\tx"])
def test_formulas_are_disarmed(toy: Territory, tmp_path: Path, text: str) -> None:
    write_tables(toys.run(toy, {"at": 2, "name": text, "structure": text}), tmp_path)
    _, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert rows[0]["nom"] == rows[0]["structure"] == f"'{text}"
    columns, findings = read(tmp_path / "tableaux" / "anomalies.csv")
    assert columns == FINDINGS
    assert findings[0]["valeur"] == "'=1+1"
    assert findings[0]["ligne"] == "3"


def test_a_negative_longitude_is_a_number(toy: Territory, tmp_path: Path) -> None:
    run = toys.run(toy, {"longitude": -1.5, "latitude": 46.0, "precision": "adresse"})
    write_tables(run, tmp_path)
    _, rows = read(tmp_path / "tableaux" / "offre.csv")
    assert rows[0]["longitude"] == "-1.500000"
