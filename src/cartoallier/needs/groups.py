"""Values of communes, file by file and year by year, brought to the communes of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartoallier.model import VALUED, Finding, Indicator, Level, Passage, Status
from cartoallier.needs.aggregation import COUNT
from cartoallier.needs.choosing import choose, current_codes
from cartoallier.needs.lots import Lots
from cartoallier.needs.zones import MUNICIPAL, is_code

RANKS: tuple[str, ...] = (
    Status.PUBLISHED.value, Status.BELOW_FLOOR.value, Status.ESTIMATED.value,
    Status.ABSENT.value, Status.NOT_AVAILABLE.value, Status.SECRET.value,
)  # fmt: skip
"""Statuses in the order a sum takes them: that of its worst part."""

KNOWN = sum(1 for one in RANKS if one in VALUED)
"""Ranks below this one carry a number."""

ABSENT = RANKS.index(Status.ABSENT.value)
NOT_AVAILABLE = RANKS.index(Status.NOT_AVAILABLE.value)

SHIPPED = "cartoallier:"
"""Begins the name of a file that nobody can send back."""

MOST_TOLD = 20
"""Codes of one file that are told one by one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CommuneGroup:
    """Values of communes, from one file and one year.

    Attributes:
        file: the file.
        vintage: year of the figures.
        sources: indicator -> id of its source.
        lots: what its codes are today.
        totals: lot × indicator; counts are summed over the codes of a lot, anything else is
            missing where a lot has several.
        ranks: lot × indicator, positions in :data:`RANKS`.
        own: code of the file × indicator, as published.
    """

    file: str
    vintage: str
    sources: Mapping[str, str]
    lots: Lots
    totals: pd.DataFrame
    ranks: pd.DataFrame
    own: pd.DataFrame

    def communes(self, indicator: str, codes: pd.Index[str]) -> pd.Series[float]:
        """Return an indicator at current communes; missing for those that share a lot."""
        alone = self.lots.lot[self.lots.lot.map(self.lots.size) == 1].reindex(codes)
        values: pd.Series[float] = self.totals[indicator].reindex(alone.to_numpy())
        return values.set_axis(codes, axis="index")


def commune_groups(
    values: pd.DataFrame,
    *,
    passage: Passage,
    here: frozenset[str],
    indicators: Mapping[str, Indicator],
    findings: list[Finding],
) -> list[CommuneGroup]:
    """Choose, for each indicator, the newest year communes are given for, and follow their codes.

    Args:
        values: columns ``VALUE_COLUMNS`` and ``turn``, the place of the file in the order of trust.
        passage: old codes to current ones.
        here: current communes of the territory; what happened elsewhere is not told.
        indicators: of the catalogue.
        findings: told of unknown and old codes.
    """
    rows = values[values["level"].isin([Level.COMMUNE.value, MUNICIPAL])]
    # an arrondissement belongs to the level of its city, and is told from it by its code
    now = current_codes(rows["code"], passage)
    municipal = rows["level"] == MUNICIPAL
    rows = rows.assign(level=Level.COMMUNE.value, now=now.mask(municipal, rows["code"]))
    best = choose(rows, wanted=here, indicators=indicators, findings=findings)
    groups = []
    for vintage, part in best.groupby("vintage", sort=True):
        for names in _together(part):
            groups.append(
                _group(
                    part[part["indicator"].isin(names)],
                    str(vintage),
                    passage=passage,
                    here=here,
                    indicators=indicators,
                    findings=findings,
                )
            )
    return groups


def _together(part: pd.DataFrame) -> list[list[str]]:
    """Return the indicators that come from the same files: their codes are of one list."""
    held: dict[tuple[int, ...], list[str]] = {}
    for name, rows in part.groupby("indicator", sort=False):
        held.setdefault(tuple(sorted(rows["turn"].unique())), []).append(str(name))
    return [held[files] for files in sorted(held)]


