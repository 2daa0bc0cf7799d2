"""What a file is, by its content: the part of ``format = "auto"`` that supply knows."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.files import header_of, read_start
from cartoallier.supply import (
    bpe,
    data_inclusion,
    dora,
    dora_dashboard,
    finess,
    france_services,
    mednum,
    metabase,
    soliguide,
    soliguide_export,
    tableau,
)
from cartoallier.supply.documents import (
    items_of,
    parquet_header,
    read_document,
    start_of_list,
)
from cartoallier.supply.geofiles import (
    is_document,
    is_geopackage,
    read_places,
    read_start_bytes,
    rows_of_document,
)
from cartoallier.supply.inclusion_workbook import is_inclusion_workbook
from cartoallier.supply.templates import TEMPLATES

_NOT_SUPPLY = (
    "tableau non reconnu ; ouvrez « correspondances.xlsx » dans le dossier du projet, vérifiez "
    "ce que devient chaque colonne, enregistrez et relancez ; ou décrivez ce fichier dans "
    "cartoallier.toml par un bloc [[offre]] avec « format » et, pour un tableau, « colonnes »"
)
_NOT_A_LIST = (
    "ce n'est pas une liste de lieux ; les formats d'offre sont dora, data-inclusion, soliguide, "
    "france-services, mednum, finess, bpe et tableau"
)
_ONE_COLUMN = (
    "le fichier n'a qu'une colonne ; le séparateur s'est peut-être perdu : redemandez l'export "
    "en CSV avec des points-virgules"
)

_LISTS = ("places", "services", "results", "items", "structures")
_LOOKED_AT = 20
"""Items of a document that are enough to know it."""

_SIGNATURES: Mapping[str, tuple[tuple[str, ...], frozenset[str], int]] = {
    # label: columns it cannot do without, columns that betray it, how many of these
    "la liste des France Services": (
        france_services.REQUIRED,
        frozenset({"id_fs", "lib_fs", "format_fs", "type_fs", "insee_com", "labellisation_fs"}),
        3,
    ),
    "un fichier d'équipements de la BPE": (
        bpe.REQUIRED,
        frozenset({"TYPEQU", "DEPCOM", "LAMBERT_X", "LAMBERT_Y", "NOMRS", "QUALITE_XY"}),
        3,
    ),
    "un extrait de FINESS": (finess.REQUIRED, frozenset(finess.STOCK_COLUMNS), 8),
    "le standard de la médiation numérique": (mednum.REQUIRED, mednum.SIGNATURE, 6),
}


class UnrecognisedError(SourceError):
    """A table that is none of the formats: its columns can be told in ``correspondances.xlsx``."""


def recognise(path: Path, *, file: str) -> str:
    """Return the format of a supply file, by its content; its name says nothing.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Raises:
        UnrecognisedError: a table, of none of the formats.
        SourceError: unreadable, no list of places, or a file about people.
    """
    start = read_start_bytes(path)
    if is_document(start):
        found, header = _document(path, file=file)
    else:
        found, header = _table(path, start=start, file=file)
    found = found or _of_columns(header)
    if found is None:
        raise _unrecognised(header, file=file)
    return found


def _table(path: Path, *, start: bytes, file: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the columns of a table, and its format where a first line without header says it."""
    header = parquet_header(path, file=file)
    if header is None and is_geopackage(start):
        header = read_places(path, file=file).header
    if header is None:
        grid = read_start(path, file=file)
        if finess.is_stock(grid):
            return finess.SOURCE, ()
        header = header_of(grid)
        if _of_columns(header) is None and is_inclusion_workbook(path, file=file):
            return data_inclusion.SOURCE, ()
    dora_dashboard.refuse_beneficiaries(header, file=file)
    return None, header


