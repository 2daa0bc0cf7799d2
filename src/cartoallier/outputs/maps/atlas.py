"""The index: every theme as a small static map, one click from its page."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from cartoallier.model import Level, Run, Theme
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.assets import Inline, read
from cartoallier.outputs.maps.data_tables import supplied
from cartoallier.outputs.maps.geometry import Drawing, Grid, take
from cartoallier.outputs.maps.page import environment
from cartoallier.outputs.maps.scores import Chapter, chapters
from cartoallier.outputs.maps.scores import layers as score_layers
from cartoallier.outputs.maps.tints import DOTTED, HATCHED, LegendRow, Tint, tints

WIDTH = 200
"""Pixels of a small map."""
HEIGHT = 160
"""Pixels a small map may not exceed."""
FINENESS = 4
"""Units per pixel in the paths of small maps."""
AXES = {
    1: "Investissement social",
    2: "Sortie de la pauvreté par le travail",
    3: "Accès aux droits et aller-vers",
    4: "Transition écologique solidaire",
}
"""Axes of Annex 1."""
FILLS = {HATCHED: "url(#hachure)", DOTTED: "url(#points)"}
"""Patterns of what has no class."""
ZONED = ("dans une zone", "couverte en partie", "hors de toute zone")
"""What the colours of zones of intervention say, in the order of ``palette.COVERED``."""
WORTHS = ("solide", "ordre de grandeur", "indicatif")
"""Words of reliability, best first."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One theme on the index.

    Attributes:
        theme: which.
        layers: (fill, path) of its map.
        legend: what the map shows.
        zoned: its map is of zones of intervention.
        headline: its figure in words, or why there is none.
        reliability: a word, empty without a figure.
        retained: the committee chose it.
        supplied: at least one place of the département was given.
        words: what the search also looks in: kinds of places expected and counted.
        pictures: (link, name) of its static twins that stand beside the atlas.
    """

    theme: Theme
    layers: tuple[tuple[str, str], ...]
    legend: str
    headline: str
    reliability: str
    retained: bool
    supplied: bool
    words: str
    zoned: bool = False
    pictures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ScoreCard:
    """The page of profiles or of factors on the index; ``layers`` are (fill, path)."""

    chapter: Chapter
    layers: tuple[tuple[str, str], ...]
    legend: str
    rows: tuple[LegendRow, ...]
    headline: str


def atlas_page(
    run: Run,
    drawing: Drawing,
    *,
    links: tuple[str, ...] = (),
    pages: tuple[tuple[str, str], ...] = (),
    pictures: tuple[str, ...] = (),
) -> str:
    """Return the index, a single file.

    Args:
        run: what to show.
        drawing: its shapes.
        links: files beside the atlas, offered to download.
        pages: (link, French name) of the pages that are not of a theme.
        pictures: static twins beside the atlas, named after their theme.
    """
    small = _SmallMaps.of(run, drawing)
    axes = sorted({theme.axis for theme in run.themes})
    cards = [_card(run, theme, small, pictures=pictures) for theme in run.themes]
    columns = [
        (axis, AXES.get(axis, ""), [card for card in cards if card.theme.axis == axis])
        for axis in axes
    ]
    inline = Inline(scripts=(read("atlas.js"),), styles=(read("page.css"), read("atlas.css")))
    tables = tuple(link for link in links if link.endswith(".csv"))
    return (
        environment()
        .get_template("atlas.html.j2")
        .render(
            run=run,
            files=tuple(link for link in links if link not in tables),
            tables=tables,
            pages=pages,
            columns=columns,
            worths=[word for word in WORTHS if any(c.reliability == word for c in cards)],
            figureless=any(not card.reliability for card in cards),
            unsupplied=any(not card.supplied for card in cards),
            scores=[_score_card(run, chapter, small) for chapter in chapters(run)],
            small=small,
            inline=inline,
            access=palette.ACCESS,
            need=palette.NEED,
            zoned=_drawn(cards, tuple(palette.COVERED.values())),
            dotted=any(fill == FILLS[DOTTED] for card in cards for fill, _ in card.layers),
            unmapped=any(not card.layers for card in cards),
            chosen=bool(run.retained),
            sources=_sources(run),
        )
    )


def _drawn(cards: list[Card], colours: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return (colour, words) of the zones of intervention that a map of the index draws."""
    met = {fill for card in cards if card.zoned for fill, _ in card.layers}
    return tuple((c, words) for c, words in zip(colours, ZONED, strict=True) if c in met)


