"""Zones of eligibility, as ``kind:code``: who may use a service, by where they live."""

from __future__ import annotations

import re

from cartoallier.supply import cells

_KINDS = {"commune": 5, "epci": 9, "departement": 2, "region": 2}
_COUNTRY = re.compile(r"^99[1-5]\d\d$")


def zone_of_codes(value: object) -> tuple[str, ...]:
    """Return the zones of a data·inclusion v1 list: the length of a code says its kind.

    Five characters are a commune, nine digits an EPCI, two or three a département, ``france``
    and ``99100`` the country. Anything else is left out: see :func:`unknown_codes`.
    """
    zones = {_zone(code) for code in cells.words(value)}
    return tuple(sorted(zone for zone in zones if zone))


def unknown_codes(value: object) -> tuple[str, ...]:
    """Return the items of a zone list that are no French zone."""
    return tuple(code for code in cells.words(value) if not _zone(code))


def _zone(written: str) -> str:
    code = cells.code(written, width=1)
    if code.lower() == "france" or code == "99100":
        return "pays:france"
    if re.fullmatch(r"\d{9}", code):
        return f"epci:{code}"
    if _COUNTRY.match(code):
        return ""
    if re.fullmatch(r"\d{4,5}|2[AB]\d{3}", code):
        return f"commune:{cells.code(code)}"
    if re.fullmatch(r"\d{1,3}|2[AB]", code):
        return f"departement:{cells.code(code, width=2)}"
    return ""


def zone_of_type(kind: object, value: object) -> tuple[str, ...]:
    """Return the zone DORA and data·inclusion v0 declare: the type decides what the code is."""
    typed = cells.text(kind).lower()
    typed = {"city": "commune", "department": "departement", "country": "pays"}.get(typed, typed)
    if typed == "pays":
        return ("pays:france",)
    code = cells.text(value)
    if typed not in _KINDS or not code:
        return ()
    return (f"{typed}:{cells.code(code, width=_KINDS[typed])}",)
