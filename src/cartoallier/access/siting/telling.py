"""Zones before and after: who is beyond the threshold in the département and in each EPCI."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.engine import Floats
from cartoallier.access.people import People, beyond, zone_matrix
from cartoallier.model import Level, Territory
from cartoallier.model.simulation import ZONE_COLUMNS


def zones_before_after(
    territory: Territory,
    *,
    weight: Floats,
    before: Floats,
    after: Floats,
    threshold: float,
    measured: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return people beyond the threshold, before and after.

    Args:
        territory: zones; those of the département and of the EPCI answer.
        weight: people at each origin, missing where unknown: then in neither sum.
        before: minutes, missing where nothing is reached (beyond every threshold).
        after: likewise.
        threshold: minutes, included.
        measured: origins that the engine can measure; ``None``: all. The others are unknown, and a
            zone most of whose people are has no figure.

    Returns:
        Columns ``ZONE_COLUMNS``, shares 0-1; an EPCI that straddles the border by its inner part.
    """
    zones = territory.zones[territory.zones["level"].isin([Level.DEPARTEMENT, Level.EPCI])]
    partial = set(zones.loc[zones["perimeter"] == "partie", "code"])
    zones = zones[(zones["perimeter"] == "partie") | ~zones["code"].isin(partial)]
    everybody = People(zone_matrix(territory, zones), weight)
    gathered = everybody if measured is None else everybody.among(measured)
    far = beyond(before, threshold), beyond(after, threshold)
    return pd.DataFrame(
        {
            "maille": zones["level"],
            "code": zones["code"],
            "nom": zones["name"],
            "perimetre": zones["perimeter"],
            "population": everybody.total(),
            "part_hors_seuil_avant": gathered.share(far[0]),
            "part_hors_seuil_apres": gathered.share(far[1]),
            "population_hors_seuil_avant": gathered.total(far[0]),
            "population_hors_seuil_apres": gathered.total(far[1]),
        }
    ).reset_index(drop=True)[list(ZONE_COLUMNS)]
