"""What figures must verify: accounting identities, orders, bounds.

What breaks a rule is said and stays; only what cannot be is taken away. The rules are in
``controles.toml`` (source: DOMAIN §1.3 A and §1.4); plausible bounds are those of the catalogue.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from cartoallier.model import VALUED, Finding, Indicator, Level, Status
from cartoallier.model.french import number, plural
from cartoallier.needs.codes import Column, match_columns
from cartoallier.needs.headers import ZoneTable
from cartoallier.needs.numbers import has_thousands_dots, parse_cells, shown
from cartoallier.needs.values import Extract
from cartoallier.needs.zones import FRANCE, REGION

EXAMPLES = 5
"""Zones that break a rule told one by one; the rest are counted in one finding."""

MUCH_SECRET = 0.3
"""Share of secret values of an indicator from which it is said."""

YEARS = ("1962", "2035")
"""First and last year that figures can be of: the first census on record; beyond, a mistake."""

_FEW = 10
_OTHERS = ("autre zone", "autres zones")
_AREAS = frozenset({Level.EPCI.value, Level.DEPARTEMENT.value, REGION, FRANCE})
_NONE: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that figures of a zone must verify.

    Attributes:
        kind: ``identite``, ``rapport`` or ``ordre``.
        terms: the total (or quotient) first for the first two; ``""`` for a total that is a
            number.
        total: that number, else ``None``.
        tolerance: largest difference, in the unit.
    """

    kind: str
    terms: tuple[str, ...]
    total: float | None = None
    tolerance: float = 0.0


