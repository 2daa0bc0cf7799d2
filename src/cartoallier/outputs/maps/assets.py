"""The vendored files and the page's own, read from the package."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class Inline:
    """Scripts and style sheets of one page, in the order they stand in it."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]

    @property
    def policy(self) -> str:
        """The content security policy: nothing but these very texts, and ``data:`` images."""
        scripts = " ".join(_digest(script) for script in self.scripts) or "'none'"
        styles = " ".join(_digest(style) for style in self.styles) or "'none'"
        return (
            f"default-src 'none'; script-src {scripts}; style-src {styles}; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        )


def read(name: str) -> str:
    """Return one file of ``assets/`` or ``templates/``."""
    here = resources.files("cartoallier.outputs.maps")
    folder = "assets" if name.startswith("leaflet") else "templates"
    return (here / folder / name).read_text(encoding="utf-8")


def licensed(name: str) -> str:
    """Return a vendored script preceded by its licence, as its licence asks."""
    package = name.removesuffix(".js")
    notice = read(f"{package}.LICENSE").replace("*/", "* /")
    return f"/*\n{package}\n{notice}*/\n{read(name)}"


def _digest(text: str) -> str:
    hashed = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(hashed).decode('ascii')}'"
