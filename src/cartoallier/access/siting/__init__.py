"""Where to add a site: exact models, greedy beyond them, tours, and who stays out of reach."""

from cartoallier.access.siting.explaining import Left, unreachable
from cartoallier.access.siting.problem import Model, SitingProblem
from cartoallier.access.siting.solving import Point, Siting, solve
from cartoallier.access.siting.telling import zones_before_after
from cartoallier.access.siting.tours import FULL_WEEK, Tours, tours_of

__all__ = [
    "FULL_WEEK",
    "Left",
    "Model",
    "Point",
    "Siting",
    "SitingProblem",
    "Tours",
    "solve",
    "tours_of",
    "unreachable",
    "zones_before_after",
]
