"""Addresses that must stay secret: which rows, and what is left of them.

The rules are the union of two lists: the sector's practice (FINESS, BPE, data·inclusion,
Soliguide codes and names) and texts that speak of people in danger about a place that lodges.
They are conservative on purpose: a desk masked by excess can be declared by hand, an address
shown by mistake cannot be taken back.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from cartoallier.model import Finding
from cartoallier.model.finding import MASKED

SHELTER = "Hébergement à adresse protégée"
DESK = "Service à adresse protégée"

_DANGER_SLUGS = frozenset(
    {"famille--surmonter-conflits-separation-violence", "famille--violences-intrafamiliales"}
)
_HOUSING_SLUGS = frozenset(
    {
        "logement-hebergement--rechercher-une-solution-dhebergement-temporaire",
        "logement-hebergement--mal-loges-sans-logis",
    }
)
_SECRET_SOLIGUIDE = frozenset({"sexual_violence_support", "emergency_accommodation", "1302"})
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

_SECRET_NAME = re.compile(
    r"violence|femmes?.*(?:accueil|refuge)|centre maternel|accueil m[èe]re", re.IGNORECASE
)
_DANGER = re.compile(
    r"violence|victimes?\b|mises? à l['’]abri|confidentiel|prostitution|\bsecr[eè]te?s?\b",
    re.IGNORECASE,
)
_WOMEN = re.compile(r"\bfemmes?\b", re.IGNORECASE)
_CHILDREN = re.compile(r"\benfants?\b", re.IGNORECASE)
_SECRET_ADDRESS = re.compile(
    r"confidentiel|non[ -]communiqu|tenue? secr|\bsecr[eè]te?\b|sur orientation", re.IGNORECASE
)
_REMOVED_TEXTS = (
    "structure",
    "address",
    "postal_code",
    "commune_code",
    "commune_name",
    "precision",
    "phone",
    "website",
    "hours",
    "carrier",
    "funding",
)


def speaks_of_danger(text: str) -> bool:
    """Return whether a text speaks of violence, victims, shelter or secrecy."""
    if not text:
        return False
    return bool(_DANGER.search(text)) or bool(_WOMEN.search(text) and _CHILDREN.search(text))


def is_housing(slugs: Iterable[str], networks: Iterable[str], typology: str) -> bool:
    """Return whether a service lodges people, by what data·inclusion says of it."""
    return (
        not _HOUSING_SLUGS.isdisjoint(slugs)
        or not _HOUSING_NETWORKS.isdisjoint(networks)
        or typology.lower() in _HOUSING_NETWORKS
    )


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
    shelter = _shelters(records)
    desk = (
        _any(records["thematics"], _DANGER_SLUGS)
        | _any(records["soliguide"], _SECRET_SOLIGUIDE)
        | _matches(records["name"], _SECRET_NAME.search)
        | _matches(records["structure"], _SECRET_NAME.search)
    )
    return shelter | desk | _beside(records, shelter)


def _shelters(records: pd.DataFrame) -> pd.Series:
    lodges = (
        _any(records["thematics"], _HOUSING_SLUGS)
        | _any(records["soliguide"], _HOUSING_SOLIGUIDE)
        | _any(records["networks"], _HOUSING_NETWORKS)
        | _any(records["typologies"], {code.upper() for code in _HOUSING_NETWORKS})
        | _any(records["finess"], _HOUSING_FINESS)
    )
    danger = (
        _matches(records["name"], speaks_of_danger)
        | _matches(records["structure"], speaks_of_danger)
        | _each(records["publics"], _public_in_danger)
        | _any(records["thematics"], _DANGER_SLUGS)
    )
    return (
        records["confidential"]
        | _matches(records["address"], _SECRET_ADDRESS.search)
        | _any(records["finess"], _SECRET_FINESS)
        | _any(records["bpe"], _SECRET_BPE)
        | _any(records["soliguide"], {"emergency_accommodation", "1302"})
        | (lodges & danger)
        | (lodges & _matches(records["name"], _SECRET_NAME.search))
        | (lodges & _matches(records["structure"], _SECRET_NAME.search))
    )


def _public_in_danger(publics: tuple[str, ...]) -> bool:
    if {"victimes", "violence", "prostitution"} & set(publics):
        return True
    return "femmes" in publics and bool({"familles", "familles-enfants"} & set(publics))


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
    known = {values: test(values) for values in set(column)}
    return pd.Series([known[values] for values in column], index=column.index, dtype="bool")


def _matches(column: pd.Series, test: Callable[[str], object]) -> pd.Series:
    known = {value: bool(test(value)) for value in column.dropna().unique()}
    found = [known.get(value, False) for value in column]
    return pd.Series(found, index=column.index, dtype="bool")


def generalise(records: pd.DataFrame, secret: pd.Series) -> pd.DataFrame:
    """Leave of secret rows only what counts them: source, vocabulary, capacity, opening volume.

    Args:
        records: services.
        secret: which ones, see :func:`is_secret`.

    Returns:
        A new frame; ids of secret rows are hashed, ``confidential`` is set.
    """
    if not secret.any():
        return records.assign(confidential=secret)
    kept = records.copy()
    shelter = _shelters(records)
    kept["confidential"] = secret
    kept.loc[secret, "name"] = np.where(shelter[secret], SHELTER, DESK)
    for column in _REMOVED_TEXTS:
        kept.loc[secret, column] = None
    kept.loc[secret, ["longitude", "latitude"]] = np.nan
    kept["zone"] = pd.Series(
        [() if hidden else zone for hidden, zone in zip(secret, records["zone"], strict=True)],
        index=kept.index,
        dtype="object",
    )
    ids = [
        hashed_id(source, one) if hidden else one
        for source, one, hidden in zip(records["source"], records.index, secret, strict=True)
    ]
    return kept.set_axis(pd.Index(ids, name="id", dtype="str"))


def hashed_id(source: str, original: str) -> str:
    """Return the id that replaces one which could lead back to the place."""
    digest = hashlib.sha256(f"{source}\n{original}".encode()).hexdigest()
    return f"{source}--{digest[:16]}"


def mask_findings(
    findings: Iterable[Finding], *, lines: Iterable[int], judged: Iterable[int]
) -> list[Finding]:
    """Hide what findings say of secret rows: their line and the observation alone remain.

    Args:
        findings: of one file.
        lines: rows of that file which hold a secret service.
        judged: every row that became a service. A row that did not (a duplicate, a row without
            a name) was not judged: its values are hidden too.
    """
    hidden = frozenset(lines)
    seen = frozenset(judged) | {None}
    return [
        Finding(
            file=finding.file,
            line=finding.line,
            value=MASKED,
            what=finding.what,
            action=finding.action,
        )
        if finding.line in hidden or (finding.value and finding.line not in seen)
        else finding
        for finding in findings
    ]
