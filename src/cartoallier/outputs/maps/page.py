"""The pages with a map: their parts gathered, then printed through their template."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2

from cartoallier.model import Level, Mode, Run, Theme, ThemeSummary, french
from cartoallier.outputs.maps import cells, folium_map, payload
from cartoallier.outputs.maps.assets import Inline, licensed, read
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.isochrones import isochrones
from cartoallier.outputs.maps.levels import other_levels, switched
from cartoallier.outputs.maps.score_tables import chapter_notes, score_tables
from cartoallier.outputs.maps.scores import Chapter, layers, unscored
from cartoallier.outputs.maps.sites import HEADINGS, LISTED, SHAPES, Sites, sites
from cartoallier.outputs.maps.tables import zone_tables
from cartoallier.outputs.maps.tints import Tint, threshold, tints
from cartoallier.outputs.maps.zonings import DrawnZoning, zonings, zonings_json

CLUSTERED_ABOVE = 60
"""Sites in view beyond which they gather in clusters on screen."""
BASEMAP = "https://data.geopf.fr"
"""Where Plan IGN comes from, when a reader asks for it; nothing else may be requested."""
NO_DISTANCE = {
    Mode.ZONE: "Ce thème se juge aux zones d’intervention déclarées, non à une distance.",
    Mode.CAPACITY: "Ce thème se juge aux places ouvertes, non à une distance.",
    Mode.PRESENCE: "Ce thème se juge à la présence d’un service, non à une distance.",
    Mode.ORGANISATIONAL: "Ce thème porte sur une organisation : aucune distance n’est mesurée.",
}
"""Said on pages of themes that are not about distance."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Press:
    """What every page shares: shapes, scripts, the template.

    Attributes:
        run: what is shown.
        drawing: shapes.
        territory: their JSON.
        leaflet: scripts of every page, before the page's own.
        cluster: the script of clusters, for pages with many sites.
        template: of a page.
        links: files beside the atlas, offered to download.
        zonings: special territories, the same on every theme page.
    """

    run: Run
    drawing: Drawing
    territory: str
    leaflet: str
    cluster: str
    template: jinja2.Template
    links: tuple[str, ...]
    zonings: tuple[DrawnZoning, ...] = ()

    @classmethod
    def ready(cls, run: Run, drawing: Drawing, *, links: tuple[str, ...] = ()) -> Press:
        """Read assets and write the shared JSON once."""
        return cls(
            run=run,
            drawing=drawing,
            territory=payload.territory_json(run, drawing),
            leaflet=licensed("leaflet.js"),
            cluster=licensed("leaflet.markercluster.js"),
            template=environment().get_template("page.html.j2"),
            links=links,
            zonings=zonings(run, drawing),
        )

    def theme_page(self, theme: Theme) -> str:
        """Return the page of one theme, a single file."""
        run = self.run
        found = sites(run, theme, self.drawing)
        first = tints(run, theme)
        colours = (*first, *switched(run, theme, first))
        drawn = isochrones(run, theme, self.drawing)
        clustered = len(found.symbols) > CLUSTERED_ABOVE
        body, start = folium_map.map_parts(
            tints=tuple(tint.key for tint in colours),
            shown=colours[0].key if colours else "",
            clustered=clustered,
        )
        circles = _circle_legend(run.summaries[theme.key].circles)
        return self.template.render(
            run=run,
            links=self.links,
            theme=theme,
            summary=run.summaries[theme.key],
            threshold=threshold(run, theme),
            no_distance=_no_distance(theme, run.summaries[theme.key]),
            shared=sum(len(codes) for _, codes in self.drawing.outlines if len(codes) > 1),
            outlineless=int(run.territory.communes["inside"].sum()) - len(self.drawing.shapes),
            tints=colours,
            families=_families(first, colours),
            levels=_levels(run, colours),
            isochrones=drawn,
            itinerant=len({symbol.shape == "triangle" for symbol in found.symbols}) > 1,
            basemap=BASEMAP,
            circles=circles,
            sites=found,
            symbols=_symbol_legend(found),
            headings=HEADINGS,
            listed=LISTED,
            tables=zone_tables(run, theme),
            inline=self._inline(start, clustered=clustered, also=self._own_scripts()),
            zonings=self.zonings,
            zonings_json=zonings_json(self.zonings) if self.zonings else "",
            map_body=body,
            territory_json=self.territory,
            theme_json=payload.theme_json(
                run,
                theme,
                tints=colours,
                sites=found,
                radius=payload.pixels_per_root(run.summaries[theme.key].circles),
                isochrones=drawn,
            ),
        )

    def score_page(self, chapter: Chapter) -> str:
        """Return the page of profiles or of factors, a single file."""
        run = self.run
        shown = layers(run, chapter)
        colours = tuple(layer.tint for layer in shown)
        body, start = folium_map.map_parts(
            tints=tuple(tint.key for tint in colours),
            shown=colours[0].key,
            clustered=False,
        )
        return (
            environment()
            .get_template("scores.html.j2")
            .render(
                run=run,
                links=self.links,
                chapter=chapter,
                layers=shown,
                unscored=unscored(chapter),
                notes=chapter_notes(run, chapter),
                tables=score_tables(run, chapter),
                inline=self._inline(start, clustered=False),
                map_body=body,
                territory_json=self.territory,
                theme_json=payload.scores_json(colours, self.drawing),
            )
        )

    def _own_scripts(self) -> tuple[str, ...]:
        """Return the scripts of a theme page after the map's; the view comes last: it reads all."""
        return ("explore.js", *(["zonages.js"] if self.zonings else []), "view.js")

    def _inline(self, start: str, *, clustered: bool, also: tuple[str, ...] = ()) -> Inline:
        """Return the scripts and styles of a page; ``start`` comes last."""
        cluster = [self.cluster] if clustered else []
        zoned = [read("zonages.css")] if "zonages.js" in also else []
        return Inline(
            scripts=(self.leaflet, *cluster, read("page.js"), *map(read, also), start),
            styles=(read("leaflet.css"), read("page.css"), *zoned),
        )


