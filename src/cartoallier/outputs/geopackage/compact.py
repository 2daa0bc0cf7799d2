"""Long tables in little room: words once in small tables, numbers in a big one, a view of both.

``couverture`` has a row per theme, public and zone: 24 themes × 35 000 communes × 3 publics are
2.5 million rows, of which the words would fill 300 MB. Three tables hold it:

- ``couverture_zones``: level, code, name, perimeter;
- ``couverture_series``: theme, mode, public;
- ``couverture_valeurs``: the figures. Its ``fid`` says of what: that of the series times
  :attr:`Compact.step`, plus that of the zone. No index is needed to find a row, and the rows of
  a theme lie together.

``besoins`` is held in the same way, its rows numbered in their own order. These tables are not
layers: a view gives each long table back, column by column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cartoallier.model import COVERAGE_COLUMNS, Level, Public, Run, Status
from cartoallier.outputs.geopackage.names import divisions
from cartoallier.outputs.tables import NEEDS_HEADINGS

ZONE_COLUMNS = ("maille", "code", "nom", "perimetre")
SERIES_COLUMNS = ("theme", "mode", "public")
NEED_ZONE_COLUMNS = ("maille", "code", "nom")
EDITION_COLUMNS = ("indicateur", "unite", "millesime", "source")
FIGURES = tuple(c for c in COVERAGE_COLUMNS if c not in {*ZONE_COLUMNS, *SERIES_COLUMNS})
"""Columns of ``couverture.csv`` that are figures, and how far they can be relied on."""
DRAWN = ("besoin", "besoin_statut", "croisement")
"""Columns of the views of themes that ``couverture.csv`` does not have."""
TYPES: Mapping[str, str] = {
    **dict.fromkeys(FIGURES, "REAL"),
    "lieux": "INTEGER",
    "fiabilite": "TEXT",
    "besoin": "REAL",
    "besoin_statut": "TEXT",
    "croisement": "INTEGER",
    "valeur": "REAL",
}
"""Column -> its SQL type; those not here are ``TEXT``."""
STEP = 1_000_000
"""Between two series; ten times more when there are more zones than that."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """Rows to write, and the columns after ``fid`` with their types."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: Iterable[Sequence[object]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Compact:
    """``couverture`` in three tables.

    Attributes:
        zones: columns :data:`ZONE_COLUMNS`, index = ``fid``.
        series: columns :data:`SERIES_COLUMNS`, index = ``fid``.
        step: between the ``fid`` of two series.
        run: whose figures these are.
    """

    zones: pd.DataFrame
    series: pd.DataFrame
    step: int
    run: Run

    def first(self, theme: str, public: str = str(Public.ALL)) -> int | None:
        """Return what is added to the ``fid`` of a zone for that of its figures."""
        rows = self.series[(self.series["theme"] == theme) & (self.series["public"] == public)]
        return int(rows.index[0]) * self.step if len(rows) else None

    @property
    def count(self) -> int:
        """Rows of ``couverture``."""
        return sum(len(self.run.coverages[theme.key].table) for theme in self.run.themes)

    def tables(self) -> tuple[Table, ...]:
        """Return the three tables, the small ones first."""
        firsts = (self.series.index.to_numpy() * self.step).tolist()
        lasts = [first + self.step - 1 for first in firsts]
        series = self.series.assign(premier=firsts, dernier=lasts)
        return (
            Table(
                name="couverture_zones",
                columns=tuple((name, "TEXT") for name in ZONE_COLUMNS),
                rows=_numbered(self.zones),
            ),
            Table(
                name="couverture_series",
                columns=(
                    *((name, "TEXT") for name in SERIES_COLUMNS),
                    ("premier", "INTEGER"),
                    ("dernier", "INTEGER"),
                ),
                rows=_numbered(series),
            ),
            Table(
                name="couverture_valeurs",
                columns=tuple((name, TYPES[name]) for name in (*FIGURES, *DRAWN)),
                rows=self._figures(),
            ),
        )

    def _figures(self) -> Iterator[Sequence[object]]:
        """Yield the rows of figures, theme after theme, in the order of their ``fid``."""
        places = pd.MultiIndex.from_frame(self.zones)
        levels = drawn_levels(self.run)
        known: tuple[pd.DataFrame, np.ndarray[tuple[int], np.dtype[np.int64]]] | None = None
        for theme in self.run.themes:
            table = self.run.coverages[theme.key].table
            keys = table[list(ZONE_COLUMNS)].reset_index(drop=True)
            # themes are most often told of the same zones in the same order
            if known is None or not keys.equals(known[0]):
                known = (keys, places.get_indexer(pd.MultiIndex.from_frame(keys)) + 1)
                if (known[1] == 0).any():
                    raise ValueError("a row of coverage is about no zone")
            needs = _needs(self.run, theme.key, keys, levels=levels)
            for public in table["public"].unique():
                mine = (table["public"] == public).to_numpy()
                first = self.first(theme.key, str(public))
                rows = table.loc[mine, list(FIGURES)].reset_index(drop=True)
                drawn = needs[mine] if public == Public.ALL else None
                yield from _ordered(rows, known[1][mine] + first, drawn)


