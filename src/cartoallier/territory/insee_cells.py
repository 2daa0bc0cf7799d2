"""Rows of the INSEE grid as cells with counts: ids decoded, repeated cells and odd numbers told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyproj import Transformer

from cartoallier.errors import SourceError
from cartoallier.model import Finding
from cartoallier.model.french import number, quoted, typeset
from cartoallier.territory.cell_findings import EXAMPLES, Kind, Ledger
from cartoallier.territory.insee_files import Batch, CellFile, Extent, open_cells

COUNTS = (
    "ind", "men", "men_pauv", "men_1ind", "men_5ind", "men_prop", "men_fmp", "ind_snv", "men_surf",
    "men_coll", "men_mais", "log_av45", "log_45_70", "log_70_90", "log_ap90", "log_inc", "log_soc",
    "ind_0_3", "ind_4_5", "ind_6_10", "ind_11_17", "ind_18_24", "ind_25_39", "ind_40_54",
    "ind_55_64", "ind_65_79", "ind_80p", "ind_inc",
)  # fmt: skip
"""Counts of the grid (people, households, dwellings, euros, square metres), in lower case."""

PROJECTIONS = (3035, 2972, 2975, 4471, 5490, 32620)
"""EPSG codes cell ids bear: Europe, French Guiana, Réunion, Mayotte, Antilles (twice)."""

ELSEWHERE = "hors de l'étendue du territoire"
"""Why a cell is not kept when an extent is asked for."""

IDS = ("idcar_200m", "idinspire", "idcar_1km", "id_carr1km", "idcar_nat", "id_carr_n")
IMPUTED = ("i_est_200", "i_est_cr", "i_est_1km")
LISTED = ("lcog_geo", "depcom")
_ID = r"^CRS(?P<epsg>\d{4,5})RES(?P<side>[1-9]\d{2,4})mN(?P<north>\d{1,7})E(?P<east>\d{1,7})$"
_FORM = "CRS3035RES200mN…E…"
_GROWTH = 1 << 19
_SECRET = frozenset({"s", "c"})
_UNKNOWN = "nombre non disponible, pour sa commune aussi"
_CUT = "la ligne n'a pas autant de colonnes que l'en-tête"

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cells:
    """The cells of a file, each once.

    Attributes:
        file: its name, as the project writes it.
        frame: index ``line``; ``epsg``, ``side`` (metres), ``x``, ``y`` (centre, metres in
            ``epsg``), ``imputed``, ``listed`` (codes of communes as the file has them) and the
            counts asked for that the file has, missing where it has no number.
        hidden: ``line`` and ``column`` of the counts the file says are secret.
        findings: about rows and cells.
        rows_read: rows of the file, or of the extent asked for in a GeoPackage.
        dropped: reason, in French -> rows not kept.
        sha256: of the bytes of the file.
    """

    file: str
    frame: pd.DataFrame
    hidden: pd.DataFrame
    findings: list[Finding]
    rows_read: int
    dropped: dict[str, int]
    sha256: str


def read_cells(
    path: Path, *, file: str, columns: Sequence[str] = COUNTS, extent: Extent | None = None
) -> Cells:
    """Read the cells of a CSV or GeoPackage of the INSEE grid.

    Names of columns are met in any case (2015 and 2017 write them in capitals). The place of a
    cell is that of its id, the lower-left corner in the projection the id names; geometries are
    not read.

    Args:
        path: the file.
        file: its name, as the project writes it.
        columns: counts wanted, among :data:`COUNTS`.
        extent: west, south, east, north in degrees; cells whose centre lies outside are left out.

    Raises:
        SourceError: unreadable or truncated file, no column of ids or of counts, no usable id,
            cells of several sizes.

    Source:
        INSEE, Filosofi, données carroyées (2015, 2017, 2019, 2021).
    """
    source = open_cells(path, file=file, ids=IDS)
    wanted = _Wanted.of(source, columns)
    gathered = _Gathered(source=source, wanted=wanted, extent=extent, ledger=Ledger(file=file))
    last = 0
    for batch in source.batches(wanted.all, extent=extent):
        gathered.add(batch)
        last = int(batch.lines[-1]) if len(batch.lines) else last
    if any(line > last for line in source.cut) and not source.ended():
        raise SourceError(
            typeset("le fichier s'arrête au milieu d'une ligne ; téléchargez-le de nouveau."),
            path=file,
            line=max(source.cut),
        )
    return gathered.cells()


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """Names of the columns to read, ``""`` where the file has none."""

    id: str
    imputed: str
    listed: str
    counts: tuple[str, ...]

    @classmethod
    def of(cls, source: CellFile, columns: Sequence[str]) -> _Wanted:
        present = source.names
        found = [next((n for n in names if n in present), "") for names in (IDS, IMPUTED, LISTED)]
        counts = tuple(name for name in columns if name in present)
        if not found[0]:
            near = [n for n in present if difflib.get_close_matches(n, IDS, n=1, cutoff=0.7)]
            has = ", ".join(near[:3] or source.header[:8])
            what = (
                f"aucune colonne d'identifiant de carreau ({IDS[0]}) ; colonnes présentes : {has}"
            )
            raise SourceError(typeset(what), path=source.file)
        if not counts:
            what = f"aucune colonne d'effectifs ; attendu par exemple : {', '.join(columns[:3])}"
            raise SourceError(typeset(what), path=source.file)
        return cls(id=found[0], imputed=found[1], listed=found[2], counts=counts)

    @property
    def all(self) -> tuple[str, ...]:
        return tuple(name for name in (self.id, self.imputed, self.listed, *self.counts) if name)


class _Column:
    """Numbers that grow in place: batches kept until the end would cost as much again."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._held: NDArray[Any] = np.empty(0, dtype=dtype)
        self._used = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Append some numbers."""
        end = self._used + len(values)
        if end > len(self._held):
            self._held.resize(end + _GROWTH, refcheck=False)
        self._held[self._used : end] = values
        self._used = end

    def whole(self) -> NDArray[Any]:
        """Return all of them; nothing may be appended afterwards."""
        self._held.resize(self._used, refcheck=False)
        return self._held


@dataclass(eq=False, kw_only=True)
class _Gathered:
    """Batches put side by side, and what was wrong in them."""

    source: CellFile
    wanted: _Wanted
    extent: Extent | None
    ledger: Ledger
    columns: dict[str, _Column] = field(default_factory=dict)
    listed: list[pa.Array] = field(default_factory=list)
    hidden: list[tuple[int, str]] = field(default_factory=list)
    rows: int = 0
    elsewhere: int = 0

    def add(self, batch: Batch) -> None:
        """Keep the usable cells of a batch."""
        ids = pc.utf8_trim_whitespace(batch.columns[self.wanted.id].cast(pa.string()))
        place = pc.extract_regex(ids, _ID)
        numbers = {name: _integers(place, name) for name in ("epsg", "side", "north", "east")}
        written = _flags(pc.not_equal(ids, "")) | self._written(batch)
        sound = _flags(pc.is_valid(place))
        kept = sound & np.isin(numbers["epsg"], PROJECTIONS)
        self.rows += int(written.sum())
        for wrong, what in (
            (written & ~sound, "identifiant de carreau illisible"),
            (sound & ~kept, "projection inconnue dans l'identifiant du carreau"),
        ):
            kind = Kind(column=self.wanted.id, what=what, action="carreau non compté", drops=True)
            self.ledger.note(kind, wrong, lines=batch.lines, values=ids)
        x = numbers["east"] + numbers["side"] / 2
        y = numbers["north"] + numbers["side"] / 2
        if self.extent is not None:
            near = _within(x, y, numbers["epsg"], self.extent)
            self.elsewhere += int((kept & ~near).sum())
            kept &= near
        if not kept.any():
            return
        row: dict[str, NDArray[Any]] = {"line": batch.lines[kept], "x": x[kept], "y": y[kept]}
        row |= {name: numbers[name][kept].astype("int32") for name in ("epsg", "side")}
        row["imputed"] = self._imputed(batch)[kept]
        row |= {name: self._count(name, batch, kept)[kept] for name in self.wanted.counts}
        for name, values in row.items():
            self.columns.setdefault(name, _Column(values.dtype)).extend(values)
        if self.wanted.listed:
            codes = batch.columns[self.wanted.listed].cast(pa.string())
            self.listed.append(codes.filter(pa.array(kept)))

    def _written(self, batch: Batch) -> Flags:
        """Tell the rows where some number is written: a blank line is not a row."""
        shown = np.zeros(len(batch.lines), dtype=bool)
        for name in self.wanted.counts:
            values = batch.columns[name]
            if shown.all():
                break
            shown |= _flags(pc.not_equal(values, "") if _is_text(values) else pc.is_valid(values))
        return shown

    def _imputed(self, batch: Batch) -> Flags:
        if not self.wanted.imputed:
            return np.zeros(len(batch.lines), dtype=bool)
        values, _ = _floats(batch.columns[self.wanted.imputed], self.source.separator)
        result: Flags = values == 1
        return result

    def _count(self, name: str, batch: Batch, kept: Flags) -> Floats:
        """Return a count, missing where the file gives no number or a negative one."""
        texts = batch.columns[name]
        values, secret = _floats(texts, self.source.separator)
        missing, negative = np.isnan(values) & kept, (values < 0) & kept
        self.hidden += [(int(line), name) for line in batch.lines[missing & secret]]
        for wrong, what in (
            (missing & secret, "nombre secret"),
            (missing & ~secret, "ce n'est pas un nombre"),
            (negative, "nombre négatif"),
        ):
            kind = Kind(column=name, what=what, action=_UNKNOWN)
            self.ledger.note(kind, wrong, lines=batch.lines, values=texts)
        return np.where(negative, np.nan, values) if negative.any() else values

    def cells(self) -> Cells:
        """Return what was gathered, repeated cells settled."""
        if not self.columns:
            self._refuse()
        columns = self._columns()
        sides = np.unique(columns["side"])
        if len(sides) > 1 and not self.wanted.id.startswith(("idcar_nat", "id_carr_n")):
            shown = " et ".join(f"{number(side)} m" for side in sides[:3])
            what = f"le fichier mêle des carreaux de {shown} ; donnez-en un par taille."
            raise SourceError(typeset(what), path=self.source.file, key=self.wanted.id)
        kept = self._once(columns)
        if not kept.all():
            columns = {name: values[kept] for name, values in columns.items()}
        dropped = self.ledger.dropped | {
            reason: rows
            for reason, rows in ((ELSEWHERE, self.elsewhere), (_CUT, len(self.source.cut)))
            if rows
        }
        return Cells(
            file=self.source.file,
            frame=pd.DataFrame(columns, copy=False).set_index("line"),
            hidden=pd.DataFrame(self.hidden, columns=["line", "column"]),
            findings=[*_of_file(self.source), *self.ledger.findings()],
            rows_read=self.rows + len(self.source.cut),
            dropped=dropped,
            sha256=self.source.sha256(),
        )

    def _columns(self) -> dict[str, Any]:
        """Return whole columns, ``listed`` as a categorical."""
        columns: dict[str, Any] = {name: column.whole() for name, column in self.columns.items()}
        codes = self.listed or [pa.nulls(len(columns["line"]), pa.string())]
        encoded = pa.chunked_array(codes).dictionary_encode().combine_chunks()
        columns["listed"] = encoded.to_pandas().array
        return columns

    def _once(self, columns: Mapping[str, Any]) -> Flags:
        """Tell the rows to keep: of a cell written twice the same, the first; else none."""
        key = columns["epsg"].astype("int64") * 100_000 + columns["side"]
        key = pd.factorize(key)[0].astype("int64")
        for axis in ("x", "y"):
            # centres are whole half-metres below 2^24 metres
            key = key << 25 | (columns[axis] * 2).astype("int64")
        repeated = pd.Series(key).duplicated(keep=False).to_numpy()
        kept: Flags = ~repeated
        if not repeated.any():
            return kept
        at = np.flatnonzero(repeated)
        rows = pd.DataFrame({name: columns[name][at] for name in self.wanted.counts})
        rows["key"] = key[at]
        copies = rows.duplicated().to_numpy()
        versions = rows[~copies]["key"].value_counts()
        clash = rows["key"].isin(versions.index[versions > 1]).to_numpy()
        kept[at[~copies & ~clash]] = True
        north, east = (columns[axis][at] - columns["side"][at] / 2 for axis in ("y", "x"))
        places = pa.array([f"N{n:.0f}E{e:.0f}" for n, e in zip(north, east, strict=True)])
        for wrong, what, action in (
            (copies & ~clash, "carreau répété à l'identique", "compté une seule fois"),
            (clash, "carreau répété avec d'autres nombres", "aucune de ses lignes n'est comptée"),
        ):
            kind = Kind(column=self.wanted.id, what=what, action=action, drops=True)
            self.ledger.note(kind, wrong, lines=columns["line"][at], values=places)
        return kept

    def _refuse(self) -> NoReturn:
        """Say why nothing could be kept."""
        file = self.source.file
        for kind, told in self.ledger.told.items():
            line, value = told[0]
            what = f"{kind.what} : {quoted(value)} ; forme attendue : {_FORM}"
            raise SourceError(typeset(what), path=file, line=line, key=kind.column)
        if self.source.cut:
            raise SourceError(f"{_CUT}.", path=file, line=self.source.cut[0])
        if self.rows:
            what = (
                "aucun carreau dans l'étendue du territoire ; vérifiez que le fichier est celui de "
                "ce territoire et que N et E ne sont pas inversés dans les identifiants."
            )
            raise SourceError(typeset(what), path=file)
        raise SourceError("le fichier n'a aucune ligne de données.", path=file)


def _of_file(source: CellFile) -> list[Finding]:
    """Return what is noteworthy before any cell is looked at."""
    found = [
        Finding(file=source.file, line=line, what=_CUT, action="carreau non compté")
        for line in source.cut[:EXAMPLES]
    ]
    if (rest := len(source.cut) - EXAMPLES) > 0:
        value = f"{number(rest)} autres lignes"
        found.append(Finding(file=source.file, value=value, what=_CUT, action="carreau non compté"))
    return found + [
        Finding(
            file=source.file,
            value=layer,
            what="autre couche de carreaux dans le même fichier",
            action=typeset(f"non lue ; la couche lue est « {source.layer} »"),
        )
        for layer in source.ignored
    ]


def _flags(values: pa.Array) -> Flags:
    """Return an Arrow array of truths as numpy, missing being false."""
    result: Flags = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return result


def _integers(place: pa.Array, name: str) -> NDArray[np.int64]:
    """Return a part of the ids, 0 where they could not be decoded."""
    texts = pc.fill_null(pc.struct_field(place, name), "0")
    result: NDArray[np.int64] = pc.cast(texts, pa.int64()).to_numpy()
    return result


def _is_text(values: pa.Array) -> bool:
    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))


def _floats(values: pa.Array, separator: str) -> tuple[Floats, Flags]:
    """Return numbers, missing where there is none, and which are said to be secret."""
    secret = np.zeros(len(values), dtype=bool)
    if not _is_text(values):
        floats = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        return np.where(np.isfinite(floats), floats, np.nan), secret
    if separator != ",":
        values = pc.replace_substring(values, pattern=",", replacement=".")
    try:
        floats = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        texts = values.to_pandas().fillna("").str.strip()
        secret = texts.str.lower().isin(_SECRET).to_numpy()
        floats = pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64")
    return np.where(np.isfinite(floats), floats, np.nan), secret


def _within(x: Floats, y: Floats, epsg: NDArray[np.int64], extent: Extent) -> Flags:
    """Tell the points that lie in an extent in degrees."""
    inside = np.zeros(len(x), dtype=bool)
    for code in np.unique(epsg):
        if code not in PROJECTIONS:
            continue
        to_cells = Transformer.from_crs("EPSG:4326", int(code), always_xy=True)
        west, south, east, north = to_cells.transform_bounds(*extent)
        inside |= (epsg == code) & (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside
