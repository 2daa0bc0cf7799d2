"""The tables under a map: the same figures as the map, formatted for reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cartoallier.model import ClassCount, Indicator, Level, Run, Status, Theme
from cartoallier.model.french import NO_BREAK
from cartoallier.outputs.maps.cells import (
    EMPTY,
    measure,
    minutes,
    missing,
    number,
    percent,
    text,
)
from cartoallier.outputs.maps.tints import STATUS_WORDS, threshold

PERIMETERS = {"entier": "entier", "partie": "partie dans le département"}
PLURALS = {str(Level.COMMUNE): "communes", str(Level.ARRONDISSEMENT): "arrondissements"}
"""Level -> what names its file; others are named as they are (``epci``)."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One zone: ``key`` is ``commune:03190``, ``epci:…``; cells are ready to print.

    ``codes``, as many as those of its table: not printed, at the head of the downloaded row.
    """

    key: str
    cells: tuple[str, ...]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a page.

    Attributes:
        caption: French.
        columns: headings; the first ``words`` ones are text, the others figures.
        words: number of leading text columns.
        rows: zones.
        total: the département's row, or ``None``.
        file: name of the file it is downloaded as, without « .csv »; ``""``: made of its caption.
        level: of its zones; ``""`` when rows are something else.
        codes: headings of :attr:`Row.codes` (``code_insee``).
        titles: headings of the downloaded file where those of the page lean on the one before
            (« 20 min »); ``""``: as on the page.
    """

    caption: str
    columns: tuple[str, ...]
    words: int
    rows: tuple[Row, ...]
    total: Row | None = None
    file: str = ""
    level: str = ""
    codes: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    show: Callable[[Mapping[str, Any]], str]
    word: bool = False
    always: bool = False
    title: str = ""


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
    codes = _codes(run, rows["code"].astype("str").tolist(), level)
    return Table(
        caption=_caption(level),
        columns=tuple(column.heading for column, _ in shown),
        words=sum(column.word for column, _ in shown),
        rows=tuple(
            Row(key=key, cells=cells, codes=mine)
            for key, cells, mine in zip(keys, lines[: len(rows)], codes, strict=True)
        ),
        total=Row(key="", cells=lines[len(rows)]) if len(lines) > len(rows) else None,
        file=f"{theme.key}-{PLURALS.get(level, level)}",
        level=level,
        codes=code_names(level),
        titles=tuple(column.title for column, _ in shown),
    )


def code_names(level: str) -> tuple[str, ...]:
    """Return the headings of the codes of a level's zones in a downloaded file."""
    known = {
        str(Level.COMMUNE): ("code_insee", "code_epci"),
        str(Level.EPCI): ("code_epci",),
        str(Level.ARRONDISSEMENT): ("code_arrondissement",),
    }
    return known.get(str(level), ("code_zone",))


