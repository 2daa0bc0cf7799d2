"""data·inclusion: v0 and v1, services and structures, in every format and wrapping."""

import csv
import io
import json

import pytest
from data_inclusion.schema import v1
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.errors import SourceError
from cartoallier.supply import cells, read_data_inclusion, recognise
from cartoallier.supply.structures import aliases
from cartoallier.supply.vocabulary import (
    networks,
    publics,
    thematics,
    unknown_thematics,
    vocabulary,
)


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
    assert {f.what for f in findings} == {
        "coordonnées absentes",
        "thématique inconnue de data·inclusion",
        "champ obligatoire absent\u00a0: description",
    }
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
    assert "coordonnées absentes" not in {f.what for f in findings}
    elsewhere = read(write(_inclusion_csv(**remote, zone_eligibilite="['75']")))
    assert len(elsewhere[0]) == 0


def test_real_inclusion_files_agree(shared_data) -> None:
    folder = shared_data / "format-samples" / "data_inclusion"
    frames = {}
    for suffix in ("csv", "json", "geojson", "xlsx", "parquet"):
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


def test_v0_thematics_meet_v1_ones(write) -> None:
    slugs = ["famille--violences-intrafamiliales", "numerique", "mobilite--louer-un-vehicule"]
    path = write(_inclusion_csv(thematiques=json.dumps(slugs)))
    frame, _ = read_data_inclusion(path, file="d.csv")
    assert frame["thematics"].iloc[0] == tuple(
        sorted(
            [
                *slugs,
                "famille--surmonter-conflits-separation-violence",
                "mobilite--acceder-a-un-vehicule",
            ]
        )
    )


def test_inclusion_structure_nested_in_its_service(shared_data) -> None:
    folder = shared_data / "format-samples" / "data_inclusion"
    path = folder / "api_v1_service_detail_with_structure.json"
    frame, _ = read_data_inclusion(path, file="d")
    assert len(frame) == 1
    assert frame["structure"].notna().all()


def test_every_v0_thematic_is_translated_or_said_to_have_none() -> None:
    words = vocabulary()
    current = {item.value for item in v1.Thematique}
    v0 = {slug for slug in words.thematics if "preparer-un-permis-de-conduire" not in slug}
    early = {f"creation-activite--{end}" for end in EARLY}
    assert len(v0 - early) + len(words.categories) == 149
    assert {new for news in words.thematics.values() for new in news} <= current
    nothing = {old for old, new in words.thematics.items() if not new}
    assert nothing == {
        "acces-aux-droits-et-citoyennete--aide-aux-victimes",
        "acces-aux-droits-et-citoyennete--developpement-durable",
        "accompagnement-social-et-professionnel-personnalise--parcours-d-insertion-socioprofessionnel",
        "handicap--accompagnement-par-une-structure-specialisee",
    }
    assert all("--" not in one for one in words.categories)


EARLY = ("de-l-idee-au-projet", "demarrer-son-activite", "elaborer-son-projet")


@pytest.mark.parametrize(
    ("written", "v1_slug"),
    [
        ("mobilite-acheter-un-velo", "mobilite--acceder-a-un-vehicule"),
        ("numerique-s-equiper-en-materiel-informatique", "numerique--acquerir-un-equipement"),
        ("mobilite--preparer-un-permis-de-conduire", "mobilite--preparer-un-permis"),
        ("SANTE--ADDICTIONS", "sante--addictions"),
        ("sante--addictions", "sante--addictions"),
    ],
)
def test_words_of_every_age_lead_to_v1(written, v1_slug) -> None:
    assert v1_slug in thematics([written])
    assert written in thematics([written])
    assert unknown_thematics([written]) == ()


def test_unknown_thematics_and_bare_categories() -> None:
    assert unknown_thematics(["mobilite", "handicap", "x--y"]) == ("x--y",)
    assert thematics(["mobilite"]) == ("mobilite",)


def test_publics_of_v0() -> None:
    assert publics(["beneficiaires-rsa"]) == (
        "beneficiaires-des-minimas-sociaux",
        "beneficiaires-rsa",
    )
    assert publics(["tous-publics", "victimes"]) == ("tous-publics", "victimes")
    found = publics(["adultes"], about=["handicap--adapter-son-logement"])
    assert found == ("adultes", "personnes-en-situation-de-handicap")
    valid = {item.value for item in v1.Public}
    assert {new for news in vocabulary().publics.values() for new in news} <= valid


