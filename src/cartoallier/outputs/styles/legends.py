"""Legends of a theme at every level, without the zones themselves: a country has many.

They say what the tints of the atlas say (a test compares both, zone by zone); the words of
legends are read from the same summaries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from cartoallier.model import ClassCount, Level, Mode, Run, Status, Theme, ThemeSummary
from cartoallier.model.french import typeset
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.levels import NOUNS, other_levels
from cartoallier.outputs.maps.tints import STATUS_WORDS, need_reasons, tints

UNTIMED = "durée inconnue"
"""What the atlas calls a commune whose need is known and whose duration is not."""
REASONS = {
    STATUS_WORDS[Status.SECRET]: Status.SECRET,
    STATUS_WORDS[Status.NOT_AVAILABLE]: Status.NOT_AVAILABLE,
}
"""What a zone without a value is called -> its status; the others are « non fourni »."""


@dataclass(frozen=True, kw_only=True)
class Legend:
    """The classes of one tint.

    Attributes:
        family: ``minutes``, ``part``, ``zone``, ``besoin`` or ``croise``.
        level: of the zones tinted.
        title: French.
        colours: of the classes.
        labels: of the classes.
        counts: bounds of the classes; empty when they are not intervals.
        missing: what zones without a class are called, those there are.
    """

    family: str
    level: str
    title: str
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    counts: tuple[ClassCount, ...] = ()
    missing: frozenset[str] = frozenset()


def theme_legends(run: Run, theme: Theme, levels: Sequence[str]) -> tuple[Legend, ...]:
    """Return the legends a theme has figures for.

    Args:
        run: whose theme it is.
        theme: one of its themes.
        levels: those drawn: see :func:`levels_drawn`.
    """
    summary = run.summaries[theme.key]
    return (
        *_measured(run, theme, summary, levels),
        *_covered(run, theme, summary),
        *_needed(run, summary, levels),
        *_crossed(run, theme, summary),
    )


def levels_drawn(run: Run) -> tuple[str, ...]:
    """Return the levels whose zones are drawn."""
    return (str(Level.COMMUNE), str(Level.EPCI), *other_levels(run))


def _cut(
    family: str, level: str, title: str, counts: tuple[ClassCount, ...], ramp: tuple[str, ...]
) -> Legend:
    colours = palette.ramp(ramp, len(counts)) if len(counts) != len(ramp) else ramp
    return Legend(
        family=family,
        level=level,
        title=typeset(f"{title}, par {NOUNS.get(level, level)}"),
        colours=colours,
        labels=tuple(one.label for one in counts),
        counts=counts,
    )


def _measured(
    run: Run, theme: Theme, summary: ThemeSummary, levels: Sequence[str]
) -> Iterator[Legend]:
    """Yield minutes and shares, at their first level, then at others that have figures."""
    timed = theme.mode == Mode.PROXIMITY and summary.access_class.notna().any()
    shared = summary.share_class.notna().any()
    for level in levels:
        rows = run.coverages[theme.key].rows(level=level)
        if timed and (level == Level.COMMUNE or rows["duree_min"].notna().any()):
            title = "Durée d’accès au lieu le plus proche"
            yield _cut("minutes", level, title, summary.access_classes, palette.ACCESS)
        apart = level != Level.COMMUNE or run.territory.gridded
        if shared and apart and (level == Level.EPCI or rows["part_hors_seuil"].notna().any()):
            title = "Part de la population au-delà du seuil"
            yield _cut("part", level, title, summary.share_classes, palette.ACCESS)


def _covered(run: Run, theme: Theme, summary: ThemeSummary) -> Iterator[Legend]:
    """Yield zones of eligibility, as the atlas tints them."""
    if theme.mode != Mode.ZONE:
        return
    alone = replace(summary, need_indicator=None, bivariate=None)
    made = tints(replace(run, summaries={theme.key: alone}), theme)
    for tint in made:
        if tint.family == "zone":
            shown = [row for row in tint.legend if row.swatch in tint.colours]
            yield Legend(
                family="zone",
                level=tint.level,
                title=tint.title,
                colours=tuple(row.swatch for row in shown),
                labels=tuple(row.label for row in shown),
                missing=frozenset(row.label for row in tint.legend if row not in shown),
            )


def need_rows(run: Run, indicator: str, level: str) -> pd.DataFrame:
    """Return the values of a need at a level, one row per zone."""
    rows = run.needs.of(indicator, level)
    return rows[rows["perimeter"] == "entier"].drop_duplicates("code")


def _needed(run: Run, summary: ThemeSummary, levels: Sequence[str]) -> Iterator[Legend]:
    indicator = summary.need_indicator
    if indicator is None or not summary.need_class.notna().any():
        return
    ramp = palette.NEED[::-1] if indicator.direction == "-" else palette.NEED
    for level in levels:
        rows = need_rows(run, indicator.id, level)
        if level != summary.need_level and not rows["value"].notna().any():
            continue
        legend = _cut("besoin", level, indicator.label, summary.need_classes, ramp)
        title = summary.need_title if level == summary.need_level else legend.title
        if level == Level.EPCI:
            title = f"{title} (EPCI entier)"
        yield replace(legend, title=title, missing=_words(rows))


def _words(rows: pd.DataFrame) -> frozenset[str]:
    """Return what the missing values of a need are called."""
    statuses = set(rows.loc[rows["value"].isna(), "status"])
    return frozenset(word for word, status in REASONS.items() if status.value in statuses)


def _crossed(run: Run, theme: Theme, summary: ThemeSummary) -> Iterator[Legend]:
    crossed, indicator = summary.bivariate, summary.need_indicator
    if crossed is None:
        return
    level = str(Level.COMMUNE)
    inside = run.territory.communes["inside"].astype("bool")
    none = crossed.position.reindex(inside.index[inside]).isna()
    codes = none.index[none]
    minutes = run.coverages[theme.key].rows(level=level).set_index("code")["duree_min"]
    untimed = minutes.reindex(codes).isna()
    words: frozenset[str] = frozenset()
    if indicator is not None:
        rows = need_rows(run, indicator.id, level).set_index("code").reindex(codes)
        low = (rows["status"] == Status.BELOW_FLOOR).fillna(value=False) & ~untimed
        vague = rows[low].rename_axis("code").reset_index()
        words = _words(rows) | frozenset(need_reasons(vague, indicator.unit).values())
        if (rows["value"].notna() & untimed).any():
            words |= {UNTIMED}
    yield Legend(
        family="croise",
        level=level,
        title=crossed.title or "Besoin et durée d’accès croisés, par commune",
        colours=tuple(colour for row in palette.BIVARIATE for colour in row),
        labels=tuple(
            typeset(f"{need} × {access}")
            for need in crossed.need_labels
            for access in crossed.access_labels
        ),
        missing=words,
    )
