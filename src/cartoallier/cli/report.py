"""``rapport``: the report, with the pages and the pictures it shows."""

from __future__ import annotations

import sys

from cartoallier.cli.opening import open_project
from cartoallier.cli.options import OUTPUT, Departement, Folder, ProjectPath, Themes
from cartoallier.cli.progress import show_progress

HELP = "Écrire le rapport à imprimer, avec ses cartes et leurs images."
FAMILIES = ("cartes", "images", "rapport")
"""In this order: the report says which pages and pictures stand beside it."""


def rapport(
    projet: ProjectPath = None,
    theme: Themes = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
) -> None:
    """Write the report and what it shows."""
    from cartoallier.pipeline import diagnose, write

    project = open_project(projet, departement=departement, themes=theme or ())
    with show_progress() as progress:
        run, reading = diagnose(project, only=theme or (), progress=progress)
        files = write(run, sortie, families=FAMILIES, progress=progress)
    if reading.services.records.empty:
        print("aucune offre fournie", file=sys.stderr)
    if project.demonstration:
        print("Données de démonstration, fictives : aucune offre réelle n’est montrée.")
    print(f"{len(files)} fichiers écrits dans {sortie}. Ouvrez : {sortie / 'rapport.html'}")
    print("Pour un PDF : ouvrez-le dans Chrome, Chromium ou Edge, puis « Imprimer ».")
