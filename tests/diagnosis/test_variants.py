"""Differences of variants: what may be told, and how it is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toys
from cartoallier.access import CrowFly, measure
from cartoallier.diagnosis.variants import (
    compare_variants,
    no_variants,
    tell_variants,
    variant_words,
)
from cartoallier.model import COVERAGE_COLUMNS, VARIANT_COLUMNS, Coverage, Mode, Territory, Theme
from cartoallier.model.variant import Variant

THEMES = {"accueil": toys.THEME, "autre": replace(toys.THEME, key="autre", short_title="Autre")}
ZONES = (
    ("departement", "99", "Jouet", "entier"),
    ("epci", "1", "CC Ouest", "entier"),
    ("epci", "2", "CC Est", "entier"),
    ("epci", "2", "CC Est", "partie"),
)


def coverage(
    beyond: Mapping[str, list[float]],
    *,
    people: Mapping[str, list[float]],
    threshold: float = 20,
    theme: Theme = toys.THEME,
) -> Coverage:
    """A coverage of four zones: people beyond the threshold, by public."""
    rows = []
    for public, counts in beyond.items():
        for zone, count, population in zip(ZONES, counts, people[public], strict=True):
            level, code, name, perimeter = zone
            rows.append(
                {
                    "theme": theme.key, "mode": "proximity", "public": public, "maille": level,
                    "code": code, "nom": name, "perimetre": perimeter, "population": population,
                    "seuil_min": threshold, "duree_min": 10.0, "population_hors_seuil": count,
                    "part_hors_seuil": count / population,
                }
            )  # fmt: skip
    return Coverage(
        theme=theme.key,
        mode=Mode.PROXIMITY,
        table=pd.DataFrame(rows).reindex(columns=list(COVERAGE_COLUMNS)),
        origins=pd.DataFrame({"unmeasured": pd.Series(dtype="str")}),
        sites=pd.DataFrame(),
    )


PEOPLE = {"ensemble": [1000.0, 400, 800, 600], "65_plus": [200.0, 80, 150, 120]}
BASE = {"ensemble": [100.0, 40, 80, 60], "65_plus": [50.0, 20, 40, 30]}


def against(other: list[float], *, base: list[float] | None = None) -> pd.DataFrame:
    """The rows of 65 and over, the base being ``BASE``."""
    table = compare_variants(
        {"accueil": coverage({**BASE, "65_plus": base or BASE["65_plus"]}, people=PEOPLE)},
        [(Variant(name="v"), {"accueil": coverage({**BASE, "65_plus": other}, people=PEOPLE)})],
    )
    assert tuple(table.columns) == VARIANT_COLUMNS
    return table[table["public"] == "65_plus"].reset_index(drop=True)


def people(rows: pd.DataFrame) -> list[float]:
    return [float(value) for value in rows["difference_population"]]


def test_nothing_is_hidden_of_large_differences() -> None:
    rows = against([90.0, 40, 60, 50])
    assert people(rows) == [40, 20, 20, 20]
    assert rows["difference_points"].tolist() == pytest.approx([20, 25, 100 * 20 / 150, 100 / 6])


def test_a_small_difference_takes_the_figure_of_the_variant_with_it() -> None:
    rows = against([77.0, 25, 62, 52])
    # 5 more people in the first EPCI: neither the difference nor 27 − 22, which gives it back
    assert np.isnan(people(rows)).tolist() == [True, True, False, False]
    hidden = rows.iloc[1]
    assert math.isnan(hidden["part_hors_seuil"])
    assert math.isnan(hidden["population_hors_seuil"])
    assert hidden["population_hors_seuil_base"] == 20


def test_a_subtraction_of_differences_gives_nothing_back() -> None:
    # département +37, parts +12 and +20: 5 people would be left of nowhere
    rows = against([87.0, 32, 60, 50])
    assert np.isnan(people(rows)).tolist() == [True, False, False, False]
    # an EPCI +20 of which +13 inside: 7 people beyond the border
    rows = against([83.0, 40, 60, 43])
    assert np.isnan(people(rows)).tolist() == [False, False, True, False]


def test_what_the_base_hides_stays_hidden() -> None:
    rows = against([50.0, 40, 80, 30], base=[50.0, math.nan, 40, 30])
    assert math.isnan(rows.loc[1, "population_hors_seuil"])
    assert math.isnan(rows.loc[1, "difference_points"])


def test_two_variants_are_not_a_few_people_apart() -> None:
    base = {"accueil": coverage(BASE, people=PEOPLE)}
    first = coverage({**BASE, "65_plus": [80.0, 35, 55, 45]}, people=PEOPLE)
    second = coverage({**BASE, "65_plus": [95.0, 40, 70, 55]}, people=PEOPLE)
    table = compare_variants(
        base, [(Variant(name="a"), {"accueil": first}), (Variant(name="b"), {"accueil": second})]
    )
    rows = table[(table["public"] == "65_plus") & (table["variante"] == "b")]
    assert rows["population_hors_seuil"].isna().tolist() == [False, True, False, True]


def test_everybody_is_never_hidden() -> None:
    other = {**BASE, "ensemble": [101.0, 41, 80, 60]}
    table = compare_variants(
        {"accueil": coverage(BASE, people=PEOPLE)},
        [(Variant(name="v"), {"accueil": coverage(other, people=PEOPLE)})],
    )
    assert people(table[table["public"] == "ensemble"]) == [1, 1, 0, 0]


@given(
    before=st.lists(st.integers(0, 80), min_size=2, max_size=2),
    after=st.lists(st.integers(0, 80), min_size=2, max_size=2),
    beyond=st.tuples(st.integers(0, 30), st.integers(0, 30)),
)
def test_no_difference_reads_as_a_few_people(
    before: list[int], after: list[int], beyond: tuple[int, int]
) -> None:
    def zones(parts: list[int], outside: int) -> list[float]:
        return [float(n) for n in (sum(parts), parts[0], parts[1] + outside, parts[1])]

    rows = against(zones(after, beyond[1]), base=zones(before, beyond[0]))
    change = rows["difference_population"].to_numpy()
    told = change[~np.isnan(change)]
    left = [change[2] - change[3], change[0] - np.nansum([change[1], change[3]])]
    for value in [*told, *left]:
        assert math.isnan(value) or value == 0 or abs(value) >= 11


def test_the_real_coverage_of_the_toy(toy: Territory) -> None:
    need = toys.needs(toy)

    def at(*kilometres: float, threshold: float) -> Coverage:
        return measure(
            toys.THEME,
            services=toys.services(toy, *({"at": km} for km in kilometres)),
            engine=CrowFly(territory=toy, parameters=toys.PARAMETERS),
            weights=need.weights,
            threshold=threshold,
        )

    table = compare_variants(
        {"accueil": at(2, threshold=10)},
        [(Variant(name="v"), {"accueil": at(2, 10, threshold=10)})],
    )
    whole = table[(table["public"] == "ensemble") & (table["code"] == "99")].iloc[0]
    assert (whole["difference_points"], whole["difference_population"]) == (-60, -600)
    told = tell_variants(table, names=["v"], themes=THEMES)["v"]
    assert plain(told[0]) == (
        "Accueil : 600 habitants de moins au-delà de 10 minutes, de 60,0 % à 0,0 % de la "
        "population."
    )
    assert plain(told[1]) == (
        "EPCI le plus touché : CC Est (partie dans le département), 600 habitants de moins, soit "
        "−100,0 points."
    )
    assert len(told) == 2


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def told_of(
    base: dict[str, list[float]], others: dict[str, list[float]], *, threshold: float = 20
) -> list[str]:
    """Sentences about some themes; lists are of everybody."""
    made = {
        key: coverage({"ensemble": counts}, people=PEOPLE, theme=THEMES[key])
        for key, counts in base.items()
    }
    changed = {
        key: coverage({"ensemble": n}, people=PEOPLE, theme=THEMES[key], threshold=threshold)
        for key, n in others.items()
    }
    table = compare_variants(made, [(Variant(name="v"), changed)])
    return [plain(one) for one in tell_variants(table, names=["v"], themes=THEMES)["v"]]


def test_sentences_say_what_changes_most_and_where() -> None:
    same = {"accueil": BASE["ensemble"], "autre": BASE["ensemble"]}
    assert told_of(same, {**same, "autre": [150.0, 90, 80, 60]}, threshold=15) == [
        "Autre : 50 habitants de plus au-delà de 15 minutes (20 dans la base), de 10,0 % à "
        "15,0 % de la population.",
        "EPCI le plus touché : CC Ouest, 50 habitants de plus, soit +12,5 points.",
        "1 thème sur 2 change.",
    ]


def test_no_change_is_said() -> None:
    same = {"accueil": BASE["ensemble"]}
    assert told_of(same, same) == ["Aucun écart avec la base, dans aucun EPCI."]


def test_a_change_that_makes_up_for_itself_is_said() -> None:
    told = told_of({"accueil": BASE["ensemble"]}, {"accueil": [100.0, 60, 60, 40]})
    assert told[0].startswith("Accueil : autant d’habitants au-delà de 20 minutes")
    assert "20 habitants de plus" in told[1]


def test_a_figure_that_went_is_said() -> None:
    gone = [math.nan] * 4
    same = {"accueil": BASE["ensemble"], "autre": BASE["ensemble"]}
    told = told_of(same, {**same, "autre": gone})
    assert told[-1] == (
        "Sans chiffre dans la variante, faute de lieu compté dans le département : « Autre »."
    )
    assert len(told) <= 3
    new = told_of({**same, "autre": gone}, same)
    assert new[-1] == "Sans chiffre dans la base, avec un dans la variante : « Autre »."
    nothing = told_of({"accueil": gone}, {"accueil": gone})
    assert nothing == ["Aucun thème comparé n’a de chiffre : rien à comparer."]
    assert tell_variants(no_variants(), names=["v"], themes=THEMES)["v"] == tuple(
        tell_variants(no_variants(), names=["w"], themes=THEMES)["w"]
    )


def test_words() -> None:
    variant = Variant(
        name="v", thresholds={"accueil": 12.5}, engine="vol_oiseau", detour=1.4, speed_kmh=40,
        floor=True, without_sources=("a.csv", "b.csv"), without_neighbours=True,
        closed=("x", "y"), added_name="sites.csv",
    )  # fmt: skip
    assert plain(variant_words(variant, THEMES, closed=2, added=0)) == (
        "seuil 12,5 min pour « Accueil » ; distances à vol d’oiseau ; détour 1,4 ; "
        "vitesse 40 km/h ; avec plancher dans la commune ; sans « a.csv » et « b.csv » ; "
        "sans les lieux des départements voisins ; 2 services fermés ; "
        "aucun lieu de plus, « sites.csv »"
    )


def test_people_that_only_one_engine_measures_make_no_difference() -> None:
    known = coverage(BASE, people=PEOPLE)
    base = replace(
        known, origins=pd.DataFrame({"unmeasured": pd.Series([math.nan] * 2, dtype="str")})
    )
    other = replace(
        known, origins=pd.DataFrame({"unmeasured": pd.Series([math.nan, "trop loin"], dtype="str")})
    )
    keys = [(level, code, perimeter) for level, code, _, perimeter in ZONES]
    west = dict.fromkeys(keys, np.array([True, True])) | {keys[2]: np.array([True, False])}
    table = compare_variants(
        {"accueil": base}, [(Variant(name="v"), {"accueil": other})], members=west
    )
    rows = table[table["public"] == "ensemble"]
    assert rows["difference_population"].isna().tolist() == [True, True, False, True]
    assert rows["difference_points"].isna().tolist() == [True, True, False, True]
    assert rows["part_hors_seuil"].notna().all()
