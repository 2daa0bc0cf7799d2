"""A project with a geocoder: what is asked, what is never asked."""

import json
from pathlib import Path

import pytest

from cartoallier.model import Run
from cartoallier.outputs.provenance import write_provenance
from cartoallier.pipeline import diagnose, open_territory, read_sources
from cartoallier.project import load_project
from servers import fake_geocoder

PROJECT = """[territoire]
departement = "03"
[geocodage]
service = "{url}"
[[offre]]
fichier = "abris.csv"
format = "tableau"
[[offre]]
fichier = "annuaire.csv"
format = "tableau"
themes = ["premier_accueil_social"]
"""
SHELTERS = (
    "nom;structure;adresse;code_insee;categorie\n"
    "Les Mimosas;Asso Mimosas;adresse confidentielle;03190;CHRS\n"
)
DIRECTORY = (
    "nom;structure;adresse;code_insee\n"
    "Les Mimosas;Asso Mimosas;7 rue Tue;03190\n"
    "Desk;Mairie;5 rue Ouverte;03190\n"
)


def test_what_one_file_hides_is_not_asked_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "abris.csv").write_text(SHELTERS, encoding="utf-8")
    (tmp_path / "annuaire.csv").write_text(DIRECTORY, encoding="utf-8")
    with fake_geocoder() as server:
        server.places = {"03190": (3.3334, 46.5669)}
        (tmp_path / "cartoallier.toml").write_text(PROJECT.format(url=server.url), encoding="utf-8")
        project = load_project(tmp_path, departement=None, here=tmp_path)
        reading = read_sources(project, open_territory(project))
        sent = b"\n".join(server.bodies).decode("utf-8")
    assert reading.errors == ()
    assert "5 rue Ouverte" in sent
    records = reading.services.records
    desk = records[records["name"] == "Desk"].iloc[0]
    assert (round(desk["longitude"], 4), desk["precision"]) == (3.3334, "adresse")
    hidden = records[records["confidential"]]
    assert len(hidden) == 2
    assert "rue Tue" not in sent
    assert "Mimosas" not in sent


THEME = "premier_accueil_social"
MET = """nom;adresse;code_insee
Desk;5 rue Ouverte;03190
Le même ailleurs;5, RUE OUVERTE;03190
Autre;9 rue Perdue;03310
"""


def diagnosed(folder: Path, url: str | None) -> tuple[Run, dict[str, object]]:
    """Diagnose one theme over a table without points; give its provenance too."""
    (folder / "offre").mkdir(exist_ok=True)
    (folder / "offre" / "lieux.csv").write_text(MET, encoding="utf-8")
    section = f'[geocodage]\nservice = "{url}"\n' if url else ""
    text = (
        f'[territoire]\ndepartement = "03"\n{section}[[offre]]\nfichier = "offre/lieux.csv"\n'
        f'format = "tableau"\nthemes = ["{THEME}"]\n'
    )
    (folder / "cartoallier.toml").write_text(text, encoding="utf-8")
    project = load_project(folder, departement=None, here=folder)
    run, _ = diagnose(project, only=[THEME])
    return run, json.loads(write_provenance(run, folder).read_text(encoding="utf-8"))


def test_whoever_gave_points_is_named_with_its_licence_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with fake_geocoder() as server:
        server.places = {"03190": (3.3334, 46.5669)}
        run, content = diagnosed(tmp_path, server.url)
        bodies = len(server.bodies)
        # Remembered answers are told alike: the same inputs give the same bytes.
        assert diagnosed(tmp_path, server.url)[1] == content
        assert len(server.bodies) == bodies
    assert content["geocodage"] == {
        "service": "127.0.0.1",
        "adresses_demandees": 2,
        "adresses_repondues": 2,
        "adresses_utilisees": 1,
        "reponses_refusees": {"adresse non trouvée par le géocodeur": 1},
    }
    [named] = [one for one in content["sources"] if one["format"] == "geocodage"]
    assert "Base Adresse Nationale" in named["nom"]
    assert named["licence"] == "Licence Ouverte 2.0"
    printed = run.summaries[THEME].sources[-1]
    assert "Base Adresse Nationale" in printed
    assert printed.endswith("Licence Ouverte 2.0")


def test_without_geocoder_nobody_is_named(tmp_path: Path) -> None:
    run, content = diagnosed(tmp_path, None)
    assert "geocodage" not in content
    assert "Adresse Nationale" not in json.dumps(content, ensure_ascii=False)
    assert "Adresse Nationale" not in " ".join(run.summaries[THEME].sources)
