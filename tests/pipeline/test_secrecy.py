"""Thirty secret services planted in five sources, and nothing of them in any output.

Every planted service has words, numbers and a point that exist nowhere else; the command runs
for real, and every byte it writes or prints is searched for them.
"""

import csv
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyogrio
import pyproj
import pytest
import shapely

from cartoallier.pipeline import open_territory, read_sources
from cartoallier.project import load_project
from cartoallier.supply import secret_counts

THEMES = ("hebergement_femmes_enfant_moins3", "premier_accueil_social")
VIOLENCE = "famille--surmonter-conflits-separation-violence"
OLD_VIOLENCE = "famille--violences-intrafamiliales"
SHELTER = "logement-hebergement--rechercher-une-solution-dhebergement-temporaire"
FOOD = "equipement-et-alimentation--alimentation"
LAMBERT = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
COMMUNES = (("03190", "Moulins", "03000"), ("03185", "Montluçon", "03100"))


@dataclass(frozen=True)
class Plant:
    """One secret service."""

    number: int

    @property
    def name(self) -> str:
        return f"Zyxwa{self.number:02d}"

    @property
    def street(self) -> str:
        return f"{self.number + 3} impasse Qorvex{self.number:02d}"

    @property
    def phone(self) -> str:
        return f"046597{self.number:02d}{(self.number * 37) % 100:02d}"

    @property
    def siret(self) -> str:
        return f"8123{self.number:02d}67{self.number:02d}0017"

    @property
    def site(self) -> str:
        return f"https://kelmor{self.number:02d}.example.org/ouvrir"

    @property
    def id(self) -> str:
        return f"9f3c{self.number:02d}aa-77b1-4d0e-9c55-{self.number:02d}e1b2c3d4f5"

    @property
    def commune(self) -> tuple[str, str, str]:
        return COMMUNES[self.number % 2]

    @property
    def point(self) -> tuple[float, float]:
        longitude, latitude = ((2.6047, 46.3401), (3.3331, 46.5659))[self.number % 2 == 0]
        step = 0.011 + self.number * 0.000731
        return round(longitude + step, 6), round(latitude - step, 6)

    def words(self) -> list[str]:
        """Every text that would give it away, spelled the ways outputs could."""
        digits = self.phone
        pairs = [digits[i : i + 2] for i in range(0, 10, 2)]
        numbers = [digits, f"+33{digits[1:]}", *(s.join(pairs) for s in (" ", ".", "-"))]
        numbers += [" ".join(pairs).replace(" ", c) for c in ("\u00a0", "\u202f")]
        east, north = LAMBERT.transform(*self.point)
        metres = [f"{east:.0f} {north:.0f}", f"{east:.0f},{north:.0f}", f"{north:.0f}"]
        source_hashes = [
            hashlib.sha256(f"{source}\n{source}--{self.id}".encode()).hexdigest()[:16]
            for source in ("dora", "data-inclusion", "soliguide")
        ]
        own = [self.name, f"Qorvex{self.number:02d}", self.street, self.siret, self.site]
        return [*own, f"kelmor{self.number:02d}", self.id, *numbers, *metres, *source_hashes]

    def floats(self) -> list[bytes]:
        """The point as GeoPackage or any binary would store it, degrees or metres."""
        east, north = LAMBERT.transform(*self.point)
        values = [round(v, d) for v in self.point for d in (4, 5, 6)]
        values += [round(v, d) for v in (east, north) for d in (0, 1, 2, 3)] + [east, north]
        return [struct.pack(order, v) for v in values for order in ("<d", ">d")]

    def printed(self) -> list[re.Pattern[str]]:
        """The point in text: both numbers to four decimals or more, near each other."""
        x, y = (re.escape(f"{v:.6f}"[:-2]) for v in self.point)
        comma_x, comma_y = x.replace(r"\.", ","), y.replace(r"\.", ",")
        both = [(x, y), (y, x), (comma_x, comma_y), (comma_y, comma_x)]
        return [re.compile(rf"{a}\d*\D.{{0,80}}?{b}", re.DOTALL) for a, b in both]


PLANTS = [Plant(number) for number in range(36)]


