"""From one theme's sites to the table of coverage: who is how far, zone by zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.access.crow_fly import Floats, minutes_by_car, nearest_eligible
from cartoallier.access.sites import place_sites
from cartoallier.model import (
    COVERAGE_COLUMNS,
    AccessParameters,
    Coverage,
    Mode,
    Public,
    Services,
    Territory,
    Theme,
)

SHOWN_MINUTES = (15, 20, 30)


def measure(
    theme: Theme,
    *,
    services: Services,
    territory: Territory,
    weights: pd.DataFrame,
    parameters: AccessParameters,
    threshold: float | None,
) -> Coverage:
    """Measure the access of every zone of ``territory`` to ``theme``.

    For a zone *Z* and people *w*: share beyond *t* = Σ w_i [m_i > t] / Σ w_i over its origins
    *i*, *m_i* being minutes to the nearest site that counts and that admits *i*; the means of
    distance and minutes are weighted by the same people. An origin that no site admits is
    beyond every threshold and has no part in the means. People of a public unknown at an
    origin are left out of both sums.

    Args:
        theme: what is measured, and how it decides.
        services: with their themes assigned.
        territory: origins, zones and their members.
        weights: people of each public at each origin, one column per public beyond everybody.
        parameters: of the crow-fly engine.
        threshold: the retained threshold in minutes; ``None``: no share beyond a threshold.

    The share without neighbours' sites is given only for zones wholly in the département: the
    people of an EPCI who live beyond the border have their own sites there.

    Returns:
        Shares 0-1, km and minutes. A theme that is not a matter of distance has neither:
        ``zone`` fills ``part_couverte``; the others only count places. Without any site that
        counts, the cells of distance are empty.
    """
    sites = place_sites(theme, services=services, territory=territory)
    origins = pd.DataFrame(
        {"distance_km": np.nan, "minutes": np.nan, "minutes_without_neighbours": np.nan},
        index=territory.origins.index,
    ).assign(service=pd.Series(dtype="str"), covered=pd.Series(dtype="boolean"))
    masks = _admitted(services.records.loc[sites.index, "zone"], territory)
    counted = np.flatnonzero(sites["counted"])
    measured = theme.mode is Mode.PROXIMITY and len(counted) > 0
    if measured:
        origins = _reach(origins, sites, masks, territory=territory, parameters=parameters)
    elif theme.mode is Mode.ZONE:
        declared = [mask for mask in masks if mask is not None]
        if declared:
            origins["covered"] = pd.array(np.logical_or.reduce(declared), dtype="boolean")
    people = weights.reindex(territory.origins.index)
    people.insert(0, Public.ALL.value, territory.origins["population"].astype("float64"))
    gather = _zone_matrix(territory)
    inside = territory.origins["commune_code"].map(territory.communes["inside"])
    zones = territory.zones.assign(crosses=(gather @ (~inside).to_numpy(dtype="float64")) > 0)
    places = _places(theme, sites, territory)
    table = pd.concat(
        [
            _table(
                _People(gather, people[public].to_numpy(dtype="float64")),
                origins=origins,
                zones=zones,
                threshold=threshold if theme.mode is Mode.PROXIMITY else None,
                parameters=parameters if measured else None,
            ).assign(public=public, lieux=places)
            for public in people.columns
        ],
        ignore_index=True,
    ).assign(theme=theme.key, mode=theme.mode.value)
    return Coverage(
        theme=theme.key,
        mode=theme.mode,
        table=table.reindex(columns=list(COVERAGE_COLUMNS)),
        origins=origins,
        sites=sites.drop(columns=["x", "y"]),
    )


def _admitted(zones: pd.Series, territory: Territory) -> list[NDArray[np.bool_] | None]:
    """Return which origins each service admits; ``None`` when it declares no zone."""
    codes = territory.origins["commune_code"]
    known: dict[tuple[str, ...], NDArray[np.bool_] | None] = {(): None}
    for zone in zones:
        if zone not in known:
            parts = (part.split(":", 1) for part in zone)
            communes = frozenset().union(*(territory.communes_of(*part) for part in parts))
            known[zone] = codes.isin(communes).to_numpy()
    return [known[zone] for zone in zones]


def _reach(
    origins: pd.DataFrame,
    sites: pd.DataFrame,
    masks: list[NDArray[np.bool_] | None],
    *,
    territory: Territory,
    parameters: AccessParameters,
) -> pd.DataFrame:
    """Fill distance, minutes and the nearest service, with and without neighbours' sites."""
    points = territory.origins.geometry
    start = np.column_stack([points.x, points.y])
    area = territory.origins["area_km2"].to_numpy(dtype="float64")

    def reach(chosen: NDArray[np.intp]) -> tuple[Floats, Floats, NDArray[np.intp]]:
        ends = sites.iloc[chosen][["x", "y"]].to_numpy(dtype="float64")
        found = nearest_eligible(start, ends, eligible=[masks[i] for i in chosen])
        minutes = minutes_by_car(
            found.distance_km, area, parameters=parameters, speed_kmh=parameters.speed_kmh
        )
        return found.distance_km, minutes, found.site

    counted = np.flatnonzero(sites["counted"])
    distance, minutes, hit = reach(counted)
    ids = sites.index.to_numpy()[counted]
    service = pd.Series(ids[hit], index=origins.index, dtype="str").where(hit >= 0)
    own = np.flatnonzero(sites["counted"] & sites["inside"])
    alone = reach(own)[1] if len(own) else np.full(len(origins), np.nan)
    return origins.assign(
        distance_km=distance, minutes=minutes, minutes_without_neighbours=alone, service=service
    )


