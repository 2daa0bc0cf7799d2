"""Published values brought to the zones of a run: years chosen, codes followed, sums exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cartoallier.model import (
    NEEDS_COLUMNS,
    Country,
    Finding,
    Indicator,
    Level,
    Status,
    Territory,
    no_values,
)
from cartoallier.needs.aggregation import COUNT, RATE, refusal
from cartoallier.needs.choosing import choose
from cartoallier.needs.groups import (
    ABSENT,
    KNOWN,
    NOT_AVAILABLE,
    RANKS,
    CommuneGroup,
    commune_groups,
)
from cartoallier.needs.unsettled import changed_epci, unknown_epci, untold
from cartoallier.needs.values import Extract, gathered

REFERENCE = "reference:"
"""Prefix of the zones of the whole country, beside those of the territory."""

UNTOLD = len(RANKS)
"""Rank of a zone that nothing was said of yet."""

ROUNDING = 0.005
"""How far counts rounded apart may put a part beyond its whole."""

YEARS_APART = 4
"""Years between two counts of different sources that still make a rate (DOMAIN §1.4)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Settled:
    """Values at the zones of a run.

    Attributes:
        values: columns ``NEEDS_COLUMNS``, one row per (indicator, zone of the territory).
        reference: whole EPCI of the country, same columns.
        groups: what communes gave, for whoever needs them at origins.
        findings: about codes, years and what could not be settled.
    """

    values: pd.DataFrame
    reference: pd.DataFrame
    groups: tuple[CommuneGroup, ...]
    findings: list[Finding]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Block:
    """One indicator at every zone; arrays follow the order of zones."""

    indicator: Indicator
    value: np.ndarray
    rank: np.ndarray
    vintage: np.ndarray
    source: np.ndarray

    def filled(self, other: _Block) -> _Block:
        """Return this block, with the values of another where this one has none.

        Where neither has a value the reason given first stays.
        """
        gap = (self.rank == UNTOLD) | ((self.rank >= KNOWN) & (other.rank < KNOWN))
        return replace(
            self,
            value=np.where(gap, other.value, self.value),
            rank=np.where(gap, other.rank, self.rank),
            vintage=np.where(gap, other.vintage, self.vintage),
            source=np.where(gap, other.source, self.source),
        )


def settle(
    extracts: Sequence[Extract],
    *,
    territory: Territory,
    country: Country,
    indicators: Mapping[str, Indicator],
) -> Settled:
    """Bring published values to the zones of a territory and to every EPCI of the country.

    For each indicator and level one year is kept, the newest that covers the territory, its files
    completing each other (:mod:`cartoallier.needs.choosing`).
    Communes follow the passage of codes: whole mergers are summed, a split is known for its parts
    together only. A zone takes the value published for it; else a count is the sum of its
    communes and a rate that of summed counts (or a mean weighted by the people it is a rate of),
    when every commune is known; medians, deciles and indices are never aggregated. A part of an
    EPCI never takes the value of the whole.

    Args:
        extracts: what files gave, the ones to believe first.
        territory: where.
        country: communes and EPCI of the country in the run's vintage.
        indicators: of the catalogue.

    Returns:
        Every indicator that some file gives, at every zone, each value with its status.
    """
    findings: list[Finding] = []
    values = gathered(extract.values for extract in extracts)
    values = values[values["indicator"].isin(list(indicators))]
    turn = {file: i for i, file in enumerate(values["file"].unique())}
    values = values.assign(turn=values["file"].map(turn))
    zones = _zones(territory, country)
    members = _members(territory, country)
    groups = commune_groups(
        values,
        passage=territory.passage,
        here=frozenset(territory.members["commune_code"]),
        indicators=indicators,
        findings=findings,
    )
    published = _published(values, zones, country, indicators=indicators, findings=findings)
    blocks: dict[str, _Block] = {}
    for group in groups:
        for block in _summed(group, members, zones, indicators=indicators):
            blocks[block.indicator.id] = block
        findings += untold(group, territory)
    for name, block in published.items():
        blocks[name] = block.filled(blocks[name]) if name in blocks else block
    for name, indicator in indicators.items():
        rate = _rate(indicator, blocks, groups, members, zones)
        if rate is not None:
            blocks[name] = blocks[name].filled(rate) if name in blocks else rate
    ordered = [blocks[name] for name in indicators if name in blocks]
    here = ~zones.index.str.startswith(REFERENCE)
    return Settled(
        values=_table(ordered, zones, here),
        reference=_table(ordered, zones, ~here),
        groups=tuple(groups),
        findings=findings,
    )


