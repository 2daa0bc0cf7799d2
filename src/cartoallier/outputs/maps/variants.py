"""The page of variants: each beside the base, EPCI by EPCI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.model import Level, Public, Run, Theme
from cartoallier.model.french import NO_BREAK, number, plural, quoted, typeset
from cartoallier.outputs.maps.assets import Inline, read
from cartoallier.outputs.maps.cells import EMPTY, missing, percent
from cartoallier.outputs.maps.cells import number as figure
from cartoallier.outputs.maps.page import environment
from cartoallier.outputs.maps.tables import Row, Table, code_names

KEY = "variantes"
"""Name of the page, under ``cartes/``."""
TITLE = "Que changerait une autre hypothèse ?"
SHORT_TITLE = "Variantes"
NOT_MADE = "non calculé"
PUBLICS = {
    Public.UNDER_20.value: "moins de 20 ans",
    Public.OVER_65.value: "65 ans et plus",
    Public.AGED_0_2.value: "0 à 2 ans",
    Public.AGED_12_25.value: "12 à 25 ans",
    Public.POOR_HOUSEHOLDS.value: "ménages pauvres",
}
STYLE = """
.variante { padding: 16px 0 24px; border-top: 1.6px solid var(--encre); }
.variante h2 { font-size: 14px; line-height: 20px; overflow-wrap: anywhere; }
.variante > .compte { margin: 0 0 8px; overflow-wrap: anywhere; }
.variante details + .compte { margin-top: 8px; }
.variante .phrases { max-width: 720px; margin-bottom: 16px; }
.variante summary { font-size: 11px; line-height: 16px; padding: 4px 0; cursor: pointer; }
.variante summary b { margin-right: 8px; }
.variante .defile { margin-bottom: 16px; content-visibility: visible; }
.variante .triable caption { font-size: 11px; padding-bottom: 4px; }
.variante .triable thead th { color: var(--gris); }
.sommaire { padding: 0 24px 16px; font-size: 11px; line-height: 16px; }
@media (max-width: 800px) { .sommaire { padding: 0 16px 16px; } }
@media print {
  .variante details::details-content { content-visibility: visible; display: block; height: auto; }
  #tableaux { break-before: auto; }
  .variante tfoot { display: table-row-group; }
  .variante h2, .variante summary { break-after: avoid; }
  .sommaire { display: none; }
}
"""
"""What this page adds to ``page.css``."""


@dataclass(frozen=True, kw_only=True)
class ThemeDifference:
    """One theme of one variant.

    Attributes:
        title: of the theme.
        words: the département's difference in a few words.
        tables: EPCI for everybody, then the publics of the département.
        open: shown unfolded.
    """

    title: str
    words: str
    tables: tuple[Table, ...]
    open: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    """One variant: ``overview`` is a table of the themes that change, ``None`` for one theme."""

    id: str
    name: str
    words: str
    sentences: tuple[str, ...]
    overview: Table | None
    themes: tuple[ThemeDifference, ...]
    unchanged: tuple[str, ...]


def variants_page(
    run: Run, *, sentences: Mapping[str, Sequence[str]], links: tuple[str, ...] = ()
) -> str:
    """Return the page of a run's variants, a single file; ``""`` without any.

    Args:
        run: what to show.
        sentences: name of a variant -> what is said of it.
        links: files beside the atlas, offered to download.
    """
    if run.variants.empty:
        return ""
    sections = sections_of(run, sentences=sentences)
    return (
        environment()
        .get_template("variants.html.j2")
        .render(
            run=run,
            title=typeset(TITLE),
            sections=sections,
            notes=_notes(run),
            links=links,
            inline=Inline(scripts=(read("tables.js"),), styles=(read("page.css"), STYLE)),
        )
    )


def sections_of(run: Run, *, sentences: Mapping[str, Sequence[str]]) -> tuple[Section, ...]:
    """Return the sections of the page, one per variant, in the order of the project."""
    themes = {theme.key: theme for theme in run.themes}
    return tuple(
        _section(
            f"variante-{position}",
            str(name),
            rows,
            themes,
            words=run.variant_words.get(str(name), ""),
            sentences=tuple(sentences.get(str(name), ())),
        )
        for position, (name, rows) in enumerate(run.variants.groupby("variante", sort=False), 1)
    )


def _section(
    id_: str,
    name: str,
    rows: pd.DataFrame,
    themes: Mapping[str, Theme],
    *,
    words: str,
    sentences: tuple[str, ...],
) -> Section:
    shown = [key for key in themes if key in set(rows["theme"])]
    of = {key: rows[rows["theme"] == key] for key in shown}
    known = [key for key in shown if _has_figures(of[key])]
    changed = [key for key in known if _changes(of[key])]
    return Section(
        id=id_,
        name=name,
        words=words,
        sentences=sentences,
        overview=_overview([of[key] for key in changed], themes, file=f"{id_}-themes")
        if len(changed) > 1
        else None,
        themes=tuple(
            _difference(themes[key], of[key], alone=len(changed) == 1, file=f"{id_}-{key}")
            for key in changed
        ),
        unchanged=tuple(themes[key].short_title for key in known if key not in changed),
    )


def _has_figures(rows: pd.DataFrame) -> bool:
    return bool(rows[["part_hors_seuil_base", "part_hors_seuil"]].notna().any(axis=None))


def _changes(rows: pd.DataFrame) -> bool:
    """Return whether something is to be read: a difference, or a figure on one side only."""
    other = rows["difference_population"].abs().ge(0.5) | rows["difference_points"].abs().ge(0.05)
    whole = _whole(rows)
    one_side = missing(whole["part_hors_seuil_base"]) != missing(whole["part_hors_seuil"])
    return bool(other.any()) or one_side


def _whole(rows: pd.DataFrame) -> pd.Series[Any]:
    return rows[(rows["public"] == Public.ALL) & (rows["maille"] == Level.DEPARTEMENT)].iloc[0]


def _overview(parts: Sequence[pd.DataFrame], themes: Mapping[str, Theme], *, file: str) -> Table:
    found = [_whole(rows) for rows in parts]
    return Table(
        caption="Thèmes qui changent, ensemble du département",
        columns=("Thème", "Seuil (min)", *_HEADS),
        words=1,
        rows=tuple(
            Row(
                key="",
                cells=(themes[row["theme"]].short_title, _bounds(row), *_figures(row)),
                codes=(str(row["theme"]),),
            )
            for row in found
        ),
        file=file,
        codes=("theme",),
    )


_HEADS = ("Hors seuil, base", "Hors seuil, variante", "Écart, en points", "Écart, en personnes")


def _difference(theme: Theme, rows: pd.DataFrame, *, alone: bool, file: str) -> ThemeDifference:
    whole = _whole(rows)
    everybody = rows[rows["public"] == Public.ALL]
    epci = everybody[everybody["maille"] == Level.EPCI]
    publics = rows[(rows["public"] != Public.ALL) & (rows["maille"] == Level.DEPARTEMENT)]
    tables = [_epci_table(theme, epci, whole, file=f"{file}-epci")]
    if len(publics):
        tables.append(_public_table(publics, file=f"{file}-publics"))
    words = _gap(whole)
    return ThemeDifference(
        title=theme.short_title,
        words=NOT_MADE if words == NOT_MADE else f"{words}, {_people(whole)}",
        tables=tuple(tables),
        open=alone,
    )


def _epci_table(theme: Theme, epci: pd.DataFrame, whole: pd.Series[Any], *, file: str) -> Table:
    return Table(
        caption=typeset(f"{theme.short_title} : seuil {_bounds(whole)} minutes, par EPCI"),
        columns=("EPCI", "Population", *_HEADS),
        words=1,
        rows=tuple(
            Row(
                key=f"epci:{row['code']}:{row['perimetre']}",
                cells=(_place(row), figure(row["population"]), *_figures(row)),
                codes=(str(row["code"]),),
            )
            for _, row in epci.iterrows()
        ),
        file=file,
        level=str(Level.EPCI),
        codes=code_names(Level.EPCI),
        total=Row(key="", cells=(str(whole["nom"]), figure(whole["population"]), *_figures(whole))),
    )


def _public_table(publics: pd.DataFrame, *, file: str) -> Table:
    return Table(
        caption="Par public, ensemble du département",
        columns=("Public", "Effectif", *_HEADS),
        words=1,
        rows=tuple(
            Row(
                key="",
                cells=(
                    PUBLICS.get(str(row["public"]), str(row["public"])),
                    figure(row["population"]),
                    *_figures(row),
                ),
            )
            for _, row in publics.iterrows()
        ),
        file=file,
    )


def _place(row: pd.Series[Any]) -> str:
    return (
        f"{row['nom']} (partie dans le département)"
        if row["perimetre"] == "partie"
        else str(row["nom"])
    )


def _figures(row: pd.Series[Any]) -> tuple[str, ...]:
    return (
        percent(row["part_hors_seuil_base"]),
        percent(row["part_hors_seuil"]),
        _gap(row, unit=False),
        EMPTY if missing(row["difference_population"]) else _signed(row["difference_population"]),
    )


def _gap(row: pd.Series[Any], *, unit: bool = True) -> str:
    """Write « +3,2 points (hausse) »: the sign and the word say the same."""
    points = row["difference_points"]
    if missing(points):
        return NOT_MADE
    shown = _signed(points, decimals=1)
    word = {"+": "hausse", "−": "baisse"}.get(shown[0], "inchangé")
    unit_words = f"{NO_BREAK}point{'s' if abs(points) >= 2 else ''}" if unit else ""
    return f"{shown}{unit_words} ({word})"


def _people(row: pd.Series[Any]) -> str:
    people = row["difference_population"]
    shown = plural(abs(people), "habitant")
    return f"{shown} de {'plus' if people > 0 else 'moins'}" if abs(people) >= 0.5 else "0 habitant"


def _signed(value: float, *, decimals: int = 0) -> str:
    """Write « +3,2 », « −12 », « 0,0 »: nothing that rounds to zero has a sign."""
    text = number(value, decimals=decimals)
    if not text.strip("−0,"):
        return text.lstrip("−")
    return f"+{text}" if value > 0 else text


def _bounds(row: pd.Series[Any]) -> str:
    """Write « 15 », or « 20 → 15 » where the variant has its own."""
    before, after = _minutes(row["seuil_min_base"]), _minutes(row["seuil_min"])
    return after if before == after else f"{before} → {after}"


def _minutes(value: float) -> str:
    if missing(value):
        return EMPTY
    return number(value, decimals=0 if float(value).is_integer() else 1)


def _notes(run: Run) -> tuple[tuple[str, str], ...]:
    """Return « Champ », « Lecture », « Méthode » and « Source »."""
    territory = run.territory
    lines = [
        (
            "Champ",
            f"habitants du département {territory.departement_code} "
            f"({territory.departement_name}), {territory.vintage}, et de ses EPCI ; un EPCI qui "
            "passe la limite a deux lignes, entier et partie dans le département.",
        )
    ]
    rows = run.variants
    read_aloud = rows[
        (rows["public"] == Public.ALL)
        & (rows["maille"] == Level.EPCI)
        & rows["difference_points"].notna()
    ]
    if len(read_aloud):
        order = read_aloud["difference_points"].abs().to_numpy()
        row = read_aloud.iloc[int(order.argmax())]
        title = next(t.short_title for t in run.themes if t.key == row["theme"])
        lines.append(
            (
                "Lecture",
                f"{_place(row)}, thème {quoted(title)} : {percent(row['part_hors_seuil_base'])} "
                "de la population est au-delà du seuil dans la base et "
                f"{percent(row['part_hors_seuil'])} dans la variante {quoted(row['variante'])} : "
                f"{_gap(row)}.",
            )
        )
    lines.append(
        (
            "Méthode",
            "une variante refait la base en ne changeant que ce qu’elle dit ; écart = variante − "
            "base ; hausse : davantage de personnes au-delà du seuil. « non calculé » : la base "
            "ou la variante n’a pas de chiffre (aucun lieu compté, secret statistique, ou EPCI "
            "entier quand la variante lui retire les lieux de l’autre département). Les "
            "lieux ajoutés ou fermés sont des suppositions : ils ne sont dans aucune autre page.",
        )
    )
    if run.method:
        lines.append(("Base", run.method))
    sources = (f"{s.label}, {s.licence}" if s.licence else s.label for s in run.sources)
    lines.append(("Source", " ; ".join(dict.fromkeys(sources))))
    return tuple((head, typeset(text)) for head, text in lines)
