"""The tables under a map: the same figures as the map, formatted for reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.model import Indicator, Level, Run, Status, Theme
from cartoallier.model.french import NO_BREAK
from cartoallier.outputs.maps.cells import EMPTY, measure, missing, number, percent, text
from cartoallier.outputs.maps.tints import STATUS_WORDS, threshold

PERIMETERS = {"entier": "entier", "partie": "partie dans le département"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One zone: ``key`` is ``commune:03190``, ``epci:…``; cells are ready to print."""

    key: str
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a page.

    Attributes:
        caption: French.
        columns: headings; the first ``words`` ones are text, the others figures.
        words: number of leading text columns.
        rows: zones.
        total: the département's row, or ``None``.
    """

    caption: str
    columns: tuple[str, ...]
    words: int
    rows: tuple[Row, ...]
    total: Row | None = None


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    show: Callable[[Mapping[str, Any]], str]
    word: bool = False
    always: bool = False


def zone_tables(run: Run, theme: Theme) -> tuple[Table, ...]:
    """Return the tables of a theme: EPCI, other levels, communes; empty columns are left out."""
    table = run.coverages[theme.key].table
    first = table[table["public"] == "ensemble"]
    others = [
        level
        for level in first["maille"].drop_duplicates()
        if level not in {Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT}
    ]
    total = first[first["maille"] == Level.DEPARTEMENT]
    levels = [Level.EPCI, *others, Level.COMMUNE]
    made = (
        _table(run, theme, first[first["maille"] == level], level=str(level), total=total)
        for level in levels
    )
    return tuple(table for table in made if table.rows)


def _table(run: Run, theme: Theme, rows: pd.DataFrame, *, level: str, total: pd.DataFrame) -> Table:
    if level == Level.COMMUNE:
        rows = rows.sort_values("nom", key=alphabetical, kind="stable")
    every = pd.concat([rows, total]) if level != Level.COMMUNE else rows
    records = [{str(k): v for k, v in row.items()} for row in every.to_dict("records")]
    shown = [
        (column, [column.show(row) for row in records]) for column in _columns(run, theme, level)
    ]
    shown = [(c, cells) for c, cells in shown if c.always or set(cells) - {EMPTY, ""}]
    lines = list(zip(*(cells for _, cells in shown), strict=True))
    keys = [
        f"{level}:{code}" if perimeter != "entier" else f"{level}:{code}:entier"
        for code, perimeter in zip(rows["code"], rows["perimetre"], strict=True)
    ]
    return Table(
        caption=_caption(level),
        columns=tuple(column.heading for column, _ in shown),
        words=sum(column.word for column, _ in shown),
        rows=tuple(
            Row(key=k, cells=cells) for k, cells in zip(keys, lines[: len(rows)], strict=True)
        ),
        total=Row(key="", cells=lines[len(rows)]) if len(lines) > len(rows) else None,
    )


def alphabetical(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return names as French sorts them: without accents or capitals."""
    return names.map(
        lambda name: (
            unicodedata.normalize("NFD", str(name))
            .encode("ascii", "ignore")
            .decode("ascii")
            .casefold()
        )
    )


def _caption(level: str) -> str:
    known = {
        Level.EPCI: "Par EPCI",
        Level.COMMUNE: "Par commune",
        Level.ARRONDISSEMENT: "Par arrondissement",
    }
    return next((words for name, words in known.items() if name == level), f"Par zone : {level}")


def _columns(run: Run, theme: Theme, level: str) -> list[_Column]:
    bound = threshold(run, theme)
    limit = "au-delà du seuil" if bound is None else f"à plus de {number(bound)}{NO_BREAK}min"
    commune = level == Level.COMMUNE
    mean = "" if commune else " moyenne"
    shares = [] if commune and not run.territory.gridded else _shares(limit)
    return [
        _Column(heading=_noun(level), show=lambda r: text(r["nom"]), word=True, always=True),
        *([_grouping(run)] if commune else [_perimeter(level)]),
        _figure("Habitants", "population", number, always=True),
        _figure("Lieux", "lieux", number),
        _figure(f"Durée{mean} (min)", "duree_min", lambda v: number(v, decimals=1)),
        _figure(f"Distance{mean} (km)", "distance_km", lambda v: number(v, decimals=1)),
        _figure(f"Habitants {limit}", "population_hors_seuil", number),
        *shares,
        _figure("Part couverte", "part_couverte", percent),
        *_needs(run, theme, level),
        *([] if commune else [_figure("Fiabilité", "fiabilite", text)]),
    ]


