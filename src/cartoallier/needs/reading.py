"""The front of need files: which layout, which values, what provenance says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book, sha256_of
from cartoallier.model import Indicator, SourceRecord
from cartoallier.needs.checks import checked
from cartoallier.needs.cnaf import read_cnaf
from cartoallier.needs.drees import read_drees
from cartoallier.needs.geoclip import read_geoclip
from cartoallier.needs.insee import read_insee
from cartoallier.needs.melodi import read_melodi_file, starts_melodi
from cartoallier.needs.observatoire import read_observatoire
from cartoallier.needs.panorama import read_panorama
from cartoallier.needs.panorama_mapping import read_mapping
from cartoallier.needs.tableau import read_tableau
from cartoallier.needs.values import VALUE_COLUMNS, Extract

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
    source: NeedInput, *, indicators: Mapping[str, Indicator]
) -> tuple[Extract, SourceRecord]:
    """Read one need file.

    Args:
        source: the file and what the project says of it.
        indicators: of the catalogue.

    Returns:
        Values at their published zones, anywhere in the country, and the provenance record.

    Raises:
        SourceError: unreadable, of no known layout, or without any value.
    """
    if source.format in {"auto", "melodi"} and starts_melodi(source.path):
        extract = read_melodi_file(source.path, file=source.file, indicators=indicators)
        extract = checked(extract, indicators=indicators)
        return extract, _record(source, sha256_of(source.path), extract)
    book = read_book(source.path, file=source.file)
    found = _extract(source, book, indicators=indicators)
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
    extract = checked(_dated(found, source.vintage), indicators=indicators)
    return extract, _record(source, book.sha256, extract)


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
            if extract is not None:
                return extract
    return None


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
