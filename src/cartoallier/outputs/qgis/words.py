"""What the sheets and the metadata of a project say."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from cartoallier.model import Mode, Run, Theme, french
from cartoallier.model.french import NO_BREAK, number, typeset
from cartoallier.outputs.maps.page import NO_DISTANCE
from cartoallier.outputs.maps.tints import threshold
from cartoallier.outputs.pictures.words import (
    CONTINUED,
    INVENTED,
    WORKING_PAPER,
    details,
    subtitle,
)

LINES, LETTERS = 11, 58
"""Room for details on a sheet: lines, letters in each."""


def title(run: Run) -> str:
    """Return the title of the project."""
    place = run.territory
    return typeset(
        f"Besoins sociaux et accès aux services : {place.departement_name} "
        f"({place.departement_code})"
    )


def notice(run: Run) -> str:
    """Return what stands on every sheet."""
    fiction = f" · {INVENTED}" if run.demonstration else ""
    return f"{WORKING_PAPER}{fiction}"


def abstract(run: Run) -> str:
    """Return what the metadata say of the project."""
    dated = run.date_words or f"au {french.day(run.date)}"
    fiction = f" {INVENTED}." if run.demonstration else ""
    labels = " ; ".join(dict.fromkeys(source.label for source in run.sources))
    licences = " ; ".join(dict.fromkeys(s.licence for s in run.sources if s.licence))
    return typeset(
        f"{WORKING_PAPER}.{fiction} Couches de cartoallier.gpkg : accès aux services et besoins "
        f"par commune et par EPCI, un thème de carte par question. Données {dated}. "
        f"Sources : {labels}.{f' Licences : {licences}.' if licences else ''}"
    )


def variables(
    run: Run, *, told: Mapping[str, Mapping[str, str]], codes: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the project variables: ``theme``, the code of a theme, is the one to change.

    It may be written in small letters, or be the key of the theme (``codes``: key -> code).

    Texts reach the sheets through variables only: QGIS computes what stands between « [% » and
    « %] » in a text of a sheet, never in the value of a variable.
    """
    whole = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    calls = {code.strip().lower(): code for code in codes.values()}
    for key, code in codes.items():
        calls.setdefault(key.strip().lower(), code)
    return (
        ("theme", next(iter(told), "")),
        ("cartoallier_cles", json.dumps(calls, ensure_ascii=False, separators=(",", ":"))),
        ("cartoallier_mention", notice(run)),
        ("cartoallier_partie", f" (partie dans le département {run.territory.departement_name})"),
        ("cartoallier_sous_titre", typeset(subtitle(run))),
        ("cartoallier_themes", whole),
        ("cartoallier_version", run.version),
    )


def told(run: Run, theme: Theme, *, name: str, epci: str) -> dict[str, str]:
    """Return what the sheets say of a theme.

    Args:
        run: the run.
        theme: of it.
        name: of its map theme.
        epci: identifier of the layer that holds its figures by EPCI.
    """
    summary = run.summaries[theme.key]
    sources = " ; ".join(summary.sources)
    return {
        "nom": name,
        "titre": typeset(f"{theme.code} {theme.title}".strip()),
        "chiffre": _capital(typeset(summary.headline)),
        "precisions": "\n".join(_fitting(details(run, theme))),
        "sources": typeset(f"Sources : {sources}") if sources else "",
        "au_dela": _beyond(run, theme),
        "sans": _unmeasured(theme, summary.headline),
        "lieux": f"Lieux en noir{NO_BREAK}: hors du département.\n" if summary.neighbours else "",
        "epci": epci,
    }


def _fitting(lines: Iterable[str]) -> list[str]:
    """Return the lines a sheet has room for, and says so when it has not for all."""
    kept: list[str] = []
    left = LINES
    for line in map(typeset, lines):
        left -= math.ceil(len(line) / LETTERS)
        if left < 0:
            return [*kept, CONTINUED]
        kept.append(line)
    return kept


def _beyond(run: Run, theme: Theme) -> str:
    if theme.mode == Mode.ZONE:
        return "hors de toute zone d’intervention déclarée"
    minutes = threshold(run, theme)
    return "" if minutes is None else f"à plus de {number(minutes)}{NO_BREAK}minutes"


def _unmeasured(theme: Theme, headline: str) -> str:
    """Return what an EPCI says when it has no figure."""
    if theme.mode in NO_DISTANCE and theme.mode != Mode.ZONE:
        return typeset(NO_DISTANCE[theme.mode])
    known = headline[:1].isdigit() or headline.startswith("aucun habitant")
    return "Aucune mesure pour cet EPCI." if known else _capital(typeset(headline))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
