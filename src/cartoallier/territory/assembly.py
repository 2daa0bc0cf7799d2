"""From the shipped geography to the territory of one département."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cartoallier.errors import TerritoryError
from cartoallier.model import Level, Passage, Territory
from cartoallier.model.territory import COMMUNE_COLUMNS, ORIGIN_COLUMNS
from cartoallier.territory import shipped
from cartoallier.territory.divisions import Division, check_names, read_division
from cartoallier.territory.grids import Grid, GridPoints, place_points
from cartoallier.territory.outlines import read_outlines
from cartoallier.territory.shipped import Departement

Shapes: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_KM_PER_DEGREE = 111.0
OUTLINE_SLACK_M = 5_000
"""A town hall may stand this far from the outline a user draws for its commune."""


def load_territory(
    departement: str,
    *,
    neighbourhood_km: float = 50.0,
    outlines: Path | None = None,
    divisions: Sequence[Division] = (),
    grid: Grid | None = None,
) -> Territory:
    """Return the territory of one of the 101 départements, in its legal projection.

    ``communes`` holds the département, the whole of every EPCI that touches it, and every
    commune with a part at most ``neighbourhood_km`` from those; overseas and
    metropolitan France never mix. ``origins`` holds one point per commune of the département
    and of the whole of its EPCI (the arrondissements in Paris, Lyon and Marseille), or the
    points of ``grid``.

    ``area_km2`` of an origin is the area of its own polygon in the legal projection. Communes
    that share one polygon (Neussargues-Moissac and the four without outline) each get its area
    divided by their number.

    Args:
        departement: INSEE code as text (``"03"``, ``"2A"``, ``"974"``).
        neighbourhood_km: kilometres kept around the département and its EPCI, 0 or more.
        outlines: a user's polygons of communes (GeoPackage, GeoJSON), which replace the
            shipped ones; every commune of the département must be there.
        divisions: additional levels; each becomes zones ``<name>:<code>``.
        grid: population points, which replace the town halls.

    Raises:
        TerritoryError: in French, with the place and the remedy.

    Source:
        IGN ADMIN EXPRESS (simplified), DILA, INSEE COG 2026, DGCL: see ``data/geo/README.md``.
    """
    if not (math.isfinite(neighbourhood_km) and neighbourhood_km >= 0):
        raise TerritoryError(
            f"« {neighbourhood_km} » n'est pas une distance : donnez un nombre de kilomètres, "
            "0 ou plus.",
            key="voisinage_km",
        )
    check_names(divisions)
    centre = shipped.departement(departement)
    passage = shipped.load_passage()
    index = shipped.commune_index()
    own = index["departement_code"] == departement
    touching = index.loc[own, "epci_code"].dropna().unique()
    served = index.index[own | index["epci_code"].isin(touching)].sort_values()

    held = set(index.loc[served, "departement_code"])
    around = shipped.communes(
        held.union(*(_departements_around(code, neighbourhood_km) for code in sorted(held)))
    ).to_crs(centre.epsg)
    if outlines is not None:
        around = _with_outlines(around, outlines, passage=passage, centre=centre)
    around["inside"] = around["departement_code"] == departement
    shapes = _shapes(around)
    outline = shapely.union_all(shapes[around["inside"].to_numpy()])
    boundary = gpd.GeoSeries([outline], crs=centre.epsg)

    # an EPCI that reaches far beyond the border needs the supply around its own far end
    reach = shapely.union_all([outline, *shapes[around.index.isin(served)]])
    near = _near(around, reach, metres=neighbourhood_km * 1000, epsg=centre.epsg)
    communes = around[near | around.index.isin(served)].sort_index()
    vintage = [_vintage(centre, outlines)]
    if grid is None:
        origins = _origins(communes, served, epsg=centre.epsg)
    else:
        placed = place_points(
            grid, communes=around, served=served, epsg=centre.epsg, passage=passage
        )
        origins = placed.origins
        vintage += _grid_notes(grid, placed)
    zones, members = _zones(centre, communes, passage=passage, divisions=divisions)
    return Territory(
        departement_code=departement,
        departement_name=centre.name,
        communes=communes[list(COMMUNE_COLUMNS)],
        origins=origins,
        zones=zones,
        members=members,
        boundary=boundary,
        passage=passage,
        vintage=" ; ".join(vintage),
        gridded=grid is not None,
    )


def _grid_notes(grid: Grid, placed: GridPoints) -> list[str]:
    """Say where the people of points come from, and how many no commune holds."""
    notes = [f"population par points : {grid.path.name}", *placed.notes]
    if placed.lost_points:
        notes.append(
            f"points hors de toute commune, non comptés : {placed.lost_points} "
            f"({placed.lost_population:.0f} hab.)"
        )
    return notes


def _vintage(centre: Departement, outlines: Path | None) -> str:
    year = "2017" if centre.code == "976" else "2023"
    drawn = "IGN ADMIN EXPRESS simplifiés" if outlines is None else outlines.name
    return f"COG 2026, population municipale {year} (Insee), contours {drawn}, mairies DILA"


def _departements_around(code: str, kilometres: float) -> set[str]:
    """Return the départements whose box comes near: a cheap superset of the neighbours."""
    centre = shipped.departement(code)
    west, south, east, north = centre.bounds
    high = kilometres / _KM_PER_DEGREE
    widest = min(89.0, max(abs(south), abs(north)) + high)
    wide = high / math.cos(math.radians(widest))
    return {
        other.code
        for other in shipped.departements().values()
        if other.epsg == centre.epsg
        and other.bounds[0] <= east + wide
        and other.bounds[2] >= west - wide
        and other.bounds[1] <= north + high
        and other.bounds[3] >= south - high
    }


def _shapes(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the polygons as an array of shapely geometries, ``None`` where there is none."""
    return np.array(list(frame["geometry"]), dtype=object)


