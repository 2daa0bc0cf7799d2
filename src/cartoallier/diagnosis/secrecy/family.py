"""Counts tied by sums, and which of them tell of too few people by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from cartoallier.diagnosis.secrecy.ground import Ground

SECRET_BELOW = 11
"""Fewest persons or households that are shown (DOMAIN §5.1)."""

LEGAL = "population"
"""The count that is public whatever its size, and is never hidden."""

IDENTITIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        LEGAL: ("moins_20", "20_64", "65_plus"),
        "logements": ("residences_principales", "residences_secondaires", "logements_vacants"),
        "11_24": ("11_14", "15_17", "18_24"),
    }
)
"""A count -> the counts it is the sum of. Rounded in the files, to a few units: no matter."""

INCLUSIONS: tuple[tuple[str, str], ...] = (
    ("80_plus", "75_plus"),
    ("80_plus_carreaux", "75_plus"),
    ("75_plus", "65_plus"),
    ("80_plus", "65_plus"),
    ("0_2", "0_3"),
    ("0_2", "moins_20"),
    ("0_3", "moins_20"),
    ("11_14", "moins_20"),
    ("15_17", "moins_20"),
    ("15_17", "11_17"),
    ("11_14", "11_17"),
    ("11_17", "moins_20"),
    ("menages_monoparentaux", "menages"),
    ("menages_pauvres", "menages"),
)
"""(part, whole) of counts that nothing else ties: all but a few of a whole tells the few."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What is known of every count in every zone.

    Attributes:
        value: zones × counts; missing where nothing tells it.
        secret: same shape; the source itself does not want it known.
        least: count -> smallest figure shown of it; 0: all are.
        denominators: count -> the counts it is a part of.
    """

    value: pd.DataFrame
    secret: pd.DataFrame
    least: Mapping[str, int]
    denominators: Mapping[str, tuple[str, ...]]

    def too_small(self, count: str) -> NDArray[np.bool_]:
        """Tell in which zones a count is of too few, or of nearly all, or among too few."""
        least = self.least.get(count, 0)
        value = self.value[count].to_numpy(dtype="float64")
        if not least:
            return np.zeros(len(value), dtype=bool)
        small = few(value, least)
        for whole in self.denominators.get(count, ()):
            if whole not in self.value:
                continue
            total = self.value[whole].to_numpy(dtype="float64")
            small |= ~np.isnan(value) & ((total < least - 0.5) | few(total - value, least))
        return small


def few(value: NDArray[np.float64], least: int = SECRET_BELOW) -> NDArray[np.bool_]:
    """Tell which figures are of somebody, and of fewer than ``least`` people."""
    return (value > 1e-6) & (value < least - 0.5)  # missing is neither


@dataclass(frozen=True, eq=False, kw_only=True)
class Family:
    """Counts tied by identities, as sums of unknowns: the people of one leaf in one commune.

    Attributes:
        counts: of each cell.
        zones: of each cell, the position in ``ground.zones``.
        sums: cells × unknowns.
        own: for each unknown, the cell that is it alone.
        value: of each cell, missing where nothing tells it.
        too_small: cells to hide for themselves.
        secret: cells that the source hides.
        least: of each cell.
        people: unknowns that are protected.
        ground: zones.
    """

    counts: NDArray[np.str_]
    zones: NDArray[np.intp]
    sums: csr_matrix
    own: NDArray[np.intp]
    value: NDArray[np.float64]
    too_small: NDArray[np.bool_]
    secret: NDArray[np.bool_]
    least: NDArray[np.int_]
    people: NDArray[np.bool_]
    ground: Ground

    @classmethod
    def of(cls, counts: Sequence[str], facts: Facts, ground: Ground) -> Family:
        """Lay out the cells of ``counts``, totals of an identity among them."""
        leaves = [c for c in counts if not set(IDENTITIES.get(c, ())) & set(counts)]
        blank = csr_matrix(ground.sums.shape)
        size = len(ground.zones)
        blocks = []
        for count in counts:
            parts = {count} if count in leaves else set(IDENTITIES[count])
            blocks.append(hstack([ground.sums if leaf in parts else blank for leaf in leaves]))
        starts = [size * list(counts).index(leaf) for leaf in leaves]
        least = np.array([facts.least.get(count, 0) for count in counts])
        return cls(
            counts=np.repeat(np.array(counts, dtype=np.str_), size),
            zones=np.tile(np.arange(size), len(counts)),
            sums=csr_matrix(vstack(blocks)),
            own=np.concatenate([ground.own + start for start in starts]),
            value=np.concatenate([facts.value[c].to_numpy(dtype="float64") for c in counts]),
            too_small=np.concatenate([facts.too_small(c) for c in counts]),
            secret=np.concatenate([facts.secret[c].to_numpy(dtype=bool) for c in counts]),
            least=np.repeat(least, size),
            people=np.repeat([facts.least.get(leaf, 0) > 0 for leaf in leaves], len(ground.own)),
            ground=ground,
        )


def families(facts: Facts) -> Iterator[tuple[str, ...]]:
    """Group the counts that identities tie; leave out those where nobody is protected.

    An identity holds where all its parts are counted.
    """
    counts = list(facts.value.columns)
    tied = {
        total: (total, *parts)
        for total, parts in IDENTITIES.items()
        if {total, *parts} <= set(counts)
    }
    together = {count: group for group in tied.values() for count in group}
    done: set[str] = set()
    for count in counts:
        group = together.get(count, (count,))
        if count not in done and any(facts.least.get(c, 0) for c in group):
            yield group
        done.update(group)
