"""Figures of a Melodi file: values, their power of ten, and what their producer says of them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cartoallier.model import Finding, Status
from cartoallier.model.french import plural
from cartoallier.needs.numbers import UNREADABLE, parse_cells, shown
from cartoallier.needs.sdmx import Observations, Words, told

_FREE = frozenset({"", "F"})
_MISSING = frozenset({"L", "M", "O"})
_SUPPRESSED = "Q"
_PLAIN = frozenset({"", "A"})
_POWER = re.compile(r"[+-]?\d{1,2}(?:\.0+)?")


def figures_of(
    seen: Observations, rows: np.ndarray, *, file: str
) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Return the figures of rows and their statuses, from the value and what is said of it."""
    texts = seen.value_texts(rows)
    value, status = _parsed(texts)
    lines = seen.lines[rows]

    def said(name: str) -> np.ndarray:
        if name not in seen.words:
            return np.full(len(rows), "", dtype="object")
        words = seen.words[name]
        upper = Words(distinct=tuple(map(str.upper, words.distinct)), codes=words.codes)
        return upper.at(rows)

    def noted(flags: np.ndarray, column: str, what: str, action: str) -> list[Finding]:
        bad = np.flatnonzero(flags)
        # digits may be a count that outputs hide, or a value the source says is confidential
        found = [(int(lines[row]), shown(str(texts[row]), secret=True)) for row in bad.tolist()]
        return told(found, file=file, column=column, what=what, action=action)

    findings = noted(
        status == UNREADABLE,
        "OBS_VALUE",
        "ni un nombre ni un mot connu pour une valeur manquante",
        "valeur non disponible\u202f; à corriger dans le fichier",
    )
    status[status == UNREADABLE] = Status.NOT_AVAILABLE.value
    power, unread = _powers(said("UNIT_MULT"))
    findings += noted(
        unread & ~np.isnan(value),
        "UNIT_MULT",
        "multiplicateur d'unité illisible",
        "valeur non disponible\u202f; à corriger dans le fichier",
    )
    conf, obs = said("CONF_STATUS"), said("OBS_STATUS")
    secret = ~np.isin(conf, list(_FREE)) | (obs == _SUPPRESSED)
    lacking = unread | np.isin(obs, list(_MISSING))
    findings += noted(
        secret & ~np.isnan(value),
        "OBS_VALUE",
        "valeur écrite alors qu'elle est marquée confidentielle",
        "non reprise\u202f: secret statistique",
    )
    status[lacking] = Status.NOT_AVAILABLE.value
    status[secret] = Status.SECRET.value
    value = np.where(secret | lacking, np.nan, value * power)
    findings += _marked(obs[~np.isnan(value)], file=file)
    return value, status, findings


def _parsed(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read values; only what is not a plain number goes through the words of need files."""
    numbers = pd.to_numeric(pd.Series(texts, dtype="object"), errors="coerce")
    value = numbers.to_numpy("float64", copy=True)
    status = np.full(len(texts), Status.PUBLISHED.value, dtype="object")
    other = np.flatnonzero(~np.isfinite(value))
    value[other], status[other] = parse_cells(texts[other].tolist(), blank=Status.NOT_AVAILABLE)
    return value, status


def _powers(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ten to the power written, and which texts are no power."""
    codes, distinct = pd.factorize(texts)
    good = [not text or _POWER.fullmatch(text) is not None for text in distinct]
    power = [
        10.0 ** int(float(text)) if text and fine else 1.0
        for text, fine in zip(distinct, good, strict=True)
    ]
    return np.array(power)[codes], ~np.array(good, dtype=bool)[codes]


def _marked(marks: np.ndarray, *, file: str) -> list[Finding]:
    """Say how many values their producer calls provisional, estimated or weak."""
    kinds = sorted(set(marks) - _PLAIN)
    if not kinds:
        return []
    count = int((~np.isin(marks, list(_PLAIN))).sum())
    return [
        Finding(
            file=file,
            column="OBS_STATUS",
            value=f"{plural(count, 'valeur')}\u00a0: {', '.join(kind[:10] for kind in kinds[:8])}",
            what="valeurs que le producteur dit provisoires, estimées ou fragiles",
            action="reprises comme publiées",
        )
    ]
