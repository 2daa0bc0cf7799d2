"""Words of columns: every one of a real file has some, and none is kept for nothing."""

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toys
from cartoallier.catalogue import load_catalogue
from cartoallier.model import Indicator, Run, Territory
from cartoallier.model.french import NARROW, NO_BREAK
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.geopackage.columns import LONGEST, dictionary, entries, shortened
from whole_run import NEED, whole_run

NUMBERS = ("INTEGER", "REAL", "MEDIUMINT", "DOUBLE", "BIGINT")


@pytest.fixture
def whole(toy: Territory, with_scores: Callable[[Run], Run]) -> Run:
    return whole_run(toy, with_scores)


def columns_of(path: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as base:
        for (layer,) in base.execute("SELECT table_name FROM gpkg_contents").fetchall():
            if layer != "layer_styles":
                for (name,) in base.execute("SELECT name FROM pragma_table_info(?)", (layer,)):
                    yield layer, name


def test_every_column_has_words_and_every_word_a_column(whole: Run, tmp_path: Path) -> None:
    words = dictionary(whole)
    met, layers = set(), set()
    for layer, column in columns_of(write_geopackage(whole, tmp_path)):
        told = words.describe(layer, column)
        assert told.name == column
        assert 0 < len(told.title) <= LONGEST
        assert told.comment.endswith("."), (layer, column)
        assert "{" not in told.comment
        assert all(words.words(layer))
        layers.add(layer)
        if told not in words.own(layer):
            met.add(words.entry(layer, column))
    assert met == set(entries()), "words no column has"
    assert {"services_generalises", "scores_epci", "isochrones", "zonages"} <= layers
    assert {"territoire_bassins", "couverture_accueil_bassins"} <= layers


def test_titles_of_a_layer_tell_its_columns_apart(whole: Run, tmp_path: Path) -> None:
    words = dictionary(whole)
    pairs = [
        (layer, words.describe(layer, column).title)
        for layer, column in columns_of(write_geopackage(whole, tmp_path))
    ]
    assert len(set(pairs)) == len(pairs)


def test_an_unknown_column_is_an_oversight(whole: Run) -> None:
    with pytest.raises(KeyError, match="nouvelle"):
        dictionary(whole).describe("services", "nouvelle")


def test_a_code_says_what_it_is_a_code_of(whole: Run) -> None:
    describe = dictionary(whole).describe
    assert describe("territoire_communes", "code").title == "Code Insee de la commune"
    assert describe("couverture_accueil_communes", "code").title == "Code Insee de la commune"
    assert describe("couverture_accueil_epci", "code").title == "Code de l’EPCI (SIREN)"
    assert describe("couverture_accueil_bassins", "code").title == "Code du territoire"
    assert describe("services_generalises", "code").title == "Code de la zone"


def test_units_are_in_titles(whole: Run) -> None:
    describe = dictionary(whole).describe
    minutes = describe("couverture_accueil_communes", "duree_min")
    assert (minutes.title, minutes.unit) == ("Durée d’accès (min)", "min")
    share = describe("couverture", "part_hors_seuil")
    assert share.title == "Part hors seuil (0 à 1)"
    for entry in entries():
        if entry.unit == "min":
            assert entry.title.endswith("(min)")


def test_a_need_bears_the_name_of_its_indicator(whole: Run) -> None:
    need = dictionary(whole).describe("couverture_accueil_communes", "besoin")
    assert (need.title, need.unit) == ("Besoin (%)", "%")
    assert need.comment.startswith("Part des 65 ans et plus (%), 2021, du territoire entier.")
    assert "Une note." in need.comment
    assert "Source\u00a0: rp2021." in need.comment
    assert "Repère" not in need.comment


def test_a_stand_in_is_not_told_as_the_need(whole: Run) -> None:
    theme = dataclasses.replace(whole.themes[0], stand_ins=(NEED.id,))
    run = dataclasses.replace(whole, themes=(theme,))
    need = dictionary(run).describe("couverture_accueil_epci", "besoin")
    assert need.comment.startswith("Repère, faute d’indicateur propre au thème")


def test_a_theme_without_need_says_so(toy: Territory) -> None:
    need = dictionary(toys.run(toy)).describe("couverture_accueil_communes", "besoin")
    assert need.title == "Besoin"
    assert "Aucun indicateur de besoin" in need.comment


def test_values_a_column_may_take_are_listed(whole: Run) -> None:
    describe = dictionary(whole).describe
    assert f"sous_seuil = valeur ou moins (seuil de diffusion){NARROW};" in (
        describe("besoins_communes", "part_65_plus_statut").comment
    )
    assert "Valeurs" in describe("besoins", "statut").comment
    assert "Valeurs" not in describe("besoins", "valeur").comment


def test_scores_bear_the_name_of_their_profile(whole: Run) -> None:
    describe = dictionary(whole).describe
    assert describe("scores_epci", "score_retraites").title == f"Score{NO_BREAK}: Retraités"
    assert describe("scores_epci", "rang_retraites").title == f"Rang{NO_BREAK}: Retraités"
    assert "Note du profil." in describe("scores_epci", "score_retraites").comment


def test_an_indicator_that_is_only_in_the_values_is_named_by_its_key(toy: Territory) -> None:
    column = dictionary(toys.run(toy)).describe("besoins_communes", "part_65_plus")
    assert column.title == "part_65_plus"


def test_indicators_of_the_catalogue_have_titles_of_their_own() -> None:
    labels = {key: one.label for key, one in load_catalogue().indicators.items()}
    titles = shortened(labels, prefix="Statut\u00a0: ")
    assert len({title.casefold() for title in titles.values()}) == len(labels)
    assert max(map(len, titles.values())) <= LONGEST
    long = {key: label for key, label in labels.items() if "ménages vivant surtout" in label}
    assert titles[next(iter(long))].startswith("Statut\u00a0: Taux de pauvreté")
    whole = [key for key, label in labels.items() if len(label) <= 31]
    assert all(titles[key].endswith(labels[key]) for key in whole[:5])


def test_words_of_others_stay_on_one_line(toy: Territory) -> None:
    run = toys.run(toy)
    rude = Indicator(id="part_65_plus", label="A\x00b\n\u202e{c} | d", unit="%", kind="taux")
    run = dataclasses.replace(run, indicators={"part_65_plus": rude})
    column = dictionary(run).describe("besoins_communes", "part_65_plus")
    assert column.title == "A b {c} | d (%)"


@given(st.dictionaries(st.text("abc", min_size=1), st.text("ab é", max_size=90), max_size=12))
def test_short_titles_are_unique_and_short(labels: dict[str, str]) -> None:
    titles = shortened(labels, prefix="Rang\u00a0: ")
    assert list(titles) == list(labels)
    folded = pd.Series([title.casefold() for title in titles.values()], dtype="str")
    assert folded.is_unique
    assert all(len(title) <= LONGEST for title in titles.values())
