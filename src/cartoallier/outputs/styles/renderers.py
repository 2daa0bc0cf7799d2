"""What a style draws: its classes, each with what puts a feature in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cartoallier.outputs.styles.symbols import Symbol

NEAR = 2.0**-50
"""QGIS takes two numbers closer than this for the same (``qgsDoubleNear``, 4 × DBL_EPSILON)."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """One condition on a column; ``value`` is not read by ``null`` and ``known``.

    Attributes:
        column: name.
        sign: ``=``, ``>``, ``>=``, ``<``, ``<=``, ``null``, ``known``, ``other`` (anything
            but the value, nothing included) or ``listed`` (the value is one of those the column
            holds, separated by ``, ``).
        value: number, text or truth.
        factor: what the column is multiplied by before.
    """

    column: str
    sign: str
    value: float | str | bool = ""
    factor: float = 1


@dataclass(frozen=True, kw_only=True)
class Class:
    """One class: a symbol, a label, and what puts a feature in it.

    Attributes:
        label: French.
        symbol: drawn.
        where: conditions, all of which must hold.
        lower: lowest value, included; ``None`` when the class is not an interval.
        upper: highest value, excluded.
        missing: it holds what has no figure.
    """

    label: str
    symbol: Symbol
    where: tuple[Where, ...] = ()
    lower: float | None = None
    upper: float | None = None
    missing: bool = False


@dataclass(frozen=True, kw_only=True)
class Single:
    """The same symbol for all."""

    symbol: Symbol
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Graduated:
    """Intervals of a number, then classes of what has none: the first that holds wins.

    Attributes:
        column: what is cut.
        factor: what it is multiplied by before (100 for a share told in percent).
        classes: intervals, increasing.
        gaps: of what has no class among these; the last takes the rest.
        lowest: under any value, the first interval begins there when it has no lower bound.
        first: what is put in the first interval whatever its value: « at most » so much.
    """

    column: str
    factor: float = 1
    classes: tuple[Class, ...]
    gaps: tuple[Class, ...] = ()
    lowest: float = 0.0
    first: tuple[Where, ...] = ()

    @property
    def all_classes(self) -> tuple[Class, ...]:
        """Every line of the legend, in its order."""
        return (*self.classes, *self.gaps)


@dataclass(frozen=True, kw_only=True)
class Categorised:
    """Classes told one by one: the first whose conditions hold wins; others draw nothing.

    Attributes:
        classes: each with its conditions.
        column: when every class is one value of this column, or has no condition (the rest).
    """

    classes: tuple[Class, ...]
    column: str = ""

    @property
    def all_classes(self) -> tuple[Class, ...]:
        """Every line of the legend, in its order."""
        return self.classes


@dataclass(frozen=True, kw_only=True)
class Circles:
    """Circles of people, the largest behind.

    Attributes:
        column: how many people.
        label: over the legend.
        values: round numbers of the legend, increasing.
        scale: millimetres across of a circle of one.
    """

    column: str
    label: str
    values: tuple[int, ...]
    scale: float


Renderer = Single | Graduated | Categorised | Circles


def under(bound: float) -> float:
    """Return the greatest number that QGIS holds for less than ``bound``.

    An interval of QGIS holds both its ends, and what is nearer than :data:`NEAR` to them.
    """
    below = min(bound - NEAR, math.nextafter(bound, -math.inf))
    return below if bound - below >= NEAR else math.nextafter(below, -math.inf)
