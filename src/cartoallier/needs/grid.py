"""The INSEE grid as need: counts by commune, and people of each public at each origin.

A cell is never handed on: it may hold one household. What the ages of the grid allow is exact or
left out: they give the people of 65 and over, not those under 20 (11-17 then 18-24), nor the
0-2 years (0-3), nor the 12-25 years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from cartoallier.model import Finding, Indicator, Public, Status
from cartoallier.model.french import typeset
from cartoallier.needs.codes import Column, match_columns
from cartoallier.needs.values import VALUE_COLUMNS, Extract, gathered

LAYOUT = "carreaux-insee"
SOURCE = "insee-carreaux"
"""Id of the source in the catalogue."""

WEIGHTS: Mapping[Public, tuple[str, ...]] = MappingProxyType(
    {Public.OVER_65: ("ind_65_79", "ind_80p"), Public.POOR_HOUSEHOLDS: ("men_pauv",)}
)
"""Publics the grid counts exactly: the sum of these counts, people or households."""

UNDERIVABLE: Mapping[Public, str] = MappingProxyType(
    {
        Public.UNDER_20: "les 18-24 ans n'y sont pas séparés à 20 ans",
        Public.AGED_0_2: "la première tranche d'âge y est de 0 à 3 ans",
        Public.AGED_12_25: "les tranches d'âge y sont de 11 à 17, 18 à 24 et 25 à 39 ans",
    }
)
"""Publics its age groups do not give, and why."""

_SAME_METRES = 5.0
"""An origin this close to the centre of a cell is that cell."""


def sum_cells(
    cells: pd.DataFrame,
    *,
    hidden: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    names: pd.Series[str],
    file: str,
    vintage: str,
) -> Extract:
    """Sum the counts of cells by commune.

    The sum of a commune is missing as soon as one of its cells lacks a number: ``secret`` when
    the file says so, ``non_disponible`` otherwise. A commune without any cell has no row. Sums
    under 11 households are hidden later, with all that is published.

    Args:
        cells: index ``line``; ``commune_code`` (categorical) and counts under INSEE's names.
        hidden: ``line`` and ``column`` of missing counts that the file says are secret.
        indicators: of the catalogue; those that are counts and whose codes name counts of the
            grid (``men_pauv``, ``ind_65_79 + ind_80p``) are given.
        names: name of every commune.
        file: its name, as the project writes it.
        vintage: year of the figures.

    Returns:
        Level ``commune`` only; findings tell the publics the grid does not give.
    """
    header = [str(name) for name in cells.columns]
    counts = [one for one in indicators.values() if one.kind == "effectif"]
    columns = match_columns(header, counts)
    codes = cells["commune_code"].cat.categories
    present = np.bincount(cells["commune_code"].cat.codes, minlength=len(codes)) > 0
    used = sorted({position for column in columns for _, position in column.terms})
    sums = {place: _sums(cells, header[place]) for place in used}
    secret = {place: _communes_hidden(cells, hidden, header[place]) for place in used}
    frames = [
        _values(column, sums, secret=secret, present=present).assign(
            level="commune",
            code=codes[present],
            name=names.reindex(codes[present]).to_numpy(),
            vintage=vintage,
            source=SOURCE,
            file=file,
            sheet="",
        )
        for column in columns
    ]
    return Extract(
        values=gathered([frame.reindex(columns=list(VALUE_COLUMNS)) for frame in frames]),
        findings=_findings(file, counts=header, columns=columns),
        layout=LAYOUT,
        rows_read=len(cells),
        cog="",
    )


def grid_weights(cells: pd.DataFrame, *, origins: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the people of each public the grid counts, at each origin.

    An origin that is a town hall gets the sum of its commune (of its arrondissement in Paris,
    Lyon and Marseille); one that is a point of a grid gets the cell whose centre it is, of the
    same file or of another vintage of the same grid. Missing where there is no cell, or where a
    cell lacks a number.

    Args:
        cells: ``epsg``, ``x``, ``y``, ``commune_code``, ``place_code`` and counts.
        origins: of the territory.

    Returns:
        Index of the origins; one column per public of :data:`WEIGHTS` the file allows.
    """
    publics = {
        public.value: list(terms)
        for public, terms in WEIGHTS.items()
        if set(terms) <= set(cells.columns)
    }
    near = cells[cells["commune_code"].isin(origins["commune_code"].unique())]
    values = {public: _row_sums(near, terms) for public, terms in publics.items()}
    if len(origins) and (origins["position"] == "point").all():
        at = _cell_at(near, origins)
        weights = {
            public: np.where(at >= 0, np.append(people, np.nan)[at], np.nan)
            for public, people in values.items()
        }
        return pd.DataFrame(weights, index=origins.index, columns=list(publics), dtype="float64")
    codes = near["place_code"].cat
    present = np.bincount(codes.codes, minlength=len(codes.categories)) > 0
    totals = {
        public: np.where(
            present, _by_code(codes.codes.to_numpy(), people, len(codes.categories)), np.nan
        )
        for public, people in values.items()
    }
    by_place = pd.DataFrame(totals, index=codes.categories, columns=list(publics), dtype="float64")
    return by_place.reindex(origins.index)


