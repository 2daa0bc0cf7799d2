"""Every commune of the country and the zones it belongs to, without geometry."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq

from cartoallier.catalogue import shipped as shipped_file
from cartoallier.model import COUNTRY_COLUMNS, Country
from cartoallier.territory import shipped

VINTAGE = "2026"
"""Year of the shipped codes (COG)."""


def load_country() -> Country:
    """Return the composition of the country: communes, names of EPCI, passage of old codes.

    Populations are people, « population municipale » 2023 (2017 in Mayotte). Four islands are in
    no EPCI. No polygon is read.

    Source:
        INSEE COG 2026 and populations, DGCL 2026: see ``data/geo/README.md``.
    """
    table = pq.read_table(shipped_file("geo/communes.parquet"), columns=["code", *COUNTRY_COLUMNS])
    communes = table.to_pandas(ignore_metadata=True).set_index("code").sort_index()
    return Country(
        communes=communes[list(COUNTRY_COLUMNS)],
        epci=pd.Series(shipped.zone_names("epci"), dtype="str", name="name"),
        passage=shipped.load_passage(),
        vintage=VINTAGE,
    )
