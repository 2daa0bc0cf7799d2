"""The baskets of the catalogue."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from cartoallier.catalogue.checking import typeset
from cartoallier.catalogue.entries import Catalogue
from cartoallier.catalogue.reading import Problem, nearest, refuse
from cartoallier.errors import CatalogueError
from cartoallier.model import Public
from cartoallier.model.basket import Basket, Family

FILE = "paniers.toml"
_KEYS = frozenset({"cle", "libelle", "public", "familles", "remarque", "source"})


def load_baskets(catalogue: Catalogue) -> tuple[Basket, ...]:
    """Load the shipped baskets.

    Args:
        catalogue: whose themes they are made of. A sensitive theme enters no basket: its share in
            an EPCI would help to find its places.

    Returns:
        In the order of the file; French texts carry their no-break spaces.

    Raises:
        CatalogueError: a key, a theme or a public is not known: the nearest valid word.
    """
    text = files("cartoallier.catalogue").joinpath(FILE).read_text(encoding="utf-8")
    return parse_baskets(text, catalogue, path=FILE)


def parse_baskets(text: str, catalogue: Catalogue, *, path: str) -> tuple[Basket, ...]:
    """Read baskets written in TOML; see :func:`load_baskets`.

    Args:
        text: of the file.
        catalogue: whose themes they are made of.
        path: how errors name the file.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"syntaxe TOML incorrecte ({error})\u202f; vérifier guillemets et crochets"
        raise CatalogueError(what, path=path) from error
    blocks = document.get("panier")
    if set(document) != {"panier"} or not isinstance(blocks, list):
        raise CatalogueError("écrire chaque panier dans un bloc [[panier]]", path=path)
    problems: list[Problem] = []
    for rank, block in enumerate(blocks, start=1):
        key = str(block.get("cle", f"panier n° {rank}"))
        problems += [
            Problem(what=what, path=path, line=None, key=key) for what in _wrong(block, catalogue)
        ]
    keys = [block.get("cle") for block in blocks]
    doubled = sorted({str(key) for key in keys if keys.count(key) > 1})
    problems += [
        Problem(what="cle écrite dans deux blocs [[panier]]", path=path, line=None, key=key)
        for key in doubled
    ]
    refuse(problems)
    return tuple(_basket(block, catalogue) for block in blocks)


def _wrong(block: dict[str, Any], catalogue: Catalogue) -> list[str]:
    """Say in French what is wrong in one block."""
    found = [
        f"clé inconnue «\u00a0{key}\u00a0»\u202f; {nearest(key, _KEYS)}"
        for key in block
        if key not in _KEYS
    ]
    found += [
        f"«\u00a0{key}\u00a0» attend un texte entre guillemets"
        for key in ("cle", "libelle")
        if not isinstance(block.get(key), str)
    ]
    # the shares of a public would need the secrecy that its coverage has
    publics = [Public.ALL.value]
    public = block.get("public", Public.ALL.value)
    if public not in publics:
        found.append(
            f"public inconnu «\u00a0{public}\u00a0»\u202f; {nearest(str(public), publics)}"
        )
    families = block.get("familles")
    if not isinstance(families, list) or len(families) < 2:
        return [*found, "«\u00a0familles\u00a0» attend au moins deux familles"]
    for family in families:
        themes = family.get("themes") if isinstance(family, dict) else None
        if not isinstance(themes, list) or not themes or set(family) != {"nom", "themes"}:
            found.append('chaque famille s\'écrit { nom = "…", themes = ["…"] }')
            continue
        found += [
            f"thème inconnu «\u00a0{theme}\u00a0»\u202f; {nearest(str(theme), catalogue.themes)}"
            for theme in themes
            if theme not in catalogue.themes
        ]
    return found


def _basket(block: dict[str, Any], catalogue: Catalogue) -> Basket:
    return Basket(
        key=block["cle"],
        label=typeset(block["libelle"]),
        families=tuple(
            Family(
                label=typeset(family["nom"]),
                themes=tuple(t for t in family["themes"] if not catalogue.themes[t].sensitive),
            )
            for family in block["familles"]
        ),
        public=Public(block.get("public", Public.ALL.value)),
        note=typeset(block.get("remarque", "")),
        source=typeset(block.get("source", "")),
    )
