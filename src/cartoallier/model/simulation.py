"""Where some more sites would bring help within reach: the answer of ``simuler``."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from cartoallier.model.finding import Finding
from cartoallier.model.french import NO_BREAK, number, plural
from cartoallier.model.territory import Territory

CHOSEN_COLUMNS: tuple[str, ...] = (
    "rang", "candidat", "nom", "code_commune", "epci", "longitude", "latitude", "cout",
    "habitants_gagnes", "habitants_desservis", "part_desservie", "minutes_moyennes",
)  # fmt: skip
"""Of ``Simulation.chosen``: sites in the order that gains most first (with capacities, in the
order they fill); ``habitants_gagnes`` are added by that site to those before it,
``habitants_desservis``, ``part_desservie`` and ``minutes_moyennes`` are cumulative (existing sites
included)."""

CURVE_COLUMNS: tuple[str, ...] = (
    "sites", "habitants_desservis", "part_desservie", "habitants_gagnes", "minutes_moyennes",
)  # fmt: skip
"""Of ``Simulation.curve``: 0, 1, 2… added sites, the best answer for each number;
``habitants_gagnes`` against none added."""

ZONE_COLUMNS: tuple[str, ...] = (
    "maille", "code", "nom", "perimetre", "population", "part_hors_seuil_avant",
    "part_hors_seuil_apres", "population_hors_seuil_avant", "population_hors_seuil_apres",
)  # fmt: skip
"""Of ``Simulation.zones``: département and EPCI, before and after."""

UNREACHABLE_COLUMNS: tuple[str, ...] = ("origine", "nom", "code_commune", "epci", "population")
"""Of ``Simulation.unreachable``: people whom no candidate and no existing site can bring within
the threshold."""


def minutes_words(minutes: float) -> str:
    """Write « 20 minutes », « 1 minute », « 12,5 minutes »."""
    if float(minutes).is_integer():
        return plural(minutes, "minute")
    return f"{number(minutes, decimals=1)}{NO_BREAK}minute{'s' if minutes >= 2 else ''}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """Sites added to those that exist, and who gains by them.

    Counts of a public other than ``ensemble`` are rounded to the nearest ten everywhere; those of
    1 to 10 people are missing. Shares are those of rounded counts.

    Attributes:
        theme: key.
        title: of the theme, short, French.
        model: ``mclp`` (most people within the threshold), ``p-mediane`` (least mean minutes) or
            ``lscp`` (fewest sites for everybody).
        public: whose needs weigh (``ensemble``…), and in words.
        public_words: « habitants », « jeunes de 12 à 25 ans ».
        threshold: minutes.
        requested: number of sites asked for.
        solved: ``optimal`` or ``approché`` (greedy, then exchanges).
        gap: share by which the answer may be under the best one; 0 when optimal, ``None`` unknown.
        sensitive: never draw the existing sites.
        chosen: columns :data:`CHOSEN_COLUMNS`.
        curve: columns :data:`CURVE_COLUMNS`.
        zones: columns :data:`ZONE_COLUMNS`.
        unreachable: columns :data:`UNREACHABLE_COLUMNS`.
        existing: points of the sites counted today, index = service id, in the territory's CRS;
            empty for a sensitive theme.
        minutes: index = origins; ``before`` and ``after``, missing where nothing is reached.
        territory: where.
        sentences: at most four, French: who gains, where, what remains.
        notes: how it was found and its limits, French.
        sources: French lines, with dates and licences.
        method: the method line.
        demonstration: the supply is invented.
        date_words: of the data, as pages write it after « données ».
        version: of cartoallier.
        tours: itinerant tours proposed, ``retenue`` or not; empty without any.
        findings: rows of the candidates' and tours' files that could not be used.
        capacity: added sites serve no more than their capacity: some of those within reach.
        date: of the run's data; without it no GeoPackage is stamped, hence written.
    """

    theme: str
    title: str
    model: str
    public: str
    public_words: str
    threshold: float
    requested: int
    solved: str
    gap: float | None
    sensitive: bool
    chosen: pd.DataFrame
    curve: pd.DataFrame
    zones: pd.DataFrame
    unreachable: pd.DataFrame
    existing: gpd.GeoSeries
    minutes: pd.DataFrame
    territory: Territory
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    method: str
    demonstration: bool
    date_words: str
    version: str
    tours: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()
    capacity: bool = False
    date: dt.datetime | None = None
