"""How a run names its sources: the days it believes, and who gave points to addresses."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from cartoallier.model import SourceRecord
from cartoallier.model.french import day as french_day
from cartoallier.model.run import Geocoding

ADDRESSES = "Base Adresse Nationale"
ADDRESSES_LICENCE = "Licence Ouverte 2.0"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def newest_day(sources: Iterable[SourceRecord], *, today: dt.date | None = None) -> dt.date | None:
    """Return SOURCE_DATE_EPOCH's day, else the newest day that a source bears.

    A day after ``today`` is a slip of the pen and dates nothing: that is the only use of the
    clock, so that the same inputs keep giving the same bytes.
    """
    epoch = _epoch()
    if epoch is not None:
        return epoch
    limit = today or _today()
    days = [day for source in sources if (day := _day(source.vintage)) and day <= limit]
    return max(days, default=None)


def believable(
    sources: Sequence[SourceRecord],
    frames: Sequence[pd.DataFrame],
    *,
    today: dt.date | None = None,
) -> list[SourceRecord]:
    """Return sources whose vintage is not in the future, nor the date their label prints.

    A source one record of which is dated 2062 by a slip bears the newest day of its other
    records, or none. What dates the run follows: see :func:`newest_day`.

    Args:
        sources: as read.
        frames: the records of each, in the same order.
        today: the last day believed; SOURCE_DATE_EPOCH's day, else the clock's.
    """
    limit = today or _epoch() or _today()
    return [
        _believed(source, frame, limit=limit) if _is_after(source.vintage, limit) else source
        for source, frame in zip(sources, frames, strict=True)
    ]


def geocoding_source(told: Geocoding) -> SourceRecord:
    """Return what pages and provenance name for addresses: the base, its licence, the service."""
    unanswered = told.asked - told.answered
    return SourceRecord(
        path=f"geocodage:{told.host}",
        label=f"{ADDRESSES} (adresses cherchées par {told.host})",
        format="geocodage",
        sha256="",
        rows_read=told.asked,
        rows_kept=told.used,
        dropped=told.refused | ({"sans réponse": unanswered} if unanswered else {}),
        licence=ADDRESSES_LICENCE,
    )


def _believed(source: SourceRecord, frame: pd.DataFrame, *, limit: dt.date) -> SourceRecord:
    written = map(str, frame["updated_on"].dropna().unique())
    newest = max((day for one in written if (day := _day(one)) and day <= limit), default=None)
    wrong = _day(source.vintage)
    old = f", données du {french_day(wrong)}" if wrong else ""
    new = f", données du {french_day(newest)}" if newest else ""
    return replace(
        source,
        vintage=newest.isoformat() if newest else "",
        label=source.label.replace(old, new) if old else source.label,
    )


def _is_after(written: str, limit: dt.date) -> bool:
    day = _day(written)
    return day is not None and day > limit


def _day(written: str) -> dt.date | None:
    if not _DAY.fullmatch(written):
        return None
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def _epoch() -> dt.date | None:
    written = os.environ.get("SOURCE_DATE_EPOCH", "")
    return dt.datetime.fromtimestamp(int(written), dt.UTC).date() if written.isdigit() else None


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
