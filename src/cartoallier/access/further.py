"""Access further than ``couverture.csv``: one row per public, zone and measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.access.distribution import weighted_mean, weighted_percentile, weighted_share
from cartoallier.access.engine import Engine, Floats, Pairs
from cartoallier.access.floating_catchment import (
    Decay,
    Gaussian,
    access_from,
    floating_catchment,
    index_100,
    linear_steps,
)
from cartoallier.access.gathering import Desks, Scene, Shared, gather_desks, reach_desks, set_scene
from cartoallier.access.inequality import concentration_index, gini, palma
from cartoallier.access.opportunities import cumulative_opportunities
from cartoallier.access.people import beyond, mostly, zone_matrix
from cartoallier.model import Coverage, Level, Mode, Services, Territory, Theme
from cartoallier.model.french import percent, typeset
from cartoallier.model.measures import MEASURE_COLUMNS

MEASURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "duree_mediane": ("durée médiane jusqu’au lieu le plus proche", "min"),
        "duree_p90": ("durée que neuf personnes sur dix ne dépassent pas", "min"),
        "duree_2e_lieu": ("durée moyenne jusqu’au deuxième lieu", "min"),
        "duree_3e_lieu": ("durée moyenne jusqu’au troisième lieu", "min"),
        "lieux_15_min": ("nombre moyen de lieux à 15 minutes au plus", "lieux"),
        "lieux_30_min": ("nombre moyen de lieux à 30 minutes au plus", "lieux"),
        "heures_semaine_30_min": (
            "heures d’ouverture à 30 minutes au plus, en moyenne",
            "heures par semaine",
        ),
        "indice_acces": (
            "accès à l’offre partagée entre ceux qui l’atteignent, par paliers",
            "indice, département = 100",
        ),
        "indice_acces_continu": (
            "le même, décroissance continue",
            "indice, département = 100",
        ),
        "part_hors_seuil_sans_voiture": ("part au-delà du seuil sans voiture", "part"),
        "gini_duree": ("inégalité des durées (Gini)", "indice de 0 à 1"),
        "palma_acces": (
            "accès des 10 % les mieux servis sur celui des 40 % les moins bien",
            "rapport",
        ),
        "concentration_pauvrete": (
            "concentration de l’accès selon la pauvreté, négative quand il va aux plus pauvres",
            "indice de −1 à 1",
        ),
    }
)
"""Measure -> its label and its unit, in French, in the order of the table."""

_SMALL, _BASE = 11, 10
_FROM_NEIGHBOURS = 0.05
"""Share of an index that comes from beyond the border, from which it is said."""


@dataclass(eq=False)
class _Sheet:
    """Values by measure, (zones, publics), and the words beside some of them."""

    shape: tuple[int, int]
    values: dict[str, Floats] = field(default_factory=dict)
    applies: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    words: dict[str, NDArray[np.object_]] = field(default_factory=dict)

    def add(
        self,
        measure: str,
        values: Floats,
        *,
        words: NDArray[np.object_] | None = None,
        applies: NDArray[np.bool_] | None = None,
    ) -> None:
        self.values[measure] = values
        self.words[measure] = np.full(self.shape, "", dtype=object) if words is None else words
        self.applies[measure] = np.ones(self.shape[0], dtype=bool) if applies is None else applies


def further_measures(  # noqa: PLR0913 (a door: each argument is a thing of its own)
    theme: Theme,
    coverage: Coverage,
    *,
    territory: Territory,
    services: Services,
    engine: Engine,
    weights: pd.DataFrame,
    without_car: Engine | None,
    around: Engine | None = None,
    threshold: float | None,
    poverty: pd.Series | None,
) -> pd.DataFrame:
    """Measure access to a theme further than its coverage.

    An origin that could not be measured is left out of every sum, with its people. One that no
    site admits is known: beyond every bound, so that a median or a percentile it bears on is
    missing, with 0 place in reach and 0 access; means of minutes are over the people who have that
    desk, and say so.

    The indices share the supply of each desk among the people of the public who reach it within
    the threshold (:mod:`cartoallier.access.floating_catchment`): steps over its thirds, or the
    continuous decay of :class:`~cartoallier.access.floating_catchment.Gaussian`. People who live
    beyond the territory use its desks too, and those of the neighbours: ``around`` brings them,
    a public being as frequent there as in the territory. Without it the indices are too high near
    the border, and a zone where more than 5 % of the index comes from desks beyond it says so.

    For a public, a zone whose people ``coverage`` hides has no value, nor has a share that would
    read as 1 to 10 people.

    Args:
        theme: what is measured.
        coverage: of the theme, already protected.
        territory: origins and zones.
        services: those that were measured.
        engine: the one ``coverage`` was measured with.
        weights: people of each public at each origin; publics of ``coverage`` only.
        without_car: the engine of people without a car, or ``None``.
        around: as ``engine``, from the communes around the territory; or ``None``.
        threshold: the retained threshold, minutes; ``None``: neither index nor share.
        poverty: rate of poverty by zone, index = zones of the territory, all of one level; or
            ``None``.

    Returns:
        Columns :data:`~cartoallier.model.measures.MEASURE_COLUMNS`. Empty when the theme is not a
        matter of distance, or was not measured. A sensitive theme is told for the département
        only. Zones without people of a public have missing values.
    """
    counted = coverage.sites["counted"]
    if theme.mode is not Mode.PROXIMITY or not (counted & coverage.sites["inside"]).any():
        kinds = dict.fromkeys(MEASURE_COLUMNS, "str") | {"valeur": "float64"}
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})
    scene = set_scene(theme, coverage, territory, weights)
    desks = gather_desks(coverage, services, territory)
    pairs, near = reach_desks(scene, desks, engine, within=max(30.0, threshold or 0.0))
    sheet = _Sheet(shape=(len(scene.zones), len(scene.publics)))
    _tell_minutes(sheet, scene, near)
    _tell_places(sheet, scene, desks, pairs)
    access = None
    if threshold is not None:
        shared = Shared.of(scene, desks, pairs, around, within=threshold)
        access = _tell_indices(sheet, scene, desks, shared, threshold)
        if without_car is not None:
            _tell_without_car(sheet, scene, desks, without_car, threshold)
    _tell_inequality(sheet, scene, access)
    if poverty is not None and access is not None:
        _tell_concentration(sheet, scene, access, poverty)
    return _table(sheet, scene)


def _tell_minutes(sheet: _Sheet, scene: Scene, near: Floats) -> None:
    nearest = scene.coverage.origins["minutes"].to_numpy(dtype="float64")
    far = np.where(np.isnan(nearest) & ~scene.unmeasured, np.inf, nearest)
    for measure, share, who in (
        ("duree_mediane", 0.5, "moins de la moitié des personnes"),
        ("duree_p90", 0.9, "moins de neuf personnes sur dix"),
    ):
        values = weighted_percentile(far, weights=scene.people, gather=scene.gather, share=share)
        words = np.where(np.isinf(values), f"{who} ont un lieu qu’elles peuvent atteindre", "")
        sheet.add(measure, np.where(np.isinf(values), np.nan, values), words=words.astype(object))
    for measure, rank, which in (
        ("duree_2e_lieu", 1, "deuxième"),
        ("duree_3e_lieu", 2, "troisième"),
    ):
        minutes = near[:, rank]
        values = weighted_mean(minutes, weights=scene.people, gather=scene.gather)
        having = weighted_share(~np.isnan(minutes), weights=scene.people, gather=scene.gather)
        partial = f"moyenne des seules personnes qui ont un {which} lieu"
        words = np.select([having == 0, having < 1], [f"aucun {which} lieu", partial], "")
        sheet.add(measure, values, words=words.astype(object))


def _tell_places(sheet: _Sheet, scene: Scene, desks: Desks, pairs: Pairs) -> None:
    origins = len(scene.people)

    def mean(values: Floats) -> Floats:
        return weighted_mean(values, weights=scene.people, gather=scene.gather)

    for within in (15, 30):
        count = cumulative_opportunities(pairs, within=within, origins=origins)
        sheet.add(f"lieux_{within}_min", mean(count))
    words = _beside_departement(scene, desks.capacity.words)
    hours = np.full(sheet.shape, np.nan)
    if desks.capacity.in_hours:
        hours = mean(
            cumulative_opportunities(
                pairs, within=30, origins=origins, capacity=desks.capacity.values
            )
        )
    sheet.add("heures_semaine_30_min", hours, words=words)


def _tell_indices(
    sheet: _Sheet, scene: Scene, desks: Desks, shared: Shared, threshold: float
) -> Floats:
    """Add both indices; return the one by steps at each origin, (n, publics)."""
    own = len(scene.people)
    decays: dict[str, Decay] = {
        "indice_acces": linear_steps(threshold),
        "indice_acces_continu": Gaussian(reach=threshold),
    }
    found = {}
    for measure, decay in decays.items():
        caught = floating_catchment(
            shared.pairs,
            population=shared.people,
            capacity=desks.capacity.values,
            decay=decay,
            unmeasured=shared.unmeasured,
        )
        access = caught.access[:own]
        index = index_100(access, population=scene.people, inside=scene.inside)
        values = weighted_mean(index, weights=scene.people, gather=scene.gather)
        words = _beside_departement(scene, f"{desks.capacity.words} ; {shared.words}")
        if not shared.around:
            beyond_border = access_from(
                shared.pairs,
                np.where(desks.inside[:, None], np.nan, caught.ratio),
                decay=decay,
                origins=own,
            )
            whole = weighted_mean(access, weights=scene.people, gather=scene.gather)
            part = weighted_mean(beyond_border, weights=scene.people, gather=scene.gather)
            words = _with_neighbours(words, part, whole)
        sheet.add(measure, values, words=words)
        found[measure] = index
    return found["indice_acces"]


def _with_neighbours(
    words: NDArray[np.object_], part: Floats, whole: Floats
) -> NDArray[np.object_]:
    """Say where an index owes much to desks whose other users are not known."""
    result = words.copy()
    for zone, public in np.argwhere(part > _FROM_NEIGHBOURS * whole):
        share = percent(part[zone, public] / whole[zone, public], decimals=0)
        told = typeset(f"{share} vient de lieux hors du département, partagés avec d’autres")
        before = result[zone, public]
        result[zone, public] = f"{before} ; {told}" if before else told
    return result


def _tell_without_car(
    sheet: _Sheet, scene: Scene, desks: Desks, engine: Engine, threshold: float
) -> None:
    minutes = engine.nearest(desks.points, masks=desks.masks).minutes
    lost = engine.unmeasured.notna().to_numpy()
    people = np.where(lost[:, None], np.nan, scene.people)
    far = beyond(minutes, threshold)
    shares = weighted_share(far, weights=people, gather=scene.gather)
    # of a public, a share must not read as a few people on either side of the threshold, nor the
    # differences of zones give them back: counts are rounded to the ten (Hundepool et al., 2012)
    known = scene.gather @ np.nan_to_num(people)
    few = np.zeros(shares.shape, dtype=np.bool_)
    for count in (shares * known, (1 - shares) * known):
        few |= (count.round() > 0) & (count.round() < _SMALL)
    few[:, 0] = False
    with np.errstate(invalid="ignore", divide="ignore"):
        tens = np.minimum((shares * known / _BASE).round() * _BASE / known, 1)
    shares[:, 1:] = tens[:, 1:].round(3)
    unknown = ~mostly(known, of=scene.gather @ np.nan_to_num(scene.people))
    sheet.add("part_hors_seuil_sans_voiture", np.where(few | unknown, np.nan, shares))


def _tell_inequality(sheet: _Sheet, scene: Scene, access: Floats | None) -> None:
    minutes = scene.coverage.origins["minutes"].to_numpy(dtype="float64")
    levels = (Level.DEPARTEMENT.value, Level.EPCI.value)
    applies = scene.zones["level"].isin(levels).to_numpy()
    unequal, tenth = np.full(sheet.shape, np.nan), np.full(sheet.shape, np.nan)
    start, entry = scene.gather.indptr, scene.gather.indices
    for zone in np.flatnonzero(applies):
        at = entry[start[zone] : start[zone + 1]]
        for public in range(sheet.shape[1]):
            weight = scene.people[at, public]
            unequal[zone, public] = gini(minutes[at], weight)
            if access is not None:
                tenth[zone, public] = palma(access[at, public], weight)
    having = weighted_share(~np.isnan(minutes), weights=scene.people, gather=scene.gather)
    words = np.where(having < 1, "sans les personnes qui n’ont aucun lieu", "").astype(object)
    sheet.add("gini_duree", unequal, words=words, applies=applies)
    if access is not None:
        sheet.add("palma_acces", tenth, applies=applies)


def _tell_concentration(sheet: _Sheet, scene: Scene, access: Floats, poverty: pd.Series) -> None:
    at_origin = _poverty_at(poverty, scene.territory)
    at_origin[~scene.inside] = np.nan
    applies = (scene.zones["level"] == Level.DEPARTEMENT).to_numpy()
    values = np.full(sheet.shape, np.nan)
    for public in range(sheet.shape[1]):
        values[applies, public] = concentration_index(
            access[:, public], scene.people[:, public], poverty=at_origin
        )
    if not np.isnan(values[applies]).all():
        sheet.add("concentration_pauvrete", values, applies=applies)


def _poverty_at(poverty: pd.Series, territory: Territory) -> Floats:
    """Return the poverty of the zone each origin is in; missing where it is not known."""
    known = poverty.dropna()
    zones = territory.zones.loc[territory.zones.index.isin(known.index)]
    if zones["level"].nunique() > 1:
        raise ValueError("poverty must be given at one level")
    # the whole of a zone holds the part of it that is inside
    zones = zones.sort_values("perimeter", kind="stable")
    zones = zones[~zones.duplicated("code")]
    gather = zone_matrix(territory, zones)
    rate = known.loc[zones.index].to_numpy(dtype="float64")
    held = np.asarray(gather.sum(axis=0)).ravel()
    if (held > 1).any():
        raise ValueError("zones of poverty must not overlap")
    return np.where(held > 0, gather.T @ rate, np.nan)


def _beside_departement(scene: Scene, words: str) -> NDArray[np.object_]:
    """Return words for the département's row only: they hold for all."""
    result = np.full((len(scene.zones), len(scene.publics)), "", dtype=object)
    result[(scene.zones["level"] == Level.DEPARTEMENT).to_numpy()] = typeset(words)
    return result


