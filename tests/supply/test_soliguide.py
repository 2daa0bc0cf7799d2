"""Soliguide: raw places, its API, temporary information, admin export."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartoallier.errors import SourceError
from cartoallier.supply import read_soliguide, recognise
from cartoallier.supply.closures import closure_of, closures_of_text
from cartoallier.supply.documents import start_of_list
from cartoallier.supply.soliguide_words import categories, publics_of_text, slug_of_label


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
    assert frame["soliguide"].tolist()[:2] == [
        ("food_packages",),
        ("402", "domiciliation"),
    ]
    assert frame["itinerant"].tolist() == [False, False, True, True]
    assert frame["line"].tolist() == [1, 1, 4, 4]
    first = frame.iloc[0]
    # The « city code » of migrated records is the postal code.
    assert (first["address"], first["weekly_hours"]) == ("1 rue X", 3.5)
    assert frame["commune_code"].isna().all()


def test_a_long_file_is_known_by_its_start_and_still_read_whole(write, read) -> None:
    places = [_place(lieu_id=i, description="d" * 1_000) for i in range(1_200)]
    path = write(places, "soliguide.json")
    assert start_of_list(path, count=20) == places[:20]
    assert recognise(path, file="s") == "soliguide"
    cut = write(json.dumps(places)[:-30], "coupe.json")
    assert recognise(cut, file="s") == "soliguide"
    with pytest.raises(SourceError, match="tronqué"):
        read(cut)
    pages = write([{"places": places[:600]}, {"places": places[600:]}], "pages.json")
    assert recognise(pages, file="s") == "soliguide"
    short = write(places[:2], "court.json")
    assert start_of_list(short, count=2) is None


def test_services_of_a_place_share_its_hours_unless_they_say_their_own(write) -> None:
    own = {"tuesday": {"open": True, "timeslot": [{"start": 900, "end": 1000}]}}
    services = [
        {"serviceObjectId": "a", "category": "food_packages"},
        {"serviceObjectId": "b", "category": "showers", "differentHours": True, "hours": own},
        {"serviceObjectId": "c", "category": "showers", "differentHours": True, "hours": {}},
    ]
    frame, _ = read_soliguide(write([_place(services_all=services)], "s.json"), file="s.json")
    assert frame["weekly_hours"].tolist() == [3.5, 1.0, 3.5]


def test_real_soliguide_places(shared_data) -> None:
    path = shared_data / "format-samples" / "soliguide" / "lieux_testdb_mongo.json"
    frame, _ = read_soliguide(path, file="lieux.json")
    assert len(frame) == 18
    assert set(frame.loc[frame["itinerant"], "line"]) == {14, 18}
    secret = {name.split("-")[2] for name in frame.index[frame["confidential"]]}
    assert {"3", "14", "33"} <= secret
    old = shared_data / "format-samples" / "soliguide" / "lieu_5447_api_2022.json"
    assert len(read_soliguide(old, file="lieu.json")[0]) == 4


def test_only_services_of_places_online_are_kept_and_all_are_counted(write, read, degrees) -> None:
    x, y = degrees(2, 2)
    here = {"location": {"coordinates": [x, y]}, "address": "1 rue X", "city": "Aval"}
    places = [
        _place(position=here),
        _place(lieu_id=8, status="DRAFT"),
        _place(lieu_id=9, status="PERMANENTLY_CLOSED"),
        _place(lieu_id=10, services_all=[]),
        _place(position=here, updatedAt="2025-01-01"),
        "rien",
    ]
    frame, findings, record = read(write(places, "s.json"))
    assert (record.rows_read, record.rows_kept) == (10, 2)
    assert record.dropped == {
        "fiche hors ligne ou brouillon": 2,
        "lieu fermé définitivement": 2,
        "lieu sans service": 1,
        "fiche répétée (même numéro)": 2,
        "élément qui n'est pas une fiche": 1,
    }
    assert record.rows_read == record.rows_kept + sum(record.dropped.values())
    assert frame["line"].tolist() == [1, 1]
    several = next(f for f in findings if f.what == "une fiche décrit plusieurs services")
    assert several.action.endswith("6\u00a0fiches en tout")


def test_old_records_answer_under_their_own_keys(write) -> None:
    place = {
        "lieu_id": 5,
        "name": "Lieu",
        "statut": "ONLINE",
        "address": "3 rue Y, 03000 Moulins",
        "codePostal": "03000",
        "ville": "Moulins",
        "services": [{"categorie": 600}, {"category": "echography"}],
    }
    path = write(place, "lieu.json")
    assert recognise(path, file="l") == "soliguide"
    frame, _ = read_soliguide(path, file="l")
    assert frame["soliguide"].tolist() == [("600", "food"), ("echography", "pregnancy_care")]
    assert frame["address"].tolist() == ["3 rue Y"] * 2
    assert frame["commune_name"].tolist() == ["Moulins"] * 2


def test_every_legacy_number_and_slug_leads_to_a_label() -> None:
    words = categories()
    assert len(words.slugs) == 134
    assert set(words.numbers.values()) | set(words.former.values()) <= set(words.slugs.values())
    assert not any("," in label or ":" in label for label in words.slugs)


def test_ids_lead_to_the_same_record_elsewhere(write) -> None:
    sources = [
        {"name": "dora", "ids": [{"id": "1b2c", "url": "…"}]},
        {"name": "restos", "ids": [{"id": "9"}]},
    ]
    frame, _ = read_soliguide(write([_place(sources=sources)], "s.json"), file="s")
    assert frame["known_as"].tolist() == [
        # Two services of a place are not one: its own id is theirs only when alone.
        ("dora--1b2c", "soliguide--a"),
        ("dora--1b2c",),
    ]
    assert frame["structure_id"].tolist() == ["soliguide--7"] * 2
    assert frame["category"].tolist() == ["food_packages", "domiciliation"]


def test_closures_of_places_and_services(write) -> None:
    closed = {"actif": True, "dateDebut": "2026-07-31T22:00:00.000Z", "dateFin": "2026-08-31"}
    place = _place(
        tempInfos={"closure": closed},
        services_all=[
            {"serviceObjectId": "a", "category": "food_packages"},
            {"serviceObjectId": "b", "category": "shower", "close": {"actif": True}},
        ],
    )
    path = write([place], "lieux.json")
    frame, _ = read_soliguide(path, file="s")
    assert frame["closures"].tolist() == [
        ("2026-08-01/2026-08-31",),
        ("/", "2026-08-01/2026-08-31"),
    ]


def test_temporary_information_beside_the_places(write, read) -> None:
    path = write([_place()], "lieux.json")
    items = [
        {
            "placeId": 7,
            "serviceObjectId": "a",
            "tempInfoType": "serviceClosure",
            "dateDebut": "2026-01-01",
            "dateFin": None,
        },
        {
            "placeId": 7,
            "serviceObjectId": None,
            "tempInfoType": "MESSAGE",
            "dateDebut": "2026-02-01",
        },
        {
            "placeId": 8,
            "serviceObjectId": None,
            "tempInfoType": "CLOSURE",
            "dateDebut": "2026-02-01",
        },
    ]
    apart = write(items, "tempInfos.json")
    frame, _ = read_soliguide(path, file="s")
    assert frame["closures"].tolist() == [("2026-01-01/",), ()]
    assert recognise(apart, file="t") == "soliguide"
    none, findings, record = read(apart)
    assert (len(none), record.rows_read, sum(record.dropped.values())) == (0, 3, 3)
    assert findings[0].action.startswith("les fermetures sont jointes")


@pytest.mark.parametrize(
    ("value", "closure"),
    [
        ({"actif": False, "dateDebut": None, "dateFin": None}, ""),
        ({"actif": True, "dateDebut": None, "dateFin": None}, "/"),
        ({"actif": False, "dateDebut": "2027-01-01", "dateFin": None}, "2027-01-01/"),
        ({"actif": True, "dateDebut": "2027-01-02", "dateFin": "2027-01-01"}, ""),
        ({"dateDebut": "hier", "closeType": 0}, ""),
        ("fermé", ""),
        (None, ""),
    ],
)
def test_a_closure_says_its_dates_or_nothing(value, closure) -> None:
    assert closure_of(value) == closure


@pytest.mark.parametrize(
    ("written", "closures"),
    [
        ("", ()),
        ("Fermé définitivement", ("definitive",)),
        ("Fermeture temporaire: du 01/08/2026 au 31/08/2026 Congés", ("2026-08-01/2026-08-31",)),
        ("à partir du 01/08/2026", ("2026-08-01/",)),
        ("Fermeture jusqu'au 15/09/2026", ("/2026-09-15",)),
        ("fermé le 14/07/2026", ("2026-07-14/2026-07-14",)),
        (
            "du 01/01/2026 au 02/01/2026 puis du 03/03/2026 au 04/03/2026",
            ("2026-01-01/2026-01-02", "2026-03-03/2026-03-04"),
        ),
        ("Fermeture pour travaux", ("/",)),
    ],
)
def test_closures_in_french(written, closures) -> None:
    assert closures_of_text(written) == closures


STOP = {
    "hours": {"thursday": {"open": True, "timeslot": [{"start": 1800, "end": 1930}]}},
    "position": {
        "location": {"coordinates": [3.1, 46.5]},
        "address": "Place X, 03000 Moulins",
        "postalCode": "03000",
        "city": "Moulins",
    },
}


def test_a_round_has_its_stops_unless_it_is_protected(write) -> None:
    stops = [
        STOP,
        STOP | {"position": {"location": {"coordinates": [0, 0]}}, "hours": None},
        "rien",
    ]
    round_ = {"placeType": "PARCOURS_MOBILE", "parcours": stops}
    places = [_place(**round_), _place(lieu_id=8, visibility="PRO", **round_)]
    frame, _ = read_soliguide(write(places, "s.json"), file="s")
    assert frame["itinerant"].all()
    assert frame["stops"].iloc[0] == ("3.1|46.5|1.5|Place X, Moulins", "|||")
    assert frame["stops"].iloc[2] == ()
    assert frame["confidential"].tolist() == [False, False, True, True]


EXPORT = (
    "rowId,Numéro de la fiche,Dernière mise à jour,Nom de la structure,Adresse postale,Ville,"
    "Code Postal,L'adresse email,Numéros de téléphone,Les horaires,Les conditions d'accès,"
    "Le type de public accueilli,Les services,Fermeture temporaire,Latitude,Longitude\n"
)


def _row(number: int, **cells: str) -> str:
    row = {
        "date": "03-04-2026", "name": "Lieu", "address": "1 rue X, 99000 Aval", "city": "Aval",
        "postal": "99000", "mail": "", "phones": "", "hours": "", "access": "", "public": "",
        "services": "Douche", "closure": "", "latitude": "46.5", "longitude": "3.1",
    } | cells  # fmt: skip
    return f"1,{number}," + ",".join(f'"{value}"' for value in row.values()) + "\n"


def test_the_admin_export_gives_one_record_per_service(write, read) -> None:
    rows = [
        _row(
            1,
            services="Accueil de jour, Parentalité: Suivi de grossesse, Danse de salon",
            phones="Accueil: 04 65 71 00 01\nUrgence: 06 00 00 00 00",
            hours="Lundi au vendredi: 9h à 12h - 14h à 17h\nSamedi: 9h à 12h",
            closure="Fermeture temporaire: du 01/08/2026 au 31/08/2026",
            public="Accueil exclusif: étudiants",
        ),
        _row(1, services="Accueil de jour, Parentalité: Suivi de grossesse, Danse de salon"),
        _row(2, closure="Fermé définitivement", services="Douche, Laverie"),
    ]
    path = write(EXPORT + "".join(rows), "export.csv")
    assert recognise(path, file="e") == "soliguide"
    frame, findings = read_soliguide(path, file="e")
    assert frame.index.tolist() == [
        "soliguide--1-day_hosting",
        "soliguide--1-pregnancy_care",
        "soliguide--1-Danse de salon",
    ]
    row = frame.iloc[0]
    assert (row["address"], row["phone"], row["weekly_hours"]) == ("1 rue X", "04 65 71 00 01", 33)
    assert row["closures"] == ("2026-08-01/2026-08-31",)
    assert (row["publics"], row["updated_on"]) == (("student",), "2026-04-03")
    assert (row["longitude"], row["latitude"]) == (3.1, 46.5)
    assert (row["known_as"], row["structure_id"]) == ((), "soliguide--1")
    assert [f.value for f in findings if f.what == "service Soliguide inconnu"] == [
        "Danse de salon"
    ]
    _, _, record = read(path)
    assert record.rows_read == record.rows_kept + sum(record.dropped.values()) == 6
    assert record.dropped["lieu fermé définitivement"] == 2
    assert record.dropped["fiche répétée (même numéro)"] == 1


@pytest.mark.parametrize(
    ("cells", "secret"),
    [
        ({"access": "Sur orientation uniquement: par le 115"}, True),
        ({"access": "Sur rendez-vous", "services": "Hébergement d'urgence"}, False),
        (
            {"public": "Accueil exclusif: femmes, victimes de violence",
             "services": "Hébergement à long terme"},
            True,
        ),
        ({"public": "Accueil exclusif: victimes de violence", "services": "Douche"}, False),
        ({"name": "Foyer mise à l'abri", "services": "Halte de nuit"}, True),
    ],
)  # fmt: skip
def test_the_export_says_what_is_not_public(write, cells, secret) -> None:
    frame, _ = read_soliguide(write(EXPORT + _row(1, **cells), "e.csv"), file="e.csv")
    assert frame["confidential"].tolist() == [secret]


def test_an_export_with_columns_unticked(write) -> None:
    path = write("Numéro de la fiche,Nom de la structure,Ville\n1,Lieu,Aval\n", "e.csv")
    assert recognise(path, file="e") == "soliguide"
    frame, findings = read_soliguide(path, file="e")
    assert (frame.index.tolist(), frame["soliguide"].tolist()) == (["soliguide--1"], [()])
    assert [f.what for f in findings] == ["export sans la colonne «\u00a0Les services\u00a0»"]


def test_publics_named_in_french() -> None:
    assert publics_of_text("Accueil inconditionnel") == ()
    assert publics_of_text("Accueil exclusif: femmes enceintes, familles") == (
        "family",
        "pregnant",
        "women",
    )
    assert publics_of_text("hommes, femmes, demandeurs d'asile") == ("asylum",)


def test_labels_with_their_parent() -> None:
    assert slug_of_label("Santé du corps: Vaccination") == "vaccination"
    assert slug_of_label("Hébergement d’urgence") == "emergency_accommodation"
    assert slug_of_label("Inconnu") == ""


@pytest.mark.parametrize(
    "place",
    [
        {"lieu_id": 1, "services_all": "non"},
        {"lieu_id": None, "name": None, "services_all": [{}]},
        {"lieu_id": [], "position": "ici", "services_all": [{"category": {"a": 1}}]},
        {"lieu_id": 1, "position": {"location": {"coordinates": ["x", None]}}, "services_all": [{}],
         "name": "A", "newhours": [], "publics": [], "entity": [], "tempInfos": [], "sources": {}},
        {"lieu_id": 1, "name": "A", "placeType": "PARCOURS_MOBILE", "parcours": [None, 3, {}],
         "services_all": [{"close": 3, "publics": {"gender": 4}, "differentPublics": True}]},
    ],
)  # fmt: skip
def test_hostile_places_never_break_the_reader(write, read, place) -> None:
    path = write([place, _place(lieu_id=2)], "s.json")
    _, _, record = read(path)
    assert record.rows_read == record.rows_kept + sum(record.dropped.values())


@given(st.text(alphabet="du aujsqàprtile/-0123456789\n", max_size=60))
def test_any_text_of_closure_gives_dates_or_an_open_closure(written) -> None:
    day = r"(?:20\d\d-\d\d-\d\d)?"
    assert all(re.fullmatch(f"{day}/{day}", one) for one in closures_of_text(written))
