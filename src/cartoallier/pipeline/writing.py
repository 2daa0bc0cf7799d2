"""From a run to its files, written beside and moved into place."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cartoallier.access.road import Network
from cartoallier.errors import OutputError
from cartoallier.model import Run, Simulation, SourceRecord
from cartoallier.outputs.formats import FORMATS, write_formats
from cartoallier.outputs.geopackage import held_project, write_geopackage
from cartoallier.outputs.handover import write_handover
from cartoallier.outputs.maps import PLACES, write_maps
from cartoallier.outputs.network_file import write_network
from cartoallier.outputs.pictures import write_pictures
from cartoallier.outputs.provenance import write_provenance
from cartoallier.outputs.qgis import write_project
from cartoallier.outputs.report import write_report
from cartoallier.outputs.simulation_files import write_simulation as write_simulation_files
from cartoallier.outputs.styles import write_classes
from cartoallier.outputs.tables import write_tables
from cartoallier.pipeline.keeping import forget_sides, keep_edited
from cartoallier.pipeline.progress import Progress, silent

STAGING = ".cartoallier-"
"""Prefix of the folder where outputs are written before they are moved into place."""

PAGE_MARK = b"ne vaut pas engagement"
"""What every page we write holds."""

LAYERS = ("couverture_", "territoire_", "besoins_", "scores_", "services", "origines", "isochrones")
"""How the files of ``sig/`` begin."""

Writer = Callable[[Run, Path], object]


def _hand_over(run: Run, folder: Path) -> None:
    """Write what a GIS opens."""
    path = write_geopackage(run, folder)
    write_project(run, folder, made=held_project(path))
    write_classes(run, folder)


FAMILIES: Mapping[str, tuple[str, Writer]] = {
    "couverture": ("tableaux", write_tables),
    "cartes": ("cartes", write_maps),
    "geopackage": ("GeoPackage et projet QGIS", _hand_over),
    "images": ("images", write_pictures),
    "rapport": ("rapport", write_report),
    "provenance": ("provenance", write_provenance),
}
"""Family of outputs -> (how progress names it, what writes it)."""


def write(  # noqa: PLR0913 (keyword-only: what a run may be asked for)
    run: Run,
    folder: Path,
    *,
    families: Sequence[str],
    assets: str = PLACES[0],
    formats: Sequence[str] = (),
    roads: tuple[Network, SourceRecord] | None = None,
    progress: Progress = silent,
    notice: Progress = silent,
) -> list[Path]:
    """Write families of outputs under ``folder``; return the files, relative to it.

    Pages hold all they need (``inline``), or share one folder of scripts and styles
    (``partages``). Everything is written beside, then moved into place: a killed run leaves the
    old outputs or the new ones, never half of one. A GeoPackage or a project that somebody
    edited is copied beside first, and ``notice`` is told, in French. With the GeoPackage come the
    project of QGIS, ``README_SIG.md``, and its layers under ``sig/`` in the ``formats`` asked for;
    ``roads``, from :func:`~cartoallier.pipeline.open_roads`, are a file of their own.

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
        if "geopackage" in families:
            _accompany(run, staging, formats=formats, roads=roads, progress=progress)

    files = _staged(folder, every, notice=notice)
    if "cartes" in families:
        _remove_pages_of_another_run(folder, kept=set(files))
    if "geopackage" in families:
        _remove_layers_of_another_run(folder, kept=set(files))
    return files


def _accompany(
    run: Run,
    folder: Path,
    *,
    formats: Sequence[str],
    roads: tuple[Network, SourceRecord] | None,
    progress: Progress,
) -> None:
    """Write what goes with a GeoPackage; last what tells of all that stands beside it."""
    if formats:
        progress("écriture : autres formats")
        write_formats(run, folder, formats)
    if roads is not None:
        progress("écriture : routes")
        network, file = roads
        write_network(network, folder, licence=file.licence, source=file.label, date=run.date)
    write_handover(run, folder)


def write_simulation(
    simulation: Simulation, folder: Path, *, progress: Progress = silent
) -> list[Path]:
    """Write what a simulation says under ``folder``; return the files, relative to it.

    Raises:
        OutputError: the folder cannot be written.
    """
    progress("écriture : simulation")
    return _staged(
        folder,
        lambda staging: write_simulation_files(
            simulation, staging, beside=folder, date=simulation.date
        ),
    )


def _staged(
    folder: Path, writer: Callable[[Path], object], *, notice: Progress = silent
) -> list[Path]:
    """Let ``writer`` write beside, then move its files into place."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{STAGING}*"):  # of a killed run
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=STAGING, dir=folder) as name:
            staging = Path(name)
            writer(staging)
            files = sorted(p.relative_to(staging) for p in staging.rglob("*") if p.is_file())
            names = {str(file) for file in files}
            for copy in keep_edited(folder, replaced=names):
                notice(f"{copy.name} : votre fichier modifié est gardé sous ce nom, à côté du neuf")
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (staging / file).replace(folder / file)
            forget_sides(folder, replaced=names)
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


def _remove_layers_of_another_run(folder: Path, *, kept: set[Path]) -> None:
    """Remove the files of ``sig/`` that this run did not write: they show other figures."""
    suffixes = {f".{suffix}" for suffix, _ in FORMATS.values()}
    for layer in sorted((folder / "sig").glob("*")):
        ours = layer.name.startswith(LAYERS) and layer.suffix in suffixes
        if ours and layer.relative_to(folder) not in kept:
            layer.unlink()


def _reason(error: OSError) -> str:
    """Say why a file cannot be written, in French: systems answer in their own language."""
    if error.errno is None and isinstance(error.__cause__, OSError):  # an output said it first
        error = error.__cause__
    return {
        errno.EACCES: "vous n’en avez pas le droit, ou un autre programme tient le fichier ouvert",
        errno.EPERM: "vous n’en avez pas le droit",
        errno.EROFS: "ce disque est en lecture seule",
        errno.ENOSPC: "le disque est plein",
        errno.EDQUOT: "votre quota est atteint",
        errno.EEXIST: "un fichier porte déjà ce nom",
        errno.ENOTDIR: "un fichier porte le nom d’un dossier du chemin",
        errno.ENAMETOOLONG: "ce nom est trop long",
    }.get(error.errno or 0, "le système l’a refusé")
