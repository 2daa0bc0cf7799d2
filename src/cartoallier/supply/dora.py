"""DORA: the API v2, tables of its database, and the dashboard of a département."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows, read_table
from cartoallier.model import Finding
from cartoallier.supply import dora_dashboard
from cartoallier.supply.documents import NO_RECORD, items_of, read_document, rows_of_items
from cartoallier.supply.extract import Extract
from cartoallier.supply.inclusion import extract_services, structures_as_services, zones_of_type
from cartoallier.supply.metabase import NOT_PUBLISHED, canonical, published
from cartoallier.supply.structures import Structure, companion, structures_of, surrogates

SOURCE = "dora"
_TABLES = {".csv", ".xlsx", ".ods", ".tsv", ".txt"}


def read_dora(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a DORA export.

    Accepted: an array of services, a page ``{count, next, previous, results}``, an object
    ``{"services": […], "structures": […]}``, services that carry their ``structure``, a
    structures file beside the services file, tables of the database as the DORA team exports
    them, and the dashboard of a département (structures without a place). Names of people and
    mails are not kept; a telephone only when the contact is public. A suspension date becomes a
    closure.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        One record per service, and the findings.

    Raises:
        SourceError: the file is unreadable, holds no service, or holds beneficiaries.
    """
    extract = extract_dora(path, file=file)
    return extract.frame, extract.findings


def extract_dora(path: Path, *, file: str) -> Extract:
    """Read a DORA export with the counts of what was read and dropped."""
    if path.suffix.lower() in _TABLES:
        table = read_table(path, file=file)
        dora_dashboard.refuse_beneficiaries(table.header, file=file)
        if dora_dashboard.is_dashboard(frozenset(table.header)):
            return dora_dashboard.extract_dashboard(table, source=SOURCE)
        return _extract(canonical(table), known=[], path=path)
    document, noticed = read_document(path, file=file)
    items, inside = _items(document, file=file)
    rows = canonical(rows_of_items(items, file=file))
    known = list(inside) if isinstance(inside, list) else []
    known += [item["structure"] for item in items if isinstance(_structure(item), dict)]
    rows = replace(rows, findings=(*noticed, *rows.findings))
    return _extract(rows, known=known, path=path)


def served_structures(path: Path, *, file: str) -> frozenset[str]:
    """Return the ids of the structures that the services of a file name.

    Raises:
        SourceError: as :func:`read_dora`.
    """
    return frozenset(surrogates(_rows(path, file=file), "structure_id", source=SOURCE))


def _extract(rows: Rows, *, known: list[Any], path: Path) -> Extract:
    online, hidden = published(rows)
    local_ids = [one.removeprefix("dora--") for one in surrogates(online, "id", source=SOURCE)]
    if "structure_id" not in rows and "structure" not in rows and "typologie" in rows:
        extract = structures_as_services(online, source=SOURCE, local_ids=local_ids)
    else:
        structures = structures_of(rows_of_items(known, file=rows.file), source=SOURCE)
        beside = companion(path)
        if not structures and beside is not None:
            structures = structures_of(_rows(beside, file=beside.name), source=SOURCE)
        extract = extract_services(
            online,
            source=SOURCE,
            structures=_joined(rows) | structures,
            local_ids=local_ids,
            zone=zones_of_type,
        )
    unlisted = sum(one.what == NO_RECORD for one in rows.findings)
    dropped = {NOT_PUBLISHED: hidden, NO_RECORD: unlisted}
    return replace(
        extract,
        rows_read=len(rows) + unlisted,
        dropped=extract.dropped | {why: count for why, count in dropped.items() if count},
    )


def _joined(rows: Rows) -> dict[str, Structure]:
    """Return the structures of a table where services were joined to them."""
    if "structure_nom" not in rows:
        return {}
    names = {"structure_nom": "nom", "structure_siret": "siret", "structure_typologie": "typologie"}
    columns = {new: rows.column(old) for old, new in names.items()}
    own = replace(rows, header=tuple(columns), cells={**columns, "id": rows.column("structure_id")})
    return structures_of(own, source=SOURCE)


def _rows(path: Path, *, file: str) -> Rows:
    if path.suffix.lower() in _TABLES:
        return canonical(read_table(path, file=file))
    document, _ = read_document(path, file=file)
    items, _ = _items(document, file=file)
    return canonical(rows_of_items(items, file=file))


def _items(document: object, *, file: str) -> tuple[list[Any], object]:
    """Return the items of a document, and the structures it holds beside its services."""
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
    return items, inside


def _structure(item: object) -> object:
    return item.get("structure") if isinstance(item, dict) else None
