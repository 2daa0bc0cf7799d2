"""Needs without a count of 1 to 10 people, nor the means of recomputing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cartoallier.diagnosis.secrecy.audit import conceal
from cartoallier.diagnosis.secrecy.facts import Known, gather_facts
from cartoallier.diagnosis.secrecy.family import Facts, Family, families
from cartoallier.diagnosis.secrecy.ground import Ground
from cartoallier.diagnosis.secrecy.sharing import share_out
from cartoallier.model import VALUED, Finding, Indicator, Needs, Status, Territory

FILE = "tableaux/besoins.csv"

SMALL, COMPLEMENT = "petit effectif", "complément"
"""Why a cell is hidden; never told cell by cell: it would be half of the secret."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Protected:
    """Needs that can leave.

    Attributes:
        needs: hidden values are ``secret``; people of hidden communes are shared out again from
            published sums (see :func:`share_out`): coverage is measured with these.
        hidden: one row per hidden (``indicator``, ``zone``) with its ``level`` and ``reason``,
            communes beyond the border (level ``hors``) included. Not to be published.
        findings: how many values are hidden, per indicator and level.
    """

    needs: Needs
    hidden: pd.DataFrame
    findings: list[Finding]


def protect_needs(
    needs: Needs, *, territory: Territory, indicators: Mapping[str, Indicator]
) -> Protected:
    """Hide counts of 1 to 10 persons or households, and whatever would give them back.

    Protected: counts whose indicator declares ``secret_below``, people of every public, and the
    counts that a rate tells. A count is hidden when it is of 1 to 10 people, when all but 1 to 10
    of those it is a part of are in it, or when those are less than 11; then as many others as it
    takes (see :mod:`cartoallier.diagnosis.secrecy.audit`), never the legal population. A rate
    is hidden with the count above or below its line, and when that is less than 11.

    Args:
        needs: as read.
        territory: zones and their members.
        indicators: those of the run.
    """
    ground = Ground.of(territory)
    known = gather_facts(needs, territory=territory, indicators=indicators, ground=ground)
    hidden = pd.concat(
        [_blank(ground), *(_hidden(group, known.facts, ground) for group in families(known.facts))],
        ignore_index=True,
    )
    values = _mask_rows(needs.values, known, hidden)
    findings = _told(needs.values, values)
    weights = needs.weights.reindex(territory.origins.index)
    for public in weights.columns:
        value = known.facts.value[public].to_numpy(dtype="float64")
        gone = ground.zones.index.isin(hidden.loc[hidden["indicator"] == public, "zone"])
        weights[public] = share_out(
            weights[public],
            value=value,
            shown=~np.isnan(value) & ~gone,
            territory=territory,
            ground=ground,
        )
    return Protected(
        needs=replace(needs, values=values, weights=weights), hidden=hidden, findings=findings
    )


def _blank(ground: Ground) -> pd.DataFrame:
    columns = {"indicator": "str", "zone": ground.zones.index.dtype, "level": "str"}
    empty = pd.DataFrame(columns=[*columns, "reason"])
    return empty.astype({**columns, "reason": "str"})


def _hidden(counts: tuple[str, ...], facts: Facts, ground: Ground) -> pd.DataFrame:
    family = Family.of(counts, facts, ground)
    small, complement = conceal(family)
    gone = np.flatnonzero(small | complement)
    zones = family.zones[gone]
    return pd.DataFrame(
        {
            "indicator": pd.Series(family.counts[gone], dtype="str"),
            "zone": ground.zones.index[zones],
            "level": ground.zones["level"].to_numpy()[zones],
            "reason": pd.Series(np.where(small[gone], SMALL, COMPLEMENT), dtype="str"),
        }
    )


def _mask_rows(values: pd.DataFrame, known: Known, hidden: pd.DataFrame) -> pd.DataFrame:
    """Blank the rows of hidden counts, and the rates that tell them or are out of too few."""
    gone = pd.MultiIndex.from_frame(hidden[["indicator", "zone"]])

    def is_gone(count: pd.Series) -> np.ndarray:
        return np.asarray(pd.MultiIndex.from_arrays([count, known.zone]).isin(gone))

    names = values["indicator"]
    # a rate whose numerator no file gives says nothing of the count below its line
    below = {rate: count for rate, count in known.below.items() if not known.made_up(rate)}
    secret = is_gone(names) | is_gone(names.map(known.above)) | is_gone(names.map(below))
    for rate, count in known.below.items():
        whole = known.facts.value.get(count)
        if whole is None or not known.facts.least.get(known.above[rate], 0):
            continue
        few = whole.index[whole < known.facts.least[known.above[rate]] - 0.5]
        secret |= ((names == rate) & known.zone.isin(few)).to_numpy()
    secret &= values["status"].isin(VALUED).to_numpy()
    return values.assign(
        value=values["value"].mask(secret),
        status=values["status"].mask(secret, Status.SECRET.value),
    )


def _told(before: pd.DataFrame, after: pd.DataFrame) -> list[Finding]:
    """Say how many values are hidden, never which are small."""
    gone = after[before["value"].notna() & after["value"].isna()]
    counts = gone.groupby(["indicator", "level"], sort=False).size().reset_index(name="number")
    return [
        Finding(
            file=FILE,
            column=str(row.indicator),
            value=f"{row.number} ({row.level})",
            what="valeurs masquées\u00a0: effectif de 1 à 10, ou qui permettrait d’en retrouver un",
            action="rien à corriger\u202f; le secret statistique porte sur toutes les sorties",
        )
        for row in counts.itertuples()
    ]
