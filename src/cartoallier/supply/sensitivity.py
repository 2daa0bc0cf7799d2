"""Which services have an address that must stay secret.

The rules are the union of two pages of the research: the sector's practice (DOMAIN §5.4) and
the exports' own signs (FORMATS §4.4). They are conservative on purpose: a desk masked by excess
can be declared by hand, an address shown by mistake cannot be taken back. Line by line:

=========  ===============================================  ====================================
page       rule                                             here
=========  ===============================================  ====================================
DOMAIN     FINESS 166, 214, 219, 442, 443                   ``_SECRET_FINESS``
DOMAIN     BPE D703, D704, D705, D709, D710, D711           ``_SECRET_BPE``
DOMAIN     the violence thematic of data·inclusion v1, v0   ``_DANGER_SLUGS``
DOMAIN     Soliguide sexual violence, emergency shelter     ``_SECRET_SOLIGUIDE``
DOMAIN     name: violence, femmes… accueil/refuge,          ``_SECRET_NAME`` on the name, the
           centre maternel, accueil mère                    structure and the category
FORMATS    Soliguide « orientation », PRO, exclusive        ``confidential``, set by the reader;
           reception with violence and lodging              ``is_soliguide_housing``
FORMATS    export text « Sur orientation »                  ``confidential``; ``_SECRET_ADDRESS``
FORMATS    housing (slugs, Soliguide, networks,             ``_HOUSING_*`` and ``_DANGER`` on
           typologies, FINESS, child protection) and a      names, publics, thematics; texts the
           text, a name or a public in danger               reader saw:
                                                            :mod:`~cartoallier.supply.free_texts`
FORMATS    address that says confidential, not given,       ``_SECRET_ADDRESS``
           kept secret, « sur orientation »
FORMATS    violence thematic and housing                    a case of the two above
ours       a name that swallowed a broken row: its cells    ``_SWALLOWED``
           cannot be judged any more
FORMATS    descriptions, page slugs, phone labels           never kept (readers), or removed:
                                                            :mod:`~cartoallier.supply.generalising`
FORMATS    the town hall of the commune is too precise      :mod:`~cartoallier.supply.levels`
=========  ===============================================  ====================================

A *shelter* lodges people, or is declared secret: its address is the danger, and what stands
beside it under the same roof and owner gives it away. A *desk* only speaks of violence: it is
hidden, its owner's other desks are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

_DANGER_SLUGS = frozenset(
    {"famille--surmonter-conflits-separation-violence", "famille--violences-intrafamiliales"}
)
_HOUSING_SLUGS = frozenset(
    {
        "logement-hebergement--rechercher-une-solution-dhebergement-temporaire",
        "logement-hebergement--mal-loges-sans-logis",
    }
)
_SHELTER_SOLIGUIDE = frozenset({"emergency_accommodation", "1302"})
_SECRET_SOLIGUIDE = _SHELTER_SOLIGUIDE | {"sexual_violence_support"}
_HOUSING_SOLIGUIDE = frozenset(
    {
        "emergency_accommodation",
        "long_term_accomodation",
        "overnight_stop",
        "citizen_housing",
        "accomodation_and_housing",
        "1300",
        "1301",
        "1302",
        "1303",
        "1304",
    }
)
_SECRET_FINESS = frozenset({"166", "214", "219", "442", "443"})
_HOUSING_FINESS = _SECRET_FINESS | {"643", "644", "172", "175", "176", "177", "241"}
_SECRET_BPE = frozenset({"D703", "D704", "D705", "D709", "D710", "D711"})
_HOUSING_NETWORKS = frozenset({"chrs", "chu", "cph", "cada", "huda"})
_HOUSING_TYPOLOGIES = frozenset(code.upper() for code in _HOUSING_NETWORKS)
RULE_WORDS: frozenset[str] = (
    _DANGER_SLUGS
    | _HOUSING_SLUGS
    | _SECRET_SOLIGUIDE
    | _HOUSING_SOLIGUIDE
    | _HOUSING_FINESS
    | _SECRET_BPE
    | _HOUSING_NETWORKS
    | _HOUSING_TYPOLOGIES
)
"""Every word of a vocabulary the rules know: they name a kind of place, never one place."""

_SECRET_NAME = re.compile(
    r"violence|femmes?.*(?:accueil|refuge)|centre maternel|accueil m[èe]re", re.IGNORECASE
)
_HOUSING_NAME = re.compile(
    r"h[ée]bergement|\b(?:chrs|chu|cph|cada|huda|foyer|refuge)\b|maison d['’]accueil",
    re.IGNORECASE,
)
_DANGER = re.compile(
    r"violence|victimes?\b|mises? [àa] l['’]abri|confidentiel|prostitution|\bsecr[eè]te?s?\b",
    re.IGNORECASE,
)
_HINTS = ("violence", "victime", "abri", "confidentiel", "prostitution", "secr", "femme")
_WOMEN = re.compile(r"\bfemmes?\b", re.IGNORECASE)
_CHILDREN = re.compile(r"\benfants?\b", re.IGNORECASE)
_SECRET_ADDRESS = re.compile(
    r"confidentiel|non[ -]communiqu|tenue? secr|\bsecr[eè]te?\b|sur orientation", re.IGNORECASE
)
_SWALLOWED = re.compile(r"(?:[;|][^;|]*){3}|(?:,[^,]*){8}|\",\"")
"""A name that holds the separators of a table has swallowed the cells after it, and more rows."""
_TEXTS = ("name", "structure", "category")
_WORDS = ("networks", "typologies")
"""Where a table's own free category ends when it is no known code."""


