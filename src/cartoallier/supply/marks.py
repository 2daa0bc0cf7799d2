"""Marks: how a place that must stay secret is known again in another source.

A mark is one letter and a keyed hash of something the place is: an id, its address, its 100 m
cell, its name… The key is drawn for the process and lives in memory only.

=====  ==========================================================================
mark   hash of
=====  ==========================================================================
``i``  an id in a directory (its own, or one it is known as)
``n``  its name, when a word of it is its own (« Mimosas »)
``u``  its name or its structure's, same condition
``t``  a word of its own
``r``  its SIRET
``p``  its telephone
``a``  its street and number
``g``  its cell of 0.001° (about 100 m)
``h``  the same cell and, for a secret place, the eight around it
=====  ==========================================================================

All but ``i`` are hashed with the commune: what two towns share says nothing.
"""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import unicodedata
from collections.abc import Container, Iterable, Iterator
from functools import cache
from typing import Any

import pandas as pd

WHERE = frozenset("agh")
"""Marks that situate a place."""
SITE = frozenset("iuragp")
"""Marks two services of one place share."""

_CELL = 0.001
_COMMON = """
accueil accueils action actions adresse aide antenne asso association associations bureau
ccas cias centre chrs collectif communal communale comite commune croix cada departement
departemental departementale distribution ecoute enfant enfants entraide espace famille
familiale familiales familles femme femmes foyer france groupe halte hebergement hopital
hotel huda insertion intercommunal jeune jeunes jour lieu local logement mairie maison
maternel maternelle mere meres mission mobile municipal nuit parents permanence place
point pole pour protegee provisoire public reinsertion relais repas residence reseau sante
secours service services siege site social sociale sociales sociaux solidaire solidarite
solidarites structure territoriale union urgence victimes ville violence violences
"""
"""Words of names that say the kind of a place, without accents."""
_GENERIC = frozenset(_COMMON.split())
_STREETS = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "bvd": "boulevard",
    "pl": "place", "imp": "impasse", "rte": "route", "che": "chemin", "chem": "chemin",
    "all": "allee", "sq": "square", "fbg": "faubourg", "fg": "faubourg", "r": "rue",
    "st": "saint", "ste": "sainte",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et"])
_NOT_STREET = re.compile(r"^(?:bat|batiment|etage|porte|appartement|apt|bp|cs|tsa|\d{5})\b")


@cache
def _key() -> bytes:
    return secrets.token_bytes(32)


def _hashed(letter: str, *content: str) -> str:
    told = "\n".join(("g" if letter == "h" else letter, *content)).encode()
    return f"{letter}:{hashlib.blake2b(told, digest_size=12, key=_key()).hexdigest()}"


def plain(text: object) -> str:
    """Return a text in lower case letters and digits, words parted by one space."""
    if not isinstance(text, str):
        return ""
    letters = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe"))
    return " ".join(_WORD.findall(letters.encode("ascii", "ignore").decode()))


def own_words(*texts: object, commune: object = None) -> frozenset[str]:
    """Return the words of names that few places share."""
    town = frozenset(plain(commune).split())
    words = {word for text in texts for word in plain(text).split()}
    return frozenset(
        word for word in words - town - _GENERIC if len(word) >= 4 and not word.isdigit()
    )


_COLUMNS = (
    "known_as", "commune_code", "commune_name", "name", "structure", "siret", "phone",
    "address", "longitude", "latitude", "precision",
)  # fmt: skip


def marks_of(records: pd.DataFrame) -> pd.Series:
    """Return the marks of services that must stay secret.

    Args:
        records: columns ``SERVICE_COLUMNS``, as read, places put right.

    Returns:
        Sorted tuples of text, on the index of ``records``.
    """
    rows = zip(records.index, *(records[column] for column in _COLUMNS), strict=True)
    marks = [tuple(sorted({*_ids(row[0], row[1]), *_facts(row[2:])})) for row in rows]
    return pd.Series(marks, index=records.index, dtype="object")


