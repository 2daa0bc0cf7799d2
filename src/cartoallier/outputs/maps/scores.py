"""What the pages of profiles and of factors show: one layer per composite, and its words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from cartoallier.model import ClassCount, Composite, Level, Run, Status
from cartoallier.model.french import NO_BREAK, listed, number, plural, typeset
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.tints import Tint, inhabitants, tint_of

FIFTHS = 5
DOMINANT = (
    "Dominant : le profil le plus marqué par rapport aux autres EPCI de France, non celui des "
    "ménages les plus nombreux."
)

NATIONAL_COVERAGE = 0.5
"""As scores are made: a term counts in a year known for this part of the EPCI of the country."""
CLOSE = 5
"""Points of score under which two profiles are as good as level."""
FIRST = (
    "Le plus marqué du territoire. Premier rang : l’EPCI de France où le besoin est le plus fort."
)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One way to read the map: a tint, the figure it answers with, and lines under it."""

    tint: Tint
    headline: str
    details: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Chapter:
    """One page about EPCI.

    Attributes:
        key: ``profils`` or ``facteurs``, also the name of its page and of its table.
        title: the question it answers.
        short_title: on the index.
        column: what one composite is called.
        scores: columns ``SCORE_COLUMNS``.
        composites: those of the page, in order.
    """

    key: str
    title: str
    short_title: str
    column: str
    scores: pd.DataFrame
    composites: tuple[Composite, ...]

    @property
    def ranked_by_profile(self) -> bool:
        """Whether one of its composites may dominate an EPCI."""
        return self.key == "profils"


def chapters(run: Run) -> tuple[Chapter, ...]:
    """Return the pages a run has scores for: none where too little is known everywhere."""
    found = (
        _chapter(run, run.profiles, "profils", "Profil",
                 "Quel profil de pauvreté marque chaque EPCI ?", "Profils de pauvreté"),
        _chapter(run, run.factors, "facteurs", "Facteur",
                 "Quels facteurs aggravent la pauvreté, et où ?", "Facteurs aggravants"),
    )  # fmt: skip
    return tuple(chapter for chapter in found if chapter is not None)


def _chapter(
    run: Run, scores: pd.DataFrame, key: str, column: str, title: str, short_title: str
) -> Chapter | None:
    if scores.empty or scores["score"].isna().all():
        return None
    kept = tuple(run.composites[i] for i in scores["composite"].unique())
    return Chapter(
        key=key,
        title=typeset(title),
        short_title=short_title,
        column=column,
        scores=scores,
        composites=kept,
    )


def layers(run: Run, chapter: Chapter) -> tuple[Layer, ...]:
    """Return the layers of a page, the first being shown first."""
    found = [_composite_layer(run, chapter, one) for one in chapter.composites]
    first = _dominant_layer(run, chapter) if chapter.ranked_by_profile else None
    return tuple(layer for layer in (first, *found) if layer is not None)


def nearly(rows: pd.DataFrame) -> str:
    """Return the profile nearly level with the dominant one of an EPCI, ``""`` for none."""
    known = rows.dropna(subset="score").sort_values("score", ascending=False, kind="stable")
    others = known[~known["dominant"]]
    if not known["dominant"].any() or others.empty:
        return ""
    best = float(known.loc[known["dominant"], "score"].iloc[0])
    return str(others["composite"].iloc[0]) if best - others["score"].iloc[0] < CLOSE else ""


def unscored(chapter: Chapter) -> tuple[str, ...]:
    """Return the names of the composites that no EPCI has a score for."""
    known = set(chapter.scores.loc[chapter.scores["score"].notna(), "composite"])
    return tuple(one.label for one in chapter.composites if one.id not in known)


