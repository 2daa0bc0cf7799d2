"""What ``simuler`` leaves: tables, layers and a page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from cartoallier.errors import OutputError
from cartoallier.model import Simulation
from cartoallier.model.simulation import (
    CHOSEN_COLUMNS,
    CURVE_COLUMNS,
    UNREACHABLE_COLUMNS,
    ZONE_COLUMNS,
)
from cartoallier.outputs.maps.simulation import simulation_page
from cartoallier.outputs.simulation_layers import QUESTION_COLUMNS, write_simulation_layers
from cartoallier.outputs.tables import write_csv

__all__ = ["QUESTION_COLUMNS", "write_simulation"]


def write_simulation(
    simulation: Simulation,
    folder: Path,
    *,
    beside: Path | None = None,
    date: dt.datetime | None = None,
) -> list[Path]:
    """Write a simulation under ``folder``, each file beside and moved into place.

    ``tableaux/simulation_<theme>.csv`` (added sites), ``…_courbe.csv`` (what each number of sites
    brings), ``…_zones.csv`` (before and after), ``…_hors_portee.csv`` (people no candidate can
    reach), ``…_tournees.csv`` when tours were proposed, ``simulation_<theme>.gpkg`` (see
    :func:`~cartoallier.outputs.simulation_layers.write_simulation_layers`) when the date is
    known, and ``cartes/simulation_<theme>.html``. Every row of a table or of a layer ends with
    :data:`QUESTION_COLUMNS`: what was asked, of which data.

    Args:
        simulation: what to write; nothing is computed.
        folder: receives the files.
        beside: where they will stand, ``folder`` unless they are moved afterwards; the page links
            to the atlas and to the theme's page it finds there.
        date: of the data, which a GeoPackage must bear; without one it is not written.

    Returns:
        Paths written, the page last.

    Raises:
        OutputError: a file cannot be written.
    """
    name = f"simulation_{simulation.theme}"
    frames = {
        name: simulation.chosen.reindex(columns=list(CHOSEN_COLUMNS)),
        f"{name}_courbe": simulation.curve.reindex(columns=list(CURVE_COLUMNS)),
        f"{name}_zones": simulation.zones.reindex(columns=list(ZONE_COLUMNS)),
        f"{name}_hors_portee": simulation.unreachable.reindex(columns=list(UNREACHABLE_COLUMNS)),
    }
    if len(simulation.tours):
        frames[f"{name}_tournees"] = simulation.tours
    frames = {key: _signed(frame, simulation) for key, frame in frames.items()}
    written = [_table(frame, folder / "tableaux" / f"{key}.csv") for key, frame in frames.items()]
    links = [f"tableaux/{path.name}" for path in written]
    if date is not None:
        written.append(write_simulation_layers(simulation, folder / f"{name}.gpkg", date=date))
    others = ("index.html", f"cartes/{simulation.theme}.html")
    links += [path for path in others if ((beside or folder) / path).is_file()]
    page = simulation_page(simulation, links=tuple(links))
    return [*written, _page(page, folder / "cartes" / f"{name}.html")]


def _signed(frame: pd.DataFrame, simulation: Simulation) -> pd.DataFrame:
    """Add what was asked to every row: a file may travel alone."""
    return frame.assign(
        public=simulation.public,
        seuil_min=simulation.threshold,
        modele=simulation.model,
        demonstration=simulation.demonstration,
    )


def _table(frame: pd.DataFrame, path: Path) -> Path:
    beside = path.with_name(f".{path.name}.partiel")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_csv(frame, beside)
        beside.replace(path)
    except OSError as error:
        raise _unwritable(path) from error
    return path


def _page(text: str, path: Path) -> Path:
    beside = path.with_name(f".{path.name}.partiel")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise _unwritable(path) from error
    return path


def _unwritable(path: Path) -> OutputError:
    return OutputError(
        "le fichier ne peut pas être écrit ; vérifier la place et les droits sur ce dossier",
        path=path,
    )