def _families(first: tuple[Tint, ...], every: tuple[Tint, ...]) -> list[dict[str, str]]:
    """Return what the switch of tints offers; the level is named only where there is one."""
    return [
        {
            "key": tint.family,
            "name": tint.name.rpartition(", par ")[0] or tint.name
            if sum(other.family == tint.family for other in every) > 1
            else tint.name,
        }
        for tint in first
    ]


def _levels(run: Run, colours: tuple[Tint, ...]) -> list[dict[str, str]]:
    """Return what the switch of levels offers, none when there is but one."""
    words = {str(Level.COMMUNE): "communes", str(Level.EPCI): "EPCI"}
    order = [*words, *other_levels(run)]
    met = {str(tint.level) for tint in colours}
    found = [{"key": key, "name": words.get(key, key)} for key in order if key in met]
    return found if len(found) > 1 else []


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Return the templates, autoescaped whatever their names."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {
        "nombre": cells.number,
        "pluriel": french.plural,
        "date": french.day,
    }
    return made


def _no_distance(theme: Theme, summary: ThemeSummary) -> str:
    """Return why there is no distance, unless the figures already say so."""
    said = any("distance" in line for line in (summary.headline, *summary.details))
    return "" if said else NO_DISTANCE.get(theme.mode, "")


def _circle_legend(values: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the nested circles of the legend, largest first, standing on one line."""
    root = payload.pixels_per_root(values)
    ordered = sorted({value for value in values if value > 0}, reverse=True)
    return [{"value": value, "radius": round(root * value**0.5, 1)} for value in ordered]


def _symbol_legend(found: Sites) -> list[dict[str, Any]]:
    """Return the symbols met on the map, in order, and the filled one when it occurs."""
    met = {symbol.shape for symbol in found.symbols}
    rows = [
        {"shape": shape, "filled": False, "label": label}
        for shape, label in SHAPES.items()
        if shape in met
    ]
    if any(not symbol.inside for symbol in found.symbols):
        rows.append({"shape": "cercle", "filled": True, "label": "hors du département"})
    return rows