def _zones(territory: Territory, country: Country) -> pd.DataFrame:
    """Return the zones of the territory, then every EPCI of the country."""
    reference = pd.DataFrame(
        {
            "level": Level.EPCI.value,
            "code": country.epci.index,
            "name": country.epci.to_numpy(),
            "perimeter": "entier",
        },
        index=REFERENCE + pd.Index(country.epci.index, dtype="str"),
    )
    columns = ["level", "code", "name", "perimeter"]
    return pd.concat([territory.zones[columns], reference[columns]])


def _members(territory: Territory, country: Country) -> pd.DataFrame:
    communes = country.communes.dropna(subset="epci_code")
    reference = pd.DataFrame(
        {"zone": REFERENCE + communes["epci_code"], "commune_code": communes.index}
    )
    return pd.concat([territory.members, reference], ignore_index=True)


def _published(
    values: pd.DataFrame,
    zones: pd.DataFrame,
    country: Country,
    *,
    indicators: Mapping[str, Indicator],
    findings: list[Finding],
) -> dict[str, _Block]:
    """Return what is published for whole zones other than communes."""
    levels = [Level.EPCI.value, Level.DEPARTEMENT.value, Level.ARRONDISSEMENT.value]
    rows = values[values["level"].isin(levels)]
    rows = rows.assign(now=rows["code"])
    findings += unknown_epci(rows, country)
    whole = zones[zones["perimeter"] == "entier"].reset_index(names="zone")
    national = whole["zone"].str.startswith(REFERENCE)
    placed = []
    for part, told in ((whole[~national], findings), (whole[national], None)):
        wanted = frozenset(part.loc[part["level"].isin(levels), "code"])
        chosen = choose(rows, wanted=wanted, indicators=indicators, findings=told)
        chosen = chosen.drop_duplicates(["indicator", "level", "code"])
        placed.append(chosen.merge(part[["zone", "level", "code"]], on=["level", "code"]))
        if told is not None:
            findings += changed_epci(chosen, country, wanted=wanted)
    where = pd.Series(range(len(zones)), index=zones.index)
    blocks = {}
    for name, part in pd.concat(placed).groupby("indicator", sort=False):
        at = where[part["zone"]].to_numpy()
        block = _empty(indicators[str(name)], len(zones), rank=UNTOLD)
        block.value[at] = part["value"]
        block.rank[at] = part["status"].map({s: i for i, s in enumerate(RANKS)})
        block.vintage[:] = part["vintage"].iloc[0]
        block.vintage[at] = part["vintage"]
        block.source[:] = part["source"].iloc[0]
        block.source[at] = part["source"]
        blocks[str(name)] = block
    return blocks


def _empty(indicator: Indicator, size: int, *, rank: int) -> _Block:
    return _Block(
        indicator=indicator,
        value=np.full(size, np.nan),
        rank=np.full(size, rank, dtype="int64"),
        vintage=np.full(size, indicator.vintage, dtype="object"),
        source=np.full(size, indicator.source, dtype="object"),
    )


def _summed(
    group: CommuneGroup,
    members: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    indicators: Mapping[str, Indicator],
) -> list[_Block]:
    """Return counts summed over zones, and anything else at communes."""
    names, matrix, exact = group.lots.zones(members)
    at = zones.index.get_indexer(names)
    commune = (zones["level"] == Level.COMMUNE.value).to_numpy()[at]
    has_lot = np.asarray(matrix.sum(axis=1)).ravel() > 0
    blocks = []
    for name in group.totals:
        indicator = indicators[str(name)]
        rank = np.zeros(len(names), dtype="int64")
        for one in range(1, len(RANKS)):
            met = matrix @ (group.ranks[name].to_numpy() == one).astype("float64") > 0
            rank[met] = one
        rank[~exact] = np.where(has_lot[~exact] | ~commune[~exact], NOT_AVAILABLE, ABSENT)
        if indicator.kind != COUNT:
            rank[~commune] = NOT_AVAILABLE
        value = matrix @ np.nan_to_num(group.totals[name].to_numpy())
        block = _empty(indicator, len(zones), rank=NOT_AVAILABLE)
        block.value[at] = np.where(rank < KNOWN, value, np.nan)
        block.rank[at] = rank
        block.vintage[:] = group.vintage
        block.source[:] = group.sources[str(name)]
        blocks.append(block)
    return blocks


