"""Who answers for a place: the Département, the State, social security, communes, associations."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cartoallier.catalogue import AnswerRule, Body
from cartoallier.model import matching


def assign_responsables(records: pd.DataFrame, rules: Sequence[AnswerRule]) -> pd.DataFrame:
    """Fill ``responsable`` with the body that answers for each service.

    A declared carrier speaks first: the first rule whose pattern it matches wins. Otherwise the
    first rule that shares a word with the record (network, typology, FINESS, BPE, producer), or
    whose pattern is found in its name or its structure's, wins. Where no rule matches, the body
    is « non déterminé »: one is never supposed.

    Args:
        records: services, columns ``SERVICE_COLUMNS``.
        rules: ``Catalogue.answers``, in order.

    Returns:
        A new frame, same index; ``responsable`` holds values of
        :class:`~cartoallier.catalogue.Body`.
    """
    carried = _carriers(records["carrier"], rules)
    named = matching(records, [rule.selectors for rule in rules]) | _producers(records, rules)
    bodies = [*(rule.body.value for rule in rules), Body.UNKNOWN.value]
    # the carrier's word, then the record's, then nothing: the first column that is true wins
    last = np.ones((len(records), 1), dtype=np.bool_)
    winner = np.hstack([carried, named, last]).argmax(axis=1)
    found = [([*bodies[:-1], *bodies])[position] for position in winner]
    return records.assign(responsable=pd.Series(found, index=records.index, dtype="str"))


def _carriers(carriers: pd.Series, rules: Sequence[AnswerRule]) -> npt.NDArray[np.bool_]:
    """Hold each declared carrier against the patterns of the rules."""
    found = np.zeros((len(carriers), len(rules)), dtype=np.bool_)
    texts = carriers.fillna("").tolist()
    for column, rule in enumerate(rules):
        if rule.selectors.name_pattern:
            pattern = re.compile(rule.selectors.name_pattern, re.IGNORECASE)
            found[:, column] = [bool(text and pattern.search(text)) for text in texts]
    return found


def _producers(records: pd.DataFrame, rules: Sequence[AnswerRule]) -> npt.NDArray[np.bool_]:
    """Hold the format of the file, and the producer a data·inclusion id names, against rules."""
    words = [
        {str(source), *str(one).split("--")[1:-1]}
        for one, source in zip(records.index, records["source"], strict=True)
    ]
    found = [[not rule.producers.isdisjoint(said) for rule in rules] for said in words]
    return np.array(found, dtype=np.bool_).reshape(len(records), len(rules))
