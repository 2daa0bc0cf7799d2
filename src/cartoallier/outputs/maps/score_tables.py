"""The tables under the maps of profiles and factors, and the notes that go with them."""

from __future__ import annotations

import pandas as pd

from cartoallier.model import Level, Run
from cartoallier.model.french import number, typeset
from cartoallier.outputs.maps.cells import missing
from cartoallier.outputs.maps.scores import (
    Chapter,
    estimated_terms,
    nearly,
    rank_words,
    year_words,
    years,
)
from cartoallier.outputs.maps.tables import Row, Table, code_names

STABILITY = (
    "Entre parenthèses, le plus petit et le plus grand rang obtenus quand chaque poids varie de "
    "± 10 points, un à la fois, et quand chaque indicateur est retiré."
)
METHOD = (
    "Chaque indicateur est remplacé par son rang centile parmi les EPCI de France (0 à 100, 100 : "
    "le plus de besoin ; à l’envers quand une valeur basse est un besoin), le score est leur "
    "moyenne pondérée, sur les indicateurs connus s’ils portent au moins la moitié des poids. Un "
    "indicateur connu pour moins de la moitié des EPCI de France ne compte pour aucun. "
    "OCDE et Commission européenne, Handbook on Constructing Composite Indicators, 2008."
)


def score_tables(run: Run, chapter: Chapter) -> tuple[Table, ...]:
    """Return the tables of a page: EPCI × scores, the terms known, what composites are made of."""
    return (_scores(chapter), _detail(run, chapter), _composition(run, chapter))


def _scores(chapter: Chapter) -> Table:
    lines = []
    for code, rows in chapter.scores.groupby("code", sort=False):
        cells = [str(rows["name"].iloc[0])]
        if chapter.ranked_by_profile:
            best = rows.loc[rows["dominant"], "composite"]
            label = {one.id: one.label for one in chapter.composites}
            second = label.get(nearly(rows), "")
            shown = label.get(best.iloc[0], "") if len(best) else "aucun"
            cells.append(f"{shown}, de peu devant {second}" if second else shown)
        for one in chapter.composites:
            cells.append(_score_words(rows[rows["composite"] == one.id].iloc[0]))
        lines.append(Row(key=f"epci:{code}", cells=tuple(cells), codes=(str(code),)))
    heads = ["EPCI", *(["Profil dominant"] if chapter.ranked_by_profile else [])]
    return Table(
        caption=typeset("Scores par EPCI : de 0 à 100, et rang parmi les EPCI de France"),
        columns=(*heads, *(one.label for one in chapter.composites)),
        words=len(heads),
        rows=tuple(lines),
        file=f"{chapter.key}-scores",
        level=str(Level.EPCI),
        codes=code_names(Level.EPCI),
    )


def _score_words(row: pd.Series) -> str:
    """Write « 71 : 45e sur 1 232 (de 38e à 61e) »."""
    if missing(row["score"]):
        return "non calculé"
    return typeset(f"{number(row['score'])} : {rank_words(row)}")


def _detail(run: Run, chapter: Chapter) -> Table:
    labels = {one.id: one for one in chapter.composites}
    names = {key: indicator.label for key, indicator in run.indicators.items()}
    estimated = estimated_terms(run)
    rows = []
    for _, row in chapter.scores.iterrows():
        if row["composite"] not in labels:
            continue
        one = labels[row["composite"]]
        used = {term for term, _ in one.terms} - set(str(row["missing"]).split())
        guessed = used & estimated.get(str(row["code"]), set())
        lacking = [names.get(term, term) for term in str(row["missing"]).split()]
        scored = not missing(row["score"])
        figures = ("rank", "ranked", "rank_low", "rank_high")
        rows.append(
            Row(
                key="",
                cells=(
                    str(row["name"]),
                    one.label,
                    number(row["score"], decimals=1) if scored else "non calculé",
                    *(number(row[name]) if scored else "–" for name in figures),
                    f"{number(row['known'])} sur {number(row['expected'])}",
                    number(len(guessed)) if guessed else "",
                    ", ".join(lacking),
                ),
                codes=(str(row["code"]),),
            )
        )
    return Table(
        caption="Indicateurs connus et stabilité du rang",
        columns=("EPCI", chapter.column, "Score", "Rang", "sur", "plus petit rang",
                 "plus grand rang", "Indicateurs connus", "dont estimés", "Manquants"),
        words=2,
        rows=tuple(rows),
        file=f"{chapter.key}-rangs",
        level=str(Level.EPCI),
        codes=code_names(Level.EPCI),
        titles=("", "", "", "", "EPCI de France classés", *[""] * 5),
    )  # fmt: skip


def _composition(run: Run, chapter: Chapter) -> Table:
    rows = []
    for one in chapter.composites:
        total = sum(weight for _, weight in one.terms)
        for term, weight in one.terms:
            indicator = run.indicators.get(term)
            reference = run.needs.reference
            sources = reference.loc[reference["indicator"] == term, "source"].dropna().unique()
            rows.append(
                Row(
                    key="",
                    cells=(
                        one.label,
                        term if indicator is None else indicator.label,
                        f"{number(100 * weight / total)}\u202f%",
                        "valeur basse"
                        if indicator and indicator.direction == "-"
                        else "valeur haute",
                        year_words(run, term),
                        ", ".join(sorted(map(str, sources))),
                    ),
                )
            )
    return Table(
        caption="De quoi sont faits les scores",
        columns=(chapter.column, "Indicateur", "Poids", "Besoin quand", "Année", "Source"),
        words=2,
        rows=tuple(rows),
        file=f"{chapter.key}-composition",
    )


def chapter_notes(run: Run, chapter: Chapter) -> tuple[tuple[str, str], ...]:
    """Return « Champ », « Lecture », « Source » and « Méthode » of a page."""
    scores = chapter.scores
    epci = scores.drop_duplicates("code")
    known = scores[scores["score"].notna()]
    lines = [
        ("Champ", f"{number(len(epci))} EPCI ayant au moins une commune dans le département "
         f"{run.territory.departement_code} ({run.territory.departement_name}), chacun entier."),
    ]  # fmt: skip
    if len(known):
        row = known.iloc[0]
        label = next(o.label for o in chapter.composites if o.id == row["composite"])
        words = f"{row['name']} a un score de {number(row['score'])} pour « {label} » : "
        lines.append(("Lecture", f"{words}{rank_words(row)}. {STABILITY}"))
    terms = {t for one in chapter.composites for t, _ in one.terms if years(run, t)}
    frame = run.needs.reference
    sources = sorted(set(frame.loc[frame["indicator"].isin(terms), "source"].dropna()) - {""})
    if sources:
        lines.append(("Source", " ; ".join(sources)))
    lines.append(("Méthode", METHOD))
    return tuple((head, typeset(text)) for head, text in lines)
