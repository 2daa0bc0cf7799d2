"""Small records of several directories, and the generator of the bench."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from cartoallier.model import SERVICE_COLUMNS, Services
from cartoallier.model.supply import TUPLE_COLUMNS
from cartoallier.supply.merging import Decisions, Merged, merge

BENCH = Path(__file__).resolve().parents[3] / "scripts" / "bench"


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """Records from what each row says: ``id`` (``source--…``), and what differs from nothing."""
    table: dict[str, pd.Series] = {}
    ids = [str(row["id"]) for row in rows]
    index = pd.Index(ids, name="id", dtype="str")
    for column, dtype in SERVICE_COLUMNS.items():
        empty: object = () if column in TUPLE_COLUMNS else False if dtype == "bool" else None
        table[column] = pd.Series([r.get(column, empty) for r in rows], index=index, dtype=dtype)
    records = pd.DataFrame(table)
    records["source"] = pd.Series([i.split("--")[0] for i in ids], index=index, dtype="str")
    records["file"] = records["file"].fillna(records["source"] + ".csv")
    records["line"] = records["line"].fillna(2).astype("Int64")
    placed = records["longitude"].notna() & records["precision"].isna()
    records["precision"] = records["precision"].mask(placed, "adresse")
    return records


@pytest.fixture(scope="session")
def records() -> Callable[..., pd.DataFrame]:
    return frame


@pytest.fixture(scope="session")
def merged() -> Callable[..., Merged]:
    """Merge rows; the model's door is passed too."""

    def _merged(*rows: dict[str, object], decisions: Decisions | None = None) -> Merged:
        result = merge(frame(*rows), decisions=decisions)
        Services(result.records)
        return result

    return _merged


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """``scripts/bench/generate_supply.py``."""
    return _script("generate_supply")


@pytest.fixture(scope="session")
def bench(generator: ModuleType) -> ModuleType:
    """``scripts/bench/merging.py``."""
    return _script("merging", alias="generate_supply")


def _script(name: str, alias: str = "") -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
