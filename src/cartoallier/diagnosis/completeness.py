"""What each source holds of the territory: completeness before coverage."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cartoallier.model import Level, Services, SourceRecord, Territory

COMPLETENESS_COLUMNS = (
    "fichier", "format", "lignes_lues", "lignes_gardees", "fusionnees", "lieux_communs",
    "generalisees", "ecartees", "motifs", "communes_servies", "epci_servis", "epci_sans_fiche",
    "plus_ancienne", "plus_recente", "sans_date",
)  # fmt: skip
EPCI_RECORD_COLUMNS = ("fichier", "code", "nom", "perimetre", "fiches")
MERGED = "fusionne"
"""How every decision of ``doublons.csv`` that made one record of two starts."""


def completeness(
    services: Services,
    sources: Sequence[SourceRecord],
    territory: Territory,
    *,
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say, for each supply file, what was read of it and where its records are.

    Communes and EPCI are those of the département (an EPCI that straddles the border counts by
    its part inside). ``fusionnees`` counts the records that became one with another, which
    still count for their own file in communes and EPCI; ``lieux_communs`` those kept that share
    a place with a record of another file. A record whose address is protected has no commune
    and is counted by ``generalisees`` only.

    Args:
        services: of every file, merged.
        sources: what provenance says of each supply file.
        territory: where.
        duplicates: ``doublons.csv``, when records were merged.

    Returns:
        One row per supply file, columns :data:`COMPLETENESS_COLUMNS`; dates are ISO text.
    """
    records = services.records
    present = _present(services, territory, duplicates)
    counts = _by_epci(present, sources, territory)
    shared = records.groupby("place")["file"].transform("nunique") > 1
    rows = []
    for source in sources:
        mine = records[records["file"] == source.path]
        days = mine["updated_on"].dropna()
        there = present[present["file"] == source.path]
        epci = counts[counts["fichier"] == source.path]
        rows.append(
            (
                source.path,
                source.format,
                source.rows_read,
                source.rows_kept,
                int(there["merged"].sum()),
                int(shared.reindex(mine.index).sum()),
                int(mine["confidential"].sum()),
                sum(source.dropped.values()),
                " | ".join(f"{reason} ({count})" for reason, count in source.dropped.items()),
                int(there["commune_code"].nunique()),
                int((epci["fiches"] > 0).sum()),
                " | ".join(epci.loc[epci["fiches"] == 0, "nom"]),
                days.min() if len(days) else None,
                days.max() if len(days) else None,
                int(mine["updated_on"].isna().sum()),
            )
        )
    return pd.DataFrame(rows, columns=list(COMPLETENESS_COLUMNS))


def epci_records(
    services: Services,
    sources: Sequence[SourceRecord],
    territory: Territory,
    *,
    duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the records of each supply file in each EPCI, zeros included.

    Returns:
        One row per file and EPCI, columns :data:`EPCI_RECORD_COLUMNS`.
    """
    return _by_epci(_present(services, territory, duplicates), sources, territory)


def _by_epci(
    present: pd.DataFrame, sources: Sequence[SourceRecord], territory: Territory
) -> pd.DataFrame:
    zones = territory.zones[territory.zones["level"] == Level.EPCI]
    # of an EPCI that straddles the border, the part inside
    zones = zones.sort_values("perimeter", kind="stable").drop_duplicates("code", keep="last")
    zones = zones.sort_values("code")[["code", "name", "perimeter"]]
    members = territory.members[territory.members["zone"].isin(zones.index)]
    pairs = present.merge(members, on="commune_code")
    counts = pairs.groupby(["file", "zone"]).size().to_dict()
    rows = [
        (source.path, *zone, counts.get((source.path, key), 0))
        for source in sources
        for key, zone in zip(zones.index, zones.itertuples(index=False), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(EPCI_RECORD_COLUMNS))


def _present(
    services: Services, territory: Territory, duplicates: pd.DataFrame | None
) -> pd.DataFrame:
    """Return one row per record of each file: ``file``, ``commune_code``, ``merged``.

    A record that became one with another stands where the one kept is.
    """
    located = _located(services, territory)
    own = pd.DataFrame({"file": services.records["file"], "commune_code": located, "merged": False})
    if duplicates is None or duplicates.empty:
        return own
    known = services.records.index
    gone = duplicates["decision"].str.startswith(MERGED) & ~duplicates["id_autre"].isin(known)
    pairs = duplicates[gone].drop_duplicates("id_autre")
    absorbed = pd.DataFrame(
        {
            "file": pairs["fichier_autre"],
            "commune_code": pairs["id_garde"].map(located),
            "merged": True,
        }
    )
    return pd.concat([own, absorbed], ignore_index=True)


def _located(services: Services, territory: Territory) -> pd.Series:
    """Return the commune of each record, when it is in the département."""
    points = services.points(territory.crs)
    located = territory.locate(points).fillna(services.records["commune_code"])
    inside = territory.communes.index[territory.communes["inside"]]
    return located.where(located.isin(inside) & ~services.records["confidential"])
