"""Boundaries, COG vintages and passages, population points -> :class:`Territory`.

What neighbours may use: :func:`load_territory`, the two things a project may add to it
(:class:`Division`, :class:`Grid`), :func:`load_passage` and :func:`commune_names`.
"""

from cartoallier.territory.assembly import load_territory
from cartoallier.territory.divisions import Division
from cartoallier.territory.grids import Grid
from cartoallier.territory.shipped import commune_names, departement, load_passage

__all__ = ["Division", "Grid", "commune_names", "departement", "load_passage", "load_territory"]
