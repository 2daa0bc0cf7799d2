"""The Observatoire des territoires: one row per zone and year."""

import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.files import read_book
from cartoallier.needs.observatoire import read_observatoire


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


@pytest.fixture
def read(tmp_path, indicators):
    def read(text):
        path = tmp_path / "odt.csv"
        path.write_text(text, encoding="utf-8-sig")
        return read_observatoire(read_book(path, file="odt.csv"), indicators=indicators)

    return read


def test_a_row_per_year(read):
    extract = read(
        "codgeo;libgeo;an;part_non_inseres\n03;Allier;2013;18,40\n03;Allier;2018;17,60\n"
        "63;Puy-de-Dôme;2018;\n63;Puy-de-Dôme;2013;nd\n"
    )
    rows = extract.values.set_index(["code", "vintage"])
    assert extract.layout == "observatoire"
    assert extract.rows_read == 4
    assert rows.loc[("03", "2018"), "value"] == 17.6
    assert rows.loc[("63", "2018"), "status"] == "non_disponible"
    assert rows.loc[("63", "2013"), "status"] == "non_disponible"
    assert rows.loc[("03", "2013"), ["level", "name", "line"]].tolist() == [
        "departement",
        "Allier",
        2,
    ]
    assert extract.findings == []


def test_years_of_a_spreadsheet(read):
    """A year may be a float; one that is none loses its row, which is said."""
    extract = read("codgeo;an;part_non_inseres\n03;2018,0;17\n63;n;13\n15;;12\n43;2013.0;11\n")
    assert extract.values["vintage"].tolist() == ["2018", "2013"]
    assert extract.values["line"].tolist() == [2, 5]
    assert extract.dropped == {"ligne sans année lisible": 2}
    assert [(f.line, f.column, f.value) for f in extract.findings] == [(3, "an", "n, 2 lignes")]


def test_same_zone_same_year(read):
    extract = read("codgeo;an;part_non_inseres\n03;2018;17\n03;2018;18\n63;2018;13\n")
    assert extract.values["code"].tolist() == ["63"]
    assert {f.what for f in extract.findings} == {
        "zone présente deux fois, avec des valeurs différentes"
    }


@pytest.mark.parametrize(
    "text",
    [
        "codgeo;libgeo;part_non_inseres\n03;Allier;17\n",
        "codgeo;an;autre\n03;2018;17\n",
        "nom;an;part_non_inseres\nAllier;2018;17\n",
        "CODGEO;AN;P21_POP\n03185;2021;33000\n",
    ],
)
def test_other_layouts_are_left(text, read):
    assert read(text) is None


@pytest.mark.parametrize(
    ("grain", "level", "rows", "years"),
    [
        ("epci", "epci", 3_762, {"2008", "2013", "2018"}),
        ("dpt", "departement", 606, {"2007", "2008", "2012", "2013", "2017", "2018"}),
        ("region", "region", 108, {"2007", "2008", "2012", "2013", "2017", "2018"}),
        ("communes", "commune", 104_895, {"2008", "2013", "2018"}),
    ],
)
def test_real_files(grain, level, rows, years, shared_data, indicators):
    """Every grain; in Allier 17.6 % in 2018, its 12 EPCI 15.5 to 20.3 (DOMAIN §1.3 E)."""
    path = shared_data / f"neet-2008-2018/neet_{grain}_2018.csv"
    extract = read_observatoire(read_book(path, file=path.name), indicators=indicators)
    values = extract.values
    assert extract.rows_read == len(values) == rows
    assert set(values["level"]) == {level}
    assert set(values["vintage"]) <= years
    last = values[values["vintage"] == "2018"].set_index("code")
    if grain == "dpt":
        assert last.loc["03", "value"] == 17.6
    if grain == "epci":
        assert last.loc["240300657", "value"] == 15.5
        assert last.loc["200071512", "value"] == 20.3
        assert values["status"].value_counts().to_dict().keys() == {"publie", "non_disponible"}
    if grain == "communes":
        allier = last[last.index.str.startswith("03")]
        assert allier["status"].value_counts().to_dict() == {"publie": 316, "non_disponible": 1}
