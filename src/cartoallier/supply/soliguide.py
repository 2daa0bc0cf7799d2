"""Soliguide, raw places: one record per place and service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.supply import cells, secrecy
from cartoallier.supply.documents import items_of, read_document
from cartoallier.supply.hours import soliguide_week
from cartoallier.supply.records import assemble, read_points
from cartoallier.supply.rows import Extract, Rows

SOURCE = "soliguide"
CLOSED_FOR_GOOD = "lieu fermé définitivement"
NOT_ONLINE = "fiche hors ligne ou brouillon"
NO_SERVICE = "lieu sans service"
NO_PLACE = "élément qui n'est pas une fiche"

_UNRESTRICTED = {
    "administrative": {"regular", "asylum", "refugee", "undocumented"},
    "familialle": {"isolated", "family", "couple", "pregnant"},
    "gender": {"men", "women"},
    "other": {
        "violence",
        "addiction",
        "handicap",
        "lgbt",
        "hiv",
        "prostitution",
        "prison",
        "student",
        "mentalHealth",
    },
}


def read_soliguide(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read Soliguide places: an array, one place, or an answer ``{nbResults, places}``.

    Only places that are online are kept. A mobile round (``PARCOURS_MOBILE``) is itinerant. A
    place shown to professionals only, or reached on orientation only, is confidential.

    Args:
        path: the JSON file.
        file: its name, as the project writes it.

    Returns:
        One record per (place, service); ``line`` is the rank of the place. And the findings.

    Raises:
        SourceError: the file is not JSON or holds no place.
    """
    extract = extract_soliguide(path, file=file)
    return extract.frame, extract.findings


def extract_soliguide(path: Path, *, file: str) -> Extract:
    """Read Soliguide places with the counts of what was read and dropped."""
    document, findings = read_document(path, file=file)
    places = items_of(document, "places")
    if places is None and isinstance(document, dict) and "lieu_id" in document:
        places = [document]
    if places is None:
        raise SourceError(
            "aucun lieu Soliguide dans ce fichier ; un tableau JSON de lieux ou une réponse "
            "{nbResults, places} est attendu",
            path=file,
        )
    dropped: dict[str, int] = {}
    pairs: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
    for line, place in enumerate(places, start=1):
        reason = _why_not(place)
        if reason:
            dropped[reason] = dropped.get(reason, 0) + 1
            if reason in {NO_PLACE, NO_SERVICE}:
                findings.append(Finding(file=file, line=line, what=reason, action="fiche ignorée"))
            continue
        services = [service for service in place["services_all"] if isinstance(service, dict)]
        if _closed_now(place):
            findings.append(
                Finding(
                    file=file,
                    line=line,
                    column="tempInfos.closure",
                    what="fermeture temporaire annoncée",
                    action="lieu gardé ; vérifiez qu'il a rouvert",
                )
            )
        pairs += [(line, place, service) for service in services]
    return _records(pairs, file=file, findings=findings, read=len(places), dropped=dropped)


def _why_not(place: object) -> str:
    """Return why a place is not kept, ``""`` when it is."""
    if not isinstance(place, dict) or "lieu_id" not in place:
        return NO_PLACE
    status = cells.text(place.get("status") or place.get("statut") or "ONLINE").upper()
    if status == "PERMANENTLY_CLOSED":
        return CLOSED_FOR_GOOD
    if status != "ONLINE":
        return NOT_ONLINE
    services = place.get("services_all")
    if not isinstance(services, list) or not any(isinstance(s, dict) for s in services):
        return NO_SERVICE
    return ""


