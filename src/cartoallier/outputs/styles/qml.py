"""Whole styles as QGIS reads them (``.qml``): renderer, names, French forms and tips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from cartoallier.model.french import NO_BREAK
from cartoallier.outputs.geopackage.domains import VALUES, domain_of
from cartoallier.outputs.styles.expressions import column
from cartoallier.outputs.styles.labels_xml import labeling_element
from cartoallier.outputs.styles.renderer_xml import renderer_element
from cartoallier.outputs.styles.renderers import Graduated
from cartoallier.outputs.styles.style import Field, LayerStyle
from cartoallier.outputs.styles.xml_text import legal

VERSION = "3.22.0"
CATEGORIES = (
    "LayerConfiguration|Symbology|Labeling|Fields|Forms|MapTips|AttributeTable|Rendering|"
    "GeometryOptions|Legend"
)
"""What a style sets; what a person adds elsewhere (diagrams, actions, notes) is left alone."""
DRAWN = "Symbology|Labeling|MapTips|Rendering|GeometryOptions|Legend"
"""What a style beside the default one sets."""
GEOMETRIES = {"Point": "0", "Line": "1", "Polygon": "2"}
WRITTEN_BY_PEOPLE = frozenset({"services", "zonages", "implantations"})
"""Layers that are a list of things: corrected by hand. The others hold figures, computed."""
STORED = frozenset({*WRITTEN_BY_PEOPLE, "origines"})
"""Tables that may be edited, with those of the territory: the others are views, or made again."""
KEYS = frozenset({"fid", "id", "code"})
TIP = 8
"""Figures a map tip gives at most."""


def qml(style: LayerStyle, *, fields: Sequence[Field], whole: bool = True) -> str:
    """Return the QML of a style.

    Args:
        style: of a layer.
        fields: its columns but geometry, in their order, as the dictionary describes them
            (``name``, ``title``, ``comment``, ``unit``); ``fid`` is hidden, given or not.
        whole: with aliases, forms and table. Without them, loading the style only changes what
            is drawn and leaves these as the default style of the layer set them.
    """
    labeling = labeling_element(style)
    root = ET.Element(
        "qgis",
        {
            "version": VERSION,
            "styleCategories": CATEGORIES if whole else DRAWN,
            "labelsEnabled": "0" if labeling is None else "1",
            "hasScaleBasedVisibilityFlag": "0",
            "minScale": "100000000",
            "maxScale": "0",
            "simplifyDrawingHints": "0" if style.geometry == "Point" else "1",
            "simplifyLocal": "1",
            "simplifyDrawingTol": "1",
            "simplifyMaxScale": "1",
            "symbologyReferenceScale": "-1",
            # QGIS lets a view be edited, then loses the work when it is saved
            "readOnly": "0" if _stored(style.layer) else "1",
        },
    )
    flags = ET.SubElement(root, "flags")
    for name in ("Identifiable", "Removable", "Searchable"):
        ET.SubElement(flags, name).text = "1"
    ET.SubElement(flags, "Private").text = "0"
    root.append(renderer_element(style))
    if labeling is not None:
        root.append(labeling)
    for name, value in (("blendMode", "0"), ("featureBlendMode", "0"), ("layerOpacity", "1")):
        ET.SubElement(root, name).text = value
    ET.SubElement(root, "legend", {"type": "default-vector", "showLabelLegend": "0"})
    if whole:
        root.extend(field_elements(style, fields))
    ET.SubElement(root, "previewExpression").text = _preview(fields)
    ET.SubElement(root, "mapTip").text = map_tip(style, fields)
    ET.SubElement(root, "layerGeometryType").text = GEOMETRIES[style.geometry]
    legal(root)
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + ET.tostring(root, encoding="unicode") + "\n"


def field_elements(style: LayerStyle, fields: Sequence[Field]) -> list[ET.Element]:
    """Return what a layer says of its columns: widgets, aliases, table and form.

    A project holds the same elements under ``<maplayer>``.
    """
    shown = [field for field in fields if field.name != "fid"]
    editable = style.layer in WRITTEN_BY_PEOPLE
    return [
        _widgets(style, shown),
        _aliases(shown),
        _table(shown),
        *_form(shown),
        _editable(shown, editable=editable),
    ]


def _stored(layer: str) -> bool:
    return layer in STORED or layer.startswith("territoire_")


def _widgets(style: LayerStyle, fields: Sequence[Field]) -> ET.Element:
    found = ET.Element("fieldConfiguration")
    _widget(found, "fid", "Hidden", {})
    for field in fields:
        domain = domain_of(style.layer, field.name)
        values = VALUES.get(domain, {}) if domain else {}
        if values:
            _widget(found, field.name, "ValueMap", values)
        else:
            kind = "CheckBox" if field.name in {"dans_departement", "itinerant"} else "TextEdit"
            _widget(found, field.name, kind, {})
    return found


def _widget(parent: ET.Element, name: str, kind: str, values: Mapping[str, str]) -> None:
    field = ET.SubElement(parent, "field", {"name": name, "configurationFlags": "None"})
    config = ET.SubElement(ET.SubElement(field, "editWidget", {"type": kind}), "config")
    options = ET.SubElement(config, "Option", {"type": "Map"})
    if not values:
        return
    held = ET.SubElement(options, "Option", {"type": "List", "name": "map"})
    for value, label in values.items():
        pair = ET.SubElement(held, "Option", {"type": "Map"})
        ET.SubElement(pair, "Option", {"type": "QString", "name": label, "value": value})


def _aliases(fields: Sequence[Field]) -> ET.Element:
    found = ET.Element("aliases")
    for rank, field in enumerate(fields, start=1):
        ET.SubElement(
            found, "alias", {"field": field.name, "index": str(rank), "name": field.title}
        )
    return found


def _table(fields: Sequence[Field]) -> ET.Element:
    found = ET.Element(
        "attributetableconfig",
        {"actionWidgetStyle": "dropDown", "sortOrder": "0", "sortExpression": _preview(fields)},
    )
    columns = ET.SubElement(found, "columns")
    hidden = {"type": "field", "name": "fid", "hidden": "1", "width": "-1"}
    ET.SubElement(columns, "column", hidden)
    for field in fields:
        ET.SubElement(
            columns, "column", {"type": "field", "name": field.name, "hidden": "0", "width": "-1"}
        )
    ET.SubElement(columns, "column", {"type": "actions", "hidden": "1", "width": "-1"})
    return found


def _form(fields: Sequence[Field]) -> list[ET.Element]:
    """Return a form in tabs: what the zone is, its access, its need."""
    layout = ET.Element("editorlayout")
    layout.text = "tablayout"
    form = ET.Element("attributeEditorForm")
    for title, names in _tabs([field.name for field in fields]).items():
        tab = ET.SubElement(
            form,
            "attributeEditorContainer",
            {"name": title, "groupBox": "0", "columnCount": "1", "showLabel": "1",
             "visibilityExpressionEnabled": "0", "visibilityExpression": ""},
        )  # fmt: skip
        for index, name in names:
            ET.SubElement(
                tab,
                "attributeEditorField",
                {"name": name, "index": str(index), "showLabel": "1"},
            )
    return [layout, form]


def _tabs(names: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    about = {"besoin", "besoin_statut", "croisement"}
    what = {"code", "nom", "perimetre", "code_epci", "population"}
    tabs: dict[str, list[tuple[int, str]]] = {}
    split = about <= {*names, "croisement"}
    for index, name in enumerate(names, start=1):
        tab = "Fiche"
        if split and name not in what:
            tab = "Besoin" if name in about else "Accès"
        tabs.setdefault(tab, []).append((index, name))
    return tabs


def _editable(fields: Sequence[Field], *, editable: bool) -> ET.Element:
    found = ET.Element("editable")
    ET.SubElement(found, "field", {"name": "fid", "editable": "0"})
    for field in fields:
        free = editable and field.name not in KEYS
        ET.SubElement(found, "field", {"name": field.name, "editable": "1" if free else "0"})
    return found


def _preview(fields: Sequence[Field]) -> str:
    names = [field.name for field in fields]
    best = next((n for n in ("nom", "libelle", "titre", "type", "code", "id") if n in names), "")
    return column(best) if best else ""


def map_tip(style: LayerStyle, fields: Sequence[Field]) -> str:
    """Return the French map tip of a layer, HTML; what a column holds is escaped."""
    title = _preview(fields)
    lines = [f"<b>{_shown(title)}</b>"] if title else []
    wanted = _told(style)
    # a name that ends an expression of HTML has no place in one
    listed = [f for f in fields if f.name in wanted and "%]" not in f.name]
    for field in listed[:TIP]:
        value = _shown(f"coalesce({_figure(style, field)}, '–')")
        lines.append(f"{_escape(field.title)}{NO_BREAK}: {value}")
    return "<br>".join(lines)


def _told(style: LayerStyle) -> set[str]:
    """Return the columns a tip gives: those a reader of the map asks for, and the one tinted."""
    return {
        "population", "lieux", "duree_min", "population_hors_seuil", "besoin", "structure",
        "adresse", "heures_semaine", "minutes", "nombre", "libelle", style.field,
    }  # fmt: skip


def _figure(style: LayerStyle, field: Field) -> str:
    """Return a column as people read it: a figure with few decimals and a comma."""
    name = column(field.name)
    tinted = isinstance(style.renderer, Graduated) and style.renderer.column == field.name
    if not (field.unit or tinted or field.name == "besoin"):
        return f"to_string({name})"
    decimals = 3 if field.unit.startswith("part") else 1
    return f"replace(to_string(round({name}, {decimals})), '.', ',')"


def _shown(expression: str) -> str:
    """Return an expression of a tip, its text escaped for HTML."""
    safe = f"to_string({expression})"
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        safe = f"replace({safe}, '{sign}', '{name}')"
    return f"[% {safe} %]"


def _escape(text: str) -> str:
    """Escape a text of the dictionary: for HTML, and so that QGIS sees no expression in it."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("[%", "[&#37;").replace("%]", "&#37;]")
