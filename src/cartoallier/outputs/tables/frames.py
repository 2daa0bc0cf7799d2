"""The tables of a run as frames: the contract's columns, numbers written once and for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from cartoallier.model import (
    BASKET_COLUMNS,
    COVERAGE_COLUMNS,
    FLAG_COLUMNS,
    HELD_COLUMNS,
    RELIABILITY_COLUMNS,
    VARIANT_COLUMNS,
    Finding,
    Run,
)
from cartoallier.outputs.tables.measures import lexicon, wide_measures

OFFER_COLUMNS = (
    "id", "source", "nom", "structure", "theme", "code_commune", "longitude", "latitude",
    "precision", "itinerant", "heures_semaine", "date_maj", "confidentiel",
)  # fmt: skip
NEEDS_HEADINGS = (
    "indicateur", "maille", "code", "nom", "valeur", "unite", "statut", "millesime", "source",
)  # fmt: skip
FINDING_COLUMNS = ("fichier", "ligne", "colonne", "valeur", "constat", "action")
DUPLICATE_COLUMNS = (
    "id_garde", "id_autre", "nom_garde", "nom_autre", "source_garde", "source_autre",
    "fichier_autre", "ligne_autre", "code_commune", "distance_m", "score", "preuve", "decision",
)  # fmt: skip
STOP_COLUMNS = (
    "id", "nom", "theme", "code_commune", "longitude", "latitude", "heures_semaine", "arret",
)  # fmt: skip
FRESHNESS_COLUMNS = (
    "theme", "maille", "code", "nom", "perimetre", "lieux", "lieux_recents", "part_hors_seuil",
    "part_hors_seuil_recents", "fiches", "fiches_anciennes", "fiches_sans_date",
)  # fmt: skip
RESPONSABLE_COLUMNS = (
    "theme", "maille", "code", "nom", "perimetre", "responsable", "lieux",
    "part_hors_seuil_seul", "part_hors_seuil_tous", "part_hors_seuil_sans",
    "population_hors_seuil_seul", "population_hors_seuil_tous", "population_hors_seuil_sans",
)  # fmt: skip
ACTOR_COLUMNS = (
    "theme", "maille", "code", "nom", "perimetre", "responsable", "lieux", "services",
    "lieux_partages", "types_presents", "types_absents",
)  # fmt: skip
FIGURE_COLUMNS = tuple(name for name in RELIABILITY_COLUMNS if name != "essais")
TRIAL_COLUMNS = ("theme", "essai")
CALIBRATION_HEADINGS = {
    "class": "classe", "pairs": "trajets", "own": "propre", "detour": "detour",
    "speed_kmh": "vitesse_kmh", "residual_p10": "rapport_p10", "residual_p50": "rapport_p50",
    "residual_p90": "rapport_p90",
}  # fmt: skip
"""Column of ``Calibration.table`` -> column of ``calibration.csv``."""

_Table = Callable[[Run], pd.DataFrame]

DECIMALS = {
    "distance_km": 3,
    "duree_min": 2,
    "duree_min_base": 2,
    "minutes_moyennes": 2,
    "difference_points": 4,
    "difference_population": 0,
    "moyenne": 3,
    "detour": 3,
    "vitesse_kmh": 2,
    "rapport_p10": 3,
    "rapport_p50": 3,
    "rapport_p90": 3,
    "habitants_gagnes": 0,
    "habitants_desservis": 0,
    "sites": 0,
    "duree_mediane": 2,
    "duree_p90": 2,
    "duree_2e_lieu": 2,
    "duree_3e_lieu": 2,
    "lieux_15_min": 2,
    "lieux_30_min": 2,
    "heures_semaine_30_min": 2,
    "indice_acces": 2,
    "indice_acces_continu": 2,
    "gini_duree": 4,
    "palma_acces": 3,
    "concentration_pauvrete": 4,
    "population": 0,
    "lieux": 0,
    "lieux_recents": 0,
    "lieux_partages": 0,
    "services": 0,
    "fiches": 0,
    "fiches_anciennes": 0,
    "fiches_sans_date": 0,
    "distance_m": 0,
    "score": 3,
}
"""Column -> decimals written at most; shares have six, people none (see :func:`decimals_of`)."""


def minute_bounds(run: Run) -> frozenset[float]:
    """Return the bounds that durations are held against: classes of themes and thresholds."""
    classes = {float(bound) for theme in run.themes for bound in theme.classes}
    thresholds = {
        float(bound)
        for coverage in run.coverages.values()
        for bound in coverage.table["seuil_min"].dropna().unique()
    }
    return frozenset(classes | thresholds)


def decimals_of(column: str) -> int | None:
    """Return how many decimals a column is written with at most; ``None``: not so written."""
    if column.startswith("part_"):
        return 6
    return 0 if column.startswith("population_") else DECIMALS.get(column)


def coverage_table(run: Run) -> pd.DataFrame:
    """Return ``couverture.csv``: every theme, public and zone."""
    tables = [run.coverages[theme.key].table for theme in run.themes]
    return pd.concat(tables, ignore_index=True).reindex(columns=list(COVERAGE_COLUMNS))


SENSITIVE_NAME = "Service d’un thème sensible"
"""Written for any service under a theme whose places are never shown."""


def supply_table(run: Run) -> pd.DataFrame:
    """Return ``offre.csv``: one row per (service, theme); a protected row keeps no place.

    A place is never tied to a sensitive theme: the row of such a theme is written as that of a
    protected service, under an id that leads nowhere.
    """
    records = run.services.records
    table = pd.DataFrame(
        {
            "id": records.index,
            "source": records["source"].to_numpy(),
            "nom": records["name"].to_numpy(),
            "structure": records["structure"].to_numpy(),
            "theme": records["themes"].map(lambda themes: list(themes) or [None]).to_numpy(),
            "code_commune": records["commune_code"].to_numpy(),
            "longitude": records["longitude"].to_numpy(),
            "latitude": records["latitude"].to_numpy(),
            "precision": records["precision"].to_numpy(),
            "itinerant": records["itinerant"].to_numpy(),
            "heures_semaine": records["weekly_hours"].to_numpy(),
            "date_maj": records["updated_on"].to_numpy(),
            "confidentiel": records["confidential"].to_numpy(),
        }
    )
    table = table.explode("theme", ignore_index=True)
    named = table["theme"].isin(run.sensitive) & ~table["confidentiel"]
    for position, row in enumerate(table.index[named], start=1):
        table.loc[row, "id"] = f"{table.loc[row, 'source']}--protege-{position}"
    hidden = named | table["confidentiel"]
    table.loc[named, "nom"] = SENSITIVE_NAME
    table.loc[named, "confidentiel"] = True
    for column in ("structure", "code_commune", "precision", "date_maj"):
        table.loc[hidden, column] = None
    table.loc[hidden, ["longitude", "latitude", "heures_semaine"]] = np.nan
    table.loc[hidden, "itinerant"] = False
    return table.reindex(columns=list(OFFER_COLUMNS))


def needs_table(run: Run) -> pd.DataFrame:
    """Return ``besoins.csv``: indicators by whole zone, with the status of what is missing."""
    values = run.needs.values
    table = values[values["perimeter"] == "entier"].drop(columns="perimeter")
    return table.set_axis(list(NEEDS_HEADINGS), axis="columns").reset_index(drop=True)


def profiles_table(run: Run) -> pd.DataFrame:
    """Return ``profils.csv``: EPCI × profile of poor households."""
    return _scores(run.profiles, "profil")


def factors_table(run: Run) -> pd.DataFrame:
    """Return ``facteurs.csv``: EPCI × aggravating factor."""
    return _scores(run.factors, "facteur")


def _scores(scores: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return scores under French headings; ``kind`` names the column of the composite."""
    names = {
        "code": "code", "name": "nom", "perimeter": "perimetre", "composite": kind,
        "score": "score", "rank": "rang", "ranked": "sur", "rank_low": "rang_bas",
        "rank_high": "rang_haut", "known": "termes_connus", "expected": "termes_attendus",
        "dominant": "dominant", "missing": "manquants",
    }  # fmt: skip
    return scores.reset_index(drop=True).reindex(columns=list(names)).rename(columns=names)


