"""The census on the toy territory, by hand, then on the real files."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.errors import SourceError
from cartoallier.model import COUNTRY_COLUMNS, Country, Indicator, Passage
from cartoallier.needs import bring_needs, read_census

NAMES = ["pop", "pop_0_19", "pop_20_64", "pop_65p"]
HOUSING = ["logements", "res_principales", "res_secondaires", "logements_vacants"]
ROWS = {
    "99001": [100, 20, 50, 30, 60, 40, 15, 5],
    "99002": [300, 90, 150, 60, 150, 130, 5, 15],
    "99003": [600, 100, 300, 200, 300, 250, 20, 30],
    "98001": [1000, 300, 500, 200, 500, 450, 20, 30],
}


@pytest.fixture(scope="module")
def indicators():
    return {k: i for k, i in load_catalogue().indicators.items() if i.source == "rp2021"}


def load_census(territory, *, indicators, path):
    """The census alone, brought to a territory that is the whole country."""
    extract, record = read_census(path)
    communes = territory.communes[list(COUNTRY_COLUMNS)]
    epci = pd.Series(dict.fromkeys(communes["epci_code"].unique(), "CC"), dtype="str")
    country = Country(pd.DataFrame(communes), epci, territory.passage, "2026")
    needs, findings = bring_needs(
        [extract],
        territory=territory,
        country=country,
        indicators=indicators,
        mentions={"rp2021": "INSEE, RP 2021"},
    )
    return needs, [f for f in findings if "plus ancien" not in f.what], record


@pytest.fixture
def write(tmp_path):
    def write(rows):
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=NAMES + HOUSING)
        path = tmp_path / "census.parquet"
        frame.rename_axis("code").reset_index().to_parquet(path)
        return path

    return write


def value(needs, indicator, level, code, perimeter="entier"):
    rows = needs.of(indicator, level)
    row = rows[(rows["code"] == code) & (rows["perimeter"] == perimeter)]
    assert len(row) == 1
    return row["value"].iloc[0], row["status"].iloc[0]


def with_passage(territory, **changes):
    return dataclasses.replace(
        territory, passage=Passage(dict(territory.passage.successors) | changes)
    )


def test_counts_and_rates_of_every_level(toy, indicators, write):
    needs, findings, record = load_census(toy, indicators=indicators, path=write(ROWS))
    assert value(needs, "65_plus", "commune", "99001") == (30, "publie")
    assert value(needs, "population", "departement", "99") == (1000, "publie")
    assert value(needs, "65_plus", "epci", "100000002") == (400, "publie")
    assert value(needs, "65_plus", "epci", "100000002", "partie") == (200, "publie")
    assert value(needs, "65_plus", "arrondissement", "991") == (90, "publie")
    # 90 / 400, not the mean of 30 % and 20 %
    assert value(needs, "part_65_plus", "epci", "100000001") == (22.5, "publie")
    assert value(needs, "part_moins_20", "departement", "99") == (21, "publie")
    assert value(needs, "part_logements_vacants", "commune", "99003") == (10, "publie")
    assert value(needs, "part_residences_secondaires", "commune", "99001") == (25, "publie")
    assert findings == []
    assert (record.rows_read, record.rows_kept, record.format) == (4, 4, "rp2021")
    assert record.licence == "Licence Ouverte 2.0"
    assert record.vintage == "2021"
    assert len(record.sha256) == 64


def test_one_row_per_indicator_and_zone(toy, indicators, write):
    needs, _, _ = load_census(toy, indicators=indicators, path=write(ROWS))
    assert len(needs.values) == 12 * len(toy.zones)
    assert list(needs.values["indicator"].unique()) == list(indicators)
    assert set(needs.values["unit"]) == {"personnes", "logements", "%"}


def test_weights_of_origins(toy, indicators, write):
    needs, _, _ = load_census(toy, indicators=indicators, path=write(ROWS))
    assert list(needs.weights.columns) == ["moins_20", "65_plus"]
    assert needs.weights.index.equals(toy.origins.index)
    assert list(needs.weights["65_plus"]) == [30, 60, 200, 200]
    assert list(needs.weights["moins_20"]) == [20, 90, 100, 300]
    assert "65 ans et plus" in needs.weight_labels["65_plus"]
    assert "2021" in needs.weight_labels["65_plus"]


def test_merged_communes_add_up(toy, indicators, write):
    rows = ROWS | {"99009": [10, 1, 4, 5, 8, 6, 1, 1]}
    needs, _, _ = load_census(toy, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "commune", "99002") == (65, "publie")
    assert value(needs, "65_plus", "departement", "99") == (295, "publie")
    assert needs.weights.at["99002", "65_plus"] == 65


def test_split_commune_is_known_only_with_all_its_parts(toy, indicators, write):
    """99010 became 99001 and 99002, which the file does not know; 99002 also absorbed 99009."""
    rows = {
        "99010": [350, 100, 170, 80, 200, 160, 20, 20],
        "99009": [50, 10, 30, 10, 10, 10, 0, 0],
        "99003": ROWS["99003"],
        "98001": ROWS["98001"],
    }
    needs, findings, _ = load_census(toy, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "epci", "100000001") == (90, "publie")
    assert value(needs, "population", "departement", "99") == (1000, "publie")
    assert value(needs, "part_65_plus", "epci", "100000001") == (22.5, "publie")
    for code in ("99001", "99002"):
        number, status = value(needs, "65_plus", "commune", code)
        assert np.isnan(number)
        assert status == "non_disponible"
        assert np.isnan(needs.weights.at[code, "65_plus"])
    assert value(needs, "65_plus", "commune", "99003") == (200, "publie")
    assert [f.value for f in findings] == ["99001", "99002"]
    assert len({f.what for f in findings}) == 1


def test_file_drawn_after_the_split_gives_every_commune(toy, indicators, write):
    """99002 once held 99001; both have their own row, so the split is already in the file."""
    territory = with_passage(toy, **{"99002": ("99001", "99002")})
    needs, findings, _ = load_census(territory, indicators=indicators, path=write(ROWS))
    assert value(needs, "65_plus", "commune", "99001") == (30, "publie")
    assert value(needs, "65_plus", "commune", "99002") == (60, "publie")
    assert findings == []


def test_split_that_keeps_the_old_code_is_known_together(toy, indicators, write):
    """99002 held 99001 when the file was drawn: one row for both."""
    territory = with_passage(toy, **{"99002": ("99001", "99002")})
    rows = {c: r for c, r in ROWS.items() if c != "99001"}
    needs, findings, _ = load_census(territory, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "commune", "99002")[1] == "non_disponible"
    assert value(needs, "65_plus", "arrondissement", "991") == (60, "publie")
    assert [f.value for f in findings] == ["99001", "99002"]


def test_zone_with_a_part_of_a_split_commune_is_not_available(toy, indicators, write):
    """The old commune lies across the border: its EPCI knows it, the département does not."""
    territory = with_passage(toy, **{"99011": ("98001", "99003")})
    rows = {c: r for c, r in ROWS.items() if c not in {"98001", "99003"}}
    rows["99011"] = [1600, 400, 800, 400, 800, 700, 40, 60]
    needs, _, _ = load_census(territory, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "epci", "100000002") == (400, "publie")
    for level, code, perimeter in (
        ("epci", "100000002", "partie"),
        ("departement", "99", "entier"),
        ("arrondissement", "992", "entier"),
    ):
        number, status = value(needs, "65_plus", level, code, perimeter)
        assert np.isnan(number)
        assert status == "non_disponible"


def test_commune_out_of_the_file_is_never_zero(toy, indicators, write):
    rows = {c: r for c, r in ROWS.items() if c != "99002"}
    needs, findings, _ = load_census(toy, indicators=indicators, path=write(rows))
    for level, code, why in (
        ("commune", "99002", "absent"),
        ("epci", "100000001", "non_disponible"),
        ("departement", "99", "non_disponible"),
    ):
        number, status = value(needs, "population", level, code)
        assert np.isnan(number)
        assert status == why
    assert value(needs, "population", "epci", "100000002") == (1600, "publie")
    assert np.isnan(needs.weights.at["99002", "moins_20"])
    assert [f.value for f in findings] == ["99002"]


def test_nobody_has_no_rate_but_a_count(toy, indicators, write):
    rows = ROWS | {"99001": [0] * 8}
    needs, _, _ = load_census(toy, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "commune", "99001") == (0, "publie")
    assert value(needs, "part_65_plus", "commune", "99001")[1] == "non_disponible"


def test_arrondissements_municipaux_sum_to_the_commune_and_weigh_alone(toy, indicators, write):
    """99001 is a city of two arrondissements, 99201 and 99202, each an origin."""
    origins = toy.origins.iloc[[0, 0, 1, 2, 3]].copy()
    origins.index = pd.Index(["99201", "99202", "99002", "99003", "98001"], name="id")
    territory = dataclasses.replace(
        with_passage(toy, **{"99201": ("99001",), "99202": ("99001",)}), origins=origins
    )
    rows = {c: r for c, r in ROWS.items() if c != "99001"}
    rows |= {"99201": [40, 8, 20, 12, 20, 20, 0, 0], "99202": [60, 12, 30, 18, 40, 20, 15, 5]}
    needs, findings, _ = load_census(territory, indicators=indicators, path=write(rows))
    assert value(needs, "65_plus", "commune", "99001") == (30, "publie")
    assert list(needs.weights["65_plus"]) == [12, 18, 60, 200, 200]
    assert findings == []


def test_grid_points_have_no_weight_and_it_is_said(toy, indicators, write):
    territory = dataclasses.replace(toy, gridded=True)
    needs, findings, _ = load_census(territory, indicators=indicators, path=write(ROWS))
    assert needs.weights.isna().all(axis=None)
    assert needs.weights.index.equals(toy.origins.index)
    assert len(findings) == 1
    assert value(needs, "65_plus", "departement", "99") == (290, "publie")


def test_order_of_rows_does_not_matter(toy, indicators, write):
    backwards = dict(reversed(ROWS.items()))
    first = load_census(toy, indicators=indicators, path=write(ROWS))[0]
    second = load_census(toy, indicators=indicators, path=write(backwards))[0]
    pd.testing.assert_frame_equal(first.values, second.values)
    pd.testing.assert_frame_equal(first.weights, second.weights)


def test_rate_of_the_user(toy, indicators, write):
    rate = Indicator(
        id="part_actifs",
        label="Part des 20 à 64 ans",
        unit="%",
        kind="taux",
        numerator="20_64",
        weight="population",
        source="rp2021",
        vintage="2021",
    )
    unknown = dataclasses.replace(rate, id="autre", numerator="75_plus")
    wanted = {**indicators, "part_actifs": rate, "autre": unknown}
    needs, _, _ = load_census(toy, indicators=wanted, path=write(ROWS))
    assert value(needs, "part_actifs", "departement", "99") == (50, "publie")
    assert "autre" not in set(needs.values["indicator"])


def test_without_indicators_the_table_is_empty(toy, write):
    needs, _, _ = load_census(toy, indicators={}, path=write(ROWS))
    assert needs.values.empty
    assert needs.weights.empty


@pytest.mark.parametrize("content", [b"", b"code,pop\n1,2\n", b"PAR1 truncated PAR1"])
def test_a_wrong_file_is_explained(toy, indicators, tmp_path, content):
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="recensement"):
        load_census(toy, indicators=indicators, path=path)
    with pytest.raises(SourceError, match="illisible"):
        load_census(toy, indicators=indicators, path=tmp_path / "absent.parquet")


def test_a_file_with_doubled_codes_or_missing_columns_is_explained(
    toy, indicators, write, tmp_path
):
    frame = pd.read_parquet(write(ROWS))
    path = tmp_path / "y.parquet"
    pd.concat([frame, frame]).to_parquet(path)
    with pytest.raises(SourceError, match="double"):
        load_census(toy, indicators=indicators, path=path)
    frame.drop(columns="pop_65p").to_parquet(path)
    with pytest.raises(SourceError, match="attendu"):
        load_census(toy, indicators=indicators, path=path)


def test_shipped_census_is_the_sum_of_the_iris(shared_data):
    iris = pd.read_parquet(shared_data / "rp2021-iris" / "iris_2021.parquet")
    ours = pd.read_parquet(shipped("needs/rp2021_communes.parquet")).set_index("code")
    assert list(ours.columns) == NAMES + HOUSING
    for column in ours:
        totals = dict.fromkeys(ours.index, 0)
        for code, number in zip(iris["com"], iris[column], strict=True):
            totals[code] += number
        assert totals == ours[column].to_dict()
    allier = ours[ours.index.str.startswith("03")]
    assert len(allier) == 317
    assert allier["pop"].sum() == 334_872
    assert allier["pop_65p"].sum() == 94_473


def test_breaks_part_the_communes_in_five_like_classes(indicators):
    """The bounds of the catalogue are rounded quintiles of inhabited communes."""
    census = pd.read_parquet(shipped("needs/rp2021_communes.parquet"))
    for id_, above, below in (
        ("part_65_plus", "pop_65p", "pop"),
        ("part_moins_20", "pop_0_19", "pop"),
        ("part_logements_vacants", "logements_vacants", "logements"),
        ("part_residences_secondaires", "res_secondaires", "logements"),
    ):
        inhabited = census[census[below] > 0]
        rate = 100 * inhabited[above] / inhabited[below]
        classes = np.searchsorted(indicators[id_].breaks, rate, side="right")
        shares = np.bincount(classes, minlength=5) / len(rate)
        assert len(indicators[id_].breaks) == 4
        assert shares.min() > 0.14
        assert shares.max() < 0.26
