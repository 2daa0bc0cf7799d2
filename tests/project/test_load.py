"""The project file: what it gives, and what a wrong one says."""

from pathlib import Path

import pytest

from cartoallier.catalogue import Catalogue, Use
from cartoallier.errors import CartoError, ProjectError
from cartoallier.project import Project, create_project, load_project

HEAD = '[territoire]\ndepartement = "03"\n'


@pytest.fixture
def every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every format of the catalogue can be read."""
    names = Catalogue.format_names

    def every(catalogue: Catalogue, use: Use, *, readable: bool = False) -> tuple[str, ...]:
        return names(catalogue, use)

    monkeypatch.setattr(Catalogue, "format_names", every)


def project(folder: Path, text: str) -> Project:
    (folder / "cartoallier.toml").write_text(text, encoding="utf-8")
    return load_project(folder, departement=None, here=Path("/nonexistent"))


def test_defaults(tmp_path: Path) -> None:
    loaded = project(tmp_path, HEAD)
    assert loaded.departement == "03"
    assert loaded.parameters.neighbourhood_km == 50
    assert loaded.parameters.detour == 1.35
    assert loaded.parameters.speed_kmh == 50
    assert (loaded.parameters.favourable_kmh, loaded.parameters.unfavourable_kmh) == (60, 40)
    assert loaded.parameters.floor
    assert loaded.supply == ()
    assert not loaded.demonstration


def test_every_key_of_the_design(tmp_path: Path) -> None:
    for name in ("communes.gpkg", "utas.csv", "carreaux.csv", "a.csv", "b.csv", "themes.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    loaded = project(
        tmp_path,
        HEAD
        + """contours = "communes.gpkg"
