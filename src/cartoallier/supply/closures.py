"""Closures of Soliguide, raw or in French, as ``from/to`` ISO dates (an open end left empty)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from cartoallier.supply import cells

DEFINITIVE = "definitive"

_DATE = r"(?:le\s+)?(\d{1,2}[/-]\d{1,2}[/-]\d{4})"
_FROM_TO = re.compile(rf"\b(?:du|de)\s+{_DATE}\s+(?:au|à|jusqu['’]au)\s+{_DATE}", re.IGNORECASE)
_FROM = re.compile(rf"\b(?:à (?:partir|compter) du|depuis|dès)\s+(?:le\s+)?{_DATE}", re.IGNORECASE)
_TO = re.compile(rf"\bjusqu['’]au\s+{_DATE}", re.IGNORECASE)
_ON = re.compile(rf"\ble\s+{_DATE}", re.IGNORECASE)
_PARIS_MIDNIGHT = re.compile(r"T2[23]:00:00")


def closure_of(value: object) -> str:
    """Return the closure of ``{actif, dateDebut, dateFin}``, ``""`` when there is none.

    One that is announced for later counts even while ``actif`` is false; one that is active
    without dates is open at both ends.
    """
    if not isinstance(value, dict):
        return ""
    start, end = _day(value.get("dateDebut")), _day(value.get("dateFin"))
    active = cells.truth(value.get("actif"))
    if not (start or end or active) or (start and end and end < start):
        return ""
    return f"{start}/{end}"


def closures_of(place: dict[str, Any], service: dict[str, Any]) -> tuple[str, ...]:
    """Return the closures of a place and of one of its services."""
    temporary = place.get("tempInfos")
    announced = temporary.get("closure") if isinstance(temporary, dict) else None
    return merged(closure_of(one) for one in (announced, place.get("close"), service.get("close")))


def closures_of_text(written: str) -> tuple[str, ...]:
    """Return the closures a French text announces (« du 01/08/2026 au 31/08/2026 »)."""
    if not written.strip():
        return ()
    if "définitivement" in written.lower():
        return (DEFINITIVE,)
    found: list[str] = []
    rest = written
    for pattern, form in ((_FROM_TO, "{0}/{1}"), (_FROM, "{0}/"), (_TO, "/{0}"), (_ON, "{0}/{0}")):
        for match in pattern.finditer(rest):
            days = [cells.date(day) for day in match.groups()]
            if all(days):
                found.append(form.format(*days))
        rest = pattern.sub(" ", rest)
    return merged(found) or ("/",)


def merged(closures: Iterable[str]) -> tuple[str, ...]:
    """Return distinct closures in order."""
    return tuple(sorted(set(closures) - {""}))


def _day(value: object) -> str:
    day = cells.date(value)
    # Midnight in Paris is 22 or 23 h the day before in the universal time of the export.
    if day and _PARIS_MIDNIGHT.search(cells.text(value)):
        return (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()
    return day
