"""The tables of a simulation, from what was asked and the answer.

One rule keeps the people of a public secret, and it is applied here, before anything is told:
every count is rounded to the nearest ten, those of 1 to 10 are missing, and shares are those of
the rounded counts. No difference between two cells, sentences, runs or files then gives a count
back. Sentences, pages and files read these tables, never the numbers they come from.

Rounding to a base is a standard disclosure control for tables of counts: Hundepool et al. 2012,
*Statistical Disclosure Control*, chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cartoallier.access import Floats
from cartoallier.access.siting import (
    FULL_WEEK,
    Left,
    Model,
    Siting,
    SitingProblem,
    unreachable,
    zones_before_after,
)
from cartoallier.diagnosis.siting_words import ROUNDED_TO, SECRET_BELOW
from cartoallier.model import Public, Theme
from cartoallier.model.simulation import CHOSEN_COLUMNS, CURVE_COLUMNS, UNREACHABLE_COLUMNS
from cartoallier.pipeline.preparing import Prepared
from cartoallier.pipeline.proposing import Candidates, TourFile

_NOBODY = 1e-3
"""Fewer people than that are what a solver leaves of nobody."""

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
        everybody: people at each origin, 0 outside the département, missing where unknown.
        weight: likewise, missing too where no engine can measure minutes.
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
    everybody: Floats
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


def told_people(people: ArrayLike, *, public: str) -> Floats:
    """Return counts as they may be told: all of ``ensemble``, else the nearest tens.

    Those of 1 to 10 people are missing. Nobody is 0.
    """
    counts = np.asarray(people, dtype=np.float64)
    if public == Public.ALL:
        return counts
    small = (counts > _NOBODY) & (counts < SECRET_BELOW - 0.5)
    return np.where(small, np.nan, np.floor(counts / ROUNDED_TO + 0.5) * ROUNDED_TO)


def told_share(people: ArrayLike, of: ArrayLike, *, public: str) -> Floats:
    """Return shares 0-1 of told counts, with three decimals for a public.

    Of a public, 0 is only nobody and 1 only as many as all: others stay a thousandth off.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = told_people(people, public=public) / told_people(of, public=public)
    if public == Public.ALL:
        return share
    between = (share > 0) & (share < 1)
    return np.where(between, np.clip(np.round(share, 3), 0.001, 0.999), share)


def told_left(left: Left, *, public: str) -> Left:
    """Return who is left out, as it may be told."""

    def told(people: float) -> float:
        return float(told_people(people, public=public))

    return Left(
        before=told(left.before),
        unreachable=told(left.unreachable),
        capacity=None if left.capacity is None else told(left.capacity),
        budget=None if left.budget is None else told(left.budget),
        number=told(left.number),
    )


def remaining_people(left: Left, *, public: str) -> float:
    """Return all who stay out, as it may be told."""
    parts = (left.unreachable, left.capacity or 0.0, left.budget or 0.0, left.number)
    return float(told_people(sum(parts), public=public))


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
    served, public = np.array([0.0, *siting.served]), ground.question.public
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
            "habitants_gagnes": told_people(np.diff(served), public=public),
            "habitants_desservis": told_people(today + served[1:], public=public),
            "part_desservie": told_share(today + served[1:], ground.total, public=public),
            "minutes_moyennes": _means_of(ground, siting.chosen.tolist()),
        }
    )
    return table[list(CHOSEN_COLUMNS)]


def _means_of(ground: Ground, chosen: Sequence[int]) -> list[float]:
    """Return the mean minutes after each of some sites, those before it included."""
    minutes, means = ground.before, []
    for site in chosen:
        minutes = np.fmin(minutes, ground.minutes_with([site]))
        means.append(_mean(ground, minutes))
    return means


