"""``contours``: a user's own polygons of communes, instead of the shipped ones."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from cartoallier.errors import TerritoryError
from cartoallier.model import Passage

CODE_COLUMNS = ("code_insee", "insee_com", "codgeo", "code")
"""Names of the commune code, any case, the most explicit first."""

_POLYGONS = ("Polygon", "MultiPolygon")


def read_outlines(path: Path, *, passage: Passage) -> gpd.GeoSeries:
    """Read the polygons of communes from a GeoPackage, a GeoJSON or any GDAL vector file.

    The first layer with a commune code is used. Old codes are followed to current ones, and
    polygons of one commune are united.

    Returns:
        Valid polygons, index ``code``, in the file's own CRS.

    Raises:
        TerritoryError: unreadable file, no commune code, no CRS, not polygons, split communes.
    """
    if not path.is_file():
        raise TerritoryError("le fichier de contours n'existe pas.", path=path)
    try:
        layer, column = _commune_layer(path)
        frame = pyogrio.read_dataframe(path, layer=layer, columns=[column])
    except (DataSourceError, UnicodeDecodeError) as error:
        raise TerritoryError(
            "le fichier de contours ne peut pas être lu ; donnez un GeoPackage ou un GeoJSON.",
            path=path,
        ) from error
    if frame.crs is None:
        raise TerritoryError("le fichier de contours ne dit pas sa projection.", path=path)
    polygons = [
        (value, shape)
        for value, shape in zip(frame[column].astype("str"), frame.geometry, strict=True)
        if shape is not None and not shape.is_empty
    ]
    if not polygons or any(shape.geom_type not in _POLYGONS for _, shape in polygons):
        raise TerritoryError("les contours doivent être des polygones.", path=path)
    parts: dict[str, list[shapely.Geometry]] = {}
    for value, shape in polygons:
        current = passage.current(value)
        if len(current) > 1 and value not in current:
            raise TerritoryError(
                f"« {value} » a été scindée ; il faut les contours de {', '.join(current)}.",
                path=path,
                key=column,
            )
        if current:
            code = value if value in current else current[0]
            parts.setdefault(code, []).append(shapely.make_valid(shape))
    if not parts:
        raise TerritoryError(
            "aucun code de commune connu (cinq caractères, texte : « 03190 »).",
            path=path,
            key=column,
        )
    codes = sorted(parts)
    return gpd.GeoSeries(
        [shapely.union_all(parts[code]) for code in codes],
        index=pd.Index(codes, name="code"),
        crs=frame.crs,
    )


def _commune_layer(path: Path) -> tuple[str, str]:
    for layer, geometry in pyogrio.list_layers(path):
        if geometry is None:
            continue
        fields = {str(f).casefold(): str(f) for f in pyogrio.read_info(path, layer=layer)["fields"]}
        for name in CODE_COLUMNS:
            if name in fields:
                return str(layer), fields[name]
    raise TerritoryError(
        f"aucune colonne de code de commune ; attendu : {', '.join(CODE_COLUMNS)}.", path=path
    )
