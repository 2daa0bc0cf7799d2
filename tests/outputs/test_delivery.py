"""The delivery in one file: what the run wrote, the same bytes, or nothing."""

import datetime as dt
import os
import stat
import zipfile
from pathlib import Path

import pytest

from cartoallier.errors import OutputError
from cartoallier.outputs.delivery import write_delivery

DATE = dt.datetime(2024, 8, 1, 12, 30, 1, tzinfo=dt.UTC)
FILES = [Path("index.html"), Path("cartes/b.html"), Path("cartes/a.html"), Path("tableaux/é.csv")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A delivery, with a file that somebody keeps beside it."""
    folder = tmp_path / "comité d’été.v2"
    for name in [*FILES, Path("notes personnelles.txt")]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} " * 50, encoding="utf-8")
    return folder


def test_one_top_folder_and_only_what_the_run_wrote(folder: Path) -> None:
    path = write_delivery(folder, FILES, date=DATE)
    assert path == folder.parent / "comité d’été.v2.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(f"comité d’été.v2/{file.as_posix()}" for file in FILES)
        for name in names:
            assert archive.read(name) == (folder.parent / name).read_bytes()
    assert {p.name for p in folder.parent.iterdir()} == {folder.name, path.name}


def test_the_same_bytes_whatever_the_clock_the_rights_and_the_order(folder: Path) -> None:
    first = write_delivery(folder, FILES, date=DATE).read_bytes()
    for file in FILES:
        (folder / file).chmod(0o600)
        os.utime(folder / file, (1e9, 1e9))
    paris = dt.timezone(dt.timedelta(hours=2))
    path = write_delivery(folder, [*reversed(FILES), FILES[0]], date=DATE.astimezone(paris))
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            assert entry.date_time == (2024, 8, 1, 12, 30, 0), "by two seconds"
            assert entry.external_attr >> 16 == stat.S_IFREG | 0o644
            assert entry.create_system == 3


@pytest.mark.parametrize(("year", "written"), [(1970, 1980), (2200, 2107)])
def test_a_date_the_format_cannot_hold(folder: Path, year: int, written: int) -> None:
    path = write_delivery(folder, FILES, date=dt.datetime(year, 5, 5, tzinfo=dt.UTC))
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {written}


def test_the_current_folder_has_a_name_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    path = write_delivery(Path(), FILES, date=DATE)
    assert path.name == f"{folder.name}.zip"
    with zipfile.ZipFile(path) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {folder.name}


def test_a_failure_leaves_the_archive_of_before_and_nothing_else(folder: Path) -> None:
    path = write_delivery(folder, FILES, date=DATE)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="droits"):
        write_delivery(folder, [*FILES, Path("absent.csv")], date=DATE)
    assert path.read_bytes() == before
    assert {p.name for p in folder.parent.iterdir()} == {folder.name, path.name}


def test_a_folder_in_the_place_of_the_archive(folder: Path) -> None:
    folder.with_name(f"{folder.name}.zip").mkdir()
    with pytest.raises(OutputError):
        write_delivery(folder, FILES, date=DATE)


def test_the_root_of_a_disk_has_no_archive() -> None:
    with pytest.raises(OutputError, match="--sortie"):
        write_delivery(Path("/"), [], date=DATE)
