"""Soliguide: raw places and answers of its API, temporary information, admin exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows, read_table
from cartoallier.model import Finding, empty_services
from cartoallier.model.french import plural
from cartoallier.supply import cells, soliguide_export
from cartoallier.supply import soliguide_places as facts
from cartoallier.supply.closures import closure_of, closures_of, merged
from cartoallier.supply.documents import items_of, read_document
from cartoallier.supply.extract import Extract
from cartoallier.supply.records import assemble, read_points
from cartoallier.supply.soliguide_export import CLOSED_FOR_GOOD, REPEATED

SOURCE = "soliguide"
NOT_ONLINE = "fiche hors ligne ou brouillon"
NO_SERVICE = "lieu sans service"
NO_PLACE = "élément qui n'est pas une fiche"
TEMPORARY = "information temporaire, lue avec les fiches"
SEVERAL = "une fiche décrit plusieurs services"

Closures = dict[tuple[str, str], list[str]]
_Value = TypeVar("_Value")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Offer:
    """One service of one place, and the rank of the place in the file."""

    line: int
    place: dict[str, Any]
    service: dict[str, Any]


def read_soliguide(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read Soliguide places: raw JSON, an answer ``{nbResults, places}``, or the admin export.

    Only places that are online are kept. A mobile round (``PARCOURS_MOBILE``) is itinerant, with
    its stops. A place shown to professionals only, or reached on orientation only, is
    confidential. Closures announced are kept with their dates, those of a ``tempInfos`` file
    beside the places too.

    Args:
        path: the JSON, CSV or XLSX file.
        file: its name, as the project writes it.

    Returns:
        One record per (place, service); ``line`` is the rank of the place. And the findings.

    Raises:
        SourceError: the file is unreadable or holds no place.
    """
    extract = extract_soliguide(path, file=file)
    return extract.frame, extract.findings


def extract_soliguide(path: Path, *, file: str) -> Extract:
    """Read Soliguide places with the counts of what was read and dropped.

    Rows are counted as services: a place of three services counts for three, one without any
    for one.
    """
    if path.suffix.lower() not in {".json", ".ndjson", ".jsonl"}:
        table = read_table(path, file=file)
        return soliguide_export.extract_export(table, source=SOURCE)
    document, findings = read_document(path, file=file)
    if is_temporary(document):
        return _temporary(document, file=file, findings=findings)
    places = items_of(document, "places")
    if places is None and isinstance(document, dict) and "lieu_id" in document:
        places = [document]
    if places is None:
        raise SourceError(
            "aucun lieu Soliguide dans ce fichier ; un tableau JSON de lieux ou une réponse "
            "{nbResults, places} est attendu",
            path=file,
        )
    offers, dropped, more = _sorted(places, file=file)
    extract = _records(offers, file=file, beside=_closures_beside(path))
    return replace(
        extract,
        findings=[*findings, *more, *extract.findings],
        rows_read=sum(map(_size, places)),
        dropped=dict(dropped + Counter(extract.dropped)),
    )


def is_temporary(document: object) -> bool:
    """Return whether a document holds temporary information, apart from the places."""
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and {"tempInfoType", "placeId"} <= set(first)


def _temporary(document: list[Any], *, file: str, findings: list[Finding]) -> Extract:
    said = Finding(
        file=file,
        what="fermetures et messages temporaires de Soliguide, sans les lieux",
        action="les fermetures sont jointes aux lieux lus dans le même dossier",
    )
    return Extract(
        frame=empty_services(),
        findings=[*findings, said],
        rows_read=len(document),
        dropped={TEMPORARY: len(document)},
    )


def _closures_beside(path: Path) -> Closures:
    """Return the closures of a ``tempInfos`` file beside the places, by place and service."""
    found: Closures = {}
    for beside in sorted(path.parent.glob("*.json")):
        if beside == path or "tempinfo" not in beside.name.lower():
            continue
        document, _ = read_document(beside, file=beside.name)
        for item in document if is_temporary(document) else ():
            if not isinstance(item, dict) or "closure" not in str(item.get("tempInfoType")).lower():
                continue
            key = (cells.text(item.get("placeId")), cells.text(item.get("serviceObjectId")))
            found.setdefault(key, []).append(closure_of(item))
    return found


def _sorted(places: list[Any], *, file: str) -> tuple[list[_Offer], Counter[str], list[Finding]]:
    """Tell the services kept from the places that are not, and why."""
    dropped: Counter[str] = Counter()
    findings: list[Finding] = []
    newest = _newest(places)
    offers: list[_Offer] = []
    for line, place in enumerate(places, start=1):
        reason = _why_not(place)
        if not reason and newest[facts.identifier(place)] != line:
            reason = REPEATED
        if reason:
            dropped[reason] += _size(place)
            if reason in {NO_PLACE, NO_SERVICE}:
                findings.append(Finding(file=file, line=line, what=reason, action="fiche ignorée"))
            continue
        offers += [
            _Offer(line=line, place=place, service=service) for service in facts.services_of(place)
        ]
    if len(places) < sum(map(_size, places)):
        findings.append(
            Finding(
                file=file,
                what=SEVERAL,
                action="une ligne est comptée par service ; "
                f"{plural(len(places), 'fiche')} en tout",
            )
        )
    return offers, dropped, findings


