"""The leverage curve: what each added site brings, drawn in lines and words alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from cartoallier.outputs.maps.cells import number

WIDTH, HEIGHT = 376, 208
"""Pixels."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 24, 40
_LABEL = 44
"""Pixels a figure takes over its point."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One number of sites: where it stands, and what is written over it."""

    x: float
    y: float
    label: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One graduation."""

    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A drawing ready for its template.

    Attributes:
        width: pixels.
        height: pixels.
        left: of the axis.
        right: of the axis.
        bottom: of the axis.
        top: of the axis.
        path: of the line.
        marks: one per number of sites.
        rows: graduations of the upright axis, a quiet line each.
        columns: graduations of the flat axis.
        title: what the upright axis measures, with its unit.
    """

    width: int
    height: int
    left: float
    right: float
    bottom: float
    top: float
    path: str
    marks: tuple[Mark, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    title: str


def draw_curve(
    curve: pd.DataFrame, *, column: str, title: str, chosen: int, decimals: int = 0
) -> Curve | None:
    """Draw a column of a curve against the number of added sites.

    Args:
        curve: columns ``CURVE_COLUMNS``.
        column: ``habitants_gagnes`` or ``minutes_moyennes``; the axis starts at zero.
        title: of the upright axis.
        chosen: number of sites of the answer, marked in solid ink.
        decimals: of the figures.

    Returns:
        ``None`` when fewer than two points are known.
    """
    known = curve[curve[column].notna()]
    if len(known) < 2:
        return None
    steps = _graduations(float(known[column].max()))
    last = float(known["sites"].max())
    wide, high = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    xs = [round(_LEFT + wide * float(n) / last, 1) for n in known["sites"]]
    ys = [round(_TOP + high * (1 - float(v) / steps[-1]), 1) for v in known[column]]
    written = _written(xs, known["sites"].tolist(), chosen)
    marks = tuple(
        Mark(
            x=x,
            y=y,
            label=number(value, decimals=decimals) if place in written else "",
            chosen=int(sites) == chosen,
        )
        for place, (x, y, value, sites) in enumerate(
            zip(xs, ys, known[column], known["sites"], strict=True)
        )
    )
    every = max(1, math.ceil(last * 24 / wide))
    return Curve(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        bottom=HEIGHT - _BOTTOM,
        top=_TOP,
        path="M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True)),
        marks=marks,
        rows=tuple(
            Tick(at=round(_TOP + high * (1 - step / steps[-1]), 1), label=_short(step))
            for step in steps
        ),
        columns=tuple(
            Tick(at=round(_LEFT + wide * n / last, 1), label=number(n))
            for n in range(0, int(last) + 1, every)
        ),
        title=title,
    )


def _graduations(most: float) -> list[float]:
    """Return round numbers from zero up to at least ``most``, four or five of them."""
    if most <= 0:
        return [0.0, 1.0]
    scale = 10 ** math.floor(math.log10(most / 4))
    step = next(scale * k for k in (1, 2, 2.5, 5, 10) if scale * k * 4 >= most)
    return [step * k for k in range(math.ceil(most / step - 1e-9) + 1)]


def _short(value: float) -> str:
    return number(value, decimals=0 if float(value).is_integer() else 1)


def _written(xs: list[float], sites: list[int], chosen: int) -> frozenset[int]:
    """Return the places of the points whose figure there is room for; the answer's comes first."""
    order = sorted(range(len(xs)), key=lambda i: (int(sites[i]) != chosen, -i))
    kept: list[int] = []
    for place in order:
        if int(sites[place]) and all(abs(xs[place] - xs[k]) >= _LABEL for k in kept):
            kept.append(place)
    return frozenset(kept)
