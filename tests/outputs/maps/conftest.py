"""Runs to draw, and a Chromium without network to open them in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from cartoallier.access import CrowFly, measure
from cartoallier.catalogue import load_catalogue
from cartoallier.diagnosis import Context, summarise
from cartoallier.model import (
    NEEDS_COLUMNS,
    SERVICE_COLUMNS,
    AccessParameters,
    Indicator,
    Mode,
    Needs,
    Run,
    Services,
    SourceRecord,
    Status,
    Territory,
    Theme,
)
from cartoallier.model.supply import TUPLE_COLUMNS

HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>{{7*7}}{% x %}'"\\"""
"""A name that tries every door: HTML, the end of a script, a template, a string."""


def make_services(rows: list[dict[str, object]]) -> Services:
    """Services with plausible defaults; each row gives what it wants to say."""
    defaults: dict[str, object] = {
        "source": "tableau",
        "file": "offre/lieux.csv",
        "precision": "adresse",
        "itinerant": False,
        "remote": False,
        "confidential": False,
    }
    full = [
        {
            name: row.get(name, defaults.get(name, () if name in TUPLE_COLUMNS else None))
            for name in SERVICE_COLUMNS
        }
        for row in rows
    ]
    index = pd.Index([f"tableau--{i + 1}" for i in range(len(rows))], name="id", dtype="str")
    columns = {
        name: pd.Series([row[name] for row in full], index=index, dtype=dtype)
        for name, dtype in SERVICE_COLUMNS.items()
    }
    return Services(pd.DataFrame(columns, index=index))


def make_needs(territory: Territory, indicator: Indicator, values: list[float | Status]) -> Needs:
    """Needs of one indicator over the communes inside, a status where there is no number."""
    communes = territory.communes[territory.communes["inside"]]
    rows = [
        {
            "indicator": indicator.id,
            "level": "commune",
            "code": code,
            "name": name,
            "perimeter": "entier",
            "value": float("nan") if isinstance(value, Status) else value,
            "unit": indicator.unit,
            "status": str(value) if isinstance(value, Status) else "publie",
            "vintage": "2021",
            "source": "rp2021",
        }
        for (code, name), value in zip(communes["name"].items(), values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)
    weights = pd.DataFrame(index=territory.origins.index)
    return Needs(values=frame, weights=weights, weight_labels={})


def make_run(
    territory: Territory,
    services: Services,
    *,
    themes: tuple[Theme, ...],
    needs: Needs | None = None,
    indicators: dict[str, Indicator] | None = None,
    retained: tuple[str, ...] = (),
) -> Run:
    """Measure and tell as the pipeline does."""
    if needs is None:
        needs = Needs(
            values=pd.DataFrame(columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS),
            weights=pd.DataFrame(index=territory.origins.index),
            weight_labels={},
        )
    indicators = indicators or {}
    sources = (
        SourceRecord(
            path="offre/lieux.csv",
            label="lieux inventés, 1er août 2024",
            format="tableau",
            sha256="0" * 64,
            licence="Licence Ouverte 2.0",
            demonstration=True,
        ),
    )
    parameters = AccessParameters()
    context = Context(
        engine=CrowFly(territory=territory, parameters=parameters),
        parameters=parameters,
        services=services,
        needs=needs,
        indicators=indicators,
        sources=sources,
        decisions={},
    )
    coverages = {
        theme.key: measure(
            theme,
            services=services,
            engine=CrowFly(territory=territory, parameters=parameters),
            weights=needs.weights,
            threshold=theme.retained.minutes if theme.retained else None,
        )
        for theme in themes
    }
    return Run(
        territory=territory,
        parameters=parameters,
        themes=themes,
        retained=retained,
        services=services,
        needs=needs,
        coverages=coverages,
        summaries={t.key: summarise(t, coverages[t.key], context) for t in themes},
        indicators=indicators,
        findings=(),
        sources=sources,
        decisions={},
        date=dt.datetime(2024, 8, 1, tzinfo=dt.UTC),
        version="0.1.0",
        demonstration=True,
    )


@pytest.fixture(scope="session")
def themes() -> dict[str, Theme]:
    """The shipped themes."""
    return load_catalogue().themes


@pytest.fixture
def toy_sites(toy: Territory) -> list[dict[str, object]]:
    """Four places of the toy: near, a permanence, a bus, and one over the border."""
    points = toy.origins.to_crs(4326).geometry
    keys = ("premier_accueil_social",)
    return [
        {
            "name": "France Services d’Aval",
            "structure": "Commune",
            "commune_code": code,
            "commune_name": "Aval",
            "longitude": points[code].x,
            "latitude": points[code].y,
            "themes": keys,
            "networks": ("france-service",),
            **extra,
        }
        for code, extra in (
            ("99001", {"weekly_hours": 35.0, "hours": "lundi au vendredi, 9 h – 12 h"}),
            ("99002", {"weekly_hours": 4.0, "name": HOSTILE}),
            ("99003", {"itinerant": True, "name": "Bus"}),
            ("98001", {"name": "Au-delà"}),
        )
    ]


@pytest.fixture
def toy_run(toy: Territory, toy_sites: list[dict[str, object]], themes: dict[str, Theme]) -> Run:
    """Every kind of page on the toy: distance, zone, capacity, and a theme without supply."""
    toy.communes.loc["99003", "name"] = HOSTILE
    indicator = Indicator(
        id="part_65_plus",
        label="part des 65 ans et plus",
        unit="%",
        kind="taux",
        vintage="2021",
        breaks=(20, 25, 30, 35),
    )
    needs = make_needs(toy, indicator, [18.0, 31.5, Status.SECRET])
    chosen = [themes["premier_accueil_social"]]
    for mode in Mode:
        chosen += [t for t in themes.values() if t.mode == mode and t not in chosen][:2]
    services = make_services(
        [
            *toy_sites,
            *(
                {"name": "Relais", "themes": (t.key,), "zone": ("commune:99001",)}
                for t in chosen
                if t.mode == Mode.ZONE
            ),
        ]
    )
    return make_run(
        toy,
        services,
        themes=tuple(chosen),
        needs=needs,
        indicators={indicator.id: indicator},
        retained=("premier_accueil_social",),
    )


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """Make a run from rows of services."""

    def make(territory: Territory, rows: list[dict[str, object]], **rest: Any) -> Run:
        return make_run(territory, make_services(rows), **rest)

    return make
