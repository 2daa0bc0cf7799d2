"""Rounds and buses: which rows they are, and where they stop."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import cast

import geopandas as gpd
import pandas as pd

from cartoallier.model import Finding, Territory

NAMED = "le nom dit un service itinérant"
FEW_HOURS = 20.0
"""Hours a week under which a row of a round is taken for one of its stops."""

STOP_COLUMNS: tuple[str, ...] = (
    "id", "nom", "themes", "code_commune", "longitude", "latitude", "heures_semaine", "arret",
)  # fmt: skip
"""Columns of ``arrets.csv``."""

# These formats say themselves whether a row is a round: a name does not overrule them.
_SAYS_ITSELF = frozenset({"france-services"})

_ROUND = re.compile(
    r"\bitineran(?:te?s?|ces?)\b"
    r"|\bbus\b(?! (?:n|de ville|station|terminus))|\bbibliobus\b|\bludobus\b|\bmedibus\b|\bbus-"
    r"|\b(?:camion|camionnette|fourgon|caravane|roulotte|minibus|camping-car)\b"
    r"|\bvan\b(?! (?:der|den|gogh|de|loo|dyck|eyck|hove|cleef)\b)"
    r"|\btournees?\b|\bmaraudes?\b"
    r"|\b(?:equipe|unite|antenne|accueil|centre|epicerie|maison|espace|permanence|point|pmi|"
    r"france services|dispositif|cabinet|atelier|service)s?(?: \w+){0,2} mobiles?\b"
)
_MAYBE = re.compile(
    r"itin|bus\b|bus-|camion|fourgon|caravane|roulotte|camping|van\b|tourn|maraude|mobile",
    re.IGNORECASE,
)
_ON_THE_WAY = re.compile(r"\baller[- ]vers\b")
_NOT_A_ROUND = re.compile(
    r"\btelephon\w*(?: \w+)? mobiles?\b|\bmobiles? (?:et|ou) (?:fixe|tablette|internet)\w*\b"
    r"|\b(?:arret|gare|ligne|ticket|abonnement|carte|permis|conducteur|chauffeur)s?"
    r"(?: de| du)? bus\b"
    r"|\bbus (?:et|ou) (?:tram|metro|train|car)\w*\b"
    r"|\bapplications? mobiles?\b|\btelephones?\b|\bpermis\b"
)


def says_round(name: str) -> bool:
    """Return whether the name of a service says that it goes round.

    « Bus France services », « Épicerie itinérante », « PMI mobile » do; « plateforme mobilité »,
    « téléphone mobile » or « rue de la gare de bus » do not. « Aller-vers » is a manner of
    working, not a vehicle: it counts only beside another word of movement.
    """
    if not _MAYBE.search(name):
        return False
    plain = _plain(name)
    cleaned = _NOT_A_ROUND.sub(" ", plain)
    if _ON_THE_WAY.search(cleaned):
        return bool(re.search(r"\bmobiles?\b", cleaned) or _ROUND.search(cleaned))
    return bool(_ROUND.search(cleaned))


def mark_rounds(records: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Mark as itinerant the rows whose name says so, and give a stop to rows that are one.

    A format that states itself whether a row goes round keeps the last word: the contradiction
    is only said. Several itinerant rows of one name in different communes, each a few hours a
    week, are stops of one round: each is its own stop.

    Args:
        records: columns ``SERVICE_COLUMNS``, places already settled.
        file: name the findings give.

    Returns:
        A frame with the same rows, and the findings.
    """
    known = {name: says_round(name) for name in records["name"].dropna().unique()}
    named = pd.Series([known.get(n, False) for n in records["name"]], index=records.index)
    named &= ~records["itinerant"] & ~records["remote"]
    stated = records["source"].isin(_SAYS_ITSELF)
    findings = [
        Finding(
            file=file,
            line=int(line),
            column="nom",
            value=str(name)[:80],
            what=NAMED,
            action="gardé comme lieu fixe, que le format de la source déclare ; à vérifier"
            if fixed
            else "compté comme itinérant : hors des calculs de distance ; à vérifier",
        )
        for line, name, fixed in zip(
            records.loc[named, "line"], records.loc[named, "name"], stated[named], strict=True
        )
    ]
    marked = records.assign(itinerant=records["itinerant"] | (named & ~stated))
    return marked.assign(stops=_own_stops(marked)), list(dict.fromkeys(findings))


