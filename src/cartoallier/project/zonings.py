"""The blocks ``[[zonage]]`` of a project: special territories shown over the maps.

A zoning is always declared: no folder is looked into, since nothing in a file says which policy
its polygons are of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cartoallier.project.dropping import relative
from cartoallier.project.keys import Keys

KEYS = ("nom", "fichier", "couche", "colonnes", "millesime")
"""Keys of a ``[[zonage]]``."""
COLUMNS = ("code_insee", "code", "nom")
"""What ``colonnes`` may name: the commune, the code and the name of the special territory."""


@dataclass(frozen=True, kw_only=True)
class ZoningSource:
    """One declared zoning.

    Attributes:
        name: of the zoning, as maps print it.
        path: where its file is.
        file: how the project names the file (relative to the project's folder).
        layer: of a file of several, ``""``: the only one.
        columns: one of :data:`COLUMNS` -> the file's; guessed when absent.
        vintage: year of the zoning, ``""`` when not declared.
    """

    name: str
    path: Path
    file: str
    layer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    vintage: str = ""


def read_zonings(root: Keys, folder: Path) -> tuple[ZoningSource, ...]:
    """Read the zonings of a project.

    Args:
        root: the project file.
        folder: what its paths are relative to.

    Raises:
        ProjectError: an unknown key, a wrong value, a missing file, two zonings of one name.
    """
    found: list[ZoningSource] = []
    for block in root.blocks("zonage", KEYS):
        name = " ".join(block.require("nom").split())
        if not name:
            raise block.fail("nom", "cette clé est obligatoire")
        if any(name.casefold() == one.name.casefold() for one in found):
            raise block.fail("nom", f"deux zonages s’appellent « {name} » ; changez un des noms")
        path = block.required_path("fichier", folder)
        found.append(
            ZoningSource(
                name=name,
                path=path,
                file=relative(path, folder),
                layer=block.text("couche") or "",
                columns=block.mapping("colonnes", COLUMNS),
                vintage=block.year("millesime"),
            )
        )
    return tuple(found)
