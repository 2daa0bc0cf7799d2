"""The words of data·inclusion changed names once: services of both ages must meet.

Old words are never thrown away: v0 is finer than v1, and themes may select on it. Their
translation stands beside them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from data_inclusion.schema import v1  # type: ignore[import-untyped]  # no annotations published

EVERYBODY = "tous-publics"
DISABLED = "personnes-en-situation-de-handicap"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The translations of data·inclusion v0 into v1.

    Attributes:
        thematics: v0 thematic -> v1 thematics, empty when v1 has none.
        categories: bare v0 categories: they name no thematic.
        publics: v0 profile -> v1 publics.
        typologies: kind of structure (v0, DORA) -> network.
        labels: v0 national label -> network, ``""`` when there is none.
        current: every v1 thematic and category.
    """

    thematics: Mapping[str, tuple[str, ...]]
    categories: frozenset[str]
    publics: Mapping[str, tuple[str, ...]]
    typologies: Mapping[str, str]
    labels: Mapping[str, str]
    current: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Return the shipped translations (``thematiques_v0.toml``)."""
    text = files("cartoallier.supply").joinpath("thematiques_v0.toml").read_text("utf-8")
    table = tomllib.loads(text)
    current = {item.value for item in v1.Thematique} | {item.value for item in v1.Categorie}
    return Vocabulary(
        thematics={old: tuple(new) for old, new in (table["v1"] | table["historique"]).items()},
        categories=frozenset(table["categories"]),
        publics={old: tuple(new) for old, new in table["publics"].items()},
        typologies=table["typologies"],
        labels=table["labels"],
        current=frozenset(current),
    )


def category_labels() -> Mapping[str, str]:
    """Return the French label of each v1 category, in lower case -> its slug."""
    return {item.label.replace("’", "'").lower(): item.value for item in v1.Categorie}


def thematics(written: Iterable[str]) -> tuple[str, ...]:
    """Return thematics, and beside each old one its v1 translation."""
    words = vocabulary()
    found: set[str] = set()
    for one in written:
        slug = _repaired(one, words)
        found |= {one, slug, *words.thematics.get(slug, ())}
    return tuple(sorted(found))


def unknown_thematics(written: Iterable[str]) -> tuple[str, ...]:
    """Return those words that are no thematic, of v0 or of v1."""
    words = vocabulary()
    return tuple(one for one in written if not _is_known(_repaired(one, words), words))


def _is_known(slug: str, words: Vocabulary) -> bool:
    return slug in words.current or slug in words.thematics or slug in words.categories


def _repaired(written: str, words: Vocabulary) -> str:
    """Return a slug as v0.4 and later write it: lower case, two dashes after the category."""
    if written in words.current:
        return written
    slug = written.lower().replace("_", "-").removesuffix("--autre")
    if _is_known(slug, words) or "--" in slug:
        return slug
    for category in words.categories:
        if slug.startswith(f"{category}-"):
            double = f"{category}--{slug[len(category) + 1 :]}"
            if _is_known(double, words):
                return double
    return slug


def publics(written: Iterable[str], *, about: Iterable[str] = ()) -> tuple[str, ...]:
    """Return publics and profiles, and beside each profile its v1 translation.

    Args:
        written: publics (v1) and profiles (v0) of one service.
        about: its thematics: one on disability says whom it is for.
    """
    given = {one.strip() for one in written}
    table = vocabulary().publics
    found = set(given)
    # Who is open to all is not restricted to those it names beside.
    if EVERYBODY not in given:
        found |= {new for old in given for new in table.get(old, ())}
        if any(slug.startswith("handicap") for slug in about):
            found.add(DISABLED)
    return tuple(sorted(found))


def networks(declared: Iterable[str], *, labels: Iterable[str], typology: str) -> tuple[str, ...]:
    """Return the networks of a structure: declared (v1), of its labels and of its kind (v0)."""
    words = vocabulary()
    plain = {label.lower().replace("_", "-") for label in labels}
    found = {*declared, *plain}
    found |= {words.labels.get(label, label) for label in plain}
    found.add(words.typologies.get(typology.upper(), ""))
    return tuple(sorted(found - {""}))
