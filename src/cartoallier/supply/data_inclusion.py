"""The open data of data·inclusion: services and structures, v0 and v1, in every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows, read_table
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.documents import (
    NO_RECORD,
    PERSONAL,
    items_of,
    parquet_header,
    read_document,
    read_parquet,
    rows_of_items,
)
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import without_texts
from cartoallier.supply.inclusion import (
    extract_services,
    structures_as_services,
    zones_of_list,
    zones_of_type,
)
from cartoallier.supply.inclusion_workbook import TwoSheets, read_two_sheets
from cartoallier.supply.metabase import canonical
from cartoallier.supply.structures import Structure, companion, structures_of, surrogates
from cartoallier.supply.validation import validate_services, validate_structures

SOURCE = "data-inclusion"
REQUIRED = ("id", "nom")
UNKEPT = (
    "conditions_acces",
    "frais_precisions",
    "publics_precisions",
    "mobilisation_precisions",
    "modes_orientation_accompagnateur_autres",
    "modes_orientation_beneficiaire_autres",
)
"""Free texts of which only the danger they may speak of is drawn: let go at once."""
UNREAD = PERSONAL | frozenset(UNKEPT)
JOINED = "structures jointes au fichier de services"
HELP_ROW = "ligne d'aide du modèle"
_ENVELOPES = ("services", "items", "results", "structures")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Content:
    """The services of a file, or its structures, and the structures nested beside them.

    Structures of a workbook (``in_workbook``) are rows of the file: those that no service names
    are records.
    """

    rows: Rows
    nested: Rows
    help_rows: int = 0
    in_workbook: bool = False


def read_data_inclusion(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a file of data·inclusion: CSV, XLSX, JSON, GeoJSON or Parquet, by column name.

    Lists are accepted in every spelling (Python ``repr`` in CSV, ``{a,b}`` in database dumps),
    dates as ISO or epoch milliseconds, answers of the API page by page or one after the other,
    services with their ``structure`` or structures with their ``services``. A structures file
    beside it (same name, « structures » for « services ») gives names, networks, and a place to
    services that have none; a structures file alone gives one record each. Rows of v1 are
    compared with the published schema, rows of v0 translated.

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
    """Read a file of data·inclusion with the counts of what was read and dropped."""
    content = _content(path, file=file)
    rows = content.rows
    for column in REQUIRED:
        if column not in rows and len(rows):
            raise SourceError(
                # Without a header, the first row would be shown: names of places are not.
                "colonne absente : ce n'est pas un fichier data·inclusion ; "
                "vérifiez que sa première ligne porte les noms de colonnes",
                path=file,
                line=1,
                key=column,
            )
    local_ids = surrogates(rows, "id")
    if "structure_id" not in rows:
        extract = structures_as_services(rows, source=SOURCE, local_ids=local_ids)
        checked = validate_structures(rows) if "reseaux_porteurs" in rows else []
    else:
        v0 = "zone_eligibilite" not in rows and "zone_diffusion_type" in rows
        extract = extract_services(
            rows,
            source=SOURCE,
            structures=_structures(content.nested, path=path),
            local_ids=local_ids,
            zone=zones_of_type if v0 else zones_of_list,
        )
        checked = validate_services(rows) if "zone_eligibilite" in rows else []
    ignored = content.help_rows
    unlisted = sum(one.what == NO_RECORD for one in rows.findings)
    dropped = {HELP_ROW: ignored, NO_RECORD: unlisted}
    extract = replace(
        extract,
        findings=[*extract.findings, *checked],
        rows_read=len(rows) + ignored + unlisted,
        dropped=extract.dropped | {why: count for why, count in dropped.items() if count},
    )
    return _with_unserved(extract, content) if content.in_workbook else extract


def _with_unserved(extract: Extract, content: _Content) -> Extract:
    """Add the structures of a workbook that none of its services names."""
    rows = content.nested
    served = frozenset(surrogates(content.rows, "structure_id")) | frozenset(
        content.rows.parse("structure_id", cells.text)
    )
    full = surrogates(rows, "id")
    names = zip(full, rows.parse("id", cells.text), strict=True)
    alone = rows.where([served.isdisjoint(pair) for pair in names])
    joined = len(rows) - len(alone)
    dropped = extract.dropped | ({JOINED: joined} if joined else {})
    rows_read = extract.rows_read + len(rows)
    if not len(alone):
        return replace(extract, rows_read=rows_read, dropped=dropped)
    more = structures_as_services(alone, source=SOURCE, local_ids=surrogates(alone, "id"))
    for why, count in more.dropped.items():
        dropped[why] = dropped.get(why, 0) + count
    return replace(
        extract,
        frame=pd.concat([extract.frame, more.frame]),
        findings=[*extract.findings, *more.findings],
        rows_read=rows_read,
        dropped=dropped,
    )


def served_structures(path: Path, *, file: str) -> frozenset[str]:
    """Return the ids of the structures that the services of a file name, whole and local.

    Raises:
        SourceError: as :func:`read_data_inclusion`.
    """
    rows = _content(path, file=file).rows
    # A dump of structures may not say who produced them: its ids are local.
    return frozenset(surrogates(rows, "structure_id")) | frozenset(
        rows.parse("structure_id", cells.text)
    )


def _structures(nested: Rows, *, path: Path) -> dict[str, Structure]:
    """Gather the structures nested in the document and those of the file beside it."""
    known = structures_of(nested)
    beside = companion(path)
    if beside is None:
        return known
    return structures_of(_content(beside, file=beside.name).rows) | known


def _content(path: Path, *, file: str) -> _Content:
    """Read a file whatever its format, under the names of the schema."""
    nothing = rows_of_items([], file=file)
    if parquet_header(path, file=file) is not None:
        rows = canonical(read_parquet(path, file=file))
        return _Content(rows=rows, nested=nothing)
    if (sheets := read_two_sheets(path, file=file)) is not None:
        return _of_sheets(sheets)
    if path.suffix.lower() not in {".json", ".geojson", ".ndjson", ".jsonl"}:
        table = canonical(read_table(path, file=file))
        rows = _without_help(without_texts(table, texts=UNKEPT, columns=UNREAD))
        return _Content(rows=rows, nested=nothing, help_rows=len(table) - len(rows))
    document, noticed = read_document(path, file=file)
    items, nested = _unwrapped(document, file=file)
    rows = canonical(rows_of_items(items, file=file))
    found = (*noticed, *rows.findings)
    return _Content(
        rows=replace(rows, findings=found),
        nested=canonical(rows_of_items(nested, file=file)),
    )


def _of_sheets(sheets: TwoSheets) -> _Content:
    """Give the two sheets of a workbook, without their rows of help."""
    given = [sheets.services, sheets.structures]
    kept = [
        _without_help(without_texts(canonical(rows), texts=UNKEPT, columns=UNREAD))
        for rows in given
    ]
    help_rows = sum(map(len, given)) - sum(map(len, kept))
    if not sheets.services.header:
        alone = replace(kept[1], findings=sheets.services.findings)
        nothing = rows_of_items([], file=alone.file)
        return _Content(rows=alone, nested=nothing, help_rows=help_rows)
    return _Content(rows=kept[0], nested=kept[1], help_rows=help_rows, in_workbook=True)


def _without_help(rows: Rows) -> Rows:
    """Leave out the rows the supplier's template marks as help (column ``__ignore__``)."""
    if "__ignore__" not in rows:
        return rows
    marks = rows.parse("__ignore__", lambda cell: str(cell or "").strip().lower())
    return rows.where([mark not in {"true", "vrai", "oui", "1"} for mark in marks])


