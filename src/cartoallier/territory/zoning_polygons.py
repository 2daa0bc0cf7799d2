"""The polygons of a zoning: GeoPackage, GeoJSON, FlatGeobuf, shapefile (alone or in a zip)."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry.base import BaseGeometry

from cartoallier.errors import SourceError
from cartoallier.files import ZIP
from cartoallier.model import Finding
from cartoallier.model.french import plural, typeset

_SQLITE = b"SQLite format 3\x00"
_FLATGEOBUF = b"fgb"
_SHAPEFILE = b"\x00\x00\x27\x0a"
_INNER = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
_DEGREES = 360.0
_SQUARE_METRE = 1.0
SLACK_M = 250.0
"""Outlines are simplified: what overlaps by a strip thinner than twice this is only beside."""
MOSTLY = 0.5
"""Part of a polygon that settles where it is, however small it is."""


def holds_polygons(path: Path) -> bool:
    """Return whether a file is one of shapes rather than a table, told by its first bytes."""
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
    except OSError:
        return False
    if start.startswith(ZIP):
        return bool(_packed(path))
    begins = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start.startswith((_SQLITE, _FLATGEOBUF, _SHAPEFILE)) or begins == b"{"


def read_polygons(
    path: Path, *, file: str, layer: str, crs: CRS
) -> tuple[gpd.GeoDataFrame, int, list[Finding]]:
    """Read every polygon of a file, valid, in the CRS asked for.

    Args:
        path: the file.
        file: its name, as the project writes it.
        layer: which, ``""`` when the file has one.
        crs: of the territory.

    Returns:
        The features that have a polygon, index = their number from 1; how many features the
        file has; and what was noticed.

    Raises:
        SourceError: unreadable, several layers and none chosen, no CRS, no polygon.
    """
    place, chosen = _layer(path, file=file, layer=layer)
    try:
        with warnings.catch_warnings():
            # GDAL warns of file names, metadata and its own repairs: none of our concern.
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(place, layer=chosen)
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as error:
        raise _unreadable(file) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise SourceError(
            typeset("ce fichier ne contient aucun contour ; donnez des polygones"), path=file
        )
    frame.index = frame.index + 1
    valid, findings = _valid(_projected(frame, file=file, crs=crs), file=file)
    return valid, len(frame), findings


def _projected(frame: gpd.GeoDataFrame, *, file: str, crs: CRS) -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise SourceError(
            typeset(
                "ce fichier ne dit pas sa projection ; joignez le fichier .prj du shapefile, ou "
                "enregistrez la couche en GeoPackage avec sa projection"
            ),
            path=file,
        )
    bounds = np.nan_to_num(frame.total_bounds)
    if frame.crs.is_geographic and np.abs(bounds).max() > _DEGREES:
        raise SourceError(
            typeset(
                "les coordonnées ne sont pas des degrés, comme l’exige ce format ; enregistrez la "
                "couche en GeoPackage avec sa projection, ou en GeoJSON en WGS84"
            ),
            path=file,
        )
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    try:
        projected: gpd.GeoDataFrame = frame.to_crs(crs)
    except (CRSError, ProjError) as error:
        raise SourceError(
            typeset("projection inconnue ; redemandez le fichier en Lambert-93 ou en WGS84"),
            path=file,
        ) from error
    return projected


def _valid(frame: gpd.GeoDataFrame, *, file: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Keep the polygons, each made valid; count those mended and what is no polygon."""
    shapes = frame.geometry.to_numpy()
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    drawn &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
    wrong = drawn & ~shapely.is_valid(shapes)
    mended = shapes.copy()
    mended[wrong] = shapely.make_valid(shapes[wrong])
    polygons = np.array(
        [polygonal(one) if ok else None for one, ok in zip(mended, drawn, strict=True)]
    )
    kept = ~shapely.is_missing(polygons)
    if not kept.any():
        raise SourceError(
            typeset("ce fichier ne contient aucun polygone ; donnez des contours"), path=file
        )
    findings = [
        Finding(
            file=file,
            value=plural(int(count), "objet"),
            what=what,
            action=action,
        )
        for count, what, action in (
            ((wrong & kept).sum(), "polygone invalide", "rendu valide, sa surface peut changer"),
            ((~kept).sum(), "objet sans polygone", "laissé de côté"),
        )
        if count
    ]
    return frame.set_geometry(polygons, crs=frame.crs)[kept], findings


def polygonal(shape: BaseGeometry | None) -> BaseGeometry | None:
    """Return the polygons of a geometry, ``None`` when it has none of a square metre."""
    parts = [
        part
        for part in shapely.get_parts(shapely.get_parts(shape))
        if part.geom_type == "Polygon" and part.area > _SQUARE_METRE
    ]
    return shapely.union_all(parts) if parts else None


def belongs(part: BaseGeometry, whole: BaseGeometry) -> bool:
    """Return whether a part of a polygon is more than the strip two drawings of a border leave."""
    if part.area >= MOSTLY * whole.area:
        return True
    return not shapely.buffer(part, -SLACK_M).is_empty


def _layer(path: Path, *, file: str, layer: str) -> tuple[str, str]:
    """Return the data set to open and its layer."""
    places = _packed(path) or [str(path)]
    try:
        found = [
            (place, str(name))
            for place in places
            for name, kind in pyogrio.list_layers(place)
            if kind is not None and str(name) != "layer_styles"
        ]
    except (DataSourceError, ValueError) as error:
        raise _unreadable(file) from error
    if not found:
        raise SourceError(
            typeset("ce fichier ne contient aucune couche de contours ; redemandez-le"), path=file
        )
    chosen = [one for one in found if one[1] == layer] if layer else found
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"« {name[:60]} »" for _, name in found[:12])
    if layer:
        raise SourceError(
            typeset(f"la couche « {layer[:60]} » n’est pas dans ce fichier ; couches : {names}"),
            path=file,
            key="couche",
        )
    raise SourceError(
        typeset(f"ce fichier a plusieurs couches ; dites laquelle avec « couche » : {names}"),
        path=file,
        key="couche",
    )


def _packed(path: Path) -> list[str]:
    """Return the data sets of shapes that a zip holds, none when it is no zip (or a workbook)."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = packed.namelist()
    except (OSError, zipfile.BadZipFile):
        return []
    inner = [one for one in names if one.lower().endswith(_INNER) and "__MACOSX" not in one]
    shapes = [one for one in inner if not one.lower().endswith(".json")] or inner
    return [f"/vsizip/{path.resolve().as_posix()}/{one}" for one in sorted(shapes)]


def _unreadable(file: str) -> SourceError:
    return SourceError(
        typeset(
            "ces contours ne peuvent pas être lus ; donnez un GeoPackage, un GeoJSON ou un "
            "shapefile complet dans un .zip"
        ),
        path=file,
    )
