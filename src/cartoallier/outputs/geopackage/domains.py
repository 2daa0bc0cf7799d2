"""Values that a column may take, and what each says: ``gpkg_data_column_constraints``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cartoallier.model import Status
from cartoallier.outputs.geopackage.places import KINDS

STATUSES = {
    Status.PUBLISHED.value: "publié",
    Status.BELOW_FLOOR.value: "valeur ou moins (seuil de diffusion)",
    Status.SECRET.value: "secret statistique",
    Status.NOT_AVAILABLE.value: "non diffusé",
    Status.ABSENT.value: "non fourni",
    Status.ESTIMATED.value: "estimé",
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "statut": STATUSES,
    "type_lieu": KINDS,
    "fiabilite": {
        "solide": "solide",
        "indicatif": "indicatif",
        "ordre de grandeur": "ordre de grandeur",
    },
    "perimetre": {"entier": "zone entière", "partie": "partie dans le département"},
    "contour": {
        "ign": "IGN, ou fichier fourni",
        "reconstitue": "reconstitué depuis les communes déléguées",
        "partage": "tracé commun à plusieurs communes",
        "absent": "sans tracé",
    },
    "position": {
        "mairie": "mairie",
        "surface": "point dans la commune, faute de mairie",
        "estimee": "estimée, faute de contour",
        "point": "point d’une grille de population",
    },
    "precision": {"adresse": "à l’adresse", "commune": "à la commune près"},
    "mode": {
        "proximity": "distance au lieu le plus proche",
        "zone": "zone d’intervention",
        "capacity": "capacité",
        "presence": "présence",
        "organisational": "organisation",
    },
}
"""Name of the constraint -> value -> what it says, French."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Lowest and highest value of a column, both possible."""

    lowest: float
    highest: float


RANGES: Mapping[str, Bounds] = {
    "croisement": Bounds(lowest=0, highest=8),
    "part": Bounds(lowest=0, highest=1),
}
"""Name of the constraint -> bounds."""

_PARTS = frozenset(
    {
        "part_plus_15", "part_plus_20", "part_plus_30", "part_hors_seuil", "part_couverte",
        "part_hors_seuil_favorable", "part_hors_seuil_defavorable", "part_hors_seuil_sans_voisins",
    }
)  # fmt: skip


def domain_of(layer: str, column: str) -> str | None:
    """Return the constraint that holds for a column, ``None`` for none."""
    if layer.startswith("couverture") and column in _PARTS:
        return "part"
    if column == "besoin_statut" or (layer.startswith("besoins") and column.endswith("statut")):
        return "statut"
    return column if column in VALUES or column in RANGES else None
