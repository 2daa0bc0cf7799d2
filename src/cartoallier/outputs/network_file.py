"""``reseau.gpkg``: the roads a project was given, as they are searched, alone in their file.

Roads of OpenStreetMap are under the ODbL: who hands on a base made from them hands it on under the
same licence. They are written only when asked for, and never in ``cartoallier.gpkg``.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from cartoallier.model.french import typeset
from cartoallier.outputs.geopackage.columns import Column
from cartoallier.outputs.geopackage.contents import NOTICE
from cartoallier.outputs.layer_file import OwnLayer, write_layers
from cartoallier.outputs.styles import LayerStyle
from cartoallier.outputs.styles.renderers import Single
from cartoallier.outputs.styles.symbols import Stroke, Tinted

if TYPE_CHECKING:
    from cartoallier.access.road import Network

FILE_NAME = "reseau.gpkg"
LAYER = "reseau"
ROAD = Stroke(colour="#777777", width=0.3)
UNKNOWN_LICENCE = "Licence non renseignée : à vérifier avant toute diffusion"
_RUNNING = (
    "Temps de parcours du tronçon, en minutes, sans le temps perdu au carrefour où il finit ; vide "
    "quand ce sens est interdit."
)
COLUMNS = tuple(
    Column(name=name, title=typeset(title), comment=typeset(comment), unit=unit)
    for name, title, comment, unit in (
        (
            "longueur_km",
            "Longueur (km)",
            "Longueur du tronçon, d’un carrefour au suivant.",
            "km",
        ),
        ("minutes_aller", "Durée, sens du tracé (min)", _RUNNING, "min"),
        ("minutes_retour", "Durée, sens inverse (min)", _RUNNING, "min"),
        (
            "portes",
            "Des portes peuvent y donner",
            "Faux sur une autoroute, un bac ou dans un tunnel : aucun lieu ni logement n’y est "
            "rattaché. Les voies rapides, vraies ici, sont écartées au calcul par leur vitesse.",
            "",
        ),
    )
)


def write_network(
    network: Network, folder: Path, *, licence: str, source: str, date: dt.datetime
) -> Path:
    """Write ``reseau.gpkg`` under ``folder``: one line per road between two crossings.

    Layer ``reseau``, in the projection of the network: ``longueur_km``, ``minutes_aller`` (in the
    order of the line's points) and ``minutes_retour``, NULL where that way is forbidden,
    ``portes``. Only roads that lead to all the others and back are there, as minutes by road are
    counted on them; roads of islands are not.

    Args:
        network: of one way to travel.
        folder: receives the file; made when it is missing.
        licence: of the roads, as it must be quoted (« © les contributeurs d’OpenStreetMap, ODbL
            1.0 »); ``""`` when the file given said none.
        source: the road file as pages name it.
        date: of the run's data.

    Raises:
        OutputError: the file cannot be written.
    """
    layer = OwnLayer(
        name=LAYER,
        title=f"Réseau de routes ({network.profile})",
        description=_about(network, licence=licence, source=source),
        geometry="LineString",
        frame=_roads(network),
        columns=COLUMNS,
        style=LayerStyle(
            layer=LAYER,
            name="Routes",
            default=True,
            geometry="Line",
            renderer=Single(symbol=Tinted(stroke=ROAD), label="route"),
            description=typeset(f"Routes retenues. {_licensed(licence)}"),
        ),
    )
    return write_layers((layer,), folder / FILE_NAME, date=date)


def _about(network: Network, *, licence: str, source: str) -> str:
    return (
        f"{NOTICE}. Routes retenues pour le mode « {network.profile} », d’un carrefour au suivant, "
        "celles qui mènent à toutes les autres et en reviennent, sans celles des îles. "
        f"Source : {source}. {_licensed(licence)}."
    )


def _licensed(licence: str) -> str:
    return licence.rstrip(". ") or UNKNOWN_LICENCE


def _roads(network: Network) -> gpd.GeoDataFrame:
    """Return one row per edge."""
    edges = len(network.length_km)
    of = np.repeat(np.arange(edges), np.diff(network.offsets))
    return gpd.GeoDataFrame(
        {
            "longueur_km": network.length_km.astype("float64"),
            "minutes_aller": _minutes(network, forward=True),
            "minutes_retour": _minutes(network, forward=False),
            "portes": network.doors.astype("bool"),
        },
        geometry=shapely.linestrings(network.coordinates, indices=of),
        crs=network.crs,
    )


def _minutes(network: Network, *, forward: bool) -> NDArray[np.float64]:
    """Return the fastest running time of each edge in one direction, missing where forbidden."""
    found = np.full(len(network.length_km), np.inf)
    way = network.forward == forward
    np.minimum.at(found, network.edge[way], network.minutes[way])
    return np.where(np.isfinite(found), found, np.nan)
