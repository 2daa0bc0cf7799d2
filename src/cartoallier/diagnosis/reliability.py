"""One word on what each figure is worth, and the figure that decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access import Ground, zone_matrix
from cartoallier.access.trials import BASE, TrialKind, Trials
from cartoallier.diagnosis.evidence import BRACKET_WIDE, ROUNDING, SPREAD_CLOSE, Evidence, judge
from cartoallier.diagnosis.trial_words import ASIDE, MEASURES, Ranges, because, range_of, rank_epci
from cartoallier.model import (
    INDICATIVE,
    ORDER,
    RELIABILITY_COLUMNS,
    RELIABLE,
    Coverage,
    Level,
    Public,
    Theme,
)
from cartoallier.model.french import typeset

_KEYS = ("maille", "code", "perimetre")
_WORDS = (RELIABLE, ORDER, INDICATIVE)


def reliability(
    themes: Sequence[Theme],
    trials: Mapping[str, Trials | None],
    *,
    ground: Ground,
    doubts: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    """Say what each share beyond a threshold is worth: see :func:`judge`.

    Ranks: 1 is the largest share; ``rang`` is the best a zone may claim. A trial in which it may
    claim the same rank (a tie) does not move it; otherwise the best rank it may claim there
    counts in ``rang_min`` and ``rang_max``. Trials of decay rank an index of access, not this
    share: how far one moves the ranks of another counts in the word, not in those two columns.
    EPCI that all have the same share have no rank.

    Args:
        themes: those of the run, in order.
        trials: theme key -> its trials; ``None`` where it has no share.
        ground: the zones they answer for.
        doubts: theme key -> origins whose path is in doubt.

    Returns:
        Columns ``RELIABILITY_COLUMNS``, one row per theme and zone that has a share.
    """
    people = _People.of(ground)
    rows: list[tuple[object, ...]] = []
    for theme in themes:
        if (told := trials.get(theme.key)) is not None:
            rows += _of_theme(told, ground, people, doubts[theme.key])
    table = pd.DataFrame(rows, columns=list(RELIABILITY_COLUMNS))
    ranks = ["rang", "rang_min", "rang_max", "zones_classees"]
    return table.astype(dict.fromkeys(ranks, "Int64"))


@dataclass(frozen=True, eq=False, kw_only=True)
class _People:
    """The people of each zone, whatever can be measured of them.

    Attributes:
        gather: 0/1 matrix zones × origins.
        weight: people at each origin.
        unmeasured: part of the people of each zone.
        origins: inhabited ones of each zone.
    """

    gather: csr_matrix
    weight: NDArray[np.float64]
    unmeasured: NDArray[np.float64]
    origins: NDArray[np.int64]

    @classmethod
    def of(cls, ground: Ground) -> _People:
        """Sum them over the zones of ``ground``."""
        territory = ground.territory
        gather = zone_matrix(territory, ground.zones)
        weight = np.nan_to_num(territory.origins["population"].to_numpy(dtype="float64"))
        lost = ground.engine.unmeasured.notna().to_numpy()
        return cls(
            gather=gather,
            weight=weight,
            unmeasured=_part(gather, weight, lost),
            origins=(gather @ (weight > 0).astype("float64")).astype("int64"),
        )

    def part(self, origins: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the part of the people of each zone who are at some origins."""
        return _part(self.gather, self.weight, origins)


def _part(
    gather: csr_matrix, weight: NDArray[np.float64], origins: NDArray[np.bool_]
) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        result: NDArray[np.float64] = (gather @ (weight * origins)) / (gather @ weight)
    return result


def _of_theme(
    told: Trials, ground: Ground, people: _People, doubt: NDArray[np.bool_]
) -> Iterator[tuple[object, ...]]:
    """Yield one row per zone that has a share, columns ``RELIABILITY_COLUMNS``."""
    base = told.shares[BASE].to_numpy(dtype="float64")
    ranges = Ranges.of(told)
    near = range_of(told, *MEASURES, TrialKind.THRESHOLD)
    doubtful = people.part(doubt)
    ranks = rank_epci(told)
    names = " | ".join(name for name, kind in told.kinds.items() if kind not in ASIDE)
    zones = ground.zones
    heads = zones[["level", "code", "name", "perimeter"]].itertuples(index=False)
    for at, (zone, head) in enumerate(zip(zones.index, heads, strict=True)):
        if np.isnan(base[at]):
            continue
        rank = ranks.get(zone)
        evidence = Evidence(
            bracket=float(ranges.bracket.width[at]),
            corners=float(ranges.corners.width[at]),
            spread=float(ranges.spread.width[at]),
            near=float(near.width[at]),
            unmeasured=float(people.unmeasured[at]),
            doubtful=float(doubtful[at]),
            places=0 if rank is None else rank.places,
            ranked=0 if rank is None else rank.among,
            origins=int(people.origins[at]),
        )
        word, cause = judge(evidence)
        clauses = (
            ranges.tell(at, cause),
            because(evidence, cause, told.step),
            "" if rank is None else rank.tell(),
        )
        yield (
            told.theme, *head, word, typeset(" ; ".join(one for one in clauses if one)),
            base[at], ranges.spread.low[at], ranges.spread.high[at],
            *((None,) * 4 if rank is None else (rank.base, rank.low, rank.high, rank.among)),
            names,
        )  # fmt: skip


def with_reliability(coverages: Mapping[str, Coverage], table: pd.DataFrame) -> dict[str, Coverage]:
    """Fill ``fiabilite`` in every row of coverage that has a share beyond its threshold.

    Everybody's rows take the word of their zone. A row about another public takes it too, or a
    worse one when its own hypotheses are further apart (over 5 points: « ordre de grandeur » at
    best, over 20: « indicatif ») or hidden (« ordre de grandeur » at best): its people do not
    live where everybody does, but the same engine brought them.

    Args:
        coverages: theme key -> coverage.
        table: of :func:`reliability`.
    """
    words = table.set_index(["theme", *_KEYS])["fiabilite"]
    return {
        key: replace(coverage, table=_filled(coverage.table, words))
        for key, coverage in coverages.items()
    }


def _filled(table: pd.DataFrame, words: pd.Series) -> pd.DataFrame:
    keys = pd.MultiIndex.from_frame(table[["theme", *_KEYS]].astype("object"))
    found = words.reindex(keys).map({word: at for at, word in enumerate(_WORDS)})
    rank = found.to_numpy(dtype="float64")
    width = (table["part_hors_seuil_defavorable"] - table["part_hors_seuil_favorable"]).to_numpy(
        dtype="float64"
    )
    own = np.select(
        [width > BRACKET_WIDE + ROUNDING, ~(width <= SPREAD_CLOSE + ROUNDING)], [2, 1], 0
    )
    others = (table["public"] != Public.ALL).to_numpy()
    rank = np.where(others, np.fmax(rank, np.where(np.isnan(rank), np.nan, own)), rank)
    rank[table["part_hors_seuil"].isna().to_numpy()] = np.nan
    names = pd.Series(rank, index=table.index).map(dict(enumerate(_WORDS)))
    return table.assign(fiabilite=names.astype("str"))


def reliability_line(theme: Theme, table: pd.DataFrame) -> str:
    """Return the one line of a theme's page; empty without a share for the département.

    Args:
        theme: whose page.
        table: of :func:`reliability`.
    """
    rows = table[(table["theme"] == theme.key) & (table["maille"] == Level.DEPARTEMENT)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    reason = str(row["motif"])
    return typeset(
        f"Fiabilité du chiffre départemental : {row['fiabilite']}. "
        f"{reason[:1].upper()}{reason[1:]}."
    )
