"""Services: what every reader yields, whatever the export."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

SERVICE_COLUMNS: dict[str, str] = {
    # who and where from
    "source": "str",  # format of the export: dora, data-inclusion, soliguide, france-services…
    "file": "str",  # as the project names it
    "line": "Int64",  # 1-based row in the file
    "name": "str",
    "structure": "str",
    "structure_id": "str",  # the source's own id of the structure
    "siret": "str",  # 14 digits
    "category": "str",  # the source's own word for the kind of place
    "known_as": "object",  # ids of the same record in other directories (dora--…, soliguide--…)
    # where
    "place": "str",  # id shared by the records of one desk, filled by merging
    "address": "str",
    "postal_code": "str",
    "commune_code": "str",  # current COG, or missing
    "commune_name": "str",
    "longitude": "float64",  # WGS84 degrees, missing when unknown
    "latitude": "float64",
    "precision": "str",  # "adresse", "commune" or missing
    # how
    "itinerant": "bool",  # a bus or a round: out of proximity
    "remote": "bool",  # only at a distance: out of proximity
    "weekly_hours": "float64",
    "capacity": "float64",
    "hours": "str",  # opening hours as the source writes them
    "updated_on": "str",  # ISO date
    "phone": "str",
    "website": "str",
    "carrier": "str",
    "funding": "str",
    "closures": "object",  # "definitive", or "from/to" ISO dates, an open end left empty
    "closed": "bool",  # at the date of the run
    "stale": "bool",  # last updated more than two years before the run
    "stops": "object",  # of a round: "longitude|latitude|hours a week|name", unknown parts empty
    "quality": "float64",  # data·inclusion's score, 0-1
    "responsable": "str",  # who answers for it: catalogue/responsables.toml
    "confidential": "bool",  # address secret: already generalised
    "generalised": "str",  # of a secret one: "epci:…", "arrondissement:…" or "departement:…"
    # vocabulary, as sorted tuples of text
    "thematics": "object",  # data·inclusion slugs, v0 or v1
    "networks": "object",  # réseaux porteurs
    "typologies": "object",  # data·inclusion v0 typologies
    "soliguide": "object",  # Soliguide slugs or legacy numbers
    "finess": "object",
    "bpe": "object",
    "publics": "object",
    "themes": "object",  # themes declared for the file, or found by the selectors
    "zone": "object",  # eligibility, as "kind:code" (commune:03190, epci:…, pays:france)
}
"""Column -> dtype of :attr:`Services.records`; the index ``id`` is ``<source>--<local id>``."""

TABLE_COLUMNS: tuple[str, ...] = (
    "nom", "longitude", "latitude", "code_insee", "structure", "adresse", "commune",
    "code_postal", "telephone", "site_web", "categorie", "themes", "publics", "capacite", "zone",
    "porteur", "financement", "heures_semaine", "itinerant", "date_maj",
)  # fmt: skip
"""What ``colonnes`` of a ``tableau`` may name (DESIGN §4.2)."""

TUPLE_COLUMNS = tuple(name for name, dtype in SERVICE_COLUMNS.items() if dtype == "object")


@dataclass(frozen=True, eq=False)
class Services:
    """Services offered at places.

    Attributes:
        records: index ``id``, columns :data:`SERVICE_COLUMNS`.
    """

    records: pd.DataFrame

    def __post_init__(self) -> None:
        records = self.records
        problems: list[str] = []
        if list(records.columns) != list(SERVICE_COLUMNS):
            problems.append(f"columns must be SERVICE_COLUMNS, got {list(records.columns)}")
        else:
            wrong = [c for c, t in SERVICE_COLUMNS.items() if str(records[c].dtype) != t]
            problems += [f"column {c} is {records[c].dtype}" for c in wrong]
            placed = records["longitude"].notna() & records["latitude"].notna()
            if (records["confidential"] & placed).any():
                problems.append("a confidential service still has a point")
            if (placed & records["precision"].isna()).any():
                problems.append("a point must say its precision")
        if not records.index.is_unique:
            problems.append("ids must be unique")
        if problems:
            raise ValueError("; ".join(problems))

    def about(self, theme: str) -> pd.DataFrame:
        """Return the records that answer ``theme``."""
        answers = np.array([theme in themes for themes in self.records["themes"]], dtype=bool)
        return self.records[answers]

    def points(self, crs: CRS) -> gpd.GeoSeries:
        """Return the services' points in ``crs``, missing where there is no coordinate."""
        points = gpd.GeoSeries(
            gpd.points_from_xy(self.records["longitude"], self.records["latitude"]),
            index=self.records.index,
            crs="EPSG:4326",
        )
        placed = self.records["longitude"].notna() & self.records["latitude"].notna()
        return gpd.GeoSeries(points.where(placed), crs="EPSG:4326").to_crs(crs)


def empty_services() -> pd.DataFrame:
    """Return an empty frame with the index and the columns of :data:`SERVICE_COLUMNS`."""
    columns = {name: pd.Series(dtype=dtype) for name, dtype in SERVICE_COLUMNS.items()}
    return pd.DataFrame(columns, index=pd.Index([], name="id", dtype="str"))
