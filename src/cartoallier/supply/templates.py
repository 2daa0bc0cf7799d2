"""The empty templates of places no national file lists: PAEJ, CCAS, MSD, permanences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cartoallier.errors import SourceError
from cartoallier.files import read_table

_PLACE = (
    "nom",
    "type",
    "structure",
    "adresse",
    "commune",
    "code_postal",
    "code_insee",
    "latitude",
    "longitude",
    "jours",
    "heures_semaine",
)
_END = ("telephone", "site_web", "source", "date_maj")

TEMPLATES: dict[str, tuple[str, ...]] = {
    "paej": (
        *_PLACE,
        "porteur",
        "financement",
        "public_age_min",
        "public_age_max",
        *_END,
    ),
    "ccas": (*_PLACE, "porteur", "zone", *_END),
    "msd": (*_PLACE, "porteur", "zone", "itinerant", *_END),
    "permanences": (
        *_PLACE,
        "categorie",
        "themes",
        "publics",
        "porteur",
        "financement",
        "zone",
        "itinerant",
        "public_age_min",
        "public_age_max",
        *_END,
    ),
}
"""Name of a template (and of its file) -> its columns, those of the ``tableau`` format first."""

_CATEGORIES = {"paej": "PAEJ", "ccas": "CCAS", "msd": "MSD"}


def template_of(header: Iterable[str]) -> str | None:
    """Return the template whose columns these are, ``None`` if none."""
    columns = set(header)
    return next((name for name, wanted in TEMPLATES.items() if columns == set(wanted)), None)


def template_kind(header: Iterable[str]) -> str | None:
    """Return the category of the rows of a filled template.

    Each template has columns of its own, so a renamed file is still known.
    """
    found = template_of(header)
    return _CATEGORIES.get(found) if found else None


def is_untouched_template(path: Path) -> bool:
    """Return whether a file is one of the templates, with nothing written in it yet."""
    try:
        table = read_table(path, file=path.name)
    except SourceError:
        return False
    return len(table) == 0 and template_of(table.header) is not None


def template_text(name: str) -> str:
    """Return the content of an empty template: one header line, for a French spreadsheet."""
    return "\ufeff" + ";".join(TEMPLATES[name]) + "\r\n"
