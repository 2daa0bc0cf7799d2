"""Free texts: read for what they give away of a place that lodges people, and never kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress

import pandas as pd

from cartoallier.files import Rows
from cartoallier.supply import cells
from cartoallier.supply.sensitivity import lodging, speaks_of_danger

DANGER = "__danger__"
"""Column left in place of texts let go: a word of danger where one of them spoke of it."""


def hide_lodgings(
    frame: pd.DataFrame,
    rows: Rows,
    *,
    columns: Iterable[str],
    also: Sequence[bool] | None = None,
) -> pd.DataFrame:
    """Declare confidential the places that lodge people and whose texts speak of danger.

    FORMATS §4.4 asks for both: « any source: housing/hosting service and text/name/public
    mentions violence, victims… ». A desk that only speaks of violence in a comment is not hidden
    by it; names, thematics and publics are judged apart, see
    :func:`~cartoallier.supply.sensitivity.is_secret`.

    Args:
        frame: records of ``rows``; several may share a line, some lines may have none.
        rows: the file.
        columns: its free texts; those absent are passed over.
        also: rows whose texts elsewhere (their structure's) speak of danger.

    Returns:
        A new frame, ``confidential`` set.
    """
    known = [rows.column(name) for name in columns if name in rows]
    if (not known and not also) or frame.empty:
        return frame
    lodges = lodging(frame)
    if not lodges.any():
        return frame
    wanted = frozenset(map(int, frame.loc[lodges, "line"]))
    chosen = [line in wanted for line in rows.lines]
    speaking = set(compress(rows.lines, also)) if also else set()
    for position in compress(range(len(rows)), chosen):
        # Joined: a list of publics may part « femmes » from « enfants ».
        said = " ".join(cells.text(column[position]) for column in known)
        if speaks_of_danger(said):
            speaking.add(rows.lines[position])
    hidden = lodges & frame["line"].isin(list(speaking))
    return frame.assign(confidential=frame["confidential"] | hidden.astype("bool"))


def without_texts(rows: Rows, *, texts: Iterable[str], columns: frozenset[str]) -> Rows:
    """Let columns go, keeping of their free texts only whether they speak of danger.

    Args:
        rows: the file.
        texts: free texts among ``columns``.
        columns: what is let go.
    """
    judged = [rows.parse(name, _word) for name in texts if name in rows]
    left = rows.without(columns)
    if not judged:
        return left
    words = [next(filter(None, row), None) for row in zip(*judged, strict=True)]
    return replace(left, cells={**left.cells, DANGER: words})


def _word(value: object) -> str | None:
    return "victimes" if speaks_of_danger(cells.text(value)) else None
