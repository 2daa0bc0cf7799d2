"""Composite scores: a country of five EPCI by hand, what must never change, and real figures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartoallier.diagnosis.composites import explain_missing, national, score
from cartoallier.model import (
    NEEDS_COLUMNS,
    SCORE_COLUMNS,
    Composite,
    Indicator,
    Status,
    Territory,
    no_values,
)

POOR = Indicator(id="pauvrete", label="Taux de pauvreté", unit="%", kind="taux", direction="+")
INCOME = Indicator(id="revenu", label="Médiane", unit="€", kind="niveau", direction="-")
CARS = Indicator(id="sans_voiture", label="Sans voiture", unit="%", kind="taux", direction="+")
INDICATORS = {one.id: one for one in (POOR, INCOME, CARS)}
BOTH = Composite(id="deux", label="Deux", kind="profil", terms=(("pauvrete", 3.0), ("revenu", 1.0)))
CAR = Composite(id="voiture", label="Voiture", kind="profil", terms=(("sans_voiture", 1.0),))
CODES = ("100000001", "100000002", "200000001", "200000002", "200000003")


def needs_of(
    table: dict[str, list[float | None]],
    codes: tuple[str, ...] = CODES,
    *,
    vintage: str = "2021",
    status: Status = Status.PUBLISHED,
) -> pd.DataFrame:
    """Rows of needs by EPCI: indicator -> one value per code."""
    rows = [
        (name, "epci", code, f"CC {code}", "entier", value, "%",
         Status.SECRET if value is None else status, vintage, "insee")
        for name, values in table.items()
        for code, value in zip(codes, values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)


def scored(
    reference: pd.DataFrame,
    territory: Territory,
    *composites: Composite,
    values: pd.DataFrame | None = None,
) -> pd.DataFrame:
    table = score(
        composites,
        values=no_values() if values is None else values,
        reference=reference,
        zones=territory.zones,
        indicators=INDICATORS,
    )
    assert dict(table.dtypes.astype("str")) == SCORE_COLUMNS
    return table.set_index(["composite", "code"])


def test_five_epci_by_hand(toy: Territory) -> None:
    """Percentiles of five are 10, 30, 50, 70, 90; an income counts reversed, level ones share.

    ===========  ====  ====  ====  ====  ====
    pauvrete       20    10    15     5    15   -> 90 30 60 10 60
    revenu         18    22    19    25    20   -> 90 30 70 10 50
    score, 3:1     90    30  62.5    10  57.5
    ===========  ====  ====  ====  ====  ====
    """
    reference = needs_of({"pauvrete": [20, 10, 15, 5, 15], "revenu": [18, 22, 19, 25, 20]})
    table = scored(reference, toy, BOTH)
    assert list(table.index) == [("deux", "100000001"), ("deux", "100000002")]
    assert table["score"].tolist() == [pytest.approx(90), pytest.approx(30)]
    assert table["rank"].tolist() == [1, 4]
    assert set(table["ranked"]) == {5}
    assert table["rank_low"].tolist() == table["rank_high"].tolist() == [1, 4]
    assert table["name"].tolist() == ["CC Ouest", "CC Est"]
    assert set(table["perimeter"]) == {"entier"}
    assert set(table["known"]) == set(table["expected"]) == {2}
    assert table["missing"].tolist() == ["", ""]
    assert not table["dominant"].any(), "one profile alone does not dominate"


def test_weights_moved_and_terms_left_out_give_the_range(toy: Territory) -> None:
    """Without poverty the first EPCI falls from 1st to 4th; the second rises from 3rd to 1st.

    pauvrete 90 50 70 30 10, revenu 30 90 10 50 70: scores 75, 60, 55, 35, 25 with 3:1; moved by
    ten points the order of the two holds; revenu alone ranks them 4th and 1st, poverty alone
    1st and 3rd.
    """
    reference = needs_of({"pauvrete": [20, 12, 15, 9, 5], "revenu": [22, 18, 25, 20, 19]})
    table = scored(reference, toy, BOTH)
    assert table["score"].tolist() == [pytest.approx(75), pytest.approx(60)]
    assert table["rank"].tolist() == [1, 2]
    assert table["rank_low"].tolist() == [1, 1]
    assert table["rank_high"].tolist() == [4, 3]


def test_half_of_the_weight_must_be_known(toy: Territory) -> None:
    reference = needs_of({"pauvrete": [None, 10, 15, 5, 12], "revenu": [18, None, 19, 25, 20]})
    table = scored(reference, toy, BOTH)
    first, second = table.loc[("deux", "100000001")], table.loc[("deux", "100000002")]
    assert pd.isna(first["score"])
    assert pd.isna(first["rank"])
    assert (first["known"], first["weight_known"]) == (1, 0.25)
    assert first["missing"] == "pauvrete"
    # the second: the 2nd lowest of four poverty rates, alone: (2 - 1/2) / 4
    assert second["score"] == pytest.approx(37.5)
    assert (second["rank"], second["ranked"], second["weight_known"]) == (3, 4, 0.75)
    assert second["missing"] == "revenu"


def test_exactly_half_is_enough(toy: Territory) -> None:
    even = Composite(id="e", label="E", kind="facteur", terms=(("pauvrete", 1), ("revenu", 1)))
    reference = needs_of({"pauvrete": [9.0, 10, 15, 5, 12], "revenu": [None] * 5})
    assert scored(reference, toy, even)["score"].tolist() == [
        pytest.approx(30),
        pytest.approx(50),
    ]


def test_the_dominant_profile_is_the_highest_then_the_first(toy: Territory) -> None:
    reference = needs_of(
        {
            "pauvrete": [20, 10, 15, 5, 12],
            "revenu": [18, 22, 19, 25, 20],
            "sans_voiture": [9, 20, 4, 3, 2],
        }
    )
    table = scored(reference, toy, BOTH, CAR)
    assert table["score"].round(6).tolist() == [90, 30, 70, 90]
    assert table["dominant"].tolist() == [True, False, False, True]
    level = Composite(id="meme", label="Même", kind="profil", terms=BOTH.terms)
    assert scored(reference, toy, level, BOTH)["dominant"].tolist() == [True, True, False, False]
    factor = Composite(id="f", label="F", kind="facteur", terms=(("sans_voiture", 1),))
    assert not scored(reference, toy, BOTH, factor)["dominant"].any()


def test_a_value_is_compared_with_its_own_year(toy: Territory) -> None:
    reference = needs_of({"sans_voiture": [1, 2, 3, 4, 5]})
    other = needs_of({"sans_voiture": [99, 99]}, CODES[:2], vintage="2023")
    assert scored(reference, toy, CAR, values=other)["rank"].tolist() == [5, 4]
    own = needs_of({"sans_voiture": [99, 98]}, CODES[:2], status=Status.ESTIMATED)
    assert scored(reference, toy, CAR, values=own)["rank"].tolist() == [1, 2]
    elsewhere = reference[~reference["code"].isin(CODES[:2])]
    table = scored(elsewhere, toy, CAR, values=own)
    assert (table["rank"].tolist(), set(table["ranked"])) == ([1, 2], {5})


def test_the_newest_year_of_the_reference_is_taken(toy: Territory) -> None:
    old = needs_of({"sans_voiture": [9, 8, 1, 1, 1]}, vintage="2008")
    new = needs_of({"sans_voiture": [1, 2, 3, 4, 5]}, vintage="2018")
    for reference in (pd.concat([old, new]), pd.concat([new, old])):
        assert scored(reference, toy, CAR)["rank"].tolist() == [5, 4]


def test_a_term_known_in_one_departement_ranks_nobody(toy: Territory) -> None:
    """Two of five EPCI are not France: the term is missing for everybody; three of five are."""
    reference = needs_of({"pauvrete": [20, 10, None, None, None], "revenu": [18, 22, 19, 25, 20]})
    even = Composite(id="e", label="E", kind="profil", terms=(("pauvrete", 1), ("revenu", 1)))
    own = needs_of({"pauvrete": [20.0, 10]}, CODES[:2])
    for values in (no_values(), own):
        table = scored(reference, toy, even, BOTH, values=values)
        assert set(table["missing"]) == {"pauvrete"}
        assert table.loc["e", "score"].tolist() == [pytest.approx(90), pytest.approx(30)]
        assert set(table.loc["e", "known"]) == {1}
        assert table.loc["deux", "score"].isna().all(), "a quarter of the weight is too little"
    assert set(national(reference)["indicator"]) == {"revenu"}
    wider = needs_of({"pauvrete": [20, 10, 12, None, None], "revenu": [18, 22, 19, 25, 20]})
    assert set(scored(wider, toy, even)["missing"]) == {""}


def test_the_newest_year_known_widely_is_taken(toy: Territory) -> None:
    old = needs_of({"sans_voiture": [9, 8, 1, 1, 1]}, vintage="2008")
    new = needs_of({"sans_voiture": [1, 2, None, None, None]}, vintage="2018")
    for reference in (pd.concat([old, new]), pd.concat([new, old])):
        assert scored(reference, toy, CAR)["rank"].tolist() == [1, 2]
        assert set(national(reference)["vintage"]) == {"2008"}


def test_a_ranking_among_fewer_than_half_is_not_given(toy: Territory) -> None:
    """Each term is known for three of five, the two together for one."""
    reference = needs_of({"pauvrete": [1, 2, 3, None, None], "sans_voiture": [None, None, 3, 4, 5]})
    heavy = Composite(
        id="h", label="H", kind="profil", terms=(("pauvrete", 2.0), ("revenu", 2.0),
                                                 ("sans_voiture", 1.0)),
    )  # fmt: skip
    table = scored(reference, toy, heavy)
    assert table["score"].isna().all()
    assert table["rank"].isna().all()
    assert not table["dominant"].any()


def test_why_there_is_no_score_is_said(toy: Territory) -> None:
    indicators = INDICATORS | {"pauvrete": dataclasses.replace(POOR, codes=("MENAGES_1!TP60{aa}",))}
    reference = needs_of({"pauvrete": [20, 10, None, None, None], "revenu": [18, 22, 19, 25, 20]})
    factor = Composite(id="f", label="Auto", kind="facteur", terms=(("sans_voiture", 1.0),))
    done = scored(reference, toy, BOTH, CAR, factor).reset_index()
    profiles, factors = explain_missing(done, (BOTH, CAR, factor), indicators)
    assert (profiles.file, factors.file) == ("tableaux/profils.csv", "tableaux/facteurs.csv")
    what = profiles.what.replace("\u00a0", " ")
    assert what == (
        "Aucun score pour « Deux » et « Voiture » : leurs indicateurs manquent, ou sont connus "
        "pour moins de la moitié des EPCI de France. Manquent le plus souvent : Sans voiture et "
        "Taux de pauvreté."
    )
    assert "FILO<année>_DISP_Pauvres_EPCI (une feuille par sous-population)" in profiles.action
    assert "FILO" not in factors.action
    full = needs_of({name: [1.0, 2, 3, 4, 5] for name in INDICATORS})
    told_all = scored(full, toy, BOTH, CAR, factor).reset_index()
    assert explain_missing(told_all, (BOTH, CAR, factor), indicators) == []
    assert explain_missing(scored(full, toy).reset_index(), (), indicators) == []


def test_values_at_the_floor_are_level(toy: Territory) -> None:
    reference = pd.concat(
        [
            needs_of({"pauvrete": [5.0, 5, 5]}, CODES[:3], status=Status.BELOW_FLOOR),
            needs_of({"pauvrete": [5.5, 9]}, CODES[3:]),
        ]
    )
    table = scored(reference, toy, Composite(id="p", label="P", kind="x", terms=(("pauvrete", 1),)))
    assert table["score"].tolist() == [30, 30]
    assert table["rank"].tolist() == [3, 3]


def test_without_reference_nothing_is_scored(toy: Territory) -> None:
    values = needs_of({"pauvrete": [1.0, 2]}, CODES[:2])
    table = scored(no_values(), toy, BOTH, values=values)
    assert table["score"].isna().all()
    assert table["rank_low"].isna().all()
    assert set(table["missing"]) == {"pauvrete revenu"}
    assert scored(no_values(), toy).empty


def test_a_weight_of_nothing_is_refused(toy: Territory) -> None:
    wrong = Composite(id="p", label="P", kind="profil", terms=(("pauvrete", 0.0),))
    with pytest.raises(ValueError, match="above zero"):
        scored(no_values(), toy, wrong)


ZONES = pd.DataFrame(
    [("epci", code, f"CC {code}", "entier") for code in CODES],
    columns=["level", "code", "name", "perimeter"],
)
FIGURES = st.lists(
    st.none() | st.integers(min_value=-1000, max_value=1000).map(float), min_size=5, max_size=5
)
TABLES = st.fixed_dictionaries(dict.fromkeys(INDICATORS, FIGURES))
ALL = Composite(
    id="tous",
    label="Tous",
    kind="profil",
    terms=(("pauvrete", 2.0), ("revenu", 1.0), ("sans_voiture", 1.5)),
)


def told(table: dict[str, list[float | None]], codes: tuple[str, ...] = CODES) -> pd.DataFrame:
    return score(
        [ALL, BOTH],
        values=no_values(),
        reference=needs_of(table, codes),
        zones=ZONES,
        indicators=INDICATORS,
    )


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_scores_and_ranks_stay_in_bounds(table: dict[str, list[float | None]]) -> None:
    done = told(table)
    known = done.dropna(subset="score")
    assert known["score"].between(0, 100).all()
    assert (known["weight_known"] >= 0.5 - 1e-9).all()
    assert (done.loc[done["weight_known"] < 0.5 - 1e-9, "score"].isna()).all()
    assert known["ranked"].ge(0.5 * len(CODES)).all(), "never ranked among fewer than half"
    assert (known["rank_low"] <= known["rank"]).all()
    assert (known["rank"] <= known["rank_high"]).all()
    assert (known["rank_high"] <= known["ranked"]).all()
    assert done.groupby("code")["dominant"].sum().le(1).all()


@settings(max_examples=25, deadline=None)
@given(TABLES, st.permutations(range(5)))
def test_the_order_of_epci_changes_nothing(
    table: dict[str, list[float | None]], order: list[int]
) -> None:
    moved = {name: [values[i] for i in order] for name, values in table.items()}
    pd.testing.assert_frame_equal(told(table), told(moved, tuple(CODES[i] for i in order)))


@settings(max_examples=25, deadline=None)
@given(TABLES, st.sampled_from([0.25, 3.0, 1000.0]), st.integers(-50, 50))
def test_units_change_nothing(
    table: dict[str, list[float | None]], times: float, plus: int
) -> None:
    other = {
        name: [None if v is None else v * times + plus for v in values]
        for name, values in table.items()
    }
    pd.testing.assert_frame_equal(told(table), told(other))


@settings(max_examples=25, deadline=None)
@given(
    TABLES,
    st.sampled_from(list(INDICATORS)),
    st.integers(0, 4),
    st.integers(min_value=1, max_value=500),
)
def test_raising_a_value_never_lowers_its_score(
    table: dict[str, list[float | None]], name: str, position: int, more: int
) -> None:
    old = table[name][position]
    if old is None:
        return
    sign = -1 if INDICATORS[name].direction == "-" else 1
    values = [v if i != position else old + sign * more for i, v in enumerate(table[name])]
    row = [code == CODES[position] for code in told(table)["code"]]
    before = told(table)["score"][row].fillna(0)
    after = told(table | {name: values})["score"][row].fillna(0)
    assert (after >= before - 1e-9).all()


def real_reference(shared_data: Path) -> pd.DataFrame:
    """Income of the 1 240 EPCI of 2019 and young people of 2018, as INSEE and ANCT give them."""
    income = pd.read_csv(
        shared_data / "filosofi-disp-2016-2019" / "epci" / "FILO2019_DISP_EPCI.csv",
        sep=";", decimal=",", dtype={"CODGEO": "str"}, encoding="utf-8-sig",
    )  # fmt: skip
    young = pd.read_csv(
        shared_data / "neet-2008-2018" / "neet_epci_2018.csv",
        sep=";", decimal=",", dtype={"codgeo": "str"}, encoding="utf-8-sig", na_values=["N/A"],
    )  # fmt: skip
    young = young[young["an"] == 2018].set_index("codgeo")["part_non_inseres"]
    columns = {"pensions": "PPEN19", "minima": "PPMINI19", "logement": "PPLOGT19", "d1": "D119"}
    blocks = [
        needs_of({name: income[column].tolist()}, tuple(income["CODGEO"]), vintage="2019")
        for name, column in columns.items()
    ]
    figures = [None if np.isnan(value) else float(value) for value in young]
    blocks.append(needs_of({"neet": figures}, tuple(young.index), vintage="2018"))
    return pd.concat(blocks, ignore_index=True)


def test_montlucon_and_troncais_are_poor_in_opposite_ways(shared_data: Path) -> None:
    """DOMAIN §6.2: one urban, living on minimum benefits; the other old, living on pensions."""
    codes = {"200071082": "Montluçon", "240300558": "Tronçais", "200071512": "Commentry"}
    zones = pd.DataFrame(
        [("epci", code, name, "entier") for code, name in codes.items()],
        columns=["level", "code", "name", "perimeter"],
    )
    profiles = [
        Composite(id="retraites", label="R", kind="profil", terms=(("pensions", 1.0),)),
        Composite(
            id="minima", label="M", kind="profil", terms=(("minima", 2.0), ("logement", 1.0))
        ),
        Composite(id="jeunes", label="J", kind="profil", terms=(("neet", 1.0),)),
        Composite(id="faible_d1", label="D", kind="facteur", terms=(("d1", 1.0),)),
    ]
    table = score(
        profiles,
        values=no_values(),
        reference=real_reference(shared_data),
        zones=zones,
        indicators={"d1": Indicator(id="d1", label="D1", unit="€", kind="niveau", direction="-")},
    )
    ranks = table.pivot_table(index="composite", columns="name", values="rank")
    assert set(table.loc[table["composite"] != "jeunes", "ranked"]) == {1240}
    dominant = table[table["dominant"]].set_index("name")["composite"].to_dict()
    assert dominant["Tronçais"] == "retraites"
    assert dominant["Montluçon"] == "minima"
    assert dominant["Commentry"] != dominant["Montluçon"]
    assert ranks.loc["retraites", "Tronçais"] < 100 < ranks.loc["retraites", "Montluçon"]
    assert ranks.loc["minima", "Montluçon"] < ranks.loc["minima", "Tronçais"]
    both = ranks.loc["faible_d1", ["Montluçon", "Tronçais"]]
    assert both.max() < 1240 / 5, "and both are among the poorest fifth"
