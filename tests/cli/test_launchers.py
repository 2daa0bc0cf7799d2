"""Launchers: what a double-click does, without knowing what a terminal is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cartoallier.project.create import create_project, launchers

SH = shutil.which("sh")


def stub(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder whose name needs quoting, and a PATH of its own."""
    folder = tmp_path / "mon projet d’été"
    create_project(folder, departement="03")
    tools = tmp_path / "outils"
    for name in ("dirname", "nohup", "sleep"):
        found = shutil.which(name)
        assert found
        tools.mkdir(exist_ok=True)
        (tools / name).symlink_to(found)
    return folder


def launch(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(project / "lancer.sh")],
        cwd="/",
        env={"PATH": str(project.parent / "outils")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.skipif(SH is None or os.name != "posix", reason="il faut un shell POSIX")
def test_the_unix_launcher_runs_in_its_folder_and_opens_the_atlas(project: Path) -> None:
    tools = project.parent / "outils"
    stub(tools / "cartoallier", 'echo "$PWD" "$@" > lu; [ -d maps ] || /bin/mkdir maps; : > maps/index.html')  # noqa: E501 # fmt: skip
    stub(tools / "xdg-open", 'echo "$1" > ouvert')
    done = launch(project)
    assert done.returncode == 0, done.stderr
    said = (project / "lu").read_text(encoding="utf-8").strip()
    assert said == f"{project} diagnostic ."
    for _ in range(50):
        if (project / "ouvert").exists() and (project / "ouvert").read_text():
            break
        subprocess.run(["sleep", "0.1"], check=True)
    assert (project / "ouvert").read_text().strip() == "maps/index.html"


@pytest.mark.skipif(SH is None or os.name != "posix", reason="il faut un shell POSIX")
def test_the_unix_launcher_says_an_error_and_opens_nothing(project: Path) -> None:
    tools = project.parent / "outils"
    (project / "maps").mkdir()
    (project / "maps" / "index.html").write_text("ancien", encoding="utf-8")
    stub(tools / "cartoallier", "echo 'Erreur : x' >&2; exit 1")
    stub(tools / "xdg-open", 'echo "$1" > ouvert')
    done = launch(project)
    assert done.returncode == 1
    assert "Erreur : x" in done.stderr
    assert "n’a pas abouti" in done.stderr
    assert not (project / "ouvert").exists()


@pytest.mark.skipif(SH is None or os.name != "posix", reason="il faut un shell POSIX")
def test_without_the_program_on_the_path_the_interpreter_runs_it(project: Path) -> None:
    python = project.parent / "l'environnement" / "python"
    stub(python, 'echo "$@" > lu')
    (project / "lancer.sh").write_text(launchers(str(python))["lancer.sh"], encoding="utf-8")
    assert launch(project).returncode == 0
    assert (project / "lu").read_text().strip() == "-m cartoallier diagnostic ."


def test_the_windows_launcher_has_its_line_ends_and_stays_open(tmp_path: Path) -> None:
    create_project(tmp_path / "p", departement="03")
    content = (tmp_path / "p" / "lancer.cmd").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    lines = content.decode("utf-8").split("\r\n")
    assert lines[0] == "@echo off"
    assert lines[-2:] == ["pause", ""]
    assert '  if exist maps\\index.html start "" maps\\index.html' in lines
    assert not [line for line in lines if line.startswith((":", "goto"))]
    assert '"C:\\100%% vrai\\python.exe"' in launchers("C:\\100% vrai\\python.exe")["lancer.cmd"]
