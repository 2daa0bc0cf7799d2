"""Every entry of the shipped catalogue is a test case."""

import itertools
import re

import pytest

from cartoallier.catalogue import Use, load_catalogue
from cartoallier.model import Mode, Public, Selectors
from toys import accepts

CATALOGUE = load_catalogue()
themes = pytest.mark.parametrize("theme", CATALOGUE.themes.values(), ids=CATALOGUE.themes)


def test_the_twenty_four_themes_in_order():
    codes = [theme.code for theme in CATALOGUE.themes.values()]
    assert len(codes) == 24
    assert codes == sorted(codes)
    counts = [sum(t.axis == axis for t in CATALOGUE.themes.values()) for axis in (1, 2, 3, 4)]
    assert counts == [6, 8, 6, 4]


@themes
def test_theme_is_complete(theme):
    assert theme.code.startswith(f"A{theme.axis}.")
    assert theme.needs
    assert theme.supply
    assert theme.note
    assert theme.expected
    assert len(theme.short_title) <= 45
    assert all(low < high for low, high in itertools.pairwise(theme.classes))
    assert Public.ALL not in theme.publics
    assert theme.selectors != Selectors()


@themes
def test_proximity_has_a_threshold_in_minutes_by_car(theme):
    if theme.mode is Mode.PROXIMITY:
        assert theme.retained is not None
        assert theme.retained.minutes in theme.classes


@themes
def test_kinds_of_places_are_told_apart(theme):
    marks = [kind.letter for kind in theme.expected]
    labels = [kind.label for kind in theme.expected]
    assert len(set(marks)) == len(marks)
    assert len(set(labels)) == len(labels)
    assert all(re.fullmatch(r"[A-Z0-9]{1,2}", mark) for mark in marks)


@themes
def test_patterns_compile_and_do_not_match_everything(theme):
    patterns = [kind.selectors.name_pattern for kind in theme.expected]
    for pattern in filter(None, [*patterns, theme.selectors.name_pattern]):
        assert not re.search(pattern, "", re.IGNORECASE)
        assert not re.search(pattern, "Amicale bouliste", re.IGNORECASE)


@themes
def test_texts_have_french_spaces(theme):
    texts = [theme.title, theme.short_title, theme.supply, theme.note, *theme.needs]
    texts += [kind.label for kind in theme.expected]
    texts += [t.label for t in theme.thresholds] + [t.source for t in theme.thresholds]
    for text in texts:
        assert "'" not in text
        assert not re.search(r" [:;?!%»]|« |\d \d{3}\b", text), text


@themes
def test_indicators_can_be_drawn(theme):
    assert len(set(theme.indicators)) == len(theme.indicators)
    kinds = [CATALOGUE.indicators[name].kind for name in theme.indicators]
    # Counts are listed in tables; shares, which a map may tint, come first but for fall-backs.
    assert not kinds or kinds[0] != "effectif"


def test_stand_ins_are_traits_of_the_public_of_a_theme():
    """Never for employment, debt, housing: an age says nothing of them."""
    held = {key: theme.stand_ins for key, theme in CATALOGUE.themes.items() if theme.stand_ins}
    young = {
        "parentalite_1000_jours", "decrochage_collegiens", "horizons_collegiens",
        "prevention_specialisee", "jeunes_autonomie", "frein_accueil_jeune_enfant",
    }  # fmt: skip
    old = {
        "frein_sante", "frein_illettrisme_illectronisme", "aller_vers", "non_recours",
        "premier_accueil_social", "isolement_personnes_agees",
    }  # fmt: skip
    assert held == dict.fromkeys(young, ("part_moins_20",)) | dict.fromkeys(old, ("part_65_plus",))
    for theme in CATALOGUE.themes.values():
        assert not set(theme.stand_ins) & set(theme.indicators)
        assert theme.focus is None or theme.focus in theme.publics


