"""Styles of the hand-over files: QGIS (QML), SLD and ``classes.csv``, as the atlas draws."""

from cartoallier.outputs.styles.classes import classes_table, write_classes
from cartoallier.outputs.styles.ground import siting_style
from cartoallier.outputs.styles.labels_xml import labeling_element
from cartoallier.outputs.styles.layers import layer_styles
from cartoallier.outputs.styles.qml import field_elements, map_tip, qml
from cartoallier.outputs.styles.renderer_xml import renderer_element
from cartoallier.outputs.styles.sld import sld
from cartoallier.outputs.styles.style import Field, Labels, LayerStyle

__all__ = [
    "Field",
    "Labels",
    "LayerStyle",
    "classes_table",
    "field_elements",
    "labeling_element",
    "layer_styles",
    "map_tip",
    "qml",
    "renderer_element",
    "siting_style",
    "sld",
    "write_classes",
]
