"""A GeoPackage of its own: a few layers, described and styled, apart from ``cartoallier.gpkg``.

Same standard (GeoPackage 1.3), same determinism: GDAL is given the date of the data for what it
stamps, and the file is packed.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from cartoallier.errors import OutputError
from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.columns import Column
from cartoallier.outputs.geopackage.container import Container, Described, Style, opened
from cartoallier.outputs.geopackage.domains import domain_of
from cartoallier.outputs.geopackage.names import GEOMETRY_COLUMN
from cartoallier.outputs.styles import LayerStyle, qml, sld


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnLayer:
    """One layer to write.

    Attributes:
        name: of the table.
        title: as a legend shows it, French.
        description: what it holds, its source and licence, French.
        geometry: ``LineString``, ``MultiPolygon`` or ``Point``.
        frame: its rows, in the projection of the file.
        columns: French words of its columns, geometry left out.
        style: it opens with.
        key: column that is unique in it, ``""`` for none.
    """

    name: str
    title: str
    description: str
    geometry: str
    frame: gpd.GeoDataFrame
    columns: Sequence[Column]
    style: LayerStyle
    key: str = ""


def write_layers(layers: Sequence[OwnLayer], path: Path, *, date: dt.datetime) -> Path:
    """Write layers as a GeoPackage, beside, then moved into place.

    Args:
        layers: at least one, in the order they are shown.
        path: of the file.
        date: of the data; stands for the clock wherever the standard wants a date.

    Raises:
        OutputError: the file cannot be written; what was there is left as it was.
    """
    beside = path.with_name(f".{path.stem}.partiel.gpkg")
    stamp = date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with _dated(stamp):
            for layer in layers:
                _write_layer(beside, layer)
        with opened(beside, stamp=stamp) as container:
            _finish(container, layers)
        beside.replace(path)
    except (OSError, sqlite3.Error, DataSourceError, DataLayerError, FeatureError) as error:
        raise OutputError(
            "le GeoPackage ne peut pas être écrit ; fermez-le dans QGIS, vérifiez la place et les "
            "droits sur ce dossier",
            path=path,
        ) from error
    finally:
        _forget(beside)
    return path


def _write_layer(path: Path, layer: OwnLayer) -> None:
    pyogrio.write_dataframe(
        layer.frame,
        path,
        layer=layer.name,
        driver="GPKG",
        append=path.exists(),
        use_arrow=True,
        geometry_type=layer.geometry,
        promote_to_multi=layer.geometry.startswith("Multi"),
        dataset_options=None if path.exists() else {"VERSION": "1.3"},
        layer_options={
            "IDENTIFIER": typeset(layer.title),
            "DESCRIPTION": typeset(layer.description),
            "GEOMETRY_NAME": GEOMETRY_COLUMN,
        },
    )


def _finish(container: Container, layers: Sequence[OwnLayer]) -> None:
    """Index, describe and style the layers."""
    for layer in layers:
        if layer.key:
            container.index(layer.name, (layer.key,), unique=True)
    container.describe(
        Described(
            layer=layer.name,
            column=column.name,
            title=column.title,
            comment=column.comment,
            domain=domain_of(layer.name, column.name),
        )
        for layer in layers
        for column in layer.columns
    )
    container.style(
        (_styled(layer) for layer in layers),
        title="Styles (ne pas supprimer)",
        description="Styles que QGIS applique à l’ouverture des couches.",
    )


def _styled(layer: OwnLayer) -> Style:
    style = layer.style
    written = qml(style, fields=layer.columns)
    if style.geometry == "Line":
        # an outline without a tint is written as the symbol of a polygon; its one line is right
        written = written.replace('<symbol type="fill"', '<symbol type="line"')
    if style.geometry == "Point" and "offsetType" not in written:
        # names begin where the symbol ends, not at its middle, and no other is laid over it
        written = written.replace("<placement ", '<placement offsetType="1" ')
        written = written.replace(' obstacle="0"', ' obstacle="1"')
    return Style(
        layer=style.layer,
        name=style.name,
        qml=written,
        sld=sld(style),
        default=True,
        description=style.description,
    )


def _forget(beside: Path) -> None:
    """Remove what a file that could not be finished leaves."""
    for left in (beside, beside.with_name(f"{beside.name}-journal")):
        try:
            left.unlink(missing_ok=True)
        except OSError:
            continue  # what stopped the file is already said


@contextmanager
def _dated(stamp: str) -> Iterator[None]:
    """Make GDAL stamp ``stamp`` instead of the clock."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
