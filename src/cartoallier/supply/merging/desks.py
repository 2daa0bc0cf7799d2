"""The desks of each directory: records of one structure at one door, before any comparison.

Everything compared is compared between desks, so that a structure with twenty services costs
one comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from cartoallier.supply.merging import wording

DATA_INCLUSION = "data-inclusion"
ROW_BY_ROW = frozenset({"france-services", "mednum", "finess", "bpe"})
"""Lists of desks: each row is one, whatever it shares with its neighbours."""

FIXED, ITINERANT, REMOTE, SECRET = 0, 1, 2, 3

EARTH_RADIUS_M = 6_371_009.0
SPAN_M = 300.0
"""Metres between the points of one desk, at most."""

_FRANCE_SERVICES = re.compile(r"france[-_ ]?services?[-_ ]*(\d+)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False, kw_only=True)
class Desks:
    """Desks of directories, as arrays; what is said of a desk is said by its best record first.

    Attributes:
        of_record: desk of each record.
        record: best record of each desk.
        directory: code of the directory.
        how: fixed, itinerant, remote, or secret: two ways never meet.
        placed: an earlier merge already gave its place.
        longitude: degrees; missing without a precise point.
        latitude: degrees.
        commune: code of the commune, -1 if unknown.
        town: folded name of the commune.
        label: folded name.
        alias: a second folded name, ``""`` if none.
        own: names without what their kind says; one for ``label``, one for ``alias``.
        kinds: bits of kinds.
        number: house number.
        street: folded street.
        phone: ten digits.
        siret: fourteen digits.
    """

    of_record: np.ndarray
    record: np.ndarray
    directory: np.ndarray
    how: np.ndarray
    placed: np.ndarray
    longitude: np.ndarray
    latitude: np.ndarray
    commune: np.ndarray
    town: np.ndarray
    label: np.ndarray
    alias: np.ndarray
    own: tuple[np.ndarray, np.ndarray]
    kinds: np.ndarray
    number: np.ndarray
    street: np.ndarray
    phone: np.ndarray
    siret: np.ndarray

    def __len__(self) -> int:
        return len(self.record)

    @property
    def precise(self) -> np.ndarray:
        """Whether each desk has a precise point."""
        known: np.ndarray = ~np.isnan(self.longitude)
        return known


def own_ids(records: pd.DataFrame) -> list[str]:
    """Return ids as their producer writes them: ``data-inclusion--dora--x`` is ``dora--x``."""
    return [
        one.removeprefix(f"{DATA_INCLUSION}--") if one.count("--") > 1 else one
        for one in records.index.tolist()
    ]


def provenance_keys(records: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return, for each record, the ids it is known by, its own first; none for a secret one."""
    keys: list[tuple[str, ...]] = []
    for one, known, secret in zip(
        own_ids(records), records["known_as"], records["confidential"], strict=True
    ):
        if secret:
            keys.append(())
            continue
        extra: tuple[str, ...] = ()
        if one.startswith(("mednum--", "mediation-numerique--")):
            number = _FRANCE_SERVICES.search(one)
            extra = (f"france-services--{int(number[1])}",) if number else ()
        keys.append(tuple(dict.fromkeys((one, *known, *extra))))
    return keys


def directories(records: pd.DataFrame) -> list[str]:
    """Return the directory each record was written in.

    data·inclusion gathers those of others: the producer is the directory. Tables have nothing
    in common but their format: each file is one.
    """
    return [
        f"{source}:{file}" if source == "tableau" else one.split("--", 1)[0]
        for one, source, file in zip(
            own_ids(records), records["source"].tolist(), records["file"].tolist(), strict=True
        )
    ]


