"""Codes of zones: what level they are of, and what spreadsheets did to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from cartoallier.model import Level

REGION, FRANCE, MUNICIPAL, IRIS = "region", "france", "arm", "iris"
"""Levels that files hold besides those of a run."""

_COMMUNE = re.compile(r"(?:\d\d|2[AB])\d{3}")
_DEPARTEMENT = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6]")
_EPCI = re.compile(r"2\d{8}")
_IRIS = re.compile(r"(?:\d\d|2[AB])\d{7}")
_MUNICIPAL = re.compile(r"751(?:0[1-9]|1\d|20)|6938[1-9]|132(?:0[1-9]|1[0-6])")
_FRANCE = re.compile(r"(?i:1|f|fr|fe|fm|fh|metro|metropole|france|france métropolitaine)")
REGIONS = frozenset(
    [
        "01",
        "02",
        "03",
        "04",
        "06",
        "11",
        "24",
        "27",
        "28",
        "32",
        "44",
        "52",
        "53",
        "75",
        "76",
        "84",
        "93",
        "94",
    ]
)

PATTERNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        Level.COMMUNE.value: _COMMUNE,
        Level.EPCI.value: _EPCI,
        Level.DEPARTEMENT.value: _DEPARTEMENT,
        REGION: re.compile("|".join(sorted(REGIONS))),
        MUNICIPAL: _MUNICIPAL,
        IRIS: _IRIS,
        FRANCE: _FRANCE,
    }
)
"""Level -> what its codes look like."""

_HINTS = (
    (IRIS, re.compile(r"(?i)(?<![a-z])iris(?![a-z])")),
    (MUNICIPAL, re.compile(r"(?i)(?<![a-z])arm(?![a-z])")),
    (Level.EPCI.value, re.compile(r"(?i)(?<![a-z])epci(?![a-z])")),
    (Level.DEPARTEMENT.value, re.compile(r"(?i)(?<![a-z])(?:dep|dpt|d[ée]partements?)(?![a-z])")),
    (REGION, re.compile(r"(?i)(?<![a-z])(?:reg|r[ée]gions?)(?![a-z])")),
    (FRANCE, re.compile(r"(?i)(?<![a-z])(?:metro|metropole|france|nat(?:ional)?)(?![a-z])")),
    (Level.COMMUNE.value, re.compile(r"(?i)(?<![a-z])(?:com|communes?)(?![a-z])")),
)


def hinted_level(*names: str) -> str:
    """Return the level that the name of a sheet or file announces, ``""`` for none.

    The first name that says something wins; one that names several levels says nothing.
    """
    for name in names:
        words = name.replace("_", " ").replace("-", " ")
        named = [level for level, pattern in _HINTS if pattern.search(words)]
        if len(named) == 1:
            return named[0]
    return ""


def level_of(codes: Iterable[str], *, hint: str = "") -> str:
    """Return the level most of the codes are of, ``""`` when they are of none.

    Two figures are a département or a region: the hint decides, else the number of regions met.

    Args:
        codes: as tidied by :func:`tidy_code`, or as written.
        hint: level announced by the sheet or file.
    """
    known = [code for code in codes if code]
    if not known:
        return ""
    counts = {
        level: sum(1 for code in known if pattern.fullmatch(code))
        for level, pattern in PATTERNS.items()
    }
    best = max(counts.values())
    if best * 2 < len(known):
        return ""
    likely = [level for level, count in counts.items() if count == best]
    if hint in likely:
        return hint
    if {Level.DEPARTEMENT.value, REGION} <= set(likely):
        return REGION if len(set(known)) > 1 and "84" in known and "11" in known else "departement"
    return likely[0]


def tidy_code(text: str, *, level: str = "") -> str:
    """Return a code as it should have been written.

    Trailing ``.0``, spaces, apostrophes and capitals are mended; the zero that spreadsheets
    strip is given back where the level is known.

    Args:
        text: the cell.
        level: level of the column, ``""`` when unknown.
    """
    code = re.sub(r"[\s\u00a0\u202f'\u2019]", "", text).upper()
    code = re.sub(r"[.,]0+$", "", code)
    if re.fullmatch(r"2\d{2}(?:[.,]\d+)?E\+?0?[68]", code):
        return code  # a number in scientific notation has lost its digits
    widths = {Level.COMMUNE.value: 5, MUNICIPAL: 5, Level.DEPARTEMENT.value: 2, REGION: 2, IRIS: 9}
    if (width := widths.get(level)) and len(code) == width - 1 and code[:1].isdigit():
        return code.zfill(width)
    return code


def is_code(code: str, *, level: str) -> bool:
    """Return whether a tidy code is one of the level."""
    return level in PATTERNS and PATTERNS[level].fullmatch(code) is not None


def tidied(texts: Sequence[str], *, hint: str = "") -> tuple[list[str], str]:
    """Return codes as they should have been written, and their level.

    A level is looked for as written first, then with the zero given back.
    """
    plain = [tidy_code(text) for text in texts]
    level = level_of(plain, hint=hint)
    guesses = dict.fromkeys(
        [*([hint] if hint else []), level, Level.COMMUNE.value, "departement", IRIS]
    )
    for guess in guesses:
        if not guess:
            continue
        mended = [tidy_code(text, level=guess) for text in texts]
        if level_of(mended, hint=hint or guess) == guess:
            good = sum(is_code(code, level=guess) for code in mended)
            if good >= sum(is_code(code, level=level) for code in plain):
                return mended, guess
    return plain, level
