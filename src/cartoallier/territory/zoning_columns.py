"""The columns of a zoning's file: told by the project, or those of the official files.

Layouts met: QPV 2024 (``code_qp``, ``lib_qp``, ``insee_com``) and 2015 (``CODE_QP``, ``NOM_QP``);
FRR (``Code_insee``, ``Commune``, « Classement FRR et FRR+ au 10 juillet 2025 »); ZRR (``CODGEO``,
``LIBGEO``, ``ZRR_SIMP``, ``ZONAGE_ZRR``); CRTE (``insee_com``, ``id_crte``, ``lib_crte``);
Territoires d’industrie (``insee_com``, ``id_ti``, ``lib_ti``); and ours, that of ``[[decoupage]]``
(``code_insee``, ``code``, ``nom``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows
from cartoallier.model.french import typeset

COMMUNE = (
    "code_insee", "insee_com", "codgeo", "code_commune", "code_insee_commune", "insee_commune",
    "code_com", "depcom", "insee", "com", "code_geo", "code_geographique",
)  # fmt: skip
"""Names of the commune code, folded, the most explicit first; ``code`` only when none is there."""
AREA_CODE = (
    "code_qp", "code_qpv", "id_crte", "id_ti", "code_frr", "code_zonage", "id_zonage",
    "code_territoire", "id_territoire", "code",
)  # fmt: skip
AREA_NAME = (
    "lib_qp", "nom_qp", "lib_qpv", "nom_qpv", "lib_crte", "lib_ti", "lib_frr", "nom_zonage",
    "lib_zonage", "nom_territoire", "lib_territoire",
)  # fmt: skip
LOOSE_NAMES = ("nom", "libelle", "lib", "name")
"""Names of a polygon; in a table of communes they may well be the commune's own."""
_CLASS = re.compile(r"zrr_simp|zonage_zrr|classement\w*|frr|zrr|frr_\d+|zrr_\d+")
_OUT = re.compile(
    r"(0|n|non|nc|faux|false)|nc\b.*|(commune )?non (class|concern|beneficiair|eligib).*"
)
_IN = re.compile(r"1|o|oui|x|vrai|true")
_YEAR = re.compile(r"(?<!\d)(?<!cog)(?<!cog[ _-])(20\d\d)(?:[01]\d[0-3]\d)?(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The file's own names of what is read, ``""`` where there is none.

    Attributes:
        commune: code of the commune.
        code: code of the special territory.
        name: its name, or the class of the commune.
        classes: ``name`` holds classes (« FRR socle », « Non classée »), not territories.
    """

    commune: str = ""
    code: str = ""
    name: str = ""
    classes: bool = False


def columns_of(
    header: Sequence[str],
    told: Mapping[str, str],
    *,
    file: str,
    polygons: bool,
) -> Columns:
    """Return the columns of a file.

    Args:
        header: names in the file.
        told: ``code_insee``, ``code`` or ``nom`` -> the file's; the others are guessed.
        file: its name, for messages.
        polygons: a name of any kind is that of the polygon.

    Raises:
        SourceError: a column told is not there.
    """
    for key, name in told.items():
        if name not in header:
            raise SourceError(
                typeset(
                    f"la colonne « {name[:80]} » manque ; colonnes lues : "
                    + ", ".join(one[:40] for one in header[:12])
                ),
                path=file,
                key=f"colonnes.{key}",
            )
    folded: dict[str, str] = {}
    for name in header:
        folded.setdefault(fold(name), name)

    def first(names: Sequence[str], taken: Sequence[str] = ()) -> str:
        return next(
            (folded[one] for one in names if one in folded and folded[one] not in taken), ""
        )

    code = told.get("code", "")
    name = told.get("nom", "")
    commune = told.get("code_insee") or first(COMMUNE, (code, name))
    if not commune and not polygons:
        commune = first(("code",), (code, name))
    code = code or first(AREA_CODE, (commune, name))
    name = name or first(AREA_NAME, (commune, code))
    if not name and (polygons or code):
        name = first(LOOSE_NAMES, (commune, code))
    classes = not code and not name and not polygons
    if classes:
        name = next((folded[one] for one in folded if _CLASS.fullmatch(one)), "")
    return Columns(commune=commune, code=code, name=name, classes=classes and bool(name))


def is_out(value: str) -> bool:
    """Return whether a class says that its commune is out of the zoning (« Non classée »)."""
    return not value or bool(_OUT.fullmatch(_words(value)))


def is_flag(value: str) -> bool:
    """Return whether a class only says that its commune is in the zoning (« oui », « 1 »)."""
    return bool(_IN.fullmatch(_words(value)))


def fold(name: str) -> str:
    """Return a column's name in lower case, without accents, words joined by ``_``."""
    return _words(name).replace(" ", "_")


def year_of(*texts: str) -> str:
    """Return the latest year that a header or a file's name bears, ``""`` without one.

    That of a list of communes (``cog2021``) is not that of the zoning.
    """
    for text in texts:
        if years := _YEAR.findall(text.casefold()):
            return str(max(years))
    return ""


def file_stem(file: str) -> str:
    """Return the name of a file without its folder and its extension."""
    return Path(file).stem


def texts_of(rows: Rows, column: str) -> list[str]:
    """Return the cells of a column of a table, ``""`` where there is nothing."""
    return [str(cell).strip() if cell is not None else "" for cell in rows.column(column)]


def cell_of(frame: gpd.GeoDataFrame, number: int, column: str) -> str:
    """Return the text of a feature in a column, ``""`` where there is nothing."""
    if not column:
        return ""
    value: Any = frame.at[number, column]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a shapefile may store codes as decimal numbers
    return "" if value is None or pd.isna(value) else str(value).strip()


def _words(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()
