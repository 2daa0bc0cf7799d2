"""Codes of zones: what level they are of, and what spreadsheets did to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from rapidfuzz import fuzz

from cartoallier.model import Level
from cartoallier.needs.titles import plain
from cartoallier.needs.vocabulary import folded, vocabulary

REGION, FRANCE, MUNICIPAL, IRIS = "region", "france", "arm", "iris"
"""Levels that files hold besides those of a run."""

_COMMUNE = re.compile(r"(?:\d\d|2[AB])\d{3}")
_DEPARTEMENT = re.compile(r"0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6]")
_EPCI = re.compile(r"2\d{8}")
_IRIS = re.compile(r"(?:\d\d|2[AB])\d{7}")
_MUNICIPAL = re.compile(r"751(?:0[1-9]|1\d|20)|6938[1-9]|132(?:0[1-9]|1[0-6])")
_FRANCE = re.compile(r"(?i:1|f|fr|fe|fm|fh|metro|metropole|france|france métropolitaine)")
REGION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "01": "Guadeloupe",
        "02": "Martinique",
        "03": "Guyane",
        "04": "La Réunion",
        "06": "Mayotte",
        "11": "Île-de-France",
        "24": "Centre-Val de Loire",
        "27": "Bourgogne-Franche-Comté",
        "28": "Normandie",
        "32": "Hauts-de-France",
        "44": "Grand Est",
        "52": "Pays de la Loire",
        "53": "Bretagne",
        "75": "Nouvelle-Aquitaine",
        "76": "Occitanie",
        "84": "Auvergne-Rhône-Alpes",
        "93": "Provence-Alpes-Côte d'Azur",
        "94": "Corse",
    }
)
"""Code of a region -> its name (COG of 2024)."""

REGIONS = frozenset(REGION_NAMES)

LIKE = 70
"""Likeness, out of 100, under which two names are not those of one commune."""

_SAMPLE = 5000
_ALL_REGIONS = 10
_WORD = re.compile(r"[^\W\d_]{3}")
_POSTAL = re.compile(r"(?i)postal|(?<![a-z])cp(?![a-z])")
_ARTICLES = re.compile(r"\b(?:le|la|les|l|de|du|des|d|et)\b")
_GROUPS = re.compile(
    r"\b(?:cc|ca|cu|communaute|metropole|agglo|agglomeration|communes|departement|region)\b"
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
    Nine figures are an EPCI or an IRIS: the hint decides, else the key of EPCI numbers.

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
    if {Level.EPCI.value, IRIS} <= set(likely):
        nine = [code for code in known if _EPCI.fullmatch(code)]
        return Level.EPCI.value if sum(map(_is_siren, nine)) * 2 >= len(nine) else IRIS
    return likely[0]


def is_postal(heading: str) -> bool:
    """Return whether a heading announces postal codes, which look like codes of communes."""
    return _POSTAL.search(heading) is not None


def _is_siren(code: str) -> bool:
    """Return whether nine figures can be the number of an EPCI.

    Those begin with 200 or 24 and verify Luhn's key; no IRIS begins with 20, some do with 24.
    """
    if code.startswith("20"):
        return True
    doubled = [int(figure) * (1 + place % 2) for place, figure in enumerate(reversed(code))]
    return code.startswith("24") and sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


def named_pair(codes: Sequence[str], rows: Sequence[Sequence[str]], *, level: str = "") -> str:
    """Return whether codes that are all codes of regions are of départements, by the names.

    Args:
        codes: code of each row.
        rows: cells of each row.
        level: what :func:`level_of` says of them.

    Returns:
        ``region`` when a row bears the name of the region of its code, or when the codes are
        about all those of regions; ``departement`` when there are other words; ``""`` when
        nothing tells.
    """
    pairs = ((code, cell) for code, row in zip(codes, rows, strict=True) for cell in row)
    cells = list(islice(pairs, _SAMPLE))
    if any(_is_region(code, cell) for code, cell in cells):
        return REGION
    if level == REGION and len(set(codes)) >= _ALL_REGIONS:
        return REGION
    missing = vocabulary().missing
    words = any(_WORD.search(cell) and folded(cell) not in missing for _, cell in cells)
    return Level.DEPARTEMENT.value if words else ""


def _is_region(code: str, name: str) -> bool:
    known = REGION_NAMES.get(code, "")
    return bool(known) and plain(name).removeprefix("la ") == plain(known).removeprefix("la ")


def name_mismatch(
    codes: Iterable[str], names: Iterable[str], known: Mapping[str, str]
) -> tuple[int, list[tuple[str, str, str]]]:
    """Compare the names that a file gives to communes with those of its codes.

    Capitals, accents, hyphens and articles do not count, nor words around a name (« Commune de
    Moulins », « Meaulne » for « Meaulne-Vitray »). Names of groupings are not compared.

    Args:
        codes: codes of communes.
        names: the name beside each, ``""`` for none.
        known: code -> name of the commune; codes that are not in it are skipped.

    Returns:
        How many could be compared; (code, name in the file, name of the commune) of those that
        disagree.
    """
    compared, others = 0, []
    for code, name in zip(codes, names, strict=True):
        right = known.get(code, "")
        if not right or not name.strip():
            continue
        if name == right:
            compared += 1
            continue
        words, wanted = _bare(name), _bare(right)
        if not words or _GROUPS.search(words):
            continue
        compared += 1
        within = f" {wanted} " in f" {words} " or f" {words} " in f" {wanted} "
        if not within and fuzz.ratio(words, wanted) < LIKE:
            others.append((code, name, right))
    return compared, others


def _bare(name: str) -> str:
    """Return the words of the name of a commune, without articles, « st » written in full."""
    words = re.sub(r"\bst(e?)\b", r"saint\1", plain(name))
    return " ".join(_ARTICLES.sub(" ", words).split())


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
