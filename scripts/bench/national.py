"""The national work, measured: five exports of the whole country read, cleaned and merged.

    python scripts/bench/national.py [n …]

``n`` counts services, in three catalogues (DORA, data·inclusion, Soliguide); 0.4 desk per
service, in two lists (mednum, a table of one's own): the desks of ``generate_supply.py``, 15 % of
them in a second directory that writes them differently, set in the real communes of metropolitan
France. Every file is recognised by its content. The territory is that of Allier with a
neighbourhood of 1 500 km: no row is out of reach, so all the work is done on all of them.

Each size runs in a process of its own. Writing the files and loading the territory are not
counted; reading, secrecy, gathering and merging are. Precision and recall are those of the
merges, over pairs of desks of two directories that no shared id brings together.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import pandas as pd
from generate_supply import Supply, Town, agreement, generate

from cartoallier.catalogue import shipped
from cartoallier.supply import SupplyInput, gather, hide_twins, merge, read_supply
from cartoallier.territory import load_territory

SIZES = (10_000, 50_000, 200_000)
WHOLE_COUNTRY_KM = 1_500

Record = dict[str, Any]

_OVERSEAS = ("97", "98")
_INHABITANTS = 170
"""People for one unit of a town's ``size``."""
_LARGEST = 1_500
_SLUGS = {
    "acces-": "difficultes-administratives-ou-juridiques--accompagnement-pour-lacces-aux-droits",
    "aide-alimentaire": "equipement-et-alimentation--alimentation",
    "ateliers-numeriques": "numerique--maitriser-les-fondamentaux-du-numerique",
    "permanence-logement": "logement-hebergement--louer-un-logement",
    "aide-au-permis-de-conduire": "mobilite--preparer-un-permis",
    "cours-de-francais": "lecture-ecriture-calcul--maitriser-le-francais",
    "recherche-demploi": "trouver-un-emploi--repondre-a-des-offres-demploi",
    "garde-denfants": "famille--garde-denfants",
    "microcredit": "difficultes-financieres--acquerir-une-autonomie-budgetaire",
    "pret-de-vehicule": "mobilite--acceder-a-un-vehicule",
}
_WEEKS = (
    "Mo-Fr 09:00-12:00,13:30-17:00",
    "Mo,Tu,Th 09:00-12:00; We 14:00-17:00",
    "Tu 09:00-12:00; Th 13:30-18:00",
    "",
)
_ABOUT = (
    "Accueil sans rendez-vous, écoute et orientation.\n\nUn professionnel reçoit chacun, évalue "
    "sa situation et l'aide dans ses démarches : **droits**, courriers, dossiers en ligne. Se "
    "munir d'une pièce d'identité, « si possible » des derniers courriers reçus."
)


