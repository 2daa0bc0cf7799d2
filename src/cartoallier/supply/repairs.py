"""Points that are elsewhere for want of a sign, or with their two numbers swapped."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Finding, Territory
from cartoallier.supply.communes import CHECK

Positions = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]

TOLERANCE_M = 5_000
"""A point farther than this from the commune it declares is not believed."""

_SIGN = "signe des coordonnées perdu"
_SWAPPED = "longitude et latitude inversées"
_BOTH = "longitude et latitude inversées, signe perdu"
# (swap first, sign of the longitude, sign of the latitude, the observation)
_WAYS = (
    (False, 1, -1, _SIGN),
    (False, -1, 1, _SIGN),
    (False, -1, -1, _SIGN),
    (True, 1, 1, _SWAPPED),
    (True, 1, -1, _BOTH),
    (True, -1, 1, _BOTH),
    (True, -1, -1, _BOTH),
)
_OVERSEAS = ("97", "98")


def repair_points(
    records: pd.DataFrame, *, located: pd.Series, territory: Territory, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Put right the points whose own numbers, swapped or signed, fall where the row says it is.

    The row says a commune; overseas, where one sign is worth an ocean, a postal code of the
    département is enough. Within 5 km counts. A point that is plausible as it stands is left.

    Args:
        records: columns ``SERVICE_COLUMNS``, ``commune_code`` already current.
        located: commune that holds each point, missing outside the territory.
        territory: where.
        file: name the findings give.

    Returns:
        A frame with the same rows, and one finding per point put right.
    """
    rows, shapes = _declared_shapes(records, located=located, territory=territory)
    if not len(rows):
        return records, []
    turn = Transformer.from_crs("EPSG:4326", territory.crs, always_xy=True)
    longitude = records["longitude"].to_numpy(dtype="float64", copy=True)
    latitude = records["latitude"].to_numpy(dtype="float64", copy=True)
    xs, ys = longitude[rows], latitude[rows]
    left = ~near(xs, ys, shapes, turn=turn)
    said: dict[int, str] = {}
    for swap, sign_x, sign_y, what in _WAYS:
        x, y = (ys * sign_x, xs * sign_y) if swap else (xs * sign_x, ys * sign_y)
        good = left.copy()
        good[left] = near(x[left], y[left], shapes[left], turn=turn)
        longitude[rows[good]], latitude[rows[good]] = x[good], y[good]
        said |= dict.fromkeys(map(int, rows[good]), what)
        left &= ~good
    if not said:
        return records, []
    lines = records["line"].to_numpy()
    before = zip(records["longitude"], records["latitude"], strict=True)
    findings = [
        Finding(
            file=file,
            line=int(lines[position]),
            column="coordonnées",
            value=f"{x:.5f} ; {y:.5f}",
            what=said[position],
            action=f"remises en place, dans la commune déclarée ; {CHECK}",
        )
        for position, (x, y) in enumerate(before)
        if position in said
    ]
    return records.assign(longitude=longitude, latitude=latitude), findings


def _declared_shapes(
    records: pd.DataFrame, *, located: pd.Series, territory: Territory
) -> tuple[Positions, Shapes]:
    """Return the positions of doubtful rows, and the polygon each says it is in."""
    placed = records["longitude"].notna() & records["latitude"].notna()
    outlines = territory.communes.geometry
    drawn = {
        str(code): shape
        for code, shape in zip(outlines.index.tolist(), outlines.to_numpy(), strict=True)
        if isinstance(shape, BaseGeometry)
    }
    departements = territory.communes["departement_code"]
    wholes: dict[str, BaseGeometry | None] = {}
    rows: list[int] = []
    shapes: list[BaseGeometry] = []
    doubtful = (placed & located.isna()).to_numpy()
    declared = records.loc[doubtful, ["commune_code", "postal_code"]].astype("object").to_numpy()
    for position, (code, postal) in zip(np.flatnonzero(doubtful), declared, strict=True):
        shape = drawn.get(str(code))
        if not isinstance(code, str) and isinstance(postal, str) and postal.startswith(_OVERSEAS):
            if postal[:3] not in wholes:
                inside = departements.index[departements == postal[:3]]
                parts = [drawn[str(one)] for one in inside if str(one) in drawn]
                wholes[postal[:3]] = shapely.union_all(parts) if parts else None
            shape = wholes[postal[:3]]
        if shape is not None:
            rows.append(int(position))
            shapes.append(shape)
    return np.array(rows, dtype=np.intp), np.array(shapes, dtype=object)


def near(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], shapes: Shapes, *, turn: Transformer
) -> npt.NDArray[np.bool_]:
    """Tell which points, in degrees, lie within the tolerance of their shape.

    Args:
        x: longitudes.
        y: latitudes.
        shapes: one polygon per point, projected.
        turn: from degrees to the projection of ``shapes``.
    """
    close = np.zeros(len(x), dtype=bool)
    east, north = turn.transform(x, y)
    possible = (np.abs(x) <= 180) & (np.abs(y) <= 90) & np.isfinite(east) & np.isfinite(north)
    points = shapely.points(east[possible], north[possible])
    close[possible] = shapely.distance(points, shapes[possible]) <= TOLERANCE_M
    return close
