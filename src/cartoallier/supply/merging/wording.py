"""Names, addresses and telephones as they can be compared."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_WAYS = (
    "rue|avenue|av|boulevard|bd|place|pl|chemin|all[eé]e|route|impasse|square|faubourg|quai|cours|"
    "galerie|mont[eé]e|passage|esplanade|promenade|ruelle"
)
_ARTICLE = re.compile(r"^(?:le|la|les|l) ")
_NUMBER = rf"\b(?P<n>\d{{1,4}})(?: ?[a-d])? (?:{_WAYS})\b"
_WAY = re.compile(rf"\b(?:{_WAYS})\b", re.IGNORECASE)
_COMMA_AFTER_NUMBER = re.compile(r"^(\s*\d{1,4}\s*(?:[a-d]|bis|ter)?)\s*,", re.IGNORECASE)
_FOLDED = (("œ", "oe"), ("æ", "ae"), ("’", " "), ("'", " "))


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What ``wording.toml`` says.

    Attributes:
        ignored: words that name nothing.
        rewritten: pattern -> its one spelling, on folded text, in order.
        names: kind -> pattern of its names.
        words: word of a vocabulary -> bit of its kind.
    """

    ignored: frozenset[str]
    rewritten: Mapping[str, str]
    names: Mapping[str, str]
    words: Mapping[str, int]


@cache
def vocabulary() -> Vocabulary:
    """Return the words of ``wording.toml``."""
    text = files("cartoallier.supply.merging").joinpath("wording.toml").read_text("utf-8")
    table = tomllib.loads(text)
    kinds = table["kinds"]
    words = {word: 1 << bit for bit, kind in enumerate(kinds.values()) for word in kind["words"]}
    return Vocabulary(
        ignored=frozenset(table["ignored"].split()),
        rewritten=MappingProxyType(table["rewritten"]),
        names=MappingProxyType({name: kind["name"] for name, kind in kinds.items()}),
        words=MappingProxyType(words),
    )


def fold(texts: Sequence[str | None]) -> list[str]:
    """Return texts in lower case, without accents nor punctuation, one spelling per word.

    « C.C.A.S. de Saint-Yorre » gives ``ccas de st yorre``; a missing text gives ``""``.
    """
    codes, distinct = _distinct(texts)
    folded = pc.utf8_lower(pa.array(distinct, type=pa.string()))
    for old, new in _FOLDED:
        folded = pc.replace_substring(folded, old, new)
    folded = pc.utf8_normalize(folded, form="NFKD")
    folded = pc.replace_substring_regex(folded, r"\p{Mn}+", "")
    folded = pc.replace_substring_regex(folded, "[^a-z0-9]+", " ")
    for pattern, one in vocabulary().rewritten.items():
        folded = _replace(folded, pattern, one)
    folded = pc.utf8_trim_whitespace(pc.replace_substring_regex(folded, " +", " "))
    values = [*folded.to_pylist(), ""]
    return [values[code] for code in codes]


def _distinct(texts: Sequence[str | None]) -> tuple[np.ndarray, Sequence[str]]:
    """Return the number of each text among distinct ones (-1 if missing), and these."""
    codes, distinct = pd.factorize(np.asarray(texts, dtype="object"))
    return codes, list(distinct)


def _replace(texts: pa.Array, pattern: str, one: str) -> pa.Array:
    found = pc.match_substring_regex(texts, pattern)
    if not pc.any(found).as_py():
        return texts
    changed = pc.replace_substring_regex(pc.filter(texts, found), pattern, one)
    return pc.replace_with_mask(texts, found, changed)


def kinds_of_names(folded: Sequence[str]) -> np.ndarray:
    """Return the kinds that each folded name announces, one bit per kind of ``wording.toml``."""
    codes, distinct = _distinct(folded)
    texts = pa.array(distinct, type=pa.string())
    bits = np.zeros(len(distinct), dtype="int64")
    for bit, pattern in enumerate(vocabulary().names.values()):
        found = pc.match_substring_regex(texts, rf"\b(?:{pattern})\b")
        bits |= found.to_numpy(zero_copy_only=False).astype("int64") << bit
    return bits[codes] if len(distinct) else np.zeros(len(codes), dtype="int64")


