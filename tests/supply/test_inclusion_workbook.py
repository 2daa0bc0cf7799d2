"""The supplier's template of data·inclusion: structures and services on two sheets."""

import io

import openpyxl
import pytest

from cartoallier.supply import recognise
from cartoallier.supply.data_inclusion import HELP_ROW, JOINED
from cartoallier.supply.inclusion_workbook import BOTH, UNREAD_SHEET

OWNERS = [
    ["__ignore__", "id", "source", "siret", "nom", "code_insee", "adresse", "reseaux_porteurs"],
    [True, "exemple", "x", "", "Nom de la structure", "", "", ""],
    [None, "x--s1", "x", 26030310700017, "CCAS d'Amont", 99001, "1 rue A", "ccas-cias"],
    [None, "x--s2", "x", None, "Mission d'Aval", 99002, "2 rue B", "mission-locale"],
]
SERVICES = [
    ["__ignore__", "id", "structure_id", "source", "nom", "description", "thematiques",
     "zone_eligibilite", "code_insee", "adresse"],
    [True, "exemple", "exemple", "x", "Nom du service", "Aide", "", "", "", ""],
    [None, "x--1", "x--s1", "x", "Aide au permis", "Un service", "mobilite--preparer-un-permis",
     "", "", ""],
    [None, "x--2", "x--s1", "x", "Repas", "Un service", "equipement-et-alimentation--alimentation",
     "", 99002, "9 rue C"],
]  # fmt: skip
LISTS = [["thematique", "label"], *[[f"slug-{i}", f"Label {i}"] for i in range(120)]]


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("order", [("Structures", "Services"), ("Services", "Structures")])
def test_both_sheets_are_read_and_joined(write, read, order) -> None:
    sheets = {"Structures": OWNERS, "Services": SERVICES}
    content = workbook(**{"Listes": LISTS} | {name: sheets[name] for name in order})
    path = write(content, "modele.xlsx")
    assert recognise(path, file="modele.xlsx") == "data-inclusion"
    frame, findings, record = read(path)
    assert frame["structure"].tolist() == ["CCAS d'Amont", "CCAS d'Amont", "Mission d'Aval"]
    assert frame["name"].tolist() == ["Aide au permis", "Repas", "Mission d'Aval"]
    assert frame["networks"].tolist() == [("ccas-cias",), ("ccas-cias",), ("mission-locale",)]
    # without a place of its own, at its structure's
    assert frame["commune_code"].tolist() == ["99001", "99002", "99002"]
    assert frame["siret"].tolist()[:2] == ["26030310700017"] * 2
    assert (record.rows_read, record.rows_kept) == (6, 3)
    assert record.dropped == {HELP_ROW: 2, JOINED: 1}
    assert {one.value for one in findings if one.what == BOTH} == {"Services, Structures"}
    assert [one.column for one in findings if one.what == UNREAD_SHEET] == ["Listes"]


def test_structures_alone_among_lists(write, read) -> None:
    path = write(workbook(Listes=LISTS, Structures=OWNERS), "modele.xlsx")
    frame, findings, record = read(path)
    assert frame["name"].tolist() == ["CCAS d'Amont", "Mission d'Aval"]
    assert (record.format, record.rows_read) == ("data-inclusion", 3)
    assert [one.column for one in findings if one.what == UNREAD_SHEET] == ["Listes"]


def test_another_workbook_of_two_sheets_says_which_is_read(write, read) -> None:
    lines = [["nom", "code_insee"], ["A", "99001"], ["B", "99001"]]
    path = write(workbook(Un=lines, Deux=[["nom", "code_insee"], ["C", "99002"]]), "deux.xlsx")
    frame, findings, _ = read(path)
    assert frame["name"].tolist() == ["A", "B"]
    assert [one.column for one in findings if one.what == UNREAD_SHEET] == ["Deux"]