def _near(
    around: gpd.GeoDataFrame, place: shapely.Geometry, *, metres: float, epsg: int
) -> pd.Series[bool]:
    """Tell which communes come within a distance; a commune without outline by its point."""
    shapes = _shapes(around)
    missing = shapely.is_missing(shapes)
    shapes[missing] = list(_points(around[missing], epsg))
    shapely.prepare(place)
    return pd.Series(shapely.dwithin(place, shapes, metres), index=around.index)


def _points(frame: pd.DataFrame, epsg: int) -> gpd.GeoSeries:
    return gpd.GeoSeries(
        gpd.points_from_xy(frame["longitude"], frame["latitude"]),
        index=frame.index,
        crs="EPSG:4326",
    ).to_crs(epsg)


def _with_outlines(
    around: gpd.GeoDataFrame, path: Path, *, passage: Passage, centre: Departement
) -> gpd.GeoDataFrame:
    """Replace the shipped polygons by the user's; a commune it draws is no longer shared."""
    shapes = read_outlines(path, passage=passage).to_crs(centre.epsg)
    expected = around.index[(around["departement_code"] == centre.code) & around.geometry.notna()]
    missing = expected.difference(shapes.index)
    if len(missing):
        few = ", ".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        raise TerritoryError(
            f"communes du département absentes du fichier : {len(missing)} sur {len(expected)} "
            f"({few}).",
            path=path,
        )
    _check_where(
        gpd.GeoSeries(shapes.reindex(expected)),
        _points(around.loc[expected], centre.epsg),
        path=path,
    )
    drawn = around.index.intersection(shapes.index)
    replaced = around.copy()
    polygons = around["geometry"].astype("object")
    polygons[drawn] = list(shapes.reindex(drawn))
    replaced["geometry"] = gpd.GeoSeries(polygons, crs=centre.epsg)
    alone = not ((around["outline"] == "absent") & ~around.index.isin(drawn)).any()
    kept_shared = (around["outline"] == "partage") & (not alone)
    replaced.loc[around.index.isin(drawn) & ~kept_shared, "outline"] = "ign"
    return replaced


