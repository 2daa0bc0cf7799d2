"""All sources of a project in one frame, without the same service twice under the same id."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cartoallier.model import Finding, empty_services
from cartoallier.supply.merging.desks import DATA_INCLUSION
from cartoallier.supply.secrecy import hashed_id

REPEATED = "service déjà lu dans un autre fichier"


def gather(frames: Iterable[pd.DataFrame]) -> tuple[pd.DataFrame, list[Finding]]:
    """Put the records of several sources together.

    Two exports of one directory (last month's and this month's) hold the same ids: the most
    recent record is kept, the first read when dates say nothing. A service that one export
    declares secret is secret in all of them, and in the other directories that know it by its
    id (data·inclusion republishes DORA): their records would give its address away.

    Args:
        frames: what :func:`~cartoallier.supply.read_supply` returned, in the project's order.

    Returns:
        One frame with unique ids, and a finding per row left out.
    """
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return empty_services(), []
    records = pd.concat(filled)
    keys = _keys(records)
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


def _keys(records: pd.DataFrame) -> list[str]:
    """Return what identifies each record: its id, or that of the secret record it is a twin of.

    A secret id is a hash: an open twin is recognised by the hash of its own id, or of an id it
    is known by.
    """
    keys: list[str] = records.index.tolist()
    hidden = records["confidential"].to_numpy()
    secret = frozenset(records.index[hidden])
    if not secret:
        return keys
    known = zip(keys, records["source"].tolist(), records["known_as"], hidden, strict=True)
    return [
        one if is_secret else _secret_twin(one, source, others, secret) or one
        for one, source, others, is_secret in known
    ]


def _secret_twin(
    one: str, source: str, others: tuple[str, ...], secret: frozenset[str]
) -> str | None:
    """Return the secret id a record answers to, if any."""
    written = (one, *others)
    # What data·inclusion republishes bears its producer's id after its own name.
    bare = {key.removeprefix(f"{DATA_INCLUSION}--") for key in written if key.count("--") > 1}
    candidates = [(source, one), *((key.split("--", 1)[0], key) for key in (*others, *bare))]
    candidates += [
        (DATA_INCLUSION, f"{DATA_INCLUSION}--{key}") for key in (*written, *bare) if "--" in key
    ]
    twins = (hashed_id(*candidate) for candidate in candidates)
    return next((twin for twin in twins if twin in secret), None)
