"""What the template of a QGIS project is given: everything decided, nothing left to compute."""

from __future__ import annotations

import hashlib
import re
import textwrap
import uuid
from dataclasses import dataclass

from markupsafe import Markup

from cartoallier.model.french import NARROW

CUT, WIDE = "\u2028", 38
"""Between lines of a title of a legend; letters in each."""
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A projection, as QGIS writes it.

    Attributes:
        wkt: WKT2 of 2019, on one line.
        authority: ``EPSG:2154``.
        number: ``2154``.
        name: of the projection.
    """

    wkt: str
    authority: str
    number: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A rectangle, in the project's projection."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    def fitted(self, *, width: float, height: float, margin: float) -> Extent:
        """Return the least rectangle of a shape that holds this one, its middle unmoved.

        Args:
            width: of the sheet's map, any unit.
            height: of it, same unit.
            margin: share of this rectangle left around it.
        """
        wide = max(self.xmax - self.xmin, 1.0) * (1 + 2 * margin)
        high = max(self.ymax - self.ymin, 1.0) * (1 + 2 * margin)
        scale = max(wide / width, high / height)
        x, y = (self.xmin + self.xmax) / 2, (self.ymin + self.ymax) / 2
        across, up = scale * width / 2, scale * height / 2
        return Extent(xmin=x - across, ymin=y - up, xmax=x + across, ymax=y + up)


@dataclass(frozen=True, kw_only=True)
class Styled:
    """One style of a layer.

    Attributes:
        name: in the style manager.
        attributes: of the element that holds it.
        body: its XML: renderer, labels, forms.
    """

    name: str
    attributes: tuple[tuple[str, str], ...]
    body: Markup


@dataclass(frozen=True, kw_only=True)
class LayerView:
    """One layer of the project.

    Attributes:
        id: longer than ten characters: QGIS replaces a shorter one and loses the layer.
        name: in the tree and over its legend.
        table: of the GeoPackage.
        geometry: ``Polygon``, ``Point`` or ``No geometry``.
        kind: ``MultiPolygon``, ``Point`` or ``NoGeometry``.
        summary: what it holds, French.
        styles: the first is the one shown.
        heading: over its classes in a printed legend, when it differs from its name.
        legend: (property, value) of its place in printed legends.
        pages: it shows the EPCI of a page of the atlas, and nothing else.
        tinted: a figure colours it.
    """

    id: str
    name: str
    table: str
    geometry: str
    kind: str
    summary: str
    styles: tuple[Styled, ...] = ()
    heading: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    pages: bool = False
    tinted: bool = False

    @property
    def title(self) -> str:
        """What stands over its classes in a printed legend, its lines cut to the column."""
        said = (self.heading or self.name).replace(CUT, " ")
        # spaces that hold two words together hold them here too
        cut = textwrap.TextWrapper(width=WIDE, break_on_hyphens=False)
        return CUT.join(cut.wrap(said)) or said

    @property
    def source(self) -> str:
        """Where it is, from the project."""
        return f"./cartoallier.gpkg|layername={self.table}"


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """A layer in the tree."""

    layer: LayerView
    checked: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of the tree; folded, unless it is said open."""

    name: str
    nodes: tuple[Group | Leaf, ...]
    checked: bool = False
    opened: bool = False


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A map theme: what is seen, and in which style.

    Attributes:
        name: « A3.3 Premier accueil social ».
        shown: (identifier of a layer, name of its style).
        groups: paths of the groups that are checked, as QGIS writes them.
    """

    name: str
    shown: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bookmark:
    """A spatial bookmark."""

    id: str
    name: str
    extent: Extent


MARGIN, TOP, COLUMN, FOOT, GAP = 12.0, 25.0, 74.0, 34.0, 6.0
"""Of an A4 sheet, mm: the margin, what is over the map, beside it, under it, and between."""


def map_size(width: float, height: float, factor: float) -> tuple[float, float]:
    """Return width and height of the map of a sheet, mm."""
    return (
        width - (2 * MARGIN + COLUMN + GAP) * factor,
        height - (TOP + FOOT) * factor,
    )


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A layout: the paper and what it is about.

    Attributes:
        name: in the list of layouts.
        width: of the paper, mm.
        height: of it, mm.
        factor: of every length and letter but the map's, 1 on A4.
        extent: of the map, of the same shape as it.
        atlas: one page per EPCI.
    """

    name: str
    width: float
    height: float
    factor: float
    extent: Extent
    atlas: bool = False

    @property
    def map_size(self) -> tuple[float, float]:
        """Width and height of the map, mm."""
        return map_size(self.width, self.height, self.factor)

    def uuid(self, item: str) -> str:
        """Return the identifier of an item, the same on every run."""
        return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"cartoallier:{self.name}:{item}")) + "}"


@dataclass(frozen=True, kw_only=True)
class Project:
    """The whole project.

    Attributes:
        title: of the window and the metadata.
        abstract: what it is, its notice, sources and licences.
        author: the tool and its version.
        date: of the run's data, ISO.
        reference: its projection.
        extent: first seen.
        tree: from the top.
        layers: all of them.
        legend: layers of printed legends, in order.
        presets: one per theme.
        bookmarks: one per EPCI.
        sheets: the layouts.
        variables: project variables.
        coverage: the layer atlas pages are made of.
        bare: name of the map theme without any figure.
        notice: under every sheet.
        subtitle: under the title of every sheet.
    """

    title: str
    abstract: str
    author: str
    date: str
    reference: Reference
    extent: Extent
    tree: tuple[Group | Leaf, ...]
    layers: tuple[LayerView, ...]
    legend: tuple[LayerView, ...]
    presets: tuple[Preset, ...]
    bookmarks: tuple[Bookmark, ...]
    sheets: tuple[Sheet, ...]
    variables: tuple[tuple[str, str], ...]
    coverage: LayerView
    bare: str


def identifier(name: str) -> str:
    """Return the identifier of a layer: readable, long enough, the same on every run."""
    bare = re.sub(r"[^a-z0-9_]+", "_", name.casefold()).strip("_")[:60]
    return f"{bare}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def plain(text: str) -> str:
    """Return a text QGIS shows as it is.

    XML has no place for control characters, and QGIS computes what follows « [% » in names
    shown by a legend: a narrow space keeps the two signs apart.
    """
    return _FORBIDDEN.sub("", text).replace("[%", f"[{NARROW}%")
