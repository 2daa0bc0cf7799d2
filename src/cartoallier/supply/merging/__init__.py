"""One place, once: structures and services of several directories brought together.

Neighbours call :func:`merge` on what :func:`~cartoallier.supply.gather` returned, with the
user's :class:`Decisions`; ``Merged.duplicates`` is ``tableaux/doublons.csv``.
"""

from cartoallier.supply.merging.decisions import Decision, Decisions
from cartoallier.supply.merging.evidence import DUPLICATE_COLUMNS
from cartoallier.supply.merging.one_place import Merged, MergeParameters, merge

__all__ = [
    "DUPLICATE_COLUMNS",
    "Decision",
    "Decisions",
    "MergeParameters",
    "Merged",
    "merge",
]
