"""Names on the map as QGIS reads them: ``<labeling>``."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from cartoallier.outputs.styles.style import LayerStyle
from cartoallier.outputs.styles.symbol_xml import colour, properties

FONT = "Liberation Sans"
FALLBACKS = ("Segoe UI", "DejaVu Sans", "Arial", "Helvetica")


def labeling_element(style: LayerStyle) -> ET.Element | None:
    """Return the ``<labeling>`` of a style, ``None`` when it has no part in names on the map.

    Points without names keep those of other layers away from their symbols.
    """
    labels = style.labels
    if labels is None:
        return _obstacles() if style.geometry == "Point" else None
    found = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(found, "settings", {"calloutType": "simple"})
    text = ET.SubElement(
        settings,
        "text-style",
        {
            "fieldName": labels.expression,
            "isExpression": "1",
            "fontFamily": FONT,
            "fontSize": f"{labels.size:g}",
            "fontSizeUnit": "Point",
            "fontWeight": "75" if labels.bold else "50",
            "fontItalic": "1" if labels.italic else "0",
            "namedStyle": _face(bold=labels.bold, italic=labels.italic),
            "textColor": colour(labels.colour),
            "textOpacity": "1",
            "multilineHeight": "0.9",
        },
    )
    families = ET.SubElement(text, "families")
    for family in FALLBACKS:
        ET.SubElement(families, "family", {"name": family})
    ET.SubElement(
        text,
        "text-buffer",
        {
            "bufferDraw": "1",
            "bufferSize": "0.6",
            "bufferSizeUnits": "MM",
            "bufferColor": "255,255,255,255",
            "bufferOpacity": "1",
            "bufferNoFill": "1",
            "bufferJoinStyle": "128",
        },
    )
    ET.SubElement(
        settings,
        "text-format",
        {"autoWrapLength": "18", "useMaxLineLengthForAutoWrap": "1", "multilineAlign": "1"},
    )
    beside = style.geometry == "Point" or labels.beside
    around = {
        "geometryGenerator": "point_on_surface($geometry)",
        "geometryGeneratorType": "PointGeometry",
        "geometryGeneratorEnabled": "1",
    }
    ET.SubElement(
        settings,
        "placement",
        (around if labels.beside else {})
        | {
            # beside a point; else level, inside its polygon where there is room
            "placement": "6" if beside else "4",
            "centroidInside": "1",
            "centroidWhole": "0",
            "polygonPlacementFlags": "2",
            "dist": "1.4" if labels.beside else "0.6",
            "distUnits": "MM",
            "priority": "8" if labels.bold else "1",
            "predefinedPositionOrder": "TR,TL,BR,BL,R,L,TSR,BSR",
        },
    )
    ET.SubElement(
        settings,
        "rendering",
        {
            "drawLabels": "1",
            "displayAll": "0",
            "obstacle": "0",
            "fitInPolygonOnly": "0",
            "labelPerPart": "0",
            "scaleVisibility": "0",
            "unplacedVisibility": "0",
        },
    )
    settings.append(
        properties({"Priority": labels.rank} if labels.rank else {}, tag="dd_properties")
    )
    return found


def _obstacles() -> ET.Element:
    found = ET.Element("labeling", {"type": "simple"})
    settings = ET.SubElement(found, "settings", {"calloutType": "simple"})
    ET.SubElement(settings, "text-style", {"fieldName": "", "isExpression": "0"})
    rendering = {"drawLabels": "0", "obstacle": "1", "obstacleFactor": "2", "obstacleType": "1"}
    ET.SubElement(settings, "rendering", rendering)
    return found


def _face(*, bold: bool, italic: bool) -> str:
    words = ("Bold" if bold else "", "Italic" if italic else "")
    return " ".join(word for word in words if word) or "Regular"
