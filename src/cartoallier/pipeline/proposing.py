"""Where a site may be added: communes, or a list of the user's; and tours as options."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows, read_table
from cartoallier.model import Finding, Territory
from cartoallier.model.french import number
from cartoallier.pipeline.reading import open_territory
from cartoallier.project import Project

CANDIDATE_COLUMNS = ("candidat", "nom", "code_commune", "cout", "capacite", "x", "y")
"""Of :attr:`Candidates.frame`; ``cout`` and ``capacite`` may be missing."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "nom": ("nom", "name", "stop_name", "libelle", "commune", "nom_commune"),
    "longitude": ("longitude", "lon", "lng", "stop_lon"),
    "latitude": ("latitude", "lat", "stop_lat"),
    "code_insee": ("code_insee", "insee", "code_commune", "codgeo", "depcom"),
    "cout": ("cout", "couts"),
    "capacite": ("capacite",),
    "tournee": ("tournee",),
    "arret": ("arret", "nom_arret"),
    "heures_semaine": ("heures_semaine", "heures_par_semaine", "heures"),
}
LEFT = "ligne laissée de côté"


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidates:
    """Places where a site may be added.

    Attributes:
        frame: columns :data:`CANDIDATE_COLUMNS`, those preferred first; metres in the
            territory's CRS.
        words: what they are, French.
        communes: they are communes rather than places of their own.
        findings: rows that could not be used.
    """

    frame: pd.DataFrame
    words: str
    communes: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class TourFile:
    """Tours as a file gives them.

    Attributes:
        names: of each tour, in order of appearance.
        cost: of each tour, missing where the file gives none.
        stops: ``tour`` (position), ``name``, ``hours`` a week, ``x``, ``y``.
        findings: rows that could not be used.
    """

    names: tuple[str, ...]
    cost: np.ndarray
    stops: pd.DataFrame
    findings: tuple[Finding, ...]


def town_halls(project: Project, territory: Territory) -> gpd.GeoDataFrame:
    """Return the communes of the territory at their town hall, even under a grid of people."""
    if territory.gridded:
        territory = open_territory(replace(project, population=None))
    return territory.origins


def every_commune(project: Project, territory: Territory) -> Candidates:
    """Propose every commune of the département, the most populous first."""
    halls = town_halls(project, territory)
    inside = halls["commune_code"].map(territory.communes["inside"]).to_numpy(dtype=bool)
    halls = halls[inside].sort_index().sort_values("population", ascending=False, kind="stable")
    frame = pd.DataFrame(
        {
            "candidat": halls.index.astype("str"),
            "nom": halls["name"].to_numpy(),
            "code_commune": halls["commune_code"].to_numpy(),
            "cout": np.nan,
            "capacite": np.nan,
            "x": halls.geometry.x.to_numpy(),
            "y": halls.geometry.y.to_numpy(),
        }
    )
    words = f"les {number(len(frame))} communes du département, à leur mairie"
    return Candidates(frame=frame, words=words, communes=True)


def read_candidates(path: Path, *, project: Project, territory: Territory) -> Candidates:
    """Read a list of places: ``nom``, ``longitude`` and ``latitude``, or ``code_insee``.

    ``cout`` and ``capacite`` are read when there. The stops of a GTFS (``stops.txt``) are such a
    list. Rows without a usable place are findings.

    Raises:
        SourceError: the file cannot be read, or proposes nothing.
    """
    file = path.name
    rows = _renamed(read_table(path, file=file))
    ground = _Ground.of(project, territory)
    table = ground.placed(rows, named=rows.column("nom"))
    _needs_place(rows, file)
    costs, wrong_costs = _numbers(rows, "cout")
    room, wrong_room = _numbers(rows, "capacite")
    kept = table["code_commune"].notna().to_numpy()
    if not kept.any():
        raise SourceError("aucun lieu utilisable ; voyez les colonnes attendues", path=file)
    names = [None if cell is None else str(cell) for cell in rows.column("nom")]
    frame = pd.DataFrame(
        {
            "candidat": [str(line) for line in rows.lines],
            "nom": pd.Series(names, dtype="str").fillna(table["commune"]).fillna("lieu sans nom"),
            "code_commune": table["code_commune"],
            "cout": costs,
            "capacite": room,
            "x": table["x"],
            "y": table["y"],
        }
    )
    words = f"les {number(int(kept.sum()))} lieux de {file}"
    return Candidates(
        frame=frame[kept].reset_index(drop=True),
        words=words,
        communes=False,
        findings=(*rows.findings, *ground.findings, *wrong_costs, *wrong_room),
    )


