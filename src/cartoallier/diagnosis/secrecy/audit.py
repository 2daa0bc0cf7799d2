"""What published sums reveal of hidden cells, and what else to hide so that they do not.

A hidden cell is a sum of unknowns; published cells are other sums of them. It is revealed when
it is a combination of those: when it lies in their row space. A sum left over by subtraction is
a figure too: it may not be of 1 to 10 people either. While something is revealed, the smallest
published count of 11 or more that takes part in revealing it is hidden as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.diagnosis.secrecy.family import LEGAL, SECRET_BELOW, Family, few
from cartoallier.diagnosis.secrecy.ground import OUTSIDE
from cartoallier.model import Level

TOLERANCE = 1e-7

Floats = NDArray[np.float64]
Cells = NDArray[np.intp]


def conceal(family: Family) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Hide what is too small, then what would give it back.

    Ends: each round hides at least one more cell, or stops. Deterministic: ties go to the first
    count of the family, then to the smallest code.

    Returns:
        Cells hidden for themselves, and cells hidden to protect others.
    """
    alone = family.too_small & ~np.isnan(family.value)
    shown = ~np.isnan(family.value) & ~alone
    secret = (family.secret | alone) & (family.least > 0)
    while True:
        chosen: set[int] = set()
        for candidates in _leaks(_View.of(family, shown), secret.copy()):
            if len(candidates) and chosen.isdisjoint(candidates):
                cell = _cheapest(candidates, family, shown)
                shown[cell] = False
                secret[cell] = family.least[cell] > 0
                chosen.add(cell)
        if not chosen:
            return alone, ~np.isnan(family.value) & ~alone & ~shown


@dataclass(frozen=True, eq=False, kw_only=True)
class _View:
    """What a reader of the tables has: sums of the unknowns that no cell gives alone.

    Attributes:
        family: of counts.
        unknown: positions of those unknowns.
        rows: cells shown that sum some of them.
        sums: dense, rows × unknown.
        rest: people of each row in those unknowns.
    """

    family: Family
    unknown: Cells
    rows: Cells
    sums: Floats
    rest: Floats

    @classmethod
    def of(cls, family: Family, shown: NDArray[np.bool_]) -> _View:
        given = shown[family.own]
        unknown = np.flatnonzero(~given)
        alone = np.zeros(len(shown), dtype=bool)
        alone[family.own[given]] = True
        rows = np.flatnonzero(shown & ~alone)
        part = csr_matrix(family.sums[rows][:, unknown])
        filled = np.flatnonzero(part.getnnz(axis=1))
        known = np.where(given, np.nan_to_num(family.value[family.own]), 0.0)
        rows, sums = rows[filled], part[filled].toarray()
        # What is hidden here is known here: it adds up exactly, figures of files only nearly.
        exact = sums @ np.nan_to_num(hidden := family.value[family.own[unknown]])
        missing = (sums @ np.isnan(hidden)) > 0
        rest = np.where(missing, family.value[rows] - family.sums[rows] @ known, exact)
        return cls(family=family, unknown=unknown, rows=rows, sums=sums, rest=rest)

    def candidates(self, rows: Cells, combination: Floats) -> Cells:
        """Return the cells whose hiding breaks a combination of rows (positions in ``rows``).

        Those that give alone the unknowns it subtracts, or the rows themselves.
        """
        family = self.family
        whole = (csr_matrix(combination) @ family.sums[self.rows[rows]]).toarray().ravel()
        taken = np.abs(whole) > TOLERANCE
        taken[self.unknown] = False
        alone = family.own[taken]
        found = np.concatenate([_large(family, alone), self.rows[rows]])
        found = found[family.counts[found] != LEGAL]
        # Failing that, those of nobody: hidden, they cannot be told from the others.
        return np.asarray(found if len(found) else alone)


def _large(family: Family, cells: Cells) -> Cells:
    return cells[family.value[cells] >= SECRET_BELOW - 0.5]


def _leaks(view: _View, secret: NDArray[np.bool_]) -> Iterator[Cells]:
    """Yield, for each thing revealed, the cells that take part in revealing it."""
    yield from _revealed(view, secret)
    yield from _leftovers(view)


def _revealed(view: _View, secret: NDArray[np.bool_]) -> Iterator[Cells]:
    """Find the hidden cells that are a combination of rows."""
    family = view.family
    targets = np.flatnonzero(secret)
    goals = family.sums[targets][:, view.unknown].toarray()
    # Unknowns that the same rows and goals hold cannot be told apart: their sum stands for them.
    stacked = np.vstack([view.sums, goals])
    patterns, group = np.unique(stacked, axis=1, return_inverse=True)
    size = np.bincount(group.ravel(), minlength=patterns.shape[1])
    rows, goals = np.split(patterns * np.sqrt(size), [len(view.sums)])
    simple, basis = _independent(
        rows, np.argsort(family.sums[view.rows].getnnz(axis=1), kind="stable")
    )
    norm = (goals**2).sum(axis=1)
    outside = norm - ((goals @ basis.T) ** 2).sum(axis=1)
    for position in np.flatnonzero(outside <= TOLERANCE * np.maximum(norm, 1)):
        if not norm[position]:  # every commune of it is shown
            parts = family.own[family.sums[targets[position]].indices]
            large = _large(family, parts)
            yield large if len(large) else parts
            continue
        weights = np.linalg.lstsq(rows[simple].T, goals[position], rcond=None)[0]
        used = np.abs(weights) > TOLERANCE
        yield view.candidates(simple[used], weights[used])