def _address(plant: Plant) -> dict[str, object]:
    code, town, postal = plant.commune
    longitude, latitude = plant.point
    return {
        "adresse": plant.street,
        "code_insee": code,
        "commune": town,
        "code_postal": postal,
        "longitude": longitude,
        "latitude": latitude,
        "telephone": plant.phone,
    }


def dora(plants: list[Plant]) -> str:
    slugs = [[VIOLENCE], [OLD_VIOLENCE], [SHELTER], [VIOLENCE, FOOD], [SHELTER], [OLD_VIOLENCE]]
    services = [
        {
            "id": p.id,
            "structure_id": f"s-{p.id}",
            "nom": f"Foyer {p.name}",
            "presentation_resume": "Mise à l'abri de victimes de violences",
            "presentation_detail": f"Le foyer {p.name} se trouve {p.street}",
            "thematiques": words,
            "lien_source": p.site,
            "formulaire_en_ligne": p.site,
            "courriel": f"{p.name}@gmail.com",
            "contact_nom_prenom": f"Mme {p.name}",
            "contact_public": True,
            "zone_diffusion_type": "region",
            "zone_diffusion_code": p.name,
            "date_maj": "2026-01-05",
            "modes_accueil": ["en-presentiel"],
            "recurrence": f"Mo-Fr 09:00-12:00; {p.street}",
            **_address(p),
        }
        for p, words in zip(plants, slugs, strict=True)
    ]
    services.append(_open("dora-ouvert", "Accueil social ouvert"))
    return json.dumps(services, ensure_ascii=False)


def _open(one: str, name: str) -> dict[str, object]:
    return {
        "id": one,
        "structure_id": "s-ouvert",
        "nom": name,
        "thematiques": [
            "difficultes-administratives-ou-juridiques--accompagnement-pour-lacces-aux-droits"
        ],
        "contact_public": True,
        "zone_diffusion_type": None,
        "code_insee": "03190",
        "longitude": 3.3321,
        "latitude": 46.5651,
        "date_maj": "2026-01-05",
    }


def inclusion(plants: list[Plant]) -> tuple[str, str]:
    """Services and their structures: the last three are known by their structure alone."""
    services, structures = [], []
    for i, p in enumerate(plants):
        services.append(
            {
                "id": f"odspep--{p.id}",
                "structure_id": f"odspep--s-{p.id}",
                "source": "odspep",
                "nom": f"Hébergement {p.name}",
                "description": f"Femmes et enfants, {p.street}" if i < 3 else "Accueil de nuit",
                "thematiques": f"['{SHELTER if i < 5 else VIOLENCE}']",
                "publics": "['femmes', 'familles']" if i in {3, 4} else "",
                "courriel": f"{p.name}@orange.fr",
                "contact_nom_prenom": f"Anne {p.name}",
                "date_maj": "2026-01-05",
                "lien_source": p.site,
                "lien_mobilisation": p.site,
                "modes_accueil": "['en-presentiel']",
                "zone_eligibilite": f"['{p.name}']",
                "horaires_accueil": f"Mo-Fr 09:00-12:00; {p.name}",
            }
            | _address(p)
        )
        structures.append(
            {
                "id": f"odspep--s-{p.id}",
                "source": "odspep",
                "nom": f"Association {p.name}",
                "siret": p.siret,
                "courriel": f"{p.name}@free.fr",
                "date_maj": "2026-01-05",
                "site_web": p.site,
                "reseaux_porteurs": "['chrs']",
                "description": "Accueil de victimes",
            }
            | _address(p)
        )
    return _csv(services), _csv(structures)


