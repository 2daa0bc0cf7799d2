"""Composite scores of EPCI: profiles of poor households and aggravating factors.

Method: OECD/JRC, *Handbook on Constructing Composite Indicators*, 2008: indicators are ranked
before they are added (step 5, « ranking », indifferent to units and outliers), weights are
declared, and the result is given with its sensitivity to weights and to the absence of any one
indicator (step 7, « uncertainty and sensitivity analysis »).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cartoallier.model import (
    SCORE_COLUMNS,
    VALUED,
    Composite,
    Finding,
    Findings,
    Indicator,
    Level,
)
from cartoallier.model.french import listed, number, typeset

KNOWN_WEIGHT = 0.5
"""An EPCI is scored when the terms it has values for carry at least this part of the weight."""
NATIONAL_COVERAGE = 0.5
"""A term counts when the country's EPCI known in its year are at least this part of them all."""
WEIGHT_STEP = 0.10
"""How far one weight moves, as a part of their sum, when the stability of ranks is tried."""
PROFILE = "profil"
"""The kind of composites one of which may dominate."""
NAMED = 5
"""How many missing indicators are named."""

Floats = NDArray[np.float64]


def score(
    composites: Iterable[Composite],
    *,
    values: pd.DataFrame,
    reference: pd.DataFrame,
    zones: pd.DataFrame,
    indicators: Mapping[str, Indicator],
) -> pd.DataFrame:
    """Score every whole EPCI of a territory on every composite, against all French EPCI.

    For term k of weight w(k), among the n EPCI whose value is known::

        p(k) = 100 × (EPCI below + half of the EPCI level with it, itself included) / n
        p(k) = 100 - p(k)    where less of the indicator is more need (direction « - »)
        score = sum of w(k) × p(k) / sum of w(k), over the terms the EPCI has a value for

    50 is the middle of France; more is more need. An EPCI is scored when its known terms carry
    at least :data:`KNOWN_WEIGHT` of the weight; otherwise its score and rank are missing. Ranks
    are among all the EPCI of the country that meet the same rule, 1 = most need, level ones
    sharing the better rank. They are taken again with each weight moved by
    :data:`WEIGHT_STEP` of their sum, up and down, one at a time, and without each term;
    ``rank_low`` and ``rank_high`` are the ends met. Where the term left out was the only one
    known, that trial says nothing of the EPCI.

    Each indicator is taken as :func:`national` takes it: in the newest year known for at least
    :data:`NATIONAL_COVERAGE` of the EPCI of the country, and missing for everybody when no year
    is. A file of one département ranks nobody « among the EPCI of France ». For the same reason
    nobody is scored on a composite that fewer EPCI than that could be ranked on. A value of the
    territory is compared with EPCI of the same year: when it bears another one, the reference's
    own value of that EPCI stands for it. Terms of one
    composite may differ in year; pages list them. Estimated values count as published ones, and
    pages say how many there are; a value under the floor of publication counts as the floor.

    The dominant profile of an EPCI is that of its highest score among the composites of kind
    :data:`PROFILE`, the first of the catalogue when level, where at least two are scored: the
    profile most marked against other EPCI, not the most numerous households.

    Args:
        composites: profiles and factors, in the order of the catalogue.
        values: of the territory, columns ``NEEDS_COLUMNS``.
        reference: whole EPCI of the whole country, same columns, a row for each of them whether
            it has a value or not.
        zones: of the territory.
        indicators: id -> indicator, for directions.

    Returns:
        Columns ``SCORE_COLUMNS``: composites in order, then EPCI in the order of ``zones``.

    Raises:
        ValueError: a weight is not above zero.

    Source: OECD/JRC, *Handbook on Constructing Composite Indicators*, 2008, steps 5 to 7.
    """
    held = tuple(composites)
    whole = zones[(zones["level"] == Level.EPCI) & (zones["perimeter"] == "entier")]
    terms = list(dict.fromkeys(term for c in held for term, _ in c.terms))
    places = _percentiles(
        _matrix(terms, values=values, reference=reference, codes=whole["code"]),
        reversed_=[t for t in terms if t in indicators and indicators[t].direction == "-"],
    )
    enough = NATIONAL_COVERAGE * _size(reference)
    blocks = [_one(composite, places, whole, enough=enough) for composite in held]
    if not blocks:
        return pd.DataFrame(columns=list(SCORE_COLUMNS)).astype(SCORE_COLUMNS)
    table = pd.concat(blocks, ignore_index=True).astype(SCORE_COLUMNS)
    profiles = {composite.id for composite in held if composite.kind == PROFILE}
    return table.assign(dominant=_dominant(table, profiles))


