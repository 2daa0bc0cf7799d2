"""Which services of a theme enter distance, where they are, and what they are."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cartoallier.model import Services, Territory, Theme, matching

OTHER_KIND = "autres"
CONFIDENTIAL = "adresse protégée"
REMOTE = "à distance seulement"
ITINERANT = "itinérant"
CLOSED = "fermé à la date du diagnostic"
UNPLACED = "sans lieu connu"
OFF_NETWORK = "hors du réseau routier fourni"


def place_sites(theme: Theme, *, services: Services, territory: Territory) -> pd.DataFrame:
    """Return the services of ``theme`` as :attr:`cartoallier.model.Coverage.sites`.

    A service is left out of distance for the first of these reasons that holds: its address
    is protected, it is closed at the run's date, it is only remote, it is itinerant, its place
    is unknown.
    """
    records = services.about(theme.key)
    points = Services(records).points(territory.crs)
    # the point says where a desk stands; a declared code is often the postal town's
    located = territory.locate(points).fillna(records["commune_code"])
    places = desks(records)
    inside_codes = territory.communes.index[territory.communes["inside"]]
    reason = np.select(
        [
            records["confidential"].to_numpy(),
            records["closed"].to_numpy(),
            records["remote"].to_numpy(),
            records["itinerant"].to_numpy(),
            points.isna().to_numpy(),
        ],
        [CONFIDENTIAL, CLOSED, REMOTE, ITINERANT, UNPLACED],
        default="",
    )
    sites = pd.DataFrame(
        {
            "counted": reason == "",
            "reason": reason,
            "inside": located.isin(inside_codes),
            "commune_code": located,
            "desk": places,
            "number": _numbers(records, places, located, territory)
            if not theme.sensitive
            else pd.Series(pd.NA, index=records.index, dtype="Int64"),
            "kind": _kinds(theme, records),
            "zoned": [len(zone) > 0 for zone in records["zone"]],
            "x": points.x,
            "y": points.y,
        },
        index=records.index,
    )
    return sites.astype(
        {"reason": "str", "desk": "str", "kind": "str", "number": "Int64", "zoned": "bool"}
    )


def _kinds(theme: Theme, records: pd.DataFrame) -> list[str]:
    """Return the first expected kind that recognises each service."""
    labels = [*(kind.label for kind in theme.expected), OTHER_KIND]
    found = matching(records, [kind.selectors for kind in theme.expected])
    everything = np.ones((len(records), 1), dtype=np.bool_)
    return [labels[i] for i in np.hstack([found, everything]).argmax(axis=1)]


def desks(records: pd.DataFrame) -> pd.Series:
    """Return a key per desk: its ``place`` when merging gave it one, else its point.

    A record that has neither is a desk of its own.

    Args:
        records: services, columns ``SERVICE_COLUMNS``.

    Returns:
        ``str`` series on the same index; equal keys are one desk.
    """
    own = pd.Series(records.index, index=records.index, dtype="str")
    # five decimals, a metre: two exports of one desk do not write the same digits
    pairs = zip(records["longitude"], records["latitude"], strict=True)
    points = pd.Series(
        [None if math.isnan(x + y) else f"{x:.5f} {y:.5f}" for x, y in pairs],
        index=records.index,
        dtype="str",
    )
    return records["place"].fillna(points).fillna(own)


def places_by_zone(
    sites: pd.DataFrame, labels: pd.Series, *, territory: Territory, zones: pd.DataFrame
) -> pd.DataFrame:
    """Count the distinct desks that enter distance, by zone and label.

    Args:
        sites: what :func:`place_sites` returned.
        labels: of each site; a desk of two labels counts once in each.
        territory: what the zones hold.
        zones: the territory's, or some of them.

    Returns:
        Index of ``zones``, one column per label.
    """
    counted = sites.loc[sites["counted"], ["commune_code", "desk"]].assign(label=labels)
    once = counted.drop_duplicates(["label", "desk"])
    members = territory.members[territory.members["zone"].isin(zones.index)]
    pairs = members.merge(once, on="commune_code")
    totals = pairs.groupby(["zone", "label"]).size().unstack("label", fill_value=0)
    return totals.reindex(zones.index, fill_value=0)


def _numbers(
    records: pd.DataFrame, places: pd.Series, located: pd.Series, territory: Territory
) -> pd.Series:
    """Number desks, those of the département first, by commune; the map's symbols bear them."""
    placed = records["longitude"].notna() & ~records["confidential"] & ~records["remote"]
    if not placed.any():
        return pd.Series(pd.NA, index=records.index, dtype="Int64")
    commune = located[placed]
    order = pd.DataFrame(
        {
            "outside": ~commune.isin(territory.communes.index[territory.communes["inside"]]),
            "commune": commune.map(territory.communes["name"]).astype("str").fillna(""),
            "longitude": records.loc[placed, "longitude"].round(5),
            "latitude": records.loc[placed, "latitude"].round(5),
            "place": places[placed],
        }
    ).sort_values(["outside", "commune", "longitude", "latitude", "place"], kind="stable")
    numbers = pd.Series(pd.factorize(order["place"])[0] + 1, index=order.index)
    return numbers.reindex(records.index).astype("Int64")
