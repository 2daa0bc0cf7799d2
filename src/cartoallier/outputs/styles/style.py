"""One style of one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from cartoallier.outputs.styles.renderers import Renderer

Geometry = Literal["Polygon", "Point", "Line"]


class Field(Protocol):
    """A column of a layer as the dictionary describes it."""

    @property
    def name(self) -> str:
        """Of the column."""

    @property
    def title(self) -> str:
        """French alias."""

    @property
    def comment(self) -> str:
        """What it holds, French."""

    @property
    def unit(self) -> str:
        """Of its figures, ``""`` for none."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Names on the map, placed by QGIS where none touches another.

    Attributes:
        expression: QGIS expression of the text; nothing is written where it is NULL.
        size: points.
        bold: main towns.
        italic: EPCI.
        colour: of the letters.
        beside: written around a point of the zone rather than over it: a town, its places.
        rank: QGIS expression of 0 to 10: who is placed first; ``""``: all the same.
        sld_column: column an SLD writes, ``""``: none.
    """

    expression: str
    size: float
    bold: bool = False
    italic: bool = False
    beside: bool = False
    colour: str = "#1d1d1b"
    rank: str = ""
    sld_column: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerStyle:
    """One style of one layer.

    Attributes:
        layer: name of the table or view.
        name: of the style, French, unique among those of the layer.
        default: QGIS opens the layer with it.
        geometry: ``Polygon``, ``Point`` or ``Line``.
        renderer: what it draws.
        description: one French sentence.
        labels: names on the map, ``None`` for none.
        theme: key of the theme it is about, ``""`` for none.
        field: the column it tints, ``""`` for none.
    """

    layer: str
    name: str
    default: bool
    geometry: Geometry
    renderer: Renderer
    description: str
    labels: Labels | None = None
    theme: str = ""
    field: str = ""