def without_kinds(folded: Sequence[str]) -> list[str]:
    """Return folded names without the words of their kind: what a desk has of its own."""
    codes, distinct = _distinct(folded)
    texts = pa.array(distinct, type=pa.string())
    for pattern in vocabulary().names.values():
        texts = _replace(texts, rf"\b(?:{pattern})\b", " ")
    values = texts.to_pylist()
    return [values[code] for code in codes]


def kinds_of_words(column: Sequence[tuple[str, ...]]) -> np.ndarray:
    """Return the kinds that the words of a vocabulary announce, one bit per kind."""
    words = vocabulary().words
    known: dict[tuple[str, ...], int] = {}
    for values in set(column):
        bits = 0
        for value in values:
            bits |= words.get(value, 0)
        known[values] = bits
    return np.fromiter((known[values] for values in column), dtype="int64", count=len(column))


def own_words(folded: Sequence[str], communes: Sequence[str]) -> list[str]:
    """Return folded names without the name of their commune nor words that name nothing."""
    ignored = vocabulary().ignored
    kept: list[str] = []
    for name, commune in zip(folded, communes, strict=True):
        town = _ARTICLE.sub("", commune)
        text = f" {name} ".replace(f" {town} ", " ") if town else name
        kept.append(" ".join([word for word in text.split() if word not in ignored]))
    return kept


def street_lines(addresses: Sequence[str]) -> list[str]:
    """Return of each address the part that names a street: no building, floor nor office.

    « Maison des services, 285 rue du Village » gives ``285 rue du Village``.
    """
    kept: list[str] = []
    for address in addresses:
        parts = _COMMA_AFTER_NUMBER.sub(r"\1 ", address).split(",")
        kept.append(next((part for part in parts if _WAY.search(part)), parts[0]))
    return kept


def house_numbers(folded: Sequence[str]) -> list[str]:
    """Return the house number of each folded address, ``""`` without one.

    The number before a kind of street, else one that begins the address: those of « place du
    8 mai 1945 » are not.
    """
    texts = pa.array(list(folded), type=pa.string())
    before = pc.struct_field(pc.extract_regex(texts, _NUMBER), "n")
    begins = pc.struct_field(pc.extract_regex(texts, r"^(?P<n>\d{1,4})[a-d]?\b"), "n")
    return list(pc.fill_null(pc.coalesce(before, begins), "").to_pylist())


def streets(folded: Sequence[str], communes: Sequence[str], numbers: Sequence[str]) -> list[str]:
    """Return folded addresses without number, postal code nor commune."""
    ignored = vocabulary().ignored
    kept: list[str] = []
    for address, commune, number in zip(folded, communes, numbers, strict=True):
        text = f" {address} "
        if commune and text.endswith(f" {commune} ") and text.strip() != commune:
            text = text.removesuffix(f" {commune} ") + " "
        kept.append(
            " ".join(
                word
                for word in text.split()
                if word not in ignored
                and word.rstrip("abcd") != number
                and len(word) > 1
                and not (len(word) == 5 and word.isdigit())
            )
        )
    return kept


def digits(phones: Sequence[str | None]) -> list[str]:
    """Return telephones as ten digits, ``""`` for none and for short national numbers."""
    texts = pa.array([one if isinstance(one, str) else None for one in phones], type=pa.string())
    bare = pc.replace_substring_regex(pc.fill_null(texts, ""), r"[^\d+]", "")
    bare = pc.replace_substring_regex(bare, r"^(\+|00)33(0)?", "0")
    usable = pc.equal(pc.utf8_length(bare), 10)
    return list(pc.if_else(usable, bare, "").to_pylist())
