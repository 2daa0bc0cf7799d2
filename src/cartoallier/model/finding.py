"""What was found wrong or noteworthy in an input: a value, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MASKED = "masqué"
"""Shown instead of a value taken from a row whose address must stay secret."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One observation on one cell or row of an input.

    Attributes:
        file: the file's path, as the project names it.
        line: 1-based line or row in the file (the header is line 1); ``None`` for the file.
        column: the column or key, ``""`` for the whole row.
        value: the offending text, or :data:`MASKED`.
        what: the observation, in French (« constat »); identical text groups findings.
        action: what was done, or what to send back to whoever sent the file, in French.
    """

    file: str
    line: int | None = None
    column: str = ""
    value: str = ""
    what: str
    action: str = ""


Findings = list[Finding]


@dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """What provenance says of one input file.

    Attributes:
        path: relative to the project, or ``cartoallier:<name>`` for shipped data.
        label: how pages name the source, in French, with its date.
        format: ``france-services``, ``dora``, ``geographie``…
        sha256: of the bytes read.
        rows_read: rows met in the file.
        rows_kept: rows kept as services or values.
        dropped: reason (French) -> number of rows not kept.
        vintage: date or year of the data, ISO, ``""`` if unknown.
        licence: licence of the data, ``""`` if not stated.
        demonstration: the source is invented.
    """

    path: str
    label: str
    format: str
    sha256: str
    rows_read: int = 0
    rows_kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    vintage: str = ""
    licence: str = ""
    demonstration: bool = False


def count_by_observation(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Group findings by (file, observation), in order of appearance."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.file, finding.what), []).append(finding)
    return groups
