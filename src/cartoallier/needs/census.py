"""The shipped census (INSEE, RP 2021), read as any other need file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from cartoallier.catalogue import load_catalogue, shipped
from cartoallier.errors import SourceError
from cartoallier.model import Level, SourceRecord, Status
from cartoallier.needs.values import VALUE_COLUMNS, Extract

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


def read_census(path: Path | None = None) -> tuple[Extract, SourceRecord]:
    """Read the counts of the 2021 census by commune and municipal arrondissement.

    Args:
        path: another file of the same layout, for tests; default: the shipped one.

    Returns:
        Values of the counts the catalogue knows, and the record of the file.

    Raises:
        SourceError: the file cannot be read or lacks columns.
    """
    catalogue = load_catalogue()
    source = catalogue.sources[SOURCE]
    name = f"cartoallier:{FILE}" if path is None else str(path)
    content = _bytes_of(shipped(FILE) if path is None else path, name=name)
    census = _read(content, name=name)
    vintage = catalogue.indicators["population"].vintage
    size, wanted = len(census), list(COLUMNS)
    values = pd.DataFrame(
        {
            "indicator": np.repeat(np.array(wanted, dtype="object"), size),
            "level": Level.COMMUNE.value,
            "code": np.tile(census.index.to_numpy(dtype="object"), len(wanted)),
            "name": "",
            "value": census[[*COLUMNS.values()]].to_numpy().ravel(order="F"),
            "status": Status.PUBLISHED.value,
            "vintage": vintage,
            "source": SOURCE,
            "file": name,
            "sheet": "",
            "line": pd.NA,
            "column": np.repeat(np.array([*COLUMNS.values()], dtype="object"), size),
        }
    )[list(VALUE_COLUMNS)].astype(VALUE_COLUMNS)
    record = SourceRecord(
        path=name,
        label=source.mention,
        format=SOURCE,
        sha256=hashlib.sha256(content).hexdigest(),
        rows_read=size,
        rows_kept=size,
        vintage=vintage,
        licence=source.licence,
    )
    return Extract(values=values, layout=SOURCE, rows_read=size), record


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
