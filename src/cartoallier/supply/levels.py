"""Where secret places are counted: the finest zone in which none of them can be singled out.

DOMAIN §5.4: « only counts per EPCI or arrondissement, suppressed if a single site in the area
makes it identifiable (show presence in the arrondissement or département) ». One site alone is
what identifies, so two are enough (``least``), whatever the kind: the rule holds for each theme
apart, because outputs count by theme. Nor may a subtraction say more (§5.1, « no total − parts
disclosure »): when places move up to a larger zone, at least two of its parts must remain
uncounted, or a part that was counted moves up with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cartoallier.model import Level, Territory

LEAST = 2
"""Distinct places a zone must hold for them to be counted there."""

_CHILD = {Level.ARRONDISSEMENT: "epci", Level.DEPARTEMENT: "arrondissement"}
COUNT_COLUMNS = ("theme", "maille", "code", "nom", "services")


def settle_levels(
    records: pd.DataFrame, territory: Territory, *, least: int = LEAST
) -> pd.DataFrame:
    """Choose for each secret service the zone it is counted in.

    An EPCI, else the arrondissement, else the département; the last even for a single place:
    it says that there is one somewhere in the département. A place whose commune is unknown is
    in no zone. What outputs must not say of a secret service is removed here at the latest: its
    date, which the age of the record needed until then.

    Args:
        records: of every source, themes assigned, after
            :func:`~cartoallier.supply.twins.hide_twins` and the judgement of dates.
        territory: what parts a zone has.
        least: distinct places a zone must hold.

    Returns:
        A new frame, ``generalised`` of secret rows being one zone (``epci:200071140``).
    """
    secret = records["confidential"]
    if not secret.any():
        return records
    hidden = records[secret]
    ladders = [tuple(one.split()) for one in hidden["generalised"].fillna("")]
    settling = _Settling(
        ladders=ladders,
        sites=_sites(hidden),
        rungs=[0] * len(ladders),
        parts=_parts(territory),
        least=least,
    )
    kinds: dict[str, list[int]] = {}
    for position, themes in enumerate(hidden["themes"]):
        for theme in themes or ("",):
            kinds.setdefault(theme, []).append(position)
    while any(map(settling.raised, kinds.values())):
        pass
    kept = records.copy()
    kept.loc[secret, "generalised"] = [
        ladder[rung] if ladder else None
        for ladder, rung in zip(ladders, settling.rungs, strict=True)
    ]
    kept.loc[secret, "updated_on"] = None
    return kept


def _sites(hidden: pd.DataFrame) -> list[str]:
    own = pd.Series(hidden.index, index=hidden.index, dtype="str")
    return hidden["place"].fillna(own).tolist()


def _parts(territory: Territory) -> dict[str, frozenset[str]]:
    """Return the EPCI of each arrondissement and the arrondissements of each département."""
    table = territory.communes
    parts: dict[str, frozenset[str]] = {}
    for level, child in _CHILD.items():
        pairs = table[[f"{level}_code", f"{child}_code"]].dropna().drop_duplicates()
        for code, group in pairs.groupby(f"{level}_code"):
            parts[f"{level}:{code}"] = frozenset(f"{child}:{c}" for c in group[f"{child}_code"])
    return parts


@dataclass(kw_only=True)
class _Settling:
    """Rungs only go up, so that settling ends.

    Attributes:
        ladders: of each service, zones from the finest.
        sites: the place of each service.
        rungs: where each service is on its ladder.
        parts: zone -> the zones it is made of.
        least: distinct places a zone must hold.
    """

    ladders: Sequence[tuple[str, ...]]
    sites: Sequence[str]
    rungs: list[int]
    parts: Mapping[str, frozenset[str]]
    least: int

    def raised(self, kind: Sequence[int]) -> bool:
        """Move up what is too few in its zone, then what a subtraction would give away."""
        changed = False
        for zone, members in self._zones(kind).items():
            if self._few(members) and not self._shareable(zone, kind):
                changed |= self._raise(members)
        return changed or self._complemented(kind)

    def _zones(self, kind: Iterable[int]) -> dict[str, list[int]]:
        zones: dict[str, list[int]] = {}
        for position in kind:
            if self.ladders[position]:
                zones.setdefault(self._zone(position), []).append(position)
        return zones

    def _zone(self, position: int) -> str:
        return self.ladders[position][self.rungs[position]]

    def _few(self, members: Iterable[int]) -> bool:
        return len({self.sites[position] for position in members}) < self.least

    def _shareable(self, zone: str, kind: Sequence[int]) -> bool:
        """Tell whether a part of the zone, counted apart, could move up and keep it company."""
        return bool(self._counted_parts(zone, kind))

    def _counted_parts(self, zone: str, kind: Sequence[int]) -> dict[str, list[int]]:
        """Return the parts of a zone that are counted below it, with their services."""
        parts = self.parts.get(zone, frozenset())
        counted: dict[str, list[int]] = {}
        for position in kind:
            ladder = self.ladders[position]
            if zone in ladder[self.rungs[position] + 1 :]:
                below = ladder[: ladder.index(zone)]
                part = next((one for one in reversed(below) if one in parts), below[-1])
                counted.setdefault(part, []).append(position)
        return counted

    def _complemented(self, kind: Sequence[int]) -> bool:
        changed = False
        for zone, members in self._zones(kind).items():
            counted = self._counted_parts(zone, kind)
            hidden = self.parts.get(zone, frozenset()) - counted.keys()
            if counted and (self._few(members) or len(hidden) < 2):
                smallest = min(counted, key=lambda part: (len(counted[part]), part))
                changed |= self._raise(counted[smallest], to=zone)
        return changed

    def _raise(self, members: Iterable[int], *, to: str = "") -> bool:
        changed = False
        for position in members:
            ladder = self.ladders[position]
            target = ladder.index(to) if to else self.rungs[position] + 1
            if self.rungs[position] < target < len(ladder):
                self.rungs[position] = target
                changed = True
        return changed


def secret_counts(records: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """Count secret places by theme and by the zone they were settled in.

    Zones of one theme never overlap in what they count: a place is in one of them.

    Args:
        records: after :func:`settle_levels`.
        territory: names the zones.

    Returns:
        Columns ``theme`` (``""`` without one), ``maille``, ``code``, ``nom`` and ``services``
        (distinct places); ``maille`` and ``code`` are ``""`` where the commune is unknown.
    """
    hidden = records[records["confidential"]]
    rows = [
        (theme, *_named(zone), site)
        for themes, zone, site in zip(
            hidden["themes"], hidden["generalised"].fillna(""), _sites(hidden), strict=True
        )
        for theme in themes or ("",)
    ]
    names = {
        (str(level), str(code)): str(name)
        for level, code, name in zip(
            territory.zones["level"], territory.zones["code"], territory.zones["name"], strict=True
        )
    }
    table = pd.DataFrame(rows, columns=["theme", "maille", "code", "site"], dtype="str")
    counts = table.groupby(["theme", "maille", "code"])["site"].nunique().reset_index()
    counts["nom"] = [
        names.get((maille, code), code or "commune inconnue")
        for maille, code in zip(counts["maille"], counts["code"], strict=True)
    ]
    counts = counts.rename(columns={"site": "services"}).astype({"nom": "str"})
    return counts[list(COUNT_COLUMNS)]


def _named(zone: str) -> tuple[str, str]:
    kind, _, code = zone.partition(":")
    return kind, code
