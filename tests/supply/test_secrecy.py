"""Nothing of a secret address leaves the room: not in the frame, not in the findings."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toys
from cartoallier.errors import SourceError
from cartoallier.model import Finding, Services
from cartoallier.model.finding import MASKED
from cartoallier.supply import gather, read_france_services
from cartoallier.supply.generalising import ladders
from cartoallier.supply.headers import columns_read
from cartoallier.supply.secrecy import (
    DESK,
    SHELTER,
    generalise,
    hide_twins,
    is_secret,
    mask_findings,
    secret_counts,
    settle_levels,
)
from cartoallier.supply.twins import TWIN

SHELTER_NAME = "Foyer Les Mimosas"
STREET = "12 impasse des Glycines"
VIOLENCE = "famille--surmonter-conflits-separation-violence"
HOUSING = "logement-hebergement--rechercher-une-solution-dhebergement-temporaire"


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
        # DOMAIN §5.4, line by line
        *(("categorie", code) for code in ("166", "214", "219", "442", "443")),
        *(("categorie", code) for code in ("D703", "D704", "D705", "D709", "D710", "D711")),
        ("categorie", VIOLENCE),
        ("categorie", "famille--violences-intrafamiliales"),
        ("categorie", "emergency_accommodation"),
        ("categorie", "sexual_violence_support"),
        ("structure", "Stop violence"),
        ("structure", "Femmes accueil et refuge"),
        ("structure", "Refuge des femmes accueil"),
        ("structure", "Centre maternel"),
        ("structure", "Accueil mère et enfant"),
        ("structure", "accueil mere-enfant"),
        ("categorie", "Accueil mère et enfant Les Mimosas"),
        # FORMATS §4.4: what lodges, and a word of danger
        ("porteur;categorie;publics", "x;chrs;femmes, familles"),
        ("categorie;structure", "CHRS;Mise à l'abri des victimes"),
        *(
            ("categorie;publics", f"{code};victimes")
            for code in ("643", "644", "172", "175", "176", "177", "241", "chu", "CPH", "cada")
        ),
        *(
            ("categorie;structure", f"{word};Femmes et enfants")
            for word in (HOUSING, "long_term_accomodation", "overnight_stop", "HUDA")
        ),
        ("categorie;structure", f"{HOUSING}, {VIOLENCE};x"),
        ("categorie;publics", f"{HOUSING};prostitution"),
        ("categorie;publics", f"{HOUSING};Femmes | Familles et/ou enfants"),
        ("structure;publics", "Hébergement d'urgence;violence"),
        ("structure", "Hébergement confidentiel"),
        ("structure", "CHRS adresse secrète"),
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
    removed = [
        *("structure", "structure_id", "siret", "category", "address", "postal_code"),
        *("commune_code", "commune_name", "phone", "website", "hours", "longitude", "latitude"),
        *("carrier", "funding", "precision", "place", "weekly_hours", "quality"),
    ]
    assert secret[removed].isna().all()
    assert secret["zone"] == secret["stops"] == secret["closures"] == ()
    assert re.fullmatch(r"tableau--[0-9a-f]{16}", str(secret.name))
    mine = [f for f in findings if f.line == 2]
    assert mine
    assert all((f.value, f.column) == (MASKED, "") for f in mine)
    assert "99002" not in repr(mine)  # the old code 99009 became that commune
    other = frame[~frame["confidential"]].iloc[0]
    assert other["name"] == "Mairie"


@pytest.mark.parametrize(
    "cells",
    ["", "258", "D401", HOUSING, "FJT", "equipement-et-alimentation--alimentation"],
)
def test_what_is_no_danger_stays(write, read, cells: str) -> None:
    path = write(f"nom;adresse;code_insee;categorie\nRésidence;{STREET};99001;{cells}\n")
    frame, _, _ = read(path, format="tableau")
    assert not frame["confidential"].any()


@pytest.mark.parametrize(
    "address",
    [
        "adresse confidentielle",
        "Non communiquée",
        "adresse tenue secrète",
        "Sur orientation uniquement",
    ],
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


def test_free_words_of_a_table_do_not_stay(write, read) -> None:
    path = write(
        "nom;code_insee;categorie;publics;themes;heures_semaine;capacite\n"
        "x;99001;214, mimosas, FJT_MIMOSAS, rue--glycines;familles, mimosas;;35;12\n"
    )
    frame, findings, _ = read(path, format="tableau")
    row = frame.iloc[0]
    assert row["confidential"]
    assert "imosas" not in frame.to_csv().lower() + repr(findings).lower()
    assert "glycines" not in frame.to_csv()
    assert row["finess"] == ("214",)
    assert row["capacity"] == 12


def _place(number: int, **changes: object) -> dict[str, object]:
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


def test_soliguide_says_it_or_lets_understand_it(write, read) -> None:
    orientation = {"orientation": {"checked": True}}
    places = [
        _place(1, modalities=orientation),
        _place(2, visibility="PRO"),
        _place(3, services_all=[{"category": "shower", "modalities": orientation}]),
        _place(4, services_all=[{"category": "emergency_accommodation"}, {"category": "shower"}]),
        _place(
            5,
            description="<p>Pour les femmes et leurs enfants</p>",
            services_all=[{"category": "long_term_accomodation"}],
        ),
        _place(
            6,
            publics={"accueil": 2, "other": ["violence"]},
            services_all=[{"category": "overnight_stop"}],
        ),
        _place(7, status="OFFLINE"),
    ]
    frame, findings, _ = read(write(places, "soliguide.json"))
    assert len(frame) == 7
    assert frame["confidential"].all()
    assert _leaks(frame, findings) == []


def test_inclusion_descriptions_are_read_not_kept(write, read) -> None:
    header = (
        "id,structure_id,source,nom,description,thematiques,adresse,code_insee,zone_eligibilite"
    )
    path = write(
        f"{header}\n"
        f"x--1,x--s,x,{SHELTER_NAME},Mise à l'abri,['{HOUSING}'],{STREET},99001,\n"
        f"x--2,x--t,x,Hôtel social,Pour tous,['{HOUSING}'],2 rue,99002,\n"
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


def test_a_secret_row_elsewhere_in_france_says_nothing(write, read) -> None:
    path = write(
        "nom;adresse;code_insee;categorie;zone;longitude;latitude\n"
        f"{SHELTER_NAME};{STREET};13055;214;{STREET};3.0511;zut\n"
        f";{STREET};99001;214;{STREET};3.0511;zut\n"
        "Mairie;;99001;;;;\n"
    )
    frame, findings, record = read(path, format="tableau")
    assert frame["name"].tolist() == ["Mairie"]
    assert _leaks(frame, findings) == []
    assert _leaks(frame, record) == []


def test_a_row_swallowed_by_a_quote_is_not_believed() -> None:
    name = f"Maison;{STREET};3,05;214 Maison;x;y"
    frame = _frame(name=[name, "Maison, mairie"])
    assert is_secret(frame).tolist() == [True, False]


def test_real_france_services_are_not_hidden(shared_data) -> None:
    path = shared_data / "france-services-2025" / "liste-fs-20240801.csv"
    frame, _ = read_france_services(path, file="fs")
    assert int(is_secret(frame).sum()) == 0


# --- people


PERSON, MAIL = "Perrine Zablowitch", "perrine.zablowitch@gmail.com"
PEOPLE = {
    "dora.json": [
        {
            "id": "1",
            "structure_id": "s",
            "nom": "Accueil",
            "contact_nom_prenom": PERSON,
            "courriel": MAIL,
            "telephone": "0465710998",
            "contact_public": False,
            "zone_diffusion_type": None,
            "code_insee": "99001",
        }
    ],
    "services.csv": (
        "id,structure_id,source,nom,thematiques,zone_eligibilite,contact_nom_prenom,courriel,"
        "telephone,code_insee\n"
        f"x--1,x--s,x,Accueil,[],,{PERSON},{MAIL},0465710998,99001\n"
    ),
    "soliguide.json": [
        _place(1, name="Accueil", entity={"name": "Asso", "mail": MAIL, "phones": [
            {"label": PERSON, "phoneNumber": "0465710998"}]})
    ],
    "fs.csv": (
        "id_fs,lib_fs,format_fs,mail,telephone,insee_com,commentaire\n"
        f"1,Accueil,Fixe,{MAIL},0465710998,99001,{PERSON}\n"
    ),
    "tableau.csv": (
        f"nom;code_insee;telephone;courriel;contact\nAccueil;99001;0465710998;{MAIL};{PERSON}\n"
    ),
    "mednum.csv": (
        "id,pivot,nom,commune,code_postal,code_insee,adresse,date_maj,courriels,telephone,"
        "presentation_resume,services\n"
        f"1,12345678900011,Accueil,Aval,99000,99001,1 rue,2026-01-05,{MAIL},+33465710998,"
        f"{PERSON},Accès internet et matériel informatique\n"
    ),
    "structures-dora-03-tous-2026-02-14.csv": (
        "Nom,Statut,Type,Dernière mise à jour,Date de dernière modification,Services,SIRET,"
        "Courriel,Administrateurs,Commune,Code postal\n"
        f"Accueil,Active,CCAS,2026-01-05,2026-01-05,2,12345678900011,{MAIL},{PERSON} {MAIL},"
        "Aval,99000\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_no_name_and_no_personal_mail_enters(write, read, name: str) -> None:
    columns = {} if name != "tableau.csv" else {"format": "tableau"}
    try:
        told = "".join(map(str, (r if isinstance(r, list) else repr(r) for r in _said(
            read(write(PEOPLE[name], name), **columns)))))  # fmt: skip
    except SourceError as error:
        told = str(error)
    else:
        assert "Accueil" in told
    for word in ("Perrine", "Zablowitch", "zablowitch", "0465710998", "465710998"):
        assert word not in told


def _said(answer):
    frame, findings, record = answer
    return frame.to_csv(), repr(findings), repr(record)


# --- masking


def test_findings_of_secret_rows_keep_their_line_alone() -> None:
    def found(**words):
        return Finding(**({"file": "a.csv", "what": "code commune ancien"} | words))

    findings = [
        found(line=2, value="99009", action="remplacé par 99002"),
        found(line=3, value="99009", action="remplacé par 99002"),
        found(line=4, value="12 rue"),  # never judged
        found(line=4, what="ligne sans nom"),
        found(line=5, file="structures.csv", value=STREET),
        found(line=3, file="structures.csv", value=STREET),  # same number, another file
        found(line=2, what="commune « Aval » inconnue"),
        found(value="utf-8"),
    ]
    masked = mask_findings(findings, lines=[2], judged=[2, 3], file="a.csv")
    assert [f.value for f in masked] == [
        *(MASKED, "99009", MASKED, "", MASKED, MASKED, MASKED, "utf-8")
    ]
    assert "99002" not in repr(masked[0])
    assert masked[6].what == "commune … inconnue"
    assert [f.line for f in masked] == [f.line for f in findings]


@pytest.mark.parametrize(
    "header",
    [
        [SHELTER_NAME, "x", STREET],
        [SHELTER_NAME, "x", "99001"],
        [SHELTER_NAME, "3,05"],
        [SHELTER_NAME, "04 70 00 11 22", "a@b.fr"],
        [SHELTER_NAME * 9],
    ],
)
def test_an_error_does_not_repeat_a_first_row_of_data(header: list[str]) -> None:
    assert "Mimosas" not in columns_read(header)


def test_an_error_repeats_titles() -> None:
    header = ["Nom", "Latitude", "complement_d_adresse_2", "Libellé de l'adresse"]
    assert columns_read(header, most=3) == (
        "colonnes lues\u00a0: Nom, Latitude, complement_d_adresse_2…"
    )


# --- twins


def _frame(**columns) -> pd.DataFrame:
    size = max(map(len, columns.values()))
    rows = [{key: values[i] for key, values in columns.items()} for i in range(size)]
    return _services(rows)


def _services(rows) -> pd.DataFrame:
    frame = toys.services(SimpleNamespace(crs="EPSG:2154"), *rows).records
    return frame.assign(known_as=frame["known_as"].map(lambda v: v or ()))


BASE = {
    "name": SHELTER_NAME,
    "structure": "Association Lurcy",
    "address": STREET,
    "commune_code": "99001",
    "commune_name": "Aval",
    "siret": "11122233300017",
    "phone": "0465710999",
    "longitude": 3.0511,
    "latitude": 46.5123,
    "precision": "adresse",
    "file": "a.csv",
    "line": 2,
}
NOWHERE = {"address": None, "longitude": None, "latitude": None, "precision": None}
OTHERS = {
    "name": "Repas", "structure": "Croix bleue", "siret": None, "phone": None, "file": "b.csv",
}  # fmt: skip


def _met(toy, *, secret, twin, shelter=True) -> pd.DataFrame:
    """Generalise one row at its door, and meet another source's."""
    kind = {"finess": ("214",)} if shelter else {"thematics": (VIOLENCE,)}
    first = _services([BASE | kind | secret]).set_axis(["fin--1"])
    first.index.name = "id"
    first = generalise(first, is_secret(first), territory=toy)
    second = _services([BASE | {"file": "b.csv"} | twin]).set_axis(["dora--1"])
    second.index.name = "id"
    records, _ = gather([first, second])
    records, _ = hide_twins(records, territory=toy)
    Services(records)
    return records


