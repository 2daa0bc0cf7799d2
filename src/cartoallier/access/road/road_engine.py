"""The road engine: minutes and km along the fastest path of a road network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from cartoallier.access.engine import Bracket, Mask, Pairs, Reach
from cartoallier.access.isochrones import draw_isochrones
from cartoallier.access.road.graph import Ends, RoadGraph
from cartoallier.access.road.isochrones import drawn_width_m, reached_points
from cartoallier.access.road.network import Network
from cartoallier.access.road.pairs import find_pairs
from cartoallier.access.road.routing import Fastest, leave, search
from cartoallier.access.road.snapping import EdgeIndex, Snapped
from cartoallier.model import Territory
from cartoallier.model.french import number, percent, typeset

Floats = NDArray[np.float64]

# Minutes of other engines over ours between ordinary roads of a rural network of 380 km (OSM,
# 3 136 journeys, scripts/bench/road_routing.py engines): 10th centile of the fastest of them,
# Valhalla (0.71, median 0.83), and 90th of the slowest, OSRM (1.26, median 1.08). It is how much
# engines disagree on an empty road; traffic is in none of them.
FAVOURABLE = 0.70
UNFAVOURABLE = 1.25

_LIMITS = (45.0, 180.0, np.inf)
"""Minutes tried in turn for sites that admit few origins: most find theirs in the first."""
_FEW = 0.2
"""Share of the origins under which a zone is searched step by step."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RoadEngine:
    """An :class:`cartoallier.access.engine.Engine` on a road network.

    A journey is the straight way from the door to the nearest road, the fastest path, and the
    straight way to the other door. What is costly to prepare (matrix, index of edges, origins
    joined) is made once, by :meth:`of`.

    Attributes:
        territory: whose origins it starts from.
        bracket: minutes multiplied, in each hypothesis.
        graph: the transposed network.
        index: its edges.
        origins: where the origins join it.
        exits: by which nodes they leave.
    """

    territory: Territory
    bracket: Bracket
    graph: RoadGraph
    index: EdgeIndex
    origins: Snapped
    exits: Ends

    @classmethod
    def of(
        cls,
        territory: Territory,
        network: Network,
        *,
        favourable: float = FAVOURABLE,
        unfavourable: float = UNFAVOURABLE,
    ) -> RoadEngine:
        """Prepare the network and join the origins of ``territory`` to it.

        Args:
            territory: in the CRS of the network.
            network: for one profile.
            favourable: what minutes are multiplied by in the favourable hypothesis, at most 1.
            unfavourable: likewise, at least 1.
        """
        if territory.crs != CRS.from_user_input(network.crs):
            raise ValueError("the network must be in the territory's CRS")
        if not 0 < favourable <= 1 <= unfavourable:
            raise ValueError("expected 0 < favourable <= 1 <= unfavourable")
        graph, index = RoadGraph.of(network), EdgeIndex.of(network)
        geometry = territory.origins.geometry
        origins = index.snap(np.column_stack([geometry.x, geometry.y]))
        return cls(
            territory=territory,
            bracket=_bracket(favourable, unfavourable),
            graph=graph,
            index=index,
            origins=origins,
            exits=graph.exits(origins),
        )

    def starting(self, territory: Territory) -> RoadEngine:
        """Return the same engine from the origins of another territory, in the same projection."""
        geometry = territory.origins.geometry
        origins = self.index.snap(np.column_stack([geometry.x, geometry.y]))
        return replace(self, territory=territory, origins=origins, exits=self.graph.exits(origins))

    @property
    def snap_km(self) -> pd.Series:
        """Straight km from each origin to the nearest road, joined or not."""
        return pd.Series(self.origins.km, index=self.territory.origins.index, name="snap_km")

    @property
    def unmeasured(self) -> pd.Series:
        """Why an origin has no journey: the network is too far, or its road is an island's."""
        found = self.origins
        causes = [
            None if joined else _far_words(km, isolated=isolated)
            for joined, km, isolated in zip(found.joined, found.km, found.isolated, strict=True)
        ]
        return pd.Series(causes, index=self.territory.origins.index, dtype="str")

    def joined(self, points: Floats) -> NDArray[np.bool_]:
        """Return which sites are near enough to the network."""
        return self.index.snap(points).joined

    def nearest(self, points: Floats, *, masks: list[Mask]) -> Reach:
        """Find the nearest site of every origin; ties go to the first site.

        Sites that admit the same origins are searched together: the cost grows with the number
        of distinct zones. ``distance_km`` is along the fastest path, doors included.
        """
        sites = self.index.snap(points)
        groups: dict[bytes, list[int]] = {}
        for position, mask in enumerate(masks):
            groups.setdefault(b"" if mask is None else mask.tobytes(), []).append(position)
        count = len(self.origins.edge)
        minutes, km = np.full(count, np.inf), np.full(count, np.nan)
        site = np.full(count, len(points), dtype=np.intp)
        for members in groups.values():
            found = self._search(np.asarray(members, dtype=np.intp), sites, masks[members[0]])
            closer = found.minutes < minutes
            closer |= np.isfinite(found.minutes) & (found.minutes == minutes) & (found.site < site)
            minutes[closer], km[closer] = found.minutes[closer], found.km[closer]
            site[closer] = found.site[closer]
        reached = np.isfinite(minutes)
        return Reach(
            distance_km=np.where(reached, km, np.nan),
            minutes=np.where(reached, minutes, np.nan),
            site=np.where(reached, site, -1),
        )

    def pairs(self, points: Floats, *, masks: list[Mask], within: float) -> Pairs:
        """Return every origin and site at most ``within`` minutes apart."""
        return find_pairs(
            self.graph,
            self.origins,
            self.exits,
            sites=self.index.snap(points),
            masks=masks,
            within=within,
        )

    def isochrones(self, points: Floats, *, bounds: tuple[float, ...]) -> gpd.GeoSeries:
        """Return what lies within each bound of some site by road.

        Drawn around the stretches of road from where a site is reached in time: see
        :func:`cartoallier.access.isochrones.draw_isochrones`.
        """
        width = drawn_width_m(self.graph.network)
        sites = self.index.snap(points)
        reached = reached_points(self.graph, sites, bounds=bounds, width_m=width)
        return draw_isochrones(reached, crs=self.territory.crs, width_m=width)

    def _search(self, members: NDArray[np.intp], sites: Snapped, mask: Mask) -> Fastest:
        """Search some sites together, for the origins of ``mask`` only."""
        admitted = self.origins.joined if mask is None else mask & self.origins.joined
        few = np.count_nonzero(admitted) < _FEW * len(admitted)
        chosen = sites[members]
        for limit in _LIMITS if few else (np.inf,):
            nodes = search(self.graph, chosen, limit=limit)
            found = leave(self.graph, self.origins, self.exits, sites=chosen, nodes=nodes)
            # what a limited search leaves out is beyond the limit: what it finds within is exact
            if (found.minutes[admitted] <= limit).all():
                break
        position = np.append(members, len(sites.edge))[found.site]
        return Fastest(
            minutes=np.where(admitted, found.minutes, np.inf), km=found.km, site=position
        )


def _bracket(favourable: float, unfavourable: float) -> Bracket:
    """Say what the factors do."""
    return Bracket(
        favourable=favourable,
        unfavourable=unfavourable,
        favourable_words=f"temps de route réduits de {percent(1 - favourable, decimals=0)}",
        unfavourable_words=f"temps de route allongés de {percent(unfavourable - 1, decimals=0)}",
    )


def _far_words(km: float, *, isolated: bool) -> str:
    """Say how far the network is."""
    if np.isnan(km):
        return "le réseau fourni n'a aucune route bordée d'adresses"
    if isolated:
        away = number(km, decimals=1)
        return typeset(f"sur une route isolée du réseau fourni, qui passe à {away}\u00a0km")
    return typeset(
        f"à {number(max(km, 0.1), decimals=1)}\u00a0km de la route la plus proche du réseau fourni"
    )
