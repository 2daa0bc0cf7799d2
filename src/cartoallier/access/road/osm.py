"""OpenStreetMap extracts (PBF or XML) as ways."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from cartoallier.access.road.building import (
    AGAINST,
    ALONG,
    ALWAYS,
    NO_SIGNAL,
    Ways,
    without_missing,
)
from cartoallier.access.road.tags import Passage, keys_read, passage, speed_limit
from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import plural, typeset
from cartoallier.model.travel import TravelProfile

if TYPE_CHECKING:
    from osmium.index import LocationTable

FIXED_POINT = 1e7
"""OSM coordinates are whole numbers of 1e-7 degree."""

_PIECE = 100_000

Tags = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class _Collected:
    """What one pass over a file leaves: flat arrays, and each distinct set of tags once."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    codes: array[int] = field(default_factory=lambda: array("q"))
    kinds: dict[Tags, int] = field(default_factory=dict)
    signals: dict[int, int] = field(default_factory=dict)
    drawn: dict[int, tuple[int, int]] = field(default_factory=dict)
    barriers: list[int] = field(default_factory=list)


def read_osm(
    path: Path, *, layout: str, profile: TravelProfile, crs: CRS, file: str
) -> tuple[Ways, list[Finding]]:
    """Read the ways of an OpenStreetMap extract that ``profile`` may take.

    Turn restrictions, access by the hour (``…:conditional``) and routes of ferries told by
    relations are not read: free-flow minutes between doors hardly depend on them.

    Args:
        path: the extract.
        layout: as osmium names it: ``pbf``, ``osm``, ``osm.gz``, ``osm.bz2``.
        profile: decides which ways are open, and how fast.
        crs: of the points returned.
        file: how findings name it.

    Returns:
        The ways, and what was found: ways cut where nodes are missing, limits that cannot be read.

    Raises:
        SourceError: the file is cut short or is not what it looks like.
    """
    from osmium import InvalidLocationError  # noqa: PLC0415 (see _collect)

    keys = keys_read(profile)
    try:
        collected, locations = _collect(path, layout=layout, keys=keys, profile=profile)
    # osmium raises RuntimeError for whatever is wrong in the bytes, coordinates apart
    except (RuntimeError, ValueError, OSError, InvalidLocationError) as error:
        what = (
            f"extrait OpenStreetMap illisible ou tronqué ({error}) ; le télécharger de nouveau, en "
            "entier"
        )
        raise SourceError(typeset(what), path=file) from error
    passages = [
        passage({k: v for k, v in zip(keys, kind, strict=True) if v is not None}, profile)
        for kind in collected.kinds
    ]
    ways, cut = _ways(collected, passages, locations, crs=crs)
    findings = [_missing_nodes(cut, file=file)] if cut else []
    return ways, [*findings, *_odd_limits(collected, keys, profile, file=file)]


def _collect(
    path: Path, *, layout: str, keys: tuple[str, ...], profile: TravelProfile
) -> tuple[_Collected, LocationTable]:
    """Read the file once; nodes are looked up afterwards, by those that ways use."""
    # osmium takes a tenth of a second to import, and only this engine needs it
    from osmium import FileProcessor  # noqa: PLC0415
    from osmium.filter import KeyFilter  # noqa: PLC0415
    from osmium.io import File  # noqa: PLC0415
    from osmium.osm import NODE, WAY  # noqa: PLC0415

    found = _Collected()
    kinds = found.kinds
    source = FileProcessor(File(str(path), layout), NODE | WAY).with_locations()
    item: Any
    for item in source.with_filter(KeyFilter("highway", "barrier", "route")):
        get: Callable[[str], str | None] = item.tags.get
        if item.is_way():
            if get("highway") is None and get("route") is None:
                continue
            kind = tuple([get(key) for key in keys])
            refs = [node.ref for node in item.nodes]
            found.codes.append(kinds.setdefault(kind, len(kinds)))
            found.sizes.append(len(refs))
            found.refs.extend(refs)
        elif item.is_node():
            if get("highway") == "traffic_signals":
                found.signals[item.id] = _signal(get)
            if _stops(get, profile):
                found.barriers.append(item.id)
    locations = source.node_location_storage
    assert locations is not None  # noqa: S101 (with_locations made it)
    if len(found.refs) and np.frombuffer(found.refs, dtype=np.int64).min() < 0:
        # JOSM numbers so what was never sent to OpenStreetMap; osmium indexes no such node, and
        # files drawn by hand are small enough to be read twice
        for item in FileProcessor(File(str(path), layout), NODE):
            if item.id < 0 and item.location.valid():
                found.drawn[item.id] = (item.location.x, item.location.y)
    return found, locations


def _signal(get: Callable[[str], str | None]) -> int:
    direction = get("traffic_signals:direction") or get("direction")
    return {"forward": ALONG, "backward": AGAINST}.get(direction or "", ALWAYS)


def _stops(get: Callable[[str], str | None], profile: TravelProfile) -> bool:
    barrier = get("barrier")
    if barrier is None:
        return False
    access = next((word for key in profile.access if (word := get(key))), None)
    if access is not None:
        return access in profile.closing
    return barrier in profile.barriers


