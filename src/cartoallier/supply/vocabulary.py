"""The thematics of data·inclusion changed names once: services of both ages must meet."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from cartoallier.supply import cells


def thematics_v1() -> Mapping[str, tuple[str, ...]]:
    """Return v0 thematic -> v1 thematics, for those whose name changed."""
    text = files("cartoallier.supply").joinpath("thematiques_v0.toml").read_text("utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)["v1"]
    return {old: tuple(new) for old, new in table.items()}


def with_v1(value: object, *, translation: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the thematics of a cell, and beside each old one its v1 translation.

    The old one stays: v0 is finer, and themes may select on it.
    """
    written = cells.words(value)
    return tuple(sorted({*written, *(new for old in written for new in translation.get(old, ()))}))
