"""What DORA and data·inclusion share: structures joined to services, contacts, vocabularies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cartoallier.model import Finding
from cartoallier.supply import cells, secrecy, zones
from cartoallier.supply.hours import osm_in_french, osm_week
from cartoallier.supply.records import assemble, points
from cartoallier.supply.rows import Extract, Rows
from cartoallier.supply.vocabulary import thematics_v1, with_v1

SUSPENDED = "service suspendu"


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What a service takes from its structure."""

    name: str = ""
    typology: str = ""
    networks: tuple[str, ...] = ()
    phone: str = ""
    website: str = ""
    secret: bool = False


def structures_of(rows: Rows) -> dict[str, Structure]:
    """Return the structures of a file by id (``<source>--<id>`` and the bare id alike)."""
    columns = zip(
        rows.parse("id", cells.text),
        rows.parse("nom", cells.name),
        rows.parse("typologie", cells.text),
        rows.parse("reseaux_porteurs", cells.words),
        rows.parse("labels_nationaux", cells.words),
        phones(rows),
        rows.parse("site_web", cells.website),
        (_is_secret_text(rows, position) for position in range(len(rows))),
        strict=True,
    )
    return {
        one: Structure(
            name=name,
            typology=typology,
            networks=tuple(sorted({*networks, *labels})),
            phone=phone,
            website=website,
            secret=secret,
        )
        for one, name, typology, networks, labels, phone, website, secret in columns
        if one
    }


def companion(path: Path) -> Path | None:
    """Return the structures file that stands beside a services file, if there is one.

    The names differ by one word: ``services-inclusion-2026-03-02.csv`` goes with
    ``structures-inclusion-2026-03-02.csv``.
    """
    return _beside(path, "service", "structure")


def companion_services(path: Path) -> Path | None:
    """Return the services file that stands beside a structures file, if there is one."""
    return _beside(path, "structure", "service")


def _beside(path: Path, word: str, other: str) -> Path | None:
    if word not in path.name.lower():
        return None
    wanted = path.name.lower().replace(word, other)
    found = [p for p in path.parent.iterdir() if p.name.lower() == wanted and p != path]
    return min(found, default=None)


def phones(rows: Rows) -> list[str]:
    """Return the telephones that may be shown: public contact, no personal mail beside it."""
    columns = zip(
        rows.column("telephone"),
        rows.column("courriel"),
        rows.column("contact_public"),
        strict=True,
    )
    return [
        "" if _is_false(public) or cells.is_personal_mail(mail) else cells.phone(number)
        for number, mail, public in columns
    ]


def _is_false(value: object) -> bool:
    return value is False or cells.text(value).lower() in {"false", "faux", "0", "non"}


def _is_secret_text(rows: Rows, position: int) -> bool:
    """Return whether a row's free texts speak of people in danger (read, never kept)."""
    columns = ("nom", "description", "presentation_resume", "presentation_detail")
    texts = (cells.text(rows.column(name)[position]) for name in columns if name in rows)
    return any(map(secrecy.speaks_of_danger, texts))


