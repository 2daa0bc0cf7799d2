"""The section ``[acces]`` of a project: how people travel, and the files that say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cartoallier.model import AccessParameters
from cartoallier.project.keys import Keys

ENGINES = ("vol_oiseau", "route")


@dataclass(frozen=True, kw_only=True)
class TravelFiles:
    """What access reads beside supply and people.

    Attributes:
        network: roads (OpenStreetMap, BD TOPO, ROUTE 500, GraphML). With the crow-fly engine they
            only calibrate detour and speed.
        network_name: as the project writes it.
        profiles: speeds that replace the shipped ones.
        profiles_name: as the project writes it.
        timetable: public transport (GTFS), for people without a car.
        timetable_name: as the project writes it.
        stated: parameters of straight lines that the project states itself.
    """

    network: Path | None = None
    network_name: str = ""
    profiles: Path | None = None
    profiles_name: str = ""
    timetable: Path | None = None
    timetable_name: str = ""
    stated: tuple[str, ...] = ()


def read_access(root: Keys, place: Keys, folder: Path) -> tuple[AccessParameters, TravelFiles]:
    """Read ``[acces]``, and ``voisinage_km`` of ``[territoire]``.

    Raises:
        ProjectError: a wrong value; the road engine without roads.
    """
    access = root.section(
        "acces",
        [
            "moteur", "reseau", "profils", "gtfs", "detour", "vitesse_kmh",
            "plancher_intracommunal",
        ],
    )  # fmt: skip
    engine = access.word("moteur", ENGINES) or ENGINES[0]
    files = TravelFiles(
        network=access.path("reseau", folder),
        network_name=access.text("reseau") or "",
        profiles=access.path("profils", folder),
        profiles_name=access.text("profils") or "",
        timetable=access.path("gtfs", folder),
        timetable_name=access.text("gtfs") or "",
        stated=tuple(key for key in ("detour", "vitesse_kmh") if key in access.content),
    )
    if engine == "route" and files.network is None:
        raise access.fail(
            "moteur",
            "le moteur « route » demande un fichier de routes ; donnez-le avec « reseau » "
            "(extrait OpenStreetMap .osm.pbf de Geofabrik, BD TOPO ou ROUTE 500 de l’IGN)",
        )
    default = AccessParameters()
    speed = _given(
        access.number("vitesse_kmh", default.speed_kmh, lower=1, upper=130), default.speed_kmh
    )
    detour = access.number("detour", default.detour, lower=1, upper=5)
    reach = place.number("voisinage_km", default.neighbourhood_km, lower=0, upper=200)
    parameters = AccessParameters(
        engine=engine,
        detour=_given(detour, default.detour),
        speed_kmh=speed,
        # the two hypotheses must bracket the speed itself, whatever it is
        favourable_kmh=max(default.favourable_kmh, 1.2 * speed),
        unfavourable_kmh=min(default.unfavourable_kmh, 0.8 * speed),
        floor=access.flag("plancher_intracommunal", default=default.floor),
        neighbourhood_km=_given(reach, default.neighbourhood_km),
    )
    return parameters, files


def _given(value: float | None, default: float) -> float:
    return default if value is None else value
