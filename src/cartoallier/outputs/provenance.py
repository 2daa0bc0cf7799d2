"""``provenance.json``: every input, every parameter, every version."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.model import Run, SourceRecord, Theme
from cartoallier.model.run import Geocoding
from cartoallier.outputs.fingerprint import HANDED_OVER, fingerprints
from cartoallier.outputs.tables.frames import calibration_table

FILE_NAME = "provenance.json"
WRITTEN = "fichiers_ecrits"
"""Key of the fingerprints of files that people edit in place."""
LIBRARIES = (
    "folium", "geopandas", "numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy", "shapely",
)  # fmt: skip


def write_provenance(run: Run, folder: Path) -> Path:
    """Write what is needed to run the same diagnosis again and to find the same figures.

    Paths are relative to the project; the clock is not in it, only the date of the data. What
    stands in ``folder`` of the files that people edit in place is told by its fingerprint, so
    that the next run knows whether somebody did.
    """
    territory = run.territory
    content: dict[str, Any] = {
        "cartoallier": run.version,
        "date_des_donnees": run.date.isoformat(),
        "demonstration": run.demonstration,
        "territoire": {
            "departement": territory.departement_code,
            "nom": territory.departement_name,
            "projection": territory.crs.to_string(),
            "millesime": territory.vintage,
            "origines": len(territory.origins),
            "communes": int(territory.communes["inside"].sum()),
        },
        "parametres": {
            "moteur": run.parameters.engine,
            # measured on roads, these are in « calibration »
            **({} if run.calibration is not None else _pace(run)),
            "plancher_intracommunal": run.parameters.floor,
            "voisinage_km": run.parameters.neighbourhood_km,
        },
        **({"methode": run.method} if run.method else {}),
        **({} if run.calibration is None else {"calibration": _calibration(run)}),
        **({"variantes": dict(run.variant_words)} if run.variant_words else {}),
        **({} if run.geocoding is None else {"geocodage": _geocoding(run.geocoding)}),
        "themes": {theme.key: _theme(run, theme) for theme in run.themes},
        "themes_retenus": list(run.retained),
        "sources": [_source(source) for source in run.sources],
        "constats": len(run.findings),
        WRITTEN: {
            name: fingerprints(folder / name) for name in HANDED_OVER if (folder / name).is_file()
        },
        "bibliotheques": {name: metadata.version(name) for name in LIBRARIES},
    }
    path = folder / FILE_NAME
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _theme(run: Run, theme: Theme) -> dict[str, Any]:
    return {
        "mode": theme.mode.value,
        "seuil_min": _threshold(run, theme.key),
        "decision": run.decisions.get(theme.key),
        "services": len(run.coverages[theme.key].sites),
    }


def _source(source: SourceRecord) -> dict[str, Any]:
    return {
        "chemin": source.path,
        "nom": source.label,
        "format": source.format,
        "sha256": source.sha256,
        "lignes_lues": source.rows_read,
        "lignes_gardees": source.rows_kept,
        "lignes_ecartees": dict(sorted(source.dropped.items())),
        "millesime": source.vintage,
        "licence": source.licence,
        "demonstration": source.demonstration,
    }


def _calibration(run: Run) -> list[dict[str, Any]]:
    """Return the classes of density of ``calibration.csv``, in order; missing is ``null``."""
    table = calibration_table(run)
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in table.astype("object").to_dict("records")
    ]


def _pace(run: Run) -> dict[str, Any]:
    return {
        "detour": run.parameters.detour,
        "vitesse_kmh": run.parameters.speed_kmh,
        "vitesse_favorable_kmh": run.parameters.favourable_kmh,
        "vitesse_defavorable_kmh": run.parameters.unfavourable_kmh,
    }


def _geocoding(told: Geocoding) -> dict[str, Any]:
    return {
        "service": told.host,
        "adresses_demandees": told.asked,
        "adresses_repondues": told.answered,
        "adresses_utilisees": told.used,
        "reponses_refusees": dict(sorted(told.refused.items())),
    }


def _threshold(run: Run, theme: str) -> float | None:
    values = run.coverages[theme].table["seuil_min"].dropna()
    return None if values.empty else float(values.iloc[0])
