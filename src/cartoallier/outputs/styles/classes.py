"""``classes.csv``: every class of every tint, for those who style elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from cartoallier.model import ClassCount, Run, ThemeSummary
from cartoallier.outputs.geopackage.names import coverage_layers
from cartoallier.outputs.maps.tints import Tint
from cartoallier.outputs.styles.thematic import COLUMNS, theme_tints
from cartoallier.outputs.tables.files import write_csv

CLASSES_COLUMNS: dict[str, str] = {
    "theme": "str",
    "champ": "str",
    "couche": "str",
    "rang": "int64",
    "borne_min": "float64",
    "borne_max": "float64",
    "couleur": "str",
    "libelle": "str",
    "communes": "int64",
    "habitants": "int64",
}
"""Columns: ``borne_min`` is included, ``borne_max`` is not, both as the column holds its values (a
share from 0 to 1, whose label is in percent), empty for an open end and for what is not an
interval. ``couleur``: ``#rrggbb``, ``hachure`` or ``points``. ``communes``: zones in the class."""
FILE_NAME = "classes.csv"


def classes_table(run: Run) -> pd.DataFrame:
    """Return one row per theme, layer and class, columns :data:`CLASSES_COLUMNS`."""
    rows = [row for theme in run.themes for row in _theme_rows(run, theme.key)]
    return pd.DataFrame(rows, columns=list(CLASSES_COLUMNS)).astype(CLASSES_COLUMNS)


def write_classes(run: Run, folder: Path) -> Path:
    """Write ``tableaux/classes.csv`` under ``folder``, as the other tables are."""
    target = folder / "tableaux"
    target.mkdir(parents=True, exist_ok=True)
    return write_csv(classes_table(run), target / FILE_NAME)


def _theme_rows(run: Run, key: str) -> Iterator[tuple[object, ...]]:
    theme = next(theme for theme in run.themes if theme.key == key)
    names = coverage_layers(run)
    for tint in theme_tints(run, theme):
        counts = _counts(run.summaries[key], tint)
        for rank, row in enumerate(tint.legend, start=1):
            low, high = _bounds(counts, rank - 1, scale=100 if tint.family == "part" else 1)
            yield (
                key,
                COLUMNS[tint.family],
                names[key, tint.level],
                rank,
                low,
                high,
                row.swatch,
                row.label,
                row.zones,
                row.inhabitants,
            )


def _counts(summary: ThemeSummary, tint: Tint) -> Sequence[ClassCount]:
    of = {
        "minutes": summary.access_classes,
        "part": summary.share_classes,
        "besoin": summary.need_classes,
    }
    return of.get(tint.family, ())


def _bounds(counts: Sequence[ClassCount], rank: int, *, scale: float) -> tuple[float, float]:
    if rank >= len(counts):
        return math.nan, math.nan
    low, high = counts[rank].lower / scale, counts[rank].upper / scale
    return low if math.isfinite(low) else math.nan, high if math.isfinite(high) else math.nan
