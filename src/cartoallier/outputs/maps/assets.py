"""The vendored files and the page's own, read from the package."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

PARTS = {
    "page.js": ("ground.js", "names.js", "sites.js", "page.js", "tables.js"),
    "comparer.js": ("ground.js", "names.js", "gaps.js", "comparer.js", "tables.js"),
}
"""Script of a page -> the files it is made of, in order: the only place that lists them.

They are classic scripts that share one scope: a page opened from a disk may load no module.
"""
SHARED_FROM = 1024
"""Characters below which a text stays in its page, whatever the number of pages that hold it."""
_BLOCK = re.compile(
    r"<(?P<tag>script|style)(?: type=\"application/json\" id=\"(?P<id>[a-z-]+)\")?>"
    r"(?P<body>.*?)</(?P=tag)>",
    flags=re.DOTALL,
)
"""A script, a style sheet or the JSON of a page, as templates write them."""
_OWN_FILES = {"script": "script-src 'self' file:", "style": "style-src 'self' file:"}
"""What a page may load once it shares files: those of its own site, or of the same disk."""


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


def share(pages: Mapping[str, str], *, folder: str) -> tuple[dict[str, str], dict[str, str]]:
    """Take out of pages the scripts, styles and JSON that several of them hold.

    Each becomes a file named after its content, loaded by a relative link: a script, since a
    page opened from a disk may not fetch anything else. JSON becomes a script that puts it where
    the page reads it.

    Args:
        pages: path -> text.
        folder: of the files, as paths of pages are written.

    Returns:
        The lighter pages, and the files: path -> text.
    """
    held = Counter(key for text in pages.values() for key in {_key(b) for b in _blocks(text)})
    common = {key for key, count in held.items() if count > 1}
    files: dict[str, str] = {}
    lighter = {}
    for name, text in pages.items():
        moved: list[tuple[str, str]] = []

        def link(block: re.Match[str], *, name: str = name, moved: list[Any] = moved) -> str:
            if _key(block) not in common:
                return block[0]
            path, content = _file(block, folder)
            files[path] = content
            moved.append((block["tag"], block["body"]))
            return _link(block, os.path.relpath(path, Path(name).parent))

        lighter[name] = _loosened(_BLOCK.sub(link, text), moved)
    return lighter, dict(sorted(files.items()))


def _blocks(text: str) -> list[re.Match[str]]:
    return [block for block in _BLOCK.finditer(text) if len(block["body"]) >= SHARED_FROM]


def _key(block: re.Match[str]) -> tuple[str, str, str]:
    return block["tag"], block["id"] or "", block["body"]


def _file(block: re.Match[str], folder: str) -> tuple[str, str]:
    """Return the path and content of the file a block becomes."""
    tag, name, body = _key(block)
    short = hashlib.sha256(body.encode("utf-8")).hexdigest()[:12]
    if tag == "style":
        return f"{folder}/style-{short}.css", body
    if not name:
        return f"{folder}/script-{short}.js", body
    text = json.dumps(body, ensure_ascii=False)
    return (
        f"{folder}/{name}-{short}.js",
        f'document.getElementById("{name}").textContent = {text};\n',
    )


def _link(block: re.Match[str], path: str) -> str:
    path = path.replace(os.sep, "/")
    if block["tag"] == "style":
        return f'<link rel="stylesheet" href="{path}">'
    loaded = f'<script src="{path}"></script>'
    if not block["id"]:
        return loaded
    return f'<script type="application/json" id="{block["id"]}"></script>\n{loaded}'


def _loosened(text: str, moved: list[tuple[str, str]]) -> str:
    """Let the policy of a page load its files, and forget the digests of what left it."""

    def rewrite(found: re.Match[str]) -> str:
        policy = html.unescape(found[2])
        for tag in dict.fromkeys(tag for tag, _ in moved):
            policy = policy.replace(f"{tag}-src 'none'", f"{tag}-src", 1)
            policy = policy.replace(f"{tag}-src", _OWN_FILES[tag], 1)
        for _, body in moved:
            policy = policy.replace(f" {_digest(body)}", "", 1)
        return found[1] + html.escape(policy).replace("&#x27;", "&#39;")

    return re.sub(r'(Content-Security-Policy" content=")([^"]+)', rewrite, text, count=1)


def read(name: str) -> str:
    """Return one file of ``assets/`` or ``templates/``, a script with its :data:`PARTS`."""
    here = resources.files("cartoallier.outputs.maps")
    folder = here / ("assets" if name.startswith("leaflet") else "templates")
    parts = PARTS.get(name, (name,))
    return "\n".join((folder / part).read_text(encoding="utf-8") for part in parts)


def licensed(name: str) -> str:
    """Return a vendored script preceded by its licence, as its licence asks."""
    package = name.removesuffix(".js")
    notice = read(f"{package}.LICENSE").replace("*/", "* /")
    return f"/*\n{package}\n{notice}*/\n{read(name)}"


def _digest(text: str) -> str:
    hashed = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(hashed).decode('ascii')}'"