def extract_services(
    rows: Rows,
    *,
    source: str,
    structures: Mapping[str, Structure],
    local_ids: Sequence[str],
    zone: Callable[[Rows], tuple[list[tuple[str, ...]], list[Finding]]],
) -> Extract:
    """Turn rows of services (DORA v2, data·inclusion v0 or v1) into records.

    Args:
        rows: one row per service.
        source: ``dora`` or ``data-inclusion``.
        structures: structure id -> structure.
        local_ids: second half of the ids.
        zone: how this export writes zones of eligibility.

    Returns:
        The records; people's names and mails are not read into them.
    """
    findings = list(rows.findings)
    longitude, latitude, more = points(rows, longitude="longitude", latitude="latitude")
    findings += more
    declared, more = zone(rows)
    findings += more
    owners = [structures.get(one, Structure()) for one in rows.parse("structure_id", cells.text)]
    hours = [
        first or second
        for first, second in zip(
            rows.parse("horaires_accueil", cells.text),
            rows.parse("recurrence", cells.text),
            strict=True,
        )
    ]
    translation = thematics_v1()
    thematics = rows.parse("thematiques", lambda cell: with_v1(cell, translation=translation))
    housing = [
        secrecy.is_housing(slugs, owner.networks, owner.typology)
        for slugs, owner in zip(thematics, owners, strict=True)
    ]
    typologies = [(owner.typology,) if owner.typology else () for owner in owners]
    networks = [owner.networks for owner in owners]
    publics = [
        tuple(sorted({*first, *second}))
        for first, second in zip(
            rows.parse("publics", cells.words), rows.parse("profils", cells.words), strict=True
        )
    ]
    own_phones = phones(rows)
    frame, more, dropped = assemble(
        source=source,
        rows=rows,
        ids=local_ids,
        columns={
            "name": rows.parse("nom", cells.name),
            "structure": [owner.name for owner in owners],
            "address": addresses(rows),
            "postal_code": rows.parse("code_postal", cells.code),
            "commune_code": rows.parse("code_insee", cells.code),
            "commune_name": rows.parse("commune", cells.text),
            "longitude": longitude,
            "latitude": latitude,
            "remote": [
                modes == ("a-distance",) for modes in rows.parse("modes_accueil", cells.words)
            ],
            "weekly_hours": [osm_week(text) for text in hours],
            "hours": [osm_in_french(text) for text in hours],
            "updated_on": rows.parse("date_maj", cells.date),
            # The structure's number answers for a service that gives none of its own.
            "phone": [
                own or ("" if _is_false(public) else owner.phone)
                for own, public, owner in zip(
                    own_phones, rows.column("contact_public"), owners, strict=True
                )
            ],
            "website": [
                link or owner.website
                for link, owner in zip(
                    rows.parse("lien_mobilisation", cells.website), owners, strict=True
                )
            ],
            "thematics": thematics,
            "networks": networks,
            "typologies": typologies,
            "publics": publics,
            "zone": declared,
            "confidential": [
                lodges and (owner.secret or _is_secret_text(rows, position))
                for position, (lodges, owner) in enumerate(zip(housing, owners, strict=True))
            ],
        },
    )
    findings += more
    return Extract(frame=frame, findings=findings, rows_read=len(rows), dropped=dropped)


def addresses(rows: Rows) -> list[str]:
    """Return the street address, with its complement."""
    pairs = zip(rows.column("adresse"), rows.column("complement_adresse"), strict=True)
    return [", ".join(filter(None, map(cells.text, pair))) for pair in pairs]


def zones_of_type(rows: Rows) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Read ``zone_diffusion_type`` and ``zone_diffusion_code``."""
    found: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    kinds, codes = rows.column("zone_diffusion_type"), rows.column("zone_diffusion_code")
    for kind, code, line in zip(kinds, codes, rows.lines, strict=True):
        zone = zones.zone_of_type(kind, code)
        if not zone and cells.text(kind):
            findings.append(_unknown_zone(rows, line, "zone_diffusion_type", cells.text(kind)))
        found.append(zone)
    return found, findings


def zones_of_list(rows: Rows) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Read ``zone_eligibilite``, a list of codes."""
    findings = [
        _unknown_zone(rows, line, "zone_eligibilite", ", ".join(unknown)[:80])
        for unknown, line in zip(
            rows.parse("zone_eligibilite", zones.unknown_codes), rows.lines, strict=True
        )
        if unknown
    ]
    return rows.parse("zone_eligibilite", zones.zone_of_codes), findings


def _unknown_zone(rows: Rows, line: int, column: str, value: str) -> Finding:
    return Finding(
        file=rows.file,
        line=line,
        column=column,
        value=value,
        what="zone d'éligibilité non comprise",
        action="zone ignorée ; attendu : commune, EPCI, département, région ou pays",
    )


def structures_as_services(rows: Rows, *, source: str, local_ids: Sequence[str]) -> Extract:
    """Turn a structures file that has no services beside it into records, one per structure."""
    renamed: dict[str, Any] = {key: rows.column(key) for key in rows.header}
    renamed["structure_id"] = rows.column("id")
    renamed["horaires_accueil"] = rows.column(
        "horaires_accueil" if "horaires_accueil" in rows else "horaires_ouverture"
    )
    alone = Rows(
        file=rows.file,
        header=tuple(renamed),
        cells=renamed,
        lines=rows.lines,
        findings=rows.findings,
    )
    return extract_services(
        alone,
        source=source,
        structures=structures_of(rows),
        local_ids=local_ids,
        zone=lambda some: ([()] * len(some), []),
    )
