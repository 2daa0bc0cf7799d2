"""Nothing of a secret address leaves the room: not in the frame, not in the findings."""

import re

import pytest

from cartoallier.model.finding import MASKED
from cartoallier.supply import read_france_services
from cartoallier.supply.secrecy import DESK, SHELTER, is_secret

SHELTER_NAME = "Foyer Les Mimosas"
STREET = "12 impasse des Glycines"


def _leaks(frame, findings) -> list[str]:
    text = frame.to_csv() + repr(findings)
    hidden = (
        SHELTER_NAME,
        "Mimosas",
        STREET,
        "Glycines",
        "3.0511",
        "46.5123",
        "0465710999",
        "99009",
    )
    return [word for word in hidden if word in text]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("categorie", "166"),
        ("categorie", "214"),
        ("categorie", "443"),
        ("categorie", "D711"),
        ("categorie", "famille--surmonter-conflits-separation-violence"),
        ("categorie", "famille--violences-intrafamiliales"),
        ("categorie", "emergency_accommodation"),
        ("structure", "Femmes accueil et refuge"),
        ("structure", "Centre maternel"),
        ("structure", "Accueil mère et enfant"),
        ("porteur;categorie;publics", "x;chrs;femmes, familles"),
        ("categorie;structure", "CHRS;Mise à l'abri des victimes"),
    ],
)
def test_every_rule_hides_the_row(write, read, header: str, cells: str) -> None:
    path = write(
        f"nom;adresse;longitude;latitude;code_insee;telephone;{header}\n"
        f"{SHELTER_NAME};{STREET};3.0511;46.5123;99009;0465710999;{cells}\n"
        "Mairie;1 place;;;99002;;\n"
    )
    frame, findings, _ = read(path, format="tableau")
    secret = frame[frame["confidential"]].iloc[0]
    assert _leaks(frame, findings) == []
    assert secret["name"] in {SHELTER, DESK}
    removed = ["structure", "address", "postal_code", "commune_code", "commune_name", "phone"]
    assert secret[[*removed, "website", "hours", "longitude", "carrier"]].isna().all()
    assert secret["zone"] == ()
    assert re.fullmatch(r"tableau--[0-9a-f]{16}", str(secret.name))
    mine = [f for f in findings if f.line == 2]
    assert mine
    assert all((f.value, f.column) == (MASKED, "") for f in mine)
    other = frame[~frame["confidential"]].iloc[0]
    assert other["name"] == "Mairie"


@pytest.mark.parametrize(
    "address", ["adresse confidentielle", "Non communiquée", "sur orientation"]
)
def test_an_address_that_says_so(write, read, address: str) -> None:
    path = write(f"nom;adresse;code_insee\n{SHELTER_NAME};{address};99001\n")
    frame, findings, _ = read(path, format="tableau")
    assert frame["confidential"].all()
    assert _leaks(frame, findings) == []


def test_the_other_services_of_a_shelter_are_hidden_too(write, read) -> None:
    path = write(
        "nom;structure;adresse;code_insee;categorie;longitude;latitude\n"
        f"Nuit;{SHELTER_NAME};{STREET};99001;214;zut;46\n"
        f"Repas;{SHELTER_NAME};{STREET};99001;equipement-et-alimentation--alimentation;;\n"
        f"Repas ailleurs;Autre;{STREET};99001;;;\n"
    )
    frame, findings, _ = read(path, format="tableau")
    assert frame["confidential"].tolist() == [True, True, False]
    assert "Mimosas" not in frame.to_csv() + repr(findings)


def test_soliguide_says_it_or_lets_understand_it(write, read) -> None:
    def place(number: int, **changes: object) -> dict[str, object]:
        return {
            "lieu_id": number,
            "name": f"{SHELTER_NAME} {number}",
            "status": "ONLINE",
            "position": {
                "location": {"coordinates": [0, 0]},
                "address": f"{STREET}, 99000 Aval",
                "postalCode": "99000",
                "city": "Aval",
            },
            "services_all": [{"category": "shower"}],
        } | changes

    orientation = {"orientation": {"checked": True}}
    places = [
        place(1, modalities=orientation),
        place(2, visibility="PRO"),
        place(3, services_all=[{"category": "shower", "modalities": orientation}]),
        place(4, services_all=[{"category": "emergency_accommodation"}, {"category": "shower"}]),
        place(
            5,
            description="<p>Pour les femmes et leurs enfants</p>",
            services_all=[{"category": "long_term_accomodation"}],
        ),
        place(
            6,
            publics={"accueil": 2, "other": ["violence"]},
            services_all=[{"category": "overnight_stop"}],
        ),
        place(7, status="OFFLINE"),
    ]
    frame, findings, _ = read(write(places, "soliguide.json"))
    assert len(frame) == 7
    assert frame["confidential"].all()
    assert _leaks(frame, findings) == []


def test_inclusion_descriptions_are_read_not_kept(write, read) -> None:
    header = (
        "id,structure_id,source,nom,description,thematiques,adresse,code_insee,zone_eligibilite"
    )
    housing = "['logement-hebergement--rechercher-une-solution-dhebergement-temporaire']"
    path = write(
        f"{header}\n"
        f"x--1,x--s,x,{SHELTER_NAME},Mise à l'abri,{housing},{STREET},99001,\n"
        f"x--2,x--t,x,Hôtel social,Pour tous,{housing},2 rue,99002,\n"
    )
    frame, findings, _ = read(path)
    assert frame["confidential"].tolist() == [True, False]
    assert _leaks(frame, findings) == []
    assert "abri" not in frame.to_csv()


def test_a_dropped_duplicate_says_nothing_either(write, read) -> None:
    item = {
        "id": "secret-1",
        "structure_id": "s",
        "nom": SHELTER_NAME,
        "adresse": STREET,
        "longitude": "3.0511",
        "latitude": "zut",
        "contact_public": True,
        "zone_diffusion_type": None,
        "thematiques": ["famille--violences-intrafamiliales"],
    }
    frame, findings, record = read(write([item, item], "dora.json"))
    assert record.dropped == {"doublon exact": 1}
    assert _leaks(frame, findings) == []
    assert "secret-1" not in frame.to_csv() + repr(findings) + repr(record)


def test_real_france_services_are_not_hidden(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, _ = read_france_services(path, file="fs")
    assert int(is_secret(frame).sum()) == 0
