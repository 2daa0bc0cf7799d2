"""Symbols as QGIS reads them (3.22 and later): ``<symbol>`` with ``<Option type="Map">``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from cartoallier.outputs.styles.symbols import (
    GREY,
    INK,
    WHITE,
    Circle,
    Hatched,
    Marker,
    Stroke,
    Symbol,
    Tinted,
)

PITCH = 1.06
"""Millimetres between two lines of a hatch, 3 points as on the printed maps."""
VEIL = 0.0
"""Opacity of circles: hollow, since a veil would make another class of the tint under it."""


def symbol_element(symbol: Symbol, name: str, *, kind: str = "") -> ET.Element:
    """Return the ``<symbol>`` of a symbol.

    Args:
        symbol: to write.
        name: of the symbol in its renderer.
        kind: ``fill`` or ``marker``; ``""``: what the symbol is.
    """
    found = ET.Element(
        "symbol",
        {
            "type": kind or ("marker" if isinstance(symbol, Marker) else "fill"),
            "name": name,
            "alpha": "1",
            "clip_to_extent": "1",
            "force_rhr": "0",
        },
    )
    found.extend(_layers(symbol, name))
    return found


def _layers(symbol: Symbol, name: str) -> list[ET.Element]:
    if isinstance(symbol, Marker):
        return [_marker(symbol)]
    if isinstance(symbol, Circle):
        return [_circle(symbol, name)]
    if isinstance(symbol, Tinted):
        fill = [_fill(symbol.fill)] if symbol.fill else []
        return [*fill, *(_lines(symbol.stroke) if symbol.stroke else [])]
    pattern = _hatch(name) if isinstance(symbol, Hatched) else _dots(name)
    return [_fill(WHITE), pattern, *_lines(symbol.stroke)]


def option_map(values: Mapping[str, str | float]) -> ET.Element:
    """Return ``<Option type="Map">`` of texts and numbers, in their order."""
    found = ET.Element("Option", {"type": "Map"})
    for key, value in values.items():
        text = value if isinstance(value, str) else f"{value:.6g}"
        ET.SubElement(found, "Option", {"type": "QString", "name": key, "value": text})
    return found


def properties(
    expressions: Mapping[str, str], *, tag: str = "data_defined_properties"
) -> ET.Element:
    """Return properties that follow an expression: name of the property -> expression."""
    found = ET.Element(tag)
    top = ET.SubElement(found, "Option", {"type": "Map"})
    ET.SubElement(top, "Option", {"type": "QString", "name": "name", "value": ""})
    held = ET.SubElement(top, "Option", {"name": "properties"})
    if expressions:
        held.set("type", "Map")
    for key, expression in expressions.items():
        one = ET.SubElement(held, "Option", {"type": "Map", "name": key})
        ET.SubElement(one, "Option", {"type": "bool", "name": "active", "value": "true"})
        ET.SubElement(one, "Option", {"type": "QString", "name": "expression", "value": expression})
        ET.SubElement(one, "Option", {"type": "int", "name": "type", "value": "3"})
    ET.SubElement(top, "Option", {"type": "QString", "name": "type", "value": "collection"})
    return found


def colour(value: str, *, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as QGIS writes a colour, ``r,g,b,a``."""
    channels = (int(value[i : i + 2], 16) for i in (1, 3, 5))
    return ",".join(str(c) for c in (*channels, round(255 * opacity)))


