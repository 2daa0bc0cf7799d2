"""Lists that are secret as a whole, and free texts that give a place that lodges away."""

import io
import json

import openpyxl
import pytest

from cartoallier.supply.correspondence import read_correspondence, write_correspondence
from cartoallier.supply.examples import MASKED
from cartoallier.supply.secret_lists import BY_COLUMNS, BY_ROWS, BY_TITLE, WHOLE_LIST

NAME, STREET = "Les Glycines", "12 impasse Cachée"
HARMLESS = f"{NAME};{STREET};99001"
SHELTER = "Mise à l'abri {};{} rue Tue;99001"
HOUSING = "logement-hebergement--rechercher-une-solution-dhebergement-temporaire"
DANGER = "Accueille des femmes victimes, avec leurs enfants"

SIAO = {
    "Nom de la structure": f" {NAME} ",
    "Type": "INSERTION",
    "Catégorie de structure": "PREMIER_ACCUEIL",
    "Structure partagée": "NON",
    "Structure éphémère": "NON",
    "Adresse": STREET,
    "Ville": "Amont",
    "Code postal": "99000.0",
    "Code INSEE": "           ",
    "Nom du référent": "Durand",
    "Téléphone": "04 70 00 00 99",
    "Affectation directe des places": "OUI",
    "SYPLO": "                 ",
    "Entitée gestionnaire": "Un Toit",
    'Public accueilli "Femmes victimes de violences"': "NON",
}


def leaks(*told: object) -> list[str]:
    text = " ".join(map(str, told))
    return [word for word in ("Glycines", "Cachée", "0470000099", "Durand") if word in text]


def whole(findings) -> list[str]:
    return [one.value for one in findings if one.what == WHOLE_LIST]


def test_a_dump_of_the_siao_is_secret_row_by_row(write, read, tmp_path) -> None:
    lines = [";".join(f'"{one.replace(chr(34), chr(34) * 2)}"' for one in cells)
             for cells in (SIAO, SIAO.values())]  # fmt: skip
    path = write("\n".join(lines) + "\n", "export.csv")
    book = write_correspondence(path, target=tmp_path)
    cells = [
        str(cell)
        for row in openpyxl.load_workbook(book)[path.stem + ".csv"].iter_rows(values_only=True)
        for cell in row
    ]
    assert not leaks(*cells)
    assert MASKED in cells
    columns = read_correspondence(book)[path.name]
    assert columns["nom"] == "Nom de la structure"
    frame, findings, _ = read(path, format="tableau", columns=columns)
    assert frame["confidential"].tolist() == [True]
    assert whole(findings) == [BY_COLUMNS]
    assert not leaks(frame.to_csv(), findings)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("SIAO_03_2026.csv", ""),
        ("liste hébergement d'urgence.csv", ""),
        ("Lieux-violences-conjugales.csv", ""),
        ("export.csv", "Extraction SI-SIAO du 12 mars\n"),
        ("export.csv", "Hébergements d'urgence de l'Allier\n"),
    ],
)
def test_a_title_says_it_for_every_row(write, read, name: str, title: str) -> None:
    path = write(f"{title}nom;adresse;code_insee\n{HARMLESS}\n", name)
    frame, findings, _ = read(path, format="tableau")
    assert frame["confidential"].tolist() == [True]
    assert whole(findings) == [BY_TITLE]
    assert not leaks(frame.to_csv(), findings)


def test_a_sheet_says_it_too(write, read) -> None:
    book = openpyxl.Workbook()
    book.active.title = "SIAO"
    for row in (["nom", "adresse", "code_insee"], HARMLESS.split(";")):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    frame, findings, _ = read(write(stream.getvalue(), "export.xlsx"), format="tableau")
    assert frame["confidential"].tolist() == [True]
    assert whole(findings) == [BY_TITLE]


def test_most_rows_say_it_for_the_others(write, read) -> None:
    head = "nom;adresse;code_insee;categorie"
    rows = [f"{SHELTER.format(i, i)};chrs" for i in range(3)]
    path = write("\n".join([head, *rows, f"{HARMLESS};", f"{HARMLESS};"]))
    frame, findings, _ = read(path, format="tableau")
    assert frame["confidential"].all()
    assert whole(findings) == [BY_ROWS]
    assert not leaks(frame.to_csv(), findings)


def test_a_source_column_says_it(write, read) -> None:
    rows = "\n".join(f"{NAME} {i};{STREET};99001;SIAO 03" for i in range(3))
    frame, findings, _ = read(write(f"nom;adresse;code_insee;Source\n{rows}\n"), format="tableau")
    assert frame["confidential"].all()
    assert whole(findings) == [BY_ROWS]


def test_a_directory_with_some_shelters_is_no_such_list(write, read) -> None:
    head = "nom;adresse;code_insee;categorie;Remarque"
    rows = [
        *(f"{SHELTER.format(i, i)};chrs;" for i in range(2)),
        *(f"CCAS {i};{i} rue Ouverte;99001;ccas;oriente vers le SIAO" for i in range(3)),
    ]
    frame, findings, _ = read(write("\n".join([head, *rows])), format="tableau")
    assert frame["confidential"].tolist() == [True, True, False, False, False]
    assert whole(findings) == []


