"""The door of JSON documents: bytes in, values and item numbers out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cartoallier.errors import SourceError
from cartoallier.files import Rows, decode, read_bytes
from cartoallier.model import Finding

NO_RECORD = "l'élément n'est pas une fiche"

ITEM_KEYS = ("services", "results", "items", "places", "structures")
"""Keys under which an envelope holds its items."""

PERSONAL = frozenset({"contact_nom_prenom", "contact_name", "contact_email"})
"""Columns that name people: never read from where columns can be chosen."""

_START = 1 << 20
_BLANK = re.compile(r"[^\s,]")
_LARGEST = 2_000_000_000


def read_document(path: Path, *, file: str) -> tuple[Any, list[Finding]]:
    """Read a JSON file.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        The value, and what was noticed while reading it.

    Pages or records written one after the other (JSON lines, concatenated answers of an API)
    are read as one list.

    Raises:
        SourceError: the file is empty, cut short, or is not JSON.
    """
    text, findings = decode(read_bytes(path, file=file), file=file)
    try:
        return _values(text), findings
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        raise SourceError(
            "le JSON s'interrompt avant la fin : le fichier est tronqué ; redemandez l'export"
            if cut
            else f"ce n'est pas du JSON valide (caractère {error.colno}) ; redemandez l'export",
            path=file,
            line=error.lineno,
        ) from error
    except (RecursionError, ValueError) as error:
        raise SourceError(
            "le JSON contient un nombre ou une imbrication hors de toute mesure ; "
            "redemandez l'export",
            path=file,
        ) from error


def start_of_list(path: Path, *, count: int) -> list[Any] | None:
    """Return the first items of a long JSON array, without reading all of it.

    Args:
        path: the file.
        count: how many.

    Returns:
        ``None`` when the file is short, is no array, or its start is not plainly read: only the
        whole document can tell.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_START)
    except OSError:
        return None  # whoever reads it says so
    # Names of keys are what is wanted: neither accents nor the last character matter.
    text = start.decode("utf-8-sig", errors="ignore")
    opening = _BLANK.search(text)
    if len(start) < _START or opening is None or opening[0] != "[":
        return None
    decoder = json.JSONDecoder()
    items: list[Any] = []
    position = opening.end()
    try:
        while len(items) < count:
            following = _BLANK.search(text, position)
            if following is None:
                return None
            item, position = decoder.raw_decode(text, following.start())
            items.append(item)
    except (RecursionError, ValueError):
        return None
    return items


def _values(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
    decoder = json.JSONDecoder()
    found: list[Any] = []
    position = 0
    while rest := _BLANK.search(text, position):
        value, position = decoder.raw_decode(text, rest.start())
        # A value on its own says nothing of a place: an honest error is better.
        if not isinstance(value, dict | list):
            raise json.JSONDecodeError("Extra data", text, rest.start())
        found += value if isinstance(value, list) else [value]
    return found


def read_parquet(path: Path, *, file: str) -> Rows:
    """Read a Parquet file; people's names are left in it.

    Raises:
        SourceError: it is damaged, or far too large once unpacked.
    """
    content = read_bytes(path, file=file)
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as parquet:
            sizes = parquet.metadata
            unpacked = sum(sizes.row_group(i).total_byte_size for i in range(sizes.num_row_groups))
            if unpacked > _LARGEST:
                raise SourceError(
                    "fichier Parquet démesuré une fois décompressé ; redemandez un extrait",
                    path=file,
                )
            names = [name for name in parquet.schema_arrow.names if name not in PERSONAL]
            table = parquet.read(columns=names)
            columns = {name: table.column(name).to_pylist() for name in names}
    # a flipped bit can date a row millions of years away: OverflowError
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise SourceError(
            "ce fichier Parquet est illisible ; redemandez l'export", path=file
        ) from error
    return Rows(
        file=file,
        header=tuple(names),
        cells=columns,
        lines=tuple(range(1, table.num_rows + 1)),
    )


def parquet_header(path: Path, *, file: str) -> tuple[str, ...] | None:
    """Return the columns of a Parquet file, ``None`` when the file is of another kind.

    Raises:
        SourceError: it is damaged.
    """
    if not path.is_file():
        return None  # whoever opens it as a table says so
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"PAR1":
                return None
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            "ce fichier Parquet est illisible ; redemandez l'export", path=file
        ) from error


def items_of(document: object, *keys: str) -> list[Any] | None:
    """Return the items of a document: an array, or the array under the first of ``keys``.

    A GeoJSON collection gives the properties of its features. ``None`` when there is no array.
    """
    if isinstance(document, list):
        pages = [_page(one, keys) for one in document]
        if document and all(page is not None for page in pages):
            return [item for page in pages for item in page or ()]
        return document
    if not isinstance(document, dict):
        return None
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return [_of_feature(feature) for feature in document["features"]]
    if "lieu_id" in document:
        return None  # one Soliguide place: its services are not the items
    return next((document[key] for key in keys if isinstance(document.get(key), list)), None)


def _page(value: object, keys: Sequence[str]) -> list[Any] | None:
    """Return the items of one page of several, ``None`` when the value is a record."""
    if not isinstance(value, dict) or {"id", "nom", "lieu_id"} & set(value):
        return None
    return next((value[key] for key in keys if isinstance(value.get(key), list)), None)


def _of_feature(feature: object) -> object:
    """Return the properties of a GeoJSON feature, with its point where they give none."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        return feature.get("properties") if isinstance(feature, dict) else feature
    properties: dict[str, Any] = feature["properties"]
    geometry = feature.get("geometry")
    pair = geometry.get("coordinates") if isinstance(geometry, dict) else None
    told = {"longitude", "latitude", "Long", "Lat"} & set(properties)
    if told or not isinstance(pair, list) or len(pair) < 2:
        return properties
    return properties | {"longitude": pair[0], "latitude": pair[1]}


def rows_of_items(items: Sequence[Any], *, file: str) -> Rows:
    """Give JSON objects by column; an item that is no object is a finding."""
    lines = [number for number, item in enumerate(items, start=1) if isinstance(item, dict)]
    objects: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
    findings = [
        Finding(
            file=file,
            line=number,
            what=NO_RECORD,
            action="élément ignoré",
        )
        for number, item in enumerate(items, start=1)
        if not isinstance(item, dict)
    ]
    header = tuple(dict.fromkeys(key for item in objects for key in item))
    return Rows(
        file=file,
        header=header,
        cells={key: [item.get(key) for item in objects] for key in header},
        lines=tuple(lines),
        findings=tuple(findings),
    )