@pytest.mark.parametrize(
    ("secret", "twin", "hidden"),
    [
        ({}, {}, True),
        ({}, OTHERS, False),  # the same door, nothing else in common
        ({}, OTHERS | {"siret": BASE["siret"]}, True),
        ({}, OTHERS | {"phone": "+33 4 65 71 09 99"}, True),
        ({}, OTHERS | {"name": "Les mimosas, repas"}, True),
        ({}, OTHERS | {"structure": "LURCY"}, True),
        ({}, {"address": "12, imp. des GLYCINES (cour)", "longitude": 9.0}, True),
        ({}, {"address": "Bât. B", "longitude": 3.0513, "latitude": 46.5121}, True),
        ({}, {"address": "9 rue du Lac", "longitude": 3.1, "name": "Siège"}, False),
        ({}, {"address": "9 rue du Lac", "longitude": 3.1}, True),  # a name of its own
        ({}, {"address": "9 rue du Lac", "longitude": 3.1, "commune_code": "99002"}, False),
        ({}, NOWHERE | OTHERS | {"structure": "Association Lurcy"}, True),
        ({}, NOWHERE | OTHERS, False),
        (NOWHERE, {"name": "Association Lurcy"}, True),
        ({}, OTHERS | NOWHERE | {"commune_code": None, "known_as": ("fin--1",)}, True),
        ({"known_as": ("dora--1",)}, OTHERS | {"commune_code": None}, True),
        # The commune's name says nothing, nor do words everybody uses.
        (
            {"name": "Foyer d'Aval", "structure": "CCAS d'Aval", "phone": None, "siret": None},
            OTHERS | {"name": "Centre social d'Aval", "structure": "CCAS d'Aval"},
            False,
        ),
    ],
)
def test_the_open_twin_of_a_shelter_is_hidden(toy, secret, twin, hidden: bool) -> None:
    records = _met(toy, secret=secret, twin=twin)
    assert records["confidential"].tolist() == [True, hidden]
    if hidden:
        assert _leaks(records, []) == []
        assert set(records["name"]) == {SHELTER}
    assert (records["known_as"] == ()).all()
    assert not records.index.str.contains("--1$")[0]


