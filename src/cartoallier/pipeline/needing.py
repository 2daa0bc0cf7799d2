"""From a project's need files to the needs of its territory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from cartoallier.errors import CartoError
from cartoallier.files import sha256_of
from cartoallier.model import Country, Finding, Indicator, Needs, SourceRecord, Territory
from cartoallier.needs import (
    Extract,
    NeedInput,
    bring_needs,
    count_values,
    estimate_poverty,
    grid_weights,
    read_census,
    read_needs,
    sum_cells,
)
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.project import NeedSource, Project
from cartoallier.territory import GridCells, load_country, read_insee_grid

GRID = "carreaux-insee"
_CELL_IDS = (b"idcar", b"id_carr", b"idinspire")
_HEADER = 2048
ESTIMATES = "estimations"
"""Layout of values that were estimated from those of other files."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NeedReading:
    """What reading the needs of a project gave.

    Attributes:
        needs: at the zones and origins of the territory, nothing hidden yet.
        findings: of every file.
        sources: one record per file read, the shipped census last.
        held: how many zones of each file have a value, per indicator and level.
        errors: files that could not be read, as (name, message).
    """

    needs: Needs
    findings: tuple[Finding, ...]
    sources: tuple[SourceRecord, ...]
    held: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Files:
    extracts: list[Extract] = field(default_factory=list)
    grids: list[GridCells] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    sources: list[SourceRecord] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)


def read_need_files(
    project: Project, territory: Territory, *, progress: Progress = silent
) -> NeedReading:
    """Read every need file of a project, then bring all of them to its territory.

    A file that fails does not stop the others. Poverty rates are estimated where deciles are
    published and no rate is; the shipped census is believed last.
    """
    indicators = project.catalogue.indicators
    country = load_country()
    read = _Files()
    for source in project.needs:
        progress(f"lecture de {source.name}")
        try:
            _read(source, read, country=country, indicators=indicators)
        except CartoError as error:
            read.errors.append((source.name, str(error)))
    progress("besoins")
    extracts = [*read.extracts, *_estimated(read, indicators)]
    census, record = read_census()
    mentions = {key: source.mention for key, source in project.catalogue.sources.items()}
    needs, findings = bring_needs(
        [*extracts, census],
        territory=territory,
        country=country,
        indicators=indicators,
        mentions=mentions,
    )
    return NeedReading(
        needs=_weighed(needs, read.grids, territory, indicators=indicators),
        findings=(*read.findings, *findings),
        sources=(*read.sources, record),
        held=count_values([*extracts, census], indicators=indicators),
        errors=tuple(read.errors),
    )


def _read(
    source: NeedSource, read: _Files, *, country: Country, indicators: Mapping[str, Indicator]
) -> None:
    if source.format == GRID or (source.format == "auto" and _is_grid(source.path)):
        cells = read_insee_grid(
            source.path, file=source.name, country=country, vintage=source.vintage
        )
        extract = sum_cells(
            cells.frame,
            hidden=cells.hidden,
            names=country.communes["name"],
            indicators=indicators,
            vintage=cells.record.vintage,
            file=source.name,
        )
        read.grids.append(cells)
        read.findings.extend([*cells.findings, *extract.findings])
        read.sources.append(cells.record)
    else:
        extract, record = read_needs(
            NeedInput(
                path=source.path,
                file=source.name,
                format=source.format,
                columns=source.columns,
                sheet=source.sheet,
                vintage=source.vintage,
                cog=source.cog,
                mapping=source.mapping,
            ),
            indicators=indicators,
            names={str(code): str(name) for code, name in country.communes["name"].items()},
        )
        read.findings.extend(extract.findings)
        read.sources.append(record)
        if source.mapping is not None:
            read.sources.append(_correspondence(source.mapping, of=source.name))
    read.extracts.append(extract)


def _correspondence(path: Path, *, of: str) -> SourceRecord:
    """Return what provenance says of a file that a person wrote about another."""
    return SourceRecord(
        path=path.name,
        label=f"Correspondance des colonnes de {of}",
        format="correspondance",
        sha256=sha256_of(path),
    )


def _estimated(read: _Files, indicators: Mapping[str, Indicator]) -> list[Extract]:
    if not read.extracts:
        return []
    values = pd.concat([extract.values for extract in read.extracts], ignore_index=True)
    rows, findings = estimate_poverty(values, indicators)
    read.findings.extend(findings)
    return [Extract(values=rows, layout=ESTIMATES)] if len(rows) else []


def _weighed(
    needs: Needs,
    grids: list[GridCells],
    territory: Territory,
    *,
    indicators: Mapping[str, Indicator],
) -> Needs:
    """Add the people that grids count at origins, where no file counts them there."""
    weights, labels = needs.weights.copy(), dict(needs.weight_labels)
    for cells in grids:
        counted = grid_weights(cells.frame, origins=territory.origins)
        for public in map(str, counted):
            if public not in weights or bool(weights[public].isna().all()):
                weights[public] = counted[public]
                labels[public] = f"{indicators[public].label} ({cells.record.label})"
    return replace(needs, weights=weights, weight_labels=labels)


def _is_grid(path: Path) -> bool:
    """Return whether a file begins as the INSEE grid does: a GeoPackage, or ids of cells."""
    if path.suffix.lower() == ".gpkg":
        return True
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEADER).lower()
    except OSError:
        return False  # whoever reads it says so
    return path.suffix.lower() == ".csv" and any(name in start for name in _CELL_IDS)
