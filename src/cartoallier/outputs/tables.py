"""Tables under ``tableaux/``: CSV in UTF-8, comma, point, one header line, codes as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from cartoallier.model import COVERAGE_COLUMNS, Run

OFFER_COLUMNS = (
    "id", "source", "nom", "structure", "theme", "code_commune", "longitude", "latitude",
    "precision", "itinerant", "heures_semaine", "date_maj", "confidentiel",
)  # fmt: skip
NEEDS_HEADINGS = (
    "indicateur", "maille", "code", "nom", "valeur", "unite", "statut", "millesime", "source",
)  # fmt: skip
FINDING_COLUMNS = ("fichier", "ligne", "colonne", "valeur", "constat", "action")
DECIMALS = {
    "distance_km": 3,
    "duree_min": 2,
    "population": 0,
    "population_hors_seuil": 0,
    "lieux": 0,
} | {column: 6 for column in COVERAGE_COLUMNS if column.startswith("part_")}
NUMBERS = {*DECIMALS, "seuil_min", "longitude", "latitude", "heures_semaine"}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_tables(run: Run, folder: Path) -> list[Path]:
    """Write every table of ``run`` under ``folder/tableaux``.

    Shares are written with six decimals, kilometres with three, minutes with two, people as
    whole numbers; missing cells are empty. Text that a spreadsheet would run as a formula is
    preceded by an apostrophe.
    """
    target = folder / "tableaux"
    target.mkdir(parents=True, exist_ok=True)
    tables = {
        "couverture.csv": coverage_table(run),
        "offre.csv": supply_table(run),
        "besoins.csv": needs_table(run),
        "anomalies.csv": findings_table(run),
    }
    return [_write(frame, target / name) for name, frame in tables.items()]


def coverage_table(run: Run) -> pd.DataFrame:
    """Return ``couverture.csv``: every theme, public and zone."""
    table = pd.concat([run.coverages[t.key].table for t in run.themes], ignore_index=True)
    for column, decimals in DECIMALS.items():
        table[column] = table[column].map(_fixed(decimals))
    table["seuil_min"] = table["seuil_min"].map(_plain)
    return table


def supply_table(run: Run) -> pd.DataFrame:
    """Return ``offre.csv``: one row per (service, theme); a protected row keeps no place."""
    records = run.services.records
    table = pd.DataFrame(
        {
            "id": records.index,
            "source": records["source"].to_numpy(),
            "nom": records["name"].to_numpy(),
            "structure": records["structure"].to_numpy(),
            "theme": records["themes"].map(lambda themes: list(themes) or [None]).to_numpy(),
            "code_commune": records["commune_code"].to_numpy(),
            "longitude": records["longitude"].map(_fixed(6)).to_numpy(),
            "latitude": records["latitude"].map(_fixed(6)).to_numpy(),
            "precision": records["precision"].to_numpy(),
            "itinerant": records["itinerant"].map(_flag).to_numpy(),
            "heures_semaine": records["weekly_hours"].map(_plain).to_numpy(),
            "date_maj": records["updated_on"].to_numpy(),
            "confidentiel": records["confidential"].map(_flag).to_numpy(),
        }
    )
    return table.explode("theme", ignore_index=True).reindex(columns=list(OFFER_COLUMNS))


def needs_table(run: Run) -> pd.DataFrame:
    """Return ``besoins.csv``: indicators by whole zone, with the status of what is missing."""
    values = run.needs.values
    table = values[values["perimeter"] == "entier"].drop(columns="perimeter")
    table = table.assign(value=table["value"].map(_plain))
    return table.set_axis(list(NEEDS_HEADINGS), axis="columns")


def findings_table(run: Run) -> pd.DataFrame:
    """Return ``anomalies.csv``: what to send back to whoever sent the files."""
    rows = [
        (f.file, "" if f.line is None else str(f.line), f.column, f.value, f.what, f.action)
        for f in run.findings
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str")


def _write(frame: pd.DataFrame, path: Path) -> Path:
    foreign = [column for column in frame.columns if column not in NUMBERS]
    safe = frame.assign(**{column: frame[column].map(_neutral) for column in foreign})
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _neutral(value: object) -> object:
    """Disarm text that a spreadsheet would run as a formula."""
    runs = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if runs else value


def _fixed(decimals: int) -> Callable[[float], str | None]:
    """Return what writes a number with ``decimals`` decimals; missing stays missing."""
    return lambda value: None if pd.isna(value) else f"{value + 0.0:.{decimals}f}"


def _plain(value: float) -> str | None:
    """Write a number with at most six decimals, without trailing zeros."""
    return None if pd.isna(value) else f"{value + 0.0:.6f}".rstrip("0").rstrip(".")


def _flag(value: object) -> str:
    return "true" if value else "false"
