"""The national standard of digital mediation places (« mednum », v1.0.2 and before)."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.files import Rows, map_cells
from cartoallier.model import Finding
from cartoallier.supply import cells, hinaura
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import hide_lodgings
from cartoallier.supply.geofiles import read_places, require
from cartoallier.supply.hours import osm_week
from cartoallier.supply.records import assemble, points

SOURCE = "mednum"
REQUIRED = ("nom", "adresse", "commune", "code_postal")
SIGNATURE = frozenset(
    {"pivot", "services", "dispositif_programmes_nationaux", "itinerance", "modalites_acces"}
    | {"modalites_accompagnement", "structure_parente", "publics_specifiquement_adresses"}
    | {"publics_accueillis", "formations_labels", "fiche_acces_libre", "frais_a_charge"}
    | {"conditions_acces", "prise_rdv", "prise_en_charge_specifique", "labels_nationaux"}
)
"""Columns no other export has; three of them are enough."""

_TEXTS = (
    "presentation_resume", "presentation_detail", "conditions_acces",
    "publics_specifiquement_adresses", "prise_en_charge_specifique", "publics_accueillis",
    "autres_formations_labels",
)  # fmt: skip
"""Free texts, and lists of publics of which unknown words are not kept."""
_ID = re.compile(
    r"(?<![a-z])(?P<hub>dora|soliguide|fredo|france[-_ ]?services?)[-_ ]+"
    r"(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+)",
    re.IGNORECASE,
)
_UUID = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_ROUND = re.compile(r"^(?:bus|m[ée]dico-?bus|camion)\b|\bitin[ée]rante?\b", re.IGNORECASE)
_STOP = re.compile(r"\[(?P<stop>[^\]]+)\]")
_ALTERNATE = re.compile(r"semaines? (?:im)?paires?", re.IGNORECASE)
_NO_PUBLIC = "ce lieu n'accueille pas de public"


def is_mednum(header: Iterable[str]) -> bool:
    """Return whether these are the columns of the standard, or of the Hinaura dump."""
    columns = frozenset(header)
    return hinaura.is_hinaura(columns) or (
        set(REQUIRED) <= columns and len(columns & SIGNATURE) >= 3
    )


def read_mednum(path: Path, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Read places of digital mediation.

    Lists are separated by ``|`` (``;`` before version 1.0). A place both fixed and itinerant is
    fixed; one that receives nobody, or only at a distance, is remote. Ids of the same place in
    DORA, Soliguide, France Services and data·inclusion are kept in ``known_as``.

    Args:
        path: CSV, workbook, GeoPackage, GeoJSON or JSON.
        file: its name, as the project writes it.

    Returns:
        One record per place, and the findings.

    Raises:
        SourceError: the file is not a table or lacks a column of the standard.
    """
    extract = extract_mednum(path, file=file)
    return extract.frame, extract.findings


def extract_mednum(path: Path, *, file: str) -> Extract:
    """Read the list with the counts of what was read and dropped."""
    rows = read_places(path, file=file)
    if hinaura.is_hinaura(rows.header):
        rows = hinaura.as_mednum(rows)
    require(rows, REQUIRED, what="le standard de la médiation numérique")
    return _extract(rows)


