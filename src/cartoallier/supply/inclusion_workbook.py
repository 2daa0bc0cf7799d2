"""Workbooks of data·inclusion that hold structures and services on two sheets.

The supplier's template (« valideur », FORMATS §1.10) has both, rows of help marked in its first
column, and sheets of reference that may be longer than either.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from cartoallier.files import ZIP, Rows, Sheets, header_of, read_bytes, read_sheets
from cartoallier.model import Finding
from cartoallier.supply.geofiles import read_start_bytes

MARK = "__ignore__"
"""First column of the template: what it marks is help."""

BOTH = "structures et services lus dans deux feuilles"
UNREAD_SHEET = "autre feuille du classeur non lue"
_TOP = 60
_OWNED = frozenset({"id", "nom", "structure_id"})
_OWNERS = frozenset({"id", "nom", "siret"})
_INCLUSION = frozenset({"thematiques", "zone_eligibilite", "zone_diffusion_type", MARK})


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoSheets:
    """The services of a workbook and the structures beside them, either of which may be empty."""

    services: Rows
    structures: Rows


def is_inclusion_workbook(path: Path, *, file: str) -> bool:
    """Return whether one of several sheets holds services or structures of data·inclusion.

    Raises:
        SourceError: the workbook is unreadable.
    """
    return _named(_tops(path, file=file)) is not None


def read_two_sheets(path: Path, *, file: str) -> TwoSheets | None:
    """Read the services and the structures of a workbook, ``None`` when it holds no such sheets.

    Every other sheet that looks like a table is told in a finding.

    Raises:
        SourceError: the workbook is unreadable.
    """
    names = _named(_tops(path, file=file))
    if names is None:
        return None
    sheets = read_sheets(read_bytes(path, file=file), file=file)
    findings = _told(sheets, names=names, file=file)
    services, structures = (
        _rows_of(sheets.get(name, []), file=file, mark=column)
        for name, column in zip(names, ("structure_id", "siret"), strict=True)
    )
    return TwoSheets(
        services=Rows(
            file=file,
            header=services.header,
            cells=services.cells,
            lines=services.lines,
            findings=tuple(findings),
        ),
        structures=structures,
    )


def _tops(path: Path, *, file: str) -> Sheets:
    """Return the first rows of the sheets of a workbook that has several."""
    if not read_start_bytes(path).startswith(ZIP):
        return {}
    sheets = read_sheets(read_bytes(path, file=file), file=file, limit=_TOP)
    return sheets if len(sheets) > 1 else {}


def _named(sheets: Sheets) -> tuple[str, str] | None:
    """Return the sheets of services and of structures, ``""`` for the one that is not there."""
    headers = {name: _header(rows) for name, rows in sheets.items()}
    services = [n for n, held in headers.items() if held >= _OWNED and held & _INCLUSION]
    structures = [
        n
        for n, held in headers.items()
        if held >= _OWNERS and "structure_id" not in held and (services or MARK in held)
    ]
    if not services and not structures:
        return None
    return next(iter(services), ""), next(iter(structures), "")


def _header(rows: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the names of the first row that names ids."""
    return next((frozenset(_names(row)) for row in rows if {"id", "nom"} <= set(_names(row))),
                frozenset())  # fmt: skip


def _names(row: Sequence[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in row]


def _told(sheets: Sheets, *, names: Collection[str], file: str) -> list[Finding]:
    read = [name[:80] for name in names if name]
    findings = [
        Finding(
            file=file,
            column=name[:80],
            value=f"{sum(map(any, rows))} lignes",
            what=UNREAD_SHEET,
            action=f"lues : {', '.join(read)} ; enregistrez l'autre à part si elle compte",
        )
        for name, rows in sheets.items()
        if name not in names and len(rows) > 1 and len(header_of(rows[:_TOP])) > 1
    ]
    if len(read) > 1:
        said = Finding(file=file, value=", ".join(read), what=BOTH, action="jointes par leurs ids")
        findings.insert(0, said)
    return findings


def _rows_of(grid: Sequence[Sequence[str]], *, file: str, mark: str) -> Rows:
    """Give a sheet by column, from the row that names ``mark``."""
    top = next((i for i, row in enumerate(grid) if {"id", "nom", mark} <= set(_names(row))), None)
    if top is None:
        return Rows(file=file, header=(), cells={}, lines=())
    header = _names(grid[top])
    below = grid[top + 1 :]
    filled = [any(cell.strip() for cell in row) for row in below]
    kept = list(compress(below, filled))
    positions = {name: header.index(name) for name in dict.fromkeys(header) if name}
    return Rows(
        file=file,
        header=tuple(positions),
        cells={
            name: [(row[at].strip() or None) if at < len(row) else None for row in kept]
            for name, at in positions.items()
        },
        lines=tuple(compress(range(top + 2, top + 2 + len(below)), filled)),
    )
