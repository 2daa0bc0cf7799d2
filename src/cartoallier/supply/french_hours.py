"""Opening hours in French sentences: counted when every word is understood, else unknown."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_DAY_WORDS = r"lun(?:dis?)?|mar(?:dis?)?|mer(?:credis?)?|jeu(?:dis?)?|ven(?:dredis?)?" + (
    r"|sam(?:edis?)?|dim(?:anches?)?"
)
_DAYS = {"lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6}
_ALL_WEEK = frozenset(range(7))
_GROUPS = {"week": _ALL_WEEK, "working": frozenset(range(5)), "weekend": frozenset({5, 6})}
_LONGEST = 600
"""Characters of a text worth reading: beyond, it is a description."""

_APPOINTMENT = re.compile(
    r"(?:(?:avec|sur|sans|et|ou|uniquement)\s+)*(?:prise\s+de\s+)?"
    r"(?:\brendez[- ]?vous\b|\br\.?d\.?v\b\.?)(?:\s+(?:uniquement|possible|obligatoire))*"
)
_IGNORED = (
    re.compile(r"(?:attention,?\s*)?\bferm\w*\s+(?:(?:les?|aux)\s+)?(?:jours?\s+)?feries?"),
    re.compile(r"\b(?:sauf|hors|excepte)\s+(?:les\s+)?(?:jours?\s+)?feries?"),
    _APPOINTMENT,
)
_EVERY_OTHER = re.compile(rf"\b(?:une?|1)\s+({_DAY_WORDS})\s+sur\s+(?:deux|2)\b")
_GLUED = re.compile(r"(?<=[h\d])\s*a\s*(?=\d)")
_SHORT_RANGE = re.compile(r"(?<![h:] )(?<![h:])\b(\d{1,2})\s*(?:-|a)\s*(?=\d{1,2}\s?h)")
_TOKEN = re.compile(
    rf"""
    (?P<always>\b24\s?(?:h(?:eures)?)?\s?(?:/|sur)\s?7\b(?!\s?j))
    |(?P<allday>\b24\s?(?:h(?:eures)?)?\s?(?:/|sur)\s?24\s?(?:h(?:eures)?\b)?)
    |(?P<week>\b7\s?j(?:ours)?\s?(?:/|sur)\s?7(?:\s?j(?:ours)?)?\b|\btous\ les\ jours\b|
        \bchaque\ jour\b)
    |(?P<working>\ben\ semaine\b|\bjours\ de\ semaine\b)
    |(?P<weekend>\bweek[- ]?ends?\b)
    |(?P<half>\bsemaines?\s+(?:im)?paires?\b|\btous\ les\ (?:15|quinze)\ jours\b|
        \btoutes\ les\ (?:2|deux)\ semaines\b|§demi)
    |(?P<day>\b(?:{_DAY_WORDS})\b\.?)
    |(?P<month>\b(?:du|de\ chaque|par)\ mois\b)
    |(?P<rank>\b(?:1ers?|1eres?|[2-4](?:e|eme|nd)s?|premiers?|deuxiemes?|seconds?|troisiemes?|
        quatriemes?|derniers?)\b)
    |(?P<neutral>\bapres[- ]?midis?\b)
    |(?P<time>\b(?P<hour>\d{{1,2}})\s?(?:heures?\b|h|:)\s?(?:(?P<minute>\d{{2}})(?!\s?[h:])(?!\d)
        (?:\s?mi?n\b)?)?|\bmidi\b|\bminuit\b)
    |(?P<closed>\bferm(?:e|ee|es|ees|eture)\b)
    |(?P<except>\b(?:sauf|excepte|hors)\b)
    |(?P<range>-|\bjusqu'(?:a|au)\b|\ba\b|\bau\b)
    |(?P<stop>[;|.•\n])
    |(?P<link>[,/&+:]|\bet\b|\bpuis\b|\bou\b)
    |(?P<filler>\b(?:ouvert|ouverte|ouverts|ouverture|horaires?|d'|accueil|public|du|de|des|le|la|
        les|l'|tous|toutes|chaque|uniquement|seulement|matins?|matinees?|soirs?|journees?|continue?|
        en|non[- ]stop|permanences?|avec|sans|sur|entre|d'ouverture|d'accueil)\b'?|l'|d')
    |(?P<blank>\s+)
    |(?P<unknown>.)
    """,
    re.VERBOSE,
)
_SILENT = frozenset({"neutral", "filler", "blank", "link", "range", "month"})


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str = ""
    days: frozenset[int] = frozenset()
    slot: tuple[int, int] = (0, 0)


@dataclass
class _Segment:
    """Days and slots said together."""

    days: set[int] = field(default_factory=set)
    minus: set[int] = field(default_factory=set)
    slots: list[tuple[int, int]] = field(default_factory=list)
    closed: bool = False
    slots_first: bool = False
    settled: bool = False  # other days begin another segment
    factor: float = 1.0

    @property
    def full(self) -> bool:
        return bool(self.days and (self.slots or self.closed))


def french_week(written: str) -> float:
    """Return the hours a week of a French sentence, NaN when a word is not understood.

    « Lundi au vendredi : 9h-12h et 14h-17h », « ouvert 24h/24 », « fermé le mercredi », « sauf »,
    « semaines paires » and « 1er mardi du mois » are counted, the last two as a half and a
    quarter. A week without any hour is unknown, not closed.

    Args:
        written: text of one cell, on one or several lines.
    """
    if len(written) > _LONGEST:
        return math.nan
    tokens = _understood(_plain(written))
    if tokens is None:
        return math.nan
    sentence = _Sentence()
    for token in tokens:
        sentence.read(token)
    return _hours([*sentence.done, sentence.now])


def is_by_appointment(written: str) -> bool:
    """Return whether a text only says that one comes by appointment: there are no hours to read."""
    left = _APPOINTMENT.sub(" ", _plain(written))
    return left != _plain(written) and not re.search(r"\w{3,}", re.sub(r"\bouvert\w*", "", left))


def _plain(written: str) -> str:
    letters = unicodedata.normalize("NFD", written.replace("’", "'").casefold())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    bare = re.sub(r"[–—−→]", "-", re.sub(r"[()\[\]]", " ", bare))
    return re.sub(r"[^\S\n]+", " ", bare)


def _understood(plain: str) -> list[_Token] | None:
    """Return days, slots and the words that bind them, ``None`` if something is not understood."""
    for pattern in _IGNORED:
        plain = pattern.sub(" ", plain)
    plain = _GLUED.sub(" - ", plain)
    plain = _SHORT_RANGE.sub(r"\1h-", _EVERY_OTHER.sub(r"\1 §demi", plain))
    raw: list[tuple[str, re.Match[str]]] = []
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup if match.lastgroup not in {"hour", "minute"} else "time"
        if kind == "unknown" or kind is None:
            return None
        if kind not in {"blank", "filler", "neutral"}:
            raw.append((kind, match))
    if any(kind == "rank" for kind, _ in raw) != any(kind == "month" for kind, _ in raw):
        return None
    return _paired(raw)


def _paired(raw: Sequence[tuple[str, re.Match[str]]]) -> list[_Token] | None:
    """Bind « lundi au vendredi » and « 9h à 12h »; a time left alone is not understood."""
    tokens: list[_Token] = []
    position = 0
    while position < len(raw):
        kind, match = raw[position]
        bound = (
            kind in {"day", "time"}
            and position + 2 < len(raw)
            and (raw[position + 1][0] == "range" or _is_until(raw[position : position + 3]))
            and raw[position + 2][0] == kind
        )
        other = raw[position + 2][1] if bound else match
        if kind == "day":
            tokens.append(_Token("days", days=_span(match[0], other[0])))
        elif kind == "time":
            slot = _slot(match, other) if bound else None
            if slot is None:
                return None
            tokens.append(_Token("slot", slot=slot))
        elif kind in _GROUPS:
            tokens.append(_Token("days", days=_GROUPS[kind]))
        elif kind in {"allday", "always"}:
            tokens.append(_Token("slot", slot=(0, 24 * 60)))
            tokens += [_Token("days", days=_ALL_WEEK)] if kind == "always" else []
        elif kind not in _SILENT:
            tokens.append(_Token(kind))
        position += 3 if bound else 1
    return tokens


def _is_until(three: Sequence[tuple[str, re.Match[str]]]) -> bool:
    """« 9h/12h » and « entre 9h et 12h » bind two times."""
    (first, one), (middle, word), (last, _) = three
    before = one.string[max(0, one.start() - 6) : one.start()]
    if not first == last == "time" or middle != "link":
        return False
    return word[0] == "/" or (word[0] == "et" and "entre" in before)


def _span(first: str, last: str) -> frozenset[int]:
    start, end = _DAYS[first[:3]], _DAYS[last[:3]]
    return frozenset(i % 7 for i in range(start, (end if end >= start else end + 7) + 1))


def _slot(first: re.Match[str], last: re.Match[str]) -> tuple[int, int] | None:
    start, end = _minutes(first), _minutes(last)
    if end <= start and end <= 6 * 60:
        end += 24 * 60  # « 22h à 2h » ends the next morning
    return (start, end) if 0 <= start < end and start < 24 * 60 else None


def _minutes(match: re.Match[str]) -> int:
    if match["hour"] is None:
        return 12 * 60 if match[0] == "midi" else 24 * 60
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    return hour * 60 + minute if hour <= 24 and minute < 60 else -1


class _Sentence:
    """A sentence being read, token after token."""

    def __init__(self) -> None:
        self.done: list[_Segment] = []
        self.now = _Segment()
        self.apart = False  # after « sauf »

    def read(self, token: _Token) -> None:
        """Take one token in."""
        if token.kind == "days":
            self._days(token.days)
        elif token.kind == "slot":
            self._slot(token.slot)
        elif token.kind == "closed":
            self._next(self.now.slots)
            self.now.closed, self.now.settled, self.apart = True, bool(self.now.days), False
        elif token.kind == "except":
            self.apart = True
        elif token.kind == "half":
            self.now.factor = 0.5
        elif token.kind == "rank":
            self._next(self.now.full)
            self.now.factor = 0.25 if self.now.factor == 1 else self.now.factor + 0.25
        elif token.kind == "stop":
            self.apart = False
            self._next(self.now.full)

    def _next(self, wanted: object, *, days: Iterable[int] = ()) -> None:
        if wanted:
            self.done.append(self.now)
            self.now = _Segment(days=set(days))

    def _days(self, days: frozenset[int]) -> None:
        if self.apart:
            self.now.minus |= days
            return
        self._next(self.now.settled)
        self.now.days |= days

    def _slot(self, slot: tuple[int, int]) -> None:
        if self.apart and self.now.slots:
            self._next(wanted=True, days=self.now.minus)
        else:
            self._next(self.now.closed or (self.now.slots_first and self.now.days))
        self.apart = False
        # « 9h-12h du lundi au vendredi »: the days come after the slots they belong to.
        self.now.slots_first = self.now.slots_first or not self.now.days
        self.now.slots.append(slot)
        self.now.settled = not self.now.slots_first


def _hours(segments: Sequence[_Segment]) -> float:
    week: dict[int, list[tuple[int, int]]] = {}
    closed: set[int] = set()
    sometimes = 0.0
    for one in segments:
        if not (one.days or one.slots or one.closed or one.minus):
            continue
        days = one.days - one.minus
        if one.slots == [(0, 24 * 60)] and not one.days:
            days = set(_ALL_WEEK) - one.minus
        if not days or (not one.slots and not one.closed):
            return math.nan
        if one.closed:
            closed |= days
        elif one.factor < 1:
            sometimes += one.factor * len(days) * _length(one.slots)
        else:
            for day in days:
                week.setdefault(day, []).extend(one.slots)
    total = sometimes + sum(_length(slots) for day, slots in week.items() if day not in closed)
    return total if total > 0 else math.nan


def _length(slots: Iterable[tuple[int, int]]) -> float:
    """Return the hours of slots, each minute once."""
    total, end = 0, -1
    for start, stop in sorted(slots):
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total / 60
