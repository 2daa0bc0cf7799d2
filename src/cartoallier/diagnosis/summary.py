"""The words and classes of one theme page, from its coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from cartoallier.access import Engine
from cartoallier.diagnosis import sentences
from cartoallier.diagnosis.actors import stale_sites
from cartoallier.diagnosis.classes import SHARE_BOUNDS, classify, quintiles, round_values
from cartoallier.diagnosis.composites import national
from cartoallier.diagnosis.travel_words import travelled
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

DEFAULT_NEED = "part_65_plus"
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
    decision = context.decisions.get(theme.key, "")
    return ThemeSummary(
        headline=sentences.headline(figures),
        details=(
            *sentences.details(figures, context.engine.bracket, decision),
            *sentences.without_old_records(figures, _old_records(coverage, context)),
        ),
        sentences=sentences.tell(figures, coverage),
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
        share_classes=share_classes,
        share_class=share_class,
        circles=round_values(float(communes["population_hors_seuil"].max())),
        share_beyond=figures.share_beyond,
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
    """What a theme draws as its need: see the fields ``need_…`` of a summary."""

    indicator: Indicator | None = None
    classes: tuple[ClassCount, ...] = ()
    position: pd.Series = field(default_factory=lambda: pd.Series(dtype="Int64"))
    level: str = Level.COMMUNE.value
    title: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def _need(theme: Theme, coverage: Coverage, context: Context) -> _Need:
    """Class the first need indicator of the theme that is known for half of the zones.

    It is drawn by commune where it is known for at least half of them, otherwise by whole EPCI:
    at the level where it is published. A count is never a tint, and a theme of organisation has
    no need to draw.
    """
    keys = (*theme.indicators, DEFAULT_NEED) if theme.mode is not Mode.ORGANISATIONAL else ()
    people = {
        Level.COMMUNE: coverage.rows(level=Level.COMMUNE).set_index("code")["population"],
        Level.EPCI: _inside(coverage)["population"],
    }
    for key in dict.fromkeys(keys):
        indicator = context.indicators.get(key)
        if indicator is None or indicator.kind == "effectif":
            continue
        for level, inhabitants in people.items():
            rows = context.needs.of(key, level)
            rows = rows[rows["perimeter"] == "entier"].drop_duplicates("code").set_index("code")
            rows = rows.reindex(inhabitants.index)
            if 2 * rows["value"].notna().sum() < max(len(rows), 1):
                continue
            bounds, cut = _bounds(indicator, rows["value"], context.needs)
            if not bounds:
                continue
            need = _drawn(indicator, rows, inhabitants, level=level, bounds=bounds, cut=cut)
            if 2 * need.position.notna().sum() >= len(rows):  # « 10 at most » may have no class
                return need
    return _Need()


def _bounds(indicator: Indicator, values: pd.Series, needs: Needs) -> tuple[tuple[float, ...], str]:
    """Return the bounds of the classes, and how they were cut when the catalogue gives none."""
    if indicator.breaks:
        return indicator.breaks, ""
    wide = national(needs.reference)
    known = wide.loc[wide["indicator"] == indicator.id, "value"]
    if bounds := quintiles(known):
        return bounds, "quintiles des EPCI de France"
    return quintiles(values), "quintiles du territoire"


def _drawn(
    indicator: Indicator,
    rows: pd.DataFrame,
    inhabitants: pd.Series,
    *,
    level: str,
    bounds: tuple[float, ...],
    cut: str,
) -> _Need:
    at_most = rows["status"].eq(Status.BELOW_FLOOR).fillna(value=False).astype("bool")
    classes, position = classify(
        rows["value"], inhabitants, bounds=bounds, unit=indicator.unit, at_most=at_most
    )
    known = rows.loc[rows["value"].notna()]
    estimated = known["status"].eq(Status.ESTIMATED)
    if indicator.floor is not None:  # at most more than the floor: an estimation
        estimated |= at_most[known.index] & (known["value"] > indicator.floor)
    bounded = known.loc[at_most[known.index], "value"].value_counts()
    sources = tuple(sorted(set(known["source"].dropna()) - {""}))
    return _Need(
        indicator=indicator,
        classes=classes,
        position=position,
        level=level,
        title=sentences.need_title(
            indicator,
            level=level,
            vintages=sorted(set(known["vintage"].dropna()) - {""}),
            estimated=(int(estimated.sum()), len(known)),
            cut=cut,
        ),
        notes=sentences.need_notes(
            indicator,
            level=level,
            estimated=int(estimated.sum()),
            at_most=dict(
                zip(bounded.index.astype("float64").tolist(), bounded.tolist(), strict=True)
            ),
            sources=sources,
        ),
        sources=sources,
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
