"""Opening the project a command is about."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cartoallier.project import Project


def open_project(
    path: Path | None, *, departement: str | None, themes: Iterable[str] = ()
) -> Project:
    """Load the project, and check that it knows the themes asked for.

    Raises:
        typer.BadParameter: a theme is not in its catalogue.
        ProjectError: the project cannot be read.
    """
    from cartoallier.project import load_project

    project = load_project(path, departement=departement, here=Path.cwd())
    for theme in themes:
        if theme not in project.catalogue.themes:
            raise typer.BadParameter(f"thème inconnu : {theme} ; « cartoallier themes » les liste")
    return project
