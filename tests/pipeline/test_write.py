"""Outputs are moved into place: what a killed, an older or an impossible run leaves."""

from pathlib import Path

import pytest

import toys
from cartoallier.errors import OutputError
from cartoallier.model import Run, Territory
from cartoallier.pipeline import STAGING, write


@pytest.fixture
def run(toy: Territory) -> Run:
    return toys.run(toy, {"at": 2})


def test_a_killed_run_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / f"{STAGING}abc" / "cartes").mkdir(parents=True)
    files = write(run, tmp_path, families=["couverture"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tableaux"]
    assert Path("tableaux/couverture.csv") in files


def test_pages_of_another_run_go_and_others_stay(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cartes").mkdir()
    old = tmp_path / "cartes" / "ancien_theme.html"
    old.write_text("Document de travail, ne vaut pas engagement", encoding="utf-8")
    mine = tmp_path / "cartes" / "mes_notes.html"
    mine.write_text("à moi", encoding="utf-8")
    write(run, tmp_path, families=["cartes"])
    assert not old.exists()
    assert mine.exists()
    assert (tmp_path / "cartes" / "accueil.html").exists()


def test_a_folder_that_is_a_file_is_explained(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "maps"
    target.write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="un fichier porte"):
        write(run, target, families=["couverture"])
    with pytest.raises(OutputError, match="un fichier porte"):
        write(run, target / "dedans", families=["couverture"])


def test_a_full_disk_is_explained(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="le disque est plein"):
        write(run, tmp_path, families=["provenance"])
    assert list(tmp_path.iterdir()) == []
