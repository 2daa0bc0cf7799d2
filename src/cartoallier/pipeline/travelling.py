"""From the files of ``[acces]`` to the engines that a run travels with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely

from cartoallier.access import Combined, CrowFly, Engine, Floored
from cartoallier.access.road import Network, RoadEngine, calibrate, density_classes, read_network
from cartoallier.access.transit import TransitEngine, read_gtfs
from cartoallier.catalogue import load_travel_profiles
from cartoallier.errors import ProjectError
from cartoallier.files import sha256_of
from cartoallier.model import Calibration, Finding, SourceRecord, Territory
from cartoallier.model.french import number, percent, plural, typeset
from cartoallier.model.travel import TravelProfile
from cartoallier.pipeline.progress import Progress, silent
from cartoallier.pipeline.reading import open_territory
from cartoallier.project import Project

CAR, FOOT, BIKE = "voiture", "pied", "velo"
CACHE = ".cartoallier"
"""Folder of a project where prepared roads are kept."""

WALK_KMH, CYCLE_KMH = 4.5, 13.0
"""Straight lines on foot and by bike (DOMAIN §4.3: 4 km/h for seniors, 4.5-5 others; 12-15)."""

OPENSTREETMAP = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml")
ODBL = "ODbL 1.0, © les contributeurs d’OpenStreetMap"


@dataclass(frozen=True, kw_only=True, eq=False)
class Travel:
    """How people travel in a run.

    Attributes:
        engine: by car.
        without_car: best of foot, bike and public transport.
        around: as ``engine``, from the communes around the territory, whose people share services;
            ``None`` when nobody lives there.
        by_mairie: as ``engine``, from town halls, when people start from grid points; else
            ``None``.
        straight: straight lines calibrated on the same roads when ``engine`` is roads, for the
            sensitivity of figures; else ``None``.
        snap_km: from each origin to the nearest road, when ``engine`` is roads.
        calibration: of straight lines on roads, when roads are given.
        roads: the road file as pages name it; empty without one.
        sources: the files read.
        findings: what they hold that deserves a look.
    """

    engine: Engine
    without_car: Engine
    around: Engine | None = None
    by_mairie: Engine | None = None
    straight: Engine | None = None
    snap_km: pd.Series | None = None
    calibration: Calibration | None = None
    roads: str = ""
    sources: tuple[SourceRecord, ...] = ()
    findings: tuple[Finding, ...] = ()


def open_engines(project: Project, territory: Territory, *, progress: Progress = silent) -> Travel:
    """Read roads and timetables, and make the engines of a project.

    With roads, detour and speed are calibrated on them; the crow-fly engine then uses what was
    measured instead of its own parameters.

    Raises:
        SourceError: a road file or timetable that cannot be read.
        CatalogueError: profiles that cannot be obeyed.
    """
    plain = CrowFly(territory=territory, parameters=project.parameters)
    profiles = load_travel_profiles(project.travel.profiles)
    slow: list[Engine] = [_straight(plain, WALK_KMH), _straight(plain, CYCLE_KMH)]
    outside, mairies = neighbours(territory), _mairies(project, territory)
    travel = Travel(
        engine=plain,
        without_car=Combined.of(slow),
        around=None if outside is None else plain.starting(outside),
        by_mairie=None if mairies is None else plain.starting(mairies),
    )
    if project.travel.network is not None:
        travel, found = _on_roads(project, plain, profiles, progress=progress)
        slow = found or slow
    travel = _with_profiles(travel, project)
    if (path := project.travel.timetable) is not None:
        progress("horaires des transports")
        feed = read_gtfs(path, file=project.travel.timetable_name, territory=territory)
        transit = TransitEngine.of(territory, feed.timetable)
        slow = [*slow, _slow(project, transit, WALK_KMH)]
        travel = replace(
            travel,
            sources=(*travel.sources, feed.record),
            findings=(*travel.findings, *feed.findings),
        )
    return replace(travel, without_car=Combined.of(slow))


def _with_profiles(travel: Travel, project: Project) -> Travel:
    """Name the project's own speeds among the sources, or say that nothing uses them."""
    path, name = project.travel.profiles, project.travel.profiles_name
    if path is None:
        return travel
    if project.travel.network is None:
        idle = Finding(
            file=name,
            what="ces vitesses de route ne servent qu’avec un réseau de routes",
            action="donner les routes avec « reseau », ou retirer « profils »",
        )
        return replace(travel, findings=(*travel.findings, idle))
    record = SourceRecord(
        path=name, label=f"vitesses de route ({name})", format="profils", sha256=sha256_of(path)
    )
    return replace(travel, sources=(*travel.sources, record))


