"""``cartoallier.qgz``: the project's XML, in an archive that is the same for the same run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

import jinja2

from cartoallier.errors import OutputError
from cartoallier.model import Run
from cartoallier.outputs.qgis.content import project
from cartoallier.outputs.qgis.view import Project
from cartoallier.outputs.styles import LayerStyle, layer_styles

FILE_NAME = "cartoallier.qgz"
_INSIDE = "cartoallier.qgs"


def project_file(run: Run, *, styles: Sequence[LayerStyle] | None = None) -> bytes:
    """Return the QGIS project of a run, as an archive ``.qgz``.

    It finds its layers in ``cartoallier.gpkg`` beside it, or in the GeoPackage that holds it.

    Args:
        run: what it shows.
        styles: of its layers, when they are made already.
    """
    return _packed(_written(project(run, layer_styles(run) if styles is None else styles)))


def write_project(run: Run, folder: Path, *, made: bytes | None = None) -> Path:
    """Write ``cartoallier.qgz`` under ``folder``, beside ``cartoallier.gpkg``.

    Args:
        run: what it shows.
        folder: receives it.
        made: the project, when its GeoPackage holds it already.

    Raises:
        OutputError: the file cannot be written.
    """
    path = folder / FILE_NAME
    try:
        path.write_bytes(project_file(run) if made is None else made)
    except OSError as error:
        raise OutputError(
            "le projet QGIS ne peut pas être écrit\u202f: fermez-le dans QGIS, vérifiez la place "
            "et les droits sur le dossier, puis relancez",
            path=path.name,
        ) from error
    return path


def _written(shown: Project) -> str:
    return _template().render(project=shown)


def _packed(text: str) -> bytes:
    held = io.BytesIO()
    # the date zip files begin at: none of a project's own is needed there
    entry = zipfile.ZipInfo(_INSIDE, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(entry, text.encode())
    return held.getvalue()


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    """Return the template, everything in it escaped for XML."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return made.get_template("project.qgs.j2")


def _read(name: str) -> str:
    here = resources.files("cartoallier.outputs.qgis")
    return (here / "templates" / name).read_text(encoding="utf-8")
