"""``cartoallier.qgz``: a QGIS project over the GeoPackage, with map themes and layouts."""

from cartoallier.outputs.qgis.archive import project_file, write_project

__all__ = ["project_file", "write_project"]
