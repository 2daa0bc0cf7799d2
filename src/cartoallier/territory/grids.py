"""``[[population]]``: points with inhabitants that stand for the communes' town halls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from cartoallier.errors import TerritoryError
from cartoallier.territory.tables import read_text_table

SHORE_METRES = 300
"""A point this close to a commune belongs to it: shipped outlines are simplified."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of population points, and the names of its columns.

    Attributes:
        path: CSV, UTF-8.
        longitude: column of WGS84 degrees.
        latitude: column of WGS84 degrees.
        population: column of inhabitants, 0 or more; decimals allowed.
    """

    path: Path
    longitude: str = "longitude"
    latitude: str = "latitude"
    population: str = "population"


@dataclass(frozen=True, eq=False)
class GridPoints:
    """The inhabited points of a grid that matter to a territory.

    Attributes:
        origins: index ``id`` (``point:<line of the file>``); columns of ``Territory.origins``,
            ``area_km2`` missing, ``position`` ``point``.
        lost_points: inhabited points near the territory that no commune holds.
        lost_population: their inhabitants.
    """

    origins: gpd.GeoDataFrame
    lost_points: int
    lost_population: float


def read_points(grid: Grid) -> gpd.GeoDataFrame:
    """Return the inhabited points of a grid.

    Returns:
        Index = line in the file; ``population``; points in EPSG:4326.

    Raises:
        TerritoryError: file, line and column of the first value that cannot be used.
    """
    rows, separator = read_text_table(grid.path, (grid.longitude, grid.latitude, grid.population))
    limits = {
        grid.longitude: (-180.0, 180.0, "une longitude en degrés (WGS84)"),
        grid.latitude: (-90.0, 90.0, "une latitude en degrés (WGS84)"),
        grid.population: (0.0, 1e9, "un nombre d'habitants"),
    }
    values: dict[str, pd.Series[float]] = {}
    for column, (lowest, highest, what) in limits.items():
        text = rows[column]
        if separator != ",":
            text = text.str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(text, errors="coerce").astype("float64")
        wrong = ~numbers.between(lowest, highest)
        if wrong.any():
            line = int(rows.index.to_numpy()[wrong.to_numpy().argmax()])
            raise TerritoryError(
                f"« {str(rows[column].loc[line])[:40]} » n'est pas {what}.",
                path=grid.path,
                line=line,
                key=column,
            )
        values[column] = numbers
    points = gpd.GeoDataFrame(
        {"population": values[grid.population]},
        geometry=gpd.points_from_xy(values[grid.longitude], values[grid.latitude]),
        index=rows.index,
        crs="EPSG:4326",
    )
    return points[points["population"] > 0]


def place_points(
    grid: Grid, *, communes: gpd.GeoDataFrame, served: pd.Index[str], epsg: int
) -> GridPoints:
    """Turn a grid into the origins of a territory.

    Args:
        grid: what to read.
        communes: communes of the territory and all those around, projected, index ``code``.
        epsg: projection of ``communes``.
        served: communes that have origins (the département and the whole of its EPCI).

    Returns:
        The points of the communes served; points that no commune holds are counted when they
        lie within the extent of the communes served.

    Raises:
        TerritoryError: the file cannot be used, or no point lies in the communes served.
    """
    points = read_points(grid)
    shapes = communes[communes.geometry.notna()].sort_index()
    extent = communes.loc[communes.index.isin(served)].total_bounds
    to_degrees = Transformer.from_crs(epsg, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*extent)
    points = points.cx[west - 0.01 : east + 0.01, south - 0.01 : north + 0.01].to_crs(epsg)

    # The nearest commune is the one that holds the point, at distance 0; of several at the
    # same distance (a shared border) the smallest code is kept, as Territory.locate does.
    rows, hits = shapes.sindex.nearest(
        points.geometry.array, max_distance=SHORE_METRES, return_all=True
    )
    first = pd.Series(hits).groupby(rows).min()
    owner = np.full(len(points), -1)
    owner[first.index.to_numpy()] = first.to_numpy()
    x, y = points.geometry.x, points.geometry.y
    near = x.between(extent[0], extent[2]) & y.between(extent[1], extent[3])
    lost = points[(owner < 0) & near.to_numpy()]
    codes = pd.Series(shapes.index.to_numpy()[owner], index=points.index, dtype="str")
    kept = (owner >= 0) & codes.isin(served).to_numpy()
    if not kept.any():
        raise TerritoryError(
            "aucun point habité ne tombe dans le territoire ; vérifiez que les colonnes de "
            "longitude et de latitude ne sont pas inversées.",
            path=grid.path,
        )
    points, codes = points[kept], codes[kept]
    origins = gpd.GeoDataFrame(
        {
            "name": communes["name"].reindex(codes).to_numpy(),
            "commune_code": codes.to_numpy(),
            "population": points["population"].to_numpy(),
            "area_km2": np.nan,
            "position": "point",
        },
        geometry=points.geometry.to_numpy(),
        index=pd.Index([f"point:{line}" for line in points.index], name="id"),
        crs=epsg,
    )
    return GridPoints(origins, len(lost), float(lost["population"].sum()))
