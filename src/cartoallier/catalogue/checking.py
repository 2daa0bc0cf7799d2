"""Questions asked of an entry: is this word known, do these numbers rise."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection

from cartoallier.catalogue.reading import Entry, Problem, nearest

_DIGITS = re.compile(r"(?<=\d) (?=\d{3}\b)")


def typeset(text: str) -> str:
    """Return ``text`` with the spaces of French typography.

    The files keep plain spaces, which people can type; what is shown does not break before a
    colon, inside quotation marks or in the middle of a number.
    """
    text = text.replace("« ", "«\u00a0").replace(" »", "\u00a0»").replace(" :", "\u00a0:")
    for mark in ";?!%":
        text = text.replace(f" {mark}", f"\u202f{mark}")
    return _DIGITS.sub("\u202f", text)


def quoted(word: str) -> str:
    """Return the word between French quotation marks."""
    return f"«\u00a0{word}\u00a0»"


def is_word(entry: Entry, problems: list[Problem], key: str, known: Collection[str]) -> bool:
    """Return whether the word of a key is known; a problem says the nearest one otherwise."""
    word = entry.table[key]
    if word in known:
        return True
    problems.append(unknown(entry, key, word, known))
    return False


def check_words(entry: Entry, problems: list[Problem], key: str, known: Collection[str]) -> None:
    """Add a problem for each word of a list that is not known."""
    for word in entry.table.get(key, []):
        if word not in known:
            problems.append(unknown(entry, key, word, known))


def unknown(entry: Entry, key: str, word: str, known: Collection[str]) -> Problem:
    """Return the problem of a word that a key does not accept."""
    return entry.problem(f"{quoted(key)} n'admet pas {quoted(word)}\u202f; {nearest(word, known)}")


def rising(
    entry: Entry, problems: list[Problem], key: str, *, default: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the positive bounds of classes; a problem says when they do not rise."""
    bounds = tuple(float(bound) for bound in entry.table.get(key, default))
    grow = all(low < high for low, high in itertools.pairwise(bounds))
    if not grow or not all(math.isfinite(b) and b > 0 for b in bounds):
        what = f"{quoted(key)} attend des nombres positifs, croissants"
        problems.append(entry.problem(what))
    return bounds