def _extract(rows: Rows) -> Extract:
    words = _vocabulary()
    findings = list(rows.findings)
    longitude, latitude, more = points(rows, longitude="longitude", latitude="latitude")
    findings += more
    findings += _unknown_services(rows, known=words["services"])
    typologies = rows.parse("typologie", _listed)
    ids = rows.parse("id", cells.text)
    names = rows.parse("nom", cells.name)
    itinerant = _itinerant(rows, names)
    hours = rows.parse("horaires", cells.text)
    weekly = _weekly(rows, hours)
    frame, more, dropped = assemble(
        source=SOURCE,
        rows=rows,
        ids=ids,
        columns={
            "name": names,
            "structure": _structures(rows, names),
            "siret": _sirets(rows),
            "category": [", ".join(words) for words in typologies],
            "known_as": _known_as(rows, ids),
            "address": _addresses(rows),
            "postal_code": rows.parse("code_postal", cells.code),
            "commune_code": rows.parse("code_insee", cells.code),
            "commune_name": rows.parse("commune", cells.text),
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": itinerant,
            "remote": _remote(rows),
            "weekly_hours": weekly,
            "hours": hours,
            "updated_on": rows.parse("date_maj", cells.date),
            "phone": _phones(rows),
            "website": rows.parse("site_web", _first_site),
            "thematics": rows.parse(
                "services", lambda value: _translated(_listed(value), words["services"])
            ),
            "networks": _networks(rows, typologies, words),
            "typologies": typologies,
            "publics": _publics(rows, words["publics"]),
            "stops": _stops(names, itinerant, longitude, latitude, weekly),
        },
    )
    frame = hide_lodgings(frame, rows, columns=_TEXTS)
    return Extract(frame=frame, findings=findings + more, rows_read=len(rows), dropped=dropped)


def _vocabulary() -> Mapping[str, Mapping[str, Any]]:
    text = files("cartoallier.supply").joinpath("mednum.toml").read_text("utf-8")
    return tomllib.loads(text)


def _listed(value: object) -> tuple[str, ...]:
    """Split a list: ``|``, else ``;``. A comma belongs to the words of this standard."""
    if isinstance(value, list):
        return cells.words(value)
    written = cells.text(value)
    separator = "|" if "|" in written else ";"
    return tuple(sorted({part.strip() for part in written.split(separator)} - {""}))


def _key(word: str) -> str:
    return word.lower().replace("’", "'")


def _translated(words: Iterable[str], table: Mapping[str, list[str]]) -> tuple[str, ...]:
    return tuple(sorted({slug for word in words for slug in table.get(_key(word), ())}))


def _unknown_services(rows: Rows, *, known: Mapping[str, object]) -> list[Finding]:
    unknown = rows.parse(
        "services", lambda value: tuple(word for word in _listed(value) if _key(word) not in known)
    )
    return [
        Finding(
            file=rows.file,
            line=line,
            column="services",
            value=word[:80],
            what="service de médiation numérique inconnu",
            action="non traduit en thématique ; à vérifier dans le standard",
        )
        for some, line in zip(unknown, rows.lines, strict=True)
        for word in some
    ]


def _structures(rows: Rows, names: list[str]) -> list[str]:
    """Return the parent's name where it is one: some hubs write its SIRET there."""
    parents = rows.parse("structure_parente", cells.name)
    return [
        parent if parent and "siret" not in parent.lower() and not parent[:9].isdigit() else name
        for parent, name in zip(parents, names, strict=True)
    ]


def _sirets(rows: Rows) -> list[str]:
    column = next((name for name in ("pivot", "siret", "SIRET") if name in rows), "pivot")
    found = [re.sub(r"\s", "", one) for one in rows.parse(column, cells.text)]
    return [one if re.fullmatch(r"\d{14}", one) and set(one) != {"0"} else "" for one in found]


def _known_as(rows: Rows, ids: list[str]) -> list[tuple[str, ...]]:
    """Return the ids a merge of national lists leaves in the id, and data·inclusion's own."""
    found: list[tuple[str, ...]] = []
    sources = rows.parse("source", lambda value: cells.text(value).lower())
    for one, source in zip(ids, sources, strict=True):
        # A bare number says nothing outside its own file.
        known = {f"mediation-numerique--{one}"} if re.search(r"[A-Za-z]{3}", one) else set()
        for match in _ID.finditer(one):
            hub = match["hub"].lower()
            hub = "france-services" if hub.startswith("france") else hub
            known.add(f"{hub}--{match['id'].lower()}")
        if source in {"dora", "soliguide", "fredo"} and (_UUID.match(one) or one.isdigit()):
            known.add(f"{source}--{one.lower()}")
        found.append(tuple(sorted(known)))
    return found


def _addresses(rows: Rows) -> list[str]:
    pairs = zip(
        rows.parse("adresse", cells.text), rows.parse("complement_adresse", cells.text), strict=True
    )
    return [", ".join(filter(None, pair)) for pair in pairs]


