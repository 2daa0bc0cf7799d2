"""What is sent back: one sheet per file, nothing half-written."""

import csv
from pathlib import Path

import openpyxl
import pytest

from cartoallier.errors import OutputError
from cartoallier.model import Finding, SourceRecord
from cartoallier.outputs.returns import write_returns

SOURCES = [
    SourceRecord(path="offre/a.csv", label="A", format="tableau", sha256="", vintage="2024-08-01"),
    SourceRecord(path="offre/b.csv", label="B", format="tableau", sha256=""),
]
FINDINGS = [
    Finding(file="autre.csv", what="fichier inconnu"),
    Finding(file="offre/a.csv", line=3, column="nom", value="=1+1", what="x", action="y"),
    Finding(file="offre/a.csv", line=12, value="masqué", what="z"),
]


def test_one_sheet_per_file_with_findings(tmp_path: Path) -> None:
    made = write_returns(FINDINGS, SOURCES, tmp_path / "retour")
    assert [path.name for path in made] == ["anomalies.csv", "a_renvoyer.xlsx"]
    book = openpyxl.load_workbook(made[1])
    assert book.sheetnames == ["a.csv", "autre.csv"]
    rows = list(book["a.csv"].iter_rows(min_row=2, values_only=True))
    assert rows == [
        ("offre/a.csv", 3, "nom", "=1+1", "x", "y"),
        ("offre/a.csv", 12, None, "masqué", "z", None),
    ]
    with made[0].open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["fichier"] for line in lines] == [f.file for f in FINDINGS]
    assert lines[1]["valeur"] == "'=1+1"
    before = made[1].read_bytes()
    write_returns(FINDINGS, SOURCES, tmp_path / "retour")
    assert made[1].read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "retour").iterdir()) == ["tableaux"]


def test_nothing_to_send_back_is_said(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_returns([], SOURCES, tmp_path)[1])
    assert book.sheetnames == ["Rien à renvoyer"]


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "pris").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="--sortie"):
        write_returns(FINDINGS, SOURCES, tmp_path / "pris")
