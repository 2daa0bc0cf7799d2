"""The front of supply: one declared source in, services of the territory out."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import LARGE, read_bytes
from cartoallier.model import Finding, SourceRecord, Territory
from cartoallier.supply import (
    bpe,
    data_inclusion,
    dora,
    finess,
    france_services,
    hinaura,
    mednum,
    soliguide,
    tableau,
)
from cartoallier.supply.collecting import uncollected
from cartoallier.supply.extract import Extract
from cartoallier.supply.geocoding import Geocoder, geocode
from cartoallier.supply.hours import UNREAD, count_unread
from cartoallier.supply.itinerant import mark_rounds
from cartoallier.supply.joining import unserved
from cartoallier.supply.places import OUT_OF_REACH, place
from cartoallier.supply.recognition import recognise
from cartoallier.supply.secrecy import generalise, is_secret, mask_findings

AUTO = "auto"

_READERS: Mapping[str, Callable[..., Extract]] = {
    dora.SOURCE: dora.extract_dora,
    data_inclusion.SOURCE: data_inclusion.extract_data_inclusion,
    soliguide.SOURCE: soliguide.extract_soliguide,
    france_services.SOURCE: france_services.extract_france_services,
    mednum.SOURCE: mednum.extract_mednum,
    finess.SOURCE: finess.extract_finess,
    bpe.SOURCE: bpe.extract_bpe,
}
FORMATS: tuple[str, ...] = (*_READERS, tableau.SOURCE, AUTO)
"""Formats of ``[[offre]]`` this room reads."""

_LABELS = {
    dora.SOURCE: "DORA",
    data_inclusion.SOURCE: "data·inclusion",
    soliguide.SOURCE: "Soliguide",
    france_services.SOURCE: "France Services (ANCT)",
    mednum.SOURCE: "Lieux de médiation numérique",
    finess.SOURCE: "FINESS (DREES, ANS)",
    bpe.SOURCE: "Base permanente des équipements (INSEE)",
}
_LICENCES = {
    data_inclusion.SOURCE: "Licence Ouverte 2.0",
    france_services.SOURCE: "Licence Ouverte 2.0",
    finess.SOURCE: "Licence Ouverte 2.0",
    bpe.SOURCE: "Licence Ouverte 2.0",
}
_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_DATED_NAME = re.compile(r"(?<!\d)(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True, kw_only=True)
class SupplyInput:
    """One ``[[offre]]`` of a project, or one file of its ``offre/`` folder.

    Attributes:
        path: the file.
        file: its name, as the project writes it; findings and provenance show it.
        format: one of :data:`FORMATS`.
        themes: themes every row of the file answers.
        columns: for ``tableau``, key -> header in the file (from the project file, or read in
            ``correspondances.xlsx``).
        known_themes: keys a ``themes`` column may hold; the shipped catalogue's when ``None``.
        demonstration: the data are invented.
    """

    path: Path
    file: str
    format: str = AUTO
    themes: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    known_themes: frozenset[str] | None = None
    demonstration: bool = False


def read_supply(
    source: SupplyInput,
    *,
    territory: Territory,
    geocoder: Geocoder | None = None,
    withheld: frozenset[int] = frozenset(),
) -> tuple[pd.DataFrame, list[Finding], SourceRecord]:
    """Read one source of supply and bring it to the territory.

    Places are put right, rows outside the neighbourhood left out, and addresses that must stay
    secret generalised: nothing of them is in what is returned. A file of structures whose
    services stand beside it is joined to them when they are read, and yields no row itself.

    Args:
        source: what to read.
        territory: where; its neighbourhood bounds what is kept.
        geocoder: asked for addresses without a point; ``None`` stays offline.
        withheld: lines whose address the geocoder must not see, whatever the file says.

    Returns:
        Records (``SERVICE_COLUMNS``; ``themes`` as declared only), findings about the rows
        kept, and what provenance says of the file.

    Raises:
        UnrecognisedError: a table of none of the formats, to be told in a correspondence.
        SourceError: unreadable, or without any row.
    """
    if source.format not in FORMATS:
        raise SourceError(
            f"format d'offre inconnu : « {source.format} » ; "
            f"formats possibles : {', '.join(FORMATS)}",
            path=source.file,
            key="format",
        )
    with uncollected():
        return _read(source, territory=territory, geocoder=geocoder, withheld=withheld)


def _read(
    source: SupplyInput,
    *,
    territory: Territory,
    geocoder: Geocoder | None,
    withheld: frozenset[int],
) -> tuple[pd.DataFrame, list[Finding], SourceRecord]:
    kind = source.format
    if kind == AUTO:
        kind = tableau.SOURCE if source.columns else recognise(source.path, file=source.file)
    sha256 = _digest(source.path, file=source.file)
    extract = _extracted(source, kind=kind, territory=territory)
    if extract.rows_read == 0:
        raise SourceError(
            "le fichier ne contient aucune ligne ; redemandez l'export ou retirez-le du projet",
            path=source.file,
        )
    extract = unserved(extract, path=source.path, kind=kind)
    asked, answers = geocode(
        extract.frame,
        geocoder=geocoder,
        territory=territory,
        file=source.file,
        withheld=withheld,
    )
    extract = replace(extract, frame=asked, findings=[*extract.findings, *answers])
    frame, findings, dropped = _settled(extract, territory=territory, file=source.file)
    if source.themes:
        declared = tuple(sorted(set(source.themes)))
        frame = frame.assign(
            themes=pd.Series([declared] * len(frame), index=frame.index, dtype="object")
        )
    vintage = _vintage(extract.frame, name=source.path.name)
    if vintage and extract.frame["updated_on"].isna().all():
        # a list that bears no date but its file's: its records are as old as the list
        dated = frame["updated_on"].mask(~frame["confidential"], vintage)
        frame = frame.assign(updated_on=dated.astype("str"))
    record = SourceRecord(
        path=source.file,
        label=_label(source, kind=kind, vintage=vintage),
        format=kind,
        sha256=sha256,
        rows_read=extract.rows_read,
        rows_kept=len(frame),
        dropped=dropped,
        vintage=vintage,
        licence=_licence(source, kind=kind),
        demonstration=source.demonstration,
    )
    return frame, findings, record


def _digest(path: Path, *, file: str) -> str:
    """Return the SHA-256 of a source, a national one without holding it whole.

    Raises:
        SourceError: as :func:`~cartoallier.files.tables.read_bytes`.
    """
    if path.is_file() and path.stat().st_size >= LARGE:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256(read_bytes(path, file=file)).hexdigest()


def _extracted(source: SupplyInput, *, kind: str, territory: Territory) -> Extract:
    if kind == tableau.SOURCE:
        return tableau.extract_tableau(
            source.path,
            file=source.file,
            columns=source.columns,
            known_themes=source.known_themes,
        )
    if kind == bpe.SOURCE:
        return bpe.extract_bpe(source.path, file=source.file, territory=territory)
    return _READERS[kind](source.path, file=source.file)


def _settled(
    extract: Extract, *, territory: Territory, file: str
) -> tuple[pd.DataFrame, list[Finding], dict[str, int]]:
    """Place, filter, then generalise, in that order: reach needs places, nobody else does."""
    placed = place(extract.frame, territory=territory, file=file)
    here, rounds = mark_rounds(placed.records[placed.in_reach], file=file)
    told = {one.line for one in extract.findings if one.what == UNREAD}
    unread = count_unread(here, file=file, said=told)
    away = frozenset(map(int, placed.records.loc[~placed.in_reach, "line"]))
    secret = is_secret(here)
    findings = mask_findings(
        [*extract.findings, *placed.findings, *rounds, *unread],
        lines=map(int, here.loc[secret, "line"]),
        judged=map(int, here["line"]),
        file=file,
    )
    silent = away - frozenset(map(int, here["line"]))
    dropped = dict(extract.dropped)
    beyond = extract.left_out + len(placed.records) - len(here)
    if beyond:
        dropped[OUT_OF_REACH] = beyond
    # Several services of one Soliguide place say the same thing: once is enough.
    heard = dict.fromkeys(one for one in findings if one.line not in silent)
    return generalise(here, secret, territory=territory), list(heard), dropped


def _vintage(records: pd.DataFrame, *, name: str) -> str:
    """Return the newest update, else the date in the file's name, else ``""``."""
    known = records["updated_on"].dropna()
    if len(known):
        return str(known.max())
    dated = _DATED_NAME.search(name)
    try:
        return dt.date(*map(int, dated.groups())).isoformat() if dated else ""
    except ValueError:  # 30 February
        return ""


def _licence(source: SupplyInput, *, kind: str) -> str:
    if source.demonstration:
        return "données inventées, EUPL-1.2"
    if kind == mednum.SOURCE and hinaura.is_dump(source.path):
        return hinaura.LICENCE
    return _LICENCES.get(kind, "")


def _label(source: SupplyInput, *, kind: str, vintage: str) -> str:
    label = _LABELS.get(kind, source.file)
    if source.demonstration:
        label += " (données de démonstration, fictives)"
    if vintage:
        year, month, day = vintage.split("-")
        label += (
            f", données du {'1er' if day == '01' else int(day)} {_MONTHS[int(month) - 1]} {year}"
        )
    return label
