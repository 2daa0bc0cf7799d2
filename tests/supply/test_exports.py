"""DORA, data·inclusion, Soliguide, France Services: made by hand, and the real samples."""

import csv
import io
import json

import pytest

from cartoallier.errors import SourceError
from cartoallier.supply import (
    read_data_inclusion,
    read_dora,
    read_france_services,
    read_soliguide,
    recognise,
)
from cartoallier.supply.hours import osm_in_french
from cartoallier.supply.vocabulary import thematics_v1

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
    assert [(f.line, f.value) for f in findings] == [(5, "galaxie")]


def test_duplicates_are_dropped_and_ids_stay_unique(write) -> None:
    items = [SERVICE, SERVICE, SERVICE | {"nom": "Autre"}, "rien", None]
    frame, findings = read_dora(write(items, "d.json"), file="d.json")
    assert frame.index.tolist() == ["dora--a1", "dora--a1~2"]
    assert {f.what for f in findings} == {
        "doublon exact",
        "identifiant déjà utilisé par une autre ligne",
        "l'élément n'est pas une fiche",
    }


@pytest.mark.parametrize("reader", [read_dora, read_soliguide, read_data_inclusion])
@pytest.mark.parametrize("content", ['[{"nom": "A', "[1, 2", "{}", '"texte"', "nul", "[" * 5000])
def test_broken_documents_are_explained(write, reader, content: str) -> None:
    with pytest.raises(SourceError, match=r"casse\.json"):
        reader(write(content, "casse.json"), file="casse.json")


def _inclusion_csv(**cells: str) -> str:
    row = {
        "id": "dora--a1",
        "structure_id": "dora--s1",
        "source": "dora",
        "nom": "Accueil",
        "thematiques": "['x--y', 'z--t']",
        "publics": '["jeunes"]',
        "code_insee": "99001",
        "modes_accueil": "['en-presentiel']",
        "zone_eligibilite": "['99001', '100000001', '99', 'france']",
        "date_maj": "2026-01-14",
    } | cells
    page = io.StringIO()
    writer = csv.DictWriter(page, list(row))
    writer.writeheader()
    writer.writerow(row)
    return page.getvalue()


def test_inclusion_csv(write, read) -> None:
    write(
        "id,nom,source,siret,reseaux_porteurs\ndora--s1,CCAS,dora,,\"['ccas-cias', 'caf']\"\n",
        "structures-inclusion.csv",
    )
    path = write(_inclusion_csv(), "services-inclusion.csv")
    frame, findings, record = read(path)
    row = frame.loc["data-inclusion--dora--a1"]
    assert (row["thematics"], row["publics"]) == (("x--y", "z--t"), ("jeunes",))
    assert (row["structure"], row["networks"]) == ("CCAS", ("caf", "ccas-cias"))
    assert row["zone"] == ("commune:99001", "departement:99", "epci:100000001", "pays:france")
    assert [f.what for f in findings] == ["coordonnées absentes"]
    assert record.format == "data-inclusion"
    joined, said, structures = read(path.with_name("structures-inclusion.csv"))
    assert (len(joined), structures.dropped) == (
        0,
        {"structures jointes au fichier de services": 1},
    )
    assert said[0].action


def test_remote_only_services_need_no_place(write, read) -> None:
    remote = {"modes_accueil": "['a-distance']", "code_insee": ""}
    frame, findings, _ = read(write(_inclusion_csv(**remote)))
    assert frame["remote"].tolist() == [True]
    assert frame["longitude"].isna().all()
    assert findings == []
    elsewhere = read(write(_inclusion_csv(**remote, zone_eligibilite="['75']")))
    assert len(elsewhere[0]) == 0


def test_real_inclusion_files_agree(shared_data) -> None:
    folder = shared_data / "format-samples" / "data_inclusion"
    frames = {}
    for suffix in ("csv", "json", "geojson", "xlsx"):
        name = f"reproduced_opendata_v1_services.{suffix}"
        frame, _ = read_data_inclusion(folder / name, file="services")
        assert recognise(folder / name, file=name) == "data-inclusion"
        frames[suffix] = frame.drop(columns="line")
    first = frames["csv"]
    assert len(first) == 6
    assert first["updated_on"].iloc[0] == "2026-01-14"
    assert all(frame["thematics"].equals(first["thematics"]) for frame in frames.values())
    assert all(frame["updated_on"].equals(first["updated_on"]) for frame in frames.values())
    assert all(frame["commune_code"].equals(first["commune_code"]) for frame in frames.values())
    assert all(frame["zone"].equals(first["zone"]) for frame in frames.values())


def _place(**changes: object) -> dict[str, object]:
    return {
        "lieu_id": 7,
        "name": "Lieu",
        "status": "ONLINE",
        "placeType": "LIEU",
        "position": {
            "location": {"type": "Point", "coordinates": [3.1, 46.5]},
            "address": "1 rue X, 99000 Aval",
            "city": "Aval",
            "cityCode": "99000",
            "postalCode": "99000",
        },
        "services_all": [
            {"serviceObjectId": "a", "category": "food_packages"},
            {"serviceObjectId": None, "categorie": 402},
        ],
        "newhours": {"monday": {"open": True, "timeslot": [{"start": 900, "end": 1230}]}},
        "updatedAt": "2026-02-01T00:00:00.000Z",
    } | changes