def _sums(cells: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return the sum of a count by commune, missing when one cell lacks it."""
    communes = cells["commune_code"].cat
    held: NDArray[np.float64] = cells[name].to_numpy(dtype="float64")
    return _by_code(communes.codes.to_numpy(), held, len(communes.categories))


def _by_code(
    codes: NDArray[np.integer[Any]], values: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Return the sum of values by category, missing when one value is."""
    result: NDArray[np.float64] = np.bincount(codes, values, size).astype("float64")
    return result


def _communes_hidden(cells: pd.DataFrame, hidden: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Tell the communes, in the order of categories, one cell of which hides a count."""
    communes = cells["commune_code"].cat
    result = np.zeros(len(communes.categories), dtype=bool)
    lines = hidden.loc[hidden["column"] == name, "line"]
    if len(lines):
        result[communes.codes[cells.index.isin(lines)]] = True
    return result


def _values(
    column: Column,
    sums: Mapping[int, NDArray[np.float64]],
    *,
    secret: Mapping[int, NDArray[np.bool_]],
    present: NDArray[np.bool_],
) -> pd.DataFrame:
    value = sum(sign * sums[place] for sign, place in column.terms)
    masked = np.any([secret[place] for _, place in column.terms], axis=0)
    frame = pd.DataFrame({"value": np.asarray(value)[present], "masked": masked[present]})
    frame["status"] = np.where(
        frame["value"].notna(),
        Status.PUBLISHED.value,
        np.where(frame["masked"], Status.SECRET.value, Status.NOT_AVAILABLE.value),
    )
    # sums of tenths are written in tenths
    frame["value"] = frame["value"].round(6)
    return frame.assign(indicator=column.indicator.id, column=column.code)


def _row_sums(cells: pd.DataFrame, terms: Sequence[str]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.sum([cells[term].to_numpy() for term in terms], axis=0)
    return result


def _cell_at(cells: pd.DataFrame, origins: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the position of the cell at each origin, -1: none."""
    found = np.full(len(origins), -1)
    places = np.column_stack([origins.geometry.x, origins.geometry.y])
    for epsg in cells["epsg"].unique():
        at = np.flatnonzero(cells["epsg"] == epsg)
        own = cells.iloc[at]
        centres = gpd.GeoSeries(gpd.points_from_xy(own["x"], own["y"], crs=int(epsg)))
        centres = centres.to_crs(CRS.from_user_input(origins.crs))
        tree = cKDTree(np.column_stack([centres.x, centres.y]))
        metres, nearest = map(np.asarray, tree.query(places, distance_upper_bound=_SAME_METRES))
        here = np.isfinite(metres)
        found[here] = at[nearest[here]]
    return found


def _findings(file: str, *, counts: Sequence[str], columns: Sequence[Column]) -> list[Finding]:
    found = []
    if not columns:
        found.append(
            Finding(
                file=file,
                what="aucun effectif des carreaux n'est un indicateur du catalogue",
                action="les carreaux ne donnent aucune valeur",
            )
        )
    if any(name.startswith("ind_") for name in counts):
        found += [
            Finding(
                file=file,
                value=public.value,
                what="public que les carreaux ne comptent pas",
                action=typeset(f"non disponible : {why}"),
            )
            for public, why in UNDERIVABLE.items()
        ]
    return found
