"""The door of JSON documents: bytes in, values and item numbers out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.supply.rows import Rows
from cartoallier.supply.tables import decode, read_bytes

ITEM_KEYS = ("services", "results", "items", "places", "structures")
"""Keys under which an envelope holds its items."""


def read_document(path: Path, *, file: str) -> tuple[Any, list[Finding]]:
    """Read a JSON file.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Returns:
        The value, and what was noticed while reading it.

    Raises:
        SourceError: the file is empty, cut short, or is not JSON.
    """
    text, findings = decode(read_bytes(path, file=file), file=file)
    try:
        return json.loads(text), findings
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


def items_of(document: object, *keys: str) -> list[Any] | None:
    """Return the items of a document: an array, or the array under the first of ``keys``.

    A GeoJSON collection gives the properties of its features. ``None`` when there is no array.
    """
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return None
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return [
            feature.get("properties") if isinstance(feature, dict) else feature
            for feature in document["features"]
        ]
    return next((document[key] for key in keys if isinstance(document.get(key), list)), None)


def rows_of_items(items: Sequence[Any], *, file: str) -> Rows:
    """Give JSON objects by column; an item that is no object is a finding."""
    lines = [number for number, item in enumerate(items, start=1) if isinstance(item, dict)]
    objects: list[dict[str, Any]] = [item for item in items if isinstance(item, dict)]
    findings = [
        Finding(
            file=file,
            line=number,
            what="l'élément n'est pas une fiche",
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
