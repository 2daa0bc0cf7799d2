"""The national list of France Services (data.gouv, ANCT, Licence Ouverte 2.0)."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import hide_lodgings
from cartoallier.supply.geofiles import read_places, require
from cartoallier.supply.hours import day_by_day
from cartoallier.supply.records import assemble, points

SOURCE = "france-services"
REQUIRED = ("id_fs", "lib_fs", "format_fs")
_FIXED = frozenset({"Fixe", "Fixe_antenne(s)", "Multisites"})
_ITINERANT = frozenset({"Bus_équivalent", "Itinérante"})
_KINDS = {"Bus_équivalent": "bus France Services", "Itinérante": "France Services itinérante"}
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def read_france_services(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read the list of France Services, delimiter ``,`` or ``;``.

    Fixe, Fixe_antenne(s) and Multisites are fixed; Bus_équivalent and Itinérante are itinerant:
    their point is a depot. ``weekly_hours`` sums the days when all of them are understood.

    Args:
        path: the list, CSV or any kind of table.
        file: its name, as the project writes it.

    Returns:
        One record per France Services, and the findings.

    Raises:
        SourceError: the file is not a table or lacks a column of the list.
    """
    extract = extract_france_services(path, file=file)
    return extract.frame, extract.findings


def extract_france_services(path: Path, *, file: str) -> Extract:
    """Read the list with the counts of what was read and dropped."""
    rows = read_places(path, file=file)
    require(rows, REQUIRED, what="la liste des France Services de data.gouv")
    findings = list(rows.findings)
    longitude, latitude, more = points(rows, longitude="longitude", latitude="latitude")
    findings += more
    itinerant, more = _itinerant(rows)
    findings += more
    hours, weekly, more = _hours(rows)
    findings += more
    size = len(rows)
    frame, more, dropped = assemble(
        source=SOURCE,
        rows=rows,
        ids=rows.parse("id_fs", cells.text),
        columns={
            "name": rows.parse("lib_fs", cells.name),
            "structure": rows.parse("lib_fs", cells.name),
            "category": _categories(rows),
            "address": _addresses(rows),
            "postal_code": rows.parse("code_postal", cells.code),
            "commune_code": rows.parse("insee_com", cells.code),
            "commune_name": rows.parse("lib_com", cells.text),
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": itinerant,
            "weekly_hours": weekly,
            "hours": hours,
            "phone": [
                "" if cells.is_personal_mail(mail) else cells.phone(phone)
                for phone, mail in zip(rows.column("telephone"), rows.column("mail"), strict=True)
            ],
            "networks": [("france-service",)] * size,
            "typologies": [("RFS",)] * size,
        },
    )
    # A desk that speaks of violence stays: only a place that lodges people is hidden by a text.
    frame = hide_lodgings(frame, rows, columns=("commentaire",))
    return Extract(frame=frame, findings=findings + more, rows_read=size, dropped=dropped)


def _categories(rows: Rows) -> list[str]:
    """Tell a site from its antenna and its bus: one name often serves the three."""
    kinds = zip(rows.parse("type_fs", cells.text), rows.parse("format_fs", cells.text), strict=True)
    return [
        _KINDS.get(form, "antenne France Services" if kind == "Antenne" else "France Services")
        for kind, form in kinds
    ]


def _addresses(rows: Rows) -> list[str]:
    pairs = zip(
        rows.parse("adresse", cells.text), rows.parse("complement_adresse", cells.text), strict=True
    )
    return [", ".join(filter(None, pair)) for pair in pairs]


def _itinerant(rows: Rows) -> tuple[list[bool], list[Finding]]:
    kinds = rows.parse("format_fs", cells.text)
    findings = [
        Finding(
            file=rows.file,
            line=line,
            column="format_fs",
            value=kind,
            what="format de France Services inconnu",
            action="compté comme un lieu fixe ; à vérifier",
        )
        for kind, line in zip(kinds, rows.lines, strict=True)
        if kind not in _FIXED | _ITINERANT
    ]
    return [kind in _ITINERANT for kind in kinds], findings


def _hours(rows: Rows) -> tuple[list[str], list[float], list[Finding]]:
    days = {day.capitalize(): rows.parse(f"h_{day}", cells.text) for day in _DAYS}
    texts: list[str] = []
    weekly: list[float] = []
    findings: list[Finding] = []
    for position, line in enumerate(rows.lines):
        written, hours = day_by_day({day: slots[position] for day, slots in days.items()})
        texts.append(written)
        weekly.append(hours)
        if written and math.isnan(hours):
            findings.append(
                Finding(
                    file=rows.file,
                    line=line,
                    column="h_lundi…h_samedi",
                    value=written,
                    what="horaires non compris",
                    action="texte gardé, heures par semaine inconnues",
                )
            )
    return texts, weekly, findings
