"""The 2022 dump of the Hinaura hub (Auvergne-Rhône-Alpes), brought to the mednum standard.

Its lists lost their outer quotes on the way (``Réseau Wifi","Imprimante``) and its days are
free French text. Licence ODbL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.hours import slot_hours

LICENCE = "ODbL 1.0"
_NAME = "Nom du lieu ou de la structure *"
_REQUIRED = frozenset({_NAME, "bf_latitude", "bf_longitude", "Ville *"})
_DAYS = dict(
    zip(
        ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"),
        ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
        strict=True,
    )
)
_RENAMED = {
    "nom": _NAME,
    "adresse": "Adresse postale *",
    "code_postal": "Code postal",
    "commune": "Ville *",
    "latitude": "bf_latitude",
    "longitude": "bf_longitude",
    "site_web": "Site Web",
    "date_maj": "datetime_latest",
}
_SEPARATOR = re.compile(r'",\s*"|",|,"|,(?!\s)')
_SLOT = re.compile(r"(\d{1,2})\s*[h:](\d{2})?\s*(?:-|–|à|/)\s*(\d{1,2})\s*[h:](\d{2})?")

_KINDS = {
    "Espace Public Numérique": "EPN",
    "Cyberbase / Cybercentre": "EPN",
    "Médiathèque": "BIB",
    "Maison France Services": "RFS",
    "Maison de Services au Public": "MSAP",
    "Centre socio-culturel": "CS",
    "Tiers-Lieux": "TIERS_LIEUX",
    "Espace de coworking": "TIERS_LIEUX",
    "Fablab / Hackerspace": "FABLAB",
    "CCAS": "CCAS",
    "BIJ/PIJ (Information Jeunesse)": "PIJ_BIJ",
    "Ressourcerie (matériel moindre coût / recyclé)": "RESSOURCERIE",
}
_PUBLICS = {
    "Seniors": "Seniors",
    "Jeunesse (11-26 ans)": "Jeunes",
    "Enfance / Parentalité (3-10 ans)": "Familles et/ou enfants",
    "Petite enfance / Parentalité (0-3 ans)": "Familles et/ou enfants",
}
_SERVICES: Sequence[tuple[str, str, str]] = (
    # column, part of an item, service of the standard
    ("Accompagnements proposés aux démarches en ligne", "", "Aide aux démarches administratives"),
    ("Comprendre et Utiliser les sites d", "", "Aide aux démarches administratives"),
    (
        "Formations compétences de base proposées",
        "",
        "Maîtrise des outils numériques du quotidien",
    ),
    (
        "Sensibilisations culture numérique",
        "recherche d'emploi",
        "Insertion professionnelle via le numérique",
    ),
    (
        "Sensibilisations culture numérique",
        "parentalité",
        "Parentalité et éducation avec le numérique",
    ),
    ("Sensibilisations culture numérique", "identité", "Utilisation sécurisée du numérique"),
    ("À disposition", "Wifi", "Accès internet et matériel informatique"),
    ("À disposition", "matériel informatique", "Accès internet et matériel informatique"),
    (
        "Types d'accompagnement proposés",
        "bas coût",
        "Acquisition de matériel informatique à prix solidaire",
    ),
)


def is_hinaura(header: Iterable[str]) -> bool:
    """Return whether these are the columns of the dump."""
    return set(header) >= _REQUIRED


def is_dump(path: Path) -> bool:
    """Return whether the bytes of a file name the columns of the dump."""
    with path.open("rb") as stream:
        start = stream.read(1 << 20)
    return _NAME.encode() in start and b"bf_latitude" in start


def as_mednum(rows: Rows) -> Rows:
    """Give the rows of the dump the columns of the mednum standard.

    Args:
        rows: the dump, see :func:`is_hinaura`.

    Returns:
        The same rows under the standard's names, and one finding for each column whose lists
        are badly quoted.
    """
    columns = {name: rows.column(header) for name, header in _RENAMED.items()}
    columns["typologie"] = _translated(rows, "Type de lieu", _KINDS)
    columns["publics_specifiquement_adresses"] = _translated(rows, "Publics accueillis", _PUBLICS)
    columns["services"] = _services(rows)
    columns["dispositif_programmes_nationaux"] = _schemes(rows)
    columns["itinerance"] = _rounds(rows)
    columns["horaires"] = _hours(rows)
    return Rows(
        file=rows.file,
        header=tuple(columns),
        cells=columns,
        lines=rows.lines,
        findings=(*rows.findings, *_broken_lists(rows)),
    )


def _items(value: object) -> tuple[str, ...]:
    parts = _SEPARATOR.split(cells.text(value))
    return tuple(part.strip().strip('"').strip() for part in parts if part.strip(' "'))


def _translated(rows: Rows, column: str, table: Mapping[str, str]) -> list[str]:
    lists = rows.parse(column, _items)
    return ["|".join(sorted({table[item] for item in some if item in table})) for some in lists]


def _services(rows: Rows) -> list[str]:
    found: list[set[str]] = [set() for _ in rows.lines]
    for start, part, service in _SERVICES:
        # A GeoPackage may have cut the longest headers.
        column = next((name for name in rows.header if name.startswith(start)), start)
        for services, items in zip(found, rows.parse(column, _items), strict=True):
            if any(part.lower() in item.lower() for item in items):
                services.add(service)
    return ["|".join(sorted(services)) for services in found]


def _schemes(rows: Rows) -> list[str]:
    advisers = rows.parse("Accueille un ou des Conseillers Numériques France Services", cells.truth)
    helped = rows.parse("Types d'accompagnement proposés", _items)
    kinds = rows.parse("Type de lieu", _items)
    return [
        "|".join(
            word
            for word, said in (
                ("Conseillers numériques", adviser),
                ("Aidants Connect", any("Aidants Connect" in item for item in items)),
                ("France Services", "Maison France Services" in some),
            )
            if said
        )
        for adviser, items, some in zip(advisers, helped, kinds, strict=True)
    ]


def _rounds(rows: Rows) -> list[str]:
    """Say « Itinérant » where every day told is on the road."""
    days = [rows.parse(day, cells.text) for day in _DAYS]
    return [
        "Itinérant" if any("itinéran" in text.lower() for text in week) else ""
        for week in zip(*days, strict=True)
    ]


def _hours(rows: Rows) -> list[str]:
    """Write the week in OSM syntax when every day is understood, else as the source does."""
    days = {day: rows.parse(day, cells.text) for day in _DAYS}
    found: list[str] = []
    for row in range(len(rows)):
        week = {day: texts[row] for day, texts in days.items() if texts[row]}
        rules = {day: _rule(text) for day, text in week.items()}
        if not any(rules.values()):
            found.append("")
        elif all(rule is not None for rule in rules.values()):
            found.append("; ".join(f"{_DAYS[day]} {rule}" for day, rule in rules.items() if rule))
        else:
            found.append(" ; ".join(f"{day} {text}" for day, text in week.items()))
    return found


def _rule(text: str) -> str | None:
    """Return the slots of a day (``08:00-12:00,13:30-17:00``), ``""`` if closed, else ``None``."""
    plain = re.sub(r"\([^)]*\)", " ", text.lower()).strip(" .*")
    if re.fullmatch(r"ferm[ée]+|-|/", plain):
        return ""
    slots = [
        f"{int(m[1]):02d}:{m[2] or '00'}-{int(m[3]):02d}:{m[4] or '00'}"
        for m in _SLOT.finditer(plain)
    ]
    left = re.sub(r"\b(et|de|puis|le matin|l'après-midi|non-stop)\b", " ", _SLOT.sub(" ", plain))
    total = slot_hours(slots)
    return (
        ",".join(slots) if slots and not left.strip(" -–/,;&+.") and not math.isnan(total) else None
    )


def _broken_lists(rows: Rows) -> list[Finding]:
    findings: list[Finding] = []
    for column in rows.header:
        broken = sum(1 for text in rows.column(column) if isinstance(text, str) and '","' in text)
        if broken:
            findings.append(
                Finding(
                    file=rows.file,
                    column=column[:80],
                    value=f"{broken} lignes",
                    what="listes mal guillemetées",
                    action="séparées au mieux ; redemandez l'export",
                )
            )
    return findings
