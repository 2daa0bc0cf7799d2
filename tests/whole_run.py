"""A run of the toy territory that has every layer a GeoPackage may hold."""

import dataclasses
from collections.abc import Callable

import geopandas as gpd
import pandas as pd
from shapely import Point, box

import toys
from cartoallier.model import Indicator, Run, Territory
from cartoallier.model.finding import SourceRecord
from cartoallier.model.zoning import Zoning
from cartoallier.supply.generalising import SHELTER

NEED = Indicator(
    id="part_65_plus", label="Part des 65 ans et plus", unit="%", kind="taux", note="Une note"
)
ROADS = SourceRecord(
    path="cartoallier:routes", label="Réseau routier", format="osm", sha256="0",
    vintage="2026-01-01", licence="ODbL 1.0, © les contributeurs d’OpenStreetMap",
)  # fmt: skip
GROUND = SourceRecord(
    path="cartoallier:geo", label="IGN, ADMIN EXPRESS", format="geographie", sha256="0",
    vintage="2026", licence="Licence Ouverte 2.0",
)  # fmt: skip
SECRET = {"confidential": True, "generalised": "departement:99", "name": SHELTER}


def divided(territory: Territory) -> Territory:
    """The toy with a « découpage » of two zones."""
    names = {"Bassins:N": ("N", "Nord"), "Bassins:S": ("S", "Sud")}
    zones = pd.DataFrame(
        [("Bassins", code, name, "entier") for code, name in names.values()],
        columns=["level", "code", "name", "perimeter"],
        index=pd.Index(list(names), name="zone"),
    )
    members = pd.DataFrame(
        [("Bassins:N", "99001"), ("Bassins:S", "99002"), ("Bassins:S", "99003")],
        columns=["zone", "commune_code"],
    )
    return dataclasses.replace(
        territory,
        zones=pd.concat([territory.zones, zones]),
        members=pd.concat([territory.members, members], ignore_index=True),
    )


def whole_run(toy: Territory, with_scores: Callable[[Run], Run]) -> Run:
    """Every kind of layer, a need, three licences."""
    territory = divided(toy)
    made = with_scores(toys.run(territory, {"at": 2, "updated_on": "2024-05-01"}, SECRET, SECRET))
    summary = dataclasses.replace(made.summaries["accueil"], need_indicator=NEED)
    site = Point(706_000, 6_602_000)
    drawn = [site.buffer(3000), site.buffer(6000)]
    areas = gpd.GeoDataFrame(
        {"code": ["QP1", "QP2"], "name": ["En haut", "Là-bas"], "communes": [(), ()]},
        geometry=[box(700_000, 6_600_000, 701_000, 6_601_000), None],
        crs=toy.crs,
    )
    zoning = Zoning(name="QPV", areas=areas, source=GROUND, whole_communes=False, communes=())
    return dataclasses.replace(
        made,
        summaries={"accueil": summary},
        indicators=made.indicators | {NEED.id: NEED},
        isochrones={"accueil": gpd.GeoSeries(drawn, index=[10.0, 20.0], crs=toy.crs)},
        zonings=(zoning,),
        sources=(*made.sources, GROUND, ROADS),
        method="Modèle : à vol d’oiseau.",
    )
