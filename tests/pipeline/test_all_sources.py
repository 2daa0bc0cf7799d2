"""Real lists of different years and directories in one folder, and the demonstration's DORA."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from cartoallier.cli import main

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "france-services-2025/liste-fs-20240801.csv",
    "hinaura-2022/hinaura_aura_lieux_mediation_2022.csv",
    "format-samples/data_inclusion/reproduced_opendata_v1_services.csv",
    "format-samples/soliguide/lieux_testdb_mongo.json",
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tables(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tout")
    offer = folder / "offre"
    offer.mkdir()
    for name in FILES:
        (offer / Path(name).name).write_bytes((shared_data / name).read_bytes())
    dora = ROOT / "data" / "services" / "demonstration" / "demonstration-dora.json"
    (offer / dora.name).write_bytes(dora.read_bytes())
    output = folder / "sorties"
    arguments = ["couverture", str(folder), "--departement", "03", "--sortie", str(output)]
    assert main(arguments) == 0
    return output / "tableaux"


def test_every_merge_is_explained(tables: Path) -> None:
    found = rows(tables / "doublons.csv")
    merged = [row for row in found if row["decision"] == "fusionne"]
    assert len(merged) >= 10
    for row in found:
        assert row["preuve"]
        assert 0 <= float(row["score"]) <= 1
    # the desks of 2022 are those of 2024: the newer list is kept
    pairs = Counter((row["source_garde"], row["source_autre"]) for row in merged)
    assert pairs["france-services", "mednum"] >= 10


def test_no_desk_counts_twice_for_a_theme(tables: Path) -> None:
    """Of two records merged, one only is left in offre.csv."""
    left = {row["id"] for row in rows(tables / "offre.csv")}
    for row in rows(tables / "doublons.csv"):
        if row["decision"] == "fusionne" and "gardées" not in row["preuve"]:
            assert row["id_autre"] not in left
            assert row["id_garde"] in left


def test_coverage_with_and_without_old_records(tables: Path) -> None:
    """Records of 2022 are old in 2026: without them, fewer desks and more people far away."""
    fresh = {
        row["theme"]: row
        for row in rows(tables / "fraicheur.csv")
        if row["maille"] == "departement" and row["part_hors_seuil"]
    }
    assert any(int(row["fiches_anciennes"]) for row in fresh.values())
    for row in fresh.values():
        assert int(row["lieux_recents"]) <= int(row["lieux"])
        if row["part_hors_seuil_recents"]:
            assert float(row["part_hors_seuil_recents"]) >= float(row["part_hors_seuil"])
