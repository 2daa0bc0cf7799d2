"""Invented supply with its truth: several directories that describe the same desks differently.

Nothing here is real: names, streets and numbers are drawn from short lists, with a seed. A share
of the desks stands in a second directory, written the way real exports differ: capitals, lost
accents, acronyms spelled out, abbreviated streets, a missing house number, another telephone, a
point of the town hall. Neighbours that are *not* the same desk are invented on purpose: town
halls, CCAS and France Services under one roof and one telephone, several sites of one carrier
and one SIRET, namesakes in one town, an antenna and a bus beside their France Services.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import pandas as pd

from cartoallier.model import SERVICE_COLUMNS
from cartoallier.model.supply import TUPLE_COLUMNS

DUPLICATES = 0.15
LISTINGS = ("mednum", "tableau")
CATALOGUES = ("dora", "data-inclusion", "soliguide")

_BEGINNINGS = (
    "Mont",
    "Saint-",
    "Ville",
    "Châtel",
    "Beau",
    "Haute",
    "Roche",
    "Bourg-",
    "Clair",
    "Val",
)
_MIDDLES = ("mar", "ger", "lin", "pour", "vau", "tré", "bel", "fon", "cham", "dor", "sau", "nay")
_ENDS = ("çon", "vic", "at", "euil", "ières", "ac", "on", "y", "ette", "oux", "lle", "gny")
_STREETS = (
    "République", "Victor Hugo", "Jean Jaurès", "Général de Gaulle", "Gare", "Église", "Pasteur",
    "Jean Moulin", "Gambetta", "Mairie", "Écoles", "Marché", "Anatole France", "Huit Mai 1945",
    "Moulin", "Fontaine", "Docteur Roux", "Lilas", "Tilleuls", "Maréchal Foch", "Château",
)  # fmt: skip
_WAYS = ("rue", "avenue", "boulevard", "place", "chemin", "allée", "route")
_SHORT = {"avenue": "av.", "boulevard": "bd", "place": "pl", "chemin": "chem.", "rue": "r."}
_PROPER = (
    "Les Mimosas", "Jacques Prévert", "La Passerelle", "Le Lavoir", "Simone Veil", "L'Escale",
    "Les Quatre Vents", "Louise Michel", "La Source", "Le Tremplin", "Arc-en-Ciel", "Horizon",
    "Le Relais", "Camille Claudel", "L'Étincelle", "La Grenette", "Les Alizés", "Voisinage",
    "Ensemble", "Nouvel Élan", "La Clé", "Solidaire", "Main tendue", "Atout", "Cap Avenir",
)  # fmt: skip
_KINDS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    # name, other spellings, weight; {v} the town, {p} a proper name
    ("France services de {v}", ("Maison France Services {v}", "MSAP de {v}", "FRANCE SERVICES"), 8),
    ("CCAS de {v}", ("Centre communal d'action sociale", "C.C.A.S. {v}", "CCAS"), 12),
    ("Mairie de {v}", ("MAIRIE DE {v}", "Hôtel de ville", "Mairie"), 12),
    ("Médiathèque {p}", ("Bibliothèque {p}", "Médiathèque municipale {p}", "Médiathèque"), 12),
    ("Mission locale de {v}", ("Mission Locale {v}", "MISSION LOCALE"), 5),
    ("Centre social {p}", ("Centre socio-culturel {p}", "Espace de vie sociale {p}"), 12),
    ("Maison des solidarités de {v}", ("Centre médico-social {v}", "MDS {v}"), 6),
    ("Secours populaire - {v}", ("Secours Populaire Français", "SECOURS POPULAIRE {v}"), 5),
    ("Association {p}", ("{p}", "Asso {p} {v}"), 16),
    ("{p} Insertion", ("{p} insertion {v}", "SAS {p} Insertion"), 10),
    ("Espace public numérique {p}", ("EPN {p}", "Espace numérique {p}"), 6),
)
_OFFICES = frozenset({0, 1, 2, 4, 6})
"""Kinds a commune has one of, unless it is large: a village has one town hall."""
_CITY = 60
_SERVICES = (
    "Accompagnement aux démarches administratives", "Aide alimentaire", "Ateliers numériques",
    "Permanence logement", "Aide au permis de conduire", "Cours de français", "Point d'écoute",
    "Recherche d'emploi", "Garde d'enfants", "Microcrédit", "Écrivain public", "Prêt de véhicule",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Town:
    """A commune: its code, name and town hall."""

    code: str
    name: str
    postal_code: str
    longitude: float
    latitude: float
    size: int


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A desk as it is, or as a directory describes it."""

    truth: str
    kind: int
    town: Town
    name: str
    number: str
    way: str
    street: str
    phone: str
    siret: str
    longitude: float
    latitude: float
    itinerant: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Supply:
    """Records of several directories, and what they really are.

    Attributes:
        records: columns ``SERVICE_COLUMNS``.
        desk: id of the record -> real desk.
        directory: id of the record -> directory.
        by_id: id of the record -> an id alone tells its twin.
    """

    records: pd.DataFrame
    desk: pd.Series
    directory: pd.Series
    by_id: pd.Series


