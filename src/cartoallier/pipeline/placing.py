"""Where in the territory the rows of a user's list stand, and the columns such a list may have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from cartoallier.errors import SourceError
from cartoallier.files import Rows
from cartoallier.model import Finding, Territory
from cartoallier.model.french import plural
from cartoallier.pipeline.reading import open_territory
from cartoallier.project import Project
from cartoallier.supply import cells
from cartoallier.supply.spelling import respelt_codes

_NAMES: Mapping[str, tuple[str, ...]] = {
    "nom": (
        "nom", "name", "stop_name", "libelle", "commune", "nom_commune", "nom_com", "nomcom",
        "libelle_commune",
    ),
    "longitude": ("longitude", "lon", "lng", "stop_lon"),
    "latitude": ("latitude", "lat", "stop_lat"),
    "code_insee": (
        "code_insee", "insee", "insee_com", "code_insee_commune", "code_commune",
        "code_commune_insee", "codgeo", "depcom", "com",
    ),
    "cout": ("cout", "couts"),
    "capacite": ("capacite",),
    "tournee": ("tournee",),
    "arret": ("arret", "nom_arret"),
    "heures_semaine": ("heures_semaine", "heures_par_semaine", "heures"),
}  # fmt: skip
"""Our column -> headers that name it, the first found is read."""
LEFT = "ligne laissée de côté"
LONGEST_NAME = 80
"""Characters of a place's name; beyond, it is cut."""


def town_halls(project: Project, territory: Territory) -> gpd.GeoDataFrame:
    """Return the communes of the territory at their town hall, even under a grid of people."""
    if territory.gridded:
        territory = open_territory(replace(project, population=None))
    return territory.origins


@dataclass(frozen=True, eq=False, kw_only=True)
class Placing:
    """What places are found on."""

    territory: Territory
    halls: gpd.GeoDataFrame
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, project: Project, territory: Territory) -> Placing:
        """Take the territory with its town halls."""
        return cls(territory=territory, halls=town_halls(project, territory))

    def placed(self, rows: Rows, *, named: Sequence[object]) -> pd.DataFrame:
        """Return ``code_commune``, ``commune`` (its name), ``x`` and ``y`` of each row."""
        longitude, wrong_x = numbers(rows, "longitude")
        latitude, wrong_y = numbers(rows, "latitude")
        self.findings.extend([*wrong_x, *wrong_y, *respelt_codes(rows)])
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
            written = cells.code(rows.column("code_insee")[at])
            code = self._code(written) or by_name.get(_folded(str(named[at] or "")), "")
            if not code:
                self._leave(rows, line, "code_insee", self._why(written), value=written)
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

    def _why(self, written: str) -> str:
        """Say why a code has no town hall here."""
        if not written:
            return "ce lieu n’est pas situé"
        current = self.territory.passage.current(written)
        if not current:
            return "code de commune inconnu"
        if len(current) > 1:
            return "cette ancienne commune a été partagée entre plusieurs"
        if current[0] in set(self.halls["commune_code"]):
            return "cette commune a des arrondissements : donnez le code de l’un d’eux"
        return "cette commune est hors du territoire"

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


def needs_place(rows: Rows, file: str) -> None:
    """Refuse a list without any column that gives a place.

    Raises:
        SourceError: it has none.
    """
    if not (("longitude" in rows and "latitude" in rows) or "code_insee" in rows or "nom" in rows):
        raise SourceError(
            "il manque les colonnes « longitude » et « latitude », ou « code_insee »", path=file
        )


def numbers(rows: Rows, column: str) -> tuple[np.ndarray, list[Finding]]:
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


def renamed(rows: Rows) -> Rows:
    """Return the same rows, columns under our names."""
    given: dict[str, str] = {}
    for name in rows.cells:
        given.setdefault(_folded(name).replace(" ", "_"), name)
    taken: dict[str, str] = {}
    for ours, synonyms in _NAMES.items():
        found = next((given[theirs] for theirs in synonyms if theirs in given), None)
        if found is not None:
            taken[ours] = found
    others = {name: name for name in rows.cells if name not in taken.values()}
    columns = {ours: rows.cells[theirs] for ours, theirs in (others | taken).items()}
    return replace(rows, header=tuple(columns), cells=columns)


def boarding(rows: Rows) -> tuple[Rows, list[Finding]]:
    """Keep of a GTFS the stops that people board at (``location_type`` 0 or empty)."""
    if "location_type" not in rows:
        return rows, []
    kinds = [cells.code(kind, width=1) for kind in rows.column("location_type")]
    kept = [at for at, kind in enumerate(kinds) if kind in {"", "0"}]
    left = len(kinds) - len(kept)
    if not left:
        return rows, []
    told = Finding(
        file=rows.file,
        column="location_type",
        value=plural(left, "ligne"),
        what="gares, entrées et autres points où l’on ne monte pas",
        action="lignes laissées de côté",
    )
    columns = {name: [values[at] for at in kept] for name, values in rows.cells.items()}
    return replace(rows, cells=columns, lines=tuple(rows.lines[at] for at in kept)), [told]


def named_on_one_line(cell: object) -> str:
    """Return a name on one line, cut when it is too long."""
    name = cells.name(cell)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^a-z0-9_]+", " ", plain.casefold()).split())
