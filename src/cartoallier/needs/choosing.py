"""Which year and which file is believed, where several give the same figure."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from cartoallier.model import Finding, Indicator, Passage
from cartoallier.model.french import plural

ENOUGH = 0.5
"""Share of the zones of the best year from which a newer one is preferred to it."""


def current_codes(codes: pd.Series[str], passage: Passage) -> pd.Series[str]:
    """Return what a commune code is today; itself where it is unknown or was split."""
    now = {code: passage.current(code) for code in codes.unique()}
    return codes.map({code: one[0] if len(one) == 1 else code for code, one in now.items()})


def choose(
    rows: pd.DataFrame,
    *,
    wanted: frozenset[str],
    indicators: Mapping[str, Indicator],
    findings: list[Finding] | None = None,
) -> pd.DataFrame:
    """Keep one year of each indicator and level, its files completing each other.

    The newest year that is given for at least :data:`ENOUGH` of the wanted zones that the best
    year is given for: a table of two EPCI never blanks ten others. Of two files of that year, the
    first is believed for the zones both give. What is left out is told.

    Args:
        rows: columns ``VALUE_COLUMNS``, ``turn`` (order of trust of the file) and ``now`` (code
            of today).
        wanted: codes of today that matter.
        indicators: of the catalogue, for words.
        findings: told of what is left out and of contradictions.
    """
    kept = []
    for (name, level), part in rows.groupby(["indicator", "level"], sort=False):
        label = indicators[str(name)].label
        here = part[part["now"].isin(wanted)]
        covered = here.groupby("vintage")["now"].nunique()
        year = _year(part, covered)
        of_year = part[part["vintage"] == year].sort_values("turn", kind="stable")
        first = of_year.groupby("now")["turn"].transform("min")
        kept.append(of_year[of_year["turn"] == first])
        if findings is not None and part["turn"].nunique() > 1:
            findings += _left_out(here, year, covered, label=f"{label} ({level})")
            findings += _contradictions(of_year, wanted, label=f"{label} ({level})")
    return pd.concat(kept) if kept else rows.iloc[:0]


def _year(part: pd.DataFrame, covered: pd.Series[int]) -> str:
    if covered.empty:
        return str(part["vintage"].max())
    return str(covered.index[covered >= ENOUGH * covered.max()].max())


def _left_out(
    here: pd.DataFrame, year: str, covered: pd.Series[int], *, label: str
) -> list[Finding]:
    """Tell the files that are not used, for a year older or too little covered."""
    used = set(here.loc[here["vintage"] == year, "file"])
    others = here[~here["file"].isin(used)].drop_duplicates(["file", "vintage"])
    best = int(covered.max())
    return [
        Finding(
            file=str(file),
            column=label,
            value=str(vintage) or "sans année",
            what=(
                f"année plus récente, mais donnée pour {plural(int(covered[vintage]), 'zone')} "
                f"au lieu de {best}"
                if vintage > year
                else f"année plus ancienne que {year}, que donne un autre fichier"
            ),
            action="valeurs laissées de côté\u202f; retirez l'autre fichier pour les préférer",
        )
        for file, vintage in zip(others["file"], others["vintage"], strict=True)
    ]


def _contradictions(of_year: pd.DataFrame, wanted: frozenset[str], *, label: str) -> list[Finding]:
    """Tell the zones for which two files of one year do not say the same."""
    here = of_year[of_year["now"].isin(wanted) & of_year["value"].notna()]
    spread = here.groupby("code")["value"].agg(["min", "max"])
    differing = spread.index[spread["max"] - spread["min"] > 1e-9 * spread["max"].abs()]
    if not len(differing):
        return []
    files = here.loc[here["code"].isin(differing), "file"].unique()
    if len(files) < 2:
        return []
    return [
        Finding(
            file=str(files[-1]),
            column=label,
            value=f"{plural(len(differing), 'zone')}, dont {', '.join(differing[:3])}",
            what=f"deux fichiers de la même année se contredisent\u00a0: {', '.join(files)}",
            action="le premier est retenu\u202f; ne gardez que le bon",
        )
    ]
