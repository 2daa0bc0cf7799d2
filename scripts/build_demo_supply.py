"""Build the demonstration supply and the empty templates of ``data/services``.

Every structure is invented; only the communes are real (``data/geo``). Four exports are written
in the exact shapes of their producers, so that a first run exercises every reader. Same seed,
same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from cartoallier.supply import TEMPLATES, template_text

ROOT = Path(__file__).resolve().parents[1]
SEED = 20260301
OFFICE = "Mo-Fr 09:00-12:00,13:30-17:00"
HALF = "Mo,Tu,Th 09:00-12:00; We 14:00-17:00"
MORNING = "Tu 09:00-12:00"
DEPARTEMENT = "03"

# Where things are. Each theme leaves other corners of the département without supply.
HUBS = ("Moulins", "Montluçon", "Vichy")
TOWNS = (*HUBS, "Gannat", "Saint-Pourçain-sur-Sioule", "Commentry", "Lapalisse")
WEST = ("Huriel", "Domérat", "Néris-les-Bains", "Marcillat-en-Combraille", "Vallon-en-Sully")
NORTH = ("Lurcy-Lévis", "Bourbon-l'Archambault", "Souvigny", "Villeneuve-sur-Allier")
EAST = ("Dompierre-sur-Besbre", "Le Donjon", "Jaligny-sur-Besbre", "Varennes-sur-Allier")
SOUTH = ("Cusset", "Bellerive-sur-Allier", "Saint-Germain-des-Fossés", "Ébreuil", "Saint-Yorre")
CENTRE = ("Montmarault", "Cosne-d'Allier", "Le Montet", "Chantelle", "Villefranche-d'Allier")
ACROSS = ("58095", "18197", "63300", "71047", "71176", "42187", "63430")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of invented structure, and where the demonstration puts it."""

    label: str
    towns: Sequence[str]
    typology: str = "ASSO"
    networks: tuple[str, ...] = ()
    thematics: tuple[str, ...] = ()
    services: tuple[str, ...] = ("Accueil et accompagnement",)
    publics: tuple[str, ...] = ("tous-publics",)
    hours: str = OFFICE
    zone: tuple[str, tuple[str, ...]] = ("", ())
    remote: bool = False
    categories: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


RIGHTS = "difficultes-administratives-ou-juridiques--"
MONEY = "difficultes-financieres--"
HOME = "logement-hebergement--"

