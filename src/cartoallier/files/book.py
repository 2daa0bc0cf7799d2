"""A table file as rows of text: the only sheet of a CSV, every sheet of a workbook."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from cartoallier.files.decoding import read_bytes
from cartoallier.files.tables import Grid, read_grid
from cartoallier.files.workbooks import ZIP, read_sheets, uncomputed_formulas
from cartoallier.model import Finding


@dataclass(frozen=True, eq=False, kw_only=True)
class Book:
    """The sheets of a file.

    Attributes:
        file: its name, as the project writes it.
        sheets: name -> rows of text cells; a CSV has one sheet, named ``""``.
        sha256: of its bytes.
        findings: what was noticed while decoding.
    """

    file: str
    sheets: dict[str, Grid]
    sha256: str
    findings: list[Finding] = field(default_factory=list)


def read_book(path: Path, *, file: str) -> Book:
    """Read every sheet of a CSV, XLSX or ODS file.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        Rows as they are, headers not told from titles; row ``i`` of a sheet is line ``i + 1``.

    Raises:
        SourceError: missing, empty, damaged, protected, or not a table.
    """
    content = read_bytes(path, file=file)
    digest = hashlib.sha256(content).hexdigest()
    if content.startswith(ZIP):
        sheets = read_sheets(content, file=file)
        return Book(
            file=file, sheets=sheets, sha256=digest, findings=_uncomputed(content, file=file)
        )
    grid, findings = read_grid(path, file=file)
    return Book(file=file, sheets={"": grid}, sha256=digest, findings=findings)


def _uncomputed(content: bytes, *, file: str) -> list[Finding]:
    count = uncomputed_formulas(content)
    if not count:
        return []
    return [
        Finding(
            file=file,
            value=f"{count} cellules",
            what="des formules n'ont pas de valeur enregistrée",
            action="cellules lues vides\u202f; ouvrez et enregistrez le classeur, ou redemandez-le",
        )
    ]