def test_the_owner_of_a_desk_stays_open(toy) -> None:
    desk = {"name": "Écoute Bromélia"}
    assert _met(toy, secret=desk, twin=OTHERS, shelter=False)["confidential"].tolist() == [
        True,
        False,
    ]
    same = _met(toy, secret=desk, twin=desk | {"structure": "Autre"}, shelter=False)
    assert same["confidential"].all()
    assert set(same["name"]) == {DESK}


def test_findings_about_a_twin_are_masked_and_twins_of_twins_follow(toy, write, read) -> None:
    header = "nom;structure;adresse;code_insee;categorie;longitude;latitude;telephone\n"
    a = write(f"{header}{SHELTER_NAME};Lurcy;{STREET};99001;214;;;0465710999\n", "a.csv")
    b = write(f"{header}Lurcy Mimosas;x;{STREET};99001;;3.0511;zut;0465710998\n", "b.csv")
    c = write(
        f"{header}Nuit;x;{STREET};99001;;zut;46.5123;0465710998\nMairie;;;99001;;;;\n", "c.csv"
    )
    read_all = [read(path, format="tableau") for path in (a, b, c)]
    records, findings = gather([frame for frame, _, _ in read_all])
    findings += [one for _, found, _ in read_all for one in found]
    assert "3.0511" in repr(findings)
    records, findings = hide_twins(records, findings, territory=toy)
    assert records["confidential"].tolist() == [True, True, True, False]
    assert _leaks(records, findings) == []
    assert [(f.file, f.line) for f in findings if f.what == TWIN] == [("b.csv", 2), ("c.csv", 2)]
    assert records["place"].iloc[:3].nunique() == 1  # one place, counted once
    assert records["place"].iloc[3:].isna().all()