def read_tours(path: Path, *, project: Project, territory: Territory) -> TourFile:
    """Read tours: one row per stop, ``tournee``, a place, ``heures_semaine``, ``cout``.

    The place is ``longitude`` and ``latitude``, ``code_insee``, or the name of a commune in
    ``arret``. The cost is that of the whole tour, written on one of its rows or on all.

    Raises:
        SourceError: the file cannot be read, lacks a column, or has no usable stop.
    """
    file = path.name
    rows = _renamed(read_table(path, file=file))
    for column in ("tournee", "heures_semaine"):
        if column not in rows:
            raise SourceError(f"il manque la colonne « {column} »", path=file)
    ground = _Ground.of(project, territory)
    table = ground.placed(rows, named=rows.column("arret"))
    hours, wrong_hours = _numbers(rows, "heures_semaine")
    costs, wrong_costs = _numbers(rows, "cout")
    tours = [None if cell is None else str(cell).strip() for cell in rows.column("tournee")]
    missing = [
        Finding(
            file=file, line=line, column=column, what=f"{column} manque",
            action="arrêt laissé de côté",
        )
        for line, tour, hour in zip(rows.lines, tours, hours, strict=True)
        for column, absent in (("tournee", not tour), ("heures_semaine", np.isnan(hour)))
        if absent
    ]  # fmt: skip
    kept = table["code_commune"].notna().to_numpy() & ~np.isnan(hours)
    kept &= np.array([bool(tour) for tour in tours])
    if not kept.any():
        raise SourceError("aucun arrêt utilisable ; voyez les colonnes attendues", path=file)
    names = tuple(dict.fromkeys(str(t) for t, k in zip(tours, kept, strict=True) if k))
    place = {name: position for position, name in enumerate(names)}
    cost, disputed = _tour_costs(names, tours, costs, file=file)
    stops = pd.DataFrame(
        {
            "tour": [place.get(str(tour), -1) for tour in tours],
            "name": [str(cell or "") for cell in rows.column("arret")],
            "hours": hours,
            "x": table["x"],
            "y": table["y"],
        }
    )
    stops["name"] = stops["name"].where(stops["name"] != "", table["commune"])
    findings = (*rows.findings, *ground.findings, *wrong_hours, *wrong_costs, *missing, *disputed)
    return TourFile(
        names=names, cost=cost, stops=stops[kept].reset_index(drop=True), findings=findings
    )


def _tour_costs(
    names: Sequence[str], tours: Sequence[str | None], costs: np.ndarray, *, file: str
) -> tuple[np.ndarray, list[Finding]]:
    """Return the cost of each tour: the largest written on its rows, and those that differ."""
    found, findings = np.full(len(names), np.nan), []
    for position, name in enumerate(names):
        own = costs[[tour == name for tour in tours]]
        own = np.unique(own[~np.isnan(own)])
        if len(own):
            found[position] = own[-1]
        if len(own) > 1:
            findings.append(
                Finding(
                    file=file, column="cout", value=name[:80],
                    what="une tournée porte plusieurs coûts",
                    action="le plus grand est retenu ; écrivez le coût de la tournée entière",
                )
            )  # fmt: skip
    return found, findings