def national(reference: pd.DataFrame) -> pd.DataFrame:
    """Return the values that rank against France: of each indicator, one year known widely enough.

    Args:
        reference: whole EPCI of the whole country, columns ``NEEDS_COLUMNS``, a row for each of
            them whether it has a value or not: their distinct codes are the country.

    Returns:
        The valued rows of the newest year in which at least :data:`NATIONAL_COVERAGE` of the EPCI
        of the country have a value; no row of an indicator without such a year.
    """
    known = _known(reference)
    by_year = known.groupby(["indicator", "vintage"])["code"].nunique()
    wide = by_year[by_year >= NATIONAL_COVERAGE * _size(reference)].reset_index()
    newest = wide.groupby("indicator")["vintage"].max()
    return known[known["vintage"] == known["indicator"].map(newest)]


def explain_missing(
    table: pd.DataFrame, composites: Iterable[Composite], indicators: Mapping[str, Indicator]
) -> Findings:
    """Say why composites have no score anywhere in the territory, and which file would help.

    Args:
        table: what :func:`score` returned, before any row is dropped.
        composites: those that were scored.
        indicators: id -> indicator, for names and for the sheets that give them.

    Returns:
        One finding for profiles and one for factors, where some have no score for any EPCI.
    """
    scored = set(table.loc[table["score"].notna(), "composite"])
    told = set(table["composite"])
    silent = [one for one in composites if one.id in told and one.id not in scored]
    kinds = dict.fromkeys(one.kind for one in silent)
    return [_silence(table, [o for o in silent if o.kind == kind], indicators) for kind in kinds]


def _silence(
    table: pd.DataFrame, silent: list[Composite], indicators: Mapping[str, Indicator]
) -> Finding:
    """Explain composites of one kind, none of which has a score."""
    rows = table[table["composite"].isin([one.id for one in silent])]
    met = rows["missing"].str.split().explode().dropna().value_counts()
    heaviest = {
        term: max(dict(one.terms).get(term, 0.0) / sum(dict(one.terms).values()) for one in silent)
        for term in met.index
    }
    most = sorted(met.index, key=lambda term: (-met[term], -heaviest[term], term))
    names = [indicators[term].label if term in indicators else term for term in most[:NAMED]]
    more = len(most) - len(names)
    if more:
        names.append(f"{number(more)} autre{'s' * (more > 1)}")
    of_poor = any(
        "!" in code for term in most if term in indicators for code in indicators[term].codes
    )
    book = (
        " : le classeur public de l’INSEE FILO<année>_DISP_Pauvres_EPCI (une feuille par "
        "sous-population) en apporte une partie"
        if of_poor
        else ""
    )
    missing = f" Manquent le plus souvent : {listed(names)}." if names else ""
    labels = listed([f"« {one.label} »" for one in silent])
    return Finding(
        file=f"tableaux/{'profils' if silent[0].kind == PROFILE else 'facteurs'}.csv",
        what=typeset(
            f"Aucun score pour {labels} : leurs indicateurs manquent, ou sont connus pour moins de "
            f"la moitié des EPCI de France.{missing}"
        ),
        action=typeset(f"Fournir ces indicateurs pour tous les EPCI de France{book}."),
    )


def _matrix(
    terms: list[str], *, values: pd.DataFrame, reference: pd.DataFrame, codes: pd.Series[str]
) -> pd.DataFrame:
    """Return one value per (EPCI, term): those of the country, then those of the territory."""
    country, own = national(reference), _known(values)
    country, own = (frame[frame["indicator"].isin(terms)] for frame in (country, own))
    years = pd.MultiIndex.from_frame(country[["indicator", "vintage"]])
    own = own[pd.MultiIndex.from_frame(own[["indicator", "vintage"]]).isin(years)]
    rows = pd.concat([country, own]).drop_duplicates(["indicator", "code"], keep="last")
    table = rows.pivot_table(index="code", columns="indicator", values="value", aggfunc="last")
    every = table.index.union(pd.Index(codes, dtype="str"), sort=True)
    return table.reindex(index=every, columns=terms).astype("float64")


