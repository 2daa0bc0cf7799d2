"""Entries turned into the model's frozen types, their meaning checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cartoallier.catalogue.checking import check_words, is_word, quoted, rising, typeset
from cartoallier.catalogue.entries import AnswerRule, Body, Catalogue, Format, Source, Use
from cartoallier.catalogue.measures import build_composites, build_indicators
from cartoallier.catalogue.reading import Entry, Problem, refuse
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
SHORT_TITLE = 45
"""Longest short title, in characters."""

_PUBLICS = tuple(public.value for public in Public if public is not Public.ALL)
_THEME_KEY = re.compile(r"[a-z][a-z0-9_]*")
_MARK = re.compile(r"[A-Z0-9]{1,2}")


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
    indicators = build_indicators(by_kind.get("indicateur", []), problems, sources=sources)
    scored = [*by_kind.get("profil", []), *by_kind.get("facteur", [])]
    composites = build_composites(scored, problems, indicators=indicators)
    themes: dict[str, Theme] = {}
    for entry in by_kind.get("theme", []):
        theme = _theme(entry, problems, thresholds=thresholds, indicators=indicators)
        same = next((t.key for t in themes.values() if t.code == theme.code), None)
        if same is not None:
            problems.append(entry.problem(f"code {theme.code} déjà pris par {quoted(same)}"))
        themes[entry.key] = theme
    formats = tuple(_format(e, problems) for e in by_kind.get("format", []))
    answers = tuple(_answer(e, problems) for e in by_kind.get("responsable", []))
    refuse(problems)
    return Catalogue(
        themes=themes,
        thresholds=thresholds,
        indicators=indicators,
        composites=composites,
        sources=sources,
        formats=formats,
        answers=answers,
    )


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
    is_word(entry, problems, "transport", TRANSPORTS)
    is_word(entry, problems, "statut", STATUSES)
    if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
        problems.append(entry.problem("«\u00a0minutes\u00a0» attend un nombre positif"))
    if minutes is not None and not table["transport"]:
        what = (
            f"un seuil en minutes dit son {quoted('transport')}\u00a0: {', '.join(TRANSPORTS[:3])}"
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


def _format(entry: Entry, problems: list[Problem]) -> Format:
    table = entry.table
    known = is_word(entry, problems, "usage", [use.value for use in Use])
    return Format(
        name=entry.key,
        use=Use(table["usage"]) if known else Use.SUPPLY,
        label=typeset(table["libelle"]),
        readable=table["lisible"],
    )


def _answer(entry: Entry, problems: list[Problem]) -> AnswerRule:
    table = entry.table
    known = is_word(entry, problems, "corps", [body.value for body in Body])
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
    indicators: Mapping[str, Indicator],
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
    mode = is_word(entry, problems, "mode", [mode.value for mode in Mode])
    check_words(entry, problems, "seuils", thresholds)
    check_words(entry, problems, "indicateurs", indicators)
    check_words(entry, problems, "reperes", [k for k, i in indicators.items() if i.drawable])
    check_words(entry, problems, "publics", _PUBLICS)
    focus = None
    if "public_principal" in table and is_word(
        entry, problems, "public_principal", table.get("publics", [])
    ):
        focus = table["public_principal"]
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
        stand_ins=tuple(table.get("reperes", [])),
        supply=typeset(table.get("offre", "")),
        expected=_expected(entry, problems),
        selectors=_selectors(entry, problems, table.get("selecteurs", {})),
        thresholds=tuple(thresholds[t] for t in table.get("seuils", []) if t in thresholds),
        classes=rising(entry, problems, "classes", default=(10.0, 15.0, 20.0, 30.0)),
        publics=tuple(Public(public) for public in publics),
        focus=Public(focus) if focus is not None and focus in publics else None,
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
                (mark in marks, f"repère {mark} déjà pris par {quoted(marks.get(mark, ''))}"),
                (
                    selectors == Selectors(publics=selectors.publics),
                    "rien ne reconnaît ce genre de lieux\u202f; ajouter un motif_nom",
                ),
            )
            if wrong
        ]
        problems += [entry.problem(f"offre_attendue {quoted(name)}\u00a0: {w}") for w in say]
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
