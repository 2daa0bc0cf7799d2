"""Which themes a service answers."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cartoallier.model import Theme, matching


def assign_themes(records: pd.DataFrame, themes: Iterable[Theme]) -> pd.DataFrame:
    """Fill ``themes`` with the keys of the themes each service answers.

    A service answers a theme when it shares one word with one vocabulary of its selectors, or
    when its name or its structure's matches their pattern. Publics never select alone. A row
    that already declares themes keeps exactly those.

    Args:
        records: services, columns ``SERVICE_COLUMNS``.
        themes: the catalogue.

    Returns:
        A new frame, same index; ``themes`` holds sorted tuples of keys.
    """
    catalogue = sorted(themes, key=lambda theme: theme.key)
    keys = [theme.key for theme in catalogue]
    selectors = [theme.selectors for theme in catalogue]
    answers = matching(records, selectors)
    known: dict[bytes, tuple[str, ...]] = {}
    found: list[tuple[str, ...]] = []
    for declared, row in zip(records["themes"], answers, strict=True):
        if declared:
            found.append(declared)
            continue
        mark = row.tobytes()
        if mark not in known:
            known[mark] = tuple(key for key, answered in zip(keys, row, strict=True) if answered)
        found.append(known[mark])
    return records.assign(themes=pd.Series(found, index=records.index, dtype="object"))