def _independent(rows: Floats, order: Cells) -> tuple[Cells, Floats]:
    """Return the rows that no earlier ones give, in ``order``, and an orthonormal basis of them.

    With the sums of fewest first, a combination of these is as local as can be: hiding a cell
    that takes part in it is hiding where it counts.
    """
    basis = np.zeros((min(rows.shape), rows.shape[1]))
    taken: list[int] = []
    for row in order.tolist():
        known = basis[: len(taken)]
        left = rows[row] - (rows[row] @ known.T) @ known
        left -= (left @ known.T) @ known  # twice is enough against rounding
        size = np.linalg.norm(left)
        if size > TOLERANCE * max(1.0, float(np.linalg.norm(rows[row]))):
            basis[len(taken)] = left / size
            taken.append(row)
    return np.array(taken, dtype=np.intp), basis[: len(taken)]


def _leftovers(view: _View) -> Iterator[Cells]:
    """Find the subtractions that leave from 1 to 10 protected people.

    A row less what is known; a row less one that it holds; a row less all the rows of one
    level, or of one zone, that it holds.
    """
    people = view.family.people[view.unknown]
    peopled = np.flatnonzero(view.sums[:, people].any(axis=1))
    sums, rest = view.sums[peopled], view.rest[peopled]
    for row in np.flatnonzero(few(rest)):
        yield from _unless_public(view, peopled[[row]], np.ones(1))
    held = (sums @ sums.T) >= sums.sum(axis=1) - 0.5  # [outer, inner]
    proper = held & ~held.T
    left = rest[:, None] - rest[None, :]
    for outer, inner in np.argwhere(proper & few(left)):
        yield from _unless_public(view, peopled[[outer, inner]], np.array([1.0, -1.0]))
    for outer in np.flatnonzero(proper.sum(axis=1) > 1):
        inside = np.flatnonzero(proper[outer])
        for group in _by_level_and_zone(view, peopled, inside):
            taken = _disjoint(sums[group], group)
            over = rest[outer] - rest[taken].sum()
            still = (sums[outer] - sums[taken].sum(axis=0))[people].any()
            if still and few(np.array([over]))[0]:
                signs = np.r_[1.0, -np.ones(len(taken))]
                yield from _unless_public(view, peopled[np.r_[outer, taken]], signs)


def _by_level_and_zone(view: _View, peopled: Cells, inside: Cells) -> Iterator[Cells]:
    """Group rows: of one count at one level, then of all counts of one zone."""
    family = view.family
    cells = view.rows[peopled[inside]]
    levels = family.ground.zones["level"].to_numpy()[family.zones[cells]]
    levels = np.where(levels == OUTSIDE, Level.COMMUNE.value, levels)
    for keys in (
        [f"{count}/{level}" for count, level in zip(family.counts[cells], levels, strict=True)],
        [str(zone) for zone in family.zones[cells]],
    ):
        order = np.argsort(np.array(keys), kind="stable")
        for _, positions in groupby(order.tolist(), key=lambda i: keys[i]):
            yield inside[list(positions)]


def _disjoint(sums: Floats, group: Cells) -> Cells:
    """Keep rows that share no unknown, the first ones first."""
    covered = np.zeros(sums.shape[1])
    taken = []
    for row, position in zip(sums, group, strict=True):
        if not (covered * row).any():
            covered += row
            taken.append(position)
    return np.array(taken, dtype=np.intp)


def _unless_public(view: _View, rows: Cells, signs: Floats) -> Iterator[Cells]:
    """Yield the candidates of a subtraction, unless it is one of public figures only."""
    family = view.family
    cells = view.rows[rows]
    whole = (csr_matrix(signs) @ family.sums[cells]).toarray().ravel()
    whole[view.unknown] = 0
    if whole.any() or family.least[cells].any():
        yield view.candidates(rows, signs)


def _cheapest(candidates: Cells, family: Family, shown: NDArray[np.bool_]) -> int:
    """Return the cell to hide: one of a count and a commune already touched, else the smallest.

    Two counts hidden in two communes protect each other; each new count or commune would ask
    for more.
    """
    hidden = family.own[~shown[family.own] & ~np.isnan(family.value[family.own])]
    commune = np.isin(family.zones, family.zones[hidden])
    both = commune & np.isin(family.counts, family.counts[hidden])
    codes = family.ground.zones["code"].to_numpy()[family.zones]
    order: list[int] = candidates.tolist()
    return min(
        order,
        key=lambda i: (not both[i], not commune[i], family.value[i], codes[i], i),
    )
