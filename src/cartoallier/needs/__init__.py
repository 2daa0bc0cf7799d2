"""Need indicators: one reader per layout, missing values typed."""

from cartoallier.needs.census import load_census

__all__ = ["load_census"]
