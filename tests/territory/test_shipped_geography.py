"""What ships in data/geo: counts, coverage, origins, passage."""

import importlib.resources

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from cartoallier.errors import TerritoryError
from cartoallier.territory import commune_names, load_passage, load_territory, shipped

GEO = importlib.resources.files("cartoallier") / "data" / "geo"


@pytest.fixture(scope="module")
def france() -> gpd.GeoDataFrame:
    return shipped.communes(shipped.departements())


@pytest.fixture(scope="module")
def passage():
    return load_passage()


def test_the_country_is_whole(france):
    assert len(france) == 34_875
    assert france.index.is_unique
    assert france["departement_code"].nunique() == 101
    assert france["population"].sum() == 68_350_798
    assert france.index[france["epci_code"].isna()].tolist() == ["22016", "29083", "29155", "85113"]
    assert len(commune_names()) == 34_875


def test_it_is_small_enough():
    assert sum(len(file.read_bytes()) for file in GEO.iterdir()) <= 14_000_000


def test_no_address_and_no_machine_path_in_the_texts():
    for file in GEO.iterdir():
        if not file.name.endswith(".parquet"):
            text = file.read_text(encoding="utf-8")
            assert "://" not in text


def test_coordinates_are_on_the_grid(france):
    xy = shapely.get_coordinates(france.geometry.dropna().to_numpy())
    assert np.array_equal(xy, np.round(xy, 5))


def test_the_national_coverage_is_valid(france):
    metropolitan = france[france["region_code"] > "10"].geometry.dropna().to_numpy()
    assert shapely.is_valid(metropolitan).all()
    assert shapely.coverage_is_valid(metropolitan)


def test_outlines_are_flagged(france):
    counts = france["outline"].value_counts().to_dict()
    assert counts == {"ign": 34_866, "absent": 4, "reconstitue": 4, "partage": 1}
    assert france.index[france["outline"] == "absent"].tolist() == [
        "15031",
        "15035",
        "15047",
        "15171",
    ]
    assert france.index[france.geometry.isna()].tolist() == ["15031", "15035", "15047", "15171"]


def test_every_origin_is_near_its_polygon_or_flagged(france):
    metropolitan = france[france["region_code"] > "10"].dropna(subset=["geometry"])
    planar = metropolitan.to_crs(2154)
    points = gpd.GeoSeries(
        gpd.points_from_xy(planar["longitude"], planar["latitude"]), index=planar.index, crs=4326
    ).to_crs(2154)
    distance = points.distance(planar.geometry)
    assert distance[planar["position"] == "mairie"].max() <= 300
    assert distance[planar["position"] == "surface"].max() == 0
    assert set(planar["position"]) == {"mairie", "surface"}


def test_cities_are_the_sum_of_their_arrondissements(france):
    parts = shipped.municipal_arrondissements(shipped.CITIES)
    assert len(parts) == 45
    sums = parts.groupby("commune_code")["population"].sum()
    assert sums.to_dict() == france.loc[list(shipped.CITIES), "population"].to_dict()


def test_passage_of_mergers_splits_and_arrondissements(passage):
    assert passage.current("03190") == ("03190",)
    assert passage.current("03123") == ("03158",)
    assert passage.current("15141") == ("15031", "15035", "15047", "15141", "15171")
    assert passage.current("85084") == ("85084", "85165", "85212")
    assert passage.current("60054") == ("60054", "60694")
    assert passage.current("60455") == ("60694",)
    assert passage.current("55273") == ("55386",)
    assert passage.current("14666") == ("14666",)
    assert passage.current("20044") == passage.current("2B044") == ("2B063",)
    assert passage.current("97501") == ()
    assert passage.current("3190") == ()


def test_passage_knows_the_45_arrondissements(passage):
    for first, last, city in (
        (75101, 75120, "75056"),
        (69381, 69389, "69123"),
        (13201, 13216, "13055"),
    ):
        assert all(passage.current(str(c)) == (city,) for c in range(first, last + 1))


def test_passage_agrees_with_cogiter(passage, shared_data):
    table = pd.read_csv(
        shared_data / "cogiter-2025" / "table_passage_com_historique.csv", dtype="str"
    )
    differ, unknown = set(), set()
    for old, new in zip(table["DEPCOM_HIST"], table["DEPCOM"], strict=True):
        current = passage.current(old)
        if not current:
            unknown.add(old)
        elif new not in current:
            differ.add(old)
    # 60455 is today a commune déléguée of 60694 (COG 2026): COGiter stops at the 2019 merger.
    assert differ == {"60455"}
    # Suppressed before 1968, and numbers of Seine-et-Oise rewritten under 91 and 95.
    assert unknown == {"01220", "54448", "54454", "66131", "91221", "95025", "95065"}


def test_membership_agrees_with_cogiter(france, shared_data):
    table = pd.read_csv(
        shared_data / "cogiter-2025" / "communes.csv", dtype="str", index_col="DEPCOM"
    )
    assert set(table.index) == set(france.index)
    table = table.reindex(france.index)
    assert (table["EPCI"] == france["epci_code"].fillna("ZZZZZZZZZ")).all()
    assert (table["DEP"] == france["departement_code"]).all()
    assert (table["REG"] == france["region_code"]).all()
    assert (table["ARR"] != france["arrondissement_code"].fillna("")).sum() <= 17


def test_epci_areas_agree_with_cogiter(shared_data):
    outlines = gpd.read_file(shared_data / "cogiter-2025" / "epci_metro_geo.gpkg")
    column = next(c for c in outlines if c.upper() == "EPCI")
    theirs = outlines.set_index(column).area / 1e6
    territory = load_territory("03", neighbourhood_km=0)
    ours = (territory.communes.area / 1e6).groupby(territory.communes["epci_code"]).sum()
    inside = territory.communes.loc[territory.communes["inside"], "epci_code"].unique()
    ratio = ours[inside] / theirs[inside]
    assert ratio.between(0.97, 1.03).all()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("3", "«\u00a003\u00a0» (Allier)"),
        ("2a", "«\u00a02A\u00a0» (Corse-du-Sud)"),
        ("20", "«\u00a02A\u00a0»"),
        ("Alier", "«\u00a003\u00a0»"),
        ("100", "«\u00a010\u00a0» (Aube)"),
        ("", "«\u00a0\u00a0» n'existe pas"),
        ("zzz", "n'existe pas"),
        ("975", "Saint-Pierre-et-Miquelon"),
        ("978", "Saint-Martin"),
        ("988", "la Nouvelle-Calédonie"),
    ],
)
def test_other_codes_are_refused_in_french(code, said):
    with pytest.raises(TerritoryError) as error:
        load_territory(code)
    assert said in str(error.value)