def speaks_of_danger(text: str) -> bool:
    """Return whether a text speaks of violence, victims, shelter or secrecy."""
    low = text.lower()
    # Ten times faster than the expressions, on texts of which few say anything.
    if not any(hint in low for hint in _HINTS):
        return False
    return bool(_DANGER.search(text)) or bool(_WOMEN.search(text) and _CHILDREN.search(text))


def is_soliguide_housing(category: str) -> bool:
    """Return whether a Soliguide category (slug or legacy number) lodges people."""
    return category in _HOUSING_SOLIGUIDE


def is_secret(records: pd.DataFrame) -> pd.Series:
    """Tell which services have an address that must stay secret.

    A place that lodges makes its neighbours in the file secret too: the other services of the
    same structure at the same address or point would give it away.

    Args:
        records: columns ``SERVICE_COLUMNS``, ``confidential`` true where the source said so.

    Returns:
        ``bool`` series on the index of ``records``.
    """
    shelter = shelters(records)
    desk = (
        _any(records["thematics"], _DANGER_SLUGS)
        | _any(records["soliguide"], _SECRET_SOLIGUIDE)
        | _in_texts(records, _SECRET_NAME.search)
    )
    return shelter | desk | _beside(records, shelter)


def shelters(records: pd.DataFrame) -> pd.Series:
    """Tell which services are a shelter, or are declared secret by their source.

    Returns:
        ``bool`` series on the index of ``records``.
    """
    danger = (
        _in_texts(records, speaks_of_danger)
        | _each(records["publics"], _public_in_danger)
        | _any(records["thematics"], _DANGER_SLUGS)
        | _in_texts(records, _SECRET_NAME.search)
    )
    return (
        records["confidential"]
        | _matches(records["address"], _SECRET_ADDRESS.search)
        | _matches(records["name"], _SWALLOWED.search)
        | _any(records["finess"], _SECRET_FINESS)
        | _any(records["bpe"], _SECRET_BPE)
        | _any(records["soliguide"], _SHELTER_SOLIGUIDE)
        | (lodging(records) & danger)
    )


def lodging(records: pd.DataFrame) -> pd.Series:
    """Tell which services lodge people, by their vocabulary or their names.

    Returns:
        ``bool`` series on the index of ``records``.
    """
    return (
        _any(records["thematics"], _HOUSING_SLUGS)
        | _any(records["soliguide"], _HOUSING_SOLIGUIDE)
        | _any(records["networks"], _HOUSING_NETWORKS)
        | _any(records["typologies"], _HOUSING_TYPOLOGIES)
        | _any(records["finess"], _HOUSING_FINESS)
        | _in_texts(records, _HOUSING_NAME.search)
    )


def _public_in_danger(publics: tuple[str, ...]) -> bool:
    """Judge by the words of every vocabulary: v0 and v1, Soliguide, mednum, a table's own."""
    told = " ".join(publics).lower()
    women = "femmes" in told or "women" in publics
    families = "famille" in told or bool({"family", "pregnant"} & set(publics))
    return speaks_of_danger(told) or (women and families)


def _beside(records: pd.DataFrame, shelter: pd.Series) -> pd.Series:
    """Find the rows of the same structure at the same address or point as a shelter."""
    owner = records["structure"].fillna(records["name"])
    beside = pd.Series(False, index=records.index)
    for first, second in (("address", "postal_code"), ("longitude", "latitude")):
        keys = list(zip(owner, records[first], records[second].map(str), strict=True))
        known = records[first].notna()
        hidden = {key for key, is_one in zip(keys, shelter & known, strict=True) if is_one}
        beside |= known & pd.Series([key in hidden for key in keys], index=records.index)
    return beside


def _any(column: pd.Series, wanted: Iterable[str]) -> pd.Series:
    words = frozenset(wanted)
    return _each(column, lambda values: not words.isdisjoint(values))


def _each(column: pd.Series, test: Callable[[tuple[str, ...]], bool]) -> pd.Series:
    known: dict[tuple[str, ...], bool] = {}
    found = [
        known[values] if values in known else known.setdefault(values, test(values))
        for values in column.tolist()
    ]
    return pd.Series(found, index=column.index, dtype="bool")


def _in_texts(records: pd.DataFrame, test: Callable[[str], object]) -> pd.Series:
    """Tell which rows pass a test by their name, their structure's or their category."""
    found = pd.Series(False, index=records.index)
    for column in _TEXTS:
        found |= _matches(records[column], test)
    for column in _WORDS:
        found |= _each(records[column], lambda words: any(test(word) for word in words))
    return found


def _matches(column: pd.Series, test: Callable[[str], object]) -> pd.Series:
    codes, texts = pd.factorize(column)
    # A missing text has code -1: the last answer.
    answers = np.array([*(bool(test(text)) for text in texts), False], dtype=np.bool_)
    return pd.Series(answers[codes], index=column.index)