def findings_table(run: Run) -> pd.DataFrame:
    """Return ``anomalies.csv``: what to send back to whoever sent the files."""
    return findings_frame(run.findings)


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as ``anomalies.csv`` has them."""
    rows = [
        (f.file, "" if f.line is None else str(f.line), f.column, f.value, f.what, f.action)
        for f in findings
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str")


def stops_table(run: Run) -> pd.DataFrame:
    """Return ``arrets.csv``: stops of itinerant services, one row per theme, with their hours."""
    stops = run.stops
    if "themes" in stops:  # several, listed in one cell
        listed = stops["themes"].fillna("").str.split(";")
        stops = stops.assign(theme=listed).explode("theme")
        stops["theme"] = stops["theme"].mask(stops["theme"] == "")
    return _shaped(stops, STOP_COLUMNS)


def trials_table(run: Run) -> pd.DataFrame:
    """Return ``essais.csv``: the trials of each theme, whose range ``fiabilite.csv`` gives.

    All zones of a theme go through the same trials: they are written once.
    """
    told = run.reliability.reindex(columns=["theme", "essais"]).dropna().drop_duplicates()
    trials = told.assign(essai=told["essais"].astype("str").str.split(" | ", regex=False))
    return _shaped(trials.explode("essai").drop_duplicates(["theme", "essai"]), TRIAL_COLUMNS)


def calibration_table(run: Run) -> pd.DataFrame:
    """Return ``calibration.csv``: detour and speed by class of origin, from the roads."""
    names = CALIBRATION_HEADINGS
    if run.calibration is None:
        return pd.DataFrame(columns=list(names.values()))
    table = run.calibration.table.rename_axis("class").reset_index()
    return table.rename(columns=names)[list(names.values())]


def source_tables(run: Run) -> dict[str, pd.DataFrame]:
    """Return what each file holds, and records by EPCI, when the run says it."""
    frames = {"sources": run.completeness, "fiches_epci": run.epci_records}
    return {name: frame for name, frame in frames.items() if len(frame)}


def _shaped(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Keep the contract's columns, header included when there is no row."""
    return frame.reset_index(drop=True).reindex(columns=list(columns))