def _newest(places: list[Any]) -> dict[str, int]:
    """Return, by number, the rank of the newest record: pages of the API overlap."""
    best: dict[str, tuple[str, int]] = {}
    for line, place in enumerate(places, start=1):
        if _why_not(place):
            continue
        one, updated = facts.identifier(place), cells.text(place.get("updatedAt"))
        if one not in best or updated > best[one][0]:
            best[one] = (updated, line)
    return {one: line for one, (_, line) in best.items()}


def _size(place: object) -> int:
    return max(1, len(facts.services_of(place))) if isinstance(place, dict) else 1


def _why_not(place: object) -> str:
    """Return why a place is not kept, ``""`` when it is."""
    if not isinstance(place, dict) or "lieu_id" not in place:
        return NO_PLACE
    status = cells.text(place.get("status") or place.get("statut") or "ONLINE").upper()
    if status == "PERMANENTLY_CLOSED":
        return CLOSED_FOR_GOOD
    if status != "ONLINE":
        return NOT_ONLINE
    return "" if facts.services_of(place) else NO_SERVICE


def _records(offers: list[_Offer], *, file: str, beside: Closures) -> Extract:
    lines = tuple(offer.line for offer in offers)
    spots = _shared(offers, facts.position)
    entities = _shared(offers, lambda place: facts.mapping(place.get("entity")))
    pairs = _shared(offers, facts.coordinates)
    longitude, latitude, findings = read_points(
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        lines=lines,
        file=file,
        column="position.location.coordinates",
    )
    secret = [facts.is_secret(offer.place, offer.service) for offer in offers]
    weeks = [
        facts.own_week(offer.service) or week
        for offer, week in zip(offers, _shared(offers, facts.week), strict=True)
    ]
    names = _shared(offers, lambda place: cells.name(place.get("name")))
    frame, more, unsound = assemble(
        source=SOURCE,
        rows=Rows(file=file, header=(), cells={}, lines=lines),
        ids=[_local_id(offer) for offer in offers],
        columns={
            "name": names,
            "structure": [
                cells.name(entity.get("name")) or name
                for entity, name in zip(entities, names, strict=True)
            ],
            "structure_id": _shared(offers, lambda place: f"{SOURCE}--{facts.identifier(place)}"),
            "category": [_current(offer) for offer in offers],
            "known_as": [facts.known_as(offer.place, offer.service) for offer in offers],
            "address": _shared(offers, lambda place: facts.address(facts.position(place))),
            "postal_code": [facts.postal_code(spot) for spot in spots],
            "commune_code": [facts.commune_code(spot) for spot in spots],
            "commune_name": [facts.commune_name(spot) for spot in spots],
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": [offer.place.get("placeType") == facts.MOBILE for offer in offers],
            # Stops would give a protected place away.
            "stops": [
                () if hidden else facts.stops(offer.place)
                for offer, hidden in zip(offers, secret, strict=True)
            ],
            "weekly_hours": [hours for _, hours in weeks],
            "hours": [written for written, _ in weeks],
            "updated_on": _shared(offers, _updated),
            "phone": [facts.phone(entity) for entity in entities],
            "website": [cells.website(entity.get("website")) for entity in entities],
            "closures": [_closures(offer, beside) for offer in offers],
            "soliguide": [facts.category(offer.service) for offer in offers],
            "publics": [facts.publics(offer.place, offer.service) for offer in offers],
            "confidential": secret,
        },
    )
    # A place of several services says the same thing once.
    return Extract(
        frame=frame,
        findings=[*dict.fromkeys(findings), *more],
        rows_read=len(offers),
        dropped=unsound,
    )


def _shared(offers: list[_Offer], read: Callable[[dict[str, Any]], _Value]) -> list[_Value]:
    """Read what the services of a place share, once a place."""
    known: dict[int, _Value] = {}
    for offer in offers:
        if offer.line not in known:
            known[offer.line] = read(offer.place)
    return [known[offer.line] for offer in offers]


def _updated(place: dict[str, Any]) -> str:
    return cells.date(place.get("updatedByUserAt")) or cells.date(place.get("updatedAt"))


def _local_id(offer: _Offer) -> str:
    kind = cells.text(offer.service.get("category") or offer.service.get("categorie"))
    own = cells.text(offer.service.get("serviceObjectId")) or kind
    return f"{facts.identifier(offer.place)}-{own}"


def _current(offer: _Offer) -> str:
    """Return the slug of a service's category, of today where it is known."""
    words = facts.category(offer.service)
    return next((word for word in words if not word.isdigit()), next(iter(words), ""))


def _closures(offer: _Offer, beside: Closures) -> tuple[str, ...]:
    number = facts.identifier(offer.place)
    own = cells.text(offer.service.get("serviceObjectId"))
    apart = [*beside.get((number, ""), ()), *(beside.get((number, own), ()) if own else ())]
    return merged((*closures_of(offer.place, offer.service), *apart))
