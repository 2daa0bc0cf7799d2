"""Which inputs each layer is made of: a layer cites its own sources, and no other."""

from __future__ import annotations

import pandas as pd

from cartoallier.model import Run
from cartoallier.model.finding import SourceRecord
from cartoallier.outputs.geopackage.names import coverage_layers

_GROUND = frozenset({"geographie"})
_PEOPLE = frozenset({"rp2021", "carreaux-insee"})
_TRAVEL = frozenset({"routes", "profils", "gtfs", "osm"})
_TABLES = frozenset({"correspondance"})
"""Formats of :class:`SourceRecord`: outlines, population, how people travel, tables of columns."""


def sources_of(run: Run, layer: str) -> tuple[SourceRecord, ...]:
    """Return the inputs a layer is made of, in the order of the run.

    Outlines for territories; with the population, origins; the supply for services; the needs
    (and the outlines they are drawn on) for needs and scores; for a theme, the files that answer
    it, outlines, population, what gives durations, and the files of the need drawn.
    """
    wanted = _paths(run, layer)
    return tuple(source for source in run.sources if source.path in wanted)


def theme_of(run: Run, layer: str) -> str:
    """Return the theme a view is about, ``""`` for none."""
    names = coverage_layers(run)
    return next((theme for (theme, _), name in names.items() if name == layer), "")


def _paths(run: Run, layer: str) -> frozenset[str]:
    ground, people, travel = (_formats(run, of) for of in (_GROUND, _PEOPLE, _TRAVEL))
    if theme := theme_of(run, layer):
        return ground | people | travel | _answering(run, theme) | _drawn(run, theme)
    if layer == "isochrones":
        shown = [key for key in run.isochrones if key not in run.sensitive]
        return ground.union(travel, *(_answering(run, key) for key in shown))
    if layer.startswith("territoire_"):
        return ground
    if layer.startswith(("besoins_", "scores_")):
        return _needs(run) | ground
    others = {
        "origines": lambda: ground | people,
        "services": lambda: _supply(run),
        "services_generalises": lambda: _supply(run) | ground,
        "besoins": lambda: _needs(run),
        "couverture": lambda: ground | people | travel | _supply(run),
        "zonages": lambda: _zonings(run),
    }
    return others.get(layer, lambda: frozenset(source.path for source in run.sources))()


def _formats(run: Run, formats: frozenset[str]) -> frozenset[str]:
    return frozenset(source.path for source in run.sources if source.format in formats)


def _zonings(run: Run) -> frozenset[str]:
    return frozenset(zoning.source.path for zoning in run.zonings)


def _needs(run: Run) -> frozenset[str]:
    """Return the files of needs: those that hold an indicator, else that values name."""
    tables = _formats(run, _TABLES)
    if "fichier" in run.held:
        return tables | frozenset(run.held["fichier"].unique().tolist())
    return tables | _naming(run, run.needs.values)


def _naming(run: Run, values: pd.DataFrame) -> frozenset[str]:
    """Return the inputs whose label holds what values say of their source."""
    words = [word for word in values["source"].dropna().unique().tolist() if word]
    return frozenset(
        source.path for source in run.sources if any(word in source.label for word in words)
    )


def _supply(run: Run) -> frozenset[str]:
    """Return the files of services, whatever they kept: what is no other kind of input."""
    files = frozenset(run.services.records["file"].dropna().unique().tolist())
    other = _formats(run, _GROUND | _PEOPLE | _TRAVEL) | _needs(run) | _zonings(run)
    return files | frozenset(source.path for source in run.sources if source.path not in other)


def _answering(run: Run, theme: str) -> frozenset[str]:
    """Return the files of the services that answer a theme."""
    sites = run.coverages[theme].sites.index if theme in run.coverages else ()
    records = run.services.records
    found = records[records.index.isin(sites)]["file"].dropna()
    geocoded = _formats(run, frozenset({"geocodage"})) if len(found) else frozenset()
    return frozenset(found) | geocoded


def _drawn(run: Run, theme: str) -> frozenset[str]:
    """Return the files of the need a theme draws."""
    indicator = run.summaries[theme].need_indicator
    if indicator is None:
        return frozenset()
    held = run.held
    if "indicateur" in held:
        return frozenset(held[held["indicateur"] == indicator.id]["fichier"])
    values = run.needs.values
    return _naming(run, values[(values["indicator"] == indicator.id) & values["value"].notna()])
