"""Opening hours in the dialects of the exports: the text is kept, the week is counted if sure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

_SLOT = re.compile(r"^(\d{1,2})[:h](\d{2})?\s*[-–]\s*(\d{1,2})[:h](\d{2})?$")
_OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_OSM_RULE = re.compile(
    r"^(?P<days>(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su))*)\s+(?P<slots>[\d:,\s-]+)$"
)
_OSM_FRENCH = dict(
    zip(_OSM_DAYS, ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."), strict=True)
)
_OSM_DAY = re.compile(r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su)\b(?=[-,\s\d]|$)")
_ENGLISH_DAYS = {
    "monday": "Lundi",
    "tuesday": "Mardi",
    "wednesday": "Mercredi",
    "thursday": "Jeudi",
    "friday": "Vendredi",
    "saturday": "Samedi",
    "sunday": "Dimanche",
}


def slot_hours(slots: Iterable[str]) -> float:
    """Return the hours in slots such as ``09:00 - 12:00``, NaN if one is not understood."""
    total = 0.0
    for slot in slots:
        match = _SLOT.match(slot.strip())
        if not match:
            return math.nan
        start = int(match[1]) + int(match[2] or 0) / 60
        end = int(match[3]) + int(match[4] or 0) / 60
        if start == end == 0:
            continue  # how some forms write « closed »
        if not 0 <= start < end <= 24:
            return math.nan
        total += end - start
    return total


def day_by_day(days: Mapping[str, str]) -> tuple[str, float]:
    """Return text and weekly hours of ``{"Lundi": "09:00 - 12:00 / 13:30 - 17:00"}``.

    An empty day is closed; a week without any hour is unknown, not closed.
    """
    open_days = {day: slots for day, slots in days.items() if slots}
    if not open_days:
        return "", math.nan
    written = "\u202f; ".join(f"{day} {slots}" for day, slots in open_days.items())
    return written, sum(slot_hours(slots.split("/")) for slots in open_days.values())


def osm_week(written: str) -> float:
    """Return the weekly hours of an OSM text, NaN when a rule is not understood.

    A later rule replaces an earlier one for the same day, as OSM has it.
    """
    week: dict[str, float] = {}
    for rule in re.split(r";\s*", re.sub(r'"[^"]*"', "", written)):
        plain = " ".join(rule.split())
        if not plain or plain.upper() in {"PH OFF", "PH CLOSED", "SH OFF"}:
            continue
        match = _OSM_RULE.match(plain)
        if not match:
            return math.nan
        hours = slot_hours(match["slots"].split(","))
        week.update(dict.fromkeys(_osm_days(match["days"]), hours))
    return sum(week.values()) if week else math.nan


def osm_in_french(written: str) -> str:
    """Write an OSM text for a French reader: « Mo-Fr 09:00-12:00; PH off » has English days.

    Free comments and whatever is not OSM are kept as they are.
    """
    text = re.sub(r"\bPH (?:off|closed)\b", "fermé les jours fériés", written)
    text = re.sub(r"\b(?:off|closed)\b", "fermé", text)
    text = re.sub(r"\s+open\b", "", text)
    return re.sub(_OSM_DAY, lambda match: _OSM_FRENCH[match[0]], text)


def _osm_days(written: str) -> list[str]:
    days: list[str] = []
    for part in written.split(","):
        first, _, last = part.partition("-")
        start, end = _OSM_DAYS.index(first), _OSM_DAYS.index(last or first)
        span = range(start, end + 1 if end >= start else end + 8)
        days += [_OSM_DAYS[i % 7] for i in span]
    return days


def soliguide_week(week: object) -> tuple[str, float]:
    """Return text and weekly hours of Soliguide's ``newhours`` (integers HHMM)."""
    if not isinstance(week, dict):
        return "", math.nan
    days: dict[str, str] = {}
    for key, label in _ENGLISH_DAYS.items():
        day = week.get(key)
        slots = day.get("timeslot") if isinstance(day, dict) and day.get("open") else None
        days[label] = " / ".join(
            f"{_clock(slot.get('start'))} - {_clock(slot.get('end'))}"
            for slot in (slots if isinstance(slots, list) else [])
            if isinstance(slot, dict)
        )
    return day_by_day(days)


def _clock(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "?"
    return f"{value // 100:02d}:{value % 100:02d}"
