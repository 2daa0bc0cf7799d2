"""Questions asked of a database and saved: the same services under other column names.

Two are met: the dumps of data·inclusion v0 (« Service ID », « Long », lists ``{a,b}``) and the
tables of DORA as its team exports them (``short_desc``, ``city_code``…, one table or two joined).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cartoallier.files import Rows
from cartoallier.supply import cells

NOT_PUBLISHED = "service DORA non publié"

_SERVICES = {
    "Service ID": "id",
    "Structure ID": "structure_id",
    "Source": "source",
    "Nom": "nom",
    "Thematiques": "thematiques",
    "Frais": "frais",
    "Profils": "profils",
    "Commune": "commune",
    "Code Postal": "code_postal",
    "Code Insee": "code_insee",
    "Adresse": "adresse",
    "Long": "longitude",
    "Lat": "latitude",
    "Modes Accueil": "modes_accueil",
    "Date Maj": "date_maj",
}
_STRUCTURES = {
    "ID": "id",
    "Source": "source",
    "Nom": "nom",
    "Siret": "siret",
    "Commune": "commune",
    "Code Postal": "code_postal",
    "Code Insee": "code_insee",
    "Adresse": "adresse",
    "Long": "longitude",
    "Lat": "latitude",
    "Typologie": "typologie",
}
_DORA = {
    "id": "id",
    "name": "nom",
    "siret": "siret",
    "typology": "typologie",
    "structure_id": "structure_id",
    "short_desc": "presentation_resume",
    "description": "presentation_detail",
    "full_desc": "presentation_detail",
    "publics": "publics",
    "publics_precisions": "publics_precisions",
    "categories": "thematiques",
    "subcategories": "thematiques",
    "address1": "adresse",
    "address2": "complement_adresse",
    "postal_code": "code_postal",
    "city_code": "code_insee",
    "city": "commune",
    "longitude": "longitude",
    "latitude": "latitude",
    "diffusion_zone_type": "zone_diffusion_type",
    "diffusion_zone_details": "zone_diffusion_code",
    "recurrence": "recurrence",
    "opening_hours": "horaires_ouverture",
    "suspension_date": "date_suspension",
    "modification_date": "date_maj",
    "location_kinds": "modes_accueil",
    "is_contact_info_public": "contact_public",
    "contact_phone": "telephone",
    "contact_email": "courriel",
    "phone": "telephone",
    "email": "courriel",
    "url": "site_web",
    "appointment_link": "prise_rdv",
    "online_form": "formulaire_en_ligne",
    "status": "status",
}


def is_metabase(header: frozenset[str]) -> bool:
    """Return whether these columns are those of a dump of data·inclusion."""
    services = {"Service ID", "Structure ID", "Nom"} <= header
    structures = {"ID", "Nom", "Typologie", "Code Insee"} <= header
    return services or structures


def is_dora_table(header: frozenset[str]) -> bool:
    """Return whether these columns are those of DORA's own tables."""
    plain = {name.removeprefix("service_") for name in header}
    services = {"name", "structure_id", "diffusion_zone_type", "city_code"} <= plain
    return services or {"name", "siret", "typology", "city_code"} <= header


def canonical(rows: Rows) -> Rows:
    """Return rows under the names of the schema; rows that are no dump, as they are."""
    header = frozenset(rows.header)
    if "Service ID" in header:
        return _renamed(rows, _SERVICES)
    if is_metabase(header):
        return _renamed(rows, _STRUCTURES)
    if is_dora_table(header):
        return _renamed(rows, _joined(_DORA, header))
    if "id" not in header and "_di_surrogate_id" in header:
        return _with_ids(rows)
    return rows


def published(rows: Rows) -> tuple[Rows, int]:
    """Return the services DORA publishes, and how many were drafts, suggestions or archived."""
    if "status" not in rows:
        return rows, 0
    status = rows.parse("status", lambda cell: cells.text(cell).upper())
    keep = [one in {"", "PUBLISHED"} for one in status]
    return rows.where(keep), keep.count(False)


def _joined(names: Mapping[str, str], header: frozenset[str]) -> dict[str, str]:
    """Prefer the columns of the service where two tables were joined."""
    if not any(name.startswith("service_") for name in header):
        return dict(names)
    prefixed = {f"service_{old}": new for old, new in names.items()}
    return prefixed | {
        "structure_id": "structure_id",
        "service_structure_id": "structure_id",
        "structure_name": "structure_nom",
        "structure_siret": "structure_siret",
        "structure_typology": "structure_typologie",
    }


def _renamed(rows: Rows, names: Mapping[str, str]) -> Rows:
    columns: dict[str, list[object]] = {}
    for old, new in names.items():
        if old not in rows:
            continue
        given = list(rows.column(old))
        # Two tables joined hold some columns twice: the first that says something is believed.
        columns[new] = (
            [a if cells.text(a) or isinstance(a, bool | list) else b
             for a, b in zip(columns[new], given, strict=True)]
            if new in columns
            else given
        )  # fmt: skip
    return replace(rows, header=tuple(columns), cells=columns)


def _with_ids(rows: Rows) -> Rows:
    """Make ids of v0 surrogates: ``<source>-<id>``, one dash."""
    pairs = zip(
        rows.parse("_di_surrogate_id", cells.text), rows.parse("source", cells.text), strict=True
    )
    made: list[object] = [one.removeprefix(f"{source}-") for one, source in pairs]
    return replace(rows, header=("id", *rows.header), cells={**rows.cells, "id": made})
