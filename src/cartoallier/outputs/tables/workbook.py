"""``diagnostic.xlsx``: the tables of a run for people, one sheet each, behind a « Lisez-moi »."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from cartoallier.model import Public, Run, Status
from cartoallier.model.french import day, number, typeset
from cartoallier.outputs.spreadsheet import NOTICE, Column, Kind, Sheet, write_spreadsheet
from cartoallier.outputs.tables.frames import decimals_of
from cartoallier.outputs.tables.measures import MEASURE_HEADINGS, by_measure

DEMONSTRATION = "Données de démonstration, fictives"
SHEETS: Mapping[str, tuple[str, str]] = {
    "couverture": ("Couverture", "qui est loin, par thème, public et zone"),
    "mesures": (
        "Mesures d’accès",
        "l’accès dit plus finement, une mesure par colonne, par thème, public et zone ; les "
        "communes sont dans tableaux/mesures.csv, le sens et l’unité de chaque mesure dans "
        "tableaux/mesures_lexique.csv",
    ),
    "fiabilite": (
        "Fiabilité",
        "ce que vaut chaque part hors seuil, et pourquoi : « solide », « ordre de grandeur » ou "
        "« indicatif »",
    ),
    "essais": (
        "Essais",
        "les calculs refaits avec d’autres choix, par thème ; « Fiabilité » en dit l’étendue",
    ),
    "variantes": (
        "Variantes",
        "chaque variante à côté du calcul de base, par EPCI ; écarts en points de pourcentage et "
        "en habitants",
    ),
    "paniers": (
        "Paniers",
        "de combien de familles d’aide les habitants ont un lieu à portée",
    ),
    "signalements": (
        "À vérifier sur la route",
        "les trajets qui méritent un second regard, et pourquoi",
    ),
    "calibration": (
        "Calage sur les routes",
        "détour et vitesse mesurés sur les routes du territoire, par densité de population, et le "
        "rapport du temps de route au temps modélisé qu’il en reste",
    ),
    "offre": ("Offre", "les services retenus, une ligne par service et par thème"),
    "besoins": ("Besoins", "les indicateurs, avec la raison de chaque valeur absente"),
    "profils": (
        "Profils",
        "les profils de ménages pauvres par EPCI : score de 0 à 100, rang parmi les EPCI de France",
    ),
    "facteurs": ("Facteurs", "de même, les facteurs qui aggravent la pauvreté"),
    "responsables": (
        "Responsables",
        "la couverture par les lieux d’un seul corps, par tous, et sans lui",
    ),
    "acteurs": (
        "Acteurs",
        "lieux, services, adresses partagées et types de lieux attendus, reçus ou non, par "
        "thème, EPCI et corps",
    ),
    "fraicheur": ("Fraîcheur", "la couverture avec et sans les fiches de plus de deux ans"),
    "arrets": ("Arrêts", "les arrêts des services itinérants et leurs heures"),
    "doublons": ("Doublons", "chaque rapprochement de fiches, sa preuve et ce qui a été décidé"),
    "sources": ("Sources", "ce qui a été lu, gardé, fusionné, généralisé et écarté, par fichier"),
    "fiches_epci": ("Fiches par EPCI", "combien de fiches de chaque fichier dans chaque EPCI"),
    "indicateurs": (
        "Indicateurs",
        "par fichier de besoin, combien de zones ont une valeur, et pourquoi les autres non",
    ),
    "anomalies": ("Anomalies", "ce qu’il faut corriger chez qui a envoyé le fichier"),
}
"""Table -> (name of its sheet, what it holds)."""
OPTIONAL = frozenset(
    {"mesures", "fiabilite", "essais", "variantes", "paniers", "signalements", "calibration"}
)
"""Tables that many a run has no row for: no sheet then, where the CSV file keeps its header."""
ROUNDED = {"signalements": 2, "calibration": 3}
"""Table -> decimals its figures keep on its sheet, where they are shown as they are."""

HEADINGS: Mapping[str, str] = {
    "theme": "Thème", "mode": "Mode", "public": "Public", "maille": "Maille", "code": "Code",
    "nom": "Nom", "perimetre": "Périmètre", "population": "Habitants", "lieux": "Lieux",
    "distance_km": "Distance moyenne (km)", "duree_min": "Durée moyenne (min)",
    "part_plus_15": "Part à plus de 15 min", "part_plus_20": "Part à plus de 20 min",
    "part_plus_30": "Part à plus de 30 min", "seuil_min": "Seuil retenu (min)",
    "population_hors_seuil": "Habitants hors seuil", "part_hors_seuil": "Part hors seuil",
    "part_hors_seuil_favorable": "Part hors seuil, hypothèse favorable",
    "part_hors_seuil_defavorable": "Part hors seuil, hypothèse défavorable",
    "part_hors_seuil_sans_voisins": "Part hors seuil, sans les départements voisins",
    "part_couverte": "Part couverte", "fiabilite": "Fiabilité", "id": "Identifiant",
    "source": "Source", "structure": "Structure", "code_commune": "Code commune",
    "longitude": "Longitude", "latitude": "Latitude", "precision": "Précision",
    "itinerant": "Itinérant", "heures_semaine": "Heures par semaine", "date_maj": "Mis à jour le",
    "confidentiel": "Adresse protégée", "indicateur": "Indicateur", "valeur": "Valeur",
    "unite": "Unité", "statut": "Statut", "millesime": "Millésime", "fichier": "Fichier",
    "ligne": "Ligne", "colonne": "Colonne", "constat": "Constat", "action": "Action",
    "responsable": "Qui répond du lieu", "services": "Services",
    "part_hors_seuil_seul": "Part hors seuil, ses lieux seuls",
    "part_hors_seuil_tous": "Part hors seuil, tous les lieux",
    "part_hors_seuil_sans": "Part hors seuil, sans ses lieux",
    "population_hors_seuil_seul": "Habitants hors seuil, ses lieux seuls",
    "population_hors_seuil_tous": "Habitants hors seuil, tous les lieux",
    "population_hors_seuil_sans": "Habitants hors seuil, sans ses lieux",
    "lieux_partages": "Lieux à une adresse partagée",
    "types_presents": "Types de lieux attendus et reçus",
    "types_absents": "Types de lieux attendus, non reçus",
    "lieux_recents": "Lieux, fiches récentes",
    "part_hors_seuil_recents": "Part hors seuil, fiches récentes seules", "fiches": "Fiches",
    "fiches_anciennes": "Fiches de plus de deux ans", "fiches_sans_date": "Fiches sans date",
    "arret": "Arrêt", "id_garde": "Fiche gardée", "id_autre": "Autre fiche",
    "nom_garde": "Nom gardé", "nom_autre": "Autre nom", "source_garde": "Source gardée",
    "source_autre": "Autre source", "fichier_autre": "Fichier de l’autre fiche",
    "ligne_autre": "Ligne de l’autre fiche", "distance_m": "Distance (m)", "score": "Score",
    "preuve": "Preuve", "decision": "Décision", "format": "Format",
    "lignes_lues": "Lignes lues", "lignes_gardees": "Lignes gardées",
    "fusionnees": "Fusionnées avec une autre fiche",
    "lieux_communs": "Au lieu d’une fiche d’un autre fichier", "generalisees": "Adresses protégées",
    "ecartees": "Écartées", "motifs": "Pourquoi", "communes_servies": "Communes avec une fiche",
    "epci_servis": "EPCI avec une fiche", "epci_sans_fiche": "EPCI sans fiche",
    "plus_ancienne": "Fiche la plus ancienne", "plus_recente": "Fiche la plus récente",
    "sans_date": "Fiches sans date", "profil": "Profil", "facteur": "Facteur", "rang": "Rang",
    "sur": "Sur", "rang_bas": "Plus petit rang obtenu", "rang_haut": "Plus grand rang obtenu",
    "termes_connus": "Indicateurs connus", "termes_attendus": "Indicateurs attendus",
    "dominant": "Profil dominant", "manquants": "Indicateurs manquants", "zones": "Zones",
    "publie": "Publiées", "sous_seuil": "Sous le seuil de diffusion",
    "secret": "Secret statistique", "non_disponible": "Non disponibles", "absent": "Absentes",
    "estime": "Estimées", "motif": "Pourquoi", "part_min": "Part hors seuil, la plus petite",
    "part_max": "Part hors seuil, la plus grande", "rang_min": "Plus petit rang obtenu",
    "rang_max": "Plus grand rang obtenu", "zones_classees": "EPCI classés", "essai": "Essai",
    "origine": "Point de départ", "signalement": "Signalement", "explication": "Explication",
    "panier": "Panier", "familles": "Familles", "familles_mesurees": "Familles mesurées",
    "moyenne": "Familles à portée, en moyenne", "part_toutes": "Part qui les a toutes",
    "part_aucune": "Part qui n’en a aucune", "variante": "Variante",
    "seuil_min_base": "Seuil de base (min)", "duree_min_base": "Durée moyenne de base (min)",
    "part_hors_seuil_base": "Part hors seuil, base",
    "population_hors_seuil_base": "Habitants hors seuil, base",
    "difference_points": "Écart (points)", "difference_population": "Écart (habitants)",
    "classe": "Densité de la commune", "trajets": "Trajets mesurés",
    "propre": "Paramètres propres à la classe", "detour": "Détour", "vitesse_kmh": "Vitesse (km/h)",
    "rapport_p10": "Temps de route / modélisé, 10e centile",
    "rapport_p50": "Temps de route / modélisé, médiane",
    "rapport_p90": "Temps de route / modélisé, 90e centile",
    **MEASURE_HEADINGS,
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, str]] = {
    "mode": {
        "proximity": "proximité", "zone": "zone d’intervention", "capacity": "capacité",
        "presence": "présence", "organisational": "organisation",
    },
    "maille": {
        "commune": "commune", "epci": "EPCI", "arrondissement": "arrondissement",
        "departement": "département",
    },
    "perimetre": {"entier": "entier", "partie": "partie dans le département"},
    "public": {
        Public.ALL.value: "tous les habitants", "moins_20": "moins de 20 ans",
        "65_plus": "65 ans et plus", "0_2": "0 à 2 ans", "12_25": "12 à 25 ans",
        "menages_pauvres": "ménages pauvres",
    },
    "statut": {
        "publie": "publié", "sous_seuil": "sous le seuil de diffusion",
        "secret": "secret statistique", "non_disponible": "non disponible", "absent": "absent",
        "estime": "estimé", "estime_au_plus": "estimé, au plus cette valeur",
    },
    "decision": {
        "fusionne": "fusionnées", "fusionne_par_decision": "fusionnées, par décision",
        "a_verifier": "à vérifier", "separe_par_decision": "séparées, par décision",
    },
}  # fmt: skip
"""Column -> word of the CSV -> word for people."""

_WIDE = {"nom": 34, "structure": 34, "theme": 40, "constat": 44, "action": 54, "valeur": 18,
         "types_presents": 48, "types_absents": 48, "preuve": 54, "nom_garde": 34,
         "nom_autre": 34, "id": 34, "id_garde": 34, "id_autre": 34, "fichier": 34,
         "fichier_autre": 34, "indicateur": 44, "motifs": 48, "epci_sans_fiche": 48,
         "responsable": 22, "perimetre": 24, "profil": 34, "facteur": 34,
         "manquants": 54, "motif": 54, "essai": 54, "explication": 54, "panier": 34,
         "variante": 34, "precisions": 80, "classe": 34}  # fmt: skip
_AS_THEY_ARE = frozenset(
    {"detour", "rapport_p10", "rapport_p50", "rapport_p90", "gini_duree", "palma_acces",
     "concentration_pauvrete"}
)  # fmt: skip
_COUNTS = frozenset(
    {"lignes_lues", "lignes_gardees", "fusionnees", "lieux_communs", "generalisees", "ecartees",
     "epci_servis", "communes_servies", "sans_date", "ligne_autre", "rang", "sur", "rang_bas",
     "rang_haut", "termes_connus", "termes_attendus", "zones", "rang_min", "rang_max",
     "zones_classees", "familles", "familles_mesurees", "trajets",
     *(status.value for status in Status)}
)  # fmt: skip


def write_workbook(run: Run, tables: Mapping[str, pd.DataFrame], path: Path) -> Path:
    """Write the workbook.

    Args:
        run: for « Lisez-moi » and the names of themes and indicators.
        tables: key of :data:`SHEETS` -> frame, as the CSV files have them before writing.
        path: ``diagnostic.xlsx``.
    """
    # an indicator is shown by its label: the sheet needs no second column for it
    tables = {
        name: frame.drop(columns="libelle", errors="ignore") for name, frame in tables.items()
    }
    tables = {name: frame for name, frame in tables.items() if len(frame) or name not in OPTIONAL}
    if "mesures" in tables:
        tables["mesures"] = by_measure(run.measures)
    tables |= {
        name: tables[name].round(digits) for name, digits in ROUNDED.items() if name in tables
    }
    if "besoins" in tables:
        tables["besoins"] = _bounded(tables["besoins"], run)
    shown = [name for name in SHEETS if name in tables]
    names = {theme.key: f"{theme.code} {theme.short_title}" for theme in run.themes}
    labels = {key: indicator.label for key, indicator in run.indicators.items()}
    composites = {key: composite.label for key, composite in run.composites.items()}
    words = {
        **WORDS, "theme": names, "indicateur": labels, "profil": composites, "facteur": composites,
        "panier": run.basket_labels,
    }  # fmt: skip
    sheets = [
        readme_sheet(run, shown),
        *(
            table_sheet(SHEETS[name][0], _named(tables[name], labels), words=words)
            for name in shown
        ),
    ]
    title = f"Diagnostic territorial, {run.territory.departement_name}"
    return write_spreadsheet(path, sheets, date=run.date, title=title)


def _bounded(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Tell an estimation that is only « at most » from a value at the floor of publication."""
    floors = {key: one.floor for key, one in run.indicators.items() if one.floor is not None}
    floor = pd.to_numeric(frame["indicateur"].map(floors))
    guessed = frame["statut"].eq(Status.BELOW_FLOOR) & (frame["valeur"] > floor)
    return frame.assign(statut=frame["statut"].mask(guessed, "estime_au_plus"))


