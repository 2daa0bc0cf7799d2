"""What tells a file as we wrote it from the same file edited by a person."""

from __future__ import annotations

import hashlib
from pathlib import Path

HANDED_OVER = ("cartoallier.gpkg", "cartoallier.qgz")
"""Files people work on in place; never overwritten once edited."""
SQLITE = b"SQLite format 3\x00"
VOLATILE = ((18, 20), (24, 28), (92, 100))
"""Bytes of a SQLite header that change when nothing else does: file format versions (QGIS reads in
WAL mode), change counter (a session opened and given up), version valid for, version of SQLite.

Source: SQLite, « Database File Format », §1.3.
"""
HEADER = 100


def fingerprints(path: Path) -> dict[str, str]:
    """Return ``sha256``, of the bytes, and ``contenu``, the same without what reading changes.

    Raises:
        OSError: the file cannot be read.
    """
    whole, content = hashlib.sha256(), hashlib.sha256()
    with path.open("rb") as file:
        head = file.read(HEADER)
        whole.update(head)
        content.update(_still(head))
        while block := file.read(1 << 20):
            whole.update(block)
            content.update(block)
    return {"sha256": whole.hexdigest(), "contenu": content.hexdigest()}


def _still(head: bytes) -> bytes:
    """Return a header without its volatile bytes."""
    if not head.startswith(SQLITE):
        return head
    kept = bytearray(head)
    for start, end in VOLATILE:
        kept[start:end] = bytes(end - start)
    return bytes(kept)
