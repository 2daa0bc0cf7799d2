"""The page of a simulation: where sites are added, what each brings, who stays out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from cartoallier.model import ClassCount, Level, Public, Simulation
from cartoallier.model.french import NO_BREAK, number, percent, plural, typeset
from cartoallier.model.simulation import minutes_words
from cartoallier.outputs.maps import folium_map, palette, payload
from cartoallier.outputs.maps.assets import Inline, licensed, read
from cartoallier.outputs.maps.geometry import Drawing, draw
from cartoallier.outputs.maps.leverage import Curve, draw_curve
from cartoallier.outputs.maps.page import environment
from cartoallier.outputs.maps.simulation_tables import (
    BOUNDS,
    chosen_rows,
    commune_minutes,
    counted,
    nearly,
    simulation_tables,
    with_them,
)
from cartoallier.outputs.maps.tints import Tint, tint_of

MODELS = {
    "mclp": "le plus de personnes à portée (couverture maximale, MCLP)",
    "p-mediane": "le trajet moyen le plus court (p-médiane)",
    "lscp": "le moins de sites pour desservir tous ceux qui peuvent l’être (LSCP)",
}
"""What each model looks for."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The headline and the lines under it."""

    headline: str
    details: tuple[str, ...]


def simulation_page(simulation: Simulation, *, links: tuple[str, ...] = ()) -> str:
    """Return the page of a simulation, a single file.

    Args:
        simulation: what to show; nothing is computed beyond drawing.
        links: files beside the page, from the folder of outputs, offered to download; the atlas
            (``index.html``) and the theme's own page are linked from the header.
    """
    drawing = draw(simulation.territory)
    colours = _tints(simulation)
    existing = _existing(simulation, drawing)
    body, start = folium_map.map_parts(
        tints=tuple(tint.key for tint in colours),
        shown=colours[0].key if colours else "",
        clustered=False,
    )
    proposed = _proposed(simulation, drawing)
    page = environment().get_template("simulation.html.j2")
    return page.render(
        run=simulation,
        simulation=simulation,
        figure=_figure(simulation),
        tints=colours,
        existing=len(existing),
        outside=sum(not inside for _, _, inside in existing),
        whom="" if simulation.public == Public.ALL else simulation.public_words,
        curve=_curve(simulation),
        chosen=chosen_rows(simulation),
        tables=simulation_tables(simulation),
        links=tuple(link for link in links if link.startswith("tableaux/")),
        atlas="index.html" in links,
        theme_page=f"cartes/{simulation.theme}.html" in links,
        map_body=body,
        inline=Inline(
            scripts=(licensed("leaflet.js"), read("page.js"), read("simulation.js"), start),
            styles=(read("leaflet.css"), read("page.css"), read("simulation.css")),
        ),
        territory_json=payload.land_json(simulation.territory, drawing),
        theme_json=payload.encode(
            {
                "shown": colours[0].key if colours else "",
                "tints": {t.key: payload.tint_payload(t) for t in colours},
                "circles": [],
                "radius": 0,
                "sites": [],
                "existing": existing,
                "proposed": proposed,
            }
        ),
    )


def _figure(simulation: Simulation) -> Figure:
    """Return the people gained, then shares and how the answer was found."""
    minutes = minutes_words(simulation.threshold)
    freely = ", capacités non comptées" if simulation.capacity else ""
    zones, added = simulation.zones, len(simulation.chosen)
    whole = zones[zones["maille"] == Level.DEPARTEMENT].head(1)
    details = [
        f"Part à plus de {minutes}{freely} : {nearly(before)} aujourd’hui, "
        f"{nearly(after)} {'avec ce site' if added == 1 else 'avec ces sites'}."
        for before, after in whole[["part_hors_seuil_avant", "part_hors_seuil_apres"]].to_numpy()
        if added
    ]
    if simulation.requested != len(simulation.chosen):
        details.append(f"Demandé : {plural(simulation.requested, 'site')}.")
    details.append(f"Cherché : {MODELS.get(simulation.model, simulation.model)}.")
    details.append(f"Trouvé : {_found(simulation)}.")
    return Figure(
        headline=typeset(_headline(simulation)), details=tuple(typeset(line) for line in details)
    )


def _headline(simulation: Simulation) -> str:
    """Return what the added sites do for people: those they bring within reach, or minutes."""
    added = len(simulation.chosen)
    if not added:
        return "Aucun site à ajouter"
    lead = f"Avec {plural(added, 'site ajouté', 'sites ajoutés')}"
    curve = simulation.curve.set_index("sites")
    answer = curve.loc[curve.index == added]
    mean = answer["minutes_moyennes"].dropna()
    if simulation.model == "p-mediane" and len(mean):
        before = number(float(curve["minutes_moyennes"].iloc[0]), decimals=1)
        after = f"{number(float(mean.iloc[0]), decimals=1)}{NO_BREAK}minutes"
        return f"{lead}, un trajet moyen de {after}, contre {before} aujourd’hui"
    if answer["habitants_gagnes"].isna().all() and simulation.public == Public.ALL:
        return lead
    gained = float(answer["habitants_gagnes"].iloc[0])
    one = simulation.public == Public.ALL and gained < 2
    who = f"{counted(gained, simulation)}{NO_BREAK}"
    who += "habitant" if one else simulation.public_words
    if simulation.capacity:
        them = "ce site" if added == 1 else "ces sites"
        return f"{lead}, {who} {'pourrait' if one else 'pourraient'} être reçus par {them}".replace(
            "pourrait être reçus", "pourrait être reçu"
        )
    verb = "passerait" if one else "passeraient"
    return f"{lead}, {who} {verb} à {minutes_words(simulation.threshold)} au plus"


