"""DORA: API v2, tables of its database, dashboard; orientations are refused."""

import json

import openpyxl
import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import read_dora, recognise

STRUCTURE = {"id": "s1", "nom": "CCAS d'Aval", "typologie": "CCAS", "telephone": "0465710001"}
SERVICE = {
    "id": "a1",
    "structure_id": "s1",
    "nom": "Accueil",
    "thematiques": ["x--y"],
    "publics": ["jeunes"],
    "code_insee": "99001",
    "contact_public": True,
    "contact_nom_prenom": "Jeanne Personne",
    "courriel": "contact@exemple.fr",
    "telephone": "04 65 71 00 02",
    "modes_accueil": ["en-presentiel"],
    "recurrence": "Tu 09:00-12:00;We 14:00-17:00",
    "date_maj": "2026-02-03T10:00:00Z",
    "zone_diffusion_type": "region",
    "zone_diffusion_code": "84",
}


@pytest.mark.parametrize(
    "document",
    [
        {"services": [SERVICE], "structures": [STRUCTURE]},
        [{**SERVICE, "structure": STRUCTURE}],
        {
            "count": 1,
            "next": None,
            "previous": None,
            "results": [SERVICE | {"structure": STRUCTURE}],
        },
    ],
)
def test_dora_in_every_wrapping(write, read, document: object) -> None:
    path = write(document, "dora.json")
    assert recognise(path, file="dora.json") == "dora"
    frame, _, record = read(path)
    row = frame.loc["dora--a1"]
    assert (row["structure"], row["typologies"]) == ("CCAS d'Aval", ("CCAS",))
    assert (row["weekly_hours"], row["updated_on"]) == (6, "2026-02-03")
    assert row["zone"] == ("region:84",)
    assert row["phone"] == "04 65 71 00 02"
    assert record.vintage == "2026-02-03"
    assert "Personne" not in frame.to_csv()
    assert "@" not in frame.to_csv()


def test_dora_structures_beside(write) -> None:
    write([STRUCTURE], "structures-dora.json")
    frame, _ = read_dora(write([SERVICE], "services-dora.json"), file="services-dora.json")
    assert frame["structure"].tolist() == ["CCAS d'Aval"]


@pytest.mark.parametrize(
    "change",
    [{"contact_public": False}, {"courriel": "jeanne.personne@gmail.com"}],
)
def test_dora_contacts_of_people_are_not_kept(write, change: dict[str, object]) -> None:
    path = write([SERVICE | change], "dora.json")
    frame, _ = read_dora(path, file="dora.json")
    assert frame["phone"].isna().all()


def test_dora_zone_type_decides(write) -> None:
    kinds = [("departement", "3"), ("epci", "200071140"), ("pays", None), ("commune", "1001")]
    items = [
        SERVICE | {"id": str(i), "zone_diffusion_type": kind, "zone_diffusion_code": code}
        for i, (kind, code) in enumerate([*kinds, ("galaxie", "7")])
    ]
    frame, findings = read_dora(write(items, "d.json"), file="d.json")
    assert frame["zone"].tolist() == [
        ("departement:03",),
        ("epci:200071140",),
        ("pays:france",),
        ("commune:01001",),
        (),
    ]
    zones = [f for f in findings if f.column == "zone_diffusion_type"]
    assert [(f.line, f.value) for f in zones] == [(5, "galaxie")]


def test_duplicates_are_dropped_and_ids_stay_unique(write) -> None:
    items = [SERVICE, SERVICE, SERVICE | {"nom": "Autre"}, "rien", None]
    frame, findings = read_dora(write(items, "d.json"), file="d.json")
    assert frame.index.tolist() == ["dora--a1", "dora--a1~2"]
    assert {f.what for f in findings} == {
        "services sans fichier de structures",
        "thématique inconnue de data·inclusion",
        "doublon exact",
        "identifiant déjà utilisé par une autre ligne",
        "l'élément n'est pas une fiche",
    }


def test_a_suspension_date_is_a_closure_without_end(write) -> None:
    items = [SERVICE | {"date_suspension": "2026-04-30"}, SERVICE | {"id": "b"}]
    frame, _ = read_dora(write(items, "d.json"), file="d.json")
    assert frame["closures"].tolist() == [("2026-04-30/",), ()]


def test_ids_lead_to_the_same_record_elsewhere(write) -> None:
    owner = STRUCTURE | {"siret": "123 456 789 00012"}
    frame, _ = read_dora(write([SERVICE | {"structure": owner}], "d.json"), file="d.json")
    row = frame.iloc[0]
    assert (row["known_as"], row["structure_id"]) == (("dora--a1",), "dora--s1")
    assert (row["siret"], row["category"]) == ("12345678900012", "CCAS")
    assert row["networks"] == ("ccas-cias",)


