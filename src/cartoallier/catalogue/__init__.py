"""Themes, indicators, thresholds and sources: TOML data and its loader, nothing hard-coded.

The ``.toml`` files of this folder are the consultants' files: their keys are French and
explained at their head. :func:`load_catalogue` is the only door.
"""

from cartoallier.catalogue.baskets import load_baskets
from cartoallier.catalogue.entries import AnswerRule, Body, Catalogue, Format, Source, Use
from cartoallier.catalogue.loading import load_catalogue, shipped
from cartoallier.catalogue.travel import load_travel_profiles

__all__ = [
    "AnswerRule",
    "Body",
    "Catalogue",
    "Format",
    "Source",
    "Use",
    "load_baskets",
    "load_catalogue",
    "load_travel_profiles",
    "shipped",
]
