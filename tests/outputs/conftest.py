"""Runs that have scores, for tables and pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pandas as pd
import pytest

from cartoallier.diagnosis.composites import score
from cartoallier.model import NEEDS_COLUMNS, Composite, Indicator, Run, Status

CODES = ("100000001", "100000002", "200000001", "200000002", "200000003")
INDICATORS = tuple(
    Indicator(id=key, label=label, unit=unit, kind="taux", direction=direction)
    for key, label, unit, direction in (
        ("pauvrete", "Taux de pauvreté", "%", "+"),
        ("revenu", "Niveau de vie médian", "€", "-"),
        ("sans_voiture", "Ménages sans voiture", "%", "+"),
        ("diplome", "Sans diplôme", "%", "+"),
    )
)
COMPOSITES = (
    Composite(
        id="retraites",
        label="Retraités",
        kind="profil",
        terms=(("pauvrete", 3), ("revenu", 1)),
        note="Note du profil.",
    ),
    Composite(
        id="jeunes", label="Jeunes <b>non insérés</b>", kind="profil", terms=(("sans_voiture", 1),)
    ),
    Composite(
        id="rares", label="Retraités rares", kind="profil", terms=(("diplome", 2), ("revenu", 1))
    ),
    Composite(
        id="mobilite", label="Mobilité", kind="facteur", terms=(("sans_voiture", 1), ("revenu", 1))
    ),
    Composite(id="formation", label="Formation", kind="facteur", terms=(("diplome", 1),)),
)
TABLE: dict[str, tuple[str, list[float]]] = {
    "pauvrete": ("2021", [20, 10, 15, 5, 12]),
    "revenu": ("2020", [18, 22, 19, 25, 20]),
    "sans_voiture": ("2021", [9, 20, 4, 3, 2]),
}


def reference() -> pd.DataFrame:
    """Five EPCI, a value of the first one being an estimation."""
    rows = [
        (key, "epci", code, f"CC {code}", "entier", value, "%",
         Status.ESTIMATED if key == "pauvrete" and code == CODES[0] else Status.PUBLISHED,
         vintage, "Insee <2021>")
        for key, (vintage, values) in TABLE.items()
        for code, value in zip(CODES, values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(NEEDS_COLUMNS)).astype(NEEDS_COLUMNS)


@pytest.fixture
def with_scores() -> Callable[[Run], Run]:
    """Add profiles and factors to a run of the toy territory."""

    def add(run: Run) -> Run:
        indicators = run.indicators | {one.id: one for one in INDICATORS}
        scores = score(
            COMPOSITES,
            values=run.needs.values,
            reference=reference(),
            zones=run.territory.zones,
            indicators=indicators,
        )
        profiles = {one.id for one in COMPOSITES if one.kind == "profil"}
        of_profiles = scores["composite"].isin(profiles)
        return dataclasses.replace(
            run,
            indicators=indicators,
            needs=dataclasses.replace(run.needs, reference=reference()),
            profiles=scores[of_profiles].reset_index(drop=True),
            factors=scores[~of_profiles].reset_index(drop=True),
            composites={one.id: one for one in COMPOSITES},
        )

    return add
