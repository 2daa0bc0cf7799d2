"""Territories as the other rooms receive them."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from cartoallier.errors import TerritoryError
from cartoallier.territory import load_territory

SAMPLE = ("01", "15", "2A", "2B", "29", "55", "69", "75", "971", "973", "974", "976")


@pytest.fixture(scope="module")
def allier():
    return load_territory("03")


def test_allier_counts(allier):
    inside = allier.communes[allier.communes["inside"]]
    assert allier.departement_name == "Allier"
    assert len(inside) == 317
    assert inside["population"].sum() == 333_298
    assert inside["epci_code"].nunique() == 12
    assert allier.crs.to_epsg() == 2154
    assert not allier.gridded


def test_allier_straddling_epci(allier):
    epci = allier.zones[allier.zones["level"] == "epci"]
    assert epci.index[epci["perimeter"] == "partie"].tolist() == [
        "epci:200071140:partie",
        "epci:200071884:partie",
    ]
    sizes = allier.members.groupby("zone").size()
    assert sizes["epci:200071140"] == 44
    assert sizes["epci:200071140:partie"] == 42
    assert sizes["epci:200071884"] == 44
    assert sizes["epci:200071884:partie"] == 3
    assert sizes["departement:03"] == 317
    assert [sizes[f"arrondissement:03{i}"] for i in (1, 2, 3)] == [90, 67, 160]


def test_epci_populations_are_those_of_the_package(allier):
    population = (
        allier.members.merge(
            allier.communes["population"], left_on="commune_code", right_index=True
        )
        .groupby("zone")["population"]
        .sum()
    )
    assert population["epci:200071140"] == 64_064
    assert population["epci:200071140:partie"] == 62_488
    assert population["epci:200071363"] == 83_990
    assert population["epci:240300558"] == 7_404
    assert population["epci:200071884"] == 39_343


def test_zones_are_sorted_by_level_then_code(allier):
    levels = allier.zones["level"].drop_duplicates().tolist()
    assert levels == ["departement", "arrondissement", "epci", "commune"]
    for _, zones in allier.zones.groupby("level"):
        assert zones["code"].is_monotonic_increasing
    assert set(allier.members["zone"]) == set(allier.zones.index)


def test_coverage_is_valid_in_the_legal_projection(allier):
    shapes = allier.communes.loc[allier.communes["inside"], "geometry"].to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert allier.boundary.area.iloc[0] == pytest.approx(shapely.area(shapes).sum())
    assert 7_250e6 < allier.boundary.area.iloc[0] < 7_450e6


def test_origins_cover_the_whole_epci(allier):
    zone = allier.zones.index[allier.zones["level"] == "epci"]
    served = set(allier.members.loc[allier.members["zone"].isin(zone), "commune_code"])
    assert set(allier.origins["commune_code"]) == served
    assert (allier.origins["area_km2"] > 0).all()
    near = allier.origins.distance(allier.communes.geometry.reindex(allier.origins.index))
    assert near.max() <= 300


def test_neighbourhood_is_within_its_distance(allier):
    """Of the département and of the whole of its EPCI, whose far end needs supply around it."""
    served = allier.communes.index.isin(allier.origins["commune_code"])
    reach = allier.communes[served].union_all()
    away = allier.communes[~served]
    assert away.distance(reach).max() <= 50_000
    assert away.distance(allier.boundary.iloc[0]).max() > 50_000
    assert {"63113", "58194", "18033"} <= set(allier.communes.index)
    wider = load_territory("03", neighbourhood_km=80)
    assert set(allier.communes.index) < set(wider.communes.index)
    beyond = wider.communes[~wider.communes.index.isin(allier.communes.index)]
    assert beyond.distance(reach).min() > 50_000
    alone = load_territory("03", neighbourhood_km=0)
    assert set(allier.communes.index[served]) <= set(alone.communes.index)


def test_town_halls_are_located_in_their_commune(allier):
    found = allier.locate(allier.origins.geometry)
    held = allier.origins.intersects(allier.communes.geometry.reindex(allier.origins.index))
    assert (found[held] == allier.origins.loc[held, "commune_code"]).all()


def test_paris_has_twenty_origins():
    paris = load_territory("75", neighbourhood_km=5)
    own = paris.origins[paris.origins["commune_code"] == "75056"]
    assert own.index.tolist() == [str(c) for c in range(75101, 75121)]
    assert own["population"].sum() == paris.communes.loc["75056", "population"]
    assert paris.communes.loc["75056", "inside"]
    assert "commune:75056" in paris.zones.index
    assert own["area_km2"].sum() == pytest.approx(105, abs=2)


def test_cantal_flags():
    cantal = load_territory("15", neighbourhood_km=5)
    absent = ["15031", "15035", "15047", "15171"]
    assert (cantal.communes.loc[absent, "outline"] == "absent").all()
    assert cantal.communes.loc[absent, "geometry"].isna().all()
    assert cantal.communes.loc["15141", "outline"] == "partage"
    assert (cantal.communes.loc[absent, "population"] > 0).all()
    assert (cantal.origins.loc[absent, "position"] == "estimee").all()
    shared = cantal.communes.loc["15141", "geometry"]
    five = cantal.origins.loc[[*absent, "15141"]]
    assert five.within(shared).all()
    assert five.geometry.to_wkt().nunique() == 5
    assert np.allclose(five["area_km2"], shared.area / 5e6)


@pytest.mark.parametrize("code", SAMPLE)
def test_any_departement_loads(code):
    territory = load_territory(code, neighbourhood_km=10)
    epsg = {"971": 5490, "973": 2972, "974": 2975, "976": 4471}.get(code, 2154)
    assert territory.crs.to_epsg() == epsg
    assert set(territory.communes["departement_code"].str.startswith("97")) == {code[:2] == "97"}
    inside = territory.communes[territory.communes["inside"]]
    assert (inside["departement_code"] == code).all()
    assert set(inside.index) <= set(territory.origins["commune_code"])
    assert territory.zones.index[0] == f"departement:{code}"
    assert set(territory.members["commune_code"]) <= set(territory.communes.index)
    # Mayotte's figures are older, and it says so.
    assert ("2017" in territory.vintage) == (code == "976")


def test_islands_without_epci_have_a_missing_code():
    territory = load_territory("29", neighbourhood_km=0)
    islands = territory.communes.loc[["29083", "29155"]]
    assert islands["epci_code"].isna().all()
    assert islands["inside"].all()
    assert {"29083", "29155"} <= set(territory.origins.index)


def test_mayotte_has_no_arrondissement():
    territory = load_territory("976")
    assert territory.communes["arrondissement_code"].isna().all()
    assert "arrondissement" not in set(territory.zones["level"])


@pytest.mark.parametrize("kilometres", [-1, float("nan"), float("inf")])
def test_a_neighbourhood_that_is_no_distance_is_refused(kilometres):
    with pytest.raises(TerritoryError, match="voisinage_km"):
        load_territory("03", neighbourhood_km=kilometres)


def test_territory_types(allier):
    assert isinstance(allier.communes, gpd.GeoDataFrame)
    assert isinstance(allier.origins, gpd.GeoDataFrame)
    assert str(allier.communes["epci_code"].dtype) == "str"
    assert allier.communes.index.name == "code"
    assert allier.origins.index.name == "id"
    assert allier.zones.index.name == "zone"
