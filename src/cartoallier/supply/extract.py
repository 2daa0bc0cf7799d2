"""What a reader of one format gives: records, what was noticed, what was counted."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cartoallier.model import Finding


@dataclass(frozen=True, eq=False, kw_only=True)
class Extract:
    """What a reader draws from a file, before the territory is known.

    Attributes:
        frame: index ``id``, columns ``SERVICE_COLUMNS``. ``confidential`` marks what the
            source itself says is secret; nothing is generalised yet.
        findings: everything noteworthy, values not masked yet.
        rows_read: rows met in the file, those left out among them.
        dropped: reason in French -> rows not kept.
        left_out: rows known at the door to be out of reach, and not in the frame.
    """

    frame: pd.DataFrame
    findings: list[Finding]
    rows_read: int
    dropped: dict[str, int]
    left_out: int = 0
