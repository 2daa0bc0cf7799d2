"""Writers of small hostile files, and the reader the tests of this folder share."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyproj
import pytest

from cartoallier.model import Finding, Services, SourceRecord, Territory
from cartoallier.supply import SupplyInput, read_supply

Write = Callable[..., Path]
Read = Callable[..., tuple[pd.DataFrame, list[Finding], SourceRecord]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text, bytes or a JSON value to a file of the test's own folder."""

    def _write(content: object, name: str = "essai.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        else:
            path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    return _write


@pytest.fixture
def read(toy: Territory) -> Read:
    """Read one source on the toy territory; the model's door is passed too."""

    def _read(path: Path, **options: object) -> tuple[pd.DataFrame, list[Finding], SourceRecord]:
        source = SupplyInput(path=path, file=path.name, **options)
        frame, findings, record = read_supply(source, territory=toy)
        Services(frame)
        return frame, findings, record

    return _read


@pytest.fixture(scope="session")
def degrees() -> Callable[[float, float], tuple[float, float]]:
    """Give the WGS84 point of the toy territory at (east, north) km from its corner."""
    turn = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)

    def _degrees(east: float, north: float) -> tuple[float, float]:
        longitude, latitude = turn.transform(700_000 + 1000 * east, 6_600_000 + 1000 * north)
        return round(longitude, 6), round(latitude, 6)

    return _degrees