def _unwrapped(document: object, *, file: str) -> tuple[list[Any], list[Any]]:
    """Return the services (or the structures) of a document, and the structures beside them."""
    beside: list[Any] = []
    items: list[Any] | None = None
    if isinstance(document, dict) and isinstance(document.get("services"), list):
        if "nom" in document:
            items = [document]  # one structure, with its services
        elif isinstance(document.get("structures"), list):
            beside = document["structures"]
    if items is None:
        items = items_of(document, *_ENVELOPES)
    if items is None and isinstance(document, dict) and {"nom", "service"} & set(document):
        items = [document]
    if items is None:
        raise SourceError(
            "aucune liste de services data·inclusion dans ce fichier ; un tableau JSON est attendu",
            path=file,
        )
    services = [service for item in items for service in _services_of(item)]
    return services, [*beside, *_nested(services)]


def _services_of(item: object) -> Sequence[object]:
    """Return the services of an item: itself, the one it wraps, or those of a structure."""
    if not isinstance(item, dict):
        return [item]
    # The search API wraps each service beside its distance.
    if isinstance(item.get("service"), dict):
        owner = item.get("structure")
        return [item["service"] | ({"structure": owner} if isinstance(owner, dict) else {})]
    services = item.get("services")
    if "structure_id" in item or not isinstance(services, list) or not services:
        return [item]
    owner = {key: value for key, value in item.items() if key != "services"}
    return [
        {"structure_id": item.get("id"), **one, "structure": owner}
        if isinstance(one, dict)
        else one
        for one in services
    ]


def _nested(services: Sequence[object]) -> list[object]:
    owners: list[object] = []
    for service in services:
        owner = service.get("structure") if isinstance(service, dict) else None
        if isinstance(service, dict) and isinstance(owner, dict):
            # What carries its structure belongs to it, whatever id it gives.
            service["structure_id"] = owner.get("id") or service.get("structure_id")
            owners.append(owner)
    return owners
