"""What DORA and data·inclusion share: rows of services, joined to their structures, to records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from cartoallier.files import Rows, map_cells
from cartoallier.model import Finding
from cartoallier.supply import cells, zones
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import hide_lodgings
from cartoallier.supply.hours import osm_in_french, osm_week
from cartoallier.supply.records import assemble
from cartoallier.supply.secret_lists import SECRET_PRODUCERS
from cartoallier.supply.structures import (
    BORROWED,
    TEXTS,
    Place,
    Structure,
    aliases,
    borrow,
    hours_of,
    is_false,
    orphans,
    phones,
    places,
    siret,
    structures_of,
    surrogates,
)
from cartoallier.supply.vocabulary import publics, thematics, unknown_thematics

Zones = Callable[[Rows], tuple[list[tuple[str, ...]], list[Finding]]]
_LINKS = ("lien_mobilisation", "prise_rdv", "formulaire_en_ligne", "page_web")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Understood:
    """The columns of services that others are deduced from, in the order of the rows."""

    owners: list[Structure]
    structure_ids: list[str]
    spots: list[Place]
    remote: list[bool]
    thematics: list[tuple[str, ...]]
    hours: list[str]


def extract_services(
    rows: Rows,
    *,
    source: str,
    structures: Mapping[str, Structure],
    local_ids: Sequence[str],
    zone: Zones,
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
    understood, more = _understand(rows, source=source, structures=structures)
    findings += more
    declared, more = zone(rows)
    findings += more
    names = rows.parse("nom", cells.name)
    frame, more, dropped = assemble(
        source=source,
        rows=rows,
        ids=local_ids,
        columns={
            "name": names,
            "structure": [owner.name for owner in understood.owners],
            **_provenance(rows, source=source, understood=understood),
            **_where(understood.spots),
            "remote": understood.remote,
            "weekly_hours": map_cells(understood.hours, lambda text: osm_week(str(text))),
            "hours": map_cells(understood.hours, lambda text: osm_in_french(str(text))),
            "updated_on": rows.parse("date_maj", cells.date),
            **_contacts(rows, owners=understood.owners),
            "closures": rows.parse("date_suspension", _suspension),
            "quality": rows.parse("score_qualite", _quality),
            "thematics": understood.thematics,
            "networks": [owner.networks for owner in understood.owners],
            "typologies": [
                (owner.typology,) if owner.typology else () for owner in understood.owners
            ],
            "publics": _publics(rows, understood.thematics),
            "zone": declared,
            "confidential": _of_secret_list(rows, source=source),
        },
    )
    told = [owner.secret for owner in understood.owners]
    frame = hide_lodgings(frame, rows, columns=TEXTS, also=told)
    return Extract(frame=frame, findings=[*findings, *more], rows_read=len(rows), dropped=dropped)


def _understand(
    rows: Rows, *, source: str, structures: Mapping[str, Structure]
) -> tuple[_Understood, list[Finding]]:
    bare = rows.parse("structure_id", cells.text)
    full = surrogates(rows, "structure_id", source=source if source == "dora" else "")
    # v0 ids are local to their producer: the full id is the surer key.
    keys = [one if one in structures else other for one, other in zip(full, bare, strict=True)]
    owners = [structures.get(key, Structure(id=one)) for key, one in zip(keys, full, strict=True)]
    own, findings = places(rows)
    remote = [modes == ("a-distance",) for modes in rows.parse("modes_accueil", cells.words)]
    lent = [
        borrow(spot, owner=owner.place, remote=away)
        for spot, owner, away in zip(own, owners, remote, strict=True)
    ]
    findings += orphans(keys, known=structures, rows=rows)
    findings += [
        Finding(
            file=rows.file,
            line=line,
            what=BORROWED,
            action="placé au lieu de sa structure\u202f; à préciser s'il se tient ailleurs",
        )
        for line in compress(rows.lines, [spot is not None for spot in lent])
    ]
    spots = [spot or mine for spot, mine in zip(lent, own, strict=True)]
    at_home = [
        spot is not None or (mine.address != "" and mine.address == owner.place.address)
        for spot, mine, owner in zip(lent, own, owners, strict=True)
    ]
    hours = [
        written or (owner.hours if home else "")
        for written, owner, home in zip(hours_of(rows), owners, at_home, strict=True)
    ]
    slugs, more = _thematics(rows)
    understood = _Understood(
        owners=owners,
        structure_ids=[
            owner.id if "--" in owner.id else one for owner, one in zip(owners, full, strict=True)
        ],
        spots=spots,
        remote=remote,
        thematics=slugs,
        hours=hours,
    )
    return understood, [*findings, *more]


def _provenance(rows: Rows, *, source: str, understood: _Understood) -> dict[str, Sequence[object]]:
    full = surrogates(rows, "id", source=source if source == "dora" else "")
    owners = understood.owners
    return {
        "structure_id": understood.structure_ids,
        "siret": [
            own or owner.siret
            for own, owner in zip(rows.parse("siret", siret), owners, strict=True)
        ],
        "known_as": [aliases(one) for one in full],
        # The kind of place where it is told, else the network that carries it.
        "category": [owner.typology or next(iter(owner.networks), "") for owner in owners],
    }


def _where(spots: Sequence[Place]) -> dict[str, Sequence[object]]:
    return {
        "address": [spot.address for spot in spots],
        "postal_code": [spot.postal_code for spot in spots],
        "commune_code": [spot.commune_code for spot in spots],
        "commune_name": [spot.commune_name for spot in spots],
        "longitude": [spot.longitude for spot in spots],
        "latitude": [spot.latitude for spot in spots],
    }


def _contacts(rows: Rows, *, owners: Sequence[Structure]) -> dict[str, Sequence[object]]:
    """Return what the public may use: the structure's number answers for a service without."""
    public = rows.column("contact_public")
    links = [rows.parse(name, cells.website) for name in _LINKS]
    return {
        "phone": [
            own or ("" if is_false(shown) else owner.phone)
            for own, shown, owner in zip(phones(rows), public, owners, strict=True)
        ],
        "website": [
            next(filter(None, given), "") or owner.website
            for *given, owner in zip(*links, owners, strict=True)
        ],
    }