def _check_where(shapes: gpd.GeoSeries, halls: gpd.GeoSeries, *, path: Path) -> None:
    """Refuse outlines that are not where the communes are: a projection declared wrongly."""
    sound = bool(np.isfinite(shapes.total_bounds).all())
    if not sound or (shapes.distance(halls) < OUTLINE_SLACK_M).mean() < 0.9:
        raise TerritoryError(
            "les contours ne sont pas à la place des communes ; la projection déclarée par le "
            "fichier est sans doute fausse.",
            path=path,
        )


def _origins(communes: gpd.GeoDataFrame, served: pd.Index[str], *, epsg: int) -> gpd.GeoDataFrame:
    """Return one point per commune served, or per arrondissement of the three cities."""
    frame = communes.loc[communes.index.isin(served)]
    frame = frame.assign(commune_code=frame.index, area_km2=frame.area / 1e6)
    # Only one polygon of the country is shared, and its communes are all in one EPCI.
    sharing = frame["outline"].isin(["partage", "absent"])
    if sharing.any():
        frame.loc[sharing, "area_km2"] = frame.loc[sharing, "area_km2"].sum() / sharing.sum()
    cities = frame.index.intersection(list(shipped.CITIES))
    parts = [frame[~frame.index.isin(cities)]]
    if len(cities):
        municipal = shipped.municipal_arrondissements(cities).to_crs(epsg)
        parts.append(municipal.assign(area_km2=municipal.area / 1e6))
    origins = pd.concat(parts).sort_index()
    origins = origins.set_geometry(_points(origins, epsg))
    origins.index.name = "id"
    return origins[list(ORIGIN_COLUMNS)]


def _zones(
    centre: Departement,
    communes: gpd.GeoDataFrame,
    *,
    passage: Passage,
    divisions: Sequence[Division],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return zones and members, sorted by level then code."""
    inside = communes[communes["inside"]]
    zones: list[tuple[str, str, str, str, str]] = []
    members: list[tuple[str, str]] = []

    def add(level: str, code: str, name: str, codes: Iterable[str], *, part: bool = False) -> None:
        zone = f"{level}:{code}:partie" if part else f"{level}:{code}"
        zones.append((zone, level, code, name, "partie" if part else "entier"))
        members.extend((zone, commune) for commune in codes)

    add(Level.DEPARTEMENT, centre.code, centre.name, inside.index)
    names = shipped.zone_names("arrondissements")
    for code, codes in _grouped(inside["arrondissement_code"]):
        add(Level.ARRONDISSEMENT, code, names[code], codes)
    names = shipped.zone_names("epci")
    whole = dict(_grouped(communes["epci_code"]))
    for code, codes in _grouped(inside["epci_code"]):
        add(Level.EPCI, code, names[code], whole[code])
        if len(codes) < len(whole[code]):
            add(Level.EPCI, code, names[code], codes, part=True)
    extra = [read_division(d, passage=passage, inside=inside.index) for d in divisions]
    first = _zone_frame(zones), pd.DataFrame(members, columns=["zone", "commune_code"])
    zones, members = [], []
    for commune, name in zip(inside.index, inside["name"], strict=True):
        add(Level.COMMUNE, commune, name, [commune])
    last = _zone_frame(zones), pd.DataFrame(members, columns=["zone", "commune_code"])
    parts = [first, *extra, last]
    return (
        pd.concat([zone for zone, _ in parts]),
        pd.concat([member for _, member in parts], ignore_index=True),
    )


def _zone_frame(rows: list[tuple[str, str, str, str, str]]) -> pd.DataFrame:
    columns = ["zone", "level", "code", "name", "perimeter"]
    return pd.DataFrame(rows, columns=columns, dtype="str").set_index("zone")


def _grouped(codes: pd.Series[str]) -> list[tuple[str, list[str]]]:
    """Return (zone code, communes) sorted by code; communes without a code are left out."""
    groups: dict[str, list[str]] = {}
    for commune, code in codes.dropna().sort_index().items():
        groups.setdefault(str(code), []).append(str(commune))
    return sorted(groups.items())
