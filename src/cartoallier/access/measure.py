"""From one theme's sites to the table of coverage: who is how far, zone by zone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.eligibility import admitted
from cartoallier.access.engine import Bracket, Engine, Mask, Reach
from cartoallier.access.people import People, beyond, zone_matrix
from cartoallier.access.sites import OFF_NETWORK, place_sites, places_by_zone
from cartoallier.model import (
    COVERAGE_COLUMNS,
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
    engine: Engine,
    weights: pd.DataFrame,
    threshold: float | None,
) -> Coverage:
    """Measure the access of every zone of a territory to ``theme``.

    For a zone *Z* and people *w*: share beyond *t* = Σ w_i [m_i > t] / Σ w_i over its origins
    *i*, *m_i* being minutes to the nearest site that counts and that admits *i*; the means of
    distance and minutes are weighted by the same people. An origin that no site admits is
    beyond every threshold and has no part in the means. People of a public unknown at an
    origin, and those at an origin that the engine cannot measure, are left out of both sums; a
    zone with half of its people there, or more, has no figure.

    Args:
        theme: what is measured, and how it decides.
        services: with their themes assigned.
        engine: how people travel, from the origins of its territory.
        weights: people of each public at each origin, one column per public beyond everybody.
        threshold: the retained threshold in minutes; ``None``: no share beyond a threshold.

    The share without neighbours' sites is given only for zones wholly in the département: the
    people of an EPCI who live beyond the border have their own sites there.

    Returns:
        Shares 0-1, km and minutes. A theme that is not a matter of distance has neither:
        ``zone`` fills ``part_couverte``; the others only count places. Without any site that
        counts in the département itself, the cells of distance are empty: the distance to the
        neighbours' sites alone would show an absence of data as an absence of supply. So is
        ``part_couverte`` when no declared zone reaches the département.
    """
    territory = engine.territory
    sites = _joined(place_sites(theme, services=services, territory=territory), engine)
    masks = admitted(services.records.loc[sites.index, "zone"], territory)
    measured = theme.mode is Mode.PROXIMITY and bool((sites["counted"] & sites["inside"]).any())
    origins = _unreached(territory.origins.index)
    if measured:
        origins = _reach(origins, sites, masks, engine=engine)
    elif theme.mode is Mode.ZONE:
        origins["covered"] = _covered(masks, territory)
    people = weights.reindex(territory.origins.index)
    people.insert(0, Public.ALL.value, territory.origins["population"].astype("float64"))
    gather = zone_matrix(territory, territory.zones)
    inside = territory.origins["commune_code"].map(territory.communes["inside"])
    zones = territory.zones.assign(crosses=(gather @ (~inside).to_numpy(dtype="float64")) > 0)
    places = _places(theme, sites, territory)
    table = pd.concat(
        [
            _table(
                People(gather, people[public].to_numpy(dtype="float64")),
                origins=origins,
                zones=zones,
                threshold=threshold if theme.mode is Mode.PROXIMITY else None,
                bracket=engine.bracket if measured else None,
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


def _unreached(index: pd.Index) -> pd.DataFrame:
    """Return origins of which nothing is known yet."""
    return pd.DataFrame(
        {
            "distance_km": np.nan,
            "straight_km": np.nan,
            "minutes": np.nan,
            "minutes_without_neighbours": np.nan,
        },
        index=index,
    ).assign(
        service=pd.Series(dtype="str"),
        covered=pd.Series(dtype="boolean"),
        unmeasured=pd.Series(dtype="str"),
    )


def _covered(masks: Sequence[Mask], territory: Territory) -> pd.Series:
    """Return whether a declared zone holds each origin; missing when none comes in."""
    own = territory.origins["commune_code"].map(territory.communes["inside"]).to_numpy(bool)
    declared = [mask for mask in masks if mask is not None]
    reaching = any((mask & own).any() for mask in declared)
    covered = np.logical_or.reduce(declared) if reaching else None
    return pd.Series(covered, index=territory.origins.index, dtype="boolean")


def _reach(
    origins: pd.DataFrame,
    sites: pd.DataFrame,
    masks: list[Mask],
    *,
    engine: Engine,
) -> pd.DataFrame:
    """Fill distances, minutes and the nearest service, with and without neighbours' sites."""
    points = sites[["x", "y"]].to_numpy(dtype="float64")

    def nearest(chosen: NDArray[np.intp]) -> Reach:
        return engine.nearest(points[chosen], masks=[masks[i] for i in chosen])

    counted = np.flatnonzero(sites["counted"])
    found = nearest(counted)
    ids = sites.index.to_numpy()[counted]
    service = pd.Series(ids[found.site], index=origins.index, dtype="str").where(found.site >= 0)
    alone = nearest(np.flatnonzero(sites["counted"] & sites["inside"]))
    here = engine.territory.origins.geometry
    start = np.column_stack([here.x, here.y])
    gone = np.linalg.norm(points[counted][found.site] - start, axis=1) / 1000
    return origins.assign(
        distance_km=found.distance_km,
        straight_km=np.where(found.site >= 0, gone, np.nan),
        minutes=found.minutes,
        minutes_without_neighbours=alone.minutes,
        service=service,
        unmeasured=engine.unmeasured,
    )


def _joined(sites: pd.DataFrame, engine: Engine) -> pd.DataFrame:
    """Leave out of distance the sites that the engine cannot reach from anywhere."""
    counted = np.flatnonzero(sites["counted"])
    points = sites.iloc[counted][["x", "y"]].to_numpy(dtype="float64")
    lost = sites.index[counted[~engine.joined(points)]]
    sites.loc[lost, "counted"] = False
    sites.loc[lost, "reason"] = OFF_NETWORK
    return sites


def _places(theme: Theme, sites: pd.DataFrame, territory: Territory) -> list[float]:
    """Count the distinct places of each zone.

    A sensitive theme is counted at the département only: a lower count would locate.
    """
    labels = pd.Series("", index=sites.index)
    counted = places_by_zone(sites, labels, territory=territory, zones=territory.zones)
    totals = counted.get("", pd.Series(0, index=territory.zones.index))
    if theme.sensitive:
        totals = totals.where(territory.zones["level"] == "departement")
    return totals.astype("float64").tolist()


def _table(
    people: People,
    *,
    origins: pd.DataFrame,
    zones: pd.DataFrame,
    threshold: float | None,
    bracket: Bracket | None,
) -> pd.DataFrame:
    """Return the rows of one public; ``bracket`` is ``None`` where nothing is measured."""
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
    if bracket is None:
        return rows
    people = people.among(origins["unmeasured"].isna().to_numpy())
    minutes = origins["minutes"].to_numpy(dtype="float64")
    rows["distance_km"] = people.mean(origins["distance_km"].to_numpy(dtype="float64"))
    rows["duree_min"] = people.mean(minutes)
    for bound in SHOWN_MINUTES:
        rows[f"part_plus_{bound}"] = people.share(beyond(minutes, bound))
    if threshold is None:
        return rows
    rows["population_hors_seuil"] = people.total(beyond(minutes, threshold))
    for column, values in (
        ("part_hors_seuil", minutes),
        ("part_hors_seuil_favorable", minutes * bracket.favourable),
        ("part_hors_seuil_defavorable", minutes * bracket.unfavourable),
        (
            "part_hors_seuil_sans_voisins",
            origins["minutes_without_neighbours"].to_numpy(dtype="float64"),
        ),
    ):
        rows[column] = people.share(beyond(values, threshold))
    rows["part_hors_seuil_sans_voisins"] = rows["part_hors_seuil_sans_voisins"].mask(
        zones["crosses"].to_numpy()
    )
    return rows
