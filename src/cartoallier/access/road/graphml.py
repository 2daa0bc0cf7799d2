"""GraphML graphs (osmnx) as ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.parsers import expat

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from cartoallier.access.road.building import ALWAYS, NO_SIGNAL, Ways
from cartoallier.access.road.osm import project
from cartoallier.access.road.tags import CLOSED, Passage, passage
from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import plural, typeset
from cartoallier.model.travel import TravelProfile

_ITEM = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_PIECE = 1 << 20
_READ = (
    "highway", "maxspeed", "oneway", "junction", "access", "surface", "tracktype", "bridge",
    "tunnel", "motor_vehicle", "motorcar", "vehicle", "foot", "bicycle", "service",
    "motorroad",
)  # fmt: skip
"""Attributes of an edge that are OSM tags."""
_PARTIAL = frozenset({"motorroad", "tunnel"})
"""Of which an edge merged from several ways does not say on which of them they stand."""


class _Graph:
    """A graph as the file writes it, gathered while expat reads."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.crs = ""
        self.nodes: dict[str, dict[str, str]] = {}
        self.edges: list[tuple[str, str, dict[str, str]]] = []
        self._keys: dict[str, str] = {}
        self._holder: dict[str, str] = {}
        self._name = ""
        self._text: list[str] = []

    def start(self, tag: str, values: dict[str, str]) -> None:
        """Open an element."""
        self._text.clear()
        if tag == "key":
            self._keys[values.get("id", "")] = values.get("attr.name", "")
        elif tag == "node":
            self._holder = self.nodes.setdefault(values.get("id", ""), {})
        elif tag == "edge":
            self._holder = {}
            self.edges.append((values.get("source", ""), values.get("target", ""), self._holder))
        elif tag == "graph":
            self._holder = {}
        elif tag == "data":
            key = values.get("key", "")
            self._name = self._keys.get(key, key)

    def text(self, piece: str) -> None:
        """Take a piece of text."""
        self._text.append(piece)

    def end(self, tag: str) -> None:
        """Close an element."""
        if tag != "data":
            return
        value = "".join(self._text).strip()
        self._holder[self._name] = value
        if self._name == "crs" and not self.crs:
            self.crs = value

    def refuse(self, *_: object) -> None:
        """Meet a declaration, which could be of entities that grow without end."""
        what = "le fichier déclare des entités XML, ce qu'aucun réseau ne fait ; il est refusé"
        raise SourceError(typeset(what), path=self.file)


def read_graphml(
    path: Path, *, profile: TravelProfile, crs: CRS, file: str
) -> tuple[Ways, list[Finding]]:
    """Read the edges of a directed graph that ``profile`` may take.

    An edge goes from ``source`` to ``target``; the two edges of a two-way street are one way open
    in both directions. Speeds are the profile's, from ``highway`` and ``maxspeed``; an edge
    without ``highway`` takes its ``travel_time`` (seconds), or is left out.

    Args:
        path: nodes ``x`` and ``y``, edges with ``geometry`` (WKT) where they are not straight.
        profile: decides which edges are open, and how fast.
        crs: of the points returned.
        file: how findings name it.

    Returns:
        The ways, and what was found: edges whose ends or shape are missing.

    Raises:
        SourceError: the XML is broken, or declares entities.
    """
    graph = _parsed(path, file=file)
    source = _source(graph, file=file)
    names = {name: position for position, name in enumerate(graph.nodes)}
    places = np.array([_place(data) for data in graph.nodes.values()]).reshape(-1, 2)
    lines: list[NDArray[np.float64]] = []
    ends: list[tuple[int, int]] = []
    passages: list[Passage] = []
    known: dict[tuple[tuple[str, str], ...], Passage] = {}
    bad = 0
    for tail, head, data in graph.edges:
        merged = data.get("osmid", "").startswith("[")
        read = (k for k in (*_READ, "travel_time") if k in data)
        key = tuple((k, data[k]) for k in read if not (merged and k in _PARTIAL))
        if key not in known:
            known[key] = _passage(dict(key), profile)
        if known[key] is CLOSED:
            continue
        line = _line(data, names.get(tail), names.get(head), places)
        if line is None:
            bad += 1
            continue
        lines.append(line)
        ends.append((names[tail], names[head]))
        passages.append(known[key])
    findings = [_broken(bad, file=file)] if bad else []
    signals = [data.get("highway") == "traffic_signals" for data in graph.nodes.values()]
    ways = _merged(lines, ends, passages)
    return _flat(ways, places, signals, source=source, crs=crs), findings


