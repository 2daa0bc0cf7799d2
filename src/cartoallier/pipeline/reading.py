"""From a project's files to the services of its territory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cartoallier.errors import CartoError
from cartoallier.model import Finding, Services, SourceRecord, Territory
from cartoallier.model.run import Geocoding
from cartoallier.model.zoning import Zoning
from cartoallier.pipeline.citing import believable, newest_day
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.project import Project, Source
from cartoallier.supply import (
    Decisions,
    Geocoder,
    SupplyInput,
    UnrecognisedError,
    assign_responsables,
    assign_themes,
    gather,
    hide_twins,
    is_untouched_template,
    judge,
    merge,
    read_correspondence,
    read_supply,
    settle_levels,
    stops_table,
    write_correspondence,
)
from cartoallier.territory import (
    Division,
    Grid,
    ZoningInput,
    ZoningReading,
    load_territory,
    read_zonings,
)

CORRESPONDENCE = "correspondances.xlsx"
CACHE = ".cartoallier"
"""Folder of a project where answers of the geocoder are kept."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What reading the supply of a project gave.

    Attributes:
        services: of every file that could be read: merged, judged by date, themes assigned.
        duplicates: ``doublons.csv``.
        stops: ``arrets.csv``.
        findings: of every file.
        sources: one record per file read.
        errors: files that could not be read, as (name, message).
        skipped: untouched templates.
        date: the newest day that a file bears, or SOURCE_DATE_EPOCH; ``None``: none does.
        geocoding: what the project's geocoder was asked; ``None`` without one.
    """

    services: Services
    duplicates: pd.DataFrame = field(default_factory=pd.DataFrame)
    stops: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...]
    sources: tuple[SourceRecord, ...]
    errors: tuple[tuple[str, str], ...]
    skipped: tuple[str, ...]
    date: dt.date | None = None
    geocoding: Geocoding | None = None


def open_territory(project: Project) -> Territory:
    """Load the territory a project is about."""
    grid = project.population
    return load_territory(
        project.departement,
        neighbourhood_km=project.parameters.neighbourhood_km,
        outlines=project.outlines,
        divisions=[Division(name=name, path=path) for name, path in project.divisions],
        grid=None if grid is None else Grid(path=grid.path, format=grid.format, **grid.columns),
    )


def read_zoning_files(
    project: Project, territory: Territory
) -> tuple[ZoningReading, tuple[tuple[str, str], ...]]:
    """Read the special territories a project lays over its maps.

    Returns:
        What they hold, and the files that could not be used, as (name, message).
    """
    zonings: list[Zoning] = []
    findings: list[Finding] = []
    sources: list[SourceRecord] = []
    errors = []
    for one in project.zonings:
        try:
            read = read_zonings([ZoningInput(**vars(one))], territory)
        except CartoError as error:
            errors.append((one.file, str(error)))
            continue
        zonings += read.zonings
        findings += read.findings
        sources += read.sources
    reading = ZoningReading(
        zonings=tuple(zonings), findings=tuple(findings), sources=tuple(sources)
    )
    return reading, tuple(errors)


def read_sources(project: Project, territory: Territory, *, progress: Progress = silent) -> Reading:
    """Read every supply file of a project; a file that fails does not stop the others.

    Files are read and placed one by one, protected addresses generalised as each is read. Then,
    over all of them: the open twins of protected places are hidden, duplicates merged, closures
    and ages judged at the date of the run, themes and answerable bodies assigned, and protected
    services counted at a level where none is alone.
    """
    columns_errors: list[tuple[str, str]] = []
    columns = told_columns(project, columns_errors)
    geocoder = open_geocoder(project)
    withheld: Mapping[str, frozenset[int]] = {}
    if geocoder is not None:
        # once offline: what one file says is secret must not be asked for another
        first = read_files(project, territory, columns=columns)
        withheld = secret_lines(first.frames, territory)
    read = read_files(
        project,
        territory,
        columns=columns,
        geocoder=geocoder,
        withheld=withheld,
        progress=progress,
    )
    findings, sources = read.findings, believable(read.sources, read.frames)
    progress("doublons, dates et thèmes")
    records, repeated = gather(read.frames)
    records, findings = hide_twins(records, [*findings, *repeated], territory=territory)
    decisions = None
    if project.merge_decisions is not None:
        decisions = Decisions.read(project.merge_decisions)
    merged = merge(records, decisions=decisions)
    date = newest_day(sources)
    records = merged.records
    findings += merged.findings
    if date is not None:
        records, judged = judge(records, date=date)
        findings += judged
    records = assign_themes(records, project.catalogue.themes.values())
    records = assign_responsables(records, project.catalogue.answers)
    records = settle_levels(records, territory)
    return Reading(
        services=Services(records),
        duplicates=merged.duplicates,
        stops=stops_table(records, territory=territory),
        findings=tuple(findings),
        sources=tuple(sources),
        errors=(*columns_errors, *read.errors),
        skipped=tuple(read.skipped),
        date=date,
        geocoding=None if geocoder is None else geocoder.told,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Files:
    """What the files gave, one by one."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sources: list[SourceRecord] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def read_files(
    project: Project,
    territory: Territory,
    *,
    columns: Mapping[str, Mapping[str, str]],
    geocoder: Geocoder | None = None,
    withheld: Mapping[str, frozenset[int]] | None = None,
    progress: Progress = silent,
) -> _Files:
    """Read every supply file; one that fails does not stop the others.

    Args:
        project: whose files.
        territory: what is kept of them.
        columns: file -> our name of a column -> the file's, as a person told them.
        geocoder: asked for addresses without a point.
        withheld: file -> lines whose address must not be asked.
        progress: told of each file.
    """
    read = _Files()
    for source in project.supply:
        if is_untouched_template(source.path):
            read.skipped.append(source.name)
            continue
        progress(f"lecture de {source.name}")
        try:
            frame, found, record = read_supply(
                _input(source, project, columns),
                territory=territory,
                geocoder=geocoder,
                withheld=(withheld or {}).get(source.name, frozenset()),
            )
        except UnrecognisedError as error:
            read.errors.append((source.name, _tell_columns(source, project, error)))
        except CartoError as error:
            read.errors.append((source.name, str(error)))
        else:
            read.frames.append(frame)
            read.findings.extend(found)
            read.sources.append(record)
    return read


