"""One cell at a time: text, lists, numbers, dates, codes, contacts."""

from __future__ import annotations

import ast
import datetime as dt
import html
import json
import math
import re

from cartoallier.files import CONTROL

LONGEST_NAME = 300
"""Characters of a name; beyond, it is a description put in the wrong column."""

_BLOCK = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"(\*\*|__|`+|^#+\s*)")
_NOTHING = frozenset({"", "[]", "{}", "none", "nan", "null"})
_POSTGRES = re.compile(r"^\{(.*)\}$", re.DOTALL)
_SLUGS = re.compile(r"\['[\w.:-]+'(?:, '[\w.:-]+')*\]")
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$")
_FRENCH_DATE = re.compile(r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:\s.*)?$")
_DECIMALS = re.compile(r"(?<=\d)[.,]0+$")
_PERSON = re.compile(r"^([a-zà-ÿ-]+)[._]([a-zà-ÿ-]+)\d*$")
_FREE_MAIL = re.compile(
    r"^(gmail|googlemail|orange|wanadoo|free|sfr|neuf|laposte|hotmail|outlook|live|msn|yahoo|"
    r"bbox|numericable|aol|icloud|protonmail|proton)\."
)
_OFFICE_WORDS = frozenset(
    {"accueil", "asso", "association", "bureau", "ccas", "centre", "contact", "croix", "epicerie"}
    | {"espace", "france", "info", "infos", "mairie", "maison", "mission", "pole", "restos"}
    | {"secours", "secretariat", "service", "services", "social"}
)


def text(value: object) -> str:
    """Return a cell as one line of plain text: no tag, no entity, no control character."""
    if isinstance(value, str) and value.isprintable() and "&" not in value and "<" not in value:
        # Nearly every cell of a national file: nothing to take away but spaces.
        return " ".join(value.split()) if "  " in value else value.strip()
    if value is None or isinstance(value, bool | list | dict):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    plain = CONTROL.sub("", str(value))
    if "&" in plain:
        # Twice: Soliguide and some CMS escape what is already escaped.
        plain = html.unescape(html.unescape(plain))
    if "<" in plain:
        plain = _BLOCK.sub(" ", plain)
        stripped = _TAG.sub(" ", plain)
        while stripped != plain:
            plain, stripped = stripped, _TAG.sub(" ", stripped)
    return " ".join(CONTROL.sub("", plain).split())


def name(value: object) -> str:
    """Return a name: plain text without markdown, at most :data:`LONGEST_NAME` characters."""
    plain = " ".join(_MARKS.sub("", _LINK.sub(r"\1", text(value))).split())
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - 1] + "…"


def words(value: object) -> tuple[str, ...]:
    """Return a list cell as sorted unique texts, whatever its spelling.

    JSON arrays, Python ``repr`` (data·inclusion CSV), Postgres literals ``{a,b}`` and lists
    separated by ``|``, ``;`` or ``,`` are understood.
    """
    if isinstance(value, list | tuple):
        return tuple(sorted({text(item) for item in value} - {""}))
    written = text(value)
    if written.lower() in _NOTHING:
        return ()
    if written.startswith("[") and written.endswith("]"):
        return _bracketed(written)
    inside = _POSTGRES.match(written)
    if inside:
        written = inside[1]
    separator = next((s for s in "|;," if s in written), ",")
    parts = {part.strip().strip("\"'") for part in written.split(separator)}
    return tuple(sorted(part for part in parts if part.lower() not in _NOTHING))


def _bracketed(written: str) -> tuple[str, ...]:
    if _SLUGS.fullmatch(written):
        return tuple(sorted(set(written[2:-2].split("', '"))))
    try:
        items = json.loads(written)
    except ValueError:
        try:
            items = ast.literal_eval(written) if len(written) < 20_000 else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            items = None
    if not isinstance(items, list):
        # Slugs and codes only: what is between the separators is enough.
        items = re.findall(r"[\w-]+", written)
    return tuple(sorted({text(item) for item in items} - {""}))


def number(value: object) -> float | None:
    """Return a number (decimal comma or point), ``None`` if empty, NaN if it is not one."""
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, str | float):
        # Nearly every number of an export is written plainly.
        try:
            plain = float(value)
        except ValueError:
            plain = math.nan
        if math.isfinite(plain):
            return plain
    written = text(value).replace(" ", "").replace("\u202f", "").replace(",", ".")
    if written.lower() in _NOTHING:
        return None
    try:
        found = float(written)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def amount(value: object) -> float:
    """Return a number of hours or places, NaN when it is missing, not a number or negative."""
    found = number(value)
    return math.nan if found is None or found < 0 else found


def truth(value: object) -> bool:
    """Return whether a cell says yes (oui, vrai, true, 1, x)."""
    if isinstance(value, bool):
        return value
    return text(value).lower() in {"oui", "o", "vrai", "true", "1", "x", "yes"}


def date(value: object) -> str:
    """Return an ISO date, ``""`` when there is none of this century.

    Understands ISO dates and datetimes, epoch milliseconds (data·inclusion JSON),
    ``dd/mm/yyyy``, ``dd-mm-yyyy`` and Excel serials.
    """
    written = text(value)
    try:
        if match := _ISO.match(written):
            day = dt.date(int(match[1]), int(match[2]), int(match[3]))
        elif match := _FRENCH_DATE.match(written):
            day = dt.date(int(match[3]), int(match[2]), int(match[1]))
        elif written.isdigit() and len(written) in {12, 13}:
            day = (dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=int(written))).date()
        elif written.isdigit() and len(written) == 5:
            day = dt.date(1899, 12, 30) + dt.timedelta(days=int(written))
        else:
            return ""
    except (ValueError, OverflowError):
        return ""
    return day.isoformat() if 2000 <= day.year < 2100 else ""


def code(value: object, *, width: int = 5) -> str:
    """Return a code as text, repaired of what spreadsheets do to it (``3190.0`` -> ``03190``)."""
    written = _DECIMALS.sub("", text(value).upper().replace(" ", "").lstrip("'’"))
    return written.zfill(width) if written.isdigit() else written


def phone(value: object) -> str:
    """Return one telephone number, ``""`` when the cell holds none or several."""
    written = text(value)
    digits = re.sub(r"[^\d+]", "", written)
    bare = re.sub(r"^(\+|00)33(0)?", "0", digits)
    if not bare.isdigit() or set(bare) == {"0"}:
        return ""
    plausible = len(bare) == 10 and bare.startswith("0")
    short = len(bare) in {2, 3, 4, 6} and not bare.startswith("0")
    if digits.startswith("+") and not plausible:
        return digits if 9 <= len(bare.lstrip("+")) <= 15 else ""
    return written if plausible or short else ""


def website(value: object) -> str:
    """Return a web address, ``""`` when it is not one that can be followed safely."""
    written = text(value)
    if re.match(r"^www\.[\w-]", written):
        written = f"https://{written}"
    return written if re.match(r"^https?://[\w\[][^\s\"'<>]*$", written) else ""


def is_personal_mail(value: object) -> bool:
    """Return whether an address looks like a person's (first.last at a free provider)."""
    local, _, domain = text(value).lower().partition("@")
    person = _PERSON.match(local)
    return bool(person and _FREE_MAIL.match(domain) and not {person[1], person[2]} & _OFFICE_WORDS)
