"""The door of the roads: any road file, told by its content, to the network of one profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS

from cartoallier.access.road import cache as kept
from cartoallier.access.road.building import Ways, build, touching, without_missing
from cartoallier.access.road.graphml import read_graphml
from cartoallier.access.road.ign import read_ign
from cartoallier.access.road.layout import ACCEPTED, ELSEWHERE, layout_of
from cartoallier.access.road.network import Network
from cartoallier.access.road.osm import read_osm
from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import number, percent, plural, typeset
from cartoallier.model.travel import TravelProfile

SHARE_KEPT = 0.9
"""Below, so many roads are cut off from the others that the file itself is in doubt."""


def read_network(
    path: Path,
    *,
    profile: TravelProfile,
    crs: CRS | str,
    area: shapely.Geometry | None,
    cache: Path | None = None,
    file: str | None = None,
) -> tuple[Network, tuple[Finding, ...]]:
    """Read a road file as the network of ``profile``.

    Ways that touch ``area`` are kept whole, then the longest part of the network where every
    point can be reached from every other, there and back.

    Args:
        path: an OpenStreetMap extract (PBF, or XML, compressed or not), a GraphML graph of osmnx,
            or a GeoPackage of BD TOPO or ROUTE 500; told by content, not by name.
        profile: how one travels.
        crs: projection in metres, in which lengths are taken.
        area: in ``crs``: the territory and its surroundings; ``None``: the whole file.
        cache: folder where the network is kept for the next run; ``None``: it is not.
        file: how errors and findings name the input; by default, its path.

    Returns:
        The network, and what was found: roads cut off from it, ways outside the area, nodes
        missing.

    Raises:
        SourceError: the file cannot be read, is cut short, holds no road of this profile, or
            none that touches ``area``.
    """
    name = str(path) if file is None else file
    target = CRS.from_user_input(crs)
    written = _written(target)
    # told before the cache is looked at: a missing input is an error, cached or not
    layout = layout_of(path, file=name)
    where = None
    if cache is not None:
        where = kept.cache_file(cache, path, profile=profile, crs=written, area=area)
        found = kept.load(where)
        if found is not None:
            # the same bytes may have been kept under another name
            return found[0], tuple(replace(finding, file=name) for finding in found[1])
    network, findings = _read(
        path, layout=layout, profile=profile, crs=target, area=area, file=name
    )
    if where is not None:
        findings += _saved(where, network, findings, file=name)
    return network, findings


def _saved(
    where: Path, network: Network, findings: tuple[Finding, ...], *, file: str
) -> tuple[Finding, ...]:
    try:
        kept.save(where, network, findings)
    except OSError:
        what = "le réseau lu n'a pas pu être gardé pour le prochain passage"
        action = "vérifier les droits d'écriture du dossier et la place sur le disque"
        return (Finding(file=file, value=str(where.parent), what=what, action=action),)
    return ()


def _read(
    path: Path,
    *,
    layout: str,
    profile: TravelProfile,
    crs: CRS,
    area: shapely.Geometry | None,
    file: str,
) -> tuple[Network, tuple[Finding, ...]]:
    if layout == "graphml":
        ways, findings = read_graphml(path, profile=profile, crs=crs, file=file)
    elif layout == "gpkg":
        ways, findings = read_ign(path, profile=profile, crs=crs, area=area, file=file)
    else:
        ways, findings = read_osm(path, layout=layout, profile=profile, crs=crs, file=file)
    if not len(ways):
        what = (
            f"aucune route praticable {profile.manner} dans ce fichier ; vérifier que c'est un "
            f"réseau routier : {ACCEPTED}"
        )
        raise SourceError(typeset(what), path=file)
    ways, unplaced = _placed(ways, file=file)
    findings += unplaced
    if area is not None:
        ways, outside = _clipped(ways, area, file=file)
        findings += outside
    network, share = build(ways, profile=profile, crs=_written(crs))
    if not len(network.tail):
        what = (
            f"aucune route praticable {profile.manner} dans les deux sens ; le fichier ne tient "
            "que des voies isolées, prendre un extrait plus large"
        )
        raise SourceError(typeset(what), path=file)
    return network, (*findings, _kept(share, network, profile, file=file))


def _written(crs: CRS) -> str:
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else crs.to_wkt()


def _placed(ways: Ways, *, file: str) -> tuple[Ways, list[Finding]]:
    """Leave out what the projection cannot place: the file says its own wrongly."""
    there = np.isfinite(ways.points[:, 0]) & np.isfinite(ways.points[:, 1])
    placed, cut = without_missing(ways, there)
    if not cut:
        return ways, []
    if not len(placed):
        what = (
            "aucune route ne tombe dans la projection du territoire ; vérifier celle que le "
            "fichier déclare"
        )
        raise SourceError(typeset(what), path=file)
    finding = Finding(
        file=file,
        value=plural(cut, "voie"),
        what="coordonnées hors de la projection du territoire",
        action="voies coupées à ces points",
    )
    return placed, [finding]


def _clipped(ways: Ways, area: shapely.Geometry, *, file: str) -> tuple[Ways, list[Finding]]:
    near = touching(ways, area)
    if not near.any():
        raise SourceError(typeset(ELSEWHERE), path=file)
    left = int(np.count_nonzero(~near))
    if not left:
        return ways, []
    finding = Finding(
        file=file,
        value=f"{plural(left, 'voie')} sur {number(len(ways))}",
        what="voies hors du territoire et de son voisinage",
        action="laissées de côté",
    )
    return ways.keep(near), [finding]


def _kept(share: float, network: Network, profile: TravelProfile, *, file: str) -> Finding:
    km = float(network.length_km.sum())
    what = f"part des routes praticables {profile.manner} qui se rejoignent toutes, aller et retour"
    if share >= SHARE_KEPT:
        action = "les autres, isolées ou à sens unique sans retour, sont laissées de côté"
    else:
        action = (
            "beaucoup de routes sont coupées des autres : vérifier que l'extrait est entier et "
            "couvre le territoire d'un seul tenant"
        )
    return Finding(
        file=file,
        value=typeset(f"{percent(share)} des km ({number(km)} km)"),
        what=what,
        action=typeset(action),
    )
