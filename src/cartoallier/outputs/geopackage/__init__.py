"""``cartoallier.gpkg``: the run for a geographic information system, styled and described."""

from cartoallier.outputs.geopackage.writer import held_project, write_geopackage

__all__ = ["held_project", "write_geopackage"]
