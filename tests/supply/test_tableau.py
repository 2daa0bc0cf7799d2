"""The table door and the mapping reader, on what people really send."""

import openpyxl
import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import is_untouched_template, read_tableau, template_text
from cartoallier.supply.templates import TEMPLATES


def test_columns_are_matched_by_name_without_a_mapping(write, read, degrees) -> None:
    x, y = degrees(2, 2)
    path = write(f"nom;longitude;latitude;itinerant;capacite\nAccueil;{x};{y};non;12\n")
    frame, findings, record = read(path, format="tableau")
    row = frame.loc["tableau--essai-csv-2"]
    assert (row["name"], row["commune_code"], row["precision"]) == ("Accueil", "99001", "adresse")
    assert (row["line"], row["capacity"], row["itinerant"]) == (2, 12, False)
    assert findings == []
    assert (record.rows_read, record.rows_kept, record.dropped) == (1, 1, {})


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("cp1252", "\t"), ("utf-16", ";")],
)
def test_encodings_and_delimiters(write, encoding: str, delimiter: str) -> None:
    text = f"nom{delimiter}code_insee\nMaison de l’été, côté cour{delimiter}3190\n"
    if delimiter == ",":
        text = text.replace("Maison de l’été, côté cour", '"Maison de l’été, côté cour"')
    frame, findings = read_tableau(write(text.encode(encoding)), file="essai.csv")
    assert frame["name"].tolist() == ["Maison de l’été, côté cour"]
    assert frame["commune_code"].tolist() == ["03190"]
    assert [f.what for f in findings] == [
        *(["le fichier n'est pas en UTF-8"] if encoding == "cp1252" else []),
        "codes lus comme des nombres par un tableur",
    ]


def test_a_mapping_gives_columns_their_keys(write) -> None:
    path = write("raison;insee;lon;lat;cat\nPAEJ du Val;3190.0;3,33;46,56;PAEJ\n")
    columns = {
        "nom": "raison",
        "code_insee": "insee",
        "longitude": "lon",
        "latitude": "lat",
        "categorie": "cat",
    }
    frame, findings = read_tableau(path, file="essai.csv", columns=columns)
    row = frame.iloc[0]
    assert (row["longitude"], row["latitude"], row["commune_code"]) == (3.33, 46.56, "03190")
    assert row["finess"] == ("702",)
    assert [(f.column, f.value) for f in findings] == [
        ("longitude", "1 cellule (ligne 2)"),
        ("code_insee", "1 cellule (ligne 2)"),
    ]


def test_an_absent_mapped_column_names_the_nearest(write) -> None:
    path = write("raison_social;insee\nA;03190\n")
    with pytest.raises(SourceError) as raised:
        read_tableau(path, file="offre/a.csv", columns={"nom": "raison_sociale"})
    message = str(raised.value)
    assert "offre/a.csv" in message
    assert "raison_sociale" in message
    assert "«\u00a0raison_social\u00a0»" in message


@pytest.mark.parametrize(
    "content",
    [
        "",
        " \n ",
        b"\x00\x01\x81\x8d",
        b"PK\x03\x04pas un classeur",
        b"\xd0\xcf\x11\xe0ancien",
        "<html><body>connectez-vous</body></html>",
        '{"nom": 1}',
        'nom;adresse\n"jamais refermé;1\nB;2\n',
        "colonne\nvaleur\n",
    ],
)
def test_what_is_no_table_is_explained(write, content: object) -> None:
    with pytest.raises(SourceError, match=r"essai\.csv"):
        read_tableau(write(content), file="essai.csv")


def test_a_header_alone_has_no_row(write, read) -> None:
    with pytest.raises(SourceError, match="ne contient aucune ligne"):
        read(write("nom;code_insee\n"), format="tableau")


def test_lines_are_those_of_a_spreadsheet(write) -> None:
    path = write('nom;adresse\n\nA;"rue\nlongue"\n;vide\nB;x;en trop\n')
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["line"].tolist() == [3, 5]
    assert {(f.line, f.what) for f in findings} == {
        (4, "ligne sans nom"),
        (5, "la ligne a plus de cellules que l'en-tête"),
    }


def test_names_from_others_are_plain_text(write) -> None:
    path = write(
        "nom;site_web\n"
        '"<script>alert(1)</script><b>Accueil</b> &amp;amp; **écoute** [ici](http://x)";'
        "javascript:alert(1)\n"
        "a\x00b\x07c;www.exemple.fr\n"
    )
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["name"].tolist() == ["Accueil & écoute ici", "abc"]
    assert frame["website"].isna().tolist() == [True, False]
    assert [f.what for f in findings] == ["le fichier contient des caractères de contrôle"]