DORA = (
    Kind(
        label="Maison des solidarités",
        typology="MDS",
        towns=(*TOWNS, "Cérilly", "Varennes-sur-Allier", "Yzeure", "Cusset"),
        thematics=(
            f"{RIGHTS}accompagnement-pour-lacces-aux-droits",
            f"{MONEY}prevenir-une-degradation-de-la-situation-financiere",
        ),
        services=("Premier accueil social", "Instruction des aides du FSL"),
    ),
    Kind(
        label="CCAS",
        typology="CCAS",
        towns=(
            *HUBS,
            "Yzeure",
            "Cusset",
            "Commentry",
            "Gannat",
            "Domérat",
            "Désertines",
            "Bellerive-sur-Allier",
        ),
        thematics=(
            f"{RIGHTS}accompagnement-aux-demarches-administratives",
            "equipement-et-alimentation--aide-menagere",
        ),
        hours=HALF,
        zone=("commune", ()),
    ),
    Kind(
        label="Mission locale",
        typology="ML",
        towns=(*HUBS, "Gannat", "Dompierre-sur-Besbre", "Saint-Pourçain-sur-Sioule"),
        thematics=(
            "choisir-un-metier--confirmer-son-choix-de-metier",
            "difficultes-financieres--acquerir-une-autonomie-budgetaire",
        ),
        publics=("jeunes",),
    ),
    Kind(
        label="PAEJ, point d'accueil et d'écoute jeunes",
        towns=(*HUBS, "Saint-Pourçain-sur-Sioule"),
        thematics=("sante--sante-mentale",),
        services=("Écoute des 12-25 ans et de leurs parents",),
        publics=("jeunes", "familles"),
        hours=HALF,
    ),
    Kind(
        label="Agence de l'emploi",
        typology="FT",
        towns=(*HUBS, "Cusset"),
        thematics=(
            "preparer-sa-candidature--organiser-ses-demarches-de-recherche-demploi",
            "trouver-un-emploi--repondre-a-des-offres-demploi",
        ),
        publics=("demandeurs-emploi",),
    ),
    Kind(
        label="Atelier et chantier d'insertion",
        typology="ACI",
        towns=("Moulins", "Montluçon", "Vichy", "Bourbon-l'Archambault", "Lapalisse", "Commentry"),
        thematics=(
            "trouver-un-emploi--maintien-dans-lemploi",
            "remobilisation--bien-etre-confiance-en-soi",
        ),
        publics=("beneficiaires-des-minimas-sociaux", "demandeurs-emploi"),
    ),
    Kind(
        label="Plateforme mobilité",
        towns=("Moulins", "Montluçon"),
        thematics=(
            "mobilite--etre-accompagne-dans-son-parcours-mobilite",
            "mobilite--financer-ma-mobilite",
            "mobilite--mobilite-douce-partagee-collective",
        ),
        services=("Bilan et accompagnement à la mobilité",),
        zone=("epci", ()),
    ),
    Kind(
        label="Garage solidaire",
        towns=("Vichy", "Saint-Pourçain-sur-Sioule"),
        thematics=("mobilite--entretenir-reparer-son-vehicule", "mobilite--acceder-a-un-vehicule"),
        services=("Réparation et location de véhicules",),
        zone=("epci", ()),
    ),
    Kind(
        label="Conseil énergie, SLIME",
        towns=("Moulins",),
        thematics=(f"{HOME}se-maintenir-dans-le-logement",),
        services=("Visite à domicile contre la précarité énergétique",),
        zone=("departement", (DEPARTEMENT,)),
    ),
    Kind(
        label="Plateforme téléphonique d'accès aux droits",
        towns=("Moulins", "63300"),
        thematics=(f"{RIGHTS}accompagnement-pour-lacces-aux-droits",),
        services=("Conseil par téléphone",),
        zone=("region", ("84",)),
        remote=True,
    ),
)

