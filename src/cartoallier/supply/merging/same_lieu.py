"""What other exports say of a Soliguide place, known by its public number."""

from __future__ import annotations

import pandas as pd

from cartoallier.supply.merging.desks import DATA_INCLUSION, own_ids

SOLIGUIDE = "soliguide"
_PREFIX = f"{SOLIGUIDE}--"


def same_lieu(records: pd.DataFrame) -> list[tuple[int, int, str]]:
    """Return pairs of records of one Soliguide place, with its id (``soliguide--<lieu_id>``).

    data·inclusion republishes a place under that id (a structure), and its services under their
    own with that ``structure_id``. All the services of a Soliguide place are held there, so an
    exact id makes one place of them, however the address is written; two services of a place
    stay two records, those that share an id of their own being one already
    (:func:`~cartoallier.supply.merging.evidence.provenance_links`).

    Args:
        records: sorted by id.

    Returns:
        Positions and the id; each record of data·inclusion is linked to the first Soliguide
        record of the place. Secret records are linked to nothing.
    """
    owners = records["structure_id"].fillna("").tolist()
    sources = records["source"].tolist()
    secret = records["confidential"].tolist()
    placed = records["place"].notna().tolist()
    lieux: dict[str, int] = {}
    for position, (source, owner) in enumerate(zip(sources, owners, strict=True)):
        if source == SOLIGUIDE and owner.startswith(_PREFIX) and not secret[position]:
            lieux.setdefault(owner, position)
    if not lieux:
        return []
    links: list[tuple[int, int, str]] = []
    for position, (one, owner) in enumerate(zip(own_ids(records), owners, strict=True)):
        if sources[position] != DATA_INCLUSION or secret[position]:
            continue
        key = one if one in lieux else owner
        first = lieux.get(key)
        if first is not None and not (placed[first] and placed[position]):
            links.append((first, position, key))
    return links
