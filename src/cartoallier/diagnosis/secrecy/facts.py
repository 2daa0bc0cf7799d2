"""From the rows of indicators and the people of each public to what is known of every count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from cartoallier.diagnosis.secrecy.family import (
    IDENTITIES,
    INCLUSIONS,
    LEGAL,
    SECRET_BELOW,
    Facts,
)
from cartoallier.diagnosis.secrecy.ground import Ground
from cartoallier.model import Indicator, Level, Needs, Status, Territory

PER: Mapping[str, float] = MappingProxyType({"%": 100.0, "‰": 1000.0})
"""Unit of a rate -> what it is out of; 1 for the others."""

KEYS = ["level", "code", "perimeter"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Known:
    """The rows of needs, placed.

    Attributes:
        facts: of every count.
        zone: of each row of ``needs.values``, its zone; missing elsewhere than here.
        above: rate -> the count above the line; made up where no file gives it.
        below: rate -> the count below.
    """

    facts: Facts
    zone: pd.Series
    above: Mapping[str, str]
    below: Mapping[str, str]

    def made_up(self, rate: str) -> bool:
        """Return whether the count above the line of a rate is given by no file."""
        return self.above[rate] == _made_up(rate, self.below.get(rate, ""))


def _made_up(rate: str, weight: str) -> str:
    return f"{rate} × {weight}"


def gather_facts(
    needs: Needs, *, territory: Territory, indicators: Mapping[str, Indicator], ground: Ground
) -> Known:
    """Read what ``needs`` tells of every count, directly, by a rate, or by the people of a public.

    A rate times the count below the line is the count above it: the rate tells it as well as
    the count itself would. People of a public at origins are summed by commune and by zone,
    as the tables of coverage show them.
    """
    ids = ground.zones.reset_index(names="zone")
    zone = needs.values[KEYS].merge(ids, on=KEYS, how="left")["zone"].set_axis(needs.values.index)
    rates = {
        name: indicator
        for name in needs.values["indicator"].unique()
        if (indicator := indicators.get(name)) is not None
        and indicator.kind == "taux"
        and (indicator.weight or indicator.numerator)
    }
    above = {name: rate.numerator or _made_up(name, rate.weight) for name, rate in rates.items()}
    below = {name: rate.weight for name, rate in rates.items() if rate.weight}
    told = _of_one_year(needs.values.assign(zone=zone).dropna(subset="zone"))
    known = told["status"].isin((Status.PUBLISHED, Status.ESTIMATED))
    value = _wide(told["value"].where(known), told, ground)
    hidden = _wide((told["status"] == Status.SECRET).astype("float64"), told, ground)
    people = _people(needs.weights, territory=territory, ground=ground)
    counts = {
        name: column
        for name, column in value.items()
        if name not in indicators or indicators[name].kind == "effectif"
    }
    for name, count in above.items():
        whole = value.get(below.get(name, ""), np.nan)
        implied = value[name] * whole / PER.get(rates[name].unit, 1.0)
        counts[count] = counts[count].fillna(implied) if count in counts else implied
    for name, column in people.items():
        counts[name] = counts[name].fillna(column) if name in counts else column
    least = {name: _least(name, indicators, publics=frozenset(people)) for name in counts}
    for name, count in above.items():
        if not rates[name].numerator:
            least[count] = _least_above(rates[name], least)
    secret = {name: hidden[name] > 0 if name in hidden else False for name in counts}
    facts = Facts(
        value=pd.DataFrame(counts, index=ground.zones.index, dtype="float64"),
        secret=pd.DataFrame(secret, index=ground.zones.index, dtype="bool"),
        least=least,
        denominators=_denominators(above, below),
    )
    return Known(facts=facts, zone=zone, above=above, below=below)


def _of_one_year(told: pd.DataFrame) -> pd.DataFrame:
    """Leave out zones whose figure is of another year than that of communes: no sum links them.

    A figure of 1 to 10 stays, whatever its year.
    """
    communes = told[told["level"] == Level.COMMUNE.value]
    years = communes.drop_duplicates("indicator").set_index("indicator")["vintage"]
    year = told["indicator"].map(years)
    few = (told["value"] < SECRET_BELOW) & ~told["unit"].isin(list(PER))
    return told[year.isna() | (year == told["vintage"]) | few]


def _wide(column: pd.Series, told: pd.DataFrame, ground: Ground) -> dict[str, pd.Series]:
    """Return indicator -> its figure in every zone; of repeated rows, the first."""
    keyed = told[["zone", "indicator"]].assign(value=column)
    keyed = keyed.drop_duplicates(["zone", "indicator"])
    wide = keyed.set_index(["zone", "indicator"])["value"].unstack()
    wide = wide.reindex(ground.zones.index).astype("float64")
    return {str(name): wide[name] for name in dict.fromkeys(told["indicator"])}


def _people(weights: pd.DataFrame, *, territory: Territory, ground: Ground) -> dict[str, pd.Series]:
    """Sum the people of each public over zones; missing where no origin knows them."""
    commune = territory.origins["commune_code"].reindex(weights.index)
    here = weights.groupby(commune.to_numpy()).sum(min_count=1).reindex(ground.communes)
    known = ground.sums @ here.notna().to_numpy(dtype="float64")
    sums = ground.sums @ here.fillna(0).to_numpy(dtype="float64")
    table = pd.DataFrame(np.where(known > 0, sums, np.nan), ground.zones.index, weights.columns)
    return {str(name): table[name] for name in table}


def _least(name: str, indicators: Mapping[str, Indicator], *, publics: frozenset[str]) -> int:
    indicator = indicators.get(name)
    declared = 0 if indicator is None else indicator.secret_below
    return max(declared, SECRET_BELOW) if name in publics else declared


def _least_above(rate: Indicator, least: Mapping[str, int]) -> int:
    """Return the threshold of a count that only a rate tells: that of the people it is out of."""
    if rate.weight == LEGAL:
        return SECRET_BELOW
    return max(rate.secret_below, least.get(rate.weight, 0))


def _denominators(above: Mapping[str, str], below: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    pairs = [(above[rate], whole) for rate, whole in below.items()]
    pairs += [(part, whole) for whole, parts in IDENTITIES.items() for part in parts]
    pairs += INCLUSIONS
    found: dict[str, dict[str, None]] = {}
    for part, whole in pairs:
        found.setdefault(part, {})[whole] = None
    return {part: tuple(wholes) for part, wholes in found.items()}
