"""The files of needs of a project: ``[[besoin]]`` blocks, or what the ``besoin`` folder holds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cartoallier.catalogue import Catalogue, Use
from cartoallier.errors import ProjectError
from cartoallier.project.dropping import dropped, numbered, relative
from cartoallier.project.keys import Keys

NEEDS_FOLDER = "besoin"

AUTO, TABLE, PANORAMA = "auto", "tableau", "panorama"
"""Formats that keys of a block speak of."""

KEYS = ("fichier", "format", "colonnes", "feuille", "millesime", "cog", "correspondance")
"""Keys of a ``[[besoin]]``."""


@dataclass(frozen=True, kw_only=True)
class NeedSource:
    """One declared or dropped file of need indicators.

    Attributes:
        path: where it is.
        name: how the project names it (relative to the project's folder).
        format: catalogue name of the format, ``auto`` when nothing was declared.
        columns: ``code``, ``nom`` or the id of an indicator -> name of the file's column.
        sheet: the only sheet to read, ``""``: all.
        vintage: year of the figures, ``""`` when not declared.
        cog: year of its commune codes, ``""`` when not declared.
        mapping: the correspondence of a panorama, ``None`` without one.
    """

    path: Path
    name: str
    format: str = AUTO
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    vintage: str = ""
    cog: str = ""
    mapping: Path | None = None


def read_needs(
    root: Keys, folder: Path, catalogue: Catalogue
) -> tuple[tuple[NeedSource, ...], tuple[str, ...]]:
    """Return the files of needs, and the names of correspondences left as they were made.

    Without any block, every file of the ``besoin`` folder is read; a correspondence is that of
    the file of the same name (``panorama.toml``, ``panorama.xlsx``).

    Args:
        root: the project file.
        folder: what its paths are relative to.
        catalogue: indicators and formats.

    Raises:
        ProjectError: an unknown key, a wrong value, a missing file, a correspondence that is no
            file's.
    """
    blocks = root.blocks("besoin", KEYS)
    if not blocks:
        return _dropped(folder)
    sources = [_declared(block, folder, catalogue) for block in blocks]
    names = numbered(source.name for source in sources)
    told = (replace(source, name=name) for source, name in zip(sources, names, strict=True))
    return tuple(told), ()


def _declared(block: Keys, folder: Path, catalogue: Catalogue) -> NeedSource:
    columns = block.mapping("colonnes", ["code", "nom", *catalogue.indicators])
    mapping = block.path("correspondance", folder)
    path = block.required_path("fichier", folder)
    return NeedSource(
        path=path,
        name=relative(path, folder),
        format=_format(block, catalogue, columns=bool(columns), mapping=mapping is not None),
        columns=columns,
        sheet=block.text("feuille") or "",
        vintage=block.year("millesime"),
        cog=block.year("cog"),
        mapping=mapping,
    )


def _format(block: Keys, catalogue: Catalogue, *, columns: bool, mapping: bool) -> str:
    """Return the format, which a mapping of columns or a correspondence settles."""
    form = block.word("format", catalogue.format_names(Use.NEED)) or AUTO
    for key, given, meant in (
        ("colonnes", columns, TABLE),
        ("correspondance", mapping, PANORAMA),
    ):
        if given and form not in {AUTO, meant}:
            raise block.fail(
                key,
                f"cette clé ne sert qu’au format «\u00a0{meant}\u00a0», pas à «\u00a0{form}\u00a0»",
            )
        form = meant if given else form
    if form not in catalogue.format_names(Use.NEED, readable=True):
        block.not_yet(
            "format" if "format" in block.content else "fichier",
            f"le format «\u00a0{form}\u00a0» n’est pas encore lu par cette version",
        )
    return form


def _dropped(folder: Path) -> tuple[tuple[NeedSource, ...], tuple[str, ...]]:
    files = dropped(folder / NEEDS_FOLDER)
    tables = [path for path in files if path.suffix.lower() != ".toml"]
    mappings = {path.stem.casefold(): path for path in files if path not in tables}
    untouched = [stem for stem, path in mappings.items() if _is_untouched(path)]
    used = {stem: path for stem, path in mappings.items() if stem not in untouched}
    for stem, path in used.items():
        if all(table.stem.casefold() != stem for table in tables):
            raise ProjectError(
                "cette correspondance n’est celle d’aucun fichier du dossier\u202f; donnez-lui le "
                "nom de son classeur",
                path=path,
            )
    sources = [
        NeedSource(
            path=path,
            name=relative(path, folder),
            format=PANORAMA if path.stem.casefold() in used else AUTO,
            mapping=used.get(path.stem.casefold()),
        )
        for path in tables
    ]
    return tuple(sources), tuple(relative(mappings[stem], folder) for stem in untouched)


def _is_untouched(path: Path) -> bool:
    """Return whether a correspondence says nothing yet: every line is a comment."""
    try:
        return not tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError):
        return False  # its reader says what is wrong
