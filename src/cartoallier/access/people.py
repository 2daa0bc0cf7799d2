"""People at origins, and the sums over zones they give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from cartoallier.access.engine import Floats
from cartoallier.model import Territory


@dataclass(frozen=True, eq=False)
class People:
    """People of one public at origins.

    Attributes:
        gather: 0/1 matrix zones × origins.
        weight: people at each origin, missing where unknown.
    """

    gather: csr_matrix
    weight: Floats

    def among(self, measured: NDArray[np.bool_]) -> People:
        """Return those at measured origins; none in a zone most of whose people are not.

        What an engine cannot measure is unknown: those people are left out of both sums, and a
        zone with half of its people unknown, or more, has no figure.
        """
        if measured.all():
            return self
        kept = People(self.gather, np.where(measured, self.weight, np.nan))
        told = mostly(np.nan_to_num(kept.total()), of=np.nan_to_num(self.total()))
        return People(diags(told.astype("float64")).tocsr() @ self.gather, kept.weight)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which origins have a known number of people."""
        return ~np.isnan(self.weight)

    def total(self, condition: NDArray[np.bool_] | float = 1.0) -> Floats:
        """Σ w over the origins that meet the condition, missing where no w is known."""
        result: Floats = self.gather @ (np.nan_to_num(self.weight) * condition)
        nobody_known = (self.gather @ self.known.astype("float64")) == 0
        return np.where(nobody_known, np.nan, result)

    def share(self, condition: NDArray[np.bool_]) -> Floats:
        """Σ w [condition] / Σ w, missing where the zone has nobody."""
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Floats = self.total(condition) / self.total()
        return result

    def mean(self, values: Floats) -> Floats:
        """Σ w v / Σ w over the origins where v is known."""
        there = ~np.isnan(values)
        with np.errstate(invalid="ignore", divide="ignore"):
            weighted = np.nan_to_num(self.weight) * np.nan_to_num(values)
            result: Floats = (self.gather @ weighted) / self.total(there)
        return result


def mostly(known: Floats, *, of: Floats) -> NDArray[np.bool_]:
    """Whether more than half of the people of a zone are known, whatever the order of its sums."""
    result: NDArray[np.bool_] = 2 * known > of * (1 + 1e-9)
    return result


def beyond(minutes: Floats, bound: float) -> NDArray[np.bool_]:
    """Whether an origin is strictly beyond a bound; one that no site admits always is."""
    return np.isnan(minutes) | (minutes > bound)


def zone_matrix(territory: Territory, zones: pd.DataFrame) -> csr_matrix:
    """Return the 0/1 matrix zones × origins.

    Args:
        territory: origins and members of zones.
        zones: the territory's, or some of them; the rows of the matrix follow their order.
    """
    zone_at = pd.Series(range(len(zones)), index=zones.index)
    origin_at = pd.DataFrame(
        {"commune_code": territory.origins["commune_code"], "column": range(len(territory.origins))}
    )
    members = territory.members[territory.members["zone"].isin(zones.index)]
    pairs = members.merge(origin_at, on="commune_code")
    rows = pairs["zone"].map(zone_at).to_numpy()
    ones = np.ones(len(pairs))
    return csr_matrix(
        (ones, (rows, pairs["column"].to_numpy())), shape=(len(zones), len(territory.origins))
    )
