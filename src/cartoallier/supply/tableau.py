"""Any table of places (CSV, workbook, GeoPackage, GeoJSON), by a mapping of its columns."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from cartoallier.catalogue import load_catalogue
from cartoallier.errors import SourceError
from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.model.supply import TABLE_COLUMNS
from cartoallier.supply import cells, zones
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import hide_lodgings
from cartoallier.supply.geofiles import read_places
from cartoallier.supply.headers import columns_read
from cartoallier.supply.hours import osm_week
from cartoallier.supply.projections import look_projected, to_degrees
from cartoallier.supply.records import assemble, points
from cartoallier.supply.secret_lists import (
    ACTION,
    BY_ROWS,
    WHOLE_LIST,
    hidden_with_most,
    why_secret,
)
from cartoallier.supply.sensitivity import shelters, speaks_of_danger
from cartoallier.supply.templates import template_kind

SOURCE = "tableau"
COLUMNS = TABLE_COLUMNS
"""What a mapping (``colonnes``) may name."""
READ = (*COLUMNS, "id", "jours", "courriel", "mail")
"""Headers read without any mapping."""

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "paej": ("702",),
    "mda": ("701",),
    "maison des adolescents": ("701",),
    "pmi": ("223",),
    "msd": ("MDS", "maisons-des-solidarites"),
    "mds": ("MDS", "maisons-des-solidarites"),
    "ccas": ("CCAS", "ccas-cias"),
    "cias": ("CIAS", "ccas-cias"),
    "france services": ("RFS", "france-service"),
    "caf": ("CAF", "caf"),
    "cpam": ("CPAM", "cpam"),
    "msa": ("MSA", "mutualite-sociale-agricole"),
    "mission locale": ("ML", "mission-locale"),
    "france travail": ("FT", "france-travail"),
    "centre social": ("CS", "fcsf"),
}
"""Words people write in a category column -> the vocabularies that name the same thing."""

_TEXTS = ("porteur", "financement", "jours", "publics")
"""Columns read that are free text, and may speak of danger."""
_SAYS_SECRET = re.compile(
    r"confidentiel|tenue? secr|adresse secr|sur orientation|non[ -]communiqu", re.IGNORECASE
)
_LODGES = re.compile(
    r"h[ée]bergement|\b(?:chrs|chu|cph|cada|huda|foyer|refuge)\b|maison d['’]accueil",
    re.IGNORECASE,
)


def read_tableau(
    path: Path,
    *,
    file: str,
    columns: Mapping[str, str] | None = None,
    known_themes: Collection[str] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a table of places.

    Args:
        path: CSV, XLSX, ODS, GeoPackage, GeoJSON or JSON array.
        file: its name, as the project writes it.
        columns: key of :data:`COLUMNS` -> header in the file. Without a mapping, columns are
            recognised by those very names.
        known_themes: keys a ``themes`` cell may hold; those of the shipped catalogue when
            ``None``. Any other is left out and found.

    Returns:
        One record per row, and the findings.

    Raises:
        SourceError: the file is not a table, a mapped column is absent, or no column names
            the places.
    """
    extract = extract_tableau(path, file=file, columns=columns or {}, known_themes=known_themes)
    return extract.frame, extract.findings


