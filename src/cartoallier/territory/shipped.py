"""The shipped geography (``data/geo``), read as frames; see its README for the fields."""

from __future__ import annotations

import difflib
import importlib.resources
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq

from cartoallier.errors import TerritoryError
from cartoallier.model import Passage

CITIES = ("13055", "69123", "75056")
"""Marseille, Lyon and Paris: their origins are their arrondissements."""

_OTHER_COLLECTIVITIES = {
    "975": "Saint-Pierre-et-Miquelon",
    "977": "Saint-Barthélemy",
    "978": "Saint-Martin",
    "984": "les Terres australes et antarctiques françaises",
    "986": "Wallis-et-Futuna",
    "987": "la Polynésie française",
    "988": "la Nouvelle-Calédonie",
    "989": "l'île de Clipperton",
}


@dataclass(frozen=True, kw_only=True)
class Departement:
    """One of the 101 départements.

    Attributes:
        code: ``"03"``, ``"2A"``, ``"974"``.
        name: French name.
        epsg: legal projection.
        bounds: west, south, east, north in degrees.
    """

    code: str
    name: str
    epsg: int
    bounds: tuple[float, float, float, float]


@contextmanager
def _shipped(name: str) -> Iterator[Path]:
    resource = importlib.resources.files("cartoallier") / "data" / "geo" / name
    with importlib.resources.as_file(resource) as path:
        yield path


def _csv(name: str) -> pd.DataFrame:
    with _shipped(name) as path:
        return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def departements() -> dict[str, Departement]:
    """Return the 101 départements by code."""
    table = _csv("departements.csv")
    return {
        row["code"]: Departement(
            code=row["code"],
            name=row["name"],
            epsg=int(row["epsg"]),
            bounds=(
                float(row["west"]),
                float(row["south"]),
                float(row["east"]),
                float(row["north"]),
            ),
        )
        for row in table.to_dict("records")
    }


def departement(code: str) -> Departement:
    """Return one département.

    Raises:
        TerritoryError: the code is not one of the 101; the message gives the nearest ones.
    """
    known = departements()
    if code in known:
        return known[code]
    if code in _OTHER_COLLECTIVITIES:
        raise TerritoryError(
            f"« {code} » désigne {_OTHER_COLLECTIVITIES[code]}, qui n'est pas un département : "
            "cartoallier ne couvre que les 101 départements."
        )
    by_name = {d.name.casefold(): d.code for d in known.values()}
    wanted = code.strip()
    likely = [wanted.upper(), wanted.zfill(2), wanted[:2]] if wanted else []
    likely += [f"{wanted}A", f"{wanted}B"]
    close = difflib.get_close_matches(wanted.casefold(), list(by_name), n=2, cutoff=0.75)
    likely += [by_name[name] for name in close]
    likely += difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.6)
    found = [c for c in dict.fromkeys(likely) if c in known][:3]
    nearest = ", ".join(f"« {c} » ({known[c].name})" for c in found)
    advice = f"vouliez-vous dire {nearest} ?" if found else "écrivez par exemple « 03 » ou « 2A »."
    raise TerritoryError(f"le département « {code} » n'existe pas ; {advice}")


def zone_names(kind: str) -> dict[str, str]:
    """Return code -> name of every zone of a kind: ``epci`` or ``arrondissements``."""
    table = _csv(f"{kind}.csv")
    return dict(zip(table["code"], table["name"], strict=True))


def commune_index() -> pd.DataFrame:
    """Return every commune of the 101 départements, without its polygon.

    Returns:
        Index ``code``; ``name``, ``departement_code``, ``epci_code`` (may be missing).
    """
    with _shipped("communes.parquet") as path:
        table = pq.read_table(path, columns=["code", "name", "departement_code", "epci_code"])
    columns = {name: table[name].to_pylist() for name in table.column_names}
    return pd.DataFrame(columns, dtype="str").set_index("code")


def commune_names() -> pd.Series[str]:
    """Return the name of every current commune, index = its code (COG 2026)."""
    return commune_index()["name"]


def communes(departement_codes: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the communes of some départements, EPSG:4326, index ``code``.

    Columns are those of ``communes.parquet``; ``geometry`` is ``None`` where ``outline`` is
    ``absent``.
    """
    with _shipped("communes.parquet") as path:
        frame = gpd.read_parquet(
            path, filters=[("departement_code", "in", sorted(departement_codes))]
        )
    return frame.set_index("code")


def municipal_arrondissements(commune_codes: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the arrondissements of Paris, Lyon or Marseille, EPSG:4326, index ``code``."""
    with _shipped("arrondissements_municipaux.parquet") as path:
        frame = gpd.read_parquet(path, filters=[("commune_code", "in", sorted(commune_codes))])
    return frame.set_index("code")


def load_passage() -> Passage:
    """Return what every old or current commune code became in COG 2026.

    Old codes, communes déléguées and associées, arrondissements of Paris, Lyon and Marseille
    are known; codes of communes that were split have several successors.

    Source: INSEE COG 2026 (npm ``@etalab/decoupage-administratif`` 6.0.0) and the hand-kept
    ``scissions.toml``.
    """
    successors: dict[str, tuple[str, ...]] = {code: (code,) for code in commune_index().index}
    table = _csv("passage.csv")
    changed: dict[str, list[str]] = {}
    for old, new in zip(table["old_code"], table["new_code"], strict=True):
        changed.setdefault(old, []).append(new)
    successors.update({old: tuple(sorted(new)) for old, new in changed.items()})
    return Passage(successors)
