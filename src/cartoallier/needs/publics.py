"""People of each public at the origins of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from cartoallier.model import Finding, Indicator, Public, Territory
from cartoallier.needs.groups import CommuneGroup

COUNTS: Mapping[Public, str] = MappingProxyType(
    {
        Public.UNDER_20: "moins_20",
        Public.OVER_65: "65_plus",
        Public.AGED_0_2: "0_2",
        Public.AGED_12_25: "12_25",
        Public.POOR_HOUSEHOLDS: "menages_pauvres",
    }
)
"""Public -> id of the count of its people. No age stands for another: 11 to 24 is not 12 to 25."""


def weigh(
    territory: Territory,
    *,
    groups: Sequence[CommuneGroup],
    indicators: Mapping[str, Indicator],
    mentions: Mapping[str, str],
) -> tuple[pd.DataFrame, dict[str, str], list[Finding]]:
    """Return the people of every public that some file counts by commune.

    Args:
        territory: its origins; over grid points communes tell nothing, weights are missing.
        groups: what :func:`~cartoallier.needs.settling.settle` took from communes.
        indicators: of the catalogue.
        mentions: source id -> words to print.

    Returns:
        People by origin (missing where unknown), one column per public; public -> what the
        people are, in French; findings.
    """
    columns: dict[str, pd.Series[float]] = {}
    labels: dict[str, str] = {}
    for public, name in COUNTS.items():
        group = next((one for one in groups if name in one.totals), None)
        if group is None or name not in indicators:
            continue
        columns[public.value] = _at_origins(territory, group, name)
        mention = mentions.get(group.sources[name], group.sources[name])
        labels[public.value] = f"{indicators[name].label} ({mention})"
    findings = []
    if territory.gridded and columns:
        findings.append(
            Finding(
                file=", ".join(dict.fromkeys(group.file for group in groups)),
                what="les publics ne sont comptés que par commune",
                action="aucune mesure d'accès par public sur les points de population fournis",
            )
        )
    return pd.DataFrame(columns, index=territory.origins.index), labels, findings


def _at_origins(territory: Territory, group: CommuneGroup, name: str) -> pd.Series[float]:
    origins = territory.origins
    if territory.gridded:
        return pd.Series(np.nan, index=origins.index, dtype="float64")
    commune = pd.Index(origins["commune_code"])
    values = group.communes(name, commune).set_axis(origins.index, axis="index")
    # Paris, Lyon and Marseille: the origin is an arrondissement, counted on its own.
    for origin in origins.index[origins.index != commune]:
        own = origin in group.own.index and territory.passage.current(origin) == (
            origins.at[origin, "commune_code"],
        )
        values.loc[origin] = float(group.own[name].loc[origin]) if own else np.nan
    return values
