"""The pages of the demonstration, drawn once for all the modules that look at them."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@cache
def screenshots() -> ModuleType:
    """``scripts/screenshots.py``, which also says how the demonstration is drawn."""
    path = ROOT / "scripts" / "screenshots.py"
    spec = importlib.util.spec_from_file_location("screenshots", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@cache
def _drawn(folder: Path) -> Path:
    atlas: Path = screenshots().draw_atlas(folder)
    return atlas


@pytest.fixture(scope="session")
def demonstration_atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration with an invented need by EPCI: ``index.html`` and ``cartes``."""
    return _drawn(tmp_path_factory.getbasetemp() / "demonstration")


def need_tools() -> None:
    """Skip without the programs and fonts of pictures; under CI, fail."""
    if lacks := screenshots().missing():
        reason = f"{', '.join(lacks)} manque : lancez scripts/test.sh"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
