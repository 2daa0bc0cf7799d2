"""The shipped baskets, and what a wrong one is told."""

from dataclasses import replace

import pytest

from cartoallier.catalogue import load_catalogue
from cartoallier.catalogue.baskets import load_baskets, parse_baskets
from cartoallier.errors import CatalogueError
from cartoallier.model import Mode, Public

CATALOGUE = load_catalogue()
BASKETS = load_baskets(CATALOGUE)
RIGHT = """
[[panier]]
cle = "un"
libelle = "Un panier : essai"
familles = [
  { nom = "A", themes = ["frein_sante"] },
  { nom = "B", themes = ["non_recours", "premier_accueil_social"] },
]
"""


def test_what_is_shipped():
    assert [basket.key for basket in BASKETS] == ["emploi_et_garde", "quotidien_social"]
    assert [len(basket.families) for basket in BASKETS] == [2, 6]


@pytest.mark.parametrize("basket", BASKETS, ids=lambda basket: basket.key)
def test_families_are_measured_in_minutes_once_each(basket):
    keys = [key for family in basket.families for key in family.themes]
    assert len(keys) == len(set(keys))
    for key in keys:
        theme = CATALOGUE.themes[key]
        assert theme.mode is Mode.PROXIMITY
        assert theme.retained is not None
        assert not theme.sensitive
    assert basket.note
    assert basket.source


def test_texts_are_typeset():
    (basket,) = parse_baskets(RIGHT, CATALOGUE, path="x")
    assert basket.label == "Un panier\u00a0: essai"
    assert basket.public is Public.ALL
    assert basket.families[1].themes == ("non_recours", "premier_accueil_social")


def test_a_sensitive_theme_enters_no_basket():
    secret = replace(CATALOGUE.themes["non_recours"], sensitive=True)
    catalogue = replace(CATALOGUE, themes=CATALOGUE.themes | {"non_recours": secret})
    (basket,) = parse_baskets(RIGHT, catalogue, path="x")
    assert basket.families[1].themes == ("premier_accueil_social",)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("frein_sante", "frein_santé", "vouliez-vous dire «\u00a0frein_sante\u00a0»"),
        ("libelle", "libellé", "clé inconnue"),
        ("libelle =", "titre =", "«\u00a0libelle\u00a0» attend"),
        ("nom = ", "label = ", "chaque famille"),
        ('["frein_sante"]', "[]", "chaque famille"),
        ("[[panier]]", "[panier]", "bloc [[panier]]"),
        ("[[panier]]", "[[paniers]]", "bloc [[panier]]"),
        ("cle =", 'public = "jeunes"\ncle =', "public inconnu"),
        ('  { nom = "A", themes = ["frein_sante"] },\n', "", "au moins deux familles"),
        ('"un"', '"un', "syntaxe TOML"),
    ],
)
def test_mistakes_are_explained(before, after, said):
    text = RIGHT.replace(before, after)
    if "libellé" in after:
        text = RIGHT.replace("libelle = ", '"libellé" = ')
    with pytest.raises(CatalogueError, match=r"mes_paniers\.toml") as caught:
        parse_baskets(text, CATALOGUE, path="mes_paniers.toml")
    assert said in str(caught.value)


def test_a_key_written_twice():
    with pytest.raises(CatalogueError, match="deux blocs"):
        parse_baskets(RIGHT + RIGHT, CATALOGUE, path="x")
