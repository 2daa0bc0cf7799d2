"""The open data of data·inclusion: services (v1, and v0 where the names agree) and structures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.documents import items_of, read_document, rows_of_items
from cartoallier.supply.inclusion import (
    Structure,
    companion,
    extract_services,
    structures_as_services,
    structures_of,
    zones_of_list,
    zones_of_type,
)
from cartoallier.supply.rows import Extract, Rows
from cartoallier.supply.tables import read_table

SOURCE = "data-inclusion"
REQUIRED = ("id", "nom", "source")


def read_data_inclusion(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a services file of data·inclusion: CSV, XLSX, JSON or GeoJSON, by column name.

    Lists are accepted in every spelling the publisher uses (Python ``repr`` in CSV), dates as
    ISO or epoch milliseconds. A structures file beside it (same name, « structures » for
    « services ») gives names and networks; a structures file alone gives one record each.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        One record per service, and the findings.

    Raises:
        SourceError: the file is unreadable or lacks a column of the schema.
    """
    extract = extract_data_inclusion(path, file=file)
    return extract.frame, extract.findings


def extract_data_inclusion(path: Path, *, file: str) -> Extract:
    """Read a services file with the counts of what was read and dropped."""
    rows = _rows(path, file=file)
    for column in REQUIRED:
        if column not in rows and len(rows):
            raise SourceError(
                "colonne absente : ce n'est pas un fichier data·inclusion ; "
                f"colonnes lues : {', '.join(rows.header[:8])}",
                path=file,
                line=1,
                key=column,
            )
    local_ids = _surrogates(rows, "id")
    if "structure_id" not in rows:
        return structures_as_services(rows, source=SOURCE, local_ids=local_ids)
    beside = companion(path)
    # The API nests the structure in its service.
    nested = [one for one in rows.column("structure") if isinstance(one, dict)]
    known: dict[str, Structure] = structures_of(rows_of_items(nested, file=file))
    if beside is not None:
        structures = _rows(beside, file=beside.name)
        found = structures_of(structures)
        # v0 ids are local to their producer: both spellings lead to the structure.
        bare = structures.parse("id", cells.text)
        pairs = zip(_surrogates(structures, "id"), bare, strict=True)
        known = {surrogate: found[one] for surrogate, one in pairs if one in found} | found | known
    v0 = "zone_eligibilite" not in rows and "zone_diffusion_type" in rows
    return extract_services(
        rows,
        source=SOURCE,
        structures=known,
        local_ids=local_ids,
        zone=zones_of_type if v0 else zones_of_list,
    )


def _rows(path: Path, *, file: str) -> Rows:
    if path.suffix.lower() not in {".json", ".geojson"}:
        return read_table(path, file=file)
    document, noticed = read_document(path, file=file)
    items = items_of(document, "services", "items", "results", "structures")
    if items is None and isinstance(document, dict) and {"nom", "service"} & set(document):
        items = [document]
    if items is None:
        raise SourceError(
            "aucune liste de services data·inclusion dans ce fichier ; un tableau JSON est attendu",
            path=file,
        )
    # The search API wraps each service beside its distance.
    items = [
        item["service"]
        if isinstance(item, dict) and isinstance(item.get("service"), dict)
        else item
        for item in items
    ]
    rows = rows_of_items(items, file=file)
    return Rows(
        file=file,
        header=rows.header,
        cells=rows.cells,
        lines=rows.lines,
        findings=(*noticed, *rows.findings),
    )


def _surrogates(rows: Rows, column: str) -> list[str]:
    """Return ids that name their producer: ``dora--…`` (v1) or made so (v0)."""
    pairs = zip(rows.parse(column, cells.text), rows.parse("source", cells.text), strict=True)
    return [one if "--" in one or not source else f"{source}--{one}" for one, source in pairs]
