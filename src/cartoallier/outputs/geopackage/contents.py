"""What is in the file: every layer and view, its title and its summary, without its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cartoallier.model import Run
from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.compact import compact
from cartoallier.outputs.geopackage.layers import Layer, layers
from cartoallier.outputs.geopackage.names import unique
from cartoallier.outputs.geopackage.provenance import sources_of
from cartoallier.outputs.geopackage.views import View, views

NOTICE = "Document de travail, ne vaut pas engagement"
FICTION = "Données de démonstration, fictives."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One layer, as ``gpkg_contents`` has it.

    Attributes:
        name: of the table or view.
        title: as a legend shows it, French, unique in the file.
        summary: what it holds, French, one or two sentences.
        geometry: ``MultiPolygon``, ``Point``, or ``""`` for an attribute table.
        view: it cannot be edited.
    """

    name: str
    title: str
    summary: str
    geometry: str
    view: bool


def contents(run: Run) -> tuple[Entry, ...]:
    """Return every layer of the GeoPackage of a run, in the order of the file."""
    return entries(layers(run), views(run, compact(run)))


def entries(shown: Iterable[Layer], seen: Iterable[View]) -> tuple[Entry, ...]:
    """Return layers, then views, each title being made unique."""
    taken: set[str] = set()
    found = [
        Entry(
            name=layer.name,
            title=unique(typeset(layer.title), taken),
            summary=typeset(layer.summary),
            geometry=layer.geometry,
            view=False,
        )
        for layer in shown
    ]
    geometry = {entry.name: entry.geometry for entry in found}
    found += [
        Entry(
            name=view.name,
            title=unique(view.title, taken),
            summary=view.summary,
            geometry=geometry.get(view.drawn, ""),
            view=True,
        )
        for view in seen
    ]
    return tuple(found)


def about(run: Run, layer: str = "") -> str:
    """Return what a layer says of itself after its summary: notice, its own sources.

    Args:
        run: of the file.
        layer: its name; ``""`` for what is of the whole run.
    """
    sources = sources_of(run, layer) if layer else run.sources
    labels = " ; ".join(dict.fromkeys(source.label for source in sources))
    fiction = f" {FICTION}" if fictive(run, layer) else ""
    if not labels:
        return typeset(f"{NOTICE}.{fiction}")
    return typeset(f"{NOTICE}.{fiction} Sources : {labels}.")


def fictive(run: Run, layer: str = "") -> bool:
    """Whether a layer holds invented data: one of its sources is; ``""`` for the whole run."""
    if not (layer and run.demonstration):
        return run.demonstration
    every = [source.demonstration for source in run.sources]
    # a run whose sources do not say which are invented is fictive throughout
    return not any(every) or any(one.demonstration for one in sources_of(run, layer))