def _own_stops(records: pd.DataFrame) -> pd.Series:
    stops = list(records["stops"])
    itinerant = records["itinerant"] & records["longitude"].notna() & records["name"].notna()
    itinerant &= records["commune_code"].notna() & records["weekly_hours"].le(FEW_HOURS)
    itinerant &= ~records["confidential"] & records["precision"].eq("adresse")
    rounds = records[itinerant]
    places = rounds.groupby(["source", "name"])["commune_code"].nunique()
    columns = ["source", "name", "commune_name", "longitude", "latitude", "weekly_hours"]
    several = {key for key, count in places.items() if count > 1}
    positions = itinerant.to_numpy().nonzero()[0]
    for position, row in zip(positions, rounds[columns].itertuples(index=False), strict=True):
        source, name, commune, longitude, latitude, hours = row
        if not stops[position] and (source, name) in several:
            label = commune if isinstance(commune, str) else ""
            stops[position] = (stop_text(longitude, latitude, hours, label),)
    return pd.Series(stops, index=records.index, dtype="object")


def stop_text(longitude: float, latitude: float, hours: float, name: str) -> str:
    """Return a stop as ``longitude|latitude|hours a week|name``, unknown parts empty.

    Args:
        longitude: WGS84 degrees, NaN if unknown.
        latitude: WGS84 degrees, NaN if unknown.
        hours: a week, NaN if unknown.
        name: of the stop.
    """
    numbers = (round(longitude, 6), round(latitude, 6), round(hours, 2))
    written = ["" if math.isnan(one) else f"{one:g}" for one in numbers[2:]]
    point = ["" if math.isnan(one) else repr(one) for one in numbers[:2]]
    return "|".join([*point, *written, " ".join(name.replace("|", " ").split())])


def read_stop(text: str) -> tuple[float, float, float, str]:
    """Return longitude, latitude, hours a week and name of a stop; NaN where unknown."""
    parts = [*text.split("|", 3), "", "", "", ""][:4]
    longitude, latitude, hours = (_number(part) for part in parts[:3])
    if math.isnan(longitude) or math.isnan(latitude):
        longitude = latitude = math.nan
    return longitude, latitude, hours, parts[3]


def _number(written: str) -> float:
    try:
        found = float(written)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def stops_table(records: pd.DataFrame, *, territory: Territory) -> pd.DataFrame:
    """Return one row per stop of the itinerant services, for ``arrets.csv``.

    Stops without a point are listed too; those outside the communes of the territory are not.
    Nothing is listed of a service whose address is secret.

    Args:
        records: columns ``SERVICE_COLUMNS``.
        territory: gives the commune of each stop.

    Returns:
        Columns :data:`STOP_COLUMNS`; hours a week and degrees are missing when unknown.
    """
    rows: list[tuple[object, ...]] = []
    shown = records[records["stops"].map(len).gt(0) & ~records["confidential"]]
    for one, name, themes, stops in zip(
        shown.index, shown["name"], shown["themes"], shown["stops"], strict=True
    ):
        for stop in cast("Sequence[str]", stops):
            longitude, latitude, hours, label = read_stop(stop)
            listed = ";".join(themes)
            rows.append((one, name, listed, None, longitude, latitude, hours, label))
    kinds = dict.fromkeys(STOP_COLUMNS, "str")
    kinds |= dict.fromkeys(("longitude", "latitude", "heures_semaine"), "float64")
    table = pd.DataFrame(rows, columns=list(STOP_COLUMNS)).astype(kinds)
    if table.empty:
        return table
    return _located(table, territory=territory)


def _located(table: pd.DataFrame, *, territory: Territory) -> pd.DataFrame:
    placed = table["longitude"].notna()
    points = gpd.GeoSeries(
        gpd.points_from_xy(table["longitude"], table["latitude"]),
        index=table.index,
        crs="EPSG:4326",
    ).where(placed)
    codes = territory.locate(points)
    kept = table.assign(code_commune=codes)[~placed | codes.notna()]
    return kept.reset_index(drop=True)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name.casefold().replace("’", "'"))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w-]+", " ", bare).split())