def _publics(rows: Rows, about: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    columns = zip(
        rows.parse("publics", cells.words), rows.parse("profils", cells.words), about, strict=True
    )
    known: dict[tuple[tuple[str, ...], ...], tuple[str, ...]] = {}
    found: list[tuple[str, ...]] = []
    for first, second, slugs in columns:
        # The rule on disability belongs to the passage from v0: v1 rows say it themselves.
        key = (first, second, slugs if second else ())
        if key not in known:
            known[key] = publics((*first, *second), about=key[2])
        found.append(known[key])
    return found


def _of_secret_list(rows: Rows, *, source: str) -> list[bool]:
    """Tell the rows of a producer whose whole list is secret (FORMATS §6.5: SIAO)."""
    if source == "dora":
        return [False] * len(rows)
    producers = rows.parse("source", lambda value: cells.text(value).lower())
    ids = surrogates(rows, "id")
    return [
        producer in SECRET_PRODUCERS or one.split("--", 1)[0].lower() in SECRET_PRODUCERS
        for producer, one in zip(producers, ids, strict=True)
    ]


def _suspension(value: object) -> tuple[str, ...]:
    """Return the closure a suspension date opens; it has no end."""
    day = cells.date(value)
    return (f"{day}/",) if day else ()


def _quality(value: object) -> float | None:
    """Return a score between 0 and 1, ``None`` when there is none."""
    found = cells.number(value)
    return found if found is not None and 0 <= found <= 1 else None


def _thematics(rows: Rows) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Return the thematics of each row, v0 translated, and the words that are none."""
    read: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    found: list[tuple[str, ...]] = []
    findings: list[Finding] = []
    for written, line in zip(rows.parse("thematiques", cells.words), rows.lines, strict=True):
        if written not in read:
            read[written] = (thematics(written), unknown_thematics(written))
        slugs, unknown = read[written]
        found.append(slugs)
        if unknown:
            findings.append(
                Finding(
                    file=rows.file,
                    line=line,
                    column="thematiques",
                    value=", ".join(unknown)[:80],
                    what="thématique inconnue de data·inclusion",
                    action="gardée telle quelle\u202f; elle ne répond à aucun thème",
                )
            )
    return found, findings


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


def no_zone(rows: Rows) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Say nothing of zones: structures have none."""
    return [()] * len(rows), []


def _unknown_zone(rows: Rows, line: int, column: str, value: str) -> Finding:
    return Finding(
        file=rows.file,
        line=line,
        column=column,
        value=value,
        what="zone d'éligibilité non comprise",
        action="zone ignorée\u202f; attendu\u00a0: commune, EPCI, département, région ou pays",
    )


def structures_as_services(rows: Rows, *, source: str, local_ids: Sequence[str]) -> Extract:
    """Turn a structures file that has no services beside it into records, one per structure."""
    alone = replace(rows, cells={**rows.cells, "structure_id": rows.column("id")})
    known = structures_of(rows, source=source if source == "dora" else "")
    return extract_services(
        alone, source=source, structures=known, local_ids=local_ids, zone=no_zone
    )
