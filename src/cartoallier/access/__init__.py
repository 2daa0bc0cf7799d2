"""From origins and services to minutes, and from minutes to people left out. Pure."""

from cartoallier.access.baskets import basket_table
from cartoallier.access.combined import Combined
from cartoallier.access.crow_fly import CrowFly, minutes_by_car, nearest_eligible
from cartoallier.access.eligibility import admitted
from cartoallier.access.engine import Bracket, Engine, Floats, Mask, Pairs, Reach
from cartoallier.access.floored import Floored
from cartoallier.access.further import MEASURES, further_measures
from cartoallier.access.measure import SHOWN_MINUTES, measure
from cartoallier.access.people import People, beyond, zone_matrix
from cartoallier.access.sites import CLOSED, OTHER_KIND, desks, places_by_zone
from cartoallier.access.subsets import Anchors, Ground, Subsets, split_sites
from cartoallier.access.trials import OtherMeasures, Trials, trials

__all__ = [
    "CLOSED",
    "MEASURES",
    "OTHER_KIND",
    "SHOWN_MINUTES",
    "Anchors",
    "Bracket",
    "Combined",
    "CrowFly",
    "Engine",
    "Floats",
    "Floored",
    "Ground",
    "Mask",
    "OtherMeasures",
    "Pairs",
    "People",
    "Reach",
    "Subsets",
    "Trials",
    "admitted",
    "basket_table",
    "beyond",
    "desks",
    "further_measures",
    "measure",
    "minutes_by_car",
    "nearest_eligible",
    "places_by_zone",
    "split_sites",
    "trials",
    "zone_matrix",
]
