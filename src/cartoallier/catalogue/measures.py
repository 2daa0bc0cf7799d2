"""Indicators, and the profiles and factors made of them: entries turned into the model's types."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping

from cartoallier.catalogue.checking import is_word, quoted, rising, typeset, unknown
from cartoallier.catalogue.reading import Entry, Problem
from cartoallier.model import Composite, Indicator

NATURES = ("effectif", "taux", "niveau", "indice")
DIRECTIONS = ("+", "-", "")
YEAR = "{aa}"
"""Stands for the two digits of the year in a code."""

_SHEET = re.compile(r"[A-Za-z0-9_]+")
_TERM = re.compile(r"\s+[+-]\s+")


def build_indicators(
    entries: Iterable[Entry], problems: list[Problem], *, sources: Collection[str]
) -> dict[str, Indicator]:
    """Return the indicators of the given entries, in order.

    Args:
        entries: of kind ``indicateur``.
        problems: where what is wrong is added.
        sources: ids of the sources known.
    """
    shelf = list(entries)
    natures = {entry.key: entry.table["nature"] for entry in shelf}
    return {e.key: _indicator(e, problems, sources=sources, natures=natures) for e in shelf}


def build_composites(
    entries: Iterable[Entry], problems: list[Problem], *, indicators: Mapping[str, Indicator]
) -> dict[str, Composite]:
    """Return the profiles and factors of the given entries, in order.

    Args:
        entries: of kind ``profil`` or ``facteur``; a key serves one of them only.
        problems: where what is wrong is added.
        indicators: id -> indicator.
    """
    composites: dict[str, Composite] = {}
    for entry in entries:
        if entry.key in composites:
            what = f"cle déjà prise par un [[{composites[entry.key].kind}]]"
            problems.append(entry.problem(what))
        problems += [entry.problem(what) for what in _wrong_terms(entry, indicators)]
        composites[entry.key] = Composite(
            id=entry.key,
            label=typeset(entry.table["libelle"]),
            kind=entry.kind,
            terms=tuple(
                (term["indicateur"], float(term.get("poids", 1))) for term in entry.table["termes"]
            ),
            note=typeset(entry.table.get("remarque", "")),
        )
    return composites


def _indicator(
    entry: Entry,
    problems: list[Problem],
    *,
    sources: Collection[str],
    natures: Mapping[str, str],
) -> Indicator:
    table = entry.table
    is_word(entry, problems, "nature", NATURES)
    is_word(entry, problems, "source", sources)
    problems += _wrong_terms_of_rate(entry, natures)
    wrong = [what for code in table.get("codes", []) if (what := _wrong_code(code))]
    problems += [entry.problem(what) for what in [*wrong, *_wrong_limits(entry)]]
    if table.get("sens", "") not in DIRECTIONS:
        what = f'{quoted("sens")} attend +, - ou rien (""), pas {quoted(table["sens"])}'
        problems.append(entry.problem(what))
    bounds = table.get("plausible")
    floor = table.get("plancher")
    return Indicator(
        id=entry.key,
        label=typeset(table["libelle"]),
        unit=table["unite"],
        kind=table["nature"],
        numerator=table.get("numerateur", ""),
        weight=table.get("poids", ""),
        source=table["source"],
        vintage=table.get("millesime", ""),
        breaks=rising(entry, problems, "bornes", default=()),
        codes=tuple(table.get("codes", [])),
        melodi=table.get("melodi", ""),
        direction=table.get("sens", ""),
        bounds=(float(bounds[0]), float(bounds[-1])) if bounds else None,
        floor=None if floor is None else float(floor),
        secret_below=table.get("secret", 0),
        note=typeset(table.get("remarque", "")),
    )


def _wrong_terms_of_rate(entry: Entry, natures: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong above and below the line: counts, and only of a rate."""
    table = entry.table
    found = []
    terms = [key for key in ("numerateur", "poids") if table.get(key)]
    counts = [name for name, nature in natures.items() if nature == "effectif"]
    for key in terms:
        word = table[key]
        if word not in natures:
            found.append(unknown(entry, key, word, natures))
        elif word not in counts:
            what = f"{quoted(key)} attend un effectif\u202f; {quoted(word)} est de nature "
            found.append(entry.problem(what + natures[word]))
    if terms and table["nature"] != "taux":
        what = f"seul un taux a un {quoted('numerateur')} ou un {quoted('poids')}\u202f; le retirer"
        found.append(entry.problem(what))
    if terms == ["numerateur"]:
        what = (
            f"un taux qui dit son {quoted('numerateur')} dit aussi son {quoted('poids')} "
            "(l'effectif sous la barre)"
        )
        found.append(entry.problem(what))
    return found


def _wrong_code(code: str) -> str:
    """Return what keeps a code from being read, ``""`` for nothing."""
    sheet, mark, rest = code.rpartition("!")
    names = _TERM.split(rest.strip())
    dated = [YEAR in name for name in names]
    bare = [name.replace(YEAR, "", 1) for name in names]
    for wrong, what in (
        (mark and not _SHEET.fullmatch(sheet), "une seule feuille, sans espace, avant le !"),
        (not all(name.strip() for name in bare), "un nom de colonne manque"),
        (
            any("+" in name or name.startswith("-") for name in bare),
            "une espace de chaque côté de + et de -, un nom de colonne avant et après",
        ),
        (any(c in name for name in bare for c in "{}"), "l'année s'écrit {aa}, une fois par nom"),
        (any(dated) and not all(dated), "tous les noms portent {aa}, ou aucun"),
    ):
        if wrong:
            return f"code {quoted(code)} illisible\u00a0: {what}"
    return ""


def _wrong_limits(entry: Entry) -> list[str]:
    """Return what is wrong in the plausible bounds, the floor and the secret."""
    table = entry.table
    found = []
    bounds = table.get("plausible", [0, 1])
    if len(bounds) != 2 or not all(map(math.isfinite, bounds)) or not bounds[0] < bounds[1]:
        found.append(f"{quoted('plausible')} attend deux nombres croissants\u00a0: [bas, haut]")
    if not math.isfinite(table.get("plancher", 0)):
        found.append(f"{quoted('plancher')} attend un nombre")
    if table.get("secret", 0) < 0:
        found.append(f"{quoted('secret')} attend un nombre positif ou nul")
    return found


def _wrong_terms(entry: Entry, indicators: Mapping[str, Indicator]) -> list[str]:
    terms = entry.table["termes"]
    found = [] if terms else [f"{quoted('termes')} est vide"]
    seen: set[str] = set()
    for term in terms:
        name = term["indicateur"]
        weight = term.get("poids", 1)
        if name not in indicators:
            found.append(unknown(entry, "termes", name, indicators).what)
        elif not indicators[name].direction:
            what = 'n\'a pas de sens\u202f; lui donner sens = "+" ou "-" dans [[indicateur]]'
            found.append(f"{quoted(name)} {what}")
        if name in seen:
            found.append(f"{quoted(name)} est écrit deux fois")
        if not (math.isfinite(weight) and weight > 0):
            found.append(f"le poids de {quoted(name)} attend un nombre positif")
        seen.add(name)
    return found
