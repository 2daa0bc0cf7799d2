"""The INSEE grid as need: sums by commune, publics at origins, never a cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cartoallier.model import Indicator
from cartoallier.needs.grid import grid_weights, sum_cells
from cartoallier.needs.values import VALUE_COLUMNS
from cartoallier.territory import Grid, load_country, load_territory, read_insee_grid

NAMES = pd.Series({"99001": "Aval", "99002": "Bourg", "99003": "Côte"}, dtype="str")


def indicator(key, *codes, kind="effectif"):
    return Indicator(id=key, label=key, unit="personnes", kind=kind, codes=codes)


CATALOGUE = {
    one.id: one
    for one in (
        indicator("menages_pauvres", "P{aa}_RIEN", "men_pauv"),
        indicator("65_plus", "ind_65_79 + ind_80p"),
        indicator("enfants", "ind_0_3"),
        indicator("revenu", "ind_snv", kind="niveau"),
    )
}


def cells(rows, *, places=None, **columns):
    """Cells from (commune, men_pauv, ind_65_79, ind_80p)."""
    frame = pd.DataFrame(rows, columns=["commune_code", "men_pauv", "ind_65_79", "ind_80p"]).astype(
        {"men_pauv": "float64", "ind_65_79": "float64", "ind_80p": "float64"}
    )
    frame["place_code"] = pd.Categorical(places or frame["commune_code"])
    frame["commune_code"] = pd.Categorical(
        frame["commune_code"], categories=pd.Index(NAMES.index, dtype="str")
    )
    frame = frame.assign(epsg=2154, side=200, x=0.0, y=0.0, imputed=False, **columns)
    frame.index = pd.RangeIndex(2, 2 + len(frame), name="line")
    return frame


def total(frame, *, hidden=()):
    return sum_cells(
        frame,
        hidden=pd.DataFrame(list(hidden), columns=["line", "column"]),
        indicators=CATALOGUE,
        names=NAMES,
        file="besoin/carreaux.csv",
        vintage="2019",
    )


def test_sums_by_commune():
    frame = cells([("99001", 1.5, 10, 2), ("99001", 2, 5, 1.5), ("99002", 0, 3, 0)])
    extract = total(frame)
    assert list(extract.values) == list(VALUE_COLUMNS)
    rows = extract.values.set_index(["indicator", "code"])
    assert rows["value"].to_dict() == {
        ("menages_pauvres", "99001"): 3.5,
        ("menages_pauvres", "99002"): 0,
        ("65_plus", "99001"): 18.5,
        ("65_plus", "99002"): 3,
    }
    assert set(rows["level"]) == {"commune"}
    assert set(rows["status"]) == {"publie"}
    assert set(rows["vintage"]) == {"2019"}
    assert rows.loc[("65_plus", "99001"), ["name", "column"]].tolist() == [
        "Aval",
        "ind_65_79 + ind_80p",
    ]
    assert rows["line"].isna().all()  # a value is of no single cell
    assert extract.rows_read == 3


def test_a_sum_that_lacks_a_cell_is_missing_and_says_why():
    frame = cells([("99001", np.nan, 1, 2), ("99001", 2, 5, np.nan), ("99002", np.nan, 3, 0)])
    rows = total(frame, hidden=[(2, "men_pauv")]).values.set_index(["indicator", "code"])
    assert rows["status"].to_dict() == {
        ("menages_pauvres", "99001"): "secret",
        ("menages_pauvres", "99002"): "non_disponible",
        ("65_plus", "99001"): "non_disponible",
        ("65_plus", "99002"): "publie",
    }


def test_what_the_grid_does_not_give_is_said():
    told = {one.value for one in total(cells([("99001", 1, 1, 1)])).findings}
    assert told == {"moins_20", "0_2", "12_25"}
    bare = cells([("99001", 1, 1, 1)])[["commune_code", "place_code"]]
    extract = total(bare)
    assert extract.values.empty
    assert "aucun effectif" in extract.findings[0].what


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(NAMES.index)), *[st.integers(0, 900)] * 3),
        min_size=1,
        max_size=80,
    )
)
def test_nobody_is_lost_and_the_order_of_cells_does_not_matter(rows):
    tenths = [(code, a / 10, b / 10, c / 10) for code, a, b, c in rows]
    values = total(cells(tenths)).values
    pd.testing.assert_frame_equal(values, total(cells(tenths[::-1])).values)
    sums = values.groupby("indicator")["value"].sum()
    assert sums["menages_pauvres"] == pytest.approx(sum(row[1] for row in tenths))
    assert sums["65_plus"] == pytest.approx(sum(row[2] + row[3] for row in tenths))


def test_publics_of_town_halls(toy):
    frame = cells([("99001", 1.5, 10, 2), ("99001", 2, 5, 1.5), ("99003", 7, np.nan, 0)])
    weights = grid_weights(frame, origins=toy.origins)
    assert weights.index.equals(toy.origins.index)
    assert list(weights) == ["65_plus", "menages_pauvres"]
    np.testing.assert_array_equal(weights["menages_pauvres"], [3.5, np.nan, 7, np.nan])
    np.testing.assert_array_equal(weights["65_plus"], [18.5, np.nan, np.nan, np.nan])


def test_publics_of_arrondissements(toy):
    frame = cells([("99001", 1, 0, 0), ("99001", 2, 0, 0)], places=["99901", "99902"])
    origins = toy.origins.iloc[[0, 0]].set_axis(pd.Index(["99901", "99902"], name="id"))
    assert grid_weights(frame, origins=origins)["menages_pauvres"].tolist() == [1, 2]


def test_publics_of_points_are_those_of_their_cell(toy):
    x = [700_100.0, 700_300, 704_100]
    back = Transformer.from_crs(2154, 3035, always_xy=True)
    east, north = back.transform(x[0], 6_602_000.0)
    frame = cells([("99001", 1, 2, 3), ("99001", 4, 5, 6), ("99002", 7, 8, 9)])
    frame = frame.assign(x=x, y=6_602_000.0)
    frame.loc[2, ["epsg", "x", "y"]] = [3035, east, north]
    origins = gpd.GeoDataFrame(
        {"commune_code": ["99002", "99001", "99001"], "position": "point"},
        geometry=gpd.points_from_xy([x[2], x[0], 700_250], [6_602_000.0] * 3),
        index=pd.Index(["point:9", "point:2", "point:5"], name="id"),
        crs=2154,
    )
    weights = grid_weights(frame, origins=origins)
    np.testing.assert_array_equal(weights["menages_pauvres"], [7, 1, np.nan])
    np.testing.assert_array_equal(weights["65_plus"], [17, 5, np.nan])


def test_a_public_whose_counts_are_not_there_has_no_column(toy):
    frame = cells([("99001", 1, 2, 3)]).drop(columns="ind_80p")
    assert list(grid_weights(frame, origins=toy.origins)) == ["menages_pauvres"]


def test_one_file_gives_points_and_publics(tmp_path):
    """Read as population and as need, the cells of a file are the same places and people."""
    path = tmp_path / "carreaux_2019.csv"
    to_cells = Transformer.from_crs(4326, 3035, always_xy=True)
    lines = ["idcar_200m,i_est_200,lcog_geo,ind,men,men_pauv,ind_65_79,ind_80p"]
    for i, place in enumerate([(3.333, 46.565), (3.426, 46.127), (2.603, 46.34), (2.35, 48.85)]):
        east, north = (int(value // 200) * 200 for value in to_cells.transform(*place))
        lines.append(f"CRS3035RES200mN{north}E{east},0,,{30 + i},15,{i},{i + 1},0.5")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    territory = load_territory(
        "03", neighbourhood_km=0, grid=Grid(path=path, format="carreaux-insee")
    )
    grid = read_insee_grid(path, file=path.name, country=load_country())
    weights = grid_weights(grid.frame, origins=territory.origins)
    assert weights["menages_pauvres"].tolist() == [0, 1, 2]
    assert weights["65_plus"].tolist() == [1.5, 2.5, 3.5]
    halls = load_territory("03", neighbourhood_km=0).origins
    by_commune = grid_weights(grid.frame, origins=halls)["menages_pauvres"].dropna()
    assert by_commune.to_dict() == {"03190": 0, "03310": 1, "03185": 2}
