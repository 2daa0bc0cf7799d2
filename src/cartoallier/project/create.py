"""A new project folder, ready to receive exports (``cartoallier nouveau``)."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.errors import ProjectError
from cartoallier.project.load import FILE_NAME, SUPPLY_FOLDER
from cartoallier.project.needs import NEEDS_FOLDER

PROJECT_FILE = """\
# Projet cartoallier. Les lignes qui commencent par # sont des explications ou des exemples :
# retirez le # pour les activer. Rien d’autre n’est obligatoire : déposez vos fichiers dans
# « offre », puis lancez « lancer.cmd » (Windows) ou « lancer.sh » (Linux, macOS).

[territoire]
departement = "{departement}"
# voisinage_km = 50              # offre gardée au-delà de la limite du département
# contours = "communes.gpkg"     # vos limites de communes, à la place de celles fournies

# [themes]
# retenus = ["premier_accueil_social", "jeunes_autonomie"]   # montrés en premier
# catalogue = "mes_themes.toml"                              # vos propres thèmes

# Le seuil décidé par le comité de suivi, imprimé avec sa raison :
# [seuils.premier_accueil_social]
# minutes = 20
# decision = "comité de suivi du 12 juin"

# Un autre découpage (colonnes : code_insee, code, nom), repris dans tous les tableaux :
# [[decoupage]]
# nom = "UTAS"
# fichier = "utas.csv"

# Des territoires particuliers, en couches sur les cartes : contours (GeoPackage, GeoJSON,
# shapefile en .zip) ou tableau de communes ; les fichiers officiels des QPV, FRR, CRTE et
# Territoires d’industrie sont reconnus, « colonnes » dit le reste :
# [[zonage]]
# nom = "QPV"
# fichier = "qpv.gpkg"
# couche = "qpv_2024"            # si le fichier en a plusieurs
# [[zonage]]
# nom = "FRR"
# fichier = "frr.csv"
# colonnes = {{ code_insee = "insee", nom = "classement" }}
# millesime = "2025"

# Sans aucun bloc [[offre]], tous les fichiers du dossier « offre » sont lus. Un bloc sert à
# dire ce qu’est un fichier que l’outil ne reconnaît pas seul :
# [[offre]]
# fichier = "offre/mes_lieux.csv"
# format = "tableau"
# themes = ["premier_accueil_social"]
# colonnes = {{ nom = "raison_sociale", longitude = "lon", latitude = "lat", code_insee = "insee" }}

# Sans aucun bloc [[besoin]], tous les tableaux du dossier « besoin » sont lus (classeurs de
# l’INSEE, de la CNAF, de la DREES, panorama de la pauvreté). Un bloc sert à dire ce qu’est un
# tableau que l’outil ne reconnaît pas seul ; besoin/panorama.toml liste les indicateurs :
# [[besoin]]
# fichier = "besoin/pauvrete.csv"
# format = "tableau"
# colonnes = {{ code = "insee", taux_pauvrete = "tx_pauv" }}
# millesime = "2021"             # année des chiffres
# cog = "2023"                   # année de la liste des communes, si elle est connue
# [[besoin]]
# fichier = "besoin/panorama.xlsx"
# correspondance = "besoin/panorama.toml"

# Les adresses sans coordonnées sont cherchées par un géocodeur de la Base Adresse Nationale ;
# sans lui (hors ligne), elles sont placées à la mairie. Les adresses protégées ne partent jamais.
# [geocodage]
# service = "https://data.geopf.fr/geocodage"

# Votre avis sur les doublons (colonnes : id_garde, id_autre, decision, fusionner ou separer) :
# [doublons]
# decisions = "decisions.csv"

# [acces]
# moteur = "vol_oiseau"          # ou "route"
# detour = 1.35                  # longueur de route pour un kilomètre à vol d’oiseau
# vitesse_kmh = 50
# plancher_intracommunal = true  # jamais moins que la moitié de la racine de la surface
# Avec un fichier de routes (extrait OpenStreetMap de Geofabrik, BD TOPO ou ROUTE 500), détour et
# vitesse sont mesurés sur ces routes ; avec le moteur « route », les minutes sont celles du plus
# rapide chemin. Avec des horaires GTFS, les personnes sans voiture prennent aussi les transports.
# reseau = "auvergne.osm.pbf"
# gtfs = "horaires.zip"

