"""The door of the catalogue: shipped files, then the user's."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from cartoallier.catalogue.building import build
from cartoallier.catalogue.entries import Catalogue
from cartoallier.catalogue.keys import ENTRIES
from cartoallier.catalogue.reading import read_entries
from cartoallier.errors import CatalogueError

SHIPPED = (
    "sources.toml",
    "formats.toml",
    "seuils.toml",
    "indicateurs.toml",
    "profils.toml",
    "facteurs.toml",
    "responsables.toml",
    "themes/axe1.toml",
    "themes/axe2.toml",
    "themes/axe3.toml",
    "themes/axe4.toml",
)
"""Files of the shipped catalogue, in the order entries are shown."""


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """Load the shipped catalogue and, over it, the user's own.

    Args:
        extra: a TOML file with ``[[theme]]``, ``[[seuil]]``, ``[[indicateur]]``, ``[[profil]]``,
            ``[[facteur]]``, ``[[source]]`` and ``[[responsable]]`` blocks. A block whose
            ``cle`` is known replaces the shipped one in its place, whole; others are added at
            the end. Rules of who answers are tried in order: the user's come before the shipped
            ones.

    Returns:
        The catalogue; French texts carry their no-break spaces.

    Raises:
        CatalogueError: a file cannot be read or an entry is wrong: the file, the entry's line
            and key, and the nearest valid word.
    """
    folder = files("cartoallier.catalogue")
    entries = [
        entry
        for name in SHIPPED
        for entry in read_entries(folder.joinpath(name), path=name, kinds=ENTRIES)
    ]
    if extra is not None:
        # Format names belong to readers: a file cannot add one.
        kinds = [kind for kind in ENTRIES if kind != "format"]
        own = read_entries(Path(extra), path=str(extra), kinds=kinds)
        first = {entry.key: entry for entry in own if entry.kind == "responsable"}
        shelf = [e for e in entries if e.kind != "responsable" or e.key not in first]
        entries = [*first.values(), *shelf, *(e for e in own if e.kind != "responsable")]
    return build(entries)


def shipped(name: str) -> Path:
    """Return the path of a file shipped with the package.

    Args:
        name: under ``cartoallier/data`` (``needs/rp2021_communes.parquet``).

    Raises:
        CatalogueError: it is not there: the installation is incomplete.
    """
    path = Path(str(files("cartoallier").joinpath("data", name)))
    if not path.exists():
        what = "fichier livré introuvable\u202f; réinstaller cartoallier"
        raise CatalogueError(what, path=f"cartoallier:{name}")
    return path
