"""What a person edited is never overwritten."""

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

import toys
from cartoallier.model import Run, Territory
from cartoallier.outputs.fingerprint import fingerprints
from cartoallier.pipeline import write

FAMILIES = ("geopackage", "provenance")
NAME = "cartoallier.gpkg"
DAY = 1_763_769_600  # 2025-11-22, UTC
SYSTEM_PYTHON = "/usr/bin/python3"
SESSION = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=territoire_communes", "communes", "ogr")
assert layer.isValid()
list(layer.getFeatures())
if sys.argv[2] == "given up":
    assert layer.startEditing() and layer.rollBack()
if sys.argv[2] == "edited":
    assert layer.startEditing()
    first = next(layer.getFeatures())
    assert layer.changeAttributeValue(first.id(), layer.fields().indexOf("nom"), "Corrigé")
    assert layer.commitChanges(), layer.commitErrors()
del layer
app.exitQgis()
"""


@pytest.fixture
def run(toy: Territory) -> Run:
    """One theme, one place."""
    return toys.run(toy, {"at": 2})


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A folder that a first run wrote."""
    write(run, tmp_path, families=FAMILIES)
    return tmp_path


def again(run: Run, folder: Path) -> list[str]:
    """Write once more; return what was said."""
    said: list[str] = []
    write(run, folder, families=FAMILIES, notice=said.append)
    return said


def rename(path: Path, name: str = "Corrigé") -> None:
    """Edit a name, as a person would, on 22 November 2025."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE IF NOT EXISTS notes (texte TEXT)")
        base.execute("INSERT INTO notes VALUES (?)", (name,))
    os.utime(path, (DAY, DAY))


def notes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as base:
        return [text for (text,) in base.execute("SELECT texte FROM notes")]


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("cartoallier-modifie-*"))


def test_the_provenance_bears_the_fingerprint(folder: Path) -> None:
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["fichiers_ecrits"][NAME] == fingerprints(folder / NAME)


def test_a_file_as_we_wrote_it_is_replaced_silently(run: Run, folder: Path) -> None:
    before = (folder / NAME).read_bytes()
    assert again(run, folder) == []
    assert copies(folder) == []
    assert (folder / NAME).read_bytes() == before


def test_an_edited_file_is_kept_beside_and_said(run: Run, folder: Path) -> None:
    clean = (folder / NAME).read_bytes()
    rename(folder / NAME)
    said = again(run, folder)
    assert copies(folder) == ["cartoallier-modifie-2025-11-22.gpkg"]
    assert len(said) == 1
    assert "cartoallier-modifie-2025-11-22.gpkg" in said[0]
    assert notes(folder / copies(folder)[0]) == ["Corrigé"]
    assert (folder / NAME).read_bytes() == clean
    assert again(run, folder) == [], "the new file is as we wrote it"


def test_two_edits_of_one_day_are_two_copies(run: Run, folder: Path) -> None:
    for name in ("une", "deux"):
        rename(folder / NAME, name)
        again(run, folder)
    assert copies(folder) == [
        "cartoallier-modifie-2025-11-22-2.gpkg",
        "cartoallier-modifie-2025-11-22.gpkg",
    ]
    assert [notes(folder / copy) for copy in copies(folder)] == [["deux"], ["une"]]


def test_the_same_edited_file_is_not_copied_twice(run: Run, folder: Path) -> None:
    rename(folder / NAME)
    edited = folder / NAME
    saved = edited.read_bytes()
    again(run, folder)
    edited.write_bytes(saved)
    os.utime(edited, (DAY, DAY))
    assert again(run, folder) == []
    assert len(copies(folder)) == 1


@pytest.mark.parametrize("provenance", [None, "", "[]", "{}", '{"fichiers_ecrits": []}'])
def test_without_a_record_nothing_is_lost(run: Run, folder: Path, provenance: str | None) -> None:
    record = folder / "provenance.json"
    if provenance is None:
        record.unlink()
    else:
        record.write_text(provenance, encoding="utf-8")
    again(run, folder)
    assert [Path(copy).suffix for copy in copies(folder)] == [".gpkg", ".qgz"]


def test_pages_not_written_back_are_kept_and_never_played_onto_the_new_file(
    run: Run, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A session that was killed leaves its edits beside the file."""
    path, clean = folder / NAME, (folder / NAME).read_bytes()
    work = tmp_path_factory.mktemp("session") / NAME
    shutil.copyfile(path, work)
    with closing(sqlite3.connect(work)) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA wal_autocheckpoint=0")
        base.execute("CREATE TABLE notes (texte TEXT)")
        base.execute("INSERT INTO notes VALUES ('en attente')")
        base.commit()
        for side in ("", "-wal", "-shm"):
            shutil.copyfile(f"{work}{side}", f"{path}{side}")
    again(run, folder)
    assert notes(folder / copies(folder)[0]) == ["en attente"]
    assert not list(folder.glob("*-wal"))
    assert not list(folder.glob("*-shm"))
    assert path.read_bytes() == clean


def test_other_families_leave_the_edited_file_where_it_is(run: Run, folder: Path) -> None:
    rename(folder / NAME)
    write(run, folder, families=("couverture",))
    assert notes(folder / NAME) == ["Corrigé"]
    assert copies(folder) == []


@pytest.mark.parametrize(("session", "kept"), [("read", 0), ("given up", 0), ("edited", 1)])
def test_a_session_of_qgis(run: Run, folder: Path, session: str, kept: int) -> None:
    probe = subprocess.run(
        [SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if probe.returncode:
        if os.environ.get("CI"):
            pytest.fail("PyQGIS manque")
        pytest.skip("PyQGIS manque : lancez scripts/test.sh en root pour l’installer")
    command = [SYSTEM_PYTHON, "-c", SESSION, str(folder / NAME), session]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    again(run, folder)
    assert len(copies(folder)) == kept