INCLUSION = (
    Kind(
        label="Point d'accueil des allocations familiales",
        networks=("caf",),
        towns=(*HUBS, "Gannat"),
        thematics=(
            f"{RIGHTS}accompagnement-pour-lacces-aux-droits",
            "famille--soutien-a-la-parentalite-et-a-leducation",
        ),
        publics=("familles",),
        hours=HALF,
    ),
    Kind(
        label="Point d'accueil de l'assurance maladie",
        networks=("cpam",),
        towns=HUBS,
        thematics=("sante--acces-aux-soins",),
        hours=HALF,
    ),
    Kind(
        label="Permanence de la mutualité agricole",
        networks=("mutualite-sociale-agricole",),
        towns=("Lapalisse", "Montmarault", "Bourbon-l'Archambault"),
        thematics=(f"{RIGHTS}accompagnement-aux-demarches-administratives",),
        hours=MORNING,
    ),
    Kind(
        label="Centre social",
        networks=("fcsf",),
        towns=(
            "Moulins",
            "Montluçon",
            "Vichy",
            "Cusset",
            "Commentry",
            "Bellerive-sur-Allier",
            "Jaligny-sur-Besbre",
        ),
        thematics=(
            "remobilisation--lien-social",
            "remobilisation--activites-sportives-et-culturelles",
            "famille--soutien-a-la-parentalite-et-a-leducation",
        ),
        services=("Accueil des habitants", "Aide aux devoirs et loisirs"),
    ),
    Kind(
        label="Multi-accueil petite enfance",
        networks=("communes",),
        towns=(
            *HUBS,
            "Gannat",
            "Commentry",
            "Varennes-sur-Allier",
            "Lurcy-Lévis",
            "Huriel",
            "Cusset",
        ),
        thematics=("famille--garde-denfants",),
        publics=("familles",),
    ),
    Kind(
        label="Atelier de conseil numérique",
        networks=("conseillers-numeriques",),
        towns=(
            "Moulins",
            "Montluçon",
            "Cérilly",
            "Chantelle",
            "Le Mayet-de-Montagne",
            "Dompierre-sur-Besbre",
        ),
        thematics=("numerique--maitriser-les-fondamentaux-du-numerique",),
        hours=HALF,
        zone=("epci", ()),
    ),
    Kind(
        label="Atelier de français et de calcul",
        networks=("reseau-app",),
        towns=HUBS,
        thematics=(
            "lecture-ecriture-calcul--maitriser-le-francais",
            "lecture-ecriture-calcul--maitriser-le-calcul",
        ),
        hours=HALF,
    ),
    Kind(
        label="Point conseil budget",
        networks=("points-conseil-budget",),
        towns=("Moulins", "Montluçon", "Vichy", "Saint-Pourçain-sur-Sioule"),
        thematics=(
            f"{MONEY}ameliorer-sa-gestion-budgetaire",
            f"{MONEY}situation-dendettement-surendettement",
        ),
        hours=HALF,
    ),
    Kind(
        label="Point-justice",
        networks=("points-justice",),
        towns=("Moulins", "Montluçon", "Cusset"),
        thematics=(
            f"{RIGHTS}prendre-en-compte-une-problematique-judiciaire",
            f"{HOME}reduire-les-impayes-de-loyer",
        ),
        hours=MORNING,
    ),
    Kind(
        label="Service d'insertion et de probation",
        networks=("spip",),
        towns=("Moulins", "Montluçon"),
        thematics=(f"{RIGHTS}prendre-en-compte-une-problematique-judiciaire",),
        publics=("personnes-en-situation-juridique-specifique",),
    ),
    Kind(
        label="Centre d'hébergement et de réinsertion",
        networks=("chrs",),
        towns=("Montluçon",),
        thematics=(f"{HOME}rechercher-une-solution-dhebergement-temporaire",),
        services=("Orientation et accueil en journée",),
        publics=("personnes-en-situation-durgence",),
    ),
    Kind(
        label="Information logement",
        networks=("action-logement",),
        towns=("Moulins", "Vichy"),
        thematics=(
            f"{HOME}louer-un-logement",
            f"{HOME}sinformer-sur-les-demarches-liees-a-lacces-au-logement",
        ),
    ),
    Kind(
        label="Foyer de jeunes travailleurs",
        networks=("residences-fjt",),
        towns=("Moulins", "Montluçon"),
        thematics=(f"{HOME}louer-un-logement",),
        publics=("jeunes",),
    ),
    Kind(
        label="Centre médico-psychologique",
        networks=("cmp",),
        towns=(*HUBS, "Gannat", "Varennes-sur-Allier"),
        thematics=("sante--sante-mentale",),
    ),
    Kind(
        label="Centre de soin des addictions",
        networks=("csapa",),
        towns=("Moulins", "Montluçon", "Vichy"),
        thematics=("sante--addictions",),
    ),
    Kind(
        label="Relais des aidants et des aînés",
        networks=("maison-departementale-de-lautonomie",),
        towns=("Moulins", "Montluçon", "Saint-Pourçain-sur-Sioule", "Lapalisse"),
        thematics=("famille--soutien-aidants", "famille--prise-en-charge-personne-dependante"),
        publics=("seniors",),
        hours=HALF,
    ),
    Kind(
        label="Équipe de prévention de rue",
        networks=("mjc",),
        towns=("Moulins", "Montluçon", "Vichy"),
        thematics=("remobilisation--lien-social",),
        publics=("jeunes",),
        zone=("communes", ()),
    ),
    Kind(
        label="Transport solidaire",
        networks=("mobin",),
        towns=("Cosne-d'Allier", "Lapalisse"),
        thematics=("mobilite--mobilite-douce-partagee-collective",),
        zone=("communes", ()),
    ),
    Kind(
        label="Service d'aide en ligne aux démarches",
        networks=("aidants-connect",),
        towns=("Moulins",),
        thematics=("numerique--acceder-a-des-services-en-ligne",),
        zone=("region", ("01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74")),
        remote=True,
    ),
    Kind(
        label="Centre social voisin",
        networks=("fcsf",),
        towns=ACROSS,
        thematics=(f"{RIGHTS}accompagnement-pour-lacces-aux-droits", "remobilisation--lien-social"),
    ),
)

