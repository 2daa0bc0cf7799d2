"""Boundaries, COG vintages and passages, population points -> :class:`Territory`.

What neighbours may use: :func:`load_territory`, the two things a project may add to it
(:class:`Division`, :class:`Grid`), the grid as need (:func:`read_insee_grid`), the whole country
without polygons (:func:`load_country`), :func:`load_passage` and :func:`commune_names`.
"""

from cartoallier.territory.assembly import load_territory
from cartoallier.territory.country import load_country
from cartoallier.territory.divisions import Division
from cartoallier.territory.grids import Grid
from cartoallier.territory.insee_grid import GridCells, read_insee_grid
from cartoallier.territory.shipped import commune_names, departement, load_passage

__all__ = [
    "Division",
    "Grid",
    "GridCells",
    "commune_names",
    "departement",
    "load_country",
    "load_passage",
    "load_territory",
    "read_insee_grid",
]
