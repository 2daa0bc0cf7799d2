"""What a file is, by its content: the part of ``format = "auto"`` that supply knows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.supply import data_inclusion, dora, france_services, soliguide, tableau
from cartoallier.supply.documents import items_of, read_document
from cartoallier.supply.tables import read_header
from cartoallier.supply.templates import TEMPLATES

_NOT_SUPPLY = (
    "format non reconnu ; les formats d'offre sont dora, data-inclusion, soliguide, "
    "france-services et tableau : décrivez ce fichier dans cartoallier.toml par un bloc "
    "[[offre]] avec « format » et, pour un tableau, « colonnes »"
)


def recognise(path: Path, *, file: str) -> str:
    """Return the format of a supply file.

    Args:
        path: the file.
        file: its name, as the project writes it.

    Raises:
        SourceError: unreadable, or none of the formats.
    """
    if path.suffix.lower() in {".json", ".geojson"}:
        document, _ = read_document(path, file=file)
        found = _of_document(document)
    else:
        found = _of_columns(read_header(path, file=file))
    if found is None:
        raise SourceError(_NOT_SUPPLY, path=file)
    return found


def _of_columns(header: Iterable[str]) -> str | None:
    columns = frozenset(header)
    if set(france_services.REQUIRED) <= columns:
        return france_services.SOURCE
    found = _of_inclusion(columns)
    # A table that says nothing but our own words needs no mapping.
    ours = frozenset(tableau.COLUMNS).union(*TEMPLATES.values())
    return found or (tableau.SOURCE if "nom" in columns and columns <= ours else None)


def _of_inclusion(columns: frozenset[str]) -> str | None:
    """Tell data·inclusion from DORA: the first always names the producer in ``source``."""
    if not {"id", "nom"} <= columns:
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
    items = items_of(document, "places", "services", "results", "items", "structures")
    if items is None:
        items = [document]
    keys: set[str] = set()
    for item in items[:20]:
        if isinstance(item, dict):
            inner = item.get("service")
            keys |= set(inner if isinstance(inner, dict) else item)
    if {"lieu_id", "services_all"} <= keys:
        return soliguide.SOURCE
    return _of_inclusion(frozenset(keys))