def extract_tableau(
    path: Path,
    *,
    file: str,
    columns: Mapping[str, str],
    known_themes: Collection[str] | None = None,
) -> Extract:
    """Read a table with the counts of what was read and dropped."""
    table = read_places(path, file=file)
    rows = _mapped(table, columns=columns)
    findings = list(rows.findings)
    longitude, latitude, more = _coordinates(rows)
    findings += more
    themes, more = _themes(rows, known=known_themes)
    findings += more
    zone, more = _zones(rows)
    findings += more
    hours = rows.parse("jours", cells.text)
    kind = template_kind(table.header)
    vocabulary = [
        _vocabulary(words or ((kind,) if kind else ()))
        for words in rows.parse("categorie", _categories)
    ]
    mails = rows.column("courriel" if "courriel" in rows else "mail")
    frame, more, dropped = assemble(
        source=SOURCE,
        rows=rows,
        ids=_ids(rows),
        columns={
            "name": rows.parse("nom", cells.name),
            "structure": rows.parse("structure", cells.name),
            "address": rows.parse("adresse", cells.text),
            "postal_code": rows.parse("code_postal", cells.code),
            "commune_code": rows.parse("code_insee", cells.code),
            "commune_name": rows.parse("commune", cells.text),
            "longitude": longitude,
            "latitude": latitude,
            "itinerant": rows.parse("itinerant", cells.truth),
            "weekly_hours": [
                osm_week(text) if given is None else cells.amount(given)
                for given, text in zip(rows.column("heures_semaine"), hours, strict=True)
            ],
            "capacity": rows.parse("capacite", cells.amount),
            "hours": hours,
            "updated_on": rows.parse("date_maj", cells.date),
            "phone": [
                "" if cells.is_personal_mail(mail) else cells.phone(number)
                for number, mail in zip(rows.column("telephone"), mails, strict=True)
            ],
            "website": rows.parse("site_web", cells.website),
            "carrier": rows.parse("porteur", cells.text),
            "funding": rows.parse("financement", cells.text),
            "thematics": [words["thematics"] for words in vocabulary],
            "networks": [words["networks"] for words in vocabulary],
            "typologies": [words["typologies"] for words in vocabulary],
            "soliguide": [words["networks"] for words in vocabulary],
            "finess": [words["finess"] for words in vocabulary],
            "bpe": [words["bpe"] for words in vocabulary],
            "publics": rows.parse("publics", cells.words),
            "themes": themes,
            "confidential": _said_secret(table, rows, columns=columns),
            "zone": zone,
        },
    )
    frame = hide_lodgings(frame, rows, columns=_TEXTS)
    frame, said = _as_a_whole(frame, table, path=path)
    findings += said
    findings += more + _not_numbers(rows, "heures_semaine") + _not_numbers(rows, "capacite")
    return Extract(frame=frame, findings=findings, rows_read=len(rows), dropped=dropped)


def _mapped(table: Rows, *, columns: Mapping[str, str]) -> Rows:
    """Give the columns of a table their keys."""
    for key, header in columns.items():
        if header not in table:
            near = difflib.get_close_matches(header, table.header, n=1, cutoff=0.0)
            raise SourceError(
                f"la colonne « {header} » (donnée pour « {key} ») n'existe pas dans ce fichier"
                + (f" ; la plus proche est « {near[0]} »" if near else ""),
                path=table.file,
                line=1,
                key=header,
            )
    found = {header.lower(): header for header in reversed(table.header)}
    names = {key: found[key] for key in READ if key in found}
    names.update(columns)
    if "nom" not in names:
        raise SourceError(
            "aucune colonne ne donne le nom des lieux ; indiquez-la dans le projet : "
            'colonnes = { nom = "…" } ; '
            f"{columns_read(table.header, most=12)}",
            path=table.file,
            line=1,
            key="nom",
        )
    return Rows(
        file=table.file,
        header=tuple(names),
        cells={key: table.column(header) for key, header in names.items()},
        lines=table.lines,
        findings=table.findings,
    )


def _coordinates(rows: Rows) -> tuple[list[float], list[float], list[Finding]]:
    """Read degrees, or Lambert-93 metres when that is what the columns hold."""
    x, y = rows.column("longitude"), rows.column("latitude")
    if not look_projected(x, y):
        return points(rows, longitude="longitude", latitude="latitude")
    longitude, latitude, findings = to_degrees(
        x, y, commune_codes=[""] * len(rows), lines=rows.lines, file=rows.file, column="longitude"
    )
    said = Finding(
        file=rows.file,
        column="longitude",
        what="les coordonnées sont en Lambert-93",
        action="converties en degrés",
    )
    return longitude, latitude, [said, *findings]


