"""What the trials of a theme say: between which shares it stands, and how far ranks move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.trials import BASE, TrialKind, Trials
from cartoallier.diagnosis.evidence import Cause, Evidence
from cartoallier.model.french import NARROW, number, percent, plural

MEASURES = (
    TrialKind.BASE,
    TrialKind.BRACKET,
    TrialKind.CORNER,
    TrialKind.ENGINE,
    TrialKind.GRAIN,
)
"""Trials that measure the same quantity otherwise: between them lies the share.

A threshold moved, old records left out or another decay change the question: they are held against
ranks only. What the neighbours' sites bring is no doubt at all, people do go there: it is told
beside, in ``part_hors_seuil_sans_voisins``.
"""
ASIDE = (TrialKind.BORDER,)
"""Trials that neither a word nor a rank takes into account."""

_TOGETHER = "le détour et la vitesse"


def because(evidence: Evidence, cause: Cause, step: float) -> str:
    """Say what decides, when it is neither a range of shares nor a rank."""
    if cause is Cause.UNMEASURED:
        return f"{percent(evidence.unmeasured)} des habitants n’ont pas pu être mesurés"
    if cause is Cause.DOUBTFUL:
        return f"{percent(evidence.doubtful)} des habitants ont un trajet à vérifier"
    if cause is Cause.FEW:
        seen = plural(evidence.origins, "point de départ", "points de départ")
        moved = f"{step:g}".replace(".", ",")
        return f"{seen} seulement, et une part qui change si le seuil bouge de {moved} minutes"
    return ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Range:
    """Least and largest share of some trials, by zone; missing without such a trial."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def width(self) -> NDArray[np.float64]:
        """The difference."""
        return self.high - self.low


def range_of(told: Trials, *kinds: TrialKind) -> Range:
    """Return the least and largest share of the trials of these kinds, by zone."""
    shares = told.of(*kinds)
    return Range(
        low=shares.min(axis="columns").to_numpy(dtype="float64"),
        high=shares.max(axis="columns").to_numpy(dtype="float64"),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Ranges:
    """Between which shares the trials of one theme stand, and what changes between them.

    Attributes:
        bracket: the engine's two hypotheses.
        corners: detour and speed together.
        spread: every measure.
        bracket_words: French.
        spread_words: French.
    """

    bracket: Range
    corners: Range
    spread: Range
    bracket_words: str
    spread_words: str

    @classmethod
    def of(cls, told: Trials) -> Ranges:
        """Gather the shares of every trial by kind."""
        missing = np.full(len(told.shares), np.nan)
        none = Range(low=missing, high=missing)
        kinds = {kind for kind in MEASURES[1:] if told.of(kind).shape[1]}
        hypotheses = (TrialKind.BASE, TrialKind.BRACKET)
        words = "la façon de mesurer"
        if kinds == {TrialKind.BRACKET}:
            words = _hypotheses(told)
        elif kinds == {TrialKind.BRACKET, TrialKind.CORNER}:
            words = _TOGETHER
        return cls(
            bracket=range_of(told, *hypotheses) if TrialKind.BRACKET in kinds else none,
            corners=range_of(told, *hypotheses, TrialKind.CORNER)
            if TrialKind.CORNER in kinds
            else none,
            spread=range_of(told, *MEASURES),
            bracket_words=_hypotheses(told),
            spread_words=words,
        )

    def tell(self, at: int, cause: Cause) -> str:
        """Say the range that decides, else the whole."""
        if cause is Cause.BRACKET:
            shown, words = self.bracket, self.bracket_words
        elif cause is Cause.CORNERS:
            shown, words = self.corners, _TOGETHER
        else:
            shown, words = self.spread, self.spread_words
        least, most = _rounded(shown.low[at]), _rounded(shown.high[at])
        if least == most:
            return f"{least} dans tous les cas essayés"
        return f"{least} à {most} selon {words}"


def _hypotheses(told: Trials) -> str:
    """Name the engine's two hypotheses."""
    if (straight := told.straight) is not None:
        fast, slow = number(straight.favourable_kmh), number(straight.unfavourable_kmh)
        return f"la vitesse ({fast} à {slow} km/h)"
    bracket = told.bracket
    return f"l’hypothèse ({bracket.favourable_words} ou {bracket.unfavourable_words})"


def _rounded(share: float) -> str:
    """Write a share to the point, and say a part of one."""
    if 0 < share < 0.005:
        return "moins de 1 %".replace(" %", f"{NARROW}%")
    if 0.995 <= share < 1:
        return "plus de 99 %".replace(" %", f"{NARROW}%")
    return percent(share, decimals=0)


@dataclass(frozen=True, kw_only=True)
class Rank:
    """Rank of an EPCI, and what the trials make of it.

    Attributes:
        base: as measured.
        low: the best over trials of the share.
        high: the worst.
        decay: by how many ranks the index of access moves when its decay changes.
        among: how many EPCI.
    """

    base: int
    low: int
    high: int
    decay: int
    among: int

    @property
    def places(self) -> int:
        """By how many ranks the trials move it."""
        return max(self.high - self.low, self.decay)

    def tell(self) -> str:
        """Say how far it moves."""
        if not self.places:
            return "le rang ne bouge pas"
        if self.high - self.low < self.decay:
            moved = "d’une place" if self.decay == 1 else f"de {self.decay} places"
            return f"le rang de l’indice d’accès bouge {moved} selon la décroissance"
        if self.places == 1:
            return "le rang ne bouge que d’une place"
        best = "1re" if self.low == 1 else f"{self.low}e"
        return f"le rang va de la {best} à la {self.high}e place sur {self.among}"


def rank_epci(told: Trials) -> dict[object, Rank]:
    """Return the rank of each EPCI; none where all have the same share, or one stands alone."""
    first, last = told.first, told.last
    decays = [name for name in first.columns if told.kinds[name] is TrialKind.DECAY]
    shares = [name for name in first.columns if told.kinds[name] not in (TrialKind.DECAY, *ASIDE)]
    if BASE not in shares or first[BASE].nunique() < 2:
        return {}
    moved = _moved(first[shares], last[shares])
    low, high = moved.min(axis="columns").to_dict(), moved.max(axis="columns").to_dict()
    base = first[BASE].to_dict()
    by_index = _moved(first[decays], last[decays])
    decay = (by_index.max(axis="columns") - by_index.min(axis="columns")).fillna(0)
    return {
        zone: Rank(
            base=base[zone],
            low=low[zone],
            high=high[zone],
            decay=int(decay[zone]),
            among=len(first),
        )
        for zone in first.index
    }


def _moved(first: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Return the rank in each trial: that of the first wherever a tie lets a zone claim it."""
    if not first.shape[1]:
        return first
    ranks, worst = first.to_numpy(), last.to_numpy()
    own, own_worst = ranks[:, :1], worst[:, :1]
    apart = (ranks > own_worst) | (worst < own)
    return pd.DataFrame(np.where(apart, ranks, own), index=first.index, columns=first.columns)
