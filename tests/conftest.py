"""Fixtures shared by every room: the toy territory computed by hand, and the real files."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import settings
from shapely import Point, box

from cartoallier.model import Passage, Territory
from chromium import browser, visit

__all__ = ["browser", "shared_data", "toy", "visit"]

# absolute times never decide a test
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real files that stand beside the project; tests that need them skip without them."""
    if not SHARED.is_dir():
        pytest.skip("les fichiers réels de ../shared/data ne sont pas là")
    return SHARED


@pytest.fixture
def toy() -> Territory:
    """Three square communes of 4 km in a row in département 99, and a neighbour in 98.

    ``99001`` and ``99002`` are in EPCI ``100000001``; ``99003`` is in ``100000002``, which
    straddles the border with ``98001``. Origins are the centres: (2, 2), (6, 2), (10, 2) and
    (14, 2) km. Half the root of 16 km² is 2 km: the floor.
    """
    crs = "EPSG:2154"
    east, north = 700_000, 6_600_000
    codes = ["99001", "99002", "99003", "98001"]
    names = ["Aval", "Bourg", "Côte", "Delà"]
    epci = ["100000001", "100000001", "100000002", "100000002"]
    populations = [100, 300, 600, 1000]
    squares = [box(east + 4000 * i, north, east + 4000 * (i + 1), north + 4000) for i in range(4)]
    communes = gpd.GeoDataFrame(
        {
            "name": names,
            "departement_code": ["99", "99", "99", "98"],
            "region_code": ["01", "01", "01", "02"],
            "epci_code": epci,
            "arrondissement_code": ["991", "991", "992", "981"],
            "population": populations,
            "outline": "ign",
            "inside": [True, True, True, False],
        },
        geometry=squares,
        index=pd.Index(codes, name="code"),
        crs=crs,
    )
    origins = gpd.GeoDataFrame(
        {
            "name": names,
            "commune_code": codes,
            "population": populations,
            "area_km2": 16.0,
            "position": "mairie",
        },
        geometry=[Point(east + 4000 * i + 2000, north + 2000) for i in range(4)],
        index=pd.Index(codes, name="id"),
        crs=crs,
    )
    rows = [
        ("departement:99", "departement", "99", "Jouet", "entier", codes[:3]),
        ("arrondissement:991", "arrondissement", "991", "Ouest", "entier", codes[:2]),
        ("arrondissement:992", "arrondissement", "992", "Est", "entier", codes[2:3]),
        ("epci:100000001", "epci", "100000001", "CC Ouest", "entier", codes[:2]),
        ("epci:100000002", "epci", "100000002", "CC Est", "entier", codes[2:]),
        ("epci:100000002:partie", "epci", "100000002", "CC Est", "partie", codes[2:3]),
        *(
            (f"commune:{c}", "commune", c, n, "entier", [c])
            for c, n in zip(codes[:3], names, strict=False)
        ),
    ]
    zones = pd.DataFrame(
        [row[1:5] for row in rows],
        columns=["level", "code", "name", "perimeter"],
        index=pd.Index([row[0] for row in rows], name="zone"),
    )
    members = pd.DataFrame(
        [(row[0], commune) for row in rows for commune in row[5]], columns=["zone", "commune_code"]
    )
    return Territory(
        departement_code="99",
        departement_name="Jouet",
        communes=communes,
        origins=origins,
        zones=zones,
        members=members,
        boundary=gpd.GeoSeries([communes.geometry.iloc[:3].union_all()], crs=crs),
        passage=Passage(
            {c: (c,) for c in codes} | {"99009": ("99002",), "99010": ("99001", "99002")}
        ),
        vintage="invention",
    )
