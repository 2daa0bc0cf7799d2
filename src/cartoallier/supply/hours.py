"""Opening hours in the dialects of the exports: the text is kept, the week is counted if sure."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Iterable, Mapping

import opening_hours
import pandas as pd

from cartoallier.model import Finding
from cartoallier.supply.french_hours import french_week, is_by_appointment

UNREAD = "horaires non compris"
_FOUR_WEEKS = (dt.datetime(2027, 2, 1), dt.datetime(2027, 3, 1))
"""A February of four whole weeks, Monday to Sunday, without a public holiday: « the first Monday »
comes once, odd and even weeks twice. Fixed, so that a run does not depend on its day."""

_LONGEST_OSM = 2_000
_CLOSED = frozenset({"fermé", "ferme", "fermée", "fermee", "-", "/", "néant", "closed", "off"})

_SLOT = re.compile(r"^(\d{1,2})[:h](\d{2})?\s*[-–]\s*(\d{1,2})[:h](\d{2})?$")
_OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_OSM_RULE = re.compile(
    r"^(?P<days>(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su))*)\s+(?P<slots>[\d:,\s-]+)$"
)
_UNSURE = re.compile(r"\+|\b(?:PH|SH)\b(?!,?(?:PH|SH)?\s+(?:off|closed))|easter|sun(?:rise|set)")
_SAYS_DAYS = re.compile(r"\b(?:Mo|Tu|We|Th|Fr|Sa|Su)\b|24/7")
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
    return written, sum(_day_hours(slots) for slots in open_days.values()) or math.nan


def _day_hours(slots: str) -> float:
    """Return the hours of one day: slots, a French sentence, or « Fermé »."""
    if slots.strip().casefold().rstrip(".") in _CLOSED:
        return 0.0
    hours = slot_hours(slots.split("/"))
    return french_week(f"lundi {slots}") if math.isnan(hours) else hours


@functools.lru_cache(maxsize=20_000)
def week_hours(written: str) -> float:
    """Return the weekly hours of any text of opening hours: OSM syntax, then French.

    Args:
        written: one cell; what only says that one comes by appointment has no hours.

    Returns:
        Hours a week, averaged over four weeks; NaN when the text is not wholly understood.
    """
    if not written or len(written) > _LONGEST_OSM:
        return math.nan
    hours = _plain_osm_week(written)
    if math.isnan(hours):
        hours = _any_osm_week(written)
    return french_week(written) if math.isnan(hours) else hours


def count_unread(records: pd.DataFrame, *, file: str, said: Iterable[int | None]) -> list[Finding]:
    """Say which opening hours could not be counted.

    Args:
        records: services; a missing ``weekly_hours`` beside a text in ``hours`` was not understood.
        file: name the findings give.
        said: lines whose reader has already said so.
    """
    unread = records["hours"].notna() & records["weekly_hours"].isna()
    unread &= ~records["line"].isin([line for line in said if line is not None])
    found = records.loc[unread, ["line", "hours"]].drop_duplicates()
    return [
        Finding(
            file=file,
            line=int(line),
            column="horaires",
            value=written[:120],
            what=UNREAD,
            action="texte gardé, heures par semaine inconnues",
        )
        for line, written in zip(found["line"], found["hours"], strict=True)
        if not is_by_appointment(written)
    ]


def osm_week(written: str) -> float:
    """Return the weekly hours of a text of an export: see :func:`week_hours`."""
    return week_hours(written)


def _any_osm_week(written: str) -> float:
    """Return the hours the OSM library counts: months, odd weeks, « the first Monday » and so on.

    What depends on holidays, has an open end or names no day is not sure: not counted.
    """
    tidy = re.sub(r"\s*-\s*", "-", re.sub(r'"[^"]*"', "", written)).strip(";, \u202f")
    if _UNSURE.search(tidy) or not _SAYS_DAYS.search(tidy):
        return math.nan
    if not opening_hours.validate(tidy):
        return math.nan
    rules = opening_hours.OpeningHours(tidy)
    if rules.warnings:
        return math.nan
    start, end = _FOUR_WEEKS
    hours = 0.0
    for since, until, state, _ in rules.intervals(start, end):
        if state == opening_hours.State.OPEN:
            hours += (min(until or end, end) - since).total_seconds() / 3600
    return hours / 4 or math.nan


def _plain_osm_week(written: str) -> float:
    """Count the usual form fast; a later rule replaces an earlier one for the same day."""
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
    return sum(week.values()) or math.nan


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
