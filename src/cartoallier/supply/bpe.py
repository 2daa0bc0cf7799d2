"""BPE: the permanent database of facilities of INSEE. Licence Ouverte 2.0."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import pandas as pd

from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.geofiles import read_places, require
from cartoallier.supply.projections import to_degrees
from cartoallier.supply.records import assemble, points
from cartoallier.supply.rows import Extract, Rows

SOURCE = "bpe"
REQUIRED = ("TYPEQU", "DEPCOM")
_MOBILE = "MO"
_CODE = re.compile(r"[A-G]\d{3}")


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


def extract_bpe(path: Path, *, file: str) -> Extract:
    """Read the database with the counts of what was read and dropped."""
    rows = _raised(read_places(path, file=file))
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
    return Extract(frame=frame, findings=findings + more, rows_read=len(rows), dropped=dropped)


def _raised(rows: Rows) -> Rows:
    """Give columns the database's own upper-case names."""
    columns = {name.upper(): rows.column(name) for name in rows.header}
    return Rows(
        file=rows.file,
        header=tuple(columns),
        cells=columns,
        lines=rows.lines,
        findings=rows.findings,
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
