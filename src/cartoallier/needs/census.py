"""The shipped census (INSEE, RP 2021) brought to the communes and zones of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.errors import CatalogueError, SourceError
from cartoallier.model import (
    NEEDS_COLUMNS,
    Finding,
    Indicator,
    Needs,
    Passage,
    Public,
    SourceRecord,
    Status,
    Territory,
)

SOURCE = "rp2021"
"""Id of the source in the catalogue, and name of the layout."""

FILE = "needs/rp2021_communes.parquet"

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "population": "pop",
        "moins_20": "pop_0_19",
        "20_64": "pop_20_64",
        "65_plus": "pop_65p",
        "logements": "logements",
        "residences_principales": "res_principales",
        "residences_secondaires": "res_secondaires",
        "logements_vacants": "logements_vacants",
    }
)
"""Id of a count in the catalogue -> its column in the file."""

WEIGHTS = (Public.UNDER_20, Public.OVER_65)
"""Publics the census counts; their values are also ids of counts."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Lots:
    """The smallest groups of current communes whose census figures are known.

    A commune that kept its outline, or that absorbed whole ones, is a lot of its own. When an
    old commune was split, its figure belongs to its successors together.

    Attributes:
        totals: counts of each lot; index = lot.
        lot: current commune -> lot.
        size: lot -> number of current communes it holds.
        old: old code -> lot, for the codes the passage knows.
    """

    totals: pd.DataFrame
    lot: pd.Series[Any]
    size: pd.Series[Any]
    old: pd.Series[Any]

    def of_zones(self, members: pd.DataFrame) -> pd.DataFrame:
        """Sum the counts of every zone.

        Args:
            members: ``zone`` and ``commune_code``, one row per commune of each zone.

        Returns:
            Counts by zone, of the zones that are exactly a union of lots; others have no row.
        """
        held = members.assign(lot=members["commune_code"].map(self.lot))
        known = held.dropna(subset="lot")
        parts = known.groupby(["zone", "lot"]).size().rename("held").reset_index()
        parts["whole"] = parts["held"] == parts["lot"].map(self.size)
        whole = parts.groupby("zone")["whole"].all()
        lacking = held.loc[held["lot"].isna(), "zone"].unique()
        exact = whole.index[whole & ~whole.index.isin(lacking)]
        sums = self.totals.loc[parts["lot"]].groupby(parts["zone"].to_numpy()).sum()
        return sums.loc[exact]

    def of_communes(self, codes: pd.Index[str]) -> pd.DataFrame:
        """Return the counts of communes; missing for those that share a lot or have none."""
        alone = self.lot[self.lot.map(self.size) == 1].reindex(codes)
        values = self.totals.reindex(alone.to_numpy())
        return values.set_axis(codes, axis="index")


def load_census(
    territory: Territory,
    *,
    indicators: Mapping[str, Indicator],
    path: Path | None = None,
) -> tuple[Needs, list[Finding], SourceRecord]:
    """Bring the 2021 census to the communes, zones and origins of a territory.

    Figures follow the passage of commune codes. A commune that was split, or that the file does
    not hold (Mayotte), is ``non_disponible``, and so is any zone that holds only a part of what
    is known together; a zone that holds the whole still gets an exact sum. Rates are computed
    from summed counts, in per cent, never summed nor averaged.

    Args:
        territory: where.
        indicators: those of the catalogue; the ones whose source is ``rp2021`` are computed.
        path: another file of the same layout, for tests; default: the shipped one.

    Returns:
        The needs (values by indicator then zone, weights ``moins_20`` and ``65_plus`` by
        origin), what is noteworthy, and the record of the file. Over grid points weights are
        missing: the census only counts people by commune.

    Raises:
        SourceError: the file cannot be read or lacks columns.
        CatalogueError: an indicator asks the census for a count it does not hold.
    """
    catalogue = load_catalogue()
    source = catalogue.sources[SOURCE]
    name = f"cartoallier:{FILE}" if path is None else str(path)
    content = _bytes_of(shipped(FILE) if path is None else path, name=name)
    wanted = _wanted(indicators)
    census = _read(content, name=name)
    lots = _lots(census, territory.passage)

    needs = Needs(
        values=_values(
            territory.zones,
            counts=lots.of_zones(territory.members).reindex(territory.zones.index),
            indicators=wanted,
            mention=source.mention,
        ),
        weights=_weights(territory, census=census, lots=lots),
        weight_labels={
            public.value: f"{catalogue.indicators[public].label} ({source.mention})"
            for public in WEIGHTS
        },
    )
    here = lots.lot.reindex(territory.communes.index).dropna().unique()
    kept = int(lots.old.isin(here).sum())
    record = SourceRecord(
        path=name,
        label=source.mention,
        format=SOURCE,
        sha256=hashlib.sha256(content).hexdigest(),
        rows_read=len(census),
        rows_kept=kept,
        dropped={"hors du territoire et de son voisinage": len(census) - kept},
        vintage=catalogue.indicators["population"].vintage,
        licence=source.licence,
    )
    return needs, _findings(territory, lots=lots, file=name), record


