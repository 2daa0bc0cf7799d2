"""The files of needs of a project: blocks, the folder, correspondences."""

from pathlib import Path

import pytest

from cartoallier.catalogue import Catalogue, Use
from cartoallier.errors import ProjectError
from cartoallier.project import NeedSource, Project, create_project, load_project

HEAD = '[territoire]\ndepartement = "03"\n'


@pytest.fixture(autouse=True)
def _every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Catalogue.format_names

    def every(catalogue: Catalogue, use: Use, *, readable: bool = False) -> tuple[str, ...]:
        return names(catalogue, use)

    monkeypatch.setattr(Catalogue, "format_names", every)


def project(folder: Path, text: str) -> Project:
    (folder / "cartoallier.toml").write_text(HEAD + text, encoding="utf-8")
    return load_project(folder, departement=None, here=folder)


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def test_every_key_of_a_block(tmp_path: Path) -> None:
    make(tmp_path, "a.xlsx", "b.xlsx", "b.toml", "c.csv")
    loaded = project(
        tmp_path,
        """
[[besoin]]
fichier = "a.xlsx"
format = "insee"
feuille = "EPCI"
millesime = "2021"
cog = 2023
[[besoin]]
fichier = "b.xlsx"
correspondance = "b.toml"
[[besoin]]
fichier = "c.csv"
colonnes = { code = "insee", nom = "commune", taux_pauvrete = "tx_pauv" }
millesime = 2020
[[besoin]]
fichier = "c.csv"
""",
    )
    assert loaded.needs == (
        NeedSource(
            path=tmp_path / "a.xlsx",
            name="a.xlsx",
            format="insee",
            sheet="EPCI",
            vintage="2021",
            cog="2023",
        ),
        NeedSource(
            path=tmp_path / "b.xlsx", name="b.xlsx", format="panorama", mapping=tmp_path / "b.toml"
        ),
        NeedSource(
            path=tmp_path / "c.csv",
            name="c.csv",
            format="tableau",
            columns={"code": "insee", "nom": "commune", "taux_pauvrete": "tx_pauv"},
            vintage="2020",
        ),
        NeedSource(path=tmp_path / "c.csv", name="c.csv (2)"),
    )
    assert loaded.skipped_needs == ()


def test_blocks_leave_the_folder_alone(tmp_path: Path) -> None:
    make(tmp_path, "a.csv", "besoin/b.csv", "besoin/b.toml")
    loaded = project(tmp_path, '[[besoin]]\nfichier = "a.csv"\n')
    assert [source.name for source in loaded.needs] == ["a.csv"]


def test_the_folder_is_read_without_blocks(tmp_path: Path) -> None:
    make(tmp_path, "besoin/filosofi.xlsx", "besoin/~$filosofi.xlsx", "besoin/LISEZMOI.txt")
    (source,) = project(tmp_path, "").needs
    assert source == NeedSource(path=tmp_path / "besoin/filosofi.xlsx", name="besoin/filosofi.xlsx")


def test_a_correspondence_is_that_of_the_file_of_its_name(tmp_path: Path) -> None:
    make(tmp_path, "besoin/Panorama.xlsx", "besoin/insee.xlsx")
    mapping = tmp_path / "besoin/panorama.toml"
    mapping.write_text('[[colonne]]\ntitre = "x"\nindicateur = "d1"\n', encoding="utf-8")
    loaded = project(tmp_path, "")
    assert [(s.name, s.format, s.mapping) for s in loaded.needs] == [
        ("besoin/Panorama.xlsx", "panorama", mapping),
        ("besoin/insee.xlsx", "auto", None),
    ]


def test_an_untouched_correspondence_is_skipped_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    create_project(folder, departement="03")
    make(folder, "besoin/panorama.xlsx")
    loaded = load_project(folder, departement=None, here=folder)
    assert [(s.name, s.format, s.mapping) for s in loaded.needs] == [
        ("besoin/panorama.xlsx", "auto", None)
    ]
    assert loaded.skipped_needs == ("besoin/panorama.toml",)


def test_a_new_project_keeps_a_filled_correspondence(tmp_path: Path) -> None:
    make(tmp_path, "besoin/panorama.toml")
    made = create_project(tmp_path, departement="03")
    assert (tmp_path / "besoin/panorama.toml").read_text(encoding="utf-8") == "x"
    assert Path("besoin/LISEZMOI.txt") in made


@pytest.mark.parametrize("text", ["[[colonne]]\n", "[[colonne\n", "\u00e9 = [" * 3000])
def test_a_touched_correspondence_needs_its_workbook(tmp_path: Path, text: str) -> None:
    make(tmp_path, "besoin/autre.xlsx", "besoin/panorama.toml")
    (tmp_path / "besoin/panorama.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match="donnez-lui le nom de son classeur") as caught:
        project(tmp_path, "")
    assert "panorama.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('fichier = "absent.csv"', ["besoin[1].fichier", "introuvable"]),
        ("", ["besoin[1].fichier", "obligatoire"]),
        ('fichier = "a.csv"\nformat = "inse"', ["besoin[1].format", "insee"]),
        ('fichier = "a.csv"\nmilesime = "2021"', ["besoin[1].milesime", "millesime"]),
        ('fichier = "a.csv"\nindicateur = "d1"', ["besoin[1].indicateur", "inconnue"]),
        ('fichier = "a.csv"\nmillesime = "21"', ["besoin[1].millesime", "année", "21"]),
        ('fichier = "a.csv"\nmillesime = "2021-2022"', ["besoin[1].millesime", "année"]),
        ('fichier = "a.csv"\nmillesime = true', ["besoin[1].millesime", "année"]),
        ('fichier = "a.csv"\ncog = 3', ["besoin[1].cog", "année"]),
        ('fichier = "a.csv"\nfeuille = 2', ["besoin[1].feuille", "texte"]),
        (
            'fichier = "a.csv"\ncolonnes = { taux_pauvrte = "x" }',
            ["besoin[1].colonnes.taux_pauvrte", "taux_pauvrete"],
        ),
        (
            'fichier = "a.csv"\nformat = "insee"\ncolonnes = { code = "x" }',
            ["besoin[1].colonnes", "tableau"],
        ),
        (
            'fichier = "a.csv"\nformat = "melodi"\ncorrespondance = "a.csv"',
            ["besoin[1].correspondance", "panorama"],
        ),
        (
            'fichier = "a.csv"\ncolonnes = { code = "x" }\ncorrespondance = "a.csv"',
            ["besoin[1].correspondance", "panorama"],
        ),
        ('fichier = "a.csv"\ncorrespondance = "b.toml"', ["correspondance", "introuvable"]),
    ],
)
def test_a_wrong_block_says_where_and_what(tmp_path: Path, text: str, words: list[str]) -> None:
    make(tmp_path, "a.csv")
    with pytest.raises(ProjectError) as caught:
        project(tmp_path, f"[[besoin]]\n{text}\n")
    message = str(caught.value)
    assert "cartoallier.toml" in message
    for word in words:
        assert word in message