def _group(
    part: pd.DataFrame,
    vintage: str,
    *,
    passage: Passage,
    here: frozenset[str],
    indicators: Mapping[str, Indicator],
    findings: list[Finding],
) -> CommuneGroup:
    file = ", ".join(part.sort_values("turn")["file"].unique())
    part = part.drop_duplicates(["indicator", "code"])
    codes = pd.Index(np.sort(part["code"].unique().astype("object")), dtype="str")
    given = set(part["indicator"].unique())
    names = [name for name in indicators if name in given]
    value = part.pivot(index="code", columns="indicator", values="value")
    rank = (
        part.assign(rank=part["status"].map({s: i for i, s in enumerate(RANKS)}))
        .pivot(index="code", columns="indicator", values="rank")
        .fillna(ABSENT)
    )
    value = value.reindex(index=codes, columns=names)
    rank = rank.reindex(index=codes, columns=names, fill_value=ABSENT).astype("int64")
    lots = Lots.of(_counted_once(codes, passage), passage)
    findings += _told(file, codes, passage, here=here)
    totals, ranks = _of_lots(lots, value, rank, indicators=indicators)
    findings += _not_summed(file, lots, names, here=here, indicators=indicators)
    return CommuneGroup(
        file=file,
        vintage=vintage,
        sources=dict(part.groupby("indicator")["source"].first()),
        lots=lots,
        totals=totals,
        ranks=ranks,
        own=value,
    )


def _counted_once(codes: Iterable[str], passage: Passage) -> list[str]:
    """Leave out the arrondissements of a city that has its own row."""
    held = set(codes)
    return [
        code
        for code in sorted(held)
        if not (is_code(code, level=MUNICIPAL) and held & set(passage.current(code)) - {code})
    ]


def _of_lots(
    lots: Lots, value: pd.DataFrame, rank: pd.DataFrame, *, indicators: Mapping[str, Indicator]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return values and ranks by lot."""
    codes, of = lots.old.index, lots.old.to_numpy()
    index = pd.RangeIndex(lots.count)
    value, rank = value.loc[codes], rank.loc[codes]
    totals = value.fillna(0.0).groupby(of).sum().reindex(index)
    ranks = rank.groupby(of).max().reindex(index, fill_value=ABSENT)
    several = lots.rows.reindex(index, fill_value=0).to_numpy() > 1
    for name in totals:
        if indicators[str(name)].kind != COUNT:
            ranks.loc[several, name] = NOT_AVAILABLE
    return totals.where(ranks < KNOWN), ranks


def _told(
    file: str, codes: pd.Index[str], passage: Passage, *, here: frozenset[str]
) -> list[Finding]:
    """Tell the codes nobody knows, and how many are followed."""
    unknown = [code for code in codes if not passage.current(code)]
    old = [
        code
        for code in codes
        if passage.current(code) not in {(), (code,)} and here & set(passage.current(code))
    ]
    found = [
        Finding(
            file=file,
            column="code",
            value=code,
            what="code de commune inconnu, même parmi les anciens",
            action="ligne écartée",
        )
        for code in unknown[:MOST_TOLD]
    ]
    if len(unknown) > MOST_TOLD:
        more = f"{len(unknown) - MOST_TOLD} autres codes"
        found.append(
            Finding(
                file=file,
                column="code",
                value=more,
                what="code de commune inconnu, même parmi les anciens",
                action="lignes écartées",
            )
        )
    old = [code for code in old if not is_code(code, level=MUNICIPAL)]
    if old and not file.startswith(SHIPPED):
        examples = ", ".join(old[:5])
        found.append(
            Finding(
                file=file,
                column="code",
                value=f"{len(old)} codes, dont {examples}",
                what="le fichier suit un découpage communal plus ancien",
                action="anciennes communes suivies jusqu'à celles d'aujourd'hui",
            )
        )
    return found


def _not_summed(
    file: str,
    lots: Lots,
    names: Sequence[str],
    *,
    here: frozenset[str],
    indicators: Mapping[str, Indicator],
) -> list[Finding]:
    """Say which merged communes have no value where nothing can be summed."""
    kept = [name for name in names if indicators[name].kind != COUNT]
    several = lots.rows[lots.rows > 1].index
    merged = here & set(lots.lot[lots.lot.isin(several)].index)
    if not kept or not merged:
        return []
    return [
        Finding(
            file=file,
            column="code",
            value=f"{len(merged)} communes, dont {', '.join(sorted(merged)[:5])}",
            what="communes fusionnées depuis le fichier\u00a0: taux, médianes et indices de leurs "
            "parties ne s'additionnent pas",
            action="valeur non disponible pour elles\u202f; les effectifs sont additionnés",
        )
    ]