def _rate(
    indicator: Indicator,
    blocks: Mapping[str, _Block],
    groups: Sequence[CommuneGroup],
    members: pd.DataFrame,
    zones: pd.DataFrame,
) -> _Block | None:
    """Return a rate computed from counts, or averaged over communes; ``None`` when it cannot be."""
    if indicator.kind != RATE:
        return None
    above, below = blocks.get(indicator.numerator), blocks.get(indicator.weight)
    if above is not None and below is not None:
        return _of_counts(indicator, above, below)
    if below is None or indicator.id not in blocks or refusal(indicator):
        return None
    rate = _communes_of(indicator.id, groups)
    people = _communes_of(indicator.weight, groups)
    if rate is None or people is None:
        return None
    return _mean(indicator, rate, people, members, zones, like=blocks[indicator.id])


def _of_counts(indicator: Indicator, above: _Block, below: _Block) -> _Block:
    """Return numerator / weight; nobody: there is no share.

    Two counts of one source must be of one year. Of two sources, they may be up to
    :data:`YEARS_APART` years apart; the rate bears the year of its numerator.
    """
    rank = np.minimum(np.maximum(above.rank, below.rank), len(RANKS) - 1)
    rank[above.rank == UNTOLD] = NOT_AVAILABLE
    rank[(rank < KNOWN) & ~_comparable(above, below)] = NOT_AVAILABLE
    rank[(rank < KNOWN) & ~(below.value > 0)] = NOT_AVAILABLE
    scale = 100 if indicator.unit == "%" else 1
    known = rank < KNOWN
    ratio = np.full(len(rank), np.nan)
    ratio[known] = scale * above.value[known] / below.value[known]
    whole = indicator.unit == "%" and (indicator.bounds is None or indicator.bounds[1] <= scale)
    beyond = known & whole & (ratio > scale * (1 + ROUNDING))
    return replace(
        above,
        indicator=indicator,
        value=np.where(beyond, np.nan, ratio),
        rank=np.where(beyond, NOT_AVAILABLE, rank),
    )


def _comparable(above: _Block, below: _Block) -> np.ndarray:
    """Return where two counts are of years that may be divided."""
    one, other = (
        pd.to_numeric(pd.Series(block.vintage, dtype="str"), errors="coerce").to_numpy()
        for block in (above, below)
    )
    apart = np.abs(one - other)
    told = np.where(np.isnan(apart), 0, apart)
    near: np.ndarray = np.where(above.source == below.source, told == 0, told <= YEARS_APART)
    return near


def _communes_of(name: str, groups: Sequence[CommuneGroup]) -> pd.Series[float] | None:
    """Return an indicator at every current commune that has an exact value."""
    for group in groups:
        if name in group.totals:
            exact = group.totals[name].where(group.ranks[name] != RANKS.index("sous_seuil"))
            alone = group.lots.lot[group.lots.lot.map(group.lots.size) == 1]
            return exact.reindex(alone.to_numpy()).set_axis(alone.index, axis="index")
    return None


def _mean(
    indicator: Indicator,
    rate: pd.Series[float],
    people: pd.Series[float],
    members: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    like: _Block,
) -> _Block:
    """Return Σ w r / Σ w over the communes of each zone, all of them known.

    Nobody published it: an estimation, since rates of communes are rounded.
    """
    weight = members["commune_code"].map(people)
    held = pd.DataFrame(
        {"w": weight, "wr": weight * members["commune_code"].map(rate), "zone": members["zone"]}
    )
    held.loc[held["w"] == 0, "wr"] = 0.0  # nobody there: their rate weighs nothing
    sums = held.groupby("zone").agg(
        w=("w", "sum"), wr=("wr", "sum"), known=("wr", lambda one: bool(one.notna().all()))
    )
    sums = sums.reindex(zones.index)
    usable = (sums["known"] == True) & (sums["w"] > 0)  # noqa: E712 (missing is not True)
    value = (sums["wr"] / sums["w"]).where(usable).to_numpy(dtype="float64")
    return replace(
        like,
        indicator=indicator,
        value=value,
        rank=np.where(usable, RANKS.index(Status.ESTIMATED.value), NOT_AVAILABLE),
    )


def _table(blocks: Sequence[_Block], zones: pd.DataFrame, kept: np.ndarray) -> pd.DataFrame:
    words = np.array([*RANKS, RANKS[NOT_AVAILABLE]], dtype="object")
    tables = [
        pd.DataFrame(
            {
                "indicator": block.indicator.id,
                "level": zones["level"],
                "code": zones["code"],
                "name": zones["name"],
                "perimeter": zones["perimeter"],
                "value": np.where(block.rank < KNOWN, block.value, np.nan),
                "unit": block.indicator.unit,
                "status": words[block.rank],
                "vintage": block.vintage,
                "source": block.source,
            }
        )[kept]
        for block in blocks
    ]
    if not tables:
        return no_values()
    return pd.concat(tables, ignore_index=True)[list(NEEDS_COLUMNS)].astype(NEEDS_COLUMNS)
