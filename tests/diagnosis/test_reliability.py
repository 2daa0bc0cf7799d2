"""One word per figure: the rule, the toy by hand, and the real list of Allier."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import toys
from cartoallier.access import CrowFly, Ground, measure
from cartoallier.access.trials import OtherMeasures, Trials, trials
from cartoallier.diagnosis.evidence import Cause, Evidence, judge
from cartoallier.diagnosis.flags import doubtful
from cartoallier.diagnosis.reliability import reliability, reliability_line, with_reliability
from cartoallier.diagnosis.trial_words import because
from cartoallier.model import (
    INDICATIVE,
    ORDER,
    RELIABILITY_COLUMNS,
    RELIABLE,
    Coverage,
    Territory,
)
from cartoallier.pipeline.preparing import Prepared, prepare
from cartoallier.project import load_project

WORDS = [RELIABLE, ORDER, INDICATIVE]
SURE = Evidence(
    bracket=0, corners=0, spread=0, near=0, unmeasured=0, doubtful=0, places=0, ranked=12, origins=9
)
THEME = toys.THEME


@pytest.mark.parametrize(
    ("change", "word", "cause"),
    [
        ({}, RELIABLE, Cause.NONE),
        ({"spread": 0.05, "bracket": 0.05, "doubtful": 0.05, "places": 1}, RELIABLE, Cause.NONE),
        ({"corners": np.nan}, RELIABLE, Cause.NONE),
        ({"spread": 0.051}, ORDER, Cause.SPREAD),
        ({"bracket": np.nan}, ORDER, Cause.SPREAD),
        ({"bracket": 0.2, "corners": 0.4, "spread": 0.4}, ORDER, Cause.SPREAD),
        ({"bracket": 0.201, "spread": 0.201}, INDICATIVE, Cause.BRACKET),
        ({"corners": 0.401, "spread": 0.401}, INDICATIVE, Cause.CORNERS),
        ({"unmeasured": 0.02}, ORDER, Cause.UNMEASURED),
        ({"unmeasured": 0.06}, INDICATIVE, Cause.UNMEASURED),
        ({"doubtful": 0.06}, ORDER, Cause.DOUBTFUL),
        ({"doubtful": 0.21}, INDICATIVE, Cause.DOUBTFUL),
        ({"places": 4}, ORDER, Cause.RANK),
        ({"places": 5}, INDICATIVE, Cause.RANK),
        ({"places": 1, "ranked": 2}, RELIABLE, Cause.NONE),
        ({"origins": 1}, RELIABLE, Cause.NONE),
        ({"origins": 1, "near": 1}, ORDER, Cause.FEW),
        ({"origins": 5, "near": 1}, RELIABLE, Cause.NONE),
    ],
)
def test_the_rule(change: dict, word: str, cause: Cause) -> None:
    assert judge(dataclasses.replace(SURE, **change)) == (word, cause)


def test_a_zone_seen_from_few_points_says_so() -> None:
    one = dataclasses.replace(SURE, origins=1, near=1)
    assert because(one, Cause.FEW, 2.5) == (
        "1\u00a0point de départ seulement, et une part qui change si le seuil bouge de 2,5 minutes"
    )


shares = st.floats(0, 1)
evidence = st.builds(
    Evidence,
    bracket=shares,
    corners=shares | st.just(np.nan),
    spread=shares,
    near=shares,
    unmeasured=shares,
    doubtful=shares,
    places=st.integers(0, 12),
    ranked=st.just(12),
    origins=st.integers(1, 20),
)


@given(one=evidence, more=st.fixed_dictionaries({"bracket": shares, "corners": shares, "spread": shares, "near": shares, "unmeasured": shares, "doubtful": shares, "places": st.integers(0, 12)}))  # noqa: E501  # fmt: skip
def test_more_doubt_never_gives_a_better_word(one: Evidence, more: dict) -> None:
    worse = {key: np.fmax(getattr(one, key), value) for key, value in more.items()}
    after = dataclasses.replace(one, **worse)
    assert WORDS.index(judge(after)[0]) >= WORDS.index(judge(one)[0])


def covered(territory: Territory, *at: float, engine: CrowFly | None = None) -> Coverage:
    people = pd.DataFrame({"65_plus": [10.0, 10, 20, 40]}, index=territory.origins.index)
    return measure(
        THEME,
        services=toys.services(territory, *({"at": one} for one in at)),
        engine=engine or CrowFly(territory=territory, parameters=toys.PARAMETERS),
        weights=people,
        threshold=10,
    )


def told(
    territory: Territory,
    coverage: Coverage,
    *,
    doubt: list[bool] | None = None,
    engine: CrowFly | None = None,
    **others: object,
) -> pd.DataFrame:
    engine = engine or CrowFly(territory=territory, parameters=toys.PARAMETERS)
    ground = Ground.of(engine, territory.zones["level"].unique())
    tried: dict[str, Trials | None] = {
        THEME.key: trials(
            coverage,
            ground=ground,
            straight=toys.PARAMETERS,
            others=OtherMeasures(**others),
        )
    }
    nobody = [False] * len(territory.origins)
    return reliability([THEME], tried, ground=ground, doubts={THEME.key: np.array(doubt or nobody)})


def by_zone(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index(["maille", "code", "perimetre"])


def test_one_site_by_hand(toy: Territory) -> None:
    """3, 6, 12 and 18 minutes: 90 km/h brings everybody within 10 minutes, 30 km/h hardly any."""
    table = told(toy, covered(toy, 2))
    assert tuple(table.columns) == RELIABILITY_COLUMNS
    rows = by_zone(table)
    whole = rows.loc[("departement", "99", "entier")]
    assert whole["fiabilite"] == INDICATIVE
    assert whole[["part_hors_seuil", "part_min", "part_max"]].tolist() == [0.6, 0, 0.9]
    assert whole["motif"] == "0\u202f% à 90\u202f% selon la vitesse (90 à 30 km/h)"
    assert pd.isna(whole["rang"])
    east = rows.loc[("epci", "100000002", "partie")]
    ranks = ["rang", "rang_min", "rang_max", "zones_classees"]
    assert east[ranks].tolist() == [1, 1, 1, 2]
    assert pd.isna(rows.loc[("epci", "100000002", "entier"), "rang"])
    assert rows.loc[("commune", "99001", "entier"), "fiabilite"] == RELIABLE
    assert "sans les lieux voisins" not in whole["essais"]
    assert "détour 1,20 et 90 km/h | " in whole["essais"]
    line = reliability_line(THEME, table)
    assert line == (
        "Fiabilité du chiffre départemental\u00a0: indicatif. "
        "0\u202f% à 90\u202f% selon la vitesse (90 à 30 km/h)."
    )


def test_a_site_in_every_commune_is_sure(toy: Territory) -> None:
    rows = by_zone(told(toy, covered(toy, 2, 6, 10)))
    whole = rows.loc[("departement", "99", "entier")]
    assert whole["fiabilite"] == RELIABLE
    assert whole["motif"] == "0\u202f% dans tous les cas essayés"
    assert rows.loc[("epci", "100000002", "entier"), "fiabilite"] == INDICATIVE  # 12 min at worst
    assert rows["rang"].isna().all()  # nobody is beyond: there is no first


def test_doubt_and_unmeasured_people_lower_the_word(toy: Territory) -> None:
    sites = covered(toy, 2, 6, 10)
    doubted = by_zone(told(toy, sites, doubt=[True, False, False, False]))
    whole = doubted.loc[("departement", "99", "entier")]
    assert (whole["fiabilite"], "10,0\u202f% des habitants ont un trajet à vérifier" in whole["motif"]) == (ORDER, True)  # noqa: E501  # fmt: skip
    assert doubted.loc[("epci", "100000001", "entier"), "fiabilite"] == INDICATIVE  # 100 of 400
    assert doubted.loc[("commune", "99002", "entier"), "fiabilite"] == RELIABLE

    @dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
    class Lame(CrowFly):
        @property
        def unmeasured(self) -> pd.Series:
            return super().unmeasured.mask(self.territory.origins["name"] == "Aval", "trop loin")

    lame = Lame(territory=toy, parameters=toys.PARAMETERS)
    lost = by_zone(told(toy, covered(toy, 2, 6, 10, engine=lame), engine=lame))
    whole = lost.loc[("departement", "99", "entier")]
    assert whole["fiabilite"] == INDICATIVE
    assert "10,0\u202f% des habitants n’ont pas pu être mesurés" in whole["motif"]
    assert ("commune", "99001", "entier") not in lost.index  # no share, no word


def test_a_decay_that_turns_ranks_over_is_said(toy: Territory) -> None:
    indices = pd.DataFrame(
        {"marches": [80.0, 120], "continue": [130.0, 90]},
        index=["epci:100000001", "epci:100000002:partie"],
    )
    rows = by_zone(told(toy, covered(toy, 2), indices=indices))
    east = rows.loc[("epci", "100000002", "partie")]
    assert east[["rang_min", "rang_max"]].tolist() == [1, 1]  # the share's own ranks do not move
    assert east["motif"].endswith(
        "le rang de l’indice d’accès bouge d’une place selon la décroissance"
    )


def test_words_go_to_every_row_that_has_a_share(toy: Territory) -> None:
    coverage = covered(toy, 2, 6, 10)
    table = told(toy, coverage)
    filled = with_reliability({THEME.key: coverage}, table)[THEME.key].table
    pd.testing.assert_frame_equal(
        filled.drop(columns="fiabilite"), coverage.table.drop(columns="fiabilite")
    )
    everybody = filled[filled["public"] == "ensemble"].set_index(["maille", "code", "perimetre"])
    assert everybody["fiabilite"].to_dict() == by_zone(table)["fiabilite"].to_dict()
    old = filled["public"] == "65_plus"
    whole = (filled["maille"] == "departement") & old
    assert filled.loc[whole, "fiabilite"].tolist() == [RELIABLE]
    wide = coverage.table.copy()
    wide.loc[whole, "part_hors_seuil_defavorable"] = 0.1
    hidden = coverage.table.copy()
    hidden.loc[whole, "part_hors_seuil_favorable"] = np.nan
    gone = coverage.table.copy()
    gone.loc[whole, "part_hors_seuil"] = np.nan
    for changed, word in ((wide, ORDER), (hidden, ORDER), (gone, None)):
        one = dataclasses.replace(coverage, table=changed)
        found = with_reliability({THEME.key: one}, table)[THEME.key].table
        given_word = found.loc[whole, "fiabilite"].iloc[0]
        assert given_word == word if word else pd.isna(given_word)
    # another public never gets a better word than its zone
    commune = (filled["code"] == "100000002") & (filled["perimetre"] == "entier") & old
    assert filled.loc[commune, "fiabilite"].tolist() == [INDICATIVE]


def test_nothing_measured_has_no_word(toy: Territory) -> None:
    coverage = covered(toy)
    table = told(toy, coverage)
    assert table.empty
    assert reliability_line(THEME, table) == ""
    filled = with_reliability({THEME.key: coverage}, table)[THEME.key].table
    assert filled["fiabilite"].isna().all()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.lists(st.integers(0, 15), min_size=1, max_size=4), order=st.randoms(use_true_random=False)
)
def test_the_order_of_rows_does_not_count(toy: Territory, at: list[int], order: object) -> None:
    coverage = covered(toy, *at)
    rows = list(range(len(coverage.table)))
    order.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = dataclasses.replace(coverage, table=coverage.table.iloc[rows])
    expected = told(toy, coverage)
    pd.testing.assert_frame_equal(expected, told(toy, shuffled))
    words = with_reliability({"accueil": shuffled}, expected)["accueil"].table.sort_index()
    straight = with_reliability({"accueil": coverage}, expected)["accueil"].table
    pd.testing.assert_frame_equal(words, straight)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.lists(st.integers(0, 15), min_size=1, max_size=4), low=shares, high=shares)
def test_a_wider_bracket_never_gives_a_better_word(
    toy: Territory, at: list[int], low: float, high: float
) -> None:
    """For zones without a rank: another EPCI may come nearer as this one's bracket widens."""
    coverage = covered(toy, *at)
    assume(coverage.table["part_hors_seuil"].notna().any())
    table = coverage.table.copy()
    table["part_hors_seuil_favorable"] = table["part_hors_seuil_favorable"].clip(upper=low)
    table["part_hors_seuil_defavorable"] = table["part_hors_seuil_defavorable"].clip(lower=high)
    before, after = (
        by_zone(told(toy, one)) for one in (coverage, dataclasses.replace(coverage, table=table))
    )
    unranked = before["rang"].isna() & after["rang"].isna()
    worth = {word: at for at, word in enumerate(WORDS)}
    assert (
        after.loc[unranked, "fiabilite"].map(worth) >= before.loc[unranked, "fiabilite"].map(worth)
    ).all()


