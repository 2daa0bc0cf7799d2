"""From columns understood by a reader to a frame of services."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cartoallier.files import Rows
from cartoallier.model import SERVICE_COLUMNS, Finding
from cartoallier.supply import cells
from cartoallier.supply.spelling import decimal_commas, respelt_codes

DUPLICATE = "doublon exact"
UNNAMED = "ligne sans nom"

COUNTRY_CENTRE = (2.213749, 46.227638)
"""What a geocoder answers to « France »: 14 km from Allier, so no bounding box catches it."""

_EXPECTED = "à corriger dans le fichier d'origine"


def points(
    rows: Rows, *, longitude: str, latitude: str
) -> tuple[list[float], list[float], list[Finding]]:
    """Read the coordinates of every row.

    A pair that cannot be a place (text, out of range, (0, 0), the centre of France) is missing
    and found; a pair written latitude first is put right and found.

    Args:
        rows: the file.
        longitude: column of the longitude, WGS84 degrees.
        latitude: column of the latitude.

    Returns:
        Longitudes, latitudes (NaN when missing), findings.
    """
    return read_points(
        rows.column(longitude),
        rows.column(latitude),
        lines=rows.lines,
        file=rows.file,
        column=longitude,
    )


def read_points(
    longitudes: Sequence[object],
    latitudes: Sequence[object],
    *,
    lines: Sequence[int],
    file: str,
    column: str,
) -> tuple[list[float], list[float], list[Finding]]:
    """Read pairs of coordinates: see :func:`points`."""
    found: list[Finding] = []
    eastings: list[float] = []
    northings: list[float] = []
    for line, raw_x, raw_y in zip(lines, longitudes, latitudes, strict=True):
        x, y = cells.number(raw_x), cells.number(raw_y)
        problem = action = ""
        if x is None and y is None:
            x = y = math.nan
        else:
            x, y = (math.nan if x is None else x), (math.nan if y is None else y)
            problem, action, x, y = _judge(x, y)
        if problem:
            value = f"{cells.text(raw_x)[:30]} ; {cells.text(raw_y)[:30]}"
            found.append(
                Finding(
                    file=file, line=line, column=column, value=value, what=problem, action=action
                )
            )
        eastings.append(x)
        northings.append(y)
    found += decimal_commas(longitudes, lines=lines, file=file, column=column)
    return eastings, northings, found


def _judge(x: float, y: float) -> tuple[str, str, float, float]:
    """Return what is wrong with a pair, what was done, and the pair to keep."""
    ignored = f"coordonnées ignorées ; {_EXPECTED}"
    if math.isnan(x) or math.isnan(y):
        return "coordonnées illisibles ou incomplètes", ignored, math.nan, math.nan
    if -5.5 <= y <= 10 and 41 <= x <= 51.6:
        return (
            "longitude et latitude inversées",
            f"remises dans l'ordre ; {_EXPECTED}",
            y,
            x,
        )
    if abs(x) < 1e-9 and abs(y) < 1e-9:
        return "coordonnées (0, 0)", ignored, math.nan, math.nan
    if abs(x) > 180 or abs(y) > 90:
        return "coordonnées hors du globe", ignored, math.nan, math.nan
    if abs(x - COUNTRY_CENTRE[0]) < 1e-4 and abs(y - COUNTRY_CENTRE[1]) < 1e-4:
        return "coordonnées du centre de la France", ignored, math.nan, math.nan
    return "", "", x, y


def assemble(
    *,
    source: str,
    rows: Rows,
    ids: Sequence[str],
    columns: Mapping[str, Sequence[object]],
) -> tuple[pd.DataFrame, list[Finding], dict[str, int]]:
    """Build the frame of a reader: every column, its dtype, unique ids.

    Rows without a name and exact duplicates are dropped; a repeated id is made unique.

    Args:
        source: format of the export, first half of the ids.
        rows: the file; ``ids`` and ``columns`` follow its order.
        ids: local ids; an empty one is replaced by the row number.
        columns: those of ``SERVICE_COLUMNS`` the export knows; the others are missing.

    Returns:
        The frame, the findings, and the number of rows dropped by reason.
    """
    size = len(rows)
    local = [given or f"ligne-{line}" for given, line in zip(ids, rows.lines, strict=True)]
    given = {"source": [source] * size, "file": [rows.file] * size, "line": rows.lines, **columns}
    data = {
        name: _series(given.get(name), dtype=dtype, size=size)
        for name, dtype in SERVICE_COLUMNS.items()
    }
    placed = data["longitude"].notna() & data["latitude"].notna()
    data["precision"] = pd.Series(np.where(placed, "adresse", ""), dtype="str")
    data["precision"] = data["precision"].where(placed)
    frame = pd.DataFrame(data)
    frame.index = pd.Index([f"{source}--{one}" for one in local], name="id", dtype="str")
    sound, findings, dropped = _sound(frame, file=rows.file)
    return sound, findings + respelt_codes(rows), dropped


def _series(values: Sequence[object] | None, *, dtype: str, size: int) -> pd.Series:
    if dtype == "object":
        return pd.Series([()] * size if values is None else list(values), dtype="object")
    if dtype == "bool":
        return pd.Series([False] * size if values is None else list(values), dtype="bool")
    if dtype == "str":
        texts = pd.Series([None] * size if values is None else list(values), dtype="str")
        return texts.mask(texts.isin([""]))
    return pd.Series([None] * size if values is None else list(values), dtype=dtype)


def _sound(frame: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Finding], dict[str, int]]:
    findings: list[Finding] = []
    dropped: dict[str, int] = {}
    unnamed = frame["name"].isna()
    if unnamed.any():
        dropped[UNNAMED] = int(unnamed.sum())
        findings += [
            Finding(
                file=file,
                line=int(line),
                what=UNNAMED,
                action="ligne ignorée ; donnez un nom au lieu ou au service",
            )
            for line in frame.loc[unnamed, "line"]
        ]
        frame = frame[~unnamed]
    if not frame.index.is_unique:
        frame, more, same = _unique(frame, file=file)
        findings += more
        if same:
            dropped[DUPLICATE] = same
    return frame, findings, dropped


def _unique(frame: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Finding], int]:
    """Drop exact duplicates and number the other rows that share an id."""
    findings: list[Finding] = []
    seen: dict[str, list[tuple[object, ...]]] = {}
    ids: list[str] = []
    keep: list[bool] = []
    shared = set(frame.index[frame.index.duplicated(keep=False)])
    content = frame.drop(columns="line")
    for position, one in enumerate(frame.index):
        if one not in shared:
            ids.append(one)
            keep.append(True)
            continue
        line = int(frame["line"].iloc[position])
        row = tuple(
            None if isinstance(v, float) and math.isnan(v) else v
            for v in content.iloc[position].tolist()
        )
        earlier = seen.setdefault(one, [])
        keep.append(row not in earlier)
        if row in earlier:
            ids.append(one)
            findings.append(Finding(file=file, line=line, what=DUPLICATE, action="ligne ignorée"))
            continue
        earlier.append(row)
        ids.append(one if len(earlier) == 1 else f"{one}~{len(earlier)}")
        if len(earlier) > 1:
            findings.append(
                Finding(
                    file=file,
                    line=line,
                    what="identifiant déjà utilisé par une autre ligne",
                    action="les deux lignes sont gardées ; à vérifier dans le fichier d'origine",
                )
            )
    frame = frame.set_axis(pd.Index(ids, name="id", dtype="str"))[keep]
    return frame, findings, len(keep) - sum(keep)