def _size(reference: pd.DataFrame) -> int:
    """Count the EPCI of the country."""
    return int(reference.loc[reference["level"] == Level.EPCI, "code"].nunique())


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[
        (frame["level"] == Level.EPCI)
        & (frame["perimeter"] != "partie")
        & frame["status"].isin(VALUED)
    ]


def _percentiles(table: pd.DataFrame, *, reversed_: list[str]) -> pd.DataFrame:
    """Turn values into mid-rank percentiles, 0 to 100, more being more need."""
    places = 100 * (table.rank(method="average") - 0.5) / table.notna().sum()
    places[reversed_] = 100 - places[reversed_]
    return places


def _one(
    composite: Composite, places: pd.DataFrame, whole: pd.DataFrame, *, enough: float
) -> pd.DataFrame:
    """Return the rows of one composite."""
    terms = [term for term, _ in composite.terms]
    weights = np.array([weight for _, weight in composite.terms], dtype="float64")
    if not len(weights) or not (weights > 0).all():
        raise ValueError(f"weights of « {composite.id} » must be above zero, got {weights}")
    share = weights / weights.sum()
    table = places[terms].to_numpy()
    known = ~np.isnan(table)
    carried = known @ share
    scored = carried >= KNOWN_WEIGHT - 1e-9
    if scored.sum() < enough:
        scored[:] = False
    ranks = _ranks(mean := np.where(scored, _mean(table, share), np.nan))
    moved = (_mean(table, trial) for trial in _trials(share))
    trials = np.vstack([ranks, *(_ranks(np.where(scored, trial, np.nan)) for trial in moved)])
    rows = places.index.get_indexer(pd.Index(whole["code"]))
    names = np.array(terms, dtype=object)
    return pd.DataFrame(
        {
            "code": whole["code"].to_numpy(),
            "name": whole["name"].to_numpy(),
            "perimeter": "entier",
            "composite": composite.id,
            "score": mean[rows],
            "rank": _whole(ranks[rows]),
            "ranked": int(scored.sum()),
            "rank_low": _whole(np.fmin.reduce(trials)[rows]),
            "rank_high": _whole(np.fmax.reduce(trials)[rows]),
            "known": known[rows].sum(axis=1),
            "expected": len(terms),
            "weight_known": carried[rows],
            "dominant": False,
            "missing": [" ".join(names[~line]) for line in known[rows]],
        }
    )


def _trials(share: Floats) -> Iterator[Floats]:
    """Move one weight at a time, up and down; then leave one term out at a time."""
    for position in range(len(share)):
        for step in (WEIGHT_STEP, -WEIGHT_STEP, -share[position]):
            moved = share.copy()
            moved[position] = max(moved[position] + step, 0.0)
            yield moved


def _mean(table: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of the known terms of each row, missing where none weighs."""
    known = ~np.isnan(table)
    below = known @ weights
    above = np.where(known, table, 0.0) @ weights
    mean: Floats = np.divide(above, below, out=np.full(len(table), np.nan), where=below > 0)
    return mean


def _ranks(mean: Floats) -> Floats:
    """Rank from the most need; level scores share the better rank."""
    # sums of the same terms in another order differ in the last bits
    ranks = pd.Series(np.round(mean, 9)).rank(method="min", ascending=False)
    return np.asarray(ranks, dtype="float64")


def _whole(ranks: Floats) -> pd.Series[int]:
    return pd.Series(ranks, dtype="Int64")


def _dominant(table: pd.DataFrame, profiles: set[str]) -> pd.Series[bool]:
    """Tell the row of the highest score of each EPCI, where at least two profiles are scored."""
    rows = table[table["composite"].isin(profiles) & table["score"].notna()]
    several = rows.groupby("code")["score"].transform("size") >= 2
    highest = rows[several].assign(score=rows["score"].round(9)).groupby("code")["score"].idxmax()
    return pd.Series(table.index.isin(highest), index=table.index)
