"""Lists that are secret as a whole: no row of theirs is shown, however harmless it looks.

A dump of the SIAO, a list of emergency shelters or of shelters for women victims of violence
(FORMATS §6.5, DOMAIN §5.4) is known by its columns, its titles or its file's name, or by what
most of its rows are. A row there that says nothing (« Les Glycines ») is one of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import ZIP, Rows, header_of, read_bytes, read_sheets, read_start
from cartoallier.supply import cells
from cartoallier.supply.geofiles import read_start_bytes
from cartoallier.supply.marks import plain

SECRET_PRODUCERS = frozenset({"siao", "si-siao", "si_siao"})
"""Producers of data·inclusion (older dumps) all records of which are secret."""

WHOLE_LIST = "liste à adresses protégées dans son ensemble"
ACTION = (
    "aucun de ses lieux n'est situé ni nommé ; ceux qui reçoivent du public peuvent être donnés "
    "dans un autre fichier"
)
BY_COLUMNS = "colonnes d'un extrait du SI-SIAO"
BY_TITLE = "le nom du fichier ou son titre le dit"
BY_ROWS = "la plupart de ses lignes le sont"

_SIAO_COLUMNS = frozenset(
    {
        "structure partagee", "structure ephemere", "affectation directe des places",
        "places variables", "validation automatique", "participation financiere nuit",
        "cout nuit", "financement p177", "nombre de places financees", "admission directe",
        "syplo", "entitee gestionnaire", "entite gestionnaire", "capacite theorique totale",
        "nombre total de places fermees", "capacite disponible totale",
        "capacite ouverte totale", "nombre de places occupees",
    }
)  # fmt: skip
_ENOUGH = 3
_SAYS = re.compile(
    r"\bsiao\b|\bhebergements? (?:d )?urgence\b|\bviolences?\b|\bfemmes? victimes?\b"
    r"|\bmises? a l abri\b"
)
_WHAT = re.compile(r"^(?:nom|structure|source|origine|dispositif|type|categorie|nature|porteur)")
"""Columns that say what a row is; others may speak of shelters without being one."""
_FEWEST = 3
"""Rows that say it from which « most of them » means something."""
_TOP = 60


def why_secret(rows: Rows, *, path: Path | None = None) -> str:
    """Return why a whole list is secret, in French, ``""`` when nothing says it is.

    Args:
        rows: the table, under its own column names.
        path: the file, whose name and titles are read too.
    """
    names = {plain(header) for header in rows.header}
    if len(names & _SIAO_COLUMNS) >= _ENOUGH:
        return BY_COLUMNS
    if path is not None and any(map(_says, (path.stem, *_titles(path, header=rows.header)))):
        return BY_TITLE
    about = [rows.parse(name, _says) for name in rows.header if _WHAT.match(plain(name))]
    return BY_ROWS if _most(map(any, zip(*about, strict=True))) else ""


def hidden_with_most(frame: pd.DataFrame, secret: pd.Series) -> bool:
    """Return whether most of the records of a list are shelters."""
    return len(frame) > 0 and _most(secret.tolist())


def _says(text: object) -> bool:
    return bool(_SAYS.search(plain(cells.text(text))))


def _most(answers: Iterable[bool]) -> bool:
    told = list(answers)
    return sum(told) >= _FEWEST and sum(told) > len(told) / 2


def _titles(path: Path, *, header: tuple[str, ...]) -> list[str]:
    """Return the cells above the header of a table, and its sheet's name."""
    try:
        sheets = (
            read_sheets(read_bytes(path, file=path.name), file=path.name, limit=_TOP)
            if read_start_bytes(path).startswith(ZIP)
            else {"": read_start(path, file=path.name)}
        )
    except SourceError:
        return []  # a document or a GeoPackage has no title
    found: list[str] = []
    for name, grid in sheets.items():
        if header_of(grid) != header:
            continue
        above = [" ".join(" ".join(cell.split()) for cell in row if cell.strip()) for row in grid]
        first = header[0]
        top = next((i for i, row in enumerate(grid) if first in map(str.strip, row)), 0)
        found += [name, *above[:top]]
    return found
