"""The JSON a page carries: shapes shared by every page, then what its theme adds.

Text from others reaches the browser only here and in the page's escaped HTML; ``page.js``
writes it with ``textContent``.
"""

from __future__ import annotations

import json
import re

from cartoallier.model import Level, Run, Territory, Theme
from cartoallier.outputs.maps.geometry import Drawing
from cartoallier.outputs.maps.isochrones import Isochrone
from cartoallier.outputs.maps.sites import Sites
from cartoallier.outputs.maps.tints import Tint

LARGEST_CIRCLE = 20
"""Radius in pixels of the largest round value of a page's legend of circles."""


def territory_json(run: Run, drawing: Drawing) -> str:
    """Return what every theme page draws, written once."""
    return land_json(run.territory, drawing)


def land_json(territory: Territory, drawing: Drawing) -> str:
    """Return the shapes and names of a territory."""
    return encode(
        {
            "grid": [drawing.west, drawing.north, drawing.step],
            "bounds": drawing.bounds,
            "outlines": drawing.outlines,
            "groupings": drawing.groupings,
            "cuts": drawing.cuts,
            "beyond": drawing.beyond,
            "departement": drawing.departement,
            "context": drawing.context,
            "points": drawing.points,
            "towns": _towns(territory, drawing),
            "names": _names(territory, drawing),
        }
    )


def _towns(territory: Territory, drawing: Drawing) -> list[tuple[str, str]]:
    """Return codes and names of the communes inside, the most populous first."""
    communes = territory.communes
    inside = communes[communes["inside"] & communes.index.isin(list(drawing.points))]
    ranked = inside.sort_values("population", ascending=False, kind="stable")
    return [(str(code), str(name)) for code, name in ranked["name"].items()]


def _names(territory: Territory, drawing: Drawing) -> list[tuple[str, list[int]]]:
    """Return short names of EPCI and where they stand."""
    zones = territory.zones
    epci = zones[zones["level"] == Level.EPCI].drop_duplicates("code")
    names = dict(zip(epci["code"].astype(str), epci["name"].astype(str), strict=True))
    return [
        (short_name(names[code]), list(point))
        for code, point in drawing.centres.items()
        if code in names
    ]


ADJECTIVES = {"intercommunale", "européenne", "métropolitaine", "urbaine", "territoriale"}
DIRECTIONS = {"nord", "sud", "est", "ouest", "centre", "littoral"}


def short_name(name: str) -> str:
    """Return an EPCI's name as a map label: without its legal form.

    The name stays whole when what follows the form is no proper name: an adjective of it
    (« Métropole européenne de Lille ») or a direction alone (« CC de l'Est »).
    """
    forms = (
        r"^(communauté (de communes|d['’]agglomération|urbaine)|métropole|c\.?[acu]\.?)\s+"
        r"((du|de la|des|de|d['’]|le|la)\s*(?=pays\b|bassin\b|grand\b))?"
    )
    short = re.sub(forms, "", name, flags=re.IGNORECASE)
    short = re.sub(r"^(de l['’]|d['’]|de la |des |du |de )", "", short)
    words = short.lower().split()
    if words and (words[0] in ADJECTIVES or (len(words) == 1 and words[0] in DIRECTIONS)):
        return name
    return (short[:1].upper() + short[1:]) or name


def theme_json(
    run: Run,
    theme: Theme,
    *,
    tints: tuple[Tint, ...],
    sites: Sites,
    radius: float,
    isochrones: tuple[Isochrone, ...] = (),
) -> str:
    """Return what one theme adds: classes, circles, symbols, isochrones."""
    return encode(
        {
            "shown": tints[0].key if tints else "",
            "tints": {tint.key: tint_payload(tint) for tint in tints},
            "circles": _circles(run, theme),
            "radius": radius,
            "sites": [vars(symbol) for symbol in sites.symbols],
            "isochrones": [vars(one) for one in isochrones],
        }
    )


def scores_json(tints: tuple[Tint, ...], drawing: Drawing) -> str:
    """Return what a page of scores adds: classes, and the letters that name some of them."""
    told = {}
    for tint in tints:
        marks = [
            (letter, drawing.centres[code])
            for code, letter in tint.marks.items()
            if code in drawing.centres
        ]
        told[tint.key] = tint_payload(tint) | {"marks": marks}
    return encode({"shown": tints[0].key, "tints": told, "circles": [], "radius": 0, "sites": []})


def tint_payload(tint: Tint) -> dict[str, object]:
    """Return what the page needs of a tint: fills and zones by line of its legend."""
    return {
        "level": str(tint.level),
        "fills": [row.swatch for row in tint.legend],
        "lines": tint.lines,
    }


def _circles(run: Run, theme: Theme) -> list[tuple[str, int]]:
    """Return people beyond the threshold by commune, largest first so as to lie behind."""
    rows = run.coverages[theme.key].rows(level=Level.COMMUNE)
    people = rows.set_index("code")["population_hors_seuil"].dropna()
    people = people[people > 0].sort_values(ascending=False, kind="stable")
    return [(str(code), round(float(count))) for code, count in people.items()]


def pixels_per_root(circles: tuple[int, ...]) -> float:
    """Return the radius of a circle of one person, so that areas are proportional to people."""
    return LARGEST_CIRCLE / max(circles) ** 0.5 if circles and max(circles) > 0 else 0.0


def encode(value: object) -> str:
    """Return JSON that cannot leave its ``<script>`` element."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        written = written.replace(mark, escape)
    return written
