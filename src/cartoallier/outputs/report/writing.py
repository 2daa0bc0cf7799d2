"""Write ``rapport.html``: what the committee reads, on screen and on paper."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from pathlib import Path

import jinja2

from cartoallier.errors import OutputError
from cartoallier.model import Run, french
from cartoallier.outputs.maps.cells import number
from cartoallier.outputs.pictures import Plates, draw_plates
from cartoallier.outputs.report.content import content
from cartoallier.outputs.report.sections import Beside

NAME = "rapport.html"


def write_report(run: Run, folder: Path) -> list[Path]:
    """Write the report of a run.

    It opens offline and holds its own styles. On screen each theme shows its page
    (``cartes/<theme>.html``) in a frame when it is there: write pages before it. On paper, and on
    screen without its page, it shows maps of its own, as wide as the sheet. The file is written
    beside and moved into place; the same run beside the same files gives the same bytes.

    Args:
        run: what to tell; nothing is computed.
        folder: root of the outputs, receives ``rapport.html``; made if needed.

    Returns:
        The path written.

    Raises:
        OutputError: the report cannot be written.
    """
    path = folder / NAME
    beside = path.with_name(f".{NAME}.partiel")
    text = report_page(run, Beside.of(folder), draw_plates(run))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise OutputError(
            "le rapport ne peut pas être écrit ; vérifier la place et les droits sur ce dossier",
            path=path,
        ) from error
    return [path]


def report_page(run: Run, beside: Beside, plates: Plates) -> str:
    """Return the report, a single file without script."""
    style = _read("report.css").replace("{{ entete }}", _header(run))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(run=run, style=style, policy=_policy(style), **content(run, beside, plates))
    )


def _header(run: Run) -> str:
    """Return what stands at the head of every printed page: fixed words, safe in a style."""
    words = "Document de travail, ne vaut pas engagement"
    return f"{words} · Données de démonstration, fictives" if run.demonstration else words


def _policy(style: str) -> str:
    """Return the content security policy: this style, and the files beside.

    ``file:`` for browsers that do not hold two files of one folder for the same origin.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "frame-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    here = resources.files("cartoallier.outputs.report")
    return (here / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    """Return the template, autoescaped whatever its name."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {
        "nombre": number,
        "pluriel": french.plural,
        "date": french.day,
        "typo": french.typeset,
    }
    return made