# Une variante est calculée à côté du projet, et comparée par EPCI dans cartes/variantes.html. Elle
# ne dit que ce qu’elle change ; « ajouts » nomme un tableau de lieux supposés (nom, themes,
# longitude et latitude, ou code_insee), « fermetures » liste des identifiants d’offre.csv :
# [[variante]]
# nom = "seuil 15 min, sans les voisins"
# seuil_min = 15                 # ou, par thème : seuils, ci-dessous
# sans_voisins = true            # sans les lieux des départements voisins
# [[variante]]
# nom = "moins vite, sans une liste"
# seuils = {{ premier_accueil_social = 15 }}
# vitesse_kmh = 40
# sources_exclues = ["offre/mes_lieux.csv"]
# themes = ["premier_accueil_social"]
"""

NEEDS_README = """\
Déposez ici les tableaux de besoin : panorama territorial de la pauvreté, fichiers de l’INSEE
(Filosofi, recensement), de la CNAF, de la DREES, ou tout tableau par commune, EPCI ou département.

Les fichiers connus sont lus tels quels. Pour le panorama, ou tout autre classeur, dites ce que sont
ses colonnes dans « panorama.toml » ; laissé comme il est, ce modèle est ignoré.

Aucun fichier nominatif, aucune liste de bénéficiaires : ils n’ont pas leur place ici.
"""

# No label and no goto: cmd loses its place in a file that holds accents.
WINDOWS_LAUNCHER = """\
@echo off
chcp 65001 > nul
cd /d "%~dp0"
where cartoallier > nul 2> nul
if errorlevel 1 (
  "{python}" -m cartoallier diagnostic .
) else (
  cartoallier diagnostic .
)
if errorlevel 1 (
  echo.
  echo Le diagnostic n’a pas abouti : lisez le message ci-dessus.
) else (
  if exist maps\\index.html start "" maps\\index.html
)
pause
"""

UNIX_LAUNCHER = """\
#!/bin/sh
cd "$(dirname "$0")" || exit 1
if command -v cartoallier > /dev/null 2>&1; then
  cartoallier diagnostic .
else
  {python} -m cartoallier diagnostic .
fi
code=$?
if [ "$code" -ne 0 ]; then
  printf '\\nLe diagnostic n’a pas abouti : lisez le message ci-dessus.\\n' >&2
  if [ -t 0 ]; then
    printf 'Appuyez sur Entrée pour fermer cette fenêtre. '
    read -r _
  fi
elif [ -f maps/index.html ]; then
  for viewer in xdg-open open; do
    if command -v "$viewer" > /dev/null 2>&1; then
      nohup "$viewer" maps/index.html > /dev/null 2>&1 &
      break
    fi
  done
fi
exit "$code"
"""


def launchers(python: str) -> dict[str, str]:
    """Return the two launchers: the program on the path, else this interpreter's.

    A double-click runs the diagnosis and opens the atlas; on an error the window stays open.

    Args:
        python: path of the interpreter that holds cartoallier.
    """
    windows = WINDOWS_LAUNCHER.format(python=python.replace("%", "%%"))
    return {
        "lancer.cmd": windows.replace("\n", "\r\n"),
        "lancer.sh": UNIX_LAUNCHER.format(python=shlex.quote(python)),
    }


def panorama_template() -> str:
    """Return an empty correspondence of a panorama, which lists the indicators of the catalogue."""
    text = shipped("needs/modeles/panorama.toml").read_text("utf-8")
    known = load_catalogue().indicators.values()
    lines = (f"# {one.id} : {one.label}{f' ({one.unit})' if one.unit else ''}" for one in known)
    return text + "".join(f"{line}\n" for line in lines)


def create_project(folder: Path, *, departement: str) -> list[Path]:
    """Make a project folder: a commented file, drop folders, empty templates, launchers.

    Args:
        folder: made if missing; an existing project is never overwritten.
        departement: code written in the file; it must exist.

    Returns:
        The files made, relative to ``folder``.

    Raises:
        ProjectError: the folder already holds a project, or cannot be written.
    """
    if (folder / FILE_NAME).exists():
        raise ProjectError(
            "ce dossier contient déjà un projet ; choisissez-en un autre", path=folder
        )
    files = {
        FILE_NAME: PROJECT_FILE.format(departement=departement),
        f"{NEEDS_FOLDER}/panorama.toml": panorama_template(),
        f"{NEEDS_FOLDER}/LISEZMOI.txt": NEEDS_README,
        **launchers(sys.executable),
    }
    try:
        made = _copy_templates(folder / SUPPLY_FOLDER)
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.write_text(text, encoding="utf-8", newline="")
                target.chmod(0o755 if name.endswith(".sh") else 0o644)
                made.append(target)
    except OSError as error:
        raise ProjectError(f"écriture impossible ({error.strerror})", path=folder) from error
    return sorted(path.relative_to(folder) for path in made)


def _copy_templates(folder: Path) -> list[Path]:
    """Copy the empty templates of supply; a file already there may have been filled."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for template in sorted(shipped("services/modeles").glob("*.csv")):
        target = folder / f"modele_{template.name}"
        if not target.exists():
            shutil.copyfile(template, target)
            made.append(target)
    return made
