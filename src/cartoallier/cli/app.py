"""The commands."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from cartoallier import __version__
from cartoallier.cli.opening import open_project
from cartoallier.cli.options import (
    OUTPUT,
    Archive,
    AsJson,
    Assets,
    Departement,
    Folder,
    Formats,
    NewFolder,
    ProjectPath,
    ReturnsFolder,
    Roads,
    Themes,
)
from cartoallier.cli.progress import show_progress
from cartoallier.cli.report import HELP as REPORT_HELP
from cartoallier.cli.report import rapport
from cartoallier.cli.simulation import HELP as SIMULATION_HELP
from cartoallier.cli.simulation import simuler
from cartoallier.cli.words import FrenchCommand, FrenchGroup, explain
from cartoallier.errors import CartoError

if TYPE_CHECKING:
    from cartoallier.pipeline import Reading
    from cartoallier.project import Project

app = typer.Typer(
    cls=FrenchGroup,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    subcommand_metavar="COMMANDE [ARGUMENTS]...",
    help="Montrer où le besoin social est fort et l’aide hors de portée, dans un département.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return the exit code: 0 done, 1 a problem explained, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that lacks a letter shows « ? »
            stream.reconfigure(errors="replace")
    try:
        code = app(args=arguments, prog_name="cartoallier", standalone_mode=False)
    except CartoError as error:
        print(f"Erreur : {error}", file=sys.stderr)
        return 1
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
        else:
            print(f"Erreur : {explain(error)}", file=sys.stderr)
        return error.exit_code
    if code == INTERRUPTED:
        print("Interrompu : les fichiers précédents sont intacts.", file=sys.stderr)
    return code if isinstance(code, int) else 0


INTERRUPTED = 130


def _version(wanted: bool) -> None:
    if wanted:
        print(f"cartoallier {__version__}")
        raise typer.Exit


@app.callback(options_metavar="[OPTIONS]")
def program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            show_default=False,
            help="Afficher la version.",
        ),
    ] = False,
) -> None:
    """Show where social need is high and help is out of reach."""
    del version


@app.command(
    cls=FrenchCommand, help="Tout faire : lire, vérifier, mesurer, écrire l’atlas et les tableaux."
)
def diagnostic(
    projet: ProjectPath = None,
    theme: Themes = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
    assets: Assets = "inline",
    archive: Archive = False,
) -> None:
    """Write every output."""
    families = ["couverture", "geopackage", "cartes", "rapport", "provenance"]
    project = open_project(projet, departement=departement, themes=theme or ())
    _produce(project, theme, sortie, families, assets=assets, archive=archive)


@app.command(cls=FrenchCommand, help="Écrire les tableaux et le classeur qui les réunit.")
def couverture(
    projet: ProjectPath = None,
    theme: Themes = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
) -> None:
    """Write the tables."""
    project = open_project(projet, departement=departement, themes=theme or ())
    _produce(project, theme, sortie, ["couverture"])


@app.command(cls=FrenchCommand, help="Écrire l’atlas et les pages de cartes.")
def cartes(
    projet: ProjectPath = None,
    theme: Themes = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
    assets: Assets = "inline",
) -> None:
    """Write the atlas."""
    project = open_project(projet, departement=departement, themes=theme or ())
    _produce(project, theme, sortie, ["cartes"], assets=assets)


@app.command(cls=FrenchCommand, help="Écrire le GeoPackage et le projet QGIS.")
def geopackage(
    projet: ProjectPath = None,
    theme: Themes = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
    formats: Formats = "",
    reseau: Roads = False,
) -> None:
    """Write what a GIS opens."""
    from cartoallier.outputs.formats import parse_formats

    asked = parse_formats(formats)
    project = open_project(projet, departement=departement, themes=theme or ())
    _produce(project, theme, sortie, ["geopackage", "provenance"], formats=asked, reseau=reseau)


@app.command(cls=FrenchCommand, help="Lire chaque source et montrer ce qui ne va pas.")
def verifier(
    projet: ProjectPath = None,
    departement: Departement = None,
    sortie: ReturnsFolder = None,
    as_json: AsJson = False,
) -> None:
    """Read every source; say what each holds, and what to send back."""
    from cartoallier.cli.findings import Check
    from cartoallier.outputs.returns import write_returns
    from cartoallier.pipeline import (
        open_territory,
        read_need_files,
        read_sources,
        read_zoning_files,
    )

    project = open_project(projet, departement=departement)
    with show_progress() as progress:
        territory = open_territory(project)
        reading = read_sources(project, territory, progress=progress)
        needing = read_need_files(project, territory, progress=progress)
    zoning, unusable = read_zoning_files(project, territory)
    check = Check.of(reading, needing, territory, zoning=zoning, unusable=unusable)
    print(check.as_json() if as_json else check.as_text())
    if sortie is not None:
        for path in write_returns(check.findings, check.every_source, sortie):
            print(f"écrit : {path}", file=sys.stderr)
    _notices(project, reading, errors=check.errors)
    if check.errors:
        raise typer.Exit(1)


@app.command(cls=FrenchCommand, help="Lister les thèmes du catalogue.")
def themes(projet: ProjectPath = None, as_json: AsJson = False) -> None:
    """Print the catalogue."""
    from cartoallier.cli.themes import theme_as_dict

    project = open_project(projet, departement="03")
    if as_json:
        entries = [theme_as_dict(theme) for theme in project.catalogue.themes.values()]
        print(json.dumps(entries, ensure_ascii=False, indent=2))
        return
    for theme in project.catalogue.themes.values():
        print(f"{theme.code}  {theme.key:<36} {theme.title}")


@app.command(cls=FrenchCommand, help="Créer un dossier de projet, prêt à recevoir vos fichiers.")
def nouveau(dossier: NewFolder, departement: Departement = None) -> None:
    """Make a project folder."""
    from cartoallier.project import create_project
    from cartoallier.territory import departement as find_departement

    place = find_departement(departement or "03")
    create_project(dossier, departement=place.code)
    print(
        f"Projet créé dans {dossier} ({place.name}, {place.code}).\n"
        f"1. Déposez vos exports dans {dossier / 'offre'}, vos tableaux de besoin dans "
        f"{dossier / 'besoin'}\n"
        f"2. Lancez : cartoallier diagnostic {dossier}"
    )


app.command(cls=FrenchCommand, help=REPORT_HELP)(rapport)
app.command(cls=FrenchCommand, help=SIMULATION_HELP)(simuler)


def _produce(  # noqa: PLR0913 (keyword-only: one per option)
    project: Project,
    only: list[str] | None,
    folder: Path,
    families: list[str],
    *,
    assets: str = "inline",
    archive: bool = False,
    formats: Sequence[str] = (),
    reseau: bool = False,
) -> None:
    """Diagnose, write, and say where to click."""
    from cartoallier.outputs.delivery import write_delivery
    from cartoallier.pipeline import diagnose, open_roads, write

    kept: list[str] = []
    if assets not in ("inline", "partages"):
        raise typer.BadParameter(f"« {assets} » : écrivez inline ou partages")
    with show_progress() as progress:
        roads = open_roads(project) if reseau else None
        run, reading = diagnose(project, only=only or (), progress=progress)
        files = write(
            run,
            folder,
            families=families,
            assets=assets,
            formats=formats,
            roads=roads,
            progress=progress,
            notice=kept.append,
        )
        if archive:
            progress("écriture : archive")
            packed = write_delivery(folder, files, date=run.date)
    _notices(project, reading)
    for said in kept:
        print(said, file=sys.stderr)
    if project.demonstration:
        print("Données de démonstration, fictives : aucune offre réelle n’est montrée.")
    best = {"index.html": 0, "diagnostic.xlsx": 1}
    first = min(files, key=lambda file: best.get(file.name, 2))
    many = f"{len(files)} fichiers écrits" if len(files) > 1 else "1 fichier écrit"
    print(f"{many} dans {folder}. Ouvrez : {folder / first}")
    if archive:
        print(f"À envoyer : {packed} ({_megabytes(packed)})")


def _megabytes(path: Path) -> str:
    from cartoallier.model.french import number

    return f"{number(path.stat().st_size / 1_000_000, decimals=1)}\u00a0Mo"


def _notices(project: Project, reading: Reading, *, errors: Iterable[tuple[str, str]] = ()) -> None:
    """Say on stderr what was not read, and when there is no supply at all."""
    for name in (*reading.skipped, *project.skipped_needs):
        print(f"{name} : modèle laissé vide, ignoré", file=sys.stderr)
    for name in project.set_aside:
        print(f"{name} : ni tableau ni export, laissé de côté", file=sys.stderr)
    for _, message in errors:
        print(f"Erreur : {message}", file=sys.stderr)
    if reading.services.records.empty:
        print("aucune offre fournie", file=sys.stderr)
