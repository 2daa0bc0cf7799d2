"""The door of any table of places: GeoPackage, GeoJSON and JSON arrays beside CSV and workbooks.

A layer becomes rows like those of a spreadsheet; its geometry becomes the two columns
``longitude`` and ``latitude``, unless the table already has them.
"""

from __future__ import annotations

import difflib
import json
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from shapely.geometry import shape

from cartoallier.errors import SourceError
from cartoallier.files import Beyond, Rows, read_table
from cartoallier.model import Finding
from cartoallier.supply.documents import (
    ITEM_KEYS,
    items_of,
    read_document,
    read_parquet,
    rows_of_items,
)
from cartoallier.supply.headers import columns_read

_SQLITE = b"SQLite format 3\x00"
_PARQUET = b"PAR1"
_EPSG = re.compile(r"EPSG:{1,2}(\d{4,6})$")
_JSON_KEYS = (*ITEM_KEYS, "records", "data", "lieux")


def is_geopackage(start: bytes) -> bool:
    """Return whether a file that begins so is a GeoPackage."""
    return start.startswith(_SQLITE)


def is_document(start: bytes) -> bool:
    """Return whether a file that begins so is JSON."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def read_start_bytes(path: Path) -> bytes:
    """Return the first bytes of a file, none when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(64)
    except OSError:
        return b""


def read_places(path: Path, *, file: str, beyond: Beyond | None = None) -> Rows:
    """Read a table of places, whatever holds it, as told by its first bytes.

    Args:
        path: CSV, TSV, XLSX, ODS, GeoPackage, GeoJSON, Parquet, or a JSON array of flat records.
        file: its name, as the project writes it.
        beyond: of CSV and workbooks, the rows to count and let go at the door.

    Returns:
        The rows. ``lines`` are spreadsheet rows, or positions in the layer or array.

    Raises:
        SourceError: unreadable, or no table of any kind.
    """
    start = read_start_bytes(path)
    if is_geopackage(start):
        return _geopackage(path, file=file)
    if start.startswith(_PARQUET):
        return read_parquet(path, file=file)
    if is_document(start):
        document, findings = read_document(path, file=file)
        return rows_of_document(document, file=file, findings=findings)
    return read_table(path, file=file, beyond=beyond)


def require(rows: Rows, names: Iterable[str], *, what: str) -> None:
    """Check that a table has the columns of its format.

    Args:
        rows: the table.
        names: columns it cannot do without.
        what: the format, in French with its article (« la liste des France Services »).

    Raises:
        SourceError: the first absent column, the nearest header, and those read.
    """
    for name in names:
        if name in rows:
            continue
        near = difflib.get_close_matches(name, rows.header, n=1, cutoff=0.5)
        raise SourceError(
            f"colonne absente : ce n'est pas {what}, ou une colonne a été renommée"
            + (f" (la plus proche est « {near[0]} »)" if near else "")
            + f" ; {columns_read(rows.header, most=8)}",
            path=rows.file,
            line=1,
            key=name,
        )


def rows_of_document(document: object, *, file: str, findings: Sequence[Finding] = ()) -> Rows:
    """Give a JSON value by column: features of a GeoJSON, or the records of an array.

    Raises:
        SourceError: it holds no array of records.
    """
    items = items_of(document, *_JSON_KEYS)
    if items is None:
        raise SourceError(
            "ce JSON ne contient pas de liste de lieux ; demandez un export en CSV ou en GeoJSON",
            path=file,
        )
    rows = rows_of_items(items, file=file)
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        rows = _with_geometry(rows, document, file=file)
    return Rows(
        file=file,
        header=rows.header,
        cells={name: [_flat(value) for value in cells] for name, cells in rows.cells.items()},
        lines=rows.lines,
        findings=(*findings, *rows.findings),
    )