def _itinerant(rows: Rows, names: list[str]) -> list[bool]:
    declared = rows.parse("itinerance", lambda v: {_key(word) for word in _listed(v)})
    summaries = rows.parse(
        "presentation_resume", lambda value: bool(_ROUND.search(cells.text(value)[:80]))
    )
    return [
        "fixe" not in words
        and (
            bool(words & {"itinérant", "itinerant", "itinérante"})
            or summary
            or bool(_ROUND.search(name))
        )
        for words, name, summary in zip(declared, names, summaries, strict=True)
    ]


def _remote(rows: Rows) -> list[bool]:
    access = rows.parse("modalites_acces", lambda v: {_key(word) for word in _listed(v)})
    ways = rows.parse("modalites_accompagnement", lambda v: {_key(word) for word in _listed(v)})
    return [
        _NO_PUBLIC in some or how == {"à distance"} for some, how in zip(access, ways, strict=True)
    ]


def _weekly(rows: Rows, hours: list[str]) -> list[float]:
    """Count the week; a stop of one week in two (« Semaine impaire ») counts for half."""
    weeks = map_cells(hours, lambda text: osm_week(str(text)) if text else math.nan)
    every_other = rows.parse("ouverture", lambda value: bool(_ALTERNATE.search(cells.text(value))))
    return [week / 2 if other else week for week, other in zip(weeks, every_other, strict=True)]


def _phones(rows: Rows) -> list[str]:
    personal = rows.parse(
        "courriels" if "courriels" in rows else "courriel",
        lambda value: any(map(cells.is_personal_mail, _listed(value))),
    )
    numbers = rows.parse("telephone", lambda value: cells.phone(_with_plus(cells.text(value))))
    return ["" if one else number for number, one in zip(numbers, personal, strict=True)]


def _with_plus(written: str) -> str:
    """Give back the « + » a spreadsheet takes from ``+33630392518``."""
    return f"+{written}" if re.fullmatch(r"33\d{9}", written) else written


def _first_site(value: object) -> str:
    return next(filter(None, map(cells.website, cells.text(value).split("|"))), "")


def _networks(
    rows: Rows, typologies: list[tuple[str, ...]], words: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, ...]]:
    known: Mapping[str, str] = words["dispositifs"]
    declared = [
        rows.parse(name, lambda value: {known.get(_key(word), "") for word in _listed(value)})
        for name in ("dispositif_programmes_nationaux", "formations_labels", "labels_nationaux")
    ]
    kinds = [{words["typologies"].get(kind, "") for kind in some} for some in typologies]
    return _united(*declared, kinds)


def _publics(rows: Rows, table: Mapping[str, str]) -> list[tuple[str, ...]]:
    columns = (
        "publics_specifiquement_adresses", "prise_en_charge_specifique", "publics_accueillis",
    )  # fmt: skip
    return _united(
        *(
            rows.parse(name, lambda value: {table.get(_key(word), "") for word in _listed(value)})
            for name in columns
        )
    )


def _united(*columns: Sequence[set[str]]) -> list[tuple[str, ...]]:
    return [tuple(sorted(set().union(*sets) - {""})) for sets in zip(*columns, strict=True)]


def _stops(
    names: list[str],
    itinerant: list[bool],
    longitude: list[float],
    latitude: list[float],
    weekly: list[float],
) -> list[tuple[str, ...]]:
    """Give the stop of a row that names one: « Bus France Services - [Face à la mairie] »."""
    found: list[tuple[str, ...]] = []
    for name, moves, x, y, hours in zip(names, itinerant, longitude, latitude, weekly, strict=True):
        stop = _STOP.search(name)
        if not moves or stop is None or math.isnan(x) or math.isnan(y):
            found.append(())
            continue
        week = "" if math.isnan(hours) else f"{hours:g}"
        found.append((f"{x}|{y}|{week}|{stop['stop'].replace('|', ' ').strip()}",))
    return found
