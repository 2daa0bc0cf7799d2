"""The blocks ``[[zonage]]`` of a project file."""

from pathlib import Path

import pytest

from cartoallier.errors import CartoError
from cartoallier.project import Project, ZoningSource, load_project

HEAD = '[territoire]\ndepartement = "03"\n'
Z = HEAD + '[[zonage]]\nnom = "QPV"\nfichier = "z/qpv.geojson"\n'


def project(folder: Path, text: str) -> Project:
    (folder / "cartoallier.toml").write_text(text, encoding="utf-8")
    (folder / "z").mkdir(exist_ok=True)
    for name in ("z/qpv.geojson", "z/frr.csv"):
        (folder / name).write_text("x", encoding="utf-8")
    return load_project(folder, departement=None, here=folder)


def test_every_key(tmp_path: Path) -> None:
    loaded = project(
        tmp_path,
        Z + 'couche = "qp"\n'
        '[[zonage]]\nnom = " France  Ruralités "\nfichier = "z/frr.csv"\nmillesime = 2025\n'
        'colonnes = { code_insee = "insee", code = "id", nom = "classe" }\n',
    )
    assert loaded.zonings == (
        ZoningSource(name="QPV", path=tmp_path / "z/qpv.geojson", file="z/qpv.geojson", layer="qp"),
        ZoningSource(
            name="France Ruralités",
            path=tmp_path / "z/frr.csv",
            file="z/frr.csv",
            columns={"code_insee": "insee", "code": "id", "nom": "classe"},
            vintage="2025",
        ),
    )


def test_none_by_default_and_no_folder_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "zonages").mkdir()
    (tmp_path / "zonages" / "qpv.geojson").write_text("{}")
    assert project(tmp_path, HEAD).zonings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (Z.replace("fichier", "ficher"), "zonage[1].ficher"),
        (Z.replace("fichier", "ficher"), "vouliez-vous « fichier »"),
        (HEAD + '[[zonage]]\nfichier = "z/frr.csv"\n', "zonage[1].nom"),
        (HEAD + '[[zonage]]\nnom = "  "\nfichier = "z/frr.csv"\n', "obligatoire"),
        (HEAD + '[[zonage]]\nnom = "FRR"\n', "zonage[1].fichier"),
        (HEAD + '[[zonage]]\nnom = "FRR"\nfichier = "absent.csv"\n', "introuvable"),
        (Z + Z.removeprefix(HEAD).replace("QPV", "qpv"), "deux zonages"),
        (Z + "colonnes = { insee = 'a' }\n", "zonage[1].colonnes.insee"),
        (Z + "millesime = 'hier'\n", "une année est attendue"),
        (HEAD + '[zonage]\nnom = "FRR"\n', "[[zonage]]"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CartoError) as caught:
        project(tmp_path, text)
    assert said in str(caught.value)
