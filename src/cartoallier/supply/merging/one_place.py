"""One place, once: records of several directories brought together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartoallier.model import Finding
from cartoallier.supply.collecting import uncollected
from cartoallier.supply.merging import evidence
from cartoallier.supply.merging.candidates import RADIUS_M, candidate_pairs
from cartoallier.supply.merging.clusters import Groups, cluster
from cartoallier.supply.merging.decisions import Decision, Decisions
from cartoallier.supply.merging.desks import (
    FIXED,
    Desks,
    best_first,
    build_desks,
)
from cartoallier.supply.merging.fusion import fuse, share_points
from cartoallier.supply.merging.same_lieu import same_lieu
from cartoallier.supply.merging.same_records import same_records
from cartoallier.supply.merging.scoring import score_pairs
from cartoallier.supply.merging.typed_twice import typed_twice


@dataclass(frozen=True, kw_only=True)
class MergeParameters:
    """Thresholds of merging.

    Attributes:
        merge_at: two desks are one from this score on.
        verify_at: from this score on, and below ``merge_at``, somebody has to look.
        radius_m: metres within which desks are compared.
        service_alike: similarity of names (0 to 1) from which two services of one desk, in two
            directories, are the same service.
    """

    merge_at: float = 0.65
    verify_at: float = 0.35
    radius_m: float = RADIUS_M
    service_alike: float = 0.90


@dataclass(frozen=True, eq=False, kw_only=True)
class Merged:
    """Records after merging.

    Attributes:
        records: ``SERVICE_COLUMNS``, ``place`` filled, in the order they came.
        duplicates: ``doublons.csv``, columns :data:`~.evidence.DUPLICATE_COLUMNS`.
        findings: decisions that could not be followed.
    """

    records: pd.DataFrame
    duplicates: pd.DataFrame
    findings: list[Finding]


@uncollected()
def merge(
    records: pd.DataFrame,
    *,
    decisions: Decisions | None = None,
    parameters: MergeParameters | None = None,
) -> Merged:
    """Give every record the place it is at, and keep once what several directories describe.

    A *place* is a desk: one structure at one door. Its records share ``place`` (the id of the
    best of them) and one point. Records become one when an id says so, when they are the only
    listing of the desk in their directories, or when their services bear the same name;
    otherwise they stay distinct records of the place. Secret records are never compared, a
    round never meets a fixed desk, and two rows of one directory are never merged unless an id
    says so or a declared list holds the same name, kind and point twice. Records whose ``place``
    is already filled are not compared again: merging twice
    changes nothing. The order of rows changes nothing but which of two equals is kept; a record
    that declares its themes is not merged with one that does not (it would lose those its words
    answer), they share their place.

    Args:
        records: what :func:`~cartoallier.supply.gather` returned.
        decisions: what the user said of pairs.
        parameters: thresholds.

    Returns:
        Records, duplicates explained, findings.
    """
    limits = parameters or MergeParameters()
    said = decisions or Decisions()
    if records["place"].notna().all():
        return Merged(
            records=records, duplicates=evidence.no_duplicates(), findings=list(said.findings)
        )
    # Work on sorted ids: neither rows nor files in another order can change what meets what.
    ranks = best_first(records)
    turn = np.argsort(records.index.to_numpy(dtype="object"))
    work = _Work.of(records.iloc[turn], ranks=ranks[turn], said=said)
    groups, doubts = _places(work, limits)
    sets = same_records(
        records=work.records,
        desks=work.desks,
        root=np.array([groups.find(i) for i in range(len(work.desks))])[work.desks.of_record],
        ranks=work.ranks,
        together=work.together,
        linked=[(a, b) for a, b, _ in work.links if work.way(a) == work.way(b)],
        apart=work.apart,
        alike=limits.service_alike,
    )
    place = _place_ids(work, groups)
    fused, kept = fuse(work.records.assign(place=place), sets)
    duplicates = evidence.explain(
        work, groups=groups, sets=sets, doubts=doubts, named=fused["name"].tolist()
    )
    shared = share_points(fused[kept], ranks=work.ranks[kept])
    left = frozenset(shared.index.tolist())  # ``Index.isin`` takes ten times as long
    order = records.index[[one in left for one in records.index.tolist()]]
    return Merged(
        records=shared.loc[order], duplicates=duplicates, findings=[*said.findings, *work.findings]
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Work:
    """What the steps of one merge share; positions are those of ``records``."""

    records: pd.DataFrame
    ranks: np.ndarray
    desks: Desks
    links: list[tuple[int, int, str]]
    beside: list[tuple[int, int, str]]
    together: list[tuple[int, int]]
    apart: list[tuple[int, int]]
    findings: list[Finding]

    @classmethod
    def of(cls, records: pd.DataFrame, *, ranks: np.ndarray, said: Decisions) -> _Work:
        together, apart, findings = _positions(records, said)
        desks = build_desks(records, ranks=ranks)
        alone = {b for a, b in apart if desks.of_record[a] == desks.of_record[b]}
        if alone:
            desks = build_desks(records, ranks=ranks, apart=alone)
        forbidden = {frozenset(pair) for pair in apart}
        links = [
            link
            for link in (*evidence.provenance_links(records), *typed_twice(records, desks))
            if frozenset(link[:2]) not in forbidden
        ]
        return cls(
            records=records,
            ranks=ranks,
            desks=desks,
            links=links,
            beside=_together(same_lieu(records), desks=desks, forbidden=forbidden),
            together=together,
            apart=apart,
            findings=findings,
        )

    def way(self, position: int) -> int:
        """Return how a record receives: fixed, itinerant, remote or secret."""
        return int(self.desks.how[self.desks.of_record[position]])


def _together(
    links: list[tuple[int, int, str]], *, desks: Desks, forbidden: set[frozenset[int]]
) -> list[tuple[int, int, str]]:
    """Keep the pairs that receive in the same way and that nobody parted."""
    return [
        (a, b, key)
        for a, b, key in links
        if frozenset((a, b)) not in forbidden
        and desks.how[desks.of_record[a]] == desks.how[desks.of_record[b]]
    ]


def _positions(
    records: pd.DataFrame, said: Decisions
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[Finding]]:
    """Return the decisions as positions; the last word on a pair counts."""
    last: dict[frozenset[str], Decision] = {
        frozenset((one.first, one.second)): one for one in said.pairs
    }
    secret = records["confidential"].to_numpy()
    where = {one: i for i, one in enumerate(records.index.tolist()) if not secret[i]}
    ways = np.select([records["itinerant"], records["remote"]], [1, 2], FIXED)
    together: list[tuple[int, int]] = []
    apart: list[tuple[int, int]] = []
    findings: list[Finding] = []
    for one in last.values():
        unknown = [i for i in (one.first, one.second) if i not in where]
        if unknown:
            findings += [said.unknown_id(one, i) for i in unknown]
            continue
        pair = (where[one.first], where[one.second])
        if not one.merged:
            apart.append(pair)
        elif ways[pair[0]] != ways[pair[1]]:
            findings.append(said.two_ways(one))
        else:
            together.append(pair)
    return together, apart, findings


def _places(work: _Work, limits: MergeParameters) -> tuple[Groups, evidence.Doubts]:
    """Cluster desks into places."""
    desks = work.desks
    unit = desks.of_record
    first, second = candidate_pairs(desks, radius_m=limits.radius_m)
    scores = score_pairs(desks, first, second)
    sure = np.flatnonzero(scores.score >= limits.merge_at)
    sure = sure[np.lexsort([second[sure], first[sure], -scores.score[sure]])]
    met = [(int(unit[a]), int(unit[b])) for a, b, _ in work.links if work.way(a) == work.way(b)]
    met += [(int(unit[a]), int(unit[b])) for a, b, _ in work.beside]
    met += [(int(unit[a]), int(unit[b])) for a, b in work.together]
    groups, refused = cluster(
        desks,
        met,
        pairs=list(zip(first[sure].tolist(), second[sure].tolist(), strict=True)),
        same_door=(scores.door[sure] == 1).tolist(),
        apart=[(int(unit[a]), int(unit[b])) for a, b in work.apart],
    )
    roots = np.array([groups.find(i) for i in range(len(desks))], dtype="int64")
    doubtful = (scores.score >= limits.verify_at) & (roots[first] != roots[second])
    crossed = [link for link in work.links if work.way(link[0]) != work.way(link[1])]
    rows = np.flatnonzero(doubtful)
    return groups, evidence.Doubts(
        pairs=list(zip(first[rows].tolist(), second[rows].tolist(), strict=True)),
        refused=refused,
        crossed=crossed,
    )


def _place_ids(work: _Work, groups: Groups) -> pd.Series:
    """Return the place of each record: the id of the best record of its desk."""
    roots = np.array([groups.find(i) for i in range(len(work.desks))], dtype="int64")
    root = roots[work.desks.of_record]
    order = np.lexsort([work.ranks, root])
    found, start = np.unique(root[order], return_index=True)
    best = np.zeros(int(root.max(initial=0)) + 1, dtype="int64")
    best[found] = order[start]
    ids = work.records.index.to_numpy(dtype="object")[best[root]]
    place = pd.Series(ids, index=work.records.index, dtype="str")
    return work.records["place"].where(work.records["place"].notna(), place)
