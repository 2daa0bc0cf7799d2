"""Arguments and options of the commands, each declared once."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

OUTPUT = Path("maps")
"""Where outputs go unless told."""


def _option(name: str, metavar: str | None, text: str, **more: Any) -> Any:  # noqa: ANN401 (typer's own)
    return typer.Option(name, metavar=metavar, show_default=False, help=text, **more)


def _count(text: str) -> int:
    """Read a number of sites."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise typer.BadParameter(f"« {text} » n’est pas un nombre de sites ; donnez 1 ou plus")
    return int(text)


def _amount(text: str) -> float:
    """Read a positive number, with a French or an English decimal mark."""
    try:
        value = float(text.replace(",", ".").replace("\u202f", "").replace(" ", ""))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"« {text} » n’est pas un nombre positif")
    return value


ProjectPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="PROJET",
        show_default=False,
        help="Dossier du projet ou son cartoallier.toml. Sans lui : le dossier courant s’il "
        "contient un projet, sinon la démonstration (Allier, données fictives).",
    ),
]
NewFolder = Annotated[
    Path, typer.Argument(metavar="DOSSIER", show_default=False, help="Le dossier à créer.")
]
Departement = Annotated[
    str | None, _option("--departement", "CODE", "Code du département : 03, 2A, 974…")
]
Folder = Annotated[Path, _option("--sortie", "DOSSIER", "Où écrire (par défaut : maps).")]
ReturnsFolder = Annotated[
    Path | None,
    _option(
        "--sortie",
        "DOSSIER",
        "Écrire aussi tableaux/anomalies.csv et tableaux/a_renvoyer.xlsx dans ce dossier.",
    ),
]
Themes = Annotated[
    list[str] | None,
    _option(
        "--theme",
        "ID",
        "Ne traiter que ce thème ; peut être répété. « cartoallier themes » les liste.",
    ),
]
Assets = Annotated[
    str,
    _option(
        "--assets",
        "PLACE",
        "inline (par défaut : chaque page tient seule) ou partages (un dossier commun, bien "
        "plus léger).",
    ),
]
Archive = Annotated[
    bool,
    _option("--zip", None, "Écrire aussi le tout en un fichier à envoyer, à côté du dossier."),
]
AsJson = Annotated[bool, _option("--json", None, "Répondre en JSON.")]

OneTheme = Annotated[str, _option("--theme", "ID", "Le thème ; « cartoallier themes » les liste.")]
Sites = Annotated[int, _option("--sites", "N", "Combien de sites ajouter.", parser=_count)]
SitingModel = Annotated[
    str,
    _option(
        "--modele",
        "MODÈLE",
        "mclp (le plus d’habitants sous le seuil, par défaut), p-mediane (le trajet moyen le "
        "plus court) ou lscp (le moins de sites pour que tous soient sous le seuil).",
    ),
]
OnePublic = Annotated[
    str, _option("--public", "PUBLIC", "Qui compte : ensemble (par défaut), 65_plus, 0_2…")
]
Minutes = Annotated[
    float | None,
    _option("--minutes", "MINUTES", "Le seuil (par défaut : celui du thème).", parser=_amount),
]
Candidates = Annotated[
    Path | None,
    _option(
        "--candidats",
        "FICHIER",
        "Où un site peut être ajouté : nom, longitude, latitude ou code_insee, et si besoin "
        "cout, capacite ; ou stops.txt d’un GTFS. Par défaut : toutes les communes.",
    ),
]
Tours = Annotated[
    Path | None,
    _option(
        "--tournees",
        "FICHIER",
        "Des tournées possibles : tournee, arret ou code_insee ou longitude, latitude, "
        "heures_semaine, cout.",
    ),
]
Budget = Annotated[
    float | None,
    _option("--budget", "MONTANT", "Pour les sites et les tournées ensemble.", parser=_amount),
]
Capacity = Annotated[
    float | None,
    _option("--capacite", "PERSONNES", "Ce qu’un site ajouté peut desservir.", parser=_amount),
]
Formats = Annotated[
    str,
    _option(
        "--formats",
        "LISTE",
        "Écrire aussi chaque couche dans « sig/ », formats séparés par des virgules : flatgeobuf, "
        "geoparquet, geojson.",
    ),
]
Roads = Annotated[
    bool, _option("--reseau", None, "Écrire aussi les routes, à part, dans reseau.gpkg.")
]