SOLIGUIDE = (
    Kind(
        label="Distribution alimentaire",
        towns=(*HUBS, "Gannat", "Commentry", "Cusset"),
        categories=("food_packages", "clothing"),
    ),
    Kind(
        label="Épicerie sociale et solidaire",
        towns=("Moulins", "Montluçon", "Vichy", "Lapalisse"),
        categories=("social_grocery_stores", "cooking_workshop"),
    ),
    Kind(
        label="Accueil de jour", towns=HUBS, categories=("day_hosting", "shower", "domiciliation")
    ),
    Kind(
        label="Permanence d'écrivain public",
        towns=("Moulins", "Bourbon-l'Archambault", "Saint-Pourçain-sur-Sioule"),
        categories=("public_writer", "administrative_assistance"),
    ),
    Kind(
        label="Jardin partagé",
        towns=("Yzeure", "Domérat", "Ébreuil"),
        categories=("community_garden",),
    ),
    Kind(
        label="Consultation infantile",
        towns=("Moulins", "Montluçon", "Vichy", "Dompierre-sur-Besbre"),
        categories=("child_care", "parent_assistance"),
    ),
    Kind(
        label="Sensibilisation à la santé mentale",
        towns=("Moulins",),
        categories=("mental_health_education",),
    ),
    Kind(
        label="Médiathèque",
        towns=("Moulins", "Montluçon", "Vichy", "Varennes-sur-Allier", "Cérilly"),
        categories=("libraries", "wifi"),
    ),
    Kind(
        label="Maraude",
        towns=("Moulins", "Vichy"),
        categories=("food_distribution", "social_accompaniment"),
        options={"mobile": True},
    ),
    Kind(
        label="Hébergement d'urgence",
        towns=("Montluçon",),
        categories=("emergency_accommodation",),
        options={"orientation": True},
    ),
    Kind(
        label="Épicerie solidaire voisine",
        towns=("58095", "63300", "71176"),
        categories=("social_grocery_stores",),
    ),
)

FRANCE_SERVICES = (
    (
        "Fixe",
        (
            *NORTH[1:2],
            *EAST[1:2],
            *WEST[:3],
            *CENTRE[:3],
            "Ébreuil",
            "Saint-Germain-des-Fossés",
            "Lapalisse",
            "Varennes-sur-Allier",
            "Moulins",
            "Montluçon",
        ),
    ),
    ("Fixe_antenne(s)", ("Gannat",)),
    ("Multisites", ("Saint-Yorre",)),
    ("Bus_équivalent", ("Yzeure", "Souvigny")),
    ("Itinérante", ("Chantelle",)),
    ("Fixe", ACROSS[:4]),
)


class Sheet:
    """The invented world: communes by name or code, and one stream of chance."""

    def __init__(self, geography: Path) -> None:
        columns = ["code", "name", "departement_code", "epci_code", "longitude", "latitude"]
        communes = pd.read_parquet(geography / "communes.parquet", columns=columns)
        here = communes[communes["departement_code"] == DEPARTEMENT].set_index("name")
        self._codes = here["code"].to_dict()
        self._communes = communes.set_index("code")
        self.chance = random.Random(SEED)  # noqa: S311 (invention, not a secret)
        self._count = 0

    def commune(self, town: str) -> dict[str, Any]:
        """Return a commune of the département by name, or any by code."""
        code = town if town[:2].isdigit() else self._codes[town]
        row = self._communes.loc[code]
        return {"code": code, **{str(key): value for key, value in row.items()}}

    def near(self, commune: dict[str, Any]) -> tuple[float, float]:
        """Return a point some 200 m at most from the town hall."""
        longitude = commune["longitude"] + self.chance.uniform(-0.002, 0.002)
        latitude = commune["latitude"] + self.chance.uniform(-0.0015, 0.0015)
        return round(longitude, 5), round(latitude, 5)

    def identifier(self) -> str:
        """Return a UUID that every build draws again."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def number(self) -> int:
        """Return the next number: names, streets and telephones of the demonstration."""
        self._count += 1
        return self._count

    def day(self) -> str:
        """Return a date of update within two years."""
        month, day = self.chance.randint(1, 2), self.chance.randint(10, 28)
        return f"{self.chance.choice((2025, 2026))}-0{month}-{day}"

    def names_around(self, commune: dict[str, Any], size: int) -> list[str]:
        """Return the codes of the communes nearest to one, itself first."""
        here = self._communes[self._communes["departement_code"] == commune["departement_code"]]
        away = (here["longitude"] - commune["longitude"]).abs() + (
            here["latitude"] - commune["latitude"]
        ).abs()
        return sorted(away.nsmallest(size).index)


def postal_code(commune: dict[str, Any]) -> str:
    """Return an invented postal code of the right département."""
    return f"{commune['departement_code']}000"


def telephone(number: int) -> str:
    """Return a number of the range reserved for fiction."""
    return f"0465710{number % 1000:03d}"


def dora(sheet: Sheet) -> dict[str, Any]:
    """Build services and structures in the shape of DORA's API v2."""
    services: list[dict[str, Any]] = []
    structures: list[dict[str, Any]] = []
    for kind in DORA:
        for town in kind.towns:
            commune, number = sheet.commune(town), sheet.number()
            longitude, latitude = sheet.near(commune)
            place = {
                "adresse": f"{number} rue de l'Exemple",
                "complement_adresse": None,
                "code_postal": postal_code(commune),
                "code_insee": commune["code"],
                "commune": commune["name"],
                "longitude": longitude,
                "latitude": latitude,
            }
            structure = {
                "id": sheet.identifier(),
                "nom": f"{kind.label} de démonstration n° {number} — {commune['name']} (fictif)",
                "typologie": kind.typology,
                **place,
                "siret": None,
                "antenne": False,
                "telephone": telephone(number),
                "courriel": None,
                "site_web": None,
                "labels_nationaux": [],
                "labels_autres": [],
                "presentation_resume": "Structure inventée pour la démonstration.",
                "presentation_detail": None,
                "date_maj": f"{sheet.day()}T08:00:00Z",
                "horaires_ouverture": kind.hours,
                "lien_source": None,
                "source": "demonstration",
            }
            structures.append(structure)
            for label in kind.services:
                services.append(_dora_service(sheet, kind, label, structure, place))
    # One row without a point in every export: the town hall answers for it.
    services[3] |= {"longitude": None, "latitude": None}
    return {"services": services, "structures": structures}