def _parsed(path: Path, *, file: str) -> _Graph:
    """Read the file piece by piece; a declared entity is refused before it is expanded."""
    graph = _Graph(file)
    parser = expat.ParserCreate()
    parser.StartElementHandler = graph.start
    parser.EndElementHandler = graph.end
    parser.CharacterDataHandler = graph.text
    parser.StartDoctypeDeclHandler = graph.refuse
    try:
        for piece in _pieces(path):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except SourceError:
        raise
    # an encoding that Python does not know, or cannot feed to expat
    except (expat.ExpatError, OSError, LookupError, ValueError) as error:
        what = f"GraphML illisible ou tronqué ({error}) ; l'enregistrer de nouveau, en entier"
        raise SourceError(typeset(what), path=file) from error
    return graph


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _source(graph: _Graph, *, file: str) -> CRS:
    try:
        return CRS.from_user_input(graph.crs or "EPSG:4326")
    except CRSError as error:
        what = f"projection du graphe inconnue « {graph.crs[:60]} » ; l'enregistrer en EPSG:4326"
        raise SourceError(typeset(what), path=file, key="crs") from error


def _place(data: dict[str, str]) -> tuple[float, float]:
    try:
        return float(data["x"]), float(data["y"])
    except (KeyError, ValueError):
        return float("nan"), float("nan")


def _values(text: str) -> list[str]:
    """Return the items of « ['residential', 'service'] », or the text alone."""
    if not text.startswith("["):
        return [text]
    found = [single or double for single, double in _ITEM.findall(text)]
    return found or [text]


def _passage(data: dict[str, str], profile: TravelProfile) -> Passage:
    """Return how an edge may be travelled; of several classes merged in it, the slowest."""
    oneway = data.get("oneway", "").lower() in {"true", "yes", "1"}
    if "highway" not in data:
        return _timed(data.get("travel_time", ""), oneway=oneway, profile=profile)
    tags = {key: ";".join(_values(value)) for key, value in data.items()}
    tags["oneway"] = "yes" if oneway else "no"
    if "junction" in tags and not oneway:
        del tags["junction"]
    found = [passage(tags | {"highway": word}, profile) for word in _values(data["highway"])]
    taken = [one for one in found if not np.isnan(one.forward_kmh)]
    if not taken:
        return CLOSED
    slowest = replace(
        min(taken, key=lambda one: one.forward_kmh), doors=any(one.doors for one in taken)
    )
    # the file writes the other direction as another edge, unless this profile ignores one-ways
    if oneway:
        return slowest
    return replace(slowest, backward_kmh=float("nan"))


def _timed(seconds: str, *, oneway: bool, profile: TravelProfile) -> Passage:
    try:
        minutes = float(seconds) / 60
    except ValueError:
        return CLOSED
    if not 0 < minutes < float("inf"):
        return CLOSED
    both = oneway and not profile.oneway
    # a speed only says which directions are open
    return Passage(forward_kmh=1.0, backward_kmh=1.0 if both else float("nan"), minutes=minutes)


