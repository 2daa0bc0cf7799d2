"""« Ce que disent les données »: every figure with what it rests on, nothing secret or live."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cartoallier.diagnosis.completeness import completeness, epci_records
from cartoallier.model import Finding, Run, SourceRecord
from cartoallier.outputs.maps import write_maps
from cartoallier.outputs.maps.data_page import data_page, sentences
from cartoallier.outputs.maps.data_tables import data_tables

Visitor = Callable[[Path], Any]
HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>{{7*7}}'\""""


@pytest.fixture
def run(toy_run: Run) -> Run:
    """The toy with what a run says of its files, hostile names included."""
    hostile = SourceRecord(
        path=f"besoin/{HOSTILE}.csv",
        label=HOSTILE,
        format="tableau",
        sha256="1" * 64,
        rows_read=4,
        rows_kept=1,
        dropped={HOSTILE: 3},
        vintage="2023-04",
    )
    supply = toy_run.sources[:1]
    what = "coordonnées absentes"
    found = [
        Finding(file=hostile.path, line=n, column="x", value=v, what=what, action="à corriger")
        for n, v in enumerate((HOSTILE, "masqué", "y" * 500, "quatrième"), start=2)
    ]
    pairs = pd.DataFrame(
        {
            "source_garde": ["dora", "dora", None],
            "source_autre": ["soliguide", "soliguide", "dora"],
            "decision": ["fusionné", "fusionné", "à vérifier"],
        }
    )
    return dataclasses.replace(
        toy_run,
        sources=(*supply, hostile),
        findings=tuple(found),
        duplicates=pairs,
        completeness=completeness(toy_run.services, supply, toy_run.territory),
        epci_records=epci_records(toy_run.services, supply, toy_run.territory),
    )


def cells(run: Run, table: str) -> list[tuple[str, ...]]:
    found = next(one for one in data_tables(run) if one.id == table)
    return [tuple(cell.text for cell in row) for row in found.rows]


def test_each_theme_says_what_it_rests_on(run: Run) -> None:
    rows = cells(run, "chiffres")
    assert [row[0] for row in rows] == [theme.short_title for theme in run.themes]
    first = rows[0]
    summary = run.summaries[run.themes[0].key]
    assert first[1] == summary.headline
    assert first[4] == ", ".join(summary.missing)
    assert first[5] == "1"
    assert first[6].endswith(", par commune")


def test_sources_keep_their_dates_licences_and_losses(run: Run) -> None:
    supply, need = cells(run, "sources")
    assert supply[3] == "offre"
    assert supply[5] == "Licence Ouverte 2.0"
    assert supply[4] == "non indiquée"
    assert need[4] == "avril 2023"
    assert need[5] == "non indiquée"
    assert need[6:] == ("4", "1", f"{HOSTILE} (3)")


def test_findings_are_counted_with_their_first_examples(run: Run) -> None:
    ((_, what, count, examples, action),) = cells(run, "constats")
    assert (what, count, action) == ("coordonnées absentes", "4", "à corriger")
    assert examples.startswith("ligne 2, x\u00a0: <img")
    assert "ligne 3, x\u00a0: masqué" in examples
    assert "y" * 81 not in examples
    assert "quatrième" not in examples


def test_duplicates_are_counted_by_decision(run: Run) -> None:
    assert cells(run, "doublons") == [
        ("", "dora", "à vérifier", "1"),
        ("dora", "soliguide", "fusionné", "2"),
    ]


def test_records_by_epci_are_those_of_the_run(run: Run) -> None:
    rows = cells(run, "epci")
    assert sum(int(row[1]) for row in rows) == run.epci_records["fiches"].sum()


def test_absence_of_data_is_not_absence_of_supply(run: Run) -> None:
    said = " ".join(sentences(run))
    assert "1\u00a0fichier d’offre" in said
    assert "cela ne veut pas dire qu’il n’y existe aucun service" in said


def test_it_opens_in_silence_and_sorts(run: Run, tmp_path: Path, visit: Visitor) -> None:
    write_maps(run, tmp_path)
    seen = visit(tmp_path / "cartes" / "donnees.html")
    page = seen.page
    assert page.locator("img").count() == 0
    assert HOSTILE in page.locator("#sources").inner_text()
    button = page.locator("#sources thead button", has_text="gardées")
    button.press("Enter")
    heading = page.locator("#sources thead th").nth(7)
    assert heading.get_attribute("aria-sort") == "descending"
    ranks = page.locator("#sources tbody th").all_inner_texts()
    assert sorted(ranks) == ["1", "2"]
    assert seen.errors == []
    assert seen.foreign == []


def test_same_run_same_page_and_no_table_without_rows(toy_run: Run, run: Run) -> None:
    assert data_page(run) == data_page(run)
    assert [table.id for table in data_tables(toy_run)] == ["chiffres", "sources"]
