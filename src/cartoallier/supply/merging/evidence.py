"""What links records by their ids, and why: the rows of ``doublons.csv``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from cartoallier.supply.merging.clusters import SEPARATED, Groups
from cartoallier.supply.merging.desks import Desks, provenance_keys
from cartoallier.supply.merging.scoring import Scores, score_pairs
from cartoallier.supply.merging.typed_twice import TWICE

MERGED = "fusionne"
TO_VERIFY = "a_verifier"
SEPARATED_BY_USER = "separe_par_decision"
MERGED_BY_USER = "fusionne_par_decision"

DUPLICATE_COLUMNS: tuple[str, ...] = (
    "id_garde", "id_autre", "nom_garde", "nom_autre", "source_garde", "source_autre",
    "fichier_autre", "ligne_autre", "code_commune", "distance_m", "score", "preuve", "decision",
)  # fmt: skip
"""Columns of ``doublons.csv``; distances in whole metres, scores from 0 to 1."""

KEPT_BOTH = "lieu commun, fiches gardées"
TWO_WAYS = "l'une itinérante ou à distance, l'autre non"

_LABELS = {
    "dora": "DORA",
    "soliguide": "Soliguide",
    "france-services": "France Services",
    "mednum": "médiation numérique",
    "mediation-numerique": "médiation numérique",
    "finess": "FINESS",
}


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """What stays apart and somebody should look at.

    Attributes:
        pairs: pairs of desks, not in one place.
        refused: of those, why the sure ones were refused, in French.
        crossed: pairs of records with the same id that do not receive in the same way.
    """

    pairs: list[tuple[int, int]] = field(default_factory=list)
    refused: dict[tuple[int, int], str] = field(default_factory=dict)
    crossed: list[tuple[int, int, str]] = field(default_factory=list)


class _Work(Protocol):
    """What explaining needs of a merge."""

    @property
    def records(self) -> pd.DataFrame: ...
    @property
    def ranks(self) -> np.ndarray: ...
    @property
    def desks(self) -> Desks: ...
    @property
    def links(self) -> list[tuple[int, int, str]]: ...
    @property
    def beside(self) -> list[tuple[int, int, str]]: ...
    @property
    def together(self) -> list[tuple[int, int]]: ...
    @property
    def apart(self) -> list[tuple[int, int]]: ...


def provenance_links(records: pd.DataFrame) -> list[tuple[int, int, str]]:
    """Return pairs of records known by the same id, with that id.

    Args:
        records: sorted by id.

    Returns:
        Positions and the id; each record is linked to the first known by the id.
    """
    holders: dict[str, int] = {}
    links: dict[tuple[int, int], str] = {}
    placed = records["place"].notna().to_numpy()
    for position, keys in enumerate(provenance_keys(records)):
        for key in keys:
            first = holders.setdefault(key, position)
            if first != position and not (placed[first] and placed[position]):
                links.setdefault((first, position), key)
    return [(first, second, key) for (first, second), key in links.items()]


def no_duplicates() -> pd.DataFrame:
    """Return an empty ``doublons.csv``."""
    return _table([])


def explain(
    work: _Work,
    *,
    groups: Groups,
    sets: Mapping[int, Sequence[int]],
    doubts: Doubts,
    named: Sequence[str],
) -> pd.DataFrame:
    """Return one row per record merged, per desk brought to a place, and per doubt.

    Args:
        work: the merge.
        groups: desks of each place.
        sets: kept record -> records that became one with it.
        doubts: pairs to look at.
        named: names of the records.

    Returns:
        ``doublons.csv``, the surest first within each decision.
    """
    merged = [(best, other) for best, members in sets.items() for other in members[1:]]
    joined = _joined(work, groups, sets)
    separated = {tuple(sorted(pair)) for pair in work.apart}
    doubtful: list[tuple[int, int]] = []
    notes: list[str] = []
    for pair in doubts.pairs:
        reason = doubts.refused.get(pair, "")
        shown = _shown(work, pair)
        if reason != SEPARATED and tuple(sorted(shown)) not in separated:
            doubtful.append(shown)
            notes.append(f"non réunis\u00a0: {reason}" if reason else "")
    crossed = [_best_first(work, a, b) for a, b, _ in doubts.crossed]
    aparts = [_best_first(work, a, b) for a, b in sorted(separated)]
    pairs = [*merged, *joined, *doubtful, *crossed, *aparts]
    decided = {i for pair in work.together for i in pair}
    decisions = [
        *(MERGED_BY_USER if {a, b} <= decided else MERGED for a, b in [*merged, *joined]),
        *([TO_VERIFY] * (len(doubtful) + len(crossed))),
        *([SEPARATED_BY_USER] * len(aparts)),
    ]
    extra = [
        *([""] * len(merged)), *([KEPT_BOTH] * len(joined)), *notes, *([TWO_WAYS] * len(crossed)),
        *([""] * len(aparts)),
    ]  # fmt: skip
    return _rows(work, pairs, decisions=decisions, extra=extra, named=named)


def _best_first(work: _Work, a: int, b: int) -> tuple[int, int]:
    return (a, b) if work.ranks[a] <= work.ranks[b] else (b, a)


def _shown(work: _Work, pair: tuple[int, int]) -> tuple[int, int]:
    """Return the records that stand for two desks."""
    return _best_first(work, *(int(work.desks.record[desk]) for desk in pair))


def _joined(
    work: _Work, groups: Groups, sets: Mapping[int, Sequence[int]]
) -> list[tuple[int, int]]:
    """Return (best record of the place, record) for desks brought to it, all records kept."""
    unit = work.desks.of_record
    met = Groups.of(np.zeros(len(work.desks), dtype="int64"))
    for members in sets.values():
        for other in members[1:]:
            a, b = met.find(int(unit[members[0]])), met.find(int(unit[other]))
            if a != b:
                met.join(a, b)
    gone = {other for members in sets.values() for other in members[1:]}
    pairs: list[tuple[int, int]] = []
    for desks in groups.members.values():
        shown = {desk: int(work.desks.record[desk]) for desk in desks}
        best = min(desks, key=lambda desk: int(work.ranks[shown[desk]]))
        seen = {met.find(best)}
        for desk in sorted(desks, key=lambda one: int(work.ranks[shown[one]])):
            if met.find(desk) not in seen and shown[desk] not in gone:
                seen.add(met.find(desk))
                pairs.append((shown[best], shown[desk]))
    return pairs


def _rows(
    work: _Work,
    pairs: Sequence[tuple[int, int]],
    *,
    decisions: Sequence[str],
    extra: Sequence[str],
    named: Sequence[str],
) -> pd.DataFrame:
    if not pairs:
        return no_duplicates()
    unit = work.desks.of_record
    both = np.asarray(pairs, dtype="int64")
    scores = score_pairs(work.desks, unit[both[:, 0]], unit[both[:, 1]])
    ids = {frozenset(link[:2]): link[2] for link in work.links}
    lieux = {frozenset((unit[a], unit[b])): key for a, b, key in work.beside}
    keys = provenance_keys(work.records)
    columns = {
        name: work.records[name].astype("object").where(work.records[name].notna(), None).tolist()
        for name in ("source", "file", "line", "commune_code")
    }
    index = work.records.index.to_numpy(dtype="object")
    rows: list[dict[str, Any]] = []
    for i, (a, b) in enumerate(pairs):
        key = ids.get(frozenset((a, b))) or next(iter(set(keys[a]) & set(keys[b])), "")
        key = key or lieux.get(frozenset((unit[a], unit[b])), "")
        proof = _proof(scores, i, key=key)
        distance = scores.distance[i]
        rows.append(
            {
                "id_garde": index[a],
                "id_autre": index[b],
                "nom_garde": named[a],
                "nom_autre": named[b],
                "source_garde": columns["source"][a],
                "source_autre": columns["source"][b],
                "fichier_autre": columns["file"][b],
                "ligne_autre": columns["line"][b],
                "code_commune": columns["commune_code"][a] or columns["commune_code"][b],
                "distance_m": np.nan if math.isnan(distance) else round(float(distance)),
                "score": 1.0 if key else round(float(scores.score[i]), 3),
                "preuve": "\u00a0; ".join(filter(None, (proof, extra[i]))),
                "decision": decisions[i],
            }
        )
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(DUPLICATE_COLUMNS))
    texts = set(DUPLICATE_COLUMNS) - {"ligne_autre", "distance_m", "score"}
    table = table.astype(
        dict.fromkeys(sorted(texts), "str")
        | {"ligne_autre": "Int64", "distance_m": "Int64", "score": "float64"}
    )
    turn = {name: i for i, name in enumerate((MERGED, MERGED_BY_USER, TO_VERIFY))}
    order = table.assign(turn=[turn.get(one, 9) for one in table["decision"]])
    order = order.sort_values(
        ["turn", "score", "id_garde", "id_autre"], ascending=[True, False, True, True]
    )
    return order.drop(columns="turn").reset_index(drop=True)


def _proof(scores: Scores, i: int, *, key: str) -> str:
    """Return the evidence in French: « nom 0,93, téléphone, 40 m »."""
    if key == TWICE:
        return "même nom, même genre et même endroit dans une même liste"
    if key:
        directory = key.split("--", 1)[0]
        return f"même identifiant {_LABELS.get(directory, directory)}"
    parts: list[str] = []
    if scores.siret[i] == 1:
        parts.append("même SIRET")
    if scores.generic[i]:
        parts.append("même genre de lieu")
    else:
        parts.append(f"nom {scores.name[i]:.2f}".replace(".", ","))
    if scores.door[i] > 0:
        parts.append("même adresse" if scores.door[i] == 1 else "même rue")
    if scores.phone[i] == 1:
        parts.append("téléphone")
    if math.isnan(scores.distance[i]):
        parts.append("même commune")
    else:
        parts.append(f"{scores.distance[i]:.0f}\u00a0m")
    return ", ".join(parts)
