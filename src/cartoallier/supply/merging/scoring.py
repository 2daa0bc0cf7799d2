"""How much two descriptions look like one desk: a sum of evidence, from 0 to 1.

``score = 1 / (1 + exp(-(departure + name + kind + address + phone + siret + distance)))``

Each term is read in ``scoring.toml``. What is missing on one side says nothing: its term is 0.

- *name*: similarity ``n``, the mean of rapidfuzz's ``token_sort_ratio`` and ``token_set_ratio``
  of folded names without the commune; between two desks of the same kind (two France Services,
  two CCAS), of what names say beyond their kind, or a fixed term when one says nothing more;
- *kind*: from names and vocabularies (``wording.toml``); more when each directory knows only
  one desk of that kind in the commune;
- *address*, *phone*, *siret*: same, compatible or different; a SIRET is that of a company, never
  proof alone;
- *distance*: between precise points, else nothing: the pair is at least of one commune.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from rapidfuzz import fuzz, process

from cartoallier.supply.merging.desks import Desks, distance_m, only_ones

_CHUNK = 400_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Scores:
    """What each pair looks like.

    Attributes:
        score: from 0 to 1.
        name: similarity of names, 0 to 1.
        generic: of one kind, a name saying nothing more.
        door: 1 same door (points within 2 km of each other, or unknown), 0.5 same street,
            0 unknown or doubtful, -1 another.
        phone: 1 same, 0 unknown, -1 different.
        siret: 1 same, 0.5 same company, 0 unknown, -1 different.
        distance: metres, missing when a side has no precise point.
    """

    score: np.ndarray
    name: np.ndarray
    generic: np.ndarray
    door: np.ndarray
    phone: np.ndarray
    siret: np.ndarray
    distance: np.ndarray


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """Return the weights of ``scoring.toml``."""
    text = files("cartoallier.supply.merging").joinpath("scoring.toml").read_text("utf-8")
    return tomllib.loads(text)


def score_pairs(desks: Desks, first: np.ndarray, second: np.ndarray) -> Scores:
    """Score pairs of desks; see the module's formula.

    Args:
        desks: of all directories.
        first: positions in ``desks``.
        second: positions in ``desks``.

    Returns:
        Arrays in the order of the pairs.
    """
    only = only_ones(desks)
    parts = [
        _score(desks, first[start : start + _CHUNK], second[start : start + _CHUNK], only)
        for start in range(0, max(len(first), 1), _CHUNK)
    ]
    return Scores(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Scores.__dataclass_fields__
        }
    )


def _score(desks: Desks, first: np.ndarray, second: np.ndarray, only: np.ndarray) -> Scores:
    table = weights()
    shared = desks.kinds[first] & desks.kinds[second]
    name, generic = _names(desks, first, second, same_kind=shared != 0)
    w = table["name"]
    slope = np.clip((name - w["floor"]) / (w["ceiling"] - w["floor"]), 0, 1)
    lowest = np.where(shared != 0, w["lowest_same_kind"], w["lowest"])
    total = np.where(generic, w["generic"], lowest + (w["highest"] - lowest) * slope)
    w = table["kind"]
    known = (desks.kinds[first] != 0) & (desks.kinds[second] != 0)
    total += np.where(shared != 0, w["same"], np.where(known, w["different"], 0.0))
    together = (desks.commune[first] == desks.commune[second]) & (desks.commune[first] >= 0)
    alone = (shared & only[first] & only[second]) != 0
    total += np.where(alone & together, w["only"], 0.0)
    door, term = _doors(desks, first, second)
    total += term
    phone = _same(desks.phone[first], desks.phone[second])
    w = table["phone"]
    total += np.where(phone > 0, w["same"], np.where(phone < 0, w["different"], 0.0))
    siret, term = _sirets(desks.siret[first], desks.siret[second])
    total += term
    distance = distance_m(
        desks.longitude[first], desks.latitude[first], desks.longitude[second],
        desks.latitude[second],
    )  # fmt: skip
    knots = table["distance"]
    term = np.interp(distance, knots["metres"], knots["weight"])
    astray = (door == 1) & (distance <= knots["same_door_within"])
    term = np.where(astray, np.maximum(term, knots["same_door"]), term)
    total += np.where(np.isnan(distance), knots["commune"], term)
    total += table["departure"]
    return Scores(
        score=1 / (1 + np.exp(-total)),
        name=name,
        generic=generic,
        door=np.where(distance > knots["same_door_within"], 0.0, door),
        phone=phone,
        siret=siret,
        distance=distance,
    )


def similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the similarity of texts pair by pair, 0 where one is empty."""
    one, other = first.tolist(), second.tolist()
    if not one:
        return np.zeros(0)
    alike: np.ndarray = process.cpdist(one, other, scorer=fuzz.token_sort_ratio, dtype="float32")
    empty = (first == "") | (second == "")
    return np.where(empty, 0.0, (alike.astype("float64") / 100 + among(first, second)) / 2)