def test_only_the_sheltering_of_mothers_is_sensitive_as_a_whole():
    assert [k for k, t in CATALOGUE.themes.items() if t.sensitive] == [
        "hebergement_femmes_enfant_moins3"
    ]


@pytest.mark.parametrize("threshold", CATALOGUE.thresholds.values(), ids=CATALOGUE.thresholds)
def test_threshold_never_passes_for_a_norm(threshold):
    if threshold.id.startswith(("M_", "P_")) or threshold.id in {"FS_20", "CNAF_RATIO_085"}:
        assert threshold.status == "seuil de travail"
    else:
        assert threshold.status == "sourcé"
    assert "norme" not in threshold.label
    assert threshold.source


def test_every_threshold_but_none_is_used():
    used = {t.id for theme in CATALOGUE.themes.values() for t in theme.thresholds}
    assert used == set(CATALOGUE.thresholds)


def test_format_names():
    supply = CATALOGUE.format_names(Use.SUPPLY)
    assert supply == (
        "dora",
        "data-inclusion",
        "soliguide",
        "france-services",
        "mednum",
        "finess",
        "bpe",
        "tableau",
        "auto",
    )
    readable = CATALOGUE.format_names(Use.SUPPLY, readable=True)
    assert set(supply) == set(readable)
    assert CATALOGUE.format_names(Use.NEED) == (
        "panorama",
        "insee",
        "melodi",
        "cnaf",
        "drees",
        "observatoire",
        "geoclip",
        "carreaux-insee",
        "tableau",
        "auto",
    )
    readable = CATALOGUE.format_names(Use.NEED, readable=True)
    assert set(readable) == set(CATALOGUE.format_names(Use.NEED))


def test_every_readable_export_states_its_completeness():
    for name in CATALOGUE.format_names(Use.SUPPLY, readable=True):
        if name != "auto":
            assert CATALOGUE.sources[name].completeness


@pytest.mark.parametrize(
    "name",
    [
        "PAEJ de Moulins",
        "Point d'accueil et d'écoute jeunes",
        "POINT ACCUEIL ECOUTE JEUNES (Vichy)",
        "Points accueil et écoute",
        "Le point d’accueil écoute",
    ],
)
def test_paej_is_recognised_by_its_name(name):
    for key in ("jeunes_autonomie", "decrochage_collegiens", "prevention_specialisee"):
        theme = CATALOGUE.themes[key]
        assert accepts(theme.selectors, {}, name)
        kind = next(k for k in theme.expected if "PAEJ" in k.label)
        assert accepts(kind.selectors, {}, name)


@pytest.mark.parametrize("name", ["Accueil de loisirs", "Point d'eau", "Écoute cancer"])
def test_others_are_not_paej(name):
    assert not accepts(CATALOGUE.themes["jeunes_autonomie"].selectors, {}, name)


@pytest.mark.parametrize(
    ("name", "words", "label"),
    [
        ("France Services - Mairie d'Ébreuil", {"networks": ["france-service"]}, "France Services"),
        ("MAISON DES SOLIDARITES DEPARTEMENTALES", {}, "MSD"),
        ("C.C.A.S. de Gannat", {}, "CCAS et CIAS"),
        ("Espace de vie sociale", {"networks": ["caf"], "typologies": ["EVS"]}, None),
        ("Point relais CAF", {}, "CAF"),
        ("Centre médico-social", {}, None),
        ("Centre médico-social", {"networks": ["cms"]}, "MSD"),
        ("Halte Saint-Jean", {"soliguide": ["day_hosting"]}, "accueils de jour"),
        ("Mairie de Huriel", {}, "mairies"),
    ],
)
def test_first_kind_that_recognises_a_first_contact_desk(name, words, label):
    kinds = CATALOGUE.themes["premier_accueil_social"].expected
    found = next((k.label for k in kinds if accepts(k.selectors, words, name)), None)
    if "vie sociale" in name:
        label = "centres sociaux et espaces de vie sociale"
    assert found == label
