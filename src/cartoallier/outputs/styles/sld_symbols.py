"""Symbols as SLD writes them; sizes in pixels of 0.28 mm, the OGC's."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from cartoallier.outputs.styles.expressions import plain
from cartoallier.outputs.styles.renderers import Circles
from cartoallier.outputs.styles.style import Labels
from cartoallier.outputs.styles.symbols import (
    GREY,
    INK,
    MM_PER_POINT,
    WHITE,
    Circle,
    Hatched,
    Marker,
    Stroke,
    Symbol,
    Tinted,
)

PIXEL = 0.28
"""Millimetres (OGC 05-077r4 §2)."""
MARKS = {"diamond": "square", "cross_fill": "cross"}
"""Shapes that SLD has no name for -> what is drawn, turned for a diamond."""


def symbolizers(symbol: Symbol) -> list[ET.Element]:
    """Return the symbolizers of a symbol, in the order they are drawn."""
    if isinstance(symbol, Marker):
        return [_point(symbol)]
    if isinstance(symbol, Tinted):
        fill = [_polygon(symbol.fill)] if symbol.fill else []
        return [*fill, *(_lines(symbol.stroke) if symbol.stroke else [])]
    if isinstance(symbol, Circle):
        raise TypeError("circles are written with their legend")
    mark = "shape://slash" if isinstance(symbol, Hatched) else "circle"
    return [_polygon(WHITE), _pattern(mark), *_lines(symbol.stroke)]


def circle_symbolizer(renderer: Circles) -> ET.Element:
    """Return circles whose area is proportional to a column."""
    found, graphic = _graphic("circle", {"fill": WHITE, "fill-opacity": "0"}, INK, 0.25)
    size = ET.SubElement(ET.SubElement(graphic, "se:Size"), "ogc:Mul")
    ET.SubElement(size, "ogc:Literal").text = repr(renderer.scale / PIXEL)
    root = ET.SubElement(size, "ogc:Function", {"name": "sqrt"})
    ET.SubElement(root, "ogc:PropertyName").text = renderer.column
    return found


def text_symbolizer(labels: Labels) -> ET.Element:
    """Return the names on the map, with a white halo."""
    found = ET.Element("se:TextSymbolizer")
    label = ET.SubElement(found, "se:Label")
    ET.SubElement(label, "ogc:PropertyName").text = labels.sld_column
    font = ET.SubElement(found, "se:Font")
    _parameters(
        font,
        {
            "font-family": "Liberation Sans",
            "font-size": plain(round(labels.size * MM_PER_POINT / PIXEL, 2)),
            "font-style": "italic" if labels.italic else "normal",
            "font-weight": "bold" if labels.bold else "normal",
        },
    )
    halo = ET.SubElement(found, "se:Halo")
    ET.SubElement(halo, "se:Radius").text = "2"
    _parameters(ET.SubElement(halo, "se:Fill"), {"fill": WHITE})
    _parameters(ET.SubElement(found, "se:Fill"), {"fill": labels.colour})
    return found


def _parameters(parent: ET.Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        ET.SubElement(parent, "se:SvgParameter", {"name": name}).text = value


def _pixels(millimetres: float) -> str:
    return plain(round(millimetres / PIXEL, 2))


def _polygon(fill: str) -> ET.Element:
    found = ET.Element("se:PolygonSymbolizer")
    _parameters(ET.SubElement(found, "se:Fill"), {"fill": fill})
    return found


def _lines(stroke: Stroke) -> list[ET.Element]:
    over = _line(stroke.colour, stroke.width, stroke.dash)
    return [_line(WHITE, stroke.casing), over] if stroke.casing else [over]


def _line(colour: str, width: float, dash: tuple[float, ...] = ()) -> ET.Element:
    found = ET.Element("se:LineSymbolizer")
    values = {"stroke": colour, "stroke-width": _pixels(width), "stroke-linejoin": "round"}
    if dash:
        values["stroke-dasharray"] = " ".join(_pixels(part) for part in dash)
    _parameters(ET.SubElement(found, "se:Stroke"), values)
    return found


def _pattern(mark: str) -> ET.Element:
    """Return a fill of marks: hatches (a name GeoServer knows) or dots."""
    found = ET.Element("se:PolygonSymbolizer")
    fill = ET.SubElement(found, "se:Fill")
    graphic = ET.SubElement(ET.SubElement(fill, "se:GraphicFill"), "se:Graphic")
    one = ET.SubElement(graphic, "se:Mark")
    ET.SubElement(one, "se:WellKnownName").text = mark
    if mark == "circle":
        _parameters(ET.SubElement(one, "se:Fill"), {"fill": GREY})
        ET.SubElement(graphic, "se:Size").text = "2"
    else:
        values = {"stroke": GREY, "stroke-width": "1"}
        _parameters(ET.SubElement(one, "se:Stroke"), values)
        ET.SubElement(graphic, "se:Size").text = "5"
    return found


def _point(marker: Marker) -> ET.Element:
    found, graphic = _graphic(marker.shape, {"fill": marker.fill}, marker.ink, marker.width)
    # a square turned on its corner is wider than its side
    size = marker.size / 2**0.5 if marker.shape == "diamond" else marker.size
    ET.SubElement(graphic, "se:Size").text = _pixels(size)
    if marker.shape == "diamond":
        ET.SubElement(graphic, "se:Rotation").text = "45"
    return found


def _graphic(
    shape: str, fill: Mapping[str, str], ink: str, width: float
) -> tuple[ET.Element, ET.Element]:
    found = ET.Element("se:PointSymbolizer")
    graphic = ET.SubElement(found, "se:Graphic")
    mark = ET.SubElement(graphic, "se:Mark")
    ET.SubElement(mark, "se:WellKnownName").text = MARKS.get(shape, shape)
    _parameters(ET.SubElement(mark, "se:Fill"), fill)
    if width:
        values = {"stroke": ink, "stroke-width": _pixels(width)}
        _parameters(ET.SubElement(mark, "se:Stroke"), values)
    return found, graphic
