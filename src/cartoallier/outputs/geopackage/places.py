"""Places of services: points that are public, and counts of those that are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from cartoallier.model import Level, Run
from cartoallier.outputs.maps.sites import PERMANENCE_HOURS
from cartoallier.supply.generalising import DESK, SHELTER

PROTECTED = "Services à adresse protégée"
LEAST = 2
"""Under this many places a zone is not told: the département then, or nothing."""
KINDS = {
    "permanent": "lieu permanent",
    "permanence": f"permanence, moins de {PERMANENCE_HOURS} h/semaine",
    "itinerant": "étape itinérante",
    "commune": "situé à la commune près",
}
"""``type_lieu`` -> what it says; circle, diamond, triangle and square of the web maps."""


def services(run: Run) -> gpd.GeoDataFrame:
    """Return one row per service with a public place; themes as a readable list.

    A place is never tied to a sensitive theme: that theme is not named, and a service that
    answers no other has no row. Nor is a theme that the run does not measure: a service that
    answers no theme of the run keeps its row, without any.
    """
    records = run.services.records
    named = records["themes"].map(
        lambda themes: tuple(key for key in themes if key not in run.sensitive)
    )
    measured = {theme.key for theme in run.themes}
    kept = named.map(lambda themes: tuple(key for key in themes if key in measured))
    points = run.services.points(run.territory.crs)
    only_sensitive = records["themes"].map(bool) & ~named.map(bool)
    public = points.notna() & ~records["confidential"] & ~only_sensitive.astype(bool)
    shown = records[public]
    table = pd.DataFrame(
        {
            "id": shown.index.astype("str"),
            "nom": shown["name"].to_numpy(),
            "structure": shown["structure"].to_numpy(),
            "themes": [", ".join(themes) for themes in kept[public]],
            "type_lieu": kinds(shown).to_numpy(),
            "dans_departement": _inside(run, shown).to_numpy(),
            "adresse": shown["address"].to_numpy(),
            "code_commune": shown["commune_code"].to_numpy(),
            "precision": shown["precision"].to_numpy(),
            "itinerant": shown["itinerant"].to_numpy(),
            "heures_semaine": shown["weekly_hours"].to_numpy(),
            "date_maj": _dates(shown["updated_on"]),
            "source": shown["source"].to_numpy(),
        }
    ).astype({"themes": "str", "type_lieu": "str", "dans_departement": "boolean"})
    return gpd.GeoDataFrame(table, geometry=list(points[public]), crs=run.territory.crs)


def _dates(written: pd.Series[str]) -> pd.Series[Any]:
    """Return ISO texts as dates, typed even when there is none; another text is missing."""
    known = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    days = [None if pd.isna(day) else day.date() for day in known]
    return pd.Series(days, dtype=pd.ArrowDtype(pa.date32()))


def kinds(records: pd.DataFrame) -> pd.Series[str]:
    """Return the kind of each place, a key of :data:`KINDS`: the rule of the web maps."""
    found = np.select(
        [
            records["itinerant"].to_numpy(dtype=bool),
            (records["precision"] == "commune").fillna(value=False).to_numpy(dtype=bool),
            (records["weekly_hours"] < PERMANENCE_HOURS).to_numpy(dtype=bool),
        ],
        ["itinerant", "commune", "permanence"],
        default="permanent",
    )
    return pd.Series(found, index=records.index, dtype="str")


def _inside(run: Run, records: pd.DataFrame) -> pd.Series[bool]:
    """Tell which services are in the département: as themes were told, else by their commune."""
    communes = run.territory.communes["inside"]
    found = records["commune_code"].map(communes.astype("boolean")).astype("boolean")
    told = [coverage.sites["inside"] for coverage in run.coverages.values()]
    if told:
        known = pd.concat(told)
        known = known[~known.index.duplicated()].reindex(records.index)
        found = known.astype("boolean").fillna(found)
    return found


def generalised(run: Run) -> pd.DataFrame:
    """Count the places whose address is protected, by the zone they were generalised to.

    That zone was chosen so that none can be singled out (DOMAIN §5.4). Were a zone smaller than
    the département left with fewer than :data:`LEAST`, they are counted in the département; were
    the département itself left with fewer, they are not counted at all: pages tell how many
    places a theme has in the département, this layer never shows one alone.

    Returns:
        ``maille``, ``code``, ``type`` (the kind of all of them, or that they are several) and
        ``nombre``; nothing of those in no zone of the territory.
    """
    records = run.services.records
    hidden = records[records["confidential"] & records["generalised"].notna()]
    zones = run.territory.zones
    whole = zones[zones["perimeter"] == "entier"]
    known = dict(zip(whole["level"] + ":" + whole["code"], whole.index, strict=True))
    table = pd.DataFrame(
        {
            "zone": hidden["generalised"].to_numpy(),
            "site": hidden["place"].fillna(pd.Series(hidden.index, index=hidden.index)).to_numpy(),
            "kind": hidden["name"].to_numpy(),
        }
    )
    table = table[table["zone"].isin(known)]
    top = f"{Level.DEPARTEMENT}:{run.territory.departement_code}"
    places = table.groupby("zone")["site"].transform("nunique")
    table["zone"] = table["zone"].where(places >= LEAST, top)
    rows = [
        (*str(zone).split(":", 1), _kind(of["kind"]), int(of["site"].nunique()))
        for zone, of in table.groupby("zone", sort=True)
        if of["site"].nunique() >= LEAST
    ]
    return pd.DataFrame(rows, columns=["maille", "code", "type", "nombre"])


def _kind(names: Iterable[str]) -> str:
    found = set(names)
    return found.pop() if len(found) == 1 and found <= {SHELTER, DESK} else PROTECTED
