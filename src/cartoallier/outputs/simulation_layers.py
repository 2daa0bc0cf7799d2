"""``simulation_<theme>.gpkg``: the answer of ``simuler`` as layers, styled and described."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cartoallier.model import Level, Simulation
from cartoallier.model.french import typeset
from cartoallier.model.simulation import CHOSEN_COLUMNS, ZONE_COLUMNS, minutes_words
from cartoallier.outputs.geopackage.columns import Column
from cartoallier.outputs.geopackage.contents import FICTION, NOTICE
from cartoallier.outputs.geopackage.domains import VALUES
from cartoallier.outputs.geopackage.zones import merge
from cartoallier.outputs.layer_file import OwnLayer, write_layers
from cartoallier.outputs.styles import Labels, LayerStyle, siting_style
from cartoallier.outputs.styles.renderers import Single
from cartoallier.outputs.styles.symbols import EPCI_INK, EPCI_LINE, INK, WHITE, Marker, Tinted

SITES, EXISTING, EPCI = "implantations", "lieux_existants", "epci_avant_apres"
ADDED = Marker(shape="circle", size=4.8, fill=INK, ink=WHITE, width=0.5)
"""A place added: larger and filled, told from those that exist at any scale."""
_ADDED = "implantation simulée"
QUESTION_COLUMNS = ("public", "seuil_min", "modele", "demonstration")
"""Last columns of every table of a simulation; ``demonstration``: the supply is invented."""

_TITLES = {
    "rang": ("Rang", "Ordre d’ajout : celui qui apporte le plus d’abord ; avec des capacités, "
             "l’ordre où les lieux se remplissent.", ""),
    "candidat": ("Identifiant du lieu candidat", "Code de la commune, ou identifiant de la liste "
                 "de lieux candidats fournie.", ""),
    "nom": ("Nom", "Nom du lieu candidat, ou de la zone.", ""),
    "code_commune": ("Code Insee de la commune", "Cinq caractères, texte.", ""),
    "epci": ("EPCI", "Nom de l’EPCI du lieu.", ""),
    "cout": ("Coût", "Coût du lieu dans la liste de candidats, dans son unité ; vide sans.", ""),
    "habitants_gagnes": ("Personnes gagnées par ce lieu", "Ajoutées par ce lieu à celles que les "
                         "précédents et les lieux existants desservent déjà.", ""),
    "habitants_desservis": ("Personnes desservies, cumul", "Par les lieux existants, ce lieu et "
                            "ceux de rang inférieur.", ""),
    "part_desservie": ("Part desservie, cumul (0 à 1)", "Personnes desservies sur personnes "
                       "mesurées.", ""),
    "minutes_moyennes": ("Durée moyenne, cumul (min)", "Vers le lieu le plus proche, lieux "
                         "existants compris.", "min"),
    "id": ("Identifiant du service", "Clé de la couche « services » de cartoallier.gpkg.", ""),
    "code": ("Code de l’EPCI (SIREN)", "Neuf chiffres, texte.", ""),
    "perimetre": ("Périmètre", "EPCI entier, ou seulement sa partie dans le département.", ""),
    "population": ("Personnes", "Du public de la question ; vide quand elles sont masquées.", ""),
    "part_hors_seuil_avant": ("Part hors seuil, avant (0 à 1)", "Part des personnes au-delà du "
                              "seuil avec les seuls lieux existants.", ""),
    "part_hors_seuil_apres": ("Part hors seuil, après (0 à 1)", "La même avec les lieux ajoutés.",
                              ""),
    "population_hors_seuil_avant": ("Personnes hors seuil, avant", "Au-delà du seuil avec les "
                                    "seuls lieux existants.", ""),
    "population_hors_seuil_apres": ("Personnes hors seuil, après", "Au-delà du seuil avec les "
                                    "lieux ajoutés.", ""),
    "public": ("Public de la question", "« ensemble » : tous les habitants. Les nombres d’un "
               "autre public sont arrondis à la dizaine ; ceux de 1 à 10 sont vides.", ""),
    "seuil_min": ("Seuil (min)", "Durée au-delà de laquelle on est hors seuil.", "min"),
    "modele": ("Modèle", "mclp : le plus de personnes à portée ; p-mediane : le trajet moyen le "
               "plus court ; lscp : le moins de lieux.", ""),
    "demonstration": ("Offre fictive", "Vrai quand l’offre est inventée.", ""),
}  # fmt: skip
"""Column -> French title, comment, unit."""


def write_simulation_layers(simulation: Simulation, path: Path, *, date: dt.datetime) -> Path:
    """Write the answer of a simulation as a GeoPackage, in the territory's projection.

    ``implantations`` (points: added sites, their figures as :attr:`Simulation.chosen` holds them),
    ``lieux_existants`` (points: sites counted today; absent for a sensitive theme, and when there
    are none), ``epci_avant_apres`` (EPCI, or their part in the département: people beyond the
    threshold before and after). Every row ends with :data:`QUESTION_COLUMNS`.

    Args:
        simulation: what to write; nothing is computed.
        path: of the file.
        date: of the data.

    Raises:
        OutputError: the file cannot be written.
    """
    layers = [_zones(simulation), _chosen(simulation)]
    if not simulation.sensitive and len(simulation.existing):
        layers.insert(1, _existing(simulation))
    return write_layers(layers, path, date=date)


def _chosen(simulation: Simulation) -> OwnLayer:
    named = [name for name in CHOSEN_COLUMNS if name not in {"longitude", "latitude"}]
    chosen = simulation.chosen.reindex(columns=list(CHOSEN_COLUMNS)).reset_index(drop=True)
    figures = [
        "cout", "habitants_gagnes", "habitants_desservis", "part_desservie", "minutes_moyennes",
        "longitude", "latitude",
    ]  # fmt: skip
    texts = ["candidat", "nom", "code_commune", "epci"]
    chosen = chosen.astype(
        {"rang": "int64"} | dict.fromkeys(figures, "float64") | dict.fromkeys(texts, "str")
    )
    points = [
        None if np.isnan(x) or np.isnan(y) else shapely.Point(x, y)
        for x, y in chosen[["longitude", "latitude"]].to_numpy(dtype="float64")
    ]
    where = gpd.GeoSeries(
        np.array(points, dtype=object), index=chosen.index, crs="EPSG:4326"
    ).to_crs(simulation.territory.crs)
    names = Labels(
        expression='"rang" || \'. \' || "nom"',
        size=8,
        bold=True,
        rank='CASE WHEN "rang" < 10 THEN 10 - "rang" ELSE 0 END',
        sld_column="nom",
    )
    return _layer(
        simulation,
        SITES,
        title="Implantations simulées",
        summary="Lieux ajoutés par la simulation, du premier au dernier ; une simulation n’est "
        "pas une décision.",
        geometry="Point",
        frame=gpd.GeoDataFrame(chosen[named], geometry=where),
        style=replace(siting_style(), renderer=Single(symbol=ADDED, label=_ADDED), labels=names),
        key="rang",
    )


def _existing(simulation: Simulation) -> OwnLayer:
    sites = simulation.existing
    frame = gpd.GeoDataFrame(
        {"id": sites.index.astype("str")}, geometry=list(sites), crs=sites.crs
    ).to_crs(simulation.territory.crs)
    return _layer(
        simulation,
        EXISTING,
        title="Lieux existants",
        summary="Lieux du thème comptés aujourd’hui.",
        geometry="Point",
        frame=frame,
        style=LayerStyle(
            layer=EXISTING,
            name="Lieux existants",
            default=True,
            geometry="Point",
            renderer=Single(symbol=Marker(shape="circle"), label="lieu existant"),
            description="Lieux comptés aujourd’hui",
        ),
        key="id",
    )


def _zones(simulation: Simulation) -> OwnLayer:
    """Return EPCI; of those that straddle the border, the part in the département."""
    table = simulation.zones.reindex(columns=list(ZONE_COLUMNS))
    table = table[table["maille"] == Level.EPCI]
    part = set(table.loc[table["perimetre"] == "partie", "code"])
    table = table[~(table["code"].isin(part) & (table["perimetre"] == "entier"))]
    table = table.drop(columns="maille").drop_duplicates("code").reset_index(drop=True)
    texts = ["code", "nom", "perimetre"]
    table = table.astype(
        {column: "str" if column in texts else "float64" for column in table.columns}
    )
    names = Labels(
        expression=f"\"nom\" || coalesce('\\n' || {_percent('avant')} || ' → ' || "
        f"{_percent('apres')}, '')",
        size=6.5,
        italic=True,
        colour=EPCI_INK,
        sld_column="nom",
    )
    beyond = minutes_words(simulation.threshold)
    return _layer(
        simulation,
        EPCI,
        title="EPCI, avant et après",
        summary=f"Personnes à plus de {beyond}, avec les lieux existants puis avec ceux ajoutés.",
        geometry="MultiPolygon",
        frame=gpd.GeoDataFrame(table, geometry=_outlines(simulation, table)),
        style=LayerStyle(
            layer=EPCI,
            name="Part hors seuil, avant → après",
            default=True,
            geometry="Polygon",
            renderer=Single(symbol=Tinted(stroke=EPCI_LINE), label="EPCI"),
            description=typeset(f"Part à plus de {beyond}, avant → après"),
            labels=names,
        ),
        key="code",
    )


def _percent(moment: str) -> str:
    """Return a share as people read it, NULL when it is missing."""
    share = f'round(100 * "part_hors_seuil_{moment}", 1)'
    return f"replace(to_string({share}), '.', ',') || '\u00a0%'"


def _outlines(simulation: Simulation, table: pd.DataFrame) -> gpd.GeoSeries:
    """Return the polygon of each zone, its communes merged; missing where none is drawn."""
    territory = simulation.territory
    zones = territory.zones[territory.zones["level"] == Level.EPCI]
    keys = dict(zip(zip(zones["code"], zones["perimeter"], strict=True), zones.index, strict=True))
    wanted = [
        keys.get((code, perimeter))
        for code, perimeter in table[["code", "perimetre"]].itertuples(index=False)
    ]
    members = territory.members[territory.members["zone"].isin([key for key in wanted if key])]
    shapes = territory.communes.geometry.reindex(members["commune_code"])
    merged = merge(gpd.GeoSeries(shapes, crs=territory.crs), pd.Series(members["zone"].to_numpy()))
    drawn = [merged.get(key) if key else None for key in wanted]
    return gpd.GeoSeries(np.array(drawn, dtype=object), index=table.index, crs=territory.crs)


def _layer(  # noqa: PLR0913 (one argument per part of a layer)
    simulation: Simulation,
    name: str,
    *,
    title: str,
    summary: str,
    geometry: str,
    frame: gpd.GeoDataFrame,
    style: LayerStyle,
    key: str,
) -> OwnLayer:
    """Sign the rows with what was asked, and say where they come from."""
    signed = frame.assign(
        public=simulation.public,
        seuil_min=float(simulation.threshold),
        modele=simulation.model,
        demonstration=simulation.demonstration,
    ).astype({"public": "str", "modele": "str"})
    sources = " ; ".join(dict.fromkeys(source.rstrip(". ") for source in simulation.sources))
    fiction = f" {FICTION}" if simulation.demonstration else ""
    return OwnLayer(
        name=name,
        title=f"{title} : {simulation.title}",
        description=f"{summary} {NOTICE}.{fiction} Sources : {sources}.",
        geometry=geometry,
        frame=signed[[*(c for c in signed.columns if c != "geometry"), "geometry"]],
        columns=tuple(_described(column for column in signed.columns if column != "geometry")),
        style=style,
        key=key,
    )


def _described(columns: Iterable[str]) -> Iterable[Column]:
    for name in columns:
        title, comment, unit = _TITLES[name]
        values = VALUES.get(name, {})
        told = [f"{value} = {words}" for value, words in values.items()]
        more = f" Valeurs : {' ; '.join(told)}." if told else ""
        yield Column(name=name, title=typeset(title), comment=typeset(comment + more), unit=unit)