def best_first(records: pd.DataFrame) -> np.ndarray:
    """Return the rank of each record: quality, then date, then order of the sources, then id."""
    sources = records["source"].astype("str") + "\n" + records["file"].fillna("").astype("str")
    order = pd.DataFrame(
        {
            "quality": -records["quality"].fillna(-1.0).to_numpy(),
            "updated": pd.to_numeric(
                records["updated_on"].str.replace("-", "").str.slice(0, 8), errors="coerce"
            )
            .fillna(0)
            .to_numpy(dtype="float64")
            * -1,
            "source": pd.factorize(sources)[0],
            "id": records.index.argsort().argsort()
            if len(records) == 0
            else np.argsort(np.argsort(records.index.to_numpy(dtype="object"))),
        }
    )
    ranks = np.empty(len(order), dtype="int64")
    ranks[np.lexsort([order[c] for c in ("id", "source", "updated", "quality")])] = np.arange(
        len(order)
    )
    return ranks


def build_desks(records: pd.DataFrame, *, ranks: np.ndarray, apart: Iterable[int] = ()) -> Desks:
    """Group records by structure and door inside each directory.

    Args:
        records: columns ``SERVICE_COLUMNS``, unique ids.
        ranks: see :func:`best_first`.
        apart: positions of records the user wants alone.

    Returns:
        The desks, in the order of their best record.
    """
    written = directories(records)
    how = np.select(
        [records["confidential"], records["itinerant"], records["remote"]],
        [SECRET, ITINERANT, REMOTE],
        FIXED,
    )
    of_record = _grouped(records, written=written, how=how)
    for position in sorted(apart):
        of_record[position] = of_record.max() + 1
    order = np.lexsort([ranks, of_record])
    _, first = np.unique(of_record[order], return_index=True)
    best = order[first]
    # Desks are numbered in the order of ids, so that the order of rows changes nothing.
    ids = records.index.to_numpy(dtype="object")
    least = pd.Series(ids).groupby(of_record).min().to_numpy()
    turn = np.argsort(least)
    new = np.empty_like(turn)
    new[turn] = np.arange(len(turn))
    _, dense = np.unique(of_record, return_inverse=True)
    of_record = new[dense]
    order = np.lexsort([ranks, of_record])
    return _described(
        records, of_record=of_record, order=order, best=best[turn], written=written, how=how
    )


def _grouped(records: pd.DataFrame, *, written: Sequence[str], how: np.ndarray) -> np.ndarray:
    """Return a group number per record: same directory, structure and door."""
    size = len(records)
    alone = np.isin(records["source"].to_numpy(dtype="object"), list(ROW_BY_ROW)) | (how == SECRET)
    ids = records.index.to_numpy(dtype="object")
    owner = _owners(records)
    owner = np.where(alone, ids, owner)
    place = records["place"].to_numpy(dtype="object")
    placed = records["place"].notna().to_numpy()
    precise = _precise(records)
    point = _codes(
        np.round(records["longitude"].to_numpy() * 1e4),
        np.round(records["latitude"].to_numpy() * 1e4),
    )
    base = _codes(np.asarray(written, dtype="object"), how, owner)
    address = records["address"].str.lower().fillna("").to_numpy(dtype="object")
    commune = records["commune_code"].fillna("").to_numpy(dtype="object")
    door = _codes(base, address, commune)
    known = address != ""
    keys = [
        (np.flatnonzero(known & ~placed), door),
        (np.flatnonzero(precise & ~placed), _codes(base, point)),
        (np.flatnonzero(~known & ~precise & ~placed), _codes(base, commune)),
        (np.flatnonzero(placed), _codes(np.where(placed, place, ""), how)),
    ]
    group = _components(size, keys)
    wide = _too_wide(records, group, precise)
    if wide.any():
        keys[0] = (np.flatnonzero(known & ~placed & ~(wide & precise)), door)
        group = _components(size, keys)
    return group


