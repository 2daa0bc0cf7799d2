"""Where services are, in the territory's own terms: current codes, town halls, reach."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cartoallier.model import Finding, Passage, Territory

OUT_OF_REACH = "hors du voisinage"
TOLERANCE_M = 5_000
"""A point farther than this from the commune it declares is not believed."""

_CHECK = "à vérifier auprès de qui a transmis le fichier"


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


def place(records: pd.DataFrame, *, territory: Territory, file: str) -> Placed:
    """Bring services to the territory: current commune codes, points, reach.

    A service without a point in a known commune goes to its town hall (``precision`` =
    ``commune``), unless it is only remote. A point more than 5 km from the commune it declares
    is replaced by that commune's town hall. A service without any place is kept, without a
    point. Out of reach: located outside the communes of the territory, and not serving the
    département by its zone.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        territory: where.
        file: name the findings give.
    """
    nearby = frozenset(territory.communes.index)
    departements = frozenset(code[:2] for code in nearby)
    points = gpd.GeoSeries(
        gpd.points_from_xy(records["longitude"], records["latitude"]),
        index=records.index,
        crs="EPSG:4326",
    ).where(records["longitude"].notna() & records["latitude"].notna())
    located = territory.locate(points)
    codes, elsewhere, findings = _current_codes(
        records, passage=territory.passage, departements=departements, located=located, file=file
    )
    named, more = _codes_from_names(records, codes=codes, located=located, territory=territory)
    findings += [_finding(records, row, file=file, **words) for row, words in more.items()]
    codes = codes.fillna(named).fillna(located)
    frame = records.assign(commune_code=codes)
    postal = records["postal_code"].str[:2]
    # Corsican postal codes begin with 20, INSEE codes with 2A or 2B.
    near = {"20" if code.startswith("2") and code[1:].isalpha() else code for code in departements}
    elsewhere |= codes.isna() & postal.notna() & ~postal.isin(list(near))
    reach = _reach(frame, located=located, elsewhere=elsewhere, territory=territory)
    far, more_found = _far_points(frame, points=points, located=located, territory=territory)
    findings += [_finding(frame, row, file=file, **words) for row, words in more_found.items()]
    frame, more_list = _to_town_halls(frame, far=far, territory=territory, file=file)
    findings += more_list
    lost = frame["longitude"].isna() & frame["commune_code"].isna() & ~frame["remote"] & ~elsewhere
    findings += [
        _finding(
            frame,
            row,
            file=file,
            what="ni coordonnées ni commune reconnue",
            action=f"gardé sans point, hors des calculs de distance ; {_CHECK}",
        )
        for row in frame.index[lost]
    ]
    return Placed(records=frame, findings=findings, in_reach=reach)


def _reach(
    frame: pd.DataFrame, *, located: pd.Series, elsewhere: pd.Series, territory: Territory
) -> pd.Series:
    """Tell which services are in the neighbourhood, or serve the département by their zone."""
    here = frame["commune_code"].isin(list(territory.communes.index)) | located.notna()
    situated = frame["commune_code"].notna() | frame["longitude"].notna() | elsewhere
    # What cannot be situated may be here: kept, and said. A remote service needs no place, so
    # only its zone can put it elsewhere.
    by_zone_only = ~situated & frame["remote"] & frame["zone"].map(bool).astype("bool")
    serves = _serving_zones(frame["zone"], territory=territory)
    return here | (~situated & ~by_zone_only) | serves


def _finding(
    records: pd.DataFrame,
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
        line=int(records["line"].at[row]),  # type: ignore[arg-type]
        column=cell[0],
        value=cell[1],
        what=what,
        action=action,
    )


def _current_codes(
    records: pd.DataFrame,
    *,
    passage: Passage,
    departements: frozenset[str],
    located: pd.Series,
    file: str,
) -> tuple[pd.Series, pd.Series, list[Finding]]:
    """Follow commune codes to the current COG.

    Returns:
        Current codes, which rows are in another part of the country although their code is
        unknown, and findings.
    """
    successors = {code: passage.current(code) for code in records["commune_code"].dropna().unique()}
    codes: list[str | None] = []
    elsewhere: list[bool] = []
    findings: list[Finding] = []
    for row, code, here in zip(records.index, records["commune_code"], located, strict=True):
        if not isinstance(code, str):
            codes.append(None)
            elsewhere.append(False)
            continue
        now = successors[code]
        found = isinstance(here, str)
        away = not now and code[:2] not in departements and not found
        elsewhere.append(away)
        if len(now) == 1:
            codes.append(now[0])
            if now[0] != code:
                what, action = "code commune ancien", f"remplacé par {now[0]}"
            else:
                continue
        elif now:
            codes.append(here if found and here in now else None)
            what = "code d'une commune qui a été partagée"
            action = (
                f"commune retrouvée par le point : {here}" if found else f"code retiré ; {_CHECK}"
            )
        else:
            codes.append(None)
            if away:
                continue
            what, action = "code commune inconnu", f"code retiré ; {_CHECK}"
        findings.append(
            _finding(records, row, file=file, cell=("code commune", code), what=what, action=action)
        )
    index = records.index
    return (
        pd.Series(codes, index=index, dtype="str"),
        pd.Series(elsewhere, index=index, dtype="bool"),
        findings,
    )


def _plain(name: str) -> str:
    """Return a commune's name without case, accents, hyphens or the usual abbreviations."""
    letters = unicodedata.normalize("NFD", name.upper().replace("’", "'").replace("Œ", "OE"))
    bare = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    words = [{"ST": "SAINT", "STE": "SAINTE"}.get(word, word) for word in bare.split()]
    if "CEDEX" in words:
        words = words[: words.index("CEDEX")]
    return " ".join(words)