def _dora_service(
    sheet: Sheet, kind: Kind, label: str, structure: dict[str, Any], place: dict[str, Any]
) -> dict[str, Any]:
    zone_type, codes = kind.zone
    commune = sheet.commune(place["code_insee"])
    own = {"commune": commune["code"], "epci": commune["epci_code"]}
    code = codes[0] if codes else own.get(zone_type)
    return {
        "id": sheet.identifier(),
        "structure_id": structure["id"],
        "source": "demonstration",
        "nom": f"{label} — {commune['name']} (fictif)",
        "presentation_resume": "Service inventé pour la démonstration.",
        "presentation_detail": None,
        "types": ["accompagnement"],
        "thematiques": list(kind.thematics),
        "publics": list(kind.publics),
        "frais": "gratuit",
        **(dict.fromkeys(place) if kind.remote else place),
        "contact_nom_prenom": None,
        "contact_public": True,
        "courriel": None,
        "telephone": structure["telephone"],
        "modes_accueil": ["a-distance"] if kind.remote else ["en-presentiel"],
        "recurrence": kind.hours,
        "zone_diffusion_type": zone_type or None,
        "zone_diffusion_code": code,
        "zone_diffusion_nom": None,
        "date_creation": "2025-01-06T08:00:00Z",
        "date_maj": f"{sheet.day()}T08:00:00Z",
        "date_suspension": None,
        "lien_source": None,
    }


SERVICE_HEADER = (
    "id,structure_id,source,nom,conditions_acces,description,type,thematiques,frais,"
    "frais_precisions,publics,publics_precisions,commune,code_postal,code_insee,adresse,"
    "complement_adresse,longitude,latitude,horaires_accueil,lien_source,telephone,courriel,"
    "contact_nom_prenom,date_maj,lien_mobilisation,mobilisable_par,mobilisation_precisions,"
    "modes_accueil,modes_mobilisation,zone_eligibilite,volume_horaire_hebdomadaire,"
    "nombre_semaines,score_qualite"
)
STRUCTURE_HEADER = (
    "id,siret,nom,commune,code_postal,code_insee,adresse,complement_adresse,longitude,latitude,"
    "telephone,courriel,site_web,description,source,date_maj,lien_source,horaires_accueil,"
    "accessibilite_lieu,reseaux_porteurs"
)


