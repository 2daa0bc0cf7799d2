"""The static twins of theme pages: one picture per theme, for print and slides.

:func:`write_pictures` and, for the report, :func:`draw_plates` are the fronts: they see a
:class:`~cartoallier.model.Run` and compute nothing beyond drawing.
"""

from cartoallier.outputs.pictures.plates import Plates, draw_plates
from cartoallier.outputs.pictures.writer import write_pictures

__all__ = ["Plates", "draw_plates", "write_pictures"]
