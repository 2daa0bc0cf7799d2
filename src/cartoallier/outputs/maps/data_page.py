"""« Ce que disent les données »: which figure rests on which file, and what was not received."""

from __future__ import annotations

from cartoallier.model import Run
from cartoallier.model.french import NO_BREAK, listed, plural, typeset
from cartoallier.outputs.maps.assets import Inline, read
from cartoallier.outputs.maps.cells import number
from cartoallier.outputs.maps.data_tables import data_tables, role_of, supplied
from cartoallier.outputs.maps.page import environment

KEY = "donnees"
"""Name of the page, under ``cartes/``."""
TITLE = "Ce que disent les données"


def data_page(run: Run, *, links: tuple[str, ...] = ()) -> str:
    """Return the page of a run's data, a single file.

    Args:
        run: what to show.
        links: files beside the atlas, offered to download.
    """
    scripts = (read("tables.js"),)
    return (
        environment()
        .get_template("donnees.html.j2")
        .render(
            run=run,
            title=TITLE,
            sentences=sentences(run),
            tables=data_tables(run),
            links=links,
            inline=Inline(scripts=scripts, styles=(read("page.css"), read("donnees.css"))),
        )
    )


def sentences(run: Run) -> tuple[str, ...]:
    """Return what the page says first: how many files, which themes rest on nothing."""
    roles = [role_of(run, source) for source in run.sources]
    parts = (
        plural(roles.count("offre"), "fichier d’offre", "fichiers d’offre"),
        plural(roles.count("besoin"), "fichier de besoin", "fichiers de besoin"),
        plural(roles.count("fond"), "référence (contours, codes, population)",
               "références (contours, codes, population)"),
    )  # fmt: skip
    without = [t.short_title for t in run.themes if not supplied(run, t)]
    waiting = [t for t in run.themes if run.summaries[t.key].missing and supplied(run, t)]
    said = [f"Ces cartes reposent sur {listed(parts)}."]
    if without:
        many = "thème n’a" if len(without) == 1 else "thèmes n’ont"
        said.append(
            f"{number(len(without))}{NO_BREAK}{many} aucune offre fournie dans le département : "
            "cela ne veut pas dire qu’il n’y existe aucun service."
        )
    if waiting:
        rest = "autre repose" if len(waiting) == 1 else "autres reposent"
        first = "" if without else "Parmi les thèmes, "
        rest = rest if without else rest.replace("autre ", "").replace("autres ", "")
        said.append(
            f"{first}{number(len(waiting))}{NO_BREAK}{rest} sur une partie seulement des types de "
            "lieux attendus ; la colonne « non reçu » les nomme."
        )
    return tuple(typeset(line) for line in said)
