"""The front of need files: which layout, which values, what provenance says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book, sha256_of
from cartoallier.model import Finding, Indicator, Level, SourceRecord
from cartoallier.needs.checks import checked
from cartoallier.needs.cnaf import read_cnaf
from cartoallier.needs.drees import read_drees
from cartoallier.needs.geoclip import read_geoclip
from cartoallier.needs.headers import TOP
from cartoallier.needs.insee import read_insee
from cartoallier.needs.melodi import read_melodi_file, starts_melodi
from cartoallier.needs.observatoire import read_observatoire
from cartoallier.needs.panorama import read_panorama
from cartoallier.needs.panorama_mapping import read_mapping
from cartoallier.needs.tableau import UNDATED, read_tableau, undated
from cartoallier.needs.values import VALUE_COLUMNS, Extract
from cartoallier.needs.zones import name_mismatch

Reader = Callable[..., Extract | None]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "drees": read_drees,
        "cnaf": read_cnaf,
        "geoclip": read_geoclip,
        "observatoire": read_observatoire,
        "insee": read_insee,
        "tableau": read_tableau,
        "panorama": read_panorama,
    }
)
"""Layout -> reader, in the order they are tried: from the most marked to the least."""

DATED = frozenset({"tableau", "panorama"})
"""Layouts that may bear no year, and ask for it."""


NAMES = 3
"""Names compared from which a file is judged by them, and names told as examples."""


WIDEST = 3000
"""Columns of a table; the widest file of INSEE (« dossier complet ») has some 2 000."""

PLACES = (
    (
        re.compile(r"(?i)(?<![a-z])lat(?:itude)?(?![a-z])"),
        re.compile(r"(?i)(?<![a-z])(?:lon|lng|long|longitude)(?![a-z])"),
    ),
    (
        re.compile(r"(?i)(?<![a-z])(?:adresse|siret)(?![a-z])"),
        re.compile(r"(?i)(?<![a-z])(?:t[ée]l[ée]phone|courriel|e-?mail)"),
    ),
)
"""Pairs of columns that only a list of places has."""


@dataclass(frozen=True, kw_only=True)
class NeedInput:
    """One need file of a project.

    Attributes:
        path: where it is.
        file: its name, as the project writes it.
        format: a format name of the catalogue, or ``auto``.
        columns: what the project says of its columns: indicator id, ``code`` or ``nom`` -> name
            in the file.
        sheet: the only sheet to read, ``""``: all.
        vintage: year of the figures, when the file does not say.
        cog: year of its commune codes, when known.
        mapping: the correspondence of a panorama.
    """

    path: Path
    file: str
    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    vintage: str = ""
    cog: str = ""
    mapping: Path | None = None


def read_needs(
    source: NeedInput,
    *,
    indicators: Mapping[str, Indicator],
    names: Mapping[str, str] | None = None,
) -> tuple[Extract, SourceRecord]:
    """Read one need file.

    Args:
        source: the file and what the project says of it.
        indicators: of the catalogue.
        names: code -> name of the communes of today, to compare with those the file gives.

    Returns:
        Values at their published zones, anywhere in the country, and the provenance record.

    Raises:
        SourceError: unreadable, of no known layout, or without any value; most names are not
            those of the codes beside them.
    """
    if source.format in {"auto", "melodi"} and starts_melodi(source.path):
        extract = read_melodi_file(source.path, file=source.file, indicators=indicators)
        extract = checked(extract, indicators=indicators)
        return extract, _record(source, sha256_of(source.path), extract)
    book = read_book(source.path, file=source.file)
    _check_width(book)
    found = _recognised(source, book, indicators=indicators)
    if found is None:
        if source.format == "auto":
            raise SourceError(
                "aucun tableau de communes, d'EPCI ou de départements n'y est reconnu\u202f; "
                "vérifiez que c'est le bon fichier, ou dites ce que sont ses colonnes (bloc "
                "[[besoin]], clé «\u00a0colonnes\u00a0»)",
                path=source.file,
            )
        raise SourceError(
            f"ce n'est pas un fichier au format «\u00a0{source.format}\u00a0»\u202f; retirez "
            "«\u00a0format\u00a0» pour qu'il soit reconnu à son contenu, ou dites ce que sont ses "
            "colonnes (bloc [[besoin]], clé «\u00a0colonnes\u00a0»)",
            path=source.file,
        )
    if found.values.empty:
        raise SourceError(
            "aucune ligne n'y porte un code de commune, d'EPCI ou de département\u202f; vérifiez "
            "que c'est le bon fichier",
            path=source.file,
        )
    extract = _told(_dated(found, source.vintage), source, indicators=indicators, names=names)
    return extract, _record(source, book.sha256, extract)


def _recognised(
    source: NeedInput, book: Book, *, indicators: Mapping[str, Indicator]
) -> Extract | None:
    """Read a book, or say that it is a list of places when nothing else is recognised in it."""
    places = not _asked(source) and _lists_places(book)
    try:
        found = _extract(source, book, indicators=indicators)
    except SourceError as error:
        if not places:
            raise
        raise _places(book.file) from error
    if found is None and places:
        raise _places(book.file)
    return found


def _told(
    found: Extract,
    source: NeedInput,
    *,
    indicators: Mapping[str, Indicator],
    names: Mapping[str, str] | None,
) -> Extract:
    """Check values, their years and the names of their communes."""
    extract = checked(found, indicators=indicators)
    said = list(extract.findings)
    if not any(finding.what == UNDATED for finding in said):
        said += undated(extract.values, file=source.file)
    said += _other_names(extract.values, names or {}, file=source.file)
    return replace(extract, findings=said)


def _check_width(book: Book) -> None:
    """Refuse a table too wide to be one of figures: comparing titles takes seconds a thousand.

    Raises:
        SourceError: more than :data:`WIDEST` columns.
    """
    for sheet, grid in book.sheets.items():
        width = max(map(len, grid), default=0)
        if width > WIDEST:
            raise SourceError(
                f"{width} colonnes, plus que les {WIDEST} qu'un tableau peut avoir\u202f; gardez "
                "la colonne des codes et celles des indicateurs",
                path=book.file,
                key=sheet or None,
            )


def _asked(source: NeedInput) -> bool:
    """Return whether the project says how to read the file."""
    said = source.format != "auto" or bool(source.columns) or bool(source.sheet)
    return said or source.mapping is not None


def _lists_places(book: Book) -> bool:
    """Return whether a row at the top of a sheet heads positions, or addresses and numbers."""
    return any(
        all(any(heading.search(cell) for cell in row) for heading in pair)
        for grid in book.sheets.values()
        for row in grid[:TOP]
        for pair in PLACES
    )


def _places(file: str) -> SourceError:
    return SourceError(
        "on dirait une liste de lieux, pas des chiffres par commune\u202f; déplacez-la dans offre/",
        path=file,
    )


def _extract(
    source: NeedInput, book: Book, *, indicators: Mapping[str, Indicator]
) -> Extract | None:
    """Read a book with the reader asked for, or the first that knows it."""
    if source.sheet:
        book = _only(book, source.sheet)
    if source.mapping is not None or source.format == "panorama":
        mapping = None
        if source.mapping is not None:
            name = source.mapping.name
            mapping = read_mapping(source.mapping, file=name, indicators=indicators)
        return read_panorama(book, indicators=indicators, mapping=mapping, vintage=source.vintage)
    if source.columns:
        return read_tableau(
            book, indicators=indicators, columns=source.columns, vintage=source.vintage
        )
    for layout, reader in READERS.items():
        if source.format in {"auto", layout}:
            said = {"vintage": source.vintage} if layout in DATED else {}
            extract = reader(book, indicators=indicators, **said)
            if extract is not None and layout == "insee" and source.format == "auto":
                return _fullest(extract, book, indicators=indicators, vintage=source.vintage)
            if extract is not None:
                return extract
    return None


def _other_names(values: pd.DataFrame, known: Mapping[str, str], *, file: str) -> list[Finding]:
    """Say which communes bear a name that is not that of their code.

    Raises:
        SourceError: most of them.
    """
    rows = values.loc[values["level"] == Level.COMMUNE.value, ["code", "name"]]
    rows = rows[rows["name"].str.strip() != ""].drop_duplicates("code") if known else rows[:0]
    if 2 * rows["name"].nunique() < len(rows):
        return []  # names of the areas that communes belong to
    compared, others = name_mismatch(rows["code"], rows["name"], known)
    if not others:
        return []
    examples = ", ".join(
        f"{code} «\u00a0{name}\u00a0» au lieu de «\u00a0{right}\u00a0»"
        for code, name, right in others[:NAMES]
    )
    if compared >= NAMES and 2 * len(others) > compared:
        raise SourceError(
            "les noms ne vont pas avec les codes\u202f: ce sont peut-être des codes postaux "
            f"({examples})\u202f; demandez le fichier avec les codes de communes de l'INSEE",
            path=file,
        )
    return [
        Finding(
            file=file,
            value=f"{len(others)} sur {compared}\u00a0: {examples}",
            what="le nom n'est pas celui de la commune de ce code",
            action="lu d'après le code\u202f; à vérifier",
        )
    ]


def _fullest(
    extract: Extract, book: Book, *, indicators: Mapping[str, Indicator], vintage: str
) -> Extract:
    """Return what INSEE's codes gave, or what titles give when they say more columns.

    Some ids of the catalogue are also names of columns in the files of the State: a hand-made
    table that bears one of them is not an INSEE file for all that.
    """
    if extract.values["sheet"].nunique() > 1:
        return extract
    years = extract.values["vintage"].unique().tolist()
    vintage = vintage or (years[0] if len(years) == 1 else "")
    try:
        titled = read_tableau(book, indicators=indicators, vintage=vintage)
    except SourceError:
        return extract
    if titled is None or _read_columns(titled) <= _read_columns(extract):
        return extract
    return titled


def _read_columns(extract: Extract) -> int:
    return len(extract.values[["indicator", "vintage"]].drop_duplicates())


def _dated(extract: Extract, vintage: str) -> Extract:
    """Give the declared year to the values whose file says none."""
    if not vintage:
        return extract
    values = extract.values.assign(
        vintage=extract.values["vintage"].mask(extract.values["vintage"] == "", vintage)
    )
    return replace(extract, values=values.astype(VALUE_COLUMNS))


def _only(book: Book, sheet: str) -> Book:
    if sheet not in book.sheets:
        known = ", ".join(f"«\u00a0{name}\u00a0»" for name in book.sheets)
        raise SourceError(
            f"pas de feuille «\u00a0{sheet}\u00a0»\u202f; le classeur contient {known}",
            path=book.file,
        )
    return Book(
        file=book.file,
        sheets={sheet: book.sheets[sheet]},
        sha256=book.sha256,
        findings=book.findings,
    )


def _record(source: NeedInput, sha256: str, extract: Extract) -> SourceRecord:
    """Return what provenance says of the file: sources of its indicators, years, rows."""
    sources = load_catalogue().sources
    keys = extract.values["source"].unique().tolist()
    named = [sources[key] for key in keys if key in sources]
    years = sorted(filter(None, extract.values["vintage"].unique()))
    zones = extract.values[["level", "code", "vintage"]].drop_duplicates()
    mention = "\u202f; ".join(one.mention for one in named)
    span = "" if not years else years[0] if len(years) == 1 else f"{years[0]} à {years[-1]}"
    return SourceRecord(
        path=source.file,
        label=", ".join(filter(None, (mention, span))),
        format=extract.layout,
        sha256=sha256,
        rows_read=extract.rows_read,
        rows_kept=len(zones),
        dropped=dict(sorted(extract.dropped.items())),
        vintage=years[-1] if years else "",
        licence="\u202f; ".join(dict.fromkeys(one.licence for one in named if one.licence)),
    )
