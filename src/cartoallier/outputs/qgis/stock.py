"""The layers of a project, named, placed in the GeoPackage and dressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartoallier.model import COVERAGE_COLUMNS, Level, Run, Theme
from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.layers import layers
from cartoallier.outputs.geopackage.names import coverage_layers, unique
from cartoallier.outputs.geopackage.views import COMMUNE_FIELDS, ZONE_FIELDS
from cartoallier.outputs.qgis.dressing import Wardrobe, wardrobe
from cartoallier.outputs.qgis.view import LayerView, identifier, plain
from cartoallier.outputs.styles import LayerStyle
from cartoallier.outputs.styles.renderers import Circles
from cartoallier.outputs.tables import NEEDS_HEADINGS

COLUMNS = {str(Level.COMMUNE): COMMUNE_FIELDS}
TABLES = {
    "couverture": ("Couverture, toutes les mesures", COVERAGE_COLUMNS),
    "besoins": ("Besoins, toutes les valeurs", tuple(NEEDS_HEADINGS)),
}
"""Attribute tables: name in the tree, columns."""
ROOM = 0.6
"""Millimetres left around a circle of a legend."""
PAGES = "EPCI de la page d’atlas"


@dataclass(frozen=True, eq=False, kw_only=True)
class Stock:
    """The layers of a project.

    Attributes:
        names: theme key -> its name in the project, unique.
        codes: theme key -> what the project variable ``theme`` calls it: its code, unique.
        coverage: (theme key, level) -> the layer of its view.
        circles: theme key -> the layer of people beyond the threshold; those that have any.
        plain: table -> the layer of it, for all that are not about one theme.
        pages: what fades the EPCI a page of the atlas is not about.
        dressed: their styles.
    """

    names: dict[str, str]
    codes: dict[str, str]
    coverage: dict[tuple[str, str], LayerView]
    circles: dict[str, LayerView]
    plain: dict[str, LayerView]
    pages: LayerView
    dressed: Wardrobe


def stock(run: Run, styles: Sequence[LayerStyle]) -> Stock:
    """Return the layers of a run, dressed in their styles."""
    dressed = wardrobe(run, styles)
    views = coverage_layers(run)
    taken: set[str] = set()
    names = {
        theme.key: unique(plain(typeset(f"{theme.code} {theme.short_title}".strip())), taken)
        for theme in run.themes
    }
    levels = dict.fromkeys(level for _, level in views)
    return Stock(
        names=names,
        codes=_codes(run),
        coverage={
            (theme.key, level): _covered(theme, level, table=views[theme.key, level], of=dressed)
            for theme in run.themes
            for level in levels
        },
        circles=_circles(run, views, dressed),
        plain=_plain(run, dressed),
        pages=LayerView(
            id=identifier("pages de l’atlas"),
            name=PAGES,
            table="territoire_epci_partie",
            geometry="Polygon",
            kind="MultiPolygon",
            summary="Sur une page d’atlas, estompe les autres EPCI. Ailleurs, ne dessine rien.",
            pages=True,
        ),
        dressed=dressed,
    )


def _codes(run: Run) -> dict[str, str]:
    taken: set[str] = set()
    return {theme.key: unique(plain(theme.code or theme.key), taken) for theme in run.themes}


def _covered(theme: Theme, level: str, *, table: str, of: Wardrobe) -> LayerView:
    by = {str(Level.COMMUNE): "par commune", str(Level.EPCI): "par EPCI"}.get(level, level)
    styles = of.tints(table)
    said = styles[0].description if styles else ""
    return LayerView(
        id=identifier(table),
        name=plain(typeset(f"{theme.code} {by}".strip())),
        table=table,
        geometry="Polygon",
        kind="MultiPolygon",
        summary=plain(typeset(f"{theme.title} : accès et besoin, {by}.")),
        styles=tuple(of.styled(style, COLUMNS.get(level, ZONE_FIELDS)) for style in styles),
        heading=plain(said.removeprefix(typeset(f"{theme.short_title} : "))),
        tinted=bool(styles and styles[0].field),
    )


def _circles(
    run: Run, views: dict[tuple[str, str], str], dressed: Wardrobe
) -> dict[str, LayerView]:
    found = {}
    for theme in run.themes:
        table = views[theme.key, str(Level.COMMUNE)]
        styles = dressed.circles(table)
        if styles:
            found[theme.key] = LayerView(
                id=identifier(f"{table} cercles"),
                name=plain(typeset(f"{theme.code} habitants au-delà du seuil".strip())),
                table=table,
                geometry="Polygon",
                kind="MultiPolygon",
                summary=plain(styles[0].description),
                styles=tuple(dressed.styled(style, COMMUNE_FIELDS) for style in styles),
                heading=_people(styles[0]),
                legend=_sizes(styles[0]),
            )
    return found


def _people(style: LayerStyle) -> str:
    return plain(style.renderer.label) if isinstance(style.renderer, Circles) else ""


def _sizes(style: LayerStyle) -> tuple[tuple[str, str], ...]:
    """Return how a printed legend shows circles: the round values alone, each with its room."""
    if not isinstance(style.renderer, Circles):
        return ()
    ranks = range(1, len(style.renderer.values) + 1)
    # the height of each, the width of all: their middles stand on one line
    wide = style.renderer.scale * max(style.renderer.values) ** 0.5 + ROOM
    high = (style.renderer.scale * value**0.5 + ROOM for value in style.renderer.values)
    sizes = (
        (f"legend/symbol-size-{r}", f"{wide:.2f},{h:.2f}") for r, h in zip(ranks, high, strict=True)
    )
    return (("legend/node-order", ",".join(map(str, ranks))), *sizes)


def _plain(run: Run, dressed: Wardrobe) -> dict[str, LayerView]:
    found = {}
    for layer in layers(run):
        own = [name for name in layer.make().columns if name != "geometry"]
        found[layer.name] = LayerView(
            id=identifier(layer.name),
            name=plain(typeset(layer.title)),
            table=layer.name,
            geometry="Point" if layer.geometry == "Point" else "Polygon",
            kind=layer.geometry,
            summary=plain(typeset(layer.summary)),
            styles=tuple(dressed.styled(style, own) for style in _first(run, dressed, layer.name)),
            heading="Lieux du thème" if layer.name == "services" else "",
        )
    for table, (name, columns) in TABLES.items():
        found[table] = LayerView(
            id=identifier(f"{table} table"),
            name=name,
            table=table,
            geometry="No geometry",
            kind="NoGeometry",
            summary="Table, sans géométrie.",
            styles=(dressed.table(table, columns),),
        )
    return found


def _first(run: Run, dressed: Wardrobe, layer: str) -> tuple[LayerStyle, ...]:
    """Return the styles of a layer; that of the first theme comes first where there is one."""
    styles = dressed.of.get(layer, ())
    shown = dressed.about(layer, run.themes[0].key) if run.themes else None
    return styles if shown is None else (shown, *(s for s in styles if s is not shown))
