"""The keys each kind of entry takes, and what each must hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Shape(StrEnum):
    """What a key must hold; the value is how an error says it."""

    TEXT = "un texte entre guillemets"
    WHOLE = "un nombre entier"
    NUMBER = "un nombre"
    FLAG = "true ou false"
    TEXTS = "une liste de textes"
    NUMBERS = "une liste de nombres"
    TABLE = "une table"
    TABLES = "une liste de tables"


VOCABULARY = MappingProxyType(
    {
        "thematiques": Shape.TEXTS,
        "thematiques_v0": Shape.TEXTS,
        "typologies": Shape.TEXTS,
        "publics": Shape.TEXTS,
        "reseaux": Shape.TEXTS,
        "soliguide": Shape.TEXTS,
        "soliguide_anciens": Shape.TEXTS,
        "finess": Shape.TEXTS,
        "bpe": Shape.TEXTS,
        "motif_nom": Shape.TEXT,
    }
)
"""Keys that recognise a service."""

EXPECTED = MappingProxyType({"nom": Shape.TEXT, "repere": Shape.TEXT, **VOCABULARY})
"""Keys of one kind of place expected."""

TERM = MappingProxyType({"indicateur": Shape.TEXT, "poids": Shape.NUMBER})
"""Keys of one term of a profile or factor."""

COMPOSITE = MappingProxyType(
    {
        "cle": Shape.TEXT,
        "libelle": Shape.TEXT,
        "termes": Shape.TABLES,
        "remarque": Shape.TEXT,
    }
)
"""Keys of a profile or factor."""

ENTRIES: Mapping[str, Mapping[str, Shape]] = MappingProxyType(
    {
        "theme": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "code": Shape.TEXT,
                "axe": Shape.WHOLE,
                "titre": Shape.TEXT,
                "titre_court": Shape.TEXT,
                "mode": Shape.TEXT,
                "besoins": Shape.TEXTS,
                "indicateurs": Shape.TEXTS,
                "reperes": Shape.TEXTS,
                "offre": Shape.TEXT,
                "seuils": Shape.TEXTS,
                "classes": Shape.NUMBERS,
                "publics": Shape.TEXTS,
                "public_principal": Shape.TEXT,
                "sensible": Shape.FLAG,
                "note": Shape.TEXT,
                "selecteurs": Shape.TABLE,
                "offre_attendue": Shape.TABLES,
            }
        ),
        "seuil": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "libelle": Shape.TEXT,
                "minutes": Shape.NUMBER,
                "transport": Shape.TEXT,
                "statut": Shape.TEXT,
                "source": Shape.TEXT,
            }
        ),
        "indicateur": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "libelle": Shape.TEXT,
                "unite": Shape.TEXT,
                "nature": Shape.TEXT,
                "numerateur": Shape.TEXT,
                "poids": Shape.TEXT,
                "source": Shape.TEXT,
                "millesime": Shape.TEXT,
                "bornes": Shape.NUMBERS,
                "codes": Shape.TEXTS,
                "melodi": Shape.TEXT,
                "sens": Shape.TEXT,
                "plausible": Shape.NUMBERS,
                "plancher": Shape.NUMBER,
                "secret": Shape.WHOLE,
                "remarque": Shape.TEXT,
            }
        ),
        "profil": COMPOSITE,
        "facteur": COMPOSITE,
        "source": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "libelle": Shape.TEXT,
                "producteur": Shape.TEXT,
                "licence": Shape.TEXT,
                "mention": Shape.TEXT,
                "completude": Shape.TEXT,
            }
        ),
        "format": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "usage": Shape.TEXT,
                "libelle": Shape.TEXT,
                "lisible": Shape.FLAG,
            }
        ),
        "responsable": MappingProxyType(
            {
                "cle": Shape.TEXT,
                "corps": Shape.TEXT,
                "reseaux": Shape.TEXTS,
                "typologies": Shape.TEXTS,
                "finess": Shape.TEXTS,
                "bpe": Shape.TEXTS,
                "producteurs": Shape.TEXTS,
                "motif_nom": Shape.TEXT,
            }
        ),
    }
)
"""Kind of entry -> its keys."""

REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "theme": ("cle", "code", "axe", "titre", "titre_court", "mode"),
        "seuil": ("cle", "libelle", "transport", "statut", "source"),
        "indicateur": ("cle", "libelle", "unite", "nature", "source"),
        "profil": ("cle", "libelle", "termes"),
        "facteur": ("cle", "libelle", "termes"),
        "source": ("cle", "libelle", "producteur", "licence", "mention", "completude"),
        "format": ("cle", "usage", "libelle", "lisible"),
        "responsable": ("cle", "corps"),
    }
)
