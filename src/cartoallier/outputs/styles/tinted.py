"""Renderers made of the tints of the atlas: the same classes, colours and labels."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from cartoallier.model import Indicator, Run, Status
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.tints import STATUS_WORDS, UNMEASURED, need_reasons
from cartoallier.outputs.styles.legends import REASONS, UNTIMED, Legend, need_rows
from cartoallier.outputs.styles.renderers import Categorised, Class, Graduated, Where
from cartoallier.outputs.styles.symbols import Dotted, Hatched, Stroke, Tinted

FAR_UNDER = -1e12
"""Under any value of an indicator that may be negative."""
COVERED = "part_couverte"
CROSSED = "croisement"


def intervals(legend: Legend, stroke: Stroke) -> tuple[Class, ...]:
    """Return the classes of a legend that cuts a number, bounds as it has them."""
    return tuple(
        Class(
            label=label,
            symbol=Tinted(fill=colour, stroke=stroke),
            lower=one.lower if math.isfinite(one.lower) else None,
            upper=one.upper if math.isfinite(one.upper) else None,
        )
        for label, colour, one in zip(legend.labels, legend.colours, legend.counts, strict=True)
    )


def hatched(label: str, stroke: Stroke, *where: Where) -> Class:
    """Return the class of what has no figure."""
    return Class(label=label, symbol=Hatched(stroke=stroke), where=where, missing=True)


def measured(legend: Legend, stroke: Stroke, *, column: str, factor: float = 1) -> Graduated:
    """Return minutes or shares: their classes, then « sans mesure »."""
    return Graduated(
        column=column,
        factor=factor,
        classes=intervals(legend, stroke),
        gaps=(hatched(UNMEASURED, stroke),),
    )


def needed(
    run: Run,
    legend: Legend,
    stroke: Stroke,
    *,
    indicator: Indicator,
    column: str,
    status: str,
) -> Graduated:
    """Return a need: its classes, then each reason a zone has none.

    Args:
        run: whose need it is.
        legend: its classes, at its level.
        stroke: around zones.
        indicator: the need.
        column: that holds its value.
        status: column that says why there is none.
    """
    classes = intervals(legend, stroke)
    low = _at_most(run, indicator, legend.level)
    first = classes[0].upper
    at_most = Where(column=status, sign="=", value=Status.BELOW_FLOOR.value)
    vague = low[low["value"] > first] if first is not None else low.iloc[:0]
    gaps = (
        *_vague(vague, stroke, indicator=indicator, column=column, status=status),
        *_reasons(legend, stroke, status=status),
        # every tint with reasons calls the rest so, even a zone the file does not name
        hatched(STATUS_WORDS[Status.ABSENT], stroke),
    )
    known = run.needs.values.loc[run.needs.values["indicator"] == indicator.id, "value"].dropna()
    negative = bool((known < 0).any()) or any((one.lower or 0) < 0 for one in classes)
    sure = Where(column=column, sign="<=", value=first) if first is not None else None
    return Graduated(
        column=column,
        classes=classes,
        gaps=gaps,
        lowest=FAR_UNDER if negative else 0.0,
        first=(at_most, sure) if len(low) and sure is not None else (),
    )


def _at_most(run: Run, indicator: Indicator, level: str) -> pd.DataFrame:
    """Return the rows whose value is only the most it can be."""
    rows = need_rows(run, indicator.id, level)
    return rows[rows["status"] == Status.BELOW_FLOOR]


def _vague(
    rows: pd.DataFrame, stroke: Stroke, *, indicator: Indicator, column: str, status: str
) -> list[Class]:
    """Return the classes of « so much at most » that no interval holds, by what is said of it."""
    said = need_reasons(rows, indicator.unit)
    spans: dict[str, list[float]] = {}
    for code, value in zip(rows["code"], rows["value"], strict=True):
        spans.setdefault(said[str(code)], []).append(float(value))
    return [
        hatched(
            label,
            stroke,
            Where(column=status, sign="=", value=Status.BELOW_FLOOR.value),
            Where(column=column, sign=">=", value=min(values)),
            Where(column=column, sign="<=", value=max(values)),
        )
        for label, values in sorted(spans.items())
    ]


def _reasons(legend: Legend, stroke: Stroke, *, status: str) -> list[Class]:
    """Return the classes of what a status leaves without a value, those the legend names."""
    found = []
    for word, reason in REASONS.items():
        if word in legend.missing:
            where = Where(column=status, sign="=", value=reason.value)
            secret = reason == Status.SECRET
            pattern = Dotted(stroke=stroke) if secret else Hatched(stroke=stroke)
            found.append(Class(label=word, symbol=pattern, where=(where,), missing=True))
    return found


def crossed(
    run: Run, legend: Legend, stroke: Stroke, *, indicator: Indicator | None
) -> Categorised:
    """Return the three by three of need and access: positions 0 to 8, then why some have none."""
    none = Where(column=CROSSED, sign="null")
    cells = tuple(
        Class(
            label=label,
            symbol=Tinted(fill=colour, stroke=stroke),
            where=(Where(column=CROSSED, sign="=", value=rank),),
        )
        for rank, (label, colour) in enumerate(zip(legend.labels, legend.colours, strict=True))
    )
    gaps = _reasons(legend, stroke, status="besoin_statut")
    gaps = [replace(gap, where=(none, *gap.where)) for gap in gaps]
    if UNTIMED in legend.missing:
        known = Where(column="besoin", sign="known")
        gaps.append(hatched(UNTIMED, stroke, none, known, Where(column="duree_min", sign="null")))
    if indicator is not None:
        low = _at_most(run, indicator, legend.level)
        vague = _vague(low, stroke, indicator=indicator, column="besoin", status="besoin_statut")
        timed = Where(column="duree_min", sign="known")
        said = [gap for gap in vague if gap.label in legend.missing]
        gaps += [replace(gap, where=(none, timed, *gap.where)) for gap in said]
    rest = hatched(STATUS_WORDS[Status.ABSENT], stroke)
    return Categorised(column=CROSSED, classes=(*cells, *gaps, rest))


def covered(legend: Legend, stroke: Stroke) -> Categorised:
    """Return communes in, partly in and out of the zones declared."""
    parts = {
        "couverte": (Where(column=COVERED, sign=">=", value=1),),
        "en_partie": (
            Where(column=COVERED, sign=">", value=0),
            Where(column=COVERED, sign="<", value=1),
        ),
        "non_couverte": (Where(column=COVERED, sign="<=", value=0),),
    }
    labels = dict(zip(legend.colours, legend.labels, strict=True))
    classes = tuple(
        Class(label=labels[colour], symbol=Tinted(fill=colour, stroke=stroke), where=parts[key])
        for key, colour in palette.COVERED.items()
        if colour in labels
    )
    absent = min(legend.missing, default="aucune zone déclarée")
    rest = hatched(absent, stroke, Where(column=COVERED, sign="null"))
    return Categorised(classes=(*classes, rest))
