"""From a project to a run: read, measure, put into words."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cartoallier import __version__
from cartoallier.access import measure
from cartoallier.catalogue import shipped
from cartoallier.diagnosis import (
    Context,
    Protected,
    completeness,
    epci_records,
    explain_missing,
    protect_coverage,
    protect_needs,
    score,
    summarise,
    tell_actors,
)
from cartoallier.errors import ProjectError
from cartoallier.model import (
    Composite,
    Coverage,
    Finding,
    Mode,
    Run,
    SourceRecord,
    Theme,
    ThemeSummary,
)
from cartoallier.model.french import day as french_day
from cartoallier.model.french import typeset
from cartoallier.pipeline.citing import geocoding_source
from cartoallier.pipeline.needing import read_need_files
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.reading import Reading, open_territory, read_sources
from cartoallier.project import Project

GEOGRAPHY = ("admin-express", "cog", "dgcl", "dila")
"""Catalogue sources of the shipped geography."""


def diagnose(
    project: Project, *, only: Sequence[str] = (), progress: Progress = silent
) -> tuple[Run, Reading]:
    """Read, check and measure.

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
    if errors := (*reading.errors, *needing.errors):
        raise ProjectError("\n".join(message for _, message in errors))
    indicators = project.catalogue.indicators
    protected = protect_needs(needing.needs, territory=territory, indicators=indicators)
    told = reading.geocoding
    located = (geocoding_source(told),) if told is not None and told.asked else ()
    sources = (*reading.sources, _geography(project), *needing.sources, *located)
    decisions = {
        key: f"{decision.minutes:g} minutes" + (f", {decision.reason}" if decision.reason else "")
        for key, decision in project.decisions.items()
    }
    context = Context(
        territory=territory,
        services=reading.services,
        needs=protected.needs,
        indicators=indicators,
        parameters=project.parameters,
        sources=sources,
        decisions=decisions,
    )
    coverages, hidden = _measured(themes, project, context, protected, progress=progress)
    progress("qui répond, âge des fiches")
    actors = tell_actors(
        themes,
        coverages,
        services=reading.services,
        territory=territory,
        parameters=project.parameters,
    )
    date, date_words = _date(reading, sources)
    composites = project.catalogue.composites
    profiles, no_profile = _scored("profil", composites, context)
    factors, no_factor = _scored("facteur", composites, context)
    # without any need file there is nothing to explain: nobody asked for scores
    unscored = [*no_profile, *no_factor] if project.needs else []
    run = Run(
        territory=territory,
        themes=themes,
        retained=project.retained,
        sensitive=frozenset(k for k, t in project.catalogue.themes.items() if t.sensitive),
        services=reading.services,
        needs=protected.needs,
        coverages=coverages,
        summaries={
            theme.key: _citing(summarise(theme, coverages[theme.key], context), located)
            for theme in themes
        },
        indicators=indicators,
        findings=(*reading.findings, *needing.findings, *protected.findings, *hidden, *unscored),
        duplicates=reading.duplicates,
        freshness=actors.freshness,
        responsables=actors.responsables,
        actors=actors.actors,
        stops=reading.stops,
        completeness=completeness(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        epci_records=epci_records(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        held=needing.held,
        profiles=profiles,
        factors=factors,
        composites=composites,
        sources=sources,
        parameters=project.parameters,
        decisions=decisions,
        date=date,
        date_words=date_words,
        version=__version__,
        demonstration=project.demonstration,
        geocoding=reading.geocoding,
    )
    return run, reading


def _measured(
    themes: Sequence[Theme],
    project: Project,
    context: Context,
    protected: Protected,
    *,
    progress: Progress,
) -> tuple[dict[str, Coverage], list[Finding]]:
    """Measure every theme with protected people, then hide what would read as a few of them."""
    coverages = {}
    for theme in themes:
        progress(f"mesure : {theme.short_title}")
        coverages[theme.key] = measure(
            theme,
            services=context.services,
            territory=context.territory,
            weights=protected.needs.weights,
            parameters=project.parameters,
            threshold=_threshold(theme, project),
        )
    return protect_coverage(coverages, hidden=protected.hidden, territory=context.territory)


def _scored(
    kind: str, composites: Mapping[str, Composite], context: Context
) -> tuple[pd.DataFrame, list[Finding]]:
    """Score the composites of one kind; no table when no EPCI of the territory has a score."""
    held = [composite for composite in composites.values() if composite.kind == kind]
    table = score(
        held,
        values=context.needs.values,
        reference=context.needs.reference,
        zones=context.territory.zones,
        indicators=context.indicators,
    )
    findings = explain_missing(table, held, context.indicators)
    return (table if table["score"].notna().any() else table.iloc[:0]), findings


def _citing(summary: ThemeSummary, located: Sequence[SourceRecord]) -> ThemeSummary:
    """Name what gave points to addresses under the figures, when it gave any."""
    lines = [typeset(f"{one.label}, {one.licence}") for one in located if one.rows_kept]
    return replace(summary, sources=(*summary.sources, *lines)) if lines else summary


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
    """Return the themes asked for, those retained at kick-off first."""
    themes = project.catalogue.themes
    order = dict.fromkeys([*project.retained, *themes])
    return tuple(themes[key] for key in order if not only or key in only)


def _threshold(theme: Theme, project: Project) -> float | None:
    if theme.mode is not Mode.PROXIMITY:
        return None
    if (decision := project.decisions.get(theme.key)) is not None:
        return decision.minutes
    return None if theme.retained is None else theme.retained.minutes


def _date(reading: Reading, sources: Sequence[SourceRecord]) -> tuple[dt.datetime, str]:
    """Return the date of the run and its words.

    Inputs that only bear a year (geography, census) date a run that has no other.
    """
    if reading.date is not None:
        midnight = dt.time(tzinfo=dt.UTC)
        return dt.datetime.combine(reading.date, midnight), f"au {french_day(reading.date)}"
    year = max(source.vintage for source in sources if source.vintage.isdigit())
    return dt.datetime(int(year), 1, 1, tzinfo=dt.UTC), f"de {year}"