def _mean(ground: Ground, minutes: Floats) -> float:
    """Return Σ w t / Σ w where both are known, with one decimal for a public."""
    known = ~np.isnan(minutes) & ~np.isnan(ground.weight)
    people = ground.weight[known]
    mean = float(people @ minutes[known] / people.sum()) if people.sum() else np.nan
    return mean if ground.question.public == Public.ALL else round(mean, 1)


def curve_table(ground: Ground, siting: Siting) -> pd.DataFrame:
    """Return :data:`CURVE_COLUMNS`."""
    today, public = served_today(ground), ground.question.public
    gained = np.array([point.served for point in siting.curve], dtype=np.float64)
    table = pd.DataFrame(
        {
            "sites": np.arange(len(gained)),
            "habitants_desservis": told_people(today + gained, public=public),
            "part_desservie": told_share(today + gained, ground.total, public=public),
            "habitants_gagnes": told_people(gained, public=public),
            "minutes_moyennes": [
                _mean(ground, ground.minutes_with(point.sites.tolist())) for point in siting.curve
            ],
        }
    )
    return table[list(CURVE_COLUMNS)]


def zone_table(ground: Ground, after: Floats) -> pd.DataFrame:
    """Return :data:`ZONE_COLUMNS`; a zone whose people the coverage hides has no figure."""
    prepared, public = ground.prepared, ground.question.public
    zones = zones_before_after(
        prepared.territory,
        weight=ground.everybody,
        before=ground.before,
        after=after,
        threshold=ground.threshold,
        measured=prepared.engine.unmeasured.isna().to_numpy(),
    )
    if public == Public.ALL:
        return zones
    coverage = prepared.coverages[ground.theme.key].table
    shown = coverage[(coverage["public"] == public) & coverage["population"].notna()]
    key = ["maille", "code", "perimetre"]
    told = pd.MultiIndex.from_frame(zones[key].astype("str")).isin(
        pd.MultiIndex.from_frame(shown[key].astype("str"))
    )
    people = np.where(told, zones["population"], np.nan)
    zones["population"] = told_people(people, public=public)
    for moment in ("avant", "apres"):
        beyond = np.where(told, zones[f"population_hors_seuil_{moment}"], np.nan)
        measured = _measured(beyond, zones[f"part_hors_seuil_{moment}"], people)
        zones[f"population_hors_seuil_{moment}"] = told_people(beyond, public=public)
        zones[f"part_hors_seuil_{moment}"] = told_share(beyond, measured, public=public)
    return zones


def _measured(beyond: Floats, share: pd.Series, people: Floats) -> Floats:
    """Return the people a share is of: those measured; all of them where nobody is beyond."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(beyond > _NOBODY, beyond / share.to_numpy(dtype="float64"), people)


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
            "population": told_people(problem.demand[never], public=ground.question.public),
        }
    ).sort_values("population", ascending=False, kind="stable", ignore_index=True)
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
    public, by_tour = ground.question.public, given.stops.groupby("tour")
    kept = set(siting.tours.tolist())
    table = pd.DataFrame(
        {
            "tournee": list(given.names),
            "arrets": by_tour.size().reindex(range(len(given.names)), fill_value=0).to_numpy(),
            "heures_semaine": by_tour["hours"].sum().reindex(range(len(given.names))).to_numpy(),
            "cout": given.cost,
            "retenue": [position in kept for position in range(len(given.names))],
            "habitants_a_portee": told_people(reached.T @ far, public=public),
            "habitants_equivalents": told_people(worth.T @ far, public=public),
        }
    )
    return table[list(TOUR_COLUMNS)]


def toured_people(ground: Ground, problem: SitingProblem, siting: Siting, after: Floats) -> float:
    """Return people within reach of a chosen tour and of no fixed site, each counted once."""
    if not len(siting.tours):
        return 0.0
    far = (np.isnan(after) | (after > ground.threshold)) * problem.demand
    hours = problem.tours.hours.tocsc()[:, siting.tours]
    reached = np.asarray(hours.sum(axis=1)).ravel() > 0
    return float(told_people(far[reached].sum(), public=ground.question.public))


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
