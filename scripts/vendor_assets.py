"""Fetch the JavaScript and CSS that map pages carry, once, with npm, and pin their hashes.

Usage: ``python scripts/vendor_assets.py`` (needs ``npm`` on the path). The registry is the one
npm is configured with. Each package must have the hash written below; each file kept is copied
without its source-map line and, for style sheets, without the rules that would load an image
(the pages use neither Leaflet's icons nor its layer button).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[1] / "src/cartoallier/outputs/maps/assets"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One npm package: its pinned version and what is kept of it."""

    name: str
    version: str
    licence: str
    sha256: str
    files: dict[str, str]


PACKAGES = (
    Package(
        name="leaflet",
        version="1.9.4",
        licence="BSD-2-Clause",
        sha256="84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77",
        files={
            "package/dist/leaflet.js": "leaflet.js",
            "package/dist/leaflet.css": "leaflet.css",
            "package/LICENSE": "leaflet.LICENSE",
        },
    ),
    Package(
        name="leaflet.markercluster",
        version="1.5.3",
        licence="MIT",
        sha256="fc6b0b1d00b6c708ae54e43ee4a11ac345e41660e19f0a570190bb35babb1a1c",
        files={
            "package/dist/leaflet.markercluster.js": "leaflet.markercluster.js",
            "package/dist/MarkerCluster.css": "leaflet.markercluster.css",
            "package/MIT-LICENCE.txt": "leaflet.markercluster.LICENSE",
        },
    ),
)


def trim(name: str, text: str) -> str:
    """Return a vendored text without what a page on its own must not refer to."""
    text = text.replace("\r\n", "\n")
    if name.endswith(".js"):
        text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    if name.endswith(".css"):
        text = re.sub(r"[^{}]*\{[^{}]*url\([^{}]*\}", "", text)
    return text.rstrip() + "\n"


def fetch(package: Package, folder: Path) -> dict[str, str]:
    """Return the kept files of ``package``, by the name they are kept under."""
    wanted = f"{package.name}@{package.version}"
    done = subprocess.run(
        ["npm", "pack", "--silent", wanted], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = folder / done.stdout.strip().splitlines()[-1]
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{wanted}: sha256 {found}, {package.sha256} expected")
    with tarfile.open(archive) as tar:
        texts = {}
        for path, name in package.files.items():
            member = tar.extractfile(path)
            if member is None:
                raise SystemExit(f"{wanted}: no file {path}")
            texts[name] = trim(name, member.read().decode("utf-8"))
    return texts


def readme(texts: dict[str, tuple[Package, str]]) -> str:
    """Return the README that names every vendored file."""
    rows = [
        f"| `{name}` | {package.name} {package.version} | {package.licence} "
        f"| `{hashlib.sha256(text.encode()).hexdigest()}` |"
        for name, (package, text) in texts.items()
    ]
    archives = [f"- `{p.name}@{p.version}`: sha256 `{p.sha256}`" for p in PACKAGES]
    lines = [
        "# Vendored JavaScript and CSS",
        "",
        "Copied from npm packages by `scripts/vendor_assets.py`, which writes this page; pages",
        "carry them inline and load nothing. Source-map lines and style rules that load an",
        "image are removed. Do not edit by hand.",
        "",
        "| file | package | licence | sha256 |",
        "|---|---|---|---|",
        *rows,
        "",
        "Archives as packed by npm:",
        "",
        *archives,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the assets and their README."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    texts: dict[str, tuple[Package, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            for name, text in fetch(package, Path(folder)).items():
                texts[name] = (package, text)
                (ASSETS / name).write_text(text, encoding="utf-8", newline="\n")
    (ASSETS / "README.md").write_text(readme(texts), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
