"""Which commune each cell of a grid belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from cartoallier.model import Passage
from cartoallier.territory import shipped

SHORE_METRES = 300
"""A point this close to a commune belongs to it: shipped outlines are simplified."""

HALF_DIAGONAL = 0.71
"""Of a square, in sides: an inhabited cell touches land at most this far from its centre."""
_CHUNK = 100_000
_OVERSEAS = {5490: ("971", "972"), 32620: ("971", "972"), 2972: ("973",), 2975: ("974",)}
_OVERSEAS_ALL = frozenset({"971", "972", "973", "974", "976"})
_MAYOTTE = 4471


@dataclass(frozen=True, eq=False, kw_only=True)
class Owners:
    """What :func:`find_owners` found, one row per cell.

    Attributes:
        places: codes: communes and, in Paris, Lyon and Marseille, arrondissements; sorted.
        communes: commune of each place.
        owner: position in ``places``, -1: none.
        told: how many owners ``listed`` gave, the file's own word.
    """

    places: NDArray[Any]
    communes: NDArray[Any]
    owner: NDArray[np.int64]
    told: int


def find_owners(cells: pd.DataFrame, *, passage: Passage, trust: bool = True) -> Owners:
    """Find the commune of every cell.

    When the file lists a single commune for a cell (``lcog_geo``, old codes followed), it is the
    one. Otherwise the commune that holds the centre of the cell; of several (a shared border),
    the smallest code. A centre outside all outlines goes to the nearest within the half diagonal
    of its cell (:data:`SHORE_METRES` at least), else to the first commune listed.

    Args:
        cells: ``epsg``, ``side``, ``x``, ``y`` and the categorical ``listed``.
        passage: old codes of communes to current ones.
        trust: believe ``listed`` when it has one commune; ``False``: the centre decides for all.
    """
    outlines = _outlines(cells)
    codes = outlines.index.to_numpy(dtype=object)
    single, first = listed_places(cells["listed"], codes, passage)
    owner = single.copy() if trust else np.full(len(cells), -1)
    told = int((owner >= 0).sum())
    for epsg in np.unique(cells["epsg"]):
        at = np.flatnonzero((cells["epsg"].to_numpy() == epsg) & (owner < 0))
        here = np.flatnonzero(outlines["departement_code"].isin(_departements(int(epsg))))
        if len(at) and len(here):
            shapes = outlines.iloc[here].geometry.to_crs(int(epsg))
            found = _holding(shapes, cells.iloc[at])
            owner[at] = np.where(found >= 0, here[found], -1)
    lost = owner < 0
    owner[lost] = first[lost]
    return Owners(
        places=codes, communes=outlines["commune_code"].to_numpy(object), owner=owner, told=told
    )


def departement_extents(epsg: int) -> dict[str, tuple[float, float, float, float]]:
    """Return the box of every département whose cells are in a projection, metres."""
    to_cells = Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
    known = shipped.departements()
    return {code: to_cells.transform_bounds(*known[code].bounds) for code in _departements(epsg)}


def _departements(epsg: int) -> Sequence[str]:
    if epsg == _MAYOTTE:
        return ("976",)
    if epsg in _OVERSEAS:
        return _OVERSEAS[epsg]
    return sorted(shipped.departements().keys() - _OVERSEAS_ALL)


def _outlines(cells: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the places whose département comes near the cells, sorted by code."""
    wanted, all_there = set(), set()
    for epsg, held in cells.groupby("epsg")[["x", "y"]]:
        (west, south), (east, north) = held.min(), held.max()
        for code, (left, bottom, right, top) in departement_extents(int(str(epsg))).items():
            all_there.add(code)
            if left <= east and right >= west and bottom <= north and top >= south:
                wanted.add(code)
    columns = ["departement_code", "commune_code", "geometry"]
    drawn = shipped.communes(wanted or all_there)
    drawn["commune_code"] = drawn.index
    cities = drawn.index.intersection(list(shipped.CITIES))
    if not len(cities):
        return drawn[columns].sort_index()
    districts = shipped.municipal_arrondissements(cities)
    districts["departement_code"] = districts["commune_code"].str[:2]
    return pd.concat([drawn.drop(index=cities)[columns], districts[columns]]).sort_index()


def listed_places(
    listed: pd.Series[Any], codes: NDArray[Any], passage: Passage
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the only place listed for each cell, and the first one; -1 where there is none.

    Args:
        listed: categorical, codes one after the other (``"03001"``, ``"0300103190"``).
        codes: places, in the order that numbers them.
        passage: old codes to current ones.
    """
    position = {code: place for place, code in enumerate(codes)}
    single, first = [-1], [-1]
    for text in listed.cat.categories:
        told = re.sub(r"[^0-9AB]", "", str(text).upper())
        told = told.zfill(-(-len(told) // 5) * 5)
        places = [
            [position[new] for new in _now(told[i : i + 5], position, passage) if new in position]
            for i in range(0, len(told), 5)
        ]
        known = [options[0] for options in places if options]
        sure = len(known) == len(places) and all(len(options) == 1 for options in places)
        single.append(known[0] if sure and len(set(known)) == 1 else -1)
        first.append(known[0] if known else -1)
    # code -1 of a categorical (nothing listed) meets the -1 put first
    at = listed.cat.codes.to_numpy() + 1
    return np.asarray(single)[at], np.asarray(first)[at]


def _now(code: str, position: dict[str, int], passage: Passage) -> tuple[str, ...]:
    """Return what a code is today; arrondissements of the three cities stay themselves."""
    current = passage.current(code)
    return (code,) if code in position and code not in current else current


def _holding(shapes: gpd.GeoSeries, cells: pd.DataFrame) -> NDArray[np.int64]:
    """Return the position of the polygon that holds the centre of each cell, -1: none."""
    polygons = shapes.to_numpy()
    tree = shapely.STRtree(polygons)
    shapely.prepare(polygons)
    x, y, side = (cells[name].to_numpy() for name in ("x", "y", "side"))
    found = np.full(len(cells), len(polygons))
    for start in range(0, len(cells), _CHUNK):
        # boxes by the tree, then prepared polygons: twice as fast as the tree's own predicate
        points = shapely.points(x[start : start + _CHUNK], y[start : start + _CHUNK])
        rows, hits = tree.query(points)
        rows = rows + start
        held = shapely.intersects_xy(polygons[hits], x[rows], y[rows])
        np.minimum.at(found, rows[held], hits[held])
    lost = np.flatnonzero(found == len(polygons))
    if len(lost):
        reach = max(SHORE_METRES, float(side.max()) * HALF_DIAGONAL)
        points = shapely.points(x[lost], y[lost])
        near, hits = tree.query_nearest(points, max_distance=reach, all_matches=True)
        np.minimum.at(found, lost[near], hits)
    return np.where(found == len(polygons), -1, found)
