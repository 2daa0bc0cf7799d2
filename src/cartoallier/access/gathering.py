"""The people and the desks of one theme, ready to be measured further than its coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access.eligibility import admitted
from cartoallier.access.engine import Engine, Floats, Mask, Pairs
from cartoallier.access.opportunities import Capacity, desk_capacity, k_nearest, merge_sites
from cartoallier.access.people import mostly, zone_matrix
from cartoallier.model import Coverage, Level, Public, Services, Territory, Theme
from cartoallier.model.french import percent

FURTHEST = 240.0
"""Minutes beyond which a second or third desk is not looked for."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Scene:
    """Zones, and the people of each public whose origin could be measured.

    Attributes:
        theme: what is measured.
        coverage: of the theme.
        territory: where.
        zones: those told.
        gather: 0/1 matrix zones × origins.
        publics: everybody first.
        people: (origins, publics), missing where unknown or where the origin was not measured.
        inside: origins of the département.
        unmeasured: origins the engine could not measure.
        hidden: (zones, publics) whose people the coverage hides, or live for half or more where
            nothing could be measured.
    """

    theme: Theme
    coverage: Coverage
    territory: Territory
    zones: pd.DataFrame
    gather: csr_matrix
    publics: list[str]
    people: Floats
    inside: NDArray[np.bool_]
    unmeasured: NDArray[np.bool_]
    hidden: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Desks:
    """The counted sites of a theme, gathered into desks.

    Attributes:
        points: (sites, 2) metres.
        masks: which origins each site admits.
        zones: those that each site declares.
        desk: of each site, from 0.
        inside: of each desk, in the département.
        capacity: of each desk.
    """

    points: Floats
    masks: list[Mask]
    zones: list[tuple[str, ...]]
    desk: NDArray[np.intp]
    inside: NDArray[np.bool_]
    capacity: Capacity


@dataclass(frozen=True, eq=False, kw_only=True)
class Shared:
    """Everybody who shares the desks: people of the territory, then those around it.

    Attributes:
        pairs: of origins and desks; the origins around come after those of the territory.
        people: (all origins, publics).
        unmeasured: origins the engine could not measure.
        around: whether people around the territory are there.
        words: what is assumed of them, French.
    """

    pairs: Pairs
    people: Floats
    unmeasured: NDArray[np.bool_]
    around: bool
    words: str

    @classmethod
    def of(
        cls, scene: Scene, desks: Desks, pairs: Pairs, around: Engine | None, *, within: float
    ) -> Shared:
        """Add to the pairs of a territory those of the communes around it.

        A public is taken to be as frequent around as in the territory: nobody counts it there.
        """
        near = pairs.minutes <= within
        own = Pairs(origin=pairs.origin[near], site=pairs.site[near], minutes=pairs.minutes[near])
        if around is None:
            return cls(
                pairs=own,
                people=scene.people,
                unmeasured=scene.unmeasured,
                around=False,
                words="trop élevé près de la limite : les personnes qui habitent au-delà ne sont "
                "pas comptées",
            )
        lost = around.unmeasured.notna().to_numpy()
        masks = admitted(desks.zones, around.territory)
        more = merge_sites(around.pairs(desks.points, masks=masks, within=within), desks.desk)
        totals = np.nansum(scene.people, axis=0)
        beside = around.territory.origins["population"].to_numpy(dtype="float64")
        words = (
            "les habitants des communes voisines partagent ces lieux ; chaque public y est supposé "
            "aussi fréquent qu’ici"
        )
        if lost.any():
            words += (
                f" ; mais {percent(float(beside[lost].sum() / beside.sum()))} d’entre eux sont "
                "hors du réseau de routes fourni : l’indice est trop élevé près de la limite"
            )
        return cls(
            pairs=Pairs(
                origin=np.concatenate([own.origin, more.origin + len(scene.people)]),
                site=np.concatenate([own.site, more.site]),
                minutes=np.concatenate([own.minutes, more.minutes]),
            ),
            people=np.vstack([scene.people, np.outer(beside, totals / max(totals[0], 1))]),
            unmeasured=np.concatenate([scene.unmeasured, lost]),
            around=not lost.any(),
            words=words,
        )


