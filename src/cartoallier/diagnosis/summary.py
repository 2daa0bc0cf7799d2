"""The words and classes of one theme page, from its coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cartoallier.diagnosis import sentences
from cartoallier.diagnosis.actors import stale_sites
from cartoallier.diagnosis.classes import SHARE_BOUNDS, classify, round_values
from cartoallier.model import (
    AccessParameters,
    ClassCount,
    Coverage,
    Indicator,
    Level,
    Mode,
    Needs,
    Services,
    SourceRecord,
    Territory,
    Theme,
    ThemeSummary,
)

DEFAULT_NEED = "part_65_plus"
NO_CLASS: tuple[tuple[ClassCount, ...], pd.Series] = ((), pd.Series(dtype="Int64"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Context:
    """What every theme of a run is told against."""

    territory: Territory
    services: Services
    needs: Needs
    indicators: Mapping[str, Indicator]
    parameters: AccessParameters
    sources: tuple[SourceRecord, ...]
    decisions: Mapping[str, str]


def summarise(theme: Theme, coverage: Coverage, context: Context) -> ThemeSummary:
    """Put the coverage of ``theme`` into words and classes.

    Every figure is read from ``coverage``; nothing is measured again.
    """
    figures = sentences.Figures.of(theme, coverage)
    communes = coverage.rows(level=Level.COMMUNE).set_index("code")
    access_classes, access_class = NO_CLASS
    if communes["duree_min"].notna().any():
        access_classes, access_class = classify(
            communes["duree_min"], communes["population"], bounds=theme.classes, unit="min"
        )
    share_classes, share_class = _share_classes(coverage)
    indicator, need_classes, need_class = _need(theme, communes["population"], context)
    decision = context.decisions.get(theme.key, "")
    return ThemeSummary(
        headline=sentences.headline(figures),
        details=(
            *sentences.details(figures, context.parameters, decision),
            *sentences.without_old_records(figures, _old_records(coverage, context)),
        ),
        sentences=sentences.tell(figures, coverage),
        scope=sentences.scope(context.territory),
        reading=sentences.reading(figures, coverage, context.territory),
        sources=sentences.sources(coverage, context.services, context.sources),
        method=sentences.method(theme, context.parameters, gridded=context.territory.gridded),
        norms=sentences.norms(theme, decision),
        counted=_counted(theme, coverage),
        neighbours=_places(coverage.sites[coverage.sites["counted"] & ~coverage.sites["inside"]]),
        missing=tuple(
            kind.label for kind in theme.expected if kind.label not in set(coverage.sites["kind"])
        ),
        left_out=tuple(
            (str(reason), int(count))
            for reason, count in coverage.sites.loc[~coverage.sites["counted"], "reason"]
            .value_counts()
            .sort_index()
            .items()
        ),
        access_classes=access_classes,
        access_class=access_class,
        need_indicator=indicator,
        need_classes=need_classes,
        need_class=need_class,
        share_classes=share_classes,
        share_class=share_class,
        circles=round_values(float(communes["population_hors_seuil"].max())),
        share_beyond=figures.share_beyond,
    )


def _old_records(coverage: Coverage, context: Context) -> tuple[int, float] | None:
    return stale_sites(
        coverage,
        services=context.services,
        territory=context.territory,
        parameters=context.parameters,
    )


def _share_classes(coverage: Coverage) -> tuple[tuple[ClassCount, ...], pd.Series]:
    """Cut EPCI by share beyond the threshold; one that straddles is shown by its inside part."""
    epci = coverage.rows(level=Level.EPCI).sort_values("perimetre", kind="stable")
    inside = epci.drop_duplicates("code", keep="last").set_index("code")  # entier < partie
    if not inside["part_hors_seuil"].notna().any():
        return NO_CLASS
    return classify(
        100 * inside["part_hors_seuil"],
        inside["population"],
        bounds=[100 * bound for bound in SHARE_BOUNDS],
        unit="%",
    )


def _need(
    theme: Theme, population: pd.Series, context: Context
) -> tuple[Indicator | None, tuple[ClassCount, ...], pd.Series]:
    """Class the first need indicator of the theme that has figures for its communes.

    A theme of organisation has no need to draw.
    """
    keys = (*theme.indicators, DEFAULT_NEED) if theme.mode is not Mode.ORGANISATIONAL else ()
    for key in keys:
        indicator = context.indicators.get(key)
        if indicator is None or not indicator.breaks:
            continue
        values = context.needs.of(key, Level.COMMUNE).set_index("code")["value"]
        values = values.reindex(population.index)
        if values.notna().any():
            classes, position = classify(
                values, population, bounds=indicator.breaks, unit=indicator.unit
            )
            return indicator, classes, position
    return None, *NO_CLASS


def _counted(theme: Theme, coverage: Coverage) -> tuple[tuple[str, int], ...]:
    """Count the places of each kind in the département, in the order the theme expects them."""
    sites = coverage.sites[coverage.sites["counted"] & coverage.sites["inside"]]
    totals = {str(kind): _places(group) for kind, group in sites.groupby("kind")}
    order = dict.fromkeys([*(kind.label for kind in theme.expected), *totals])
    return tuple((kind, totals[kind]) for kind in order if kind in totals)


def _places(sites: pd.DataFrame) -> int:
    """Count distinct desks."""
    return int(sites["desk"].nunique())
