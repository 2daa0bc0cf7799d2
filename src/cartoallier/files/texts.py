"""Text tables as they are read: lines without holding a national file whole, rows of cells."""

from __future__ import annotations

import collections
import contextlib
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from cartoallier.errors import SourceError
from cartoallier.files.decoding import decode
from cartoallier.model import Finding

LARGE = 1 << 26
"""Bytes from which a text file is read piece by piece rather than held whole."""

TOP = 60
"""Rows looked at to tell how a table is made."""
PEEK = 1 << 16

_Result = TypeVar("_Result")
_DELIMITERS = ";,\t|"
_FIELD_LIMIT = 1 << 26
_PIECE = 1 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, eq=False, kw_only=True)
class Text:
    """A text file: its start, its lines as often as they are asked, what decoding noticed."""

    start: str
    lines: Callable[[], Iterator[str]]
    findings: Sequence[Finding] = ()


def text_of(content: bytes, *, file: str) -> Text:
    """Decode a text held whole.

    Raises:
        SourceError: the bytes are no text.
    """
    whole, findings = decode(content, file=file)
    return Text(start=whole, lines=lambda: _lines(_pieces(whole)), findings=findings)


def text_in_pieces(path: Path, *, file: str) -> Text | None:
    """Open a large text of which decoding has nothing to say, ``None`` for any other file.

    Each piece ends with a line, where no character and no oddity of encoding can straddle.
    """
    try:
        if path.stat().st_size < LARGE:
            return None
    except OSError:
        return None  # whoever reads it says so
    start = ""
    for number, piece in enumerate(_byte_pieces(path)):
        if b"\0" in piece:
            return None  # binary, or two bytes a character
        try:
            text, findings = decode(piece, file=file)
        except SourceError:
            return None
        if findings or (number and piece.startswith(_BOM)):
            return None
        start = start or text
    return Text(
        start=start,
        lines=lambda: _lines(
            piece.decode("utf-8" if number else "utf-8-sig")
            for number, piece in enumerate(_byte_pieces(path))
        ),
    )


def _byte_pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece + stream.readline()


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield lines with their ends. In pieces: ``StringIO`` takes four bytes a character."""
    for piece in pieces:
        yield from io.StringIO(piece, newline="")


@contextlib.contextmanager
def long_fields() -> Iterator[None]:
    """Let the csv module read cells of any length: they are cut later, and said."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def delimiter_of(text: str) -> str:
    """Return the delimiter under which most of the first lines have the same width."""
    start = text[:PEEK].lstrip("\r\n")

    def regularity(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter)
        widths = collections.Counter(len(row) for row in islice(rows, TOP) if len(row) > 1)
        (width, count) = max(widths.items(), key=lambda item: item[::-1], default=(1, 0))
        return count, width

    with long_fields():
        return max(_DELIMITERS, key=regularity)


def parsed(
    text: Text, *, file: str, use: Callable[[Iterator[list[str]], list[Finding]], _Result]
) -> _Result:
    """Hand rows to ``use`` as they are read; again, and said, where quotes are misplaced."""
    delimiter = delimiter_of(text.start)
    with long_fields():
        try:
            rows = csv.reader(text.lines(), delimiter=delimiter, strict=True)
            return use(rows, list(text.findings))
        except csv.Error as error:
            line = _rows_before_error(text, delimiter=delimiter) + 1
            if "end of data" in str(error) or "limit" in str(error):
                raise SourceError(
                    "un guillemet ouvert n'est jamais refermé : le fichier est tronqué ou abîmé ; "
                    "redemandez l'export",
                    path=file,
                    line=line,
                ) from error
        misplaced = Finding(
            file=file,
            line=line,
            what="guillemets mal placés",
            action="ligne lue au mieux ; à vérifier",
        )
        rows = csv.reader(text.lines(), delimiter=delimiter)
        return use(rows, [*text.findings, misplaced])


def _rows_before_error(text: Text, *, delimiter: str) -> int:
    count = 0
    with contextlib.suppress(csv.Error):
        for _ in csv.reader(text.lines(), delimiter=delimiter, strict=True):
            count += 1
    return count