def _layer(
    kind: str,
    values: Mapping[str, str | float],
    *,
    level: int = 0,
    expressions: Mapping[str, str] | None = None,
    inner: ET.Element | None = None,
) -> ET.Element:
    found = ET.Element("layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(level)})
    found.append(option_map(values))
    found.append(properties(expressions or {}))
    if inner is not None:
        found.append(inner)
    return found


def _fill(value: str) -> ET.Element:
    return _layer(
        "SimpleFill",
        {"color": colour(value), "style": "solid", "outline_style": "no", "joinstyle": "round"},
    )


def _lines(stroke: Stroke) -> Sequence[ET.Element]:
    """Return a line over its casing, which all casings of the layer lie under."""
    over = _line(stroke.colour, stroke.width, dash=stroke.dash, level=1)
    if not stroke.casing:
        return (over,)
    return (_line(WHITE, stroke.casing), over)


def _line(value: str, width: float, *, dash: Sequence[float] = (), level: int = 0) -> ET.Element:
    cap = "flat" if dash else "round"
    values: dict[str, str | float] = {
        "line_color": colour(value),
        "line_width": width,
        "line_width_unit": "MM",
        "line_style": "solid",
        "joinstyle": "round",
        "capstyle": cap,
        "use_custom_dash": "1" if dash else "0",
        "customdash": ";".join(f"{part:.6g}" for part in dash) or "5;2",
        "customdash_unit": "MM",
    }
    return _layer("SimpleLine", values, level=level)


def _hatch(name: str) -> ET.Element:
    inner = ET.Element(
        "symbol",
        {"type": "line", "name": f"@{name}@1", "alpha": "1", "clip_to_extent": "1",
         "force_rhr": "0"},
    )  # fmt: skip
    inner.append(_line(GREY, 0.26))
    values: dict[str, str | float] = {
        "angle": "45",
        "color": colour(GREY),
        "distance": PITCH,
        "distance_unit": "MM",
        "line_width": 0.26,
        "line_width_unit": "MM",
    }
    return _layer("LinePatternFill", values, inner=inner)


def _dots(name: str) -> ET.Element:
    inner = ET.Element(
        "symbol",
        {"type": "marker", "name": f"@{name}@1", "alpha": "1", "clip_to_extent": "1",
         "force_rhr": "0"},
    )  # fmt: skip
    inner.append(_marker(Marker(shape="circle", size=0.42, fill=GREY, ink=GREY, width=0)))
    step = PITCH * 2**0.5
    values: dict[str, str | float] = {
        "distance_x": step,
        "distance_x_unit": "MM",
        "distance_y": step / 2,
        "distance_y_unit": "MM",
        "displacement_x": step / 2,
        "displacement_x_unit": "MM",
        "displacement_y": "0",
        "displacement_y_unit": "MM",
    }
    return _layer("PointPatternFill", values, inner=inner)


def _marker(marker: Marker) -> ET.Element:
    values: dict[str, str | float] = {
        "name": marker.shape,
        "color": colour(marker.fill),
        "outline_color": colour(marker.ink),
        "outline_style": "solid" if marker.width else "no",
        "outline_width": marker.width,
        "outline_width_unit": "MM",
        "size": marker.size,
        "size_unit": "MM",
        "scale_method": "diameter",
        "joinstyle": "miter",
        "angle": "0",
    }
    expressions = {"fillColor": marker.fill_expression} if marker.fill_expression else {}
    return _layer("SimpleMarker", values, expressions=expressions)


def _circle(circle: Circle, name: str) -> ET.Element:
    size = circle.size or 1.0
    values: dict[str, str | float] = {
        "name": "circle",
        "color": colour(WHITE, opacity=VEIL),
        "outline_color": colour(INK),
        "outline_style": "solid",
        "outline_width": 0.25,
        "outline_width_unit": "MM",
        "size": size,
        "size_unit": "MM",
        "scale_method": "diameter",
    }
    expressions = {}
    if circle.field:
        field = '"' + circle.field.replace('"', '""') + '"'
        expressions["size"] = f"{circle.scale!r} * sqrt({field})"
    inner = ET.Element(
        "symbol",
        {"type": "marker", "name": f"@{name}@0", "alpha": "1", "clip_to_extent": "1",
         "force_rhr": "0"},
    )  # fmt: skip
    inner.append(_layer("SimpleMarker", values, expressions=expressions))
    place = {
        "point_on_surface": "1",
        "point_on_all_parts": "0",
        "clip_points": "0",
        "clip_on_current_part_only": "0",
    }
    return _layer("CentroidFill", place, inner=inner)
