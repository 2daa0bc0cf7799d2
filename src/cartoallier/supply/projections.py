"""Projected coordinates of national lists, brought to WGS84 degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyproj

from cartoallier.model import Finding
from cartoallier.supply import cells

LAMBERT_93 = 2154
_LEGAL = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "975": 4467, "976": 4471}
"""Overseas département -> EPSG code of its legal projection (décret 2000-1276)."""
_BOUNDS = {
    LAMBERT_93: (0, 1_300_000, 6_000_000, 7_200_000),
    5490: (400_000, 900_000, 1_500_000, 2_100_000),
    2972: (0, 800_000, 200_000, 700_000),
    2975: (200_000, 500_000, 7_600_000, 7_800_000),
    4467: (500_000, 620_000, 5_100_000, 5_300_000),
    4471: (450_000, 580_000, 8_500_000, 8_650_000),
}


def projection_of(commune_code: str) -> int:
    """Return the EPSG code of the legal projection of a commune, Lambert-93 by default."""
    return _LEGAL.get(commune_code[:3], LAMBERT_93)


def to_degrees(
    x: Sequence[object],
    y: Sequence[object],
    *,
    commune_codes: Sequence[str],
    lines: Sequence[int],
    file: str,
    column: str,
) -> tuple[list[float], list[float], list[Finding]]:
    """Read projected pairs, each in the legal projection of its commune.

    Args:
        x: eastings in metres, text or numbers, missing allowed.
        y: northings in metres.
        commune_codes: decides the projection; ``""`` when unknown: Lambert-93.
        lines: row of each pair in the file.
        file: name the findings give.
        column: name of the column of eastings.

    Returns:
        Longitudes and latitudes (WGS84 degrees, NaN when missing or impossible), findings.
    """
    eastings = _numbers(x)
    northings = _numbers(y)
    codes = np.array([projection_of(code) for code in commune_codes], dtype="int64")
    longitudes = np.full(len(codes), np.nan)
    latitudes = np.full(len(codes), np.nan)
    for code in np.unique(codes):
        west, east, south, north = _BOUNDS[int(code)]
        inside = (eastings >= west) & (eastings <= east)
        inside &= (northings >= south) & (northings <= north) & (codes == code)
        turn = pyproj.Transformer.from_crs(int(code), 4326, always_xy=True)
        longitudes[inside], latitudes[inside] = turn.transform(eastings[inside], northings[inside])
    written = [
        bool(cells.text(one)) or bool(cells.text(two)) for one, two in zip(x, y, strict=True)
    ]
    findings = [
        Finding(
            file=file,
            line=line,
            column=column,
            value=f"{cells.text(one)[:30]} ; {cells.text(two)[:30]}",
            what="coordonnées projetées impossibles",
            action="coordonnées ignorées ; à corriger dans le fichier d'origine",
        )
        for one, two, line, here, lost in zip(
            x, y, lines, written, np.isnan(longitudes), strict=True
        )
        if here and lost
    ]
    return longitudes.round(7).tolist(), latitudes.round(7).tolist(), findings


def look_projected(x: Sequence[object], y: Sequence[object]) -> bool:
    """Return whether two columns hold Lambert-93 metres rather than degrees."""
    west, east, south, north = _BOUNDS[LAMBERT_93]
    eastings, northings = _numbers(x), _numbers(y)
    known = ~np.isnan(eastings) & ~np.isnan(northings)
    fits = (eastings > west + 1000) & (eastings <= east) & (northings >= south)
    fits &= northings <= north
    return bool(known.any()) and bool(fits[known].mean() > 0.5)


def _numbers(values: Sequence[object]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = (cells.number(value) for value in values)
    return np.array([math.nan if one is None else one for one in found], dtype="float64")
