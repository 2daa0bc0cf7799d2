"""The static twins of theme pages: one picture per theme, for print and slides.

:func:`write_pictures` is the front: it sees a :class:`~cartoallier.model.Run` and computes
nothing beyond drawing.
"""

from cartoallier.outputs.pictures.writer import write_pictures

__all__ = ["write_pictures"]
