"""Words of need files: what stands for a missing number, what heads a column of codes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from cartoallier.model import Status


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What ``vocabulaire.toml`` says; every word folded.

    Attributes:
        missing: token -> why the number is missing.
        small: patterns of a count that is said to be small, not given: a secret.
        codes: headings of a column of codes.
        names: headings of a column of names.
    """

    missing: Mapping[str, Status]
    small: tuple[re.Pattern[str], ...]
    codes: frozenset[str]
    names: frozenset[str]


def folded(text: str) -> str:
    """Return a cell in lower case, its spaces single and plain, apostrophes straight."""
    return " ".join(text.replace("\u2019", "'").replace("\ufeff", "").split()).lower()


@cache
def vocabulary() -> Vocabulary:
    """Return the words of ``vocabulaire.toml``."""
    words = tomllib.loads(
        files("cartoallier.needs").joinpath("vocabulaire.toml").read_text("utf-8")
    )
    missing = dict.fromkeys(map(folded, words["non_disponible"]), Status.NOT_AVAILABLE)
    missing |= dict.fromkeys(map(folded, words["secret"]), Status.SECRET)
    return Vocabulary(
        missing=MappingProxyType(missing),
        small=tuple(map(re.compile, words["motifs_secret"])),
        codes=frozenset(map(folded, words["code"])),
        names=frozenset(map(folded, words["nom"])),
    )