def _themes(
    rows: Rows, *, known: Collection[str] | None
) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Read keys of themes; one that no catalogue knows is found, with the nearest."""
    declared = rows.parse("themes", cells.words)
    if not any(declared):
        return declared, []
    keys = sorted(load_catalogue().themes if known is None else known)
    spelled = {_slug(key): key for key in keys}
    findings: list[Finding] = []
    kept: list[tuple[str, ...]] = []
    for words, line in zip(declared, rows.lines, strict=True):
        found = {word: spelled.get(_slug(word)) for word in words}
        kept.append(tuple(sorted({key for key in found.values() if key})))
        findings += [
            _unknown_theme(rows.file, line, word, spelled)
            for word, key in found.items()
            if key is None
        ]
    return kept, findings


def _slug(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _unknown_theme(file: str, line: int, word: str, spelled: Mapping[str, str]) -> Finding:
    near = difflib.get_close_matches(_slug(word), list(spelled), n=1, cutoff=0.0)
    return Finding(
        file=file,
        line=line,
        column="themes",
        value=word[:80],
        what="thème inconnu",
        action="thème ignoré" + (f" ; le plus proche est « {spelled[near[0]]} »" if near else ""),
    )


def _said_secret(table: Rows, rows: Rows, *, columns: Mapping[str, str]) -> list[bool]:
    """Tell rows of which a column that is not read says the address must stay secret.

    Either it says so, or it speaks of danger about a place that lodges (FORMATS §4.4).
    """
    read = {*columns.values(), *(name for name in table.header if name.lower() in READ)}
    headers = [name for name in table.header if name not in read]
    unread = [table.column(name) for name in headers]
    if not unread:
        return [False] * len(rows)
    names = rows.parse("nom", cells.text)
    categories = rows.parse("categorie", cells.text)
    found: list[bool] = []
    for name, category, *others in zip(names, categories, *unread, strict=True):
        # « Femmes victimes de violences : oui »: what a flag says is in its header.
        flags = [header for header, one in zip(headers, others, strict=True) if cells.truth(one)]
        said = " ".join([*flags, *(text for text in others if isinstance(text, str))])
        lodges = bool(_LODGES.search(f"{name} {category} {said}"))
        found.append(bool(_SAYS_SECRET.search(said)) or (lodges and speaks_of_danger(said)))
    return found


def _as_a_whole(
    frame: pd.DataFrame, table: Rows, *, path: Path
) -> tuple[pd.DataFrame, list[Finding]]:
    """Declare every row secret where the list is, and say why."""
    reason = why_secret(table, path=path)
    if not reason and hidden_with_most(frame, shelters(frame)):
        reason = BY_ROWS
    if not reason:
        return frame, []
    said = Finding(file=table.file, value=reason, what=WHOLE_LIST, action=ACTION)
    return frame.assign(confidential=True), [said]


def _ids(rows: Rows) -> list[str]:
    """Return ids that two tables of one project do not share: the file's name comes first."""
    stem = re.sub(r"[^\w-]+", "-", rows.file.lower()).strip("-")
    return [
        f"{stem}-{given or line}"
        for given, line in zip(rows.parse("id", cells.text), rows.lines, strict=True)
    ]


def _categories(value: object) -> tuple[str, ...]:
    written = cells.text(value)
    return (written,) if written.lower() in _ALIASES else cells.words(value)


def _vocabulary(categories: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Sort category words into the vocabularies they belong to, by their shape."""
    found: dict[str, set[str]] = {
        "thematics": set(),
        "networks": set(),
        "typologies": set(),
        "finess": set(),
        "bpe": set(),
    }
    for category in categories:
        for word in _ALIASES.get(category.lower(), (category,)):
            if "--" in word:
                found["thematics"].add(word)
            elif re.fullmatch(r"\d{3}", word):
                found["finess"].add(word)
            elif re.fullmatch(r"[A-G]\d{3}", word):
                found["bpe"].add(word)
            elif word == word.upper():
                found["typologies"].add(word)
            else:
                found["networks"].add(word.lower())
    return {key: tuple(sorted(words)) for key, words in found.items()}


def _zones(rows: Rows) -> tuple[list[tuple[str, ...]], list[Finding]]:
    unknown = rows.parse("zone", zones.unknown_codes)
    findings = [
        Finding(
            file=rows.file,
            line=line,
            column="zone",
            value=", ".join(codes)[:80],
            what="zone d'éligibilité non comprise",
            action="zone ignorée ; attendu : codes de communes, d'EPCI ou de départements",
        )
        for codes, line in zip(unknown, rows.lines, strict=True)
        if codes
    ]
    return rows.parse("zone", zones.zone_of_codes), findings


def _not_numbers(rows: Rows, column: str) -> list[Finding]:
    return [
        Finding(
            file=rows.file,
            line=line,
            column=column,
            value=cells.text(value)[:80],
            what="ce n'est pas un nombre",
            action="valeur ignorée ; à corriger dans le fichier d'origine",
        )
        for value, line in zip(rows.column(column), rows.lines, strict=True)
        if value is not None and math.isnan(cells.amount(value))
    ]
