"""The territory ready to be printed: simplified once per run, drawn at any scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.path import Path
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Territory
from cartoallier.outputs.maps.geometry import take

FINENESS = 1000
"""Steps across the territory under which a bend does not show in print."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Where metres fall on the sheet: ``x_point = scale * (x - west) + left``."""

    scale: float
    west: float
    south: float
    left: float
    bottom: float

    def points(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x, y pairs on the sheet, in hundredths of a point."""
        shift = np.array([self.left, self.bottom])
        corner = np.array([self.west, self.south])
        found: NDArray[np.float64] = np.round((metres - corner) * self.scale + shift, 2)
        return found

    def metres(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return a box of the sheet on the ground."""
        x0, y0, x1, y1 = box
        return (
            (x0 - self.left) / self.scale + self.west,
            (y0 - self.bottom) / self.scale + self.south,
            (x1 - self.left) / self.scale + self.west,
            (y1 - self.bottom) / self.scale + self.south,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """What every picture of a run draws under and over its tints.

    Attributes:
        shapes: commune code -> outline; communes inside that have one.
        groupings: EPCI code -> its part inside.
        beyond: borders of the rest of the EPCI that straddle the border.
        context: borders of every other commune around, each once.
        hull: the département.
        towns: commune code -> x, y of its town hall, metres.
    """

    shapes: dict[str, BaseGeometry]
    groupings: dict[str, BaseGeometry]
    beyond: BaseGeometry
    context: BaseGeometry
    hull: BaseGeometry
    towns: dict[str, tuple[float, float]]

    @classmethod
    def of(cls, territory: Territory) -> Ground:
        """Simplify the territory: neighbours keep one border."""
        west, south, east, north = territory.boundary.total_bounds
        step = max(east - west, north - south) / FINENESS
        communes = territory.communes
        drawn = communes[communes.geometry.notna() & ~communes.geometry.is_empty]
        side = max(east - west, north - south)
        frame = shapely.box(west - side, south - side, east + side, north + side)
        near = drawn[drawn["inside"] | drawn.intersects(frame)]
        straddles = near["epci_code"].isin(set(near.loc[near["inside"], "epci_code"].dropna()))
        mine = near[near["inside"] | straddles]
        own = _simplified(mine.geometry, step)
        inside = take(own, mine["inside"])
        others = take(own, ~mine["inside"])
        epci = mine["epci_code"]
        around = ~near.index.isin(mine.index)
        return cls(
            shapes={str(code): shape for code, shape in inside.items()},
            groupings=_merged(inside, epci),
            beyond=_borders([gpd.GeoSeries(_merged(others, epci), crs=territory.crs)]),
            context=_borders([others, _simplified(take(near.geometry, around), step * 5)]),
            hull=_hull(territory, inside, step),
            towns=_towns(territory),
        )


def _simplified(shapes: gpd.GeoSeries, step: float) -> gpd.GeoSeries:
    """Simplify shapes together; those several communes share are simplified once."""
    if shapes.empty:
        return shapes
    keys = shapes.to_wkb()
    first = ~keys.duplicated()
    simple = shapely.coverage_simplify(take(shapes, first).to_numpy(), step)
    by_key = dict(zip(keys[first], simple, strict=True))
    return gpd.GeoSeries([by_key[key] for key in keys], index=shapes.index, crs=shapes.crs)


def _merged(shapes: gpd.GeoSeries, epci: Any) -> dict[str, BaseGeometry]:  # noqa: ANN401
    codes = epci.reindex(shapes.index).dropna()
    return {
        str(code): _filled(shapes.loc[rows.index].to_numpy()) for code, rows in codes.groupby(codes)
    }


def _filled(shapes: NDArray[np.object_]) -> BaseGeometry:
    """Return the union of shapes, without the pinholes simplification may leave."""
    whole = shapely.union_all(shapely.make_valid(shapes))
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
    kept = [
        shapely.Polygon(
            part.exterior,
            [ring for ring in part.interiors if shapely.Polygon(ring).area > 1e-4 * part.area],
        )
        for part in parts
    ]
    return shapely.MultiPolygon(kept)


def _borders(groups: Sequence[gpd.GeoSeries]) -> BaseGeometry:
    """Return the borders of shapes as lines: what two of them share is drawn once."""
    lines = shapely.boundary(np.concatenate([group.to_numpy() for group in groups]))
    return shapely.line_merge(shapely.union_all(lines))


def _hull(territory: Territory, inside: gpd.GeoSeries, step: float) -> BaseGeometry:
    """Return the département, from the drawn communes when they cover it all."""
    if len(inside) and len(inside) == int(territory.communes["inside"].sum()):
        return _filled(inside.to_numpy())
    return shapely.simplify(shapely.union_all(territory.boundary.to_numpy()), step)


def _towns(territory: Territory) -> dict[str, tuple[float, float]]:
    """Return where names and circles stand: town halls, or middles when origins are a grid."""
    communes = territory.communes[territory.communes["inside"]]
    if territory.gridded:
        drawn = communes.geometry[communes.geometry.notna()]
        halls = gpd.GeoSeries(drawn).representative_point()
    else:
        origins = territory.origins
        halls = gpd.GeoSeries(origins.geometry.to_numpy(), index=origins["commune_code"])
        halls = take(halls, ~halls.index.duplicated())
        halls = take(halls, halls.index.isin(communes.index))
    at = shapely.get_coordinates(halls.to_numpy())
    return {str(code): (float(x), float(y)) for code, (x, y) in zip(halls.index, at, strict=True)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Outline:
    """Rings on the sheet; ``pieces`` says where each polygon starts in ``path``."""

    path: Path
    pieces: tuple[int, ...]


def outline(shapes: Sequence[BaseGeometry] | NDArray[np.object_], view: View) -> Outline | None:
    """Return the rings of polygons as one path on the sheet, ``None`` when there is none."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings, of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    if not len(rings):
        return None
    metres, index = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(metres), Path.LINETO, dtype=Path.code_type)
    starts = np.searchsorted(index, np.arange(len(rings)))
    codes[starts] = Path.MOVETO
    codes[np.append(starts[1:], len(metres)) - 1] = Path.CLOSEPOLY
    first = np.flatnonzero(np.diff(of, prepend=-1))
    pieces = tuple(int(at) for at in starts[first])
    return Outline(path=Path(view.points(metres), codes), pieces=pieces)


def strokes(lines: BaseGeometry, view: View) -> Path | None:
    """Return lines as one path on the sheet, ``None`` when there is none."""
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    if not len(parts):
        return None
    metres, index = shapely.get_coordinates(parts, return_index=True)
    codes = np.full(len(metres), Path.LINETO, dtype=Path.code_type)
    codes[np.searchsorted(index, np.arange(len(parts)))] = Path.MOVETO
    return Path(view.points(metres), codes)
