"""From a run to its files, written beside and moved into place."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cartoallier.errors import OutputError
from cartoallier.model import Run, Simulation
from cartoallier.outputs.geopackage import write_geopackage
from cartoallier.outputs.maps import PLACES, write_maps
from cartoallier.outputs.pictures import write_pictures
from cartoallier.outputs.provenance import write_provenance
from cartoallier.outputs.report import write_report
from cartoallier.outputs.simulation_files import write_simulation as write_simulation_files
from cartoallier.outputs.tables import write_tables
from cartoallier.pipeline.progress import Progress, silent

STAGING = ".cartoallier-"
"""Prefix of the folder where outputs are written before they are moved into place."""

PAGE_MARK = b"ne vaut pas engagement"
"""What every page we write holds."""

Writer = Callable[[Run, Path], object]
FAMILIES: Mapping[str, tuple[str, Writer]] = {
    "couverture": ("tableaux", write_tables),
    "cartes": ("cartes", write_maps),
    "geopackage": ("GeoPackage", write_geopackage),
    "images": ("images", write_pictures),
    "rapport": ("rapport", write_report),
    "provenance": ("provenance", write_provenance),
}
"""Family of outputs -> (how progress names it, what writes it)."""


def write(
    run: Run,
    folder: Path,
    *,
    families: Sequence[str],
    assets: str = PLACES[0],
    progress: Progress = silent,
) -> list[Path]:
    """Write families of outputs under ``folder``; return the files, relative to it.

    Pages hold all they need (``inline``), or share one folder of scripts and styles
    (``partages``). Everything is written beside, then moved into place: a killed run leaves the
    old outputs or the new ones, never half of one.

    Raises:
        OutputError: the folder cannot be written.
    """

    def every(staging: Path) -> None:
        for family in families:
            label, writer = FAMILIES[family]
            progress(f"écriture : {label}")
            if family == "cartes":
                write_maps(run, staging, assets=assets)
            else:
                writer(run, staging)

    files = _staged(folder, every)
    if "cartes" in families:
        _remove_pages_of_another_run(folder, kept=set(files))
    return files


def write_simulation(
    simulation: Simulation, folder: Path, *, progress: Progress = silent
) -> list[Path]:
    """Write what a simulation says under ``folder``; return the files, relative to it.

    Raises:
        OutputError: the folder cannot be written.
    """
    progress("écriture : simulation")
    return _staged(
        folder, lambda staging: write_simulation_files(simulation, staging, beside=folder)
    )


def _staged(folder: Path, writer: Callable[[Path], object]) -> list[Path]:
    """Let ``writer`` write beside, then move its files into place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{STAGING}*"):  # of a killed run
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder) as name:
            staging = Path(name)
            writer(staging)
            files = sorted(p.relative_to(staging) for p in staging.rglob("*") if p.is_file())
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (staging / file).replace(folder / file)
    except OSError as error:
        raise OutputError(
            f"écriture impossible : {_reason(error)} ; "
            "choisissez un autre dossier avec « --sortie »",
            path=folder,
        ) from error
    return files


def _remove_pages_of_another_run(folder: Path, *, kept: set[Path]) -> None:
    """Remove our own pages that this run did not write: they show other figures.

    Those of simulations stay: they answer a question of their own, and say which.
    """
    for page in sorted((folder / "cartes").glob("*.html")):
        asked_for = page.name.startswith("simulation")
        ours = not asked_for and PAGE_MARK in page.read_bytes()
        if ours and page.relative_to(folder) not in kept:
            page.unlink()
    for shared in sorted((folder / "cartes" / "ressources").glob("*")):
        if shared.relative_to(folder) not in kept:
            shared.unlink()


def _reason(error: OSError) -> str:
    """Say why a file cannot be written, in French: systems answer in their own language."""
    return {
        errno.EACCES: "vous n’en avez pas le droit",
        errno.EPERM: "vous n’en avez pas le droit",
        errno.EROFS: "ce disque est en lecture seule",
        errno.ENOSPC: "le disque est plein",
        errno.EDQUOT: "votre quota est atteint",
        errno.EEXIST: "un fichier porte déjà ce nom",
        errno.ENOTDIR: "un fichier porte le nom d’un dossier du chemin",
        errno.ENAMETOOLONG: "ce nom est trop long",
    }.get(error.errno or 0, "le système l’a refusé")
