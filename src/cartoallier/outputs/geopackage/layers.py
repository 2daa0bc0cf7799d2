"""Layers that hold a geometry of their own: what each is called, and its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from cartoallier.model import Level, Run, Status
from cartoallier.outputs.geopackage.names import (
    COMMUNES,
    EPCI_PARTS,
    divisions,
    need_columns,
    score_columns,
)
from cartoallier.outputs.geopackage.places import generalised, services
from cartoallier.outputs.geopackage.zones import Zones

Frame = gpd.GeoDataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Layer:
    """One layer of the file.

    Attributes:
        name: of the table.
        title: as a legend shows it, French.
        summary: what it holds, French; the notice and the sources are added to it.
        geometry: ``MultiPolygon`` or ``Point``.
        make: returns its rows.
        key: column that is unique in it, ``""`` for none.
        joined: other columns people join on.
    """

    name: str
    title: str
    summary: str
    geometry: str
    make: Callable[[], Frame]
    key: str = "code"
    joined: tuple[str, ...] = ()


def layers(run: Run) -> tuple[Layer, ...]:
    """Return the layers of a run that have a geometry of their own, in the order they are shown.

    Their rows are made when asked for, zones being merged once.
    """
    zones = Zones(run)
    return (
        *_territory(run, zones),
        *_sites(run, zones),
        *_needs(run, zones),
        *_scores(run, zones),
        *_isochrones(run),
        *_zonings(run),
    )


def _territory(run: Run, zones: Zones) -> tuple[Layer, ...]:
    def polygons(name: str, title: str, summary: str, make: Callable[[], Frame]) -> Layer:
        joined = ("code_epci", "code_arrondissement") if name == COMMUNES else ()
        return Layer(
            name=name,
            title=title,
            summary=summary,
            geometry="MultiPolygon",
            make=make,
            joined=joined,
        )

    return (
        polygons(
            "territoire_departement",
            "Département",
            "Contour du département, communes réunies.",
            lambda: zones.whole(str(Level.DEPARTEMENT)),
        ),
        polygons(
            "territoire_arrondissements",
            "Arrondissements",
            "Arrondissements du département, communes réunies.",
            lambda: zones.whole(str(Level.ARRONDISSEMENT)),
        ),
        polygons(
            "territoire_epci",
            "EPCI, entiers",
            "EPCI qui touchent le département, entiers, même quand ils en dépassent.",
            lambda: zones.epci,
        ),
        polygons(
            COMMUNES,
            "Communes",
            "Communes du département ; « contour » dit d’où vient chaque tracé.",
            lambda: zones.communes,
        ),
        polygons(
            EPCI_PARTS,
            "EPCI, partie dans le département",
            "EPCI du département ; de ceux qui en dépassent, la seule partie qui est dedans.",
            lambda: zones.epci_parts,
        ),
        *(
            polygons(
                f"territoire_{slug}",
                f"Découpage : {level}",
                f"Zones du découpage « {level} », communes du département réunies.",
                lambda level=level: zones.division(level),  # type: ignore[misc]
            )
            for level, slug in divisions(run).items()
        ),
        polygons(
            "territoire_voisinage",
            "Départements voisins",
            "Des départements voisins, les seules communes prises en compte autour, réunies.",
            zones.around,
        ),
    )


def _sites(run: Run, zones: Zones) -> tuple[Layer, ...]:
    found = [
        Layer(
            name="origines",
            title="Origines des trajets",
            summary="Points d’où les trajets sont comptés, avec leur population.",
            geometry="Point",
            make=lambda: _origins(run),
            key="id",
            joined=("code_commune",),
        ),
        Layer(
            name="services",
            title="Services dont le lieu est public",
            summary="Aucun lieu protégé, aucun lieu d’un thème sensible.",
            geometry="Point",
            make=lambda: services(run),
            key="id",
            joined=("code_commune",),
        ),
    ]
    counts = generalised(run)
    if len(counts):
        found.append(
            Layer(
                name="services_generalises",
                title="Services à adresse protégée, comptés par zone",
                summary="Nombre de lieux dont l’adresse est protégée ; aucun n’est situé.",
                geometry="MultiPolygon",
                make=lambda: _counted(counts, zones),
                key="",
            )
        )
    return tuple(found)


def _counted(counts: pd.DataFrame, zones: Zones) -> Frame:
    """Give counts of protected places the polygon of their zone."""
    parts = []
    for level, rows in counts.groupby("maille", sort=False):
        drawn = zones.whole(str(level)).set_index("code").reindex(rows["code"])
        table = rows.reset_index(drop=True)
        table.insert(2, "nom", drawn["nom"].to_numpy())
        parts.append(gpd.GeoDataFrame(table, geometry=drawn.geometry.to_numpy(), crs=drawn.crs))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def _origins(run: Run) -> Frame:
    names = {
        "id": "id",
        "name": "nom",
        "commune_code": "code_commune",
        "population": "population",
        "position": "position",
    }
    origins = run.territory.origins.rename_axis("id").reset_index().astype({"id": "str"})
    return gpd.GeoDataFrame(origins[[*names, "geometry"]].rename(columns=names))


def _needs(run: Run, zones: Zones) -> tuple[Layer, ...]:
    return (
        Layer(
            name="besoins_communes",
            title="Besoins par commune, un indicateur par colonne",
            summary="Une case vide a sa raison dans la colonne « …_statut ».",
            geometry="MultiPolygon",
            make=lambda: _wide(run, zones.communes, str(Level.COMMUNE)),
        ),
        Layer(
            name="besoins_epci",
            title="Besoins par EPCI entier, un indicateur par colonne",
            summary="Une case vide a sa raison dans la colonne « …_statut ».",
            geometry="MultiPolygon",
            make=lambda: _wide(run, zones.epci, str(Level.EPCI)),
        ),
    )


def _wide(run: Run, zones: Frame, level: str) -> Frame:
    """Return zones with a column per indicator that has a value there, and one per status.

    An empty cell has its reason in ``<indicator>_statut``; at the floor (``sous_seuil``) the
    value stands for itself or less.
    """
    values = run.needs.values
    rows = values[(values["level"] == level) & (values["perimeter"] == "entier")]
    columns: dict[str, pd.Series] = {"code": zones["code"], "nom": zones["nom"]}
    for key, (value, status) in need_columns(run, level).items():
        of = rows[rows["indicator"] == key].drop_duplicates("code").set_index("code")
        of = of.reindex(zones["code"].to_numpy()).set_axis(zones.index)
        columns[value] = of["value"]
        columns[status] = of["status"].fillna(Status.ABSENT.value)
    return gpd.GeoDataFrame(columns, geometry=zones.geometry, crs=zones.crs)


def scored(run: Run) -> pd.DataFrame:
    """Return the scores drawn: those of profiles and factors that one EPCI has at least."""
    frames = [frame for frame in (run.profiles, run.factors) if len(frame)]
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    known = set(table.loc[table["score"].notna(), "composite"])
    return table[table["composite"].isin(known)]


def _scores(run: Run, zones: Zones) -> tuple[Layer, ...]:
    """Return the layer of scores, one column per score and per rank; none without scores."""
    table = scored(run)
    if table.empty:
        return ()
    return (
        Layer(
            name="scores_epci",
            title="Profils et facteurs par EPCI entier",
            summary="Scores de 0 à 100 et rangs parmi les EPCI du pays.",
            geometry="MultiPolygon",
            make=lambda: _ranked(table, zones.epci),
        ),
    )


def _ranked(table: pd.DataFrame, epci: Frame) -> Frame:
    codes = epci["code"].to_numpy()
    dominant = table[table["dominant"]].set_index("code")["composite"].reindex(codes)
    columns: dict[str, pd.Series] = {
        "code": epci["code"],
        "nom": epci["nom"],
        "profil_dominant": dominant.set_axis(epci.index),
    }
    for key, names in score_columns(table["composite"].unique()).items():
        of = table[table["composite"] == key].set_index("code").reindex(codes)
        of = of.set_axis(epci.index)
        for name, column in zip(names, ("score", "rank", "ranked"), strict=True):
            columns[name] = of[column]
    return gpd.GeoDataFrame(columns, geometry=epci.geometry, crs=epci.crs)


def _isochrones(run: Run) -> tuple[Layer, ...]:
    """Return the layer of isochrones; none without any, nor of a sensitive theme.

    One row per theme and bound in minutes, each holding the one before; the widest first, so
    that all are seen.
    """
    titles = {theme.key: theme.title for theme in run.themes}
    rows, shapes = [], []
    for key, drawn in run.isochrones.items():
        if key in run.sensitive:
            continue
        bounds = drawn.index.astype("float64")
        parts = drawn.set_axis(bounds).to_crs(run.territory.crs).sort_index(ascending=False)
        for minutes, shape in zip(parts.index, list(parts), strict=True):
            if shape is not None and not shape.is_empty:
                rows.append((key, titles.get(key, key), minutes))
                shapes.append(shape)
    if not rows:
        return ()
    table = pd.DataFrame(rows, columns=["theme", "titre", "minutes"])
    return (
        Layer(
            name="isochrones",
            title="Autour des lieux, par durée d’accès",
            summary="D’où l’on atteint un lieu du thème en tant de minutes au plus.",
            geometry="MultiPolygon",
            make=lambda: gpd.GeoDataFrame(table, geometry=shapes, crs=run.territory.crs),
            key="",
            joined=("theme",),
        ),
    )


def _zonings(run: Run) -> tuple[Layer, ...]:
    """Return the special territories laid over the map; none without any."""
    if not run.zonings:
        return ()
    return (
        Layer(
            name="zonages",
            title="Zonages",
            summary="Territoires de politiques publiques fournis avec le projet.",
            geometry="MultiPolygon",
            make=lambda: _areas(run),
            key="",
            joined=("nom",),
        ),
    )


def _areas(run: Run) -> Frame:
    parts = []
    for zoning in run.zonings:
        areas = zoning.areas.to_crs(run.territory.crs)
        table = pd.DataFrame(
            {
                "nom": np.full(len(areas), zoning.name, dtype=object),
                "code": areas["code"].to_numpy(),
                "libelle": areas["name"].to_numpy(),
            }
        ).astype("str")
        parts.append(gpd.GeoDataFrame(table, geometry=areas.geometry.to_numpy(), crs=areas.crs))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))
