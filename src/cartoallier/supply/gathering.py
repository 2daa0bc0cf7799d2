"""All sources of a project in one frame, without the same service twice under the same id."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cartoallier.model import Finding, empty_services
from cartoallier.supply.secrecy import hashed_id

REPEATED = "service déjà lu dans un autre fichier"


def gather(frames: Iterable[pd.DataFrame]) -> tuple[pd.DataFrame, list[Finding]]:
    """Put the records of several sources together.

    Two exports of one directory (last month's and this month's) hold the same ids: the most
    recent record is kept, the first read when dates say nothing. A service that one export
    declares secret is secret in all of them.

    Args:
        frames: what :func:`~cartoallier.supply.read_supply` returned, in the project's order.

    Returns:
        One frame with unique ids, and a finding per row left out.
    """
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty_services(), []
    records = pd.concat(filled)
    # A secret id is a hash: the open twin of a secret record is recognised by its own hash.
    secret = frozenset(records.index[records["confidential"]])
    keys = records.index.tolist()
    if secret:
        twins = [
            hashed_id(str(source), str(one))
            for one, source in zip(records.index, records["source"], strict=True)
        ]
        keys = [twin if twin in secret else key for key, twin in zip(keys, twins, strict=True)]
    order = pd.DataFrame(
        {
            "key": keys,
            "confidential": records["confidential"].to_numpy(),
            "updated_on": records["updated_on"].fillna("").to_numpy(),
        }
    )
    order["rank"] = range(len(order))
    best = order.sort_values(
        ["confidential", "updated_on", "rank"], ascending=[False, False, True]
    ).drop_duplicates("key")
    kept = order["rank"].isin(best["rank"]).to_numpy()
    findings = [
        Finding(
            file=str(file),
            line=int(line),
            what=REPEATED,
            action="la fiche la plus récente est gardée",
        )
        for file, line in zip(records["file"][~kept], records["line"][~kept], strict=True)
    ]
    return records[kept], findings
