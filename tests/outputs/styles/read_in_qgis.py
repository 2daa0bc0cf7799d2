"""Open a GeoPackage in QGIS and tell, as JSON, what its styles draw. Run by /usr/bin/python3.

Usage: read_in_qgis.py FILE.gpkg OUT.json
"""

import json
import sys
import tempfile
from pathlib import Path

from osgeo import ogr
from qgis.core import (
    QgsApplication,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtXml import QDomDocument


def told(layer):
    """Tell what the style a layer has now draws, feature by feature."""
    renderer = layer.renderer().clone()
    context = QgsRenderContext()
    context.expressionContext().appendScopes(
        [layer.createExpressionContextScope()] if layer else []
    )
    kind = renderer.type()
    classes = []
    if kind == "graduatedSymbol":
        classes = [
            (r.label(), r.symbol().color().name(), r.lowerValue(), r.upperValue())
            for r in renderer.ranges()
        ]
    elif kind == "categorizedSymbol":
        classes = [
            (c.label(), c.symbol().color().name(), None, None) for c in renderer.categories()
        ]
    labels = {item.ruleKey(): item.label() for item in renderer.legendSymbolItems()}
    fields = [field.name() for field in layer.fields()]
    key = next((name for name in ("code", "id", "fid") if name in fields), None)
    drawn = {}
    renderer.startRender(context, layer.fields())
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        keys = renderer.legendKeysForFeature(feature, context)
        found = sorted(labels[one] for one in keys if one in labels)
        drawn[str(feature[key]) if key else str(feature.id())] = found
    renderer.stopRender(context)
    return {"type": kind, "classes": classes, "drawn": drawn, "legend": list(labels.values())}


def main(path, out):
    """Read every style of every layer."""
    found = {"default": {}, "named": {}, "sld": {}, "messages": []}
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, _: found["messages"].append(f"{tag}: {text}")
    )
    source = ogr.Open(path)
    names = [source.GetLayerByIndex(i).GetName() for i in range(source.GetLayerCount())]
    if "layer_styles" not in names:
        names.append("layer_styles")
    rows = source.ExecuteSQL(
        "SELECT f_table_name, styleName, styleQML, styleSLD FROM layer_styles ORDER BY id"
    )
    styles = [tuple(row.GetField(i) for i in range(4)) for row in rows]
    for name in names:
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        if not layer.isValid() or not layer.isSpatial():
            continue
        found["default"][name] = {
            **told(layer),
            "labels": layer.labelsEnabled(),
            "aliases": {
                f.name(): layer.attributeDisplayName(i) for i, f in enumerate(layer.fields())
            },
            "read_only": [
                f.name() for i, f in enumerate(layer.fields()) if layer.editFormConfig().readOnly(i)
            ],
            "widgets": {
                f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(layer.fields())
            },
            "tip": layer.mapTipTemplate(),
            "shown": layer.displayExpression(),
            "hidden": [c.name for c in layer.attributeTableConfig().columns() if c.hidden],
            "tabs": [tab.name() for tab in layer.editFormConfig().tabs()],
        }
    for name, style, written, sld in styles:
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        document = QDomDocument()
        document.setContent(written)
        ok, problem = layer.importNamedStyle(document)
        found["named"][f"{name}|{style}"] = {**told(layer), "ok": bool(ok), "problem": problem}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "style.sld"
            file.write_text(sld, encoding="utf-8")
            text, ok = layer.loadSldStyle(str(file))
        found["sld"][f"{name}|{style}"] = {**told(layer), "ok": ok, "problem": text}
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main(*sys.argv[1:])
    application.exitQgis()
