"""The share beyond a threshold told again, each time with one choice of the measure changed.

What a committee contests is never the sum, always a choice: the speed, the detour, the threshold,
the grain, the border. A trial changes one and gives the same figure of every zone, and the rank
it gives each EPCI. Sources: OECD and JRC, *Handbook on Constructing Composite Indicators*, 2008
(ranks under changed choices); S. Openshaw, *The Modifiable Areal Unit Problem*, 1984 (grain).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.engine import Bracket, Floats
from cartoallier.access.people import People, beyond
from cartoallier.access.subsets import Ground
from cartoallier.model import AccessParameters, Coverage, Level, Mode
from cartoallier.model.french import number, typeset

DETOURS = (1.2, 1.5)
"""Road over straight line, favourable and unfavourable (DOMAIN §4.3)."""
STEP_MINUTES, STEP_SHARE = 5.0, 0.25
BASE = "retenu"
_TIE_DECIMALS = 9


class TrialKind(StrEnum):
    """What a trial changes."""

    BASE = "rien"
    BRACKET = "hypothèse"
    CORNER = "détour et vitesse ensemble"
    ENGINE = "moteur"
    GRAIN = "point de départ"
    THRESHOLD = "seuil"
    BORDER = "lieux voisins"
    AGE = "fiches anciennes"
    DECAY = "décroissance"


@dataclass(frozen=True, eq=False, kw_only=True)
class Trials:
    """One theme, every trial.

    Attributes:
        theme: its key.
        shares: index of the zones, one column per trial (French name), :data:`BASE` first: part
            of the people beyond the threshold, 0-1; missing where the trial says nothing of the
            zone. A trial of decay has no share.
        kinds: name of each trial -> what it changes, decay included.
        first: index = zones of the EPCI that are ranked, one column per trial that ranks them
            all: the best rank a zone may claim, 1 = largest share (or lowest access index).
        last: the worst it may claim; it differs from ``first`` for zones at a tie.
        bracket: of the engine, for words.
        straight: parameters of plain straight lines, when minutes are made so.
        step: how many minutes the threshold was moved by.
    """

    theme: str
    shares: pd.DataFrame
    kinds: dict[str, TrialKind]
    first: pd.DataFrame
    last: pd.DataFrame
    bracket: Bracket
    straight: AccessParameters | None
    step: float

    def of(self, *kinds: TrialKind) -> pd.DataFrame:
        """Return the shares of the trials of these kinds."""
        return self.shares[[n for n in self.shares.columns if self.kinds[n] in kinds]]


@dataclass(frozen=True, eq=False, kw_only=True)
class OtherMeasures:
    """The same theme measured otherwise, by whoever could: each is one more trial.

    Attributes:
        engines: French name of another engine (« vol d’oiseau ») -> coverage by it.
        grains: French name of another grain (« mairies ») -> coverage from its origins. It says
            nothing of a commune, which one of the two may see from a single point.
        freshness: rows of ``fraicheur.csv`` about the theme: département and EPCI without records
            of over two years.
        indices: index of the zones, one column per decay (« marches », « gaussienne »): an index
            of access, larger = better. Ranks by the others are held against those by the first.
    """

    engines: Mapping[str, Coverage] = field(default_factory=dict)
    grains: Mapping[str, Coverage] = field(default_factory=dict)
    freshness: pd.DataFrame | None = None
    indices: pd.DataFrame | None = None


NOTHING_ELSE = OtherMeasures()


def trials(
    coverage: Coverage,
    *,
    ground: Ground,
    straight: AccessParameters | None = None,
    others: OtherMeasures = NOTHING_ELSE,
) -> Trials | None:
    """Measure the share beyond the threshold again, one choice changed at a time.

    - the engine's favourable and unfavourable hypotheses;
    - with plain straight lines, detour and speed together: 1.2 at the favourable speed, 1.5 at
      the unfavourable one. Minutes are detour x distance / speed, floor included, so a ratio of
      the minutes already known is exact;
    - the threshold t moved by min(5, t / 4) minutes, down and up: 5 minutes from 20 on, a
      quarter below, where 5 minutes would be another norm;
    - without neighbours' sites (not for zones that hold people beyond the border);
    - everything of ``others``.

    Ranks are those of the EPCI, by the part inside the département of one that straddles: 1 is
    the largest share beyond. Equal shares share their best rank, and may claim any rank of the
    tie. A trial that lacks the share of a ranked EPCI ranks none.

    No site is searched again. Complexity: O(origins + zones) per trial.

    Args:
        coverage: of the theme.
        ground: zones to answer for, and the engine of the measure.
        straight: parameters, when the engine is straight lines without calibration.
        others: the theme measured otherwise.

    Returns:
        ``None`` when the theme has no share beyond a threshold.
    """
    bounds = coverage.table["seuil_min"].dropna()
    if coverage.mode is not Mode.PROXIMITY or bounds.empty:
        return None
    zones = ground.zones
    base = _by_zone(coverage, "part_hors_seuil", zones)
    if np.isnan(base).all():
        return None
    threshold = float(bounds.iloc[0])
    step = min(STEP_MINUTES, threshold * STEP_SHARE)
    told = [
        (BASE, TrialKind.BASE, base),
        *_hypotheses(coverage, zones, ground.engine.bracket),
        *_again(coverage, ground.people, straight=straight, threshold=threshold, step=step),
        *_elsewhere(others, zones),
    ]
    told = [(typeset(name), kind, values) for name, kind, values in told]
    shares = pd.DataFrame({name: values for name, _, values in told}, index=zones.index)
    kinds = {name: kind for name, kind, _ in told}
    indices = pd.DataFrame(index=zones.index)
    if others.indices is not None:
        indices = others.indices.reindex(zones.index).add_prefix("indice d’accès, ")
        kinds |= dict.fromkeys(indices.columns, TrialKind.DECAY)
    ranked = zones.index[_ranked(zones) & ~np.isnan(base)]
    order = pd.concat([-shares, indices], axis="columns").loc[ranked].round(_TIE_DECIMALS)
    order = order.loc[:, order.notna().all()]
    return Trials(
        theme=coverage.theme,
        shares=shares,
        kinds=kinds,
        first=order.rank(method="min").astype("int64"),
        last=order.rank(method="max").astype("int64"),
        bracket=ground.engine.bracket,
        straight=straight,
        step=step,
    )


_Trial = tuple[str, TrialKind, Floats]


def _hypotheses(coverage: Coverage, zones: pd.DataFrame, bracket: Bracket) -> Iterator[_Trial]:
    """Return what the measure already gives."""
    for name, kind, column in (
        (f"favorable : {bracket.favourable_words}", TrialKind.BRACKET, "favorable"),
        (f"défavorable : {bracket.unfavourable_words}", TrialKind.BRACKET, "defavorable"),
        ("sans les lieux voisins", TrialKind.BORDER, "sans_voisins"),
    ):
        values = _by_zone(coverage, f"part_hors_seuil_{column}", zones)
        if not np.isnan(values).all():
            yield name, kind, values


def _again(
    coverage: Coverage,
    people: People,
    *,
    straight: AccessParameters | None,
    threshold: float,
    step: float,
) -> Iterator[_Trial]:
    """Hold the minutes, as they are or in proportion, against a threshold."""
    asked = [
        (f"seuil de {_minutes(bound)}", TrialKind.THRESHOLD, 1.0, bound)
        for bound in (threshold - step, threshold + step)
    ]
    if straight is not None:
        # a detour chosen out of the usual range is still within its own bracket
        low, high = min(DETOURS[0], straight.detour), max(DETOURS[1], straight.detour)
        for detour, speed in ((low, straight.favourable_kmh), (high, straight.unfavourable_kmh)):
            name = f"détour {number(detour, decimals=2)} et {number(speed)} km/h"
            ratio = detour / straight.detour * straight.speed_kmh / speed
            asked.append((name, TrialKind.CORNER, ratio, threshold))
    minutes = coverage.origins["minutes"].to_numpy(dtype="float64")
    far = np.column_stack([beyond(minutes * ratio, bound) for _, _, ratio, bound in asked])
    counted = people.gather @ (np.nan_to_num(people.weight)[:, None] * far)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = counted / people.total()[:, None]
    for position, (name, kind, _, _) in enumerate(asked):
        yield name, kind, found[:, position]


def _elsewhere(others: OtherMeasures, zones: pd.DataFrame) -> Iterator[_Trial]:
    """Return what other measures give of the same zones."""
    for name, coverage in others.engines.items():
        yield f"moteur : {name}", TrialKind.ENGINE, _by_zone(coverage, "part_hors_seuil", zones)
    several = (zones["level"] != Level.COMMUNE).to_numpy()
    for name, coverage in others.grains.items():
        values = _by_zone(coverage, "part_hors_seuil", zones)
        yield f"départ : {name}", TrialKind.GRAIN, np.where(several, values, np.nan)
    fresh = others.freshness
    if fresh is not None and (fresh["fiches_anciennes"] > 0).any():
        values = _aligned(fresh, "part_hors_seuil_recents", zones)
        yield "sans les fiches de plus de deux ans", TrialKind.AGE, values


def _by_zone(coverage: Coverage, column: str, zones: pd.DataFrame) -> Floats:
    """Return a column of the rows about everybody, in the order of ``zones``."""
    table = coverage.table
    return _aligned(table[table["public"] == "ensemble"], column, zones)


def _aligned(table: pd.DataFrame, column: str, zones: pd.DataFrame) -> Floats:
    keys = pd.MultiIndex.from_frame(table[["maille", "code", "perimetre"]].astype("object"))
    wanted = pd.MultiIndex.from_frame(zones[["level", "code", "perimeter"]].astype("object"))
    values = pd.Series(table[column].to_numpy(dtype="float64"), index=keys)
    result: Floats = values.reindex(wanted).to_numpy(dtype="float64")
    return result


def _ranked(zones: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which zones are ranked: EPCI, by the inside part of one that straddles."""
    epci = zones[zones["level"] == Level.EPCI].sort_values("perimeter", kind="stable")
    chosen = epci.drop_duplicates("code", keep="last").index  # entier < partie
    return zones.index.isin(chosen)


def _minutes(bound: float) -> str:
    return f"{bound:g}\u00a0min".replace(".", ",")
