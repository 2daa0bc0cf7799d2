"""Catalogue files read into entries whose keys and types are checked.

Meaning (a known threshold, a pattern that compiles) is checked by ``building``.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from cartoallier.catalogue.keys import ENTRIES, EXPECTED, REQUIRED, TERM, VOCABULARY, Shape
from cartoallier.errors import CatalogueError

_TYPES: Mapping[Shape, type | tuple[type, ...]] = MappingProxyType(
    {
        Shape.TEXT: str,
        Shape.WHOLE: int,
        Shape.NUMBER: (int, float),
        Shape.FLAG: bool,
        Shape.TABLE: dict,
    }
)
_LISTS: Mapping[Shape, Shape] = MappingProxyType(
    {Shape.TEXTS: Shape.TEXT, Shape.NUMBERS: Shape.NUMBER, Shape.TABLES: Shape.TABLE}
)

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}", re.IGNORECASE)
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class Readable(Protocol):
    """A file on disk or inside the package."""

    def read_bytes(self) -> bytes:
        """Return the bytes of the file."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong in a catalogue file.

    Attributes:
        what: the problem and its remedy, in French.
        path: the file.
        line: of the entry, when it could be found.
        key: of the entry, or the offending word.
    """

    what: str
    path: str
    line: int | None
    key: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Entry:
    """One block of a catalogue file.

    Attributes:
        kind: a key of :data:`~cartoallier.catalogue.keys.ENTRIES`.
        key: its ``cle``.
        table: the block, keys and types checked.
        path: the file.
        line: of its ``cle``, when it could be found.
    """

    kind: str
    key: str
    table: Mapping[str, Any]
    path: str
    line: int | None

    def problem(self, what: str) -> Problem:
        """Return a problem of this entry."""
        return Problem(what=what, path=self.path, line=self.line, key=self.key)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return « vouliez-vous dire « … » ? », or the list of what is accepted, in French."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"vouliez-vous dire «\u00a0{close[0]}\u00a0»\u202f?"
    shown = ", ".join(words[:12]) + ("…" if len(words) > 12 else "")
    return f"valeurs admises\u00a0: {shown}"


def refuse(problems: list[Problem]) -> None:
    """Raise one error that says every problem.

    Raises:
        CatalogueError: if there is any.
    """
    if not problems:
        return
    first = problems[0]
    if len(problems) == 1:
        raise CatalogueError(first.what, path=first.path, line=first.line, key=first.key)
    lines = []
    for problem in problems:
        place = f"ligne {problem.line}, " if problem.line is not None else ""
        lines.append(f"  {place}«\u00a0{problem.key}\u00a0»\u00a0: {problem.what}")
    raise CatalogueError("\n".join([f"{len(problems)} points à corriger", *lines]), path=first.path)


def read_entries(file: Readable, *, path: str, kinds: Iterable[str]) -> list[Entry]:
    """Read one catalogue file.

    Args:
        file: what to read.
        path: how errors name it.
        kinds: kinds of entry the file may hold.

    Returns:
        Its entries in order, keys and types checked.

    Raises:
        CatalogueError: the file cannot be read, is not TOML, or has unknown, missing, doubled
            or ill-typed keys; every problem of the file in one message.
    """
    text = _text_of(file, path=path)
    document = _parsed(text, path=path)
    kinds = tuple(kinds)
    problems: list[Problem] = []
    entries: list[Entry] = []
    for kind, blocks in document.items():
        if kind not in kinds:
            problems.append(
                Problem(
                    what=f"bloc inconnu\u202f; {nearest(kind, kinds)}",
                    path=path,
                    line=_line_of(rf"\[+\s*{re.escape(kind)}\b", text),
                    key=kind,
                )
            )
        elif not _has_shape(blocks, Shape.TABLES):
            what = f"écrire chaque entrée dans un bloc [[{kind}]]"
            problems.append(Problem(what=what, path=path, line=None, key=kind))
        else:
            for rank, table in enumerate(blocks, start=1):
                entries.append(_entry(kind, table, rank, text=text, path=path))
    for entry in entries:
        problems += _wrong_keys(entry)
    problems += _doubles(entries)
    refuse(problems)
    return entries


def _text_of(file: Readable, *, path: str) -> str:
    try:
        # Windows editors put a mark at the head of UTF-8 files, which TOML refuses.
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        what = "le fichier n'est pas en UTF-8\u202f; l'enregistrer dans cet encodage"
        raise CatalogueError(what, path=path) from error
    except FileNotFoundError as error:
        what = "fichier introuvable\u202f; vérifier [themes] catalogue dans cartoallier.toml"
        raise CatalogueError(what, path=path) from error
    except OSError as error:
        what = "fichier illisible\u202f; vérifier que c'est un fichier et les droits de lecture"
        raise CatalogueError(what, path=path) from error


def _parsed(text: str, *, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) if found else None
        where = "" if found else " (fin du fichier\u00a0: un guillemet ou un crochet non fermé)"
        what = (
            f"syntaxe TOML incorrecte{where}\u202f; vérifier guillemets, crochets et signe égal, "
            "et qu'une clé n'est pas écrite deux fois"
        )
        raise CatalogueError(what, path=path, line=line) from error


def _line_of(pattern: str, text: str) -> int | None:
    found = re.search(rf"^\s*{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else None


def _entry(kind: str, table: dict[str, Any], rank: int, *, text: str, path: str) -> Entry:
    key = table.get("cle")
    if not isinstance(key, str):
        return Entry(kind=kind, key=f"{kind} n° {rank}", table=table, path=path, line=None)
    line = _line_of(rf"cle\s*=\s*[\"']{re.escape(key)}[\"']", text)
    return Entry(kind=kind, key=key, table=table, path=path, line=line)


def _wrong_keys(entry: Entry) -> list[Problem]:
    table = entry.table
    missing = [key for key in REQUIRED[entry.kind] if key not in table]
    found = [f"clé manquante\u00a0: «\u00a0{key}\u00a0»" for key in missing]
    found += _wrong_table(table, ENTRIES[entry.kind])
    if "cle" in table and isinstance(table["cle"], str) and not _KEY.fullmatch(table["cle"]):
        found.append(
            "«\u00a0cle\u00a0» n'admet que lettres sans accent, chiffres, _ et -, 60 au plus"
        )
    if entry.kind == "theme":
        if isinstance(table.get("selecteurs"), dict):
            found += _wrong_table(table["selecteurs"], VOCABULARY)
        kinds = table.get("offre_attendue", [])
        for kind in kinds if _has_shape(kinds, Shape.TABLES) else []:
            needed = [key for key in ("nom", "repere") if key not in kind]
            found += [f"offre_attendue\u00a0: clé manquante «\u00a0{key}\u00a0»" for key in needed]
            found += _wrong_table(kind, EXPECTED)
    terms = table.get("termes", []) if entry.kind in {"profil", "facteur"} else []
    for term in terms if _has_shape(terms, Shape.TABLES) else []:
        if "indicateur" not in term:
            found.append("termes\u00a0: clé manquante «\u00a0indicateur\u00a0»")
        found += _wrong_table(term, TERM)
    return [entry.problem(what) for what in found]


def _wrong_table(table: Mapping[str, Any], keys: Mapping[str, Shape]) -> list[str]:
    found = []
    for key, value in table.items():
        if key not in keys:
            found.append(f"clé inconnue «\u00a0{key}\u00a0»\u202f; {nearest(key, keys)}")
        elif not _has_shape(value, keys[key]):
            found.append(f"«\u00a0{key}\u00a0» attend {keys[key]}")
    return found


def _has_shape(value: object, shape: Shape) -> bool:
    if shape in _LISTS:
        return isinstance(value, list) and all(_has_shape(v, _LISTS[shape]) for v in value)
    # For Python true is a number; for whoever writes the file it is not.
    flag = isinstance(value, bool)
    return isinstance(value, _TYPES[shape]) and flag == (shape is Shape.FLAG)


def _doubles(entries: list[Entry]) -> list[Problem]:
    seen: set[tuple[str, object, str]] = set()
    problems = []
    for entry in entries:
        # A format name may serve supply and need.
        identity = (entry.kind, entry.table.get("usage"), entry.key)
        if identity in seen:
            problems.append(entry.problem(f"cle écrite dans deux blocs [[{entry.kind}]]"))
        seen.add(identity)
    return problems
