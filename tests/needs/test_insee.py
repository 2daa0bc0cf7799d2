"""INSEE files: sheets, grains, years; then the real ones (must show 1)."""

import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.files import read_book
from cartoallier.model import Indicator
from cartoallier.needs.checks import checked
from cartoallier.needs.insee import read_insee
from needs.twins import write_book


@pytest.fixture(scope="module")
def indicators():
    return load_catalogue().indicators


@pytest.fixture
def read(tmp_path, indicators):
    """Read a text or sheets."""

    def read(content, name="base.csv", known=indicators):
        path = tmp_path / name
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            write_book(path, content)
        return read_insee(read_book(path, file=name), indicators=known)

    return read


def levels(extract):
    return dict(zip(extract.values["code"], extract.values["level"], strict=True))


def test_census_columns(read):
    """Sums and differences of columns; years of the names, several of them."""
    extract = read(
        "CODGEO;P21_POP;P15_POP;P21_RP;P21_RP_VOIT1P\n03185;33000;36000;17000;13000,5\n"
        "03190;19000;s;9000;nd\n"
    )
    rows = extract.values.set_index(["indicator", "vintage", "code"])
    assert rows.loc[("population_rp", "2015", "03185"), "value"] == 36_000
    assert rows.loc[("population_rp", "2015", "03190"), "status"] == "secret"
    cars = rows.loc[("menages_sans_voiture", "2021", "03185")]
    assert cars["value"] == pytest.approx(3999.5)
    assert cars["column"] == "P21_RP - P21_RP_VOIT1P"
    assert rows.loc[("menages_sans_voiture", "2021", "03190"), "status"] == "non_disponible"


def test_iris_file(read):
    """The codes of IRIS, not those of communes and régions beside them; ``DISP_`` in front."""
    extract = read(
        "IRIS;LIBIRIS;COM;LIBCOM;DISP_TP6019;DISP_MED19\n"
        "031850101;Centre;03185;Montluçon;23,5;18000\n030010000;Abrest;03001;Abrest;ns;21000\n",
        "BASE_TD_FILO_DISP_IRIS_2019.csv",
    )
    assert levels(extract) == {"031850101": "iris", "030010000": "iris"}
    assert extract.values["vintage"].unique().tolist() == ["2019"]


def test_iris_zeros_given_back(read):
    extract = read({"IRIS": [["CODGEO", "P21_POP"], [31850101, 2000], [30010000, 900]]}, "b.xlsx")
    assert set(levels(extract)) == {"031850101", "030010000"}


def test_finest_codes_win(read):
    """Région and département columns stand before the commune's."""
    extract = read("REG;DEP;COM;P21_POP\n84;03;03185;33000\n84;03;03190;19000\n84;03;03310;25000\n")
    assert set(levels(extract).values()) == {"commune"}


def test_municipal_arrondissements(read):
    cells = [["CODGEO", "MED21"], ["75101", 40000], ["75102", 41000]]
    assert set(levels(read({"ARM": cells}, "b.xlsx")).values()) == {"arm"}


def test_metropole_among_notes(read):
    """One code, more notes than codes."""
    rows = [["CODGEO", "Q219"], ["1", 21930], ["Champ : France"], ["Note : lire"], ["Source"]]
    extract = read({"METROPOLE": rows}, "FILO2019_DISP_METROPOLE.xlsx")
    assert levels(extract) == {"1": "france"}
    assert extract.dropped == {"sans code de zone (notes, totaux, unités)": 3}
    assert extract.rows_read == 4


@pytest.mark.parametrize("sheet", ["ZE2020", "UU2020", "ARR", "BV2022", "AAV2020"])
def test_other_grains_are_not_communes(sheet, read):
    """Codes of urban units and employment zones look like those of communes."""
    cells = [["CODGEO", "MED21"], ["00101", 21000], ["8410", 22000]]
    good = [["CODGEO", "MED21"], ["03185", 21000]]
    extract = read({"COM": good, sheet: cells}, "b.xlsx")
    assert set(levels(extract)) == {"03185"}
    assert [f.column for f in extract.findings] == [sheet]


def test_declared_codes(read):
    """The year of the codes: in the name of the file, else in the titles."""
    body = "CODGEO;MED20\n03185;20000\n"
    assert read(body, "base-cc-filosofi-2020-geo2023.csv").cog == "2023"
    assert read(f"Revenus\nGéographie au 01/01/2024\n{body}").cog == "2024"
    titled = f"Limites territoriales en vigueur au 1er janvier 2022\n{body}"
    assert read(titled).cog == "2022"
    assert read(body).cog == ""