def data_inclusion(sheet: Sheet) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Build services and structures in the shape of data·inclusion's open data v1."""
    services: list[dict[str, Any]] = []
    structures: list[dict[str, Any]] = []
    for kind in INCLUSION:
        for town in kind.towns:
            commune, number = sheet.commune(town), sheet.number()
            longitude, latitude = sheet.near(commune)
            place = {
                "commune": commune["name"],
                "code_postal": postal_code(commune),
                "code_insee": commune["code"],
                "adresse": f"{number} rue de l'Exemple",
                "longitude": longitude,
                "latitude": latitude,
                "telephone": f"+33{telephone(number)[1:]}",
                "source": "demonstration",
                "horaires_accueil": kind.hours,
            }
            structure = {
                "id": f"demonstration--{sheet.identifier()}",
                "nom": f"{kind.label} de démonstration n° {number} — {commune['name']} (fictif)",
                "description": "Structure inventée pour la démonstration.",
                "reseaux_porteurs": str(list(kind.networks)),
                "date_maj": sheet.day(),
                **place,
            }
            structures.append(structure)
            for label in kind.services:
                services.append(
                    {
                        **(dict.fromkeys(place) if kind.remote else place),
                        "source": "demonstration",
                        "id": f"demonstration--{sheet.identifier()}",
                        "structure_id": structure["id"],
                        "nom": f"{label}, {kind.label.lower()} — {commune['name']} (fictif)",
                        "description": "Service inventé pour la démonstration.",
                        "type": "accompagnement",
                        "thematiques": str(list(kind.thematics)),
                        "frais": "gratuit",
                        "publics": str(list(kind.publics)),
                        "date_maj": sheet.day(),
                        "modes_accueil": str(["a-distance" if kind.remote else "en-presentiel"]),
                        "mobilisable_par": "['usagers']",
                        "zone_eligibilite": _zone_list(sheet, kind, commune),
                        "score_qualite": 0.9,
                    }
                )
    services[5] |= {"longitude": None, "latitude": None}
    return services, structures


def _zone_list(sheet: Sheet, kind: Kind, commune: dict[str, Any]) -> str | None:
    name, codes = kind.zone
    if name == "epci":
        return str([commune["epci_code"]])
    if name == "communes":
        return str(sheet.names_around(commune, 12))
    return str(list(codes)) if codes else None


def soliguide(sheet: Sheet) -> list[dict[str, Any]]:
    """Build places in Soliguide's raw shape."""
    places: list[dict[str, Any]] = []
    for kind in SOLIGUIDE:
        for town in kind.towns:
            commune, number = sheet.commune(town), sheet.number()
            longitude, latitude = sheet.near(commune)
            places.append(_soliguide_place(sheet, kind, commune, number, [longitude, latitude]))
    places[2]["position"]["location"]["coordinates"] = [0, 0]
    return places


def _soliguide_place(
    sheet: Sheet, kind: Kind, commune: dict[str, Any], number: int, point: list[float]
) -> dict[str, Any]:
    street, postal = f"{number} rue de l'Exemple", postal_code(commune)
    orientation = bool(kind.options.get("orientation"))
    week = {
        day: {"open": day in {"tuesday", "thursday"}, "timeslot": []}
        for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    }
    for day in ("tuesday", "thursday"):
        week[day]["timeslot"] = [{"start": 900, "end": 1200}, {"start": 1400, "end": 1700}]
    return {
        "lieu_id": 900000 + number,
        "name": f"{kind.label} de démonstration n° {number} — {commune['name']} (fictif)",
        "description": "<p>Lieu inventé pour la d&#233;monstration.</p>",
        "status": "ONLINE",
        "visibility": "ALL",
        "placeType": "PARCOURS_MOBILE" if kind.options.get("mobile") else "LIEU",
        "position": {
            "location": {"type": "Point", "coordinates": point},
            "address": f"{street}, {postal} {commune['name']}",
            "additionalInformation": "",
            "city": commune["name"],
            "cityCode": commune["code"],
            "postalCode": postal,
            "departmentCode": commune["departement_code"],
            "country": "fr",
        },
        "entity": {
            "name": None,
            "mail": None,
            "website": None,
            "phones": [{"label": "Accueil", "phoneNumber": telephone(number)}],
        },
        "newhours": {**week, "closedHolidays": "UNKNOWN"},
        "modalities": {
            "inconditionnel": not orientation,
            "orientation": {"checked": orientation, "precisions": None},
        },
        "publics": {"accueil": 0},
        "services_all": [
            {
                "serviceObjectId": f"{sheet.chance.getrandbits(96):024x}",
                "category": category,
                "close": {"actif": False, "dateDebut": None, "dateFin": None},
                "differentHours": False,
            }
            for category in kind.categories
        ],
        "sources": [],
        "updatedByUserAt": f"{sheet.day()}T08:00:00.000Z",
        "updatedAt": f"{sheet.day()}T08:00:00.000Z",
    }