def _owners(records: pd.DataFrame) -> np.ndarray:
    """Return who holds each record: the structure's id, else its name."""
    names = records["structure"].fillna(records["name"]).fillna("").str.lower()
    given = records["structure_id"].str.replace(r"^.*--", "", regex=True)
    listing = (records["structure_id"].isna()) & (records["structure"] == records["name"])
    inclusion = records["source"].isin([DATA_INCLUSION, "dora"])
    own = pd.Series(records.index, index=records.index, dtype="str")
    own = own.str.replace(r"^.*--", "", regex=True)
    # A file of structures writes as its id what a file of services writes as structure_id.
    given = given.mask(listing & inclusion, own)
    owners: np.ndarray = given.fillna("nom " + names).to_numpy(dtype="object")
    return owners


def _codes(*columns: np.ndarray) -> np.ndarray:
    """Return one number per distinct row of columns."""
    code = np.zeros(len(columns[0]), dtype="int64")
    for column in columns:
        values, _ = pd.factorize(column)
        code = code * (int(values.max(initial=0)) + 2) + values + 1
        code = pd.factorize(code)[0].astype("int64")
    return code


def _components(size: int, keys: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the groups of records linked by any shared key."""
    left: list[np.ndarray] = []
    right: list[np.ndarray] = []
    offset = size
    for rows, key in keys:
        left.append(rows)
        right.append(key[rows] + offset)
        offset += int(key.max(initial=0)) + 1
    edges = (np.concatenate(left), np.concatenate(right))
    graph = coo_matrix((np.ones(len(edges[0]), dtype="int8"), edges), shape=(offset, offset))
    _, group = connected_components(graph, directed=False)
    return np.asarray(group[:size], dtype="int64")


def _precise(records: pd.DataFrame) -> np.ndarray:
    placed = records["longitude"].notna() & records["latitude"].notna()
    return (placed & (records["precision"] != "commune")).to_numpy(dtype="bool")


def _too_wide(records: pd.DataFrame, group: np.ndarray, precise: np.ndarray) -> np.ndarray:
    """Tell which records are in a group wider than :data:`SPAN_M`."""
    box = pd.DataFrame(
        {
            "x": np.where(precise, records["longitude"].to_numpy(), np.nan),
            "y": np.where(precise, records["latitude"].to_numpy(), np.nan),
        }
    )
    grouped = box.groupby(group)
    low, high = grouped.min().loc[group], grouped.max().loc[group]
    span = distance_m(low["x"], low["y"], high["x"], high["y"])
    return np.asarray(np.nan_to_num(span) > SPAN_M)


def distance_m(
    x1: np.ndarray | pd.Series,
    y1: np.ndarray | pd.Series,
    x2: np.ndarray | pd.Series,
    y2: np.ndarray | pd.Series,
) -> np.ndarray:
    """Return metres between points in degrees, on a sphere, for points of one town."""
    x1, y1, x2, y2 = (np.radians(np.asarray(one, dtype="float64")) for one in (x1, y1, x2, y2))
    east = (x2 - x1) * np.cos((y1 + y2) / 2)
    return np.asarray(EARTH_RADIUS_M * np.hypot(east, y2 - y1))


def _described(
    records: pd.DataFrame,
    *,
    of_record: np.ndarray,
    order: np.ndarray,
    best: np.ndarray,
    written: Sequence[str],
    how: np.ndarray,
) -> Desks:
    size = len(best)
    in_order = of_record[order]

    def first(values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return for each desk the first value known, else the empty one."""
        usable = known[order]
        desks, positions = np.unique(in_order[usable], return_index=True)
        empty = np.nan if values.dtype.kind == "f" else ""
        found = np.full(size, empty, dtype=values.dtype)
        found[desks] = values[order[usable]][positions]
        return found

    def text(column: str) -> np.ndarray:
        known = records[column].notna().to_numpy(dtype="bool")
        return first(records[column].to_numpy(dtype="object"), known)

    precise = _precise(records)
    names, owners = text("name"), text("structure")
    service = (owners != "") & (owners != names)
    listing = np.isin(
        records["source"].to_numpy(dtype="object")[best], [*ROW_BY_ROW, "tableau", "soliguide"]
    )
    communes = wording.fold(text("commune_name").tolist())
    label = wording.fold(np.where(service & ~listing, owners, names).tolist())
    alias = wording.fold(np.where(service & listing, owners, "").tolist())
    kinds = _kinds(records, of_record=of_record, size=size)
    kinds |= wording.kinds_of_names(label) | wording.kinds_of_names(
        wording.fold(text("category").tolist())
    )
    address = wording.fold(wording.street_lines(text("address").tolist()))
    numbers = wording.house_numbers(address)
    siret = records["siret"].fillna("").to_numpy(dtype="object")
    real = np.array([len(one) == 14 and len(set(one)) > 1 for one in siret], dtype="bool")
    commune = text("commune_code")
    return Desks(
        of_record=of_record,
        record=best,
        directory=pd.factorize(np.asarray(written, dtype="object")[best], sort=True)[0],
        how=how[best],
        placed=records["place"].notna().to_numpy()[best],
        longitude=first(records["longitude"].to_numpy(), precise),
        latitude=first(records["latitude"].to_numpy(), precise),
        commune=np.where(commune == "", -1, pd.factorize(commune)[0]),
        town=np.asarray(communes, dtype="object"),
        label=np.asarray(_whole(label, communes), dtype="object"),
        alias=np.asarray(_whole(alias, communes), dtype="object"),
        own=(_proper(label, communes), _proper(alias, communes)),
        kinds=kinds,
        number=np.asarray(numbers, dtype="object"),
        street=np.asarray(wording.streets(address, communes, numbers), dtype="object"),
        phone=_phones(records, of_record=of_record, size=size),
        siret=first(siret, real),
    )


def _whole(folded: Sequence[str], communes: Sequence[str]) -> list[str]:
    own = wording.own_words(folded, communes)
    return [short or name for short, name in zip(own, folded, strict=True)]


def _proper(folded: Sequence[str], communes: Sequence[str]) -> np.ndarray:
    own = wording.own_words(wording.without_kinds(folded), communes)
    return np.asarray(own, dtype="object")


def _kinds(records: pd.DataFrame, *, of_record: np.ndarray, size: int) -> np.ndarray:
    bits = np.zeros(size, dtype="int64")
    for column in ("networks", "typologies", "bpe", "finess"):
        np.bitwise_or.at(bits, of_record, wording.kinds_of_words(records[column].tolist()))
    return bits


def _phones(records: pd.DataFrame, *, of_record: np.ndarray, size: int) -> np.ndarray:
    """Return the number most of a desk's records give."""
    numbers = np.asarray(wording.digits(records["phone"].tolist()), dtype="object")
    known = numbers != ""
    counts = (
        pd.DataFrame({"desk": of_record[known], "phone": numbers[known]})
        .value_counts(sort=False)
        .rename("n")
        .reset_index()
        .sort_values(["desk", "n", "phone"], ascending=[True, False, True])
        .drop_duplicates("desk")
    )
    found = np.full(size, "", dtype="object")
    found[counts["desk"].to_numpy()] = counts["phone"].to_numpy()
    return found


def only_ones(desks: Desks) -> np.ndarray:
    """Return the bits of the kinds each desk is alone to be in its directory and commune."""
    found = np.zeros(len(desks), dtype="int64")
    group = desks.directory.astype("int64") * (int(desks.commune.max(initial=0)) + 2)
    group += desks.commune + 1
    group = pd.factorize(group)[0]
    usable = (desks.commune >= 0) & (desks.kinds != 0)
    for bit in range(int(desks.kinds.max(initial=0)).bit_length()):
        mine = usable & ((desks.kinds >> bit) & 1 == 1)
        counts = np.bincount(group[mine], minlength=len(desks) + 1)
        found |= np.where(mine & (counts[group] == 1), 1 << bit, 0)
    return found
