"""The poverty rate where INSEE publishes deciles and no rate: an estimation, never INSEE's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import pandas as pd

from cartoallier.model import Finding, Indicator, Status
from cartoallier.model.french import plural
from cartoallier.needs.values import VALUE_COLUMNS, gathered
from cartoallier.needs.zones import FRANCE

RATE, MEDIAN = "taux_pauvrete", "niveau_vie_median"

SHARES: Mapping[str, float] = MappingProxyType(
    {"d1": 10.0, "d2": 20.0, "q1": 25.0, "d3": 30.0, "d4": 40.0, MEDIAN: 50.0}
)
"""Indicator -> share of people below it, in per cent."""

THRESHOLD = 0.6
"""Of the national median of the year: the poverty line."""

METHOD = "estimation d'après les déciles publiés"
"""What the ``column`` of an estimated value says."""

_METROPOLE = frozenset({"1", "FM", "METRO", "METROPOLE"})
_ZONE = ["level", "code", "vintage"]


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How far estimates are from published rates, in points of per cent.

    Attributes:
        bias: mean difference, estimated minus published.
        mean_error: mean absolute difference.
        p95: absolute difference that 95 % of zones stay under.
        zones: how many were compared.
        source: against what.
    """

    bias: float
    mean_error: float
    p95: float
    zones: int
    source: str

    @property
    def sentence(self) -> str:
        """Return it as pages say it."""
        figures = (self.bias, self.mean_error, self.p95)
        bias, mean, most = (f"{one:.2f}".replace(".", ",") for one in figures)
        count = f"{self.zones:,}".replace(",", "\u202f")
        return (
            f"écart moyen absolu de {mean}\u00a0point, biais de {bias}, 95\u00a0% des écarts sous "
            f"{most} ({self.source}, {count} zones)"
        )


ACCURACY = Accuracy(
    bias=-0.05,
    mean_error=0.57,
    p95=1.26,
    zones=9654,
    source="IRIS de 2019 au taux publié",
)
"""Measured on the IRIS whose rate is published beside their deciles (DOMAIN §1.3 A)."""


@cache
def published_medians() -> Mapping[str, float]:
    """Return the metropolitan median standard of living by year, € a year, as shipped."""
    said = tomllib.loads(files("cartoallier.needs").joinpath("medianes.toml").read_text("utf-8"))
    return MappingProxyType({year: float(median) for year, median in said["medianes"].items()})


def national_medians(values: pd.DataFrame) -> dict[str, float]:
    """Return the metropolitan median by year: that of the inputs, else that shipped.

    Args:
        values: columns ``VALUE_COLUMNS``.
    """
    rows = values[
        (values["indicator"] == MEDIAN)
        & (values["level"] == FRANCE)
        & values["code"].str.upper().isin(_METROPOLE)
        & (values["status"] == Status.PUBLISHED.value)
    ]
    found = rows.drop_duplicates("vintage").set_index("vintage")["value"]
    return dict(published_medians()) | {str(year): float(one) for year, one in found.items()}


