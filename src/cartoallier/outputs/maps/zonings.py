"""Special territories (QPV, FRR, CRTE…) as outlines over the map, one layer each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cartoallier.model import Run
from cartoallier.model.french import number, plural, typeset
from cartoallier.model.zoning import Zoning
from cartoallier.outputs.maps.geometry import Drawing, Grid
from cartoallier.outputs.maps.payload import encode

DASHES = ("7 3", "1.5 2.5", "11 3 2 3", "11 3 2 3 2 3")
"""Line patterns of the zonings, in their order; a fifth begins again."""
NAMED = 8
"""Territories beyond which the legend no longer lists their names."""
LONGEST = 60
"""Characters of a name in the legend."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """One special territory on the map.

    Attributes:
        title: over its tooltip.
        detail: under it, ``""`` for nothing.
        path: its outline, in units of the drawing.
    """

    title: str
    detail: str
    path: str


@dataclass(frozen=True, kw_only=True)
class DrawnZoning:
    """One zoning: a layer, its switch and its row of the legend.

    Attributes:
        key: name of its switch, which the address of a view repeats.
        name: as the project writes it.
        dash: SVG dash pattern.
        count: how many territories and communes.
        names: of its territories, when there are few.
        people: how many live in its communes, or that this is not known.
        source: its file and date.
        areas: its territories.
    """

    key: str
    name: str
    dash: str
    count: str
    names: str
    people: str
    source: str
    areas: tuple[Area, ...]


def zonings(run: Run, drawing: Drawing) -> tuple[DrawnZoning, ...]:
    """Return the zonings of a run, in its order."""
    grid = Grid(west=drawing.west, north=drawing.north, step=drawing.step)
    return tuple(
        _zoning(one, drawing, grid, rank=rank) for rank, one in enumerate(run.zonings, start=1)
    )


def zonings_json(drawn: Iterable[DrawnZoning]) -> str:
    """Return what pages draw of the zonings, written once for all of them."""
    return encode(
        [
            {
                "key": one.key,
                "dash": one.dash,
                "areas": [vars(area) for area in one.areas],
            }
            for one in drawn
        ]
    )


def _zoning(zoning: Zoning, drawing: Drawing, grid: Grid, *, rank: int) -> DrawnZoning:
    shapes = [_shape(zoning, row, drawing) for row in range(len(zoning.areas))]
    degrees = gpd.GeoSeries(np.array(shapes, dtype=object), crs=zoning.areas.crs).to_crs(4326)
    details = (
        plural(len(communes), "commune") if zoning.whole_communes else ""
        for communes in zoning.areas["communes"]
    )
    titles = (
        typeset(f"{zoning.name} : {name}") if zoning.named else zoning.name
        for name in zoning.areas["name"]
    )
    return DrawnZoning(
        key=f"zonage-{rank}",
        name=zoning.name,
        dash=DASHES[(rank - 1) % len(DASHES)],
        count=_count(zoning),
        names=_names(zoning),
        people=_people(zoning),
        source=_source(zoning),
        areas=tuple(
            Area(title=title, detail=detail, path=grid.path([outline]))
            for title, detail, outline in zip(titles, details, degrees, strict=True)
            if outline is not None and not outline.is_empty
        ),
    )


def _shape(zoning: Zoning, row: int, drawing: Drawing) -> BaseGeometry | None:
    """Return an outline for the screen; whole communes keep the borders the map draws."""
    if not zoning.whole_communes:
        shape: BaseGeometry | None = zoning.areas.geometry.iloc[row]
        return shape
    codes = zoning.areas["communes"].iloc[row]
    sharers = {code: held[0] for _, held in drawing.outlines for code in held}
    drawn = drawing.shapes
    kept = sorted({sharers.get(code, code) for code in codes} & set(drawn.index))
    if not kept:
        return None
    return shapely.union_all(shapely.make_valid(np.array(drawn.loc[kept].tolist(), dtype=object)))


def _count(zoning: Zoning) -> str:
    communes = plural(len(zoning.communes), "commune")
    if zoning.whole_communes and (zoning.classes or not zoning.named):
        return communes
    areas = plural(len(zoning.areas), "territoire")
    return f"{areas}, {communes}" if zoning.whole_communes else f"{areas}, dans {communes}"


def _names(zoning: Zoning) -> str:
    names = [
        name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
        for name in dict.fromkeys(zoning.areas["name"])
    ]
    if not zoning.named:
        return ""
    more = f" ; et {number(len(names) - NAMED)} de plus" if len(names) > NAMED else ""
    return typeset(" ; ".join(names[:NAMED]) + more)


def _people(zoning: Zoning) -> str:
    if zoning.inhabitants is None:
        return "Population non calculée. Une flèche désigne un territoire trop petit pour l’échelle"
    people = plural(zoning.inhabitants, "habitant")
    verb = "vit" if zoning.inhabitants < 2 else "vivent"
    partly = zoning.classes and zoning.areas["name"].str.contains("partiel", case=False).any()
    where = ", même celles classées en partie" if partly else ""
    return f"{people} {verb} dans les communes concernées{where}"


def _source(zoning: Zoning) -> str:
    file = zoning.source.path.rpartition("/")[2]
    date = zoning.source.vintage or "date non déclarée"
    return typeset(f"Source : {file}, {date}")
