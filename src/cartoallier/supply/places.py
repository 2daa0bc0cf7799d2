"""Where services are, in the territory's own terms: current codes, town halls, reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from cartoallier.model import Finding, Territory
from cartoallier.supply.communes import (
    CHECK,
    CommuneJudge,
    declared_communes,
    departements_of_postal,
)
from cartoallier.supply.repairs import near, repair_points

OUT_OF_REACH = "hors du voisinage"


@dataclass(frozen=True, eq=False, kw_only=True)
class Placed:
    """Services with a place.

    Attributes:
        records: same rows, places put right.
        findings: what was put right or could not be.
        in_reach: ``bool`` series; false for rows outside the neighbourhood.
    """

    records: pd.DataFrame
    findings: list[Finding]
    in_reach: pd.Series


CITY_POSTAL = {"750": "751", "6900": "6938", "130": "132"}
"""Start of the postal codes of Paris, Lyon, Marseille -> start of their arrondissements' codes."""


def place(records: pd.DataFrame, *, territory: Territory, file: str) -> Placed:
    """Bring services to the territory: current commune codes, points, reach.

    A point is moved only to where its own two numbers, swapped or given back a sign, fall in the
    commune declared. A service without a point in a known commune goes to its town hall
    (``precision`` = ``commune``), unless it is only remote. A point more than 5 km from the
    commune it declares is replaced by that commune's town hall. A service without any place is
    kept, without a point. Out of reach: located outside the communes of the territory, and not
    serving the département by its zone.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        territory: where.
        file: name the findings give.
    """
    judge = CommuneJudge.of(territory)
    located = territory.locate(_points(records))
    declared = declared_communes(records, located=located, judge=judge, file=file)
    frame = records.assign(commune_code=declared.codes)
    frame, findings = repair_points(frame, located=located, territory=territory, file=file)
    findings = declared.findings + findings
    points = _points(frame)
    moved = (frame[["longitude", "latitude"]] != records[["longitude", "latitude"]]).any(axis=1)
    moved &= frame["longitude"].notna()
    if moved.any():
        located = located.where(
            ~moved, territory.locate(gpd.GeoSeries(points[moved])).reindex(located.index)
        )
    codes = declared.codes.fillna(located)
    frame = frame.assign(commune_code=codes)
    elsewhere = declared.elsewhere | (codes.isna() & _far_postal(frame["postal_code"], judge.near))
    reach = _reach(frame, located=located, elsewhere=elsewhere, territory=territory)
    far, words = _far_points(frame, points=points, located=located, territory=territory)
    lines = frame["line"]
    findings += [_finding(lines, row, file=file, **said) for row, said in words.items()]
    quarters = _arrondissements(records["commune_code"], frame, territory=territory)
    frame, more = _to_town_halls(frame, far=far, quarters=quarters, territory=territory, file=file)
    findings += more
    lost = frame["longitude"].isna() & frame["commune_code"].isna() & ~frame["remote"] & ~elsewhere
    findings += [
        _finding(
            lines,
            row,
            file=file,
            what="ni coordonnées ni commune reconnue",
            action=f"gardé sans point, hors des calculs de distance ; {CHECK}",
        )
        for row in frame.index[lost]
    ]
    return Placed(records=frame, findings=findings, in_reach=reach)


def _points(records: pd.DataFrame) -> gpd.GeoSeries:
    return gpd.GeoSeries(
        gpd.points_from_xy(records["longitude"], records["latitude"]),
        index=records.index,
        crs="EPSG:4326",
    ).where(records["longitude"].notna() & records["latitude"].notna())


def _far_postal(postal: pd.Series, near: frozenset[str]) -> pd.Series:
    """Tell which postal codes belong to no département of the neighbourhood."""
    far = {
        code: near.isdisjoint(departements_of_postal(str(code)))
        for code in postal.dropna().unique()
    }
    return pd.Series([far.get(code, False) for code in postal], index=postal.index, dtype="bool")


def _reach(
    frame: pd.DataFrame, *, located: pd.Series, elsewhere: pd.Series, territory: Territory
) -> pd.Series:
    """Tell which services are in the neighbourhood, or serve the département by their zone."""
    here = _among(frame["commune_code"], territory.communes.index) | located.notna()
    situated = frame["commune_code"].notna() | frame["longitude"].notna() | elsewhere
    # What cannot be situated may be here: kept, and said. A remote service needs no place, so
    # only its zone can put it elsewhere.
    by_zone_only = ~situated & frame["remote"] & frame["zone"].map(bool).astype("bool")
    serves = _serving_zones(frame["zone"], territory=territory)
    return here | (~situated & ~by_zone_only) | serves


def _among(codes: pd.Series, known: pd.Index) -> pd.Series:
    """Tell which codes are known: ``isin`` costs ten times more over all the communes."""
    return pd.Series(known.get_indexer(pd.Index(codes)) >= 0, index=codes.index, dtype="bool")


def _finding(
    lines: pd.Series,
    row: object,
    *,
    file: str,
    what: str,
    action: str,
    cell: tuple[str, str] = ("", ""),
) -> Finding:
    """Say something of a row; ``cell`` is the column and the value concerned."""
    return Finding(
        file=file,
        line=int(lines.at[row]),  # type: ignore[arg-type]
        column=cell[0],
        value=cell[1],
        what=what,
        action=action,
    )