def _records(
    pairs: list[tuple[int, dict[str, Any], dict[str, Any]]],
    *,
    file: str,
    findings: list[Finding],
    read: int,
    dropped: dict[str, int],
) -> Extract:
    lines = tuple(line for line, _, _ in pairs)
    places = [place for _, place, _ in pairs]
    services = [service for _, _, service in pairs]
    positions = [_dict(place.get("position")) for place in places]
    rows = Rows(file=file, header=(), cells={}, lines=lines)
    coordinates = [_coordinates(*both) for both in zip(places, positions, strict=True)]
    longitude, latitude, more = read_points(
        [pair[0] for pair in coordinates],
        [pair[1] for pair in coordinates],
        lines=lines,
        file=file,
        column="position.location.coordinates",
    )
    # A place of several services says the same thing once.
    findings += list(dict.fromkeys(more))
    categories = [
        cells.text(service.get("category") or service.get("categorie")) for service in services
    ]
    publics = [_publics(place, service) for place, service in zip(places, services, strict=True)]
    weeks = [_week(place, service) for place, service in zip(places, services, strict=True)]
    entities = [_dict(place.get("entity")) for place in places]
    frame, more, unsound = assemble(
        source=SOURCE,
        rows=rows,
        ids=[
            f"{cells.text(place['lieu_id'])}-{cells.text(service.get('serviceObjectId')) or kind}"
            for place, service, kind in zip(places, services, categories, strict=True)
        ],
        columns={
            "name": [cells.name(place.get("name")) for place in places],
            "structure": [
                cells.name(entity.get("name")) or cells.name(place.get("name"))
                for place, entity in zip(places, entities, strict=True)
            ],
            "address": [_address(position) for position in positions],
            "postal_code": [
                cells.code(p.get("postalCode") or p.get("codePostal")) for p in positions
            ],
            "commune_code": [_commune_code(position) for position in positions],
            "commune_name": [cells.text(p.get("city") or p.get("ville")) for p in positions],
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": [place.get("placeType") == "PARCOURS_MOBILE" for place in places],
            "weekly_hours": [hours for _, hours in weeks],
            "hours": [written for written, _ in weeks],
            "updated_on": [
                cells.date(place.get("updatedByUserAt")) or cells.date(place.get("updatedAt"))
                for place in places
            ],
            "phone": [_phone(entity) for entity in entities],
            "website": [cells.website(entity.get("website")) for entity in entities],
            "soliguide": [(category,) if category else () for category in categories],
            "publics": publics,
            "confidential": [
                _is_secret(place, service, category)
                for place, service, category in zip(places, services, categories, strict=True)
            ],
        },
    )
    return Extract(frame=frame, findings=findings + more, rows_read=read, dropped=dropped | unsound)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _coordinates(place: dict[str, Any], position: dict[str, Any]) -> tuple[Any, Any]:
    """Return [longitude, latitude] where the record's age put it."""
    for holder in (position, place):
        pair = _dict(holder.get("location")).get("coordinates")
        if isinstance(pair, list) and len(pair) >= 2:
            return pair[0], pair[1]
    old = _dict(position.get("coordinates"))
    return old.get("x"), old.get("y")


def _address(position: dict[str, Any]) -> str:
    written = cells.text(position.get("address") or position.get("adresse"))
    code = cells.text(position.get("postalCode") or position.get("codePostal"))
    street = written.split(f", {code}")[0] if code else written
    extra = cells.text(position.get("additionalInformation") or position.get("complementAdresse"))
    return ", ".join(filter(None, (street, extra)))


def _commune_code(position: dict[str, Any]) -> str:
    # Migrated records repeat the postal code there: then it is no INSEE code.
    code = cells.code(position.get("cityCode"))
    return "" if code == cells.code(position.get("postalCode")) else code


def _publics(place: dict[str, Any], service: dict[str, Any]) -> tuple[str, ...]:
    """Return the publics a service is restricted to; a complete list restricts nothing."""
    holder = service if service.get("differentPublics") else place
    publics = _dict(holder.get("publics"))
    found: set[str] = set()
    for key, everybody in _UNRESTRICTED.items():
        values = set(cells.words(publics.get(key)))
        if not values >= everybody:
            found |= values
    return tuple(sorted(found))


def _week(place: dict[str, Any], service: dict[str, Any]) -> tuple[str, float]:
    own = service.get("hours") if service.get("differentHours") else None
    return soliguide_week(own or place.get("newhours"))


def _phone(entity: dict[str, Any]) -> str:
    if cells.is_personal_mail(entity.get("mail")):
        return ""
    phones = entity.get("phones")
    for phone in phones if isinstance(phones, list) else []:
        number = cells.phone(_dict(phone).get("phoneNumber"))
        if number:
            return number
    return ""


def _closed_now(place: dict[str, Any]) -> bool:
    return _dict(_dict(place.get("tempInfos")).get("closure")).get("actif") is True


def _on_orientation(holder: dict[str, Any]) -> bool:
    orientation = _dict(_dict(holder.get("modalities")).get("orientation"))
    return cells.truth(orientation.get("checked"))


def _is_secret(place: dict[str, Any], service: dict[str, Any], category: str) -> bool:
    """Return whether the place itself says, or lets understand, that it is not public."""
    if place.get("visibility") == "PRO" or _on_orientation(place):
        return True
    if any(_on_orientation(_dict(one)) for one in place["services_all"]):
        return True
    texts = " ".join(cells.text(holder.get("description")) for holder in (place, service))
    named = cells.text(place.get("name"))
    danger = secrecy.speaks_of_danger(f"{named} {texts}") or bool(
        {"violence", "prostitution"} & set(_publics(place, service))
    )
    return danger and secrecy.is_soliguide_housing(category)
