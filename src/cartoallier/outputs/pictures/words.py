"""What a picture says around its maps, from the summary of its theme."""

from __future__ import annotations

from collections.abc import Mapping

from shapely.geometry.base import BaseGeometry

from cartoallier.model import Mode, Run, Theme, french
from cartoallier.model.french import NO_BREAK, number, plural, typeset
from cartoallier.outputs.maps.page import NO_DISTANCE

WORKING_PAPER = "Document de travail, ne vaut pas engagement"
INVENTED = "Données de démonstration, fictives"
NOTHING_DRAWN = "Aucun chiffre à dessiner : les communes sont en gris"
CONTINUED = "[…] suite sur la page du thème"


def subtitle(run: Run) -> str:
    """Return the territory, its vintage and the date of the data."""
    place = run.territory
    dated = run.date_words or f"au {french.day(run.date)}"
    return (
        f"{place.departement_name} ({place.departement_code}) · {place.vintage} · données {dated}"
    )


def beyond(minutes: float | None) -> str:
    """Return what the circles count."""
    if minutes is None:
        return "Habitants au-delà du seuil"
    return f"Habitants à plus de {number(minutes)}{NO_BREAK}minutes"


def details(run: Run, theme: Theme) -> tuple[str, ...]:
    """Return the lines under the headline; why there is no distance, unless they say it."""
    summary = run.summaries[theme.key]
    said = any("distance" in line for line in (summary.headline, *summary.details))
    why = "" if said else NO_DISTANCE.get(Mode(theme.mode), "")
    return (*summary.details, *((why,) if why else ()))


def supply(run: Run, theme: Theme, *, secret: int) -> tuple[str, ...]:
    """Return what was counted, what was not received, and what is not on the map."""
    summary = run.summaries[theme.key]
    lines = []
    if summary.counted:
        kinds = ", ".join(f"{kind} ({number(count)})" for kind, count in summary.counted)
        more = plural(summary.neighbours, "lieu", "lieux") if summary.neighbours else ""
        lines.append(f"Compté : {kinds}{f' ; {more} des départements voisins' if more else ''}.")
    if summary.missing:
        lines.append(f"Non reçu : {', '.join(summary.missing)}.")
    if summary.left_out:
        reasons = ", ".join(f"{reason} ({number(count)})" for reason, count in summary.left_out)
        lines.append(f"Hors du calcul : {reasons}.")
    if secret:
        sensitive = "Thème sensible : " if theme.sensitive else ""
        places = plural(
            secret, "lieu compté, ni nommé ni placé", "lieux comptés, ni nommés ni placés"
        )
        lines.append(f"{sensitive}{places} sur la carte.")
    return tuple(typeset(line) for line in lines)


def notes(
    run: Run, theme: Theme, shapes: Mapping[str, BaseGeometry]
) -> tuple[tuple[str, str], ...]:
    """Return (« Champ », its text) and so on, those that have something to say."""
    summary = run.summaries[theme.key]
    told = (
        ("Champ", summary.scope),
        ("Contours", contours(run, shapes)),
        ("Lecture", summary.reading),
        ("Source", " ; ".join(summary.sources)),
        ("Autres repères", " ; ".join(summary.norms)),
        ("Méthode", summary.method),
    )
    return tuple((label, typeset(text)) for label, text in told if text)


def contours(run: Run, shapes: Mapping[str, BaseGeometry]) -> str:
    """Return what to know of the outlines drawn: those communes share, those that lack."""
    shared = run.territory.communes.loc[list(shapes), "outline"].eq("partage").sum()
    lacking = int(run.territory.communes["inside"].sum()) - len(shapes)
    lines = []
    if shared:
        lines.append(f"{plural(int(shared), 'commune')} de contour commun avec une autre.")
    if lacking:
        lines.append(f"{plural(lacking, 'commune')} sans contour, dans les tableaux seulement.")
    return " ".join(lines)
