"""Toy supply on the toy territory, for whoever needs a few services."""

import datetime as dt

import geopandas as gpd
import pandas as pd

from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis import Context, summarise
from cartoallier.model import (
    NEEDS_COLUMNS,
    AccessParameters,
    Finding,
    Mode,
    Needs,
    Run,
    Selectors,
    Services,
    SourceRecord,
    Territory,
    Theme,
    empty_services,
    matching,
)
from cartoallier.model.supply import SERVICE_COLUMNS, TUPLE_COLUMNS

PARAMETERS = AccessParameters(
    detour=1.5, speed_kmh=60, favourable_kmh=90, unfavourable_kmh=30, floor=True
)
THEME = Theme(
    key="accueil", code="A0.0", axis=3, title="Accueil", short_title="Accueil", mode=Mode.PROXIMITY
)


def services(territory: Territory, *rows: dict[str, object]) -> Services:
    """Services about THEME at a distance in km along the toy's axis (key ``at``)."""
    records = []
    for i, row in enumerate(rows):
        values: dict[str, object] = dict.fromkeys(SERVICE_COLUMNS)
        values |= dict.fromkeys(TUPLE_COLUMNS, ())
        values |= {"itinerant": False, "remote": False, "confidential": False}
        values |= {"closed": False, "stale": False}
        values |= {"name": f"Lieu {i}", "source": "tableau", "themes": ("accueil",)}
        if (at := row.get("at")) is not None:
            point = gpd.points_from_xy([700_000 + 1000 * at], [6_602_000], crs=territory.crs)
            lonlat = point.to_crs("EPSG:4326")
            values |= {"longitude": lonlat.x[0], "latitude": lonlat.y[0], "precision": "adresse"}
        records.append(values | row)
    frame = pd.DataFrame(records, index=pd.Index([f"s{i}" for i in range(len(rows))], name="id"))
    if not rows:
        return Services(empty_services())
    return Services(frame.reindex(columns=list(SERVICE_COLUMNS)).astype(SERVICE_COLUMNS))


def needs(territory: Territory) -> Needs:
    """One rate by commune, secret in one of them, and the people of 65 and over."""
    rows = [
        ("part_65_plus", "commune", code, name, "entier", value, "%", status, "2021", "rp2021")
        for code, name, value, status in (
            ("99001", "Aval", 10.0, "publie"),
            ("99002", "Bourg", 20.0, "publie"),
            ("99003", "Côte", None, "secret"),
        )
    ] + [("part_65_plus", "epci", "100000002", "CC Est", "partie", 1.0, "%", "publie", "2021", "x")]
    values = pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)
    weights = pd.DataFrame({"65_plus": [10.0, 10, 20, 40]}, index=territory.origins.index)
    return Needs(values, weights, {"65_plus": "65 ans et plus (RP 2021)"})


def run(territory: Territory, *rows: dict[str, object], theme: Theme = THEME) -> Run:
    """A run of one theme on the toy territory."""
    supply = services(territory, *({"file": "offre/a.csv"} | row for row in rows))
    need = needs(territory)
    coverage = measure(
        theme,
        services=supply,
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        weights=need.weights,
        threshold=10,
    )
    sources = (
        SourceRecord(
            path="offre/a.csv", label="Liste A", format="tableau", sha256="0", vintage="2024-08-01"
        ),
    )
    context = Context(
        engine=CrowFly(territory=territory, parameters=PARAMETERS),
        parameters=PARAMETERS,
        services=supply,
        needs=need,
        indicators={},
        sources=sources,
        decisions={},
    )
    return Run(
        territory=territory,
        themes=(theme,),
        retained=(),
        services=supply,
        needs=need,
        coverages={theme.key: coverage},
        summaries={theme.key: summarise(theme, coverage, context)},
        indicators={},
        findings=(
            Finding(file="offre/a.csv", line=3, column="nom", value="=1+1", what="x", action="y"),
        ),
        sources=sources,
        parameters=PARAMETERS,
        decisions={},
        date=dt.datetime(2024, 8, 1, tzinfo=dt.UTC),
        version="0.1.0",
        demonstration=True,
    )


def accepts(selectors: Selectors, words: dict[str, list[str]], name: str) -> bool:
    """Whether one service with this vocabulary and this name is recognised."""
    values: dict[str, object] = dict.fromkeys(SERVICE_COLUMNS)
    values |= dict.fromkeys(TUPLE_COLUMNS, ())
    values |= {"name": name, "itinerant": False, "remote": False, "confidential": False}
    values |= {"closed": False, "stale": False}
    values |= {column: tuple(found) for column, found in words.items()}
    frame = pd.DataFrame([values], index=pd.Index(["s"], name="id")).astype(SERVICE_COLUMNS)
    return bool(matching(frame, [selectors])[0, 0])
