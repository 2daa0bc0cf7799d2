"""What OSM tags say of a way, for one profile: open or not in each direction, and how fast.

The rules are those of the OSM wiki (access hierarchy, implied one-ways, units of ``maxspeed``),
as OSRM and GraphHopper read them; the numbers are the profile's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cartoallier.model.travel import TravelProfile

KEYS = (
    "highway", "route", "junction", "maxspeed", "maxspeed:forward", "maxspeed:backward",
    "surface", "tracktype", "cycleway", "cycleway:left", "cycleway:right", "cycleway:both",
    "duration", "foot", "bicycle", "motorroad", "tunnel",
)  # fmt: skip
"""Keys every profile looks at; :func:`keys_read` adds those of one profile."""

KMH_PER_MPH = 1.609344
KMH_PER_KNOT = 1.852
_FERRIES = frozenset({"ferry", "shuttle_train"})
_NO_DOOR = frozenset({"motorway", "motorway_link"})
# under a building one passes by its doors
_NO_TUNNEL = frozenset({"", "no", "building_passage"})
_FORWARD = frozenset({"yes", "1", "true"})
_BACKWARD = frozenset({"-1", "reverse"})
_BOTH = frozenset({"no", "0", "false"})
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|knots|km/h|kmh|kph)?")
_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?")
_PERIOD = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """How a way may be travelled.

    Attributes:
        forward_kmh: along the order of its nodes; missing (NaN) where closed.
        backward_kmh: likewise, against it.
        minutes: from one end to the other, whatever its length; missing where speed decides.
        doors: whether a door may open on it.
    """

    forward_kmh: float
    backward_kmh: float
    minutes: float = math.nan
    doors: bool = True


CLOSED = Passage(forward_kmh=math.nan, backward_kmh=math.nan)


def keys_read(profile: TravelProfile) -> tuple[str, ...]:
    """Return every key that :func:`passage` looks at for ``profile``, in a fixed order."""
    own = (*profile.access, *profile.oneway, *(key for key, _ in profile.forbidden))
    return tuple(dict.fromkeys((*KEYS, *own)))


def passage(tags: Mapping[str, str], profile: TravelProfile) -> Passage:
    """Return how a way bearing ``tags`` may be travelled.

    Speed: that of the class where no limit is tagged, else the profile's share of the limit, at
    most the class's ceiling; times the least factor of surface and tracktype.
    """
    if any(tags.get(key) == value for key, value in profile.forbidden):
        return CLOSED
    access = next((tags[key] for key in profile.access if key in tags), None)
    if _closes(access, profile):
        return CLOSED
    highway = tags.get("highway")
    if highway is None:
        return _ferry(tags, access, profile)
    kmh = profile.speeds.get(highway)
    if kmh is None and any(tags.get(k) in profile.opening for k in profile.access if k != "access"):
        # « access=yes » alone does not say that cars may enter a pedestrian street
        kmh = profile.permitted.get(highway)
    if kmh is None:
        return CLOSED
    factor = min(
        profile.surfaces.get(tags.get("surface", ""), 1.0),
        profile.tracktypes.get(tags.get("tracktype", ""), 1.0),
    )
    ceiling = profile.ceilings.get(highway, kmh)
    forward, backward = directions(tags, profile)
    return Passage(
        forward_kmh=_speed(tags, "forward", kmh, ceiling, profile) * factor
        if forward
        else math.nan,
        backward_kmh=_speed(tags, "backward", kmh, ceiling, profile) * factor
        if backward
        else math.nan,
        doors=_has_doors(tags),
    )


def directions(tags: Mapping[str, str], profile: TravelProfile) -> tuple[bool, bool]:
    """Return whether a way is open along the order of its nodes, and against it."""
    for key in profile.oneway:
        word = tags.get(key, "").strip().lower()
        if word in _BOTH:
            return True, True
        if word in _FORWARD or word in _BACKWARD:
            both = key == "oneway" and profile.contraflow and _has_contraflow(tags)
            return both or word in _FORWARD, both or word in _BACKWARD
        if word == "reversible":
            # open in one direction or the other by the hour: neither can be counted on
            return False, False
    roundabout = tags.get("junction") in {"roundabout", "circular"}
    motorway = tags.get("highway") == "motorway"
    implied = "oneway" in profile.oneway and (roundabout or motorway)
    return True, not implied


def speed_limit(text: str, profile: TravelProfile) -> float | None:
    """Return a ``maxspeed`` in km/h; of a list, the least.

    Returns:
        NaN where there is no limit (« none »), ``None`` where the text says nothing usable.
    """
    found = [_one_limit(part.strip(), profile) for part in re.split(r"[;|,]", text)]
    known = [limit for limit in found if limit is not None]
    if not known:
        return None
    finite = [limit for limit in known if not math.isnan(limit)]
    return min(finite) if finite else math.nan


def minutes_of(duration: str) -> float:
    """Return a ``duration`` (« 00:25 », « 1:30:00 », « 45 », « PT1H30M ») in minutes, else NaN."""
    text = duration.strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        total = 60.0 * hours + minutes + seconds / 60
    elif text.isascii() and text.isdigit() and len(text) <= 4:
        total = float(text)
    elif (found := _PERIOD.fullmatch(text)) and any(found.groups()):
        days, hours, minutes, seconds = (int((part or "0")[:6]) for part in found.groups())
        total = 1440.0 * days + 60 * hours + minutes + seconds / 60
    else:
        return math.nan
    return total if total > 0 else math.nan


def _closes(access: str | None, profile: TravelProfile) -> bool:
    """« no;destination » lets some in: closed only when every value closes."""
    if access is None:
        return False
    return all(word.strip() in profile.closing for word in access.split(";"))


def _speed(
    tags: Mapping[str, str], way: str, kmh: float, ceiling: float, profile: TravelProfile
) -> float:
    text = tags.get(f"maxspeed:{way}") or tags.get("maxspeed")
    if not text or not profile.limit_share:
        return kmh
    limit = speed_limit(text, profile)
    if limit is None:
        return kmh
    return ceiling if math.isnan(limit) else min(ceiling, profile.limit_share * limit)


def _one_limit(text: str, profile: TravelProfile) -> float | None:
    if text == "none":
        return math.nan
    if found := _NUMBER.fullmatch(text.lower()):
        unit = {"mph": KMH_PER_MPH, "knots": KMH_PER_KNOT}.get(found[2] or "", 1.0)
        limit = float(found[1]) * unit
        # 0 closes nothing: it is a slip of the keyboard; nor is 999 a limit
        return limit if 0 < limit <= 200 else None
    return profile.limits.get(text, profile.limits.get(text.partition(":")[2]))


def _has_doors(tags: Mapping[str, str]) -> bool:
    """Nobody lives along a motorway, its slip roads, a road for motors only, or in a tunnel.

    Of several values (an edge of osmnx merged from several ways), one part that doors may open on
    is enough.
    """
    if tags.get("highway") in _NO_DOOR:
        return False
    motorroad = {word.strip() for word in tags.get("motorroad", "").split(";")}
    return motorroad != {"yes"} and any(
        word.strip() in _NO_TUNNEL for word in tags.get("tunnel", "").split(";")
    )


def _has_contraflow(tags: Mapping[str, str]) -> bool:
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    return any(tags.get(side, "").startswith("opposite") for side in sides)


def _ferry(tags: Mapping[str, str], access: str | None, profile: TravelProfile) -> Passage:
    """A ferry is open where a tag says so, or where none says it is for others."""
    if tags.get("route") not in _FERRIES or not profile.ferry_kmh:
        return CLOSED
    opened = access in profile.opening
    if not opened and any(key in tags for key in profile.ferry_refused):
        return CLOSED
    forward, backward = directions(tags, profile)
    return Passage(
        forward_kmh=profile.ferry_kmh if forward else math.nan,
        backward_kmh=profile.ferry_kmh if backward else math.nan,
        minutes=minutes_of(tags.get("duration", "")),
        doors=False,
    )
