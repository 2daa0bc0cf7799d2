"""A run: everything the outputs may show. Outputs compute nothing of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from cartoallier.model.calibration import Calibration
from cartoallier.model.coverage import AccessParameters, Coverage
from cartoallier.model.finding import Finding, SourceRecord
from cartoallier.model.needs import Needs
from cartoallier.model.supply import Services
from cartoallier.model.territory import Territory
from cartoallier.model.theme import Composite, Indicator, Theme
from cartoallier.model.zoning import Zoning


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """One class of a legend.

    Attributes:
        label: « de 10 à moins de 15 min ».
        lower: lower bound, included.
        upper: upper bound, excluded; infinite for the last.
        communes: zones in the class.
        inhabitants: people in the class.
    """

    label: str
    lower: float
    upper: float
    communes: int
    inhabitants: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Bivariate:
    """The 3 × 3 map of a theme: need (rows) against access (columns), by commune.

    Attributes:
        title_need: over the rows: the indicator's own name, years and level.
        title_access: over the columns.
        need_labels: of the three rows, from the most need to the least.
        access_labels: of the three columns, from near to far.
        cells: (communes, inhabitants) by row, then column; communes with a cell only.
        position: commune code -> 3 × row + column, 0 to 8 (``Int64``); missing where need or
            access is.
        title: over the map: the two variables by their own names, and the level.
        need_bounds: the two values of the indicator that cut need in three, increasing.
        access_bounds: the two durations that cut access in three, minutes, increasing; the
            second is the retained threshold.
    """

    title_need: str
    title_access: str
    need_labels: tuple[str, str, str]
    access_labels: tuple[str, str, str]
    cells: tuple[tuple[tuple[int, int], ...], ...]
    position: pd.Series[Any]
    need_bounds: tuple[float, float]
    access_bounds: tuple[float, float]
    title: str = ""

    def __post_init__(self) -> None:
        if [len(row) for row in self.cells] != [3, 3, 3]:
            raise ValueError("a bivariate legend has three rows of three cells")
        known = self.position.dropna()
        counts = known.value_counts().reindex(range(9), fill_value=0).tolist()
        if counts != [communes for row in self.cells for communes, _ in row]:
            raise ValueError("the cells must count the communes that have a position, 0 to 8")


@dataclass(frozen=True, eq=False, kw_only=True)
class ThemeSummary:
    """The words and classes of one theme page, ready to print.

    Attributes:
        headline: the figure in words (« 16 833 habitants à plus de 20 minutes »), or why
            there is none (« aucune offre fournie »).
        details: lines under it: share, other thresholds, hypotheses, border effect.
        sentences: at most three, French.
        scope: « Champ ».
        reading: « Lecture », one zone read aloud.
        sources: « Source », one line each, with dates and licences.
        method: the method line with its parameters.
        norms: every rule of access of the theme but the one retained, in words.
        counted: (kind, number of places counted in the département), expected kinds first.
        neighbours: places counted beyond the border.
        missing: kinds expected and not received.
        left_out: (reason, number) of services not entering distance.
        access_classes: legend of minutes over communes of the département.
        access_class: commune code -> position in ``access_classes`` (missing: no figure).
        need_indicator: the indicator drawn as need, ``None`` without data.
        need_classes: its legend.
        need_class: zone code -> position in ``need_classes``.
        need_level: ``commune`` or ``epci``: where it is published, and drawn.
        need_title: over its legend: its name, whether it is an estimation, its years, its level,
            and how its classes are cut when the catalogue gives no bounds.
        need_notes: under its legend: its source, how many values are estimated or at the floor;
            with a stand-in, or without any need, the indicators that were awaited.
        need_reading: « Lecture » of the need: one zone read aloud; empty without need.
        need_references: the value of the département, that of France where a file publishes it.
        share_classes: legend of the share beyond the threshold over EPCI.
        share_class: EPCI code -> position in ``share_classes``.
        circles: three round numbers of people for the legend of circles.
        share_beyond: of the département, beyond the retained threshold, for sorting; or None.
        bivariate: need against access, where both are known by commune; ``None`` elsewhere.
    """

    headline: str
    details: tuple[str, ...]
    sentences: tuple[str, ...]
    scope: str
    reading: str
    sources: tuple[str, ...]
    method: str
    norms: tuple[str, ...]
    counted: tuple[tuple[str, int], ...]
    neighbours: int
    missing: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...]
    access_classes: tuple[ClassCount, ...]
    access_class: pd.Series[Any]
    need_indicator: Indicator | None
    need_classes: tuple[ClassCount, ...]
    need_class: pd.Series[Any]
    share_classes: tuple[ClassCount, ...]
    share_class: pd.Series[Any]
    circles: tuple[int, ...]
    share_beyond: float | None
    need_level: str = "commune"
    need_title: str = ""
    need_notes: tuple[str, ...] = ()
    need_reading: str = ""
    need_references: tuple[str, ...] = ()
    bivariate: Bivariate | None = None


@dataclass(frozen=True, kw_only=True)
class Geocoding:
    """What a geocoder was asked, and what became of its answers; each address counts once.

    What an earlier run was answered and remembered counts as asked and answered: the figures
    depend on the inputs, not on the cache.

    Attributes:
        host: of the service.
        asked: addresses.
        answered: of those, how many were answered, whatever the answer.
        refused: why an answer was not used, in French -> number of addresses.
    """

    host: str
    asked: int
    answered: int
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """Addresses that got their point from an answer."""
        return self.answered - sum(self.refused.values())


@dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """One diagnosis.

    Attributes:
        territory: where.
        themes: those measured, in the order they are shown (retained first).
        retained: keys of the themes the committee chose; empty: all.
        sensitive: keys of the sensitive themes of the whole catalogue, measured or not.
        services: all services in reach, themes assigned.
        needs: indicators and publics.
        coverages: theme key -> coverage.
        summaries: theme key -> words and classes.
        indicators: id -> indicator, those of the run.
        findings: everything noteworthy in the inputs.
        duplicates: ``doublons.csv``: each merge explained, each doubt to check.
        freshness: ``fraicheur.csv``: coverage with and without records over two years old.
        responsables: ``responsables.csv``: coverage by each answerable body alone, by all,
            without each.
        actors: ``acteurs.csv``: theme × EPCI × answerable body.
        stops: ``arrets.csv``: stops of itinerant services, with their hours.
        completeness: per supply file, what was read, kept, merged and left out, and where.
        epci_records: per supply file and EPCI, how many records.
        held: per need file, indicator and level, how many zones have a value, and why not.
        profiles: scores of the six profiles of poor households, columns ``SCORE_COLUMNS``.
        factors: scores of the aggravating factors, same columns.
        composites: id -> profile or factor, those of the run.
        sources: every input.
        parameters: of access.
        method: how minutes were made, in words.
        calibration: of straight lines on roads; ``None`` without roads.
        measures: ``mesures.csv``: access told further, columns ``MEASURE_COLUMNS``.
        reliability: ``fiabilite.csv``: what each share is worth, columns ``RELIABILITY_COLUMNS``.
        flags: ``signalements.csv``: paths that deserve a look, columns ``FLAG_COLUMNS``.
        baskets: ``paniers.csv``, columns ``BASKET_COLUMNS``.
        basket_labels: key of each basket -> its French name.
        variants: ``variantes.csv``, columns ``VARIANT_COLUMNS``.
        variant_words: name of each variant -> what it changes, French.
        variant_sentences: name of each variant -> at most three sentences.
        breaks: id of each need drawn -> bounds of its classes, to cut a later run the same.
        isochrones: theme key -> polygons by bound in minutes; never of a sensitive theme.
        zonings: special territories (QPV, FRR…) given to the run, in their order.
        decisions: theme key -> the committee's decision on its threshold, in words.
        date: of the run's data (newest input, or SOURCE_DATE_EPOCH).
        date_words: the same as pages write it after « données », « au 1er août 2024 », or « de
            2026 » when inputs only bear a year.
        version: of cartoallier.
        demonstration: the supply is invented.
        geocoding: what a geocoder was asked; ``None`` when the project uses none.
    """

    territory: Territory
    themes: tuple[Theme, ...]
    retained: tuple[str, ...]
    sensitive: frozenset[str] = frozenset()
    services: Services
    needs: Needs
    coverages: dict[str, Coverage]
    summaries: dict[str, ThemeSummary]
    indicators: dict[str, Indicator]
    findings: tuple[Finding, ...]
    duplicates: pd.DataFrame = field(default_factory=pd.DataFrame)
    freshness: pd.DataFrame = field(default_factory=pd.DataFrame)
    responsables: pd.DataFrame = field(default_factory=pd.DataFrame)
    actors: pd.DataFrame = field(default_factory=pd.DataFrame)
    stops: pd.DataFrame = field(default_factory=pd.DataFrame)
    completeness: pd.DataFrame = field(default_factory=pd.DataFrame)
    epci_records: pd.DataFrame = field(default_factory=pd.DataFrame)
    held: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)
    composites: dict[str, Composite] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...]
    parameters: AccessParameters
    decisions: dict[str, str]
    date: dt.datetime
    date_words: str = ""
    version: str
    demonstration: bool
    geocoding: Geocoding | None = None
    method: str = ""
    calibration: Calibration | None = None
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    reliability: pd.DataFrame = field(default_factory=pd.DataFrame)
    flags: pd.DataFrame = field(default_factory=pd.DataFrame)
    baskets: pd.DataFrame = field(default_factory=pd.DataFrame)
    basket_labels: dict[str, str] = field(default_factory=dict)
    variants: pd.DataFrame = field(default_factory=pd.DataFrame)
    variant_words: dict[str, str] = field(default_factory=dict)
    variant_sentences: dict[str, tuple[str, ...]] = field(default_factory=dict)
    isochrones: dict[str, gpd.GeoSeries] = field(default_factory=dict)
    breaks: dict[str, tuple[float, ...]] = field(default_factory=dict)
    zonings: tuple[Zoning, ...] = ()