def _table(sheet: _Sheet, scene: Scene) -> pd.DataFrame:
    """Lay out public by public, zone by zone, measure by measure."""
    measures = [measure for measure in MEASURES if measure in sheet.values]
    shape = (len(scene.publics), len(scene.zones), len(measures))
    values = np.stack([sheet.values[m].T for m in measures], axis=2)
    words = np.stack([sheet.words[m].T for m in measures], axis=2)
    applies = np.stack([sheet.applies[m] for m in measures], axis=1)
    values[scene.hidden.T] = np.nan
    words[scene.hidden.T] = ""
    public, zone, measure = (axis[np.broadcast_to(applies, shape)] for axis in np.indices(shape))
    kept = np.broadcast_to(applies, shape)
    names = pd.Series(measures, dtype="str")
    zones = scene.zones
    columns = {
        "theme": pd.Series([scene.theme.key], dtype="str").take(np.zeros(len(zone), dtype=int)),
        "public": pd.Series(scene.publics, dtype="str").take(public),
        "maille": zones["level"].astype("str").take(zone),
        "code": zones["code"].take(zone),
        "nom": zones["name"].take(zone),
        "perimetre": zones["perimeter"].take(zone),
        "mesure": names.take(measure),
        "valeur": pd.Series(values[kept]),
        "unite": names.map({m: MEASURES[m][1] for m in measures}).take(measure),
        "precision": pd.Series(words[kept], dtype="str"),
    }
    return pd.DataFrame({name: column.reset_index(drop=True) for name, column in columns.items()})[
        list(MEASURE_COLUMNS)
    ]
