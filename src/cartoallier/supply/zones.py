"""Zones of eligibility, as ``kind:code``: who may use a service, by where they live."""

from __future__ import annotations

import re
import unicodedata

from cartoallier.supply import cells

_KINDS = {"commune": 5, "epci": 9, "departement": 2, "region": 2}
_ALIASES = {
    "city": "commune",
    "communes": "commune",
    "municipality": "commune",
    "department": "departement",
    "departments": "departement",
    "dep": "departement",
    "intercommunalite": "epci",
    "reg": "region",
    "country": "pays",
    "france": "pays",
}
_SHAPES = {
    "commune": re.compile(r"(?:\d{2}|2[AB])\d{3}"),
    "epci": re.compile(r"\d{9}"),
    "departement": re.compile(r"0[1-9]|[1-9]\d|2[AB]|97\d|98\d"),
    "region": re.compile(r"\d{2}"),
}
# A spreadsheet takes the first zero away: four characters are a commune, one a département.
_LENGTHS = {9: "epci", 5: "commune", 4: "commune"} | dict.fromkeys((1, 2, 3), "departement")
_COUNTRY = re.compile(r"99[1-5]\d\d")
_FRANCE = frozenset({"france", "france entiere", "toute la france", "99100", "fr"})
_SEVERAL = re.compile(r"[|;,\[\]{}]")

# Regions before 2016: their codes are today those of départements, or of nothing.
_OLD_REGIONS = {
    "21": "08 10 51 52",
    "22": "02 60 80",
    "23": "27 76",
    "25": "14 50 61",
    "26": "21 58 71 89",
    "31": "59 62",
    "41": "54 55 57 88",
    "42": "67 68",
    "43": "25 39 70 90",
    "54": "16 17 79 86",
    "72": "24 33 40 47 64",
    "73": "09 12 31 32 46 65 81 82",
    "74": "19 23 87",
    "82": "01 07 26 38 42 69 73 74",
    "83": "03 15 43 63",
    "91": "11 30 34 48 66",
}


def zone_of_codes(value: object) -> tuple[str, ...]:
    """Return the zones of a data·inclusion v1 list: the length of a code says its kind.

    Five characters are a commune, nine digits an EPCI, two or three a département (never a
    region: 84 is Vaucluse, a region being written as the list of its départements), ``france``
    and ``99100`` the country. Anything else, names above all, is left out: see
    :func:`unknown_codes`.
    """
    zones = {zone for code in cells.words(value) for zone in _zones(code)}
    return tuple(sorted(zones))


def unknown_codes(value: object) -> tuple[str, ...]:
    """Return the items of a zone list that are no French zone: names, foreign countries."""
    return tuple(code for code in cells.words(value) if not _zones(code))


def _zones(written: str) -> tuple[str, ...]:
    code = cells.code(written, width=1)
    if _plain(written) in _FRANCE or code == "99100":
        return ("pays:france",)
    if _COUNTRY.fullmatch(code):
        return ()
    kind = _LENGTHS.get(len(code))
    return _of_kind(kind, code) if kind else ()


def _of_kind(kind: str, code: str) -> tuple[str, ...]:
    full = cells.code(code, width=_KINDS[kind])
    if kind == "departement" and full == "20":
        return ("departement:2A", "departement:2B")
    if kind == "region" and full in _OLD_REGIONS:
        return tuple(f"departement:{one}" for one in _OLD_REGIONS[full].split())
    return (f"{kind}:{full}",) if _SHAPES[kind].fullmatch(full) else ()


def zone_of_type(kind: object, value: object) -> tuple[str, ...]:
    """Return the zone DORA and data·inclusion v0 declare: the type decides what the code is.

    84 is Auvergne-Rhône-Alpes when the type is region, Vaucluse when it is département. A region
    of before 2016 (83, Auvergne) is its départements. Names are refused: ``()``.

    Args:
        kind: ``commune`` (or ``city``), ``epci``, ``departement``, ``region``, ``pays``.
        value: one code, or a list of codes of that kind.
    """
    typed = _plain(cells.text(kind))
    typed = _ALIASES.get(typed, typed)
    if typed == "pays":
        return ("pays:france",)
    if typed not in _KINDS:
        return ()
    several = isinstance(value, list | tuple) or _SEVERAL.search(cells.text(value))
    codes = cells.words(value) if several else (cells.text(value),)
    return tuple(sorted({zone for code in codes if code for zone in _of_kind(typed, code)}))


def _plain(written: str) -> str:
    letters = unicodedata.normalize("NFD", written.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).strip()
