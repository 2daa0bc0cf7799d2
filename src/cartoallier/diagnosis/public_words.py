"""Words about the publics of a theme: how many of them live beyond its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from cartoallier.model import Coverage, Level, Public, Theme
from cartoallier.model.french import number, percent, threshold_minutes

PUBLICS: Mapping[Public, str] = MappingProxyType(
    {
        Public.UNDER_20: "personnes de moins de 20 ans",
        Public.OVER_65: "personnes de 65 ans et plus",
        Public.AGED_0_2: "enfants de 0 à 2 ans",
        Public.AGED_12_25: "personnes de 12 à 25 ans",
        Public.POOR_HOUSEHOLDS: "ménages pauvres",
    }
)
"""Public -> its people, after « les »."""


def who_beyond(theme: Theme, coverage: Coverage) -> list[str]:
    """Say how many of the first public of the theme that is measured are beyond."""
    for public in theme.publics:
        found = _beyond(coverage, public)
        if public is not theme.focus and found is not None and found[0] > 0:
            share, people, minutes = found
            count = f", soit {number(people)}" if people >= 1 else ""
            return [
                f"Parmi les {PUBLICS[public]}, {percent(share)} sont à plus de {minutes} minutes"
                f"{count}."
            ]
    return []


def focus_line(theme: Theme, coverage: Coverage) -> list[str]:
    """Say how many of the public the theme is about are beyond; nothing when nobody knows."""
    if theme.focus is None:
        return []
    who, found = PUBLICS[theme.focus], _beyond(coverage, theme.focus)
    if found is None:
        return []
    share, people, minutes = found
    if not share:
        return [f"{who} : 0 à plus de {minutes} minutes"]
    count = f"{number(people)} à plus de {minutes} minutes, soit " if people >= 1 else ""
    return [f"{who} : {count}{percent(share)}{'' if count else f' à plus de {minutes} minutes'}"]


def focus_uncounted(theme: Theme, coverage: Coverage) -> list[str]:
    """Say that the public the theme is about is not counted, when it is not."""
    if theme.focus is None or _beyond(coverage, theme.focus) is not None:
        return []
    return [f"nombre de {PUBLICS[theme.focus]} non connu par commune : la part est celle de tous"]


def _beyond(coverage: Coverage, public: Public) -> tuple[float, float, str] | None:
    """Return the share and the people of a public beyond, and the threshold in words."""
    rows = coverage.rows(level=Level.DEPARTEMENT, public=public)
    if rows.empty or pd.isna(rows.iloc[0]["part_hors_seuil"]):
        return None
    row = rows.iloc[0]
    return (
        float(row["part_hors_seuil"]),
        float(row["population_hors_seuil"]),
        threshold_minutes(row["seuil_min"]),
    )
