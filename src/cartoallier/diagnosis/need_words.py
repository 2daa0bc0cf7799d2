"""Words of the need a page draws: its name, one value read aloud, the need where access is poor.

A theme without an indicator of its own may draw a stand-in of the catalogue, a trait of its
public: its title says so, and its notes say which indicators were awaited.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cartoallier.model import (
    ClassCount,
    Coverage,
    Indicator,
    Level,
    Needs,
    SourceRecord,
    Status,
    Territory,
)
from cartoallier.model.french import (
    NARROW,
    listed,
    number,
    percent,
    plural,
    quantity,
    quoted,
    threshold_minutes,
    typeset,
)

STAND_IN = "(repère, faute d’indicateur propre au thème)"
ESTIMATED = " (estimation)"
NAMED = 3
"""Zones of an odd year that a note names, at most."""
FRANCE = "france"


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnNeed:
    """The need that a page draws, as its words take it.

    Attributes:
        indicator: drawn.
        level: ``commune`` or ``epci``.
        rows: by zone code, columns of ``NEEDS_COLUMNS``; missing where nothing is known.
        classes: of the legend.
        position: zone code -> position in ``classes``; missing where there is none.
    """

    indicator: Indicator
    level: str
    rows: pd.DataFrame
    classes: tuple[ClassCount, ...]
    position: pd.Series[int]

    @property
    def bounds(self) -> tuple[float, ...]:
        """Bounds of the classes, increasing."""
        return tuple(one.lower for one in self.classes[1:])

    def told(self, row: pd.Series) -> str:
        """Write the value of a row: « 17,4 % », « au plus 5 % », « 17,4 % (estimation) »."""
        value = quantity(float(row["value"]), self.indicator.unit, bounds=self.bounds)
        if row["status"] == Status.BELOW_FLOOR:
            return f"au plus {value}"
        return f"{value}{ESTIMATED}" if row["status"] == Status.ESTIMATED else value


def need_title(
    indicator: Indicator,
    *,
    level: str,
    vintages: Iterable[str],
    estimated: tuple[int, int],
    cut: str,
    stand_in: bool = False,
) -> str:
    """Say over a legend what is drawn: name, estimation or not, years, level, classes.

    Args:
        indicator: drawn.
        level: ``commune`` or ``epci``.
        vintages: of its values; without any, that of the catalogue.
        estimated: how many of the values are estimated, out of how many.
        cut: how classes were cut when the catalogue gives no bounds.
        stand_in: it is no indicator of the theme.
    """
    count, known = estimated
    words = " (estimation)" if count == known else " (estimation en partie)"
    years = list(vintages) or [indicator.vintage]
    place = "EPCI" if level == Level.EPCI else "commune"
    where = f"par {place} {STAND_IN}" if stand_in else f"par {place}"
    parts = (f"{indicator.label}{words if count else ''}", listed(years), where, cut)
    return typeset(", ".join(part for part in parts if part))


def need_notes(
    indicator: Indicator,
    *,
    level: str,
    estimated: int,
    at_most: Mapping[float, int],
    sources: Iterable[str],
) -> tuple[str, ...]:
    """Say under a legend what its values are and where they come from.

    Args:
        indicator: drawn.
        level: ``commune`` or ``epci``.
        estimated: values that are an estimation.
        at_most: value that stands for itself or less -> how many: the floor of publication, or
            above it the most an estimation can be.
        sources: of the values, in words.
    """
    lines = []
    if level == Level.EPCI:
        published = "" if estimated else ", niveau où l’indicateur est publié"
        lines.append(f"Valeurs des EPCI entiers{published}.")
    if indicator.direction == "-":
        lines.append("Foncé = valeur basse : là où elle est basse, le besoin est plus fort.")
    if estimated:
        told = plural(estimated, "valeur est une estimation", "valeurs sont des estimations")
        lines.append(f"{told}, non publiée{'s' * (estimated > 1)} par le producteur.")
    for value, count in sorted(at_most.items()):
        decimals = 0 if math.isclose(value, round(value)) else 1
        bound = f"{number(value, decimals=decimals)}{NARROW}{indicator.unit}".rstrip()
        meaning = " au plancher de diffusion"
        if indicator.floor is not None:  # the catalogue gives floors of INSEE only
            guessed = value > indicator.floor
            meaning = f", estimation : au plus {bound}" if guessed else f"{meaning} de l’INSEE"
        lines.append(f"≤ {bound} : {plural(count, 'valeur')}{meaning}.")
    lines += [f"Source : {one.rstrip('.')}." for one in sources]
    return tuple(typeset(line) for line in lines)


def years_note(rows: pd.DataFrame, *, level: str) -> tuple[str, ...]:
    """Say which zones have which year, where values are not all of one.

    Args:
        rows: with ``name``, ``value`` and ``vintage``.
        level: ``commune`` or ``epci``.
    """
    known = rows[rows["value"].notna()]
    held = {str(y): g["name"].astype("str").tolist() for y, g in known.groupby("vintage") if y}
    if len(held) < 2:
        return ()
    parts = []
    for year in sorted(held, reverse=True):
        names = sorted(held[year])
        count = f"{len(names)} EPCI" if level == Level.EPCI else plural(len(names), "commune")
        who = f" ({listed(names)})" if len(names) <= NAMED else ""
        parts.append(f"{year} : {count}{who}")
    return (typeset(f"Années mêlées, {' ; '.join(parts)}."),)


def awaited(
    keys: Iterable[str], indicators: Mapping[str, Indicator], needs: Needs
) -> tuple[str, ...]:
    """Say which indicators of a theme no file gave, and which cannot be drawn all the same.

    Args:
        keys: of the indicators of the theme; counts are passed over, being no tint.
        indicators: of the catalogue.
        needs: of the run.
    """
    own = [indicators[key] for key in keys if key in indicators and indicators[key].drawable]
    received = set(needs.values["indicator"])
    absent = [one.label for one in own if one.id not in received]
    short = [one.label for one in own if one.id in received]
    lines = []
    if absent:
        lines.append(f"Indicateurs propres au thème, non reçus : {' ; '.join(absent)}.")
    if short:
        lines.append(
            "Reçus, mais sans de quoi faire des classes ou connus dans moins de la moitié des "
            f"zones : {' ; '.join(short)}."
        )
    return tuple(typeset(line) for line in lines)


def undrawn(notes: Sequence[str], *, declared: bool) -> str:
    """Say in one line that no need is drawn, and why.

    Args:
        notes: what :func:`awaited` says.
        declared: the theme has indicators of its own.
    """
    if not declared:
        return typeset("besoin non dessiné : aucun indicateur du catalogue ne le chiffre")
    none = len(notes) == 1 and "non reçus" in notes[0]
    why = "n’a été reçu" if none else "ne peut être dessiné"
    return typeset(f"besoin non dessiné : aucun des indicateurs propres à ce thème {why}")


def need_sources(rows: pd.DataFrame, records: Iterable[SourceRecord]) -> dict[str, str]:
    """Name the sources of values, with the years drawn and the licence of the file.

    Args:
        rows: with ``value``, ``source`` and ``vintage``.
        records: of every input.

    Returns:
        Words of the source in the values -> the line to print.
    """
    known = rows[rows["value"].notna()]
    records = [one for one in records if not one.demonstration]
    lines = {}
    for source, group in known.groupby(known["source"].astype("str")):
        name = str(source)
        if not name:
            continue
        years = [y for y in sorted(set(group["vintage"].dropna()) - {""}) if y not in name]
        licence = next((r.licence for r in records if name in r.label and r.licence), "")
        lines[name] = typeset(
            ", ".join(filter(None, (name.rstrip("."), listed(years) if years else "", licence)))
        )
    return lines


def need_reading(need: DrawnNeed, people: pd.Series[float]) -> str:
    """Read one value aloud: that of the zone with most people among the published.

    Args:
        need: drawn.
        people: by zone code.
    """
    rows = need.rows[need.rows["value"].notna()]
    best = rows[rows["status"] == Status.PUBLISHED]
    rows = best if len(best) else rows
    if rows.empty:
        return ""
    order = people.reindex(rows.index).fillna(0).sort_index().sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    code = order.index[0]
    count = (
        f" ({plural(people[code], 'habitant')})" if need.level != Level.EPCI and code in people
        else ""
    )  # fmt: skip
    year = str(rows["vintage"].loc[code])
    dated = f", en {year}" if year.isdigit() else ""
    name = quoted(need.indicator.label)
    return typeset(
        f"{rows['name'].loc[code]!s}{count}{dated}, {name} : {need.told(rows.loc[code])}."
    )


def need_references(need: DrawnNeed, needs: Needs, territory: Territory) -> tuple[str, ...]:
    """Give the value of the département, and that of France where a file publishes it.

    Args:
        need: drawn.
        needs: of the run.
        territory: where.

    Returns:
        « Allier (2019) : 15,8 % », « France (2019) : 14,9 % »: the same words stand under the need
        of other levels, which may be of other years.
    """
    lines = []
    for level, name in ((Level.DEPARTEMENT.value, territory.departement_name), (FRANCE, "France")):
        frames = [frame[frame["level"] == level] for frame in (needs.values, needs.reference)]
        rows = pd.concat([one for one in frames if len(one)] or frames[:1])
        rows = rows[(rows["indicator"] == need.indicator.id) & rows["value"].notna()]
        rows = rows[rows["perimeter"] == "entier"]
        if level == Level.DEPARTEMENT:
            rows = rows[rows["code"] == territory.departement_code]
            if rows.empty:
                lines.append(f"{name} : valeur non reçue")
        if len(rows):
            row = rows.iloc[0]
            year = row["vintage"]
            dated = f" ({year})" if year else ""
            lines.append(f"{name}{dated} : {need.told(row)}")
    return tuple(typeset(line) for line in lines)


def need_where_far(need: DrawnNeed, coverage: Coverage, *, averaged: bool, reference: str) -> str:
    """Say the need of those beyond the threshold, for the third sentence of a page.

    By commune: how many of the communes beyond the threshold are in the class of most need,
    against the others. By EPCI: the value of the one with most people beyond.

    Args:
        need: drawn.
        coverage: of the theme, measured, with a threshold.
        averaged: minutes of some commune are the mean of several origins.
        reference: of the département, in words; may be empty.

    Returns:
        A sentence; empty where nobody is beyond or no value is known.
    """
    thresholds = coverage.table["seuil_min"].dropna()
    if thresholds.empty:
        return ""
    if need.level == Level.EPCI:
        return _need_of_worst(need, coverage, reference)
    communes = coverage.rows(level=Level.COMMUNE).set_index("code")
    # with one origin the share is 0 or 1, and 1 for those whom no road reaches
    column, bound = ("duree_min", float(thresholds.iloc[0])) if averaged else ("part_hors_seuil", 0)
    measured = communes[column].astype("float64").dropna()
    far = measured > bound
    known = need.position.reindex(measured.index).notna()
    position = need.position.reindex(measured.index)[known].astype("int64")
    if not (far & known).any():
        return ""
    less = need.indicator.direction == "-"
    end = 0 if less else len(need.classes) - 1
    top = int(position.min() if less else position.max())
    kind = "basse" if less else "élevée"
    high = position == top
    there, others = high[far[known]], high[~far[known]]
    mean = "en moyenne " if averaged else ""
    what = f"{mean}à plus de {threshold_minutes(float(thresholds.iloc[0]))} minutes"
    if known[far].sum() < far.sum():
        what += " dont la valeur est connue"
    which = "" if top == end else " qui soit présente"
    of = f"dans la classe la plus {kind}{which} de {quoted(need.indicator.label)}"
    against = (
        f", contre {_how_many(int(others.sum()))} des {number(len(others))} autres"
        if len(others) > 1
        else ""
    )
    if len(there) == 1:
        verb = "est" if there.any() else "n’est pas"
        begin = f"La seule commune {what} {verb}"
    else:
        count = int(there.sum())
        verb = f"{_how_many(count)} {'sont' if count > 1 else 'est' if count else 'n’est'}"
        begin = f"Parmi les {plural(len(there), 'commune')} {what}, {verb}"
    return typeset(f"{begin} {of} ({need.classes[top].label}){against}.")


def _how_many(count: int) -> str:
    return number(count) if count > 1 else "une" if count else "aucune"


def _need_of_worst(need: DrawnNeed, coverage: Coverage, reference: str) -> str:
    """Give the need of the EPCI with most people beyond, among those that have a value."""
    epci = coverage.rows(level=Level.EPCI).sort_values("perimetre", kind="stable")
    epci = epci.drop_duplicates("code", keep="last")  # entier < partie
    valued = need.rows.index[need.rows["value"].notna()]
    epci = epci[epci["code"].isin(valued) & (epci["population_hors_seuil"] >= 1)]
    if epci.empty:
        return ""
    worst = epci.sort_values(["population_hors_seuil", "nom"], ascending=[False, True]).iloc[0]
    partly = worst["perimetre"] == "partie"
    part = " (partie dans le département)" if partly else ""
    value, guessed, _ = need.told(need.rows.loc[worst["code"]]).partition(ESTIMATED)
    notes = (
        "estimation" if guessed else "",
        "EPCI entier" if partly else "",
        reference.replace(ESTIMATED, ", estimation"),
    )
    beside = " ; ".join(filter(None, notes))
    minutes = threshold_minutes(float(worst["seuil_min"]))
    return typeset(
        f"{worst['nom']}{part}, où {percent(worst['part_hors_seuil'])} de la population est à plus "
        f"de {minutes} minutes, a pour {quoted(need.indicator.label)} "
        f"{value}{f' ({beside})' if beside else ''}."
    )
