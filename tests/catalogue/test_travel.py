"""The ways to travel: what is shipped, and what a user's file may get wrong."""

from importlib.resources import files

import pytest

from cartoallier.catalogue.travel import FASTEST_KMH, load_travel_profiles
from cartoallier.errors import CatalogueError

SHIPPED = files("cartoallier.catalogue").joinpath("deplacements.toml").read_text(encoding="utf-8")


def refused(tmp_path, text):
    path = tmp_path / "mes_deplacements.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as error:
        load_travel_profiles(path)
    message = str(error.value)
    assert message.startswith(str(path))
    return message.replace("\u00a0", " ").replace("\u202f", " ")


def test_three_profiles():
    profiles = load_travel_profiles()
    assert list(profiles) == ["voiture", "pied", "velo"]
    assert [p.manner for p in profiles.values()] == ["en voiture", "à pied", "à vélo"]
    assert all(key == profile.key for key, profile in profiles.items())


@pytest.mark.parametrize("key", ["voiture", "pied", "velo"])
def test_speeds_are_plausible(key):
    profile = load_travel_profiles()[key]
    most = {"voiture": 120, "pied": 5, "velo": 20}[key]
    for table in (profile.speeds, profile.ceilings, profile.permitted, profile.natures):
        assert all(0 < kmh <= most for kmh in table.values())
    assert set(profile.ceilings) <= set(profile.speeds)
    assert not set(profile.permitted) & set(profile.speeds)
    assert not profile.closing & profile.opening
    assert profile.access[-1] == "access"


def test_cars_slow_down_from_motorway_to_track():
    car = load_travel_profiles()["voiture"]
    order = ["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified",
             "residential", "service"]  # fmt: skip
    assert [car.speeds[k] for k in order] == sorted((car.speeds[k] for k in order), reverse=True)
    assert all(car.ceilings[key] >= car.speeds[key] for key in car.ceilings)
    # writing the limit of motorways down changes nothing
    for key in ("motorway", "trunk"):
        assert car.speeds[key] == pytest.approx(car.limit_share * car.limits[key])
    # a tagged limit never makes a road slower than the share of the limit of its class
    assert car.ceilings["tertiary"] == 0.8 * car.limits["rural"]


def test_a_user_file_replaces_what_it_holds(tmp_path):
    start = SHIPPED.index("[[deplacement]]")
    second = SHIPPED.index("[[deplacement]]", start + 1)
    limits = SHIPPED[SHIPPED.index("[limites]") :]
    path = tmp_path / "a.toml"
    own = SHIPPED[start:second].replace("secondary = 60", "secondary = 52")
    path.write_text(own + limits, encoding="utf-8-sig")
    profiles = load_travel_profiles(path)
    assert list(profiles) == ["voiture", "pied", "velo"]
    assert profiles["voiture"].speeds["secondary"] == 52
    assert profiles["pied"].speeds == load_travel_profiles()["pied"].speeds


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("motorway = 104,", "motorway = 0,", ["voiture", "vitesses.motorway", "plus grand que 0"]),
        ("motorway = 104,", "motorway = -5,", ["vitesses.motorway"]),
        ("motorway = 104,", "motorway = 900,", ["vitesses.motorway", f"{FASTEST_KMH:g} km/h"]),
        ("motorway = 104,", "motorway = nan,", ["vitesses.motorway"]),
        ("motorway = 104,", "motorway = true,", ["vitesses.motorway"]),
        ("motorway = 104,", 'motorway = "115",', ["vitesses.motorway"]),
        ("compacted = 0.8, fine_gravel = 0.7", "compacted = 1.8, fine_gravel = 0.7",
         ["revetements.compacted", "au plus 1"]),
        ("part_limite = 0.8", "part_limit = 0.8", ["part_limit", "dire « part_limite »"]),
        ("acces_kmh = 20", "acces_kmh = 0", ["acces_kmh", "de 0.5 à 60"]),
        ("rattachement_km = 1 ", 'rattachement_km = "1" ', ["rattachement_km"]),
        ("contresens = false", "contresens = 0", ["contresens", "true ou false"]),
        ('bac_exclu_par = ["foot", "bicycle"]', "bac_exclu_par = 3", ["liste de textes"]),
        ('interdits = ["area=yes", "imp', 'interdits = ["area", "imp', ["interdits", "clé=valeur"]),
        ('cle = "voiture"', 'cle = "voitur"', ["vouliez-vous dire « voiture »"]),
        ('cle = "voiture"', 'cle = "pied"', ["deux blocs"]),
        ('maniere = "en voiture"', "maniere = 3", ["maniere", "texte entre guillemets"]),
        ("[limites]", "[limite]", ["vouliez-vous dire « limites »"]),
        ("urban = 50 ", "urban = 0 ", ["limites.urban"]),
        ("[limites]", "[limites", ["syntaxe TOML"]),
        ("[[deplacement]]", "[deplacement]", ["syntaxe TOML"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, old, new, words):
    assert old in SHIPPED
    message = refused(tmp_path, SHIPPED.replace(old, new))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limites = 5", ["limites", "table de nombres"]),
        ('[limites]\nx = "a"', ["limites.x", "attend un nombre"]),
        ("limites = [1]", ["limites", "table de nombres"]),
    ],
)
def test_limits_that_are_none(tmp_path, text, words):
    block = SHIPPED[SHIPPED.index("[[deplacement]]") : SHIPPED.index("[limites]")]
    for whole in (text, f"{text}\n{block}"):
        message = refused(tmp_path, whole)
        for word in words:
            assert word in message