def _as_told(columns: tuple[str, ...], told: Callable[[Run], pd.DataFrame]) -> _Table:
    """Return what writes a frame of the run as it is, its header included when it has no row."""
    return lambda run: _shaped(told(run), columns)


TABLES: tuple[tuple[str, _Table], ...] = (
    ("couverture", coverage_table),
    ("mesures", lambda run: wide_measures(run.measures)),
    ("mesures_lexique", lambda run: lexicon(run.measures)),
    ("fiabilite", _as_told(FIGURE_COLUMNS, lambda run: run.reliability)),
    ("essais", trials_table),
    ("variantes", _as_told(VARIANT_COLUMNS, lambda run: run.variants)),
    ("paniers", _as_told(BASKET_COLUMNS, lambda run: run.baskets)),
    ("signalements", _as_told(FLAG_COLUMNS, lambda run: run.flags)),
    ("calibration", calibration_table),
    ("offre", supply_table),
    ("besoins", needs_table),
    ("indicateurs", _as_told(HELD_COLUMNS, lambda run: run.held)),
    ("profils", profiles_table),
    ("facteurs", factors_table),
    ("responsables", _as_told(RESPONSABLE_COLUMNS, lambda run: run.responsables)),
    ("acteurs", _as_told(ACTOR_COLUMNS, lambda run: run.actors)),
    ("fraicheur", _as_told(FRESHNESS_COLUMNS, lambda run: run.freshness)),
    ("arrets", stops_table),
    ("doublons", _as_told(DUPLICATE_COLUMNS, lambda run: run.duplicates)),
    ("anomalies", findings_table),
)
"""Name of the file, without its suffix -> what makes it; what each holds: ``workbook.SHEETS``."""