def _flat(value: object) -> object:
    """Keep what one cell can hold; a nested object is kept as JSON text."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)[:1000]
    return value


def _with_geometry(rows: Rows, document: Mapping[str, Any], *, file: str) -> Rows:
    features = [one for one in document["features"] if isinstance(one, dict)]
    geometries = [
        feature.get("geometry")
        for feature in features
        if isinstance(feature.get("properties"), dict)
    ]
    points = [_point_of(geometry) for geometry in geometries]
    longitudes = np.array([point[0] for point in points], dtype="float64")
    latitudes = np.array([point[1] for point in points], dtype="float64")
    code = _legacy_crs(document.get("crs"))
    if code:
        longitudes, latitudes = _turn(longitudes, latitudes, crs=f"EPSG:{code}", file=file)
    own = {name.lower() for one in features[:50] for name in _properties(one)}
    return _placed(rows, longitudes, latitudes, own=own)


def _properties(feature: dict[str, object]) -> dict[str, object]:
    found = feature.get("properties")
    return found if isinstance(found, dict) else {}


def _point_of(geometry: object) -> tuple[float, float]:
    """Return a point of a GeoJSON geometry, NaN when there is none."""
    if not isinstance(geometry, dict):
        return np.nan, np.nan
    try:
        point = shape(geometry).representative_point()
        return float(shapely.get_x(point)), float(shapely.get_y(point))
    except (shapely.errors.ShapelyError, ArithmeticError, AttributeError, LookupError):
        return np.nan, np.nan  # a geometry that is none: the row stays, without a point
    except (TypeError, ValueError):
        return np.nan, np.nan


def _legacy_crs(crs: object) -> str:
    """Return the EPSG code of the old ``crs`` member of GeoJSON, ``""`` for WGS84."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    match = _EPSG.search(name) if isinstance(name, str) else None
    return "" if match is None or match[1] in {"4326", "4171"} else match[1]


def _turn(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], *, crs: str, file: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    try:
        turn = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(
            f"projection inconnue : {crs} ; redemandez le fichier en WGS84", path=file
        ) from error
    longitudes, latitudes = turn.transform(x, y)
    known = np.isfinite(longitudes) & np.isfinite(latitudes)
    return np.where(known, longitudes, np.nan), np.where(known, latitudes, np.nan)


def _placed(
    rows: Rows,
    longitudes: np.ndarray[Any, Any],
    latitudes: np.ndarray[Any, Any],
    *,
    own: Set[str],
) -> Rows:
    """Add the coordinates of the geometry, unless the table gives its ``own``."""
    if {"longitude", "latitude"} <= own or {"bf_longitude", "bf_latitude"} <= own:
        return rows
    cells: dict[str, Sequence[object]] = {
        name: values
        for name, values in rows.cells.items()
        if name.lower() not in {"longitude", "latitude"}
    }
    cells["longitude"] = [None if np.isnan(x) else float(x) for x in longitudes]
    cells["latitude"] = [None if np.isnan(y) else float(y) for y in latitudes]
    return Rows(
        file=rows.file,
        header=tuple(cells),
        cells=cells,
        lines=rows.lines,
        findings=rows.findings,
    )


def _geopackage(path: Path, *, file: str) -> Rows:
    findings: list[Finding] = []
    try:
        with warnings.catch_warnings():
            # GDAL warns of file names and metadata: none of our concern.
            warnings.simplefilter("ignore")
            layer = _layer(path, file=file, findings=findings)
            frame = pyogrio.read_dataframe(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(
            "ce GeoPackage est illisible ; enregistrez-le de nouveau ou demandez un CSV", path=file
        ) from error
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    cells: dict[str, Sequence[object]] = {
        str(name): [_plain(value) for value in table[name].tolist()] for name in table
    }
    rows = Rows(
        file=file,
        header=tuple(cells),
        cells=cells,
        lines=tuple(range(1, len(table) + 1)),
        findings=tuple(findings),
    )
    if not isinstance(frame, gpd.GeoDataFrame):
        return rows
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    x, y = shapely.get_x(points), shapely.get_y(points)
    if frame.crs is not None and not frame.crs.equals("EPSG:4326"):
        x, y = _turn(x, y, crs=frame.crs.to_string(), file=file)
    return _placed(rows, x, y, own={name.lower() for name in rows.header})


def _layer(path: Path, *, file: str, findings: list[Finding]) -> str:
    """Choose the layer with most features, those with a geometry first; name the others."""
    layers = pyogrio.list_layers(path)
    sizes = {
        str(name): (kind is not None, pyogrio.read_info(path, layer=name)["features"])
        for name, kind in layers
        if str(name) != "layer_styles"
    }
    chosen = max(sizes, key=lambda name: sizes[name], default=None)
    if chosen is None:
        raise SourceError("ce GeoPackage n'a aucune couche ; redemandez-le", path=file)
    findings += [
        Finding(
            file=file,
            column=name[:80],
            value=f"{size} objets",
            what="autre couche du GeoPackage non lue",
            action=f"seule « {chosen[:80]} » est lue ; enregistrez l'autre à part si elle compte",
        )
        for name, (_, size) in sizes.items()
        if name != chosen and size
    ]
    return chosen


def _plain(value: object) -> object:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, str):
        return value.strip() or None
    return value
