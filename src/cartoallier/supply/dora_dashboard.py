"""The two workbooks a DORA user downloads: the dashboard of a département, and orientations.

The dashboard lists structures without any place; orientations hold beneficiaries, and are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cartoallier.errors import SourceError
from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells
from cartoallier.supply.extract import Extract
from cartoallier.supply.free_texts import hide_lodgings
from cartoallier.supply.records import assemble
from cartoallier.supply.structures import siret
from cartoallier.supply.vocabulary import category_labels

OBSOLETE = "structure obsolète dans DORA"
NO_PLACE = "tableau de bord DORA : ni adresse ni coordonnées"
NO_SERVICE = "services annoncés par le tableau de bord, sans leur description"

_KEPT = (
    "Nom", "SIRET", "Département", "Ville", "Description", "Thématiques", "Téléphone", "Courriel",
    "Lien DORA", "Nb services publiés", "Statut",
)  # fmt: skip
"""Columns read: the others hold personal mails of administrators and editors."""
_HEADER = frozenset({"Nom", "SIRET", "Ville", "Lien DORA"})
_PERSON = r"(?:pr[ée]noms?|noms?|courriels?|e-?mails?|mails?|t[ée]l[ée]phones?)"
_BENEFICIARY = re.compile(
    rf"\b{_PERSON}\b.*\bb[ée]n[ée]ficiaires?\b|\bb[ée]n[ée]ficiaires?\b.*\b{_PERSON}\b",
    re.IGNORECASE,
)
_LONGEST_HEADER = 40
_DORA_PAGE = re.compile(r"/structures/([\w-]+)")


def is_dashboard(header: frozenset[str]) -> bool:
    """Return whether these columns are those of a département's dashboard."""
    return header >= _HEADER


def refuse_beneficiaries(header: Iterable[str], *, file: str) -> None:
    """Refuse a file that names beneficiaries.

    Raises:
        SourceError: a column holds the name, mail or telephone of a beneficiary.
    """
    for name in header:
        if _BENEFICIARY.search(name.replace("_", " ")):
            raise SourceError(
                "ce fichier contient des données personnelles de bénéficiaires (orientations "
                "DORA) : il n'est pas lu ; retirez-le du dossier, et déposez plutôt un export "
                "des services ou des structures",
                path=file,
                key=name if len(name) <= _LONGEST_HEADER else None,
            )


def extract_dashboard(rows: Rows, *, source: str) -> Extract:
    """Turn a dashboard into one record per structure, known by its commune only.

    Args:
        rows: the table; columns other than those of structures are not looked at.
        source: first half of the ids.

    Returns:
        Records without a point: their commune's name and département remain. Obsolete
        structures are dropped.
    """
    kept = [name for name in _KEPT if name in rows]
    rows = replace(rows, header=tuple(kept), cells={name: rows.column(name) for name in kept})
    status = rows.parse("Statut", lambda cell: cells.text(cell).lower())
    online = rows.where([not one.startswith("obsol") for one in status])
    names = online.parse("Nom", cells.name)
    sirets = online.parse("SIRET", siret)
    slugs = online.parse("Lien DORA", _slug)
    frame, findings, dropped = assemble(
        source=source,
        rows=online,
        ids=[slug or number for slug, number in zip(slugs, sirets, strict=True)],
        columns={
            "name": names,
            "structure": names,
            "siret": sirets,
            # Two digits of département: all the file says, enough to tell homonyms apart.
            "postal_code": online.parse("Département", _departement),
            "commune_name": online.parse("Ville", cells.text),
            "phone": _phones(online),
            "thematics": online.parse("Thématiques", categories_of),
        },
    )
    frame = hide_lodgings(frame, online, columns=("Description",))
    obsolete = len(rows) - len(online)
    return Extract(
        frame=frame,
        findings=[*rows.findings, *_said(online), *findings],
        rows_read=len(rows),
        dropped=dropped | ({OBSOLETE: obsolete} if obsolete else {}),
    )


def categories_of(value: object) -> tuple[str, ...]:
    """Return the category slugs of labels joined by commas, some of which hold a comma."""
    written = cells.text(value).replace("’", "'").lower()
    found: set[str] = set()
    labels = category_labels()
    for label in sorted(labels, key=len, reverse=True):
        if label in written:
            found.add(labels[label])
            written = written.replace(label, "")
    return tuple(sorted(found))


def _said(rows: Rows) -> list[Finding]:
    if not len(rows):
        return []
    announced = sum(int(n) for n in rows.parse("Nb services publiés", cells.amount) if n == n)  # noqa: PLR0124
    findings = [
        Finding(
            file=rows.file,
            what=NO_PLACE,
            action="structures placées à la mairie de leur commune ; un export des services "
            "(data·inclusion filtré sur DORA) donnerait leurs adresses",
        )
    ]
    if announced:
        findings.append(
            Finding(
                file=rows.file,
                column="Nb services publiés",
                value=str(announced),
                what=NO_SERVICE,
                action="demandez l'export des services : sans lui, seules les structures comptent",
            )
        )
    return findings


def _phones(rows: Rows) -> Sequence[str]:
    pairs = zip(rows.column("Téléphone"), rows.column("Courriel"), strict=True)
    return ["" if cells.is_personal_mail(mail) else cells.phone(number) for number, mail in pairs]


def _slug(value: object) -> str:
    found = _DORA_PAGE.search(cells.text(value))
    return found[1] if found else ""


def _departement(value: object) -> str:
    found = re.match(r"^(\d{1,3}|2[AB])\b", cells.text(value).upper())
    return found[1].zfill(2) if found else ""
