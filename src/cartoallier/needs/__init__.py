"""Need indicators: one reader per layout, missing values typed, honest sums only."""

from cartoallier.needs.aggregation import require_aggregable
from cartoallier.needs.bringing import bring_needs
from cartoallier.needs.census import read_census
from cartoallier.needs.estimation import estimate_poverty
from cartoallier.needs.grid import grid_weights, sum_cells
from cartoallier.needs.reading import NeedInput, read_needs
from cartoallier.needs.telling import count_values
from cartoallier.needs.values import Extract

__all__ = [
    "Extract",
    "NeedInput",
    "bring_needs",
    "count_values",
    "estimate_poverty",
    "grid_weights",
    "read_census",
    "read_needs",
    "require_aggregable",
    "sum_cells",
]
