"""Coverage of the people of a public, without figures of 1 to 10 of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.diagnosis.secrecy.family import SECRET_BELOW
from cartoallier.diagnosis.secrecy.ground import OUTSIDE, Ground
from cartoallier.model import Coverage, Finding, Public, Territory

FILE = "tableaux/couverture.csv"

COUNT = "population_hors_seuil"
SHARES = (
    "part_hors_seuil", "part_plus_20", "part_plus_30", "part_plus_15",
    "part_hors_seuil_favorable", "part_hors_seuil_defavorable", "part_hors_seuil_sans_voisins",
    "part_couverte",
)  # fmt: skip
"""Columns that are people over the people of the zone, those to keep first coming first."""

ALL = ("population", COUNT, *SHARES, "distance_km", "duree_min")
"""Columns that tell of people; hidden together when the people of a zone are."""

Floats = NDArray[np.float64]


def protect_coverage(
    coverages: Mapping[str, Coverage], *, hidden: pd.DataFrame, territory: Territory
) -> tuple[dict[str, Coverage], list[Finding]]:
    """Hide the figures of coverage that would be of 1 to 10 people of a public.

    Give it coverage measured with the people of :class:`Protected` needs: sums of published
    figures, from which no hidden count can be drawn, whatever the number of themes. What is left
    to hide is what would *read* as a small count. For everybody (``ensemble``) nothing is.

    - A zone whose people of the public are hidden, or are 1 to 10, keeps only its places.
    - Within a row, any two of: nobody, the people beyond each threshold, all the people, differ by
      0 or by 11 at least; of those that do not, the later in :data:`SHARES` is left empty.
    - A zone less the communes shown, less its inner part, or less the zones of one level, is 0
      or 11 people at least, on both sides of a threshold; else the zone's cell is left empty.

    Args:
        coverages: theme -> coverage.
        hidden: of :class:`Protected`.
        territory: zones and their members.

    Returns:
        The coverages, and how many cells were left empty, per public.
    """
    ground = Ground.of(territory)
    tables = {key: coverage.table.copy() for key, coverage in coverages.items()}
    publics = dict.fromkeys(str(p) for table in tables.values() for p in table["public"].unique())
    findings = []
    for public in publics:
        if public == Public.ALL:
            continue
        gone = ground.zones.index.isin(list(hidden.loc[hidden["indicator"] == public, "zone"]))
        before = {key: table[table["public"] == public] for key, table in tables.items()}
        after = _protect_public(before, gone=gone, ground=ground)
        lost = 0
        for key, rows in after.items():
            tables[key].loc[rows.index, list(ALL)] = rows
            lost += int((before[key][list(ALL)].notna() & rows.isna()).to_numpy().sum())
        if lost:
            findings.append(_finding(public, lost))
    kept = {key: replace(coverages[key], table=table) for key, table in tables.items()}
    return kept, findings


def _protect_public(
    tables: Mapping[str, pd.DataFrame], *, gone: NDArray[np.bool_], ground: Ground
) -> dict[str, pd.DataFrame]:
    """Protect the rows of one public, all themes at once; return the columns :data:`ALL`."""
    keys = pd.MultiIndex.from_frame(ground.zones[["level", "code", "perimeter"]])
    shape = (len(ground.zones), len(tables), len(SHARES))
    people, totals = np.full(shape, np.nan), np.full(shape, np.nan)
    places, closed = {}, {}
    for position, (key, rows) in enumerate(tables.items()):
        at = keys.get_indexer(pd.MultiIndex.from_frame(rows[["maille", "code", "perimetre"]]))
        population = rows["population"].to_numpy(dtype="float64")
        closed[key] = gone[at] | _off(population)
        population = np.where(closed[key], np.nan, population)
        beyond = rows[list(SHARES)].to_numpy(dtype="float64") * population[:, None]
        _spread(beyond, population)
        people[at, position], totals[at, position] = beyond, population[:, None]
        places[key] = at
    for outer, inner in _subtractions(ground, gone):
        # A cell left empty cannot be subtracted: its people stay in what is left.
        left = totals[outer] - np.where(np.isnan(people[inner]), 0, totals[inner]).sum(axis=0)
        beyond = people[outer] - np.nan_to_num(people[inner]).sum(axis=0)
        people[outer][_off(beyond) | _off(left - beyond)] = np.nan
    result = {}
    for position, (key, rows) in enumerate(tables.items()):
        told = rows[list(ALL)].copy()
        told[list(SHARES)] = told[list(SHARES)].where(~np.isnan(people[places[key], position]))
        told[COUNT] = told[COUNT].mask(told["part_hors_seuil"].isna())
        told.loc[closed[key], list(ALL)] = np.nan
        result[key] = told
    return result


def _off(people: Floats) -> NDArray[np.bool_]:
    """Tell which numbers of people are neither 0 nor at least 11, either way."""
    size = np.abs(people)
    return (size > 1e-6) & (size < SECRET_BELOW - 0.5)


def _spread(people: Floats, population: Floats) -> None:
    """Empty the cells too near one already kept, in place; columns in order of preference."""
    kept = [np.zeros(len(population)), population]
    for column in range(people.shape[1]):
        near = np.zeros(len(population), dtype=bool)
        for other in kept:
            near |= _off(people[:, column] - other)
        people[near, column] = np.nan
        kept.append(people[:, column])


def _subtractions(ground: Ground, gone: NDArray[np.bool_]) -> list[tuple[int, NDArray[np.intp]]]:
    """Return (zone, zones to subtract from it): those of each level that it wholly holds.

    The largest zones come last: what was emptied inside them counts.
    """
    sums = ground.sums
    size = np.asarray(sums.sum(axis=1)).ravel()
    shared = (sums @ sums.T).toarray()
    level = ground.zones["level"].to_numpy()
    found = []
    for outer in np.argsort(size, kind="stable")[np.sort(size) > 1].tolist():
        if gone[outer]:
            continue
        held = (shared[outer] == size) & (size < size[outer]) & ~gone & (level != OUTSIDE)
        for inner_level in dict.fromkeys(level[held]):
            inner = np.flatnonzero(held & (level == inner_level))
            covered = np.asarray(sums[inner].sum(axis=0)).ravel()
            if covered.max() <= 1:
                found.append((outer, inner))
            else:  # zones of one level that overlap: each by itself
                found.extend((outer, np.array([one])) for one in inner)
    return found


def _finding(public: str, number: int) -> Finding:
    return Finding(
        file=FILE,
        column="public",
        value=f"{public} ({number})",
        what="cellules laissées vides\u00a0: 1 à 10 personnes du public, ou de quoi les retrouver",
        action="rien à corriger\u202f; le secret statistique porte sur toutes les sorties",
    )
