"""Which services of a theme enter distance, where they are, and what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cartoallier.model import Services, Territory, Theme, matching

OTHER_KIND = "autres"
CONFIDENTIAL = "adresse protégée"
REMOTE = "à distance seulement"
ITINERANT = "itinérant"
CLOSED = "fermé à la date du diagnostic"
UNPLACED = "sans lieu connu"


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
            "number": _numbers(records, located, territory, shown=not theme.sensitive),
            "kind": _kinds(theme, records),
            "zoned": [len(zone) > 0 for zone in records["zone"]],
            "x": points.x,
            "y": points.y,
        },
        index=records.index,
    )
    return sites.astype({"reason": "str", "kind": "str", "number": "Int64", "zoned": "bool"})


def _kinds(theme: Theme, records: pd.DataFrame) -> list[str]:
    """Return the first expected kind that recognises each service."""
    labels = [*(kind.label for kind in theme.expected), OTHER_KIND]
    found = matching(records, [kind.selectors for kind in theme.expected])
    everything = np.ones((len(records), 1), dtype=np.bool_)
    return [labels[i] for i in np.hstack([found, everything]).argmax(axis=1)]


def _numbers(
    records: pd.DataFrame, located: pd.Series, territory: Territory, *, shown: bool
) -> pd.Series:
    """Number places (one per distinct point), those of the département first, by commune."""
    placed = records["longitude"].notna() & ~records["confidential"] & ~records["remote"]
    if not shown or not placed.any():
        return pd.Series(pd.NA, index=records.index, dtype="Int64")
    commune = located[placed]
    order = pd.DataFrame(
        {
            "outside": ~commune.isin(territory.communes.index[territory.communes["inside"]]),
            "commune": commune.map(territory.communes["name"]).astype("str").fillna(""),
            "longitude": records.loc[placed, "longitude"].round(5),
            "latitude": records.loc[placed, "latitude"].round(5),
        }
    ).sort_values(["outside", "commune", "longitude", "latitude"], kind="stable")
    keys = pd.MultiIndex.from_frame(order[["longitude", "latitude"]])
    numbers = pd.Series(pd.factorize(keys)[0] + 1, index=order.index)
    return numbers.reindex(records.index).astype("Int64")
