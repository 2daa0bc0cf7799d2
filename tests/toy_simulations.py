"""A simulation on the toy territory, written by hand."""

import dataclasses

import geopandas as gpd
import pandas as pd
from shapely import Point

from cartoallier.model import Simulation, Territory
from cartoallier.model.simulation import (
    CHOSEN_COLUMNS,
    CURVE_COLUMNS,
    UNREACHABLE_COLUMNS,
    ZONE_COLUMNS,
)


def toy_simulation(territory: Territory, **changes: object) -> Simulation:
    """One site today at (2, 2) km; Côte then Bourg are proposed; 10 minutes.

    Aval, Bourg and Côte (100, 300, 600 people) are at 5, 12 and 24 minutes: 900 beyond. With
    Côte 300 are left; with both, nobody.
    """
    halls = territory.origins.geometry.to_crs(4326)
    chosen = pd.DataFrame(
        [
            (1, "99003", "Côte", "99003", "CC Est", halls["99003"].x, halls["99003"].y, None,
             600.0, 700.0, 0.7, 7.1),
            (2, "99002", "<b>Bourg</b>", "99002", "CC Ouest", halls["99002"].x, halls["99002"].y,
             None, 300.0, 1000.0, 1.0, 5.0),
        ],
        columns=list(CHOSEN_COLUMNS),
    )  # fmt: skip
    curve = pd.DataFrame(
        [(0, 100.0, 0.1, 0.0, 18.5), (1, 700.0, 0.7, 600.0, 7.1), (2, 1000.0, 1.0, 900.0, 5.0)],
        columns=list(CURVE_COLUMNS),
    )
    zones = pd.DataFrame(
        [
            ("departement", "99", "Jouet", "entier", 1000.0, 0.9, 0.0, 900.0, 0.0),
            ("epci", "100000001", "CC Ouest", "entier", 400.0, 0.75, 0.0, 300.0, 0.0),
            ("epci", "100000002", "CC Est", "partie", 600.0, 1.0, 0.0, 600.0, 0.0),
        ],
        columns=list(ZONE_COLUMNS),
    )
    lost = pd.DataFrame(
        [("99001", "=Aval</script>", "99001", "CC Ouest", 42.0)], columns=list(UNREACHABLE_COLUMNS)
    )
    made = Simulation(
        theme="accueil",
        title="Accueil <i>social</i>",
        model="mclp",
        public="ensemble",
        public_words="habitants",
        threshold=10.0,
        requested=2,
        solved="optimal",
        gap=0.0,
        sensitive=False,
        chosen=chosen,
        curve=curve,
        zones=zones,
        unreachable=lost,
        existing=gpd.GeoSeries(
            [Point(702_000, 6_602_000), Point(714_000, 6_602_000)],
            index=["s0", "s1"],
            crs=territory.crs,
        ),
        minutes=pd.DataFrame(
            {"before": [5.0, 12.0, 24.0, 3.0], "after": [5.0, 5.0, float("nan"), 3.0]},
            index=territory.origins.index,
        ),
        territory=territory,
        sentences=("Deux sites de plus.", "{{ 7 * 7 }} <script>alert(1)</script>"),
        notes=("Une simulation n’est pas une décision.",),
        sources=("Liste A, licence ouverte",),
        method="Modèle : vol d’oiseau.",
        demonstration=True,
        date_words="au 1er août 2024",
        version="0.1.0",
    )
    return dataclasses.replace(made, **changes)
