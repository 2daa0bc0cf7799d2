"""The admin export of Soliguide: a French table, one row per place (or per service)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.closures import DEFINITIVE, closures_of_text
from cartoallier.supply.extract import Extract
from cartoallier.supply.hours import week_hours
from cartoallier.supply.records import assemble, points
from cartoallier.supply.soliguide_places import speaks, street
from cartoallier.supply.soliguide_words import publics_of_text, slug_of_label

CLOSED_FOR_GOOD = "lieu fermé définitivement"
REPEATED = "fiche répétée (même numéro)"
UNKNOWN = "service Soliguide inconnu"
NO_SERVICES = "export sans la colonne « Les services »"

NUMBER = "Numéro de la fiche"
_NAME = "Nom de la structure"
_SERVICES = "Les services"
_CLOSURE = "Fermeture temporaire"
_ACCESS = "Les conditions d'accès"
_PUBLIC = "Le type de public accueilli"
_POSTAL = "Code Postal"
_ORIENTATION = re.compile(r"\bsur orientation\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """One service of one row: the position of the row, the label and its slug."""

    position: int
    label: str
    slug: str


def is_export(header: frozenset[str]) -> bool:
    """Return whether these columns are those of the export (any of them can be unticked)."""
    plain = {name.replace("’", "'") for name in header}
    return NUMBER in plain and not plain.isdisjoint({_NAME, _SERVICES, "Adresse postale"})


def extract_export(rows: Rows, *, source: str) -> Extract:
    """Turn the export into one record per place and service.

    Sorted by service, the export repeats a place on several rows that all list every service:
    the first is read. Places closed for good are dropped. Rows are counted as services: a place
    of three services counts for three.

    Args:
        rows: the table.
        source: first half of the ids.

    Returns:
        The records: labels become the slugs of the raw export, closures become dates.
    """
    plain = {name.replace("’", "'"): values for name, values in rows.cells.items()}
    rows = replace(rows, header=tuple(plain), cells=plain)
    labels = rows.parse(_SERVICES, _labels)
    closures = rows.parse(_CLOSURE, _closures)
    seen: set[str] = set()
    offers: list[_Offer] = []
    dropped: dict[str, int] = {}
    for position, number in enumerate(rows.parse(NUMBER, cells.text)):
        given = labels[position] or ("",)
        if number and number in seen:
            # The same services again: one row, whatever it lists.
            dropped[REPEATED] = dropped.get(REPEATED, 0) + 1
        elif DEFINITIVE in closures[position]:
            dropped[CLOSED_FOR_GOOD] = dropped.get(CLOSED_FOR_GOOD, 0) + len(given)
        else:
            offers += [
                _Offer(position=position, label=label, slug=slug_of_label(label)) for label in given
            ]
        seen.add(number)
    extract = _records(rows, offers, source=source, closures=closures)
    return replace(
        extract,
        rows_read=len(offers) + sum(dropped.values()),
        dropped=dropped | extract.dropped,
    )


def _records(
    rows: Rows,
    offers: list[_Offer],
    *,
    source: str,
    closures: Sequence[tuple[str, ...]],
) -> Extract:
    longitude, latitude, findings = points(rows, longitude="Longitude", latitude="Latitude")
    numbers = rows.parse(NUMBER, cells.text)
    hours = rows.parse("Les horaires", _hours)
    by_row: dict[str, Sequence[object]] = {
        "name": rows.parse(_NAME, cells.name),
        "structure": rows.parse(_NAME, cells.name),
        "structure_id": [f"{source}--{number}" if number else "" for number in numbers],
        # The number is that of the place: it names its service only when there is one.
        "known_as": [
            (f"{source}--{number}",) if number and len(labels) <= 1 else ()
            for number, labels in zip(numbers, rows.parse(_SERVICES, _labels), strict=True)
        ],
        "address": _addresses(rows),
        "postal_code": rows.parse(_POSTAL, cells.code),
        "commune_name": rows.parse("Ville", cells.text),
        "longitude": longitude,
        "latitude": latitude,
        "weekly_hours": [week_hours(text) for text in hours],
        "hours": hours,
        "updated_on": rows.parse("Dernière mise à jour", cells.date),
        "phone": _phones(rows),
        "closures": closures,
        "publics": rows.parse(_PUBLIC, _publics),
    }
    chosen = [offer.position for offer in offers]
    columns = {name: [values[at] for at in chosen] for name, values in by_row.items()}
    expanded = Rows(
        file=rows.file, header=(), cells={}, lines=tuple(rows.lines[at] for at in chosen)
    )
    words = [offer.slug or offer.label for offer in offers]
    frame, more, unsound = assemble(
        source=source,
        rows=expanded,
        ids=[f"{numbers[offer.position]}-{word}".strip("-") for offer, word in zip(
            offers, words, strict=True)],
        columns={
            **columns,
            "category": words,
            "soliguide": [(word,) if word else () for word in words],
            "confidential": list(_secret(rows, offers)),
        },
    )  # fmt: skip
    return Extract(
        frame=frame,
        findings=[*rows.findings, *findings, *_said(rows, offers), *more],
        rows_read=len(offers),
        dropped=unsound,
    )


def _secret(rows: Rows, offers: list[_Offer]) -> Iterator[bool]:
    """Tell which services are not public: on orientation, or lodging people in danger.

    The conditions of a place that receives everybody are not printed: their absence proves
    nothing, the sector's rules apply to the rest.
    """
    names = [
        _NAME, _ACCESS, _PUBLIC, "Message temporaire", _CLOSURE, "Horaires temporaires",
        "Les horaires",
    ]  # fmt: skip
    texts = [
        " ".join(row) for row in zip(*(rows.parse(name, cells.text) for name in names), strict=True)
    ]
    accesses = rows.parse(_ACCESS, cells.text)
    publics = rows.parse(_PUBLIC, _publics)
    for offer in offers:
        at = offer.position
        yield bool(_ORIENTATION.search(accesses[at])) or speaks(
            texts[at], publics[at], (offer.slug,)
        )


def _said(rows: Rows, offers: list[_Offer]) -> Iterator[Finding]:
    if _SERVICES not in rows:
        yield Finding(
            file=rows.file,
            what=NO_SERVICES,
            action="lieux gardés, mais sans savoir à quoi ils répondent ; cochez cette colonne",
        )
        return
    for offer in offers:
        if offer.label and not offer.slug:
            yield Finding(
                file=rows.file,
                line=rows.lines[offer.position],
                column=_SERVICES,
                value=offer.label[:80],
                what=UNKNOWN,
                action="gardé sous son libellé ; il ne répond à aucun thème",
            )


def _labels(value: object) -> tuple[str, ...]:
    written = cells.text(value)
    return tuple(dict.fromkeys(part.strip() for part in written.split(", ") if part.strip()))


def _closures(value: object) -> tuple[str, ...]:
    return closures_of_text(cells.text(value))


def _publics(value: object) -> tuple[str, ...]:
    return publics_of_text(cells.text(value))


def _hours(value: object) -> str:
    """Return hours on one line: a day, or a run of days, to each part."""
    lines = str(value or "").splitlines()
    return "\u202f; ".join(filter(None, map(cells.text, lines)))


def _addresses(rows: Rows) -> list[str]:
    pairs = zip(
        rows.parse("Adresse postale", cells.text), rows.parse(_POSTAL, cells.code), strict=True
    )
    return [street(written, postal) for written, postal in pairs]


def _phones(rows: Rows) -> list[str]:
    """Return the first number of each cell: ``Label: number``, one a line; labels are dropped."""
    pairs = zip(rows.column("Numéros de téléphone"), rows.column("L'adresse email"), strict=True)
    return ["" if cells.is_personal_mail(mail) else _phone(written) for written, mail in pairs]


def _phone(written: object) -> str:
    lines = str(written or "").splitlines()
    return next(filter(None, (cells.phone(line.rsplit(":", 1)[-1]) for line in lines)), "")
