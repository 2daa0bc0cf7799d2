"""Measures of access, one row per zone and one column per measure: a table, a lexicon, a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from cartoallier.access.further import MEASURES
from cartoallier.model import Level
from cartoallier.model.french import typeset

MEASURE_HEADINGS: Mapping[str, str] = {
    "duree_mediane": "Durée médiane (min)",
    "duree_p90": "Durée que 9 personnes sur 10 ne dépassent pas (min)",
    "duree_2e_lieu": "Durée moyenne jusqu’au 2e lieu (min)",
    "duree_3e_lieu": "Durée moyenne jusqu’au 3e lieu (min)",
    "lieux_15_min": "Lieux à 15 min au plus, en moyenne",
    "lieux_30_min": "Lieux à 30 min au plus, en moyenne",
    "heures_semaine_30_min": "Heures d’ouverture par semaine à 30 min au plus, en moyenne",
    "indice_acces": "Indice d’accès, par paliers (département = 100)",
    "indice_acces_continu": "Indice d’accès, continu (département = 100)",
    "part_hors_seuil_sans_voiture": "Part hors seuil, sans voiture",
    "gini_duree": "Inégalité des durées (Gini, de 0 à 1)",
    "palma_acces": "Accès des 10 % les mieux servis / des 40 % les moins bien",
    "concentration_pauvrete": "Concentration selon la pauvreté (de −1 à 1)",
    "precisions": "Précisions",
}
"""Measure -> heading of its column on the sheet."""
ROW = ("theme", "public", "maille", "code", "nom", "perimetre")
WIDE_COLUMNS = (*ROW, *MEASURES, "precisions")
"""``mesures.csv``: every measure has its column, whatever the run measured."""
LEXICON_COLUMNS = ("mesure", "libelle", "unite", "mailles")

_SEPARATOR = " | "
_SHEET_DECIMALS = 3


def wide_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``mesures.csv``: one row per theme, public and zone, one column per measure.

    A zone keeps its row when all its measures are missing, as in ``couverture.csv``. What is said
    beside values is gathered in ``precisions``, each under the name of its measure.

    Args:
        table: columns ``MEASURE_COLUMNS``, one row per measure.
    """
    spread = _spread(table, MEASURES)
    said = _precisions(table, names={})
    return spread.assign(precisions=said).reindex(columns=list(WIDE_COLUMNS))


def lexicon(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``mesures_lexique.csv``: what each column of measures is, in what unit, and where.

    Args:
        table: columns ``MEASURE_COLUMNS``; ``mailles`` lists the levels it has the measure for.
    """
    told = table.reindex(columns=["mesure", "maille"]).drop_duplicates()
    rows = [
        (key, label, unit, _SEPARATOR.join(told.loc[told["mesure"] == key, "maille"]))
        for key, (label, unit) in MEASURES.items()
    ]
    return pd.DataFrame(rows, columns=list(LEXICON_COLUMNS), dtype="str")


def by_measure(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sheet of measures: no commune, and a column per measure the run has.

    Args:
        table: columns ``MEASURE_COLUMNS``.
    """
    kept = table[table["maille"] != Level.COMMUNE]
    spread = _spread(kept, kept["mesure"].unique())
    indexed = [name for name in spread if name not in ROW and not str(name).startswith("part_")]
    rounded = spread.round(dict.fromkeys(indexed, _SHEET_DECIMALS))
    return rounded.assign(precisions=_precisions(kept, names=MEASURE_HEADINGS))


def _spread(table: pd.DataFrame, measures: Iterable[str]) -> pd.DataFrame:
    """Return a row per theme, public and zone in the order they come, a column per measure."""
    table = table.reindex(columns=[*ROW, "mesure", "valeur"])
    place = _place(table)
    spread = table[list(ROW)].drop_duplicates(ignore_index=True)
    for measure in measures:
        values = np.full(len(spread), np.nan)
        of = table["mesure"] == measure
        values[place[of]] = table.loc[of, "valeur"]
        spread[measure] = values
    return spread


def _precisions(table: pd.DataFrame, *, names: Mapping[str, str]) -> pd.Series:
    """Return what is said beside the values of each row: « name : words », one after another.

    Args:
        table: columns ``MEASURE_COLUMNS``.
        names: measure -> how it is named; others by their key.
    """
    # a run that measured nothing has a table without columns
    table = table.reindex(columns=[*ROW, "mesure", "precision"]).astype("str")
    told = table[table["precision"].fillna("") != ""]
    named = told["mesure"].map(lambda measure: names.get(measure, measure)).astype("str")
    lines = (named + " : " + told["precision"]).map(typeset)
    place = _place(table)
    gathered = lines.groupby(place[told.index]).agg(_SEPARATOR.join)
    return gathered.reindex(range(place.nunique())).astype("str")


def _place(table: pd.DataFrame) -> pd.Series:
    """Return, for each row of a long table, the row of the wide one it goes to."""
    return table.groupby(list(ROW), sort=False, dropna=False).ngroup()
