"""What merging never does, whatever the records."""

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cartoallier.model import Services
from cartoallier.supply.merging import merge

NAMES = ("CCAS", "CCAS de Gannat", "Mairie", "France services", "MSAP", "Le Relais", "Le Relai")
SOURCES = ("dora", "mednum", "france-services", "tableau", "soliguide", "data-inclusion--emplois")
WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True).map(
    lambda x: tuple(sorted(x))
)


@st.composite
def _rows(draw) -> list[dict[str, object]]:
    rows = []
    for i in range(draw(st.integers(1, 9))):
        secret = draw(st.booleans()) and draw(st.booleans())
        placed = not secret and draw(st.booleans())
        name = draw(st.sampled_from(NAMES))
        rows.append(
            {
                "id": f"{draw(st.sampled_from(SOURCES))}--{i}",
                "name": name,
                "structure": draw(st.sampled_from([name, None, "Mairie"])),
                "commune_code": draw(st.sampled_from(["03107", "03118", None])),
                "commune_name": "Gannat",
                "address": draw(st.sampled_from([None, "1 rue du Bourg", "Place de la Mairie"])),
                "phone": draw(st.sampled_from([None, "0470112233"])),
                "siret": draw(st.sampled_from([None, "26030310700017", "00000000000000"])),
                "longitude": 3 + draw(st.integers(0, 6)) / 1000 if placed else None,
                "latitude": 46.1 if placed else None,
                "confidential": secret,
                "itinerant": draw(st.booleans()) and draw(st.booleans()),
                "thematics": draw(WORDS),
                "networks": draw(WORDS),
                "known_as": draw(st.sampled_from([(), (), ("dora--0",), ("mednum--1",)])),
                "updated_on": draw(st.sampled_from([None, "2025-01-01", "2024-01-01"])),
            }
        )
    return rows


def _partition(result) -> set[frozenset[str]]:
    """The sets of ids at one place, with those merged away."""
    place = result.records["place"].to_dict()
    rows = result.duplicates
    away = rows[
        rows["decision"].str.startswith("fusionne") & ~rows["id_autre"].isin(result.records.index)
    ]
    for kept, other in zip(away["id_garde"], away["id_autre"], strict=True):
        place[other] = place[kept]
    sets: dict[str, set[str]] = {}
    for one, at in place.items():
        sets.setdefault(at, set()).add(one)
    return {frozenset(ids) for ids in sets.values()}


@settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=_rows(), seed=st.integers(0, 99))
def test_invariants(rows, seed, records) -> None:
    before = records(*rows)
    result = merge(before)
    after = result.records
    Services(after)
    # Every record is there, or merged into one that is.
    gone = set(before.index) - set(after.index)
    rows = result.duplicates
    assert gone <= set(rows.loc[rows["decision"] == "fusionne", "id_autre"])
    assert after["place"].notna().all()
    # No word is lost.
    for column in ("thematics", "networks"):
        assert {w for x in before[column] for w in x} == {w for x in after[column] for w in x}
    # Secret records are as they were, each at its own place.
    secret = before.index[before["confidential"]]
    same = after.loc[secret].drop(columns="place")
    pd.testing.assert_frame_equal(same, before.loc[secret].drop(columns="place"))
    assert (after.loc[secret, "place"] == secret).all()
    shown = set(result.duplicates["id_garde"]) | set(result.duplicates["id_autre"])
    assert not shown & set(secret)
    # One place receives in one way, at one point.
    assert (after.groupby("place")["itinerant"].nunique() == 1).all()
    precise = after[after["precision"] == "adresse"]
    assert (precise.groupby("place")["longitude"].nunique() <= 1).all()
    # Again: nothing. In another order: the same places.
    pd.testing.assert_frame_equal(merge(after).records, after)
    pd.testing.assert_frame_equal(merge(before).records, after)
    shuffled = merge(before.sample(frac=1, random_state=seed))
    assert _partition(shuffled) == _partition(result)
