"""Baskets: of how many kinds of help people have one within reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags

from cartoallier.access.distribution import weighted_mean, weighted_share
from cartoallier.access.engine import Floats
from cartoallier.access.people import mostly, zone_matrix
from cartoallier.model import Coverage, Level, Mode, Public, Territory
from cartoallier.model.basket import Basket, Family
from cartoallier.model.measures import BASKET_COLUMNS

LEVELS = (Level.DEPARTEMENT, Level.EPCI)
"""Levels a basket is told at."""


def within_reach(coverage: Coverage) -> Floats:
    """Return whether each origin has the theme within its threshold: 1, 0, or missing.

    Missing: the theme is not measured, has no threshold, is not a matter of place, or the origin
    could not be measured. An origin that no site admits is known to have none.

    Args:
        coverage: of a theme, by distance or by zone.
    """
    origins = coverage.origins
    unknown = np.full(len(origins), np.nan)
    if coverage.mode is Mode.ZONE:
        covered = origins["covered"]
        return np.where(covered.isna(), np.nan, covered.fillna(False).to_numpy(dtype="float64"))
    bounds = coverage.table["seuil_min"].dropna()
    counted = coverage.sites["counted"] & coverage.sites["inside"]
    if coverage.mode is not Mode.PROXIMITY or bounds.empty or not counted.any():
        return unknown
    minutes = origins["minutes"].to_numpy(dtype="float64")
    reached = (minutes <= float(bounds.iloc[0])).astype("float64")
    if "unmeasured" in origins:
        reached[origins["unmeasured"].notna().to_numpy()] = np.nan
    return reached


def families_within_reach(
    families: Sequence[Family], coverages: Mapping[str, Coverage], *, origins: int
) -> Floats:
    """Return whether each origin has each family within reach, (n, families): 1, 0 or missing.

    A family is there as soon as one of its themes is. It is not there when none of its measured
    themes is; a theme that is not measured says nothing.

    Args:
        families: of one basket.
        coverages: theme key -> coverage; a theme not measured in this run may lack.
        origins: number of origins.
    """
    found = np.full((origins, len(families)), np.nan)
    for column, family in enumerate(families):
        for key in family.themes:
            if key in coverages:
                found[:, column] = np.fmax(found[:, column], within_reach(coverages[key]))
    return found


def basket_table(
    baskets: Sequence[Basket],
    coverages: Mapping[str, Coverage],
    *,
    territory: Territory,
    weights: pd.DataFrame,
) -> pd.DataFrame:
    """Return of how many families people have one within reach, département and EPCI.

    ``moyenne`` is the mean number of families within reach among those measured; ``part_toutes``
    and ``part_aucune`` the shares of people who have all or none of them. A basket that has a
    family no theme measures gives neither share: what was not received is not absent. People
    whose origin could not be measured for some family are left out of both sums.

    Args:
        baskets: to tell.
        coverages: theme key -> coverage.
        territory: origins and zones.
        weights: people of each public at each origin; a basket whose public is not there is left
            out.

    Returns:
        Columns :data:`~cartoallier.model.measures.BASKET_COLUMNS`; ``population``: people of the
        basket's public in the zone, whether or not their origin could be measured.
    """
    zones = territory.zones[territory.zones["level"].isin(LEVELS)]
    gather = zone_matrix(territory, zones)
    people = weights.reindex(territory.origins.index)
    people[Public.ALL.value] = territory.origins["population"].astype("float64")
    tables = [pd.DataFrame(columns=list(BASKET_COLUMNS))]
    for basket in baskets:
        if basket.public.value in people:
            weight = people[[basket.public.value]].to_numpy(dtype="float64")
            found = families_within_reach(basket.families, coverages, origins=len(people))
            rows = _shares(found, weight, gather).assign(
                panier=basket.key,
                maille=zones["level"].to_numpy(),
                code=zones["code"].to_numpy(),
                nom=zones["name"].to_numpy(),
                perimetre=zones["perimeter"].to_numpy(),
            )
            tables.append(rows[list(BASKET_COLUMNS)])
    return pd.concat(tables[1:] or tables, ignore_index=True)


def _shares(found: Floats, weight: Floats, gather: csr_matrix) -> pd.DataFrame:
    """Return the figures of one basket, a row per zone.

    Args:
        found: (n, families), 1, 0 or missing.
        weight: (n, 1) people.
        gather: zones × origins.
    """
    families = found.shape[1]
    population = (gather @ np.nan_to_num(weight))[:, 0]
    measured = ~np.isnan(found).all(axis=0)
    kept = found[:, measured]
    unknown = np.isnan(kept).sum(axis=1, keepdims=True) > 0
    known = np.where(unknown, np.nan, weight)
    # a zone most of whose people are not known has no figure, as in a coverage
    few = ~mostly(gather @ np.nan_to_num(known), of=gather @ np.nan_to_num(weight))
    gather = diags((~few[:, 0]).astype("float64")).tocsr() @ gather
    count = np.nan_to_num(kept).sum(axis=1)
    missing = np.full((gather.shape[0], 1), np.nan)
    mean, whole, none = missing, missing, missing
    if measured.any():
        mean = weighted_mean(count, weights=known, gather=gather)
    if measured.all():
        whole = weighted_share(count == families, weights=known, gather=gather)
        none = weighted_share(count == 0, weights=known, gather=gather)
    return pd.DataFrame(
        {
            "population": population,
            "familles": families,
            "familles_mesurees": int(measured.sum()),
            "moyenne": mean[:, 0],
            "part_toutes": whole[:, 0],
            "part_aucune": none[:, 0],
        }
    )