def _zone_matrix(territory: Territory) -> csr_matrix:
    """Return the 0/1 matrix zones × origins."""
    zone_at = pd.Series(range(len(territory.zones)), index=territory.zones.index)
    origin_at = pd.DataFrame(
        {"commune_code": territory.origins["commune_code"], "column": range(len(territory.origins))}
    )
    pairs = territory.members.merge(origin_at, on="commune_code")
    rows = pairs["zone"].map(zone_at).to_numpy()
    ones = np.ones(len(pairs))
    return csr_matrix(
        (ones, (rows, pairs["column"].to_numpy())),
        shape=(len(territory.zones), len(territory.origins)),
    )


def _places(theme: Theme, sites: pd.DataFrame, territory: Territory) -> list[float]:
    """Count the distinct places of each zone.

    A sensitive theme is counted at the département only: a lower count would locate.
    """
    counted = sites[sites["counted"]]
    places = counted.drop_duplicates(["x", "y"])["commune_code"].value_counts()
    members = territory.members.assign(
        places=territory.members["commune_code"].map(places).fillna(0)
    )
    totals = members.groupby("zone")["places"].sum().reindex(territory.zones.index, fill_value=0)
    if theme.sensitive:
        totals = totals.where(territory.zones["level"] == "departement")
    return totals.astype("float64").tolist()


@dataclass(frozen=True, eq=False)
class _People:
    """People at origins, and the sums over zones they give."""

    gather: csr_matrix
    weight: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.weight)

    def total(self, condition: NDArray[np.bool_] | float = 1.0) -> Floats:
        """Σ w over the origins that meet the condition, missing where no w is known."""
        result: Floats = self.gather @ (np.nan_to_num(self.weight) * condition)
        nobody_known = (self.gather @ self.known.astype("float64")) == 0
        return np.where(nobody_known, np.nan, result)

    def share(self, condition: NDArray[np.bool_]) -> Floats:
        """Σ w [condition] / Σ w, missing where the zone has nobody."""
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = self.total(condition) / self.total()
        return result

    def mean(self, values: Floats) -> Floats:
        """Σ w v / Σ w over the origins where v is known."""
        there = ~np.isnan(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            weighted = np.nan_to_num(self.weight) * np.nan_to_num(values)
            result: Floats = (self.gather @ weighted) / self.total(there)
        return result


def _table(
    people: _People,
    *,
    origins: pd.DataFrame,
    zones: pd.DataFrame,
    threshold: float | None,
    parameters: AccessParameters | None,
) -> pd.DataFrame:
    """Return the rows of one public; ``parameters`` is ``None`` where nothing is measured."""
    rows = pd.DataFrame(
        {
            "maille": zones["level"].to_numpy(),
            "code": zones["code"].to_numpy(),
            "nom": zones["name"].to_numpy(),
            "perimetre": zones["perimeter"].to_numpy(),
            "population": people.total(),
            "seuil_min": np.nan if threshold is None else threshold,
        }
    )
    if origins["covered"].notna().any():
        rows["part_couverte"] = people.share(origins["covered"].fillna(False).to_numpy(dtype=bool))
    if parameters is None:
        return rows
    minutes = origins["minutes"].to_numpy(dtype="float64")
    rows["distance_km"] = people.mean(origins["distance_km"].to_numpy(dtype="float64"))
    rows["duree_min"] = people.mean(minutes)
    for bound in SHOWN_MINUTES:
        rows[f"part_plus_{bound}"] = people.share(_beyond(minutes, bound))
    if threshold is None:
        return rows
    rows["population_hors_seuil"] = people.total(_beyond(minutes, threshold))
    for column, values in (
        ("part_hors_seuil", minutes),
        ("part_hors_seuil_favorable", minutes * parameters.speed_kmh / parameters.favourable_kmh),
        (
            "part_hors_seuil_defavorable",
            minutes * parameters.speed_kmh / parameters.unfavourable_kmh,
        ),
        (
            "part_hors_seuil_sans_voisins",
            origins["minutes_without_neighbours"].to_numpy(dtype="float64"),
        ),
    ):
        rows[column] = people.share(_beyond(values, threshold))
    rows["part_hors_seuil_sans_voisins"] = rows["part_hors_seuil_sans_voisins"].mask(
        zones["crosses"].to_numpy()
    )
    return rows


def _beyond(minutes: Floats, bound: float) -> NDArray[np.bool_]:
    """Whether an origin is strictly beyond a bound; one that no site admits always is."""
    return np.isnan(minutes) | (minutes > bound)
