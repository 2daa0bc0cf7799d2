"""Renderers as QGIS reads them: ``<renderer-v2>``."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cartoallier.model.french import number, typeset
from cartoallier.outputs.styles import expressions
from cartoallier.outputs.styles.renderers import (
    Categorised,
    Circles,
    Class,
    Graduated,
    Single,
    under,
)
from cartoallier.outputs.styles.style import LayerStyle
from cartoallier.outputs.styles.symbol_xml import symbol_element
from cartoallier.outputs.styles.symbols import Circle, Dotted, Hatched, Symbol, Tinted
from cartoallier.outputs.styles.xml_text import legal

HIGHEST = 1e12
"""Over any value: the last interval ends there."""


def renderer_element(style: LayerStyle) -> ET.Element:
    """Return the ``<renderer-v2>`` of a style, as a QML or a project holds it."""
    renderer = style.renderer
    if isinstance(renderer, Single):
        found = _root("singleSymbol", levels=_cased(renderer.symbol))
        _symbols(found, (renderer.symbol,))
    elif isinstance(renderer, Graduated):
        found = _graduated(renderer)
    elif isinstance(renderer, Categorised):
        found = _categorised(renderer)
    else:
        found = _circles(renderer)
    return legal(found)


def _root(kind: str, *, levels: bool = False, **more: str) -> ET.Element:
    shared = {
        "type": kind,
        "symbollevels": "1" if levels else "0",
        "forceraster": "0",
        "referencescale": "-1",
        "enableorderby": "0",
    }
    return ET.Element("renderer-v2", shared | more)


def _symbols(parent: ET.Element, symbols: tuple[Symbol, ...]) -> None:
    held = ET.SubElement(parent, "symbols")
    held.extend(symbol_element(symbol, str(rank)) for rank, symbol in enumerate(symbols))


def _cased(symbol: Symbol) -> bool:
    """Tell whether a symbol has a casing that must lie under the lines of its neighbours."""
    stroke = symbol.stroke if isinstance(symbol, Tinted | Hatched | Dotted) else None
    return stroke is not None and stroke.casing > 0


def _graduated(renderer: Graduated) -> ET.Element:
    found = _root(
        "graduatedSymbol",
        levels=any(_cased(one.symbol) for one in renderer.all_classes),
        attr=expressions.graduated(renderer),
        graduatedMethod="GraduatedColor",
    )
    ranges = ET.SubElement(found, "ranges")
    for rank, one in enumerate(renderer.classes):
        low, high = _bounds(one, renderer)
        _range(ranges, low, high, rank, one.label)
    for rank, gap in enumerate(renderer.gaps):
        at = expressions.code(renderer, rank)
        _range(ranges, at, at, len(renderer.classes) + rank, gap.label)
    _symbols(found, tuple(one.symbol for one in renderer.all_classes))
    ET.SubElement(found, "rotation")
    ET.SubElement(found, "sizescale")
    return found


def _bounds(one: Class, renderer: Graduated) -> tuple[float, float]:
    return (
        renderer.lowest if one.lower is None else one.lower,
        HIGHEST if one.upper is None else under(one.upper),
    )


def _range(parent: ET.Element, low: float, high: float, rank: int, label: str) -> None:
    ET.SubElement(
        parent,
        "range",
        {
            "lower": repr(float(low)),
            "upper": repr(float(high)),
            "symbol": str(rank),
            "label": label,
            "render": "true",
        },
    )


def _categorised(renderer: Categorised) -> ET.Element:
    found = _root(
        "categorizedSymbol",
        levels=any(_cased(one.symbol) for one in renderer.classes),
        attr=expressions.categorised(renderer),
    )
    held = ET.SubElement(found, "categories")
    for rank, one in enumerate(renderer.classes):
        value = expressions.category(renderer, rank)
        text = isinstance(value, str)
        ET.SubElement(
            held,
            "category",
            {
                "value": str(value) if text else expressions.plain(float(value)),
                "type": "string" if text else "integer",
                "symbol": str(rank),
                "label": one.label,
                "render": "true",
            },
        )
    _symbols(found, tuple(one.symbol for one in renderer.classes))
    ET.SubElement(found, "rotation")
    ET.SubElement(found, "sizescale")
    return found


def _circles(renderer: Circles) -> ET.Element:
    """Return circles as rules: one draws them, the others are the lines of their legend."""
    found = _root("RuleRenderer", enableorderby="1")
    name = expressions.column(renderer.column)
    rules = ET.SubElement(found, "rules", {"key": "cercles"})
    shown = {"key": "cercles-0", "symbol": "0", "label": renderer.label}
    ET.SubElement(rules, "rule", shown | {"filter": f"{name} >= 1"})
    symbols: list[Symbol] = [Circle(field=renderer.column, scale=renderer.scale, size=3)]
    for rank, value in enumerate(renderer.values, start=1):
        label = typeset(f"{number(value)} habitants")
        line = {"key": f"cercles-{rank}", "symbol": str(rank), "label": label}
        ET.SubElement(rules, "rule", line | {"filter": "FALSE"})
        symbols.append(Circle(size=renderer.scale * value**0.5))
    _symbols(found, tuple(symbols))
    order = ET.SubElement(found, "orderby")
    clause = ET.SubElement(order, "orderByClause", {"asc": "0", "nullsFirst": "0"})
    clause.text = name
    return found
