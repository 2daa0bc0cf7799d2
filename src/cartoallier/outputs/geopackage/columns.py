"""The dictionary: French title, comment and unit of every column of every layer.

``columns.toml`` says what columns mean, once each, whatever the layers that repeat them. The
words of columns that depend on the run (one per indicator, one per score) are made from the
catalogue. One dictionary serves ``gpkg_data_columns``, the aliases of QGIS and ``README_SIG.md``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources
from typing import Any

import pandas as pd

from cartoallier.model import Indicator, Level, Run
from cartoallier.model.french import listed, typeset
from cartoallier.outputs.geopackage.contents import contents
from cartoallier.outputs.geopackage.domains import VALUES, domain_of
from cartoallier.outputs.geopackage.layers import scored
from cartoallier.outputs.geopackage.names import (
    coverage_layers,
    divisions,
    need_columns,
    score_columns,
    unique,
)

LONGEST = 40
"""Characters of a title, its unit included."""
NEED_LAYERS: Mapping[str, str] = {
    "besoins_communes": str(Level.COMMUNE),
    "besoins_epci": str(Level.EPCI),
}
"""Layers with a column per indicator, and their level."""
SCORES = "scores_epci"
_SUFFIXES = {str(Level.COMMUNE): "communes", str(Level.EPCI): "epci"}
_GAP = " … "


@dataclass(frozen=True, kw_only=True)
class Column:
    """What is said of one column.

    Attributes:
        name: of the column.
        title: French alias, at most :data:`LONGEST` characters, unit included.
        comment: what it holds, how it is made, how to read it, French.
        unit: of its figures, ``""`` for none.
    """

    name: str
    title: str
    comment: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of ``columns.toml``: a column, where it means that, and its words."""

    name: str
    layers: tuple[str, ...]
    title: str
    comment: str
    unit: str

    def about(self, kind: str, column: str) -> bool:
        """Whether it is about this column of this kind of layer."""
        return self.name == column and any(fnmatchcase(kind, one) for one in self.layers)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a layer is, whatever the theme or the « découpage » that names it.

    Attributes:
        name: ``couverture_communes``, ``couverture_epci``, ``couverture_decoupage``,
            ``territoire_decoupage``; the layer's own name elsewhere.
        theme: key of the theme it is about, ``""`` for none.
        level: that the theme is drawn at, ``""`` for none.
    """

    name: str
    theme: str = ""
    level: str = ""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """The words of one run.

    Attributes:
        run: whose layers these are.
    """

    run: Run

    def describe(self, layer: str, column: str) -> Column:
        """Return the words of a column.

        Raises:
            KeyError: the dictionary does not know it: an oversight of ours.
        """
        if (found := self._own.get((layer, column))) is not None:
            return found
        entry = self.entry(layer, column)
        comment = entry.comment + _values(layer, column)
        return Column(name=column, title=entry.title, comment=comment, unit=entry.unit)

    def entry(self, layer: str, column: str) -> Entry:
        """Return the entry of ``columns.toml`` that a column takes its words from."""
        kind = self.kind(layer)
        for entry in entries():
            if entry.about(kind.name, column):
                return entry
        raise KeyError(f"no words for column {column!r} of layer {layer!r}")

    def words(self, layer: str) -> tuple[str, str]:
        """Return the French title of a layer, and what it holds."""
        return self._layers[layer]

    def kind(self, layer: str) -> Kind:
        """Return what a layer is."""
        return self._kinds.get(layer, Kind(name=layer))

    def own(self, layer: str) -> tuple[Column, ...]:
        """Return the columns of a layer whose words come from the run, in the order made."""
        return tuple(column for (name, _), column in self._own.items() if name == layer)

    @cached_property
    def _kinds(self) -> Mapping[str, Kind]:
        return _kinds(self.run)

    @cached_property
    def _layers(self) -> Mapping[str, tuple[str, str]]:
        return {entry.name: (entry.title, entry.summary) for entry in contents(self.run)}

    @cached_property
    def _editions(self) -> pd.DataFrame:
        """Which years and sources each indicator has a value of, at each level."""
        values = self.run.needs.values
        rows = values[(values["perimeter"] == "entier") & values["value"].notna()]
        columns = ["indicator", "level", "vintage", "source"]
        return rows[columns].drop_duplicates(ignore_index=True)

    @cached_property
    def _own(self) -> Mapping[tuple[str, str], Column]:
        """Columns whose words are made from the run: needs of themes, indicators, scores."""
        found = [
            *(
                (layer, column)
                for layer, kind in self._kinds.items()
                if kind.theme
                for column in _need_of(self.run, kind, self._editions)
            ),
            *(
                (layer, column)
                for layer, level in NEED_LAYERS.items()
                for column in _indicators(self.run, level, self._editions)
            ),
            *((SCORES, column) for column in _scores(self.run)),
        ]
        return {(layer, column.name): column for layer, column in found}


def dictionary(run: Run) -> Dictionary:
    """Return the words of every layer and column of a run."""
    return Dictionary(run)


@cache
def entries() -> tuple[Entry, ...]:
    """Return the entries of ``columns.toml`` in their order: the first that fits is taken."""
    return tuple(
        Entry(
            name=row["nom"],
            layers=tuple(row.get("couches", ("*",))),
            title=typeset(row["titre"]),
            comment=typeset(row["commentaire"]),
            unit=row.get("unite", ""),
        )
        for row in _file()["colonne"]
    )


@cache
def _file() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("columns.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _kinds(run: Run) -> dict[str, Kind]:
    """Return the kinds of the layers that themes and « découpages » name."""
    division = Kind(name="territoire_decoupage")
    found = {f"territoire_{slug}": division for slug in divisions(run).values()}
    for (theme, level), layer in coverage_layers(run).items():
        name = f"couverture_{_SUFFIXES.get(level, 'decoupage')}"
        found[layer] = Kind(name=name, theme=theme, level=level)
    return found


def _values(layer: str, column: str) -> str:
    """Return the values a column may take, as a sentence; ``""`` for any."""
    values = VALUES.get(domain_of(layer, column) or "", {})
    told = [value if value == words else f"{value} = {words}" for value, words in values.items()]
    return typeset(f" Valeurs : {' ; '.join(told)}.") if told else ""


def _need_of(run: Run, kind: Kind, editions: pd.DataFrame) -> Iterator[Column]:
    """Yield the words of the need a theme draws, and of its status."""
    indicator = run.summaries[kind.theme].need_indicator
    words = _file()["besoin"]
    status = _file()["besoin_statut"]
    told, unit = words["aucun"], ""
    if indicator is not None:
        told = _filled(words["commentaire"], indicator, kind.level, editions)
        unit = indicator.unit
        if any(theme.key == kind.theme and indicator.id in theme.stand_ins for theme in run.themes):
            told = f"{words['repere']} {told}"
    if kind.level == Level.EPCI:
        told = f"{told} Valeur du territoire entier, même quand perimetre = partie."
    yield Column(
        name="besoin",
        title=with_unit(words["titre"], unit),
        comment=typeset(told),
        unit=unit,
    )
    yield Column(
        name="besoin_statut",
        title=status["titre"],
        comment=typeset(status["commentaire"]) + _values("couverture", "besoin_statut"),
    )


def _indicators(run: Run, level: str, editions: pd.DataFrame) -> Iterator[Column]:
    """Yield the two columns of each indicator of a wide layer: value, status."""
    columns = need_columns(run, level)
    indicators = {key: _indicator(run, key) for key in columns}
    labels = {key: one.label for key, one in indicators.items()}
    units = {key: one.unit for key, one in indicators.items()}
    prefix = str(_file()["statut"]["titre"])
    ends = {key: _named(one).removeprefix(_plain(one.label)) for key, one in indicators.items()}
    titles = shortened(labels, suffixes=ends)
    statuses = shortened(labels, prefix=typeset(prefix))
    values = _values("besoins_communes", "besoin_statut")
    for key, (value, status) in columns.items():
        told = _filled(_file()["indicateur"]["commentaire"], indicators[key], level, editions)
        yield Column(name=value, title=titles[key], comment=typeset(told), unit=units[key])
        reason = _file()["statut"]["commentaire"].format(indicateur=_plain(labels[key]))
        yield Column(name=status, title=statuses[key], comment=typeset(reason) + values)


def _scores(run: Run) -> Iterator[Column]:
    """Yield score, rank and number ranked of each profile and factor."""
    table = scored(run)
    if table.empty:
        return
    keys = table["composite"].unique().tolist()
    labels = {key: run.composites[key].label if key in run.composites else key for key in keys}
    for position, name in enumerate(("score", "rang", "rang_sur")):
        words = _file()[name]
        titles = shortened(labels, prefix=typeset(words["titre"]))
        for key, columns in score_columns(keys).items():
            note = run.composites[key].note if key in run.composites else ""
            told = words["commentaire"].format(composite=_plain(labels[key]), note=_sentence(note))
            yield Column(name=columns[position], title=titles[key], comment=typeset(told.strip()))


def _indicator(run: Run, key: str) -> Indicator:
    """Return an indicator; one that only its values name has its key as label."""
    return run.indicators.get(key, Indicator(id=key, label=key, unit="", kind="indice"))


def _filled(words: str, indicator: Indicator, level: str, editions: pd.DataFrame) -> str:
    """Fill the words of an indicator at a level: its name, years, note and sources."""
    every = editions[editions["indicator"] == indicator.id]
    here = every[every["level"] == level]
    rows = every if here.empty else here  # where none is published: those of other levels
    years, sources = _distinct(rows["vintage"]), _distinct(rows["source"])
    return words.format(
        indicateur=_named(indicator),
        annees=f", {listed(sorted(years))}" if years else "",
        note=f"{note} " if (note := _sentence(indicator.note)) else "",
        sources=" ; ".join(sources) or "non renseignée",
    )


def _named(indicator: Indicator) -> str:
    """Return the name of an indicator with its unit, unless it begins with it: « Logements »."""
    label = _plain(indicator.label)
    said = label.casefold().split(" ")[0] == indicator.unit.casefold()
    return label if said else with_unit(label, indicator.unit)


def _distinct(values: pd.Series[str]) -> list[str]:
    return [_plain(one) for one in values.dropna().unique().tolist() if str(one).strip()]


def with_unit(words: str, unit: str) -> str:
    """Return words followed by a unit, as titles write it; as they are without one."""
    return f"{words} ({unit})" if unit else words


def shortened(
    labels: Mapping[str, str], *, prefix: str = "", suffixes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return titles of at most :data:`LONGEST` characters, no two alike.

    A long label loses its last words, or words of its middle when that is what tells it from
    the others; were it still not told, it is numbered.

    Args:
        labels: key -> label.
        prefix: before each.
        suffixes: key -> what follows (its unit), dropped when it leaves too little room.
    """
    after = suffixes or {}
    ends = {key: one if len(one) <= LONGEST // 3 else "" for key, one in after.items()}
    room = {key: LONGEST - len(prefix) - len(ends.get(key, "")) for key in labels}
    forms = {key: _forms(_plain(label), room[key]) for key, label in labels.items()}
    most = max((len(one) for one in forms.values()), default=0)
    seen = [
        pd.Series([one[min(rank, len(one) - 1)] for one in forms.values()]).value_counts()
        for rank in range(most)
    ]
    taken: set[str] = set()
    found = {}
    for key, mine in forms.items():
        alone = (one for rank, one in enumerate(mine) if seen[rank][one] == 1)
        chosen = next(alone, mine[0])
        title = f"{prefix}{chosen}{ends.get(key, '')}"
        if title.casefold() in taken:
            title = f"{title[: LONGEST - 4]}…"
        found[key] = unique(title, taken)
    return found


def _forms(label: str, room: int) -> Sequence[str]:
    """Return a label within some room: whole, or without its end, then without its middle."""
    if len(label) <= room:
        return (label,)
    words = label.split(" ")
    forms = [f"{_start(words, room - 1)}…"]
    for kept in range(1, len(words)):
        tail = " ".join(words[-kept:])
        if len(tail) > room * 2 // 3:
            break
        head = _start(words[:-kept], room - len(_GAP) - len(tail))
        forms.append(f"{head}{_GAP}{tail}")
    return forms


def _start(words: Sequence[str], room: int) -> str:
    """Return the first words that fit; the start of the first when none does."""
    kept = words[0][:room]
    for word in words[1:]:
        if len(kept) + 1 + len(word) > room:
            break
        kept = f"{kept} {word}"
    return kept.rstrip(" ,;:(")


def _plain(text: str) -> str:
    """Return a text on one line, no-break spaces kept."""
    return re.sub(r"[\x00-\x20\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+", " ", text).strip()


def _sentence(text: str) -> str:
    """Return a note ended by a stop; nothing for nothing."""
    text = _plain(text)
    return text if not text or text[-1] in ".!?…" else f"{text}."
