"""``correspondances.xlsx``: guessed, corrected by a person, read on the next run."""

import openpyxl
import pytest

from cartoallier.errors import SourceError
from cartoallier.model.supply import TABLE_COLUMNS
from cartoallier.supply import SupplyInput, read_supply, recognise
from cartoallier.supply.correspondence import (
    DESCRIPTIONS,
    NAME,
    read_correspondence,
    write_correspondence,
)
from cartoallier.supply.recognition import UnrecognisedError

TABLE = (
    "Raison sociale;Adresse;Insee;Lon;Lat;Mail du référent;Nature;Divers\n"
    "CCAS d'Aval;1 rue A;99001;{x};{y};a.b@gmail.com;CCAS;04 70 00 00 01\n"
    "Foyer pour femmes victimes;12 rue Cachée;99001;{x};{y};;CHRS;06 12 34 56 78\n"
    "=cmd|' /C calc'!A0;2 rue B;99002;{x};{y};;PMI;06 12 34 56 79\n"
)


@pytest.fixture
def table(write, degrees):
    """An unrecognised table with a shelter, a formula and personal data."""
    x, y = degrees(2, 2)
    return write(TABLE.format(x=x, y=y), "lieux du pays.csv")


def cells(path, sheet: str) -> list[list[object]]:
    return [list(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]


def choose(path, sheet: str, header: str, key: object) -> None:
    """Choose in the drop-down, as a person does."""
    book = openpyxl.load_workbook(path)
    row = next(row for row in book[sheet].iter_rows() if row[0].value == header)
    row[4].value = key
    book.save(path)


def test_an_unrecognised_table_says_where_to_look(table) -> None:
    with pytest.raises(UnrecognisedError, match=r"correspondances\.xlsx"):
        recognise(table, file="offre/lieux du pays.csv")


def test_a_table_nearly_known_names_the_renamed_column(write) -> None:
    path = write("id_fs,lib_fs,insee_com,type_fs,format fs\n1,A,99001,Principal,Fixe\n")
    with pytest.raises(UnrecognisedError, match="format_fs") as raised:
        recognise(path, file="essai.csv")
    assert "«\u00a0format fs\u00a0»" in str(raised.value)


def test_columns_are_guessed_and_read_back(table, tmp_path, toy) -> None:
    path = write_correspondence(table, target=tmp_path)
    assert path == tmp_path / NAME
    mapping = read_correspondence(path)
    assert mapping == {
        "lieux du pays.csv": {
            "nom": "Raison sociale",
            "adresse": "Adresse",
            "code_insee": "Insee",
            "longitude": "Lon",
            "latitude": "Lat",
            "categorie": "Nature",
            "telephone": "Divers",
        }
    }
    source = SupplyInput(path=table, file=table.name, columns=mapping[table.name])
    frame, _, record = read_supply(source, territory=toy)
    assert (record.format, len(frame)) == ("tableau", 3)
    assert frame["confidential"].sum() == 1


def test_examples_hide_shelters_people_and_formulas(table, tmp_path) -> None:
    path = write_correspondence(table, target=tmp_path)
    rows = {row[0]: row[1:4] for row in cells(path, "lieux du pays.csv")[4:]}
    assert rows["Adresse"] == ["1 rue A", "2 rue B", "masqué"]
    assert rows["Mail du référent"] == ["masqué", None, None]
    assert rows["Divers"] == ["04 70 00 00 01", "masqué", None]
    assert rows["Raison sociale"] == ["CCAS d'Aval", "'=cmd|' /C calc'!A0", "masqué"]
    everything = str(cells(path, "lieux du pays.csv"))
    for secret in ("Cachée", "Foyer", "gmail", "06 12"):
        assert secret not in everything


def test_the_workbook_offers_our_words(table, tmp_path) -> None:
    path = write_correspondence(table, target=tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Lisez-moi", "lieux du pays.csv"]
    (choice,) = book["lieux du pays.csv"].data_validations.dataValidation
    assert str(choice.sqref) == "E5:E12"
    first, last = choice.formula1.split("!")[1].replace("$A$", "").split(":")
    words = [row[0] for row in cells(path, "Lisez-moi")][int(first) - 1 : int(last)]
    assert words == list(DESCRIPTIONS)
    assert set(TABLE_COLUMNS) <= set(words)
    assert "Lisez-moi" in str(cells(path, "lieux du pays.csv")[0][0])
    assert "Document de travail, ne vaut pas engagement" in str(cells(path, "lieux du pays.csv"))
    # Nothing a spreadsheet would compute.
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_person_decides_and_is_remembered(table, tmp_path, write) -> None:
    path = write_correspondence(table, target=tmp_path)
    choose(path, table.name, "Nature", "ignorer")
    choose(path, table.name, "Divers", "Telephone")
    again = write_correspondence(table, target=tmp_path)
    other = write("=Nom du lieu;x\nA;1\n", "autre.csv")
    write_correspondence(other, target=path)
    mapping = read_correspondence(again)
    assert list(mapping) == [table.name, "autre.csv"]
    assert mapping[table.name]["telephone"] == "Divers"
    assert "categorie" not in mapping[table.name]
    assert mapping["autre.csv"]["nom"] == "=Nom du lieu"
    before = path.read_bytes()
    write_correspondence(other, target=path)
    assert path.read_bytes() == before


def test_mistakes_are_explained(table, tmp_path) -> None:
    path = write_correspondence(table, target=tmp_path)
    choose(path, table.name, "Divers", "telefone")
    with pytest.raises(SourceError, match="telephone"):
        read_correspondence(path)
    choose(path, table.name, "Divers", "adresse")
    with pytest.raises(SourceError, match="deux fois"):
        read_correspondence(path)
    choose(path, table.name, "Divers", None)
    choose(path, table.name, "Raison sociale", "ignorer")
    assert read_correspondence(path) == {}


@pytest.mark.parametrize("content", [b"", b"pas un classeur", b"PK\x03\x04rien"])
def test_a_broken_correspondence_is_an_error(write, content: bytes) -> None:
    with pytest.raises(SourceError, match=r"correspondances\.xlsx"):
        read_correspondence(write(content, NAME))


def test_a_real_table_is_guessed(shared_data, tmp_path) -> None:
    path = shared_data / "dirty-samples" / "france_travail_dr_dt_dora.csv"
    target = write_correspondence(path, target=tmp_path)
    assert read_correspondence(target)[path.name] == {
        "categorie": "type",
        "nom": "nom",
        "adresse": "Libelle de l'adresse",
        "code_postal": "Code postal",
        "commune": "Libelle de la commune",
        "latitude": "Latitude",
        "longitude": "Longitude",
    }