def towns_of_the_country() -> list[Town]:
    """Return the communes of metropolitan France, as the generator wants them."""
    columns = ["code", "name", "population", "longitude", "latitude"]
    table = pd.read_parquet(shipped("geo/communes.parquet"), columns=columns)
    table = table[~table["code"].str.startswith(_OVERSEAS)].dropna()
    return [
        Town(
            code=code,
            name=name,
            postal_code=f"{'20' if code[:2] in {'2A', '2B'} else code[:2]}{code[2:4]}0",
            longitude=longitude,
            latitude=latitude,
            size=int(min(_LARGEST, max(3, people // _INHABITANTS))),
        )
        for code, name, people, longitude, latitude in table.itertuples(index=False)
    ]


def write_files(folder: Path, supply: Supply) -> tuple[Supply, pd.DataFrame]:
    """Write the directories as the exports people hold.

    Args:
        folder: where.
        supply: invented records, with their truth.

    Returns:
        The supply, ``by_id`` true only where the files say the id; and, for every id, the
        ``file`` and ``line`` it was written at.
    """
    records = supply.records.astype("object").where(supply.records.notna(), None)
    rows = cast("list[Record]", records.reset_index().to_dict("records"))
    for row in rows:
        row["key"] = row["id"].split("--")[-1]
        told = next(iter(row["known_as"]), "")
        expressed = told.startswith("dora--") and row["source"] in {"data-inclusion", "mednum"}
        row["twin"] = _uuid(told.split("--")[-1]) if expressed else ""
        row["twin_id"] = told if expressed else ""
    rows.sort(key=itemgetter("key"))
    shuffled = {one: place for place, one in enumerate(supply.records.index)}
    where: list[tuple[str, str, int]] = []
    for directory, write in _WRITERS.items():
        own = [row for row in rows if row["source"] == directory]
        desks = [list(group) for _, group in groupby(own, key=lambda row: row["key"][:7])]
        desks.sort(key=lambda group: shuffled[group[0]["id"]])
        where += write(folder, desks)
    linked = {row["id"] for row in rows if row["twin"]} | {row["twin_id"] for row in rows}
    by_id = pd.Series(supply.desk.index.isin(linked), index=supply.desk.index)
    places = pd.DataFrame(where, columns=["id", "file", "line"]).set_index("id")
    return replace(supply, by_id=by_id), places


def _uuid(key: str) -> str:
    desk, _, service = key.partition("-")
    return f"{int(desk):08x}-0000-4000-8000-{int(service or 0):012x}"


def _slugs(row: Record) -> list[str]:
    found = (_SLUGS.get(slug, _SLUGS["acces-"]) for slug in row["thematics"])
    return list(dict.fromkeys(found))


def _point(row: Record) -> tuple[float | None, float | None]:
    """Return the point a directory prints: none where only the commune is known."""
    placed = row["precision"] == "adresse"
    return (row["longitude"], row["latitude"]) if placed else (None, None)


def _week(row: Record) -> str:
    return _WEEKS[int(row["key"][:7]) % len(_WEEKS)]


def _where(row: Record) -> Record:
    longitude, latitude = _point(row)
    return {
        "commune": row["commune_name"], "code_postal": row["postal_code"],
        "code_insee": row["commune_code"], "adresse": row["address"], "complement_adresse": None,
        "longitude": longitude, "latitude": latitude,
    }  # fmt: skip


def _service_name(row: Record) -> str:
    return f"Bus : {row['name']}" if row["itinerant"] else str(row["name"])


def _dora(folder: Path, desks: list[list[Record]]) -> Iterator[tuple[str, str, int]]:
    services: list[Record] = []
    structures: list[Record] = []
    for desk in desks:
        first = desk[0]
        owner = _uuid(first["key"][:7] + "-4095")
        structures.append(
            _where(first) | {
                "id": owner, "nom": first["structure"], "siret": first["siret"],
                "typologie": "RFS" if first["networks"] else "ASSO", "antenne": False,
                "telephone": first["phone"], "courriel": None, "site_web": None,
                "labels_nationaux": list(first["networks"]), "labels_autres": [],
                "presentation_resume": _ABOUT[:80], "presentation_detail": None,
                "date_maj": f"{first['updated_on']}T08:00:00Z", "source": "dora",
                "horaires_ouverture": _week(first), "lien_source": None,
            }
        )  # fmt: skip
        for row in desk:
            services.append(
                _where(row) | {
                    "id": _uuid(row["key"]), "structure_id": owner, "source": "dora",
                    "nom": _service_name(row), "presentation_resume": _ABOUT[:80],
                    "presentation_detail": _ABOUT, "types": ["accompagnement"],
                    "thematiques": _slugs(row), "publics": ["tous-publics"], "frais": "gratuit",
                    "contact_nom_prenom": "Une Personne", "contact_public": True,
                    "courriel": None, "telephone": row["phone"], "recurrence": _week(row),
                    "modes_accueil": ["en-presentiel"], "zone_diffusion_type": "departement",
                    "zone_diffusion_code": row["commune_code"][:2], "zone_diffusion_nom": None,
                    "date_creation": "2024-01-06T08:00:00Z", "date_suspension": None,
                    "date_maj": f"{row['updated_on']}T08:00:00Z", "lien_source": None,
                }
            )  # fmt: skip
            yield row["id"], "dora.json", len(services)
    document = {"services": services, "structures": structures}
    (folder / "dora.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def _data_inclusion(folder: Path, desks: list[list[Record]]) -> Iterator[tuple[str, str, int]]:
    services: list[Record] = []
    structures: list[Record] = []
    file = "services-inclusion-2026-03-02.csv"
    for desk in desks:
        first = desk[0]
        owner = f"emplois-de-linclusion--{first['key'][:7]}"
        shared = {"courriel": None, "description": _ABOUT, "lien_source": None}
        structures.append(
            _where(first) | shared | {
                "id": owner, "siret": first["siret"], "nom": first["structure"],
                "telephone": first["phone"], "site_web": None, "source": "emplois-de-linclusion",
                "date_maj": first["updated_on"], "horaires_accueil": _week(first),
                "accessibilite_lieu": None, "reseaux_porteurs": list(first["networks"]) or None,
            }
        )  # fmt: skip
        for row in desk:
            local = f"emplois-de-linclusion--{row['key']}"
            services.append(
                _where(row) | shared | {
                    "id": f"dora--{row['twin']}" if row["twin"] else local,
                    "structure_id": owner, "nom": _service_name(row), "type": "accompagnement",
                    "source": "dora" if row["twin"] else "emplois-de-linclusion",
                    "thematiques": _slugs(row), "frais": "gratuit", "publics": ["tous-publics"],
                    "horaires_accueil": _week(row), "telephone": row["phone"],
                    "contact_nom_prenom": None, "date_maj": row["updated_on"],
                    "mobilisable_par": ["usagers"], "modes_accueil": ["en-presentiel"],
                    "modes_mobilisation": ["se-presenter", "telephoner"],
                    "zone_eligibilite": [row["commune_code"][:2]], "score_qualite": 0.8,
                }
            )  # fmt: skip
            yield row["id"], file, len(services) + 1
    _write_csv(folder / file, services)
    _write_csv(folder / file.replace("services", "structures"), structures)


def _soliguide(folder: Path, desks: list[list[Record]]) -> Iterator[tuple[str, str, int]]:
    places: list[Record] = []
    slots = [{"start": 900, "end": 1200}, {"start": 1400, "end": 1700}]
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    week = {day: {"open": i < 5, "timeslot": slots if i < 5 else []} for i, day in enumerate(days)}
    for desk in desks:
        row = desk[0]
        longitude, latitude = _point(row)
        town = f"{row['postal_code']} {row['commune_name']}"
        point = {"type": "Point", "coordinates": [longitude, latitude] if longitude else []}
        places.append(
            {
                "lieu_id": int(row["key"][:7]), "name": row["name"], "status": "ONLINE",
                "description": f"<p>{_ABOUT}</p>", "visibility": "ALL", "placeType": "LIEU",
                "position": {
                    "location": point, "city": row["commune_name"], "country": "fr",
                    "address": ", ".join(filter(None, (row["address"], town))),
                    "additionalInformation": "", "cityCode": row["commune_code"],
                    "postalCode": row["postal_code"], "departmentCode": row["commune_code"][:2],
                },
                "entity": {"name": None, "mail": None, "website": None, "phones": [
                    {"label": "Accueil", "phoneNumber": row["phone"]}] if row["phone"] else []},
                "newhours": week, "publics": {"accueil": 0}, "sources": [],
                "modalities": {"inconditionnel": True, "orientation": {"checked": False}},
                "services_all": [
                    {"serviceObjectId": f"{int(one['key'][:7]):018x}{rank:06x}", "close": {},
                     "category": ("food_packages", "social_accompaniment", "digital_tools_training",
                                  "legal_advice")[rank % 4], "differentHours": False}
                    for rank, one in enumerate(desk)
                ],
                "updatedByUserAt": f"{row['updated_on']}T08:00:00.000Z",
                "updatedAt": f"{row['updated_on']}T08:00:00.000Z",
            }
        )  # fmt: skip
        for one in desk:
            yield one["id"], "soliguide.json", len(places)
    (folder / "soliguide.json").write_text(json.dumps(places, ensure_ascii=False), "utf-8")


def _mednum(folder: Path, desks: list[list[Record]]) -> Iterator[tuple[str, str, int]]:
    rows: list[Record] = []
    for (row,) in desks:
        rows.append(
            _where(row) | {
                "id": f"Dora_{row['twin']}" if row["twin"] else f"Essai_{row['key'][:7]}",
                "pivot": row["siret"] or "00000000000000", "nom": row["name"],
                "typologie": "RFS" if row["networks"] else "ASSO", "telephone": row["phone"],
                "courriels": None, "site_web": None, "horaires": _week(row),
                "presentation_detail": _ABOUT, "source": "Essai",
                "itinerance": "Itinérant" if row["itinerant"] else "Fixe",
                "date_maj": row["updated_on"],
                "services": "Aide aux démarches administratives|Accès internet et matériel "
                "informatique",
                "dispositif_programmes_nationaux": "France Services" if row["networks"] else None,
                "modalites_acces": "Se présenter|Téléphoner",
                "modalites_accompagnement": "En autonomie",
            }
        )  # fmt: skip
        yield row["id"], "mednum.csv", len(rows) + 1
    _write_csv(folder / "mednum.csv", rows)


def _tableau(folder: Path, desks: list[list[Record]]) -> Iterator[tuple[str, str, int]]:
    rows: list[Record] = []
    for (row,) in desks:
        longitude, latitude = (str(x or "").replace(".", ",") for x in _point(row))
        rows.append(
            {
                "nom": row["name"], "adresse": row["address"], "commune": row["commune_name"],
                "code_postal": row["postal_code"], "code_insee": row["commune_code"],
                "telephone": row["phone"], "longitude": longitude, "latitude": latitude,
                "itinerant": "oui" if row["itinerant"] else "non",
                "date_maj": row["updated_on"],
            }
        )  # fmt: skip
        yield row["id"], "permanences.csv", len(rows) + 1
    _write_csv(folder / "permanences.csv", rows, delimiter=";")


def _write_csv(path: Path, rows: Iterable[Mapping[str, Any]], *, delimiter: str = ",") -> None:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(listed[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


_WRITERS: Mapping[str, Callable[[Path, list[list[Record]]], Iterator[tuple[str, str, int]]]] = {
    "dora": _dora,
    "data-inclusion": _data_inclusion,
    "soliguide": _soliguide,
    "mednum": _mednum,
    "tableau": _tableau,
}


def place_of(records: pd.DataFrame, read: pd.DataFrame, duplicates: pd.DataFrame) -> pd.Series:
    """Return the place of every row of the files, of those merged away too.

    Returns:
        Index: file and line.
    """
    place = records["place"]
    rows = duplicates[duplicates["decision"] == "fusionne"]
    gone = rows[~rows["id_autre"].isin(place.index)].drop_duplicates("id_autre")
    away = pd.Series(place.reindex(gone["id_garde"]).to_numpy(), index=gone["id_autre"].to_numpy())
    found: pd.Series = pd.concat([place, away]).reindex(read.index)
    keys = pd.MultiIndex.from_arrays([read["file"], read["line"]])
    found.index = keys
    first: pd.Series = found[~keys.duplicated()]
    return first


def measure(services: int) -> None:
    """Print one line of the table."""
    structures = services * 2 // 5
    territory = load_territory("03", neighbourhood_km=WHOLE_COUNTRY_KM)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        invented = multiprocessing.get_context("spawn").Pool(1)
        with invented:
            supply, places = invented.apply(invent, (folder, services, structures))
        start, cpu = time.perf_counter(), time.process_time()
        frames, findings, rows = [], [], 0
        for one in sorted(folder.iterdir()):
            source = SupplyInput(path=one, file=one.name)
            frame, found, record = read_supply(source, territory=territory)
            frames.append(frame)
            findings += found
            rows += record.rows_read
            if "-v" in sys.argv:
                print(one.name, record.format, record.rows_read, record.rows_kept, record.dropped)
        reading = time.process_time() - cpu
        read, repeated = gather(frames)
        read, findings = hide_twins(read, [*findings, *repeated], territory=territory)
        del frames
        merged = merge(read)
        seconds, used = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    known = place_of(merged.records, read, merged.duplicates)
    keys = pd.MultiIndex.from_frame(places[["file", "line"]])
    place = pd.Series(known.reindex(keys).to_numpy(), index=places.index)
    precision, recall = agreement(supply, place)
    print(
        f"{rows:>9,} {seconds:>9.1f} {reading:>9.1f} {used:>9.1f} {1000 * used / rows:>9.3f} "
        f"{peak:>9,.0f} {len(findings):>9,} {len(merged.records):>9,} "
        f"{precision:>9.3f} {recall:>9.3f}",
        flush=True,
    )


def invent(folder: Path, services: int, structures: int) -> tuple[Supply, pd.DataFrame]:
    """Write the files, in a process whose memory is not counted; return the truth alone."""
    supply = generate(services=services, structures=structures, towns=towns_of_the_country())
    supply, places = write_files(folder, supply)
    return replace(supply, records=supply.records.iloc[:0]), places


if __name__ == "__main__":
    titles = ("rows", "seconds", "read cpu", "cpu s", "cpu ms/row", "MB peak", "findings", "kept",
              "precision", "recall")  # fmt: skip
    print(" ".join(f"{one:>9}" for one in titles))
    for size in [int(word) for word in sys.argv[1:] if word.isdigit()] or SIZES:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(size,))
        process.start()
        process.join()