def test_ids_cannot_be_found_by_hashing_a_public_directory(toy) -> None:
    row = BASE | {"finess": ("214",)}
    before = generalise(
        _services([row]).set_axis(pd.Index(["dora--1"], name="id")),
        pd.Series([True], index=["dora--1"]),
        territory=toy,
    )
    again, _ = hide_twins(before, territory=toy)
    other, _ = hide_twins(before.assign(updated_on="2026-01-01"), territory=toy)
    assert len({before.index[0], again.index[0], other.index[0]}) == 3
    assert again.index[0].startswith("tableau--")


def test_without_secret_nothing_moves(toy) -> None:
    records = _services([BASE, OTHERS])
    assert hide_twins(records, territory=toy)[0] is records
    assert settle_levels(records, toy) is records
    assert secret_counts(records, toy).empty


# --- levels


def test_a_ladder_never_names_a_commune(toy) -> None:
    found = ladders(pd.Series(["99001", "99003", "98001", "13055", "97105", None]), territory=toy)
    assert found.fillna("").tolist() == [
        "epci:100000001 arrondissement:991 departement:99",
        "epci:100000002 departement:99",  # its arrondissement has one commune
        "epci:100000002 departement:98",
        "departement:13",
        "departement:971",
        "",
    ]


def _country() -> SimpleNamespace:
    """Two départements; 01: arrondissement A of three EPCI, B of two, C of two; 02: one."""
    rows = []
    for epci, arrondissement, departement in (
        ("a1", "A", "01"), ("a2", "A", "01"), ("a3", "A", "01"), ("b1", "B", "01"),
        ("b2", "B", "01"), ("c1", "C", "01"), ("c2", "C", "01"), ("d1", "D", "02"),
    ):  # fmt: skip
        rows += [(f"{epci}{i}", epci, arrondissement, departement) for i in range(2)]
    columns = ["code", "epci_code", "arrondissement_code", "departement_code"]
    zones = pd.DataFrame(
        [("epci", "a1", "CC A1"), ("arrondissement", "A", "Ouest"), ("departement", "01", "Ain")],
        columns=["level", "code", "name"],
    )
    return SimpleNamespace(
        communes=pd.DataFrame(rows, columns=columns).set_index("code"), zones=zones
    )


