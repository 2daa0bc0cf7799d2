"""Files dropped in a folder: which are exports, and how the project names them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

NOT_EXPORTS = frozenset(
    {".md", ".txt", ".pdf", ".doc", ".docx", ".odt", ".ini", ".lnk", ".png", ".jpg", ".jpeg"}
)
"""Extensions of what people and systems leave beside exports."""


def dropped(folder: Path) -> list[Path]:
    """Return the files of a drop folder, by name; what is no export is left out.

    Hidden files, locks of office software, and what systems and people leave beside exports.
    """
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith((".", "~$"))
        and path.suffix.lower() not in NOT_EXPORTS
        and path.name.lower() != "thumbs.db"
    )


def set_aside(folder: Path) -> list[Path]:
    """Return what a drop folder holds that is not read: texts, pictures, sub-folders.

    What systems leave, and our own reading notes, are not worth a word.
    """
    if not folder.is_dir():
        return []
    exports = set(dropped(folder))
    return sorted(
        path
        for path in folder.iterdir()
        if path not in exports
        and not path.name.startswith((".", "~$"))
        and path.name.lower() not in {"thumbs.db", "desktop.ini", "lisezmoi.txt"}
    )


def relative(path: Path, folder: Path) -> str:
    """Name a file as the project would, with slashes; a path outside keeps its name only."""
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return path.name


def numbered(names: Iterable[str]) -> list[str]:
    """Give a number to the second file of one name: names tell rows and ids apart."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return told
