"""``cartoallier.gpkg``: the run as GeoPackage 1.3 layers, the same bytes for the same run.

GDAL stamps the time of writing into a GeoPackage: ``OGR_CURRENT_DATE`` replaces it by the date
of the run's data. Version 1.3 opens without a warning in QGIS 3.22 and passes the validator of
GDAL 3.6, where 1.4 does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from cartoallier.errors import OutputError
from cartoallier.model import Level, Run, Status
from cartoallier.outputs.tables import NEEDS_HEADINGS

FILE_NAME = "cartoallier.gpkg"
NOTICE = "Document de travail, ne vaut pas engagement"
GEOMETRY = {
    "territoire_departement": "MultiPolygon",
    "territoire_arrondissements": "MultiPolygon",
    "territoire_epci": "MultiPolygon",
    "territoire_communes": "MultiPolygon",
    "origines": "Point",
    "services": "Point",
    "besoins_communes": "MultiPolygon",
    "besoins_epci": "MultiPolygon",
    "scores_epci": "MultiPolygon",
    "isochrones": "MultiPolygon",
}
"""Geometry type of each spatial layer; the others are attribute tables."""
RESERVED = frozenset({"code", "nom", "fid", "geom", "geometry"})
"""Columns that layers have of their own."""


def write_geopackage(run: Run, folder: Path) -> Path:
    """Write ``cartoallier.gpkg`` under ``folder``, in the territory's legal projection.

    Layers: ``territoire_communes``, ``territoire_epci``, ``territoire_arrondissements``,
    ``territoire_departement``, ``origines``, ``services`` (a protected or sensitive place has no
    point and is not there), ``besoins_communes`` and ``besoins_epci`` (one column per indicator
    and one for its status, ready to be drawn), ``scores_epci`` when there are scores (dominant
    profile, score and rank of each profile and factor), ``isochrones`` when there are some (one
    row per theme and bound in minutes, each holding the one before; the widest first, so that all
    are seen), and the attribute tables ``couverture`` and ``besoins``, which repeat the CSV files.
    """
    path = folder / FILE_NAME
    path.unlink(missing_ok=True)
    try:
        with _dated(run.date):
            for name, (title, frame) in _layers(run).items():
                _write_layer(path, name, frame, title=title, description=_describe(run))
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise OutputError(
            "le GeoPackage ne peut pas être écrit ; vérifiez la place libre sur le disque",
            path=path.name,
        ) from error
    return path


def _write_layer(
    path: Path, name: str, frame: pd.DataFrame, *, title: str, description: str
) -> None:
    spatial = isinstance(frame, gpd.GeoDataFrame)
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        geometry_type=GEOMETRY.get(name),
        promote_to_multi=GEOMETRY.get(name) == "MultiPolygon",
        dataset_options=None if path.exists() else {"VERSION": "1.3"},
        layer_options={
            "IDENTIFIER": title,
            "DESCRIPTION": description,
            **({"GEOMETRY_NAME": "geom"} if spatial else {}),
        },
    )


@contextmanager
def _dated(date: dt.datetime) -> Iterator[None]:
    """Make GDAL stamp ``date`` instead of the clock."""
    stamp = date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _describe(run: Run) -> str:
    labels = "; ".join(dict.fromkeys(source.label for source in run.sources))
    fiction = " Données de démonstration, fictives." if run.demonstration else ""
    return f"{NOTICE}.{fiction} Sources : {labels}"


def _layers(run: Run) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return layer name -> (title, frame), in the order they are written."""
    coverages = [run.coverages[theme.key].table for theme in run.themes]
    needs = run.needs.values
    communes, epci = _communes(run), _zones(run, Level.EPCI)
    return {
        "territoire_departement": ("Département", _zones(run, Level.DEPARTEMENT)),
        "territoire_arrondissements": ("Arrondissements", _zones(run, Level.ARRONDISSEMENT)),
        "territoire_epci": ("EPCI, entiers", epci),
        "territoire_communes": ("Communes", communes),
        "origines": ("Origines des trajets", _origins(run)),
        "services": ("Services dont le lieu est public", _services(run)),
        "besoins_communes": (
            "Besoins par commune, un indicateur par colonne",
            _wide(run, communes, Level.COMMUNE),
        ),
        "besoins_epci": (
            "Besoins par EPCI entier, un indicateur par colonne",
            _wide(run, epci, Level.EPCI),
        ),
        **_scores(run, epci),
        **_isochrones(run),
        "couverture": (
            "Couverture par thème, public et territoire",
            pd.concat(coverages, ignore_index=True),
        ),
        "besoins": (
            "Besoins par territoire",
            needs[needs["perimeter"] == "entier"]
            .drop(columns="perimeter")
            .set_axis(list(NEEDS_HEADINGS), axis="columns"),
        ),
    }


