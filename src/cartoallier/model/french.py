"""Numbers and words as French typography writes them.

Thousands and the percent sign take a narrow no-break space (U+202F), as do « ; ! ? »; the
colon and guillemets take a no-break space (U+00A0): Lexique de l'Imprimerie nationale.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable

NARROW = "\u202f"
NO_BREAK = "\u00a0"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


def number(value: float, *, decimals: int = 0) -> str:
    """Write ``16833`` as « 16 833 » and ``9.14`` as « 9,1 »; missing as « – »."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{_half_up(value, decimals):,.{decimals}f}"
    return text.replace(",", NARROW).replace(".", ",").replace("-", "−")


def percent(share: float, *, decimals: int = 1) -> str:
    """Write ``0.0505`` as « 5,1 % »; missing as « – »."""
    text = number(share * 100, decimals=decimals)
    return text if text == "–" else f"{text}{NARROW}%"


def plural(count: float, singular: str, plural_form: str = "") -> str:
    """Write « 1 habitant », « 16 833 habitants », « aucun habitant » is left to the caller."""
    word = singular if abs(count) < 2 else plural_form or f"{singular}s"
    return f"{number(count)}{NO_BREAK}{word}"


def quoted(text: str) -> str:
    """Write « text »."""
    return f"«{NO_BREAK}{text}{NO_BREAK}»"


def day(date: dt.date) -> str:
    """Write « 1er août 2024 »."""
    return f"{'1er' if date.day == 1 else date.day} {MONTHS[date.month - 1]} {date.year}"


def listed(words: Iterable[str]) -> str:
    """Write « a, b et c »."""
    items = list(words)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " et " + items[-1]


def typeset(text: str) -> str:
    """Put the no-break spaces French asks for before « : ; ? ! » and inside guillemets."""
    for mark in (";", "?", "!"):
        text = text.replace(f" {mark}", f"{NARROW}{mark}")
    text = text.replace(" :", f"{NO_BREAK}:")
    return text.replace("« ", f"«{NO_BREAK}").replace(" »", f"{NO_BREAK}»")


def _half_up(value: float, decimals: int) -> float:
    """Round half away from zero, as readers do; Python's own rounding is half to even."""
    scale = 10**decimals
    return math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9) / scale, value)