def set_scene(
    theme: Theme, coverage: Coverage, territory: Territory, weights: pd.DataFrame
) -> Scene:
    """Keep the zones that may be told, and the publics whose people are known."""
    origins = territory.origins
    zones = territory.zones
    if theme.sensitive:
        zones = zones[zones["level"] == Level.DEPARTEMENT]
    told = weights.reindex(origins.index)
    told[Public.ALL.value] = origins["population"].astype("float64")
    publics = [
        public
        for public in dict.fromkeys([Public.ALL.value, *coverage.table["public"]])
        if public in told and told[public].notna().any()
    ]
    people = told[publics].to_numpy(dtype="float64", copy=True)
    unmeasured = np.zeros(len(origins), dtype=np.bool_)
    if "unmeasured" in coverage.origins:
        unmeasured = coverage.origins["unmeasured"].notna().to_numpy()
    keys = pd.MultiIndex.from_frame(zones[["level", "code", "perimeter"]])
    hidden = np.zeros((len(zones), len(publics)), dtype=np.bool_)
    for column, public in enumerate(publics):
        rows = coverage.table[coverage.table["public"] == public]
        at = pd.MultiIndex.from_frame(rows[["maille", "code", "perimetre"]])
        shown = pd.Series(rows["population"].notna().to_numpy(), index=at)
        hidden[:, column] = ~shown.reindex(keys, fill_value=True).to_numpy(dtype=bool)
    gather = zone_matrix(territory, zones)
    if unmeasured.any():
        there = gather @ np.where(unmeasured[:, None], 0.0, np.nan_to_num(people))
        hidden |= ~mostly(there, of=gather @ np.nan_to_num(people))
    people[unmeasured] = np.nan
    return Scene(
        theme=theme,
        coverage=coverage,
        territory=territory,
        zones=zones,
        gather=gather,
        publics=publics,
        people=people,
        inside=origins["commune_code"].map(territory.communes["inside"]).to_numpy(dtype=bool),
        unmeasured=unmeasured,
        hidden=hidden,
    )


def gather_desks(coverage: Coverage, services: Services, territory: Territory) -> Desks:
    """Gather the records that enter distance into desks, in sorted order of their keys."""
    sites = coverage.sites[coverage.sites["counted"]]
    records = services.records.loc[sites.index]
    points = Services(records).points(territory.crs)
    keys, desk = np.unique(sites["desk"].to_numpy(dtype=object), return_inverse=True)
    inside = np.zeros(len(keys), dtype=np.bool_)
    np.logical_or.at(inside, desk, sites["inside"].to_numpy(dtype=bool))
    return Desks(
        points=np.column_stack([points.x, points.y]),
        masks=admitted(records["zone"], territory),
        zones=list(records["zone"]),
        desk=desk.astype(np.intp),
        inside=inside,
        capacity=desk_capacity(records["weekly_hours"], sites["desk"].astype("object")),
    )


def reach_desks(
    scene: Scene, desks: Desks, engine: Engine, *, within: float
) -> tuple[Pairs, Floats]:
    """Return pairs of origins and desks at most ``within`` apart, and minutes to three desks.

    The search goes further only for origins that admit more desks than it found.
    """
    origins = len(scene.people)
    pairs = merge_sites(engine.pairs(desks.points, masks=desks.masks, within=within), desks.desk)
    near = k_nearest(pairs, k=3, origins=origins)
    joined = engine.joined(desks.points)
    possible = _possible(desks, joined, origins)
    limit = within
    while limit < FURTHEST:
        limit = min(2 * limit, FURTHEST)
        lacking = ((~np.isnan(near)).sum(axis=1) < possible) & ~scene.unmeasured
        if not lacking.any():
            break
        masks: list[Mask] = [lacking if mask is None else mask & lacking for mask in desks.masks]
        more = merge_sites(engine.pairs(desks.points, masks=masks, within=limit), desks.desk)
        near[lacking] = k_nearest(more, k=3, origins=origins)[lacking]
    return pairs, near


def _possible(desks: Desks, joined: NDArray[np.bool_], origins: int) -> NDArray[np.intp]:
    """Return how many desks admit each origin and can be reached at all, at most 3."""
    open_to_all = {
        int(desk)
        for desk, mask, there in zip(desks.desk, desks.masks, joined, strict=True)
        if mask is None and there
    }
    found = np.full(origins, len(open_to_all), dtype=np.intp)
    by_desk: dict[int, NDArray[np.bool_]] = {}
    for desk, mask, there in zip(desks.desk.tolist(), desks.masks, joined, strict=True):
        if mask is not None and there and desk not in open_to_all:
            by_desk[desk] = by_desk.get(desk, False) | mask
    for mask in by_desk.values():
        found += mask
    return np.minimum(found, 3)
