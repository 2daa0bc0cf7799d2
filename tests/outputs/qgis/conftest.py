"""What real QGIS makes of a project: a script of PyQGIS, run by the system's Python."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cartoallier.model import Run
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.qgis import write_project
from gis_tools import in_qgis

SCRIPT = """
import json, sys
from qgis.core import (
    QgsApplication, QgsExpressionContextUtils, QgsLayerTreeModel, QgsLayoutExporter, QgsProject,
)
app = QgsApplication([], False)
app.initQgis()
uri, out, jobs = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
project = QgsProject.instance()
answer = {"read": project.read(uri)}
root = project.layerTreeRoot()
model = QgsLayerTreeModel(root)


def seen():
    return {
        node.layerId(): node.layer().styleManager().currentStyle()
        for node in root.findLayers() if node.isVisible()
    }


layers = project.mapLayers().values()
answer |= {
    "invalid": sorted(layer.name() for layer in layers if not layer.isValid()),
    "sources": {layer.id(): layer.source() for layer in layers},
    "projections": sorted({layer.crs().authid() for layer in layers if layer.isSpatial()}),
    "names": {layer.id(): layer.name() for layer in layers},
    "renderers": {layer.id(): layer.renderer().type() for layer in layers if layer.isSpatial()},
    "aliases": {layer.id(): dict(zip(layer.fields().names(), [
        layer.attributeDisplayName(i) for i in range(layer.fields().count())
    ])) for layer in layers},
    "crs": project.crs().authid(),
    "valid_crs": project.crs().isValid(),
    "title": project.title(),
    "abstract": project.metadata().abstract(),
    "absolute": project.readBoolEntry("Paths", "/Absolute")[0],
    "folded": [node.name() for node in root.findGroups(True) if node.isExpanded()],
    "groups": [node.name() for node in root.children()],
    "first": seen(),
    "bookmarks": {
        mark.name(): [mark.extent().crs().authid(), round(mark.extent().width())]
        for mark in project.bookmarkManager().bookmarks()
    },
    "variables": project.customVariables(),
    "themes": {},
    "sheets": {},
    "colours": {},
}
for name in project.mapThemeCollection().mapThemes():
    project.mapThemeCollection().applyTheme(name, root, model)
    answer["themes"][name] = seen()
manager = project.layoutManager()
for code, name in jobs:
    QgsExpressionContextUtils.setProjectVariable(project, "theme", code)
    sheet = manager.layoutByName(name)
    sheet.refresh()
    path = f"{out}/{code} {name}.pdf"
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = 60
    if sheet.atlas().enabled():
        done, _ = QgsLayoutExporter.exportToPdf(sheet.atlas(), path, settings)
        answer["sheets"][path] = [done, sheet.atlas().count()]
    else:
        answer["sheets"][path] = [QgsLayoutExporter(sheet).exportToPdf(path, settings), 1]
        image = QgsLayoutExporter(sheet).renderPageToImage(0, dpi=20)
        met = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
        answer["colours"][path] = sorted("#%06x" % (pixel & 0xFFFFFF) for pixel in met)
del layers, root, model, manager
project.clear()
print(json.dumps(answer))
app.exitQgis()
"""


@pytest.fixture(scope="session")
def written() -> Callable[[Run, Path], Path]:
    """Write the GeoPackage with the project inside, and the project beside: its path."""
    return _written


@pytest.fixture(scope="session")
def opened() -> Callable[..., dict[str, Any]]:
    """Tell what QGIS says of a project, and prints of it."""
    return _opened


def _written(run: Run, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    package = write_geopackage(run, folder)
    path = write_project(run, folder)
    with closing(sqlite3.connect(package)) as base, base:
        base.execute(
            "CREATE TABLE IF NOT EXISTS qgis_projects "
            "(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"
        )
        base.execute(
            "INSERT OR IGNORE INTO qgis_projects VALUES (?, ?, ?)",
            ("cartoallier", "{}", path.read_bytes().hex()),
        )
    return path


def _opened(
    path: Path | str, out: Path, *, sheets: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """Open, and print (code of a theme, name of a sheet) into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    answer: dict[str, Any] = json.loads(in_qgis(SCRIPT, str(path), str(out), json.dumps(sheets)))
    return answer
