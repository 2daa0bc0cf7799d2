"""A run as a QGIS project: its layers, their tree, map themes, bookmarks and sheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cartoallier.model import Level, Run
from cartoallier.outputs.qgis import words
from cartoallier.outputs.qgis.stock import stock
from cartoallier.outputs.qgis.tree import BARE, legend, presets, tree
from cartoallier.outputs.qgis.view import (
    Bookmark,
    Extent,
    Group,
    Leaf,
    Project,
    Reference,
    Sheet,
    identifier,
    map_size,
    plain,
)
from cartoallier.outputs.styles import LayerStyle

A4, A3 = (297.0, 210.0), (420.0, 297.0)
EDGE = 0.03
"""Share of the territory left around it on a sheet."""


def project(run: Run, styles: Sequence[LayerStyle]) -> Project:
    """Return the project of a run, ready for the template; ``styles``: of its layers."""
    held = stock(run, styles)
    nodes = tree(run, held)
    about = {
        held.codes[theme.key]: words.told(
            run,
            theme,
            name=held.names[theme.key],
            epci=held.coverage[theme.key, str(Level.EPCI)].id,
        )
        for theme in run.themes
    }
    extent = _extent(run.territory.boundary.total_bounds)
    return Project(
        title=plain(words.title(run)),
        abstract=plain(words.abstract(run)),
        author=f"cartoallier {run.version}",
        date=run.date.strftime("%Y-%m-%dT%H:%M:%S"),
        reference=_reference(run),
        extent=extent.fitted(width=4, height=3, margin=EDGE),
        tree=nodes,
        layers=tuple(leaf.layer for leaf in leaves(nodes)),
        legend=legend(run, held),
        presets=presets(run, held),
        bookmarks=bookmarks(run),
        sheets=sheets(extent),
        variables=tuple(
            (name, plain(value))
            for name, value in words.variables(run, told=about, codes=held.codes)
        ),
        bare=BARE,
        coverage=held.plain["territoire_epci_partie"],
    )


def leaves(nodes: Iterable[Group | Leaf]) -> Iterable[Leaf]:
    """Yield the layers of a tree, from its top."""
    for node in nodes:
        if isinstance(node, Leaf):
            yield node
        else:
            yield from leaves(node.nodes)


def sheets(extent: Extent) -> tuple[Sheet, ...]:
    """Return the layouts: A4, A3, and one A4 page per EPCI."""
    found = []
    for name, (width, height), atlas in (
        ("Carte A4 paysage", A4, False),
        ("Carte A3 paysage", A3, False),
        ("Atlas des EPCI, A4 paysage", A4, True),
    ):
        factor = round(width / A4[0], 3)
        across, up = map_size(width, height, factor)
        found.append(
            Sheet(
                name=name,
                width=width,
                height=height,
                factor=factor,
                extent=extent.fitted(width=across, height=up, margin=EDGE),
                atlas=atlas,
            )
        )
    return tuple(found)


def bookmarks(run: Run) -> tuple[Bookmark, ...]:
    """Return one bookmark per EPCI, by name: what of it the département holds."""
    zones = run.territory.zones
    rows = zones[(zones["level"] == Level.EPCI) & (zones["perimeter"] == "entier")]
    members = run.territory.members
    members = members[members["zone"].isin(rows.index)]
    communes = run.territory.communes
    drawn_here = communes[communes["inside"].astype("bool")]
    boxes = drawn_here.geometry.bounds.reindex(members["commune_code"])
    boxes = boxes.groupby(members["zone"].to_numpy()).agg(
        {"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"}
    )
    drawn = rows.loc[rows.index.isin(boxes.dropna().index)].sort_values(["name", "code"])
    return tuple(
        Bookmark(
            id=identifier(f"epci {code}"), name=plain(str(name)), extent=_extent(boxes.loc[zone])
        )
        for zone, code, name in zip(drawn.index, drawn["code"], drawn["name"], strict=True)
    )


def _extent(bounds: Iterable[float]) -> Extent:
    xmin, ymin, xmax, ymax = (round(float(bound), 1) for bound in bounds)
    return Extent(xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)


def _reference(run: Run) -> Reference:
    crs = run.territory.crs
    name, number = crs.to_authority() or ("", "")
    return Reference(wkt=crs.to_wkt(), authority=f"{name}:{number}", number=number, name=crs.name)
