"""What a record is worth on the day of the run: closed, or too old to be relied on."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from cartoallier.model import Finding
from cartoallier.model.finding import MASKED

STALE_DAYS = 730
"""A record last updated more than two years before the run may no longer be true."""

FUTURE = "date de mise à jour dans le futur"
UNDATED = "lignes sans date de mise à jour"
BAD_CLOSURE = "période de fermeture non comprise"
FOR_GOOD = "definitive"


def judge(records: pd.DataFrame, *, date: dt.date) -> tuple[pd.DataFrame, list[Finding]]:
    """Fill ``closed`` and ``stale`` for the day of the run.

    A closure is ``definitive``, or ``from/to`` in ISO dates, both included, an end left empty
    being open (``/``: closed, without a known date). A date of update after ``date`` is not
    believed: the finding keeps it, the record loses it. Rows without a date are not stale: they
    are counted, one finding per file.

    Args:
        records: columns ``SERVICE_COLUMNS``; their order and index are kept.
        date: of the run.

    Returns:
        A new frame, and the findings.
    """
    known = {one: _closed(one, date=date) for one in set(records["closures"])}
    closed = [known[one][0] for one in records["closures"]]
    findings = [
        Finding(
            file=_text(file),
            line=_line(line),
            column="fermeture",
            value=MASKED if secret else wrong[:40],
            what=BAD_CLOSURE,
            action="période ignorée ; attendu : deux dates AAAA-MM-JJ",
        )
        for file, line, closures, secret in zip(
            records["file"],
            records["line"],
            records["closures"],
            records["confidential"],
            strict=True,
        )
        for wrong in known[closures][1]
    ]
    days = {one: _day(one) for one in records["updated_on"].dropna().unique()}
    limit = date - dt.timedelta(days=STALE_DAYS)
    updated = [days.get(one) for one in records["updated_on"].to_numpy(dtype="object")]
    stale = [day is not None and day < limit for day in updated]
    undated = [day is None or day > date for day in updated]
    findings += [
        Finding(
            file=_text(file),
            line=_line(line),
            column="date_maj",
            value=MASKED if secret else day.isoformat(),
            what=FUTURE,
            action="date ignorée : l'âge de la fiche est inconnu ; à corriger à la source",
        )
        for file, line, day, secret in zip(
            records["file"], records["line"], updated, records["confidential"], strict=True
        )
        if day is not None and day > date
    ]
    findings += _undated(records, undated)
    index = records.index
    dated = records["updated_on"]
    ahead = [day is not None and day > date for day in updated]
    judged = records.assign(
        updated_on=dated.mask(pd.Series(ahead, index=index, dtype="bool")),
        closed=pd.Series(closed, index=index, dtype="bool"),
        stale=pd.Series(stale, index=index, dtype="bool"),
    )
    return judged, list(dict.fromkeys(findings))


def _closed(closures: tuple[str, ...], *, date: dt.date) -> tuple[bool, tuple[str, ...]]:
    """Return whether one of the closures holds on ``date``, and those not understood."""
    closed, wrong = False, []
    for written in closures:
        if written == FOR_GOOD:
            closed = True
            continue
        start, slash, end = written.partition("/")
        since, until = _day(start), _day(end)
        unread = (start and since is None) or (end and until is None)
        if not slash or unread or (since and until and since > until):
            wrong.append(written)
            continue
        closed |= (since or date) <= date <= (until or date)
    return closed, tuple(wrong)


def _day(written: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(written)[:10])
    except ValueError:
        return None


def _undated(records: pd.DataFrame, undated: list[bool]) -> list[Finding]:
    """Count per file the rows whose age is unknown."""
    counts = records.loc[undated, "file"].value_counts(sort=False)
    sizes = {str(file): size for file, size in records["file"].value_counts().items()}
    return [
        Finding(
            file=str(file),
            column="date_maj",
            value=f"{count} sur {sizes[str(file)]}",
            what=UNDATED,
            action="gardées : leur âge est inconnu, elles ne sont pas comptées comme anciennes",
        )
        for file, count in counts.items()
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(value: object) -> int | None:
    return None if value is pd.NA else int(value)  # type: ignore[call-overload]