def marks_to_compare(
    records: pd.DataFrame, *, known: Container[str]
) -> Iterator[tuple[object, set[str]]]:
    """Yield the marks of open services that could be those of a secret place, by row.

    Who shares no full name and no address is no twin: the rest is not hashed for them, because
    a country has 200 000 services and nearly all of them are nobody's twin.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        known: marks of secret places.
    """
    rows = zip(records.index, *(records[column].tolist() for column in _COLUMNS), strict=True)
    for one, _, commune, town, name, structure, siret, phone, *where in rows:
        if not isinstance(commune, str):
            continue
        marks = {_hashed("n", commune, plain(name))}
        marks |= {_hashed("u", commune, plain(text)) for text in (name, structure)}
        marks |= set(_where(commune, *where, reach=(0,)))
        if any(mark in known for mark in marks):
            yield one, {*marks, *_who(commune, town, name, structure, siret, phone=phone)}


def id_marks(records: pd.DataFrame) -> list[frozenset[str]]:
    """Return the marks of the ids alone: cheap enough for every service of a country."""
    pairs = zip(records.index, records["known_as"], strict=True)
    return [frozenset(_ids(one, others)) for one, others in pairs]


def commune_mark(code: str) -> str:
    """Return the mark of a commune, to look only where secret places are."""
    return _hashed("c", code)


def word_mark(commune: str, word: str) -> str:
    """Return the mark of a word of a name."""
    return _hashed("t", commune, word)


def _ids(one: str, others: Iterable[str]) -> Iterator[str]:
    yield _hashed("i", one)
    # « data-inclusion--dora--uuid » is known elsewhere as « dora--uuid ».
    _, _, local = one.partition("--")
    if "--" in local:
        yield _hashed("i", local)
    for other in others:
        yield _hashed("i", other)


def _facts(row: tuple[Any, ...]) -> Iterator[str]:
    commune, town, name, structure, siret, phone, *where = row
    if isinstance(commune, str):
        yield commune_mark(commune)
        yield from _who(commune, town, name, structure, siret, phone=phone)
        yield from _where(commune, *where, reach=(-1, 0, 1))


def _who(
    commune: str, town: object, name: object, structure: object, siret: object, *, phone: object
) -> Iterator[str]:
    if own_words(name, commune=town):
        yield _hashed("n", commune, plain(name))
    for text in (name, structure):
        if own_words(text, commune=town):
            yield _hashed("u", commune, plain(text))
    for word in own_words(name, structure, commune=town):
        yield word_mark(commune, word)
    if isinstance(siret, str):
        yield _hashed("r", commune, siret)
    if isinstance(phone, str):
        yield _hashed("p", commune, re.sub(r"\D", "", phone)[-9:])


def _where(
    commune: str,
    address: object,
    longitude: float,
    latitude: float,
    precision: object,
    *,
    reach: tuple[int, ...],
) -> Iterator[str]:
    for street in streets(address):
        yield _hashed("a", commune, street)
    # A service at its town hall for want of better is nowhere in particular.
    if precision == "adresse" and not (math.isnan(longitude) or math.isnan(latitude)):
        x, y = round(longitude / _CELL), round(latitude / _CELL)
        yield _hashed("g", commune, f"{x} {y}")
        for dx in reach:
            for dy in reach:
                yield _hashed("h", commune, f"{x + dx} {y + dy}")


def streets(address: object) -> Iterator[str]:
    """Yield the parts of an address that name a street and a number."""
    if not isinstance(address, str):
        return
    for part in re.split(r"[,()\n/]", address):
        written = re.sub(r"\b\d{5}\b.*$", "", plain(part)).strip()
        words = [_STREETS.get(word, word) for word in written.split() if word not in _SMALL]
        numbered = any(word[0].isdigit() for word in words)
        if numbered and any(len(w) >= 4 for w in words) and not _NOT_STREET.match(written):
            yield " ".join(words)
