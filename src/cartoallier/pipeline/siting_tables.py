"""The tables of a simulation, from what was asked and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from cartoallier.access import Floats
from cartoallier.access.siting import FULL_WEEK, Model, Siting, SitingProblem, unreachable
from cartoallier.diagnosis.siting_words import SECRET_BELOW
from cartoallier.model import Public, Theme
from cartoallier.model.simulation import CHOSEN_COLUMNS, CURVE_COLUMNS, UNREACHABLE_COLUMNS
from cartoallier.pipeline.preparing import Prepared
from cartoallier.pipeline.proposing import Candidates, TourFile

TOUR_COLUMNS = (
    "tournee", "arrets", "heures_semaine", "cout", "retenue", "habitants_a_portee",
    "habitants_equivalents",
)  # fmt: skip
"""Of ``Simulation.tours``: every option. ``habitants_a_portee``: people beyond the threshold of all
fixed sites, chosen ones included, within that of a stop; ``habitants_equivalents``: the same,
each counted as the share of a full service that the tour gives."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        theme: key.
        sites: how many may be added.
        model: ``mclp``, ``p-mediane`` or ``lscp``.
        public: whose needs weigh.
        threshold: minutes; ``None``: the theme's, or a shorter one if nobody is beyond it.
        candidates: a list of places; ``None``: every commune.
        tours: a list of itinerant tours.
        budget: for sites and tours together.
        capacity: people that an added site can serve.
    """

    theme: str
    sites: int
    model: str = Model.MOST_COVERED.value
    public: str = Public.ALL.value
    threshold: float | None = None
    candidates: Path | None = None
    tours: Path | None = None
    budget: float | None = None
    capacity: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """The territory as the question sees it.

    Attributes:
        question: what is asked.
        theme: of the question.
        prepared: the project, read and measured.
        candidates: where a site may be added.
        tours: options, ``None`` without.
        weight: people at each origin, 0 outside the département, missing where unknown.
        before: minutes from each origin to the nearest existing site.
        threshold: minutes.
        fallback: the theme's own threshold, when nobody is beyond it; else ``None``.
        unknown: people whose minutes no engine can measure.
        uncounted: origins whose people are unknown.
    """

    question: Question
    theme: Theme
    prepared: Prepared
    candidates: Candidates
    tours: TourFile | None
    weight: Floats
    before: Floats
    threshold: float
    fallback: float | None
    unknown: float
    uncounted: int

    @property
    def total(self) -> float:
        """People of the public in the département."""
        return float(np.nansum(self.weight))

    @property
    def points(self) -> Floats:
        """Of the candidates, metres."""
        return self.candidates.frame[["x", "y"]].to_numpy(dtype="float64")

    def minutes_with(self, chosen: Sequence[int]) -> Floats:
        """Return minutes to the nearest of the existing and of some added sites."""
        if not len(chosen):
            return self.before
        points = self.points[list(chosen)]
        found = self.prepared.engine.nearest(points, masks=[None] * len(points))
        return np.fmin(self.before, found.minutes)


def served_today(ground: Ground) -> float:
    """Return people within the threshold of an existing site."""
    near = ground.before <= ground.threshold  # a missing one is beyond
    return float(np.nansum(ground.weight[near]))


def chosen_table(ground: Ground, problem: SitingProblem, siting: Siting) -> pd.DataFrame:
    """Return :data:`CHOSEN_COLUMNS`."""
    frame = ground.candidates.frame.iloc[siting.chosen].reset_index(drop=True)
    territory = ground.prepared.territory
    points = gpd.GeoSeries(gpd.points_from_xy(frame["x"], frame["y"]), crs=territory.crs)
    degrees = points.to_crs("EPSG:4326")
    today = served_today(ground)
    served = np.array([0.0, *siting.served])
    table = pd.DataFrame(
        {
            "rang": np.arange(1, len(frame) + 1),
            "candidat": frame["candidat"],
            "nom": frame["nom"],
            "code_commune": frame["code_commune"],
            "epci": _epci(ground, frame["code_commune"]),
            "longitude": degrees.x,
            "latitude": degrees.y,
            "cout": np.nan if problem.cost is None else problem.cost[siting.chosen],
            "habitants_gagnes": np.diff(served),
            "habitants_desservis": today + served[1:],
            "part_desservie": (today + served[1:]) / ground.total,
        }
    )
    return _discreet_counts(table[list(CHOSEN_COLUMNS)], ground)


def curve_table(ground: Ground, siting: Siting) -> pd.DataFrame:
    """Return :data:`CURVE_COLUMNS`."""
    today = served_today(ground)
    rows = []
    for count, point in enumerate(siting.curve):
        minutes = ground.minutes_with(point.sites.tolist())
        known = ~np.isnan(minutes) & ~np.isnan(ground.weight)
        people = ground.weight[known]
        mean = float(people @ minutes[known] / people.sum()) if people.sum() else np.nan
        rows.append((count, today + point.served, point.served, mean))
    table = pd.DataFrame(
        rows, columns=["sites", "habitants_desservis", "habitants_gagnes", "minutes_moyennes"]
    )
    table["part_desservie"] = table["habitants_desservis"] / ground.total
    return _discreet_counts(table[list(CURVE_COLUMNS)], ground)


def unreachable_table(ground: Ground, problem: SitingProblem) -> pd.DataFrame:
    """Return :data:`UNREACHABLE_COLUMNS`, most people first."""
    never = unreachable(problem)
    origins = ground.prepared.territory.origins[never]
    table = pd.DataFrame(
        {
            "origine": origins.index.astype("str"),
            "nom": origins["name"].to_numpy(),
            "code_commune": origins["commune_code"].to_numpy(),
            "epci": _epci(ground, origins["commune_code"]).to_numpy(),
            "population": problem.demand[never],
        }
    ).sort_values("population", ascending=False, kind="stable", ignore_index=True)
    if ground.question.public != Public.ALL:
        table["population"] = _discreet(table["population"])
    return table[list(UNREACHABLE_COLUMNS)]


def tours_table(
    ground: Ground, problem: SitingProblem, siting: Siting, after: Floats
) -> pd.DataFrame:
    """Return :data:`TOUR_COLUMNS`."""
    given = ground.tours
    if given is None:
        return pd.DataFrame(columns=list(TOUR_COLUMNS))
    far = (np.isnan(after) | (after > ground.threshold)) * problem.demand
    hours = problem.tours.hours.tocsc()
    reached, worth = hours.copy(), hours.copy()
    reached.data = np.ones_like(hours.data)
    worth.data = np.minimum(hours.data / FULL_WEEK, 1.0)
    by_tour = given.stops.groupby("tour")
    kept = set(siting.tours.tolist())
    table = pd.DataFrame(
        {
            "tournee": list(given.names),
            "arrets": by_tour.size().reindex(range(len(given.names)), fill_value=0).to_numpy(),
            "heures_semaine": by_tour["hours"].sum().reindex(range(len(given.names))).to_numpy(),
            "cout": given.cost,
            "retenue": [position in kept for position in range(len(given.names))],
            "habitants_a_portee": reached.T @ far,
            "habitants_equivalents": worth.T @ far,
        }
    )[list(TOUR_COLUMNS)]
    if ground.question.public != Public.ALL:
        small = _discreet(table["habitants_a_portee"]).isna()
        table.loc[small, ["habitants_a_portee", "habitants_equivalents"]] = np.nan
    return table


def _epci(ground: Ground, codes: pd.Series) -> pd.Series:
    """Return the name of the EPCI of each commune, missing where it has none."""
    territory = ground.prepared.territory
    zones = territory.zones[territory.zones["level"] == "epci"].drop_duplicates("code")
    names = zones.set_index("code")["name"]
    return codes.map(territory.communes["epci_code"]).map(names).astype("str")


def existing_sites(ground: Ground) -> gpd.GeoSeries:
    """Return the sites counted today; none for a sensitive theme."""
    prepared = ground.prepared
    sites = prepared.coverages[ground.theme.key].sites
    points = prepared.context.services.points(prepared.territory.crs)
    counted = sites.index[sites["counted"]]
    return gpd.GeoSeries(points.loc[counted[:0] if ground.theme.sensitive else counted])


def _discreet(people: pd.Series) -> pd.Series:
    """Hide counts of 1 to 10."""
    return people.mask((people > 0) & (people < SECRET_BELOW - 0.5))


def _discreet_counts(table: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Hide what would read as 1 to 10 people of a public: served, not served, or gained."""
    if ground.question.public == Public.ALL:
        return table
    table, served = table.copy(), table["habitants_desservis"]
    hidden = _discreet(served).isna() | _discreet(ground.total - served).isna()
    table.loc[hidden, ["habitants_desservis", "part_desservie"]] = np.nan
    hidden |= _discreet(table["habitants_gagnes"]).isna()
    table.loc[hidden, "habitants_gagnes"] = np.nan
    return table


def discreet_zones(zones: pd.DataFrame) -> pd.DataFrame:
    """Hide what would read as 1 to 10 people, beyond the threshold, within it, or gained."""
    zones, population = zones.copy(), zones["population"]
    beyond = [f"population_hors_seuil_{moment}" for moment in ("avant", "apres")]
    for name in beyond:
        hidden = _discreet(zones[name]).isna() | _discreet(population - zones[name]).isna()
        if name == beyond[1]:
            hidden |= _discreet((zones[beyond[0]] - zones[name]).abs()).isna()
        zones.loc[hidden, [name, name.replace("population", "part")]] = np.nan
    return zones
