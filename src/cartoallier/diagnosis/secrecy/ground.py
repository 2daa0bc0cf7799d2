"""Who holds whom: the zones of a territory, and the communes outside that they still sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cartoallier.model import Level, Territory

OUTSIDE = "hors"
"""Level of the communes beyond the border: no table has them, sums of their EPCI do."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """Zones as sums of communes.

    Attributes:
        zones: index = id of the zone; ``level``, ``code``, ``perimeter``. Those of the territory,
            then one per commune that only a larger zone holds (level :data:`OUTSIDE`).
        communes: codes, in the order of the columns of ``sums``.
        sums: 0/1 matrix zones × communes.
        own: for each commune, the position of the zone that is it alone.
        inhabitants: legal population of each commune.
    """

    zones: pd.DataFrame
    communes: pd.Index[str]
    sums: csr_matrix
    own: NDArray[np.intp]
    inhabitants: NDArray[np.float64]

    @classmethod
    def of(cls, territory: Territory) -> Ground:
        """Gather the zones of a territory."""
        members = territory.members
        communes = pd.Index(sorted(members["commune_code"].unique()), dtype="str")
        zones = territory.zones[["level", "code", "perimeter"]]
        alone = zones.index[zones["level"] == Level.COMMUNE]
        single = members[members["zone"].isin(alone)].drop_duplicates("commune_code")
        beyond = communes.difference(pd.Index(single["commune_code"]))
        added = pd.DataFrame(
            {"level": OUTSIDE, "code": beyond, "perimeter": "entier"},
            index=pd.Index([f"{OUTSIDE}:{code}" for code in beyond], dtype="str"),
        )
        own = pd.concat(
            [
                single.set_index("commune_code")["zone"],
                pd.Series(added.index, index=beyond, dtype="str"),
            ]
        )
        pairs = pd.concat(
            [members, pd.DataFrame({"zone": added.index, "commune_code": beyond})]
        ).drop_duplicates()
        zones = pd.concat([zones, added])
        shape = (len(zones), len(communes))
        at = (
            zones.index.get_indexer(pd.Index(pairs["zone"])),
            communes.get_indexer(pd.Index(pairs["commune_code"])),
        )
        people = territory.communes["population"].reindex(communes)
        return cls(
            zones=zones,
            communes=communes,
            sums=csr_matrix((np.ones(len(pairs)), at), shape=shape),
            own=zones.index.get_indexer(pd.Index(own.reindex(communes))),
            inhabitants=people.fillna(0).to_numpy(dtype="float64"),
        )
