"""Titles of columns in words, against the indicators of the catalogue."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rapidfuzz import fuzz, process

from cartoallier.model import Indicator
from cartoallier.needs.vocabulary import folded

_WORD = re.compile(r"[a-z0-9]+|[+<>≤≥]")
_UNIT = re.compile(r"\((?:en )?(?:%|€|‰|euros?|nombre|effectif|part|taux|personnes|ménages)\)")
_YEAR = re.compile(r"(?<![0-9a-z])(?:19|20)\d\d(?![0-9a-z])")
_BORNE = re.compile(
    r"(?<!avant )(?<!après )(?<!depuis )(?<!partir de )(?<!jusqu'en )(?<!\d)20\d\d(?!\d)"
)
_CLOSE = 60
"""Likeness, out of 100, from which an indicator is suggested."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Titles:
    """The indicators of the catalogue by their ids and labels.

    Attributes:
        ids: id in lower case -> indicator.
        labels: words of the label -> indicator; labels that two indicators share are left out.
    """

    ids: Mapping[str, Indicator]
    labels: Mapping[str, Indicator]

    @classmethod
    def of(cls, indicators: Iterable[Indicator]) -> Titles:
        """Index indicators."""
        known = list(indicators)
        labels: dict[str, list[Indicator]] = {}
        for indicator in known:
            labels.setdefault(plain(indicator.label), []).append(indicator)
        return cls(
            ids=MappingProxyType({one.id.lower(): one for one in known}),
            labels=MappingProxyType({k: v[0] for k, v in labels.items() if k and len(v) == 1}),
        )

    def exact(self, title: str) -> tuple[Indicator, str] | None:
        """Return the indicator a title names, and the year it bears (``""`` for none).

        A title names an indicator when it is its id or its label, whatever the capitals, accents
        and punctuation; a year and a unit in brackets may be added.
        """
        for text, year in _undated(_UNIT.sub(" ", folded(title))):
            found = self.ids.get(text) or self.labels.get(plain(text))
            if found is not None:
                return found, year
        return None

    def nearest(self, title: str) -> Indicator | None:
        """Return the indicator whose label or id is most like a title, never applied by itself."""
        words = plain(_undated(_UNIT.sub(" ", folded(title)))[-1][0])
        if not words:
            return None
        choices = {**{k: k for k in self.labels}, **{k: plain(k) for k in self.ids}}
        found = process.extractOne(
            words, choices, scorer=fuzz.token_sort_ratio, score_cutoff=_CLOSE
        )
        return (self.labels.get(found[2]) or self.ids[found[2]]) if found else None


def plain(text: str) -> str:
    """Return the words of a text in lower case, without accents nor punctuation."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(_WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


def year_in(text: str) -> str:
    """Return the only year a name bears (``pop_2021``), ``""`` when there is none or several.

    « Construits avant 2005 » bears none.
    """
    years = set(_BORNE.findall(folded(text)))
    return years.pop() if len(years) == 1 else ""


def nearest_word(word: str, words: Iterable[str]) -> str:
    """Return the most alike of some words, ``""`` when there is none."""
    choices = [(one, plain(one)) for one in words]
    found = process.extractOne(plain(word), [text for _, text in choices], scorer=fuzz.ratio)
    return choices[found[2]][0] if found else ""


def find_title(wanted: str, titles: Sequence[str]) -> list[int]:
    """Return the columns a title names: those that bear it, else that say the same words."""
    for alike in (str, folded, plain):
        target = alike(wanted)
        found = [i for i, title in enumerate(titles) if title and alike(title) == target]
        if target and found:
            return found
    return []


def _undated(text: str) -> list[tuple[str, str]]:
    """Return a title as it is, then without each year it holds, the last one first."""
    readings = [(text, "")]
    for match in reversed(list(_YEAR.finditer(text))):
        before = re.sub(r"[\s(,:–-]*(?:\ben\s*)?\(?$", "", text[: match.start()])
        after = re.sub(r"^\s*\)?", "", text[match.end() :])
        readings.append((" ".join(f"{before} {after}".split()), match[0]))
    return readings
