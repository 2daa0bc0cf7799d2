"""Addresses that must stay secret: the front of the five modules that keep them so.

1. :mod:`~cartoallier.supply.sensitivity`: which services (:func:`is_secret`);
2. :mod:`~cartoallier.supply.generalising`: what is left of them at the door, source by source
   (:func:`generalise`, :func:`mask_findings`);
3. :mod:`~cartoallier.supply.twins`: what other sources say of them, once gathered
   (:func:`hide_twins`, with :mod:`~cartoallier.supply.marks`);
4. :mod:`~cartoallier.supply.levels`: where they are counted, once themes are assigned
   (:func:`settle_levels`, :func:`secret_counts`).
"""

from cartoallier.supply.generalising import DESK, SHELTER, generalise, hashed_id, mask_findings
from cartoallier.supply.levels import secret_counts, settle_levels
from cartoallier.supply.sensitivity import (
    is_secret,
    is_soliguide_housing,
    speaks_of_danger,
)
from cartoallier.supply.twins import hide_twins

__all__ = [
    "DESK",
    "SHELTER",
    "generalise",
    "hashed_id",
    "hide_twins",
    "is_secret",
    "is_soliguide_housing",
    "mask_findings",
    "secret_counts",
    "settle_levels",
    "speaks_of_danger",
]
