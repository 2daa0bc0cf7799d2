"""Workbooks: read back by another library, cell by cell, and the same bytes twice."""

import datetime as dt
import re
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartoallier.outputs.spreadsheet import (
    CHARACTERS,
    NOTICE,
    Column,
    Kind,
    Sheet,
    sheet_names,
    write_spreadsheet,
)

SHEET = "worksheets/sheet1.xml"
DATE = dt.datetime(2024, 8, 1, tzinfo=dt.UTC)


def book(path: Path, *rows: tuple[object, ...], kinds: tuple[Kind, ...] = (Kind.TEXT,)):
    columns = [Column(heading=f"Colonne {i}", kind=kind) for i, kind in enumerate(kinds)]
    sheet = Sheet(title="Feuille", columns=columns, rows=rows)
    write_spreadsheet(path / "x.xlsx", [sheet], date=DATE, title="Essai")
    return openpyxl.load_workbook(path / "x.xlsx")


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path / "x.xlsx") as archive:
        return archive.read(f"xl/{name}").decode()


def test_cells_keep_their_value_and_format(tmp_path: Path) -> None:
    kinds = (Kind.TEXT, Kind.WHOLE, Kind.DECIMAL, Kind.PERCENT, Kind.COORDINATE, Kind.PLAIN)
    row = ("03190", 1234567, 5.14, 0.141699, -0.5, 12.5)
    sheet = book(tmp_path, row, (None, float("nan"), None, 0.0, None, "x"), kinds=kinds).active
    assert tuple(cell.value for cell in sheet[2]) == row
    formats = [cell.number_format for cell in sheet[2]]
    assert formats == ["@", "#,##0", "#,##0.0", "0.0%", "0.000000", "General"]
    assert tuple(cell.value for cell in sheet[3]) == (None, None, None, 0, None, "x")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:F3"
    assert sheet["A1"].font.bold
    assert NOTICE in sheet.oddFooter.left.text


@pytest.mark.parametrize("text", ["=1+1", "+33 4", "-2", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"])
def test_nothing_runs(tmp_path: Path, text: str) -> None:
    cell = book(tmp_path, (text,)).active["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40))
def test_any_text_is_kept_but_what_xml_forbids(tmp_path: Path, text: str) -> None:
    cell = book(tmp_path, (text, "témoin"), kinds=(Kind.TEXT, Kind.TEXT)).active["A2"]
    kept = "".join(c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or c >= "\ue000")
    kept = kept.replace("\ufffe", "").replace("\uffff", "")
    # an XML reader turns every end of line into one
    assert (cell.value or "") == kept.replace("\r\n", "\n").replace("\r", "\n")


def test_what_looks_like_an_escape_is_text(tmp_path: Path) -> None:
    book(tmp_path, ("_x000D_",))
    assert "_x005F_x000D_" in part(tmp_path, "sharedStrings.xml")


def test_a_text_is_written_once(tmp_path: Path) -> None:
    kinds = (Kind.TEXT, Kind.TEXT, Kind.WHOLE)
    rows = [("Moulins", "=1+1", 3), (None, "Moulins", None), ("=1+1", None, None)]
    sheet = book(tmp_path, *rows, kinds=kinds).active
    assert [tuple(cell.value for cell in row) for row in sheet["A2:C4"]] == rows
    strings = part(tmp_path, "sharedStrings.xml")
    assert strings.count("<si>") == 5, "three headings, two texts"
    assert (strings.count(">Moulins<"), strings.count(">=1+1<")) == (1, 1)
    first, second, third = re.findall(r'<row r="[234]">(.*?)</row>', part(tmp_path, SHEET))
    assert "A2" not in first, "a cell follows the one before"
    assert second.startswith("<c/>"), "an empty cell holds its place"
    assert third.count("<c") == 1, "nothing after the last"


def test_frames_read_it_too(tmp_path: Path) -> None:
    book(tmp_path, (None, 1.5), ("a", None), kinds=(Kind.TEXT, Kind.DECIMAL))
    frame = pd.read_excel(tmp_path / "x.xlsx")
    assert frame["Colonne 0"].tolist()[1] == "a"
    assert frame["Colonne 1"].tolist()[0] == 1.5
    assert frame.isna().to_numpy().tolist() == [[True, False], [False, True]]


def test_a_long_cell_is_cut(tmp_path: Path) -> None:
    assert len(book(tmp_path, ("é" * 100_000,)).active["A2"].value) == CHARACTERS


def test_the_same_cells_are_the_same_bytes(tmp_path: Path) -> None:
    book(tmp_path, ("a",))
    first = (tmp_path / "x.xlsx").read_bytes()
    workbook = book(tmp_path, ("a",))
    assert (tmp_path / "x.xlsx").read_bytes() == first
    assert workbook.properties.modified.isoformat() == "2024-08-01T00:00:00"
    assert workbook.properties.title == "Essai"


def test_names_of_sheets_are_valid_and_distinct() -> None:
    long = "services-inclusion-2026-02-28-complet"
    names = sheet_names([f"{long}.csv", f"{long}.json", "a/b:c", "", "'x'", "A B C"])
    assert names == [
        "services-inclusion-2026-02-28-c",
        "services-inclusion-2026-02- (2)",
        "a b c",
        "Feuille",
        "x",
        "A B C (2)",
    ]
