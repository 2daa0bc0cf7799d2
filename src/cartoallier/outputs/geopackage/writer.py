"""``cartoallier.gpkg``: the run as GeoPackage 1.3 layers, the same bytes for the same run.

GDAL writes the layers that hold a geometry, with their spatial index; views, long tables,
descriptions and styles are SQL. GDAL stamps the time of writing into a GeoPackage:
``OGR_CURRENT_DATE`` replaces it by the date of the run's data. Version 1.3 opens without a
warning in QGIS 3.22 and passes the validator of GDAL 3.6, where 1.4 does not.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from cartoallier.errors import OutputError
from cartoallier.model import Run
from cartoallier.outputs.geopackage.columns import Column, dictionary
from cartoallier.outputs.geopackage.compact import compact, needs_tables
from cartoallier.outputs.geopackage.container import Container, Described, Style, opened
from cartoallier.outputs.geopackage.contents import about, entries
from cartoallier.outputs.geopackage.domains import domain_of
from cartoallier.outputs.geopackage.layers import Layer, layers
from cartoallier.outputs.geopackage.metadata import Box, metadata_of
from cartoallier.outputs.geopackage.names import FILE_NAME, GEOMETRY_COLUMN
from cartoallier.outputs.geopackage.views import views

PROJECT = "cartoallier"
"""Name of the project in the file."""
_FULL, _BUSY, _LOCKED, _READ_ONLY, _NO_OPEN = 13, 5, 6, 8, 14
"""Primary result codes of SQLite."""


def write_geopackage(run: Run, folder: Path) -> Path:
    """Write ``cartoallier.gpkg`` under ``folder``, in the territory's legal projection.

    Layers with a geometry: :func:`~cartoallier.outputs.geopackage.layers.layers`. Views: one per
    theme and level, ``couverture`` and ``besoins``, see
    :mod:`~cartoallier.outputs.geopackage.views`. A protected or sensitive place has no point and
    is in none.

    Raises:
        OutputError: the file cannot be written; nothing is left of it.
    """
    path = folder / FILE_NAME
    try:
        path.unlink(missing_ok=True)
        _write(run, path)
    except (OSError, sqlite3.Error, DataSourceError, DataLayerError, FeatureError) as error:
        for left in (path, path.with_name(f"{path.name}-journal")):
            left.unlink(missing_ok=True)
        raise OutputError(
            f"le GeoPackage ne peut pas être écrit\u202f: {_reason(error)}", path=path.name
        ) from error
    return path


def held_project(path: Path) -> bytes:
    """Return the QGIS project that a GeoPackage of ours holds, as an archive ``.qgz``.

    Raises:
        OutputError: there is none.
    """
    try:
        with contextlib.closing(sqlite3.connect(path)) as base:
            question = "SELECT content FROM qgis_projects WHERE name = ?"
            (content,) = base.execute(question, (PROJECT,)).fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise OutputError(
            "ce GeoPackage ne contient pas de projet QGIS ; écrivez-le de nouveau", path=path.name
        ) from error
    return bytes.fromhex(content)


def _write(run: Run, path: Path) -> None:
    shown, held = layers(run), compact(run)
    seen = views(run, held)
    told = {
        entry.name: (entry.title, f"{entry.summary} {about(run, entry.name)}")
        for entry in entries(shown, seen)
    }
    stamp = run.date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with _dated(stamp):
        for layer in shown:
            _write_layer(path, layer, *told[layer.name])
    with opened(path, stamp=stamp) as container:
        for layer in shown:
            _index(container, layer)
        for table in (*held.tables(), *needs_tables(run)):
            container.fill(table)
        container.index("couverture_zones", ("maille", "code", "perimetre"), unique=True)
        for view in seen:
            container.view(view, *told[view.name])
        for drawn in dict.fromkeys(view.drawn for view in seen if view.drawn):
            container.follow(drawn, [view.name for view in seen if view.drawn == drawn])
        words = dictionary(run)
        fields = {
            name: tuple(words.describe(name, column) for column in container.columns(name))
            for name in container.layers()
        }
        container.describe(_described(fields))
        container.document(metadata_of(run, bounds=_bounds(container)))
        _dress(run, container, fields=fields)


def _write_layer(path: Path, layer: Layer, title: str, description: str) -> None:
    # through Arrow a date stays a date, and a country is written three times faster
    pyogrio.write_dataframe(
        layer.make(),
        path,
        layer=layer.name,
        driver="GPKG",
        append=path.exists(),
        use_arrow=True,
        geometry_type=layer.geometry,
        promote_to_multi=layer.geometry.startswith("Multi"),
        dataset_options=None if path.exists() else {"VERSION": "1.3"},
        layer_options={
            "IDENTIFIER": title,
            "DESCRIPTION": description,
            "GEOMETRY_NAME": GEOMETRY_COLUMN,
        },
    )


def _index(container: Container, layer: Layer) -> None:
    if layer.key:
        container.index(layer.name, (layer.key,), unique=True)
    for column in layer.joined:
        container.index(layer.name, (column,))


def _bounds(container: Container) -> dict[str, Box | None]:
    """Return the extent of every layer that has a geometry; ``None`` when it is empty."""
    rows = container.base.execute(
        "SELECT c.table_name, c.min_x, c.min_y, c.max_x, c.max_y FROM gpkg_contents c "
        "JOIN gpkg_geometry_columns g ON g.table_name = c.table_name"
    )
    return {name: None if None in box else (box[0], box[1], box[2], box[3]) for name, *box in rows}


def _described(fields: Mapping[str, Sequence[Column]]) -> Iterator[Described]:
    """Yield what is said of every column of every layer."""
    for layer, columns in fields.items():
        for column in columns:
            if column.name not in {"fid", GEOMETRY_COLUMN}:
                yield Described(
                    layer=layer,
                    column=column.name,
                    title=column.title,
                    comment=column.comment,
                    domain=domain_of(layer, column.name),
                )


def _dress(run: Run, container: Container, *, fields: Mapping[str, Sequence[Column]]) -> None:
    """Write the styles of the layers, and the project that shows them."""
    # both read this package: they are met when it is whole
    from cartoallier.outputs.qgis import project_file  # noqa: PLC0415
    from cartoallier.outputs.styles import layer_styles, qml, sld  # noqa: PLC0415

    styles = layer_styles(run)
    container.style(
        (
            Style(
                layer=style.layer,
                name=style.name,
                qml=qml(
                    style,
                    fields=[f for f in fields[style.layer] if f.name != GEOMETRY_COLUMN],
                    whole=style.default,
                ),
                sld=sld(style),
                default=style.default,
                description=style.description,
            )
            for style in styles
        ),
        title="Styles (ne pas supprimer)",
        description=f"Styles que QGIS applique à l’ouverture des couches. {about(run)}",
    )
    container.project(PROJECT, project_file(run, styles=styles))


@contextmanager
def _dated(stamp: str) -> Iterator[None]:
    """Make GDAL stamp ``stamp`` instead of the clock."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _reason(error: Exception) -> str:
    """Say why the file could not be written, and what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = str(error).casefold()
    if code in {_BUSY, _LOCKED} or "locked" in words:
        return "un autre logiciel le tient ouvert ; fermez-le dans QGIS, puis relancez"
    if code in {_READ_ONLY, _NO_OPEN} or isinstance(error, PermissionError):
        return "vous n’avez pas le droit d’écrire dans ce dossier, ou un logiciel tient le fichier"
    return "vérifiez la place libre sur le disque"
