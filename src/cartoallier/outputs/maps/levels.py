"""The tints of a theme at other levels: EPCI, communes, « découpages », in the same classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from cartoallier.model import ClassCount, Indicator, Level, Run, Status, Theme
from cartoallier.model.french import NO_BREAK, listed, plural, typeset
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.cells import number
from cartoallier.outputs.maps.tints import Tint, inhabitants, need_reasons, threshold, tint_of

NOUNS = {str(Level.COMMUNE): "commune", str(Level.EPCI): "EPCI"}
"""How a level is named after « par »."""
STAND_IN = "(repère, faute d’indicateur propre au thème)"
"""Said of a need that is a trait of the public of the theme, none of its own being known."""


def other_levels(run: Run) -> tuple[str, ...]:
    """Return the names of the « découpages » of a run, in their order."""
    known = {str(level) for level in Level}
    found = dict.fromkeys(str(level) for level in run.territory.zones["level"])
    return tuple(level for level in found if level not in known)


def switched(run: Run, theme: Theme, made: tuple[Tint, ...]) -> tuple[Tint, ...]:
    """Return the tints of ``made`` at every other level that has figures for them.

    Nothing is measured: rows of ``couverture.csv`` and ``besoins.csv`` are put in the classes
    the tint already has, so that a colour says the same at each level.
    """
    levels = (str(Level.COMMUNE), str(Level.EPCI), *other_levels(run))
    makers = {"minutes": _minutes, "part": _share, "besoin": _need}
    found = []
    for tint in made:
        for rank, level in enumerate(levels):
            if tint.family not in makers or level == tint.level:
                continue
            other = makers[tint.family](run, theme, level, f"{tint.family}-{rank}")
            if other is not None:
                found.append(other)
    return tuple(found)


def _minutes(run: Run, theme: Theme, level: str, key: str) -> Tint | None:
    values = _figures(run, theme, level)["duree_min"].astype("float64")
    return _classed(
        run,
        key=key,
        level=level,
        name="durée d’accès",
        title=f"Durée moyenne d’accès au lieu le plus proche, par {NOUNS.get(level, level)}",
        values=values,
        classes=run.summaries[theme.key].access_classes,
        colours=palette.ACCESS,
    )


def _share(run: Run, theme: Theme, level: str, key: str) -> Tint | None:
    if level == Level.COMMUNE and not run.territory.gridded:
        return None  # with one origin a share is 0 or 1
    bound = threshold(run, theme)
    words = "au-delà du seuil" if bound is None else f"à plus de {number(bound)}{NO_BREAK}minutes"
    return _classed(
        run,
        key=key,
        level=level,
        name=f"part {words}",
        title=f"Part de la population {words}, par {NOUNS.get(level, level)}",
        values=100 * _figures(run, theme, level)["part_hors_seuil"].astype("float64"),
        classes=run.summaries[theme.key].share_classes,
        colours=palette.ACCESS,
    )


def _need(run: Run, theme: Theme, level: str, key: str) -> Tint | None:
    summary = run.summaries[theme.key]
    indicator = summary.need_indicator
    if indicator is None:
        return None
    rows = run.needs.of(indicator.id, level)
    rows = rows[rows["perimeter"] == "entier"].drop_duplicates("code").set_index("code")
    if 2 * rows["value"].notna().sum() < len(rows):
        return None  # drawn where it is published, not where most of it is secret
    less_is_more = indicator.direction == "-"
    tint = _classed(
        run,
        key=key,
        level=level,
        name=indicator.label,
        title=_need_title(indicator, rows, level, own=indicator.id in theme.indicators),
        values=rows["value"].astype("float64"),
        at_most=rows["status"].eq(Status.BELOW_FLOOR).fillna(value=False).astype("bool"),
        classes=summary.need_classes,
        colours=palette.NEED[::-1] if less_is_more else palette.NEED,
        reasons=need_reasons(rows.reset_index(), indicator.unit),
        notes=_need_notes(run, indicator, rows, level),
    )
    return tint and replace(tint, references=summary.need_references)


def _need_title(indicator: Indicator, rows: pd.DataFrame, level: str, *, own: bool) -> str:
    """Name the need as the summary does at its own level: estimated or not, years, stand-in."""
    known = rows[rows["value"].notna()]
    guessed = _estimated(known, indicator)
    words = " (estimation)" if guessed == len(known) else " (estimation en partie)"
    years = sorted(set(known["vintage"].dropna()) - {""})
    where = f"par {NOUNS.get(level, level)}" + ("" if own else f" {STAND_IN}")
    label = f"{indicator.label}{words if guessed else ''}"
    return ", ".join(filter(None, (label, listed(years) if years else "", where)))


def _need_notes(run: Run, indicator: Indicator, rows: pd.DataFrame, level: str) -> tuple[str, ...]:
    """Say under the legend what the values of this level are."""
    known = rows[rows["value"].notna()]
    notes = []
    if level == Level.EPCI and _straddled(run):
        notes.append("Valeur de l’EPCI entier, même quand il dépasse du département.")
    if indicator.direction == "-":
        notes.append("Foncé = valeur basse : là où elle est basse, le besoin est plus fort.")
    if guessed := _estimated(known, indicator):
        told = plural(guessed, "valeur est une estimation", "valeurs sont des estimations")
        notes.append(f"{told}, non publiée{'s' * (guessed > 1)} par le producteur.")
    years = known.loc[known["vintage"].fillna("").ne(""), "vintage"].value_counts().sort_index()
    if len(years) > 1:
        parts = (f"{year} : {number(count)}" for year, count in years[::-1].items())
        notes.append(f"Années mêlées, nombre de valeurs : {' ; '.join(parts)}.")
    return tuple(typeset(line) for line in notes)


def _estimated(known: pd.DataFrame, indicator: Indicator) -> int:
    """Count the estimations: said so, or « at most » more than the floor of publication."""
    guessed = known["status"].eq(Status.ESTIMATED)
    if indicator.floor is not None:
        guessed |= known["status"].eq(Status.BELOW_FLOOR) & (known["value"] > indicator.floor)
    return int(guessed.fillna(value=False).sum())


def _figures(run: Run, theme: Theme, level: str) -> pd.DataFrame:
    """Return one row per zone; an EPCI that straddles the border is shown by its inside part."""
    rows = run.coverages[theme.key].rows(level=level)
    rows = rows.sort_values("perimetre", kind="stable")  # entier < partie
    return rows.drop_duplicates("code", keep="last").set_index("code")


def _straddled(run: Run) -> bool:
    zones = run.territory.zones
    epci = zones[zones["level"] == Level.EPCI]
    return bool(epci["code"].duplicated().any())


def _classed(  # noqa: PLR0913 (keyword-only: one call per family)
    run: Run,
    *,
    key: str,
    level: str,
    name: str,
    title: str,
    values: pd.Series[float],
    classes: tuple[ClassCount, ...],
    colours: tuple[str, ...],
    at_most: pd.Series[bool] | None = None,
    reasons: dict[str, str] | None = None,
    notes: tuple[str, ...] = (),
) -> Tint | None:
    """Put values in classes that exist; a value that is only « at most » has the first or none."""
    people = inhabitants(run, level)
    values = values.reindex(people.index)
    if not classes or not values.notna().any():
        return None
    bounds = [one.lower for one in classes[1:]]
    position: pd.Series[Any] = pd.Series(
        np.searchsorted(bounds, values.to_numpy(dtype="float64"), side="right"),
        index=values.index,
        dtype="Int64",
    ).mask(values.isna())
    if at_most is not None and bounds:
        least = at_most.reindex(people.index, fill_value=False)
        position = position.mask(least & (values > bounds[0]))
        position = position.mask(least & (values <= bounds[0]), 0)
    held = [(position == rank).fillna(value=False) for rank in range(len(classes))]
    counts = tuple(
        ClassCount(
            label=one.label,
            lower=one.lower,
            upper=one.upper,
            communes=int(mine.sum()),
            inhabitants=round(float(people[mine].sum())),
        )
        for one, mine in zip(classes, held, strict=True)
    )
    return tint_of(
        key=key,
        name=typeset(f"{name}, par {NOUNS.get(level, level)}"),
        title=typeset(title),
        level=level,
        classes=position,
        counts=counts,
        colours=colours,
        people=people,
        reasons=reasons or {},
        notes=notes,
    )
