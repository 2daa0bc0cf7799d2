"""From a project to a run: read, measure, put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from cartoallier import __version__
from cartoallier.diagnosis import (
    Context,
    completeness,
    cut_needs,
    divided_communes,
    epci_records,
    explain_missing,
    reliability_line,
    score,
    summarise,
    tell_actors,
    tell_variants,
    travelled,
)
from cartoallier.model import Composite, Finding, Run, Theme, ThemeSummary
from cartoallier.pipeline.detailing import (
    Judged,
    draw_isochrones,
    fill_baskets,
    judge_figures,
    measure_further,
)
from cartoallier.pipeline.preparing import Prepared, cited, prepare
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.reading import Reading
from cartoallier.pipeline.varying import run_variants, variant_sources
from cartoallier.project import Project


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
    prepared = prepare(project, only=only, progress=progress)
    context, reading = prepared.context, prepared.reading
    progress("qui répond, âge des fiches")
    actors = tell_actors(
        prepared.themes, prepared.coverages, services=reading.services, engine=context.engine
    )
    measures = measure_further(prepared, progress=progress)
    judged = judge_figures(prepared, actors=actors, measures=measures, progress=progress)
    variants, variant_words, varied = run_variants(prepared, progress=progress)
    baskets, basket_labels = fill_baskets(prepared)
    composites = project.catalogue.composites
    profiles, no_profile = _scored("profil", composites, context)
    factors, no_factor = _scored("facteur", composites, context)
    # without any need file there is nothing to explain: nobody asked for scores
    unscored = (*no_profile, *no_factor) if project.needs else ()
    cuts = cut_needs(prepared.themes, judged.coverages, context)
    told = replace(prepared, coverages=judged.coverages, context=replace(context, cuts=cuts))
    base = _base(told, judged=judged)
    run = replace(
        base,
        findings=(*base.findings, *varied, *unscored),
        sources=(*base.sources, *variant_sources(project.variants)),
        freshness=actors.freshness,
        responsables=actors.responsables,
        actors=actors.actors,
        profiles=profiles,
        factors=factors,
        breaks={key: cut.bounds for (key, _), cut in cuts.items() if cut.bounds},
        measures=measures,
        reliability=judged.reliability,
        flags=judged.flags,
        baskets=baskets,
        basket_labels=basket_labels,
        variants=variants,
        variant_words=variant_words,
        variant_sentences=tell_variants(
            variants, names=list(variant_words), themes=project.catalogue.themes
        ),
        isochrones=draw_isochrones(prepared, progress=progress),
    )
    return run, reading


def _base(prepared: Prepared, *, judged: Judged) -> Run:
    """Gather what was read and measured, in words."""
    project, context, reading = prepared.project, prepared.context, prepared.reading
    needing, territory, travel = prepared.needing, prepared.territory, prepared.travel
    date, date_words = prepared.dated
    return Run(
        territory=territory,
        themes=prepared.themes,
        retained=project.retained,
        sensitive=frozenset(k for k, t in project.catalogue.themes.items() if t.sensitive),
        services=reading.services,
        needs=context.needs,
        coverages=prepared.coverages,
        summaries={
            theme.key: _summarised(theme, prepared, judged=judged) for theme in prepared.themes
        },
        indicators=project.catalogue.indicators,
        findings=(
            *reading.findings,
            *needing.findings,
            *prepared.protected.findings,
            *travel.findings,
            *prepared.zoning.findings,
            *prepared.hidden,
        ),
        duplicates=reading.duplicates,
        stops=reading.stops,
        completeness=completeness(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        epci_records=epci_records(
            reading.services, reading.sources, territory, duplicates=reading.duplicates
        ),
        held=needing.held,
        composites=project.catalogue.composites,
        sources=context.sources,
        parameters=project.parameters,
        method=travelled(
            project.parameters,
            gridded=territory.gridded,
            calibration=travel.calibration,
            roads=travel.roads,
            divided=divided_communes(territory),
        ),
        calibration=travel.calibration,
        decisions=dict(context.decisions),
        date=date,
        date_words=date_words,
        version=__version__,
        demonstration=project.demonstration,
        geocoding=reading.geocoding,
        zonings=prepared.zoning.zonings,
    )


def _summarised(theme: Theme, prepared: Prepared, *, judged: Judged) -> ThemeSummary:
    """Put a theme into words, with what its figure is worth and whence its points and roads."""
    summary = summarise(theme, prepared.coverages[theme.key], prepared.context)
    worth = reliability_line(theme, judged.reliability)
    return replace(
        summary,
        details=(*summary.details, *([worth] if worth else [])),
        sources=(*summary.sources, *cited(theme, prepared)),
    )


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
