"""``simuler``: where to add a site, to people and to machines."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cartoallier.cli.opening import open_project
from cartoallier.cli.options import (
    OUTPUT,
    AsJson,
    Budget,
    Candidates,
    Capacity,
    Departement,
    Folder,
    Minutes,
    OnePublic,
    OneTheme,
    ProjectPath,
    Sites,
    SitingModel,
    Tours,
)
from cartoallier.cli.progress import show_progress

if TYPE_CHECKING:
    import pandas as pd

    from cartoallier.model import Finding
    from cartoallier.model.simulation import Simulation

HELP = "Chercher où ajouter des sites pour un thème, et qui y gagnerait."
MODELS = ("mclp", "p-mediane", "lscp")
EXAMPLES = 5


def simuler(  # noqa: PLR0913, PLR0917 (one argument per option)
    theme: OneTheme,
    sites: Sites,
    projet: ProjectPath = None,
    modele: SitingModel = "mclp",
    public: OnePublic = "ensemble",
    minutes: Minutes = None,
    candidats: Candidates = None,
    tournees: Tours = None,
    budget: Budget = None,
    capacite: Capacity = None,
    departement: Departement = None,
    sortie: Folder = OUTPUT,
    as_json: AsJson = False,
) -> None:
    """Find where to add sites, and say who gains."""
    if modele not in MODELS:
        raise typer.BadParameter(f"modèle inconnu : {modele} ; connus : {', '.join(MODELS)}")
    from cartoallier.pipeline import Question, simulate, write_simulation

    project = open_project(projet, departement=departement, themes=[theme])
    question = Question(
        theme=theme,
        sites=sites,
        model=modele,
        public=public,
        threshold=minutes,
        candidates=candidats,
        tours=tournees,
        budget=budget,
        capacity=capacite,
    )
    with show_progress() as progress:
        simulation = simulate(project, question, progress=progress)
        written = write_simulation(simulation, sortie, progress=progress)
    files = [sortie / file for file in written]
    print(as_document(simulation, files) if as_json else as_text(simulation))
    _say_findings(simulation.findings)
    if not as_json:
        if simulation.demonstration:
            print("Données de démonstration, fictives : aucune offre réelle n’est montrée.")
        for file in files:
            print(f"écrit : {file}")


def as_text(simulation: Simulation) -> str:
    """Return the answer for people: the sites, who gains, what remains."""
    from cartoallier.diagnosis.siting_words import people
    from cartoallier.model.french import number, plural, typeset
    from cartoallier.model.simulation import minutes_words

    public = simulation.public
    everybody = "tous les habitants" if public == "ensemble" else f"les {simulation.public_words}"
    lines = [f"{simulation.title}, à {minutes_words(simulation.threshold)}, pour {everybody}", ""]
    lines += [_site_line(row, simulation) for row in simulation.chosen.to_dict("records")]
    for row in simulation.tours.to_dict("records"):
        if row["retenue"]:
            hours = plural(float(row["heures_semaine"]), "heure")
            lines.append(f"Tournée {row['tournee']} : {hours} par semaine")
    if lines[-1]:
        lines.append("")
    lines += simulation.sentences
    lost = simulation.unreachable
    if len(lost):
        lines += ["", "Hors de portée de tout lieu candidat :"]
        lines += [
            f"- {row['nom']} ({row['code_commune']}) : {people(float(row['population']), public)}"
            for row in lost.head(20).to_dict("records")
        ]
        if len(lost) > 20:
            one = len(lost) == 21
            lines.append(f"- et {number(len(lost) - 20)} {'autre lieu' if one else 'autres lieux'}")
    return "\n".join(typeset(line) for line in [*lines, "", *simulation.notes])


def _site_line(row: Mapping[Any, Any], simulation: Simulation) -> str:
    """Return an added site and what it changes: minutes for the p-median, people otherwise."""
    from cartoallier.diagnosis.siting_words import people
    from cartoallier.model.french import number
    from cartoallier.outputs.maps.simulation_tables import nearly

    line = f"{row['rang']}. {row['nom']} ({row['code_commune']}) : "
    if simulation.model == "p-mediane":
        mean = number(float(row["minutes_moyennes"]), decimals=1)
        return f"{line}trajet moyen ramené à {mean} min"
    gained, share = float(row["habitants_gagnes"]), float(row["part_desservie"])
    told = people(gained, simulation.public)
    told = told if told.startswith("moins") else f"+ {told}"
    return f"{line}{told}, soit {nearly(share)} desservis en tout"


def as_document(simulation: Simulation, files: Iterable[Path]) -> str:
    """Return the answer for machines; a missing number is ``null``."""
    content = {
        "theme": simulation.theme,
        "modele": simulation.model,
        "public": simulation.public,
        "seuil_min": simulation.threshold,
        "sites_demandes": simulation.requested,
        "capacites": simulation.capacity,
        "resolution": simulation.solved,
        "ecart_max": simulation.gap,
        "sites": _records(simulation.chosen),
        "courbe": _records(simulation.curve),
        "zones": _records(simulation.zones),
        "hors_de_portee": _records(simulation.unreachable),
        "tournees": _records(simulation.tours),
        "phrases": list(simulation.sentences),
        "notes": list(simulation.notes),
        "sources": list(simulation.sources),
        "demonstration": simulation.demonstration,
        "anomalies": [
            {"fichier": f.file, "ligne": f.line, "colonne": f.column, "constat": f.what}
            for f in simulation.findings
        ],
        "fichiers": [file.as_posix() for file in files],
    }
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 (a cell)
    """Return a cell as JSON knows it."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value


def _say_findings(findings: Iterable[Finding]) -> None:
    """Say on stderr which rows of the lists given were not used, a few of each kind named."""
    from cartoallier.model.french import typeset

    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.file, finding.what, finding.action), []).append(finding)
    for (file, what, action), found in groups.items():
        lines = [str(one.line) for one in found if one.line is not None]
        more = ", …" if len(lines) > EXAMPLES else ""
        word = "ligne" if len(lines) == 1 else "lignes"
        where = f" ({word} {', '.join(lines[:EXAMPLES])}{more})" if lines else ""
        counted = found[0].value if len(found) == 1 and not lines else ""  # « 3 lignes »
        times = counted or f"{len(found)} fois{where}"
        print(typeset(f"{file} : {what}, {times} ; {action}".lstrip(" :")), file=sys.stderr)
