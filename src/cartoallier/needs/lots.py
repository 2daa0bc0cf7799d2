"""What the communes of a file are today: the smallest groups whose figures are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from cartoallier.model import Passage


@dataclass(frozen=True, eq=False, kw_only=True)
class Lots:
    """The smallest groups of current communes whose figures a file gives.

    A commune that kept its outline, or that absorbed whole ones, is a lot of its own. When an
    old commune was split, its figure belongs to its successors together.

    Attributes:
        count: number of lots.
        lot: current commune -> lot.
        size: lot -> number of current communes it holds.
        old: code of the file -> lot, for the codes the passage knows.
        rows: lot -> number of codes of the file it is made of.
    """

    count: int
    lot: pd.Series[Any]
    size: pd.Series[Any]
    old: pd.Series[Any]
    rows: pd.Series[Any]

    @classmethod
    def of(cls, codes: Iterable[str], passage: Passage) -> Lots:
        """Return the lots of the codes of a file."""
        held = frozenset(codes)
        links = [(old, new) for old in sorted(held) for new in _now(old, passage, held=held)]
        old_of, new_of = zip(*links, strict=True) if links else ((), ())
        olds, old_codes = pd.factorize(np.asarray(old_of, dtype=object))
        news, new_codes = pd.factorize(np.asarray(new_of, dtype=object))
        nodes = len(old_codes) + len(new_codes)
        edges = (np.ones(len(links), dtype="int8"), (olds, news + len(old_codes)))
        count, label = connected_components(coo_array(edges, shape=(nodes, nodes)), directed=False)
        old = pd.Series(label[: len(old_codes)], index=pd.Index(old_codes, dtype="str"))
        lot = pd.Series(label[len(old_codes) :], index=pd.Index(new_codes, dtype="str"))
        return cls(
            count=int(count) if links else 0,
            lot=lot,
            size=lot.value_counts(),
            old=old,
            rows=old.value_counts(),
        )

    def zones(self, members: pd.DataFrame) -> tuple[pd.Index[str], csr_array, np.ndarray]:
        """Return which lots make each zone.

        Args:
            members: ``zone`` and ``commune_code``, one row per commune of each zone.

        Returns:
            Zones; a 0/1 matrix zones × lots; and whether each zone is exactly a union of lots
            (a zone that holds a part of a lot, or a commune of none, is not).
        """
        held = members.assign(lot=members["commune_code"].map(self.lot))
        names = pd.Index(held["zone"].unique(), dtype="str")
        known = held.dropna(subset="lot")
        parts = known.groupby(["zone", "lot"], sort=False).size().rename("held").reset_index()
        parts["lot"] = parts["lot"].astype("int64")
        broken = parts["held"].to_numpy() != parts["lot"].map(self.size).to_numpy()
        exact = pd.Series(True, index=names)
        exact.loc[parts.loc[broken, "zone"].unique()] = False
        exact.loc[held.loc[held["lot"].isna(), "zone"].unique()] = False
        rows = names.get_indexer(parts["zone"])
        matrix = csr_array(
            (np.ones(len(parts)), (rows, parts["lot"].to_numpy())),
            shape=(len(names), max(self.count, 1)),
        )
        return names, matrix, exact.to_numpy(dtype="bool")


def _now(old: str, passage: Passage, *, held: frozenset[str]) -> tuple[str, ...]:
    """Return what a code of the file is today.

    The passage has no dates: a code that was once split may, in this file, already be what
    was left of it. It is when every successor, itself among them, has its own row.
    """
    successors = passage.current(old)
    return (old,) if old in successors and held.issuperset(successors) else successors
