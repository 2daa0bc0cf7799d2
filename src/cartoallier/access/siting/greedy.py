"""Beyond the exact models: greedy, then exchanges, with a bound on what the best could be worth.

The worth of a set of sites is monotone and submodular, so greedy alone is worth at least
1 - 1/e = 63 % of the best (Nemhauser, Wolsey and Fisher 1978); exchanges are those of Teitz and
Bart (1968). One step costs one pass over the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from cartoallier.access.engine import Floats
from cartoallier.access.siting.problem import Positions, best_gain

ROUNDS = 50
"""Passes of exchanges at most; two or three usually are enough."""

_LEAST = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Approached:
    """A good set of sites.

    Attributes:
        sites: positions, in the order greedy would take them.
        worth: what they are worth.
        bound: no set of as many sites within the budget is worth more.
    """

    sites: Positions
    worth: float
    bound: float

    @property
    def gap(self) -> float:
        """Share by which the answer may be under the best one."""
        return 0.0 if self.bound <= _LEAST else max(0.0, 1 - self.worth / self.bound)


def approach(
    gain: csr_matrix, sites: int, *, cost: Floats | None = None, budget: float | None = None
) -> Approached:
    """Choose about the best ``sites`` columns: Σ_i max_{j chosen} gain_ij.

    Under a budget greedy runs twice, by worth and by worth per cost, and the better is kept.

    Args:
        gain: rows × candidates, positive entries.
        sites: how many at most.
        cost: of each candidate.
        budget: most that the chosen may cost together.
    """
    pairs = gain.tocoo()
    table = _Table(
        row=pairs.row.astype(np.intp),
        site=pairs.col.astype(np.intp),
        gain=pairs.data.astype(np.float64),
        rows=gain.shape[0],
        sites=gain.shape[1],
    )
    limited = cost is not None and budget is not None
    prices = cost if cost is not None and limited else np.zeros(gain.shape[1])
    most = budget if budget is not None and limited else 0.0
    tries = [_greedy(table, sites, prices=prices, most=most, per_cost=False)]
    if limited:
        tries.append(_greedy(table, sites, prices=prices, most=most, per_cost=True))
    bound = min(one[1] for one in tries)
    improved = [
        _exchanged(table, csr_matrix(gain), one[0], prices=prices, most=most) for one in tries
    ]
    worths = [float(best_gain(csr_matrix(gain), np.array(s, np.intp)).sum()) for s in improved]
    best = int(np.argmax(worths))
    return Approached(
        sites=ordered(csr_matrix(gain), np.array(improved[best], dtype=np.intp)),
        worth=worths[best],
        bound=max(bound, worths[best]),
    )


def ordered(gain: csr_matrix, chosen: Positions) -> Positions:
    """Return chosen columns, that of greatest marginal gain first; ties keep their order."""
    left, order = sorted(chosen.tolist()), []
    held = np.zeros(gain.shape[0])
    columns = {j: gain[:, [j]].toarray().ravel() for j in left}
    while left:
        gains = [float(np.maximum(columns[j] - held, 0).sum()) for j in left]
        best = left.pop(int(np.argmax(gains)))
        held = np.maximum(held, columns[best])
        order.append(best)
    return np.array(order, dtype=np.intp)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Table:
    row: Positions
    site: Positions
    gain: Floats
    rows: int
    sites: int

    def added(self, held: Floats) -> Floats:
        """Return what each site adds to what each row already holds."""
        more = np.maximum(self.gain - held[self.row], 0)
        return np.bincount(self.site, weights=more, minlength=self.sites).astype(np.float64)

    def hold(self, held: Floats, site: int) -> None:
        """Add a site, in place."""
        of_site = self.site == site
        rows = self.row[of_site]
        held[rows] = np.maximum(held[rows], self.gain[of_site])


def _greedy(
    table: _Table, sites: int, *, prices: Floats, most: float, per_cost: bool
) -> tuple[list[int], float]:
    """Return sites in order, and a bound: worth + the best gains left, least over the steps."""
    held, spent, bound = np.zeros(table.rows), 0.0, np.inf
    chosen: list[int] = []
    while True:
        added = table.added(held)
        bound = min(bound, float(held.sum() + np.sort(added)[-sites:].sum()))
        within = added > _LEAST
        if most or prices.any():
            within &= prices <= most - spent + _LEAST
        if len(chosen) == sites or not within.any():
            return chosen, bound
        score = added / np.maximum(prices, _LEAST) if per_cost else added
        best = int(np.argmax(np.where(within, score, -1.0)))
        chosen.append(best)
        spent += float(prices[best])
        table.hold(held, best)


def _exchanged(
    table: _Table, gain: csr_matrix, chosen: list[int], *, prices: Floats, most: float
) -> list[int]:
    """Swap one site for another as long as it is worth more."""
    chosen = list(chosen)
    for _ in range(ROUNDS):
        changed = False
        for position, site in enumerate(list(chosen)):
            others = np.array(chosen[:position] + chosen[position + 1 :], dtype=np.intp)
            added = table.added(best_gain(gain, others))
            now = added[site]
            if most or prices.any():
                affordable = prices <= most - prices[others].sum() + _LEAST
                added = np.where(affordable, added, -1.0)
            best = int(np.argmax(added))
            if added[best] > now + max(_LEAST, 1e-12 * table.gain.max(initial=0)):
                chosen[position] = best
                changed = True
        if not changed:
            break
    return chosen