_CONSTATS = {
    "identite": "le total ne vaut pas la somme de ses parts",
    "rapport": "le rapport interdécile n'est pas celui de ses déciles",
    "ordre": "des déciles ne vont pas en croissant",
}


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of ``controles.toml``."""
    said = tomllib.loads(files("cartoallier.needs").joinpath("controles.toml").read_text("utf-8"))
    found = []
    for one in said["identite"]:
        number = not isinstance(one["total"], str)
        found.append(
            Rule(
                kind="identite",
                terms=("" if number else one["total"], *one["termes"]),
                total=float(one["total"]) if number else None,
                tolerance=one["tolerance"],
            )
        )
    for one in said["rapport"]:
        terms = (one["quotient"], one["numerateur"], one["denominateur"])
        found.append(Rule(kind="rapport", terms=terms, tolerance=one["tolerance"]))
    found += [Rule(kind="ordre", terms=tuple(one["termes"])) for one in said["ordre"]]
    return tuple(found)


def check_table(table: ZoneTable, *, indicators: Mapping[str, Indicator]) -> list[Finding]:
    """Check the rules on the columns of an INSEE table, read by the catalogue or not.

    Args:
        table: with its header found.
        indicators: of the catalogue.

    Returns:
        Findings, at the line of each zone that breaks a rule; examples are limited.
    """
    wanted = dict.fromkeys(term for rule in rules() for term in rule.terms if term)
    asked = [indicators.get(term) or _count(term) for term in wanted]
    columns = match_columns(table.header, asked)
    years = dict.fromkeys(column.vintage for column in columns if column.vintage)
    read: dict[int, np.ndarray] = {}
    findings: list[Finding] = []
    for year in years or {"": None}:
        named = {c.indicator.id: c for c in columns if c.vintage in {year, ""}}
        for rule in rules():
            present = _present(rule, named)
            if not present:
                continue
            figures = {term: _figures(table, named[term], read) for term in present}
            where = _formula(rule, [named[term].code for term in present])
            place = _Place(
                file=table.file,
                column=f"{table.sheet}!{where}" if table.sheet else where,
                lines=table.lines,
                names=table.codes,
                secret=_is_secret(present, indicators),
            )
            findings += _told(_broken(rule, figures), rule=rule, place=place)
    return findings


def checked(extract: Extract, *, indicators: Mapping[str, Indicator]) -> Extract:
    """Check the values of a file; take away what cannot be.

    A negative count, a percentage below 0 or above 100 where the plausible bounds do not reach
    so far, become ``non_disponible``; rows of an impossible year go. All the rest stays and is
    said: a share of disposable income is above 100 % where taxes are high.

    Args:
        extract: as read.
        indicators: of the catalogue.

    Returns:
        The extract, its findings grown.
    """
    values, dropped = extract.values.copy(), dict(extract.dropped)
    findings = list(extract.findings)
    strange = (values["vintage"] != "") & ~values["vintage"].between(*YEARS)
    if strange.any():
        first = values[strange].iloc[0]
        findings.append(
            _one(
                first,
                value=f"{first['vintage']}, {plural(int(strange.sum()), 'valeur')}",
                what="année impossible",
                action="valeurs non lues\u202f; à corriger dans le fichier",
            )
        )
        dropped["année impossible"] = int(strange.sum())
        values = values[~strange].reset_index(drop=True)
    findings += _impossible(values, indicators)
    findings += _implausible(values, indicators)
    findings += _secret(values)
    if extract.layout != "insee":
        findings += _rules_on_values(values, indicators)
    return replace(extract, values=values, findings=findings, dropped=dropped)


def _count(term: str) -> Indicator:
    """Return a column of the census that is no indicator: a count."""
    return Indicator(id=term, label="", unit="", kind="effectif", source="rp", codes=(term,))


def _is_secret(terms: Iterable[str], indicators: Mapping[str, Indicator]) -> bool:
    """Whether a term is a count that outputs hide when small; those of columns all are."""
    return any(term not in indicators or indicators[term].secret_below > 0 for term in terms)


def _present(rule: Rule, named: Iterable[str]) -> tuple[str, ...]:
    """Return the terms of a rule that can be checked, ``()`` when it cannot be."""
    known = set(named)
    if rule.kind == "ordre":
        terms = tuple(term for term in rule.terms if term in known)
        return terms if len(terms) > 1 else _NONE
    terms = tuple(term for term in rule.terms if term)
    return terms if known.issuperset(terms) else _NONE


def _figures(table: ZoneTable, column: Column, read: dict[int, np.ndarray]) -> np.ndarray:
    total = np.zeros(len(table.rows))
    for sign, position in column.terms:
        if position not in read:
            cells = table.column(position)
            dots = has_thousands_dots(cells, indicator=column.indicator)
            read[position] = parse_cells(cells, blank=Status.ABSENT, thousands=dots)[0]
        total = total + sign * read[position]
    return total


def _formula(rule: Rule, names: Sequence[str]) -> str:
    if rule.kind == "ordre":
        return " ≤ ".join(names)
    if rule.kind == "rapport":
        return f"{names[0]} = {names[1]} / {names[2]}"
    if rule.total is not None:
        return f"{' + '.join(names)} = {rule.total:g}"
    return f"{names[0]} = {' + '.join(names[1:])}"


def _broken(rule: Rule, figures: Mapping[str, np.ndarray]) -> list[_Broken]:
    """Return the zones that break a rule, and what they say instead."""
    columns = list(figures.values())
    if rule.kind == "ordre":
        stacked = np.vstack(columns)
        high = np.fmax.accumulate(stacked)
        rows = np.flatnonzero((stacked < high).any(axis=0))
        first = [int(np.argmax(stacked[:, row] < high[:, row])) for row in rows]
        return [
            _Broken(int(row), stacked[at, row], "après", high[at, row])
            for at, row in zip(first, rows, strict=True)
        ]
    if rule.kind == "rapport":
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = columns[1] / columns[2]
        actual = columns[0]
    else:
        parts = columns if rule.total is not None else columns[1:]
        expected = np.sum(parts, axis=0)
        actual = np.full(len(expected), rule.total) if rule.total is not None else columns[0]
    gap = np.abs(actual - expected)
    rows = np.flatnonzero(gap > rule.tolerance + 1e-6)  # the reading of decimals is not exact
    return [_Broken(int(row), actual[row], ", calculé", expected[row]) for row in rows]


class _Broken(NamedTuple):
    """A zone that breaks a rule: its position, a figure, a word, the figure it contradicts."""

    row: int
    figure: float
    word: str
    other: float

    def text(self, *, secret: bool) -> str:
        """Return both figures, masked when one is a small count."""
        space = "" if self.word.startswith(",") else " "
        said = f"{_text(self.figure)}{space}{self.word} {_text(self.other)}"
        return shown(said, self.figure, self.other, secret=secret)


def _text(value: float) -> str:
    return f"{value:.6g}".replace(".", ",")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Place:
    """Where figures that are checked stand, and whether the small ones are secret."""

    file: str
    column: str
    lines: Sequence[int | None]
    names: Sequence[str]
    secret: bool


def _told(broken: Sequence[_Broken], *, rule: Rule, place: _Place) -> list[Finding]:
    what, action = _CONSTATS[rule.kind], "valeurs gardées\u202f; à vérifier auprès de la source"
    told = [
        Finding(
            file=place.file,
            line=place.lines[one.row],
            column=place.column,
            value=f"{place.names[one.row]}\u00a0: {one.text(secret=place.secret)}",
            what=what,
            action=action,
        )
        for one in broken[:EXAMPLES]
    ]
    if len(broken) > EXAMPLES:
        rest = plural(len(broken) - EXAMPLES, *_OTHERS)
        told.append(replace(told[-1], line=None, value=rest))
    return told


def _rules_on_values(values: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Finding]:
    """Check the rules whose terms are all indicators, in files that have no column each."""
    wanted = {term for rule in rules() for term in rule.terms}
    rows = values[values["indicator"].isin(wanted) & values["status"].eq("publie")]
    if rows.empty:
        return []
    zone = ["level", "code", "vintage"]
    table = rows.pivot_table(index=zone, columns="indicator", values="value", aggfunc="first")
    first = rows.drop_duplicates(zone).set_index(zone).reindex(table.index)
    lines = [None if pd.isna(line) else int(line) for line in first["line"]]
    findings: list[Finding] = []
    for rule in rules():
        present = _present(rule, table.columns)
        if present:
            figures = {term: table[term].to_numpy(dtype="float64") for term in present}
            place = _Place(
                file=str(first["file"].iloc[0]),
                column=_formula(rule, present),
                lines=lines,
                names=[f"{code} ({year})" for _, code, year in table.index],
                secret=_is_secret(present, indicators),
            )
            findings += _told(_broken(rule, figures), rule=rule, place=place)
    return findings


def _one(row: pd.Series, *, value: str, what: str, action: str) -> Finding:
    """Return a finding on the cell that a value was read from."""
    return Finding(
        file=str(row["file"]),
        line=None if pd.isna(row["line"]) else int(row["line"]),
        column=f"{row['sheet']}!{row['column']}" if row["sheet"] else str(row["column"]),
        value=value,
        what=what,
        action=action,
    )


def _figure(row: pd.Series, indicators: Mapping[str, Indicator]) -> str:
    """Return the figure of a value, masked when it is a small count."""
    value = float(row["value"])
    return shown(_text(value), value, secret=indicators[row["indicator"]].secret_below > 0)


def _limits(values: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> pd.Series:
    """Return which values are beyond the limits of their indicator."""
    low = values["indicator"].map({key: pair[0] for key, pair in limits.items()})
    high = values["indicator"].map({key: pair[1] for key, pair in limits.items()})
    return (values["value"] < low.astype("float64")) | (values["value"] > high.astype("float64"))


def _impossible(values: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Finding]:
    """Take away values that cannot be, in place; say so."""
    limits: dict[str, tuple[float, float]] = {}
    for name, indicator in indicators.items():
        low, high = indicator.bounds or (0.0, 99.0)
        if indicator.kind == "effectif":
            limits[name] = (0.0, np.inf)
        elif indicator.unit == "%":
            limits[name] = (0.0 if low >= 0 else -np.inf, 100.0 if high < 100 else np.inf)
    wrong = _limits(values, limits)
    findings = []
    for key, rows in values[wrong].groupby("indicator", sort=False):
        count = indicators[str(key)].kind == "effectif"
        what = "effectif négatif" if count else "pourcentage au-delà du possible"
        action = "valeur non retenue\u202f; à corriger dans le fichier"
        for _, row in rows.head(EXAMPLES).iterrows():
            value = f"{row['code']}\u00a0: {_figure(row, indicators)}"
            findings.append(_one(row, value=value, what=what, action=action))
        if len(rows) > EXAMPLES:
            rest = plural(len(rows) - EXAMPLES, *_OTHERS)
            findings.append(replace(findings[-1], line=None, value=rest))
    values.loc[wrong, "status"] = Status.NOT_AVAILABLE.value
    values.loc[wrong, "value"] = np.nan
    return findings


def _implausible(values: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[Finding]:
    """Say, once per indicator and level, what is outside the plausible bounds of an EPCI.

    Values of communes and IRIS are judged by their median only: small ones are noise.
    """
    limits = {key: one.bounds for key, one in indicators.items() if one.bounds is not None}
    known = values[values["status"].isin(VALUED) & values["indicator"].isin(limits)]
    beyond = known[_limits(known, limits)]
    findings = []
    for (key, level), rows in beyond.groupby(["indicator", "level"], sort=False):
        low, high = limits[str(key)]
        group = known[(known["indicator"] == key) & (known["level"] == level)]
        if level not in _AREAS and low <= group["value"].median() <= high:
            continue
        far = (rows["value"] - np.clip(rows["value"], low, high)).abs()
        worst = rows.loc[far.idxmax()]
        findings.append(
            _one(
                worst,
                value=f"{worst['code']}\u00a0: {_figure(worst, indicators)}\u202f; "
                f"{plural(len(rows), 'zone')} sur {number(len(group))}",
                what=f"hors des bornes plausibles, de {_text(low)} à {_text(high)}",
                action="valeurs gardées\u202f; vérifiez l'unité et le millésime",
            )
        )
    return findings


def _secret(values: pd.DataFrame) -> list[Finding]:
    """Say which indicators are mostly secret at a level."""
    key = ["indicator", "level"]
    hidden = values["status"].eq(Status.SECRET.value)
    shares = hidden.groupby([values[name] for name in key], sort=False).agg(["mean", "size"])
    first = values.drop_duplicates(key)
    findings = []
    for (_, row), share, size in zip(first.iterrows(), shares["mean"], shares["size"], strict=True):
        if share <= MUCH_SECRET or size < _FEW:
            continue
        found = _one(
            row,
            value=f"{row['indicator']}\u00a0: {100 * share:.0f}\u00a0% des valeurs "
            f"({row['level']})",
            what="beaucoup de valeurs sont sous le secret statistique",
            action="indicateur à lire à une maille plus large",
        )
        findings.append(replace(found, line=None))
    return findings
