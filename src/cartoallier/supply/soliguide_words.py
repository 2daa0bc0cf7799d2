"""The vocabulary of Soliguide: categories of every age, labels of its exports, publics."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PUBLICS = {
    "women": r"\bfemmes?\b",
    "men": r"(?<!\w)hommes?\b",
    "violence": r"violence",
    "family": r"\bfamilles?\b",
    "couple": r"\bcouples?\b",
    "pregnant": r"enceintes?\b",
    "isolated": r"\bisol[ée]e?s?\b|personnes? seules?",
    "asylum": r"demandeu\w+ d['’]asile",
    "refugee": r"r[ée]fugi[ée]",
    "undocumented": r"sans[- ]papiers?|situation irr[ée]guli[èe]re",
    "student": r"[ée]tudiant",
    "handicap": r"handicap",
    "addiction": r"addict",
    "lgbt": r"lgbt",
    "hiv": r"\bvih\b|s[ée]ropositi",
    "prostitution": r"prostitu",
    "prison": r"d[ée]tention|prison|justice",
    "mentalHealth": r"sant[ée] mentale|troubles? psychi",
}


@dataclass(frozen=True, kw_only=True)
class Categories:
    """The categories of Soliguide.

    Attributes:
        slugs: French label, in lower case -> slug.
        numbers: number of before 2022 -> slug.
        former: slug no longer used -> slug of today.
    """

    slugs: Mapping[str, str]
    numbers: Mapping[str, str]
    former: Mapping[str, str]


@cache
def categories() -> Categories:
    """Return the shipped categories (``soliguide_categories.toml``)."""
    text = files("cartoallier.supply").joinpath("soliguide_categories.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return Categories(
        slugs={_plain(label): slug for slug, label in table["libelles"].items()},
        numbers=table["numeros"],
        former=table["anciens"],
    )


def with_current(written: str) -> tuple[str, ...]:
    """Return a category (slug or number), and beside an old one its slug of today."""
    words = categories()
    slug = words.numbers.get(written, words.former.get(written, ""))
    return tuple(sorted({written, slug} - {""}))


def slug_of_label(label: str) -> str:
    """Return the slug of a French label (« Parent: Label » or « Label »), ``""`` if unknown."""
    words = categories()
    last = label.rsplit(": ", 1)[-1]
    return words.slugs.get(_plain(label), "") or words.slugs.get(_plain(last), "")


def publics_of_text(written: str) -> tuple[str, ...]:
    """Return the publics a French sentence names, under the words of the raw export."""
    found = {
        public for public, pattern in _PUBLICS.items() if re.search(pattern, written, re.IGNORECASE)
    }
    # Women and men together are everybody.
    return tuple(sorted(found - ({"women", "men"} if {"women", "men"} <= found else set())))


def _plain(label: str) -> str:
    return " ".join(label.replace("’", "'").lower().split())
