"""Who answers: one line per rule, on the words real exports use."""

import pandas as pd
import pytest

import toys
from cartoallier.catalogue import Body, load_catalogue
from cartoallier.model import Territory
from cartoallier.supply.answering import assign_responsables

RULES = load_catalogue().answers
D, E, S, C, A, U = (body.value for body in Body)


def body(territory: Territory, **row: object) -> str:
    records = toys.services(territory, row).records
    return str(assign_responsables(records, RULES)["responsable"].iloc[0])


@pytest.mark.parametrize(
    ("column", "word", "expected"),
    [
        ("networks", "fcsf", A),
        ("networks", "mjc", A),
        ("typologies", "EVS", A),
        ("typologies", "UDAF", A),
        ("bpe", "D506", A),
        ("networks", "maisons-des-solidarites", D),
        ("networks", "departements", D),
        ("networks", "mdph", D),
        ("typologies", "MDA", D),
        ("finess", "223", D),
        ("bpe", "D115", D),
        ("networks", "caf", S),
        ("networks", "cpam", S),
        ("networks", "mutualite-sociale-agricole", S),
        ("typologies", "MSA", S),
        ("finess", "347", S),
        ("networks", "france-travail", E),
        ("networks", "mission-locale", E),
        ("networks", "spip", E),
        ("typologies", "PREF", E),
        ("finess", "156", E),
        ("bpe", "A206", E),
        ("networks", "ccas-cias", C),
        ("networks", "communes", C),
        ("typologies", "BIB", C),
        ("bpe", "F307", C),
        ("networks", "secours-populaire", A),
        ("networks", "restos-du-coeur", A),
        ("networks", "croix-rouge", A),
        ("networks", "emmaus", A),
        ("networks", "aci", A),
        ("finess", "214", A),
        ("networks", "france-service", E),
        ("typologies", "RFS", E),
        ("networks", "conseillers-numeriques", U),
        ("networks", "aidants-connect", U),
        ("soliguide", "wellness", U),
    ],
)
def test_a_word_decides(toy: Territory, column: str, word: str, expected: str) -> None:
    assert body(toy, **{column: (word,)}) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Secours catholique de Gannat", A),
        ("Restos du cœur", A),
        ("Centre social de Varennes", A),
        ("Permanence de la CAF à la mairie", S),
        ("Point d'accueil MSA Auvergne", S),
        ("CARSAT, accueil retraite", S),
        ("Maison des solidarités de Lapalisse", D),
        ("Maison Départementale de l'autonomie", D),
        ("Consultation de PMI", D),
        ("Sous-préfecture de Vichy", E),
        ("Mission locale, antenne de Commentry", E),
        ("CIO de Moulins", E),
        ("CCAS d'Yzeure", C),
        ("Mairie du Donjon", C),
        ("Vichy Communauté", C),
        ("Médiathèque", C),
        ("Association Chemins", A),
        ("France services Huriel", E),
        ("Café des parents", U),
        ("Lieu", U),
    ],
)
def test_a_name_decides_when_words_do_not(toy: Territory, name: str, expected: str) -> None:
    assert body(toy, name=name) == expected
    assert body(toy, structure=name) == expected


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        ("La Poste", E),
        ("Communauté de communes du Pays d'Huriel", C),
        ("MSA Auvergne", S),
        ("Conseil départemental de l'Allier", D),
        ("Association Viltaïs", A),
        ("SARL Dupont", E),  # unknown: the label decides
    ],
)
def test_the_carrier_of_a_france_services_decides(
    toy: Territory, carrier: str, expected: str
) -> None:
    row = {"networks": ("france-service",), "name": "France services", "carrier": carrier}
    assert body(toy, **row) == expected


def test_a_shared_label_gives_way_to_a_body(toy: Territory) -> None:
    assert body(toy, networks=("ccas-cias", "france-service")) == C
    assert body(toy, name="France services - sous-préfecture", networks=("france-service",)) == E
    assert body(toy, name="France services La Poste Cérilly", networks=("france-service",)) == E


def test_the_producer_of_a_record_decides(toy: Territory) -> None:
    records = toys.services(toy, {"source": "data-inclusion"}, {}).records
    records.index = pd.Index(["data-inclusion--mission-locale--7", "tableau--mission-locale"])
    assert assign_responsables(records, RULES)["responsable"].tolist() == [E, U]


def test_nothing_to_assign(toy: Territory) -> None:
    assert assign_responsables(toys.services(toy).records, RULES).empty