def _on_roads(
    project: Project, plain: CrowFly, profiles: Mapping[str, TravelProfile], *, progress: Progress
) -> tuple[Travel, list[Engine]]:
    """Return how people travel on the roads given, and the slow engines that use them."""
    by_road = project.parameters.engine == "route"
    record = _record(project)
    roads: dict[str, RoadEngine] = {}
    findings: list[Finding] = []
    # with straight lines, roads only say how long these are in truth, by car
    for key in (CAR, FOOT, BIKE) if by_road else (CAR,):
        progress(f"routes : {profiles[key].label}")
        roads[key], found = _road_engine(project, plain.territory, profiles[key])
        findings.extend(found)
    findings.extend(uncovered(roads[CAR], file=project.travel.network_name, measured=not by_road))
    progress("détour et vitesse mesurés sur les routes")
    paces = _Paces.of(project, plain, roads[CAR], source=record.label)
    findings.extend(paces.findings)

    def starting(territory: Territory | None) -> Engine | None:
        """Return how people travel by car from the origins of a territory."""
        if territory is None:
            return None
        return paces.by_road(roads[CAR], territory) if by_road else paces.straight(territory)

    straight = paces.straight(plain.territory)
    travel = Travel(
        engine=starting(plain.territory) or straight,
        without_car=straight,
        around=starting(neighbours(plain.territory)),
        by_mairie=starting(_mairies(project, plain.territory)),
        straight=straight if by_road else None,
        snap_km=roads[CAR].snap_km if by_road else None,
        calibration=paces.calibration,
        roads=record.label,
        sources=(record,),
        findings=tuple(findings),
    )
    if not by_road:
        return travel, []
    slow = ((roads[FOOT], WALK_KMH), (roads[BIKE], CYCLE_KMH))
    return travel, [_slow(project, engine, speed) for engine, speed in slow]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Paces:
    """Straight lines at the pace that roads measured, or at the project's where they cannot.

    Attributes:
        plain: straight lines with the project's parameters.
        calibration: ``None`` when too few journeys could be measured.
        findings: what becomes of the parameters.
    """

    plain: CrowFly
    calibration: Calibration | None
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, project: Project, plain: CrowFly, roads: RoadEngine, *, source: str) -> _Paces:
        fitted = calibrate(roads, classes=density_classes(plain.territory))
        name, stated = project.travel.network_name, ", ".join(project.travel.stated)
        if not fitted.known:
            finding = Finding(
                file=name,
                value=plural(fitted.journeys, "trajet"),
                what="trop peu de trajets entre les points de départ pour mesurer détour et "
                "vitesse sur ces routes",
                action="détour et vitesse du projet gardés ; fournir un extrait qui couvre tout "
                "le territoire",
            )
            return cls(plain=plain, calibration=None, findings=(finding,))
        unused = Finding(
            file=name,
            value=stated,
            what="détour et vitesse sont mesurés sur les routes : ceux du projet ne servent pas",
            action="retirer ces clés, ou « reseau »",
        )
        return cls(
            plain=plain,
            calibration=replace(fitted, source=source),
            findings=(unused,) if stated else (),
        )

    def straight(self, territory: Territory) -> CrowFly:
        """Return straight lines from the origins of a territory."""
        if self.calibration is None:
            return self.plain.starting(territory)
        fitted = replace(self.plain, calibration=self.calibration)
        return fitted.starting(territory, classes=density_classes(territory))

    def by_road(self, roads: RoadEngine, territory: Territory) -> Engine:
        """Return roads from the origins of a territory, with the floor inside communes."""
        moved = roads.starting(territory)
        parameters = self.plain.parameters
        if not parameters.floor:
            return moved
        if self.calibration is None:
            return Floored.at(moved, detour=parameters.detour, speed_kmh=parameters.speed_kmh)
        return Floored.of(moved, self.calibration, classes=density_classes(territory))


def _slow(project: Project, engine: Engine, speed_kmh: float) -> Engine:
    """Return an engine no faster than the way from home to one's own town hall at its pace."""
    if not project.parameters.floor:
        return engine
    return Floored.at(engine, detour=project.parameters.detour, speed_kmh=speed_kmh)


def _road_engine(
    project: Project, territory: Territory, profile: TravelProfile
) -> tuple[RoadEngine, tuple[Finding, ...]]:
    network, findings = _read_roads(project, territory, profile)
    return RoadEngine.of(territory, network), findings


