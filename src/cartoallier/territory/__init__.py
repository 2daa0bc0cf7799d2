"""Boundaries, COG vintages and passages, population points -> :class:`Territory`.

What neighbours may use: :func:`load_territory`, the two things a project may add to it
(:class:`Division`, :class:`Grid`), the grid as need (:func:`read_insee_grid`), the whole country
without polygons (:func:`load_country`), :func:`load_passage` and :func:`commune_names`, and the
special territories a project lays over its maps (:func:`read_zonings`, :class:`ZoningInput`).
"""

from cartoallier.territory.assembly import load_territory
from cartoallier.territory.country import load_country
from cartoallier.territory.divisions import Division
from cartoallier.territory.grids import Grid
from cartoallier.territory.insee_grid import GridCells, read_insee_grid
from cartoallier.territory.shipped import commune_names, departement, load_passage
from cartoallier.territory.zonings import ZoningInput, ZoningReading, read_zonings

__all__ = [
    "Division",
    "Grid",
    "GridCells",
    "ZoningInput",
    "ZoningReading",
    "commune_names",
    "departement",
    "load_country",
    "load_passage",
    "load_territory",
    "read_insee_grid",
    "read_zonings",
]
