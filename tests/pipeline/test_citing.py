"""Days that sources are named by: a slip of the pen is no date."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from cartoallier.model import SourceRecord
from cartoallier.pipeline import open_territory, read_sources
from cartoallier.pipeline.citing import believable, newest_day
from cartoallier.project import load_project

TODAY = dt.date(2026, 5, 1)
TABLE = """nom;code_insee;date_maj
Un;03190;2062-01-01
Deux;03190;2025-03-01
Trois;03310;2024-01-05
"""


def source(vintage: str, label: str) -> SourceRecord:
    return SourceRecord(path="a.csv", label=label, format="dora", sha256="", vintage=vintage)


@pytest.mark.parametrize(
    ("days", "vintage", "label"),
    [
        (["2062-01-01", "2025-03-01", None], "2025-03-01", "DORA, données du 1er mars 2025"),
        (["2062-01-01", None], "", "DORA"),
        (["2062-01-01", "2026-05-02"], "", "DORA"),
    ],
)
def test_a_future_day_names_no_source(days: list[str | None], vintage: str, label: str) -> None:
    frame = pd.DataFrame({"updated_on": pd.Series(days, dtype="str")})
    found = believable(
        [source("2062-01-01", "DORA, données du 1er janvier 2062")], [frame], today=TODAY
    )
    assert (found[0].vintage, found[0].label) == (vintage, label)
    assert newest_day(found, today=TODAY) == (dt.date.fromisoformat(vintage) if vintage else None)


def test_a_sound_day_or_a_year_stays() -> None:
    told = [source("2026-05-01", "DORA, données du 1er mai 2026"), source("2026", "INSEE")]
    frames = [pd.DataFrame({"updated_on": pd.Series([], dtype="str")})] * 2
    assert believable(told, frames, today=TODAY) == told


def test_a_slip_dates_neither_the_run_nor_its_source_nor_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    (tmp_path / "offre").mkdir()
    (tmp_path / "offre" / "lieux.csv").write_text(TABLE, encoding="utf-8")
    project = load_project(tmp_path, departement="03", here=tmp_path)
    reading = read_sources(project, open_territory(project))
    assert reading.date == dt.date(2025, 3, 1)
    [one] = reading.sources
    assert one.vintage == "2025-03-01"
    assert "2062" not in one.label
    assert one.label.endswith("données du 1er mars 2025")
    assert "2062-01-01" not in reading.services.records["updated_on"].tolist()
    assert [f.value for f in reading.findings if f.column == "date_maj" and f.line] == [
        "2062-01-01"
    ]
