"""From a project to a run: read, measure, put into words."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from cartoallier import __version__
from cartoallier.access import measure
from cartoallier.catalogue import shipped
from cartoallier.diagnosis import (
    Context,
    completeness,
    epci_records,
    summarise,
    tell_actors,
)
from cartoallier.errors import ProjectError
from cartoallier.model import Mode, Run, SourceRecord, Theme
from cartoallier.model.french import day as french_day
from cartoallier.needs import load_census
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
    if reading.errors:
        raise ProjectError("\n".join(message for _, message in reading.errors))
    progress("besoins")
    indicators = project.catalogue.indicators
    needs, needs_findings, census = load_census(territory, indicators=indicators)
    sources = (*reading.sources, _geography(project), census)
    decisions = {
        key: f"{decision.minutes:g} minutes" + (f", {decision.reason}" if decision.reason else "")
        for key, decision in project.decisions.items()
    }
    date, date_words = _date(reading, sources)
    context = Context(
        territory=territory,
        services=reading.services,
        needs=needs,
        indicators=indicators,
        parameters=project.parameters,
        sources=sources,
        decisions=decisions,
    )
    coverages, summaries = {}, {}
    for theme in themes:
        progress(f"mesure : {theme.short_title}")
        coverages[theme.key] = measure(
            theme,
            services=reading.services,
            territory=territory,
            weights=needs.weights,
            parameters=project.parameters,
            threshold=_threshold(theme, project),
        )
        summaries[theme.key] = summarise(theme, coverages[theme.key], context)
    progress("qui répond, âge des fiches")
    told = tell_actors(
        themes,
        coverages,
        services=reading.services,
        territory=territory,
        parameters=project.parameters,
    )
    run = Run(
        territory=territory,
        themes=themes,
        retained=project.retained,
        sensitive=frozenset(k for k, t in project.catalogue.themes.items() if t.sensitive),
        services=reading.services,
        needs=needs,
        coverages=coverages,
        summaries=summaries,
        indicators=indicators,
        findings=(*reading.findings, *needs_findings),
        duplicates=reading.duplicates,
        freshness=told.freshness,
        responsables=told.responsables,
        actors=told.actors,
        stops=reading.stops,
        completeness=completeness(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        epci_records=epci_records(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        sources=sources,
        parameters=project.parameters,
        decisions=decisions,
        date=date,
        date_words=date_words,
        version=__version__,
        demonstration=project.demonstration,
    )
    return run, reading


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