def test_networks_of_v0() -> None:
    assert networks([], labels=["MISSION_LOCALE"], typology="CCAS") == (
        "ccas-cias",
        "mission-locale",
    )
    valid = {item.value for item in v1.ReseauPorteur}
    words = vocabulary()
    assert {*words.typologies.values(), *words.labels.values()} - {""} <= valid


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("dora--1b", ("dora--1b",)),
        ("soliguide--89", ("soliguide--89",)),
        ("local", ()),
        (
            "mediation-numerique--France-Services-1234",
            ("france-services--1234", "mediation-numerique--France-Services-1234"),
        ),
        (
            "mediation-numerique--Hubik-7__Dora-1b2c",
            ("dora--1b2c", "mediation-numerique--Hubik-7__Dora-1b2c"),
        ),
    ],
)
def test_names_in_other_directories(one, others) -> None:
    assert aliases(one) == others


def test_rows_are_compared_with_the_schema_and_never_dropped(write) -> None:
    rows = [
        {"nom": "A", "description": "Une description", "frais": "cher", "code_postal": "3000"},
        {"publics": "['tous-publics', 'femmes']", "lien_mobilisation": "non", "code_insee": "ABC"},
        {"date_maj": "hier", "volume_horaire_hebdomadaire": "-3", "score_qualite": "0.85"},
    ]
    base = {
        "frais": "",
        "code_postal": "",
        "lien_mobilisation": "",
        "description": "Une description",
    }
    base |= {"volume_horaire_hebdomadaire": "", "score_qualite": "", "thematiques": "[]"}
    pages = [_inclusion_csv(**(base | {"id": f"dora--{i}"} | row)) for i, row in enumerate(rows)]
    text = pages[0] + "".join(page.split("\n", 1)[1] for page in pages[1:])
    frame, findings = read_data_inclusion(write(text), file="e.csv")
    assert len(frame) == 3
    assert {(f.line, f.column) for f in findings if f.line} == {
        (4, "date_maj"),
        (2, "nom"),
        (2, "frais"),
        (3, "publics"),
        (3, "code_insee"),
        (3, "lien_mobilisation"),
        (4, "volume_horaire_hebdomadaire"),
    }
    # A zero the spreadsheet took is put right elsewhere, and counted once.
    assert frame["postal_code"].iloc[0] == "03000"
    assert frame["quality"].tolist()[2] == 0.85


def test_v0_ids_are_local_to_their_producer(write) -> None:
    structure = {"id": "s1", "source": "cd99", "nom": "CCAS", "typologie": "CCAS", "siret": None}
    service = {
        "id": "a1",
        "structure_id": "s1",
        "source": "cd99",
        "nom": "Accueil",
        "profils": ["victimes"],
        "thematiques": ["numerique"],
        "zone_diffusion_type": "region",
        "zone_diffusion_code": "84",
        "date_suspension": "2024-01-01",
    }
    other = structure | {"source": "cd98", "nom": "Autre"}
    path = write({"services": [service], "structures": [other, structure]}, "v0.json")
    assert recognise(path, file="v0.json") == "data-inclusion"
    frame, _ = read_data_inclusion(path, file="v0.json")
    row = frame.loc["data-inclusion--cd99--a1"]
    assert (row["structure"], row["structure_id"]) == ("CCAS", "cd99--s1")
    assert row["publics"] == ("personnes-en-situation-durgence", "victimes")
    assert (row["zone"], row["closures"]) == (("region:84",), ("2024-01-01/",))


SERVICE = {
    "id": "dora--a1",
    "structure_id": "dora--s1",
    "source": "dora",
    "nom": "Accueil",
    "thematiques": ["sante--addictions"],
    "zone_eligibilite": ["99"],
    "date_maj": 1768348800000,
}
OWNER = {"id": "dora--s1", "source": "dora", "nom": "CCAS", "siret": "12345678900012"}


@pytest.mark.parametrize(
    "document",
    [
        {"items": [SERVICE | {"structure": OWNER}], "total": 1, "page": 1, "size": 1, "pages": 1},
        [{"items": [SERVICE | {"structure": OWNER}]}, {"items": []}],
        {"items": [{"service": SERVICE | {"structure": OWNER}, "distance": 3}]},
        SERVICE | {"structure": OWNER},
        OWNER | {"services": [SERVICE]},
        {"services": [SERVICE], "structures": [OWNER]},
        {"type": "FeatureCollection", "features": [{"properties": SERVICE | {"structure": OWNER}}]},
    ],
)
def test_api_in_every_wrapping(write, document) -> None:
    path = write(document, "di.json")
    assert recognise(path, file="di.json") == "data-inclusion"
    frame, _ = read_data_inclusion(path, file="di.json")
    row = frame.loc["data-inclusion--dora--a1"]
    assert (row["structure"], row["siret"]) == ("CCAS", "12345678900012")
    assert row["updated_on"] == "2026-01-14"


