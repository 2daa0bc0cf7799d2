"""Baskets: several kinds of help that people should have within reach together."""

from __future__ import annotations

from dataclasses import dataclass

from cartoallier.model.theme import Public


@dataclass(frozen=True, kw_only=True)
class Family:
    """One kind of help of a basket: any of its themes is enough.

    Attributes:
        label: French name (« Emploi »).
        themes: keys; a place that answers one of them within its threshold is enough. Empty: no
            theme of the catalogue can answer it, so it is never measured.
    """

    label: str
    themes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Basket:
    """A conjunction (« emploi ET garde ») or a count (« n familles sur 6 »).

    Attributes:
        key: identifier (``emploi_et_garde``).
        label: French name.
        families: two or more.
        public: whose shares they are.
        note: why these families, and how to read the figures, French.
        source: where the method comes from, French.
    """

    key: str
    label: str
    families: tuple[Family, ...]
    public: Public = Public.ALL
    note: str = ""
    source: str = ""
