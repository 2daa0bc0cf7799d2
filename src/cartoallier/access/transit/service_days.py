"""Which services of a feed run on which day, and the day that is measured."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cartoallier.access.transit.feed_files import FeedFiles, refusal
from cartoallier.access.transit.timetable import WEEKDAYS

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OLDEST, _FOR_EVER = 1950, 2999
_DATE = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, eq=False, kw_only=True)
class Calendar:
    """When services run.

    Attributes:
        file: the feed, as the project names it.
        regular: service -> days of the week (0 = Monday), first and last date.
        exceptions: (service, date) -> added (true) or removed.
    """

    file: str
    regular: Mapping[str, tuple[frozenset[int], dt.date, dt.date]]
    exceptions: Mapping[tuple[str, dt.date], bool]

    def runs(self, service: str, date: dt.date) -> bool:
        """Return whether a service runs on a date."""
        stated = self.exceptions.get((service, date))
        if stated is not None:
            return stated
        return self._regularly(service, date)

    def _regularly(self, service: str, date: dt.date) -> bool:
        if service not in self.regular:
            return False
        days, first, last = self.regular[service]
        return date.weekday() in days and first <= date <= last

    def busiest(self, weekday: int, trips: Mapping[str, int]) -> tuple[dt.date, int]:
        """Return the date of a weekday that runs most trips, the first of them, and how many.

        Args:
            weekday: 0 is Monday.
            trips: service -> its trips.

        Raises:
            SourceError: nothing runs on that weekday.
        """
        first, last = self.span(trips)
        start = first.toordinal() + (weekday - first.weekday()) % 7
        weeks = max((last.toordinal() - start) // 7 + 1, 0)
        change = np.zeros(weeks + 1, dtype=np.int64)
        for service, (days, begins, ends) in self.regular.items():
            low = max(-(-(begins.toordinal() - start) // 7), 0)
            high = (ends.toordinal() - start) // 7 + 1
            if weekday in days and service in trips and low < high:
                change[low] += trips[service]
                change[min(high, weeks)] -= trips[service]
        count = np.cumsum(change)[:weeks]
        for (service, date), added in self.exceptions.items():
            if date.weekday() == weekday and added != self._regularly(service, date):
                week = (date.toordinal() - start) // 7
                if service in trips and 0 <= week < weeks:
                    count[week] += trips[service] if added else -trips[service]
        if not weeks or count.max() <= 0:
            raise refusal(
                f"aucune course le {WEEKDAYS[weekday]} dans le territoire, du {first:%d/%m/%Y} au "
                f"{last:%d/%m/%Y} ; choisissez un autre jour de la semaine",
                path=self.file,
            )
        best = int(count.argmax())
        return dt.date.fromordinal(start + 7 * best), int(count[best])

    def span(self, trips: Mapping[str, int]) -> tuple[dt.date, dt.date]:
        """Return the first and last date on which some of the services may run.

        Raises:
            SourceError: none has any date.
        """
        dates = [date for s, (_, *ends) in self.regular.items() if s in trips for date in ends]
        dates += [date for (s, date), added in self.exceptions.items() if added and s in trips]
        if not dates:
            raise refusal(
                "aucune course n'a de date de circulation (calendar.txt, calendar_dates.txt) ; "
                "redemandez l'archive complète",
                path=self.file,
            )
        return min(dates), max(dates)


def read_calendar(feed: FeedFiles) -> Calendar:
    """Read ``calendar.txt`` and ``calendar_dates.txt``; either may be absent.

    Raises:
        SourceError: both are absent.
    """
    if "calendar.txt" not in feed and "calendar_dates.txt" not in feed:
        raise refusal(
            "il manque calendar.txt et calendar_dates.txt : on ne sait pas quels jours circulent "
            "les courses ; redemandez l'archive complète",
            path=feed.file,
        )
    regular: dict[str, tuple[frozenset[int], dt.date, dt.date]] = {}
    weekly = ("service_id", "start_date", "end_date", *_DAYS)
    for line, cells in feed.rows("calendar.txt", weekly, required=weekly):
        service, *ends = cells[:3]
        first, last = (parse_date(text) for text in ends)
        if first is None or last is None or last < first:
            _unreadable(feed, "calendar.txt", line, " ".join(ends))
            continue
        days = frozenset(i for i, text in enumerate(cells[3:]) if text == "1")
        regular[service] = (days, first, last)
    exceptions: dict[tuple[str, dt.date], bool] = {}
    columns = ("service_id", "date", "exception_type")
    for line, (service, text, kind) in feed.rows("calendar_dates.txt", columns, required=columns):
        date = parse_date(text)
        if date is None or kind not in {"1", "2"}:
            _unreadable(feed, "calendar_dates.txt", line, f"{text} {kind}")
            continue
        exceptions[service, date] = kind == "1"
    return Calendar(file=feed.file, regular=regular, exceptions=exceptions)


def parse_date(text: str) -> dt.date | None:
    """Return the date ``20260908`` writes, ``None`` for anything else.

    ``99991231`` and the like mean « for ever »: they become the last day of :data:`_FOR_EVER`.
    """
    if not _DATE.fullmatch(text) or int(text[:4]) < _OLDEST:
        return None
    try:
        date = dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return min(date, dt.date(_FOR_EVER, 12, 31))


def _unreadable(feed: FeedFiles, table: str, line: int, value: str) -> None:
    feed.notes.add(
        "dates de circulation illisibles",
        "ligne ignorée ; à signaler au producteur de l'archive GTFS",
        table=table,
        line=line,
        value=value,
    )
