"""Styles of the territory, of places and of what is laid over the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd

from cartoallier.model import Run
from cartoallier.model.french import NO_BREAK, number, typeset
from cartoallier.outputs.geopackage.names import divisions
from cartoallier.outputs.geopackage.places import KINDS, generalised, services
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.isochrones import DASHES as ISOCHRONE_DASHES
from cartoallier.outputs.maps.zonings import DASHES as ZONING_DASHES
from cartoallier.outputs.pictures.names import TOWNS
from cartoallier.outputs.styles.renderers import Categorised, Class, Renderer, Single, Where
from cartoallier.outputs.styles.style import Geometry, Labels, LayerStyle
from cartoallier.outputs.styles.symbols import (
    COMMUNE_LINE,
    DEPARTEMENT_LINE,
    EPCI_INK,
    EPCI_LINE,
    GREY,
    INK,
    MM_PER_PX,
    SILENT,
    SILENT_LINE,
    Marker,
    Stroke,
    Tinted,
)

SHAPES = {
    "permanent": "circle",
    "permanence": "diamond",
    "itinerant": "triangle",
    "commune": "square",
}
"""``type_lieu`` -> its shape, that of the web maps."""
BEYOND = "hors du département"
FILLED_BEYOND = f"CASE WHEN \"dans_departement\" = FALSE THEN '{INK}' ELSE '#ffffff' END"


def territory_styles(run: Run) -> Iterator[LayerStyle]:
    """Yield the styles of the layers of the territory: quiet, made to lie under figures."""
    yield _plain("territoire_departement", "Contour", _outline(DEPARTEMENT_LINE), "Département")
    yield _plain(
        "territoire_arrondissements",
        "Contours",
        _outline(Stroke(colour=EPCI_INK, width=0.2, dash=(1.6, 0.8), casing=0.5)),
        "Arrondissements",
    )
    names = Labels(expression='"nom"', size=6.5, italic=True, colour=EPCI_INK, sld_column="nom")
    for layer in ("territoire_epci", "territoire_epci_partie"):
        yield replace(_plain(layer, "Contours et noms", _outline(EPCI_LINE), "EPCI"), labels=names)
    towns = _towns(run)
    yield replace(
        _plain(
            "territoire_communes",
            "Communes et villes principales",
            Tinted(fill=palette.BASE, stroke=COMMUNE_LINE),
            "Communes",
        ),
        labels=towns,
    )
    for level, slug in divisions(run).items():
        yield replace(
            _plain(f"territoire_{slug}", "Contours et noms", _outline(EPCI_LINE), level),
            labels=names,
        )
    yield _plain(
        "territoire_voisinage",
        "Présent, silencieux",
        Tinted(fill=SILENT, stroke=Stroke(colour=SILENT_LINE, width=0.2)),
        "Départements voisins",
    )


def _plain(
    layer: str,
    name: str,
    symbol: Tinted | Marker,
    label: str,
    *,
    geometry: Geometry = "Polygon",
) -> LayerStyle:
    return _style(layer, name, Single(symbol=symbol, label=label), label, geometry=geometry)


def _style(
    layer: str,
    name: str,
    renderer: Renderer,
    description: str,
    *,
    geometry: Geometry = "Polygon",
    default: bool = True,
) -> LayerStyle:
    return LayerStyle(
        layer=layer,
        name=name,
        default=default,
        geometry=geometry,
        renderer=renderer,
        description=description,
    )


def _outline(stroke: Stroke) -> Tinted:
    return Tinted(stroke=stroke)


def _towns(run: Run) -> Labels:
    """Name the most populous communes, as many as the printed maps do."""
    communes = run.territory.communes
    people = communes.loc[communes["inside"], "population"].dropna()
    least = people.sort_values(ascending=False).head(TOWNS).min() if len(people) else 0
    largest = max(float(people.max()), 1.0) if len(people) else 1.0
    return Labels(
        expression=f'CASE WHEN "population" >= {number_text(least)} THEN "nom" END',
        size=7.5,
        bold=True,
        beside=True,
        rank=f'10 * sqrt(coalesce("population", 0) / {largest!r})',
        sld_column="nom",
    )


def number_text(value: float) -> str:
    """Write a number of an expression."""
    return str(int(value)) if value == int(value) else repr(float(value))


def place_styles(run: Run) -> Iterator[LayerStyle]:
    """Yield the styles of origins, services and counts of protected services."""
    dot = Marker(shape="circle", size=1.0, fill=GREY, ink="#ffffff", width=0.1)
    yield _plain("origines", "Points", dot, "Origine des trajets", geometry="Point")
    table = services(run)
    yield _style(
        "services",
        "Type de lieu",
        _kinds(table, theme=""),
        "Services dont le lieu est public, par type de lieu",
        geometry="Point",
    )
    named = table["themes"].str.split(", ", regex=False)
    taken = {"Type de lieu"}
    for theme in run.themes:
        mine = table[named.map(lambda keys, key=theme.key: key in keys)]
        if theme.key in run.sensitive or mine.empty:
            continue
        name = theme.short_title if theme.short_title not in taken else theme.key
        taken.add(name)
        yield replace(
            _style(
                "services",
                name,
                _kinds(mine, theme=theme.key),
                typeset(f"{theme.title} : lieux du thème"),
                geometry="Point",
                default=False,
            ),
            theme=theme.key,
        )
    if len(generalised(run)):
        yield _counts()


def _kinds(table: gpd.GeoDataFrame, *, theme: str) -> Categorised:
    met = set(table["type_lieu"])
    of_theme = (Where(column="themes", sign="listed", value=theme),) if theme else ()
    outside = (table["dans_departement"] == False).fillna(value=False)  # noqa: E712 (nullable)
    apart = set(table.loc[outside, "type_lieu"])
    within, beyond = [], []
    for kind, shape in SHAPES.items():
        where = (Where(column="type_lieu", sign="=", value=kind), *of_theme)
        if kind in apart:
            # classes of their own: those who do not want them on a map switch them off
            here = Where(column="dans_departement", sign="other", value=False)
            there = Where(column="dans_departement", sign="=", value=False)
            symbol = Marker(shape=shape)
            within.append(Class(label=KINDS[kind], symbol=symbol, where=(*where, here)))
            symbol = Marker(shape=shape, fill=INK)
            label = f"{KINDS[kind]}, {BEYOND}"
            beyond.append(Class(label=label, symbol=symbol, where=(*where, there)))
        elif kind in met:
            symbol = Marker(shape=shape, fill_expression=FILLED_BEYOND)
            within.append(Class(label=KINDS[kind], symbol=symbol, where=where))
    simple = not theme and not beyond
    return Categorised(classes=(*within, *beyond), column="type_lieu" if simple else "")


def _counts() -> LayerStyle:
    words = Labels(
        expression='"nombre" || \' × \' || "type"',
        size=7.0,
        bold=True,
        sld_column="nombre",
    )
    line = Stroke(colour=INK, width=1.2 * MM_PER_PX, dash=(0.4, 0.8), casing=0.7)
    return replace(
        _plain(
            "services_generalises",
            "Nombre par zone",
            _outline(line),
            "zone où des lieux protégés sont comptés, aucun n’est situé",
        ),
        labels=words,
    )


def overlay_styles(run: Run) -> Iterator[LayerStyle]:
    """Yield the styles of isochrones and of zonings."""
    first = True
    titles = {theme.key: theme.short_title for theme in run.themes}
    taken: set[str] = set()
    for key, shapes in run.isochrones.items():
        bounds = sorted(
            float(str(b)) for b, s in shapes.items() if s is not None and not s.is_empty
        )
        if key in run.sensitive or not bounds:
            continue
        name = titles.get(key, key) if titles.get(key, key) not in taken else key
        taken.add(name)
        yield replace(
            _style(
                "isochrones",
                name,
                _reach(key, bounds),
                typeset(f"{titles.get(key, key)} : d’où l’on atteint un lieu, par durée"),
                default=first,
            ),
            theme=key,
        )
        first = False
    if run.zonings:
        yield _style("zonages", "Contours", _zonings(run), "Zonages de politiques publiques")


def _reach(theme: str, bounds: list[float]) -> Categorised:
    last = len(ISOCHRONE_DASHES) - 1
    return Categorised(
        classes=tuple(
            Class(
                label=f"{number(bound)}{NO_BREAK}min",
                symbol=_outline(
                    Stroke(
                        colour=INK,
                        width=1.2 * MM_PER_PX,
                        dash=_dash(ISOCHRONE_DASHES[min(rank, last)]),
                        casing=2.4 * MM_PER_PX,
                    )
                ),
                where=(
                    Where(column="theme", sign="=", value=theme),
                    Where(column="minutes", sign="=", value=bound),
                ),
            )
            for rank, bound in enumerate(bounds)
        )
    )


def _zonings(run: Run) -> Categorised:
    return Categorised(
        column="nom",
        classes=tuple(
            Class(
                label=one.name,
                symbol=_outline(
                    Stroke(
                        colour=INK,
                        width=1.4 * MM_PER_PX,
                        dash=_dash(ZONING_DASHES[rank % len(ZONING_DASHES)]),
                        casing=3 * MM_PER_PX,
                    )
                ),
                where=(Where(column="nom", sign="=", value=one.name),),
            )
            for rank, one in enumerate(run.zonings)
        ),
    )


def _dash(pattern: str) -> tuple[float, ...]:
    """Return an SVG dash pattern of the web maps in millimetres."""
    return tuple(float(part) * MM_PER_PX for part in pattern.split())


def siting_style() -> LayerStyle:
    """Return the style of ``implantations``, which only a simulation writes."""
    sign = Marker(shape="cross_fill", size=4.2, fill=INK, ink="#ffffff", width=0.4)
    return _plain("implantations", "Implantations", sign, "implantation simulée", geometry="Point")