def _ways(
    collected: _Collected, passages: list[Passage], locations: LocationTable, *, crs: CRS
) -> tuple[Ways, int]:
    """Return the open ways, and how many had to be cut where a node is missing."""
    codes = np.frombuffer(collected.codes, dtype=np.int64)
    sizes = np.frombuffer(collected.sizes, dtype=np.int64)
    refs = np.frombuffer(collected.refs, dtype=np.int64)
    forward = np.array([p.forward_kmh for p in passages])[codes]
    backward = np.array([p.backward_kmh for p in passages])[codes]
    minutes = np.array([p.minutes for p in passages])[codes]
    doors = np.array([p.doors for p in passages], dtype=np.bool_)[codes]
    taken = ~(np.isnan(forward) & np.isnan(backward))
    refs, sizes = refs[np.repeat(taken, sizes)], sizes[taken]
    ids, vertices = np.unique(refs, return_inverse=True)
    points, present = _points(ids, locations, collected.drawn, crs=crs)
    signals = np.full(len(ids), NO_SIGNAL, dtype=np.int8)
    lit = np.array(sorted(collected.signals), dtype=np.int64)
    at, known = _positions(ids, lit)
    signals[at] = np.array([collected.signals[i] for i in lit[known].tolist()], dtype=np.int8)
    barriers = np.zeros(len(ids), dtype=np.bool_)
    barriers[_positions(ids, np.array(sorted(collected.barriers), dtype=np.int64))[0]] = True
    ways = Ways(
        points=points,
        vertices=vertices.astype(np.int64),
        offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        forward_kmh=forward[taken],
        backward_kmh=backward[taken],
        minutes=minutes[taken],
        doors=doors[taken],
        signals=signals,
        barriers=barriers,
    )
    return without_missing(ways, present)


def _points(
    ids: NDArray[np.int64],
    locations: LocationTable,
    drawn: Mapping[int, tuple[int, int]],
    *,
    crs: CRS,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the metres of each node, and whether the file holds it."""
    fixed = array("i")
    missing: list[int] = []
    # whole Python numbers, a piece at a time: all at once they would be most of the memory
    for start in range(0, len(ids), _PIECE):
        for position, node in enumerate(ids[start : start + _PIECE].tolist(), start=start):
            place = _place(node, locations, drawn)
            if place is None:
                missing.append(position)
            fixed.extend(place or (0, 0))
    degrees = np.array(fixed, dtype=np.float64).reshape(-1, 2) / FIXED_POINT
    points = project(degrees, source=CRS.from_epsg(4326), target=crs)
    present = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    present[missing] = False
    points[~present] = 0.0
    return points, present


def _place(
    node: int, locations: LocationTable, drawn: Mapping[int, tuple[int, int]]
) -> tuple[int, int] | None:
    if node < 0:
        return drawn.get(node)
    try:
        location = locations.get(node)
    except KeyError:
        return None
    return location.x, location.y


def project(points: NDArray[np.float64], *, source: CRS, target: CRS) -> NDArray[np.float64]:
    """Return ``points``, (n, 2) x then y, in ``target``, to the millimetre."""
    if not len(points):
        return points
    change = Transformer.from_crs(source, target, always_xy=True)
    x, y = change.transform(points[:, 0], points[:, 1])
    return np.column_stack([x, y]).round(3)


def _positions(
    ids: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where ``wanted`` stand in the sorted ``ids``, and which are there."""
    if not len(ids):
        return np.zeros(0, dtype=np.intp), np.zeros(len(wanted), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    known = ids[at] == wanted
    return at[known], known


def _missing_nodes(count: int, *, file: str) -> Finding:
    return Finding(
        file=file,
        value=plural(count, "voie"),
        what="des nœuds de voies manquent : l'extrait a été découpé",
        action=typeset(
            "voies coupées là où un nœud manque ; prendre un extrait plus large que le territoire"
        ),
    )


def _odd_limits(
    collected: _Collected, keys: tuple[str, ...], profile: TravelProfile, *, file: str
) -> list[Finding]:
    """Return one finding per text of ``maxspeed`` that says nothing usable, with its count."""
    if not profile.limit_share:
        return []
    counts = np.bincount(
        np.frombuffer(collected.codes, dtype=np.int64), minlength=len(collected.kinds)
    )
    at = [keys.index(key) for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward")]
    seen: dict[str, int] = {}
    highway = keys.index("highway")
    known: Mapping[str, float] = profile.speeds
    for kind, count in zip(collected.kinds, counts.tolist(), strict=True):
        for text in {kind[position] for position in at if kind[highway] in known}:
            if text and text not in {"signals", "variable"} and speed_limit(text, profile) is None:
                seen[text] = seen.get(text, 0) + count
    return [
        Finding(
            file=file,
            column="maxspeed",
            value=text[:80],
            what=typeset(f"limite de vitesse illisible ({plural(count, 'voie')})"),
            action="vitesse de la classe de route employée",
        )
        for text, count in sorted(seen.items())
    ]
