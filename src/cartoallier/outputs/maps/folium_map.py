"""The folium map of a page: panes, layers and where they start.

Figures and names never go through folium. Branca compiles every script it has rendered a
second time as a Jinja template, so ``{{…}}`` in a place's name would be evaluated, and folium
writes tooltips through ``innerHTML``. The map, its panes and its layer groups are folium's;
what fills them is JSON in the page, drawn by ``page.js``. It is also what makes 24 pages cheap:
a folium marker costs two milliseconds.
"""

from __future__ import annotations

import re
from typing import cast

import folium
from branca.element import Element, Figure, MacroElement
from folium.map import CustomPane
from folium.plugins import MarkerCluster
from folium.template import Template

PANES = {
    "contexte": (300, False),
    "teintes": (350, True),
    "limites": (400, False),
    "cercles": (450, False),
    "noms": (600, False),
    "lieux": (620, True),
}
"""Pane -> height in the pile, whether it answers to the pointer."""


class _Start(MacroElement):
    """Hand the map and its groups to ``page.js``, which fills them."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            cartoallier.start({{ this._parent.get_name() }}, {
                {%- for key, group in this.groups.items() %}
                {{ key|tojson }}: {{ group.get_name() }},
                {%- endfor %}
            });
        {% endmacro %}
        """
    )

    def __init__(self, groups: dict[str, folium.map.Layer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Depart"
        self.groups = groups


def map_parts(*, tints: tuple[str, ...], shown: str, clustered: bool) -> tuple[str, str]:
    """Return the HTML and the script of the map, the same bytes for the same arguments.

    Args:
        tints: keys of the tints the page can show.
        shown: the one shown first, ``""`` for none.
        clustered: whether sites may gather in clusters.
    """
    chart = folium.Map(
        location=[0, 0],
        zoom_start=1,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.05,
        zoom_delta=0.5,
        scroll_wheel_zoom=False,
    )
    for name, (height, pointer) in PANES.items():
        chart.add_child(CustomPane(name, z_index=height, pointer_events=pointer))
    groups: dict[str, folium.map.Layer] = {"contexte": folium.FeatureGroup("contexte")}
    for key in tints:
        groups[key] = folium.FeatureGroup(key, show=key == shown)
    for key in ("limites", "cercles", "noms", "lieux"):
        groups[key] = folium.FeatureGroup(key)
    if clustered:
        groups["grappes"] = MarkerCluster(  # type: ignore[no-untyped-call]
            show=False, show_coverage_on_hover=False, max_cluster_radius=36, animate=False
        )
    for group in groups.values():
        chart.add_child(group)
    chart.add_child(_Start(groups))
    return _render(cast("Figure", chart.get_root()))


def _render(figure: Figure) -> tuple[str, str]:
    """Render a figure's body and script, without the head that names remote files."""
    for child in list(figure._children.values()):
        child.render()
    html, script = _stable(_text(figure.html) + "\0" + _text(figure.script)).split("\0")
    return html, script


def _text(element: Element) -> str:
    return "\n".join(line.rstrip() for line in element.render().splitlines() if line.strip())


def _stable(text: str) -> str:
    """Replace random identifiers by their rank, so that two runs give the same bytes."""
    ranks: dict[str, str] = {}

    def rank(found: re.Match[str]) -> str:
        return ranks.setdefault(found[0], str(len(ranks) + 1))

    return re.sub(r"[0-9a-f]{32}", rank, text)
