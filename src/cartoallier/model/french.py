"""Numbers and words as French typography writes them.

Thousands and the percent sign take a narrow no-break space (U+202F), as do « ; ! ? »; the
colon and guillemets take a no-break space (U+00A0): Lexique de l'Imprimerie nationale.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterable

NARROW = "\u202f"
NO_BREAK = "\u00a0"
FINEST = 3
"""Decimals written to tell a number from a bound, at most."""
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


def on_its_side(value: float, bounds: Iterable[float], *, decimals: int = 0) -> str:
    """Write a number so that the reader sees it on the side of each bound where it is counted.

    ``30.2`` with a bound at 30 is « 30,2 »: « 30 » would be read as within. What three decimals
    do not tell from a bound is « un peu plus de 30 », or « un peu moins de 30 ».

    Args:
        value: to write; missing is « – ».
        bounds: a threshold, or bounds of classes.
        decimals: fewest to write.
    """
    if value is None or math.isnan(value):
        return "–"
    held = [float(bound) for bound in bounds if math.isfinite(bound)]
    for more in range(decimals, max(decimals, FINEST) + 1):
        shown = _half_up(value, more)
        if all((shown > b) == (value > b) and (shown < b) == (value < b) for b in held):
            return number(value, decimals=more)
    near = min(held, key=lambda bound: abs(bound - value))
    side = "plus" if value > near else "moins"
    return f"un peu {side} de {number(near, decimals=0 if near == int(near) else FINEST)}"


def minutes_on_its_side(value: float, bounds: Iterable[float]) -> str:
    """Write minutes, whole unless that would cross a bound: see :func:`on_its_side`."""
    return on_its_side(value, bounds)


def threshold_minutes(minutes: float) -> str:
    """Write a threshold as it is, « 30 » or « 7,5 »: rounded, it would be another one."""
    return on_its_side(minutes, [minutes])


def quantity(value: float, unit: str, *, bounds: Iterable[float] = ()) -> str:
    """Write the value of an indicator with its unit: « 21,4 % », « 1 204 personnes ».

    Args:
        value: to write.
        unit: after it; an index without a unit and below 10 takes two decimals.
        bounds: that rounding may not cross.
    """
    whole = abs(value) >= 1000 or value == int(value)
    decimals = 0 if whole else 2 if not unit and abs(value) < 10 else 1
    shown = on_its_side(value, bounds, decimals=decimals)
    space = NARROW if unit in {"%", "‰", "€"} else NO_BREAK
    return f"{shown}{space}{unit}" if unit and shown != "–" else shown


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


def of_place(name: str) -> str:
    """Write « d’Avrilly », « du Vernet », « des Ancizes », « de La Chabanne », « de Huriel »."""
    for article, short in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return short + name.removeprefix(article)
    first = unicodedata.normalize("NFD", name[:1]).upper()[:1]
    voiced = first in {"A", "E", "I", "O", "U", "Œ", "Æ"} or (
        first == "Y" and name[1:2].lower() not in "aeiouéè"
    )
    return f"d’{name}" if voiced else f"de {name}"


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
