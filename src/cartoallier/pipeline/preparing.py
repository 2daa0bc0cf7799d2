"""What every answer of a project begins with: sources read, access measured, secrets kept."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cartoallier.access import Engine, measure
from cartoallier.catalogue import shipped
from cartoallier.diagnosis import Context, Protected, protect_coverage, protect_needs
from cartoallier.errors import ProjectError
from cartoallier.model import Coverage, Finding, Mode, SourceRecord, Territory, Theme
from cartoallier.model.french import day as french_day
from cartoallier.model.french import typeset
from cartoallier.pipeline.citing import geocoding_source
from cartoallier.pipeline.needing import NeedReading, read_need_files
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.reading import (
    Reading,
    open_territory,
    read_sources,
    read_zoning_files,
)
from cartoallier.pipeline.travelling import Travel, open_engines
from cartoallier.project import Project
from cartoallier.territory import ZoningReading

GEOGRAPHY = ("admin-express", "cog", "dgcl", "dila")
"""Catalogue sources of the shipped geography."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A project read and measured.

    Attributes:
        project: what was asked.
        themes: those measured, in the order they are shown.
        reading: the supply.
        needing: the needs as read.
        protected: the needs as they may be told.
        travel: how people travel.
        located: the source of points that a geocoder gave, if it gave any.
        context: what words are told against; holds every source.
        coverages: theme key -> coverage, small counts hidden.
        hidden: findings of that hiding.
        zoning: special territories laid over the maps.
    """

    project: Project
    themes: tuple[Theme, ...]
    reading: Reading
    needing: NeedReading
    protected: Protected
    travel: Travel
    located: tuple[SourceRecord, ...]
    context: Context
    coverages: dict[str, Coverage]
    hidden: tuple[Finding, ...]
    zoning: ZoningReading = field(default_factory=ZoningReading)

    @property
    def territory(self) -> Territory:
        """Where."""
        return self.context.territory

    @property
    def engine(self) -> Engine:
        """How people travel by car."""
        return self.travel.engine

    @property
    def dated(self) -> tuple[dt.datetime, str]:
        """The date of the run, and its words after « données ».

        Inputs that only bear a year (geography, census) date a run that has no other.
        """
        if (day := self.reading.date) is not None:
            midnight = dt.time(tzinfo=dt.UTC)
            return dt.datetime.combine(day, midnight), f"au {french_day(day)}"
        years = [source.vintage for source in self.context.sources if source.vintage.isdigit()]
        return dt.datetime(int(max(years)), 1, 1, tzinfo=dt.UTC), f"de {max(years)}"


def prepare(project: Project, *, only: Sequence[str] = (), progress: Progress = silent) -> Prepared:
    """Read every source of a project and measure its themes.

    Args:
        project: what to do.
        only: keys of the themes to measure; empty: all.
        progress: told of each step, in French.

    Raises:
        CartoError: a declared source could not be read; the territory does not exist.
    """
    themes = _ordered(project, only)
    progress(f"territoire {project.departement}")
    territory = open_territory(project)
    reading = read_sources(project, territory, progress=progress)
    needing = read_need_files(project, territory, progress=progress)
    zoning, unusable = read_zoning_files(project, territory)
    if errors := (*reading.errors, *needing.errors, *unusable):
        raise ProjectError("\n".join(message for _, message in errors))
    indicators = project.catalogue.indicators
    protected = protect_needs(needing.needs, territory=territory, indicators=indicators)
    travel = open_engines(project, territory, progress=progress)
    told = reading.geocoding
    located = (geocoding_source(told),) if told is not None and told.asked else ()
    context = Context(
        engine=travel.engine,
        services=reading.services,
        needs=protected.needs,
        indicators=indicators,
        parameters=project.parameters,
        sources=(
            *reading.sources, _geography(project), *needing.sources, *travel.sources, *located,
            *zoning.sources,
        ),
        decisions={
            key: f"{decision.minutes:g} minutes" + (f", {decision.reason}" * bool(decision.reason))
            for key, decision in project.decisions.items()
        },
        calibration=travel.calibration,
        roads=travel.roads,
    )  # fmt: skip
    coverages, hidden = measured(
        themes,
        context=context,
        protected=protected,
        thresholds={theme.key: threshold_of(theme, project) for theme in themes},
        progress=progress,
    )
    return Prepared(
        project=project,
        themes=themes,
        reading=reading,
        needing=needing,
        protected=protected,
        travel=travel,
        located=located,
        context=context,
        coverages=coverages,
        hidden=hidden,
        zoning=zoning,
    )


def measured(
    themes: Sequence[Theme],
    *,
    context: Context,
    protected: Protected,
    thresholds: Mapping[str, float | None],
    progress: Progress = silent,
) -> tuple[dict[str, Coverage], tuple[Finding, ...]]:
    """Measure themes with protected people, then hide what would read as a few of them.

    Args:
        themes: which.
        context: services, and the engine.
        protected: people of each public at origins.
        thresholds: theme key -> minutes.
        progress: told of each theme.
    """
    coverages = {}
    for theme in themes:
        progress(f"mesure : {theme.short_title}")
        coverages[theme.key] = measure(
            theme,
            services=context.services,
            engine=context.engine,
            weights=protected.needs.weights,
            threshold=thresholds[theme.key],
        )
    kept, findings = protect_coverage(
        coverages, hidden=protected.hidden, territory=context.territory
    )
    return kept, tuple(findings)


def cited(theme: Theme, prepared: Prepared) -> tuple[str, ...]:
    """Return the sources of a theme's minutes and points that are not lists of services."""
    roads = prepared.travel.sources if theme.mode is Mode.PROXIMITY else ()
    located = tuple(one for one in prepared.located if one.rows_kept)
    return tuple(
        typeset(", ".join(filter(None, (one.label, one.licence)))) for one in (*roads, *located)
    )


def threshold_of(theme: Theme, project: Project) -> float | None:
    """Return the committee's threshold of a theme, else its own."""
    if theme.mode is not Mode.PROXIMITY:
        return None
    if (decision := project.decisions.get(theme.key)) is not None:
        return decision.minutes
    return None if theme.retained is None else theme.retained.minutes


def _geography(project: Project) -> SourceRecord:
    """Return what provenance says of the shipped geography."""
    sources = [project.catalogue.sources[key] for key in GEOGRAPHY]
    path = shipped("geo/communes.parquet")
    return SourceRecord(
        path="cartoallier:geo/communes.parquet",
        label="\u202f; ".join(source.mention for source in sources),
        format="geographie",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        vintage="2026",
        licence=sources[0].licence,
    )


def _ordered(project: Project, only: Sequence[str]) -> tuple[Theme, ...]:
    """Return the themes asked for, those retained at kick-off first, by code within each part."""
    themes = project.catalogue.themes
    order = dict.fromkeys([*(key for key in themes if key in project.retained), *themes])
    return tuple(themes[key] for key in order if not only or key in only)
