"""What one Soliguide place says, whatever the age of its record."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from typing import Any

from cartoallier.supply import cells, sensitivity
from cartoallier.supply.hours import soliguide_week
from cartoallier.supply.soliguide_words import with_current

MOBILE = "PARCOURS_MOBILE"

_SERVICES = frozenset({"services_all", "services"})
_WRITTEN = frozenset(
    {"name", "description", "precisions", "precision", "other", "additionalInformation", "docs"}
)
"""Keys of free text, wherever they are: conditions, publics, messages, names."""
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


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object, empty when the value is none."""
    return value if isinstance(value, dict) else {}


def services_of(place: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the services of a place, under the key of today or of yesterday."""
    for key in ("services_all", "services"):
        services = place.get(key)
        if isinstance(services, list):
            found = [service for service in services if isinstance(service, dict)]
            if found:
                return found
    return []


def category(service: dict[str, Any]) -> tuple[str, ...]:
    """Return the category of a service, and its slug of today where it is an old one."""
    return with_current(cells.text(service.get("category") or service.get("categorie")))


def identifier(place: dict[str, Any]) -> str:
    """Return the public number of a place."""
    return cells.text(place.get("lieu_id"))


def known_as(place: dict[str, Any], service: dict[str, Any]) -> tuple[str, ...]:
    """Return the ids of a service in Soliguide and in the directories its place names.

    The id of the place is that of its service only when there is one: two services of a place
    are not one.
    """
    services = place.get("services_all")
    alone = not isinstance(services, list) or len(services) <= 1
    found = {f"soliguide--{identifier(place)}"} if alone else set()
    own = cells.text(service.get("serviceObjectId"))
    if own:
        found.add(f"soliguide--{own}")
    sources = place.get("sources")
    for source in sources if isinstance(sources, list) else []:
        if cells.text(mapping(source).get("name")).lower() != "dora":
            continue
        ids = mapping(source).get("ids")
        given = [mapping(one).get("id") for one in ids] if isinstance(ids, list) else []
        found |= {f"dora--{one}" for one in map(cells.text, given) if one}
    return tuple(sorted(found))


def position(place: dict[str, Any]) -> dict[str, Any]:
    """Return where a place says it is: records of 2022 say it at their top."""
    inside = mapping(place.get("position"))
    keys = ("address", "adresse", "codePostal", "ville", "complementAdresse")
    return {key: place.get(key) for key in keys if place.get(key)} | inside


def coordinates(place: dict[str, Any]) -> tuple[Any, Any]:
    """Return longitude and latitude, unjudged, where the record's age put them."""
    inside = mapping(place.get("position"))
    for holder in (inside, place):
        pair = mapping(holder.get("location")).get("coordinates")
        if isinstance(pair, list) and len(pair) >= 2:
            return pair[0], pair[1]
    old = mapping(inside.get("coordinates"))
    return old.get("x"), old.get("y")


def postal_code(spot: dict[str, Any]) -> str:
    """Return the postal code of a position."""
    return cells.code(spot.get("postalCode") or spot.get("codePostal"))


def commune_name(spot: dict[str, Any]) -> str:
    """Return the commune's name of a position."""
    return cells.text(spot.get("city") or spot.get("ville"))


def address(spot: dict[str, Any]) -> str:
    """Return the street address of a position, with its complement, without the town."""
    written = cells.text(spot.get("address") or spot.get("adresse"))
    extra = cells.text(spot.get("additionalInformation") or spot.get("complementAdresse"))
    return ", ".join(filter(None, (street(written, postal_code(spot)), extra)))


def street(written: str, postal: str) -> str:
    """Return an address line without the postal code and the town that end it."""
    return written.split(f", {postal}", maxsplit=1)[0] if postal else written


def commune_code(spot: dict[str, Any]) -> str:
    """Return the INSEE code of a position, ``""`` where it repeats the postal code."""
    code = cells.code(spot.get("cityCode"))
    return "" if code == postal_code(spot) else code


def publics(place: dict[str, Any], service: dict[str, Any]) -> tuple[str, ...]:
    """Return the publics a service is restricted to; a complete list restricts nothing."""
    holder = service if service.get("differentPublics") else place
    given = mapping(holder.get("publics"))
    found: set[str] = set()
    for key, everybody in _UNRESTRICTED.items():
        values = set(cells.words(given.get(key)))
        if not values >= everybody:
            found |= values
    return tuple(sorted(found))


def week(place: dict[str, Any]) -> tuple[str, float]:
    """Return the opening hours of a place, in French and per week."""
    return soliguide_week(place.get("newhours"))


def own_week(service: dict[str, Any]) -> tuple[str, float] | None:
    """Return the opening hours of a service, ``None`` when they are those of its place."""
    own = service.get("hours") if service.get("differentHours") else None
    return soliguide_week(own) if own else None


def stops(place: dict[str, Any]) -> tuple[str, ...]:
    """Return the stops of a mobile round: ``longitude|latitude|hours a week|name``."""
    rounds = place.get("parcours")
    if place.get("placeType") != MOBILE or not isinstance(rounds, list):
        return ()
    return tuple(
        _stop(one) for one in rounds if isinstance(one, dict) and one.get("show") is not False
    )


def _stop(stop: dict[str, Any]) -> str:
    longitude, latitude = (cells.number(value) for value in coordinates(stop))
    placed = not any(value is None or math.isnan(value) for value in (longitude, latitude))
    # Not geocoded yet is written (0, 0).
    pair = (longitude, latitude) if placed and (longitude or latitude) else ("", "")
    _, hours = soliguide_week(stop.get("hours"))
    spot = position(stop)
    name = ", ".join(filter(None, (address(spot), commune_name(spot))))
    weekly = "" if math.isnan(hours) else f"{hours:g}"
    return f"{pair[0]}|{pair[1]}|{weekly}|{name.replace('|', ' ')}"


def phone(entity: dict[str, Any]) -> str:
    """Return the first number of an entity, ``""`` when its mail is a person's."""
    if cells.is_personal_mail(entity.get("mail")):
        return ""
    phones = entity.get("phones")
    numbers = (
        [mapping(one).get("phoneNumber") for one in phones] if isinstance(phones, list) else []
    )
    return next(filter(None, map(cells.phone, numbers)), "")


def is_secret(place: dict[str, Any], service: dict[str, Any]) -> bool:
    """Return whether the place itself says, or lets understand, that it is not public."""
    if place.get("visibility") == "PRO" or _on_orientation(place):
        return True
    if any(map(_on_orientation, services_of(place))):
        return True
    categories = category(service)
    if not _lodges(categories):
        return False  # few lodge: the texts of the others need not be gathered
    own = {key: value for key, value in place.items() if key not in _SERVICES}
    said = html.unescape(" ".join((*_texts(own), *_texts(service))))
    return speaks(said, publics(place, service), categories)


def _texts(value: object, *, key: str = "name", depth: int = 6) -> Iterator[str]:
    """Yield what people wrote in a place or a service: at any depth, under keys of free text."""
    if isinstance(value, str):
        if key in _WRITTEN:
            yield value
    elif depth and isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, key=str(name), depth=depth - 1)
    elif depth and isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key=key, depth=depth - 1)


def speaks(text: str, publics: Sequence[str], categories: Sequence[str]) -> bool:
    """Return whether a service that lodges people speaks of people in danger."""
    if not _lodges(categories):
        return False
    return sensitivity.speaks_of_danger(text) or bool({"violence", "prostitution"} & set(publics))


def _lodges(categories: Sequence[str]) -> bool:
    return any(map(sensitivity.is_soliguide_housing, categories))


def _on_orientation(holder: dict[str, Any]) -> bool:
    orientation = mapping(mapping(holder.get("modalities")).get("orientation"))
    return cells.truth(orientation.get("checked"))