def _found(simulation: Simulation) -> str:
    if simulation.solved == "optimal":
        return "la meilleure réponse possible, démontrée"
    if simulation.gap is None:
        return "une réponse approchée, dont l’écart à la meilleure n’est pas connu"
    if simulation.model == "p-mediane":
        return (
            "une réponse approchée, le temps gagné est au plus "
            f"{percent(simulation.gap)} sous le meilleur possible"
        )
    return f"une réponse approchée, au plus {percent(simulation.gap)} sous la meilleure"


def _curve(simulation: Simulation) -> Curve | None:
    chosen = len(simulation.chosen)
    if simulation.model == "p-mediane":
        return draw_curve(
            simulation.curve, column="minutes_moyennes", title="trajet moyen, en minutes",
            chosen=chosen, decimals=1,
        )  # fmt: skip
    words = f"{simulation.public_words} gagnés à {minutes_words(simulation.threshold)} au plus"
    if simulation.capacity:
        words = f"{simulation.public_words} qui pourraient être reçus"
    return draw_curve(
        simulation.curve, column="habitants_gagnes", title=typeset(words), chosen=chosen
    )


def _tints(simulation: Simulation) -> tuple[Tint, ...]:
    """Return minutes with the added sites, then those of today, by commune."""
    inside = simulation.territory.communes["inside"]
    people = simulation.territory.communes.loc[inside, "population"]
    made = []
    for key, column, name in (
        ("apres", "after", with_them(simulation)),
        ("avant", "before", "aujourd’hui"),
    ):
        minutes = commune_minutes(simulation, column).reindex(people.index)
        if minutes.notna().any():
            counts, classes = _classify(minutes, people, simulation.threshold)
            made.append(
                tint_of(
                    key=key,
                    name=name,
                    title=f"Durée d’accès au lieu le plus proche, {name}, par commune",
                    classes=classes,
                    counts=counts,
                    colours=palette.ACCESS,
                    people=people,
                    reasons={},
                )
            )
    return tuple(made)


def _classify(
    minutes: pd.Series[Any], people: pd.Series[Any], threshold: float
) -> tuple[tuple[ClassCount, ...], pd.Series[Any]]:
    """Cut minutes at fixed bounds and at the threshold; lower bounds are included."""
    bounds = sorted({*BOUNDS, threshold})
    words = [number(b, decimals=0 if float(b).is_integer() else 1) for b in bounds]
    labels = [
        f"moins de {words[0]}{NO_BREAK}min",
        *(f"de {low} à moins de {high}{NO_BREAK}min" for low, high in pairwise(words)),
        f"{words[-1]}{NO_BREAK}min et plus",
    ]
    position = np.searchsorted(bounds, minutes.to_numpy(dtype="float64"), side="right")
    classes = pd.Series(position, index=minutes.index, dtype="float64").where(minutes.notna())
    edges = [-np.inf, *bounds, np.inf]
    counts = tuple(
        ClassCount(
            label=label,
            lower=low,
            upper=high,
            communes=int((classes == place).sum()),
            inhabitants=int(people[classes == place].sum()),
        )
        for place, (label, (low, high)) in enumerate(zip(labels, pairwise(edges), strict=True))
    )
    return counts, classes


def _existing(simulation: Simulation, drawing: Drawing) -> list[tuple[int, int, bool]]:
    """Return where today's sites stand, once each, and whether in the département."""
    points = simulation.existing
    if simulation.sensitive or points.empty:
        return []
    territory = simulation.territory
    inside = territory.locate(points).map(territory.communes["inside"]).fillna(False)
    degrees = points.to_crs(4326)
    x = ((degrees.x - drawing.west) / drawing.step).round().astype("int64")
    y = ((drawing.north - degrees.y) / drawing.step).round().astype("int64")
    marks = zip(x.tolist(), y.tolist(), inside.astype("bool").tolist(), strict=True)
    return list(dict.fromkeys(marks))


def _proposed(simulation: Simulation, drawing: Drawing) -> list[tuple[int, int, int]]:
    """Return where added sites stand, and their number; the first is drawn last, on top."""
    chosen = simulation.chosen
    x = ((chosen["longitude"].astype("float64") - drawing.west) / drawing.step).round()
    y = ((drawing.north - chosen["latitude"].astype("float64")) / drawing.step).round()
    rows = zip(x, y, chosen["rang"], strict=True)
    placed = [(int(a), int(b), int(rank)) for a, b, rank in rows if a == a and b == b]  # noqa: PLR0124
    return placed[::-1]
