"""The keys of the project file, and the questions asked of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cartoallier.errors import ProjectError

Table = dict[str, Any]
_YEAR = re.compile(r"(?:19|20)\d\d")


class Keys:
    """A table of the project file, and the questions asked of it.

    Every problem names the file, the key in full (``acces.detour``) and the remedy.
    """

    def __init__(self, content: Table, file: Path, *, prefix: str = "") -> None:
        self.content = content
        self.file = file
        self.prefix = prefix

    def fail(self, key: str, what: str) -> ProjectError:
        """Make the error about a key of this table."""
        return ProjectError(what, path=self.file, key=f"{self.prefix}{key}")

    def _typed(self, key: str, kinds: tuple[type, ...], words: str) -> Any:  # noqa: ANN401
        value = self.content.get(key)
        if value is None:
            return None
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.fail(key, f"la valeur attendue est {words}, pas « {value} »")
        return value

    def table(self, *, allowed: Iterable[str]) -> Keys:
        """Refuse any key that is not allowed, naming the nearest that is."""
        names = list(allowed)
        for key in self.content:
            if key not in names:
                raise self.fail(key, f"clé inconnue{_nearest(key, names)}")
        return self

    def section(self, key: str, allowed: Iterable[str]) -> Keys:
        """Return the section ``[key]``, empty when absent."""
        value = self._typed(key, (dict,), f"une section [{key}]") or {}
        return Keys(value, self.file, prefix=f"{self.prefix}{key}.").table(allowed=allowed)

    def blocks(self, key: str, allowed: Iterable[str]) -> list[Keys]:
        """Return the blocks ``[[key]]``, in order."""
        value = self._typed(key, (list,), f"un ou plusieurs blocs [[{key}]]") or []
        readers = []
        for position, block in enumerate(value, start=1):
            if not isinstance(block, dict):
                raise self.fail(key, f"chaque élément doit être un bloc [[{key}]]")
            prefix = f"{self.prefix}{key}[{position}]."
            readers.append(Keys(block, self.file, prefix=prefix).table(allowed=allowed))
        return readers

    def text(self, key: str) -> str | None:
        """Return a text, ``None`` when absent."""
        value: str | None = self._typed(key, (str,), "un texte entre guillemets")
        return value

    def require(self, key: str) -> str:
        """Return a text that must be there."""
        value = self.text(key)
        if not value:
            raise self.fail(key, "cette clé est obligatoire")
        return value

    def number(
        self, key: str, default: float | None, *, lower: float, upper: float
    ) -> float | None:
        """Return a number between bounds."""
        value = self._typed(key, (int, float), "un nombre")
        if value is None:
            return default
        if not lower <= value <= upper:  # false for nan, exact for integers of any size
            raise self.fail(key, f"le nombre doit être entre {lower:g} et {upper:g}")
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._typed(key, (bool,), "true ou false")
        return default if value is None else bool(value)

    def word(self, key: str, valid: Iterable[str]) -> str | None:
        """Return one of the valid words, ``None`` when absent."""
        value = self.text(key)
        if value is not None and value not in (names := list(valid)):
            raise self.fail(key, f"« {value} » n’est pas reconnu{_nearest(value, names)}")
        return value

    def year(self, key: str) -> str:
        """Return a year, written as a text or a number; ``""`` when absent."""
        value = self.content.get(key, "")
        year = str(value) if isinstance(value, int | str) else "?"
        if year and not _YEAR.fullmatch(year):
            what = f'une année est attendue, par exemple "2021", pas «\u00a0{value}\u00a0»'
            raise self.fail(key, what)
        return year

    def words(self, key: str, valid: list[str]) -> tuple[str, ...]:
        """Return a list of theme keys, without repeats."""
        values = self._typed(key, (list,), "une liste de textes") or []
        for value in values:
            if value not in valid:
                near = _nearest(str(value), valid)
                raise self.fail(key, f"« {value} » n’est pas un thème connu{near}")
        return tuple(dict.fromkeys(values))

    def mapping(self, key: str, allowed: Iterable[str]) -> dict[str, str]:
        """Return a table of texts."""
        section = self.section(key, allowed)
        return {name: section.require(name) for name in section.content}

    def path(self, key: str, folder: Path) -> Path | None:
        """Return a file that exists, ``None`` when the key is absent."""
        value = self.text(key)
        if value is None:
            return None
        path = folder / value
        try:
            found = path.is_file()
        except (OSError, ValueError):  # a name no file system would take
            found = False
        if not found:
            raise self.fail(key, f"le fichier « {value[:80]} » est introuvable dans {folder}")
        return path

    def required_path(self, key: str, folder: Path) -> Path:
        """Return a file that exists and must be named."""
        self.require(key)
        path = self.path(key, folder)
        assert path is not None  # noqa: S101 (require said so)
        return path

    def not_yet(self, key: str, what: str) -> None:
        """Refuse a key of the design that this version does not know how to obey."""
        if key in self.content:
            raise self.fail(key, what)


def _nearest(word: str, valid: list[str]) -> str:
    """Return « ; essayez … » with the nearest valid words."""
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if close:
        return f" ; vouliez-vous « {close[0]} » ?"
    listed = ", ".join(valid[:12]) + ("…" if len(valid) > 12 else "")
    return f" ; valeurs possibles : {listed}"
