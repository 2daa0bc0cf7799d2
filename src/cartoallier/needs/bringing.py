"""From what files gave to the needs of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cartoallier.model import Country, Finding, Indicator, Needs, Territory
from cartoallier.needs.publics import weigh
from cartoallier.needs.settling import settle
from cartoallier.needs.values import Extract


def bring_needs(
    extracts: Sequence[Extract],
    *,
    territory: Territory,
    country: Country,
    indicators: Mapping[str, Indicator],
    mentions: Mapping[str, str],
) -> tuple[Needs, list[Finding]]:
    """Bring the values of need files to the zones and origins of a territory.

    Args:
        extracts: what files gave, the ones to believe first.
        territory: where.
        country: communes and EPCI of the country in the run's vintage.
        indicators: of the catalogue.
        mentions: source id -> words to print.

    Returns:
        Values by indicator then zone, those of every EPCI of the country beside, people of each
        public at origins; and what is noteworthy.
    """
    settled = settle(extracts, territory=territory, country=country, indicators=indicators)
    weights, labels, told = weigh(
        territory, groups=settled.groups, indicators=indicators, mentions=mentions
    )
    values, reference = (
        frame.assign(source=frame["source"].replace(dict(mentions)).astype("str"))
        for frame in (settled.values, settled.reference)
    )
    needs = Needs(values=values, weights=weights, weight_labels=labels, reference=reference)
    return needs, [*settled.findings, *told]