def _document(path: Path, *, file: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the format of a JSON document, or the columns of the list it holds."""
    start = start_of_list(path, count=_LOOKED_AT) if path.suffix.lower() == ".json" else None
    # Pages of an API are items only when all of the document is pages.
    if start is not None and items_of(start, *_LISTS) is start:
        found = _of_document(start)
        if found is not None:
            return found, ()
    document, _ = read_document(path, file=file)
    found = _of_document(document)
    if found is not None:
        return found, ()
    try:
        header = rows_of_document(document, file=file).header
    except SourceError as error:
        raise SourceError(_NOT_A_LIST, path=file) from error
    if len(header) < 2:
        raise SourceError(_NOT_A_LIST, path=file)
    return None, header


def _unrecognised(header: Collection[str], *, file: str) -> SourceError:
    if len(header) < 2:
        return SourceError(_ONE_COLUMN, path=file, line=1)
    near = _resemblance(header)
    return UnrecognisedError(f"{near} ; {_NOT_SUPPLY}" if near else _NOT_SUPPLY, path=file)


def _resemblance(header: Collection[str]) -> str:
    """Say which format a table nearly is, and which column was renamed."""
    for label, (required, signature, enough) in _SIGNATURES.items():
        absent = [name for name in required if name not in header]
        if absent and len(signature & set(header)) >= enough:
            free = [name for name in header if name not in signature]
            near = difflib.get_close_matches(absent[0], free, n=1, cutoff=0.4)
            likely = f" (la plus proche est « {near[0]} »)" if near else ""
            return f"ce tableau ressemble à {label}, mais la colonne « {absent[0]} » manque{likely}"
    return ""


def _of_columns(header: Iterable[str]) -> str | None:
    columns = frozenset(header)
    tests: tuple[tuple[bool, str], ...] = (
        (set(france_services.REQUIRED) <= columns, france_services.SOURCE),
        (finess.is_finess(columns), finess.SOURCE),
        (bpe.is_bpe(columns), bpe.SOURCE),
        (soliguide_export.is_export(columns), soliguide.SOURCE),
        (dora_dashboard.is_dashboard(columns), dora.SOURCE),
    )
    found = next((source for told, source in tests if told), None) or _of_inclusion(columns)
    if found is None and mednum.is_mednum(columns):
        found = mednum.SOURCE
    # A table that says nothing but our own words needs no mapping.
    ours = frozenset(tableau.READ).union(*TEMPLATES.values())
    named = {name.lower() for name in columns}
    return found or (tableau.SOURCE if "nom" in named and named <= ours else None)


def _of_inclusion(columns: frozenset[str]) -> str | None:
    """Tell data·inclusion from DORA: the first always names the producer in ``source``."""
    if metabase.is_metabase(columns):
        return data_inclusion.SOURCE
    if metabase.is_dora_table(columns):
        return dora.SOURCE
    if "nom" not in columns or columns.isdisjoint({"id", "_di_surrogate_id"}):
        return None
    v1 = {"zone_eligibilite", "thematiques"} <= columns
    v0 = {"profils", "zone_diffusion_type", "source"} <= columns
    structures = {"source", "siret"} <= columns and bool(
        {"reseaux_porteurs", "_di_surrogate_id"} & columns
    )
    if v1 or v0 or structures:
        return data_inclusion.SOURCE
    dora_services = {"structure_id", "zone_diffusion_type", "contact_public"} <= columns
    dora_structures = {"siret", "typologie", "labels_nationaux"} <= columns
    return dora.SOURCE if dora_services or dora_structures else None


def _of_document(document: object) -> str | None:
    if soliguide.is_temporary(document):
        return soliguide.SOURCE
    items = items_of(document, *_LISTS)
    if items is None:
        items = [document]
    keys: set[str] = set()
    for item in items[:_LOOKED_AT]:
        if isinstance(item, dict):
            inner = item.get("service")
            keys |= set(inner if isinstance(inner, dict) else item)
    if "lieu_id" in keys:
        return soliguide.SOURCE
    return _of_inclusion(frozenset(keys))