def generate(
    *,
    services: int,
    structures: int,
    towns: Sequence[Town] | None = None,
    seed: int = 20_260_101,
) -> Supply:
    """Invent a supply.

    Args:
        services: records of services, in the three catalogues.
        structures: records of desks, in the two lists.
        towns: where; invented towns, one for eight desks listed, by default.
        seed: same seed, same supply.

    Returns:
        Records in a shuffled order, with their truth.
    """
    rng = random.Random(seed)  # noqa: S311
    towns = towns or _towns(rng, max(8, structures // 8))
    maker = _Maker(rng=rng)
    offices: set[tuple[str, int]] = set()
    weights = list(accumulate(town.size for town in towns))
    while maker.listed < structures or maker.served < services:
        town = rng.choices(towns, cum_weights=weights)[0]
        for desk in _neighbours(rng, town, len(maker.records)):
            office = (town.code, desk.kind)
            if desk.kind in _OFFICES and not desk.itinerant and town.size < _CITY:
                if office in offices:
                    continue
                offices.add(office)
            listed = maker.listed < structures
            if not listed and maker.served >= services:
                break
            share = structures / (structures + services / 3)
            as_list = listed and (rng.random() < share or maker.served >= services)
            first = rng.choice(LISTINGS if as_list else CATALOGUES)
            known = maker.write(desk, directory=first, twin="")
            if rng.random() < DUPLICATES:
                other = rng.choice([d for d in (*LISTINGS, *CATALOGUES) if d != first])
                by_id = rng.random() < 0.2
                maker.write(distorted(rng, desk), directory=other, twin=known if by_id else "")
    return maker.supply()


def _towns(rng: random.Random, count: int) -> list[Town]:
    side = math.ceil(math.sqrt(count))
    towns = []
    for i in range(count):
        name = rng.choice(_BEGINNINGS) + rng.choice(_MIDDLES) + rng.choice(_ENDS)
        code = f"{i:05d}"
        towns.append(
            Town(
                code=code,
                name=name.replace("-" + name.split("-")[-1], "-" + name.split("-")[-1].title()),
                postal_code=f"{i // 10:04d}0",
                longitude=-1 + 0.06 * (i % side) * (100 / max(side, 100)),
                latitude=43 + 0.05 * (i // side) * (100 / max(side, 100)),
                # As in France: many villages, few towns.
                size=min(1500, math.ceil(3 / (1 - rng.random()) ** 0.8)),
            )
        )
    return towns


def _neighbours(rng: random.Random, town: Town, salt: int) -> list[Desk]:
    """Return one desk, sometimes with others under its roof or of its carrier."""
    one = _desk(rng, town, f"{salt}-0")
    chance = rng.random()
    if chance < 0.12:  # one roof, often one telephone, another desk
        kinds = [k for k in range(len(_KINDS)) if k != one.kind]
        other = _desk(rng, town, f"{salt}-1", kind=rng.choice(kinds))
        phone = one.phone if rng.random() < 0.3 else other.phone
        roof = replace(
            other, number=one.number, way=one.way, street=one.street, phone=phone,
            longitude=one.longitude, latitude=one.latitude,
        )  # fmt: skip
        return [one, roof]
    if chance < 0.20:  # another site of the same carrier
        site = _desk(rng, town, f"{salt}-1", kind=one.kind)
        return [one, replace(site, siret=one.siret)]
    if one.kind == 0 and chance < 0.35:  # the bus of a France Services
        bus = replace(
            one, truth=f"{salt}-1", name=f"Bus France services {town.name}", itinerant=True,
            phone=_phone(rng),
        )  # fmt: skip
        return [one, bus]
    return [one]


def _desk(rng: random.Random, town: Town, truth: str, *, kind: int | None = None) -> Desk:
    if kind is None:
        kind = rng.choices(range(len(_KINDS)), [one[2] for one in _KINDS])[0]
    spread = 250 * math.sqrt(town.size) / 3
    longitude, latitude = _moved(rng, town.longitude, town.latitude, spread)
    return Desk(
        truth=truth,
        kind=kind,
        town=town,
        name=_KINDS[kind][0].format(v=town.name, p=f"{rng.choice(_PROPER)}"),
        number=str(rng.randint(1, 99)),
        way=rng.choice(_WAYS),
        street=rng.choice(_STREETS),
        phone=_phone(rng),
        siret=f"{rng.randint(10**13, 10**14 - 1)}",
        longitude=longitude,
        latitude=latitude,
    )


def _phone(rng: random.Random) -> str:
    return "04" + "".join(f" {rng.randint(0, 99):02d}" for _ in range(4))


def _moved(rng: random.Random, x: float, y: float, sigma_m: float) -> tuple[float, float]:
    east, north = rng.gauss(0, sigma_m), rng.gauss(0, sigma_m)
    return x + east / (111_195 * math.cos(math.radians(y))), y + north / 111_195


def distorted(rng: random.Random, desk: Desk) -> Desk:
    """Return a desk as another directory writes it."""
    number, way, street = desk.number, desk.way, desk.street
    if rng.random() < 0.4:
        way = _SHORT.get(way, way)
    if rng.random() < 0.15:
        number = ""
    if rng.random() < 0.15:
        number = way = street = ""
    elif rng.random() < 0.04:
        street, number = rng.choice(_STREETS), str(rng.randint(1, 99))
    longitude, latitude = _misplaced(rng, desk)
    return replace(
        desk, name=_misnamed(rng, desk), number=number, way=way, street=street,
        phone=_other_phone(rng, desk.phone),
        siret=desk.siret if rng.random() < 0.5 else "", longitude=longitude, latitude=latitude,
    )  # fmt: skip


def _misnamed(rng: random.Random, desk: Desk) -> str:
    words = desk.name
    proper = next((p for p in _PROPER if p in words), "")
    if rng.random() < 0.45:
        words = rng.choice(_KINDS[desk.kind][1]).format(v=desk.town.name, p=proper)
        if desk.itinerant:
            words = f"Bus FS {desk.town.name}"
    elif desk.kind == 0 and rng.random() < 0.15:  # named after who carries it
        words = f"{rng.choice(_PROPER)} {desk.town.name}"
    if rng.random() < 0.15:
        words = words.upper()
    if rng.random() < 0.2:
        words = _unaccented(words)
    if rng.random() < 0.12 and len(words) > 6:
        cut = rng.randrange(1, len(words) - 1)
        words = words[:cut] + words[cut + 1 :]
    if rng.random() < 0.15:
        words = f"{words} - {desk.town.name}"
    return words


def _other_phone(rng: random.Random, phone: str) -> str:
    drawn = rng.random()
    if drawn < 0.35:
        phone = ""
    elif drawn < 0.5:
        phone = _phone(rng)
    elif drawn < 0.75:
        phone = "+33" + phone.replace(" ", "")[1:]
    return phone


def _misplaced(rng: random.Random, desk: Desk) -> tuple[float, float]:
    """Return the point another directory gives, missing where it gives none."""
    drawn = rng.random()
    if drawn < 0.10:
        return math.nan, math.nan
    sigma = 12.0 if drawn < 0.65 else 50.0 if drawn < 0.91 else 150.0 if drawn < 0.97 else 600.0
    return _moved(rng, desk.longitude, desk.latitude, sigma)


def _unaccented(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(one for one in plain if not unicodedata.combining(one))


class _Maker:
    """Writes desks as records of directories."""

    def __init__(self, *, rng: random.Random) -> None:
        self.rng = rng
        self.records: list[dict[str, Any]] = []
        self.listed = 0
        self.served = 0

    def write(self, desk: Desk, *, directory: str, twin: str) -> str:
        """Write a desk; return the id of its first record."""
        rng = self.rng
        key = f"{len(self.records):07d}"
        base = self._base(desk, directory=directory, twin=twin)
        first = _id(directory, f"{key}-0")
        if directory in LISTINGS:
            self.listed += 1
            self.records.append(base | {"id": first, "name": desk.name})
            return first
        count = rng.choices((1, 2, 3, 5, 8), (3, 3, 2, 1, 1))[0]
        for i, name in enumerate(rng.sample(_SERVICES, min(count, len(_SERVICES)))):
            self.served += 1
            slug = _unaccented(name).lower().replace(" ", "-").replace("'", "")
            self.records.append(
                base
                | {
                    "id": _id(directory, f"{key}-{i}"),
                    # Soliguide names the place, the others the service.
                    "name": desk.name if directory == "soliguide" else name,
                    "structure": desk.name,
                    "structure_id": key,
                    "thematics": (slug,),
                    "known_as": base["known_as"] if i == 0 else (),
                }
            )
        return first

    def _base(self, desk: Desk, *, directory: str, twin: str) -> dict[str, Any]:
        rng = self.rng
        placed = not math.isnan(desk.longitude)
        address = " ".join(filter(None, (desk.number, desk.way, desk.street)))
        return {
            "truth": desk.truth,
            "directory": directory,
            "source": directory,
            "file": f"{directory}.csv",
            "line": len(self.records) + 2,
            "known_as": (twin,) if twin else (),
            "siret": desk.siret if directory != "soliguide" else "",
            "address": address,
            "postal_code": desk.town.postal_code,
            "commune_code": desk.town.code,
            "commune_name": desk.town.name,
            "longitude": desk.longitude if placed else desk.town.longitude,
            "latitude": desk.latitude if placed else desk.town.latitude,
            "precision": "adresse" if placed else "commune",
            "itinerant": desk.itinerant,
            "updated_on": f"2025-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
            "phone": desk.phone,
            "networks": ("france-service",) if desk.kind == 0 and directory != "tableau" else (),
        }

    def supply(self) -> Supply:
        """Return everything written, shuffled."""
        self.rng.shuffle(self.records)
        index = pd.Index([one["id"] for one in self.records], name="id", dtype="str")
        columns: dict[str, pd.Series] = {}
        for name, dtype in SERVICE_COLUMNS.items():
            empty: object = () if name in TUPLE_COLUMNS else False if dtype == "bool" else None
            values = [one.get(name, empty) for one in self.records]
            column = pd.Series(values, index=index, dtype=dtype)
            columns[name] = column.mask(column == "") if dtype == "str" else column
        frame = pd.DataFrame(columns)

        def fact(key: str) -> pd.Series:
            return pd.Series([one[key] for one in self.records], index=index)

        twins = {twin for one in self.records for twin in one["known_as"]}
        by_id = [bool(one["known_as"]) or one["id"] in twins for one in self.records]
        return Supply(
            records=frame,
            desk=fact("truth"),
            directory=fact("directory"),
            by_id=pd.Series(by_id, index=index),
        )


def _id(directory: str, key: str) -> str:
    return (
        f"{directory}--emplois--{key}" if directory == "data-inclusion" else f"{directory}--{key}"
    )


def agreement(supply: Supply, place: pd.Series) -> tuple[float, float]:
    """Return precision and recall of places over pairs of desks of two directories.

    A desk of a directory counts once, however many services it has; those that an id alone
    brings together are left out of recall and precision.

    Args:
        supply: with its truth.
        place: id of a record -> place found (of the record kept, for one merged away).
    """
    table = pd.DataFrame(
        {
            "truth": supply.desk,
            "directory": supply.directory,
            "by_id": supply.by_id,
            "place": place.reindex(supply.desk.index),
        }
    )
    named = set(table.loc[table["by_id"], "truth"])
    units = table.drop_duplicates(["truth", "directory", "place"])
    units = units[~units["truth"].isin(named)]

    def pairs(keys: list[str]) -> int:
        counts = units.groupby(keys).size()
        return int((counts * (counts - 1) // 2).sum())

    found, real, both = pairs(["place"]), pairs(["truth"]), pairs(["truth", "place"])
    return both / max(found, 1), both / max(real, 1)
