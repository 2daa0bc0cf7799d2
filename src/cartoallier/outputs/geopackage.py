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
from cartoallier.model import Level, Run
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
}
"""Geometry type of each spatial layer; the others are attribute tables."""


def write_geopackage(run: Run, folder: Path) -> Path:
    """Write ``cartoallier.gpkg`` under ``folder``, in the territory's legal projection.

    Layers: ``territoire_communes``, ``territoire_epci``, ``territoire_arrondissements``,
    ``territoire_departement``, ``origines``, ``services`` (a protected or sensitive place has no
    point and is not there), and the attribute tables ``couverture`` and ``besoins``, which
    repeat the CSV files.
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
    return {
        "territoire_departement": ("Département", _zones(run, Level.DEPARTEMENT)),
        "territoire_arrondissements": ("Arrondissements", _zones(run, Level.ARRONDISSEMENT)),
        "territoire_epci": ("EPCI, entiers", _zones(run, Level.EPCI)),
        "territoire_communes": ("Communes", _communes(run)),
        "origines": ("Origines des trajets", _origins(run)),
        "services": ("Services dont le lieu est public", _services(run)),
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
