"""What a diagnosis says of access beyond its coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from cartoallier.access import (
    SHOWN_MINUTES,
    Anchors,
    CrowFly,
    Engine,
    Ground,
    OtherMeasures,
    Trials,
    basket_table,
    further_measures,
    measure,
    trials,
)
from cartoallier.catalogue import load_baskets
from cartoallier.diagnosis import (
    ActorTables,
    doubtful,
    flag_paths,
    reliability,
    with_reliability,
)
from cartoallier.model import (
    MEASURE_COLUMNS,
    VALUED,
    AccessParameters,
    Coverage,
    Level,
    Mode,
    Public,
    Theme,
)
from cartoallier.pipeline.preparing import Prepared, threshold_of
from cartoallier.pipeline.progress import Progress, silent

POVERTY = "taux_pauvrete"
"""Indicator by which people are ranked from the poorest zone on."""


DECAYS = MappingProxyType(
    {"indice_acces": "par paliers", "indice_acces_continu": "décroissance continue"}
)
"""Measures of access that only differ by how it fades with minutes -> how, in French."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What figures are worth.

    Attributes:
        reliability: ``fiabilite.csv``.
        flags: ``signalements.csv``.
        coverages: theme key -> coverage, its reliability filled.
    """

    reliability: pd.DataFrame
    flags: pd.DataFrame
    coverages: dict[str, Coverage]


def judge_figures(
    prepared: Prepared,
    *,
    actors: ActorTables,
    measures: pd.DataFrame,
    progress: Progress = silent,
) -> Judged:
    """Measure each theme again with other choices, and say how far its figures move.

    Args:
        prepared: what was measured.
        actors: with the coverage without old records.
        measures: ``mesures.csv``.
        progress: told of it.
    """
    progress("fiabilité des chiffres")
    territory, engine = prepared.territory, prepared.engine
    services, snap_km = prepared.reading.services, prepared.travel.snap_km
    ground = Ground.of(engine, list(territory.zones["level"].unique()))
    by_mairie = prepared.travel.by_mairie
    told: dict[str, Trials | None] = {}
    doubts = {}
    for theme in prepared.themes:
        coverage = prepared.coverages[theme.key]
        told[theme.key] = trials(
            coverage,
            ground=ground,
            straight=_plain_lines(engine),
            others=OtherMeasures(
                engines=_otherwise(prepared, theme, {"vol d’oiseau": prepared.travel.straight}),
                grains=_otherwise(prepared, theme, {"mairies": by_mairie}),
                freshness=actors.freshness[actors.freshness["theme"] == theme.key],
                indices=_indices(measures, theme, ground.zones),
            ),
        )
        doubts[theme.key] = doubtful(coverage, engine=engine, services=services, snap_km=snap_km)
    table = reliability(prepared.themes, told, ground=ground, doubts=doubts)
    return Judged(
        reliability=table,
        flags=flag_paths(
            prepared.themes, prepared.coverages, engine=engine, services=services, snap_km=snap_km
        ),
        coverages=with_reliability(prepared.coverages, table),
    )


def _plain_lines(engine: Engine) -> AccessParameters | None:
    """Return the parameters of straight lines that no road has calibrated."""
    plain = isinstance(engine, CrowFly) and engine.calibration is None
    return engine.parameters if plain and isinstance(engine, CrowFly) else None


def _otherwise(
    prepared: Prepared, theme: Theme, engines: Mapping[str, Engine | None]
) -> dict[str, Coverage]:
    """Measure a theme for everybody with other engines."""
    return {
        name: measure(
            theme,
            services=prepared.reading.services,
            engine=engine,
            weights=pd.DataFrame(index=engine.territory.origins.index),
            threshold=threshold_of(theme, prepared.project),
        )
        for name, engine in engines.items()
        if engine is not None
    }


def _indices(measures: pd.DataFrame, theme: Theme, zones: pd.DataFrame) -> pd.DataFrame | None:
    """Return the indices of access of everybody by zone, one column per decay."""
    rows = measures[
        (measures["theme"] == theme.key)
        & (measures["public"] == Public.ALL.value)
        & measures["mesure"].isin(DECAYS)
    ]
    if rows.empty:
        return None
    wide = rows.pivot(index=["maille", "code", "perimetre"], columns="mesure", values="valeur")
    keys = pd.MultiIndex.from_frame(zones[["level", "code", "perimeter"]])
    kept = wide.reindex(keys)[list(DECAYS)]
    return kept.set_axis(zones.index).rename(columns=dict(DECAYS))


def measure_further(prepared: Prepared, *, progress: Progress = silent) -> pd.DataFrame:
    """Return ``mesures.csv``: themes of proximity, columns ``MEASURE_COLUMNS``."""
    poverty = _poverty(prepared)
    tables = []
    for theme in prepared.themes:
        progress(f"mesure détaillée : {theme.short_title}")
        tables.append(
            further_measures(
                theme,
                prepared.coverages[theme.key],
                territory=prepared.territory,
                services=prepared.reading.services,
                engine=prepared.engine,
                weights=prepared.protected.needs.weights,
                without_car=prepared.travel.without_car,
                around=prepared.travel.around,
                threshold=threshold_of(theme, prepared.project),
                poverty=poverty,
            )
        )
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(MEASURE_COLUMNS))
    return pd.concat(filled, ignore_index=True)


def fill_baskets(prepared: Prepared) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return ``paniers.csv`` (of how many kinds of help people have one in reach) and labels."""
    baskets = load_baskets(prepared.project.catalogue)
    table = basket_table(
        baskets,
        prepared.coverages,
        territory=prepared.territory,
        weights=prepared.protected.needs.weights,
    )
    return table, {basket.key: basket.label for basket in baskets}


def draw_isochrones(prepared: Prepared, *, progress: Progress = silent) -> dict[str, gpd.GeoSeries]:
    """Return, for each theme that has minutes, what lies within 15, 20 and 30 of them.

    A sensitive theme has none: their centre would be its place. They are cut at the département.
    """
    anchors = Anchors.of(prepared.reading.services, prepared.territory)
    boundary = prepared.territory.boundary.iloc[0]
    drawn: dict[str, gpd.GeoSeries] = {}
    for theme in prepared.themes:
        coverage = prepared.coverages[theme.key]
        measured = coverage.origins["minutes"].notna().any()
        if theme.mode is not Mode.PROXIMITY or theme.sensitive or not measured:
            continue
        progress(f"isochrones : {theme.short_title}")
        counted = coverage.sites.index[coverage.sites["counted"]]
        points = anchors.points.loc[counted].drop_duplicates().to_numpy(dtype="float64")
        areas = prepared.engine.isochrones(points, bounds=tuple(map(float, SHOWN_MINUTES)))
        drawn[theme.key] = areas.intersection(boundary)
    return drawn


def _poverty(prepared: Prepared) -> pd.Series | None:
    """Return the poverty rate of the EPCI, where at least two are known."""
    values = prepared.protected.needs.values
    rates = values[
        (values["indicator"] == POVERTY)
        & (values["level"] == Level.EPCI)
        & values["status"].isin(VALUED)
    ]
    if len(rates) < 2:
        return None
    zones = prepared.territory.zones
    epci = zones[(zones["level"] == Level.EPCI) & (zones["perimeter"] == "entier")]
    known = rates.drop_duplicates("code").set_index("code")["value"]
    found = epci["code"].map(known).dropna().astype("float64")
    return found if len(found) >= 2 else None