def test_year_of_names_without_one(read):
    known = {"rd": Indicator(id="rd", label="", unit="", kind="indice", codes=("RD",))}
    body = "CODGEO;RD\n03;3,1\n63;3,2\n"
    for name, year in (
        ("FILO2017_DISP_DEP.csv", "2017"),
        ("base-2020-geo2023.csv", "2020"),
        ("dep.csv", ""),
    ):
        assert read(body, name, known).values["vintage"].unique().tolist() == [year]


def test_other_layouts_are_left(read):
    assert read("GEO;GEO_OBJECT;FILOSOFI_MEASURE;OBS_VALUE\n03185;COM;MED_SL;20000\n") is None
    assert read("codgeo;an;part_non_inseres\n03;2013;17\n03;2018;17,6\n") is None
    assert read("Nom;Adresse\nA;B\n") is None


def real(shared_data, name, indicators):
    path = shared_data / name
    extract = read_insee(read_book(path, file=path.name), indicators=indicators)
    assert extract is not None
    return checked(extract, indicators=indicators)


def test_real_communes_of_2021(shared_data, indicators):
    """34 909 communes; in Allier 23 rates and 294 secrets, 310 medians; identities hold."""
    extract = real(shared_data, "filosofi-2021-communes/cc_filosofi_2021_COM.csv", indicators)
    values = extract.values
    assert extract.rows_read == values["code"].nunique() == 34_909
    assert set(values["level"]) == {"commune"}
    allier = values[values["code"].str.startswith("03")]
    counts = allier.groupby(["indicator", "status"]).size()
    assert counts["taux_pauvrete"].to_dict() == {"publie": 23, "secret": 294}
    assert counts["niveau_vie_median"].to_dict() == {"publie": 310, "secret": 7}
    rates = values[values["indicator"] == "taux_pauvrete"]["status"].value_counts().to_dict()
    assert rates == {"secret": 30_500, "publie": 4_265, "sous_seuil": 132, "non_disponible": 12}
    said = {f.what for f in extract.findings}
    assert said == {"beaucoup de valeurs sont sous le secret statistique"}
    full = values[values["status"] == "publie"].pivot(
        index="code", columns="indicator", values="value"
    )
    shares = full.dropna(subset=["pact", "ppsoc", "pimpot"])
    assert len(shares) == 5_348
    assert (shares["pact"] - shares["ptsa"] - shares["pcho"] - shares["pben"]).abs().max() < 1e-9
    total = shares[["pact", "ppen", "ppat", "ppsoc", "pimpot"]].sum(axis=1)
    assert (total - 100).abs().max() < 1e-9


def test_real_epci_of_2019(shared_data, indicators):
    """The medians of the 12 EPCI of Allier (DOMAIN §6.2)."""
    extract = real(shared_data, "filosofi-disp-2016-2019/epci/FILO2019_DISP_EPCI.csv", indicators)
    medians = extract.values[extract.values["indicator"] == "niveau_vie_median"]
    found = medians.set_index("code")["value"]
    assert len(found) == 1_240
    assert found[list(MEDIANS)].to_dict() == MEDIANS
    assert extract.findings == []


MEDIANS = {
    "200071082": 20_420,
    "200071140": 21_160,
    "200071363": 20_880,
    "200071389": 20_580,
    "200071470": 19_770,
    "200071496": 20_160,
    "200071512": 20_360,
    "240300491": 19_400,
    "240300558": 19_570,
    "240300566": 20_920,
    "240300657": 20_510,
    "200071884": 20_360,
}


@pytest.mark.parametrize(
    ("name", "level", "rows", "year"),
    [
        ("epci/FILO2016_DISP_EPCI.csv", "epci", 1252, "2016"),
        ("epci/FILO2017_DISP_EPCI.csv", "epci", 1249, "2017"),
        ("epci/FILO2018_DISP_EPCI.csv", "epci", 1244, "2018"),
        ("dep_reg_metropole/FILO2017_DISP_DEP.csv", "departement", 98, "2017"),
        ("dep_reg_metropole/FILO2018_DISP_REG.csv", "region", 15, "2018"),
        ("dep_reg_metropole/FILO2016_DISP_METROPOLE.csv", "france", 1, "2016"),
        ("communes/FILO2019_DISP_COM.csv", "commune", 31_361, "2019"),
    ],
)
def test_real_distributions(name, level, rows, year, shared_data, indicators):
    """Every grain of the « DISP » files, 69 empty columns in 2017; identities hold."""
    extract = real(shared_data, f"filosofi-disp-2016-2019/{name}", indicators)
    assert extract.rows_read == extract.values["code"].nunique() == rows
    assert set(extract.values["level"]) == {level}
    assert set(extract.values["vintage"]) == {year}
    assert not [f for f in extract.findings if "somme" in f.what or "décile" in f.what]
    assert "taux_pauvrete" not in set(extract.values["indicator"])