def _noun(level: str) -> str:
    known = {str(Level.EPCI): "EPCI", str(Level.COMMUNE): "Commune"}
    return known.get(str(level), str(level).capitalize())


def _shares(limit: str) -> list[_Column]:
    return [
        _figure(f"Part à plus de 15{NO_BREAK}min", "part_plus_15", percent),
        _figure(f"20{NO_BREAK}min", "part_plus_20", percent),
        _figure(f"30{NO_BREAK}min", "part_plus_30", percent),
        _figure(f"Part {limit}", "part_hors_seuil", percent),
        _figure("hypothèse favorable", "part_hors_seuil_favorable", percent),
        _figure("défavorable", "part_hors_seuil_defavorable", percent),
        _figure("sans les sites voisins", "part_hors_seuil_sans_voisins", percent),
    ]


def _figure(
    heading: str, column: str, show: Callable[[Any], str], *, always: bool = False
) -> _Column:
    return _Column(heading=heading, show=lambda row: show(row[column]), always=always)


def _perimeter(level: str) -> _Column:
    def show(row: Mapping[str, Any]) -> str:
        if level != Level.EPCI or row["maille"] != Level.EPCI:
            return ""
        return PERIMETERS.get(str(row["perimetre"]), "")

    return _Column(heading="Périmètre", show=show, word=True)


def _grouping(run: Run) -> _Column:
    zones = run.territory.zones
    epci = zones[zones["level"] == Level.EPCI].drop_duplicates("code")
    names = dict(zip(epci["code"], epci["name"], strict=True))
    codes = run.territory.communes["epci_code"]
    return _Column(
        heading="EPCI",
        show=lambda row: text(names.get(codes.get(row["code"]), "hors EPCI")),
        word=True,
    )


def _needs(run: Run, theme: Theme, level: str) -> list[_Column]:
    """Return one column per need indicator of the theme that has values at this level."""
    drawn = run.summaries[theme.key].need_indicator
    ids = dict.fromkeys([*([drawn.id] if drawn else []), *theme.indicators])
    columns = []
    for indicator in (run.indicators[i] for i in ids if i in run.indicators):
        values = run.needs.of(indicator.id, level)
        if values.empty:
            continue
        cells = _cells(values, indicator)
        whole = _cells(run.needs.of(indicator.id, Level.DEPARTEMENT), indicator)
        known = values.loc[values["value"].notna(), "vintage"].dropna()
        years = sorted(set(known) - {""}) or [indicator.vintage]
        heading = indicator.label + (f" ({', '.join(years)})" if years != [""] else "")
        columns.append(_Column(heading=heading, show=_lookup(cells, whole)))
    return columns


def _cells(values: pd.DataFrame, indicator: Indicator) -> dict[tuple[str, str], str]:
    """Return what is printed, by (zone code, perimeter)."""
    columns = (values[c] for c in ("code", "perimeter", "value", "status"))
    return {
        (str(code), str(perimeter)): need_cell(
            value, Status(status), indicator.unit, floor=indicator.floor
        )
        for code, perimeter, value, status in zip(*columns, strict=True)
    }


def need_cell(value: float, status: Status, unit: str, *, floor: float | None = None) -> str:
    """Return a need as a table prints it: « ≤ 5 % », « 17,6 % (estimation) », or why not.

    Args:
        value: missing when the status carries no number.
        status: why it is what it is.
        unit: of the indicator.
        floor: of publication; a value that is « at most » more than it is an estimation.
    """
    if missing(value):
        return STATUS_WORDS.get(status, "non fourni")
    shown = measure(value, unit)
    if status == Status.BELOW_FLOOR:
        guessed = " (estimation)" if floor is not None and value > floor else ""
        return f"≤{NO_BREAK}{shown}{guessed}"
    return f"{shown} (estimation)" if status == Status.ESTIMATED else shown


def _lookup(
    cells: dict[tuple[str, str], str], whole: dict[tuple[str, str], str]
) -> Callable[[Mapping[str, Any]], str]:
    def show(row: Mapping[str, Any]) -> str:
        code, perimeter = str(row["code"]), str(row["perimetre"])
        if row["maille"] == Level.DEPARTEMENT:
            return whole.get((code, "entier"), EMPTY)
        if (code, perimeter) in cells:
            return cells[code, perimeter]
        # published for the whole zone only: said beside the part
        entire = cells.get((code, "entier"), "non fourni")
        figure = entire not in {"non fourni", *STATUS_WORDS.values()}
        return f"{entire}, EPCI entier" if perimeter == "partie" and figure else entire

    return show
