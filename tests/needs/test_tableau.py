"""Any table of zones: by a mapping of its columns, or by headers that are already our words."""

from pathlib import Path

import pytest

from cartoallier.errors import SourceError
from cartoallier.files import Book, read_book
from cartoallier.model import Indicator
from cartoallier.needs.tableau import read_tableau
from cartoallier.needs.values import Extract

INDICATORS = {
    one.id: one
    for one in (
        Indicator(id="taux_pauvrete", label="Taux de pauvreté", unit="%", kind="taux", floor=5),
        Indicator(id="demandeurs_emploi", label="Demandeurs d’emploi", unit="personnes",
                  kind="effectif"),
        Indicator(id="65_plus", label="Personnes de 65 ans et plus", unit="personnes",
                  kind="effectif"),
        Indicator(id="logements_avant_1971", label="Logements d’avant 1971", unit="logements",
                  kind="effectif"),
    )
}  # fmt: skip

TABLE = """insee,commune,tx_pauv,inscrits
03001,Abrest,"12,5",100
03002,Agonges,s,
03185,Montluçon,4.2,"1 200"
"""


def book(text: str, *, delimiter: str = ",", file: str = "tableau.csv") -> Book:
    import csv
    import io

    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    return Book(file=file, sheets={"": rows}, sha256="")


def mapped(text: str, columns: dict[str, str], *, vintage: str = "2021") -> Extract:
    extract = read_tableau(book(text), indicators=INDICATORS, columns=columns, vintage=vintage)
    assert extract is not None
    return extract


def test_a_mapping_names_the_columns() -> None:
    extract = mapped(
        TABLE,
        {"code": "insee", "nom": "commune", "taux_pauvrete": "tx_pauv"}
        | {"demandeurs_emploi": "inscrits"},
    )
    told = extract.values[["indicator", "level", "code", "name", "value", "status", "line"]]
    assert told.fillna(-1).to_numpy().tolist() == [
        ["taux_pauvrete", "commune", "03001", "Abrest", 12.5, "publie", 2],
        ["taux_pauvrete", "commune", "03002", "Agonges", -1, "secret", 3],
        ["taux_pauvrete", "commune", "03185", "Montluçon", 5.0, "sous_seuil", 4],
        ["demandeurs_emploi", "commune", "03001", "Abrest", 100, "publie", 2],
        ["demandeurs_emploi", "commune", "03002", "Agonges", -1, "absent", 3],
        ["demandeurs_emploi", "commune", "03185", "Montluçon", 1200, "publie", 4],
    ]
    assert set(extract.values["vintage"]) == {"2021"}
    assert set(extract.values["source"]) == {extract.layout} == {"tableau"}
    assert extract.rows_read == 3


def test_names_are_met_whatever_their_capitals_and_accents() -> None:
    extract = mapped(TABLE, {"code": "INSEE", "taux_pauvrete": "Tx-Pauv"})
    assert len(extract.values) == 3


def test_the_year_of_a_column_is_that_of_its_name_unless_declared() -> None:
    text = "insee,pauv_2019\n03001,12\n03002,13\n"
    columns = {"taux_pauvrete": "pauv_2019"}
    assert set(mapped(text, columns, vintage="").values["vintage"]) == {"2019"}
    assert set(mapped(text, columns, vintage="2020").values["vintage"]) == {"2020"}


def test_a_year_that_is_nowhere_is_found() -> None:
    extract = mapped(TABLE, {"taux_pauvrete": "tx_pauv"}, vintage="")
    assert extract.findings[-1].value == "taux_pauvrete"
    assert "millesime" in extract.findings[-1].action


def test_floats_and_lost_zeros_in_codes_are_mended() -> None:
    text = "siren,x\n200071363.0,12\n240300616,13\n"
    extract = mapped(text, {"code": "siren", "taux_pauvrete": "x"})
    assert list(extract.values["code"]) == ["200071363", "240300616"]
    assert set(extract.values["level"]) == {"epci"}
    text = "code commune,x\n3001,12\n3002,13\n"
    extract = mapped(text, {"code": "code commune", "taux_pauvrete": "x"})
    assert list(extract.values["code"]) == ["03001", "03002"]


def test_a_code_column_that_no_vocabulary_knows() -> None:
    text = "titre\nidentite,machin,x\n03001,a,12\n03002,b,13\n"
    assert len(mapped(text, {"code": "identite", "taux_pauvrete": "x"}).values) == 2


def test_a_column_under_a_group_is_named_by_its_own_words_or_the_whole() -> None:
    text = ",,Pauvreté,,Logement,\nCode EPCI,EPCI,Part,Total,Part,Total\n"
    text += "200071363,Vichy,17,100,20,300\n200071082,Montluçon,18,110,21,310\n"
    extract = mapped(text, {"taux_pauvrete": "Pauvreté – Part"})
    assert list(extract.values["value"]) == [17, 18]
    assert list(extract.values["name"]) == ["Vichy", "Montluçon"]
    with pytest.raises(SourceError, match="plusieurs colonnes portent ce nom"):
        mapped(text, {"taux_pauvrete": "Part"})


def test_every_sheet_that_has_the_column_is_read() -> None:
    sheets = {
        "EPCI": [["code", "x"], ["200071363", "12"], ["240300616", "13"]],
        "COM": [["code", "x"], ["03001", "12"], ["03002", "13"]],
        "Notes": [["bonjour"]],
    }
    extract = read_tableau(
        Book(file="a.xlsx", sheets=sheets, sha256=""),
        indicators=INDICATORS,
        columns={"code": "code", "taux_pauvrete": "x"},
        vintage="2021",
    )
    assert extract is not None
    assert extract.values.groupby("level").size().to_dict() == {"commune": 2, "epci": 2}


