"""The sheet of measures: for people, one row per zone and one column per measure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

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
"""Measure -> heading of its column."""

_ROW = ["theme", "public", "maille", "code", "nom", "perimetre"]
_INDEX_DECIMALS = 3


def by_measure(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``mesures.csv`` without its communes, a column per measure.

    Words that stand beside a value are gathered in a last column, each under the heading of its
    measure.

    Args:
        table: columns ``MEASURE_COLUMNS``.
    """
    kept = table[table["maille"] != Level.COMMUNE]
    rows = kept[_ROW].drop_duplicates(ignore_index=True)
    place = pd.MultiIndex.from_frame(rows)
    columns = {name: rows[name] for name in _ROW}
    for measure in kept["mesure"].unique():
        of = kept[kept["mesure"] == measure].set_index(_ROW)["valeur"]
        values = of.reindex(place).reset_index(drop=True).astype("float64")
        indexed = not str(measure).startswith("part_")
        columns[str(measure)] = values.round(_INDEX_DECIMALS) if indexed else values
    return pd.DataFrame(columns | {"precisions": _precisions(kept, place)})


def _precisions(kept: pd.DataFrame, place: pd.MultiIndex) -> pd.Series:
    """Return what is said beside the values of each row: « heading : words », one after another."""
    told = kept[kept["precision"].fillna("") != ""]
    heads = told["mesure"].map(MEASURE_HEADINGS).fillna(told["mesure"])
    lines = (heads + " : " + told["precision"]).map(typeset)
    gathered = lines.groupby([told[name] for name in _ROW]).agg(" | ".join)
    return gathered.reindex(place).reset_index(drop=True).astype("str")