def _far_points(
    frame: pd.DataFrame, *, points: gpd.GeoSeries, located: pd.Series, territory: Territory
) -> tuple[pd.Series, dict[object, dict[str, Any]]]:
    """Find the points that contradict the commune they declare."""
    outlines = territory.communes.geometry
    shapes = outlines.to_numpy()
    codes = frame["commune_code"]
    positions = outlines.index.get_indexer(pd.Index(codes))
    known = positions >= 0
    drawn = known & outlines.notna().to_numpy()[positions]
    suspects = points.notna() & drawn & (codes != located)
    far = pd.Series(False, index=frame.index)
    words: dict[object, dict[str, Any]] = {}
    xs, ys = frame["longitude"], frame["latitude"]
    if suspects.any():
        there = np.asarray(shapes[positions[suspects]], dtype=object)
        turn = Transformer.from_crs("EPSG:4326", territory.crs, always_xy=True)
        far[suspects] = ~near(xs[suspects].to_numpy(), ys[suspects].to_numpy(), there, turn=turn)
    for row in frame.index[far]:
        words[row] = {
            "cell": ("coordonnées", f"{xs.at[row]:.5f} ; {ys.at[row]:.5f}"),
            "what": "point à plus de 5 km de la commune déclarée",
            "action": f"placé à la mairie de la commune déclarée ; {CHECK}",
        }
    inside = territory.communes.index[territory.communes["inside"].astype("bool")]
    stranger = points.notna() & codes.notna() & ~known
    for row in frame.index[stranger & _among(located, inside)]:
        words[row] = {
            "cell": ("code commune", str(codes.at[row])),
            "what": "point dans le département, code d'une commune lointaine",
            "action": f"gardé à son point ; {CHECK}",
        }
    return far, words


def _arrondissements(
    declared: pd.Series, frame: pd.DataFrame, *, territory: Territory
) -> pd.Series:
    """Return the municipal arrondissement that a row declares, by its code or its postal code."""
    origins = territory.origins
    quarters = origins.index[origins.index != origins["commune_code"]]
    cities = frozenset(origins.loc[quarters, "commune_code"])
    by_code = declared.where(_among(declared, quarters))
    if not cities:
        return by_code
    postal = frame["postal_code"].where(frame["commune_code"].isin(cities))
    named = postal.map(_quarter_of_postal, na_action="ignore").astype("str")
    return by_code.fillna(named.where(_among(named, quarters)))


def _quarter_of_postal(code: str) -> str:
    """Return the arrondissement of ``75012`` or ``69003``, the code itself elsewhere."""
    found = next((start for start in CITY_POSTAL if code.startswith(start)), "")
    return CITY_POSTAL.get(found, "") + code.removeprefix(found)


def _to_town_halls(
    frame: pd.DataFrame,
    *,
    far: pd.Series,
    quarters: pd.Series,
    territory: Territory,
    file: str,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Put at their town hall the services that have a commune and no point to believe.

    In Paris, Lyon and Marseille it is that of the arrondissement they declare.
    """
    shapes = territory.communes.geometry
    drawn = shapes.index[shapes.notna()]
    nearby = drawn.union(pd.Index(territory.origins["commune_code"].unique()))
    missing = frame["longitude"].isna() & ~frame["remote"]
    moved = (missing | far) & _among(frame["commune_code"], nearby)
    lines = frame["line"]
    findings = [
        _finding(
            lines,
            row,
            file=file,
            cell=("coordonnées", ""),
            what="coordonnées absentes",
            action="placé à la mairie de sa commune (précision : commune)",
        )
        for row in frame.index[moved & missing]
    ]
    if not moved.any():
        return frame, findings
    wanted = frame.loc[moved, "commune_code"]
    halls = territory.communes.loc[wanted.unique()].representative_point()
    if not territory.gridded:
        origins = territory.origins
        # Where there is no outline, the estimated origin is all there is.
        best = (origins["position"] == "mairie") | ~_among(origins["commune_code"], drawn)
        town = origins[best & _among(origins["commune_code"], halls.index)]
        town = town[~town["commune_code"].duplicated()]
        halls.loc[town["commune_code"]] = town.geometry.to_numpy()
        wanted = quarters[moved].fillna(wanted)
        known = origins.index.intersection(pd.Index(wanted.unique()).difference(halls.index))
        halls = gpd.GeoSeries(pd.concat([halls, origins.geometry.loc[known]]))
    degrees = gpd.GeoSeries(halls, crs=territory.crs).to_crs("EPSG:4326")
    after = frame.copy()
    after.loc[moved, "longitude"] = degrees.x.loc[wanted].to_numpy()
    after.loc[moved, "latitude"] = degrees.y.loc[wanted].to_numpy()
    after.loc[moved, "precision"] = "commune"
    return after, findings


def _serving_zones(zones: pd.Series, *, territory: Territory) -> pd.Series:
    """Tell which services declare a zone that holds communes of the département."""
    inside = territory.communes[territory.communes["inside"].astype("bool")]
    served = {"pays:france"}
    for kind in ("epci", "departement", "region"):
        served |= {f"{kind}:{code}" for code in inside[f"{kind}_code"].dropna().unique()}
    here = frozenset(inside.index)
    passage = territory.passage

    def serves(zone: str) -> bool:
        kind, _, code = zone.partition(":")
        return zone in served or (
            kind == "commune" and not here.isdisjoint((code, *passage.current(code)))
        )

    known = {zone: serves(zone) for zone in {one for declared in set(zones) for one in declared}}
    answers = [any(known[zone] for zone in declared) for declared in zones]
    return pd.Series(np.array(answers, dtype=bool), index=zones.index)
