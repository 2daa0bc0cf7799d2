"""What may be summed, averaged, or neither."""

from __future__ import annotations

from cartoallier.errors import NeedsError
from cartoallier.model import Indicator

COUNT, RATE, LEVEL, INDEX = "effectif", "taux", "niveau", "indice"


def refusal(indicator: Indicator) -> str:
    """Return why values of zones cannot give that of their union, ``""`` when they can.

    A count is summed. A rate is computed from summed counts, or is the mean of rates weighted by
    the people they are rates of. A median, a decile or an index says nothing of a union.
    """
    if indicator.kind == COUNT or (indicator.kind == RATE and indicator.weight):
        return ""
    if indicator.kind == RATE:
        return "un taux dont l'effectif de référence n'est pas connu ne s'agrège pas"
    if indicator.kind == LEVEL:
        return "une médiane ou un décile ne s'agrège pas\u202f; demandez le fichier à cette maille"
    return "un indice ne s'agrège pas\u202f; demandez le fichier à cette maille"


def require_aggregable(indicator: Indicator) -> None:
    """Refuse to aggregate what cannot be.

    Raises:
        NeedsError: with the reason.
    """
    if why := refusal(indicator):
        raise NeedsError(why, key=indicator.id)
