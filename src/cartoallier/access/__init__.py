"""From origins and services to minutes, and from minutes to people left out. Pure."""

from cartoallier.access.crow_fly import minutes_by_car, nearest_eligible
from cartoallier.access.measure import measure
from cartoallier.access.sites import CLOSED, OTHER_KIND, desks, places_by_zone
from cartoallier.access.subsets import Anchors, Ground, Subsets, split_sites

__all__ = [
    "CLOSED",
    "OTHER_KIND",
    "Anchors",
    "Ground",
    "Subsets",
    "desks",
    "measure",
    "minutes_by_car",
    "nearest_eligible",
    "places_by_zone",
    "split_sites",
]
