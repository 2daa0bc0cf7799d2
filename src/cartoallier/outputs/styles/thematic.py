"""Styles of themes, needs and scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from cartoallier.model import Level, Run, Theme, ThemeSummary
from cartoallier.model.french import NO_BREAK, number, typeset
from cartoallier.outputs.geopackage.layers import scored
from cartoallier.outputs.geopackage.names import coverage_layers, need_columns, score_columns
from cartoallier.outputs.maps import palette
from cartoallier.outputs.maps.levels import switched
from cartoallier.outputs.maps.scores import FIFTHS, Chapter, chapters
from cartoallier.outputs.maps.scores import layers as score_tints
from cartoallier.outputs.maps.tints import Tint, threshold, tints
from cartoallier.outputs.styles import tinted
from cartoallier.outputs.styles.expressions import column, literal
from cartoallier.outputs.styles.legends import Legend
from cartoallier.outputs.styles.renderers import (
    Categorised,
    Circles,
    Class,
    Graduated,
    Renderer,
    Single,
    Where,
)
from cartoallier.outputs.styles.style import Labels, LayerStyle
from cartoallier.outputs.styles.symbols import (
    COMMUNE_LINE,
    EPCI_LINE,
    LARGEST_CIRCLE,
    Stroke,
    Tinted,
)

NAMES = {
    "minutes": "Durée d’accès",
    "zone": "Zones d’intervention",
    "part": "Part au-delà du seuil",
    "besoin": "Besoin",
    "croise": "Besoin × durée d’accès",
}
"""Family of a tint -> name of its style."""
COLUMNS = {
    "minutes": "duree_min",
    "zone": "part_couverte",
    "part": "part_hors_seuil",
    "besoin": "besoin",
    "croise": "croisement",
}
"""Family of a tint -> column it tints."""
CIRCLES = "Habitants au-delà du seuil (cercles)"
BARE = "Territoire seul"
DOMINANT = "profil_dominant"


Made = Mapping[str, tuple[Legend, ...]]
"""Theme key -> its legends, made once for all styles."""


def theme_tints(run: Run, theme: Theme) -> tuple[Tint, ...]:
    """Return the tints of a theme at every level, those shown first before the others."""
    made = tints(run, theme)
    return (*made, *switched(run, theme, made))


def stroke_of(level: str) -> Stroke:
    """Return the line around the zones of a level."""
    return COMMUNE_LINE if level == Level.COMMUNE else EPCI_LINE


def theme_styles(run: Run, legends_of: Made) -> Iterator[LayerStyle]:
    """Yield the styles of ``couverture_<theme>_<zones>``, each layer with one by default."""
    names = coverage_layers(run)
    levels = list(dict.fromkeys(level for _, level in names))
    for theme in run.themes:
        for level in levels:
            made = legends_of[theme.key]
            found = list(_styles_at(run, theme, level, made, names[theme.key, level]))
            yield from (replace(one, default=not rank) for rank, one in enumerate(found))


def _styles_at(
    run: Run, theme: Theme, level: str, made: tuple[Legend, ...], layer: str
) -> Iterator[LayerStyle]:
    summary = run.summaries[theme.key]
    mine = {legend.family: legend for legend in made if legend.level == level}
    # of EPCI a share says more than a mean of minutes, as on the atlas
    order = ("zone", "minutes", "part") if level == Level.COMMUNE else ("part", "minutes", "zone")
    for family in (*order, "besoin", "croise"):
        if family in mine:
            yield LayerStyle(
                layer=layer,
                name=NAMES[family],
                default=False,
                geometry="Polygon",
                renderer=_renderer(run, summary, mine[family], stroke_of(level)),
                description=typeset(f"{theme.short_title} : {mine[family].title}"),
                theme=theme.key,
                field=COLUMNS[family],
            )
    if level == Level.COMMUNE and summary.circles:
        yield _circles(run, theme, layer)
    if not mine:
        yield bare(layer, theme.short_title, level=level, theme=theme.key)


def bare(layer: str, title: str, *, level: str, theme: str = "") -> LayerStyle:
    """Return the style of zones that no figure tints."""
    return LayerStyle(
        layer=layer,
        name=BARE,
        default=False,
        geometry="Polygon",
        renderer=Single(
            symbol=Tinted(fill=palette.BASE, stroke=stroke_of(level)), label="aucune mesure"
        ),
        description=typeset(f"{title} : aucune mesure à dessiner"),
        theme=theme,
    )


def _renderer(run: Run, summary: ThemeSummary, legend: Legend, stroke: Stroke) -> Renderer:
    if legend.family == "zone":
        return tinted.covered(legend, stroke)
    if legend.family == "croise":
        return tinted.crossed(run, legend, stroke, indicator=summary.need_indicator)
    if legend.family == "minutes":
        return tinted.measured(legend, stroke, column="duree_min")
    if legend.family == "part":
        return tinted.measured(legend, stroke, column="part_hors_seuil", factor=100)
    if summary.need_indicator is None:
        raise ValueError("a legend of need has its indicator")
    return tinted.needed(
        run,
        legend,
        stroke,
        indicator=summary.need_indicator,
        column="besoin",
        status="besoin_statut",
    )


def _circles(run: Run, theme: Theme, layer: str) -> LayerStyle:
    values = run.summaries[theme.key].circles
    bound = threshold(run, theme)
    far = "au-delà du seuil" if bound is None else f"à plus de {number(bound)}{NO_BREAK}minutes"
    return LayerStyle(
        layer=layer,
        name=CIRCLES,
        default=False,
        geometry="Polygon",
        renderer=Circles(
            column="population_hors_seuil",
            label=f"Habitants {far}, par commune",
            values=values,
            scale=LARGEST_CIRCLE / math.sqrt(max(values)),
        ),
        description=typeset(f"{theme.short_title} : habitants {far}, un cercle par commune"),
        theme=theme.key,
        field="population_hors_seuil",
    )


def need_styles(run: Run, legends_of: Made) -> Iterator[LayerStyle]:
    """Yield one style per indicator drawn, of ``besoins_communes`` and ``besoins_epci``."""
    layers = {str(Level.COMMUNE): "besoins_communes", str(Level.EPCI): "besoins_epci"}
    for level, layer in layers.items():
        columns = need_columns(run, level)
        found: dict[str, LayerStyle] = {}
        taken: set[str] = set()
        for theme in run.themes:
            indicator = run.summaries[theme.key].need_indicator
            if indicator is None or indicator.id in found or indicator.id not in columns:
                continue
            legends = legends_of[theme.key]
            legend = next((x for x in legends if x.family == "besoin" and x.level == level), None)
            if legend is None:
                continue
            value, status = columns[indicator.id]
            name = indicator.label if indicator.label not in taken else indicator.id
            taken.add(name)
            found[indicator.id] = LayerStyle(
                layer=layer,
                name=name,
                default=not found,
                geometry="Polygon",
                renderer=tinted.needed(
                    run,
                    legend,
                    stroke_of(level),
                    indicator=indicator,
                    column=value,
                    status=status,
                ),
                description=legend.title,
                field=value,
            )
        yield from found.values()
        if not found:
            yield replace(bare(layer, "Besoins", level=level), default=True)


def score_styles(run: Run) -> Iterator[LayerStyle]:
    """Yield the styles of ``scores_epci``: the dominant profile, then each profile and factor."""
    table = scored(run)
    if table.empty:
        return
    columns = score_columns(table["composite"].unique())
    found = []
    for chapter in chapters(run):
        for layer in score_tints(run, chapter):
            style = _score_style(chapter, layer.tint, columns)
            if style is not None:
                found.append(style)
    yield from (replace(one, default=not rank) for rank, one in enumerate(found))


def _score_style(
    chapter: Chapter, tint: Tint, columns: Mapping[str, tuple[str, str, str]]
) -> LayerStyle | None:
    shared = {"layer": "scores_epci", "default": False, "geometry": "Polygon"}
    if tint.key == "dominant":
        return LayerStyle(
            name="Profil dominant",
            renderer=_dominant(chapter, tint),
            description=tint.title,
            labels=_letters(chapter, tint),
            field=DOMINANT,
            **shared,  # type: ignore[arg-type]
        )
    composite = next(c for c in chapter.composites if tint.key == f"score-{c.id}")
    if composite.id not in columns:
        return None
    rank = columns[composite.id][1]
    rows = chapter.scores[
        (chapter.scores["composite"] == composite.id) & chapter.scores["score"].notna()
    ]
    return LayerStyle(
        name=composite.label,
        renderer=_ranked(tint, rank, int(rows["ranked"].iloc[0])),
        description=tint.title,
        field=rank,
        **shared,  # type: ignore[arg-type]
    )


def _dominant(chapter: Chapter, tint: Tint) -> Categorised:
    rows = zip(chapter.composites, tint.legend, tint.colours, strict=False)
    classes = tuple(
        Class(
            label=f"{row.mark}{NO_BREAK}– {row.label}",
            symbol=Tinted(fill=colour, stroke=EPCI_LINE),
            where=(Where(column=DOMINANT, sign="=", value=one.id),),
        )
        for one, row, colour in rows
    )
    absent = next(
        (row.label for row in tint.legend if row.swatch == "hachure"),
        "moins de deux profils calculables",
    )
    return Categorised(column=DOMINANT, classes=(*classes, tinted.hatched(absent, EPCI_LINE)))


def _letters(chapter: Chapter, tint: Tint) -> Labels:
    """Return the letters of profiles: colours alone do not tell six of them apart in print."""
    name = column(DOMINANT)
    cases = " ".join(
        f"WHEN {name} = {literal(one.id)} THEN {literal(row.mark)}"
        for one, row in zip(chapter.composites, tint.legend, strict=False)
    )
    return Labels(expression=f"CASE {cases} END", size=9.5, bold=True)


def _ranked(tint: Tint, rank: str, ranked: int) -> Graduated:
    """Cut ranks in fifths, as the page of scores does."""
    edges = sorted({math.ceil(ranked * i / FIFTHS) for i in range(FIFTHS + 1)})
    classes = tuple(
        Class(
            label=row.label,
            symbol=Tinted(fill=colour, stroke=EPCI_LINE),
            lower=above + 1,
            upper=last + 1,
        )
        for (above, last), row, colour in zip(
            pairwise(edges), tint.legend, tint.colours, strict=False
        )
    )
    absent = next(
        (row.label for row in tint.legend if row.swatch == "hachure"),
        "non calculé : trop peu d’indicateurs connus",
    )
    return Graduated(
        column=rank, classes=classes, gaps=(tinted.hatched(typeset(absent), EPCI_LINE),)
    )
