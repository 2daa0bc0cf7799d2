"""The places of a theme: symbols on the map and the list under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.model import Run, Theme
from cartoallier.outputs.maps.cells import missing, text
from cartoallier.outputs.maps.geometry import Drawing

PERMANENCE_HOURS = 14
"""Under this many hours a week a place is a « permanence » (VISUAL)."""
LISTED = 1500
"""Rows of the list a page can carry; beyond, ``offre.csv`` has them all."""
OTHER_MARKS = ("X", "Y", "Z", "W", "x", "y", "z", "w")
"""Marks for the kinds a theme does not expect: the first that it has not given to another."""
SHAPES = {
    "cercle": "lieu permanent",
    "losange": "permanence, moins de 14 h/semaine",
    "triangle": "étape itinérante",
    "carre": "situé à la commune près",
}
"""Symbol -> what it says, in the order of the legend."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One line of the list: cells ready to print, and the code of the commune."""

    number: str
    cells: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """One symbol of the map: every service at one point.

    Attributes:
        x: in units of the drawing.
        y: in units of the drawing.
        shape: a key of :data:`SHAPES`.
        inside: in the département.
        mark: what is written in it.
        letter: of its kind, ``""`` when all places are of one kind.
        numbers: of its services, keys of the list.
    """

    x: int
    y: int
    shape: str
    inside: bool
    mark: str
    letter: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Sites:
    """What a page says of the places of its theme.

    Attributes:
        symbols: on the map.
        listed: under it.
        total: places listed had there been room for all.
        secret: places that are counted and never shown.
        letters: letter -> kind, for the legend.
    """

    symbols: tuple[Symbol, ...]
    listed: tuple[Site, ...]
    total: int
    secret: int
    letters: dict[str, str]


HEADINGS = ("Type", "Nom", "Structure", "Commune", "Adresse", "Horaires", "Compté", "Source")
"""Headings of the list, after the number."""


def sites(run: Run, theme: Theme, drawing: Drawing) -> Sites:
    """Return the symbols and the list of a theme; nothing but a count when it is sensitive."""
    table = run.coverages[theme.key].sites
    records = run.services.records.drop(columns="commune_code")
    known = table.join(records, how="inner")
    if theme.sensitive:
        counted = int(known["counted"].sum())
        return Sites(symbols=(), listed=(), total=0, secret=counted, letters={})
    open_ = known[~known["confidential"]].sort_values("number", kind="stable", na_position="last")
    kinds = open_.loc[open_["number"].notna(), "kind"].dropna().unique()
    letters = {e.label: e.letter for e in theme.expected if e.label in kinds and e.letter}
    if set(kinds) - set(letters):  # kinds the theme does not expect share one mark
        other = next(mark for mark in OTHER_MARKS if mark not in letters.values())
        letters |= {str(kind): other for kind in kinds if kind not in letters}
    letters = letters if len(kinds) > 1 else {}
    labels = {source.path: source.label for source in run.sources}
    listed = tuple(_line(row, labels) for _, row in open_.head(LISTED).iterrows())
    return Sites(
        symbols=_symbols(open_, letters, drawing),
        listed=listed,
        total=len(open_),
        secret=int(known["confidential"].sum()),
        letters=_key(letters),
    )


def _key(letters: dict[str, str]) -> dict[str, str]:
    """Return what each letter stands for: one kind, or several."""
    kinds: dict[str, list[str]] = {}
    for label, letter in letters.items():
        kinds.setdefault(letter, []).append(label)
    return {letter: ", ".join(labels) for letter, labels in kinds.items()}


def _line(row: pd.Series[Any], labels: dict[str, str]) -> Site:
    itinerant = "itinérant" if row["itinerant"] else ""
    counted = "oui" if row["counted"] else f"non : {text(row['reason']) or 'hors de portée'}"
    return Site(
        code=text(row["commune_code"]),
        number="" if missing(row["number"]) else str(int(row["number"])),
        cells=(
            ", ".join(word for word in (text(row["kind"]), itinerant) if word),
            text(row["name"]),
            text(row["structure"]) if row["structure"] != row["name"] else "",
            text(row["commune_name"]),
            text(row["address"]),
            text(row["hours"]),
            counted,
            labels.get(str(row["file"]), text(row["source"])),
        ),
    )


def _symbols(rows: pd.DataFrame, letters: dict[str, str], drawing: Drawing) -> tuple[Symbol, ...]:
    placed = rows[rows["number"].notna() & rows["longitude"].notna() & ~rows["remote"]]
    x = ((placed["longitude"] - drawing.west) / drawing.step).round().astype("int64")
    y = ((drawing.north - placed["latitude"]) / drawing.step).round().astype("int64")
    points: dict[tuple[int, int], list[dict[str, Any]]] = {}
    columns = ["number", "inside", "kind", "itinerant", "precision", "weekly_hours"]
    records = [{str(k): v for k, v in row.items()} for row in placed[columns].to_dict("records")]
    for at, row in zip(zip(x.tolist(), y.tolist(), strict=True), records, strict=True):
        points.setdefault(at, []).append(row)
    found = []
    for (east, south), group in points.items():
        first = group[0]
        numbers = tuple(dict.fromkeys(int(row["number"]) for row in group))
        found.append(
            Symbol(
                x=east,
                y=south,
                shape=_shape(first),
                inside=bool(first["inside"]),
                mark=f"{numbers[0]}+" if len(numbers) > 1 else str(numbers[0]),
                letter=letters.get(str(first["kind"]), ""),
                numbers=numbers,
            )
        )
    return tuple(found)


def _shape(row: dict[str, Any]) -> str:
    if row["itinerant"]:
        return "triangle"
    if row["precision"] == "commune":
        return "carre"
    hours = row["weekly_hours"]
    return "losange" if not missing(hours) and hours < PERMANENCE_HOURS else "cercle"
