"""A Soliguide place and what data·inclusion republishes of it, by its public number."""

from cartoallier.supply.merging import Decisions
from cartoallier.supply.merging.decisions import Decision

PLACE = {
    "source": "soliguide",
    "name": "Accueil",
    "structure": "Accueil",
    "structure_id": "soliguide--33",
    "address": "1 rue A",
    "commune_code": "03190",
    "longitude": 3.33,
    "latitude": 46.56,
}
MEAL = PLACE | {"id": "soliguide--33-a1", "known_as": ("soliguide--a1",)}
SHOWER = PLACE | {"id": "soliguide--33-a2", "known_as": ("soliguide--a2",)}
ELSEWHERE = {
    "source": "data-inclusion",
    "name": "Tout autre nom",
    "structure": "Tout autre nom",
    "structure_id": "soliguide--33",
    "address": "impasse Z",
    "commune_code": "03190",
    "longitude": 3.36,
    "latitude": 46.57,
}
STRUCTURE = ELSEWHERE | {"id": "data-inclusion--soliguide--33", "known_as": ("soliguide--33",)}


def test_a_structure_is_at_the_place_of_its_number(merged) -> None:
    result = merged(MEAL, SHOWER, STRUCTURE)
    # Two services of a place are not one, and the structure is neither.
    assert len(result.records) == 3
    assert result.records["place"].nunique() == 1
    assert result.records["longitude"].nunique() == 1
    [row] = result.duplicates.to_dict("records")
    assert row["preuve"].startswith("même identifiant Soliguide")
    assert row["score"] == 1.0


def test_the_only_service_of_a_place_is_its_structure(merged) -> None:
    alone = MEAL | {"known_as": ("soliguide--33", "soliguide--a1")}
    assert len(merged(alone, STRUCTURE).records) == 1


def test_a_service_is_one_with_the_service_of_its_id_and_shares_its_place(merged) -> None:
    same = ELSEWHERE | {"id": "data-inclusion--soliguide--a1", "known_as": ("soliguide--a1",)}
    other = ELSEWHERE | {"id": "data-inclusion--soliguide--zz", "address": "allée Y"}
    result = merged(MEAL, SHOWER, same, other | {"longitude": 3.4})
    assert len(result.records) == 3
    assert result.records["place"].nunique() == 1


def test_another_number_is_another_place(merged) -> None:
    other = STRUCTURE | {"id": "data-inclusion--soliguide--3", "structure_id": "soliguide--3"}
    assert merged(MEAL, SHOWER, other | {"known_as": ()}).records["place"].nunique() == 2


def test_a_round_and_a_secret_place_stay_apart(merged) -> None:
    assert merged(MEAL, SHOWER, STRUCTURE | {"itinerant": True}).records["place"].nunique() == 2
    hidden = {"confidential": True, "longitude": None, "latitude": None}
    assert merged(MEAL, SHOWER, STRUCTURE | hidden).records["place"].nunique() == 2


def test_who_parts_them_is_heard(merged) -> None:
    said = Decision(first="soliguide--33-a1", second=str(STRUCTURE["id"]), merged=False, line=2)
    result = merged(MEAL, SHOWER, STRUCTURE, decisions=Decisions(pairs=(said,)))
    assert result.records["place"].nunique() == 2