def _named(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Write the indicators that a score lacks with their names."""
    if "manquants" not in frame:
        return frame
    lacking = frame["manquants"].map(
        lambda ids: ", ".join(labels.get(one, one) for one in ids.split()), na_action="ignore"
    )
    return frame.assign(manquants=lacking)


def table_sheet(
    title: str, frame: pd.DataFrame, *, words: Mapping[str, Mapping[str, str]]
) -> Sheet:
    """Return a table as a sheet: French headings and words, numbers with their format.

    Args:
        title: of the sheet.
        frame: columns are keys of :data:`HEADINGS`.
        words: column -> word of the frame -> word for people; others are kept.
    """
    columns = [_column(name, frame[name]) for name in frame.columns]
    cells = [
        _words(frame[name], words.get(str(name), {}))
        if column.kind is Kind.TEXT
        else _numbers(frame[name])
        for name, column in zip(frame.columns, columns, strict=True)
    ]
    return Sheet(title=title, columns=columns, rows=list(zip(*cells, strict=True)))


def readme_sheet(run: Run, shown: Sequence[str]) -> Sheet:
    """Return « Lisez-moi » : what it is, of whom, of when, from what, and how to read it."""
    territory = run.territory
    inside = territory.communes[territory.communes["inside"]]
    rows = [
        ("", NOTICE),
        *([("", DEMONSTRATION)] if run.demonstration else []),
        (
            "Quoi",
            f"Diagnostic territorial : où le besoin social est fort et l’aide hors de portée. "
            f"{territory.departement_name} ({territory.departement_code}), "
            f"{number(len(inside))} communes, {number(inside['population'].sum())} habitants, "
            f"{territory.vintage}.",
        ),
        ("Par qui", f"Calculé par cartoallier {run.version}, à partir des fichiers fournis."),
        ("Quand", f"Données {run.date_words or f'au {day(run.date)}'}."),
        ("Comment", _how(run)),
        *(("Variante", f"{name} : {words}") for name, words in run.variant_words.items()),
        (
            "À savoir",
            "Les parts sont rapportées à la population de la zone ; les moyennes sont pondérées "
            "par elle. Une case vide est une donnée absente, jamais un zéro. Un type de lieu "
            "« non reçu » n’est dans aucun fichier fourni : ce n’est pas la preuve qu’il "
            "n’existe pas. Les lieux à adresse protégée n’ont ni nom, ni adresse, ni point.",
        ),
        *(("Feuille", f"{SHEETS[name][0]} : {SHEETS[name][1]}") for name in shown),
        *(("Source", ", ".join(filter(None, (s.label, s.licence)))) for s in run.sources),
    ]
    return Sheet(
        title="Lisez-moi",
        columns=(
            Column(heading="Lisez-moi", kind=Kind.LABEL, width=16),
            Column(heading=f"Diagnostic territorial, {territory.departement_name}",
                   kind=Kind.PROSE, width=110),
        ),
        rows=[(label, typeset(text)) for label, text in rows],
        filtered=False,
    )  # fmt: skip


def _how(run: Run) -> str:
    """Return how minutes were made: the run's own words, then its two hypotheses."""
    parameters = run.parameters
    modelled = (
        f"Temps en voiture modélisés : distance à vol d’oiseau × "
        f"{number(parameters.detour, decimals=2)} à {number(parameters.speed_kmh)} km/h ; "
        "ce ne sont pas des temps mesurés."
    )
    method = run.method or modelled
    hypotheses = (
        f"favorable {number(parameters.favourable_kmh)} km/h, défavorable "
        f"{number(parameters.unfavourable_kmh)} km/h"
    )
    if parameters.engine == "route" or run.calibration is not None:
        return method  # there, hypotheses are residuals of each theme, said beside its figures
    return f"{method} Deux hypothèses : {hypotheses}."


def _column(name: str, values: pd.Series) -> Column:
    decimals = decimals_of(name)
    empty = values.isna().all()
    if not (empty or pd.api.types.is_numeric_dtype(values.dtype)) or values.dtype == "bool":
        kind = Kind.TEXT
    elif name in {"longitude", "latitude"}:
        kind = Kind.COORDINATE
    elif name.startswith("part_"):
        kind = Kind.PERCENT
    elif decimals == 0 or name in _COUNTS:
        kind = Kind.WHOLE
    elif decimals is not None and name not in _AS_THEY_ARE:
        kind = Kind.DECIMAL
    else:
        kind = Kind.TEXT if empty else Kind.PLAIN
    width = _WIDE.get(name, 14)
    return Column(heading=HEADINGS.get(name, name), kind=kind, width=width)


def _words(values: pd.Series, words: Mapping[str, str]) -> list[str | None]:
    if values.dtype == "bool":
        return ["oui" if value else "non" for value in values]
    return [
        None if pd.isna(value) else words.get(str(value), str(value)) for value in values.tolist()
    ]


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else value for value in values.tolist()]
