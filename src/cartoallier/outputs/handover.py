"""``README_SIG.md``: what a GIS technician needs to know of the GeoPackage, French.

It reads the GeoPackage that was just written: what it says is what is in it.
"""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jinja2

from cartoallier.errors import OutputError
from cartoallier.model import Run, Theme
from cartoallier.model.french import day, listed, number, quantity, typeset
from cartoallier.outputs.formats import FOLDER, LABELS
from cartoallier.outputs.geopackage.columns import (
    NEED_LAYERS,
    SCORES,
    Column,
    Dictionary,
    dictionary,
)
from cartoallier.outputs.geopackage.contents import FICTION, NOTICE
from cartoallier.outputs.geopackage.domains import STATUSES
from cartoallier.outputs.geopackage.metadata import UNLICENSED
from cartoallier.outputs.geopackage.names import FILE_NAME

README = "README_SIG.md"
LINES = 300
"""Of the file, at most, with the themes of the catalogue: indicators give way."""
_PROJECT = "cartoallier.qgz"
_CLASSES = "tableaux/classes.csv"
_TABLES = tuple(f"tableaux/{name}.csv" for name in ("offre", "fiabilite", "couverture", "besoins"))
_KEPT = "cartoallier-modifie-AAAA-MM-JJ.gpkg"
_SHAPES = {"MULTIPOLYGON": "surfaces", "POINT": "points", "": "table"}
_NAMES = {
    "territoire_decoupage": "territoire_<découpage>",
    "couverture_communes": "couverture_<thème>_communes",
    "couverture_epci": "couverture_<thème>_epci",
    "couverture_decoupage": "couverture_<thème>_<découpage>",
}
"""Kind of layer -> how its name is written."""
_THEMED = {
    "couverture_communes": "Mesures d’un thème par commune",
    "couverture_epci": "Mesures d’un thème par EPCI",
    "couverture_decoupage": "Mesures d’un thème par zone d’un découpage du projet",
}
_FAMILIES = (
    ("Territoires", ("territoire_",)),
    ("", ("origines", "services", "isochrones", "zonages")),
    ("Couverture", ("couverture",)),
    ("", ("besoins", "scores")),
)
"""Title -> how the layers it is about begin; without one, those that are there make it."""
_MANY = 5
"""Layers named beside a column; beyond, it is in most."""


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """One layer of the file."""

    name: str
    title: str
    shape: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What stands in the GeoPackage.

    Attributes:
        layers: in the order of the file.
        styles: (layer, style, default).
        layouts: of the project that is in it.
        documented: it has metadata.
    """

    layers: tuple[_Layer, ...]
    styles: tuple[tuple[str, str, bool], ...]
    layouts: tuple[str, ...]
    documented: bool


def write_handover(run: Run, folder: Path) -> Path:
    """Write ``README_SIG.md`` beside the GeoPackage that stands in ``folder``.

    Call it last: it tells of the project, the classes and the other formats that are there.

    Raises:
        OutputError: the GeoPackage is not there, or the file cannot be written.
    """
    path = folder / README
    try:
        if not (folder / FILE_NAME).is_file():
            raise OutputError("le GeoPackage manque : écrivez-le d’abord", path=FILE_NAME)
        path.write_text(readme(run, folder), encoding="utf-8", newline="\n")
    except sqlite3.Error as error:
        raise OutputError("le GeoPackage ne peut pas être relu", path=FILE_NAME) from error
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            typeset("ce fichier ne peut pas être écrit ; vérifiez la place et les droits"),
            path=README,
        ) from error
    return path


def readme(run: Run, folder: Path) -> str:
    """Return the text of ``README_SIG.md`` for the GeoPackage that stands in ``folder``."""
    found = _content(run, folder)
    text = _rendered(found)
    spare = LINES - len(text.splitlines())
    listed = found["indicators"]
    if spare < 0 and listed:
        kept = max(len(listed) + spare - 2, 0)
        more = len(listed) - kept
        text = _rendered(found | {"indicators": listed[:kept], "more_indicators": more})
    return text


def _rendered(content: Mapping[str, Any]) -> str:
    return typeset(_template().render(content))


def _content(run: Run, folder: Path) -> dict[str, Any]:
    read, words = _open(folder / FILE_NAME), dictionary(run)
    suffixes = {path.suffix.removeprefix(".") for path in sorted((folder / FOLDER).glob("*.*"))}
    crs = run.territory.crs
    authority = ":".join(crs.to_authority() or ())
    names = {layer.name for layer in read.layers}
    return {
        "file": FILE_NAME,
        "notice": NOTICE,
        "fiction": FICTION if run.demonstration else "",
        "place": f"{_cell(run.territory.departement_name)} ({run.territory.departement_code})",
        "dated": run.date_words or f"au {day(run.date)}",
        "version": run.version,
        "project_file": _PROJECT if (folder / _PROJECT).is_file() else "",
        "also": [
            words
            for words, there in (
                ("styles QGIS", read.styles),
                ("métadonnées ISO 19115", read.documented),
                ("projet QGIS", read.layouts),
            )
            if there
        ],
        "example": _cell(next((theme.code for theme in run.themes), "")),
        "layouts": [_cell(name) for name in read.layouts],
        "layers": _layers(read, words),
        "themes": [_theme(run, theme) for theme in run.themes],
        "tables": _beside(folder),
        "outside": _outside(folder / FILE_NAME),
        "families": _families(read, words),
        "indicators": _indicators(words),
        "more_indicators": 0,
        "scores": [
            _column(column, "") for column in words.own(SCORES) if column.name.startswith("score_")
        ],
        "projection": _cell(f"{crs.name} ({authority})" if authority else crs.name),
        "statuses": tuple(STATUSES.items()),
        "generalised": _counted(run, "services_generalises" in names),
        "classes": _CLASSES if (folder / _CLASSES).is_file() else "",
        "styles": _styles(read, words),
        "kept": _KEPT,
        "formats": " ; ".join(words for suffix, words in LABELS.items() if suffix in suffixes),
        "formats_folder": f"{FOLDER}/",
        "method": _cell(run.method) or "Voir les métadonnées de chaque couche.",
        "sources": [
            {"label": _cell(label), "licence": _cell(licence or UNLICENSED)}
            for label, licence in dict.fromkeys((s.label, s.licence) for s in run.sources)
        ],
        "odbl": any("odbl" in source.licence.casefold() for source in run.sources),
    }


def _counted(run: Run, there: bool) -> str:
    """Say where protected places are counted: by zones that have two of them at least."""
    if there:
        return (
            " ; `services_generalises` les compte par zone, sans les situer ; une zone qui en a "
            "moins de deux n’y a pas de ligne"
        )
    hidden = bool(run.services.records["confidential"].any())
    return " ; trop peu nombreux ici, aucune couche ne les compte à part" if hidden else ""


def _beside(folder: Path) -> str:
    """Return the tables that columns name, when they stand beside the file."""
    there = [name for name in _TABLES if (folder / name).is_file()]
    return "`, `".join(there) if len(there) == len(_TABLES) else ""


def _outside(path: Path) -> list[str]:
    """Say how many points do not join a commune of the file: elsewhere, or of none known."""
    found = []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        for layer in ("services", "origines"):
            out, none = base.execute(
                "SELECT coalesce(sum(code_commune <> '' AND code_commune NOT IN "  # noqa: S608
                "(SELECT code FROM territoire_communes)), 0), "
                f"coalesce(sum(coalesce(code_commune, '') = ''), 0) FROM {layer}"
            ).fetchone()
            found.append(
                f"`{layer}` : {number(out)} ligne(s) ont un `code_commune` hors du département, "
                "sans ligne dans `territoire_communes`"
                + (f" ; {number(none)} n’en ont pas." if none else ".")
            )
    return found


def _open(path: Path) -> _Read:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        rows = base.execute(
            "SELECT c.table_name, c.identifier, coalesce(g.geometry_type_name, ''), "
            "coalesce(o.feature_count, 0) FROM gpkg_contents c "
            "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
            "LEFT JOIN gpkg_ogr_contents o ON o.table_name = c.table_name "
            "WHERE c.table_name <> 'layer_styles' ORDER BY c.rowid"
        ).fetchall()
        tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
        return _Read(
            layers=tuple(
                _Layer(
                    name=name,
                    title=title,
                    shape=shape,
                    rows=rows_,
                    columns=tuple(
                        column
                        for (column,) in base.execute(
                            "SELECT name FROM pragma_table_info(?)", (name,)
                        )
                    ),
                )
                for name, title, shape, rows_ in rows
            ),
            styles=tuple(
                (layer, style, bool(default))
                for layer, style, default in base.execute(
                    "SELECT f_table_name, styleName, useAsDefault FROM layer_styles ORDER BY id"
                )
            )
            if "layer_styles" in tables
            else (),
            layouts=tuple(_layouts(base)) if "qgis_projects" in tables else (),
            documented="gpkg_metadata" in tables,
        )


def _layouts(base: sqlite3.Connection) -> Iterator[str]:
    """Yield the names of the layouts of the projects in the file."""
    for (content,) in base.execute("SELECT content FROM qgis_projects ORDER BY name"):
        with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content))) as packed:
            for name in packed.namelist():
                if name.endswith(".qgs"):
                    root = ET.fromstring(packed.read(name))  # noqa: S314 (we wrote it)
                    yield from (layout.get("name", "") for layout in root.iter("Layout"))


def _layers(read: _Read, words: Dictionary) -> list[dict[str, str]]:
    """Return the layers, those of themes told once for them all."""
    found: dict[str, dict[str, str]] = {}
    count: dict[str, set[int]] = {}
    for layer in read.layers:
        kind = words.kind(layer.name)
        themed = _THEMED.get(kind.name)
        name = _NAMES[kind.name] if themed else layer.name
        count.setdefault(name, set()).add(layer.rows)
        summary = "Un thème par couche ; ses clés sont ci-dessous." if themed else ""
        found[name] = {
            "name": _code(name),
            "geometry": _SHAPES.get(layer.shape, layer.shape.lower()),
            "rows": number(layer.rows) if len(count[name]) == 1 else "variable",
            "title": _cell(themed or layer.title),
            "summary": _cell(summary or words.words(layer.name)[1]),
        }
    return list(found.values())


def _theme(run: Run, theme: Theme) -> dict[str, str]:
    thresholds = run.coverages[theme.key].table["seuil_min"].dropna()
    summary = run.summaries[theme.key]
    sensitive = " (thème sensible)" if theme.key in run.sensitive else ""
    return {
        "key": _code(theme.key),
        "title": _cell(f"{theme.code} {theme.title}{sensitive}"),
        "threshold": "–" if thresholds.empty else quantity(float(thresholds.iloc[0]), "min"),
        "need": _cell(summary.need_title) or "aucun fourni",
    }


def _families(read: _Read, words: Dictionary) -> list[dict[str, Any]]:
    """Return the columns by family of layers: each meaning once, where it is first met."""
    met: dict[tuple[str, str], dict[str, None]] = {}
    told: dict[tuple[str, str], Column] = {}
    first: dict[tuple[str, str], str] = {}
    for layer in read.layers:
        kind = words.kind(layer.name).name
        own = {column.name for column in words.own(layer.name)}
        for name in layer.columns:
            if name in own and layer.name in {*NEED_LAYERS, SCORES}:
                continue
            column = words.describe(layer.name, name)
            if name in own:  # the same column of every theme, each with its own indicator
                column = Column(name=name, title=column.title.split(" (")[0], comment=_OWN[name])
            meaning = (name, column.comment)
            met.setdefault(meaning, {})[_NAMES.get(kind, kind)] = None
            told.setdefault(meaning, column)
            first.setdefault(meaning, kind)
    families = []
    for title, starts in _FAMILIES:
        rows = [
            _column(told[meaning], _where(tuple(where)))
            for meaning, where in met.items()
            if first[meaning].startswith(starts)
        ]
        there = [
            start for start in starts if any(layer.name.startswith(start) for layer in read.layers)
        ]
        made = listed(there).capitalize()
        families.append({"title": title or made, "columns": rows})
    return [family for family in families if family["columns"]]


_OWN = {
    "besoin": "Valeur de l’indicateur de besoin du thème, dans son unité (table des thèmes "
    "ci-dessus, et commentaire de la colonne). NULL : besoin_statut dit pourquoi. Pour un EPCI : "
    "du territoire entier, même quand perimetre = partie.",
    "besoin_statut": "D’où vient la valeur du besoin, ou pourquoi elle manque : voir plus bas.",
}
"""Columns whose words change with the theme, told for all."""


def _where(layers: Sequence[str]) -> str:
    return "presque toutes" if len(layers) > _MANY else ", ".join(map(_code, layers))


def _column(column: Column, where: str) -> dict[str, str]:
    return {
        "name": _code(column.name),
        "layers": where,
        "title": _cell(column.title),
        "unit": _cell(column.unit),
        "comment": _cell(column.comment),
    }


def _indicators(words: Dictionary) -> list[dict[str, str]]:
    """Return the indicators of the wide layers: which have them, what they are."""
    layers = {layer: words.own(layer)[::2] for layer in NEED_LAYERS}
    held = {layer: {column.name for column in columns} for layer, columns in layers.items()}
    every = {column.name: column for columns in layers.values() for column in columns}
    communes, epci = held.values()
    return [
        {
            "name": _code(name),
            "commune": "oui" if name in communes else "",
            "epci": "oui" if name in epci else "",
            "words": _cell(column.comment.split(". ")[0]),
        }
        for name, column in every.items()
    ]


def _styles(read: _Read, words: Dictionary) -> list[dict[str, str]]:
    """Return the styles of each kind of layer: the default ones, the others."""
    chosen: dict[str, dict[str, None]] = {}
    others: dict[str, dict[str, None]] = {}
    for layer, style, default in read.styles:
        kind = words.kind(layer).name
        where = _NAMES.get(kind, kind)
        (chosen if default else others).setdefault(where, {})[style] = None
    return [
        {
            "layers": _code(where),
            "default": _named(tuple(chosen.get(where, ())), limit=_MANY),
            "others": _named(tuple(others.get(where, ())), limit=_MANY),
        }
        for where in dict.fromkeys([*chosen, *others])
    ]


def _named(styles: Sequence[str], *, limit: int) -> str:
    if not styles:
        return "–"
    shown = " ; ".join(_cell(style) for style in styles[:limit])
    left = len(styles) - limit
    return f"{shown} ; et {left} autre{'s' if left > 1 else ''}" if left > 0 else shown


def _cell(text: str) -> str:
    """Return a text from others as a cell of a Markdown table holds it: one line, no markup."""
    flat = re.sub(r"[\x00-\x20\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+", " ", text).strip()
    return re.sub(r"([\\`*\[\]|<])", r"\\\1", flat)


def _code(name: str) -> str:
    """Return a name as code; one that would end it is written as text."""
    return _cell(name) if re.search(r"[`|\x00-\x1f]", name) else f"`{name}`"


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    """Return the template; what fills it is already escaped."""
    made = jinja2.Environment(  # noqa: S701 (Markdown)
        loader=jinja2.FunctionLoader(_text),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return made.get_template(f"{README}.j2")


def _text(name: str) -> str:
    here = resources.files("cartoallier.outputs")
    return (here / "templates" / name).read_text(encoding="utf-8")
