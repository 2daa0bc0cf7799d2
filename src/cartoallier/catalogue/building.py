"""Entries turned into the model's frozen types, their meaning checked."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from cartoallier.catalogue.entries import AnswerRule, Body, Catalogue, Format, Source, Use
from cartoallier.catalogue.reading import Entry, Problem, nearest, refuse
from cartoallier.model import (
    ExpectedSupply,
    Indicator,
    Mode,
    Public,
    Selectors,
    Theme,
    Threshold,
)

TRANSPORTS = ("voiture", "marche", "transport", "")
STATUSES = ("sourcé", "seuil de travail")
NATURES = ("effectif", "taux", "niveau", "indice")
SHORT_TITLE = 45
"""Longest short title, in characters."""

_PUBLICS = tuple(public.value for public in Public if public is not Public.ALL)
_THEME_KEY = re.compile(r"[a-z][a-z0-9_]*")
_MARK = re.compile(r"[A-Z0-9]{1,2}")
_DIGITS = re.compile(r"(?<=\d) (?=\d{3}\b)")


def build(entries: Iterable[Entry]) -> Catalogue:
    """Build the catalogue of the given entries.

    Args:
        entries: in order; a later entry takes the place of an earlier one of the same key.

    Raises:
        CatalogueError: every entry whose meaning is wrong, in one message per run.
    """
    latest: dict[tuple[str, object, str], Entry] = {}
    for entry in entries:
        latest[(entry.kind, entry.table.get("usage"), entry.key)] = entry
    by_kind: dict[str, list[Entry]] = {}
    for entry in latest.values():
        by_kind.setdefault(entry.kind, []).append(entry)

    problems: list[Problem] = []
    sources = {e.key: _source(e) for e in by_kind.get("source", [])}
    thresholds = {e.key: _threshold(e, problems) for e in by_kind.get("seuil", [])}
    shelf = by_kind.get("indicateur", [])
    ids = {e.key for e in shelf}
    indicators = {e.key: _indicator(e, problems, sources=sources, ids=ids) for e in shelf}
    themes: dict[str, Theme] = {}
    for entry in by_kind.get("theme", []):
        theme = _theme(entry, problems, thresholds=thresholds, indicators=indicators)
        same = next((t.key for t in themes.values() if t.code == theme.code), None)
        if same is not None:
            problems.append(entry.problem(f"code {theme.code} déjà pris par {_quoted(same)}"))
        themes[entry.key] = theme
    formats = tuple(_format(e, problems) for e in by_kind.get("format", []))
    answers = tuple(_answer(e, problems) for e in by_kind.get("responsable", []))
    refuse(problems)
    return Catalogue(
        themes=themes,
        thresholds=thresholds,
        indicators=indicators,
        sources=sources,
        formats=formats,
        answers=answers,
    )


def typeset(text: str) -> str:
    """Return ``text`` with the spaces of French typography.

    The files keep plain spaces, which people can type; what is shown does not break before a
    colon, inside quotation marks or in the middle of a number.
    """
    text = text.replace("« ", "«\u00a0").replace(" »", "\u00a0»").replace(" :", "\u00a0:")
    for mark in ";?!%":
        text = text.replace(f" {mark}", f"\u202f{mark}")
    return _DIGITS.sub("\u202f", text)


def _quoted(word: str) -> str:
    return f"«\u00a0{word}\u00a0»"


def _source(entry: Entry) -> Source:
    table = entry.table
    return Source(
        id=entry.key,
        label=typeset(table["libelle"]),
        producer=table["producteur"],
        licence=table["licence"],
        mention=typeset(table["mention"]),
        completeness=typeset(table["completude"]),
    )


def _threshold(entry: Entry, problems: list[Problem]) -> Threshold:
    table = entry.table
    minutes = table.get("minutes")
    _word(entry, problems, "transport", TRANSPORTS)
    _word(entry, problems, "statut", STATUSES)
    if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
        problems.append(entry.problem("«\u00a0minutes\u00a0» attend un nombre positif"))
    if minutes is not None and not table["transport"]:
        what = (
            f"un seuil en minutes dit son {_quoted('transport')}\u00a0: {', '.join(TRANSPORTS[:3])}"
        )
        problems.append(entry.problem(what))
    return Threshold(
        id=entry.key,
        label=typeset(table["libelle"]),
        minutes=None if minutes is None else float(minutes),
        transport=table["transport"],
        status=table["statut"],
        source=typeset(table["source"]),
    )


def _indicator(
    entry: Entry,
    problems: list[Problem],
    *,
    sources: Collection[str],
    ids: Collection[str],
) -> Indicator:
    table = entry.table
    _word(entry, problems, "nature", NATURES)
    _word(entry, problems, "source", sources)
    terms = [key for key in ("numerateur", "poids") if table.get(key)]
    for key in terms:
        _word(entry, problems, key, ids)
    if table["nature"] == "taux" and len(terms) < 2:
        what = "un taux dit son «\u00a0numerateur\u00a0» et son «\u00a0poids\u00a0»"
        problems.append(entry.problem(what))
    return Indicator(
        id=entry.key,
        label=typeset(table["libelle"]),
        unit=table["unite"],
        kind=table["nature"],
        numerator=table.get("numerateur", ""),
        weight=table.get("poids", ""),
        source=table["source"],
        vintage=table["millesime"],
        breaks=_bounds(entry, problems, "bornes", default=()),
    )


def _format(entry: Entry, problems: list[Problem]) -> Format:
    table = entry.table
    known = _word(entry, problems, "usage", [use.value for use in Use])
    return Format(
        name=entry.key,
        use=Use(table["usage"]) if known else Use.SUPPLY,
        label=typeset(table["libelle"]),
        readable=table["lisible"],
    )


def _answer(entry: Entry, problems: list[Problem]) -> AnswerRule:
    table = entry.table
    known = _word(entry, problems, "corps", [body.value for body in Body])
    selectors = _selectors(entry, problems, table)
    producers = frozenset(table.get("producteurs", []))
    if selectors == Selectors() and not producers:
        problems.append(entry.problem("rien ne reconnaît ces lieux\u202f; ajouter un motif_nom"))
    return AnswerRule(
        id=entry.key,
        body=Body(table["corps"]) if known else Body.UNKNOWN,
        selectors=selectors,
        producers=producers,
    )


def _theme(
    entry: Entry,
    problems: list[Problem],
    *,
    thresholds: Mapping[str, Threshold],
    indicators: Collection[str],
) -> Theme:
    table = entry.table
    say = [
        what
        for wrong, what in (
            # The key names a file of the atlas: it must never be a path.
            (
                not _THEME_KEY.fullmatch(entry.key),
                "«\u00a0cle\u00a0» d'un thème\u00a0: minuscules sans accent, chiffres et _",
            ),
            (table["axe"] not in range(1, 5), "«\u00a0axe\u00a0» va de 1 à 4"),
            (not table["titre"].strip(), "«\u00a0titre\u00a0» est vide"),
            (not table["code"].strip(), "«\u00a0code\u00a0» est vide"),
            (
                not 0 < len(table["titre_court"].strip()) <= SHORT_TITLE,
                f"«\u00a0titre_court\u00a0» attend de 1 à {SHORT_TITLE} caractères",
            ),
        )
        if wrong
    ]
    problems += [entry.problem(what) for what in say]
    mode = _word(entry, problems, "mode", [mode.value for mode in Mode])
    _words(entry, problems, "seuils", thresholds)
    _words(entry, problems, "indicateurs", indicators)
    _words(entry, problems, "publics", _PUBLICS)
    publics = [public for public in table.get("publics", []) if public in _PUBLICS]
    return Theme(
        key=entry.key,
        code=table["code"],
        axis=table["axe"],
        title=typeset(table["titre"]),
        short_title=typeset(table["titre_court"]),
        mode=Mode(table["mode"]) if mode else Mode.PROXIMITY,
        needs=tuple(typeset(need) for need in table.get("besoins", [])),
        indicators=tuple(table.get("indicateurs", [])),
        supply=typeset(table.get("offre", "")),
        expected=_expected(entry, problems),
        selectors=_selectors(entry, problems, table.get("selecteurs", {})),
        thresholds=tuple(thresholds[t] for t in table.get("seuils", []) if t in thresholds),
        classes=_bounds(entry, problems, "classes", default=(10.0, 15.0, 20.0, 30.0)),
        publics=tuple(Public(public) for public in publics),
        sensitive=table.get("sensible", False),
        note=typeset(table.get("note", "")),
    )


def _expected(entry: Entry, problems: list[Problem]) -> tuple[ExpectedSupply, ...]:
    kinds = []
    marks: dict[str, str] = {}
    for table in entry.table.get("offre_attendue", []):
        name, mark = table["nom"], table["repere"]
        selectors = _selectors(entry, problems, table)
        say = [
            what
            for wrong, what in (
                (not name.strip(), "nom vide"),
                (not _MARK.fullmatch(mark), "le repère attend une ou deux capitales"),
                (mark in marks, f"repère {mark} déjà pris par {_quoted(marks.get(mark, ''))}"),
                (
                    selectors == Selectors(publics=selectors.publics),
                    "rien ne reconnaît ce genre de lieux\u202f; ajouter un motif_nom",
                ),
            )
            if wrong
        ]
        problems += [entry.problem(f"offre_attendue {_quoted(name)}\u00a0: {w}") for w in say]
        marks[mark] = name
        kinds.append(ExpectedSupply(label=typeset(name), letter=mark, selectors=selectors))
    return tuple(kinds)


def _selectors(entry: Entry, problems: list[Problem], table: Mapping[str, Any]) -> Selectors:
    pattern = table.get("motif_nom", "")
    try:
        matches_all = bool(pattern) and re.compile(pattern, re.IGNORECASE).search("") is not None
    except re.error as error:
        matches_all = False
        what = f"«\u00a0motif_nom\u00a0» incorrect ({pattern})\u00a0: {error.msg}"
        problems.append(entry.problem(what))
    if matches_all:
        what = f"«\u00a0motif_nom\u00a0» ({pattern}) reconnaît tous les noms"
        problems.append(entry.problem(what))
    return Selectors(
        di_v1=frozenset(table.get("thematiques", [])),
        di_v0=frozenset(table.get("thematiques_v0", [])),
        typologies=frozenset(table.get("typologies", [])),
        publics=frozenset(table.get("publics", [])),
        networks=frozenset(table.get("reseaux", [])),
        soliguide=frozenset(table.get("soliguide", [])),
        soliguide_legacy=frozenset(table.get("soliguide_anciens", [])),
        finess=frozenset(table.get("finess", [])),
        bpe=frozenset(table.get("bpe", [])),
        name_pattern=pattern,
    )


def _word(entry: Entry, problems: list[Problem], key: str, known: Collection[str]) -> bool:
    word = entry.table[key]
    if word in known:
        return True
    problems.append(
        entry.problem(f"{_quoted(key)} n'admet pas {_quoted(word)}\u202f; {nearest(word, known)}")
    )
    return False


def _words(entry: Entry, problems: list[Problem], key: str, known: Collection[str]) -> None:
    for word in entry.table.get(key, []):
        if word not in known:
            what = f"{_quoted(key)} n'admet pas {_quoted(word)}\u202f; {nearest(word, known)}"
            problems.append(entry.problem(what))


def _bounds(
    entry: Entry, problems: list[Problem], key: str, *, default: tuple[float, ...]
) -> tuple[float, ...]:
    bounds = tuple(float(bound) for bound in entry.table.get(key, default))
    rising = all(low < high for low, high in itertools.pairwise(bounds))
    if not rising or not all(math.isfinite(b) and b > 0 for b in bounds):
        what = f"«\u00a0{key}\u00a0» attend des nombres positifs, croissants"
        problems.append(entry.problem(what))
    return bounds
