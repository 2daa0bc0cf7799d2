"""A GeoPackage or a project that a person edited is never overwritten."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import sqlite3
from pathlib import Path

from cartoallier.outputs.fingerprint import HANDED_OVER, fingerprints
from cartoallier.outputs.provenance import FILE_NAME, WRITTEN

SIDES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file that is open, or was not closed."""


def keep_edited(folder: Path, *, replaced: set[str]) -> list[Path]:
    """Copy, beside, each file about to be replaced that is no longer as we wrote it.

    A file is edited when neither its bytes nor its content (what remains once the header that
    reading alone changes is left out) are those ``provenance.json`` recorded, when it has pages
    of its own not yet written back (``-wal``), or when nothing was recorded. The copy bears the
    day of the edit: ``cartoallier-modifie-2026-11-22.gpkg``; a second one that day, ``-2``.

    Args:
        folder: of the outputs.
        replaced: names about to be replaced in it.

    Returns:
        The copies made; a copy already there with the same content is not made again.

    Raises:
        OSError: a copy cannot be written.
    """
    recorded = _recorded(folder)
    kept = []
    for name in HANDED_OVER:
        path = folder / name
        if name not in replaced or not path.is_file() or not _edited(path, recorded.get(name)):
            continue
        copy = _copy(path)
        if copy is not None:
            kept.append(copy)
    return kept


def forget_sides(folder: Path, *, replaced: set[str]) -> None:
    """Remove what SQLite left beside a file now replaced: it would be played onto the new one.

    Raises:
        OSError: one of them cannot be removed.
    """
    for name in HANDED_OVER:
        if name in replaced:
            for side in SIDES:
                (folder / f"{name}{side}").unlink(missing_ok=True)


def _recorded(folder: Path) -> dict[str, dict[str, str]]:
    """Return what the last run wrote of its files; nothing when it cannot be read."""
    try:
        told = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    files = told.get(WRITTEN) if isinstance(told, dict) else None
    return files if isinstance(files, dict) else {}


def _edited(path: Path, recorded: dict[str, str] | None) -> bool:
    if not isinstance(recorded, dict) or _pending(path):
        return True
    now = fingerprints(path)
    return all(now[key] != recorded.get(key) for key in now)


def _pending(path: Path) -> bool:
    """Whether SQLite holds pages that are not in the file yet."""
    left = path.with_name(f"{path.name}-wal")
    return left.is_file() and left.stat().st_size > 0


def _copy(path: Path) -> Path | None:
    """Copy a file beside, dated; ``None`` when the same copy is there already."""
    beside = path.with_name(f".{path.name}.partiel")
    try:
        day = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).date()
        if _pending(path):
            _merged(path, beside)
        else:
            shutil.copyfile(path, beside)
        content = fingerprints(beside)["contenu"]
        number = 1
        while True:
            mark = f"-{number}" if number > 1 else ""
            copy = path.with_name(f"{path.stem}-modifie-{day.isoformat()}{mark}{path.suffix}")
            if not copy.exists():
                beside.replace(copy)
                return copy
            if fingerprints(copy)["contenu"] == content:
                return None
            number += 1
    finally:
        beside.unlink(missing_ok=True)


def _merged(path: Path, target: Path) -> None:
    """Copy a database with its pending pages."""
    target.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error:  # not a database any more, or locked: its bytes, and the pages beside
        shutil.copyfile(path, target)
