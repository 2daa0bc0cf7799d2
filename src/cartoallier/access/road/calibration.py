"""Detour and speed by density of the commune, learnt from the roads of the territory itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.road.road_engine import RoadEngine
from cartoallier.access.road.routing import leave, search
from cartoallier.model import Territory
from cartoallier.model.calibration import CALIBRATION_COLUMNS, ENOUGH, WHOLE, Calibration

Floats = NDArray[np.float64]

LIMIT_KM = 30.0
"""Longest straight line measured: beyond, nobody looks for a service of proximity."""
DESTINATIONS = 80
"""Origins searched to, evenly taken: the journeys of all the others to each are measured."""
DENSITY_BOUNDS = (30.0, 100.0, 500.0)
"""Inhabitants per km² of the commune, ours: not the communal grid of INSEE. The country has about
100; roads and speeds change most between villages, outskirts and towns."""
DENSITY_CLASSES = (
    "moins de 30 hab./km²",
    "de 30 à moins de 100 hab./km²",
    "de 100 à moins de 500 hab./km²",
    "500 hab./km² et plus",
)


def density_classes(territory: Territory) -> pd.Series:
    """Return the class of density of the commune of each origin.

    Returns:
        ``str``, index = origins; missing where the commune has no outline of its own.
    """
    communes = territory.communes
    area = communes.geometry.area.where(communes["outline"] != "partage") / 1e6
    density = communes["population"].astype("float64") / area.where(area > 0)
    bins = [-np.inf, *DENSITY_BOUNDS, np.inf]
    classes = pd.cut(density, bins, right=False, labels=list(DENSITY_CLASSES)).astype("str")
    return classes.reindex(territory.origins["commune_code"]).set_axis(territory.origins.index)


def calibrate(engine: RoadEngine, *, classes: pd.Series) -> Calibration:
    """Measure detour and speed on journeys from every origin to some of the others.

    By class of the origin a journey starts from, with road km and minutes from door to door and
    straight km *d*: detour = Σ km / Σ d; speed = 60 × Σ km / Σ minutes; residual = minutes over
    60 × detour × d / speed. Journeys up to :data:`LIMIT_KM` in straight line, to
    :data:`DESTINATIONS` origins evenly taken in their order (to all when they are fewer); an
    origin away from the network, or from which the other cannot be reached, has none. A class of
    fewer than :data:`~cartoallier.model.calibration.ENOUGH` journeys takes the parameters and the
    residuals of the whole; a whole of fewer has none: two journeys measure nothing.

    Args:
        engine: of the territory.
        classes: of each origin (:func:`density_classes`); a missing one counts in the whole only.
    """
    journeys = _journeys(engine)
    groups = classes.to_numpy()[journeys["origin"].to_numpy()]
    present = [name for name in DENSITY_CLASSES if name in set(classes.dropna())]
    present += sorted(set(classes.dropna()) - set(present))
    whole = _row(journeys, of_all=None)
    rows = [_row(journeys[groups == name], of_all=whole) for name in present]
    table = pd.DataFrame([*rows, whole], index=pd.Index([*present, WHOLE], name="density"))
    table = table[list(CALIBRATION_COLUMNS)].astype(CALIBRATION_COLUMNS)
    people = engine.territory.origins["population"].astype("float64").fillna(0)
    fitted = table["own"].drop(index=WHOLE)
    within = classes.isin(fitted.index[fitted]).to_numpy()
    share = float(people[within].sum() / people.sum()) if people.sum() else float("nan")
    return Calibration(table=table, limit_km=LIMIT_KM, own_share=share)


def _journeys(engine: RoadEngine) -> pd.DataFrame:
    """Return the journeys measured: origin, straight and road km, minutes."""
    geometry = engine.territory.origins.geometry
    places = np.column_stack([geometry.x, geometry.y])
    joined = np.flatnonzero(engine.origins.joined)
    rank = np.linspace(0, len(joined) - 1, min(DESTINATIONS, len(joined))).round().astype(np.intp)
    found = []
    for target in joined[rank]:
        site = engine.origins[np.array([target])]
        nodes = search(engine.graph, site)
        way = leave(engine.graph, engine.origins, engine.exits, sites=site, nodes=nodes)
        straight = np.hypot(*(places - places[target]).T) / 1000
        chosen = np.flatnonzero((straight > 0) & (straight <= LIMIT_KM) & np.isfinite(way.minutes))
        found.append(
            pd.DataFrame(
                {
                    "origin": chosen,
                    "straight": straight[chosen],
                    "km": way.km[chosen],
                    "minutes": way.minutes[chosen],
                }
            )
        )
    found = [one for one in found if len(one)]
    empty = pd.DataFrame({"origin": np.empty(0, np.intp)} | dict.fromkeys(_MEASURES, np.empty(0)))
    return pd.concat(found, ignore_index=True) if found else empty


_MEASURES = ("straight", "km", "minutes")


def _row(journeys: pd.DataFrame, *, of_all: dict[str, float] | None) -> dict[str, float]:
    """Measure one class; with too few journeys, it takes what the whole has, if anything."""
    straight, km, minutes = (journeys[name].sum() for name in _MEASURES)
    own = {"pairs": len(journeys), "own": len(journeys) >= ENOUGH and minutes > 0}
    if not own["own"]:
        return (dict.fromkeys(CALIBRATION_COLUMNS, np.nan) if of_all is None else of_all) | own
    detour, speed = km / straight, 60 * km / minutes
    modelled = 60 * detour * journeys["straight"] / speed
    low, middle, high = (journeys["minutes"] / modelled).quantile([0.1, 0.5, 0.9])
    return {
        **own,
        "detour": detour,
        "speed_kmh": speed,
        "residual_p10": low,
        "residual_p50": middle,
        "residual_p90": high,
    }