def compact(run: Run) -> Compact:
    """Cut ``couverture`` in three."""
    tables = [run.coverages[theme.key].table for theme in run.themes]
    places: list[pd.DataFrame] = []
    for table in tables:
        keys = table.loc[:, list(ZONE_COLUMNS)].reset_index(drop=True)
        if not places or not keys.equals(places[-1]):
            places.append(keys)
    if not tables:
        places = [pd.DataFrame(columns=list(ZONE_COLUMNS), dtype="str")]
    zones = pd.concat([one.drop_duplicates() for one in places], ignore_index=True)
    series = pd.DataFrame(
        [
            (theme.key, str(mode), str(public))
            for theme, table in zip(run.themes, tables, strict=True)
            for mode, public in table[["mode", "public"]].drop_duplicates().to_numpy()
        ],
        columns=list(SERIES_COLUMNS),
    )
    zones = _from_one(zones.drop_duplicates(ignore_index=True))
    step = STEP
    while step <= len(zones):
        step *= 10
    return Compact(zones=zones, series=_from_one(series), step=step, run=run)


def needs_tables(run: Run) -> tuple[Table, ...]:
    """Return ``besoins`` in three tables: its zones, its indicators by edition, its values."""
    values = run.needs.values
    long = values[values["perimeter"] == "entier"].drop(columns="perimeter")
    long = long.set_axis(list(NEEDS_HEADINGS), axis="columns")
    zones, of_zone = _coded(long, NEED_ZONE_COLUMNS)
    editions, of_edition = _coded(long, EDITION_COLUMNS)
    rows = zip(
        range(1, len(long) + 1),
        of_zone,
        of_edition,
        long["valeur"].tolist(),
        long["statut"].tolist(),
        strict=True,
    )
    return (
        Table(
            name="besoins_zones",
            columns=tuple((name, "TEXT") for name in NEED_ZONE_COLUMNS),
            rows=_numbered(zones),
        ),
        Table(
            name="besoins_series",
            columns=tuple((name, "TEXT") for name in EDITION_COLUMNS),
            rows=_numbered(editions),
        ),
        Table(
            name="besoins_valeurs",
            columns=(
                ("zone", "INTEGER"),
                ("serie", "INTEGER"),
                ("valeur", "REAL"),
                ("statut", "TEXT"),
            ),
            rows=rows,
        ),
    )


def drawn_levels(run: Run) -> tuple[str, ...]:
    """Return the levels themes are drawn at."""
    return (str(Level.COMMUNE), str(Level.EPCI), *divisions(run))


def _needs(run: Run, theme: str, keys: pd.DataFrame, *, levels: Iterable[str]) -> pd.DataFrame:
    """Return what views show beside coverage, for each row: need, why none, cell of the cross.

    The need is that of the whole zone, of the indicator the theme draws.
    """
    summary = run.summaries[theme]
    found = pd.DataFrame(
        {"besoin": np.nan, "besoin_statut": None, "croisement": None},
        index=keys.index,
        dtype=object,
    )
    for level in levels:
        mine = (keys["maille"] == level).to_numpy()
        codes = keys.loc[mine, "code"]
        if summary.need_indicator is not None:
            rows = run.needs.of(summary.need_indicator.id, level)
            rows = rows[rows["perimeter"] == "entier"].drop_duplicates("code").set_index("code")
            rows = rows.reindex(codes)
            found.loc[mine, "besoin"] = rows["value"].to_numpy()
            status = rows["status"].fillna(Status.ABSENT.value)
            found.loc[mine, "besoin_statut"] = status.to_numpy()
        if level == Level.COMMUNE and summary.bivariate is not None:
            cell = summary.bivariate.position.reindex(codes).astype("object")
            found.loc[mine, "croisement"] = cell.where(cell.notna(), None).to_numpy()
    return found


def _ordered(
    rows: pd.DataFrame,
    fids: np.ndarray[tuple[int], np.dtype[np.int64]],
    drawn: pd.DataFrame | None,
) -> Iterator[Sequence[object]]:
    order = np.argsort(fids, kind="stable")
    columns: list[Sequence[object]] = [fids[order].tolist()]
    columns += [rows[name].to_numpy()[order].tolist() for name in FIGURES]
    if drawn is None:
        columns += [[None] * len(order)] * len(DRAWN)
    else:
        columns += [drawn[name].to_numpy()[order].tolist() for name in DRAWN]
    return zip(*columns, strict=True)


def _coded(table: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, list[int]]:
    """Return the distinct rows of some columns, from 1, and the number of each row."""
    groups = table.groupby(list(columns), sort=False, dropna=False).ngroup() + 1
    distinct = table.loc[:, list(columns)].drop_duplicates(ignore_index=True)
    return _from_one(distinct), groups.tolist()


def _from_one(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_axis(range(1, len(table) + 1), axis="index")


def _numbered(table: pd.DataFrame) -> Iterator[Sequence[object]]:
    columns = [table[name].tolist() for name in table.columns]
    return zip(table.index.tolist(), *columns, strict=True)
