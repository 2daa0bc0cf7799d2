"""The door of a GTFS feed: an archive or a folder in, rows of text out, one at a time.

Nothing is ever extracted: names inside an archive only choose what is read. Sizes are judged
before a byte is decompressed, and ``zipfile`` never gives more bytes than an entry declares.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from cartoallier.errors import SourceError
from cartoallier.files import CONTROL, sha256_of
from cartoallier.model import Finding
from cartoallier.model.french import typeset

REQUIRED = ("stops.txt", "trips.txt", "stop_times.txt")
OPTIONAL = (
    "routes.txt", "calendar.txt", "calendar_dates.txt", "frequencies.txt", "transfers.txt",
)  # fmt: skip

LARGEST = 4_000_000_000
"""Bytes of the tables read, once unzipped: some 80 million calls."""
HIGHEST_RATIO = 250
"""Unzipped over zipped, beyond :data:`RATIO_FROM`; an invented million of calls is at 6."""
RATIO_FROM = 50_000_000
EXAMPLES = 50
"""Findings of one kind that are kept whole; the others are counted."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True, eq=False)
class Notes:
    """What is noticed in a feed, each kind counted and its first cases kept.

    Attributes:
        file: the feed, as the project names it.
        cases: observation -> its first findings.
        counts: observation -> how many there were.
    """

    file: str
    cases: dict[str, list[Finding]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        what: str,
        action: str,
        *,
        table: str = "",
        line: int | None = None,
        column: str = "",
        value: str = "",
    ) -> None:
        """Note one case."""
        self.counts[what] = self.counts.get(what, 0) + 1
        known = self.cases.setdefault(what, [])
        if len(known) < EXAMPLES:
            place = f"{self.file}/{table}" if table else self.file
            known.append(
                Finding(
                    file=place,
                    line=line,
                    column=column,
                    value=CONTROL.sub("", value[:80]),
                    what=typeset(what),
                    action=typeset(action),
                )
            )

    def findings(self) -> list[Finding]:
        """Return the cases kept, and one finding for those that are only counted."""
        found: list[Finding] = []
        for what, cases in self.cases.items():
            found += cases
            more = self.counts[what] - len(cases)
            if more and len(cases) == EXAMPLES:
                first = cases[0]
                found.append(
                    Finding(
                        file=first.file,
                        value=f"{more} autres cas",
                        what=first.what,
                        action=first.action,
                    )
                )
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class FeedFiles:
    """The tables of a feed that is open.

    Attributes:
        file: its name, as the project writes it.
        openers: table -> how to read its bytes from the start.
        notes: what is noticed while reading.
    """

    file: str
    openers: dict[str, Callable[[], IO[bytes]]]
    notes: Notes

    def __contains__(self, table: object) -> bool:
        return table in self.openers

    def rows(
        self, table: str, columns: Sequence[str], *, required: Sequence[str] = ()
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield the line and some cells of every row of a table, stripped; a missing one is "".

        Args:
            table: ``stops.txt``; nothing is yielded when the feed lacks it.
            columns: cells wanted, in order.
            required: those without which the table means nothing.

        Raises:
            SourceError: damaged, not a table, or a required column is missing.
        """
        if table not in self.openers:
            return
        place = f"{self.file}/{table}"
        try:
            with self.openers[table]() as stream:
                # an id in a Windows encoding stays itself, and printable
                text = io.TextIOWrapper(
                    stream, encoding="utf-8-sig", errors="backslashreplace", newline=""
                )
                yield from self._cells(text, table, columns, required)
        except csv.Error as error:
            raise refusal(
                "un guillemet ouvert n'est jamais refermé, ou une cellule est démesurée : le "
                "fichier est abîmé ; redemandez l'archive GTFS",
                path=place,
            ) from error
        except _BROKEN as error:
            raise refusal(
                "le fichier est abîmé ou incomplet dans l'archive ; redemandez l'archive GTFS",
                path=place,
            ) from error

    def _cells(
        self, text: IO[str], table: str, columns: Sequence[str], required: Sequence[str]
    ) -> Iterator[tuple[int, tuple[str, ...]]]:
        start = text.readline(1 << 16)
        delimiter = max(",;\t", key=start.count)
        names = next(csv.reader([start], delimiter=delimiter), [])
        header = [name.strip().lower() for name in names]
        for name in required:
            if name not in header:
                raise refusal(
                    "cette colonne manque ; redemandez une archive GTFS complète",
                    path=f"{self.file}/{table}",
                    key=name,
                )
        positions = [header.index(name) if name in header else -1 for name in columns]
        width = len(header)
        reader = csv.reader(text, delimiter=delimiter)
        for row in reader:
            if not any(row):
                continue
            if len(row) < width:
                row.extend([""] * (width - len(row)))
            elif len(row) > width and any(row[width:]):
                self.notes.add(
                    "la ligne a plus de cellules que l'en-tête",
                    "cellules en trop ignorées ; un séparateur est peut-être mal protégé",
                    table=table,
                    line=reader.line_num + 1,
                )
            yield (
                reader.line_num + 1,
                tuple([row[at].strip() if at >= 0 else "" for at in positions]),
            )


def refusal(what: str, *, path: str, key: str | None = None) -> SourceError:
    """Return the error that stops the reading, in French as it is printed."""
    return SourceError(typeset(what), path=path, key=key)


@contextmanager
def opened_feed(path: Path, *, file: str) -> Iterator[FeedFiles]:
    """Open a GTFS archive or folder.

    Args:
        path: a ``.zip`` or a folder of ``.txt`` files, perhaps in one folder of the archive.
        file: its name, as the project writes it.

    Raises:
        SourceError: absent, not an archive, protected, out of proportion, or a table is missing.
    """
    if path.is_dir():
        openers = {
            table: _opener(path / table)
            for table in (*REQUIRED, *OPTIONAL)
            if (path / table).is_file()
        }
        _check_complete(openers, file=file)
        yield FeedFiles(file=file, openers=openers, notes=Notes(file))
        return
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise refusal(
            "ce n'est pas une archive GTFS lisible (.zip) ; vérifiez le fichier ou redemandez-le",
            path=file,
        ) from error
    with archive:
        entries = _entries(archive)
        _check_complete(entries, file=file)
        _check_sizes(entries.values(), file=file)
        openers = {table: _entry_opener(archive, entry) for table, entry in entries.items()}
        yield FeedFiles(file=file, openers=openers, notes=Notes(file))


def feed_digest(path: Path) -> str:
    """Return the digest of an archive, or of the names and bytes of a folder's tables."""
    if not path.is_dir():
        return sha256_of(path)
    whole = hashlib.sha256()
    for table in sorted((*REQUIRED, *OPTIONAL)):
        if (path / table).is_file():
            whole.update(f"{table} {sha256_of(path / table)}\n".encode())
    return whole.hexdigest()


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(entry)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the tables, all of the folder that holds the shallowest ``stops.txt``."""
    entries = archive.infolist()
    found = [(PurePosixPath(entry.filename.replace("\\", "/")), entry) for entry in entries]
    homes = [name.parent for name, _ in found if name.name == "stops.txt"]
    if not homes:
        return {}
    home = min(homes, key=lambda folder: (len(folder.parts), str(folder)))
    return {
        name.name: entry
        for name, entry in found
        if name.parent == home and name.name in (*REQUIRED, *OPTIONAL)
    }


def _check_complete(tables: Container[str], *, file: str) -> None:
    missing = [table for table in REQUIRED if table not in tables]
    if missing:
        raise refusal(
            f"il manque {', '.join(missing)} : une archive GTFS contient stops.txt, trips.txt, "
            "stop_times.txt et un calendrier ; redemandez l'archive complète",
            path=file,
        )


def _check_sizes(chosen: Collection[zipfile.ZipInfo], *, file: str) -> None:
    if any(entry.flag_bits & 1 for entry in chosen):
        raise refusal("l'archive est protégée par un mot de passe ; redemandez-la sans", path=file)
    size = sum(entry.file_size for entry in chosen)
    squeezed = max(sum(entry.compress_size for entry in chosen), 1)
    if size > LARGEST or (size > RATIO_FROM and size > HIGHEST_RATIO * squeezed):
        raise refusal(
            "l'archive annonce un contenu démesuré : elle n'est pas lue ; vérifiez d'où elle "
            "vient ou redemandez-la",
            path=file,
        )
