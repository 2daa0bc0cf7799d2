"""The user's own catalogue: what it may change, and how its faults are told."""

import pytest

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.errors import CatalogueError
from toys import accepts

THEME = """
[[theme]]
cle = "veterans"
code = "B1.1"
axe = 3
titre = "Accueil des anciens combattants : où ?"
titre_court = "Anciens combattants"
mode = "proximity"
seuils = ["V_25"]
indicateurs = ["part_vacants_maison"]
publics = ["65_plus"]

[theme.selecteurs]
motif_nom = '\\bONAC'

[[theme.offre_attendue]]
nom = "services de l'ONAC"
repere = "ON"
motif_nom = 'ONAC'

[[seuil]]
cle = "V_25"
libelle = "25 minutes"
minutes = 25
transport = "voiture"
statut = "seuil de travail"
source = "comité de suivi"

[[indicateur]]
cle = "part_vacants_maison"
libelle = "Part vacante"
unite = "%"
nature = "taux"
numerateur = "logements_vacants"
poids = "logements"
source = "rp2021"
millesime = "2021"
bornes = [5, 10]
"""


@pytest.fixture
def load(tmp_path):
    def load(content):
        path = tmp_path / "mes_themes.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_catalogue(path)

    return load


@pytest.fixture
def fault(load):
    def fault(content):
        with pytest.raises(CatalogueError) as caught:
            load(content)
        return str(caught.value).replace("\u00a0", " ").replace("\u202f", " ")

    return fault


def test_a_theme_is_added_without_touching_python(load):
    catalogue = load(THEME)
    theme = catalogue.themes["veterans"]
    assert list(catalogue.themes)[-1] == "veterans"
    assert len(catalogue.themes) == 25
    assert theme.retained.minutes == 25
    assert theme.title == "Accueil des anciens combattants\u00a0: où\u202f?"
    assert accepts(theme.selectors, {}, "Service de l'Onac-VG")
    assert theme.classes == (10, 15, 20, 30)
    assert catalogue.indicators["part_vacants_maison"].breaks == (5, 10)


def test_a_shipped_threshold_is_replaced_wherever_it_serves(load):
    block = THEME[THEME.index("[[seuil]]") : THEME.index("[[indicateur]]")]
    catalogue = load(block.replace("V_25", "M_PASIP_30"))
    assert catalogue.themes["premier_accueil_social"].retained.minutes == 25
    assert list(catalogue.thresholds) == list(load_catalogue().thresholds)


def test_a_shipped_theme_is_replaced_in_its_place(load):
    catalogue = load(THEME.replace('"veterans"', '"aller_vers"'))
    assert list(catalogue.themes) == list(load_catalogue().themes)
    assert catalogue.themes["aller_vers"].code == "B1.1"
    assert catalogue.themes["aller_vers"].needs == ()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_of_windows_editors_are_read(load, newline):
    content = b"\xef\xbb\xbf" + THEME.replace("\n", newline).encode()
    assert "veterans" in load(content).themes


