"""Which origins a service admits."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cartoallier.access.engine import Mask
from cartoallier.model import Territory


def admitted(zones: Iterable[tuple[str, ...]], territory: Territory) -> list[Mask]:
    """Return which origins each service admits; ``None`` when it declares no zone.

    Args:
        zones: of each service, as ``kind:code``.
        territory: the origins, and what zones hold.
    """
    codes: pd.Series = territory.origins["commune_code"]
    known: dict[tuple[str, ...], Mask] = {(): None}
    masks: list[Mask] = []
    for zone in zones:
        if zone not in known:
            parts = (part.split(":", 1) for part in zone)
            communes = frozenset().union(*(territory.communes_of(*part) for part in parts))
            known[zone] = codes.isin(communes).to_numpy()
        masks.append(known[zone])
    return masks
