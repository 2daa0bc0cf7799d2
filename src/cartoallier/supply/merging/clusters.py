"""From pairs to desks: union-find, the surest pairs first, with a guard against chains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cartoallier.supply.merging.desks import SPAN_M, Desks, distance_m

TOO_FAR = "plus de 300 m entre les points du lieu"
SAME_DIRECTORY = "deux lieux d'un même annuaire"
SEPARATED = "séparés par décision"


@dataclass(eq=False, kw_only=True)
class Groups:
    """Sets of numbered things, joined two by two unless something forbids it.

    Attributes:
        parent: union-find forest.
        members: root -> the things of its set.
        labels: root -> labels no two sets to be joined may share.
        apart: thing -> things it must not meet.
    """

    parent: list[int]
    members: dict[int, list[int]] = field(default_factory=dict)
    labels: dict[int, set[int]] = field(default_factory=dict)
    apart: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, labels: Sequence[int] | np.ndarray, *, apart: Iterable[tuple[int, int]] = ()
    ) -> Groups:
        """Return one set per thing; ``labels`` gives the label of each."""
        groups = cls(parent=list(range(len(labels))))
        groups.labels = {i: {int(label)} for i, label in enumerate(labels)}
        for one, other in apart:
            groups.apart.setdefault(one, set()).add(other)
            groups.apart.setdefault(other, set()).add(one)
        return groups

    def find(self, one: int) -> int:
        """Return the root of a thing's set."""
        root = one
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[one] != root:
            self.parent[one], one = root, self.parent[one]
        return root

    def of_root(self, root: int) -> list[int]:
        """Return the things of a set."""
        return self.members.get(root, [root])

    def share_label(self, one: int, other: int) -> bool:
        """Tell whether two sets hold the same label."""
        return not self.labels[one].isdisjoint(self.labels[other])

    def forbidden(self, one: int, other: int) -> bool:
        """Tell whether a member of one set must not meet a member of the other."""
        if not self.apart:
            return False
        away = set().union(*(self.apart.get(m, set()) for m in self.of_root(one)))
        return not away.isdisjoint(self.of_root(other))

    def join(self, one: int, other: int) -> None:
        """Make one set of two roots; the smaller number stays the root."""
        root, gone = min(one, other), max(one, other)
        self.parent[gone] = root
        self.members[root] = self.of_root(root) + self.members.pop(gone, [gone])
        self.labels[root] |= self.labels.pop(gone)


def cluster(
    desks: Desks,
    links: Iterable[tuple[int, int]],
    *,
    pairs: Sequence[tuple[int, int]],
    same_door: Sequence[bool],
    apart: Iterable[tuple[int, int]] = (),
) -> tuple[Groups, dict[tuple[int, int], str]]:
    """Join desks of several directories into places.

    Args:
        desks: of all directories.
        links: pairs that are one place whatever the rest says (provenance, decisions).
        pairs: pairs that look like one place, the surest first.
        same_door: for each of ``pairs``, the same address is written on both sides: the
            points may then disagree.
        apart: pairs that must stay two places.

    Returns:
        The places, and for each refused pair of ``pairs`` the reason in French.
    """
    groups = Groups.of(desks.directory, apart=apart)
    refused: dict[tuple[int, int], str] = {}
    for one, other in links:
        a, b = groups.find(one), groups.find(other)
        if a != b and not groups.forbidden(a, b):
            groups.join(a, b)
    for (one, other), door in zip(pairs, same_door, strict=True):
        a, b = groups.find(one), groups.find(other)
        if a == b:
            continue
        reason = ""
        if groups.forbidden(a, b):
            reason = SEPARATED
        elif groups.share_label(a, b):
            reason = SAME_DIRECTORY
        elif not door and _span(desks, groups.of_root(a) + groups.of_root(b)) > SPAN_M:
            reason = TOO_FAR
        if reason:
            refused[(one, other)] = reason
        else:
            groups.join(a, b)
    return groups, refused


def _span(desks: Desks, members: Sequence[int]) -> float:
    """Return the largest distance between the precise points of some desks, in metres."""
    rows = np.asarray(members)
    rows = rows[desks.precise[rows]]
    if len(rows) < 2:
        return 0.0
    x, y = desks.longitude[rows], desks.latitude[rows]
    return float(distance_m(x[:, None], y[:, None], x[None, :], y[None, :]).max())
