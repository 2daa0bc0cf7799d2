"""Styles for other servers and tools: Styled Layer Descriptor 1.1 (OGC 05-078r4, 05-077r4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from xml.etree import ElementTree as ET

from cartoallier.model.french import number, typeset
from cartoallier.outputs.styles.expressions import plain
from cartoallier.outputs.styles.renderers import (
    Categorised,
    Circles,
    Class,
    Graduated,
    Renderer,
    Single,
    Where,
)
from cartoallier.outputs.styles.sld_symbols import (
    circle_symbolizer,
    symbolizers,
    text_symbolizer,
)
from cartoallier.outputs.styles.style import LayerStyle
from cartoallier.outputs.styles.symbols import INK, Marker
from cartoallier.outputs.styles.xml_text import legal

NAMESPACES = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}
SIGNS = {
    "=": "PropertyIsEqualTo",
    ">": "PropertyIsGreaterThan",
    ">=": "PropertyIsGreaterThanOrEqualTo",
    "<": "PropertyIsLessThan",
    "<=": "PropertyIsLessThanOrEqualTo",
}
Filter = ET.Element


def sld(style: LayerStyle) -> str:
    """Return a style as SLD 1.1: one rule per class, bounds as they are, French titles."""
    root = ET.Element("StyledLayerDescriptor", {"version": "1.1.0", **NAMESPACES})
    layer = ET.SubElement(root, "NamedLayer")
    ET.SubElement(layer, "se:Name").text = style.layer
    user = ET.SubElement(layer, "UserStyle")
    ET.SubElement(user, "se:Name").text = style.name
    _titled(user, style.description)
    ET.SubElement(user, "IsDefault").text = "1" if style.default else "0"
    rules = ET.SubElement(user, "se:FeatureTypeStyle")
    rules.extend(_rules(style.renderer))
    if style.labels is not None and style.labels.sld_column:
        rule = ET.SubElement(rules, "se:Rule")
        ET.SubElement(rule, "se:Name").text = "noms"
        rule.append(text_symbolizer(style.labels))
    ET.indent(legal(root), " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _rules(renderer: Renderer) -> list[ET.Element]:
    if isinstance(renderer, Single):
        return [_rule(renderer.label or "Tous", None, symbolizers(renderer.symbol))]
    if isinstance(renderer, Circles):
        label = typeset(
            f"{renderer.label} (le plus grand cercle de la légende : {number(renderer.values[-1])})"
        )
        held = _compare(Where(column=renderer.column, sign=">=", value=1))
        return [_rule(label, held, [circle_symbolizer(renderer)])]
    if isinstance(renderer, Graduated):
        return _graduated(renderer)
    return _categorised(renderer)


def _graduated(renderer: Graduated) -> list[ET.Element]:
    """Return intervals, from which what has a class of its own is taken away."""
    apart = [gap.where for gap in renderer.gaps[:-1] if _valued(gap, renderer.column)]
    sure = _all(renderer.first) if renderer.first else None
    found = []
    for rank, one in enumerate(renderer.classes):
        inside = [
            _compare(Where(column=renderer.column, sign=sign, value=bound, factor=renderer.factor))
            for sign, bound in ((">=", one.lower), ("<", one.upper))
            if bound is not None
        ] or [_compare(Where(column=renderer.column, sign="known"))]
        without = [_unless(wheres) for wheres in apart]
        if sure is not None and rank:
            without.append(_unless(renderer.first))
        held = _joined("And", [*inside, *without])
        if sure is not None and not rank:
            held = _joined("Or", [held, _copied(sure)])
        found.append(_rule(one.label, held, symbolizers(one.symbol)))
    found += [_rule(gap.label, _all(gap.where), symbolizers(gap.symbol))
              for gap in renderer.gaps[:-1]]  # fmt: skip
    for gap in renderer.gaps[-1:]:
        unknown = _compare(Where(column=renderer.column, sign="null"))
        others = [_unless(other.where) for other in renderer.gaps[:-1]
                  if not _valued(other, renderer.column)]  # fmt: skip
        found.append(_rule(gap.label, _joined("And", [unknown, *others]), symbolizers(gap.symbol)))
    return found


def _valued(gap: Class, column: str) -> bool:
    """Tell whether a class of gaps holds values: those that say only « at most »."""
    return any(where.column == column for where in gap.where)


def _categorised(renderer: Categorised) -> list[ET.Element]:
    found = []
    for one in renderer.classes:
        if not one.where:
            # an « else » would be drawn over the others by more than one reader
            others = [_unless(other.where) for other in renderer.classes if other.missing
                      and other.where]  # fmt: skip
            none = _compare(Where(column=renderer.column, sign="null"))
            found.append(_rule(one.label, _joined("And", [none, *others]), symbolizers(one.symbol)))
        elif isinstance(one.symbol, Marker) and one.symbol.fill_expression:
            found += _by_side(one, one.symbol)
        else:
            found.append(_rule(one.label, _all(one.where), symbolizers(one.symbol)))
    return found


def _by_side(one: Class, marker: Marker) -> list[ET.Element]:
    """Return two rules: places in the département are white, those beyond are filled."""
    inside = Where(column="dans_departement", sign="=", value=True)
    beyond = Where(column="dans_departement", sign="=", value=False)
    return [
        _rule(
            one.label,
            _all((*one.where, inside)),
            symbolizers(replace(marker, fill_expression="")),
        ),
        _rule(
            f"{one.label}, hors du département",
            _all((*one.where, beyond)),
            symbolizers(replace(marker, fill=INK, fill_expression="")),
        ),
    ]


def _rule(label: str, held: Filter | None, drawn: Iterable[ET.Element]) -> ET.Element:
    rule = ET.Element("se:Rule")
    ET.SubElement(rule, "se:Name").text = label
    _titled(rule, label)
    if held is not None:
        ET.SubElement(rule, "ogc:Filter").append(held)
    rule.extend(drawn)
    return rule


def _titled(parent: ET.Element, title: str) -> None:
    ET.SubElement(ET.SubElement(parent, "se:Description"), "se:Title").text = title


def _all(wheres: Sequence[Where]) -> Filter:
    return _joined("And", [_compare(where) for where in wheres])


def _joined(word: str, held: Sequence[Filter]) -> Filter:
    if len(held) == 1:
        return held[0]
    found = ET.Element(f"ogc:{word}")
    found.extend(held)
    return found


def _not(held: Filter) -> Filter:
    found = ET.Element("ogc:Not")
    found.append(held)
    return found


def _unless(wheres: Sequence[Where]) -> Filter:
    """Return what holds where conditions do not, a missing text included.

    To compare what is missing is neither true nor false for most readers: it is said apart.
    """
    texts = dict.fromkeys(w.column for w in wheres if w.sign == "=" and isinstance(w.value, str))
    missing = [_compare(Where(column=column, sign="null")) for column in texts]
    return _joined("Or", [_not(_all(wheres)), *missing])


def _copied(held: Filter) -> Filter:
    """Return a filter again: an element has one parent only."""
    return deepcopy(held)


def _compare(where: Where) -> Filter:
    if where.sign == "listed":
        return _listed(where.column, str(where.value))
    if where.sign in {"null", "known"}:
        found = ET.Element("ogc:PropertyIsNull")
        ET.SubElement(found, "ogc:PropertyName").text = where.column
        return found if where.sign == "null" else _not(found)
    if where.sign == "other":
        same = _compare(Where(column=where.column, sign="=", value=where.value))
        return _joined("Or", [_not(same), _compare(Where(column=where.column, sign="null"))])
    found = ET.Element(f"ogc:{SIGNS[where.sign]}")
    parent = found
    if where.factor != 1:
        parent = ET.SubElement(found, "ogc:Mul")
        ET.SubElement(parent, "ogc:Literal").text = _written(where.factor)
    ET.SubElement(parent, "ogc:PropertyName").text = where.column
    ET.SubElement(found, "ogc:Literal").text = _written(where.value)
    return found


def _listed(column: str, value: str) -> Filter:
    """Return what holds when a list of texts, separated by ``, ``, holds one."""
    safe = "".join(f"!{sign}" if sign in "*#!" else sign for sign in value)
    found = [_compare(Where(column=column, sign="=", value=value))]
    for pattern in (f"{safe}, *", f"*, {safe}", f"*, {safe}, *"):
        like = ET.Element(
            "ogc:PropertyIsLike", {"wildCard": "*", "singleChar": "#", "escapeChar": "!"}
        )
        ET.SubElement(like, "ogc:PropertyName").text = column
        ET.SubElement(like, "ogc:Literal").text = pattern
        found.append(like)
    return _joined("Or", found)


def _written(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else plain(value)