def _csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def soliguide(plants: list[Plant]) -> str:
    orientation = {"orientation": {"checked": True, "precisions": "sur orientation"}}
    changes: list[dict[str, object]] = [
        {"modalities": orientation},
        {"visibility": "PRO"},
        {"services_all": [{"category": "shower", "modalities": orientation}]},
        {"services_all": [{"category": "emergency_accommodation"}, {"category": "shower"}]},
        {"services_all": [{"category": "sexual_violence_support"}]},
        {
            "services_all": [{"category": "long_term_accomodation"}],
            "publics": {"accueil": 2, "other": ["violence"]},
        },
    ]
    places = []
    for p, change in zip(plants, changes, strict=True):
        code, town, postal = p.commune
        places.append(
            {
                "lieu_id": 700_000 + p.number,
                "name": f"Halte {p.name}",
                "description": f"<p>{p.name}, {p.street}</p>",
                "status": "ONLINE",
                "seo_url": f"{p.name}-{p.id}",
                "position": {
                    "location": {"type": "Point", "coordinates": list(p.point)},
                    "address": f"{p.street}, {postal} {town}",
                    "adresse": f"{p.street}, {postal} {town}",
                    "additionalInformation": p.name,
                    "postalCode": postal,
                    "city": town,
                    "cityCode": code,
                },
                "entity": {
                    "name": f"Association {p.name}",
                    "mail": f"{p.name}@laposte.net",
                    "website": p.site,
                    "phones": [{"label": p.street, "phoneNumber": p.phone}],
                },
                "parcours": [{"description": p.street, "location": {"coordinates": [*p.point]}}],
                "sources": [{"name": "dora", "ids": [{"id": p.id, "url": p.site}]}],
                "services_all": [{"category": "food_distribution", "description": p.street}],
                "tempInfos": {"closure": {"actif": True, "description": p.street}},
                "updatedAt": "2026-01-05T08:00:00Z",
            }
            | change
        )
    return json.dumps({"nbResults": len(places), "places": places}, ensure_ascii=False)


def finess(plants: list[Plant]) -> bytes:
    header = "nofinesset;rs;rslongue;numvoie;typvoie;voie;commune;departement;ligneacheminement;"
    lines = [header + "telephone;categetab;siret;datemaj;coordxet;coordyet"]
    for p, code in zip(plants, ("166", "214", "219", "442", "443", "177"), strict=True):
        insee, town, postal = p.commune
        number, _, street = p.street.partition(" ")
        name = f"FOYER {p.name}" + (" FEMMES VICTIMES" if code == "177" else "")
        east, north = LAMBERT.transform(*p.point)
        lines.append(
            f"0300{p.number:05d};{name};{name} LONG;{number};IMP;{street};{insee[2:]};03;"
            f"{postal} {town};{p.phone};{code};{p.siret};2026-01-05;{east:.1f};{north:.1f}"
        )
    return "\n".join(lines).encode("cp1252")


def tableau(plants: list[Plant]) -> str:
    """Broken in every way that is worth a finding, each about a secret row."""
    lines = ["nom;structure;adresse;code_insee;longitude;latitude;telephone;site_web;categorie;"
             "publics;porteur;financement;heures_semaine;capacite;zone;date_maj"]  # fmt: skip
    ways = [
        ("D703", {}),
        ("CHRS, violences conjugales", {"longitude": "zut"}),
        ("D711", {"heures_semaine": "{street}", "capacite": "{name}"}),
        (VIOLENCE, {"longitude": "4.8357", "latitude": "45.7640"}),  # far from its commune
        ("214", {"code_insee": "03009", "zone": "{street}"}),
        ("Accueil mère et enfant {name}", {"longitude": "{y}", "latitude": "{x}"}),
    ]
    for p, (category, change) in zip(plants, ways, strict=True):
        cells = {
            "nom": f"Maison {p.name}",
            "structure": f"Association {p.name}",
            "adresse": p.street,
            "code_insee": p.commune[0],
            "longitude": str(p.point[0]),
            "latitude": str(p.point[1]),
            "telephone": p.phone,
            "site_web": p.site,
            "categorie": category,
            "publics": p.name,
            "porteur": f"Porteur {p.name}",
            "financement": f"Fonds {p.name}",
            "heures_semaine": "35",
            "capacite": "12",
            "zone": "",
            "date_maj": "2026-01-05",
        } | change
        cells = {
            k: v.format(name=p.name, street=p.street, x=p.point[0], y=p.point[1])
            for k, v in cells.items()
        }
        lines.append(";".join(cells[key] for key in lines[0].split(";")))
    lines.append(lines[1])  # an exact duplicate
    lines.append(lines[2] + ";trop;de;cellules")
    far = plants[0]
    lines.append(f"Maison {far.name};;{far.street};13055;;zut;{far.phone};;214;;;;;;{far.name};")
    lines.append(f";;{far.street};03190;zut;zut;{far.phone};;214;;;;;;{far.name};")  # no name
    return "\n".join(lines)


