"""Columns of the tables that tell access further than ``couverture.csv``."""

from __future__ import annotations

ZONE_HEADINGS = ("maille", "code", "nom", "perimetre")

MEASURE_COLUMNS: tuple[str, ...] = (
    "theme", "public", *ZONE_HEADINGS, "mesure", "valeur", "unite", "precision",
)  # fmt: skip
"""``mesures.csv``: one row per theme, public, zone and measure; ``precision``: French words on how
this value was made, mostly empty."""

RELIABILITY_COLUMNS: tuple[str, ...] = (
    "theme", *ZONE_HEADINGS, "fiabilite", "motif", "part_hors_seuil", "part_min", "part_max",
    "rang", "rang_min", "rang_max", "zones_classees", "essais",
)  # fmt: skip
"""``fiabilite.csv``: one row per theme and zone that has a share beyond its threshold. Ranks (1 =
largest share beyond) are given for EPCI only, among those of the département; ``essais``: French
names of the trials, joined by `` | ``."""

FLAG_COLUMNS: tuple[str, ...] = (
    "theme", "origine", "nom", "code_commune", "population", "signalement", "valeur", "unite",
    "explication",
)  # fmt: skip
"""``signalements.csv``: origins whose path deserves a second look."""

BASKET_COLUMNS: tuple[str, ...] = (
    "panier", *ZONE_HEADINGS, "population", "familles", "familles_mesurees", "moyenne",
    "part_toutes", "part_aucune",
)  # fmt: skip
"""``paniers.csv``: of how many kinds of help people have one within reach."""

VARIANT_COLUMNS: tuple[str, ...] = (
    "variante", "theme", "public", *ZONE_HEADINGS, "population", "seuil_min_base", "seuil_min",
    "duree_min_base", "duree_min", "part_hors_seuil_base", "part_hors_seuil", "difference_points",
    "population_hors_seuil_base", "population_hors_seuil", "difference_population",
)  # fmt: skip
"""``variantes.csv``: département and EPCI, each variant beside the base; shares 0-1, the difference
in points of percentage."""

RELIABLE, ORDER, INDICATIVE = "solide", "ordre de grandeur", "indicatif"
"""Values of ``fiabilite``, from the most to the least reliable."""
