"""What is left of a service whose address must stay secret: enough to count it, nothing else.

Its point, address, commune, phone, page, names, structure, SIRET, category, carrier, funding,
hours, stops and zone are removed; its id is hashed. Two things remain, in memory only, until
:mod:`~cartoallier.supply.twins` and :mod:`~cartoallier.supply.levels` have used them:

- ``generalised`` holds a *ladder* (``epci:… arrondissement:… departement:…``, never the
  commune), of which one rung is kept once every source is read;
- ``known_as`` holds *marks*, so that the same place can be known again in another source.
  A mark is a keyed hash; its key is drawn for this process and is never written: nobody can
  find an address from a mark by trying every address of France.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
import pandas as pd

from cartoallier.catalogue import load_catalogue
from cartoallier.model import Finding, Territory
from cartoallier.model.finding import MASKED
from cartoallier.model.supply import TUPLE_COLUMNS
from cartoallier.supply.marks import marks_of
from cartoallier.supply.sensitivity import RULE_WORDS, shelters

SHELTER = "Hébergement à adresse protégée"
DESK = "Service à adresse protégée"
HIDDEN_ACTION = "adresse protégée\u202f: valeurs masquées, à revoir dans le fichier d'origine"

_REMOVED_TEXTS = (
    "structure", "structure_id", "siret", "category", "place", "address", "postal_code",
    "commune_code", "commune_name", "precision", "phone", "website", "hours", "carrier",
    "funding",
)  # fmt: skip
_REMOVED_NUMBERS = ("longitude", "latitude", "weekly_hours", "quality")
_EMPTIED = ("zone", "stops", "closures")
_OWN_TABLE = "tableau"
_SHAPES = {
    "finess": re.compile(r"\d{3}"),
    "bpe": re.compile(r"[A-G]\d{3}"),
    "soliguide": re.compile(r"\d{3,4}"),
}
_SLUG = re.compile(r"[\w-]{2,60}")
_DETAIL = re.compile(r"«[^»]*»|\d{3,}(?:[.,]\d+)?|\b\d+[.,]\d+")


def generalise(
    records: pd.DataFrame, secret: pd.Series, *, territory: Territory | None = None
) -> pd.DataFrame:
    """Leave of secret rows only what counts them: source, vocabulary, capacity, date.

    Args:
        records: services, places put right.
        secret: which ones, see :func:`~cartoallier.supply.sensitivity.is_secret`.
        territory: gives the zones they will be counted in; without it, they are in none.

    Returns:
        A new frame; ids of secret rows are hashed, ``confidential`` is set.
    """
    if not secret.any():
        return records.assign(confidential=secret)
    kept = records.copy()
    hidden = records[secret]
    marks = marks_of(hidden).tolist()
    kept["confidential"] = secret
    kept.loc[secret, "name"] = np.where(shelters(hidden), SHELTER, DESK)
    ladder = ladders(hidden["commune_code"], territory=territory)
    kept.loc[secret, "generalised"] = ladder.to_numpy()
    for column in _REMOVED_TEXTS:
        kept.loc[secret, column] = None
    kept.loc[secret, list(_REMOVED_NUMBERS)] = np.nan
    for column in TUPLE_COLUMNS:
        kept[column] = _masked_words(records, column, secret=secret, marks=marks)
    ids = [
        hashed_id(source, one) if hidden else one
        for source, one, hidden in zip(records["source"], records.index, secret, strict=True)
    ]
    return kept.set_axis(pd.Index(ids, name="id", dtype="str"))


def _masked_words(
    records: pd.DataFrame, column: str, *, secret: pd.Series, marks: Sequence[tuple[str, ...]]
) -> pd.Series:
    """Return a column of tuples where secret rows keep the words of a vocabulary only."""
    values = records[column].tolist()
    tests = {free: _keeps(column, free=free) for free in (True, False)}
    for position, mine in zip(np.flatnonzero(secret), marks, strict=True):
        if column == "known_as":
            values[position] = mine
        elif column in _EMPTIED:
            values[position] = ()
        elif column != "themes":  # these are keys of the catalogue, or the project's
            test = tests[records["source"].iloc[position] == _OWN_TABLE]
            values[position] = tuple(word for word in values[position] if test(word))
    return pd.Series(values, index=records.index, dtype="object")


def _keeps(column: str, *, free: bool) -> Callable[[str], bool]:
    """Return which words of a column name a kind of place.

    In someone's own table the category is free text, often the place's name: only words that
    the rules or the catalogue know stay.
    """
    known = RULE_WORDS | _catalogue_words()
    shape = _SHAPES.get(column) or (None if free or column == "thematics" else _SLUG)
    return lambda word: word in known or bool(shape and shape.fullmatch(word))


@cache
def _catalogue_words() -> frozenset[str]:
    words: set[str] = set()
    for theme in load_catalogue().themes.values():
        for one in (theme.selectors, *(kind.selectors for kind in theme.expected)):
            words |= one.di_v1 | one.di_v0 | one.typologies | one.networks | one.publics
            words |= one.soliguide | one.soliguide_legacy | one.finess | one.bpe
    return frozenset(words)


def ladders(communes: pd.Series, *, territory: Territory | None) -> pd.Series:
    """Return the zones each commune is in, the finest first, as ``kind:code`` words.

    A zone of one commune is no rung: it would name the commune. A commune outside the
    territory has its département alone; an unknown one has nothing.
    """
    rungs: dict[str, str] = {}
    if territory is not None:
        table = territory.communes
        named = [("epci", "epci_code"), ("arrondissement", "arrondissement_code")]
        wide = {
            column: frozenset(counts.index[counts > 1])
            for _, column in named
            for counts in [table[column].value_counts()]
        }
        for code in communes.dropna().unique():
            parts = []
            if code in table.index:
                row = table.loc[code]
                parts = [f"{k}:{row[c]}" for k, c in named if row[c] in wide[c]]
                departement = str(row["departement_code"])
            else:
                departement = code[:3] if code[:2] == "97" else code[:2]
            rungs[code] = " ".join([*parts, f"departement:{departement}"])
    return communes.map(rungs).astype("str")


def hashed_id(source: str, original: str) -> str:
    """Return the id that replaces one which could lead back to the place.

    It is the same in every file, so that two exports of one directory are known to hold the
    same service. :func:`~cartoallier.supply.twins.hide_twins` replaces it once they are
    gathered: whoever holds a public directory could hash its ids and compare.
    """
    digest = hashlib.sha256(f"{source}\n{original}".encode()).hexdigest()
    return f"{source}--{digest[:16]}"


def mask_findings(
    findings: Iterable[Finding],
    *,
    lines: Iterable[int],
    judged: Iterable[int],
    file: str | None = None,
) -> list[Finding]:
    """Hide what findings say of secret rows: their line and the observation alone remain.

    Args:
        findings: of one source.
        lines: rows which hold a secret service.
        judged: every row that became a service. A row that did not (a duplicate, a row without
            a name) was not judged: its values are hidden too.
        file: the file these lines are of. Rows of another file (the structures beside a file
            of services) were not judged: their values are hidden. ``None``: all are of one.
    """
    hidden = frozenset(lines)
    seen = frozenset(judged) | {None}
    masked = []
    for finding in findings:
        own = file is None or finding.file == file
        known = finding.line in seen if own else finding.line is None
        if (own and finding.line in hidden) or (not known and _tells(finding)):
            masked.append(mask(finding))
        else:
            masked.append(finding)
    return masked


def _tells(finding: Finding) -> bool:
    return bool(finding.value or _DETAIL.search(f"{finding.what} {finding.action}"))


def mask(finding: Finding) -> Finding:
    """Return a finding without anything its row says: the action may name the commune."""
    return Finding(
        file=finding.file,
        line=finding.line,
        value=MASKED,
        what=_DETAIL.sub("…", finding.what),
        action=HIDDEN_ACTION if _DETAIL.search(finding.action) else finding.action,
    )
