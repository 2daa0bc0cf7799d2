"""What a service takes from the structure that offers it: name, networks, and its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from pathlib import Path
from typing import NamedTuple

from cartoallier.files import Rows
from cartoallier.model import Finding
from cartoallier.supply import cells, sensitivity
from cartoallier.supply.free_texts import DANGER
from cartoallier.supply.records import points
from cartoallier.supply.vocabulary import networks

ORPHAN = "structure absente du fichier de structures"
ALONE = "services sans fichier de structures"
BORROWED = "service sans lieu propre"
TEXTS = (
    "nom", "description", "presentation_resume", "presentation_detail", "publics_precisions",
    "conditions_acces", "mobilisation_precisions", "frais_precisions", "frais_autres",
    "pre_requis", "justificatifs", "modes_orientation_accompagnateur_autres",
    "modes_orientation_beneficiaire_autres", DANGER,
)  # fmt: skip
"""Free texts of services and structures, v0 and v1."""
_SUFFIXES = (".csv", ".json", ".geojson", ".parquet", ".xlsx")
_OTHERS = re.compile(r"(dora|soliguide|fredo|france[-_ ]?services?)[-_: ]+([\w-]+)", re.IGNORECASE)


class Place(NamedTuple):
    """Where a service or a structure is, as its export says; points in WGS84 degrees.

    A tuple: a national file makes hundreds of thousands, and a frozen dataclass costs four times
    as much.
    """

    address: str = ""
    postal_code: str = ""
    commune_code: str = ""
    commune_name: str = ""
    longitude: float = math.nan
    latitude: float = math.nan

    @property
    def is_known(self) -> bool:
        """Whether there is anything to find it by."""
        return bool(self.address or self.commune_code or self.commune_name) or self.has_point

    @property
    def has_point(self) -> bool:
        """Whether it has coordinates."""
        return not math.isnan(self.longitude)


class Structure(NamedTuple):
    """What a service takes from its structure."""

    id: str = ""
    name: str = ""
    siret: str = ""
    typology: str = ""
    networks: tuple[str, ...] = ()
    phone: str = ""
    website: str = ""
    hours: str = ""
    place: Place = Place()
    secret: bool = False


def structures_of(rows: Rows, *, source: str = "") -> dict[str, Structure]:
    """Return the structures of a file by id (``<source>--<id>`` and the bare id alike).

    Args:
        rows: one row per structure.
        source: the directory ids belong to, when the rows do not name it.
    """
    if not len(rows):
        return {}
    found: dict[str, Structure] = {}
    spots, _ = places(rows)
    columns = zip(
        rows.parse("id", cells.text),
        surrogates(rows, "id", source=source),
        rows.parse("nom", cells.name),
        rows.parse("siret", siret),
        rows.parse("typologie", cells.text),
        networks_of(rows),
        phones(rows),
        rows.parse("site_web", cells.website),
        hours_of(rows),
        spots,
        secret_texts(rows),
        strict=True,
    )
    for one, full, name, number, typology, carried, phone, website, hours, spot, secret in columns:
        structure = Structure(
            id=full,
            name=name,
            siret=number,
            typology=typology,
            networks=carried,
            phone=phone,
            website=website,
            hours=hours,
            place=spot,
            secret=secret,
        )
        for key in {one, full} - {""}:
            found.setdefault(key, structure)
    return found


def networks_of(rows: Rows) -> list[tuple[str, ...]]:
    """Return the networks of structures, v0 labels and kinds translated."""
    return [
        networks(carried, labels=labels, typology=typology)
        for carried, labels, typology in zip(
            rows.parse("reseaux_porteurs", cells.words),
            rows.parse("labels_nationaux", cells.words),
            rows.parse("typologie", cells.text),
            strict=True,
        )
    ]


def siret(value: object) -> str:
    """Return a SIRET, ``""`` when the cell holds none (14 digits, not all zeros)."""
    digits = re.sub(r"[\s\u00a0]", "", cells.text(value)).removesuffix(".0")
    return digits if re.fullmatch(r"\d{14}", digits) and digits.strip("0") else ""


def surrogates(rows: Rows, column: str, *, source: str = "") -> list[str]:
    """Return ids that name their producer: ``dora--…`` (v1) or made so (v0, DORA)."""
    producers = rows.parse("source", cells.text) if not source else [source] * len(rows)
    pairs = zip(rows.parse(column, cells.text), producers, strict=True)
    return [
        one if "--" in one or not producer or not one else f"{producer}--{one}"
        for one, producer in pairs
    ]


def aliases(one: str) -> tuple[str, ...]:
    """Return what a record named by its producer is called in other directories.

    ``dora--<uuid>`` is DORA's own record. The list of digital mediation keeps in its ids those
    of the directories it gathers: « mediation-numerique--…Dora-<id> ».
    """
    if "--" not in one:
        return ()
    producer, _, local = one.partition("--")
    found = {one}
    if producer == "mediation-numerique":
        for other, number in _OTHERS.findall(local):
            slug = re.sub(r"[-_ ]", "-", other.lower())
            slug = "france-services" if slug.startswith("france") else slug
            found.add(f"{slug}--{number.split('__')[0].strip('-_')}")
    return tuple(sorted(found))


def places(rows: Rows) -> tuple[list[Place], list[Finding]]:
    """Return where each row is, and what is wrong with its coordinates."""
    longitudes, latitudes, findings = points(rows, longitude="longitude", latitude="latitude")
    columns = zip(
        addresses(rows),
        rows.parse("code_postal", cells.code),
        rows.parse("code_insee", cells.code),
        rows.parse("commune", cells.text),
        longitudes,
        latitudes,
        strict=True,
    )
    found = list(starmap(Place, columns))
    return found, findings


def borrow(own: Place, *, owner: Place, remote: bool) -> Place | None:
    """Return the structure's place for a service that has none of its own, else ``None``.

    A service without point or address, in its structure's commune or in none, is held at its
    structure's. One that is only remote is held nowhere.
    """
    if remote or own.has_point or own.address or not owner.is_known:
        return None
    if own.commune_code:
        elsewhere = own.commune_code != owner.commune_code
    else:
        elsewhere = bool(own.commune_name) and own.commune_name != owner.commune_name
    better = owner.has_point or owner.address or not own.is_known
    return owner if better and not elsewhere else None


def companion(path: Path) -> Path | None:
    """Return the structures file that stands beside a services file, if there is one.

    The names differ by one word: ``services-inclusion-2026-03-02.csv`` goes with
    ``structures-inclusion-2026-03-02.csv``, or with the same in another format.
    """
    return _beside(path, "service", "structure")


def companion_services(path: Path) -> Path | None:
    """Return the services file that reads this structures file, if there is one beside it."""
    services = _beside(path, "structure", "service")
    return services if services is not None and companion(services) == path else None


def _beside(path: Path, word: str, other: str) -> Path | None:
    if word not in path.name.lower():
        return None
    wanted = path.stem.lower().replace(word, other)
    found = [
        one
        for one in path.parent.iterdir()
        if one.stem.lower() == wanted and one.suffix.lower() in _SUFFIXES
    ]
    return min(found, key=lambda one: (one.suffix != path.suffix, one.name), default=None)


def addresses(rows: Rows) -> list[str]:
    """Return the street address, with its complement."""
    pairs = zip(
        rows.parse("adresse", cells.text), rows.parse("complement_adresse", cells.text), strict=True
    )
    return [", ".join(filter(None, pair)) for pair in pairs]


def hours_of(rows: Rows) -> list[str]:
    """Return opening hours under any of the names they had."""
    names = ("horaires_accueil", "recurrence", "horaires_ouverture")
    columns = [rows.parse(name, cells.text) for name in names]
    return [next(filter(None, written), "") for written in zip(*columns, strict=True)]


def phones(rows: Rows) -> list[str]:
    """Return the telephones that may be shown: public contact, no personal mail beside it."""
    columns = zip(
        rows.column("telephone"),
        rows.column("courriel"),
        rows.column("contact_public"),
        strict=True,
    )
    return [
        "" if is_false(public) or cells.is_personal_mail(mail) else cells.phone(number)
        for number, mail, public in columns
    ]


def is_false(value: object) -> bool:
    """Return whether a cell says no."""
    return value is False or cells.text(value).lower() in {"false", "faux", "0", "non"}


def secret_texts(rows: Rows) -> Iterator[bool]:
    """Tell which rows have texts that speak of people in danger (read, never kept)."""
    columns = [rows.column(name) for name in TEXTS if name in rows]
    for position in range(len(rows)):
        texts = (cells.text(column[position]) for column in columns)
        yield any(map(sensitivity.speaks_of_danger, texts))


def orphans(wanted: Sequence[str], *, known: Mapping[str, Structure], rows: Rows) -> list[Finding]:
    """Say which services name a structure that no file describes."""
    if not known:
        if not any(wanted):
            return []
        return [
            Finding(
                file=rows.file,
                what=ALONE,
                action="noms, réseaux et SIRET des structures inconnus ; joignez le fichier "
                "des structures, au même nom où « structures » remplace « services »",
            )
        ]
    return [
        Finding(
            file=rows.file,
            line=line,
            column="structure_id",
            value=one[:80],
            what=ORPHAN,
            action="service gardé, sans nom de structure ni réseau",
        )
        for one, line in zip(wanted, rows.lines, strict=True)
        if one and one not in known
    ]
