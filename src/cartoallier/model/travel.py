"""A way to travel: which roads it may take, and how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False, kw_only=True)
class TravelProfile:
    """How one mode (car, foot, bicycle) uses a road network.

    Speeds are free-flow running speeds on the road, without the time lost at crossings.

    Attributes:
        key: ``voiture``, ``pied`` or ``velo``.
        label: French name (« vélo »).
        manner: French, as a sentence says it (« à vélo »).
        speeds: OSM ``highway`` -> km/h where no limit is known; other classes are closed.
        ceilings: OSM ``highway`` -> km/h never exceeded where a limit is known; those of
            ``speeds`` where it says nothing.
        permitted: OSM ``highway`` -> km/h of classes open only where a tag of this mode says so.
        limit_share: part of the legal limit actually driven, 0-1; 0: limits say nothing.
        limits: implicit limits (``FR:urban``, ``urban``, ``walk``) -> km/h.
        surfaces: OSM ``surface`` -> factor on speed, 0-1; 1 where it says nothing.
        tracktypes: OSM ``tracktype`` -> factor, likewise; the least of the two holds.
        access: OSM access keys, the most specific first; the first one tagged decides.
        closing: access values that close a way.
        opening: access values that open a class of ``permitted``.
        forbidden: ``(key, value)`` tags that close a way whatever its access.
        oneway: OSM one-way keys, the most specific first; none: one-ways are ignored.
        contraflow: whether ``cycleway=opposite…`` opens a one-way in the other direction.
        barriers: values of ``barrier`` on a node that stop this mode, unless access opens it.
        ferry_kmh: speed aboard where no duration is tagged; 0: ferries are not taken.
        ferry_refused: tags whose presence alone says that a ferry is for other modes.
        crossing_seconds: lost on entering a crossing (at least three arms).
        signal_seconds: lost at traffic lights, beside that of a crossing.
        access_kmh: from a door to the nearest point of the network.
        snap_km: how far a door may be from the network and still be joined to it.
        natures: IGN ``nature`` (BD TOPO) or ``VOCATION`` (ROUTE 500) -> km/h; others closed.
        importances: IGN ``importance`` -> km/h never exceeded where no mean speed is given.
        mean_speed: whether ``vitesse_moyenne_vl`` of BD TOPO is this mode's speed.
        ign_access: the IGN attribute that says who may pass, by reader; empty: none.
        ign_closing: its values that close a section.
    """

    key: str
    label: str
    manner: str
    speeds: Mapping[str, float]
    ceilings: Mapping[str, float]
    permitted: Mapping[str, float]
    limit_share: float
    limits: Mapping[str, float]
    surfaces: Mapping[str, float]
    tracktypes: Mapping[str, float]
    access: tuple[str, ...]
    closing: frozenset[str]
    opening: frozenset[str]
    forbidden: tuple[tuple[str, str], ...]
    oneway: tuple[str, ...]
    contraflow: bool
    barriers: frozenset[str]
    ferry_kmh: float
    ferry_refused: tuple[str, ...]
    crossing_seconds: float
    signal_seconds: float
    access_kmh: float
    snap_km: float
    natures: Mapping[str, float]
    importances: Mapping[str, float]
    mean_speed: bool
    ign_access: tuple[str, ...]
    ign_closing: frozenset[str]