def _sources(run: Run) -> tuple[str, ...]:
    """Return each source once, with its licence."""
    lines = (f"{s.label}, {s.licence}" if s.licence else s.label for s in run.sources)
    return tuple(dict.fromkeys(lines))


def _card(run: Run, theme: Theme, small: _SmallMaps, *, pictures: tuple[str, ...]) -> Card:
    found = tints(run, theme)
    coverage, summary = run.coverages[theme.key], run.summaries[theme.key]
    total = coverage.rows(level=Level.DEPARTEMENT)["fiabilite"].dropna()
    kinds = (*(kind for kind, _ in summary.counted), *summary.missing)
    return Card(
        theme=theme,
        layers=small.layers(run, found[0]) if found else (),
        legend=found[0].title if found else "",
        headline=summary.headline,
        reliability=str(total.iloc[0]) if len(total) else "",
        retained=theme.key in run.retained,
        supplied=supplied(run, theme),
        zoned=bool(found) and found[0].key.split("-")[0] == "zone",
        words=" ".join((theme.code, theme.title, *kinds)),
        pictures=tuple(
            (link, link.rsplit(".", 1)[-1].upper())
            for link in pictures
            if link.rsplit("/", 1)[-1].rsplit(".", 1)[0] == theme.key
        ),
    )


def _score_card(run: Run, chapter: Chapter, small: _SmallMaps) -> ScoreCard:
    first = score_layers(run, chapter)[0]
    return ScoreCard(
        chapter=chapter,
        layers=small.layers(run, first.tint),
        legend=first.tint.title,
        rows=tuple(row for row in first.tint.legend if row.zones),
        headline=first.headline,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _SmallMaps:
    """Communes simplified for 200 pixels, and the lines every small map shares."""

    shapes: gpd.GeoSeries
    grid: Grid
    width: int
    height: int
    departement: str
    groupings: str

    @classmethod
    def of(cls, run: Run, drawing: Drawing) -> _SmallMaps:
        shapes = drawing.shapes
        west, south, east, north = run.territory.boundary.total_bounds
        pixel = max((east - west) / (WIDTH - 4), (north - south) / (HEIGHT - 4))
        grid = Grid(west=west - 2 * pixel, north=north + 2 * pixel, step=pixel / FINENESS)
        keys = shapes.to_wkb()
        unique = take(shapes, ~keys.duplicated())
        if len(unique):
            simple = shapely.coverage_simplify(unique.to_numpy(), pixel * 0.8)
            unique = gpd.GeoSeries(simple, index=unique.index, crs=shapes.crs)
        codes = run.territory.communes["epci_code"].reindex(unique.index)
        groups = [
            shapely.union_all(take(unique, codes == c).to_numpy()) for c in codes.dropna().unique()
        ]
        whole = shapely.union_all(unique.to_numpy()) if len(unique) else None
        if whole is None or len(unique) < run.territory.communes["inside"].sum():
            whole = shapely.simplify(run.territory.boundary.iloc[0], pixel * 0.5)
        return cls(
            shapes=unique,
            grid=grid,
            width=round(((east - west) / pixel + 4) * FINENESS),
            height=round(((north - south) / pixel + 4) * FINENESS),
            departement=grid.path([whole]),
            groupings=grid.path(groups),
        )

    def layers(self, run: Run, tint: Tint) -> tuple[tuple[str, str], ...]:
        """Return one path per class: the union of its communes."""
        codes = self.shapes.index.to_series()
        if tint.level == Level.EPCI:
            codes = run.territory.communes["epci_code"].reindex(self.shapes.index)
        classes = codes.map(tint.classes).to_numpy()
        fills = FILLS | dict(enumerate(tint.colours))
        found = []
        for position, fill in fills.items():
            held = self.shapes.to_numpy()[np.equal(classes, position)]
            if len(held):
                found.append((fill, self.grid.path([shapely.union_all(held)])))
        return tuple(found)