def among(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the similarity of texts pair by pair, 1 where one holds the other."""
    one, other = first.tolist(), second.tolist()
    if not one:
        return np.zeros(0)
    found: np.ndarray = process.cpdist(one, other, scorer=fuzz.token_set_ratio, dtype="float32")
    return np.where((first == "") | (second == ""), 0.0, found.astype("float64") / 100)


def _names(
    desks: Desks, first: np.ndarray, second: np.ndarray, *, same_kind: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best similarity of any two names of a pair, and where none says anything."""
    whole = (desks.label, desks.alias)
    name = np.zeros(len(first))
    generic = np.zeros(len(first), dtype="bool")
    for i in (0, 1):
        for j in (0, 1):
            usable = np.flatnonzero((whole[i][first] != "") & (whole[j][second] != ""))
            if not len(usable):
                continue
            a, b, alike = first[usable], second[usable], same_kind[usable]
            own = similarity(desks.own[i][a], desks.own[j][b])
            told = (desks.kinds[a] != 0) & (desks.kinds[b] != 0)
            # Of one kind, only what is their own counts; a side that says no kind may have
            # left it out; two kinds are compared whole.
            found = similarity(whole[i][a], whole[j][b])
            found = np.where(alike, own, np.where(told, found, np.maximum(found, own)))
            name[usable] = np.maximum(name[usable], found)
            if i == j == 0:
                generic[usable] = alike & ((desks.own[0][a] == "") | (desks.own[0][b] == ""))
    return name, generic & (name < weights()["name"]["ceiling"])


def _doors(desks: Desks, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = weights()["address"]
    left, right = desks.street[first], desks.street[second]
    # One side often adds the building or the floor: what both write is what counts.
    alike = among(left, right)
    known = (left != "") & (right != "")
    number = _same(desks.number[first], desks.number[second])
    street = known & (alike >= w["alike"])
    # « Place de la Gare » is a whole address where neither side writes a number.
    bare = (desks.number[first] == "") & (desks.number[second] == "")
    whole = street & bare & (similarity(left, right) >= w["alike"])
    cases = [
        (street & (number > 0)) | whole,
        street & (number == 0),
        street & (number < 0),
        known & (alike < w["unlike"]),
    ]
    term = np.select(
        cases, [w["same_door"], w["same_street"], w["other_number"], w["other_street"]], 0.0
    )
    return np.select(cases, [1.0, 0.5, 0.0, -1.0], 0.0), term


def _same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return 1 where texts are the same, -1 where they differ, 0 where one is missing."""
    known = (first != "") & (second != "")
    return np.where(known, np.where(first == second, 1.0, -1.0), 0.0)


def _sirets(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    w = weights()["siret"]
    same = _same(first, second)
    differ = np.flatnonzero(same < 0)
    company = [a[:9] == b[:9] for a, b in zip(first[differ], second[differ], strict=True)]
    same[differ[np.asarray(company, dtype="bool")]] = 0.5
    cases = [same == 1, same == 0.5, same < 0]
    return same, np.select(cases, [w["same"], w["same_company"], w["different"]], 0.0)