def _hidden(*places, themes=(("t",),)) -> pd.DataFrame:
    """Secret services, each in an EPCI (or « EPCI/site »)."""
    rows = []
    for i, place in enumerate(places):
        epci, _, site = place.partition("/")
        letter = epci[0].upper()
        departement = "02" if letter == "D" else "01"
        rows.append(
            {
                "name": SHELTER,
                "confidential": True,
                "themes": themes[i % len(themes)],
                "place": site or None,
                "generalised": f"epci:{epci} arrondissement:{letter} departement:{departement}",
            }
        )
    return _services(rows)


@pytest.mark.parametrize(
    ("places", "settled"),
    [
        (("a1",), ["departement:01"]),
        (("a1", "a1"), ["epci:a1"] * 2),
        (("a1/x", "a1/x"), ["departement:01"] * 2),  # one place told twice
        (("a1", "a2"), ["arrondissement:A"] * 2),
        (("a1", "a2", "a2"), ["arrondissement:A"] * 3),  # alone beside a count, it would show
        (("a1", "a1", "a2", "a2"), ["epci:a1"] * 2 + ["epci:a2"] * 2),
        (("a1", "a1", "b1"), ["departement:01"] * 3),
        (("a1", "b1", "c1", "c1"), ["departement:01"] * 2 + ["epci:c1"] * 2),
        (("a1", "d1"), ["departement:01", "departement:02"]),
    ],
)
def test_a_single_site_moves_up(places, settled) -> None:
    records = settle_levels(_hidden(*places), _country())
    assert records["generalised"].tolist() == settled
    assert settle_levels(records, _country())["generalised"].tolist() == settled