def twins(plants: list[Plant]) -> str:
    """What another directory says openly of three shelters, and of a mere neighbour."""
    lines = ["nom;structure;adresse;code_insee;longitude;latitude;telephone;heures_semaine"]
    for p, name in zip(plants, ("Foyer {}", "{} alimentation", "Vestiaire {}"), strict=True):
        x, y = p.point
        street = p.street.replace("impasse", "imp.")
        written = name.format(p.name)
        lines.append(f"{written};{written};{street};{p.commune[0]};{x};{y};{p.phone};{p.street}")
    lines.append("Mairie ouverte;Mairie;1 place Dhorne;03190;3.3001;46.5001;0470000001;")
    return "\n".join(lines)


PROJECT = """[territoire]
departement = "03"
[[offre]]
fichier = "dora.json"
format = "dora"
[[offre]]
fichier = "services-inclusion.csv"
format = "data-inclusion"
[[offre]]
fichier = "soliguide.json"
format = "soliguide"
[[offre]]
fichier = "finess.csv"
format = "finess"
[[offre]]
fichier = "tableau.csv"
format = "tableau"
[[offre]]
fichier = "jumeaux.csv"
format = "tableau"
"""


def plant(folder: Path) -> Path:
    """Write the project."""
    folder.mkdir()
    services, structures = inclusion(PLANTS[6:12])
    (folder / "cartoallier.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "dora.json").write_text(dora(PLANTS[:6]), encoding="utf-8")
    (folder / "services-inclusion.csv").write_text(services, encoding="utf-8")
    (folder / "structures-inclusion.csv").write_text(structures, encoding="utf-8")
    (folder / "soliguide.json").write_text(soliguide(PLANTS[12:18]), encoding="utf-8")
    (folder / "finess.csv").write_bytes(finess(PLANTS[18:24]))
    (folder / "tableau.csv").write_text(tableau(PLANTS[24:30]), encoding="utf-8")
    (folder / "jumeaux.csv").write_text(twins([PLANTS[0], PLANTS[20], PLANTS[3]]), encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "cartoallier", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        env={k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"},
    )


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every output, archives opened."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        yield path.name, content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}!{name}", archive.read(name)


def leaks(named: Iterator[tuple[str, bytes]], plants: list[Plant]) -> list[str]:
    found = []
    for name, content in named:
        text = content.decode("utf-8", errors="replace")
        lower = text.lower()
        for p in plants:
            found += [f"{name}: {word}" for word in p.words() if word.lower() in lower]
            found += [f"{name}: {p.point}" for one in p.printed() if one.search(text)]
            if not name.endswith((".html", ".csv", ".json")):
                found += [f"{name}: {p.point} (binary)" for b in p.floats() if b in content]
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = plant(tmp_path_factory.mktemp("secret") / "projet")
    answer = run(folder, "diagnostic", *(f"--theme={theme}" for theme in THEMES))
    assert answer.returncode == 0, answer.stderr.decode()
    return folder, answer.stdout + answer.stderr


def test_places_are_counted_where_none_is_singled_out(planted: tuple[Path, bytes]) -> None:
    project = load_project(planted[0], departement=None, here=planted[0])
    territory = open_territory(project)
    records = read_sources(project, territory).services.records
    secret = records[records["confidential"]]
    zones = secret["generalised"].dropna()
    assert zones.str.fullmatch(r"(epci|arrondissement|departement):\w+").all()
    assert len(zones) >= 30
    counts = secret_counts(records, territory)
    assert counts.loc[counts["maille"] != "departement", "services"].min() >= 2


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """A net without holes: every kind of marker is caught in what is planted."""
    folder = plant(tmp_path / "projet")
    caught = leaks(contents(folder), PLANTS[:30])
    assert {int(re.search(r"Zyxwa(\d\d)$", one)[1]) for one in caught if "Zyxwa" in one} == set(
        range(30)
    )
    assert any(str(PLANTS[1].point) in one for one in caught)
    east, north = LAMBERT.transform(*PLANTS[1].point)
    wkb = shapely.to_wkb(shapely.Point(east, north))
    assert leaks(iter([("x.gpkg", b"..." + wkb)]), PLANTS[1:2])


def test_nothing_of_thirty_services_is_written_or_printed(planted: tuple[Path, bytes]) -> None:
    folder, printed = planted
    outputs = list(contents(folder / "maps"))
    assert {Path(n).suffix for n, _ in outputs} >= {".html", ".csv", ".gpkg", ".json"}
    assert leaks(iter([*outputs, ("sortie standard", printed)]), PLANTS) == []


def test_no_point_of_any_layer_is_near_one(planted: tuple[Path, bytes]) -> None:
    path = planted[0] / "maps" / "cartoallier.gpkg"
    hidden = shapely.points([LAMBERT.transform(*p.point) for p in PLANTS[:30]])
    layers = [name for name, kind in pyogrio.list_layers(path) if kind and "Point" in kind]
    assert layers
    for layer in layers:
        if layer.startswith("population"):
            continue  # town halls: there with or without supply
        frame = pyogrio.read_dataframe(path, layer=layer)
        for point in frame.geometry[frame.geometry.notna() & ~frame.geometry.is_empty]:
            near = shapely.distance(hidden, point).min()
            assert near > 5, (layer, near)


def test_the_secret_rows_of_the_table_say_nothing(planted: tuple[Path, bytes]) -> None:
    path = planted[0] / "maps" / "tableaux" / "offre.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    secret = [row for row in rows if row["confidentiel"] == "true"]
    assert len({row["id"] for row in secret}) >= 30
    for row in secret:
        for column in ("structure", "code_commune", "longitude", "latitude", "precision"):
            assert row[column] == "", row
        assert row["heures_semaine"] == ""
        assert row["nom"] in {"Hébergement à adresse protégée", "Service à adresse protégée"}
    opened = {row["nom"] for row in rows if row["confidentiel"] == "false"}
    assert opened == {"Accueil social ouvert", "Mairie ouverte"}


@pytest.mark.parametrize("arguments", [("verifier",), ("verifier", "--json")])
def test_verifier_prints_nothing_of_them(planted: tuple[Path, bytes], arguments) -> None:
    answer = run(planted[0], *arguments)
    assert b"Traceback" not in answer.stderr
    assert leaks(iter([("sortie", answer.stdout + answer.stderr)]), PLANTS) == []


FAILING = {
    "json coupé": ("dora.json", lambda content: content[: len(content) * 2 // 3]),
    "guillemet ouvert": ("tableau.csv", lambda content: content.replace(b"Maison", b'"Maison', 3)),
    "colonne renommée": ("finess.csv", lambda content: content.replace(b";categetab;", b";code;")),
    "sans en-tête": ("tableau.csv", lambda content: content.split(b"\n", 1)[1]),
    "services sans nom": ("services-inclusion.csv", lambda c: c.replace(b",nom,", b",titre,")),
}


@pytest.mark.parametrize("failure", FAILING)
def test_a_source_that_fails_tells_nothing_either(tmp_path: Path, failure: str) -> None:
    folder = plant(tmp_path / "projet")
    name, damage = FAILING[failure]
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    # A twin is known by what the secret source says: when that one cannot be read, « verifier »
    # shows the open record as its own source wrote it, and « diagnostic » stops.
    (folder / "jumeaux.csv").write_text("nom;code_insee\nMairie;03190\n", encoding="utf-8")
    answer = run(folder, "verifier")
    assert b"Traceback" not in answer.stderr, answer.stderr.decode()
    assert leaks(iter([("sortie", answer.stdout + answer.stderr)]), PLANTS) == []


def test_a_run_that_stops_tells_nothing_either(tmp_path: Path) -> None:
    folder = plant(tmp_path / "projet")
    (folder / "dora.json").write_bytes((folder / "dora.json").read_bytes()[:-900])
    answer = run(folder, "couverture", "--theme=premier_accueil_social")
    assert answer.returncode == 1
    outputs = contents(folder / "maps") if (folder / "maps").exists() else iter(())
    printed = ("sortie", answer.stdout + answer.stderr)
    assert leaks(iter([printed, *outputs]), PLANTS) == []
