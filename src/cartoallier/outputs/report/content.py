"""What the report says around the themes: figures, profiles, variants, sources, method."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from cartoallier.model import INDICATIVE, ORDER, RELIABLE, Mode, Run, Theme
from cartoallier.model.finding import count_by_observation
from cartoallier.model.french import NARROW, day, number, typeset
from cartoallier.outputs.maps.atlas import AXES
from cartoallier.outputs.maps.cells import EMPTY, missing
from cartoallier.outputs.maps.cells import number as figure
from cartoallier.outputs.maps.scores import Chapter, chapters, layers, unscored
from cartoallier.outputs.maps.tables import Row, Table
from cartoallier.outputs.maps.variants import sections_of
from cartoallier.outputs.pictures import Plates
from cartoallier.outputs.report.sections import (
    Axis,
    Beside,
    Picture,
    headline_row,
    picture_of,
    theme_sections,
)

WORDS = (
    (
        RELIABLE,
        "toutes les mesures essayées (hypothèses, détour et vitesse ensemble, autre moteur, autre "
        "grain) tiennent dans 5 points, 1 % des habitants au plus ne sont pas mesurés, 5 % au plus "
        "ont un trajet douteux, et le rang d’un EPCI bouge d’une place au plus.",
    ),
    (
        ORDER,
        "entre les deux autres : ni « solide », ni « indicatif ». Le chiffre se cite avec ses deux "
        "hypothèses.",
    ),
    (
        INDICATIVE,
        "plus de 20 points séparent les hypothèses favorable et défavorable, ou plus de 40 quand "
        "détour et vitesse varient ensemble, ou plus de 5 % des habitants ne sont pas mesurés, ou "
        "plus de 20 % ont un trajet douteux, ou le rang de l’EPCI bouge de plus d’un tiers des "
        "places. Le chiffre dit une direction, pas une valeur.",
    ),
)
"""What each word of reliability means, in brief: the bounds are those of ``judge``."""
OBSERVATIONS = 8
"""Observations on the inputs that the report lists; all are in ``anomalies.csv``."""


@dataclass(frozen=True, kw_only=True)
class ScorePart:
    """Profiles or factors: ``lines`` are (name, the EPCI where it is the most marked)."""

    key: str
    title: str
    question: str
    headline: str
    details: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class VariantPart:
    """One variant."""

    name: str
    words: str
    sentences: tuple[str, ...]
    overview: Table | None
    unchanged: tuple[str, ...]


def content(run: Run, beside: Beside, plates: Plates) -> Mapping[str, Any]:
    """Return what the template prints."""
    sections = theme_sections(run, beside, plates.maps)
    return {
        "sections": sections,
        "traces": Markup(plates.shared),  # noqa: S704 (paths, without a word of others)
        "parts": _parts(run),
        "axes": _axes(run),
        "axis_names": AXES,
        "words": tuple((word, typeset(text).replace(" %", f"{NARROW}%")) for word, text in WORDS),
        "scores": tuple(_score_part(run, chapter, beside) for chapter in chapters(run)),
        "variants": _variants(run),
        "supply": _supply(run),
        "lacking": _lacking(run),
        "observations": _observations(run),
        "findings": len(run.findings),
        "sources": _sources(run),
        "methods": _methods(run),
        "norms": _norms(run),
        "beside": beside,
        "date_words": run.date_words,
    }


def _parts(run: Run) -> tuple[tuple[str, str], ...]:
    """Return (anchor, title) of what follows the themes, in order."""
    found = [
        ("situations", "Profils de pauvreté et facteurs aggravants", bool(chapters(run))),
        ("variantes", "Variantes : que changerait une autre hypothèse ?", len(run.variants) > 0),
        ("donnees", "Ce que les données disent, et ne disent pas", True),
        ("sources", "Sources", True),
        ("methode", "Annexe : méthode et seuils", True),
    ]
    return tuple((anchor, typeset(title)) for anchor, title, there in found if there)


def _axes(run: Run) -> tuple[Axis, ...]:
    return tuple(
        Axis(
            number=axis,
            title=AXES.get(axis, ""),
            rows=tuple(headline_row(run, theme) for theme in run.themes if theme.axis == axis),
        )
        for axis in sorted({theme.axis for theme in run.themes})
    )


def _score_part(run: Run, chapter: Chapter, beside: Beside) -> ScorePart:
    shown = layers(run, chapter)
    dominant = chapter.ranked_by_profile and shown[0].tint.key == "dominant"
    return ScorePart(
        key=chapter.key,
        title=chapter.short_title,
        question=chapter.title,
        headline=shown[0].headline if dominant else "",
        details=shown[0].details if dominant else (),
        lines=tuple((layer.tint.name, layer.headline) for layer in shown[dominant:]),
        unknown=unscored(chapter),
        picture=picture_of(chapter.key, chapter.title, beside),
    )


def _variants(run: Run) -> tuple[VariantPart, ...]:
    if run.variants.empty:
        return ()
    return tuple(
        VariantPart(
            name=section.name,
            words=section.words,
            sentences=section.sentences,
            overview=section.overview,
            unchanged=section.unchanged,
        )
        for section in sections_of(run, sentences=run.variant_sentences)
    )


def _lacking(run: Run) -> tuple[tuple[str, str, str], ...]:
    """Return (code, theme, kinds of places no file received holds), themes that lack some."""
    rows = []
    for theme in run.themes:
        missing_kinds = ", ".join(run.summaries[theme.key].missing)
        if run.coverages[theme.key].sites.empty:
            missing_kinds = "; ".join(filter(None, ("aucun lieu reçu", missing_kinds)))
        if missing_kinds:
            rows.append((theme.code, theme.short_title, typeset(missing_kinds)))
    return tuple(rows)


def _supply(run: Run) -> Table | None:
    """Return what each supply file gave, and where it says nothing."""
    if run.completeness.empty:
        return None
    labels = {source.path: source.label for source in run.sources}
    rows = []
    for _, line in run.completeness.iterrows():
        silent = "" if missing(line["epci_sans_fiche"]) else str(line["epci_sans_fiche"])
        reasons = "" if missing(line["motifs"]) else str(line["motifs"])
        cells = (
            labels.get(line["fichier"], str(line["fichier"])),
            figure(line["lignes_lues"]),
            figure(line["lignes_gardees"]),
            reasons.replace(" | ", ", ") or EMPTY,
            figure(line["communes_servies"]),
            silent.replace(" | ", ", ") if line["lignes_gardees"] else EMPTY,
        )
        rows.append(Row(key="", cells=cells))
    return Table(
        caption="Offre : ce que chaque fichier a donné".replace(" :", "\u00a0:"),
        columns=("Fichier d’offre", "Lignes lues", "gardées", "Écartées", "Communes où il a un "
                 "lieu", "EPCI sans aucune fiche"),
        words=1,
        rows=tuple(rows),
    )  # fmt: skip


def _observations(run: Run) -> tuple[tuple[str, str, str, str], ...]:
    """Return (file, observation, how many times, what to do), the most frequent first."""
    groups = sorted(
        count_by_observation(run.findings).items(), key=lambda item: (-len(item[1]), item[0])
    )
    return tuple(
        (file, what, number(len(found)), found[0].action)
        for (file, what), found in groups[:OBSERVATIONS]
    )


def _sources(run: Run) -> tuple[tuple[str, str, str, str], ...]:
    """Return (source, date, licence, file) of every input, one line for those alike."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for source in run.sources:
        key = (source.label, _when(source.vintage), source.licence or "non précisée")
        rows.setdefault(key, []).append(source.path)
    return tuple((*key, ", ".join(paths)) for key, paths in rows.items())


def _when(vintage: str) -> str:
    """Write an ISO date as « 1er août 2024 »; a year as it is."""
    try:
        return day(dt.date.fromisoformat(vintage))
    except ValueError:
        return vintage or "non datée"


def _methods(run: Run) -> tuple[str, ...]:
    """Return the method of the run, then the lines of method of themes that say otherwise."""
    lines = [run.method, *(run.summaries[theme.key].method for theme in run.themes)]
    return tuple(dict.fromkeys(line for line in lines if line))


def _norms(run: Run) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return (theme, threshold retained, other rules) of every theme that has one."""
    rows = (
        (theme.short_title, _retained(run, theme), run.summaries[theme.key].norms)
        for theme in run.themes
    )
    return tuple(row for row in rows if row[1] or row[2])


def _retained(run: Run, theme: Theme) -> str:
    if decision := run.decisions.get(theme.key, ""):
        return f"{decision} (décision du comité)"
    if (rule := theme.retained) is None or theme.mode is not Mode.PROXIMITY:
        return ""
    return typeset(f"{rule.label} ({rule.status})")
