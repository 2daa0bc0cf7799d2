"""The open twin of a secret place: one directory hides a shelter, another prints its address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from cartoallier.model import Finding, Territory
from cartoallier.supply.generalising import DESK, SHELTER, generalise, mask
from cartoallier.supply.marks import (
    SITE,
    WHERE,
    commune_mark,
    id_marks,
    marks_to_compare,
    own_words,
    word_mark,
)

TWIN = "même lieu qu'un service à adresse protégée d'une autre source"
MOST_OWNERS = 2
"""Structures of a commune that may use a word before it says nothing of who they are."""
_TWIN_ACTION = "adresse protégée ici aussi\u202f; vérifiez la fiche auprès de sa source"


def hide_twins(
    records: pd.DataFrame, findings: Iterable[Finding] = (), *, territory: Territory
) -> tuple[pd.DataFrame, list[Finding]]:
    """Hide what other sources say of the secret places of one, once all are gathered.

    An open service is the twin of a *shelter* when they share an id; or a name of their own in
    one commune; or the address or the 100 m cell and, beside it, a name, a word of their own, a
    SIRET or a telephone; or, when one of the two has no address, the name or the structure. It
    is the twin of a *desk* (whose owner's other desks stay open) only by the id or the name.
    Twins of twins follow.

    Services of one secret place then share ``place``, so that it counts once; marks are
    removed; and ids are hashed again with what only this run's files tell together.

    Args:
        records: of every source, gathered, before merging: a merge would print the twin.
        findings: about these records; what they say of the rows now hidden is masked.
        territory: gives the zones the hidden rows will be counted in.

    Returns:
        The records, and the findings with one more per twin. Run it in the process that read
        the sources: marks mean nothing in another.
    """
    found = list(findings)
    if not records["confidential"].any():
        return records, found
    hidden: set[tuple[str, int]] = set()
    while len(twins := _twins(records)):
        lines = list(zip(*(records.loc[twins.index, c] for c in ("file", "line")), strict=True))
        hidden |= {(str(file), int(line)) for file, line in lines}
        found += [
            Finding(file=str(file), line=int(line), what=TWIN, action=_TWIN_ACTION)
            for file, line in dict.fromkeys(lines)
        ]
        already = records["confidential"]
        open_ = records[~already]
        after = generalise(open_, twins.reindex(open_.index).notna(), territory=territory)
        after.loc[after["confidential"], "name"] = twins.to_numpy()
        records = pd.concat([records[already], after]).iloc[_order(already)]
    found = [
        mask(one) if one.what != TWIN and (one.file, one.line) in hidden else one for one in found
    ]
    return _forget(records), found


def _order(already: pd.Series) -> list[int]:
    """Return where each row went when the hidden ones were put first."""
    first, second = 0, int(already.sum())
    order: list[int] = []
    for one in already:
        order.append(first if one else second)
        first, second = (first + 1, second) if one else (first, second + 1)
    return order


def _twins(records: pd.DataFrame) -> pd.Series:
    """Return the open twins of secret services, and the generic name of what they twin."""
    secret = records[records["confidential"]]
    index: dict[str, list[int]] = {}
    for position, marks in enumerate(secret["known_as"]):
        for mark in marks:
            index.setdefault(mark, []).append(position)
    kinds = secret["name"].tolist()
    located = [any(mark[0] in WHERE for mark in marks) for marks in secret["known_as"]]
    open_ = records[~records["confidential"]]
    twins: dict[object, str] = {}
    for row, marks in zip(open_.index, id_marks(open_), strict=True):
        hits = [kinds[position] for mark in marks for position in index.get(mark, ())]
        if hits:
            twins[row] = SHELTER if SHELTER in hits else DESK
    codes = [c for c in open_["commune_code"].dropna().unique() if commune_mark(c) in index]
    near = open_[open_["commune_code"].isin(codes)]
    for mark in _shared_words(near):
        index.pop(mark, None)
    for row, shared, here in _shared(near, index):
        for position, letters in shared.items():
            shelter = kinds[position] == SHELTER
            if _same(letters, shelter=shelter, situated=here and located[position]):
                twins[row] = SHELTER if shelter else twins.get(row, DESK)
    order = [row for row in open_.index if row in twins]
    return pd.Series([twins[row] for row in order], index=order, dtype="str")


def _shared(
    records: pd.DataFrame, index: Mapping[str, Sequence[int]]
) -> Iterator[tuple[object, dict[int, set[str]], bool]]:
    """Yield rows, the kinds of marks shared with each secret place, and whether situated."""
    for row, marks in marks_to_compare(records, known=index):
        shared: dict[int, set[str]] = {}
        for mark in marks:
            for position in index.get(mark, ()):
                shared.setdefault(position, set()).add(mark[0])
        yield row, shared, any(mark[0] in WHERE for mark in marks)


def _shared_words(records: pd.DataFrame) -> list[str]:
    """Return the marks of words that several structures of a commune use: nobody's own."""
    owners: dict[tuple[str, str], set[str]] = {}
    columns = ["commune_code", "commune_name", "name", "structure"]
    texts = records[columns].drop_duplicates().fillna("")
    for commune, town, name, structure in zip(*(texts[c].tolist() for c in columns), strict=True):
        for word in own_words(name, structure, commune=town):
            owners.setdefault((commune, word), set()).add(structure or name)
    return [word_mark(*key) for key, using in owners.items() if len(using) > MOST_OWNERS]


def _same(letters: set[str], *, shelter: bool, situated: bool) -> bool:
    """Judge by the kinds of marks shared; ``situated``: both places have an address."""
    if "i" in letters or "n" in letters:
        return True
    if not shelter:
        return False
    if WHERE & letters:
        return bool({"u", "t", "r", "p"} & letters)
    return not situated and "u" in letters


def _forget(records: pd.DataFrame) -> pd.DataFrame:
    """Number the secret places, remove the marks, and hash the ids again."""
    secret = records["confidential"]
    marks = records.loc[secret, "known_as"].tolist()
    kept = records.copy()
    kept.loc[secret, "place"] = [f"protege-{number}" for number in _sites(marks)]
    kept["known_as"] = pd.Series(
        [() if one else words for one, words in zip(secret, records["known_as"], strict=True)],
        index=records.index,
        dtype="object",
    )
    # Drawn from what no output prints, so that a public directory is not enough to guess it.
    columns = records[["siret", "phone", "structure_id", "hours", "updated_on"]]
    told = "\n".join(map(str, columns.fillna("").itertuples()))
    key = hashlib.sha256(told.encode()).digest()[:32]
    ids = [
        _again(str(one), key=key) if hidden else one
        for one, hidden in zip(records.index, secret, strict=True)
    ]
    return kept.set_axis(pd.Index(ids, name="id", dtype="str"))


def _again(one: str, *, key: bytes) -> str:
    source, _, _ = one.rpartition("--")
    return f"{source}--{hashlib.blake2b(one.encode(), digest_size=8, key=key).hexdigest()}"


def _sites(marks: Sequence[tuple[str, ...]]) -> list[int]:
    """Number places from 1, in order of appearance: those that share a mark are one."""
    parents = list(range(len(marks)))

    def root(one: int) -> int:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    first: dict[str, int] = {}
    for position, mine in enumerate(marks):
        for mark in mine:
            if mark[0] in SITE:
                one, other = root(first.setdefault(mark, position)), root(position)
                parents[max(one, other)] = min(one, other)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(position), len(numbers) + 1) for position in range(len(marks))]
