"""BPE: the permanent database of facilities of INSEE. Licence Ouverte 2.0.

The national file has 2.7 million facilities, of which a territory keeps one in a hundred: those
whose own cells say without any doubt that they are elsewhere are counted and let go as they are
read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pyproj

from cartoallier.files import Beyond, Rows
from cartoallier.model import Finding, Territory
from cartoallier.supply import cells
from cartoallier.supply.communes import CommuneJudge
from cartoallier.supply.extract import Extract
from cartoallier.supply.geofiles import read_places, require
from cartoallier.supply.projections import to_degrees
from cartoallier.supply.records import assemble, points

SOURCE = "bpe"
REQUIRED = ("TYPEQU", "DEPCOM")
_MOBILE = "MO"
_CODE = re.compile(r"[A-G]\d{3}")
_OTHER_CODES = re.compile(r"insee|postal|^cp$", re.IGNORECASE)
"""Columns of codes the database has not: what spreadsheets did to them is counted row by row."""
_DEGREES = ("LONGITUDE", "LATITUDE")
_METRES = ("LAMBERT_X", "LAMBERT_Y")
_MARGIN_M = 2_000


def is_bpe(header: Iterable[str]) -> bool:
    """Return whether these are the columns of the database, facility by facility."""
    return set(REQUIRED) <= {name.upper() for name in header}


def read_bpe(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read facilities one by one.

    A facility without a name takes the label of its code. ``TYPE`` = ``MO`` is itinerant.
    Coordinates are degrees where the vintage gives them, else Lambert-93 or the legal
    projection overseas. ``AN`` says the first of January the facility was there.

    Args:
        path: the file of facilities, CSV with ``;`` or any kind of table.
        file: its name, as the project writes it.

    Returns:
        One record per facility, and the findings.

    Raises:
        SourceError: the file is not a table or lacks a column of the database.
    """
    extract = extract_bpe(path, file=file)
    return extract.frame, extract.findings


def extract_bpe(path: Path, *, file: str, territory: Territory | None = None) -> Extract:
    """Read the database with the counts of what was read and dropped.

    Args:
        path: as :func:`read_bpe`.
        file: its name, as the project writes it.
        territory: where facilities are wanted; those certainly elsewhere are ``left_out``.
            ``None``: everywhere.
    """
    beyond = _certainly_beyond(territory) if territory is not None else None
    rows = _raised(read_places(path, file=file, beyond=beyond))
    require(rows, REQUIRED, what="un fichier d'équipements de la BPE")
    labels = _labels()
    findings = list(rows.findings)
    codes = rows.parse("TYPEQU", lambda value: cells.text(value).upper())
    communes = rows.parse("DEPCOM", cells.code)
    longitude, latitude, more = _coordinates(rows, communes=communes)
    findings += more + _unknown_codes(rows, codes)
    names = [
        given or (labels.get(code) or f"Équipement {code}" if code else "")
        for given, code in zip(rows.parse("NOMRS", cells.name), codes, strict=True)
    ]
    stem = re.sub(r"[^\w-]+", "-", rows.file.lower()).strip("-")
    frame, more, dropped = assemble(
        source=SOURCE,
        rows=rows,
        ids=[f"{stem}-{line}" for line in rows.lines],
        columns={
            "name": names,
            "structure": names,
            "siret": rows.parse("SIRET", cells.text),
            "category": [labels.get(code, code) for code in codes],
            "address": _addresses(rows),
            "postal_code": rows.parse("CODPOS", cells.code),
            "commune_code": communes,
            "commune_name": rows.parse("LIBCOM", cells.text),
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": rows.parse("TYPE", lambda value: cells.text(value).upper() == _MOBILE),
            "updated_on": rows.parse("AN", _first_of_january),
            "bpe": rows.parse("TYPEQU", _words),
        },
    )
    return Extract(
        frame=frame,
        findings=findings + more,
        rows_read=len(rows) + rows.left_out,
        dropped=dropped,
        left_out=rows.left_out,
    )


def _certainly_beyond(territory: Territory) -> Beyond:
    """Return the test of the facilities that reading whole would find out of reach, and silent.

    Any doubt keeps the row, for it to be read with all the others: a code that is not exactly a
    current commune's, a point that is no plain number or near the territory (even swapped), no
    kind of facility, cells missing. So is the first row of each vintage, that the file's own be
    known.
    """
    west, south, east, north = territory.communes.total_bounds
    metres = (west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M)
    turn = pyproj.Transformer.from_crs(territory.crs, "EPSG:4326", always_xy=True)
    judge = CommuneJudge.of(territory)

    def prepare(positions: Mapping[str, int]) -> Callable[[list[str]], bool]:
        at = {name.upper(): position for name, position in positions.items()}
        others = [name for name in at if _OTHER_CODES.search(name)]
        if others or not set(REQUIRED) <= set(at):
            return lambda _: False
        if set(_DEGREES) <= set(at):
            return _Far(at, judge=judge, point=_DEGREES, box=turn.transform_bounds(*metres))
        if set(_METRES) <= set(at):
            return _Far(at, judge=judge, point=_METRES, box=metres)
        return lambda _: False

    return prepare


