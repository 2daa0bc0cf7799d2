"""The tools of those who receive a GeoPackage: GDAL's validator, ``ogrinfo`` and QGIS."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEM_PYTHON = "/usr/bin/python3"


def system_python(module: str) -> str:
    """The system's Python, which holds GDAL's scripts and PyQGIS."""
    found = shutil.which(SYSTEM_PYTHON)
    if found:
        probe = subprocess.run([found, "-c", f"import {module}"], capture_output=True, check=False)
        if probe.returncode == 0:
            return found
    return missing(module)


def missing(tool: str) -> str:
    """Skip, or fail where everything must be there."""
    reason = f"{tool} manque : lancez scripts/test.sh en root pour l’installer"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    python = system_python("osgeo_utils")
    command = [python, "-m", "osgeo_utils.samples.validate_gpkg", "-k", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def ogrinfo(*arguments: str) -> str:
    """What GDAL says of a file, on both outputs, its reasons included."""
    found = shutil.which("ogrinfo") or missing("ogrinfo")
    environment = os.environ | {"CPL_DEBUG": "ON"}
    done = subprocess.run(
        [found, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout + done.stderr


def in_qgis(script: str, *arguments: str) -> str:
    """What a PyQGIS script prints last."""
    done = subprocess.run(
        [system_python("qgis.core"), "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    return done.stdout.splitlines()[-1]