def _codes(run: Run, codes: Sequence[str], level: str) -> list[tuple[str, ...]]:
    """Return the codes of each zone; a commune also has that of its EPCI."""
    if level != Level.COMMUNE:
        return [(code,) for code in codes]
    epci = run.territory.communes["epci_code"]
    return [(code, text(epci.get(code))) for code in codes]


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
    summary = run.summaries[theme.key]
    cuts = _minute_bounds(run, theme)
    shares = (
        []
        if commune and not run.territory.gridded
        else _shares(limit, bounds=edges(summary.share_classes))
    )
    return [
        _Column(heading=_noun(level), show=lambda r: text(r["nom"]), word=True, always=True),
        *([_grouping(run)] if commune else [_perimeter(level)]),
        _figure("Habitants", "population", number, always=True),
        _figure("Lieux", "lieux", number),
        _figure(f"Durée{mean} (min)", "duree_min", lambda v: minutes(v, cuts)),
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


def edges(classes: Sequence[ClassCount]) -> tuple[float, ...]:
    """Return the bounds between classes, increasing."""
    return tuple(one.lower for one in classes[1:])


def _minute_bounds(run: Run, theme: Theme) -> tuple[float, ...]:
    """Return the minutes that a duration is held against on the page: classes and threshold."""
    summary, bound = run.summaries[theme.key], threshold(run, theme)
    crossed = summary.bivariate.access_bounds if summary.bivariate else ()
    return (*edges(summary.access_classes), *crossed, *([] if bound is None else [bound]))


def _shares(limit: str, *, bounds: Sequence[float]) -> list[_Column]:
    """Return the columns of shares; the one that is drawn never crosses a bound by rounding."""
    part = "Part à plus de"
    headings = (
        ("part_plus_15", f"{part} 15{NO_BREAK}min", ""),
        ("part_plus_20", f"20{NO_BREAK}min", f"{part} 20{NO_BREAK}min"),
        ("part_plus_30", f"30{NO_BREAK}min", f"{part} 30{NO_BREAK}min"),
        ("part_hors_seuil", f"Part {limit}", f"Part {limit}, seuil retenu"),
        *(
            (f"part_hors_seuil_{column}", heading, f"Part {limit}, {words}")
            for column, heading, words in (
                ("favorable", "hypothèse favorable", "hypothèse favorable"),
                ("defavorable", "défavorable", "hypothèse défavorable"),
                ("sans_voisins", "sans les sites voisins", "sans les sites voisins"),
            )
        ),
    )
    drawn = "part_hors_seuil"
    return [
        _figure(
            heading,
            name,
            (lambda share: percent(share, bounds)) if name == drawn else percent,
            title=title,
        )
        for name, heading, title in headings
    ]


def _figure(
    heading: str, column: str, show: Callable[[Any], str], *, always: bool = False, title: str = ""
) -> _Column:
    return _Column(heading=heading, show=lambda row: show(row[column]), always=always, title=title)


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
    """Return one column per need indicator of the theme that has values at this level.

    The heading bears the year of most values; a cell of another year says its own.
    """
    summary = run.summaries[theme.key]
    drawn = summary.need_indicator
    ids = dict.fromkeys([*([drawn.id] if drawn else []), *theme.indicators])
    columns = []
    for indicator in (run.indicators[i] for i in ids if i in run.indicators):
        values = run.needs.of(indicator.id, level)
        if values.empty:
            continue
        departement = run.needs.of(indicator.id, Level.DEPARTEMENT)
        year = _year(values) or _year(departement) or indicator.vintage
        tinted = drawn is not None and drawn.id == indicator.id
        bounds = edges(summary.need_classes) if tinted else ()
        cells, whole = (
            _cells(rows, indicator, year=year, bounds=bounds) for rows in (values, departement)
        )
        heading = indicator.label + (f" ({year})" if year else "")
        columns.append(_Column(heading=heading, show=_lookup(cells, whole, tinted=tinted)))
    return columns


def _year(values: pd.DataFrame) -> str:
    """Return the year of most values, whole zones first; the newest of those as frequent."""
    known = values[values["value"].notna() & values["vintage"].fillna("").ne("")]
    whole = known[known["perimeter"] == "entier"]
    counts = (whole if len(whole) else known)["vintage"].value_counts()
    return str(counts.index[counts == counts.max()].max()) if len(counts) else ""


def _cells(
    values: pd.DataFrame, indicator: Indicator, *, year: str, bounds: Sequence[float]
) -> dict[tuple[str, str], str]:
    """Return what is printed, by (zone code, perimeter)."""
    columns = (values[c] for c in ("code", "perimeter", "value", "status", "vintage"))
    return {
        (str(code), str(perimeter)): need_cell(
            value,
            Status(status),
            indicator.unit,
            floor=indicator.floor,
            bounds=bounds,
            year="" if text(vintage) == year else text(vintage),
        )
        for code, perimeter, value, status, vintage in zip(*columns, strict=True)
    }


def need_cell(
    value: float,
    status: Status,
    unit: str,
    *,
    floor: float | None = None,
    bounds: Sequence[float] = (),
    year: str = "",
) -> str:
    """Return a need as a table prints it: « ≤ 5 % », « 17,6 % (estimation) », or why not.

    Args:
        value: missing when the status carries no number.
        status: why it is what it is.
        unit: of the indicator.
        floor: of publication; a value that is « at most » more than it is an estimation.
        bounds: of the classes it is drawn in, that rounding may not cross.
        year: of the value, where the heading says another.
    """
    if missing(value):
        return STATUS_WORDS.get(status, "non fourni")
    shown = measure(value, unit, bounds)
    if status == Status.BELOW_FLOOR:
        shown = f"≤{NO_BREAK}{shown}"
        guessed = floor is not None and value > floor
    else:
        guessed = status == Status.ESTIMATED
    aside = ", ".join(filter(None, ("estimation" if guessed else "", year)))
    return f"{shown} ({aside})" if aside else shown


def _lookup(
    cells: dict[tuple[str, str], str], whole: dict[tuple[str, str], str], *, tinted: bool
) -> Callable[[Mapping[str, Any]], str]:
    def show(row: Mapping[str, Any]) -> str:
        code, perimeter = str(row["code"]), str(row["perimetre"])
        if row["maille"] == Level.DEPARTEMENT:
            return whole.get((code, "entier"), EMPTY)
        entire = cells.get((code, "entier"), "non fourni")
        own = cells.get((code, perimeter), entire)
        known = entire not in {"non fourni", *STATUS_WORDS.values()}
        if perimeter != "partie" or not known:
            return own
        if own == entire or own in STATUS_WORDS.values():
            return f"{entire}, EPCI entier"
        # the map tints the whole zone: its value is said beside that of the part
        return f"{own}, EPCI entier{NO_BREAK}: {entire}" if tinted else own

    return show
