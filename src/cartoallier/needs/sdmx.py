"""A CSV of observations (SDMX), read by columns: a country's file has a million rows and more.

One row per zone, year, measure and breakdown; columns of codes hold few distinct texts, so each
text is judged once. Nothing here knows what a measure means.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import plural

START = 65_536
"""Bytes looked at to recognise a file: its first line is far shorter."""

BLOCK = 16 << 20
"""Bytes parsed at once; a row longer than that is no row."""

EXAMPLES = 20
"""Rows told one by one; the rest are counted in one finding."""

LATIN = "latin-1"
"""Every byte is a letter there: only labels, which nobody reads, could be wrong."""

_ATTRIBUTE = re.compile(r"(?:OBS|CONF|UNIT|GEO|COMMENT|NOTE)_\w+|FREQ|DECIMALS|TIME_PERIOD|GEO")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the first line says.

    Attributes:
        names: of the columns, in capitals.
        delimiter: between cells.
        codec: encoding, as far as the first bytes tell.
    """

    names: tuple[str, ...]
    delimiter: str
    codec: str

    @property
    def measure(self) -> str:
        """Name of the column of measures (``FILOSOFI_MEASURE``), ``""`` without one."""
        found = (n for n in self.names if n.endswith("_MEASURE") and n != "UNIT_MEASURE")
        return next(found, "")

    @property
    def breakdowns(self) -> list[str]:
        """Names of the other dimensions (``SEX``, ``AGE``…)."""
        return [n for n in self.names if n and n != self.measure and not _ATTRIBUTE.fullmatch(n)]


@dataclass(frozen=True, eq=False, kw_only=True)
class Words:
    """A column of few distinct texts.

    Attributes:
        distinct: those texts, stripped.
        codes: which of them each row bears.
    """

    distinct: tuple[str, ...]
    codes: np.ndarray

    def flags(self, good: Iterable[bool]) -> np.ndarray:
        """Return a flag per row from a flag per distinct text."""
        flags: np.ndarray = np.fromiter(good, dtype=bool, count=len(self.distinct))[self.codes]
        return flags

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return the texts of some rows."""
        texts: np.ndarray = np.array(self.distinct, dtype="object")[self.codes[rows]]
        return texts


@dataclass(frozen=True, eq=False, kw_only=True)
class Observations:
    """The rows of a file.

    Attributes:
        head: its first line.
        words: name -> column, those of codes.
        values: ``OBS_VALUE``, as written.
        lines: line of each row.
        skipped: rows that have not the columns of the header.
        findings: what was noticed.
    """

    head: Head
    words: Mapping[str, Words]
    values: pa.ChunkedArray
    lines: np.ndarray
    skipped: int
    findings: list[Finding]

    def value_texts(self, rows: np.ndarray) -> np.ndarray:
        """Return ``OBS_VALUE`` of some rows."""
        taken = self.values.take(pa.array(rows))
        return np.array(taken.to_pylist(), dtype="object")


def read_head(path: Path) -> Head | None:
    """Return the header of a CSV from its first bytes, ``None`` when it has none."""
    try:
        with path.open("rb") as stream:
            start = stream.read(START)
    except OSError:
        return None
    codec = "utf-16" if start.startswith(_UTF16) else "utf-8"
    line, *rest = start.decode(codec, errors="replace").split("\n", 1)
    if not rest:
        return None
    line = line.removeprefix("\ufeff").rstrip("\r")
    delimiter = max(";,\t|", key=line.count)
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return None
    return Head(
        names=tuple(name.strip().upper() for name in names), delimiter=delimiter, codec=codec
    )


def read_observations(path: Path, head: Head, *, codes: Iterable[str], file: str) -> Observations:
    """Read a file of observations.

    Args:
        path: the file, of any size.
        head: its header, with distinct names and ``OBS_VALUE``.
        codes: names of the columns wanted besides ``OBS_VALUE``; those the file lacks are left.
        file: its name, as the project writes it.

    Raises:
        SourceError: cut or damaged so that rows are no longer rows, or without any.
    """
    wanted = [name for name in codes if name in head.names]
    findings: list[Finding] = []
    try:
        codec = _codec(path, head)
        table, bad = _arrow(path, head, codec=codec, codes=wanted)
    except (pa.ArrowException, UnicodeError, OSError) as error:
        what = "fichier coupé ou abîmé\u202f; téléchargez-le de nouveau"
        raise SourceError(what, path=file) from error
    if codec == LATIN:
        findings.append(
            Finding(
                file=file,
                what="le fichier n'est pas en UTF-8",
                action="lu comme un fichier Windows\u202f; vérifiez les accents",
            )
        )
    if not table.num_rows:
        raise SourceError("aucune ligne sous l'en-tête\u202f; redemandez l'export", path=file)
    lines = np.arange(2, 2 + table.num_rows + len(bad))
    findings += told(
        bad,
        file=file,
        what="la ligne n'a pas le nombre de colonnes de l'en-tête",
        action="ligne ignorée\u202f; le fichier est peut-être coupé",
    )
    return Observations(
        head=head,
        words={name: _words(table.column(name)) for name in wanted},
        values=table.column("OBS_VALUE"),
        lines=lines[~np.isin(lines, [line for line, _ in bad])][: table.num_rows],
        skipped=len(bad),
        findings=findings,
    )


def told(
    rows: list[tuple[int, str]], *, file: str, column: str = "", what: str, action: str
) -> list[Finding]:
    """Return a finding for each of the first rows, and one for all the others.

    Args:
        rows: (line, offending text).
        file: name of the file.
        column: where the text was read.
        what: the observation.
        action: what was done.
    """
    findings = [
        Finding(file=file, line=line, column=column, value=text[:80], what=what, action=action)
        for line, text in rows[:EXAMPLES]
    ]
    if len(rows) > EXAMPLES:
        value = plural(len(rows) - EXAMPLES, "autre ligne", "autres lignes")
        findings.append(Finding(file=file, column=column, value=value, what=what, action=action))
    return findings


def _codec(path: Path, head: Head) -> str:
    """Return the encoding of the whole file: arrow breaks on a line it cannot decode."""
    if head.codec != "utf-8":
        return head.codec
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return LATIN
    return head.codec


def _arrow(
    path: Path, head: Head, *, codec: str, codes: list[str]
) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Return the columns wanted, as text, and the lines that are no rows."""
    bad: list[tuple[int, str]] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        bad.append((row.number or 0, row.text))
        return "skip"

    # Unnamed columns get a name, arrow refuses two alike.
    names = [name or f"colonne {number}" for number, name in enumerate(head.names, start=1)]
    text = pa.string()
    types = dict.fromkeys(codes, pa.dictionary(pa.int32(), text))
    table = pa.csv.read_csv(
        path,
        # One thread: lines that are no rows are only numbered then.
        read_options=pa.csv.ReadOptions(
            use_threads=False, block_size=BLOCK, column_names=names, skip_rows=1, encoding=codec
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=head.delimiter, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pa.csv.ConvertOptions(
            include_columns=[*codes, "OBS_VALUE"], column_types={**types, "OBS_VALUE": text}
        ),
    )
    return table, bad


def _words(column: pa.ChunkedArray) -> Words:
    chunks = column.unify_dictionaries().chunks
    codes = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in chunks])
    distinct = tuple(str(word).strip() for word in chunks[0].dictionary.to_pylist())
    return Words(distinct=distinct, codes=codes)
