"""DORA, API v2: services, with the structures inside the document or in a file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
    zones_of_type,
)
from cartoallier.supply.rows import Extract

SOURCE = "dora"


def read_dora(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a DORA export.

    Accepted: an array of services, a page ``{count, next, previous, results}``, an object
    ``{"services": […], "structures": […]}``, services that carry their ``structure``, and a
    structures file beside the services file. Names of people and mails are not read; a
    telephone only when the contact is public.

    Args:
        path: the JSON file.
        file: its name, as the project writes it.

    Returns:
        One record per service, and the findings.

    Raises:
        SourceError: the file is not JSON or holds no list of services.
    """
    extract = extract_dora(path, file=file)
    return extract.frame, extract.findings


def extract_dora(path: Path, *, file: str) -> Extract:
    """Read a DORA export with the counts of what was read and dropped."""
    document, noticed = read_document(path, file=file)
    items = items_of(document, "services", "results")
    inside = document.get("structures") if isinstance(document, dict) else None
    if items is None and isinstance(inside, list):
        items, inside = inside, None
    if items is None and isinstance(document, dict) and "nom" in document:
        items = [document]
    if items is None:
        raise SourceError(
            "aucune liste de services DORA dans ce fichier ; un tableau JSON de services, ou un "
            "objet avec « services » et « structures », est attendu",
            path=file,
        )
    rows = rows_of_items(items, file=file)
    local_ids = rows.parse("id", cells.text)
    if "structure_id" not in rows and "structure" not in rows and "typologie" in rows:
        extract = structures_as_services(rows, source=SOURCE, local_ids=local_ids)
    else:
        extract = extract_services(
            rows,
            source=SOURCE,
            structures=_structures(items, inside, path=path, file=file),
            local_ids=local_ids,
            zone=zones_of_type,
        )
    return Extract(
        frame=extract.frame,
        findings=noticed + extract.findings,
        rows_read=len(items),
        dropped=extract.dropped,
    )


def _structures(items: list[Any], inside: object, *, path: Path, file: str) -> dict[str, Structure]:
    """Gather the structures known inside the document, in its services, or beside it."""
    known = list(inside) if isinstance(inside, list) else []
    known += [item["structure"] for item in items if isinstance(_structure(item), dict)]
    beside = companion(path)
    if not known and beside is not None and beside.suffix.lower() == ".json":
        document, _ = read_document(beside, file=beside.name)
        known = items_of(document, "structures", "results") or []
    return structures_of(rows_of_items(known, file=file))


def _structure(item: object) -> object:
    return item.get("structure") if isinstance(item, dict) else None