FRANCE_SERVICES_HEADER = (
    "id_fs,insee_dep,lib_fs,adresse,complement_adresse,insee_com,code_postal,lib_com,latitude,"
    "longitude,telephone,h_lundi,h_mardi,h_mercredi,h_jeudi,h_vendredi,h_samedi,prise_rdv,"
    "commentaire,type_fs,format_fs,groupe_fs,labellisation_fs"
)


def france_services(sheet: Sheet) -> list[dict[str, Any]]:
    """Build rows in the shape of the national list of France Services."""
    rows: list[dict[str, Any]] = []
    day = "09:00 - 12:00 / 13:30 - 17:00"
    for form, towns in FRANCE_SERVICES:
        for town in towns:
            commune, number = sheet.commune(town), sheet.number()
            longitude, latitude = sheet.near(commune)
            bus = form in {"Bus_équivalent", "Itinérante"}
            rows.append(
                {
                    "id_fs": 900000 + number,
                    "insee_dep": commune["departement_code"],
                    "lib_fs": ("Bus France services" if bus else "France services")
                    + f" de démonstration n° {number} — {commune['name']} (fictif)",
                    "adresse": f"{number} rue de l'Exemple",
                    "insee_com": commune["code"],
                    "code_postal": postal_code(commune),
                    "lib_com": commune["name"],
                    "latitude": latitude,
                    "longitude": longitude,
                    "telephone": telephone(number),
                    "h_lundi": day,
                    "h_mardi": day,
                    "h_mercredi": "09:00 - 12:00",
                    "h_jeudi": day,
                    "h_vendredi": "09:00 - 12:00",
                    "prise_rdv": "Non",
                    "commentaire": "Ligne inventée pour la démonstration",
                    "type_fs": "Antenne" if "antenne" in form else "Principal",
                    "format_fs": form,
                    "labellisation_fs": "Espace labellisé 01/01/2025",
                }
            )
    rows[1] |= {"latitude": None, "longitude": None}
    return rows


def csv_text(header: str, rows: Iterable[dict[str, Any]]) -> str:
    """Write rows under a header, as the producers do: comma, LF, quotes where needed."""
    page = io.StringIO()
    writer = csv.DictWriter(
        page, header.split(","), lineterminator="\n", extrasaction="ignore", restval=""
    )
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue()


def build(folder: Path, *, geography: Path) -> list[Path]:
    """Write the demonstration exports and the templates under ``folder``.

    Args:
        folder: ``data/services``.
        geography: folder of ``communes.parquet``.

    Returns:
        The files written.
    """
    sheet = Sheet(geography)
    as_json = {"ensure_ascii": False, "indent": 1}
    contents = {
        "demonstration-dora.json": json.dumps(dora(sheet), **as_json) + "\n",  # type: ignore[arg-type]
    }
    services, structures = data_inclusion(sheet)
    contents["demonstration-services-inclusion.csv"] = csv_text(SERVICE_HEADER, services)
    contents["demonstration-structures-inclusion.csv"] = csv_text(STRUCTURE_HEADER, structures)
    contents["demonstration-soliguide.json"] = json.dumps(soliguide(sheet), **as_json) + "\n"  # type: ignore[arg-type]
    contents["demonstration-france-services.csv"] = csv_text(
        FRANCE_SERVICES_HEADER, france_services(sheet)
    )
    pages = {folder / "demonstration" / name: text for name, text in contents.items()}
    pages |= {folder / "modeles" / f"{name}.csv": template_text(name) for name in TEMPLATES}
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return list(pages)


def main(argv: Sequence[str] | None = None) -> int:
    """Build into ``data/services``, or into the folder given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sortie", type=Path, default=ROOT / "data" / "services")
    parser.add_argument("--geo", type=Path, default=ROOT / "data" / "geo")
    options = parser.parse_args(argv)
    for path in build(options.sortie, geography=options.geo):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