def _read_roads(
    project: Project, territory: Territory, profile: TravelProfile
) -> tuple[Network, tuple[Finding, ...]]:
    path = project.travel.network
    if path is None:
        raise ValueError("the project has no roads")
    return read_network(
        path,
        profile=profile,
        crs=territory.crs,
        area=_area(territory, project.parameters.neighbourhood_km),
        cache=project.folder / CACHE / "routes",
        file=project.travel.network_name,
    )


def open_roads(project: Project) -> tuple[Network, SourceRecord]:
    """Return the roads people drive on and the file they come from, to be handed on.

    Raises:
        ProjectError: the project has no roads.
        SourceError: they cannot be read.
    """
    if project.travel.network is None:
        raise ProjectError(
            "ce projet n’a pas de routes à écrire ; donnez un extrait avec « reseau » sous "
            "[acces], ou retirez « --reseau »",
            key="--reseau",
        )
    profile = load_travel_profiles(project.travel.profiles)[CAR]
    network, _ = _read_roads(project, open_territory(project), profile)
    return network, _record(project)


def _mairies(project: Project, territory: Territory) -> Territory | None:
    """Return the territory seen from its town halls, when people start from grid points."""
    return open_territory(replace(project, population=None)) if territory.gridded else None


def _straight(engine: CrowFly, speed_kmh: float) -> CrowFly:
    """Return straight lines at another speed."""
    return replace(
        engine,
        parameters=replace(
            engine.parameters,
            speed_kmh=speed_kmh,
            favourable_kmh=1.2 * speed_kmh,
            unfavourable_kmh=0.8 * speed_kmh,
        ),
    )


def _area(territory: Territory, margin_km: float) -> shapely.Geometry:
    """Return where roads are kept: the communes people start from, and around them."""
    own = territory.communes.loc[territory.origins["commune_code"].unique()]
    drawn = gpd.GeoSeries(own.geometry[own.geometry.notna()])
    around: shapely.Geometry = shapely.box(*drawn.total_bounds).buffer(
        1000 * margin_km, join_style="mitre"
    )
    return around


def _record(project: Project) -> SourceRecord:
    path, name = project.travel.network, project.travel.network_name
    if path is None:
        raise ValueError("the project has no roads")
    osm = path.name.lower().endswith(OPENSTREETMAP)
    return SourceRecord(
        path=name,
        label=f"routes OpenStreetMap ({path.name})" if osm else f"routes ({path.name})",
        format="routes",
        sha256=sha256_of(path),
        licence=ODBL if osm else "",
    )


def neighbours(territory: Territory) -> Territory | None:
    """Return the same territory seen from the communes around it, one point each.

    Returns:
        Its origins are the inhabited communes that have none in ``territory``, at a point inside
        their outline; ``None`` when there are none.
    """
    communes = territory.communes
    outside = communes[
        ~communes.index.isin(territory.origins["commune_code"])
        & communes.geometry.notna()
        & (communes["population"] > 0)
    ]
    if outside.empty:
        return None
    points = outside.geometry.representative_point()
    origins = gpd.GeoDataFrame(
        {
            "name": outside["name"],
            "commune_code": outside.index,
            "population": outside["population"],
            "area_km2": outside.geometry.area / 1e6,
            "position": "surface",
        },
        geometry=points,
        crs=territory.crs,
    )
    return replace(territory, origins=origins.rename_axis("id"))


def uncovered(engine: Engine, *, file: str, measured: bool = False) -> list[Finding]:
    """Say how many people start too far from the roads given, and in which EPCI.

    Args:
        engine: on these roads.
        file: their name, as the project writes it.
        measured: whether another engine measures them all the same.
    """
    territory = engine.territory
    lost = territory.origins[engine.unmeasured.notna()]
    if lost.empty:
        return []
    names = territory.zones[territory.zones["level"] == "epci"].drop_duplicates("code")
    epci = lost["commune_code"].map(territory.communes["epci_code"])
    named = epci.map(names.set_index("code")["name"]).astype("str").fillna("hors EPCI")
    people = lost["population"].groupby(named.to_numpy()).sum()
    share = float(lost["population"].sum()) / float(territory.origins["population"].sum())
    where = ", ".join(f"{zone} ({number(n)} hab.)" for zone, n in people.items())
    return [
        Finding(
            file=file,
            value=plural(len(lost), "point de départ", "points de départ"),
            what=typeset(
                f"le réseau de routes ne passe pas près de {percent(share)} des habitants : {where}"
            ),
            action="fournir un extrait de routes qui couvre tout le territoire et son voisinage"
            + (
                ""
                if measured
                else " ; d’ici là, ces habitants ne sont ni proches ni loin : ils ne "
                "sont pas mesurés"
            ),
        )
    ]
