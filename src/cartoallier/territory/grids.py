"""``[[population]]``: points with inhabitants that stand for the communes' town halls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from cartoallier.errors import TerritoryError
from cartoallier.model import Passage
from cartoallier.model.french import number
from cartoallier.territory.cell_communes import HALF_DIAGONAL, SHORE_METRES, listed_places
from cartoallier.territory.insee_cells import ELSEWHERE, read_cells
from cartoallier.territory.insee_files import Extent
from cartoallier.territory.insee_grid import FORMAT
from cartoallier.territory.tables import read_text_table

_MARGIN_DEGREES = 0.01


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of population points, and the names of its columns.

    Attributes:
        path: CSV, UTF-8; or, for ``carreaux-insee``, the CSV or GeoPackage INSEE publishes.
        format: ``tableau`` or ``carreaux-insee``, whose columns need no name.
        longitude: column of WGS84 degrees.
        latitude: column of WGS84 degrees.
        population: column of inhabitants, 0 or more; decimals allowed.
    """

    path: Path
    format: str = "tableau"
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
        notes: what else to know of the file, French, counted.
    """

    origins: gpd.GeoDataFrame
    lost_points: int
    lost_population: float
    notes: tuple[str, ...] = ()


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


def read_cell_points(
    grid: Grid, *, extent: Extent | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the inhabited cells of a file of the INSEE grid as points, and what to know of them.

    Args:
        grid: what to read, in format ``carreaux-insee``.
        extent: west, south, east, north in degrees; other cells are left out.

    Returns:
        As :func:`read_points` (line or ``fid``; centres of cells), with ``side`` in metres and
        the categorical ``listed``, the communes INSEE gives; and French notes.

    Raises:
        SourceError: the file cannot be used, or has no cell there.
    """
    cells = read_cells(grid.path, file=str(grid.path), columns=("ind",), extent=extent)
    frame = cells.frame
    parts = []
    for epsg in frame["epsg"].unique():
        own = frame[frame["epsg"] == epsg]
        centres = gpd.GeoSeries(gpd.points_from_xy(own["x"], own["y"], crs=int(epsg)), own.index)
        parts.append(centres.to_crs("EPSG:4326"))
    points = gpd.GeoDataFrame(
        frame[["side", "listed", "imputed"]].assign(population=frame["ind"]),
        geometry=pd.concat(parts).reindex(frame.index),
    )
    inhabited = points[points["population"] > 0]
    unread = int(points["population"].isna().sum())
    unread += sum(rows for why, rows in cells.dropped.items() if why != ELSEWHERE)
    imputed = inhabited.loc[inhabited["imputed"], "population"]
    notes = []
    if len(imputed):
        notes.append(
            "carreaux de moins de 11 ménages, imputés par l'Insee\u00a0: "
            f"{number(len(imputed))} ({number(imputed.sum())} hab.)"
        )
    if unread:
        notes.append(f"carreaux illisibles ou répétés, non comptés\u00a0: {number(unread)}")
    return inhabited, tuple(notes)


def place_points(
    grid: Grid,
    *,
    communes: gpd.GeoDataFrame,
    served: pd.Index[str],
    epsg: int,
    passage: Passage | None = None,
) -> GridPoints:
    """Turn a grid into the origins of a territory.

    Args:
        grid: what to read.
        communes: communes of the territory and all those around, projected, index ``code``.
        epsg: projection of ``communes``.
        served: communes that have origins (the département and the whole of its EPCI).
        passage: old codes of communes to current ones, for those INSEE gives to cells.

    Returns:
        The points of the communes served; points that no commune holds are counted when they
        lie within the extent of the communes served. A cell for which INSEE gives one commune
        is in it, wherever its centre falls.

    Raises:
        TerritoryError: the table cannot be used, or no point lies in the communes served.
        SourceError: the INSEE grid cannot be used.
    """
    shapes = communes[communes.geometry.notna()].sort_index()
    extent = communes.loc[communes.index.isin(served)].total_bounds
    points, notes = _near(grid, extent, epsg)
    owner = _owners(points, shapes, passage)
    x, y = points.geometry.x, points.geometry.y
    near = x.between(extent[0], extent[2]) & y.between(extent[1], extent[3])
    lost = points[(owner < 0) & near.to_numpy()]
    codes = pd.Series(shapes.index.to_numpy()[owner], index=points.index, dtype="str")
    kept = (owner >= 0) & codes.isin(served).to_numpy()
    if not kept.any():
        raise TerritoryError(
            "aucun point habité ne tombe dans le territoire ; vérifiez que les colonnes de "
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
    return GridPoints(origins, len(lost), float(lost["population"].sum()), notes)


def _near(
    grid: Grid, extent: NDArray[np.float64], epsg: int
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return the points near an extent, projected, and what to know of the file."""
    to_degrees = Transformer.from_crs(epsg, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*extent)
    west, south = west - _MARGIN_DEGREES, south - _MARGIN_DEGREES
    east, north = east + _MARGIN_DEGREES, north + _MARGIN_DEGREES
    if grid.format == FORMAT:
        points, notes = read_cell_points(grid, extent=(west, south, east, north))
    else:
        points, notes = read_points(grid).cx[west:east, south:north], ()
    return points.to_crs(epsg), notes


def _owners(
    points: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, passage: Passage | None
) -> NDArray[np.int64]:
    """Return the position of the commune of each point, -1: none.

    The nearest commune is the one that holds the point, at distance 0; of several at the same
    distance (a shared border) the smallest code is kept, as Territory.locate does.
    """
    reach = float(SHORE_METRES)
    if "side" in points and len(points):
        reach = max(reach, float(points["side"].max()) * HALF_DIAGONAL)
    rows, hits = shapes.sindex.nearest(points.geometry.array, max_distance=reach, return_all=True)
    first = pd.Series(hits).groupby(rows).min()
    owner = np.full(len(points), -1)
    owner[first.index.to_numpy()] = first.to_numpy()
    if "listed" in points and passage is not None:
        told, _ = listed_places(points["listed"], shapes.index.to_numpy(object), passage)
        owner = np.where(told >= 0, told, owner)
    return owner
