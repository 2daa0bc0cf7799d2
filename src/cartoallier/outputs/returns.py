"""What to send back to whoever sent a file: ``anomalies.csv`` and ``a_renvoyer.xlsx``."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cartoallier.errors import OutputError
from cartoallier.model import Finding, SourceRecord
from cartoallier.outputs.spreadsheet import Column, Kind, Sheet, write_spreadsheet
from cartoallier.outputs.tables.files import write_csv
from cartoallier.outputs.tables.frames import findings_frame

RETURNS = "a_renvoyer.xlsx"
_COLUMNS = (
    Column(heading="Fichier", width=34),
    Column(heading="Ligne", kind=Kind.WHOLE, width=9),
    Column(heading="Colonne", width=20),
    Column(heading="Valeur", width=30),
    Column(heading="Constat", kind=Kind.PROSE, width=46),
    Column(heading="Action", kind=Kind.PROSE, width=60),
)


def write_returns(
    findings: Sequence[Finding], sources: Sequence[SourceRecord], folder: Path
) -> list[Path]:
    """Write every finding under ``folder/tableaux``: one CSV, and a workbook of a sheet per file.

    A sheet can be sent alone: each line bears its file, line, column, value, finding and action.
    Values of rows whose address must stay secret are already masked.

    Args:
        findings: of every source.
        sources: in the order of the sheets; a finding of another file comes after them.
        folder: made if missing; both files are written beside, then moved into place.

    Raises:
        OutputError: the folder cannot be written.
    """
    files = dict.fromkeys([*(source.path for source in sources), *(f.file for f in findings)])
    by_file: dict[str, list[Finding]] = {file: [] for file in files}
    for finding in findings:
        by_file[finding.file].append(finding)
    sheets = [
        Sheet(
            title=re.split(r"[/\\:]", file)[-1],
            columns=_COLUMNS,
            rows=[(f.file, f.line, f.column, f.value, f.what, f.action) for f in found],
        )
        for file, found in by_file.items()
        if found
    ]
    nothing = Sheet(
        title="Rien à renvoyer",
        columns=(Column(heading="Rien à renvoyer : aucun constat", width=60),),
        rows=(),
        filtered=False,
    )
    target = folder / "tableaux"
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".cartoallier-", dir=folder) as name:
            staging = Path(name)
            made = [
                write_csv(findings_frame(findings), staging / "anomalies.csv"),
                write_spreadsheet(
                    staging / RETURNS,
                    sheets or [nothing],
                    date=_date(sources),
                    title="Constats à renvoyer",
                ),
            ]
            return [path.replace(target / path.name) for path in made]
    except OSError as error:
        raise OutputError(
            f"écriture impossible ({error.strerror or error}) ; "
            "choisissez un autre dossier avec « --sortie »",
            path=folder,
        ) from error


def _date(sources: Sequence[SourceRecord]) -> dt.datetime:
    """Return the newest day a source bears: the clock is never read."""
    days = [s.vintage for s in sources if re.fullmatch(r"\d{4}-\d\d-\d\d", s.vintage)]
    return dt.datetime.fromisoformat(max(days, default="1980-01-01")).replace(tzinfo=dt.UTC)
