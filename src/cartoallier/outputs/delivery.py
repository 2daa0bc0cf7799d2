"""The delivery in one file, to send by mail: ``<folder>.zip`` beside the folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path

from cartoallier.errors import OutputError

_FIRST, _LAST = dt.datetime(1980, 1, 1, tzinfo=dt.UTC), dt.datetime(2107, 12, 31, tzinfo=dt.UTC)
"""Dates the format can hold (PKWARE APPNOTE 4.4.6); it counts by two seconds."""
_PERMISSIONS = stat.S_IFREG | 0o644


def write_delivery(folder: Path, files: Iterable[Path], *, date: dt.datetime) -> Path:
    """Write ``<folder>.zip`` beside ``folder``: the files of one run, under one top folder.

    Only what the run wrote goes in: what somebody keeps in the same folder is not sent. The same
    files give the same bytes: sorted names, the date of the data, the same permissions whatever
    the machine. Written beside, then moved into place.

    Args:
        folder: that holds the files; its name is that of the archive and of its top folder.
        files: relative to ``folder``.
        date: of the run's data, stamped on every file.

    Returns:
        Path of the archive.

    Raises:
        OutputError: ``folder`` has no name, a file is not there, or the archive cannot be
            written.
    """
    whole = folder if folder.name not in {"", ".."} else folder.resolve()
    if not whole.name:
        raise OutputError(
            "une archive ne peut pas s’écrire à côté de la racine d’un disque ; "
            "choisissez un dossier avec « --sortie »",
            path=folder,
        )
    archive = whole.with_name(f"{whole.name}.zip")
    beside = whole.with_name(f".{archive.name}.partiel")
    stamp = min(max(date.astimezone(dt.UTC), _FIRST), _LAST).timetuple()[:6]
    try:
        with zipfile.ZipFile(beside, "w") as packed:
            for name in sorted({Path(file).as_posix() for file in files}):
                entry = zipfile.ZipInfo(f"{whole.name}/{name}", date_time=stamp)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = _PERMISSIONS << 16
                entry.create_system = 3
                packed.writestr(entry, (whole / name).read_bytes(), compresslevel=9)
        beside.replace(archive)
    except OSError as error:
        raise OutputError(
            "l’archive ne peut pas être écrite ; vérifiez la place et les droits sur ce dossier",
            path=archive,
        ) from error
    finally:
        with contextlib.suppress(OSError):  # as of a disk that is gone: already said
            beside.unlink(missing_ok=True)
    return archive
