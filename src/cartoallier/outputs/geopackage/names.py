"""Names of layers: one place decides them, for the file, its styles, its project and its notes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from cartoallier.model import Level, Run

FILE_NAME = "cartoallier.gpkg"
GEOMETRY_COLUMN = "geom"
COMMUNES = "territoire_communes"
EPCI_PARTS = "territoire_epci_partie"
FIXED = frozenset(
    {
        "departement", "arrondissements", "arrondissement", "epci", "communes", "commune",
        "epci_partie", "voisinage",
    }
)  # fmt: skip
"""What follows ``territoire_`` in the layers every run has: no « découpage » is called so."""

_CONTROL = re.compile(r"[|\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def quoted(name: str) -> str:
    """Return a name as SQL writes an identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text as SQL writes a literal."""
    return "'" + value.replace("'", "''") + "'"


def divisions(run: Run) -> dict[str, str]:
    """Return the « découpages » of a run, in their order: name of the level -> slug.

    ``Bassins de vie`` is ``bassins_de_vie``; names that give the same slug are numbered.
    """
    built_in = {str(level) for level in Level}
    taken = {f"territoire_{name}" for name in FIXED}
    found: dict[str, str] = {}
    for level in run.territory.zones["level"].unique().tolist():
        if level not in built_in:
            name = unique(f"territoire_{_slug(level)}", taken)
            found[level] = name.removeprefix("territoire_")
    return found


def zone_layers(run: Run) -> dict[str, str]:
    """Return what themes are drawn on: level -> layer of its zones (communes, EPCI, others)."""
    others = {level: f"territoire_{slug}" for level, slug in divisions(run).items()}
    return {str(Level.COMMUNE): COMMUNES, str(Level.EPCI): EPCI_PARTS} | others


def coverage_layers(run: Run) -> dict[tuple[str, str], str]:
    """Return the views of themes: (theme key, level) -> ``couverture_<theme>_<zones>``."""
    suffixes = {str(Level.COMMUNE): "communes", str(Level.EPCI): "epci"} | divisions(run)
    taken: set[str] = {"couverture_zones", "couverture_series", "couverture_valeurs"}
    return {
        (theme.key, level): unique(f"couverture_{_clean(theme.key)}_{suffix}", taken)
        for theme in run.themes
        for level, suffix in suffixes.items()
    }


def need_columns(run: Run, level: str) -> dict[str, tuple[str, str]]:
    """Return the columns of ``besoins_communes`` or ``besoins_epci``: indicator -> its two.

    The value, then its status. An indicator that has no value at all at that level has none.
    """
    values = run.needs.values
    rows = values[(values["level"] == level) & (values["perimeter"] == "entier")]
    known = set(rows.loc[rows["value"].notna(), "indicator"])
    taken = {"code", "nom", "fid", GEOMETRY_COLUMN, "geometry"}
    found: dict[str, tuple[str, str]] = {}
    for key in dict.fromkeys([*run.indicators, *sorted(known)]):
        if key in known:
            clean = _clean(key)
            # a layer has columns of its own under these names
            name = f"{clean}_valeur" if clean.casefold() in taken else clean
            value = unique(name, taken)
            found[key] = (value, unique(f"{clean}_statut", taken))
    return found


def score_columns(keys: Iterable[str]) -> Mapping[str, tuple[str, str, str]]:
    """Return the columns of ``scores_epci``: profile or factor -> score, rank, out of how many."""
    taken: set[str] = {"code", "nom", "fid", GEOMETRY_COLUMN, "profil_dominant"}
    return {
        key: (
            unique(f"score_{_clean(key)}", taken),
            unique(f"rang_{_clean(key)}", taken),
            unique(f"rang_sur_{_clean(key)}", taken),
        )
        for key in keys
    }


def unique(name: str, taken: set[str]) -> str:
    """Return ``name``, numbered when SQL, which ignores case, has it already; and take it."""
    rank, free = 1, name
    while free.casefold() in taken:
        rank += 1
        free = f"{name}_{rank}"
    taken.add(free.casefold())
    return free


def _clean(key: str) -> str:
    """Remove what no identifier can hold, or what would make it read as another."""
    return _CONTROL.sub("_", key) or "_"


def _slug(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c for c in bare if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_") or "decoupage"