def _wide(run: Run, zones: gpd.GeoDataFrame, level: Level) -> gpd.GeoDataFrame:
    """Return zones with a column per indicator that has a value there, and one per status.

    An empty cell has its reason in ``<indicator>_statut``; at the floor (``sous_seuil``) the
    value stands for itself or less.
    """
    values = run.needs.values
    rows = values[(values["level"] == level) & (values["perimeter"] == "entier")]
    known = set(rows.loc[rows["value"].notna(), "indicator"])
    columns: dict[str, pd.Series] = {"code": zones["code"], "nom": zones["nom"]}
    for key in dict.fromkeys([*run.indicators, *sorted(known)]):
        if key not in known:
            continue
        of = rows[rows["indicator"] == key].drop_duplicates("code").set_index("code")
        of = of.reindex(zones["code"].to_numpy()).set_axis(zones.index)
        # a layer has columns of its own under these names
        name = f"{key}_valeur" if key.casefold() in RESERVED else key
        columns[name] = of["value"]
        columns[f"{name}_statut"] = of["status"].fillna(Status.ABSENT.value)
    return gpd.GeoDataFrame(columns, geometry=zones.geometry, crs=zones.crs)


def _scores(run: Run, epci: gpd.GeoDataFrame) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return the layer of scores, one column per score and per rank; none without scores."""
    scores = [frame for frame in (run.profiles, run.factors) if len(frame)]
    if not scores:
        return {}
    table = pd.concat(scores, ignore_index=True)
    known = set(table.loc[table["score"].notna(), "composite"])
    table = table[table["composite"].isin(known)]
    if not known:
        return {}
    codes = epci["code"].to_numpy()
    dominant = table[table["dominant"]].set_index("code")["composite"].reindex(codes)
    columns: dict[str, pd.Series] = {
        "code": epci["code"],
        "nom": epci["nom"],
        "profil_dominant": dominant.set_axis(epci.index),
    }
    for key in table["composite"].unique():
        of = table[table["composite"] == key].set_index("code").reindex(codes)
        of = of.set_axis(epci.index)
        columns[f"score_{key}"] = of["score"]
        columns[f"rang_{key}"] = of["rank"]
        columns[f"rang_sur_{key}"] = of["ranked"]
    layer = gpd.GeoDataFrame(columns, geometry=epci.geometry, crs=epci.crs)
    return {"scores_epci": ("Profils et facteurs par EPCI entier", layer)}


def _isochrones(run: Run) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return the layer of isochrones; none without any, nor of a sensitive theme."""
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
        return {}
    table = pd.DataFrame(rows, columns=["theme", "titre", "minutes"])
    layer = gpd.GeoDataFrame(table, geometry=shapes, crs=run.territory.crs)
    return {"isochrones": ("Autour des lieux, par durée d’accès", layer)}


def _zones(run: Run, level: Level) -> gpd.GeoDataFrame:
    """Merge the communes of each whole zone of a level."""
    territory = run.territory
    zones = territory.zones
    zones = zones[(zones["level"] == level) & (zones["perimeter"] == "entier")]
    members = territory.members[territory.members["zone"].isin(zones.index)].set_index(
        "commune_code"
    )
    parts = territory.communes[["population", "geometry"]].join(members, how="inner")
    merged = parts.dissolve("zone", aggfunc={"population": "sum"}, method="coverage")
    merged = merged.reindex(zones.index)
    return gpd.GeoDataFrame(
        {"code": zones["code"], "nom": zones["name"], "population": merged["population"]},
        geometry=merged.geometry,
        crs=territory.crs,
    )


def _communes(run: Run) -> gpd.GeoDataFrame:
    communes = run.territory.communes
    names = {
        "code": "code",
        "name": "nom",
        "epci_code": "code_epci",
        "arrondissement_code": "code_arrondissement",
        "population": "population",
        "outline": "contour",
    }
    inside = communes[communes["inside"]].rename_axis("code").reset_index()
    return gpd.GeoDataFrame(inside[[*names, "geometry"]].rename(columns=names))


def _origins(run: Run) -> gpd.GeoDataFrame:
    names = {
        "id": "id",
        "name": "nom",
        "commune_code": "code_commune",
        "population": "population",
        "position": "position",
    }
    origins = run.territory.origins.rename_axis("id").reset_index().astype({"id": "str"})
    return gpd.GeoDataFrame(origins[[*names, "geometry"]].rename(columns=names))


def _services(run: Run) -> gpd.GeoDataFrame:
    """One row per service with a public place; themes as a readable list.

    A place is never tied to a sensitive theme: that theme is not named, and a service that
    answers no other has no row.
    """
    records = run.services.records
    named = records["themes"].map(
        lambda themes: tuple(key for key in themes if key not in run.sensitive)
    )
    points = run.services.points(run.territory.crs)
    only_sensitive = records["themes"].map(bool) & ~named.map(bool)
    public = points.notna() & ~records["confidential"] & ~only_sensitive.astype(bool)
    records = records.assign(themes=named)
    names = {
        "id": "id",
        "name": "nom",
        "structure": "structure",
        "themes": "themes",
        "address": "adresse",
        "commune_code": "code_commune",
        "precision": "precision",
        "itinerant": "itinerant",
        "weekly_hours": "heures_semaine",
        "updated_on": "date_maj",
        "source": "source",
    }
    shown = records[public].rename_axis("id").reset_index()
    shown["themes"] = shown["themes"].map(", ".join).astype("str")
    table = shown[list(names)].rename(columns=names)
    where = points[public].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=where, crs=run.territory.crs)
