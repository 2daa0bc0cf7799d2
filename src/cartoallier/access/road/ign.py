"""GeoPackages of the IGN (BD TOPO, ROUTE 500) as ways."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from cartoallier.access.road.building import Ways
from cartoallier.access.road.layout import ELSEWHERE
from cartoallier.access.road.osm import project
from cartoallier.access.road.tags import CLOSED, Passage
from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import plural, typeset
from cartoallier.model.travel import TravelProfile

LAYERS = ("troncon_de_route", "troncon_route")
"""Of BD TOPO and ROUTE 500, whatever their case."""

JOINED = 1
"""Decimals of a metre to which the ends of sections are rounded to tell where they meet."""

_FIELDS = (
    "nature", "vocation", "importance", "sens_de_circulation", "sens", "vitesse_moyenne_vl",
    "acces_vehicule_leger", "acces_pieton", "acces", "etat_de_l_objet", "etat",
    "position_par_rapport_au_sol",
)  # fmt: skip
_DIRECT = frozenset({"Sens direct", "Sens unique", "Direct"})
_REVERSE = frozenset({"Sens inverse", "Inverse"})
_NO_DOOR = frozenset(
    {"Type autoroutier", "Bretelle", "Bac ou liaison maritime", "Bac auto", "Bac piéton"}
)
_NOT_YET = ("construction", "projet")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Layer:
    """Where sections are, and how their fields are written there."""

    name: str
    fields: Mapping[str, str]
    crs: CRS


def read_ign(
    path: Path, *, profile: TravelProfile, crs: CRS, area: shapely.Geometry | None, file: str
) -> tuple[Ways, list[Finding]]:
    """Read the road sections of a GeoPackage of the IGN.

    Sections meet at their ends only, rounded to a decimetre: the IGN cuts them wherever roads meet
    at one level. A car goes at ``vitesse_moyenne_vl`` where it is given; else, as other profiles,
    at the speed of ``nature`` (or ``VOCATION``), at most that of ``importance``.

    Args:
        path: layer ``troncon_de_route`` (BD TOPO) or ``TRONCON_ROUTE`` (ROUTE 500).
        profile: decides which sections are open, and how fast.
        crs: of the points returned.
        area: in ``crs``; only what its box touches is read; ``None``: everything.
        file: how findings name it.

    Returns:
        The ways, and what was found: sections without a shape.

    Raises:
        SourceError: the GeoPackage cannot be read, has no such layer, or none near ``area``.
    """
    layer = _layer(path, file=file)
    frame, shapes = _sections(path, layer, crs=crs, area=area, file=file)
    if area is not None and not len(frame):
        raise SourceError(typeset(ELSEWHERE), path=file)
    columns = [name for name in _FIELDS if name in frame]
    kinds = frame[columns].astype("str").fillna("")
    codes = kinds.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(codes, return_index=True)[1]
    rows = kinds.iloc[first].itertuples(index=False, name=None)
    passages = [_passage(dict(zip(columns, row, strict=True)), profile) for row in rows]
    parts, origin = shapely.get_parts(shapes, return_index=True)
    lines = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    sound = lines & ~shapely.is_empty(parts)
    lost = len(shapes) - len(np.unique(origin[sound]))
    one = codes[origin[sound]]
    forward = np.array([p.forward_kmh for p in passages])[one]
    backward = np.array([p.backward_kmh for p in passages])[one]
    doors = np.array([p.doors for p in passages], dtype=np.bool_)[one]
    ways = _flat(parts[sound], forward, backward, doors, source=layer.crs, crs=crs)
    ways = ways.keep(~(np.isnan(forward) & np.isnan(backward)))
    return ways, [_shapeless(lost, file=file)] if lost else []


def _layer(path: Path, *, file: str) -> _Layer:
    with _asked(file):
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    name = next((n for wanted in LAYERS for n in names if n.lower() == wanted), None)
    if name is None:
        shown = ", ".join(names[:8]) or "aucune"
        what = (
            "GeoPackage sans couche troncon_de_route (BD TOPO) ni TRONCON_ROUTE (ROUTE 500) ; "
            f"couches trouvées : {shown}"
        )
        raise SourceError(typeset(what), path=file)
    with _asked(file):
        info = pyogrio.read_info(path, layer=name)
        source = None if info["crs"] is None else CRS.from_user_input(info["crs"])
    if source is None:
        what = "couche sans projection ; la définir (EPSG:2154 en métropole)"
        raise SourceError(typeset(what), path=file, key=name)
    fields = {str(f).lower(): str(f) for f in info["fields"]}
    if not {"nature", "vocation"} & set(fields):
        what = "couche sans attribut nature (BD TOPO) ni VOCATION (ROUTE 500)"
        raise SourceError(what, path=file, key=name)
    return _Layer(
        name=name, fields={low: own for low, own in fields.items() if low in _FIELDS}, crs=source
    )


@contextmanager
def _asked(file: str) -> Iterator[None]:
    """Turn what GDAL says of damaged bytes into one error, and pass over what it only notes."""
    try:
        with warnings.catch_warnings():
            # a measured or 3D shape, an unusual header: nothing that is used here is lost
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, ValueError, OSError) as error:
        what = f"GeoPackage illisible ou tronqué ({error}) ; le télécharger de nouveau, en entier"
        raise SourceError(typeset(what), path=file) from error


def _sections(
    path: Path, layer: _Layer, *, crs: CRS, area: shapely.Geometry | None, file: str
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    box = None
    if area is not None:
        corners = shapely.get_coordinates(shapely.envelope(area))
        ring = shapely.segmentize(
            shapely.linearrings(corners), max(float(shapely.length(area)) / 100, 1.0)
        )
        turned = project(shapely.get_coordinates(ring), source=crs, target=layer.crs)
        box = tuple(float(v) for v in (*turned.min(axis=0), *turned.max(axis=0)))
    with _asked(file):
        found = pyogrio.raw.read(
            path,
            layer=layer.name,
            columns=list(layer.fields.values()),
            bbox=box,
            force_2d=True,
        )
    meta, _, shapes, values = found
    frame = pd.DataFrame({str(f).lower(): v for f, v in zip(meta["fields"], values, strict=True)})
    return frame, shapely.from_wkb(shapes, on_invalid="ignore")


def _passage(row: Mapping[str, str], profile: TravelProfile) -> Passage:
    """Return how a section of one kind may be travelled."""
    state = (row.get("etat_de_l_objet") or row.get("etat") or "").lower()
    if any(word in state for word in _NOT_YET):
        return CLOSED
    if any(row.get(key.lower(), "") in profile.ign_closing for key in profile.ign_access):
        return CLOSED
    nature = row.get("nature") or row.get("vocation") or ""
    kmh = profile.natures.get(nature)
    if kmh is None:
        return CLOSED
    mean = _positive(row.get("vitesse_moyenne_vl", "")) if profile.mean_speed else None
    if mean is not None:
        kmh = mean
    else:
        importance = row.get("importance", "").partition(".")[0]
        kmh = min(kmh, profile.importances.get(importance, kmh))
    way = row.get("sens_de_circulation") or row.get("sens") or ""
    bound = "oneway" in profile.oneway
    return Passage(
        forward_kmh=float("nan") if bound and way in _REVERSE else kmh,
        backward_kmh=float("nan") if bound and way in _DIRECT else kmh,
        # below ground: a tunnel
        doors=nature not in _NO_DOOR
        and not row.get("position_par_rapport_au_sol", "").startswith("-"),
    )


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value <= 200 else None


def _flat(
    lines: NDArray[np.object_],
    forward: NDArray[np.float64],
    backward: NDArray[np.float64],
    doors: NDArray[np.bool_],
    *,
    source: CRS,
    crs: CRS,
) -> Ways:
    """Lay sections end to end; ends at one place are one point, shapes between have their own."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    sizes = np.bincount(line, minlength=len(lines)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    points = project(coordinates, source=source, target=crs)
    vertices = np.arange(len(points), dtype=np.int64)
    ends = np.unique(np.concatenate([offsets[:-1], offsets[1:] - 1]))
    places = points[ends].round(JOINED)
    once, same = np.unique(places, axis=0, return_index=True, return_inverse=True)[1:]
    vertices[ends] = ends[once][same.ravel()]
    return Ways(
        points=points,
        vertices=vertices,
        offsets=offsets,
        forward_kmh=forward,
        backward_kmh=backward,
        minutes=np.full(len(lines), np.nan),
        doors=doors,
        signals=np.zeros(len(points), dtype=np.int8),
        barriers=np.zeros(len(points), dtype=np.bool_),
    )


def _shapeless(count: int, *, file: str) -> Finding:
    return Finding(
        file=file,
        value=plural(count, "tronçon"),
        what="tronçons sans géométrie",
        action="laissés de côté",
    )
