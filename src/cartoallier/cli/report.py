"""``rapport``: the report, with the pages and the pictures it shows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cartoallier.cli.progress import show_progress

HELP = "Écrire le rapport à imprimer, avec ses cartes et leurs images."
FAMILIES = ("cartes", "images", "rapport")
"""In this order: the report says which pages and pictures stand beside it."""


def _option(name: str, metavar: str, text: str) -> Any:  # noqa: ANN401 (typer's own)
    return typer.Option(name, metavar=metavar, show_default=False, help=text)


def rapport(
    projet: Annotated[
        Path | None,
        typer.Argument(
            metavar="PROJET",
            show_default=False,
            help="Dossier du projet ou son cartoallier.toml. Sans lui : le dossier courant s’il "
            "contient un projet, sinon la démonstration (Allier, données fictives).",
        ),
    ] = None,
    theme: Annotated[
        list[str] | None,
        _option(
            "--theme",
            "ID",
            "Ne traiter que ce thème ; peut être répété. « cartoallier themes » les liste.",
        ),
    ] = None,
    departement: Annotated[
        str | None, _option("--departement", "CODE", "Code du département : 03, 2A, 974…")
    ] = None,
    sortie: Annotated[
        Path, _option("--sortie", "DOSSIER", "Où écrire (par défaut : maps).")
    ] = Path("maps"),
) -> None:
    """Write the report and what it shows."""
    from cartoallier.pipeline import diagnose, write
    from cartoallier.project import load_project

    project = load_project(projet, departement=departement, here=Path.cwd())
    unknown = [key for key in theme or () if key not in project.catalogue.themes]
    if unknown:
        raise typer.BadParameter(f"thème inconnu : {unknown[0]} ; « cartoallier themes » les liste")
    with show_progress() as progress:
        run, reading = diagnose(project, only=theme or (), progress=progress)
        files = write(run, sortie, families=FAMILIES, progress=progress)
    if reading.services.records.empty:
        print("aucune offre fournie", file=sys.stderr)
    if project.demonstration:
        print("Données de démonstration, fictives : aucune offre réelle n’est montrée.")
    print(f"{len(files)} fichiers écrits dans {sortie}. Ouvrez : {sortie / 'rapport.html'}")
    print("Pour un PDF : ouvrez-le dans Chrome, Chromium ou Edge, puis « Imprimer ».")
