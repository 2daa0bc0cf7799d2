"""The layers of the GeoPackage for other hands: FlatGeobuf, GeoParquet, GeoJSON.

They are read back from the GeoPackage that was just written, so that they hold what it holds and
nothing else: a protected place is in none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from cartoallier.errors import OutputError
from cartoallier.model import Run
from cartoallier.model.french import listed, quoted, typeset
from cartoallier.outputs.geopackage.contents import FICTION, NOTICE, Entry, contents
from cartoallier.outputs.geopackage.names import FILE_NAME, unique

FOLDER = "sig"
DECIMALS = 6
"""Of degrees in GeoJSON: 11 cm."""
_LONGEST = 120
"""Characters of a file name, its suffix left out."""

Writer = Callable[[gpd.GeoDataFrame, Path, Entry, str], None]


def parse_formats(text: str) -> tuple[str, ...]:
    """Return the formats asked for on the command line, separated by commas, each once.

    Raises:
        OutputError: one of them is unknown.
    """
    asked = tuple(dict.fromkeys(filter(None, (part.strip().lower() for part in text.split(",")))))
    for name in asked:
        if name not in FORMATS:
            known = listed(quoted(one) for one in FORMATS)
            raise OutputError(typeset(f"format {quoted(name)} inconnu ; choisissez parmi {known}"))
    return asked


def write_formats(run: Run, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write every layer that has a geometry as ``sig/<layer>.<suffix>``, once per format.

    FlatGeobuf and GeoParquet 1.1 keep the legal projection; GeoJSON is in WGS 84 with 6 decimals
    (RFC 7946). A FlatGeobuf has a spatial index unless a row has no geometry, which the format
    cannot index. The same run gives the same bytes.

    Args:
        run: whose GeoPackage stands in ``folder``.
        folder: of the outputs.
        formats: keys of :data:`FORMATS`; none writes nothing.

    Returns:
        Paths written, format after format, in the order of the layers.

    Raises:
        OutputError: a format is unknown, the GeoPackage is not there, or a file cannot be written.
    """
    chosen = parse_formats(",".join(formats))
    source, target = folder / FILE_NAME, folder / FOLDER
    if chosen and not source.is_file():
        raise OutputError("le GeoPackage manque : écrivez-le d’abord", path=source.name)
    told = typeset(f"{NOTICE}.{f' {FICTION}' if run.demonstration else ''}")
    written: list[Path] = []
    taken: set[str] = set()
    path = target
    try:
        for entry in contents(run) if chosen else ():
            if not entry.geometry:
                continue
            frame = _read(source, entry.name)
            name = unique(file_name(entry.name), taken)
            target.mkdir(exist_ok=True)
            for key in chosen:
                suffix, write = FORMATS[key]
                path = target / f"{name}.{suffix}"
                path.unlink(missing_ok=True)
                write(frame, path, entry, told)
                written.append(path)
    except (OSError, DataSourceError, DataLayerError, FeatureError) as error:
        raise OutputError(
            typeset("ce fichier ne peut pas être écrit ; vérifiez la place et les droits"),
            path=f"{FOLDER}/{path.name}",
        ) from error
    order = {suffix: rank for rank, (suffix, _) in enumerate(FORMATS[key] for key in chosen)}
    return sorted(written, key=lambda one: order[one.suffix.removeprefix(".")])


def file_name(layer: str) -> str:
    """Return a layer's name as any system's files can bear it: a theme's key may hold anything."""
    bare = unicodedata.normalize("NFKD", layer)
    kept = "".join(one for one in bare if not unicodedata.combining(one))
    return re.sub(r"[^A-Za-z0-9_-]+", "_", kept)[:_LONGEST].strip("_") or "couche"


def _read(source: Path, layer: str) -> gpd.GeoDataFrame:
    """Read a layer; a whole number stays one where some are missing."""
    frame = pyogrio.read_dataframe(
        source,
        layer=layer,
        use_arrow=True,
        arrow_to_pandas_kwargs={"types_mapper": pd.ArrowDtype},
    )
    return gpd.GeoDataFrame(frame)


def _flatgeobuf(frame: gpd.GeoDataFrame, path: Path, entry: Entry, told: str) -> None:
    bare = (frame.geometry.isna() | frame.geometry.is_empty).any()
    pyogrio.write_dataframe(
        frame,
        path,
        driver="FlatGeobuf",
        layer=entry.name,
        use_arrow=True,
        geometry_type=entry.geometry,
        layer_options={
            "SPATIAL_INDEX": "NO" if bare or frame.empty else "YES",
            "TITLE": entry.title,
            "DESCRIPTION": f"{entry.summary} {told}",
        },
    )


def _geoparquet(frame: gpd.GeoDataFrame, path: Path, entry: Entry, told: str) -> None:
    del entry, told  # the format has no room for words
    frame.to_parquet(
        path,
        index=False,
        compression="zstd",
        schema_version="1.1.0",
        write_covering_bbox=True,
    )


def _geojson(frame: gpd.GeoDataFrame, path: Path, entry: Entry, told: str) -> None:
    # the driver itself turns to WGS 84 and orders rings as RFC 7946 §3.1.6 asks
    pyogrio.write_dataframe(
        frame,
        path,
        driver="GeoJSON",
        layer=entry.name,
        use_arrow=True,
        geometry_type=entry.geometry,
        layer_options={
            "RFC7946": "YES",
            "COORDINATE_PRECISION": str(DECIMALS),
            "DESCRIPTION": f"{entry.title}. {entry.summary} {told}",
        },
    )


FORMATS: Mapping[str, tuple[str, Writer]] = {
    "flatgeobuf": ("fgb", _flatgeobuf),
    "geoparquet": ("parquet", _geoparquet),
    "geojson": ("geojson", _geojson),
}
"""Key on the command line -> suffix of its files, what writes one."""
LABELS: Mapping[str, str] = {
    "fgb": "FlatGeobuf, projection légale, index spatial",
    "parquet": "GeoParquet 1.1, projection légale",
    "geojson": "GeoJSON (RFC 7946), WGS 84, six décimales",
}
"""Suffix -> what it is, French."""
