"""How minutes were made, in words, with every parameter."""

from __future__ import annotations

from collections.abc import Sequence

from cartoallier.model import AccessParameters, Calibration, Territory
from cartoallier.model.calibration import WHOLE
from cartoallier.model.french import listed, number, typeset


def travelled(
    parameters: AccessParameters,
    *,
    gridded: bool,
    calibration: Calibration | None,
    roads: str,
    divided: Sequence[str] = (),
) -> str:
    """Return the method line of every theme of proximity.

    Args:
        parameters: of access.
        gridded: people start from grid points rather than town halls.
        calibration: of straight lines on roads, when there is one.
        roads: the road file, as pages name it; empty without one.
        divided: names of the communes whose people leave from several town halls, see
            :func:`divided_communes`.
    """
    halls = f" (de chaque arrondissement à {listed(divided)})" if divided else ""
    start = (
        "de chaque carreau de population" if gridded else f"de la mairie de chaque commune{halls}"
    )
    kept = f"lieux retenus jusqu’à {number(parameters.neighbourhood_km)} km autour du territoire. "
    if parameters.engine == "route":
        least = (
            ", jamais moins que le temps de parcourir la moitié de la racine carrée de la surface "
            "de la commune"
            if parameters.floor and not gridded
            else ""
        )
        return typeset(
            f"Modèle : temps de route en voiture, circulation fluide, {start} au lieu fixe le plus "
            f"proche qui l’accueille, par le plus rapide chemin ({roads}){least} ; {kept}"
            "Ce ne sont pas des temps relevés : ni bouchons, ni stationnement."
        )
    floor = (
        "jamais moins que la moitié de la racine carrée de la surface de la commune"
        if parameters.floor and not gridded
        else "sans plancher"
    )
    line = f"distance à vol d’oiseau {start} au lieu fixe le plus proche qui l’accueille, {floor}, "
    if calibration is None:
        pace = (
            f"× {number(parameters.detour, decimals=2)} (détour), à "
            f"{number(parameters.speed_kmh)} km/h"
        )
    else:
        pace = f"détour et vitesse mesurés sur la route ({roads}) : {_classes(calibration)}"
    return typeset(f"Modèle : {line}{pace} ; {kept}Ce ne sont pas des temps mesurés sur la route.")


def divided_communes(territory: Territory) -> tuple[str, ...]:
    """Return the names of the communes inside that have several origins (Paris, Lyon, Marseille).

    Their minutes are means, by people; none over grid points, where every commune has several.
    """
    if territory.gridded:
        return ()
    counts = territory.origins["commune_code"].value_counts()
    several = set(counts.index[counts > 1])
    inside = territory.communes.loc[territory.communes["inside"], "name"]
    return tuple(str(name) for code, name in inside.items() if code in several)


def _classes(calibration: Calibration) -> str:
    told = calibration.table.drop(index=WHOLE)
    told = told if len(told) else calibration.table
    return ", ".join(
        f"{label} × {number(detour, decimals=2)} à {number(speed)} km/h"
        for label, detour, speed in zip(
            told.index, told["detour"].tolist(), told["speed_kmh"].tolist(), strict=True
        )
    )
