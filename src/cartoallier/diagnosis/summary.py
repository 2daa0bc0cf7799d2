"""The words and classes of one theme page, from its coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from cartoallier.access import Engine
from cartoallier.diagnosis import sentences
from cartoallier.diagnosis.actors import stale_sites
from cartoallier.diagnosis.bivariate import NeedSide, cross
from cartoallier.diagnosis.classes import (
    SHARE_BOUNDS,
    NeedCut,
    classify,
    natural_bounds,
    round_values,
)
from cartoallier.diagnosis.composites import national
from cartoallier.diagnosis.need_words import (
    DrawnNeed,
    awaited,
    need_notes,
    need_reading,
    need_references,
    need_sources,
    need_title,
    need_where_far,
    undrawn,
    years_note,
)
from cartoallier.diagnosis.travel_words import divided_communes, travelled
from cartoallier.model import (
    AccessParameters,
    Calibration,
    ClassCount,
    Coverage,
    Indicator,
    Level,
    Mode,
    Needs,
    Services,
    SourceRecord,
    Status,
    Territory,
    Theme,
    ThemeSummary,
)

NATURAL = "seuils naturels (Fisher-Jenks)"
NO_CLASS: tuple[tuple[ClassCount, ...], pd.Series] = ((), pd.Series(dtype="Int64"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Context:
    """What every theme of a run is told against.

    Attributes:
        engine: of the measure.
        services: that were measured.
        needs: protected.
        indicators: id -> indicator.
        parameters: of access.
        sources: every input.
        decisions: theme key -> the committee's threshold in words.
        calibration: of straight lines on roads, when there is one.
        roads: the road file, as pages name it; empty without one.
        cuts: (indicator, level) -> where the classes of a need are cut, see :func:`cut_needs`;
            what it lacks is cut when it is drawn.
    """

    engine: Engine
    services: Services
    needs: Needs
    indicators: Mapping[str, Indicator]
    parameters: AccessParameters
    sources: tuple[SourceRecord, ...]
    decisions: Mapping[str, str]
    calibration: Calibration | None = None
    roads: str = ""
    cuts: Mapping[tuple[str, str], NeedCut] = field(default_factory=dict)

    @property
    def territory(self) -> Territory:
        """Where."""
        return self.engine.territory


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
    need = _need(theme, coverage, context)
    divided = divided_communes(context.territory)
    decision = context.decisions.get(theme.key, "")
    return ThemeSummary(
        headline=sentences.headline(figures),
        details=(
            *sentences.details(figures, context.engine.bracket, decision, coverage=coverage),
            *sentences.without_old_records(figures, _old_records(coverage, context)),
            *([need.undrawn] if need.undrawn else []),
        ),
        sentences=sentences.tell(
            figures,
            coverage,
            need=_where_far(need, coverage, averaged=context.territory.gridded or bool(divided)),
        ),
        scope=sentences.scope(context.territory),
        reading=sentences.reading(
            figures, coverage, context.territory, by_road=context.parameters.engine == "route"
        ),
        sources=sentences.sources(coverage, context.services, context.sources, also=need.sources),
        method=sentences.method(
            theme,
            travelled(
                context.parameters,
                gridded=context.territory.gridded,
                calibration=context.calibration,
                roads=context.roads,
                divided=divided,
            ),
        ),
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
        need_indicator=need.indicator,
        need_classes=need.classes,
        need_class=need.position,
        need_level=need.level,
        need_title=need.title,
        need_notes=need.notes,
        need_reading=need.reading,
        need_references=need.references,
        share_classes=share_classes,
        share_class=share_class,
        circles=round_values(float(communes["population_hors_seuil"].max())),
        share_beyond=figures.share_beyond,
        bivariate=cross(theme, coverage, need.side) if need.side is not None else None,
    )


def _old_records(coverage: Coverage, context: Context) -> tuple[int, float] | None:
    return stale_sites(
        coverage,
        services=context.services,
        engine=context.engine,
    )


def _inside(coverage: Coverage) -> pd.DataFrame:
    """Return one row per EPCI; one that straddles is shown by its inside part."""
    epci = coverage.rows(level=Level.EPCI).sort_values("perimetre", kind="stable")
    return epci.drop_duplicates("code", keep="last").set_index("code")  # entier < partie


def _share_classes(coverage: Coverage) -> tuple[tuple[ClassCount, ...], pd.Series]:
    """Cut EPCI by share beyond the threshold."""
    inside = _inside(coverage)
    if not inside["part_hors_seuil"].notna().any():
        return NO_CLASS
    return classify(
        100 * inside["part_hors_seuil"],
        inside["population"],
        bounds=[100 * bound for bound in SHARE_BOUNDS],
        unit="%",
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Need:
    """What a theme draws as its need: see the fields ``need_…`` of a summary.

    Attributes:
        sources: words of each source -> its line.
        drawn: what words are made of; ``None`` where nothing is drawn.
        undrawn: why nothing is, in one line.
        side: what the 3 × 3 map crosses; ``None`` where the need is not drawn by commune.
    """

    indicator: Indicator | None = None
    classes: tuple[ClassCount, ...] = ()
    position: pd.Series = field(default_factory=lambda: pd.Series(dtype="Int64"))
    level: str = Level.COMMUNE.value
    title: str = ""
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    reading: str = ""
    references: tuple[str, ...] = ()
    drawn: DrawnNeed | None = None
    undrawn: str = ""
    side: NeedSide | None = None


def cut_needs(
    themes: Iterable[Theme], coverages: Mapping[str, Coverage], context: Context
) -> dict[tuple[str, str], NeedCut]:
    """Cut each need that the themes may draw, once: Fisher-Jenks is slow, and themes share them.

    Args:
        themes: to be summarised.
        coverages: theme key -> coverage.
        context: of the run; its own ``cuts`` stand.

    Returns:
        (indicator, level) -> where its classes are cut, for :attr:`Context.cuts`.
    """
    cuts = dict(context.cuts)
    for theme in themes:
        for one in _candidates(theme, coverages[theme.key], context):
            key = (one.indicator.id, one.level)
            if key not in cuts:
                cuts[key] = _cut(one, context.needs)
            if cuts[key].bounds:
                break
    return cuts


@dataclass(frozen=True, eq=False, kw_only=True)
class _Candidate:
    """An indicator known for half of the zones of a level: its rows, and people, by zone."""

    indicator: Indicator
    level: Level
    rows: pd.DataFrame
    inhabitants: pd.Series

    @property
    def at_most(self) -> pd.Series:
        """Zones whose value is only the most it can be."""
        return self.rows["status"].eq(Status.BELOW_FLOOR).fillna(value=False).astype("bool")


def _candidates(theme: Theme, coverage: Coverage, context: Context) -> Iterator[_Candidate]:
    """Give what a theme may draw as its need, best first.

    An indicator is drawn by commune where it is known for at least half of them, otherwise by
    whole EPCI: at the level where it is published. A count is never a tint, and a theme of
    organisation has no need to draw. The stand-ins that a theme declares come last.
    """
    keys = (*theme.indicators, *theme.stand_ins) if theme.mode is not Mode.ORGANISATIONAL else ()
    people = {
        Level.COMMUNE: coverage.rows(level=Level.COMMUNE).set_index("code")["population"],
        Level.EPCI: _inside(coverage)["population"],
    }
    for key in dict.fromkeys(keys):
        indicator = context.indicators.get(key)
        if indicator is None or not indicator.drawable:
            continue
        for level, inhabitants in people.items():
            rows = context.needs.of(key, level)
            rows = rows[rows["perimeter"] == "entier"].drop_duplicates("code").set_index("code")
            rows = rows.reindex(inhabitants.index)
            if 2 * rows["value"].notna().sum() >= max(len(rows), 1):
                yield _Candidate(
                    indicator=indicator, level=level, rows=rows, inhabitants=inhabitants
                )


def _need(theme: Theme, coverage: Coverage, context: Context) -> _Need:
    """Class the first candidate that has classes, for half of the zones at least."""
    for one in _candidates(theme, coverage, context):
        cut = context.cuts.get((one.indicator.id, one.level)) or _cut(one, context.needs)
        if not cut.bounds:
            continue
        need = _drawn(one, cut, context, stand_in=_stands_in(theme, one.indicator))
        if 2 * need.position.notna().sum() >= len(one.rows):  # « 10 at most » may have no class
            waited = _awaited(theme, context) if _stands_in(theme, one.indicator) else ()
            return replace(need, notes=(*waited, *need.notes))
    notes = _awaited(theme, context)
    return _Need(notes=notes, undrawn=undrawn(notes, declared=bool(notes)))


def _stands_in(theme: Theme, indicator: Indicator) -> bool:
    return indicator.id not in theme.indicators


def _awaited(theme: Theme, context: Context) -> tuple[str, ...]:
    return awaited(theme.indicators, context.indicators, context.needs)


def _where_far(need: _Need, coverage: Coverage, *, averaged: bool) -> str:
    if need.drawn is None:
        return ""
    reference = next(iter(need.references), "")
    return need_where_far(need.drawn, coverage, averaged=averaged, reference=reference)


def _cut(one: _Candidate, needs: Needs) -> NeedCut:
    """Cut at the bounds of the catalogue, or by Fisher-Jenks where it gives none.

    EPCI are cut as those of France are, where their values are known and set those of the
    territory apart; otherwise, as communes always, by the values of the territory. « 5 at most »
    is no value.
    """
    if one.indicator.breaks:
        return NeedCut(bounds=one.indicator.breaks)
    own = one.rows["value"].mask(one.at_most)
    if one.level is Level.EPCI:
        wide = national(needs.reference)
        wide = wide[
            (wide["indicator"] == one.indicator.id) & (wide["status"] != Status.BELOW_FLOOR)
        ]
        bounds = natural_bounds(wide["value"])
        if len(set(np.searchsorted(bounds, own.dropna(), side="right"))) > 1:
            return NeedCut(bounds=bounds, words=f"{NATURAL} des EPCI de France")
    zones = "EPCI" if one.level is Level.EPCI else "communes"
    return NeedCut(bounds=natural_bounds(own), words=f"{NATURAL} des {zones} du territoire")


def _drawn(one: _Candidate, cut: NeedCut, context: Context, *, stand_in: bool) -> _Need:
    indicator, level, rows, at_most = one.indicator, one.level, one.rows, one.at_most
    classes, position = classify(
        rows["value"], one.inhabitants, bounds=cut.bounds, unit=indicator.unit, at_most=at_most
    )
    known = rows.loc[rows["value"].notna()]
    estimated = known["status"].eq(Status.ESTIMATED)
    if indicator.floor is not None:  # at most more than the floor: an estimation
        estimated |= at_most[known.index] & (known["value"] > indicator.floor)
    bounded = known.loc[at_most[known.index], "value"].value_counts()
    sources = need_sources(known, context.sources)
    drawn = DrawnNeed(
        indicator=indicator, level=level, rows=rows, classes=classes, position=position
    )
    title = partial(
        need_title,
        indicator,
        level=level,
        vintages=sorted(set(known["vintage"].dropna()) - {""}),
        estimated=(int(estimated.sum()), len(known)),
        stand_in=stand_in,
    )
    side = NeedSide(
        indicator=indicator,
        title=title(cut=""),
        values=rows["value"],
        at_most=at_most,
        bounds=cut.bounds,
    )
    return _Need(
        indicator=indicator,
        classes=classes,
        position=position,
        level=level,
        title=title(cut=cut.words),
        notes=need_notes(
            indicator,
            level=level,
            estimated=int(estimated.sum()),
            at_most=dict(
                zip(bounded.index.astype("float64").tolist(), bounded.tolist(), strict=True)
            ),
            sources=sources.values(),
        )
        + years_note(known, level=level),
        reading=need_reading(drawn, one.inhabitants),
        references=need_references(drawn, context.needs, context.territory),
        drawn=drawn,
        sources=sources,
        side=side if level == Level.COMMUNE else None,
    )


def _counted(theme: Theme, coverage: Coverage) -> tuple[tuple[str, int], ...]:
    """Count the places of each kind in the département, in the order the theme expects them."""
    sites = coverage.sites[coverage.sites["counted"] & coverage.sites["inside"]]
    totals = {str(kind): _places(group) for kind, group in sites.groupby("kind")}
    order = dict.fromkeys([*(kind.label for kind in theme.expected), *totals])
    return tuple((kind, totals[kind]) for kind in order if kind in totals)


def _places(sites: pd.DataFrame) -> int:
    """Count distinct desks."""
    return int(sites["desk"].nunique())
