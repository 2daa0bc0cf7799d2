"""``[[decoupage]]``: a level of the project's own (UTAS, bassins…), from a CSV."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from cartoallier.errors import TerritoryError
from cartoallier.model import Level, Passage
from cartoallier.territory.tables import read_text_table

COLUMNS = ("code_insee", "code", "nom")


@dataclass(frozen=True, kw_only=True)
class Division:
    """An additional level named by the project.

    Attributes:
        name: name of the level, as every table and map prints it (``UTAS``).
        path: CSV with columns ``code_insee`` (commune), ``code`` and ``nom`` (of the zone).
    """

    name: str
    path: Path


def _folded(name: str) -> str:
    bare = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).strip()


def check_names(divisions: Sequence[Division]) -> None:
    """Refuse names that are empty, taken twice, or those of a built-in level.

    Raises:
        TerritoryError: naming the level and the rule.
    """
    taken = {_folded(level.value) for level in Level}
    for division in divisions:
        folded = _folded(division.name)
        if not folded:
            raise TerritoryError("un découpage doit avoir un nom.", path=division.path)
        if folded in taken:
            raise TerritoryError(
                f"le nom de découpage « {division.name} » est déjà pris ; "
                "choisissez-en un autre que commune, epci, arrondissement ou departement.",
                path=division.path,
            )
        taken.add(folded)


def read_division(
    division: Division, *, passage: Passage, inside: pd.Index[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the zones of a division and their members, within the département.

    Old commune codes are followed to current ones. Communes of other départements only make
    the zone ``partie``; communes of the département the file does not list are in no zone.

    Args:
        division: what to read.
        passage: old codes to current ones.
        inside: codes of the communes of the département.

    Returns:
        Zones (index ``zone``; level, code, name, perimeter) sorted by code, and members (zone,
        commune_code).

    Raises:
        TerritoryError: file, line and column of what cannot be used.
    """
    rows, _ = read_text_table(division.path, COLUMNS)
    here = set(inside)
    names: dict[str, str] = {}
    held: dict[str, str] = {}
    straddling: set[str] = set()

    columns = (rows[column] for column in COLUMNS)
    for line, *cells in zip(rows.index, *columns, strict=True):
        refuse = partial(TerritoryError, path=division.path, line=int(line))
        commune, code, name = cells
        for column, value in zip(COLUMNS, cells, strict=True):
            if not value:
                raise refuse("la case est vide.", key=column)
        try:
            successor = _successor(commune, passage)
        except ValueError as error:
            raise refuse(str(error), key="code_insee") from None
        if names.setdefault(code, name) != name:
            raise refuse(
                f"le code « {code} » porte deux noms : « {names[code]} » et « {name} ».", key="nom"
            )
        if successor not in here:
            straddling.add(code)
        elif held.setdefault(successor, code) != code:
            raise refuse(
                f"la commune « {successor} » est dans deux zones : « {held[successor]} » "
                f"et « {code} ».",
                key="code_insee",
            )
    if not held:
        raise TerritoryError(
            f"aucune commune du département dans le découpage « {division.name} ».",
            path=division.path,
        )
    kept = sorted(set(held.values()))
    zones = pd.DataFrame(
        {
            "level": division.name,
            "code": kept,
            "name": [names[code] for code in kept],
            "perimeter": ["partie" if code in straddling else "entier" for code in kept],
        },
        index=pd.Index([f"{division.name}:{code}" for code in kept], name="zone"),
    )
    pairs = sorted((f"{division.name}:{code}", commune) for commune, code in held.items())
    return zones, pd.DataFrame(pairs, columns=["zone", "commune_code"])


def _successor(commune: str, passage: Passage) -> str:
    current = passage.current(commune)
    if commune in current:
        # A code that is current again after a split stands for itself: the file is of today.
        return commune
    if len(current) == 1:
        return current[0]
    if current:
        raise ValueError(
            f"« {commune} » a été scindée ; écrivez les codes actuels : {', '.join(current)}."
        )
    raise ValueError(f"« {commune} » n'est pas un code de commune connu (cinq caractères, texte).")