def test_a_service_without_place_takes_its_structure_s(write, read) -> None:
    home = {"adresse": "1 rue X", "code_postal": "99000", "code_insee": "99001", "commune": "Aval"}
    owner = (
        STRUCTURE
        | home
        | {"longitude": 3.0, "latitude": 46.5, "horaires_ouverture": "Mo 09:00-12:00"}
    )
    bare = {key: value for key, value in SERVICE.items() if key not in {"code_insee", "recurrence"}}
    items = [
        bare | {"structure": owner},
        bare | {"id": "loin", "modes_accueil": ["a-distance"], "structure": owner},
        bare | {"id": "autre", "code_insee": "99002", "structure": owner},
        bare | {"id": "sans", "structure_id": "s0", "structure": STRUCTURE | {"id": "s0"}},
    ]
    frame, findings = read_dora(write(items, "d.json"), file="d.json")
    assert frame["address"].fillna("").tolist() == ["1 rue X", "", "", ""]
    assert frame["longitude"].notna().tolist() == [True, False, False, False]
    assert frame["weekly_hours"].fillna(0).tolist() == [3, 0, 0, 0]
    assert [f.line for f in findings if f.what == "service sans lieu propre"] == [1]


def test_missing_structures_are_said(write) -> None:
    write([STRUCTURE], "structures-d.json")
    items = [SERVICE, SERVICE | {"id": "a2", "structure_id": "s9"}]
    frame, findings = read_dora(write(items, "services-d.json"), file="services-d.json")
    assert frame["structure"].fillna("").tolist() == ["CCAS d'Aval", ""]
    said = [f for f in findings if f.what == "structure absente du fichier de structures"]
    assert [(f.line, f.value) for f in said] == [(2, "s9")]


def test_tables_of_the_database(write, read) -> None:
    path = write(
        "service_id,service_name,structure_id,service_city_code,service_diffusion_zone_type,"
        "service_diffusion_zone_details,service_status,service_modification_date,"
        "structure_name,structure_siret,service_contact_name\n"
        "u1,Accueil,s1,99001,department,99,PUBLISHED,2026-01-02T03:04:05Z,CCAS,"
        "12345678900012,Jeanne\n"
        "u2,Brouillon,s1,99001,department,99,DRAFT,2026-01-02,CCAS,12345678900012,Jeanne\n",
        "metabase.csv",
    )
    assert recognise(path, file="m") == "dora"
    frame, _, record = read(path)
    row = frame.loc["dora--u1"]
    assert (row["structure"], row["siret"]) == ("CCAS", "12345678900012")
    assert (row["zone"], row["updated_on"]) == (("departement:99",), "2026-01-02")
    assert (record.rows_read, record.rows_kept) == (2, 1)
    assert record.dropped == {"service DORA non publié": 1}
    assert "Jeanne" not in frame.to_csv()


DASHBOARD = (
    "Nom,SIRET,Département,Ville,Description,Thématiques,Téléphone,Courriel,Lien DORA,"
    "Administrateurs,Éditeurs,Nb services publiés,Statut\n"
)


def test_the_dashboard_keeps_structure_facts_without_place(write, read) -> None:
    path = write(
        DASHBOARD
        + '"CCAS d\'Aval",12345678900012,99,Aval,x,"Lecture, écriture et calcul, Mobilité",'
        "0465710001,contact@aval.fr,https://dora.inclusion.gouv.fr/structures/ccas-aval,"
        "jeanne.personne@aval.fr,paul.autre@aval.fr,3,Services à actualiser\n"
        "Vieux lieu,,99,Bourg,,,,,,,,0,Obsolète\n",
        "structures-dora-99-tous-2026-02-14.csv",
    )
    assert recognise(path, file="t") == "dora"
    frame, findings, record = read(path)
    row = frame.loc["dora--ccas-aval"]
    assert (row["name"], row["siret"]) == ("CCAS d'Aval", "12345678900012")
    assert (row["commune_code"], row["precision"]) == ("99001", "commune")
    assert row["thematics"] == ("lecture-ecriture-calcul", "mobilite")
    assert row["phone"] == "0465710001"
    assert record.dropped == {"structure obsolète dans DORA": 1}
    assert findings[0].what.startswith("tableau de bord DORA")
    assert findings[1].value == "3"
    assert "personne" not in frame.to_csv() + repr(findings)


@pytest.mark.parametrize(
    "header",
    [
        "Nom du bénéficiaire",
        "Prénom bénéficiaire",
        "beneficiaire_email",
        "Téléphone du bénéficiaire",
    ],
)
def test_orientations_are_refused(tmp_path, header) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Date", header, "Service"])
    book.active.append(["2026-01-01", "Durand", "Accueil"])
    path = tmp_path / "orientations.xlsx"
    book.save(path)
    for reader in (recognise, read_dora):
        with pytest.raises(SourceError, match="bénéficiaires") as told:
            reader(path, file="orientations.xlsx")
        assert "Durand" not in str(told.value)


def test_services_for_beneficiaries_are_not_refused(write) -> None:
    path = write("nom;publics\nAccueil;bénéficiaires du RSA\n", "ccas.csv")
    assert recognise(path, file="ccas.csv") == "tableau"


def test_real_dora_samples(shared_data) -> None:
    folder = shared_data / "format-samples" / "dora"
    frame, _ = read_dora(folder / "api_v2_service.json", file="d")
    assert frame["zone"].tolist() == [("departement:29",)]
    assert frame["weekly_hours"].tolist() == [6]
    assert "alys" not in json.dumps(frame["phone"].tolist() + frame["website"].fillna("").tolist())