class _Far:
    """Tells the rows that are certainly out of reach: see :func:`_certainly_beyond`."""

    def __init__(
        self,
        at: Mapping[str, int],
        *,
        judge: CommuneJudge,
        point: tuple[str, str],
        box: tuple[float, float, float, float],
    ) -> None:
        self._width = max(at.values()) + 1
        self._declared = tuple(at.get(name) for name in ("DEPCOM", "LIBCOM", "CODPOS"))
        self._kind = at["TYPEQU"]
        # Without a vintage, a few more rows are read whole.
        self._year = at.get("AN", self._kind)
        self._x, self._y = (at[name] for name in point)
        self._box = box
        self._judge = judge
        self._near = frozenset(judge.territory.communes.index)
        self._known: dict[tuple[str, str, str], bool] = {}
        self._years: set[str] = set()

    def __call__(self, row: list[str]) -> bool:
        if len(row) < self._width or not row[self._kind].isalnum():
            return False
        code, name, postal = self._declared
        declared = (
            row[code] if code is not None else "",
            row[name] if name is not None else "",
            row[postal] if postal is not None else "",
        )
        if declared not in self._known:
            self._known[declared] = self._elsewhere(*declared)
        if not self._known[declared]:
            return False
        if row[self._year] not in self._years:
            self._years.add(row[self._year])
            return False
        return self._is_far(row[self._x], row[self._y])

    def _elsewhere(self, code: str, name: str, postal: str) -> bool:
        if cells.code(code) != code:
            return False
        verdict = self._judge.judge(code, name=cells.text(name), postal=cells.code(postal), here="")
        return bool(verdict.code) and verdict.code not in self._near

    def _is_far(self, x: str, y: str) -> bool:
        if not x and not y:
            return True
        try:
            one, two = float(x), float(y)
        except ValueError:
            return False
        west, south, east, north = self._box
        here = west <= one <= east and south <= two <= north
        return not (here or (west <= two <= east and south <= one <= north))


def _raised(rows: Rows) -> Rows:
    """Give columns the database's own upper-case names."""
    columns = {name.upper(): rows.column(name) for name in rows.header}
    return Rows(
        file=rows.file,
        header=tuple(columns),
        cells=columns,
        lines=rows.lines,
        findings=rows.findings,
        left_out=rows.left_out,
    )


def _labels() -> Mapping[str, str]:
    text = files("cartoallier.supply").joinpath("bpe.toml").read_text("utf-8")
    labels: dict[str, str] = tomllib.loads(text)["libelles"]
    return labels


def _words(value: object) -> tuple[str, ...]:
    code = cells.text(value).upper()
    return (code,) if code else ()


def _unknown_codes(rows: Rows, codes: list[str]) -> list[Finding]:
    return [
        Finding(
            file=rows.file,
            line=line,
            column="TYPEQU",
            value=code[:80],
            what="code d'équipement qui n'en est pas un",
            action="ligne gardée sans catégorie utile ; à vérifier dans la nomenclature de la BPE",
        )
        for code, line in zip(codes, rows.lines, strict=True)
        if not _CODE.fullmatch(code)
    ]


def _coordinates(
    rows: Rows, *, communes: list[str]
) -> tuple[list[float], list[float], list[Finding]]:
    if {"LONGITUDE", "LATITUDE"} <= set(rows.header):
        return points(rows, longitude="LONGITUDE", latitude="LATITUDE")
    return to_degrees(
        rows.column("LAMBERT_X"),
        rows.column("LAMBERT_Y"),
        commune_codes=communes,
        lines=rows.lines,
        file=rows.file,
        column="LAMBERT_X",
    )


def _addresses(rows: Rows) -> list[str]:
    columns = [
        rows.parse(name, cells.text)
        for name in ("NUMVOIE", "INDREP", "TYPVOIE", "LIBVOIE", "CADR")
        if name in rows
    ]
    if not columns:
        return [""] * len(rows)
    return [" ".join(filter(None, parts)) for parts in zip(*columns, strict=True)]


def _first_of_january(value: object) -> str:
    year = cells.text(value)
    return cells.date(f"{year}-01-01") if re.fullmatch(r"20\d\d", year) else ""
