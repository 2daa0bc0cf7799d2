"""Paths that deserve a second look before anybody defends their minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access import Engine
from cartoallier.model import FLAG_COLUMNS, Coverage, Services, Territory, Theme
from cartoallier.model.french import number, typeset

LONG_DETOUR = 2.0
"""Road over straight line. Its mean over a region is 1.2 to 1.5 (DOMAIN §4.3): beyond 2 a river, a
railway or a mountain stands between, and somebody who knows the place can name it. On a real
network (Upper Franconia, random doors and sites), so are 8 to 15 % of paths of 2 to 3 km, 1 to 2 %
beyond 5."""
BROKEN_DETOUR = 3.0
"""Beyond 3 a missing bridge or a network cut short is the likelier cause: a clipped extract answers
with a valid, inflated distance and no warning (PEERS §2b, edge effect). Of the same paths, 1 % and
less than 0.5 %."""
SHORT_KM = 1.0
"""A ratio of distances means nothing below it: a block may be gone round."""
FAR_ROAD_KM = 0.5
"""A door this far from any road of the network: the road to it is missing, or it is no door."""

Mask = NDArray[np.bool_]


class Flag(StrEnum):
    """Why a path deserves a look; the value is what ``signalements.csv`` prints."""

    UNMEASURED = "non mesuré"
    FAR_ROAD = "loin de toute route"
    BROKEN = "à vérifier\u00a0: réseau coupé\u202f?"
    DETOUR = "trajet très détourné"
    CENTRED = "lieu placé au centre de sa commune"
    NOWHERE = "aucun lieu ne l’accueille"
    BORDER = "le plus proche est hors du département"


DOUBTS = (Flag.FAR_ROAD, Flag.BROKEN, Flag.CENTRED)
"""Flags that put the minutes in doubt. A long detour is mostly true, a site beyond the border is
good to know of, and an origin that is not measured is counted apart."""


def flag_paths(
    themes: Sequence[Theme],
    coverages: Mapping[str, Coverage],
    *,
    engine: Engine,
    services: Services,
    snap_km: pd.Series | None = None,
) -> pd.DataFrame:
    """List the origins whose path deserves a look, once per origin and cause.

    Whatever the theme (``theme`` empty): an origin that the engine cannot measure, with its
    cause; one more than :data:`FAR_ROAD_KM` from any road. For a theme: a detour (km of the
    fastest path / km of straight line) above :data:`LONG_DETOUR` or :data:`BROKEN_DETOUR`, when
    the straight line is longer than :data:`SHORT_KM` (with straight lines, never); a nearest site
    known only by its commune; an origin that every site refuses; one of the département whose
    nearest site is beyond its border. A sensitive theme gives none of these: they would lead to
    its sites.

    Args:
        themes: those of the run, in order.
        coverages: theme key -> coverage.
        engine: of the measure.
        services: those that were measured.
        snap_km: straight km from each origin to the nearest road, when there are roads.

    Returns:
        Columns ``FLAG_COLUMNS``; whatever the theme first, then theme by theme, cause by cause,
        in the order of origins.
    """
    territory = engine.territory
    parts = list(_everywhere(engine, snap_km))
    for theme in themes:
        if not theme.sensitive:
            coverage = coverages[theme.key]
            for flag, mask in _of_theme(coverage, territory, services).items():
                parts.append(_told(flag, mask, coverage, territory))
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(FLAG_COLUMNS))
    return pd.concat(parts, ignore_index=True).reindex(columns=list(FLAG_COLUMNS))


def doubtful(
    coverage: Coverage,
    *,
    engine: Engine,
    services: Services,
    snap_km: pd.Series | None = None,
) -> Mask:
    """Return which origins have minutes in doubt for a theme: those of :data:`DOUBTS`.

    Sensitive or not: summed over zones, this leads to no site.

    Args:
        coverage: of the theme.
        engine: of the measure.
        services: those that were measured.
        snap_km: as for :func:`flag_paths`.
    """
    found = _of_theme(coverage, engine.territory, services)
    result = _far_road(engine, snap_km)
    for flag in DOUBTS:
        result = result | found.get(flag, result)
    return result


def _everywhere(engine: Engine, snap_km: pd.Series | None) -> Iterator[pd.DataFrame]:
    """Tell what does not depend on the theme."""
    territory = engine.territory
    causes = engine.unmeasured
    lost = causes.notna().to_numpy()
    yield _rows(
        Flag.UNMEASURED,
        lost,
        territory,
        explanation=[
            f"Origine non mesurée : {cause}. Ses habitants ne sont comptés ni près ni loin."
            for cause in causes[lost]
        ],
    )
    if snap_km is not None:
        far = _far_road(engine, snap_km)
        km = snap_km.reindex(territory.origins.index).to_numpy(dtype="float64")[far]
        yield _rows(
            Flag.FAR_ROAD,
            far,
            territory,
            measured=(km, "km"),
            explanation=[
                f"À {number(one, decimals=1)} km de la route la plus proche du réseau : la route "
                "qui y mène manque peut-être au réseau."
                for one in km
            ],
        )


def _far_road(engine: Engine, snap_km: pd.Series | None) -> Mask:
    """Tell which measured origins are far from every road."""
    origins = engine.territory.origins.index
    if snap_km is None:
        return np.zeros(len(origins), dtype=np.bool_)
    km = snap_km.reindex(origins).to_numpy(dtype="float64")
    far: Mask = (km > FAR_ROAD_KM) & engine.unmeasured.isna().to_numpy()
    return far


def _of_theme(coverage: Coverage, territory: Territory, services: Services) -> dict[Flag, Mask]:
    """Return which origins each flag concerns; none for a theme that is not measured."""
    origins, sites = coverage.origins, coverage.sites
    minutes = origins["minutes"].to_numpy(dtype="float64")
    if np.isnan(minutes).all():
        return {}
    ratio = _ratio(coverage)
    service = origins["service"]
    reached = service.notna().to_numpy()
    there = sites.index[sites["inside"]]
    centred = services.records.index[services.records["precision"] == "commune"]
    inside = territory.origins["commune_code"].map(territory.communes["inside"]).to_numpy(bool)
    return {
        Flag.BROKEN: ratio > BROKEN_DETOUR,
        Flag.DETOUR: (ratio > LONG_DETOUR) & (ratio <= BROKEN_DETOUR),
        Flag.CENTRED: service.isin(centred).to_numpy(bool),
        Flag.NOWHERE: ~reached & origins["unmeasured"].isna().to_numpy(),
        Flag.BORDER: reached & inside & ~service.isin(there).to_numpy(bool),
    }


def _ratio(coverage: Coverage) -> NDArray[np.float64]:
    """Return the detour of each path, missing where the straight line is short."""
    straight = coverage.origins["straight_km"].to_numpy(dtype="float64")
    road = coverage.origins["distance_km"].to_numpy(dtype="float64")
    result: NDArray[np.float64] = road / np.where(straight > SHORT_KM, straight, np.nan)
    return result


def _told(flag: Flag, mask: Mask, coverage: Coverage, territory: Territory) -> pd.DataFrame:
    """Return the rows of one flag of a theme."""
    paths = coverage.origins[mask]
    value, unit = paths["minutes"].to_numpy(dtype="float64"), "min"
    if flag in {Flag.BROKEN, Flag.DETOUR}:
        value, unit = _ratio(coverage)[mask], "fois la ligne droite"
        km = zip(paths["distance_km"], paths["straight_km"], value, strict=True)
        words: Iterable[str] = (
            f"{number(road, decimals=1)} km de route pour {number(line, decimals=1)} km en ligne "
            f"droite : {number(times, decimals=1)} fois. " + _CHECK[flag]
            for road, line, times in km
        )
    elif flag == Flag.BORDER:
        alone = paths["minutes_without_neighbours"]
        words = (_beyond_border(*two) for two in zip(value, alone, strict=True))
    elif flag == Flag.CENTRED:
        words = ["L’adresse du lieu le plus proche n’est connue qu’à la commune près."] * len(paths)
    else:
        words = [
            "Les lieux connus déclarent des zones d’intervention, dont aucune ne comprend cette "
            "commune : comptée au-delà de tout seuil."
        ] * len(paths)
    return _rows(
        flag,
        mask,
        territory,
        measured=(value, "" if flag == Flag.NOWHERE else unit),
        explanation=words,
    ).assign(theme=coverage.theme)


def _beyond_border(near: float, alone: float) -> str:
    """Say what the sites beyond the border change for one origin."""
    if np.isnan(alone):
        return f"{number(near)} min ; aucun lieu du département ne l’accueille."
    if number(near) == number(alone):
        return f"{number(near)} min, autant qu’avec les seuls lieux du département."
    return f"{number(near)} min, au lieu de {number(alone)} avec les seuls lieux du département."


_CHECK = {
    Flag.BROKEN: "Un pont ou une route manque peut-être au réseau, ou il est coupé trop près.",
    Flag.DETOUR: "Une rivière, une voie ferrée ou un relief peut l’expliquer.",
}


def _rows(
    flag: Flag,
    mask: Mask,
    territory: Territory,
    *,
    explanation: Iterable[str],
    measured: tuple[NDArray[np.float64] | float, str] = (np.nan, ""),
) -> pd.DataFrame:
    """Return the rows of one flag, whatever the theme."""
    origins = territory.origins[mask]
    return pd.DataFrame(
        {
            "theme": "",
            "origine": origins.index.to_numpy(),
            "nom": origins["name"].to_numpy(),
            "code_commune": origins["commune_code"].to_numpy(),
            "population": origins["population"].to_numpy(),
            "signalement": flag.value,
            "valeur": measured[0],
            "unite": measured[1],
            "explication": [typeset(text) for text in explanation],
        }
    )