def test_pages_one_after_the_other(write) -> None:
    pages = [{"items": [SERVICE | {"id": f"dora--{i}"}], "pages": 2} for i in range(2)]
    path = write("\n".join(map(json.dumps, pages)), "pages.json")
    assert recognise(path, file="p") == "data-inclusion"
    assert len(read_data_inclusion(path, file="p")[0]) == 2


def test_a_point_given_by_geometry_only(write) -> None:
    feature = {"properties": SERVICE, "geometry": {"type": "Point", "coordinates": [3.1, 46.5]}}
    path = write({"type": "FeatureCollection", "features": [feature]}, "di.geojson")
    frame, _ = read_data_inclusion(path, file="di.geojson")
    assert (frame["longitude"].iloc[0], frame["latitude"].iloc[0]) == (3.1, 46.5)


def test_structures_that_no_service_names_are_not_lost(write, read) -> None:
    head = "id,nom,source,siret,code_insee,reseaux_porteurs,date_maj\n"
    rows = "dora--s1,CCAS,dora,,99001,,\ndora--s2,ML,dora,,99002,['mission-locale'],\n"
    structures = write(head + rows, "structures.csv")
    write(_inclusion_csv(), "services.csv")
    frame, _, record = read(structures)
    assert frame.index.tolist() == ["data-inclusion--dora--s2"]
    assert record.dropped == {"structures jointes au fichier de services": 1}
    assert frame["networks"].iloc[0] == ("mission-locale",)


def test_help_rows_of_the_template_are_left_out(write, read) -> None:
    text = _inclusion_csv()
    head, row = text.split("\n", 1)
    path = write(f"__ignore__,{head.strip()}\nTRUE,{row.strip()}\n,{row.strip()}\n")
    _, _, record = read(path)
    assert (record.rows_read, record.rows_kept) == (2, 1)
    assert record.dropped == {"ligne d'aide du modèle": 1}


def test_a_damaged_parquet_is_explained(write) -> None:
    path = write(b"PAR1 ceci n'est pas du Parquet", "di.parquet")
    for reader in (recognise, read_data_inclusion):
        with pytest.raises(SourceError, match="Parquet"):
            reader(path, file="di.parquet")


def test_a_dump_of_a_database(write, read) -> None:
    services = [
        {
            "Service ID": "u1",
            "Structure ID": "s1",
            "Source": "fredo",
            "Nom": "Accueil",
            "Thematiques": "{numerique,mobilite--acheter-un-velo}",
            "Profils": "{}",
            "Code Insee": "99001",
            "Code Postal": "99000",
            "Long": "3,10",
            "Lat": "46,50",
            "Modes Accueil": "{a-distance}",
        }
    ]
    path = write(services, "services.json")
    write(
        [{"ID": "s1", "Nom": "MJC", "Code Insee": "99001", "Typologie": "MJC"}], "structures.json"
    )
    assert recognise(path, file="m") == "data-inclusion"
    frame, _ = read_data_inclusion(path, file="m")
    row = frame.loc["data-inclusion--fredo--u1"]
    assert (row["structure"], row["networks"], row["remote"]) == ("MJC", ("mjc",), True)
    assert (row["longitude"], row["latitude"]) == (3.1, 46.5)
    assert "mobilite--acceder-a-un-vehicule" in row["thematics"]
    _, _, joined = read(path.with_name("structures.json"))
    assert joined.dropped == {"structures jointes au fichier de services": 1}


@given(st.lists(st.sampled_from([*vocabulary().thematics, "x--y", "MOBILITE_X"])))
def test_no_written_thematic_is_ever_lost(written) -> None:
    found = thematics(written)
    assert set(written) <= set(found)
    assert thematics(found) == found


@given(st.lists(st.from_regex(r"[a-z-]{1,12}", fullmatch=True), min_size=1))
def test_lists_read_the_same_in_every_spelling(words) -> None:
    read = tuple(sorted(set(words)))
    assert cells.words(str(words)) == read
    assert cells.words(json.dumps(words)) == read
    assert cells.words(words) == read
