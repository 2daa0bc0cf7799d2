"""The blocks ``[[variante]]``: what they may ask, and what they are told when they may not."""

from pathlib import Path

import pytest

from cartoallier.errors import CartoError
from cartoallier.model.variant import Variant
from cartoallier.project import Project, load_project

HEAD = '[territoire]\ndepartement = "03"\n'
V = HEAD + '[[variante]]\nnom = "v"\n'


def project(folder: Path, text: str) -> Project:
    (folder / "cartoallier.toml").write_text(text, encoding="utf-8")
    (folder / "offre").mkdir(exist_ok=True)
    for name in ("offre/dora.csv", "offre/ccas.csv", "sites.csv", "fermes.csv", "r.osm.pbf"):
        (folder / name).write_text("x", encoding="utf-8")
    return load_project(folder, departement=None, here=folder)


def test_every_key(tmp_path: Path) -> None:
    loaded = project(
        tmp_path,
        HEAD + '[acces]\nreseau = "r.osm.pbf"\n'
        '[[variante]]\nnom = " tout  changer "\nseuil_min = 15\nmoteur = "vol_oiseau"\n'
        "detour = 1.5\nvitesse_kmh = 40\nplancher_intracommunal = false\nsans_voisins = true\n"
        'sources_exclues = ["offre/dora.csv"]\nfermetures = ["dora--1", "dora--1", " x "]\n'
        'ajouts = "sites.csv"\nthemes = ["premier_accueil_social"]\n'
        '[[variante]]\nnom = "routes"\nmoteur = "route"\nfermetures = "fermes.csv"\n'
        '[[variante]]\nnom = "un thème"\nseuils = { premier_accueil_social = 10 }\n',
    )
    first, roads, one = loaded.variants
    assert first == Variant(
        name="tout changer",
        threshold=15,
        engine="",
        detour=1.5,
        speed_kmh=40,
        floor=False,
        without_sources=("offre/dora.csv",),
        without_neighbours=True,
        closed=("dora--1", "x"),
        added=tmp_path / "sites.csv",
        added_name="sites.csv",
        themes=("premier_accueil_social",),
    )
    assert roads.engine == "route"
    assert (roads.closed_name, roads.closed_file) == ("fermes.csv", tmp_path / "fermes.csv")
    assert roads.concerned == ()
    assert one.thresholds == {"premier_accueil_social": 10}
    assert one.concerned == ("premier_accueil_social",)


def test_none_by_default(tmp_path: Path) -> None:
    assert project(tmp_path, HEAD).variants == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "[[variante]]\nseuil_min = 15\n", ["variante[1].nom", "obligatoire"]),
        (HEAD + '[[variante]]\nnom = " "\nseuil_min = 15\n', ["variante[1].nom", "obligatoire"]),
        (V, ["variante[1].nom", "ne change rien", "seuil_min"]),
        (V + "sans_voisins = false\nfermetures = []\n", ["ne change rien"]),
        (V + 'moteur = "vol_oiseau"\n', ["ne change rien"]),
        (V + 'themes = ["premier_accueil_social"]\n', ["ne change rien"]),
        (V + "seuil_min = 15\n" + V[len(HEAD) :] + "seuil_min = 10\n",
         ["variante[2].nom", "« v »"]),
        (V + "vitesse_kmh = 40\n[[variante]]\nnom = 'w'\nvitesse_kmh = 0\n",
         ["variante[2].vitesse_kmh", "entre 1 et 130"]),
        (V + "seuil = 15\n", ["variante[1].seuil", "inconnue", "seuils"]),
        (V + "seuil_min = 0\n", ["variante[1].seuil_min", "entre 1"]),
        (V + "seuil_min = 9\nseuils = { premier_accueil_social = 9 }\n",
         ["seuils", "pas les deux"]),
        (V + "seuils = { premier_acueil = 9 }\n", ["seuils.premier_acueil", "premier_accueil_soc"]),
        (V + "seuils = { frein_mobilite = 9 }\n", ["seuils.frein_mobilite", "en minutes"]),
        (V + 'seuil_min = 9\nthemes = ["frein_mobilite"]\n', ["variante[1].themes", "en minutes"]),
        (V + 'moteur = "routes"\n', ["variante[1].moteur", "« route »"]),
        (V + 'moteur = "route"\n', ["variante[1].moteur", "reseau"]),
        (V + 'sources_exclues = ["offre/dorra.csv"]\n',
         ["variante[1].sources_exclues", "offre/dora.csv"]),
        (V + "sources_exclues = [3]\n", ["variante[1].sources_exclues", "liste"]),
        (V + "fermetures = 3\n", ["variante[1].fermetures", "identifiants"]),
        (V + 'fermetures = "absent.csv"\n', ["variante[1].fermetures", "introuvable"]),
        (V + 'ajouts = "absent.csv"\n', ["variante[1].ajouts", "introuvable"]),
        (V + 'ajouts = "offre/ccas.csv"\n', ["variante[1].ajouts", "aussi lu comme offre"]),
        (HEAD + '[acces]\nmoteur = "route"\nreseau = "r.osm.pbf"\n' + V[len(HEAD) :]
         + "detour = 1.5\n", ["variante[1].detour", "vol d’oiseau"]),
        (HEAD + '[variante]\nnom = "x"\n', ["variante", "[[variante]]"]),
    ],
)  # fmt: skip
def test_a_wrong_variant_says_where_and_what(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(CartoError) as caught:
        project(tmp_path, text)
    message = str(caught.value)
    assert "cartoallier.toml" in message
    for word in words:
        assert word in message, message


def test_the_floor_also_changes_roads(tmp_path: Path) -> None:
    text = HEAD + '[acces]\nmoteur = "route"\nreseau = "r.osm.pbf"\n' + V[len(HEAD) :]
    (one,) = project(tmp_path, text + "plancher_intracommunal = false\n").variants
    assert one.floor is False
