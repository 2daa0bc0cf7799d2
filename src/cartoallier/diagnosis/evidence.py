"""The rule: from what the trials give of one share to one word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cartoallier.model import INDICATIVE, ORDER, RELIABLE

BRACKET_WIDE, CORNERS_WIDE, SPREAD_CLOSE = 0.20, 0.40, 0.05
UNMEASURED_MANY, UNMEASURED_FEW = 0.05, 0.01
DOUBTFUL_MANY, DOUBTFUL_FEW = 0.20, 0.05
PLACES_CLOSE = 1
FEW_ORIGINS = 5
ROUNDING = 1e-9


class Cause(StrEnum):
    """What decides a word."""

    NONE = ""
    UNMEASURED = "unmeasured"
    BRACKET = "bracket"
    CORNERS = "corners"
    DOUBTFUL = "doubtful"
    RANK = "rank"
    SPREAD = "spread"
    FEW = "few"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of one share; parts 0-1, larger is always worse but for ``origins``.

    Attributes:
        bracket: between the engine's favourable and unfavourable hypotheses.
        corners: likewise with detour and speed together; missing but for plain straight lines.
        spread: between the least and the largest of all :data:`MEASURES`.
        near: the same, with the threshold moved too.
        unmeasured: part of the people the engine cannot measure.
        doubtful: part of the people whose path is in doubt.
        places: by how many ranks the trials move an EPCI.
        ranked: how many EPCI are ranked; 0: this zone is not.
        origins: inhabited origins of the zone.
    """

    bracket: float
    corners: float
    spread: float
    near: float
    unmeasured: float
    doubtful: float
    places: int
    ranked: int
    origins: int


def judge(evidence: Evidence) -> tuple[str, Cause]:
    """Return the word of one share, and what decides it.

    « indicatif », for the first that holds:

    1. over 5 % of the people are not measured;
    2. over 20 points lie between the favourable and unfavourable hypotheses;
    3. with plain straight lines, over 40 between detour 1.2 at the favourable speed and detour
       1.5 at the unfavourable one;
    4. over 20 % of the people have a path in doubt;
    5. the rank of the EPCI moves by more than a third of the places (and more than one).

    « solide », when all hold: every measure of the share (hypotheses, detour and speed together,
    other engine, other grain) within 5 points; 1 % of the people unmeasured at most; 5 % with a
    path in doubt at most; a rank that moves by one place at most; and, in a zone seen from fewer
    than 5 inhabited origins, a threshold moved either way that changes the share by 5 points at
    most: its people live some minutes around those points.

    « ordre de grandeur » otherwise. Bounds are the project's own, said as such: no source sets
    them. More doubt never gives a better word.
    """
    e = evidence
    wide = {
        Cause.UNMEASURED: _over(e.unmeasured, UNMEASURED_MANY),
        Cause.BRACKET: _over(e.bracket, BRACKET_WIDE),
        Cause.CORNERS: _over(e.corners, CORNERS_WIDE),
        Cause.DOUBTFUL: _over(e.doubtful, DOUBTFUL_MANY),
        Cause.RANK: e.places > max(PLACES_CLOSE, e.ranked / 3),
    }
    for cause, holds in wide.items():
        if holds:
            return INDICATIVE, cause
    loose = {
        Cause.SPREAD: not _within(e.spread, SPREAD_CLOSE) or not _within(e.bracket, SPREAD_CLOSE),
        Cause.UNMEASURED: not _within(e.unmeasured, UNMEASURED_FEW),
        Cause.DOUBTFUL: not _within(e.doubtful, DOUBTFUL_FEW),
        Cause.RANK: e.places > PLACES_CLOSE,
        Cause.FEW: e.origins < FEW_ORIGINS and not _within(e.near, SPREAD_CLOSE),
    }
    for cause, holds in loose.items():
        if holds:
            return ORDER, cause
    return RELIABLE, Cause.NONE


def _over(value: float, bound: float) -> bool:
    """Tell whether a known value is above a bound."""
    return value > bound + ROUNDING


def _within(value: float, bound: float) -> bool:
    """Tell whether a value is known and at most a bound."""
    return value <= bound + ROUNDING
