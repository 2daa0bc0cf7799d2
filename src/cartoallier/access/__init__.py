"""From origins and services to minutes, and from minutes to people left out. Pure."""

from cartoallier.access.crow_fly import minutes_by_car, nearest_eligible
from cartoallier.access.measure import measure

__all__ = ["measure", "minutes_by_car", "nearest_eligible"]