def share_below(deciles: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return the share of people below an income, between two published deciles.

    Args:
        deciles: one row per zone, columns in the order of :data:`SHARES`, €; missing where not
            published.
        line: income of each zone, €.

    Returns:
        Per cent, by linear interpolation between the nearest known deciles; missing where the
        line is below the lowest known one, above the highest, or where deciles decrease.
    """
    shares = np.array(list(SHARES.values()))
    found = np.full(len(deciles), np.nan)
    for row, (incomes, income) in enumerate(zip(deciles, line, strict=True)):
        known = ~np.isnan(incomes)
        points = incomes[known]
        if len(points) < 2 or (np.diff(points) < 0).any():
            continue
        if points[0] <= income <= points[-1]:
            found[row] = np.interp(income, points, shares[known])
    return found


def estimate_poverty(
    values: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> tuple[pd.DataFrame, list[Finding]]:
    """Estimate the poverty rate of zones where deciles are published and no rate is.

    At 60 % of the metropolitan median of the same year, linear interpolation between the first
    decile, second decile, first quartile, third and fourth deciles and the median (DOMAIN §1.3 A).
    D1 and the median must be known. Below D1 the rate is under 10 % and nothing more can be said:
    ``sous_seuil``, with 10 as the most it can be. Error: :data:`ACCURACY`.

    Args:
        values: of all files together, columns ``VALUE_COLUMNS``.
        indicators: of the catalogue.

    Returns:
        New rows only, status ``estime`` or ``sous_seuil``, bearing the file, sheet and line of
        the deciles; and what is noteworthy.
    """
    if RATE not in indicators:
        return gathered([]), []
    wide, first = _deciles(values)
    if wide.empty:
        return gathered([]), []
    medians = national_medians(values)
    years = wide.index.get_level_values("vintage")
    line = THRESHOLD * np.array([medians.get(str(year), np.nan) for year in years])
    findings = _no_median(first[np.isnan(line)])
    known = ~np.isnan(line)
    wide, first, line = wide[known], first[known], line[known]
    rate = share_below(wide.to_numpy(dtype="float64"), line)
    low = np.asarray(wide["d1"] > line)
    say = ~np.isnan(rate) | low
    rows = first.assign(
        indicator=RATE,
        value=np.where(low, FIRST_DECILE, rate),
        status=np.where(low, Status.BELOW_FLOOR.value, Status.ESTIMATED.value),
        source=indicators[RATE].source,
        column=METHOD,
    )
    # each file answers for its own zones
    for file, part in rows.assign(low=low, say=say).groupby("file", sort=False):
        findings += _said(part, file=str(file))
    return gathered([rows.loc[say, list(VALUE_COLUMNS)]]), findings


def _deciles(values: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return deciles by zone and year where no rate is published, and where they were read."""
    told = values[
        (values["indicator"] == RATE)
        & values["status"].isin([Status.PUBLISHED.value, Status.BELOW_FLOOR.value])
    ]
    rows = values[
        values["indicator"].isin(list(SHARES)) & (values["status"] == Status.PUBLISHED.value)
    ]
    zones = pd.MultiIndex.from_frame(rows[_ZONE])
    rows = rows[~zones.isin(pd.MultiIndex.from_frame(told[_ZONE]))]
    wide = rows.pivot_table(index=_ZONE, columns="indicator", values="value", aggfunc="first")
    wide = wide.reindex(columns=list(SHARES)).dropna(subset=["d1", MEDIAN])
    # With D1 and the median alone, a line of 40 points is not an estimate.
    wide = wide[wide.notna().sum(axis=1) > 2]
    first = rows.drop_duplicates(_ZONE).set_index(_ZONE).reindex(wide.index).reset_index()
    return wide, first


def _no_median(rows: pd.DataFrame) -> list[Finding]:
    return [
        Finding(
            file=str(group["file"].iloc[0]),
            value=f"{year}, {len(group)} zones",
            what="la médiane nationale de l'année n'est pas connue",
            action="taux de pauvreté non estimé\u202f; ajoutez le fichier METROPOLE de la même "
            "année",
        )
        for year, group in rows.groupby("vintage")
    ]


FIRST_DECILE = 10.0
"""Per cent of people under the first decile."""


def _said(rows: pd.DataFrame, *, file: str) -> list[Finding]:
    """Say how many rates of a file are estimated, and how many of its zones have none.

    Args:
        rows: of the zones whose deciles the file gives; ``low``: under the first decile,
            ``say``: something is said of the zone.
        file: its name.
    """
    findings = []
    if estimated := int((rows["say"] & ~rows["low"]).sum()):
        findings.append(
            Finding(
                file=file,
                column=RATE,
                value=plural(estimated, "valeur"),
                what="taux de pauvreté estimé, non publié par l'INSEE",
                action=f"interpolé entre les déciles\u202f; {ACCURACY.sentence}",
            )
        )
    for count, what in (
        (int(rows["low"].sum()), "taux de pauvreté inférieur à 10\u00a0%, sans plus de précision"),
        (
            int((~rows["say"]).sum()),
            "déciles en désordre, ou seuil de pauvreté au-dessus de la médiane",
        ),
    ):
        if count:
            findings.append(
                Finding(
                    file=file,
                    column=RATE,
                    value=plural(count, "zone"),
                    what=what,
                    action="non estimé",
                )
            )
    return findings