@pytest.mark.parametrize(
    ("longitude", "latitude", "what"),
    [
        ("0", "0", "coordonnées (0, 0)"),
        ("2.213749", "46.227638", "coordonnées du centre de la France"),
        ("999", "46", "coordonnées hors du globe"),
        ("1" * 400, "46", "coordonnées illisibles ou incomplètes"),
        ("trois", "46", "coordonnées illisibles ou incomplètes"),
        ("3.3", "", "coordonnées illisibles ou incomplètes"),
    ],
)
def test_a_pair_that_is_no_place_goes_to_the_town_hall(
    write, read, degrees, longitude: str, latitude: str, what: str
) -> None:
    path = write(f"nom;longitude;latitude;code_insee\nA;{longitude};{latitude};99002\n")
    frame, findings, _ = read(path, format="tableau")
    row = frame.iloc[0]
    assert row["precision"] == "commune"
    assert (row["longitude"], row["latitude"]) == pytest.approx(degrees(6, 2), abs=1e-5)
    assert [f.what for f in findings] == [what, "coordonnées absentes"]
    assert all(f.line == 2 and f.action for f in findings)


def test_swapped_coordinates_are_put_right(write, read, degrees) -> None:
    x, y = degrees(10, 2)
    frame, findings, _ = read(write(f"nom;longitude;latitude\nA;{y};{x}\n"), format="tableau")
    assert frame["commune_code"].tolist() == ["99003"]
    assert [f.what for f in findings] == ["longitude et latitude inversées"]


def test_numbers_dates_and_zones(write) -> None:
    path = write(
        "nom;heures_semaine;date_maj;zone;telephone\n"
        "A;17,5;31/12/2025;03190, 200071140, 03, france, 99109;04 65 71 00 01\n"
        "B;beaucoup;hier;;04 65 71 00 01 / 06 39 98 00 00\n"
    )
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["weekly_hours"].tolist()[0] == 17.5
    assert frame["updated_on"].iloc[0] == "2025-12-31"
    assert frame["zone"].tolist()[0] == (
        "commune:03190",
        "departement:03",
        "epci:200071140",
        "pays:france",
    )
    assert frame["phone"].isna().tolist() == [False, True]
    assert {(f.line, f.column) for f in findings} == {(2, "zone"), (3, "heures_semaine")}


def test_a_workbook_is_read_as_text(tmp_path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nom", "code_insee", "date_maj"])
    book.active.append(["A", 3190.0, None])
    path = tmp_path / "essai.xlsx"
    book.save(path)
    frame, _ = read_tableau(path, file="essai.xlsx")
    assert frame["commune_code"].tolist() == ["03190"]


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_templates_are_known_empty_and_filled(write, read, name: str) -> None:
    path = write(template_text(name).encode(), f"{name}.csv")
    assert is_untouched_template(path)
    cells = {"nom": "Lieu", "code_insee": "99001"}
    filled = template_text(name) + ";".join(cells.get(c, "") for c in TEMPLATES[name]) + "\r\n"
    path = write(filled.encode(), f"{name}.csv")
    assert not is_untouched_template(path)
    frame, _, record = read(path)
    assert (record.format, len(frame)) == ("tableau", 1)
    assert frame["commune_code"].tolist() == ["99001"]


def test_other_files_are_no_template(write, tmp_path) -> None:
    assert not is_untouched_template(write("nom;adresse\n"))
    assert not is_untouched_template(write("", "vide.csv"))
    assert not is_untouched_template(tmp_path / "absent.csv")


def test_unknown_themes_name_the_nearest_key(write) -> None:
    path = write(
        "nom;themes\nA;premier_accueil_social\nB;Premier accueil social\n"
        "C;premier_acceuil_socail|jeunes_autonomie\n"
    )
    frame, findings = read_tableau(path, file="essai.csv")
    assert frame["themes"].tolist() == [
        ("premier_accueil_social",),
        ("premier_accueil_social",),
        ("jeunes_autonomie",),
    ]
    assert [(f.line, f.column, f.value) for f in findings] == [
        (4, "themes", "premier_acceuil_socail")
    ]
    assert "premier_accueil_social" in findings[0].action
    own, findings = read_tableau(path, file="essai.csv", known_themes={"le_mien"})
    assert own["themes"].tolist() == [(), (), ()]
    assert len(findings) == 4


def test_capacity_zone_carrier_and_funding_by_mapping(write) -> None:
    path = write("Lieu;Places;Secteur;Gestionnaire;Financeurs\nA;12;03190;CCAS;Département\n")
    columns = {
        "nom": "Lieu",
        "capacite": "Places",
        "zone": "Secteur",
        "porteur": "Gestionnaire",
        "financement": "Financeurs",
    }
    frame, findings = read_tableau(path, file="essai.csv", columns=columns)
    row = frame.iloc[0]
    assert (row["capacity"], row["zone"]) == (12, ("commune:03190",))
    assert (row["carrier"], row["funding"]) == ("CCAS", "Département")
    assert findings == []


def test_a_column_not_read_may_say_the_address_is_secret(write, read) -> None:
    path = write(
        "Lieu;Rue;Insee;Remarque\n"
        "A;1 rue Cachée;99001;adresse confidentielle\n"
        "Foyer B;2 rue Cachée;99001;pour femmes victimes\n"
        "C;3 rue Ouverte;99002;aide aux victimes\n"
    )
    columns = {"nom": "Lieu", "adresse": "Rue", "code_insee": "Insee"}
    frame, _, _ = read(path, format="tableau", columns=columns)
    assert frame["confidential"].tolist() == [True, True, False]
    assert frame["address"].isna().tolist() == [True, True, False]