def letters(composites: Iterable[Composite]) -> dict[str, str]:
    """Return a distinct letter for each composite: of its words, then of its name, then any."""
    taken: dict[str, str] = {}
    for one in composites:
        words = [word for word in re.findall(r"\w+", one.label.upper()) if len(word) > 2]
        wanted = [*(word[0] for word in words), *"".join(words), *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        free = (sign for sign in wanted if sign not in taken.values())
        taken[one.id] = next(free, "·")
    return taken


def ordinal(rank: float) -> str:
    """Write « 1er », « 45e »."""
    return "1er" if rank == 1 else f"{number(rank)}e"


def rank_words(row: pd.Series) -> str:
    """Write « 45e sur 1 232 (de 38e à 61e) », or why there is no range."""
    low, high = row["rank_low"], row["rank_high"]
    if row["known"] == 1:  # nothing to weigh, nothing to leave out
        spread = "un seul indicateur"
    else:
        spread = f"de {ordinal(low)} à {ordinal(high)}" if low != high else "rang stable"
    words = f"{ordinal(row['rank'])} sur {number(row['ranked'])}"
    return f"{words} ({spread})".replace(" ", NO_BREAK).replace(f"{NO_BREAK}(", " (")


def _dominant_layer(run: Run, chapter: Chapter) -> Layer | None:
    people = inhabitants(run, Level.EPCI)
    rows = chapter.scores[chapter.scores["dominant"]].set_index("code")
    order = {one.id: position for position, one in enumerate(chapter.composites)}
    rows = rows[rows["composite"].isin(order) & rows.index.isin(people.index)]
    if rows.empty:
        return None
    marks = letters(chapter.composites)
    held = rows["composite"]
    counts = tuple(
        ClassCount(
            label=one.label,
            lower=0,
            upper=0,
            communes=int((held == one.id).sum()),
            inhabitants=int(people.reindex(held.index[held == one.id]).sum()),
        )
        for one in chapter.composites
    )
    cycle = len(palette.PROFILES)
    tint = tint_of(
        key="dominant",
        name="profil dominant",
        title="Profil dominant, par EPCI",
        level=Level.EPCI,
        classes=held.map(order),
        counts=counts,
        colours=tuple(palette.PROFILES[i % cycle] for i in range(len(counts))),
        people=people,
        reasons={},
        absent="moins de deux profils calculables",
    )
    signs = [marks[one.id] for one in chapter.composites]
    legend = [
        replace(line, mark=sign)
        for line, sign in zip(tint.legend, [*signs, *[""] * len(tint.legend)], strict=False)
    ]
    tint = replace(
        tint,
        legend=tuple(legend),
        marks={str(code): marks[one] for code, one in held.items()},
    )
    ranked = sorted((c for c in counts if c.communes), key=lambda c: -c.communes)
    most, others = ranked[0], ranked[1:]
    words = [f"{c.label} ({number(c.communes)})" for c in others]
    level = sum(bool(nearly(group)) for _, group in chapter.scores.groupby("code"))
    doubt = f"Pour {number(level)} EPCI, un autre profil le suit à moins de {CLOSE} points."
    return Layer(
        tint=tint,
        headline=typeset(
            f"{most.label} : profil dominant de {number(most.communes)} EPCI sur "
            f"{number(len(people))}"
        ),
        details=tuple(
            typeset(line)
            for line in (f"puis {listed(words)}" if words else "", DOMINANT, doubt if level else "")
            if line
        ),
    )


def _composite_layer(run: Run, chapter: Chapter, composite: Composite) -> Layer | None:
    scores = chapter.scores
    rows = scores[(scores["composite"] == composite.id) & scores["score"].notna()]
    if rows.empty:
        return None
    people = inhabitants(run, Level.EPCI)
    ranked = int(rows["ranked"].iloc[0])
    edges = sorted({math.ceil(ranked * i / FIFTHS) for i in range(FIFTHS + 1)})
    bands = list(pairwise(edges))
    rank = rows.set_index("code")["rank"].astype("int64")
    counts, classes = [], pd.Series(0, index=rank.index)
    for position, (above, last) in enumerate(bands):
        held = (rank > above) & (rank <= last)
        classes[held] = position
        end = {0: " (le plus de besoin)", len(bands) - 1: " (le moins)"}.get(position, "")
        counts.append(
            ClassCount(
                label=f"du {ordinal(above + 1)} au {ordinal(last)} rang{end}",
                lower=above + 1,
                upper=last + 1,
                communes=int((held & rank.index.isin(people.index)).sum()),
                inhabitants=int(people.reindex(rank.index[held]).sum()),
            )
        )
    tint = tint_of(
        key=f"score-{composite.id}",
        name=composite.label,
        title=f"{composite.label} : rang parmi {number(ranked)} EPCI de France",
        level=Level.EPCI,
        classes=classes,
        counts=tuple(counts),
        colours=palette.NEED[::-1],
        people=people,
        reasons={},
        absent="non calculé : trop peu d’indicateurs connus",
    )
    top = rows.sort_values(["rank", "name"], kind="stable").iloc[0]
    legend = tuple(replace(line, label=typeset(line.label)) for line in tint.legend)
    return Layer(
        tint=replace(tint, title=typeset(tint.title), legend=legend),
        headline=typeset(f"{top['name']} : {rank_words(top)}"),
        details=(typeset(FIRST),),
        notes=(*_terms_words(run, composite), *_estimated(run, composite)),
    )


def _terms_words(run: Run, composite: Composite) -> tuple[str, ...]:
    """Say what a composite is made of, its years, and its note."""
    total = sum(weight for _, weight in composite.terms)
    parts = []
    for term, weight in composite.terms:
        indicator = run.indicators.get(term)
        label = term if indicator is None else indicator.label
        about = [f"{number(100 * weight / total)} %", year_words(run, term)]
        if indicator is not None and indicator.direction == "-":
            about.append("à l’envers")
        parts.append(f"{label} ({', '.join(about)})")
    met = {year for term, _ in composite.terms for year in years(run, term)} - {""}
    lines = [f"Composé de : {' ; '.join(parts)}."]
    if len(met) > 1:
        lines.append(f"Ses indicateurs ne sont pas de la même année : {listed(sorted(met))}.")
    return tuple(
        typeset(line).replace(" %", "\u202f%") for line in (*lines, composite.note) if line
    )


def years(run: Run, term: str) -> list[str]:
    """Return the year a term is ranked in: the newest known widely enough; none without one."""
    frame = run.needs.reference
    held = frame[(frame["indicator"] == term) & frame["value"].notna()]
    by_year = held.groupby("vintage")["code"].nunique()
    return sorted(by_year.index[by_year >= NATIONAL_COVERAGE * frame["code"].nunique()])[-1:]


def year_words(run: Run, term: str) -> str:
    """Write the year a term is ranked in, or why it is not."""
    if found := years(run, term):
        return found[0] or "année non dite"
    frame = run.needs.reference
    given = ((frame["indicator"] == term) & frame["value"].notna()).any()
    return "fourni pour moins de la moitié des EPCI de France" if given else "non fourni"


def _estimated(run: Run, composite: Composite) -> tuple[str, ...]:
    terms = {term for term, _ in composite.terms if years(run, term)}
    count = sum(len(codes & terms) for codes in estimated_terms(run).values())
    if not count:
        return ()
    return (f"{plural(count, 'valeur', 'valeurs')} du territoire : estimation, non publiée.",)


def estimated_terms(run: Run) -> dict[str, set[str]]:
    """Return EPCI code -> indicators whose value is an estimation."""
    frames = (run.needs.reference, run.needs.values)
    codes = set(map(str, inhabitants(run, Level.EPCI).index))
    found: dict[str, set[str]] = {code: set() for code in codes}
    for frame in frames:
        # « at most » more than the floor of publication is an estimation too
        floors = frame["indicator"].map({i: one.floor for i, one in run.indicators.items()})
        low = (frame["status"] == Status.BELOW_FLOOR) & (frame["value"] > floors.astype("float64"))
        rows = frame[(frame["level"] == Level.EPCI) & ((frame["status"] == Status.ESTIMATED) | low)]
        rows = rows[rows["code"].isin(codes) & (rows["perimeter"] != "partie")]
        for code, indicator in zip(rows["code"], rows["indicator"], strict=True):
            found[str(code)].add(str(indicator))
    return found
