"""A project with a geocoder: what is asked, what is never asked."""

from pathlib import Path

import pytest

from cartoallier.pipeline import open_territory, read_sources
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
