"""What an error may repeat of a table's header: a table sent without one starts with a place."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DATA = re.compile(r"\d{3,}|\d[.,]\d|@|://|^\d+\s+\w+")
_MOST = 12
_LONGEST = 60


def columns_read(header: Sequence[str], *, most: int = _MOST) -> str:
    """Return the end of an error message: which columns were read, in French.

    When a cell of the header looks like data (a telephone, a code, a number of a street, a
    point), nothing of it is repeated: it may be the address of a place that must stay secret.

    Args:
        header: the first row of the table.
        most: columns told.
    """
    if any(_DATA.search(cell) or len(cell) > _LONGEST for cell in header):
        return (
            "la première ligne ressemble à des données\u202f: ajoutez-lui une ligne de titres de "
            "colonnes"
        )
    told = ", ".join(header[:most])
    return f"colonnes lues\u00a0: {told}" + ("…" if len(header) > most else "")