def secret_lines(frames: list[pd.DataFrame], territory: Territory) -> Mapping[str, frozenset[int]]:
    """Return the lines of each file that are secret, or that a secret record of another hides."""
    records, _ = hide_twins(gather(frames)[0], territory=territory)
    shown = records[~records["confidential"]]
    open_ = set(zip(shown["file"], shown["line"], strict=True))
    lines: dict[str, set[int]] = {}
    for frame in frames:
        for file, line in zip(frame["file"], frame["line"], strict=True):
            if (file, line) not in open_:
                lines.setdefault(str(file), set()).add(int(line))
    return {file: frozenset(found) for file, found in lines.items()}


def open_geocoder(project: Project) -> Geocoder | None:
    """Return the geocoder of a project, ``None`` without one."""
    if project.geocoder is None:
        return None
    return Geocoder.at(project.geocoder, cache=project.folder / CACHE / "geocodage")


def told_columns(
    project: Project, errors: list[tuple[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    """Read what a person said of the columns of unrecognised tables, on an earlier run."""
    path = project.folder / CORRESPONDENCE
    if project.demonstration or not path.is_file():
        return {}
    try:
        return read_correspondence(path)
    except CartoError as error:
        errors.append((CORRESPONDENCE, str(error)))
        return {}


def _tell_columns(source: Source, project: Project, error: UnrecognisedError) -> str:
    """Write the columns of an unrecognised table for a person to name, and say so."""
    try:
        write_correspondence(source.path, target=project.folder / CORRESPONDENCE)
    except CartoError:
        return str(error)
    return (
        f"{error}\u202f; ou dites ce que sont ses colonnes dans "
        f"{project.folder / CORRESPONDENCE}, puis relancez"
    )


def _input(
    source: Source, project: Project, columns: Mapping[str, Mapping[str, str]]
) -> SupplyInput:
    told = columns.get(Path(source.name).name, {}) if source.format == "auto" else {}
    return SupplyInput(
        path=source.path,
        file=source.name,
        format="tableau" if told else source.format,
        themes=source.themes,
        columns=source.columns or told,
        demonstration=project.demonstration,
        known_themes=frozenset(project.catalogue.themes),
    )
