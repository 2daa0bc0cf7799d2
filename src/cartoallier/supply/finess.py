"""FINESS: the national register of health and social establishments, in the shapes it is sent.

The stock file has no header (``finess;etalab;96;2026-05-04`` stands first) and no coordinates;
its geolocated variant adds one row of projected coordinates per establishment. Regional
extracts have a header. Licence Ouverte 2.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from cartoallier.files import Grid, Rows, read_grid
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.extract import Extract
from cartoallier.supply.geofiles import (
    is_document,
    is_geopackage,
    read_places,
    read_start_bytes,
    require,
)
from cartoallier.supply.projections import look_projected, to_degrees
from cartoallier.supply.records import assemble, points

SOURCE = "finess"
REQUIRED = ("nofinesset", "categetab")
STOCK_COLUMNS = (
    "typeet", "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie",
    "typvoie", "voie", "compvoie", "lieuditbp", "commune", "departement", "libdepartement",
    "ligneacheminement", "telephone", "telecopie", "categetab", "libcategetab", "categagretab",
    "libcategagretab", "siret", "codeape", "codemft", "libmft", "codesph", "libsph", "dateouv",
    "dateautor", "datemaj", "numuai",
)  # fmt: skip
"""Columns of the ``structureet`` rows of the stock file, in order."""

_STRUCTURE = "structureet"
_PLACE = "geolocalisation"
_X = ("coordxet", "coordx", "x")
_Y = ("coordyet", "coordy", "y")
_OVERSEAS = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9E": "975", "9F": "976"}
_ROUTE = re.compile(r"^(?P<code>\d{5})\s+(?P<name>.+?)(?:\s+CEDEX(?:\s+\d+)?)?$", re.IGNORECASE)


def is_stock(grid: Grid) -> bool:
    """Return whether rows without a header are those of the stock file."""
    first = next((row for row in grid if any(row)), [])
    start = first[0].strip().lower() if first else ""
    second = first[1].strip().lower() if len(first) > 1 else ""
    return (start == "finess" and second == "etalab") or (
        start in {_STRUCTURE, _PLACE} and second[:1].isdigit()
    )


def is_finess(header: Iterable[str]) -> bool:
    """Return whether these are the columns of an extract with a header."""
    return set(REQUIRED) <= {name.lower() for name in header}


def read_finess(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a FINESS extract.

    ``commune`` is the end of an INSEE code, completed by the département (overseas ``9A``–``9F``
    included). Coordinates are projected: Lambert-93, or the legal projection overseas. Without
    any, the commune is the place. ``libmft`` (how it is paid for) is the funding.

    Args:
        path: stock file, geolocated stock file, or extract with a header, in any kind of table.
        file: its name, as the project writes it.

    Returns:
        One record per establishment, all categories, and the findings.

    Raises:
        SourceError: the file is not a table or lacks a column of the register.
    """
    extract = extract_finess(path, file=file)
    return extract.frame, extract.findings


def extract_finess(path: Path, *, file: str) -> Extract:
    """Read the register with the counts of what was read and dropped."""
    rows = _rows(path, file=file)
    require(rows, REQUIRED, what="un extrait de FINESS")
    findings = list(rows.findings)
    communes, names = _communes(rows)
    longitude, latitude, more = _coordinates(rows, communes=communes)
    findings += more
    routes = rows.parse("ligneacheminement", _route)
    named = [
        cells.name(long or short)
        for long, short in zip(rows.column("rslongue"), rows.column("rs"), strict=True)
    ]
    categories = rows.parse("categetab", lambda value: cells.code(value, width=3))
    frame, more, dropped = assemble(
        source=SOURCE,
        rows=rows,
        ids=rows.parse("nofinesset", lambda value: cells.code(value, width=9)),
        columns={
            "name": named,
            "structure": named,
            "structure_id": rows.parse("nofinessej", _number),
            "siret": rows.parse("siret", _siret),
            "category": rows.parse("libcategetab", cells.text),
            "address": _addresses(rows),
            "postal_code": [code for code, _ in routes],
            "commune_code": communes,
            "commune_name": [name or route for name, (_, route) in zip(names, routes, strict=True)],
            "longitude": longitude,
            "latitude": latitude,
            "updated_on": rows.parse("datemaj", cells.date),
            "phone": rows.parse("telephone", _phone),
            "funding": rows.parse("libmft", cells.text),
            "closures": rows.parse("datefermeture", _closures),
            "finess": [(code,) if code else () for code in categories],
        },
    )
    return Extract(frame=frame, findings=findings + more, rows_read=len(rows), dropped=dropped)


def _rows(path: Path, *, file: str) -> Rows:
    start = read_start_bytes(path)
    if is_geopackage(start) or is_document(start):
        return _lowered(read_places(path, file=file))
    grid, findings = read_grid(path, file=file)
    if not is_stock(grid):
        return _lowered(read_places(path, file=file))
    return _stock(grid, file=file, findings=findings)


def _lowered(rows: Rows) -> Rows:
    """Give columns the register's own lower-case names."""
    columns = {name.lower(): rows.column(name) for name in reversed(rows.header)}
    return Rows(
        file=rows.file,
        header=tuple(reversed(columns)),
        cells=columns,
        lines=rows.lines,
        findings=rows.findings,
    )


