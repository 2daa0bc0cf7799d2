"""Views: one layer per theme and level, and the long tables given back as their CSV."""

from __future__ import annotations

from dataclasses import dataclass

from cartoallier.model import COVERAGE_COLUMNS, Level, Run, Theme
from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.compact import (
    DRAWN,
    EDITION_COLUMNS,
    FIGURES,
    NEED_ZONE_COLUMNS,
    SERIES_COLUMNS,
    ZONE_COLUMNS,
    Compact,
)
from cartoallier.outputs.geopackage.names import coverage_layers, quoted, text, zone_layers
from cartoallier.outputs.tables import NEEDS_HEADINGS

COMMUNE_FIELDS = ("code", "nom", "code_epci", *FIGURES, *DRAWN)
"""Columns of ``couverture_<theme>_communes`` after ``fid`` and ``geom``."""
ZONE_FIELDS = ("code", "nom", "perimetre", *FIGURES, *(c for c in DRAWN if c != "croisement"))
"""The same of ``couverture_<theme>_epci`` and of « découpages »."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One view that is a layer.

    Attributes:
        name: of the view.
        title: as a legend shows it, French.
        summary: what it holds, French.
        select: the SQL it is.
        drawn: layer whose geometry it shows, ``""`` for an attribute table.
        rows: how many it has; ``None``: as many as the layer it draws.
    """

    name: str
    title: str
    summary: str
    select: str
    drawn: str = ""
    rows: int | None = None


def views(run: Run, held: Compact) -> tuple[View, ...]:
    """Return the views of a run: those of themes first, then ``couverture`` and ``besoins``."""
    names = coverage_layers(run)
    layers = zone_layers(run)
    by_theme = tuple(
        _theme_view(theme, level, name=names[theme.key, level], layer=layer, held=held)
        for theme in run.themes
        for level, layer in layers.items()
    )
    needs = run.needs.values
    return (
        *by_theme,
        View(
            name="couverture",
            title="Couverture par thème, public et territoire",
            summary="Toutes les mesures, sans arrondi.",
            select=_coverage(),
            rows=held.count,
        ),
        View(
            name="besoins",
            title="Besoins par territoire",
            summary="Toutes les valeurs fournies ou estimées.",
            select=_needs(),
            rows=int((needs["perimeter"] == "entier").sum()),
        ),
    )


def _theme_view(theme: Theme, level: str, *, name: str, layer: str, held: Compact) -> View:
    communes = level == Level.COMMUNE
    words = {str(Level.COMMUNE): "commune", str(Level.EPCI): "EPCI"}.get(level, level)
    first = held.first(theme.key)
    zone = f"z.maille = {text(level)} AND z.code = t.code AND z.perimetre = "
    zone += text("entier") if communes else "t.perimetre"
    fields = COMMUNE_FIELDS if communes else ZONE_FIELDS
    own = {"code", "nom", "code_epci", "perimetre"}
    columns = ", ".join(
        f"{'t' if field in own else 'v'}.{quoted(field)} AS {quoted(field)}" for field in fields
    )
    figures = "NULL" if first is None else f"{first} + z.fid"
    return View(
        name=name,
        title=typeset(f"{theme.short_title}, par {words}"),
        summary=typeset(f"{theme.code} {theme.title}. Mesures pour toute la population."),
        select=(
            f"SELECT t.fid AS fid, t.geom AS geom, {columns} FROM {quoted(layer)} t "  # noqa: S608
            f"LEFT JOIN couverture_zones z ON {zone} "
            f"LEFT JOIN couverture_valeurs v ON v.fid = {figures}"
        ),
        drawn=layer,
    )


def _coverage() -> str:
    """Give ``couverture`` back: the series first, so that a theme is found without a search."""
    owner = dict.fromkeys(ZONE_COLUMNS, "z") | dict.fromkeys(SERIES_COLUMNS, "s")
    columns = ", ".join(
        f"{owner.get(name, 'v')}.{quoted(name)} AS {quoted(name)}" for name in COVERAGE_COLUMNS
    )
    return (
        f"SELECT v.fid AS fid, {columns} FROM couverture_series s "  # noqa: S608 (quoted)
        "CROSS JOIN couverture_valeurs v ON v.fid BETWEEN s.premier AND s.dernier "
        "CROSS JOIN couverture_zones z ON z.fid = v.fid - s.premier"
    )


def _needs() -> str:
    owner = dict.fromkeys(NEED_ZONE_COLUMNS, "z") | dict.fromkeys(EDITION_COLUMNS, "s")
    columns = ", ".join(
        f"{owner.get(name, 'v')}.{quoted(name)} AS {quoted(name)}" for name in NEEDS_HEADINGS
    )
    return (
        f"SELECT v.fid AS fid, {columns} FROM besoins_valeurs v "  # noqa: S608 (quoted)
        "CROSS JOIN besoins_zones z ON z.fid = v.zone CROSS JOIN besoins_series s "
        "ON s.fid = v.serie"
    )
