"""Composite scores of EPCI: profiles of poor households, aggravating factors."""

from __future__ import annotations

SCORE_COLUMNS: dict[str, str] = {
    "code": "str",
    "name": "str",
    "perimeter": "str",
    "composite": "str",
    "score": "float64",
    "rank": "Int64",
    "ranked": "Int64",
    "rank_low": "Int64",
    "rank_high": "Int64",
    "known": "Int64",
    "expected": "Int64",
    "weight_known": "float64",
    "dominant": "bool",
    "missing": "str",
}
"""Columns of a table of scores, one row per (whole EPCI, composite).

``score``: 0 to 100, higher is more need; missing when too little is known. ``rank``: among the
``ranked`` EPCI of the country, 1 = most need. ``rank_low`` and ``rank_high``: lowest and highest
rank it takes when weights move and when any one term is left out. ``known`` of ``expected`` terms
have a value, of ``weight_known`` of the weight (0 to 1). ``dominant``: the highest of the EPCI's
profiles. ``missing``: ids of the terms without value, separated by spaces.
"""