def test_an_empty_file_changes_nothing(load):
    assert list(load("").themes) == list(load_catalogue().themes)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('mode = "proximity"', 'mode = "proximite"', "vouliez-vous dire « proximity »"),
        ('seuils = ["V_25"]', 'seuils = ["V_52"]', "vouliez-vous dire « V_25 »"),
        ('["part_vacants_maison"]', '["part_65plus"]', "vouliez-vous dire « part_65_plus »"),
        ('publics = ["65_plus"]', 'publics = ["ensemble"]', "« publics » n'admet pas « ensemble »"),
        ('publics = ["65_plus"]', 'publics = ["65plus"]', "vouliez-vous dire « 65_plus »"),
        ("axe = 3", 'axe = 3\nreperes = ["part_65plus"]', "vouliez-vous dire « part_65_plus »"),
        ("axe = 3", 'axe = 3\nreperes = ["65_plus"]', "« reperes » n'admet pas « 65_plus »"),
        (
            "axe = 3",
            'axe = 3\npublic_principal = "0_2"',
            "« public_principal » n'admet pas « 0_2 »",
        ),
        ("titre_court", "titrecourt", "vouliez-vous dire « titre_court »"),
        ('titre_court = "Anciens combattants"', "", "clé manquante : « titre_court »"),
        ("Anciens combattants", "Anciens combattants" * 4, "45 caractères"),
        ("axe = 3", "axe = 5", "« axe » va de 1 à 4"),
        ("axe = 3", 'axe = "3"', "« axe » attend un nombre entier"),
        ("axe = 3", "axe = true", "« axe » attend un nombre entier"),
        ("axe = 3", "axe = 3\nclasses = [20, 10]", "croissants"),
        ("axe = 3", "axe = 3\nclasses = [nan]", "croissants"),
        ("axe = 3", 'axe = 3\nclasses = ["10"]', "attend une liste de nombres"),
        ("axe = 3", 'axe = 3\nsensible = "oui"', "attend true ou false"),
        ('code = "B1.1"', 'code = "A3.3"', "code A3.3 déjà pris par « premier_accueil_social »"),
        ('cle = "veterans"', 'cle = "../veterans"', "n'admet que lettres"),
        ('cle = "veterans"', 'cle = "Veterans"', "minuscules"),
        ('cle = "veterans"', "cle = 3", "« cle » attend un texte"),
        ("'\\bONAC'", "'(ONAC'", "motif_nom"),
        ("'\\bONAC'", "'ONAC|'", "reconnaît tous les noms"),
        ('repere = "ON"', 'repere = "ONA"', "une ou deux capitales"),
        ("motif_nom = 'ONAC'", "", "rien ne reconnaît"),
        ("motif_nom = 'ONAC'", "motif = 'ONAC'", "vouliez-vous dire « motif_nom »"),
        ('nom = "services de l\'ONAC"', "", "clé manquante « nom »"),
        ("[theme.selecteurs]", "[theme.selecteur]", "vouliez-vous dire « selecteurs »"),
        ("[[seuil]]", "[[seuils]]", "vouliez-vous dire « seuil »"),
        ("[[seuil]]", "[seuil]", "[[seuil]]"),
        ("[[seuil]]", "[[format]]", "bloc inconnu"),
        ("minutes = 25", "minutes = -1", "nombre positif"),
        ("minutes = 25", "minutes = inf", "nombre positif"),
        ("minutes = 25", 'minutes = "25"', "attend un nombre"),
        ('transport = "voiture"', 'transport = ""', "dit son « transport »"),
        ('transport = "voiture"', 'transport = "velo"', "« transport » n'admet pas « velo »"),
        (
            'statut = "seuil de travail"',
            'statut = "officiel"',
            "« statut » n'admet pas « officiel »",
        ),
        ('poids = "logements"', "", "dit son « numerateur » dit aussi son « poids »"),
        ('poids = "logements"', 'poids = "part_65_plus"', "« part_65_plus » est de nature taux"),
        ('numerateur = "logements_vacants"', 'numerateur = "vacants"', "n'admet pas « vacants »"),
        ('nature = "taux"', 'nature = "niveau"', "seul un taux a un « numerateur »"),
        ("bornes = [5, 10]", "codes = ['P{aa}_A+P{aa}_B']", "une espace de chaque côté"),
        ("bornes = [5, 10]", "codes = ['P{aa}_A + ']", "une espace de chaque côté"),
        ("bornes = [5, 10]", "codes = ['- P{aa}_A']", "une espace de chaque côté"),
        ("bornes = [5, 10]", "codes = ['P{aa}_A - P_B']", "{aa}, ou aucun"),
        ("bornes = [5, 10]", "codes = ['P{a}_A']", "l'année s'écrit {aa}"),
        ("bornes = [5, 10]", "codes = ['P{aa}{aa}']", "l'année s'écrit {aa}"),
        ("bornes = [5, 10]", "codes = ['A!B!C']", "une seule feuille"),
        ("bornes = [5, 10]", "codes = ['!C']", "une seule feuille"),
        ("bornes = [5, 10]", "codes = ['TYPMENR_5!']", "un nom de colonne manque"),
        ("bornes = [5, 10]", "codes = ['']", "un nom de colonne manque"),
        ("bornes = [5, 10]", "codes = 'TP60{aa}'", "« codes » attend une liste de textes"),
        ("bornes = [5, 10]", "sens = 'plus'", "« sens » attend +, - ou rien"),
        ("bornes = [5, 10]", "plausible = [5, 5]", "[bas, haut]"),
        ("bornes = [5, 10]", "plausible = [1, 2, 3]", "[bas, haut]"),
        ("bornes = [5, 10]", "plausible = []", "[bas, haut]"),
        ("bornes = [5, 10]", "plausible = [nan, 1]", "[bas, haut]"),
        ("bornes = [5, 10]", "plancher = inf", "« plancher » attend un nombre"),
        ("bornes = [5, 10]", "plancher = '5'", "« plancher » attend un nombre"),
        ("bornes = [5, 10]", "secret = -1", "« secret » attend un nombre positif ou nul"),
        ("bornes = [5, 10]", "secret = 1.5", "« secret » attend un nombre entier"),
        ("bornes = [5, 10]", "code = ['A']", "vouliez-vous dire « codes »"),
        ('poids = "logements"', 'poids = "logement"', "vouliez-vous dire « logements »"),
        ('source = "rp2021"', 'source = "rp2022"', "vouliez-vous dire « rp2021 »"),
        ('nature = "taux"', 'nature = "moyenne"', "« nature » n'admet pas « moyenne »"),
    ],
)
def test_faults_are_told_in_french_with_the_file_and_the_nearest_word(fault, old, new, said):
    assert old in THEME
    message = fault(THEME.replace(old, new, 1))
    assert said in message
    assert "mes_themes.toml" in message


def test_the_entry_and_its_line_are_named(fault):
    message = fault(THEME.replace("axe = 3", "axe = 9"))
    assert "ligne 3, « veterans » :" in message


def test_every_fault_is_told_at_once(fault):
    content = THEME.replace("axe = 3", "axe = 9").replace("minutes = 25", "minutes = 0")
    message = fault(content)
    assert "2 points à corriger" in message
    assert "« veterans »" in message
    assert "« V_25 »" in message


