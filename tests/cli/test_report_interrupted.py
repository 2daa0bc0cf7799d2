"""``rapport`` stopped halfway: the folder holds the old report or the new one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cartoallier.cli import report
from cartoallier.errors import OutputError
from cartoallier.model import Run, Territory
from cartoallier.outputs.pictures import writer
from cartoallier.pipeline import write
from toys import run as toy_run


def _held(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def run(toy: Territory) -> Run:
    """One theme, one place."""
    return toy_run(toy, {"at": 2})


@pytest.fixture
def written(run: Run, tmp_path: Path) -> Path:
    """A folder where a first report was written."""
    write(run, tmp_path, families=report.FAMILIES)
    return tmp_path


@pytest.mark.parametrize("step", ["as_png", "as_svg", "_write"])
def test_ctrl_c_among_the_pictures_leaves_the_old_report(
    run: Run, written: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    before = _held(written)
    monkeypatch.setattr(writer, step, stopped)
    with pytest.raises(KeyboardInterrupt):
        write(run, written, families=report.FAMILIES)
    assert _held(written) == before
    assert sorted(p.name for p in written.iterdir()) == sorted(
        {Path(name).parts[0] for name in before}
    )


@pytest.mark.parametrize("name", [".accueil.svg.partiel", ".rapport.html.partiel"])
def test_a_full_disk_leaves_the_old_report_and_says_so(
    run: Run, written: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = _held(written)
    for method in ("write_bytes", "write_text"):
        monkeypatch.setattr(Path, method, _full(getattr(Path, method), name))
    with pytest.raises(OutputError, match="écriture impossible"):
        write(run, written, families=report.FAMILIES)
    assert _held(written) == before
    assert not list(written.glob(".cartoallier-*"))


def _full(real: Callable[..., int], name: str) -> Callable[..., int]:
    """Return ``real``, on a disk without room for the file called ``name``."""

    def found(path: Path, *args: object, **rest: object) -> int:
        if path.name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, *args, **rest)

    return found