def test_two_sheets_that_disagree_are_refused_and_that_agree_count_once() -> None:
    first = [["code", "x"], ["03001", "12"], ["03002", "13"]]
    columns = {"code": "code", "taux_pauvrete": "x"}
    same = Book(file="a.xlsx", sheets={"a": first, "b": first}, sha256="")
    extract = read_tableau(same, indicators=INDICATORS, columns=columns, vintage="2021")
    assert extract is not None
    assert len(extract.values) == 2
    other = Book(file="a.xlsx", sheets={"a": first, "b": [*first[:2], ["03002", "14"]]}, sha256="")
    with pytest.raises(SourceError, match="deux fois, différemment") as caught:
        read_tableau(other, indicators=INDICATORS, columns=columns, vintage="2021")
    assert "«\u00a0b\u00a0» ligne 3" in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"taux_pauvrte": "tx_pauv"}, ["colonnes.taux_pauvrte", "taux_pauvrete"]),
        ({"taux_pauvrete": "tx_pauvre"}, ["colonnes.taux_pauvrete", "tx_pauv"]),
        ({"code": "insee", "nom": "nomm", "taux_pauvrete": "tx_pauv"}, ["colonnes.nom"]),
        ({"code": "commune", "taux_pauvrete": "tx_pauv"}, ["commune", "codes", "inscrits"]),
        ({"code": "absente", "taux_pauvrete": "tx_pauv"}, ["absente", "«\u00a0insee\u00a0»"]),
        ({"code": "insee"}, ["colonnes", "au moins"]),
        ({"taux_pauvrete": "inscrits", "demandeurs_emploi": "inscrits"}, ["déjà donnée"]),
    ],
)
def test_a_wrong_mapping_says_what_and_the_nearest(
    columns: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SourceError) as caught:
        mapped(TABLE, columns)
    for word in ["tableau.csv", *words]:
        assert word in str(caught.value)


def test_no_code_at_all_asks_for_their_column() -> None:
    with pytest.raises(SourceError, match="dites laquelle"):
        mapped("commune,tx\nAbrest,12\nAgonges,13\n", {"taux_pauvrete": "tx"})


def test_headers_that_are_ids_or_labels_need_no_mapping() -> None:
    text = "code;TAUX DE PAUVRETE (en %);demandeurs_emploi;65_plus 2020;autre\n"
    text += "03001;12;100;50;1\n03002;13;110;60;2\n"
    extract = read_tableau(book(text, delimiter=";"), indicators=INDICATORS, vintage="2021")
    assert extract is not None
    years = extract.values.groupby("indicator")["vintage"].first().to_dict()
    assert years == {"taux_pauvrete": "2021", "demandeurs_emploi": "2021", "65_plus": "2020"}
    assert [f.value for f in extract.findings] == ["autre"]


def test_a_year_in_a_label_is_no_vintage() -> None:
    text = "code,Logements d'avant 1971\n03001,12\n03002,13\n"
    extract = read_tableau(book(text), indicators=INDICATORS)
    assert extract is not None
    assert set(extract.values["vintage"]) == {""}


@pytest.mark.parametrize(
    "text",
    [
        "code,x\n03001,12\n03002,13\n",  # no known name
        "a,taux_pauvrete\nb,12\nc,13\n",  # no code
        "code,taux de pauvrete des jeunes\n03001,12\n03002,3\n",  # like a label, not one
        "code,taux_pauvrete,Taux de pauvreté\n03001,12,12\n03002,3,3\n",  # said twice
        "",
    ],
)
def test_another_table_is_left_to_others(text: str) -> None:
    assert read_tableau(book(text), indicators=INDICATORS) is None


def test_a_file_about_some_people_does_not_speak_of_everybody() -> None:
    text = "code,taux_pauvrete\n03001,12\n03002,13\n"
    about = book(text, file="besoin/pauvrete_des_jeunes.csv")
    assert read_tableau(about, indicators=INDICATORS) is None
    columns = {"taux_pauvrete": "taux_pauvrete"}
    assert read_tableau(about, indicators=INDICATORS, columns=columns) is not None


def test_an_unknown_code_is_counted() -> None:
    extract = mapped(TABLE + "Total,,12,1300\n", {"taux_pauvrete": "tx_pauv"})
    assert sum(extract.dropped.values()) == 1
    assert len(extract.values) == 3


def test_the_real_job_seekers(shared_data: Path) -> None:
    path = shared_data / "demandeurs-emploi-2025" / "demandeurs_emploi_communes.csv"
    extract = read_tableau(read_book(path, file=path.name), indicators=INDICATORS, vintage="2025")
    assert extract is not None
    values = extract.values.set_index("code")
    assert len(values) == 35_018
    assert values.at["01004", "value"] == 1460
    assert values.at["01004", "name"] == "Ambérieu-en-Bugey"
    assert set(values["indicator"]) == {"demandeurs_emploi"}


def test_the_real_census_by_mapping(shared_data: Path) -> None:
    path = shared_data / "rp2021-iris" / "rp2021_communes.csv"
    extract = read_tableau(
        read_book(path, file=path.name),
        indicators=INDICATORS,
        columns={"code": "com", "65_plus": "pop_65p"},
        vintage="2021",
    )
    assert extract is not None
    assert len(extract.values) == 34_970
    assert extract.findings == []
    assert extract.values.set_index("code").at["01001", "value"] == 165