def test_an_entry_written_twice_is_refused(fault):
    assert "deux blocs" in fault(THEME + THEME)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('a = "\n', "ligne 1"),
        ("[[theme]]\ncle = veterans\n", "ligne 2"),
        ("[[theme]\n", "ligne 1"),
        ("a = [1,\n", "TOML"),
        ("x = 1\nx = 2\n", "ligne 2"),
        (b"cle = \xff\xfe", "UTF-8"),
        (b"\x00", "TOML"),
        ("x = " + "[" * 5000, "TOML"),
        ("theme = 3", "[[theme]]"),
        ("theme = [3]", "[[theme]]"),
    ],
)
def test_what_is_not_toml_is_explained(fault, content, said):
    assert said in fault(content)


def test_a_file_that_is_not_there_is_explained(tmp_path):
    with pytest.raises(CatalogueError, match="introuvable"):
        load_catalogue(tmp_path / "absent.toml")
    with pytest.raises(CatalogueError, match="illisible"):
        load_catalogue(tmp_path)


def test_shipped_data():
    assert shipped("needs/rp2021_communes.parquet").is_file()
    with pytest.raises(CatalogueError, match="réinstaller"):
        shipped("needs/absent.parquet")


ANSWER = """
[[responsable]]
cle = "{key}"
corps = "{body}"
motif_nom = 'ONAC'
"""


def test_the_users_rules_of_who_answers_come_first(load):
    shipped_rules = load_catalogue().answers
    mine = load(ANSWER.format(key="onac", body="État et opérateurs")).answers
    assert [rule.id for rule in mine] == ["onac", *(rule.id for rule in shipped_rules)]
    replaced = load(ANSWER.format(key="etat", body="associations")).answers
    assert replaced[0].id == "etat"
    assert len(replaced) == len(shipped_rules)


def test_an_unknown_body_is_told(fault):
    assert "« corps » n'admet pas « Departement »" in fault(
        ANSWER.format(key="onac", body="Departement")
    )


def test_a_rule_that_recognises_nothing_is_told(fault):
    block = '[[responsable]]\ncle = "x"\ncorps = "associations"\n'
    assert "rien ne reconnaît ces lieux" in fault(block)


TERMS = '[{ indicateur = "pben", poids = 2 }, { indicateur = "niveau_vie_median" }]'
PROFILE = """
[[profil]]
cle = "agriculteurs"
libelle = "Agriculteurs : lesquels ?"
termes = [{ indicateur = "pben", poids = 2 }, { indicateur = "niveau_vie_median" }]
remarque = "À discuter : comité."

[[indicateur]]
cle = "pben"
libelle = "Part non salariée"
unite = "%"
nature = "taux"
source = "filosofi"
codes = ["PBEN{aa}"]
sens = "+"
"""


def test_a_profile_is_added_without_touching_python(load):
    catalogue = load(PROFILE)
    profile = catalogue.composites["agriculteurs"]
    assert profile.kind == "profil"
    assert profile.terms == (("pben", 2.0), ("niveau_vie_median", 1.0))
    assert profile.label == "Agriculteurs\u00a0: lesquels\u202f?"
    assert profile.note == "À discuter\u00a0: comité."
    assert catalogue.indicators["pben"].vintage == ""


def test_a_shipped_profile_is_replaced_in_its_place(load):
    catalogue = load(PROFILE.replace('"agriculteurs"', '"retraites"'))
    assert list(catalogue.composites) == list(load_catalogue().composites)
    assert catalogue.composites["retraites"].terms[0] == ("pben", 2.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('indicateur = "pben"', 'indicateur = "pbn"', "vouliez-vous dire « pben »"),
        ('indicateur = "pben"', 'indicateurs = "pben"', "clé manquante « indicateur »"),
        ('indicateur = "pben"', 'indicateur = "population"', "« population » n'a pas de sens"),
        ('sens = "+"', 'sens = ""', "« pben » n'a pas de sens"),
        ("poids = 2", "poids = 0", "le poids de « pben » attend un nombre positif"),
        ("poids = 2", "poids = inf", "le poids de « pben » attend un nombre positif"),
        ("poids = 2", "poids = '2'", "« poids » attend un nombre"),
        ('"niveau_vie_median"', '"pben"', "« pben » est écrit deux fois"),
        (
            '[{ indicateur = "pben", poids = 2 }, { indicateur = "niveau_vie_median" }]',
            "[]",
            "vide",
        ),
        (
            '[{ indicateur = "pben", poids = 2 }, { indicateur = "niveau_vie_median" }]',
            "3",
            "liste",
        ),
        ("[[profil]]", "[[profile]]", "vouliez-vous dire « profil »"),
        ('"agriculteurs"', '"mobilite"', "déjà prise par un [[profil]]"),
        ('libelle = "Agriculteurs', 'nom = "Agriculteurs', "clé manquante : « libelle »"),
    ],
)
def test_faults_of_a_profile_are_told(fault, old, new, said):
    assert old in PROFILE
    assert said in fault(PROFILE.replace(old, new, 1))