def test_soliguide_gives_one_record_per_service(write) -> None:
    places = [
        _place(),
        _place(lieu_id=8, status="OFFLINE"),
        _place(lieu_id=9, status="PERMANENTLY_CLOSED"),
        _place(lieu_id=10, placeType="PARCOURS_MOBILE"),
    ]
    path = write({"nbResults": 4, "places": places}, "soliguide.json")
    assert recognise(path, file="s") == "soliguide"
    frame, _ = read_soliguide(path, file="soliguide.json")
    assert frame.index.tolist() == [
        "soliguide--7-a",
        "soliguide--7-402",
        "soliguide--10-a",
        "soliguide--10-402",
    ]
    assert frame["soliguide"].tolist()[:2] == [("food_packages",), ("402",)]
    assert frame["itinerant"].tolist() == [False, False, True, True]
    assert frame["line"].tolist() == [1, 1, 4, 4]
    first = frame.iloc[0]
    # The « city code » of migrated records is the postal code.
    assert (first["address"], first["weekly_hours"]) == ("1 rue X", 3.5)
    assert frame["commune_code"].isna().all()


def test_real_soliguide_places(shared_data) -> None:
    path = shared_data / "format-samples" / "soliguide" / "lieux_testdb_mongo.json"
    frame, _ = read_soliguide(path, file="lieux.json")
    assert len(frame) == 18
    assert set(frame.loc[frame["itinerant"], "line"]) == {14, 18}
    secret = {name.split("-")[2] for name in frame.index[frame["confidential"]]}
    assert {"3", "14", "33"} <= secret
    old = shared_data / "format-samples" / "soliguide" / "lieu_5447_api_2022.json"
    assert len(read_soliguide(old, file="lieu.json")[0]) == 4


HEADER = "id_fs;lib_fs;insee_com;latitude;longitude;h_lundi;h_mardi;h_samedi;format_fs"


def test_france_services_formats_and_hours(write) -> None:
    forms = ["Fixe", "Fixe_antenne(s)", "Multisites", "Bus_équivalent", "Itinérante", "Fusée"]
    hours = ["09:00 - 12:00 / 13:30 - 17:00;09:00 - 12:00;", "sur demande;;", ";;"]
    lines = [f"{i};FS {i};3190;46,5;3,3;{hours[min(i, 2)]};{form}" for i, form in enumerate(forms)]
    path = write("\n".join([HEADER, *lines]))
    frame, findings = read_france_services(path, file="fs.csv")
    assert frame["itinerant"].tolist() == [False, False, False, True, True, False]
    assert frame["weekly_hours"].tolist()[0] == 9.5
    assert frame["weekly_hours"].isna().tolist() == [False, True, True, True, True, True]
    assert frame["hours"].iloc[1] == "Lundi sur demande"
    assert frame["networks"].iloc[0] == ("france-service",)
    assert [(f.line, f.column) for f in findings] == [(7, "format_fs"), (3, "h_lundi…h_samedi")]


def test_france_services_without_its_columns(write) -> None:
    with pytest.raises(SourceError, match="lib_fs"):
        read_france_services(write("id_fs;nom\n1;A\n"), file="fs.csv")


def test_real_france_services(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, _ = read_france_services(path, file="liste-fs-20240801.csv")
    assert len(frame) == 2845
    allier = frame[frame["commune_code"].str.startswith("03")]
    assert len(allier) == 24
    assert int(allier["itinerant"].sum()) == 3
    assert frame["weekly_hours"].notna().mean() > 0.95


def test_real_dora_samples(shared_data) -> None:
    folder = shared_data / "format-samples" / "dora"
    frame, _ = read_dora(folder / "api_v2_service.json", file="d")
    assert frame["zone"].tolist() == [("departement:29",)]
    assert frame["weekly_hours"].tolist() == [6]
    assert "alys" not in json.dumps(frame["phone"].tolist() + frame["website"].fillna("").tolist())


def test_v0_thematics_meet_v1_ones(write) -> None:
    slugs = ["famille--violences-intrafamiliales", "numerique", "mobilite--louer-un-vehicule"]
    frame, _ = read_dora(write([SERVICE | {"thematiques": slugs}], "d.json"), file="d.json")
    assert frame["thematics"].iloc[0] == tuple(
        sorted(
            [
                *slugs,
                "famille--surmonter-conflits-separation-violence",
                "mobilite--acceder-a-un-vehicule",
            ]
        )
    )


def test_the_translation_leads_to_v1_only() -> None:
    schema = pytest.importorskip("data_inclusion.schema.v1")
    v1 = {item.value for item in schema.Thematique}
    translation = thematics_v1()
    assert len(translation) > 90
    assert {new for news in translation.values() for new in news} <= v1
    assert not set(translation) & v1


def test_inclusion_structure_nested_in_its_service(shared_data) -> None:
    folder = shared_data / "format-samples" / "data_inclusion"
    path = folder / "api_v1_service_detail_with_structure.json"
    frame, _ = read_data_inclusion(path, file="d")
    assert len(frame) == 1
    assert frame["structure"].notna().all()


@pytest.mark.parametrize(
    ("written", "french"),
    [
        ("Mo-Fr 09:00-12:00; PH off", "lun.-ven. 09:00-12:00; fermé les jours fériés"),
        ("Tu 09:00-12:00;We 14:00-17:00", "mar. 09:00-12:00;mer. 14:00-17:00"),
        ("Mo 08:30-17:00 open, Tu closed", "lun. 08:30-17:00, mar. fermé"),
        ("Sur rendez-vous à la Maison", "Sur rendez-vous à la Maison"),
        ("", ""),
    ],
)
def test_osm_hours_are_written_in_french(written, french):
    assert osm_in_french(written) == french