def _codes_from_names(
    records: pd.DataFrame, *, codes: pd.Series, located: pd.Series, territory: Territory
) -> tuple[pd.Series, dict[object, dict[str, Any]]]:
    """Find the commune of rows without code or point by its name and its postal code."""
    wanted = codes.isna() & located.isna() & records["commune_name"].notna()
    found = pd.Series([None] * len(records), index=records.index, dtype="str")
    words: dict[object, dict[str, Any]] = {}
    if not wanted.any():
        return found, words
    by_name: dict[tuple[str, str], list[str]] = {}
    for code, name in territory.communes["name"].items():
        by_name.setdefault((str(code)[:2], _plain(str(name))), []).append(str(code))
    for row in records.index[wanted]:
        postal = records.at[row, "postal_code"]
        if not isinstance(postal, str):
            continue
        name = str(records.at[row, "commune_name"])
        candidates = by_name.get((postal[:2], _plain(name)), [])
        if len(candidates) == 1:
            found.at[row] = candidates[0]
            words[row] = {
                "cell": ("code commune", ""),
                "what": "code commune absent",
                "action": f"retrouvé par le nom et le code postal : {candidates[0]}",
            }
    return found, words


def _far_points(
    frame: pd.DataFrame, *, points: gpd.GeoSeries, located: pd.Series, territory: Territory
) -> tuple[pd.Series, dict[object, dict[str, Any]]]:
    """Find the points that contradict the commune they declare."""
    shapes = territory.communes.geometry
    codes = frame["commune_code"]
    suspects = points.notna() & codes.isin(list(shapes.index[shapes.notna()])) & (codes != located)
    far = pd.Series(False, index=frame.index)
    words: dict[object, dict[str, Any]] = {}
    crs = territory.communes.crs
    if suspects.any() and crs is not None:
        here = gpd.GeoSeries(points[suspects]).to_crs(crs)
        there = gpd.GeoSeries(
            [shapes.loc[code] for code in codes[suspects]], index=here.index, crs=crs
        )
        far.loc[here.index] = ~(here.distance(there) <= TOLERANCE_M)
    xs, ys = frame["longitude"], frame["latitude"]
    for row in frame.index[far]:
        words[row] = {
            "cell": ("coordonnées", f"{xs.at[row]:.5f} ; {ys.at[row]:.5f}"),
            "what": "point à plus de 5 km de la commune déclarée",
            "action": f"placé à la mairie de la commune déclarée ; {_CHECK}",
        }
    inside = territory.communes.index[territory.communes["inside"].astype("bool")]
    stranger = points.notna() & codes.notna() & ~codes.isin(list(shapes.index))
    for row in frame.index[stranger & located.isin(list(inside))]:
        words[row] = {
            "cell": ("code commune", str(codes.at[row])),
            "what": "point dans le département, code d'une commune lointaine",
            "action": f"gardé à son point ; {_CHECK}",
        }
    return far, words


def _to_town_halls(
    frame: pd.DataFrame, *, far: pd.Series, territory: Territory, file: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Put at their town hall the services that have a commune and no point to believe."""
    shapes = territory.communes.geometry
    nearby = [*shapes.index[shapes.notna()], *territory.origins["commune_code"].unique()]
    missing = frame["longitude"].isna() & ~frame["remote"]
    moved = (missing | far) & frame["commune_code"].isin(nearby)
    findings = [
        _finding(
            frame,
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
        drawn = origins["commune_code"].isin(list(shapes.index[shapes.notna()]))
        # Where there is no outline, the estimated origin is all there is.
        best = (origins["position"] == "mairie") | ~drawn
        town = origins[best & origins["commune_code"].isin(halls.index)]
        town = town[~town["commune_code"].duplicated()]
        halls.loc[town["commune_code"]] = town.geometry.to_numpy()
    degrees = halls.to_crs("EPSG:4326")
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
