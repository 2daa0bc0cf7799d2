"""The atlas: one page per theme and an index, each a single file that opens offline.

:func:`write_maps` is the front: it sees a :class:`~cartoallier.model.Run` and computes nothing
beyond drawing (projection, simplification for the screen, radii).
"""

from cartoallier.outputs.maps.writer import PLACES, write_maps

__all__ = ["PLACES", "write_maps"]