voisinage_km = 30
[themes]
retenus = ["premier_accueil_social", "jeunes_autonomie"]
catalogue = "themes.toml"
[seuils.premier_accueil_social]
minutes = 20
decision = "comité de suivi du 12 juin"
[[decoupage]]
nom = "UTAS"
fichier = "utas.csv"
[[population]]
fichier = "carreaux.csv"
format = "tableau"
colonnes = { longitude = "lon", latitude = "lat", population = "ind" }
[[offre]]
fichier = "a.csv"
format = "france-services"
themes = ["premier_accueil_social"]
[[offre]]
fichier = "b.csv"
format = "tableau"
colonnes = { nom = "raison_sociale", longitude = "lon" }
[acces]
moteur = "vol_oiseau"
detour = 1.4
vitesse_kmh = 45
plancher_intracommunal = false
""",
    )
    assert loaded.outlines == tmp_path / "communes.gpkg"
    assert loaded.parameters.neighbourhood_km == 30
    assert loaded.retained == ("premier_accueil_social", "jeunes_autonomie")
    decision = loaded.decisions["premier_accueil_social"]
    assert (decision.minutes, decision.reason) == (20, "comité de suivi du 12 juin")
    assert loaded.divisions == (("UTAS", tmp_path / "utas.csv"),)
    assert loaded.population is not None
    assert loaded.population.columns == {"longitude": "lon", "latitude": "lat", "population": "ind"}
    assert [s.format for s in loaded.supply] == ["france-services", "tableau"]
    assert loaded.supply[0].themes == ("premier_accueil_social",)
    assert loaded.supply[1].columns == {"nom": "raison_sociale", "longitude": "lon"}
    assert not loaded.parameters.floor
    assert loaded.parameters.detour == 1.4


def test_the_two_hypotheses_bracket_any_speed(tmp_path: Path) -> None:
    loaded = project(tmp_path, HEAD + "[acces]\nvitesse_kmh = 70\n")
    assert loaded.parameters.favourable_kmh > 70 > loaded.parameters.unfavourable_kmh


def test_files_dropped_are_sources(tmp_path: Path) -> None:
    offer = tmp_path / "offre"
    offer.mkdir()
    (tmp_path / "besoin").mkdir()
    for name in ("b.csv", "a.json", ".cache", "~$b.xlsx", "README.md"):
        (offer / name).write_text("x", encoding="utf-8")
    (tmp_path / "besoin" / "panorama.xlsx").write_text("x", encoding="utf-8")
    loaded = load_project(tmp_path, departement="03", here=Path("/nonexistent"))
    assert [s.name for s in loaded.supply] == ["offre/a.json", "offre/b.csv"]
    assert {s.format for s in loaded.supply} == {"auto"}
    assert [s.name for s in loaded.needs] == ["besoin/panorama.xlsx"]


def test_the_file_itself_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "autre.toml"
    file.write_text(HEAD, encoding="utf-8")
    assert load_project(file, departement=None, here=tmp_path).departement == "03"


def test_departement_of_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "cartoallier.toml").write_text(HEAD, encoding="utf-8")
    assert load_project(tmp_path, departement="63", here=tmp_path).departement == "63"


def test_an_empty_folder_is_the_demonstration(tmp_path: Path) -> None:
    loaded = load_project(None, departement=None, here=tmp_path)
    assert loaded.demonstration
    assert loaded.departement == "03"
    assert len(loaded.supply) >= 4
    assert load_project(None, departement="2A", here=tmp_path).departement == "2A"


@pytest.mark.parametrize("name", ["offre", "besoin"])
def test_a_drop_folder_is_a_project_without_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ProjectError, match="--departement"):
        load_project(None, departement=None, here=tmp_path)
    assert not load_project(None, departement="03", here=tmp_path).demonstration


def test_what_is_no_export_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "offre").mkdir()
    for name in ("desktop.ini", "Thumbs.db", "LISEZMOI.txt", "note.PDF", "liste.csv"):
        (tmp_path / "offre" / name).write_text("x", encoding="utf-8")
    loaded = load_project(tmp_path, departement="03", here=tmp_path)
    assert [s.name for s in loaded.supply] == ["offre/liste.csv"]


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = HEAD
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ccas.csv").write_text("x", encoding="utf-8")
        text += f'[[offre]]\nfichier = "{(tmp_path / folder / "ccas.csv").as_posix()}"\n'
    (tmp_path / "p").mkdir()
    names = [s.name for s in project(tmp_path / "p", text).supply]
    assert names == ["ccas.csv", "ccas.csv (2)"]


def test_an_empty_departement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="--departement"):
        load_project(None, departement="", here=tmp_path)


def test_a_bom_is_not_a_key(tmp_path: Path) -> None:
    (tmp_path / "cartoallier.toml").write_text("\ufeff" + HEAD, encoding="utf-8")
    assert load_project(tmp_path, departement=None, here=tmp_path).departement == "03"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["territoire.departement", "obligatoire"]),
        ("[territoire]\ndepartement = 3\n", ["territoire.departement", "un texte"]),
        ("[territoire\n", ["ligne 1", "écriture incorrecte"]),
        (HEAD + "[access]\ndetour = 1.3\n", ["access", "inconnue", "acces"]),
        (HEAD + "[acces]\ndetours = 1.3\n", ["acces.detours", "detour"]),
        (HEAD + "[acces]\ndetour = 0.9\n", ["acces.detour", "entre 1 et 5"]),
        (HEAD + "[acces]\ndetour = nan\n", ["acces.detour", "entre 1 et 5"]),
        (HEAD + "[acces]\ndetour = true\n", ["acces.detour", "un nombre"]),
        (HEAD + '[acces]\nplancher_intracommunal = "oui"\n', ["plancher", "true ou false"]),
        (HEAD + '[acces]\nmoteur = "vol"\n', ["acces.moteur", "vol_oiseau"]),
        (HEAD + '[acces]\nmoteur = "route"\n', ["acces.moteur", "« reseau »", "osm.pbf"]),
        (HEAD + "voisinage_km = -1\n", ["territoire.voisinage_km", "entre 0"]),
        (HEAD + 'contours = "x.gpkg"\n', ["territoire.contours", "introuvable", "x.gpkg"]),
        (HEAD + '[themes]\nretenus = ["premier_acueil"]\n', ["themes.retenus", "premier_accueil"]),
        (HEAD + "[seuils.premier_acueil]\nminutes = 20\n", ["seuils.premier_acueil", "inconnue"]),
        (HEAD + '[seuils.premier_accueil_social]\ndecision = "x"\n', ["minutes", "obligatoire"]),
        (HEAD + '[[offre]]\nformat = "dora"\n', ["offre[1].fichier", "obligatoire"]),
        (HEAD + '[[offre]]\nfichier = "x.csv"\n', ["offre[1].fichier", "introuvable"]),
        (HEAD + '[[offre]]\nfichier = "x"\nformat = "dorra"\n', ["offre[1].format", "dora"]),
        (HEAD + '[offre]\nfichier = "x"\n', ["offre", "[[offre]]"]),
        (HEAD + "offre = [1]\n", ["territoire.offre"]),
        (HEAD + '[[variante]]\nnom = "x"\n', ["variante[1].nom", "ne change rien"]),
        (HEAD + "[seuils.frein_mobilite]\nminutes = 20\n", ["frein_mobilite", "en minutes"]),
        (HEAD + f"voisinage_km = {10**400}\n", ["voisinage_km", "entre 0"]),
        (HEAD + "contours = " + "[" * 3000, ["imbriqués"]),
        (HEAD + f'contours = "{"x" * 300}"\n', ["territoire.contours", "introuvable"]),
        (HEAD + '[geocodage]\nservice = "ban"\n', ["geocodage.service", "https://"]),
        (HEAD + '[doublons]\ndecisions = "x.csv"\n', ["doublons.decisions", "introuvable"]),
        (HEAD + "[themes]\nretenus = 3\n", ["themes.retenus", "liste"]),
        (HEAD + '[[population]]\nfichier = "x"\nformat = "carreau"\n', ["carreaux-insee"]),
        (
            HEAD + '[[population]]\nfichier = "x"\nformat = "carreaux-insee"\n'
            'colonnes = { population = "ind" }\n',
            ["population[1].colonnes", "retirez"],
        ),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(CartoError) as caught:
        project(tmp_path, text)
    message = str(caught.value)
    assert "cartoallier.toml" in message
    for word in words:
        assert word in message


def test_a_latin_1_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "cartoallier.toml").write_bytes("# é\n".encode("latin-1"))
    with pytest.raises(ProjectError, match="UTF-8"):
        load_project(tmp_path, departement=None, here=tmp_path)


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="n’existe pas"):
        load_project(tmp_path / "absent", departement=None, here=tmp_path)


def test_a_new_project_loads_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mon projet"
    made = {path.as_posix() for path in create_project(folder, departement="63")}
    assert {"cartoallier.toml", "lancer.cmd", "lancer.sh", "offre/modele_paej.csv"} <= made
    assert (folder / "besoin").is_dir()
    loaded = load_project(folder, departement=None, here=tmp_path)
    assert loaded.departement == "63"
    assert all(s.name.startswith("offre/modele_") for s in loaded.supply)
    assert loaded.needs == ()
    assert loaded.skipped_needs == ("besoin/panorama.toml",)
    with pytest.raises(ProjectError, match="contient déjà un projet"):
        create_project(folder, departement="03")


def test_a_new_project_overwrites_nothing(tmp_path: Path) -> None:
    filled = tmp_path / "offre" / "modele_ccas.csv"
    filled.parent.mkdir()
    filled.write_text("rempli à la main", encoding="utf-8")
    made = create_project(tmp_path, departement="03")
    assert filled.read_text(encoding="utf-8") == "rempli à la main"
    assert Path("offre/modele_ccas.csv") not in made


def test_the_commented_examples_are_valid_once_uncommented(
    tmp_path: Path, every_format: None
) -> None:
    create_project(tmp_path / "p", departement="03")
    folder = tmp_path / "p"
    for name in (
        "communes.gpkg",
        "utas.csv",
        "offre/mes_lieux.csv",
        "mes_themes.toml",
        "decisions.csv",
        "besoin/pauvrete.csv",
        "besoin/panorama.xlsx",
        "auvergne.osm.pbf",
        "horaires.zip",
        "qpv.gpkg",
        "frr.csv",
    ):
        (folder / name).write_text("", encoding="utf-8")
    file = folder / "cartoallier.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    live = [
        line[2:] if line.startswith("# ") and ("=" in line or line.startswith("# [")) else line
        for line in lines
    ]
    file.write_text("\n".join(live), encoding="utf-8")
    loaded = load_project(folder, departement=None, here=tmp_path)
    assert loaded.decisions["premier_accueil_social"].minutes == 20
    assert loaded.supply[0].format == "tableau"
    assert [s.format for s in loaded.needs] == ["tableau", "panorama"]
    assert [one.name for one in loaded.zonings] == ["QPV", "FRR"]


def test_the_grid_of_insee_is_a_population(tmp_path: Path) -> None:
    (tmp_path / "carreaux.gpkg").write_text("x", encoding="utf-8")
    loaded = project(
        tmp_path, HEAD + '[[population]]\nfichier = "carreaux.gpkg"\nformat = "carreaux-insee"\n'
    )
    assert loaded.population is not None
    assert loaded.population.format == "carreaux-insee"
    assert loaded.population.columns == {}
