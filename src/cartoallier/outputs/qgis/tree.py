"""The tree of a project and what each map theme shows of it.

QGIS draws the top of the tree last: outlines and places stand over the tints, the ground under.
"""

from __future__ import annotations

from cartoallier.model import Level, Run, Theme
from cartoallier.outputs.geopackage.names import divisions
from cartoallier.outputs.maps.atlas import AXES
from cartoallier.outputs.qgis.stock import TABLES, Stock
from cartoallier.outputs.qgis.view import Group, LayerView, Leaf, Preset, plain

OUTLINES, PLACES, GROUND = "Limites", "Services", "Fond"
BARE = "Fond seul"
"""Map theme without any figure: what a sheet shows of a theme it does not know."""


def tree(run: Run, held: Stock) -> tuple[Group | Leaf, ...]:
    """Return the tree, folded; the first theme alone is checked, with what stands around it."""
    first = run.themes[0] if run.themes else None
    groups = (
        Group(name=OUTLINES, nodes=_leaves(*_outlines(held), checked=True), checked=True),
        Group(
            name=PLACES,
            nodes=(
                *_leaves(held.plain["services"], checked=_placed(held, first)),
                *_leaves(*_some(held, "services_generalises", "origines")),
            ),
            checked=_placed(held, first),
        ),
        Group(name="Isochrones", nodes=_leaves(*_some(held, "isochrones"))),
        *_axes(run, held),
        Group(
            name="Besoins",
            nodes=_leaves(*_some(held, "besoins_communes", "besoins_epci", "scores_epci")),
        ),
        Group(name="Zonages et découpages", nodes=_leaves(*_others(run, held))),
        Group(name=GROUND, nodes=_leaves(*_ground(held), checked=True), checked=True),
        Group(name="Tables", nodes=_leaves(*_some(held, *TABLES))),
    )
    return tuple(group for group in groups if group.nodes)


def presets(run: Run, held: Stock) -> tuple[Preset, ...]:
    """Return one map theme per theme: its communes, its circles, its places, what is around."""
    found = []
    for theme in run.themes:
        shown = [*((layer, "") for layer in _outlines(held))]
        groups = [OUTLINES, GROUND, _axis(theme), f"{_axis(theme)}/{held.names[theme.key]}"]
        places = held.dressed.about("services", theme.key)
        if places is not None:
            shown.append((held.plain["services"], plain(places.name)))
            groups.append(PLACES)
        shown += [(layer, "") for layer in _drawn(theme, held)]
        shown += [(layer, "") for layer in _ground(held)]
        found.append(
            Preset(
                name=held.names[theme.key],
                shown=tuple((layer.id, style or _shown(layer)) for layer, style in shown),
                groups=tuple(groups),
            )
        )
    if found:
        quiet = (*_outlines(held), *_ground(held))
        shown_there = tuple((layer.id, _shown(layer)) for layer in quiet)
        found.append(Preset(name=BARE, shown=shown_there, groups=(OUTLINES, GROUND)))
    return tuple(found)


def legend(run: Run, held: Stock) -> tuple[LayerView, ...]:
    """Return the layers of a printed legend: what is not on the map is left out of it."""
    return (
        *(layer for theme in run.themes for layer in reversed(_drawn(theme, held))),
        held.plain["services"],
    )


def _axes(run: Run, held: Stock) -> tuple[Group, ...]:
    groups: dict[str, list[Group]] = {}
    for theme in run.themes:
        first = theme is run.themes[0]
        drawn = _drawn(theme, held)
        levels = (str(Level.COMMUNE), str(Level.EPCI), *divisions(run))
        others = [held.coverage[theme.key, level] for level in levels]
        nodes = (
            *_leaves(*drawn, checked=True),
            *_leaves(*(layer for layer in others if layer not in drawn)),
        )
        group = Group(name=held.names[theme.key], nodes=nodes, checked=first)
        groups.setdefault(_axis(theme), []).append(group)
    return tuple(
        Group(name=name, nodes=tuple(nodes), checked=any(node.checked for node in nodes))
        for name, nodes in sorted(groups.items())
    )


def _drawn(theme: Theme, held: Stock) -> tuple[LayerView, ...]:
    """Return what a theme draws, the top first: circles of people, then tinted zones.

    Communes, unless figures are only known by EPCI.
    """
    communes = held.coverage[theme.key, str(Level.COMMUNE)]
    epci = held.coverage[theme.key, str(Level.EPCI)]
    circles = held.circles.get(theme.key)
    tinted = epci if epci.tinted and not communes.tinted else communes
    return (tinted,) if circles is None else (circles, tinted)


def _axis(theme: Theme) -> str:
    title = AXES.get(theme.axis, "")
    return f"Axe {theme.axis}" + (f" · {title}" if title else "")


def _outlines(held: Stock) -> tuple[LayerView, ...]:
    return (held.pages, *_some(held, "territoire_departement", "territoire_epci"))


def _ground(held: Stock) -> tuple[LayerView, ...]:
    return _some(held, "territoire_communes", "territoire_voisinage")


def _others(run: Run, held: Stock) -> tuple[LayerView, ...]:
    names = [f"territoire_{slug}" for slug in divisions(run).values()]
    return _some(held, "zonages", *names, "territoire_arrondissements", "territoire_epci_partie")


def _some(held: Stock, *tables: str) -> tuple[LayerView, ...]:
    """Return the layers of the tables a run has."""
    return tuple(held.plain[table] for table in tables if table in held.plain)


def _placed(held: Stock, theme: Theme | None) -> bool:
    return theme is not None and held.dressed.about("services", theme.key) is not None


def _shown(layer: LayerView) -> str:
    return layer.styles[0].name if layer.styles else "default"


def _leaves(*layers: LayerView, checked: bool = False) -> tuple[Leaf, ...]:
    return tuple(Leaf(layer=layer, checked=checked) for layer in layers)