def _stock(grid: Grid, *, file: str, findings: list[Finding]) -> Rows:
    """Give the establishments of a stock file by column, each with its coordinates."""
    width = len(STOCK_COLUMNS)
    kept: Grid = []
    lines: list[int] = []
    places: dict[str, Sequence[str]] = {}
    for line, row in enumerate(grid, start=1):
        kind = row[0] if row else ""
        if kind == _STRUCTURE:
            if len(row) != width:
                findings.append(_ragged(file, line))
                row = row[:width] + [""] * (width - len(row))  # noqa: PLW2901  # put right here
            kept.append(row)
            lines.append(line)
        elif kind == _PLACE and len(row) > 3:
            places[row[1]] = row
        elif kind != "finess" and any(row):
            findings.append(_strange(file, line, kind))
    columns: dict[str, Sequence[object]] = {
        name: [row[position].strip() or None for row in kept]
        for position, name in enumerate(STOCK_COLUMNS)
    }
    if places:
        known = [places.get(row[1], ()) for row in kept]
        columns["coordxet"] = [row[2] if row else None for row in known]
        columns["coordyet"] = [row[3] if row else None for row in known]
        orphans = len(places.keys() - {row[1] for row in kept})
        if orphans:
            findings.append(
                Finding(
                    file=file,
                    value=f"{orphans} lignes",
                    what="coordonnées d'établissements absents du fichier",
                    action="lignes ignorées",
                )
            )
    return Rows(
        file=file,
        header=tuple(columns),
        cells=columns,
        lines=tuple(lines),
        findings=tuple(findings),
    )


def _ragged(file: str, line: int) -> Finding:
    return Finding(
        file=file,
        line=line,
        what=f"la ligne n'a pas {len(STOCK_COLUMNS)} cellules",
        action="lue au mieux ; un point-virgule est peut-être mal protégé",
    )


def _strange(file: str, line: int, kind: str) -> Finding:
    return Finding(
        file=file,
        line=line,
        value=kind[:80],
        what="type de ligne inconnu de FINESS",
        action="ligne ignorée",
    )


def _communes(rows: Rows) -> tuple[list[str], list[str]]:
    """Return INSEE codes, and names where the column holds a name."""
    departements = rows.parse("departement", lambda value: cells.code(value, width=2))
    written = rows.parse("commune", cells.text)
    codes: list[str] = []
    names: list[str] = []
    for departement, commune in zip(departements, written, strict=True):
        code = commune_code(commune, departement=departement)
        codes.append(code)
        names.append("" if code else commune)
    return codes, names


def commune_code(commune: str, *, departement: str) -> str:
    """Return the INSEE code of a ``commune`` cell, ``""`` when it holds no code.

    Args:
        commune: three digits after the département, or a whole code.
        departement: two characters, ``9A`` to ``9F`` overseas, or three digits.
    """
    short = commune.removesuffix(".0")
    if re.fullmatch(r"\d{5}|2[AB]\d{3}", short.upper()):
        return short.upper()
    if not short.isdigit() or not departement:
        return ""
    overseas = _OVERSEAS.get(departement, departement if len(departement) == 3 else "")
    if len(short) == 4:
        return short.zfill(5)
    if not overseas:
        return f"{departement}{short.zfill(3)}" if len(short) <= 3 else ""
    # 97105 is written 105 or 05 after 9A.
    whole = short.zfill(3)
    return f"97{whole}" if whole[0] == overseas[2] else f"{overseas}{whole[1:]}"


def _coordinates(
    rows: Rows, *, communes: Sequence[str]
) -> tuple[list[float], list[float], list[Finding]]:
    x = next((name for name in _X if name in rows), "")
    y = next((name for name in _Y if name in rows), "")
    if not x or not y or ("longitude" in rows and not look_projected(*map(rows.column, (x, y)))):
        return points(rows, longitude="longitude", latitude="latitude")
    return to_degrees(
        rows.column(x),
        rows.column(y),
        commune_codes=communes,
        lines=rows.lines,
        file=rows.file,
        column=x,
    )


def _route(value: object) -> tuple[str, str]:
    """Split ``03000 MOULINS CEDEX 9`` into a postal code and a name."""
    match = _ROUTE.match(cells.text(value))
    return (match["code"], match["name"]) if match else ("", "")


def _number(value: object) -> str:
    written = cells.code(value, width=9)
    return written if written.strip("0") else ""


def _siret(value: object) -> str:
    written = re.sub(r"\D", "", cells.text(value))
    return written if len(written) == 14 and written.strip("0") else ""


def _phone(value: object) -> str:
    """Read a number that may have lost its first zero to a spreadsheet."""
    written = cells.text(value)
    return cells.phone(f"0{written}" if re.fullmatch(r"[1-9]\d{8}", written) else written)


def _closures(value: object) -> tuple[str, ...]:
    day = cells.date(value)
    return (f"{day}/",) if day else ()


def _addresses(rows: Rows) -> list[str]:
    parts: Mapping[str, list[str]] = {
        name: rows.parse(name, cells.text)
        for name in ("numvoie", "typvoie", "voie", "compvoie", "lieuditbp")
    }
    found: list[str] = []
    for number, kind, street, more, hamlet in zip(*parts.values(), strict=True):
        number = number.lstrip("0")  # noqa: PLW2901  # « 0012 » in some extracts
        found.append(
            ", ".join(filter(None, (" ".join(filter(None, (number, kind, street, more))), hamlet)))
        )
    return found
