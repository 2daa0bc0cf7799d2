"""One section per theme: its words, its map, its table by EPCI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from cartoallier.model import Level, Run, Theme, ThemeSummary
from cartoallier.model.french import NO_BREAK, number
from cartoallier.outputs.maps.cells import EMPTY, missing, percent
from cartoallier.outputs.maps.cells import number as figure
from cartoallier.outputs.maps.cells import text as words_of
from cartoallier.outputs.maps.tables import Row, Table

ROWS = 16
"""EPCI a section shows; the others are in the table of the page and in ``couverture.csv``."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside the report.

    Attributes:
        pages: names under ``cartes/``, without suffix.
        files: other files that pages may link to.
    """

    pages: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: Path) -> Beside:
        """Look at a folder of outputs."""
        return cls(
            pages=frozenset(path.stem for path in (folder / "cartes").glob("*.html")),
            files=tuple(name for name in ("index.html",) if (folder / name).is_file()),
        )


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The map of a section.

    Attributes:
        key: name of the page.
        title: what it shows.
        page: whether ``cartes/<key>.html`` is there.
        plate: the printed map, as an element; empty when there is none.
    """

    key: str
    title: str
    page: bool
    plate: Markup


@dataclass(frozen=True, eq=False, kw_only=True)
class Section:
    """One theme; ``more`` counts the EPCI left out of ``table``."""

    theme: Theme
    summary: ThemeSummary
    retained: bool
    picture: Picture
    table: Table | None
    more: int

    @property
    def short(self) -> bool:
        """Whether it shares its page: without figures or a map, it is brief."""
        return self.table is None or not self.picture.plate


def theme_sections(run: Run, beside: Beside, maps: Mapping[str, str]) -> tuple[Section, ...]:
    """Return the sections in the order of the run, retained themes first.

    Args:
        run: what to tell.
        beside: the pages there.
        maps: theme key -> its printed map, safe to stand in a page.
    """
    themes = sorted(run.themes, key=lambda theme: theme.key not in run.retained)
    return tuple(_section(run, theme, beside, maps.get(theme.key, "")) for theme in themes)


def _section(run: Run, theme: Theme, beside: Beside, plate: str) -> Section:
    coverage = run.coverages[theme.key]
    inside = _inside(coverage.rows(level=Level.EPCI))
    total = coverage.rows(level=Level.DEPARTEMENT)
    if coverage.sites.empty:  # nothing received: not a count of zero places
        inside, total = (rows.assign(lieux=float("nan")) for rows in (inside, total))
    table = _table(inside, total)
    return Section(
        theme=theme,
        summary=run.summaries[theme.key],
        retained=theme.key in run.retained,
        picture=picture_of(theme.key, theme.title, beside, plate=plate),
        table=table,
        more=max(len(inside) - ROWS, 0) if table else 0,
    )


def picture_of(key: str, title: str, beside: Beside, *, plate: str = "") -> Picture:
    """Return the map of a section; ``plate`` is an element whose texts are escaped."""
    safe = Markup(plate)  # noqa: S704 (drawn by ``pictures``, which escapes every text)
    return Picture(key=key, title=title, page=key in beside.pages, plate=safe)