def test_counts_are_of_places_and_by_theme() -> None:
    records = _hidden("a1", "a1/x", "a1/x", "a2", "a2", themes=(("t",), ("t", "u")))
    records.loc[records.index[-1], "generalised"] = None
    records = settle_levels(records, _country())
    table = secret_counts(records, _country())
    assert table.to_dict("records") == [
        {"theme": "t", "maille": "", "code": "", "nom": "commune inconnue", "services": 1},
        {"theme": "t", "maille": "arrondissement", "code": "A", "nom": "Ouest", "services": 3},
        {"theme": "u", "maille": "arrondissement", "code": "A", "nom": "Ouest", "services": 2},
    ]
    assert records["updated_on"].isna().all()


EPCIS = ("a1", "a2", "a3", "b1", "b2", "c1", "c2", "d1")
PLACES = st.tuples(
    st.sampled_from(EPCIS), st.sampled_from([(), ("t",), ("u",), ("t", "u")]), st.booleans()
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(PLACES, min_size=1, max_size=14), least=st.integers(1, 3))
def test_no_zone_singles_anybody_out(rows, least: int) -> None:
    country = _country()
    records = _hidden(
        *(epci + ("/shared-" + epci if same else "") for epci, _, same in rows),
    )
    themes = pd.Series([t for _, t, _ in rows], index=records.index, dtype="object")
    records = records.assign(themes=themes)
    settled = settle_levels(records, country, least=least)
    for before, after in zip(records["generalised"], settled["generalised"], strict=True):
        assert after in before.split()
    counts = secret_counts(settled, country)
    fine = counts[counts["maille"] != "departement"]
    assert (fine["services"] >= least).all()
    assert counts.groupby("theme")["services"].sum().min() > 0
    for _, group in counts.groupby("theme"):
        zones = set(group["maille"] + ":" + group["code"])
        for arrondissement, parts in country.communes.groupby("arrondissement_code"):
            counted = {e for e in parts["epci_code"].unique() if f"epci:{e}" in zones}
            if f"arrondissement:{arrondissement}" in zones and counted:
                assert parts["epci_code"].nunique() - len(counted) >= 2
