"""The files INSEE publishes its grid in, CSV or GeoPackage, as batches of columns."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from cartoallier.errors import SourceError
from cartoallier.model.french import typeset

Extent: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north."""

_HEADER_BYTES = 65_536
_BLOCK_BYTES = 8 << 20
_BATCH_ROWS = 65_536
_GEOPACKAGE = b"SQLite format 3\0"
_PACKED = (b"PK", b"7z\xbc\xaf", b"\x1f\x8b")
_DAMAGED = "le fichier est abîmé ou incomplet ; téléchargez-le de nouveau."
_UNREAD = {b"PAR1": "Parquet", b"\x00\x00\x27\x0a": "Shapefile"}


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """Some rows of a file.

    Attributes:
        lines: line of each row in a CSV, its ``fid`` in a GeoPackage.
        columns: name in lower case -> values, text or numbers as the file has them.
    """

    lines: NDArray[np.int64]
    columns: dict[str, pa.Array]


@dataclass(frozen=True, eq=False, kw_only=True)
class CellFile:
    """A file whose header was read.

    Attributes:
        path: the file.
        file: its name, as the project writes it.
        header: names of the columns as written; of a GeoPackage, those of the layer.
        layer: of a GeoPackage; ``""``: the file is a CSV.
        crs: projection a GeoPackage declares, for filtering only.
        separator: of a CSV.
        ignored: other layers of a GeoPackage that have cells too.
        cut: lines of a CSV that have not as many cells as the header, filled as it is read.
    """

    path: Path
    file: str
    header: tuple[str, ...]
    layer: str = ""
    crs: str = ""
    separator: str = ","
    ignored: tuple[str, ...] = ()
    cut: list[int] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in lower case."""
        return tuple(name.strip().lower() for name in self.header)

    def batches(self, columns: Sequence[str], *, extent: Extent | None = None) -> Iterator[Batch]:
        """Yield the rows.

        Args:
            columns: names wanted, in lower case, among :attr:`names`.
            extent: degrees; rows of a GeoPackage that lie outside are not read. Rows of a CSV
                are all read.

        Raises:
            SourceError: damaged file, or a column written twice.
        """
        twice = [name for name, count in Counter(self.names).items() if count > 1]
        for name in columns:
            if name in twice:
                raise SourceError("la colonne est présente deux fois.", path=self.file, key=name)
        read = self._layer_batches(columns, extent) if self.layer else self._csv_batches(columns)
        try:
            yield from read
        except (pa.ArrowException, DataSourceError, DataLayerError, OSError, RuntimeError) as error:
            # GDAL gives up on a damaged file in the middle of a stream
            raise SourceError(typeset(_DAMAGED), path=self.file) from error

    def ended(self) -> bool:
        """Tell whether the file ends with the end of a line."""
        with self.path.open("rb") as content:
            content.seek(-1, os.SEEK_END)
            return content.read(1) in b"\r\n"

    def sha256(self) -> str:
        """Return the digest of the bytes of the file."""
        with self.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()

    def _csv_batches(self, columns: Sequence[str]) -> Iterator[Batch]:
        # columns that are not wanted may share a name: the position makes names unique
        unique = [name if name in columns else f"{name}#{i}" for i, name in enumerate(self.names)]
        reader = pa_csv.open_csv(
            self.path,
            # Line numbers of cut rows are only told to a single thread. Every byte is a Latin-1
            # letter: what is read is ASCII, a stray accent elsewhere must not stop the reading.
            read_options=pa_csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK_BYTES,
                column_names=unique,
                skip_rows=1,
                encoding="latin-1",
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.separator, ignore_empty_lines=False, invalid_row_handler=self._cut
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(columns),
                column_types={name: pa.string() for name in columns},
            ),
        )
        line = 2
        for batch in reader:
            skipped = np.asarray(self.cut, dtype="int64")
            after = skipped[skipped >= line]
            lines = np.arange(line, line + batch.num_rows + len(after), dtype="int64")
            lines = lines[~np.isin(lines, after)][: batch.num_rows]
            if len(lines):
                line = int(lines[-1]) + 1
            yield Batch(lines=lines, columns=dict(zip(columns, batch.columns, strict=True)))

    def _cut(self, row: Any) -> str:  # noqa: ANN401 (pyarrow.csv.InvalidRow is not typed)
        self.cut.append(int(row.number))
        return "skip"

    def _layer_batches(self, columns: Sequence[str], extent: Extent | None) -> Iterator[Batch]:
        written = dict(zip(self.names, self.header, strict=True))
        with pyogrio.open_arrow(
            self.path,
            layer=self.layer,
            columns=[written[name] for name in columns],
            bbox=self._bounds(extent),
            read_geometry=False,
            return_fids=True,
            batch_size=_BATCH_ROWS,
            use_pyarrow=True,
        ) as (_, reader):
            for batch in reader:
                held = {str(name).lower(): batch.column(name) for name in batch.schema.names}
                lines = batch.column(0).to_numpy(zero_copy_only=False).astype("int64")
                yield Batch(lines=lines, columns={name: held[name] for name in columns})

    def _bounds(self, extent: Extent | None) -> Extent | None:
        """Return an extent in the projection of the layer, ``None`` where it declares none."""
        if extent is None or not self.crs:
            return None
        try:
            to_layer = Transformer.from_crs(
                "EPSG:4326", CRS.from_user_input(self.crs), always_xy=True
            )
            bounds = to_layer.transform_bounds(*extent)
        except (CRSError, ProjError):
            return None
        return bounds if np.isfinite(bounds).all() else None


def open_cells(path: Path, *, file: str, ids: Sequence[str]) -> CellFile:
    """Read the header of a file of the INSEE grid.

    Args:
        path: a CSV or a GeoPackage, whatever its suffix.
        file: its name, as the project writes it.
        ids: names of columns of cell ids, in lower case: of several layers, the first that has
            one is taken.

    Raises:
        SourceError: missing, empty, compressed, or neither a CSV nor a GeoPackage.
    """
    try:
        with path.open("rb") as content:
            start = content.read(_HEADER_BYTES)
    except OSError as error:
        what = "le fichier n'existe pas ou ne peut pas être ouvert."
        raise SourceError(what, path=file) from error
    if not start.strip():
        raise SourceError("le fichier est vide.", path=file)
    if start.startswith(_GEOPACKAGE):
        return _layer(path, file=file, ids=ids)
    if start.startswith(_PACKED):
        raise SourceError(
            typeset(
                "fichier compressé ; décompressez-le et donnez le CSV ou le GeoPackage "
                "qu'il contient."
            ),
            path=file,
        )
    other = next((kind for magic, kind in _UNREAD.items() if start.startswith(magic)), "")
    if other or b"\0" in start:
        raise SourceError(
            typeset(
                f"{f'fichier {other}' if other else 'format inconnu'} ; "
                "donnez le CSV ou le GeoPackage que publie l'Insee."
            ),
            path=file,
        )
    line = start.splitlines()[0].decode("utf-8-sig", errors="replace")
    # max keeps the first of equals: a single column is read with a comma
    separator = max(",;\t", key=line.count)
    header = tuple(next(csv.reader([line], delimiter=separator), ()))
    return CellFile(path=path, file=file, header=header, separator=separator)


def _layer(path: Path, *, file: str, ids: Sequence[str]) -> CellFile:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        found = {name: pyogrio.read_info(path, layer=name) for name in layers}
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        what = "le GeoPackage est abîmé ou incomplet ; téléchargez-le de nouveau."
        raise SourceError(typeset(what), path=file) from error
    if not found:
        raise SourceError("le GeoPackage ne contient aucune couche.", path=file)
    with_cells = [
        name for name, info in found.items() if {f.lower() for f in info["fields"]} & set(ids)
    ]
    first = with_cells[0] if with_cells else layers[0]
    return CellFile(
        path=path,
        file=file,
        header=tuple(str(name) for name in found[first]["fields"]),
        layer=first,
        crs=str(found[first]["crs"] or ""),
        ignored=tuple(with_cells[1:]),
    )