@dataclass(frozen=True, eq=False, kw_only=True)
class _Ground:
    """What places are found on."""

    territory: Territory
    halls: gpd.GeoDataFrame
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, project: Project, territory: Territory) -> _Ground:
        return cls(territory=territory, halls=town_halls(project, territory))

    def placed(self, rows: Rows, *, named: Sequence[object]) -> pd.DataFrame:
        """Return ``code_commune``, ``commune`` (its name), ``x`` and ``y`` of each row."""
        longitude, wrong_x = _numbers(rows, "longitude")
        latitude, wrong_y = _numbers(rows, "latitude")
        self.findings.extend([*wrong_x, *wrong_y])
        usable = (np.abs(longitude) <= 180) & (np.abs(latitude) <= 90)
        points = gpd.GeoSeries(
            gpd.points_from_xy(
                np.where(usable, longitude, np.nan), np.where(usable, latitude, np.nan)
            ),
            crs="EPSG:4326",
        )
        points[~usable] = None
        points = points.to_crs(self.territory.crs)
        codes = self.territory.locate(points).tolist()
        x, y = points.x.to_numpy(copy=True), points.y.to_numpy(copy=True)
        by_name = self._names()
        hall_x, hall_y = self.halls.geometry.x.to_numpy(), self.halls.geometry.y.to_numpy()
        for at, line in enumerate(rows.lines):
            if usable[at]:
                if pd.isna(codes[at]):
                    self._leave(rows, line, "longitude", "ce lieu est hors du territoire")
                continue
            written = str(rows.column("code_insee")[at] or "").strip()
            code = self._code(written) or by_name.get(_folded(str(named[at] or "")), "")
            if not code:
                what = "code de commune inconnu ici" if written else "ce lieu n’est pas situé"
                self._leave(rows, line, "code_insee", what, value=written)
                continue
            position = self.halls.index.get_loc(code)
            codes[at], x[at], y[at] = code, hall_x[position], hall_y[position]
        communes = self.territory.communes["name"]
        return pd.DataFrame(
            {
                "code_commune": pd.Series(codes, dtype="str"),
                "commune": pd.Series(codes, dtype="str").map(communes).astype("str"),
                "x": x,
                "y": y,
            }
        )

    def _code(self, written: str) -> str:
        """Return the current commune with a town hall that a code names, or nothing."""
        if written in self.halls.index:
            return written
        current = self.territory.passage.current(written)
        return current[0] if len(current) == 1 and current[0] in self.halls.index else ""

    def _names(self) -> dict[str, str]:
        """Return folded name -> code, for names that one commune of the département bears."""
        inside = self.territory.communes["inside"]
        halls = self.halls[self.halls["commune_code"].map(inside).to_numpy(dtype=bool)]
        folded = pd.Series([_folded(str(name)) for name in halls["name"]], index=halls.index)
        alone = folded[~folded.duplicated(keep=False)]
        return {str(name): str(code) for code, name in alone.items()}

    def _leave(self, rows: Rows, line: int, column: str, what: str, *, value: str = "") -> None:
        self.findings.append(
            Finding(
                file=rows.file, line=line, column=column, value=value[:80], what=what, action=LEFT
            )
        )


def _needs_place(rows: Rows, file: str) -> None:
    if not (("longitude" in rows and "latitude" in rows) or "code_insee" in rows or "nom" in rows):
        raise SourceError(
            "il manque les colonnes « longitude » et « latitude », ou « code_insee »", path=file
        )


def _numbers(rows: Rows, column: str) -> tuple[np.ndarray, list[Finding]]:
    """Return the numbers of a column, missing where empty, and the cells that are none."""
    values, findings = np.full(len(rows), np.nan), []
    for at, (line, cell) in enumerate(zip(rows.lines, rows.column(column), strict=True)):
        text = re.sub(r"\s", "", str(cell or "")).replace(",", ".")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        signed = column in {"longitude", "latitude"}
        if not np.isfinite(value) or (value < 0 and not signed):
            findings.append(
                Finding(
                    file=rows.file, line=line, column=column, value=str(cell)[:80],
                    what="ce n’est pas un nombre utilisable", action="case lue vide",
                )
            )  # fmt: skip
            continue
        values[at] = value
    return values, findings


def _renamed(rows: Rows) -> Rows:
    """Return the same rows, columns under our names."""
    ours = {theirs: name for name, synonyms in _NAMES.items() for theirs in synonyms}
    cells: dict[str, Sequence[object]] = {}
    for name, values in rows.cells.items():
        cells.setdefault(ours.get(_folded(name).replace(" ", "_"), name), values)
    return replace(rows, header=tuple(cells), cells=cells)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^a-z0-9_]+", " ", plain.casefold()).split())