def test_a_flag_says_what_its_header_says(write, read) -> None:
    path = write(
        "nom;adresse;code_insee;categorie;Femmes victimes de violences\n"
        f"{HARMLESS};chrs;OUI\nLe Toit;3 rue Ouverte;99001;chrs;NON\n"
    )
    frame, _, _ = read(path, format="tableau")
    assert frame["confidential"].tolist() == [True, False]


@pytest.mark.parametrize("extra", [{"source": "siao"}, {"id": "siao--9", "source": ""}])
def test_records_of_the_siao_in_data_inclusion_are_secret(write, read, extra) -> None:
    row = {
        "id": "siao--1", "structure_id": "siao--2", "source": "siao", "nom": NAME,
        "thematiques": ["numerique--acceder-a-une-connexion-internet"], "zone_eligibilite": None,
        "code_insee": "99001", "adresse": STREET,
    }  # fmt: skip
    frame, findings, _ = read(write([row | extra], "s.json"))
    assert frame["confidential"].tolist() == [True]
    assert not leaks(frame.to_csv(), findings)


MEDNUM = "id,pivot,nom,adresse,commune,code_postal,code_insee,typologie,services,itinerance,"
FS = "id_fs,lib_fs,format_fs,adresse,insee_com,commentaire\n"


@pytest.mark.parametrize("column", ["presentation_resume", "presentation_detail"])
def test_presentations_of_mednum_are_read(write, read, column: str) -> None:
    cells = f"{{}},,{NAME},{STREET},Amont,99000,99001,{{}},,Fixe,{DANGER.replace(',', '')}\n"
    one, two = cells.format(1, "CHRS"), cells.format(2, "EPN").replace(NAME, "Les Iris")
    frame, _, _ = read(write(f"{MEDNUM}{column}\n{one}{two}"))
    # A computer room that speaks of violence is not a shelter.
    assert frame["confidential"].tolist() == [True, False]
    assert not leaks(frame[frame["confidential"]].to_csv())


def test_a_comment_hides_no_france_services_but_one_that_lodges(write, read) -> None:
    text = "Permanence violences conjugales le mardi"
    path = write(
        f"{FS}1,France Services Amont,Fixe,1 rue A,99001,{text}\n"
        f"2,Hébergement {NAME},Fixe,{STREET},99001,{text}\n"
    )
    frame, _, _ = read(path)
    assert frame["confidential"].tolist() == [False, True]


@pytest.mark.parametrize(
    "column", ["description", "publics_precisions", "conditions_acces", "mobilisation_precisions"]
)
@pytest.mark.parametrize("name", ["s.csv", "s.json"])
def test_texts_of_data_inclusion_let_go_are_read_first(write, read, column, name) -> None:
    row = {
        "id": "x--1", "structure_id": "x--2", "source": "x", "nom": "Nuitées",
        "thematiques": [HOUSING], "zone_eligibilite": None, "code_insee": "99001",
        "adresse": STREET, column: DANGER,
    }  # fmt: skip
    other = row | {
        "id": "x--2",
        "nom": "Autres",
        "adresse": "1 rue Ouverte",
        column: "Sur rendez-vous",
    }
    if name.endswith("json"):
        path = write([row, other], name)
    else:
        lines = [
            ";".join(
                json.dumps(one) if isinstance(one, list) else f'"{one or ""}"' for one in cells
            )
            for cells in (row, row.values(), other.values())
        ]
        path = write("\n".join(lines).replace(f'["{HOUSING}"]', HOUSING) + "\n", name)
    frame, findings, _ = read(path)
    assert frame["confidential"].tolist() == [True, False]
    assert not leaks(frame.to_csv(), findings)


def test_a_name_that_lodges_is_enough_for_a_text_to_count(write, read) -> None:
    row = {
        "id": "x--1", "structure_id": "x--2", "source": "x", "nom": "Foyer Soleil",
        "thematiques": ["famille--soutien-aidants"], "zone_eligibilite": None,
        "code_insee": "99001", "adresse": STREET, "description": DANGER,
    }  # fmt: skip
    assert read(write([row], "s.json"))[0]["confidential"].tolist() == [True]


@pytest.mark.parametrize(
    "extra",
    [
        {"publics": {"description": "pour femmes victimes"}},
        {"modalities": {"other": "<p>mise &#224; l&#39;abri</p>"}},
        {"modalities": {"appointment": {"checked": True, "precisions": "adresse confidentielle"}}},
        {"tempInfos": {"message": {"actif": True, "description": "violences : le 3919"}}},
    ],
)
def test_every_text_of_a_soliguide_place_is_read(write, read, extra) -> None:
    place = {
        "lieu_id": 7, "name": NAME, "status": "ONLINE", "visibility": "ALL",
        "position": {"address": STREET, "cityCode": "99001", "postalCode": "99000", "city": "A"},
        "services_all": [{"serviceObjectId": "a", "category": "long_term_accomodation"}],
    }  # fmt: skip
    assert not read(write([place], "l.json"))[0]["confidential"].any()
    frame, findings, _ = read(write([place | extra], "l.json"))
    assert frame["confidential"].tolist() == [True]
    assert not leaks(frame.to_csv(), findings)


def test_carriers_and_funding_of_a_table_are_read(write, read) -> None:
    path = write(
        "nom;adresse;code_insee;categorie;porteur\n"
        f"{HARMLESS};chrs;SOS femmes victimes\nLe Toit;3 rue Ouverte;99001;chrs;Un toit\n"
    )
    assert read(path, format="tableau")[0]["confidential"].tolist() == [True, False]