def _inside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per EPCI, the part inside of one that straddles, the most people first."""
    rows = rows.sort_values("perimetre", kind="stable")  # entier < partie
    rows = rows.drop_duplicates("code", keep="last")
    return rows.sort_values(
        ["population_hors_seuil", "part_couverte", "nom"],
        ascending=[False, True, True],
        kind="stable",
    )


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    show: Callable[[pd.Series[Any]], str]
    telling: bool = True


def _table(inside: pd.DataFrame, total: pd.DataFrame) -> Table | None:
    """Return the table by EPCI, without empty columns; ``None`` when nothing is known of them."""
    rows = [row for _, row in inside.head(ROWS).iterrows()]
    whole = [row for _, row in total.iterrows()]
    if not rows:
        return None
    shown = [
        (column, [column.show(row) for row in (*rows, *whole)])
        for column in _columns(total.iloc[0]["seuil_min"] if whole else float("nan"))
    ]
    shown = [(c, cells) for c, cells in shown if not c.telling or set(cells) - {EMPTY, ""}]
    if not any(column.telling for column, _ in shown):
        return None
    lines = list(zip(*(cells for _, cells in shown), strict=True))
    return Table(
        caption="Par EPCI",
        columns=tuple(column.heading for column, _ in shown),
        words=1,
        rows=tuple(Row(key="", cells=cells) for cells in lines[: len(rows)]),
        total=Row(key="", cells=lines[-1]) if whole else None,
    )


def _columns(threshold: float) -> list[_Column]:
    limit = f"à plus de {number(threshold)}{NO_BREAK}min" if not missing(threshold) else ""
    shares = [
        _shared(f"Part {limit}", "part_hors_seuil"),
        _shared("hypothèse favorable", "part_hors_seuil_favorable"),
        _shared("hypothèse défavorable", "part_hors_seuil_defavorable"),
        _counted(f"Habitants {limit}", "population_hors_seuil"),
    ]
    others = [
        _shared(f"à plus de {bound}{NO_BREAK}min", f"part_plus_{bound}") for bound in (15, 20, 30)
    ]
    return [
        _Column(heading="EPCI", show=_place, telling=False),
        _Column(heading="Population", show=lambda row: figure(row["population"]), telling=False),
        _counted("Lieux", "lieux"),
        _counted("Durée moyenne (min)", "duree_min", decimals=1),
        *(shares if limit else others),
        _shared("Part couverte par une zone déclarée", "part_couverte"),
        _Column(heading="Fiabilité", show=lambda row: words_of(row["fiabilite"])),
    ]


def _shared(heading: str, column: str) -> _Column:
    return _Column(heading=heading, show=lambda row: percent(row[column]))


def _counted(heading: str, column: str, *, decimals: int = 0) -> _Column:
    return _Column(heading=heading, show=lambda row: figure(row[column], decimals=decimals))


def _place(row: pd.Series[Any]) -> str:
    return f"{row['nom']} (partie)" if row["perimetre"] == "partie" else str(row["nom"])


@dataclass(frozen=True, kw_only=True)
class HeadlineRow:
    """One theme in the table of its axis; cells ready to print, ``""`` for none."""

    key: str
    title: str
    retained: bool
    headline: str
    share: str
    hypotheses: str
    word: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of Annex 1."""

    number: int
    title: str
    rows: tuple[HeadlineRow, ...]


def headline_row(run: Run, theme: Theme) -> HeadlineRow:
    """Return the figures of one theme for the département."""
    summary = run.summaries[theme.key]
    row = run.coverages[theme.key].rows(level=Level.DEPARTEMENT).iloc[0]
    low, high = row["part_hors_seuil_favorable"], row["part_hors_seuil_defavorable"]
    word, reason = _reliability(run, theme)
    if summary.share_beyond is None:
        reason = " ".join(summary.details[:1])
    return HeadlineRow(
        key=theme.key,
        title=theme.short_title,
        retained=theme.key in run.retained,
        headline=summary.headline,
        share=percent(summary.share_beyond),
        hypotheses=EMPTY if missing(low) or missing(high) else f"{percent(low)} à {percent(high)}",
        word=word or EMPTY,
        reason=reason,
    )


def _reliability(run: Run, theme: Theme) -> tuple[str, str]:
    """Return the word and the reason of the département's share, empty without one."""
    table = run.reliability
    if table.empty:
        return "", ""
    rows = table[(table["theme"] == theme.key) & (table["maille"] == Level.DEPARTEMENT)]
    if rows.empty:
        return "", ""
    return words_of(rows.iloc[0]["fiabilite"]), words_of(rows.iloc[0]["motif"])