def test_a_key_that_is_no_text(tmp_path):
    for wrong in ('["voiture"]', "3", "{ a = 1 }", '""'):
        message = refused(tmp_path, SHIPPED.replace('cle = "voiture"', f"cle = {wrong}"))
        assert "deplacement n° 1" in message
        assert "« cle » attend un texte" in message


def test_a_file_of_one_way_to_travel_keeps_the_shipped_limits(tmp_path):
    start = SHIPPED.index("[[deplacement]]")
    path = tmp_path / "a.toml"
    path.write_text(SHIPPED[start : SHIPPED.index("[[deplacement]]", start + 1)], encoding="utf-8")
    shipped, found = load_travel_profiles(), load_travel_profiles(path)
    assert shipped["voiture"].limits["urban"] == 50
    assert all(found[key].limits == shipped[key].limits for key in shipped)


def test_a_file_of_limits_holds_for_every_way_to_travel(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('[limites]\nrural = 90\n"FR:urban" = 45\n', encoding="utf-8")
    shipped, found = load_travel_profiles(), load_travel_profiles(path)
    for key, profile in found.items():
        assert profile.limits == {**shipped[key].limits, "rural": 90, "FR:urban": 45}
        assert profile.speeds == shipped[key].speeds


def test_every_problem_in_one_message(tmp_path):
    text = SHIPPED.replace("primary = 64,", "primary = 0,").replace("steps = 2 ", "steps = -1 ")
    message = refused(tmp_path, text)
    assert "3 points à corriger" in message
    assert message.count("vitesses.steps") == 2


def test_unreadable_files(tmp_path):
    with pytest.raises(CatalogueError, match="introuvable"):
        load_travel_profiles(tmp_path / "absent.toml")
    path = tmp_path / "a.toml"
    path.write_bytes("libelle = 'à pied'".encode("latin-1"))
    with pytest.raises(CatalogueError, match="UTF-8"):
        load_travel_profiles(path)
    path.write_text('deplacement = "pied"')
    with pytest.raises(CatalogueError, match=r"\[\[deplacement\]\]"):
        load_travel_profiles(path)


def test_an_empty_table_of_speeds(tmp_path):
    start = SHIPPED.index("vitesses = {")
    text = SHIPPED[:start] + "vitesses = {}" + SHIPPED[SHIPPED.index("\n", start) :]
    assert "aucune route ne serait praticable" in refused(tmp_path, text)
