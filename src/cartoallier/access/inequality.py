"""How unequally something is shared out among people."""

from __future__ import annotations

import numpy as np

from cartoallier.access.engine import Floats


def gini(values: Floats, weights: Floats) -> float:
    """Return the Gini index of ``values`` among people.

    G = Σ_i Σ_j w_i w_j |x_i - x_j| / (2 μ (Σ w)²), computed as one minus twice the area under the
    Lorenz curve. 0: everybody has the same; near 1: one person has all. Source: C. Gini, 1912; for
    weights, Lerman and Yitzhaki, *Improving the accuracy of estimates of Gini coefficients*, 1989.

    Args:
        values: (n,) not negative; missing values are left out with their people.
        weights: (n,) people, missing where unknown: left out.

    Returns:
        Missing where nobody is left, or everybody has nothing.
    """
    people, held = _lorenz(values, weights)
    if not len(held):
        return float("nan")
    return float(1 - np.sum(np.diff(people) * (held[1:] + held[:-1])))


def palma(values: Floats, weights: Floats) -> float:
    """Return the Palma ratio: what the best tenth of people hold over what the last 40 % hold.

    (1 - L(0.9)) / L(0.4), L being the Lorenz curve, people ranked by what they hold; it is a broken
    line, so an origin across a bound is cut in proportion. 0.25 when everybody holds the same.
    Source: J. G. Palma, *Homogeneous middles vs. heterogeneous tails*, 2011.

    Args:
        values: (n,) not negative; missing values are left out with their people.
        weights: (n,) people, missing where unknown: left out.

    Returns:
        Missing where nobody is left, or the last 40 % hold nothing.
    """
    people, held = _lorenz(values, weights)
    if not len(held):
        return float("nan")
    low, high = np.interp([0.4, 0.9], people, held)
    return float((1 - high) / low) if low > 0 else float("nan")


def concentration_index(values: Floats, weights: Floats, *, poverty: Floats) -> float:
    """Return the concentration index of ``values`` by poverty.

    C = (2 / μ) Σ f_i h_i r_i - 1, f_i being the share of people, h_i what they have, μ its mean and
    r_i their fractional rank from the poorest: r_i = Σ_{j before i} f_j + f_i / 2, people of equal
    poverty sharing one rank. Between -1 and 1; negative when what is measured goes more to poorer
    people, 0 when poverty makes no difference. Source: Kakwani, Wagstaff and van Doorslaer,
    *Socioeconomic inequalities in health: measurement, computation, and statistical inference*,
    Journal of Econometrics 77, 1997.

    Args:
        values: (n,) not negative (an access, for instance).
        weights: (n,) people.
        poverty: (n,) poverty of the place they live in, larger being poorer.

    Returns:
        Missing where nobody is left or nobody has anything. People with something unknown are left
        out.
    """
    kept = ~np.isnan(values) & ~np.isnan(poverty) & (np.nan_to_num(weights) > 0)
    if not kept.any():
        return float("nan")
    value, share = values[kept], weights[kept] / weights[kept].sum()
    _, level = np.unique(-poverty[kept], return_inverse=True)
    at_level = np.bincount(level, weights=share)
    rank = (np.cumsum(at_level) - at_level / 2)[level]
    mean = float(np.sum(share * value))
    return float(2 * np.sum(share * value * rank) / mean - 1) if mean > 0 else float("nan")


def _lorenz(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the Lorenz curve: shares of people, then of what they hold; empty without any."""
    kept = ~np.isnan(values) & (np.nan_to_num(weights) > 0)
    order = np.argsort(values[kept], kind="stable")
    weight = weights[kept][order]
    held = np.cumsum(np.append(0.0, weight * values[kept][order]))
    if held[-1] <= 0:
        return np.zeros(0), np.zeros(0)
    people = np.cumsum(np.append(0.0, weight))
    return people / people[-1], held / held[-1]