@pytest.fixture(scope="module")
def allier(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("allier")
    (folder / "cartoallier.toml").write_text(
        f"""[territoire]
departement = "03"
[seuils.premier_accueil_social]
minutes = 20
[[offre]]
fichier = "{shared_data / "france-services-2025/liste-fs-20240801.csv"}"
format = "france-services"
themes = ["premier_accueil_social"]
""",
        encoding="utf-8",
    )
    project = load_project(folder, departement=None, here=folder)
    return prepare(project, only=["premier_accueil_social"])


def test_france_services_in_allier(allier: Prepared) -> None:
    """A straight line says where people are far; it does not rank twelve EPCI."""
    (theme,) = allier.themes
    coverage, context = allier.coverages[theme.key], allier.context
    ground = Ground.of(context.engine, allier.territory.zones["level"].unique())
    tried = {theme.key: trials(coverage, ground=ground, straight=context.parameters)}
    doubts = {theme.key: doubtful(coverage, engine=context.engine, services=context.services)}
    table = reliability(allier.themes, tried, ground=ground, doubts=doubts)
    rows = table[table["maille"].isin(["departement", "epci"])]
    print(rows[["nom", "perimetre", "fiabilite", "motif"]].to_string())
    whole = rows.iloc[0]
    assert whole["fiabilite"] == ORDER
    assert whole["part_min"] < 0.002  # 60 km/h, detour 1.2
    assert whole["part_max"] == pytest.approx(0.211, abs=0.001)
    ranked = rows.dropna(subset="rang").set_index("nom")
    assert (ranked["zones_classees"] == len(ranked)).all()
    assert ranked.loc["CA Montluçon Communauté", "fiabilite"] == RELIABLE
    assert ranked.loc["CC Saint-Pourçain Sioule Limagne", "fiabilite"] == INDICATIVE
    assert ranked["fiabilite"].value_counts()[INDICATIVE] >= 5
    shared = table.set_index(["maille", "code", "perimetre"])["part_hors_seuil"]
    told_so = coverage.table[coverage.table["public"] == "ensemble"]
    expected = told_so.set_index(["maille", "code", "perimetre"])["part_hors_seuil"].dropna()
    pd.testing.assert_series_equal(shared, expected, check_names=False)
