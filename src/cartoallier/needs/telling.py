"""What need files hold: per file, indicator and level, how many zones have a value, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from cartoallier.model import HELD_COLUMNS, Indicator, Status
from cartoallier.needs.values import Extract, gathered


def count_values(
    extracts: Iterable[Extract], *, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Count the zones of every indicator, level and year of every file.

    Args:
        extracts: what files gave.
        indicators: of the catalogue.

    Returns:
        Columns :data:`HELD_COLUMNS`, in the order of files, then of the catalogue.
    """
    values = gathered(extract.values for extract in extracts)
    keys = ["file", "indicator", "level", "vintage"]
    counts = values.groupby([*keys, "status"], sort=False).size().unstack("status", fill_value=0)
    counts = counts.reindex(columns=[status.value for status in Status], fill_value=0)
    table = counts.reset_index()
    table["zones"] = counts.sum(axis=1).to_numpy()
    turn = {name: place for place, name in enumerate(indicators)}
    files = {file: place for place, file in enumerate(values["file"].unique())}
    order = table.assign(
        turn=table["indicator"].map(turn).fillna(len(turn)), place=table["file"].map(files)
    ).sort_values(["place", "turn", "level", "vintage"], kind="stable")
    told = [indicators.get(name) for name in order["indicator"]]
    return pd.DataFrame(
        {
            "fichier": order["file"],
            "indicateur": order["indicator"],
            "libelle": [one.label if one else "" for one in told],
            "unite": [one.unit if one else "" for one in told],
            "maille": order["level"],
            "millesime": order["vintage"],
            **{name: order[name] for name in HELD_COLUMNS[6:]},
        }
    ).reset_index(drop=True)[list(HELD_COLUMNS)]
