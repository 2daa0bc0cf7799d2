"""Tables with plain French headers: guessed, then read on the next run as they were guessed."""

from pathlib import Path

import pytest

from cartoallier.pipeline import open_territory, read_sources
from cartoallier.project import load_project

TABLES = {
    "Nom;Adresse;Code postal;Ville;Téléphone;Latitude;Longitude\n"
    "Mairie annexe;1 rue A;03000;Moulins;04 70 11 22 33;46,5669;3,3334\n": (
        "Mairie annexe", "1 rue A", "03000", "Moulins", "0470112233", 3.3334,
    ),
    "Nom de la structure;Adresse postale;CP;Localité;Tél.\n"
    "Point d'accueil;2 rue B;03000;Moulins;04 70 11 22 34\n": (
        "Point d'accueil", "2 rue B", "03000", "Moulins", "0470112234", None,
    ),
    "Structure;Nom de la commune;Adresse;Nom du responsable\n"
    "Maison des services;Moulins;3 rue C;Durand\n": (
        "Maison des services", "3 rue C", None, "Moulins", None, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", TABLES)
def test_the_second_run_reads_what_the_first_guessed(tmp_path: Path, text: str) -> None:
    (tmp_path / "offre").mkdir()
    (tmp_path / "offre" / "lieux.csv").write_text(text, encoding="utf-8")
    project = load_project(tmp_path, departement="03", here=tmp_path)
    territory = open_territory(project)
    first = read_sources(project, territory)
    assert "correspondances.xlsx" in first.errors[0][1]
    assert first.services.records.empty
    second = read_sources(project, territory)
    assert second.errors == ()
    [row] = second.services.records.to_dict("records")
    name, address, postal_code, commune, phone, longitude = TABLES[text]
    assert (row["name"], row["address"], row["commune_name"]) == (name, address, commune)
    for column, value in (("postal_code", postal_code), ("phone", phone)):
        found = row[column]
        assert ((found == found and str(found).replace(" ", "")) or None) == value  # noqa: PLR0124
    assert row["commune_code"] == "03190"
    assert row["precision"] == ("adresse" if longitude else "commune")
    assert not longitude or row["longitude"] == pytest.approx(longitude)
    assert "Durand" not in second.services.records.to_csv()


def test_a_table_that_says_our_own_words_needs_no_correspondence(tmp_path: Path) -> None:
    (tmp_path / "offre").mkdir()
    (tmp_path / "offre" / "lieux.csv").write_text(
        "Nom;Adresse;Commune\nMairie annexe;1 rue A;Moulins\n", encoding="utf-8"
    )
    project = load_project(tmp_path, departement="03", here=tmp_path)
    reading = read_sources(project, open_territory(project))
    assert reading.errors == ()
    assert reading.services.records["commune_code"].tolist() == ["03190"]
    assert not (tmp_path / "correspondances.xlsx").exists()
