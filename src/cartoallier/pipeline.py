"""The one place where the pieces meet: a project becomes a run, a run becomes outputs."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cartoallier import __version__
from cartoallier.access import measure
from cartoallier.catalogue import shipped
from cartoallier.diagnosis import Context, summarise
from cartoallier.errors import CartoError, OutputError, ProjectError
from cartoallier.model import (
    Finding,
    Mode,
    Run,
    Services,
    SourceRecord,
    Territory,
    Theme,
)
from cartoallier.model.french import day as french_day
from cartoallier.needs import load_census
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.maps import write_maps
from cartoallier.outputs.provenance import write_provenance
from cartoallier.outputs.tables import write_tables
from cartoallier.project import Project, Source
from cartoallier.supply import (
    SupplyInput,
    assign_themes,
    gather,
    is_untouched_template,
    read_supply,
)
from cartoallier.territory import Division, Grid, load_territory

Progress = Callable[[str], None]

STAGING = ".cartoallier-"
"""Prefix of the folder where outputs are written before they are moved into place."""

PAGE_MARK = b"ne vaut pas engagement"
"""What every page we write holds."""

GEOGRAPHY = ("admin-express", "cog", "dgcl", "dila")
"""Catalogue sources of the shipped geography."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading the supply of a project gave.

    Attributes:
        services: of every file that could be read, themes assigned.
        findings: of every file.
        sources: one record per file read.
        errors: files that could not be read, as (name, message).
        skipped: untouched templates.
    """

    services: Services
    findings: tuple[Finding, ...]
    sources: tuple[SourceRecord, ...]
    errors: tuple[tuple[str, str], ...]
    skipped: tuple[str, ...]


def silent(_: str) -> None:
    """Tell nothing."""


def open_territory(project: Project) -> Territory:
    """Load the territory a project is about."""
    grid = project.population
    return load_territory(
        project.departement,
        neighbourhood_km=project.parameters.neighbourhood_km,
        outlines=project.outlines,
        divisions=[Division(name=name, path=path) for name, path in project.divisions],
        grid=None if grid is None else Grid(path=grid.path, **grid.columns),
    )


def read_sources(project: Project, territory: Territory, *, progress: Progress = silent) -> Reading:
    """Read every supply file of a project; a file that fails does not stop the others."""
    frames: list[pd.DataFrame] = []
    findings: list[Finding] = []
    sources: list[SourceRecord] = []
    errors: list[tuple[str, str]] = []
    skipped: list[str] = []
    for source in project.supply:
        if is_untouched_template(source.path):
            skipped.append(source.name)
            continue
        progress(f"lecture de {source.name}")
        try:
            frame, found, record = read_supply(_input(source, project), territory=territory)
        except CartoError as error:
            errors.append((source.name, str(error)))
            continue
        frames.append(frame)
        findings += found
        sources.append(record)
    records, repeated = gather(frames)
    findings += repeated
    return Reading(
        services=Services(assign_themes(records, project.catalogue.themes.values())),
        findings=tuple(findings),
        sources=tuple(sources),
        errors=tuple(errors),
        skipped=tuple(skipped),
    )


def _input(source: Source, project: Project) -> SupplyInput:
    return SupplyInput(
        path=source.path,
        file=source.name,
        format=source.format,
        themes=source.themes,
        columns=source.columns,
        demonstration=project.demonstration,
    )


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
    date, date_words = _date(sources)
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


def _date(sources: Iterable[SourceRecord]) -> tuple[dt.datetime, str]:
    """Return the date of the run and its words: SOURCE_DATE_EPOCH, else the newest input's day.

    The clock is never read, so that the same inputs give the same bytes. Inputs that only bear
    a year (geography, census) date a run that has no other.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    days = [s.vintage for s in sources if re.fullmatch(r"\d{4}-\d\d-\d\d", s.vintage)]
    years = [s.vintage for s in sources if re.fullmatch(r"\d{4}", s.vintage)]
    if epoch.isdigit():
        date = dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    elif days:
        date = dt.datetime.fromisoformat(max(days)).replace(tzinfo=dt.UTC)
    else:
        return dt.datetime(int(max(years)), 1, 1, tzinfo=dt.UTC), f"de {max(years)}"
    return date, f"au {french_day(date)}"


Writer = Callable[[Run, Path], object]
FAMILIES: Mapping[str, tuple[str, Writer]] = {
    "couverture": ("tableaux", write_tables),
    "cartes": ("cartes", write_maps),
    "geopackage": ("GeoPackage", write_geopackage),
    "provenance": ("provenance", write_provenance),
}
"""Family of outputs -> (how progress names it, what writes it)."""


def write(
    run: Run, folder: Path, *, families: Sequence[str], progress: Progress = silent
) -> list[Path]:
    """Write families of outputs under ``folder``; return the files, relative to it.

    Everything is written beside, then moved into place: a killed run leaves the old outputs
    or the new ones, never half of one.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{STAGING}*"):  # of a killed run
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder) as name:
            staging = Path(name)
            for family in families:
                label, writer = FAMILIES[family]
                progress(f"écriture : {label}")
                writer(run, staging)
            files = sorted(p.relative_to(staging) for p in staging.rglob("*") if p.is_file())
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (staging / file).replace(folder / file)
        if "cartes" in families:
            _remove_pages_of_another_run(folder, kept=set(files))
    except OSError as error:
        raise OutputError(
            f"écriture impossible : {_reason(error)} ; "
            "choisissez un autre dossier avec « --sortie »",
            path=folder,
        ) from error
    return files


def _remove_pages_of_another_run(folder: Path, *, kept: set[Path]) -> None:
    """Remove our own pages that this run did not write: they show other figures."""
    for page in sorted((folder / "cartes").glob("*.html")):
        if page.relative_to(folder) not in kept and PAGE_MARK in page.read_bytes():
            page.unlink()


def _reason(error: OSError) -> str:
    """Say why a file cannot be written, in French: systems answer in their own language."""
    return {
        errno.EACCES: "vous n’en avez pas le droit",
        errno.EPERM: "vous n’en avez pas le droit",
        errno.EROFS: "ce disque est en lecture seule",
        errno.ENOSPC: "le disque est plein",
        errno.EDQUOT: "votre quota est atteint",
        errno.EEXIST: "un fichier porte déjà ce nom",
        errno.ENOTDIR: "un fichier porte le nom d’un dossier du chemin",
        errno.ENAMETOOLONG: "ce nom est trop long",
    }.get(error.errno or 0, "le système l’a refusé")


def check(project: Project) -> Reading:
    """Read every source and stop there."""
    return read_sources(project, open_territory(project))