def _line(
    data: dict[str, str], tail: int | None, head: int | None, places: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the coordinates of an edge from its tail to its head."""
    if tail is None or head is None or np.isnan(places[[tail, head]]).any():
        return None
    if "geometry" not in data:
        return places[[tail, head]]
    try:
        shape = shapely.from_wkt(data["geometry"])
    except shapely.errors.GEOSException:
        return None
    line = shapely.get_coordinates(shape)
    if shapely.get_type_id(shape) != shapely.GeometryType.LINESTRING or len(line) < 2:
        return None
    # some writers give both directions of a street the shape of one
    ahead = np.hypot(*(line[0] - places[tail])) <= np.hypot(*(line[-1] - places[tail]))
    line = line if ahead else line[::-1]
    line[0], line[-1] = places[tail], places[head]
    return line


def _merged(
    lines: list[NDArray[np.float64]], ends: list[tuple[int, int]], passages: list[Passage]
) -> list[tuple[tuple[int, int], NDArray[np.float64], Passage]]:
    """Join the two edges of each two-way street: same shape, opposite ends, same passage."""
    ways: list[tuple[tuple[int, int], NDArray[np.float64], Passage]] = []
    waiting: dict[tuple[int, int, bytes, Passage], list[int]] = {}
    for line, (tail, head), one in zip(lines, ends, passages, strict=True):
        rounded = line.round(7)
        # NaN is not equal to itself: what is compared is the speed
        kind = replace(one, backward_kmh=0.0, minutes=_or_zero(one.minutes))
        twin = (head, tail, rounded[::-1].tobytes(), kind)
        if np.isnan(one.backward_kmh) and tail != head and waiting.get(twin):
            position = waiting[twin].pop()
            ends_, shape, first = ways[position]
            ways[position] = (ends_, shape, replace(first, backward_kmh=one.forward_kmh))
            continue
        if np.isnan(one.backward_kmh):
            waiting.setdefault((tail, head, rounded.tobytes(), kind), []).append(len(ways))
        ways.append(((tail, head), line, one))
    return ways


def _or_zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _flat(
    ways: list[tuple[tuple[int, int], NDArray[np.float64], Passage]],
    places: NDArray[np.float64],
    signals: list[bool],
    *,
    source: CRS,
    crs: CRS,
) -> Ways:
    """Lay ways end to end; only their ends are shared, shapes between have points of their own."""
    sizes = np.array([len(line) for _, line, _ in ways], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    inner = np.ones(int(offsets[-1]), dtype=np.bool_)
    inner[offsets[:-1]] = False
    inner[offsets[1:] - 1] = False
    vertices = np.zeros(len(inner), dtype=np.int64)
    ends = np.array([pair for pair, _, _ in ways], dtype=np.int64).reshape(-1, 2)
    vertices[offsets[:-1]], vertices[offsets[1:] - 1] = ends[:, 0], ends[:, 1]
    vertices[inner] = len(places) + np.arange(np.count_nonzero(inner))
    shapes = [line for _, line, _ in ways]
    laid = np.concatenate(shapes) if shapes else np.zeros((0, 2))
    points = np.concatenate([np.nan_to_num(places), laid[inner]])
    lights = np.full(len(points), NO_SIGNAL, dtype=np.int8)
    lights[: len(places)][np.array(signals, dtype=np.bool_)] = ALWAYS
    return Ways(
        points=project(points, source=source, target=crs),
        vertices=vertices,
        offsets=offsets,
        forward_kmh=np.array([one.forward_kmh for _, _, one in ways]),
        backward_kmh=np.array([one.backward_kmh for _, _, one in ways]),
        minutes=np.array([one.minutes for _, _, one in ways]),
        doors=np.array([one.doors for _, _, one in ways], dtype=np.bool_),
        signals=lights,
        barriers=np.zeros(len(points), dtype=np.bool_),
    )


def _broken(count: int, *, file: str) -> Finding:
    return Finding(
        file=file,
        value=plural(count, "arête"),
        what="extrémité inconnue ou géométrie illisible",
        action="arêtes laissées de côté",
    )