def _bytes_of(file: Path, *, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        what = "fichier du recensement illisible\u202f; vérifier son nom et les droits de lecture"
        raise SourceError(what, path=name) from error


def _read(content: bytes, *, name: str) -> pd.DataFrame:
    """Return the counts, one row per code, index ``code``; checked here and nowhere else."""
    try:
        frame = pd.read_parquet(pa.BufferReader(content), columns=["code", *COLUMNS.values()])
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        what = "ce n'est pas le recensement par commune attendu\u202f; voir data/needs/README.md"
        raise SourceError(what, path=name) from error
    frame = frame.set_index("code").astype("float64")
    if not frame.index.is_unique or bool((frame < 0).any(axis=None)):
        what = "codes en double ou effectifs négatifs\u202f; reconstruire le fichier"
        raise SourceError(what, path=name)
    return frame


def _wanted(indicators: Mapping[str, Indicator]) -> list[Indicator]:
    """Return the indicators the census gives, in the order of the catalogue."""
    wanted = [i for i in indicators.values() if i.source == SOURCE]
    for indicator in wanted:
        terms = [indicator.numerator, indicator.weight]
        for term in terms if indicator.kind == "taux" else [indicator.id]:
            if term not in COLUMNS:
                known = ", ".join(COLUMNS)
                what = (
                    f"le recensement livré ne compte pas «\u00a0{term}\u00a0»\u202f; "
                    f"il compte\u00a0: {known}"
                )
                raise CatalogueError(what, key=indicator.id)
    return wanted


def _lots(census: pd.DataFrame, passage: Passage) -> Lots:
    held = frozenset(census.index)
    links = [(old, new) for old in census.index for new in _now(old, passage, held=held)]
    old_of, new_of = zip(*links, strict=True) if links else ((), ())
    olds, old_codes = pd.factorize(np.asarray(old_of, dtype=object))
    news, new_codes = pd.factorize(np.asarray(new_of, dtype=object))
    nodes = len(old_codes) + len(new_codes)
    edges = (np.ones(len(links), dtype="int8"), (olds, news + len(old_codes)))
    _, label = connected_components(coo_array(edges, shape=(nodes, nodes)), directed=False)
    old = pd.Series(label[: len(old_codes)], index=pd.Index(old_codes, dtype="str"))
    lot = pd.Series(label[len(old_codes) :], index=pd.Index(new_codes, dtype="str"))
    return Lots(
        totals=census.loc[old.index].groupby(old.to_numpy()).sum(),
        lot=lot,
        size=lot.value_counts(),
        old=old,
    )


def _now(old: str, passage: Passage, *, held: frozenset[str]) -> tuple[str, ...]:
    """Return what a code of the file is today.

    The passage has no dates: a code that was once split may, in this file, already be what
    was left of it. It is when every successor, itself among them, has its own row.
    """
    successors = passage.current(old)
    return (old,) if old in successors and held.issuperset(successors) else successors


def _values(
    zones: pd.DataFrame,
    *,
    counts: pd.DataFrame,
    indicators: list[Indicator],
    mention: str,
) -> pd.DataFrame:
    blocks = []
    for indicator in indicators:
        if indicator.kind == "taux":
            below = counts[COLUMNS[indicator.weight]]
            # Nobody, or no dwelling: there is no share to speak of.
            share = counts[COLUMNS[indicator.numerator]] / below.where(below > 0)
            value = share * 100 if indicator.unit == "%" else share
        else:
            value = counts[COLUMNS[indicator.id]]
        blocks.append(
            pd.DataFrame(
                {
                    "indicator": indicator.id,
                    "level": zones["level"],
                    "code": zones["code"],
                    "name": zones["name"],
                    "perimeter": zones["perimeter"],
                    "value": value,
                    "unit": indicator.unit,
                    "status": np.where(
                        value.notna(), Status.PUBLISHED.value, Status.NOT_AVAILABLE.value
                    ),
                    "vintage": indicator.vintage,
                    "source": mention,
                }
            )
        )
    empty = pd.DataFrame(columns=list(NEEDS_COLUMNS))
    table = pd.concat(blocks, ignore_index=True) if blocks else empty
    return table.astype(NEEDS_COLUMNS)


def _weights(territory: Territory, *, census: pd.DataFrame, lots: Lots) -> pd.DataFrame:
    """Return people of each public at each origin, missing where unknown."""
    origins = territory.origins
    columns = {public.value: COLUMNS[public] for public in WEIGHTS}
    if territory.gridded:
        return pd.DataFrame(np.nan, index=origins.index, columns=list(columns), dtype="float64")
    commune = pd.Index(origins["commune_code"])
    values = lots.of_communes(commune).set_axis(origins.index, axis="index")
    # Paris, Lyon and Marseille: the origin is an arrondissement, counted on its own.
    for origin in origins.index[origins.index != commune]:
        own = origin in census.index and territory.passage.current(origin) == (
            origins.at[origin, "commune_code"],
        )
        values.loc[origin] = census.loc[origin] if own else np.nan
    return pd.DataFrame({public: values[column] for public, column in columns.items()})


def _findings(territory: Territory, *, lots: Lots, file: str) -> list[Finding]:
    codes = pd.Index(territory.members["commune_code"].unique()).sort_values()
    lot = lots.lot.reindex(codes)
    shared = lot[lot.map(lots.size) > 1]
    findings = [
        Finding(
            file=file,
            column="code",
            value=code,
            what="commune absente du recensement livré",
            action="valeur non disponible, pour elle et pour les zones qui la contiennent",
        )
        for code in lot.index[lot.isna()]
    ]
    findings += [
        Finding(
            file=file,
            column="code",
            value=code,
            what="commune issue d'une commune partagée depuis le recensement",
            action="valeur connue pour l'ensemble de ses parties seulement\u202f; "
            "non disponible pour elle",
        )
        for code in shared.index
    ]
    if territory.gridded:
        findings.append(
            Finding(
                file=file,
                what="les publics du recensement ne sont comptés que par commune",
                action="aucune mesure d'accès par public sur les points de population fournis",
            )
        )
    return findings
